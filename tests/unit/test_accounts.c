/* test_accounts.c - making, locking and renewing accounts in a directory, and what stands in its files afterwards. */
#include "yinling/accounts.h"

#include "tests/kit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64];

/* A town of one unit, one village, one worker, one channel; a director whose number is not 1. */
static const struct unit units[] = { { .code = { "civil-affairs", 13 } } };
static const struct village villages[] = { { .code = { "370481104200", 12 }, .digits = { "200", 3 } } };
static const struct worker workers[] = { { .account = { "w200-1", 6 }, .village = villages } };
static const struct channel channels[] = { { .account = { "web", 3 } }, { .account = { "12345", 5 } } };
static const struct person people[] = {
    { .account = { "office-1", 8 }, .post = { "caller", 6 } },
    { .account = { "office-2", 8 }, .post = { "director", 8 }, .groups = 1u << GROUP_GENERAL | 1u << GROUP_EDUCATE },
};
static const struct town town = { .code = { "370481104", 9 },
                                  .units = units,
                                  .unit_count = 1,
                                  .villages = villages,
                                  .village_count = 1,
                                  .workers = workers,
                                  .worker_count = 1,
                                  .channels = channels,
                                  .channel_count = 2,
                                  .people = people,
                                  .person_count = 2 };
#define ACCOUNTS_OF_TOWN (6 + 1 + 3 + 1 + 1 + 1 + 2 + 4 + 1 + 1)

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static char *content(const char *name)
{
    static char bytes[16384];
    FILE *f = fopen(path_of(name), "r");
    if (!f)
        return NULL;
    bytes[fread(bytes, 1, sizeof(bytes) - 1, f)] = '\0';
    fclose(f);
    return bytes;
}

static bool admits(const char *name, const char *token)
{
    struct roster *r;
    assert_int_equal(accounts_list(dir, &r), ACCOUNTS_DONE);
    const struct roster_row *row = roster_find(r, name);
    bool is_in = row && roster_admits(r, row, token);
    roster_free(r);
    return is_in;
}

static void assert_mode(const char *name, unsigned mode)
{
    struct stat st;
    assert_int_equal(stat(path_of(name), &st), 0);
    assert_int_equal(st.st_mode & 0777, mode);
}

static void password_of(const char *name, char ret[ROSTER_TOKEN_CHARS + 1])
{
    char key[64];
    snprintf(key, sizeof(key), "\n%s,", name);
    const char *at = strstr(content("accounts.csv"), key);
    assert_non_null(at);
    memcpy(ret, at + strlen(key), ROSTER_TOKEN_CHARS);
    ret[ROSTER_TOKEN_CHARS] = '\0';
}

static void filling_makes_the_whole_town(void **state)
{
    size_t made = 0;
    char token[ROSTER_TOKEN_CHARS + 1];
    (void) state;
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    assert_int_equal(made, ACCOUNTS_OF_TOWN);
    assert_mode("accounts", 0600);
    assert_mode("accounts.csv", 0600);
    assert_mode("secrets", 0700);
    assert_mode("secrets/intake", 0600);
    assert_true(admits("intake", content("secrets/intake")));
    assert_true(admits("operator-1", content("secrets/operator-1")));
    assert_true(admits("web", content("secrets/web")));
    assert_null(content("secrets/office-1"));
    password_of("staff-civil-affairs-4", token);
    assert_true(admits("staff-civil-affairs-4", token));
    assert_false(admits("staff-civil-affairs-3", token));
    assert_non_null(strstr(content("accounts.csv"), ",staff,civil-affairs\n"));
    assert_non_null(strstr(content("accounts.csv"), ",worker,370481104200\n"));
    assert_non_null(strstr(content("accounts.csv"), ",office,\n"));
    assert_null(strstr(content("accounts.csv"), "intake"));
    assert_int_equal(strncmp(content("accounts.csv"), "account,password,kind,scope\n", 28), 0);
}

static void tags_are_those_of_the_people(void **state)
{
    size_t made = 0;
    struct roster *r;
    (void) state;
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    assert_int_equal(accounts_list(dir, &r), ACCOUNTS_DONE);
    assert_false(roster_find(r, "office-1")->director);
    assert_true(roster_find(r, "office-2")->director);
    assert_int_equal(roster_find(r, "office-2")->group_count, 2);
    assert_string_equal(roster_find(r, "office-2")->groups[1], "educate");
    roster_free(r);
}

static void filling_again_changes_nothing(void **state)
{
    size_t made = 99;
    char before[16384];
    (void) state;
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    snprintf(before, sizeof before, "%s", content("accounts.csv"));
    assert_int_equal(accounts_lock(dir, "web"), ACCOUNTS_DONE);
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    assert_int_equal(made, 0);
    assert_string_equal(before, content("accounts.csv"));
    struct roster *r;
    assert_int_equal(accounts_list(dir, &r), ACCOUNTS_DONE);
    assert_true(roster_find(r, "web")->locked);
    roster_free(r);
}

static void a_lost_secret_is_made_again(void **state)
{
    size_t made;
    (void) state;
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    assert_int_equal(unlink(path_of("secrets/router")), 0);
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    assert_true(admits("router", content("secrets/router")));
}

