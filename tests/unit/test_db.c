/* test_db.c - what a ledger's opening reads: all of it, but for a large one that was closed. */
#include "services/runtime/db.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SCHEMA "-- 1\nCREATE TABLE large (bytes BLOB NOT NULL) STRICT"
static const struct query queries[] = { { "Q_LARGE", "INSERT INTO large (bytes) VALUES (zeroblob(272000000))" } };
static char path[64], wal[80];

static struct db *opened(bool trusts_rest)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    struct text why;
    return db_open(&(struct db_settings){ .path = path,
                                          .queries = queries,
                                          .query_count = 1,
                                          .schema = SCHEMA,
                                          .is_at_rest = trusts_rest && ledger_is_at_rest(path) },
                   &why, arena);
}

static void write_at(const char *file, off_t at, const void *bytes, size_t len)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t) len);
    close(fd);
}

/* More than the bound, with a page in it that points nowhere. */
static void make_damaged(bool is_large)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    struct db *db = opened(false);
    jmp_buf trouble;
    assert_non_null(db);
    assert_int_equal(setjmp(trouble), 0);
    db_on_trouble(db, &trouble);
    struct tx tx = { .db = db, .arena = arena };
    db_begin(db);
    if (is_large)
        tx_run(&tx, QUERY_SERVICE_FIRST, NO_PARAMS);
    assert_int_equal(db_commit(db), DB_FINE);
    db_close(db);
    write_at(path, is_large ? 4096 * 30000 : 4096 * 2, "\xff\xff\xff\xff", 4);
}

static int setup(void **state)
{
    (void) state;
    snprintf(path, sizeof path, "/dev/shm/yinling-db-%d.db", (int) getpid());
    snprintf(wal, sizeof wal, "%s-wal", path);
    return 0;
}

static int teardown(void **state)
{
    (void) state;
    unlink(path);
    unlink(wal);
    return 0;
}

static void a_damaged_ledger_does_not_open(void **state)
{
    (void) state;
    make_damaged(false);
    assert_null(opened(true));
}

static void a_large_one_that_was_closed_is_not_read_through(void **state)
{
    (void) state;
    make_damaged(true);
    struct db *db = opened(true);
    assert_non_null(db);
    db_close(db);
    assert_null(opened(false)); /* a copy, say, that is to be proven */
}

static void a_large_one_that_was_not_closed_is(void **state)
{
    (void) state;
    make_damaged(true);
    write_at(wal, 0, "left behind", 11);
    assert_null(opened(true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_damaged_ledger_does_not_open, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_one_that_was_closed_is_not_read_through, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_one_that_was_not_closed_is, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
