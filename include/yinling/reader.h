/* reader.h - reads the fields of a JSON object and keeps its first complaint.
 *
 * Read everything, then check once: `need_*` and `want_*` always return something usable (empty, zero, the smallest choice),
 * and is_sound() says whether all of it may be believed. Complaints are kept by rank, in the order CONTRACT.md §2 gives:
 * unknown-field, missing, out-of-range; within a rank the first one wins. A strict reader (requests) complains about every
 * member that nobody asked for, a lenient one (stream events, views) ignores it.
 * What is returned borrows from the message and lives as long as the turn. No function blocks; the turn's thread only. */
#ifndef YINLING_READER_H
#define YINLING_READER_H

#include "yinling/instant.h"
#include "yinling/text.h"

#include <jansson.h>

/* Error codes of the contract, in the order in which the first that applies wins. */
enum code {
    CODE_MALFORMED,
    CODE_UNKNOWN_FIELD,
    CODE_MISSING,
    CODE_OUT_OF_RANGE,
    CODE_NO_SUCH,
    CODE_NOT_YOURS,
    CODE_NOT_NOW,
    CODE_CONFLICT,
    CODE_TOO_MANY,
    CODE_UNAVAILABLE,
    CODE_INTERNAL,
    CODE_COUNT
};
const char *code_name(enum code code); /* "unknown-field" */

struct complaint {
    enum code code;
    struct text field;   /* path: subject.phone, leads[3]; NO_TEXT when the whole is meant */
    struct text message; /* one Chinese sentence */
};

/* A word of a closed vocabulary and the value it stands for; a table ends with {NULL, 0}. */
struct choice {
    const char *word;
    int value;
};
const char *choice_word(const struct choice *table, int value); /* NULL when the table does not have it */

struct reader;
struct reader *reader_strict(struct arena *arena, const json_t *object);
struct reader *reader_lenient(struct arena *arena, const json_t *object);

bool has_field(struct reader *r, const char *field); /* also counts as asked for */

struct text need_text(struct reader *r, const char *field, size_t codepoints_max); /* 1 to max code points */
struct text want_text(struct reader *r, const char *field, size_t codepoints_max); /* NO_TEXT when absent */
struct text need_id(struct reader *r, const char *field, size_t bytes_max);        /* [A-Za-z0-9._:-]{1,max} */
struct text want_id(struct reader *r, const char *field, size_t bytes_max);
int64_t need_int(struct reader *r, const char *field, int64_t min, int64_t max);
int64_t want_int(struct reader *r, const char *field, int64_t min, int64_t max, int64_t unset);
bool want_bool(struct reader *r, const char *field, bool unset);
int need_choice(struct reader *r, const char *field, const struct choice *table);
int want_choice(struct reader *r, const char *field, const struct choice *table, int unset);
instant_ms need_instant(struct reader *r, const char *field);
instant_ms want_instant(struct reader *r, const char *field, instant_ms unset);
int64_t want_day(struct reader *r, const char *field, int64_t unset); /* 2026-05-26 as days since 1970 */

/* A member that is itself an object: a reader of its own whose complaints reach this one, with the path in front. NULL when
 * absent (or not an object, which is a complaint). */
struct reader *want_object(struct reader *r, const char *field);
struct reader *need_object(struct reader *r, const char *field);
/* A member that is an array of at most `items_max`. NULL when absent. Texts and objects are taken from it by index. */
const json_t *want_array(struct reader *r, const char *field, size_t items_max);
struct text array_text(struct reader *r, const char *field, size_t index, size_t codepoints_max);
struct reader *array_object(struct reader *r, const char *field, size_t index);

/* The caller's own check failed: remembered by the same ranks. */
void complain(struct reader *r, enum code code, const char *field, const char *sentence_format, ...)
    __attribute__((format(printf, 4, 5)));

bool is_sound(struct reader *r);                        /* call after the last need_/want_ */
const struct complaint *complaint_of(struct reader *r); /* NULL when sound */

/* Strict parsing of outside bytes: at most `bytes_max` bytes, 8 levels, UTF-8, no duplicate keys, no NUL, an object at the top.
 * NULL with *ret_why (a Chinese sentence) otherwise. The caller owns the result. */
json_t *json_read(const char *bytes, size_t len, size_t bytes_max, const char **ret_why);
/* What json_loadb makes of the bytes, in a fifth of the time; flags and errors are its own. For what our services wrote themselves, events
 * and rows: outside bytes are jansson's alone. */
json_t *json_parse(const char *bytes, size_t len, size_t flags, json_error_t *ret_error);
/* Compact, key order kept, UTF-8 as is; lives in the arena. */
struct text json_text(struct arena *arena, const json_t *value);
/* A text as a JSON string, quotes and all, into *ret_bytes, which has room for json_quoted_len(t); returns that length. */
size_t json_quote(char *ret_bytes, struct text t);
size_t json_quoted_len(struct text t);
/* The same with the members of each object in the order of their names' bytes: equal values give equal texts. No copy of it stays
 * behind but the one in the arena. */
struct text json_canonical(struct arena *arena, const json_t *value);
/* Makes the arena drop the reference at its reset; returns it, so that json_pack can stand in the call. */
json_t *json_keep(struct arena *arena, json_t *take_value);
/* A member as text of a trusted value (own tables, own events); NO_TEXT when absent. */
struct text json_text_at(const json_t *object, const char *field);
int64_t json_int_at(const json_t *object, const char *field, int64_t unset);
json_t *json_of_text(struct text t); /* JSON null for NO_TEXT */
/* Sets a member unless the text is NO_TEXT. */
void json_put_text(json_t *object, const char *field, struct text t);

#endif
