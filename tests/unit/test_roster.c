/* test_roster.c - the accounts file: printed and read back, and every way in which it can be damaged. */
#include "services/guard/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct roster *sample(char tokens[3][ROSTER_TOKEN_CHARS + 1])
{
    static const char *const names[] = { "office-1", "staff-civil-affairs-2", "intake" };
    struct roster *r = roster_new();
    for (int i = 0; i < 3; i++) {
        struct roster_row *row = roster_add(r, names[i]);
        assert_non_null(row);
        roster_token(tokens[i]);
        roster_put_token(r, row, tokens[i]);
    }
    roster_edit(r, "office-1")->director = true;
    assert_true(roster_put_group(roster_edit(r, "office-1"), "general"));
    assert_true(roster_put_group(roster_edit(r, "office-1"), "strike"));
    roster_edit(r, "intake")->locked = true;
    return r;
}

static char *sample_bytes(size_t *ret_len)
{
    char tokens[3][ROSTER_TOKEN_CHARS + 1];
    struct roster *r = sample(tokens);
    char *bytes = roster_print(r, ret_len);
    roster_free(r);
    return bytes;
}

static void assert_refused(const char *bytes, size_t len, const char *why_it_must_be)
{
    const char *why = NULL;
    int line = -1;
    struct roster *r = roster_read(bytes, len, &why, &line);
    if (r)
        fail_msg("taken: %s", why_it_must_be);
    assert_non_null(why);
    assert_true(line >= 0);
}

static void what_was_printed_is_read(void **state)
{
    char tokens[3][ROSTER_TOKEN_CHARS + 1];
    struct roster *r = sample(tokens);
    size_t len, len2;
    const char *why;
    int line;
    char *bytes = roster_print(r, &len);
    struct roster *back = roster_read(bytes, len, &why, &line);
    (void) state;
    assert_non_null(back);
    assert_int_equal(roster_count(back), 3);
    const struct roster_row *office = roster_find(back, "office-1");
    assert_true(office->director);
    assert_int_equal(office->group_count, 2);
    assert_string_equal(office->groups[1], "strike");
    assert_true(roster_admits(back, office, tokens[0]));
    assert_false(roster_admits(back, office, tokens[1]));
    assert_false(roster_admits(back, office, ""));
    assert_true(roster_admits(back, roster_find(back, "staff-civil-affairs-2"), tokens[1]));
    assert_false(roster_admits(back, roster_find(back, "intake"), tokens[2])); /* locked */
    assert_null(roster_find(back, "nobody"));
    char *again = roster_print(back, &len2);
    assert_int_equal(len, len2);
    assert_memory_equal(bytes, again, len);
    free(bytes);
    free(again);
    roster_free(r);
    roster_free(back);
}

static void the_token_is_not_in_the_file(void **state)
{
    char tokens[3][ROSTER_TOKEN_CHARS + 1];
    struct roster *r = sample(tokens);
    size_t len;
    char *bytes = roster_print(r, &len);
    (void) state;
    for (int i = 0; i < 3; i++)
        assert_null(strstr(bytes, tokens[i]));
    free(bytes);
    roster_free(r);
}

static void a_new_account_admits_nobody(void **state)
{
    struct roster *r = roster_new();
    (void) state;
    assert_false(roster_admits(r, roster_add(r, "web"), ""));
    roster_free(r);
}

static void names_are_taken_once_and_only_if_good(void **state)
{
    struct roster *r = roster_new();
    (void) state;
    assert_non_null(roster_add(r, "web"));
    assert_null(roster_add(r, "web"));
    assert_null(roster_add(r, "staff-"));
    assert_null(roster_add(r, ""));
    assert_null(roster_add(r, "a/b"));
    assert_int_equal(roster_count(r), 1);
    roster_free(r);
}

static void groups_are_taken_once_and_only_if_good(void **state)
{
    struct roster *r = roster_new();
    struct roster_row *row = roster_add(r, "office-1");
    (void) state;
    assert_true(roster_put_group(row, "general"));
    assert_false(roster_put_group(row, "general"));
    assert_false(roster_put_group(row, ""));
    assert_false(roster_put_group(row, "a,b"));
    assert_false(roster_put_group(row, "abcdefghijklmnopq"));
    assert_true(roster_put_group(row, "strike") && roster_put_group(row, "rectify") && roster_put_group(row, "educate"));
    assert_false(roster_put_group(row, "fifth"));
    roster_free(r);
}

