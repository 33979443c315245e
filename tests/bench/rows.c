/* rows.c - see rows.h. */
#include "rows.h"

#include "load.h"

#include <assert.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 40, TABLES_MAX = 40, NAME_ROOM = 64, SQL_ROOM = 32768, HASH = 32, YEAR_LEN = 5 };

static sqlite3 *opened(const char *path)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK) {
        fprintf(stderr, "bench: %s: %s\n", path, sqlite3_errmsg(db));
        exit(3);
    }
    return db;
}

static _Noreturn void fail(sqlite3 *db, const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, sqlite3_errmsg(db));
    exit(3);
}

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail(db, sql);
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
        fail(db, sql);
    return s;
}

static int64_t number(sqlite3 *db, const char *sql, int64_t unset)
{
    sqlite3_stmt *s = prepared(db, sql);
    int64_t found =
        sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL ? sqlite3_column_int64(s, 0) : unset;
    sqlite3_finalize(s);
    return found;
}

int64_t rows_number(const char *ledger, const char *sql, int64_t unset)
{
    sqlite3 *db = opened(ledger);
    int64_t found = number(db, sql, unset);
    sqlite3_close(db);
    return found;
}

/* -- multiplying ----------------------------------------------------------------------------------------------------- */

/* What is not merely shifted by years. */
static const struct special {
    const char *table, *column, *value;
} specials[] = {
    { "track", "code", "random()" }, { "answered", "key", "randomblob(16)" }, { "answered", "number", "NULL" },
    { "act", "act", "NULL" },        { "supervision", "year", "?1" },
};

/* How a column of a copied row reads: text of that year becomes text of another; so does a number that is an instant of that year, or a
 * lead's number in it. */
static void column_of_copy(char *into, size_t room, const char *table, const char *column, int year)
{
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        if (strcmp(specials[i].table, table) == 0 && strcmp(specials[i].column, column) == 0) {
            snprintf(into, room, "%s", specials[i].value);
            return;
        }
    }
    snprintf(into, room,
             "CASE typeof(\"%s\") WHEN 'text' THEN replace(\"%s\", '%d-', ?1 || '-') WHEN 'integer' THEN CASE "
             "WHEN \"%s\" BETWEEN %d000000000 AND %d999999999 THEN \"%s\" + (?1 - %d) * 1000000000 "
             "WHEN \"%s\" BETWEEN unixepoch('%d-01-01') * 1000 AND unixepoch('%d-12-31') * 1000 THEN \"%s\" + ?2 "
             "ELSE \"%s\" END ELSE \"%s\" END",
             column, column, year, column, year, year, column, year, column, year, year, column, column, column);
}

/* The statement that copies a table's rows of the year; false when it names no lead. */
static bool copy_statement(sqlite3 *db, const char *table, int year, char *into, size_t room)
{
    char sql[256], column[640];
    snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s')", table);
    sqlite3_stmt *s = prepared(db, sql);
    bool names_lead = strcmp(table, "answered") == 0;
    size_t used = (size_t) snprintf(into, room, "INSERT INTO \"%s\" SELECT ", table);
    for (int i = 0; sqlite3_step(s) == SQLITE_ROW; i++) {
        const char *name = (const char *) sqlite3_column_text(s, 0);
        names_lead = names_lead || strcmp(name, "lead") == 0;
        column_of_copy(column, sizeof column, table, name, year);
        used += (size_t) snprintf(into + used, room - used, "%s%s", i ? ", " : "", column);
        assert(used < room);
    }
    sqlite3_finalize(s);
    const char *first = strcmp(table, "answered") == 0 ? "number <= ?3"
                        : strcmp(table, "act") == 0    ? "act <= ?3"
                                                       : "?3 > 0 AND ";
    used += (size_t) snprintf(into + used, room - used, " FROM \"%s\" WHERE %s", table, first);
    if (first[0] == '?') /* leads are numbers in one ledger and texts in the others */
        used += (size_t) snprintf(into + used, room - used,
                                  "lead BETWEEN CASE typeof(lead) WHEN 'text' THEN '%d-' ELSE %d000000000 END AND "
                                  "CASE typeof(lead) WHEN 'text' THEN '%d-~' ELSE %d999999999 END",
                                  year, year, year, year);
    assert(used < room);
    return names_lead;
}

