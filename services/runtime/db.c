/* db.c - the only file that includes sqlite3.h. See db.h and yinling/tx.h. */
#include "db.h"
#include "mutant.h"
#include "yinling/reader.h"

#include "gen/runtime_queries.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 10000,             /* a query that returns more has no limit where it should: our bug */
    WAL_PAGES_CHECKPOINTED = 512, /* 2 MiB: a checkpoint then takes a few milliseconds, off the commit path */
    WAL_PAGES_BUSY = 2048 /* 8 MiB; while more waits it is put off until here: mostly the same pages are written again */
};

enum fixed { BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK_TO, FIXED_COUNT };
static const char *const fixed_sql[FIXED_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",       [COMMIT] = "COMMIT",           [ROLLBACK] = "ROLLBACK",
    [SAVEPOINT] = "SAVEPOINT message", [RELEASE] = "RELEASE message", [ROLLBACK_TO] = "ROLLBACK TO message",
};

struct db {
    sqlite3 *handle;
    jmp_buf *trouble;
    sqlite3_stmt *fixed[FIXED_COUNT];
    const struct query *queries; /* the service's, from QUERY_SERVICE_FIRST on */
    int query_count;
    int64_t changes_at_begin;
    int wal_pages;
    bool on_disk;
    struct statement {
        sqlite3_stmt *s;
        int parameters;
        char **names; /* of the parameters, in order; SQLite walks a list for each, and gives names that end with a reprepare */
    } statements[];   /* [query] */
};

/* Which statement failed, for the one line that is logged before the turn or the process ends. */
static _Noreturn void fail(struct db *db, const char *what, int code)
{
    int primary = code & 0xff;
    fprintf(stderr, "ledger-trouble statement=%s code=%d message=\"%s\"\n", what, code, sqlite3_errmsg(db->handle));
    if (primary == SQLITE_FULL && db->trouble)
        longjmp(*db->trouble, DB_FULL);
    if ((primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_CANTOPEN ||
         primary == SQLITE_READONLY) &&
        db->trouble)
        longjmp(*db->trouble, DB_UNKNOWN);
    abort(); /* anything else is a mistake in a statement: our bug */
}

static const struct query *query_of(struct db *db, int query)
{
    if (query < QUERY_SERVICE_FIRST) {
        assert(query >= 0 && query < RUNTIME_QUERY_COUNT);
        return &RUNTIME_QUERIES[query];
    }
    assert(query - QUERY_SERVICE_FIRST < db->query_count);
    return &db->queries[query - QUERY_SERVICE_FIRST];
}

static sqlite3_stmt *prepared(struct db *db, const char *name, const char *sql, sqlite3_stmt **slot)
{
    if (!*slot) {
        int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
        if (code != SQLITE_OK)
            fail(db, name, code);
    }
    return *slot;
}

static void run_fixed(struct db *db, enum fixed which)
{
    sqlite3_stmt *s = prepared(db, fixed_sql[which], fixed_sql[which], &db->fixed[which]);
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    if (code != SQLITE_DONE)
        fail(db, fixed_sql[which], code);
}

/* -- opening --------------------------------------------------------------------------------------------------------- */

static bool run_script(struct db *db, const char *sql, struct text *ret_why, struct arena *arena)
{
    char *message = NULL;
    if (sqlite3_exec(db->handle, sql, NULL, NULL, &message) == SQLITE_OK)
        return true;
    *ret_why = arena_printf(arena, "%s", message ? message : "unknown");
    sqlite3_free(message);
    return false;
}

struct text db_ask(struct db *db, struct arena *arena, const char *sql)
{
    sqlite3_stmt *s = NULL;
    struct text found = NO_TEXT;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
        sqlite3_column_type(s, 0) != SQLITE_NULL)
        found = arena_text(arena, (const char *) sqlite3_column_text(s, 0), (size_t) sqlite3_column_bytes(s, 0));
    sqlite3_finalize(s);
    return found;
}

