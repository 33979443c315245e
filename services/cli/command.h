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

/* How an option's value (or a cell of an imported file) becomes a field of a request (form.c). */
enum form_kind {
    FORM_NONE, /* no field: the command reads the option itself */
    FORM_TEXT, /* as it is */
    FORM_INT,
    FORM_YUAN,    /* 300000, 300,000, 30万, 3万6千元 */
    FORM_YES,     /* yes no, true false, 是 否 */
    FORM_SET,     /* a switch: true when given */
    FORM_WORD,    /* a word of the contract, or its Chinese; `words` names the vocabulary */
    FORM_UNIT,    /* code, name or alias of a unit */
    FORM_UNITS,   /* several, with commas */
    FORM_VILLAGE, /* 12 digits, the last 3, or the name */
    FORM_VILLAGES,
    FORM_LIST,    /* texts with commas */
    FORM_INSTANT, /* RFC 3339, `2026-05-26 18:00`, 5月26日18:00, or +90m +6h +3d from now */
    FORM_DAY,     /* 2026-05-26, 2026/5/26, 2026年5月26日 */
};
struct option_row {
    const char *name;     /* --unit */
    const char *argument; /* NULL: a switch; else its placeholder, CODE */
    const char *says;     /* Chinese, one line */
    const char *field;    /* where its value goes: unit, subject.phone; NULL: nowhere */
    enum form_kind kind;
    const char *words; /* of FORM_WORD: a vocabulary of the contract, category */
};
#define OPTION(name, argument, says)                                                                                           \
    {                                                                                                                          \
        (name), (argument), (says), NULL, FORM_NONE, NULL                                                                      \
    }
#define SWITCH(name, says) OPTION(name, NULL, says)
#define FIELD(name, argument, says, field, kind)                                                                               \
    {                                                                                                                          \
        (name), (argument), (says), (field), (kind), NULL                                                                      \
    }
#define WORD_FIELD(name, says, field, words)                                                                                   \
    {                                                                                                                          \
        (name), "WORD", (says), (field), FORM_WORD, (words)                                                                    \
    }
#define OPTION_END OPTION(NULL, NULL, NULL)

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
    const struct town *town; /* town_in_use keeps it here */
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

/* The words of the contract and their Chinese (words.c). */
struct text word_zh(const char *vocabulary, struct text word);            /* what it does not know stays as it is */
struct text word_of(const char *vocabulary, struct text word_or_chinese); /* NO_TEXT when it is neither */
struct text words_offered(struct arena *arena, const char *vocabulary);   /* online 网络诈骗、care 养老服务、… */

/* Turning what people type into fields (form.c). */
struct form {
    struct arena *arena;
    const struct town *town; /* for units and villages; NULL: they go as they are */
    instant_ms now;
};
/* One value into body at `row->field`. False with a Chinese sentence in *ret_why; the body is then unchanged. */
bool form_put(const struct form *form, json_t *body, const struct option_row *row, struct text value, struct text *ret_why);
/* All options of the call that name a field. False when a value is no good; the complaint has been printed: EXIT_WRONG_USE. */
bool form_fill(struct call *call, json_t *body);
instant_ms now_of_call(void);

/* What people read (said.c). All of it lives in the arena. */
struct text said_instant(struct call *call, struct text rfc3339); /* 5月26日18:00; the text itself when it is no instant */
struct text said_unit(struct call *call, struct text code);       /* name of a unit, a village; the code when it is unknown */
struct text said_village(struct call *call, struct text code);
/* True when it looks like the number of a lead; else a complaint is printed: EXIT_WRONG_USE. */
bool lead_is_number(struct call *call, struct text lead);
const char *severity_colour(struct text severity);
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
int run_demo(struct call *call);
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
