/* command.h - what a subcommand of `yinling` is: one row of commands[] (table.c) and one function in a file of its own.
 *
 * The table makes --help, the errors for wrong arguments and the man page. Exit codes: DONE, REFUSED, USAGE, UNREACHABLE. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "yinling/client.h"
#include "yinling/reader.h"
#include "yinling/text.h"
#include "yinling/town.h"

enum exit_code { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_WRONG_USE = 2, EXIT_UNREACHABLE = 3 };

#define OPTIONS_MAX 24
#define OPERANDS_MAX 8

struct option_row {
    const char *name;     /* --unit */
    const char *argument; /* NULL: a switch; else its placeholder, CODE */
    const char *says;     /* Chinese, one line */
};

struct call; /* one invocation */
struct command {
    const char *name;
    const char *operands; /* placeholders: "FOLDER", "[WHAT...]", "" */
    int operands_min, operands_max;
    const char *says;                 /* Chinese, one line */
    const char *more;                 /* Chinese, for the man page; NULL: nothing more */
    const struct option_row *options; /* ends with { NULL }; the common ones (--json --help --broker …) need no row */
    int (*run)(struct call *call);
};
extern const struct command commands[]; /* ends with { NULL } */
extern const struct option_row common_options[];

struct call {
    const struct command *command;
    struct arena *arena; /* lives as long as the process */
    const char *operands[OPERANDS_MAX];
    int operand_count;
    const struct option_row *given[OPTIONS_MAX];
    const char *values[OPTIONS_MAX];
    int given_count;
    bool json;    /* --json */
    bool colours; /* the output is a terminal and NO_COLOR is not set */
};

/* The option's value; "" for a switch; NULL when it was not given. The last one wins. */
const char *option(const struct call *call, const char *name);
/* The number given, within bounds; false (and a message) when it is none. Absent gives `unset`. */
bool option_int(const struct call *call, const char *name, int64_t min, int64_t max, int64_t unset, int64_t *ret);
/* --state or YL_STATE; NULL with a message when there is none. */
const char *state_dir(const struct call *call);

/* Connects as the account of --account/YL_ACCOUNT (or the one given, when neither is) with YL_PASSWORD_FILE, or the password that
 * DIR/accounts.csv has for it. NULL with a message (and *ret_exit) when that fails. */
struct client *connected(struct call *call, const char *account_if_unset, int *ret_exit);
/* The town in use: --town, or DIR/editions/current, or deploy/binhu. NULL with the findings printed. */
const struct town *town_in_use(struct call *call);
const char *account_of_call(const struct call *call, const char *unset);

/* Asks and prints the refusal if it is one. NULL: *ret_exit says how it ended. Else the answer, which lives in the call's arena. */
const json_t *asked(struct call *call, struct client *client, const char *kind, json_t *take_body, int *ret_exit);
/* A complaint in Chinese to stderr (JSON when --json); returns the code. */
int complain_to_user(const struct call *call, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int usage_of(const struct command *command, FILE *to, enum exit_code code);
/* Prints a JSON value on one line. */
void print_json(const json_t *value);
/* Terminal columns: a Chinese character takes two. Pads to the width, cuts with … */
struct text padded(struct arena *arena, struct text t, size_t columns);
const char *coloured(const struct call *call, const char *colour); /* "red" …, "" when colours are off; NULL resets */

/* the commands, one file each */
int run_accounts(struct call *call);
int run_check(struct call *call);
int run_load(struct call *call);
int run_status(struct call *call);

#endif