/* Runs the numbered migrations ("-- 7" on a line of its own begins the seventh) that this ledger has not seen, each with its
 * number in one transaction. */
static bool migrate(struct db *db, const char *key, const char *schema, struct text *ret_why, struct arena *arena)
{
    struct text asked = arena_printf(arena, "SELECT value FROM meta WHERE key = '%s'", key);
    int64_t done = 0;
    text_int(db_ask(db, arena, asked.at), &done);
    for (const char *at = schema + strspn(schema, "\n"); at && *at;) {
        int number = 0;
        if (sscanf(at, "-- %d", &number) != 1 || number < 1) {
            *ret_why = arena_printf(arena, "migration without a number in %s", key);
            return false;
        }
        const char *body = strchr(at, '\n');
        const char *next = body;
        while (next && (next = strstr(next, "\n-- ")) && (next[4] < '0' || next[4] > '9'))
            next++;
        size_t len = !body ? 0 : next ? (size_t) (next - body) : strlen(body);
        if (number > done) {
            struct text script = arena_printf(arena,
                                              "BEGIN IMMEDIATE; %.*s; INSERT INTO meta(key, value) VALUES ('%s', '%d') "
                                              "ON CONFLICT(key) DO UPDATE SET value = excluded.value; COMMIT",
                                              (int) len, body ? body : "", key, number);
            if (!run_script(db, script.at, ret_why, arena))
                return false;
        }
        at = next ? next + 1 : NULL;
    }
    return true;
}

static int on_wal(void *db, sqlite3 *handle, const char *name, int pages)
{
    (void) handle;
    (void) name;
    ((struct db *) db)->wal_pages = pages;
    return SQLITE_OK;
}

void db_single_thread(void)
{
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static const char *const pragmas = "PRAGMA locking_mode = EXCLUSIVE;"
                                   "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA foreign_keys = ON;"
                                   "PRAGMA trusted_schema = OFF;"
                                   "PRAGMA cache_size = -3072;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA wal_autocheckpoint = 0;"
                                   "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID";

/* Writes the WAL over itself, byte for byte, and syncs it: that needs no room. */
static int rewrite_wal(struct db *db)
{
    sqlite3_file *wal = NULL;
    sqlite3_int64 size = 0;
    unsigned char piece[4096];
    int code = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (code != SQLITE_OK || !wal || !wal->pMethods)
        return code;
    code = wal->pMethods->xFileSize(wal, &size);
    for (sqlite3_int64 at = 0; at < size && code == SQLITE_OK; at += (sqlite3_int64) sizeof piece) {
        int len = size - at < (sqlite3_int64) sizeof piece ? (int) (size - at) : (int) sizeof piece;
        code = wal->pMethods->xRead(wal, piece, len, at);
        code = code == SQLITE_OK ? wal->pMethods->xWrite(wal, piece, len, at) : code;
    }
    return code == SQLITE_OK ? wal->pMethods->xSync(wal, SQLITE_SYNC_FULL) : code;
}

/* What the last run wrote to the WAL after a sync that failed may be readable and yet never reach the disk: Linux counts such pages as
 * clean. So nothing is built upon a WAL that was found: its content goes into the ledger first, written and synced anew. */
static bool settle_wal(struct db *db, struct text *ret_why, struct arena *arena)
{
    if (MUTANT(wal_trusted))
        return true;
    int code = db->on_disk ? sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) : SQLITE_OK;
    if ((code & 0xff) == SQLITE_FULL) /* no room: it stays a WAL, written anew */
        code = rewrite_wal(db);
    if (code == SQLITE_OK)
        return true;
    *ret_why = arena_printf(arena, "checkpoint: %s", sqlite3_errmsg(db->handle));
    return false;
}

