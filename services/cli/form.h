/* form.h - options of a command, and how what people type becomes fields of a request: words, units, villages, sums, dates.
 *
 * Pure; everything made lives in the arena given. */
#ifndef CLI_FORM_H
#define CLI_FORM_H

#include "yinling/instant.h"
#include "yinling/text.h"
#include "yinling/town.h"

#include <jansson.h>

struct call;

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
    const char *argument; /* NULL: a switch; else its placeholder in Chinese */
    const char *says;     /* Chinese, one line */
    const char *field;    /* where its value goes: unit, subject.phone; NULL: nowhere */
    enum form_kind kind;
    const char *words; /* of FORM_WORD: a vocabulary of the contract, category */
};
// clang-format off
#define OPTION(name, argument, says) { (name), (argument), (says), NULL, FORM_NONE, NULL }
// clang-format on
#define SWITCH(name, says) OPTION(name, NULL, says)
// clang-format off
#define FIELD(name, argument, says, field, kind) { (name), (argument), (says), (field), (kind), NULL }
#define WORD_FIELD(name, says, field, words) { (name), "词", (says), (field), FORM_WORD, (words) }
// clang-format on
#define OPTION_END OPTION(NULL, NULL, NULL)

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

#endif