static void many_accounts_are_found(void **state)
{
    struct roster *r = roster_new();
    char name[32];
    (void) state;
    for (int i = 1; i <= 9999; i++) {
        snprintf(name, sizeof(name), "office-%d", i);
        assert_non_null(roster_add(r, name));
    }
    for (int i = 1; i <= 9999; i++) {
        snprintf(name, sizeof(name), "office-%d", i);
        assert_string_equal(roster_find(r, name)->account.name, name);
    }
    roster_free(r);
}

static void every_truncation_is_refused(void **state)
{
    size_t len;
    char *bytes = sample_bytes(&len);
    (void) state;
    for (size_t cut = 0; cut < len; cut++)
        assert_refused(bytes, cut, "a file cut short");
    free(bytes);
}

static void every_changed_byte_is_refused(void **state)
{
    size_t len;
    char *bytes = sample_bytes(&len);
    (void) state;
    for (size_t i = 0; i < len; i++) {
        char was = bytes[i];
        /* Another hex digit, letter, newline or NUL in each place. Case of hex digits is the only change without a meaning. */
        static const char others[] = { '0', 'a', '\n', '\0', ' ', '\xff' };
        for (size_t j = 0; j < sizeof(others); j++) {
            if (others[j] == was)
                continue;
            bytes[i] = others[j];
            assert_refused(bytes, len, "a file with one byte changed");
        }
        bytes[i] = was;
    }
    free(bytes);
}

static void what_follows_the_end_is_refused(void **state)
{
    size_t len;
    char *bytes = sample_bytes(&len);
    char *longer = malloc(2 * len);
    (void) state;
    memcpy(longer, bytes, len);
    memcpy(longer + len, bytes, len);
    assert_refused(longer, len + 1, "a file with a byte more");
    assert_refused(longer, 2 * len, "a file twice");
    free(longer);
    free(bytes);
}

static void huge_and_strange_files_are_refused(void **state)
{
    size_t huge = (size_t) ROSTER_BYTES_MAX + 1;
    char *bytes = malloc(huge);
    (void) state;
    memset(bytes, 'a', huge);
    assert_refused(bytes, huge, "more than the limit");
    assert_refused(bytes, 1000000, "one line without an end");
    memset(bytes, '\n', 1000);
    assert_refused(bytes, 1000, "empty lines");
    assert_refused("", 0, "an empty file");
    assert_refused("{\"accounts\":[]}\n", 16, "JSON");
    free(bytes);
}

/* A row that roster_add never lets in, under a sum that fits: the reader checks names itself. */
static void a_double_name_under_a_right_sum_is_refused(void **state)
{
    size_t len;
    char tokens[3][ROSTER_TOKEN_CHARS + 1];
    struct roster *r = sample(tokens);
    struct account *a = &roster_edit(r, "intake")->account;
    snprintf(a->name, sizeof a->name, "office-1");
    char *bytes = roster_print(r, &len);
    (void) state;
    assert_refused(bytes, len, "an account twice");
    free(bytes);
    roster_free(r);
}

static void tokens_differ_and_have_their_alphabet(void **state)
{
    char a[ROSTER_TOKEN_CHARS + 1], b[ROSTER_TOKEN_CHARS + 1];
    (void) state;
    roster_token(a);
    roster_token(b);
    assert_int_equal(strlen(a), ROSTER_TOKEN_CHARS);
    assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyz234567"), ROSTER_TOKEN_CHARS);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_printed_is_read),
        cmocka_unit_test(the_token_is_not_in_the_file),
        cmocka_unit_test(a_new_account_admits_nobody),
        cmocka_unit_test(names_are_taken_once_and_only_if_good),
        cmocka_unit_test(groups_are_taken_once_and_only_if_good),
        cmocka_unit_test(many_accounts_are_found),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(what_follows_the_end_is_refused),
        cmocka_unit_test(huge_and_strange_files_are_refused),
        cmocka_unit_test(a_double_name_under_a_right_sum_is_refused),
        cmocka_unit_test(tokens_differ_and_have_their_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