static bool prepare_ledger(struct db *db, const struct db_settings *s, struct text *ret_why, struct arena *arena)
{
    if (!run_script(db, pragmas, ret_why, arena))
        return false;
    if (MUTANT(synchronous_normal) && !run_script(db, "PRAGMA synchronous = NORMAL", ret_why, arena))
        return false;
    if (s->secure_delete && !run_script(db, "PRAGMA secure_delete = ON", ret_why, arena))
        return false;
    struct text check = s->is_at_rest ? TEXT("ok") : db_ask(db, arena, "PRAGMA quick_check(1)");
    if (!text_is_c(check, "ok")) {
        *ret_why = arena_printf(arena, "quick_check: " TEXT_FMT, TEXT_ARG(check));
        return false;
    }
    return settle_wal(db, ret_why, arena) && migrate(db, "runtime_schema", RUNTIME_SCHEMA, ret_why, arena) &&
           (!s->schema || migrate(db, "service_schema", s->schema, ret_why, arena));
}

struct db *db_open(const struct db_settings *s, struct text *ret_why, struct arena *arena)
{
    struct db *db = calloc(1, sizeof *db + (size_t) (QUERY_SERVICE_FIRST + s->query_count) * sizeof *db->statements);
    if (!db)
        abort();
    db->queries = s->queries;
    db->query_count = s->query_count;
    db->on_disk = s->path != NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(s->path ? s->path : ":memory:", &db->handle, flags, s->vfs) != SQLITE_OK) {
        *ret_why = arena_printf(arena, "%s", db->handle ? sqlite3_errmsg(db->handle) : "no memory");
        return db_close(db);
    }
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1,
                      NULL); /* one plan a statement, whatever is bound: prepared once */
    if (!prepare_ledger(db, s, ret_why, arena))
        return db_close(db);
    sqlite3_wal_hook(db->handle, on_wal, db);
    return db;
}

struct db *db_close(struct db *db)
{
    if (!db)
        return NULL;
    for (int i = 0; i < QUERY_SERVICE_FIRST + db->query_count; i++) {
        struct statement *st = &db->statements[i];
        sqlite3_finalize(st->s);
        for (int k = 1; st->names && k <= st->parameters; k++)
            free(st->names[k]);
        free(st->names);
    }
    for (int i = 0; i < FIXED_COUNT; i++)
        sqlite3_finalize(db->fixed[i]);
    sqlite3_close_v2(db->handle);
    free(db);
    return NULL;
}

/* -- transactions ---------------------------------------------------------------------------------------------------- */

void db_on_trouble(struct db *db, jmp_buf *where)
{
    db->trouble = where;
}

void db_begin(struct db *db)
{
    run_fixed(db, BEGIN);
    db->changes_at_begin = db_changes(db);
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_total_changes64(db->handle);
}

bool db_wrote(const struct db *db)
{
    return db_changes(db) != db->changes_at_begin;
}

enum db_trouble db_commit(struct db *db)
{
    sqlite3_stmt *s = prepared(db, fixed_sql[COMMIT], fixed_sql[COMMIT], &db->fixed[COMMIT]);
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    if (code == SQLITE_DONE ||
        (MUTANT(retry_after_io_error) && (code & 0xff) == SQLITE_IOERR && sqlite3_step(s) == SQLITE_ERROR))
        return DB_FINE;
    fprintf(stderr, "commit-failed code=%d message=\"%s\"\n", code, sqlite3_errmsg(db->handle));
    db_rollback(db);
    return (code & 0xff) == SQLITE_FULL ? DB_FULL : DB_UNKNOWN;
}