static void only_names_of_the_town_are_made(void **state)
{
    static const struct {
        const char *name;
        enum accounts_outcome outcome;
    } rows[] = {
        { "staff-civil-affairs-5", ACCOUNTS_DONE },
        { "staff-civil-affairs-5", ACCOUNTS_EXISTS },
        { "staff-police-1", ACCOUNTS_NOT_OF_TOWN },
        { "w200-9", ACCOUNTS_DONE },
        { "w201-1", ACCOUNTS_NOT_OF_TOWN },
        { "village-201", ACCOUNTS_NOT_OF_TOWN },
        { "12345", ACCOUNTS_DONE },
        { "mayor", ACCOUNTS_NOT_OF_TOWN },
        { "office-7", ACCOUNTS_DONE },
        { "office-", ACCOUNTS_BAD_NAME },
        { "../x", ACCOUNTS_BAD_NAME },
        { "", ACCOUNTS_BAD_NAME },
    };
    char token[ROSTER_TOKEN_CHARS + 1];
    (void) state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum accounts_outcome outcome = accounts_create(dir, &town, rows[i].name, token);
        if (outcome != rows[i].outcome)
            fail_msg("%s: %s", rows[i].name, accounts_sentence(outcome));
        if (outcome == ACCOUNTS_DONE)
            assert_true(admits(rows[i].name, token));
    }
}

static void locked_unlocked_renewed(void **state)
{
    char token[ROSTER_TOKEN_CHARS + 1], newer[ROSTER_TOKEN_CHARS + 1], handed[ROSTER_TOKEN_CHARS + 1];
    (void) state;
    assert_int_equal(accounts_create(dir, &town, "w200-1", token), ACCOUNTS_DONE);
    assert_int_equal(accounts_lock(dir, "w200-1"), ACCOUNTS_DONE);
    assert_false(admits("w200-1", token));
    assert_int_equal(accounts_unlock(dir, "w200-1"), ACCOUNTS_DONE);
    assert_true(admits("w200-1", token));
    assert_int_equal(accounts_renew(dir, "w200-1", newer), ACCOUNTS_DONE);
    assert_false(admits("w200-1", token));
    assert_true(admits("w200-1", newer));
    password_of("w200-1", handed);
    assert_string_equal(handed, newer);
    assert_non_null(strstr(content("accounts.csv"), ",worker,370481104200\n")); /* kept without a town at hand */
    assert_int_equal(accounts_lock(dir, "w200-2"), ACCOUNTS_NO_SUCH);
    assert_int_equal(accounts_renew(dir, "w200-2", newer), ACCOUNTS_NO_SUCH);
}

static void a_list_that_was_deleted_stays_deleted(void **state)
{
    size_t made;
    char token[ROSTER_TOKEN_CHARS + 1];
    (void) state;
    assert_int_equal(accounts_create(dir, &town, "w200-1", token), ACCOUNTS_DONE);
    assert_int_equal(unlink(path_of("accounts.csv")), 0);
    assert_int_equal(accounts_renew(dir, "w200-1", token), ACCOUNTS_DONE);
    assert_null(content("accounts.csv"));
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    assert_int_equal(unlink(path_of("accounts.csv")), 0);
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    assert_null(content("accounts.csv"));
}

static void a_garbled_file_is_not_overwritten(void **state)
{
    size_t made;
    char token[ROSTER_TOKEN_CHARS + 1];
    struct roster *r;
    (void) state;
    FILE *f = fopen(path_of("accounts"), "w");
    fputs("garbled\n", f);
    fclose(f);
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_GARBLED);
    assert_int_equal(accounts_create(dir, &town, "w200-1", token), ACCOUNTS_GARBLED);
    assert_int_equal(accounts_lock(dir, "w200-1"), ACCOUNTS_GARBLED);
    assert_int_equal(accounts_list(dir, &r), ACCOUNTS_GARBLED);
    assert_string_equal(content("accounts"), "garbled\n");
}

static void what_a_crash_left_does_not_matter(void **state)
{
    size_t made;
    (void) state;
    FILE *f = fopen(path_of(".accounts.new"), "w");
    fputs("half a fi", f);
    fclose(f);
    assert_int_equal(accounts_fill(dir, &town, &made), ACCOUNTS_DONE);
    assert_null(content(".accounts.new"));
    assert_int_equal(made, ACCOUNTS_OF_TOWN);
}

static void a_directory_that_is_not_there(void **state)
{
    size_t made;
    struct roster *r;
    (void) state;
    assert_int_equal(accounts_fill("/nonexistent/yinling", &town, &made), ACCOUNTS_DISK);
    assert_int_equal(accounts_list("/nonexistent/yinling", &r), ACCOUNTS_DISK);
}

static void every_outcome_has_a_sentence(void **state)
{
    (void) state;
    for (int outcome = ACCOUNTS_DONE; outcome <= ACCOUNTS_DISK; outcome++)
        assert_true(strlen(accounts_sentence((enum accounts_outcome) outcome)) > 3);
}

static int set_up(void **state)
{
    (void) state;
    snprintf(dir, sizeof dir, "/tmp/yinling-accounts-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void) state;
    folder_remove(dir);
    return 0;
}

int main(void)
{
#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_A_DIRECTORY(filling_makes_the_whole_town),          IN_A_DIRECTORY(tags_are_those_of_the_people),
        IN_A_DIRECTORY(filling_again_changes_nothing),         IN_A_DIRECTORY(a_lost_secret_is_made_again),
        IN_A_DIRECTORY(only_names_of_the_town_are_made),       IN_A_DIRECTORY(locked_unlocked_renewed),
        IN_A_DIRECTORY(a_list_that_was_deleted_stays_deleted), IN_A_DIRECTORY(a_garbled_file_is_not_overwritten),
        IN_A_DIRECTORY(what_a_crash_left_does_not_matter),     cmocka_unit_test(a_directory_that_is_not_there),
        cmocka_unit_test(every_outcome_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
