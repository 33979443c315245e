/* alarm.c - what is wrong, since when, and the command to type: raised and cleared in the turn's transaction, shown by link.c.
 *
 * Some alarms stand as long as a condition of the node itself does. Each turn compares; what the ledger says is remembered, so that an
 * alarm ends with its reason also after a restart. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <string.h>

void alarm_raise(struct tx *tx, instant_ms now, const char *key, const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text sentence = arena_vprintf(tx->arena, format, args);
    va_end(args);
    if (tx_run(tx, R_ALARM_RAISE, p_c("key", key), p_text("sentence", sentence), p_c("command", command),
               p_instant("since", now))) {
        tx->node->done.alarms_changed = true;
        log_event("alarm", "key=%s", key);
    }
}

void alarm_clear(struct tx *tx, const char *key)
{
    if (tx_run(tx, R_ALARM_CLEAR, p_c("key", key))) {
        tx->node->done.alarms_changed = true;
        log_event("alarm-over", "key=%s", key);
    }
}

bool is_alarmed(struct tx *tx, const char *key)
{
    return tx_int(tx, 0, R_ALARM_IS, p_c("key", key)) != 0;
}

/* -- those that stand while a condition does ----------------------------------------------------------------------------- */

static const struct {
    const char *key, *command, *sentence; /* %s: the service */
} standing[ALARMS_STANDING] = {
    [ALARM_CLOCK] = { "clock", "yinling operate %s clock-accept",
                      "系统时钟与上次记录相差太大，到期提醒已暂停。请核对服务器时间；时间无误就确认。" },
    [ALARM_DISK] = { "disk", "df -h", "服务器磁盘将满，新的线索和命令暂不受理，已受理的不受影响。请清理磁盘。" },
    [ALARM_HELD] = { "held", "yinling restore release %s", "账本是从备份恢复的，尚未解除冻结：只听不办。核对后解除。" },
    [ALARM_DENIED] = { "denied", "yinling status", "消息代理拒绝了本服务的一个主题，请核对账号与访问规则。" },
};

static bool stands(const struct node *node, enum alarm_standing which)
{
    switch (which) {
    case ALARM_CLOCK:
        return node->clock_doubted;
    case ALARM_DISK:
        return node->disk_low;
    case ALARM_HELD:
        return node->held;
    case ALARM_DENIED:
        return node->denied[0] != '\0';
    case ALARMS_STANDING:
        break;
    }
    return false;
}

void alarms_open(struct node *node)
{
    for (int i = 0; i < ALARMS_STANDING; i++)
        node->alarmed[i] = is_alarmed(&node->tx, standing[i].key);
}

bool alarms_differ(const struct node *node)
{
    for (int i = 0; i < ALARMS_STANDING; i++) {
        if (stands(node, (enum alarm_standing) i) != node->alarmed[i])
            return true;
    }
    return false;
}

/* The command names the service where it says %s. */
static const char *command_of(struct node *node, const char *command)
{
    const char *at = strstr(command, "%s");
    return at ? arena_printf(node->arena, "%.*s%s%s", (int) (at - command), command, node->service->name, at + 2).at : command;
}

void alarms_compare(struct node *node)
{
    struct tx *tx = &node->tx;
    for (int i = 0; i < ALARMS_STANDING; i++) {
        bool is = stands(node, (enum alarm_standing) i);
        if (is == node->alarmed[i])
            continue;
        node->alarmed[i] = is;
        if (is)
            alarm_raise(tx, node->now, standing[i].key, command_of(node, standing[i].command), "%s", standing[i].sentence);
        else
            alarm_clear(tx, standing[i].key);
    }
}