void db_rollback(struct db *db)
{
    if (sqlite3_get_autocommit(db->handle))
        return;
    sqlite3_stmt **s = &db->fixed[ROLLBACK];
    if (!*s) /* no fail() in here: it is what comes after one */
        sqlite3_prepare_v3(db->handle, fixed_sql[ROLLBACK], -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
    sqlite3_step(*s); /* may itself fail: then the process ends anyway */
    sqlite3_reset(*s);
}

void db_savepoint(struct db *db)
{
    run_fixed(db, SAVEPOINT);
}

void db_release(struct db *db)
{
    run_fixed(db, RELEASE);
}

void db_rollback_to_savepoint(struct db *db)
{
    run_fixed(db, ROLLBACK_TO);
    run_fixed(db, RELEASE);
}

enum db_trouble db_checkpoint(struct db *db, bool is_busy)
{
    if (db->wal_pages < (is_busy ? WAL_PAGES_BUSY : WAL_PAGES_CHECKPOINTED))
        return DB_FINE;
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (code == SQLITE_OK)
        db->wal_pages = 0;
    /* Without room it is tried again after the next turn; what is committed is in the WAL. After an I/O error a second sync may succeed
     * though the pages are lost: only a start that reads the WAL again is sure. */
    return (code & 0xff) == SQLITE_IOERR ? DB_UNKNOWN : DB_FINE;
}

enum db_trouble db_copy(struct db *db, const char *path)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(db->handle, "VACUUM INTO ?1", -1, &s, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
        code = sqlite3_step(s);
    }
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? DB_FINE : (code & 0xff) == SQLITE_FULL ? DB_FULL : DB_UNKNOWN;
}

/* -- statements ------------------------------------------------------------------------------------------------------ */

static int bind_one(sqlite3_stmt *s, int slot, const struct param *p)
{
    switch (p->kind) {
    case PARAM_INT:
        return sqlite3_bind_int64(s, slot, p->number);
    case PARAM_TEXT:
        return sqlite3_bind_text64(s, slot, p->text.at, p->text.len, SQLITE_STATIC, SQLITE_UTF8);
    case PARAM_BLOB:
        return sqlite3_bind_blob64(s, slot, p->text.at ? p->text.at : "", p->text.len, SQLITE_STATIC);
    case PARAM_NULL:
    case PARAM_END_OF_LIST:
        break;
    }
    return sqlite3_bind_null(s, slot);
}

static struct statement *statement_of(struct db *db, int query)
{
    struct statement *st = &db->statements[query];
    if (st->s)
        return st;
    const struct query *q = query_of(db, query);
    prepared(db, q->name, q->sql, &st->s);
    st->parameters = sqlite3_bind_parameter_count(st->s);
    st->names = calloc((size_t) st->parameters + 1, sizeof *st->names);
    if (!st->names)
        abort();
    for (int i = 1; i <= st->parameters; i++) {
        const char *name = sqlite3_bind_parameter_name(st->s, i);
        st->names[i] = strdup(name ? name + 1 : "");
        if (!st->names[i])
            abort();
    }
    return st;
}

/* The slot of :name. Callers mostly give them in the statement's own order, or in stretches of it: the one behind the last is tried first. */
static int slot_of(const struct statement *st, const char *name, int guess)
{
    if (guess <= st->parameters && strcmp(st->names[guess], name) == 0)
        return guess;
    for (int i = 1; i <= st->parameters; i++) {
        if (strcmp(st->names[i], name) == 0)
            return i;
    }
    return 0;
}

static sqlite3_stmt *bound(struct tx *tx, int query, const struct param *params)
{
    struct db *db = tx->db;
    const struct query *q = query_of(db, query);
    assert(!sqlite3_get_autocommit(db->handle)); /* no statement outside a transaction */
    struct statement *st = statement_of(db, query);
    int given = 0, slot = 0;
    for (; params[given].kind != PARAM_END_OF_LIST; given++) {
        slot = slot_of(st, params[given].name, slot + 1);
        if (slot == 0) {
            fprintf(stderr, "bug: %s has no parameter :%s\n", q->name, params[given].name);
            abort();
        }
        int code = bind_one(st->s, slot, &params[given]);
        if (code != SQLITE_OK)
            fail(db, q->name, code);
    }
    if (given != st->parameters) {
        fprintf(stderr, "bug: %s takes %d parameters, given %d\n", q->name, st->parameters, given);
        abort();
    }
    return st->s;
}

