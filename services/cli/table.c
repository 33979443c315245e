/* table.c - the commands of `yinling`, in the order help shows them. */
#include "command.h"

const struct option_row common_options[] = {
    { "--state", "DIR", "状态目录（YL_STATE）" },
    { "--broker", "URL", "消息代理地址，默认 tcp://127.0.0.1:1883（YL_BROKER）" },
    { "--account", "NAME", "以哪个账号执行（YL_ACCOUNT）" },
    { "--town", "FOLDER", "配置目录，默认用正在使用的版本" },
    { "--mqtt", "VERSION", "5 或 3.1.1，默认 5（YL_MQTT）" },
    { "--timeout", "SECONDS", "最多等多久，默认 15" },
    { "--json", NULL, "输出 JSON，便于程序读取" },
    { "--help", NULL, "显示说明" },
    { NULL, NULL, NULL },
};

static const struct option_row check_options[] = {
    { "--diff", "NEW", "列出 NEW 这份新配置会改变什么" },
    { "--print", NULL, "把读到的配置按标准写法打印出来" },
    { NULL, NULL, NULL },
};
static const struct option_row status_options[] = {
    { "--wait-ready", NULL, "等到所有服务在线并追上进度为止" },
    { NULL, NULL, NULL },
};
static const struct option_row no_options[] = { { NULL, NULL, NULL } };

const struct command commands[] = {
    { "check", "FOLDER", 1, 1, "检查一个镇的配置目录，错误带文件名和行号", NULL, check_options, run_check },
    { "load", "FOLDER", 1, 1, "检查并启用一份配置",
      "写入 DIR/editions/<编号>/ 并切换 current；各服务在一秒内采用，不会因此发送任何消息。", no_options, run_load },
    { "accounts", "list|fill|create|lock|unlock|renew [NAME]", 1, 2, "管理账号：列出、补齐、新建、停用、恢复、换密码",
      "改动在一秒内生效，停用会立即断开连接。", no_options, run_accounts },
    { "status", "", 0, 0, "各服务是否在线、是否追上进度、有无告警", NULL, status_options, run_status },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};
