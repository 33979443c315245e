/* test_sql.c - every statement of every ledger prepares, and its plan reads no whole table.
 *
 * A plan that scans fails, also along an index, unless admitted-slow.txt names the statement with a reason; so does an index that
 * SQLite would build for every run. A line of admitted-slow.txt that is no longer needed fails too. The plans are those of a ledger
 * without statistics: services never run ANALYZE. */
#include "services/runtime/db.h"

#define QUERIES_WITHOUT_NAMES
#include "gen/deadline_queries.h"
#include "gen/intake_queries.h"
#include "gen/router_queries.h"
#include "gen/runtime_queries.h"
#include "gen/warning_queries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PARAMETERS_MAX = 64, /* of one statement; SQLite's own limit is far above */
    ADMITTED_MAX = 64    /* a longer list would be a design mistake */
};

struct ledger {
    const char *service;
    const struct query *queries;
    int count;
    const char *schema; /* NULL: only the tables of every ledger */
};

static const struct ledger ledgers[] = {
    { "runtime", RUNTIME_QUERIES, RUNTIME_QUERY_COUNT, NULL },
    { "intake", INTAKE_QUERIES, INTAKE_QUERY_COUNT, INTAKE_SCHEMA },
    { "router", ROUTER_QUERIES, ROUTER_QUERY_COUNT, ROUTER_SCHEMA },
    { "deadline", DEADLINE_QUERIES, DEADLINE_QUERY_COUNT, DEADLINE_SCHEMA },
    { "warning", WARNING_QUERIES, WARNING_QUERY_COUNT, WARNING_SCHEMA },
};
enum { LEDGERS = sizeof ledgers / sizeof *ledgers };

/* -- admitted-slow.txt: `service Q_NAME reason`, one a line, # for the reader ------------------------------------------- */

static struct admitted {
    char service[32], name[64];
    bool used;
} admitted[ADMITTED_MAX];
static int admitted_count;

static void read_admitted(void)
{
    FILE *f = fopen("tests/sql/admitted-slow.txt", "re");
    assert_non_null(f);
    char line[512];
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        assert_int_not_equal(admitted_count, ADMITTED_MAX);
        struct admitted *a = &admitted[admitted_count++];
        char reason[400];
        if (sscanf(line, "%31s %63s %399[^\n]", a->service, a->name, reason) != 3 || strlen(reason) < 10)
            fail_msg("admitted-slow.txt: a line is `service Q_NAME reason`: %s", line);
    }
    fclose(f);
}

static bool is_admitted(const char *service, const char *name)
{
    for (int i = 0; i < admitted_count; i++) {
        if (strcmp(admitted[i].service, service) == 0 && strcmp(admitted[i].name, name) == 0)
            return admitted[i].used = true;
    }
    return false;
}

/* -- one plan ----------------------------------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The statement's parameters, each bound to NULL. */
static void parameters_of(struct arena *arena, const char *sql, struct param ret[])
{
    int count = 0;
    bool quoted = false;
    for (const char *at = sql; *at; at++) {
        if (*at == '\'')
            quoted = !quoted;
        if (quoted || *at != ':' || !is_word(at[1]))
            continue;
        size_t len = 0;
        while (is_word(at[1 + len]))
            len++;
        struct text name = arena_text(arena, at + 1, len);
        bool known = false;
        for (int i = 0; i < count; i++)
            known = known || strcmp(ret[i].name, name.at) == 0;
        if (!known) {
            assert_in_range(count, 0, PARAMETERS_MAX - 1);
            ret[count++] = (struct param){ .kind = PARAM_NULL, .name = name.at };
        }
        at += len;
    }
    ret[count] = NO_PARAMS;
}

/* "SCAN x" of something that is no table: a subquery that another line of the plan makes, a list of values, json_each. */
static bool is_made_here(struct rows plan, struct text scan)
{
    if (text_has(scan, TEXT("CONSTANT ROW")) || text_has(scan, TEXT("-ROW VALUES")) || text_has(scan, TEXT("VIRTUAL TABLE")))
        return true;
    struct text name = { scan.at + strlen("SCAN "), scan.len - strlen("SCAN ") };
    const char *end = memchr(name.at, ' ', name.len);
    if (end)
        name.len = (size_t) (end - name.at);
    for (size_t i = 0; i < plan.count; i++) {
        struct text detail = row_text(&plan, i, "detail");
        if ((text_starts(detail, TEXT("CO-ROUTINE ")) || text_starts(detail, TEXT("MATERIALIZE "))) &&
            text_is(name, (struct text){ strchr(detail.at, ' ') + 1, strlen(strchr(detail.at, ' ') + 1) }))
            return true;
    }
    return false;
}