static void done_with(struct db *db, sqlite3_stmt *s, const char *name, int code)
{
    int reset = sqlite3_reset(s);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        fail(db, name, reset != SQLITE_OK ? reset : code);
}

int64_t tx_run_(struct tx *tx, int query, const struct param *params)
{
    sqlite3_stmt *s = bound(tx, query, params);
    int code = sqlite3_step(s);
    done_with(tx->db, s, query_of(tx->db, query)->name, code);
    return sqlite3_changes64(tx->db->handle);
}

bool tx_try_(struct tx *tx, int query, const struct param *params)
{
    sqlite3_stmt *s = bound(tx, query, params);
    int code = sqlite3_step(s);
    if ((code & 0xff) == SQLITE_CONSTRAINT) {
        sqlite3_reset(s);
        return false;
    }
    done_with(tx->db, s, query_of(tx->db, query)->name, code);
    return true;
}

static struct value value_at(struct arena *arena, sqlite3_stmt *s, int column)
{
    struct value v = { .is_null = false };
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_NULL:
        v.is_null = true;
        break;
    case SQLITE_INTEGER:
        v.is_int = true;
        v.number = sqlite3_column_int64(s, column);
        break;
    default: {
        const void *bytes = sqlite3_column_blob(s, column);
        v.text = arena_text(arena, bytes, (size_t) sqlite3_column_bytes(s, column));
    }
    }
    return v;
}

struct rows tx_all_(struct tx *tx, int query, const struct param *params)
{
    sqlite3_stmt *s = bound(tx, query, params);
    const char *name = query_of(tx->db, query)->name;
    int columns = sqlite3_column_count(s);
    struct row_set *set = arena_take(tx->arena, sizeof *set);
    set->columns = columns;
    set->asked = -1;
    set->names = arena_take(tx->arena, (size_t) columns * sizeof *set->names);
    size_t count = 0, room = 0;
    int code = sqlite3_step(s);
    /* They live as long as the statement, which is kept. A copy of the ledger (db_copy) makes its first step prepare it anew. */
    for (int c = 0; c < columns; c++)
        set->names[c] = sqlite3_column_name(s, c);
    for (; code == SQLITE_ROW; code = sqlite3_step(s)) {
        assert(count < ROWS_MAX);
        if (count == room) {
            room = room ? room * 4 : 4;
            struct value *larger = arena_take(tx->arena, room * (size_t) columns * sizeof *larger);
            if (count)
                memcpy(larger, set->values, count * (size_t) columns * sizeof *larger);
            set->values = larger;
        }
        for (int c = 0; c < columns; c++)
            set->values[count * (size_t) columns + (size_t) c] = value_at(tx->arena, s, c);
        count++;
    }
    done_with(tx->db, s, name, code);
    return (struct rows){ count, set };
}

/* The first column of the first row. */
static struct value first_value(struct tx *tx, int query, const struct param *params)
{
    sqlite3_stmt *s = bound(tx, query, params);
    int code = sqlite3_step(s);
    struct value v = { .is_null = true };
    if (code == SQLITE_ROW)
        v = value_at(tx->arena, s, 0);
    done_with(tx->db, s, query_of(tx->db, query)->name, code);
    return v;
}

int64_t tx_int_(struct tx *tx, int64_t unset, int query, const struct param *params)
{
    struct value v = first_value(tx, query, params);
    assert(v.is_null || v.is_int);
    return v.is_null ? unset : v.number;
}

struct text tx_text_(struct tx *tx, int query, const struct param *params)
{
    struct value v = first_value(tx, query, params);
    assert(!v.is_int);
    return v.is_null ? NO_TEXT : v.text;
}

instant_ms tx_instant_(struct tx *tx, int query, const struct param *params)
{
    return (instant_ms){ tx_int_(tx, NEVER.ms, query, params) };
}

int64_t tx_last_id(struct tx *tx)
{
    return sqlite3_last_insert_rowid(tx->db->handle);
}
