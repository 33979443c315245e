/* command.h - what a subcommand of `yinling` is: one row of commands[] (table.c) and one function in a file of its own.
 *
 * The table makes --help, the errors for wrong arguments and the man page. Exit codes: DONE, REFUSED, USAGE, UNREACHABLE. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "form.h"
#include "yinling/client.h"
#include "yinling/reader.h"
#include "yinling/text.h"
#include "yinling/town.h"

enum exit_code { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_WRONG_USE = 2, EXIT_UNREACHABLE = 3 };

#define OPTIONS_MAX 24
#define OPERANDS_MAX 8

struct call; /* one invocation */
struct command {
    const char *name;
    const char *operands; /* placeholders in Chinese: "目录", "[主题...]", "" */
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
    const struct town *town; /* town_in_use keeps it here */
    const char *account;     /* the one it connected as (connected) */
    const char *device;      /* NULL: one of its own; else this one (connected) */
    bool json;               /* --json */
    bool colours;            /* the output is a terminal and NO_COLOR is not set */
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
/* The town in use: --town, or DIR/editions/current, or deploy/binhu. NULL with the findings printed. Stays with the call. */
const struct town *town_in_use(struct call *call);
const char *account_of_call(const struct call *call, const char *unset);

/* By the rules of the broker's guard; true in doubt (rights.c). */
bool may_ask(struct call *call, const char *kind);
bool may_read(struct call *call, const char *filter);
/* Asks and prints the refusal if it is one. NULL: *ret_exit says how it ended. Else the answer, which lives in the call's arena. */
const json_t *asked(struct call *call, struct client *client, const char *kind, json_t *take_body, int *ret_exit);
/* Steps until no listener has set *heard for a while: retained messages come one after the other, at once. */
void hear_what_stands(struct client *client, bool *heard);
/* A complaint in Chinese to stderr (JSON when --json); returns the code. */
int complain_to_user(const struct call *call, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int usage_of(const struct command *command, FILE *to, enum exit_code code); /* help.c; returns the code */
int wrong_use_of(const struct command *command); /* two lines to stderr, behind the complaint; EXIT_WRONG_USE */
int help_of_all(FILE *to, enum exit_code code);
int man_page(void); /* roff, to stdout */
/* Prints a JSON value on one line. */
void print_json(const json_t *value);
/* Terminal columns: a Chinese character takes two. Pads to the width, cuts with … */
struct text padded(struct arena *arena, struct text t, size_t columns);
/* On a terminal: cut to what is left of its line behind `columns_used`; elsewhere as it is. */
struct text cut_to_screen(struct arena *arena, struct text t, size_t columns_used);
const char *coloured(const struct call *call, const char *colour); /* "red" …, "" when colours are off; NULL resets */

/* What people read (said.c). All of it lives in the arena. */
struct text said_instant(struct call *call, struct text rfc3339); /* 5月26日18:00; the text itself when it is no instant */
struct text said_unit(struct call *call, struct text code);       /* name of a unit, a village; the code when it is unknown */
struct text said_village(struct call *call, struct text code);
/* True when it looks like the number of a lead; else a complaint is printed: EXIT_WRONG_USE. */
bool lead_is_number(struct call *call, struct text lead);
const char *severity_colour(struct text severity);
const char *trouble_said(void); /* errno in Chinese */
/* `LABEL  value` lines; nothing when the value is absent. */
void print_pair(struct call *call, const char *label, struct text value);

/* Services that an operator may speak to (operate.c). False: the complaint has been printed. */
bool service_exists(struct call *call, const char *service, int *ret_exit);
int release_service(struct call *call, const char *service);

/* the commands */
int run_accounts(struct call *call);
int run_adopt(struct call *call);
int run_backup(struct call *call);
int run_check(struct call *call);
int run_clock(struct call *call);
int run_demo(struct call *call);
int run_desks(struct call *call);
int run_due_of(struct call *call);
int run_import(struct call *call);
int run_lead(struct call *call);
int run_leads(struct call *call);
int run_load(struct call *call);
int run_operate(struct call *call);
int run_order(struct call *call);
int run_parked(struct call *call);
int run_reply(struct call *call);
int run_restore(struct call *call);
int run_route(struct call *call);
int run_status(struct call *call);
int run_submit(struct call *call);
int run_tail(struct call *call);
int run_track(struct call *call);
int run_warn(struct call *call);
int run_warnings(struct call *call);

#endif