/* The first line of the plan that reads a whole table, or NO_TEXT. */
static struct text slow_step(struct rows plan)
{
    for (size_t i = 0; i < plan.count; i++) {
        struct text detail = row_text(&plan, i, "detail");
        if (text_has(detail, TEXT("AUTOMATIC")) || (text_starts(detail, TEXT("SCAN ")) && !is_made_here(plan, detail)))
            return detail;
    }
    return NO_TEXT;
}

/* Every statement of a ledger, explained. Returns how many are slow and not admitted; says each. */
static int slow_statements(const struct ledger *l)
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct query *explained = arena_take(arena, (size_t) l->count * sizeof *explained);
    for (int i = 0; i < l->count; i++)
        explained[i] = (struct query){ l->queries[i].name, arena_printf(arena, "EXPLAIN QUERY PLAN %s", l->queries[i].sql).at };
    struct text why = NO_TEXT;
    struct db *db =
        db_open(&(struct db_settings){ .queries = explained, .query_count = l->count, .schema = l->schema }, &why, arena);
    if (!db)
        fail_msg("%s: schema.sql: %s", l->service, why.at);
    struct tx tx = { .db = db, .arena = arena };
    int slow = 0;
    db_begin(db);
    for (int i = 0; i < l->count; i++) {
        struct param params[PARAMETERS_MAX + 1];
        parameters_of(arena, l->queries[i].sql, params);
        struct text step = slow_step(tx_all_(&tx, QUERY_SERVICE_FIRST + i, params)); /* a bad statement aborts here, named */
        if (step.at && !is_admitted(l->service, l->queries[i].name)) {
            printf("services/%s/queries.sql: %s: " TEXT_FMT "\n", l->service, l->queries[i].name, TEXT_ARG(step));
            slow++;
        }
    }
    db_rollback(db);
    db_close(db);
    return slow;
}

/* -- tests -------------------------------------------------------------------------------------------------------------- */

static void no_statement_reads_a_whole_table(void **state)
{
    (void) state;
    read_admitted();
    int slow = 0;
    for (int i = 0; i < LEDGERS; i++)
        slow += slow_statements(&ledgers[i]);
    assert_int_equal(slow, 0);
    for (int i = 0; i < admitted_count; i++) {
        if (!admitted[i].used)
            fail_msg("admitted-slow.txt: %s %s need not be admitted", admitted[i].service, admitted[i].name);
    }
}

/* The check itself: what it must find, and what it must let pass. */
static void a_scan_is_found(void **state)
{
    (void) state;
    static const char schema[] = "-- 1\nCREATE TABLE toy (a INTEGER PRIMARY KEY, b TEXT, c TEXT) STRICT;\n"
                                 "CREATE INDEX toy_by_b ON toy (b);\n";
    static const struct query bad[] = {
        { "Q_WHOLE", "SELECT b FROM toy WHERE c = :c" },
        { "Q_ALIAS", "SELECT t.b FROM toy AS t WHERE t.c = :c" },
        { "Q_ALONG_INDEX", "SELECT a FROM toy ORDER BY b" },
        { "Q_CHANGE", "UPDATE toy SET b = 'a :b' WHERE c = :c" },
        { "Q_BUILT_INDEX", "SELECT x.a FROM toy AS x JOIN toy AS y ON x.c = y.c WHERE y.a = :a" },
        { "Q_INSIDE", "SELECT a FROM toy WHERE a IN (SELECT a FROM toy WHERE c = :c)" },
    };
    static const struct query good[] = {
        { "Q_KEY", "SELECT b FROM toy WHERE a = :a AND :a > 0" },
        { "Q_INDEX", "SELECT a FROM toy WHERE b = :b ORDER BY a" },
        { "Q_LIST", "SELECT a FROM toy WHERE a IN (SELECT value FROM json_each(:list))" },
        { "Q_NEW", "INSERT INTO toy (b, c) VALUES (:b, :c) ON CONFLICT DO NOTHING" },
        { "Q_MADE",
          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT b FROM n JOIN toy ON a = i" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(slow_statements(&(struct ledger){ "toy", &bad[i], 1, schema }), 1);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(slow_statements(&(struct ledger){ "toy", &good[i], 1, schema }), 0);
}

static void every_service_is_looked_at(void **state)
{
    (void) state;
    glob_t found;
    assert_int_equal(glob("services/*/queries.sql", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        bool listed = false;
        for (int k = 0; k < LEDGERS; k++)
            listed = listed || strstr(found.gl_pathv[i], ledgers[k].service);
        if (!listed)
            fail_msg("%s is not looked at here", found.gl_pathv[i]);
    }
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_is_found),
        cmocka_unit_test(no_statement_reads_a_whole_table),
        cmocka_unit_test(every_service_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