static void copy_table(sqlite3 *db, const char *table, int year, int times)
{
    static char sql[SQL_ROOM];
    char asked[256];
    if (!copy_statement(db, table, year, sql, sizeof sql))
        return;
    snprintf(asked, sizeof asked, "SELECT max(rowid) FROM \"%s\"", table);
    bool has_number = strcmp(table, "answered") == 0 || strcmp(table, "act") == 0;
    int64_t last = has_number ? number(db, asked, 0) : 1;
    sqlite3_stmt *s = prepared(db, sql);
    for (int i = 1; i < times; i++) {
        snprintf(asked, sizeof asked, "SELECT (unixepoch('%d-03-01') - unixepoch('%d-03-01')) * 1000", year + i, year);
        sqlite3_bind_int(s, 1, year + i);
        sqlite3_bind_int64(s, 2, number(db, asked, 0));
        sqlite3_bind_int64(s, 3, last);
        if (sqlite3_step(s) != SQLITE_DONE)
            fail(db, table);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
}

/* "1971-" becomes "1972-": the same length, so it is done in place. */
static void change_year(char *at, size_t len, const char *from, const char *to)
{
    for (char *end = at + len, *found; (found = memmem(at, (size_t) (end - at), from, YEAR_LEN)); at = found + YEAR_LEN)
        memcpy(found, to, YEAR_LEN);
}

static void next_hash(unsigned char hash[HASH], const char *body, size_t len)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, HASH);
    crypto_generichash_update(&state, hash, HASH);
    crypto_generichash_update(&state, (const unsigned char *) body, len);
    crypto_generichash_final(&state, hash, HASH);
}

/* One event of the first year again, as the next one of the stream. */
static void copy_event(sqlite3_stmt *from, sqlite3_stmt *into, const char *year, const char *to, unsigned char hash[HASH])
{
    static char texts[2][1 << 20];
    for (int c = 0; c < 2; c++) {
        size_t len = (size_t) sqlite3_column_bytes(from, c);
        assert(len <= sizeof texts[c]);
        memcpy(texts[c], sqlite3_column_text(from, c), len);
        change_year(texts[c], len, year, to);
        sqlite3_bind_text(into, c ? 3 : 1, texts[c], (int) len, SQLITE_STATIC);
    }
    next_hash(hash, texts[1], (size_t) sqlite3_column_bytes(from, 1));
    sqlite3_bind_text(into, 2, (const char *) sqlite3_column_text(from, 2), -1, SQLITE_STATIC);
    sqlite3_bind_blob(into, 4, hash, HASH, SQLITE_STATIC);
    if (sqlite3_step(into) != SQLITE_DONE)
        fail(sqlite3_db_handle(into), "stream");
    sqlite3_reset(into);
}

static void copy_stream(sqlite3 *db, int year, int times)
{
    unsigned char hash[HASH] = { 0 };
    int64_t last = number(db, "SELECT max(seq) FROM stream", 0);
    sqlite3_stmt *head = prepared(db, "SELECT hash FROM stream ORDER BY seq DESC LIMIT 1");
    if (sqlite3_step(head) == SQLITE_ROW)
        memcpy(hash, sqlite3_column_blob(head, 0), HASH);
    sqlite3_finalize(head);
    sqlite3_stmt *from = prepared(db, "SELECT subject, body, type FROM stream WHERE seq <= ?1 ORDER BY seq");
    sqlite3_stmt *into = prepared(db, "INSERT INTO stream (subject, type, body, hash) VALUES (?1, ?2, ?3, ?4)");
    char was[16], is[16];
    snprintf(was, sizeof was, "%d-", year);
    for (int i = 1; i < times; i++) {
        snprintf(is, sizeof is, "%d-", year + i);
        sqlite3_bind_int64(from, 1, last);
        while (sqlite3_step(from) == SQLITE_ROW)
            copy_event(from, into, was, is, hash);
        sqlite3_reset(from);
    }
    sqlite3_finalize(from);
    sqlite3_finalize(into);
}

