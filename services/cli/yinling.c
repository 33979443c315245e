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
            fprintf(stderr, row ? "选项太多，从 %s 起放不下。\n" : "没有这个选项：%s\n", argv[i]);
            return false;
        }
        if (row->argument && i + 1 == argc) {
            fprintf(stderr, "选项 %s 后面要写%s：%s。\n", row->name, row->argument, row->says);
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

/* Says which commands begin alike, and that there is a list. */
static int no_such_command(const char *name)
{
    int alike = 0;
    fprintf(stderr, "没有“%s”这个命令", name);
    for (const struct command *c = commands; c->name; c++) {
        if (name[0] && strncmp(c->name, name, name[1] ? 2 : 1) == 0)
            fprintf(stderr, "%s%s", alike++ ? "、" : "，是不是 ", c->name);
    }
    fprintf(stderr, "%s“yinling --help”列出全部命令。\n", alike ? "？" : "。");
    return EXIT_WRONG_USE;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    if (argc < 2)
        return help_of_all(stderr, EXIT_WRONG_USE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help_of_all(stdout, EXIT_DONE);
    if (strcmp(argv[1], "--man") == 0)
        return man_page();
    if (strcmp(argv[1], "--version") == 0)
        return printf("yinling 1.0\n") > 0 ? EXIT_DONE : EXIT_REFUSED;
    const struct command *c = command_named(argv[1]);
    if (!c)
        return no_such_command(argv[1]);
    if (sodium_init() < 0)
        return EXIT_REFUSED;
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct call call = { .command = c, .arena = arena, .colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") };
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return usage_of(c, stdout, EXIT_DONE);
    }
    if (!read_arguments(&call, argc - 2, argv + 2))
        return wrong_use_of(c);
    call.json = option(&call, "--json") != NULL;
    return c->run(&call);
}
