/* help.c - what the table of commands says of itself: one command's usage, all of them, the man page. See command.h. */
#include "command.h"

#include <stdio.h>

static void print_options(const struct option_row *options, FILE *to)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    for (const struct option_row *o = options; o->name; o++) {
        struct text left = arena_printf(arena, "%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
        fprintf(to, "  " TEXT_FMT "  %s\n", TEXT_ARG(padded(arena, left, 22)), o->says);
    }
}

static void print_first_line(const struct command *c, FILE *to)
{
    fprintf(to, "用法：yinling %s%s%s [选项]\n", c->name, c->operands[0] ? " " : "", c->operands);
}

int wrong_use_of(const struct command *c)
{
    print_first_line(c, stderr);
    fprintf(stderr, "“yinling %s --help”有全部说明。\n", c->name);
    return EXIT_WRONG_USE;
}

int usage_of(const struct command *c, FILE *to, enum exit_code code)
{
    print_first_line(c, to);
    fprintf(to, "%s\n", c->says);
    if (c->more)
        fprintf(to, "%s\n", c->more);
    if (c->options->name)
        fprintf(to, "选项：\n");
    print_options(c->options, to);
    fprintf(to, "通用选项：\n");
    print_options(common_options, to);
    return (int) code;
}

int help_of_all(FILE *to, enum exit_code code)
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

int man_page(void)
{
    /* Chinese has few places to break a line at: neither adjusted nor hyphenated, and no warnings of that. */
    printf(
        ".TH YINLING 1 \"\" yinling \"银龄\"\n.ad l\n.nh\n.warn 0\n.SH NAME\nyinling \\- 养老诈骗线索与预警分发系统的命令行\n"
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