bool rows_multiply(const char *ledger, int year, int times)
{
    static char names[TABLES_MAX][NAME_ROOM];
    int count = 0;
    sqlite3 *db = opened(ledger);
    run(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -400000;"
            "PRAGMA foreign_keys = OFF; BEGIN");
    sqlite3_stmt *s = prepared(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('view', 'parked')");
    while (sqlite3_step(s) == SQLITE_ROW && count < TABLES_MAX)
        snprintf(names[count++], NAME_ROOM, "%s", (const char *) sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    for (int i = 0; i < count; i++)
        copy_table(db, names[i], year, times);
    copy_stream(db, year, times);
    run(db, "COMMIT");
    return sqlite3_close(db) == SQLITE_OK;
}

bool rows_heard_all(const char *consumer_ledger, const char *producer, const char *producer_ledger)
{
    sqlite3 *db = opened(consumer_ledger);
    sqlite3_stmt *s = prepared(db, "ATTACH ?1 AS its");
    sqlite3_bind_text(s, 1, producer_ledger, -1, SQLITE_STATIC);
    if (sqlite3_step(s) != SQLITE_DONE)
        fail(db, producer_ledger);
    sqlite3_finalize(s);
    s = prepared(db, "UPDATE cursor SET (seq, hash) = (SELECT seq, lower(hex(hash)) FROM its.stream ORDER BY seq DESC LIMIT 1) "
                     "WHERE producer = ?1 AND EXISTS (SELECT 1 FROM its.stream)");
    sqlite3_bind_text(s, 1, producer, -1, SQLITE_STATIC);
    bool fine = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return fine;
}

/* -- bare SQLite ----------------------------------------------------------------------------------------------------- */

double rows_copied(const char *from_ledger, const char *to_ledger, int64_t count, int64_t per_commit)
{
    sqlite3 *from = opened(from_ledger), *to = opened(to_ledger);
    run(from, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -3072");
    run(to,
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -3072;"
        "CREATE TABLE kept (seq INTEGER PRIMARY KEY, subject TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL) STRICT");
    sqlite3_stmt *read = prepared(from, "SELECT seq, subject, type, body FROM stream ORDER BY seq LIMIT ?1");
    sqlite3_stmt *write = prepared(to, "INSERT INTO kept (seq, subject, type, body) VALUES (?1, ?2, ?3, ?4)");
    int64_t began = now_us(), done = 0;
    sqlite3_bind_int64(read, 1, count);
    for (; sqlite3_step(read) == SQLITE_ROW; done++) {
        if (done % per_commit == 0)
            run(to, done ? "COMMIT; BEGIN IMMEDIATE" : "BEGIN IMMEDIATE");
        for (int c = 0; c < 4; c++)
            sqlite3_bind_value(write, c + 1, sqlite3_column_value(read, c));
        if (sqlite3_step(write) != SQLITE_DONE)
            fail(to, "kept");
        sqlite3_reset(write);
    }
    run(to, "COMMIT");
    double took = (double) (now_us() - began);
    sqlite3_finalize(read);
    sqlite3_finalize(write);
    sqlite3_close(from);
    sqlite3_close(to);
    return done == count ? took : 0;
}

double rows_looked_up(const char *ledger, const char *sql, int64_t count)
{
    sqlite3 *db = opened(ledger);
    sqlite3_stmt *s = prepared(db, sql);
    run(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN");
    int64_t began = now_us();
    for (int64_t i = 0; i < count; i++) {
        sqlite3_step(s);
        sqlite3_reset(s);
    }
    double took = (double) (now_us() - began) / (double) count;
    sqlite3_finalize(s);
    run(db, "COMMIT");
    sqlite3_close(db);
    return took;
}
