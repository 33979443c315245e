/* test_account.c - what an account's name says, and the names that are refused. */
#include "yinling/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void names_that_are_good(void **state)
{
    static const struct {
        const char *name;
        enum account_kind kind;
        const char *scope;
        int number;
    } rows[] = {
        { "12337", ACCOUNT_CHANNEL, "", 0 },
        { "walk-in", ACCOUNT_CHANNEL, "", 0 },
        { "web", ACCOUNT_CHANNEL, "", 0 },
        { "finance", ACCOUNT_CHANNEL, "", 0 },
        { "office", ACCOUNT_CHANNEL, "", 0 },
        { "staff", ACCOUNT_CHANNEL, "", 0 },
        { "w", ACCOUNT_CHANNEL, "", 0 },
        { "staff-finance-1", ACCOUNT_STAFF, "finance", 1 },
        { "staff-civil-affairs-12", ACCOUNT_STAFF, "civil-affairs", 12 },
        { "staff-3-9999", ACCOUNT_STAFF, "3", 9999 },
        { "village-200", ACCOUNT_VILLAGE, "200", 0 },
        { "w200-1", ACCOUNT_WORKER, "200", 1 },
        { "w007-9999", ACCOUNT_WORKER, "007", 9999 },
        { "office-1", ACCOUNT_OFFICE, "", 1 },
        { "discipline-1", ACCOUNT_DISCIPLINE, "", 1 },
        { "publicity-1", ACCOUNT_PUBLICITY, "", 1 },
        { "dashboard-1", ACCOUNT_DASHBOARD, "", 1 },
        { "operator-1", ACCOUNT_OPERATOR, "", 1 },
        { "intake", ACCOUNT_SERVICE, "", 0 },
        { "board", ACCOUNT_SERVICE, "", 0 },
        { "boards", ACCOUNT_CHANNEL, "", 0 },
        { "abcdefghijklmnopqrstuvwxyz012345", ACCOUNT_CHANNEL, "", 0 },
    };
    (void) state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct account a;
        assert_true(account_read(rows[i].name, strlen(rows[i].name), &a));
        assert_int_equal(a.kind, rows[i].kind);
        assert_string_equal(a.name, rows[i].name);
        assert_string_equal(a.scope, rows[i].scope);
        assert_int_equal(a.number, rows[i].number);
    }
}

static void names_that_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "-",
        "-a",
        "a-",
        "staff-",
        "staff-1",
        "staff-finance",
        "staff-finance-",
        "staff--1",
        "staff-f-0",
        "staff-f-01",
        "staff-f-10000",
        "village-",
        "village-20",
        "village-2000",
        "village-20a",
        "w200-",
        "w200",
        "w20-1",
        "w2000-1",
        "w200-0",
        "w200-x",
        "office-",
        "office-x",
        "office-1-",
        "office--1",
        "office-1-2",
        "Office-1",
        "a/b",
        "a+",
        "a#",
        "a b",
        "a@b",
        "a.b",
        "a_b",
        "\xe5\xb8\x82",
        "abcdefghijklmnopqrstuvwxyz0123456",
        "staff-finance--1",
    };
    (void) state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct account a = { .number = 77 };
        if (account_read(rows[i], strlen(rows[i]), &a))
            fail_msg("%s was taken", rows[i]);
        assert_int_equal(a.number, 77);
    }
}

static void bytes_after_the_name_do_not_count(void **state)
{
    struct account a;
    (void) state;
    assert_true(account_read("office-12", 8, &a));
    assert_int_equal(a.number, 1);
    assert_false(account_read("web\0x", 5, &a));
}

static void every_kind_has_a_name(void **state)
{
    (void) state;
    for (int kind = 0; kind < ACCOUNT_KIND_COUNT; kind++)
        assert_string_not_equal(account_kind_name((enum account_kind) kind), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_good),
        cmocka_unit_test(names_that_are_refused),
        cmocka_unit_test(bytes_after_the_name_do_not_count),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
