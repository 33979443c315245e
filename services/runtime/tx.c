/* tx.c - what is bound to a statement and what its rows say, by name. See yinling/tx.h; the statements are db.c's. */
#include "db.h"
#include "yinling/reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- parameters ------------------------------------------------------------------------------------------------------ */

struct param p_text(const char *name, struct text t)
{
    return (struct param){ .kind = t.at ? PARAM_TEXT : PARAM_NULL, .name = name, .text = t };
}

struct param p_c(const char *name, const char *c_string)
{
    return p_text(name, text_of(c_string));
}

struct param p_blob(const char *name, const void *bytes, size_t len)
{
    return (struct param){ .kind = PARAM_BLOB, .name = name, .text = { bytes, len } };
}

struct param p_int(const char *name, int64_t number)
{
    return (struct param){ .kind = PARAM_INT, .name = name, .number = number };
}

struct param p_instant(const char *name, instant_ms at)
{
    return (struct param){ .kind = is_never(at) ? PARAM_NULL : PARAM_INT, .name = name, .number = at.ms };
}

struct param p_json(struct tx *tx, const char *name, const json_t *value)
{
    return p_text(name, value && !json_is_null(value) ? json_text(tx->arena, value) : NO_TEXT);
}

/* -- rows ------------------------------------------------------------------------------------------------------------ */

/* Callers mostly ask in the statement's own order: the column behind the last is tried first. */
static const struct value *value_of(const struct rows *rows, size_t row, const char *column)
{
    struct row_set *set = rows->set;
    assert(row < rows->count);
    for (int tried = 0; tried < set->columns; tried++) {
        set->asked = set->asked + 1 < set->columns ? set->asked + 1 : 0;
        if (strcmp(set->names[set->asked], column) == 0)
            return &set->values[row * (size_t) set->columns + (size_t) set->asked];
    }
    fprintf(stderr, "bug: no column %s\n", column);
    abort();
}

struct text row_text(const struct rows *rows, size_t row, const char *column)
{
    const struct value *v = value_of(rows, row, column);
    assert(!v->is_int);
    return v->is_null ? NO_TEXT : v->text;
}

int64_t row_int(const struct rows *rows, size_t row, const char *column, int64_t unset)
{
    const struct value *v = value_of(rows, row, column);
    assert(v->is_null || v->is_int);
    return v->is_null ? unset : v->number;
}

instant_ms row_instant(const struct rows *rows, size_t row, const char *column)
{
    return (instant_ms){ row_int(rows, row, column, NEVER.ms) };
}

json_t *row_json(struct tx *tx, const struct rows *rows, size_t row, const char *column)
{
    struct text t = row_text(rows, row, column);
    json_t *value = t.at ? json_parse(t.at, t.len, JSON_DECODE_ANY, NULL) : json_null();
    assert(value); /* it was written by json_text */
    return json_keep(tx->arena, value);
}

struct arena *tx_arena(struct tx *tx)
{
    return tx->arena;
}
