/* yinling.c - the command line: finds the row of commands[], reads its arguments, runs it. `yinling --man` prints the man page. */
#include "command.h"

#include <locale.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *command_named(const char *name)
{
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

static void print_options(const struct option_row *options, FILE *to)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    for (const struct option_row *o = options; o->name; o++) {
        struct text left = arena_printf(arena, "%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
        fprintf(to, "  " TEXT_FMT "  %s\n", TEXT_ARG(padded(arena, left, 22)), o->says);
    }
}

int usage_of(const struct command *c, FILE *to, enum exit_code code)
{
    fprintf(to, "用法：yinling %s %s [选项]\n%s\n", c->name, c->operands, c->says);
    if (c->more)
        fprintf(to, "%s\n", c->more);
    if (c->options->name)
        fprintf(to, "选项：\n");
    print_options(c->options, to);
    fprintf(to, "通用选项：\n");
    print_options(common_options, to);
    return (int) code;
}

static int help(FILE *to, enum exit_code code)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    fprintf(to, "yinling（银龄）：滨湖镇养老诈骗线索与预警分发系统\n用法：yinling 命令 [参数] [选项]\n\n命令：\n");
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  " TEXT_FMT "  %s\n", TEXT_ARG(padded(arena, text_of(c->name), 10)), c->says);
    fprintf(to, "\n“yinling 命令 --help”看一个命令的说明。退出码：0 完成，1 被拒绝，2 用法不对，3 连不上。\n");
    return (int) code;
}

/* The same table as roff; hyphens and backslashes in text are harmless there, a leading dot is not and does not occur. */
static void man_options(const struct option_row *options)
{
    for (const struct option_row *o = options; o->name; o++)
        printf(".TP\n.B %s%s%s\n%s\n", o->name, o->argument ? " " : "", o->argument ? o->argument : "", o->says);
}

static int man(void)
{
    printf(".TH YINLING 1 \"\" yinling \"银龄\"\n.SH NAME\nyinling \\- 养老诈骗线索与预警分发系统的命令行\n"
           ".SH SYNOPSIS\n.B yinling\n.I 命令\n[参数] [选项]\n.SH 命令\n");
    for (const struct command *c = commands; c->name; c++) {
        printf(".SS %s %s\n%s。\n%s\n", c->name, c->operands, c->says, c->more ? c->more : "");
        man_options(c->options);
    }
    printf(".SH 通用选项\n");
    man_options(common_options);
    printf(
        ".SH EXIT STATUS\n0 完成；1 被拒绝；2 用法不对；3 连不上。\n"
        ".SH ENVIRONMENT\n.TP\nYL_BROKER\n消息代理地址。\n.TP\nYL_ACCOUNT\n账号。\n.TP\nYL_PASSWORD_FILE\n存有该账号密码的文件。\n"
        ".TP\nYL_STATE\n状态目录；没有 YL_PASSWORD_FILE 时从其中的 accounts.csv 找密码。\n.TP\nYL_MQTT\n5 或 3.1.1。\n"
        ".TP\nNO_COLOR\n不用颜色。\n");
    return EXIT_DONE;
}

static const struct option_row *row_of(const struct command *c, const char *name)
{
    for (const struct option_row *o = c->options; o->name; o++) {
        if (strcmp(o->name, name) == 0)
            return o;
    }
    for (const struct option_row *o = common_options; o->name; o++) {
        if (strcmp(o->name, name) == 0)
            return o;
    }
    return NULL;
}

/* False with a message when the arguments are not this command's. */
static bool read_arguments(struct call *call, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] != '-' || argv[i][1] == '\0') {
            if (call->operand_count == call->command->operands_max) {
                fprintf(stderr, "多余的参数：%s\n", argv[i]);
                return false;
            }
            call->operands[call->operand_count++] = argv[i];
            continue;
        }
        const struct option_row *row = row_of(call->command, argv[i]);
        if (!row || call->given_count == OPTIONS_MAX) {
            fprintf(stderr, "没有这个选项：%s\n", argv[i]);
            return false;
        }
        if (row->argument && i + 1 == argc) {
            fprintf(stderr, "选项 %s 后面缺少 %s\n", row->name, row->argument);
            return false;
        }
        call->given[call->given_count] = row;
        call->values[call->given_count++] = row->argument ? argv[++i] : "";
    }
    if (call->operand_count < call->command->operands_min) {
        fprintf(stderr, "缺少参数：%s\n", call->command->operands);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    if (argc < 2)
        return help(stderr, EXIT_WRONG_USE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help(stdout, EXIT_DONE);
    if (strcmp(argv[1], "--man") == 0)
        return man();
    if (strcmp(argv[1], "--version") == 0)
        return printf("yinling 1.0\n") > 0 ? EXIT_DONE : EXIT_REFUSED;
    const struct command *c = command_named(argv[1]);
    if (!c) {
        fprintf(stderr, "没有“%s”这个命令。\n", argv[1]);
        return help(stderr, EXIT_WRONG_USE);
    }
    if (sodium_init() < 0)
        return EXIT_REFUSED;
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct call call = { .command = c, .arena = arena, .colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") };
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return usage_of(c, stdout, EXIT_DONE);
    }
    if (!read_arguments(&call, argc - 2, argv + 2))
        return usage_of(c, stderr, EXIT_WRONG_USE);
    call.json = option(&call, "--json") != NULL;
    return c->run(&call);
}
