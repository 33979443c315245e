/* tx.h - the only door to SQL.
 *
 * A struct tx exists only while the loop holds a transaction (BEGIN IMMEDIATE) on the service's own ledger, so no statement can
 * run outside one. Statements are named in queries.sql beside the service (`-- Q_NAME`) and compiled into
 * gen/<service>_queries.h; parameters and columns are given by name. A statement that fails for a reason of the environment
 * (disk, corruption) does not return: the runtime rolls back and ends the turn or the process. A constraint that refuses is
 * our bug, except in tx_try. Rows are copies in the turn's arena: the table may change while they are read.
 * May block on the disk; the turn's thread only. */
#ifndef YINLING_TX_H
#define YINLING_TX_H

#include "yinling/instant.h"
#include "yinling/text.h"

#include <jansson.h>

struct tx;
struct town;

/* One statement of queries.sql; generated. */
struct query {
    const char *name;
    const char *sql;
};

struct param {
    enum { PARAM_END_OF_LIST, PARAM_NULL, PARAM_INT, PARAM_TEXT, PARAM_BLOB } kind;
    const char *name; /* without the colon */
    int64_t number;
    struct text text;
};
struct param p_text(const char *name, struct text t); /* NO_TEXT binds NULL */
struct param p_c(const char *name, const char *c_string);
struct param p_blob(const char *name, const void *bytes, size_t len);
struct param p_int(const char *name, int64_t number);
struct param p_instant(const char *name, instant_ms at); /* NEVER binds NULL */
struct param p_json(struct tx *tx, const char *name, const json_t *value);

#define NO_PARAMS ((struct param){ .kind = PARAM_END_OF_LIST }) /* for a statement without parameters */
#define TX_PARAMS(...) ((const struct param[]){ __VA_ARGS__, NO_PARAMS })

struct rows {
    size_t count;
    struct row_set *set;
};

/* INSERT, UPDATE, DELETE: rows changed. */
int64_t tx_run_(struct tx *tx, int query, const struct param *params);
#define tx_run(tx, query, ...) tx_run_((tx), (query), TX_PARAMS(__VA_ARGS__))
/* The same, but a uniqueness or CHECK refusal is an answer: false, and nothing changed. */
bool tx_try_(struct tx *tx, int query, const struct param *params);
#define tx_try(tx, query, ...) tx_try_((tx), (query), TX_PARAMS(__VA_ARGS__))
/* SELECT: every row (at most 10,000: our bug beyond). */
struct rows tx_all_(struct tx *tx, int query, const struct param *params);
#define tx_all(tx, query, ...) tx_all_((tx), (query), TX_PARAMS(__VA_ARGS__))
/* SELECT of one value: the first column of the first row, or what is given when there is none or it is NULL. */
int64_t tx_int_(struct tx *tx, int64_t unset, int query, const struct param *params);
#define tx_int(tx, unset, query, ...) tx_int_((tx), (unset), (query), TX_PARAMS(__VA_ARGS__))
struct text tx_text_(struct tx *tx, int query, const struct param *params); /* NO_TEXT */
#define tx_text(tx, query, ...) tx_text_((tx), (query), TX_PARAMS(__VA_ARGS__))
instant_ms tx_instant_(struct tx *tx, int query, const struct param *params); /* NEVER */
#define tx_instant(tx, query, ...) tx_instant_((tx), (query), TX_PARAMS(__VA_ARGS__))
int64_t tx_last_id(struct tx *tx); /* rowid of the last INSERT */

/* Columns by name; an unknown name is our bug. NULL gives NO_TEXT, `unset`, NEVER. */
struct text row_text(const struct rows *rows, size_t row, const char *column);
int64_t row_int(const struct rows *rows, size_t row, const char *column, int64_t unset);
instant_ms row_instant(const struct rows *rows, size_t row, const char *column);
/* A TEXT column that holds JSON, parsed; lives until the turn ends; JSON null object when NULL. */
json_t *row_json(struct tx *tx, const struct rows *rows, size_t row, const char *column);

/* Unguessable bytes (libsodium; seeded in the simulator). */
void tx_random(struct tx *tx, void *ret_bytes, size_t len);

struct arena *tx_arena(struct tx *tx);                                  /* dies with the turn */
const struct town *tx_town(struct tx *tx);                              /* the edition this turn runs under */
struct text tx_edition(struct tx *tx);                                  /* its id, 64 hex digits */
const struct town *town_of_edition(struct tx *tx, struct text edition); /* an earlier one; NULL when not to be had */
const void *tx_prepared(struct tx *tx);                                 /* what service.prepare made of the town */
const void *prepared_of(struct tx *tx, const struct town *town);

#endif
