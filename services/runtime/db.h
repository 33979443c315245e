/* db.h - one SQLite ledger, opened once, by one thread. The rest of the runtime's view of it; services see only yinling/tx.h.
 *
 * WAL, synchronous=FULL, exclusive locking, foreign keys, trusted_schema off. Statements are prepared once and kept.
 * Trouble of the environment never comes back as a return value of a statement: it leaves through db_on_trouble. */
#ifndef RUNTIME_DB_H
#define RUNTIME_DB_H

#include "yinling/tx.h"

#include <setjmp.h>

#define QUERY_SERVICE_FIRST 64 /* below are the runtime's own statements */

struct db;
struct node;

/* What a SELECT found: copies in an arena (tx.c reads them by name). */
struct row_set {
    int columns, asked; /* asked: the column named last */
    const char **names;
    struct value {
        bool is_null, is_int;
        int64_t number;
        struct text text;
    } * values; /* row by row */
};

struct tx {
    struct db *db;
    struct arena *arena;
    struct node *node; /* NULL in tests of the ledger alone */
};

enum db_trouble {
    DB_FINE,
    DB_FULL,   /* no space: rolled back, nothing of the turn happened */
    DB_UNKNOWN /* an I/O error: whether the commit holds is found out by opening the ledger again */
};

struct db_settings {
    const char *path;            /* file; NULL for one in memory */
    const char *vfs;             /* NULL: the system's */
    const struct query *queries; /* the service's */
    int query_count;
    const char *schema; /* the service's migrations */
    bool secure_delete;
    bool is_at_rest; /* ledger_is_at_rest has said so: it is not read through */
};

/* SQLite without locks and statistics, for a process of one thread. Once, before the first ledger is opened. */
void db_single_thread(void);
/* Opens, checks (quick_check, but see is_at_rest) and migrates. NULL with *ret_why otherwise; a second process on the same ledger gets
 * NULL too. Blocks on the disk. */
struct db *db_open(const struct db_settings *settings, struct text *ret_why, struct arena *arena);
/* A large ledger that its last process closed. Any other is read through at each start. */
bool ledger_is_at_rest(const char *path);
struct db *db_close(struct db *db); /* checkpoints; returns NULL; NULL is fine */

/* Where trouble inside a statement goes: longjmp with an enum db_trouble. Must be set whenever a transaction is open. */
void db_on_trouble(struct db *db, jmp_buf *where);

void db_begin(struct db *db);
enum db_trouble db_commit(struct db *db); /* one fsync when something was written */
void db_rollback(struct db *db);          /* nothing to roll back is fine */
int64_t db_changes(const struct db *db);  /* rows changed since it was opened, also those that were rolled back */
bool db_wrote(const struct db *db);       /* has the open transaction changed a row? */
void db_savepoint(struct db *db);
void db_release(struct db *db);
void db_rollback_to_savepoint(struct db *db);

/* Moves committed pages from the WAL into the ledger, between turns, when there are more than a few MiB of them; some more while the
 * service is busy. DB_UNKNOWN after an I/O error. */
enum db_trouble db_checkpoint(struct db *db, bool is_busy);
/* A consistent copy into a new file; DB_FULL when there is no room. */
enum db_trouble db_copy(struct db *db, const char *path);
/* For tests: a value of any SELECT. */
struct text db_ask(struct db *db, struct arena *arena, const char *sql);

#endif
