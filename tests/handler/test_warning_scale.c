/* test_warning_scale.c - crashes between and in the middle of everything, and ten thousand workers. */
#include "handler/warning_desk.h"
#include "kit/folder.h"

/* ---- crashes, scale ---- */

static void a_crash_between_everything(void **state)
{
    (void) state;
    issued(ERRAND);
    kit_crash(kit);
    begins("w200-1", "【1·特急】");
    wait_s(5);
    tap("w200-1", "ok");
    kit_crash(kit);
    begins("w200-1", "【1·待入户】");
    wait_s(10);
    tap("w200-1", "ok");
    kit_crash(kit);
    begins("w200-1", "已确认【1】");
    accepted(order("office-1", "'action':'cancel','warning':'" W1 "','reason':'误报'"));
    kit_crash(kit);
    begins("w200-1", "【1】已取消：");
    assert_int_equal(kit_view_count(kit, "village/+/notice"), 90);
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 0);
    assert_int_equal(kit_said_times(kit, "warning.shown", NULL), 3);
}

/* A clock that counts what each call did, and that can be held still after some calls. */
static int calls, given_most, calls_left = -1;

static int64_t given(struct tx *tx)
{
    struct rows sum = tx_all(tx, Q_COVERAGE_SUM, p_int("warning", 1));
    return row_int(&sum, 0, "workers", 0);
}

static instant_ms counted_on_time(struct tx *tx, instant_ms now)
{
    if (calls_left == 0)
        return later(now, SPAN_S(1));
    calls_left -= calls_left > 0;
    calls++;
    int64_t before = given(tx);
    instant_ms next = on_time(tx, now);
    int64_t gave = given(tx) - before;
    given_most = gave > given_most ? (int) gave : given_most;
    return next;
}

static struct folder big_folder;

static void big_town(int workers)
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct text csv = TEXT("account,village\n");
    char *lines = arena_take(arena, (size_t) workers * 32), *end = lines;
    for (int i = 0; i < workers; i++)
        end += snprintf(end, 32, "w%d-%d,370481104%d\n", 200 + i % 90, 1 + i / 90, 200 + i % 90);
    big_folder = folder_new();
    folder_write(&big_folder, "workers.csv", arena_printf(arena, TEXT_FMT "%s", TEXT_ARG(csv), lines));
    static struct service counted;
    counted = warning_service;
    counted.on_time = counted_on_time;
    calls_left = -1;
    kit = kit_new(&counted, big_folder.path, "2026-05-26T08:59:50+08:00");
    kit_at(kit, START);
    assert_int_equal(kit_view_count(kit, "worker/+/text"), workers);
}

static int close_big(void **state)
{
    folder_end(&big_folder);
    return close_kit(state);
}

static int64_t count_items(const char *where)
{
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM item WHERE %s", where);
    return kit_sql_int(kit, sql);
}

static void ten_thousand_workers_in_slices(void **state)
{
    (void) state;
    big_town(10000);
    calls = given_most = 0;
    const json_t *a = order("office-1", GOOD "," UNTIL ",'instruction':'入户'");
    assert_int_equal(json_integer_value(json_object_get(a, "workers")), 10000);
    wait_s(5);
    assert_int_equal(board(W1, "workers"), 10000);
    assert_int_equal(board(W1, "shown"), 10000);
    assert_true(given_most <= CHORES_MAX);
    assert_true(calls >= 10090 / CHORES_MAX + 1);
    for (int i = 0; i < 10000; i++) {
        char worker[16];
        snprintf(worker, sizeof worker, "w%d-%d", 200 + i % 90, 1 + i / 90);
        tap(worker, "ok");
    }
    wait_s(5);
    assert_int_equal(board(W1, "read"), 10000);
    accepted(order("office-1", "'action':'cancel','warning':'" W1 "','reason':'误报'"));
    wait_s(5);
    begins("w289-100", "【1】已取消：");
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 0);
}

static size_t views_like(const char *what, const char *begin)
{
    size_t found = 0;
    for (int i = 0; i < 900; i++) {
        char topic[64];
        snprintf(topic, sizeof topic, "worker/w%d-%d/%s", 200 + i % 90, 1 + i / 90, what);
        const char *now = kit_view(kit, topic);
        found += now && strncmp(now, begin, strlen(begin)) == 0;
    }
    return found;
}

/* The text is the warning; how many wait, and what the page needs, comes when every phone has it. */
static void texts_go_out_before_counts(void **state)
{
    (void) state;
    big_town(900);
    accepted(order("office-1", GOOD "," UNTIL ",'instruction':'入户'"));
    size_t steps = 0;
    for (; views_like("text", "【1·一般】") < 900; steps++) {
        assert_int_equal(views_like("todo", "1") + views_like("item", "{"), 0);
        kit_later(kit, (span_ms){ 1 });
    }
    assert_in_range(steps, 900 / 64, 900);
    wait_s(1);
    assert_int_equal(views_like("todo", "1"), 900);
    assert_int_equal(views_like("item", "{"), 900);
}

/* Some calls of the clock, then it stands still: 90 villages and 934 of 2,000 workers have the warning. */
enum { HALF_WAY = 4, GIVEN = HALF_WAY * CHORES_MAX - 90 };

static void half_way(void)
{
    big_town(2000);
    calls_left = HALF_WAY;
    accepted(order("office-1", GOOD "," UNTIL ",'instruction':'入户'"));
    assert_int_equal(count_items("state = 1"), GIVEN);
    kit_crash(kit);
    assert_int_equal(count_items("state = 1"), GIVEN);
}

static void a_crash_half_way_skips_and_repeats_nobody(void **state)
{
    (void) state;
    half_way();
    calls_left = -1;
    wait_s(3);
    assert_int_equal(count_items("state = 1"), 2000);
    assert_int_equal(kit_said_times(kit, "warning.shown", W1), 2000);
    assert_int_equal(board(W1, "shown"), 2000);
    assert_int_equal(kit_sql_int(kit, "SELECT COUNT(*) FROM view WHERE payload LIKE '【1·一般】%' AND topic LIKE 'worker/%'"),
                     2000);
}

static void a_cancellation_overtakes_the_issue(void **state)
{
    (void) state;
    half_way();
    accepted(order("office-1", "'action':'cancel','warning':'" W1 "','reason':'误报'"));
    calls_left = HALF_WAY / 2;
    wait_s(2);
    kit_crash(kit); /* in the middle of the way back */
    calls_left = -1;
    wait_s(3);
    assert_int_equal(count_items("1"), GIVEN); /* nobody got it any more */
    assert_int_equal(count_items("state = 3"), GIVEN);
    assert_int_equal(kit_sql_int(kit, "SELECT COUNT(*) FROM view WHERE payload LIKE '【1】已取消%'"), GIVEN);
    assert_int_equal(kit_sql_int(kit, "SELECT COUNT(*) FROM view WHERE payload LIKE '%一般】%'"), 0);
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 0);
    assert_int_equal(kit_view_count(kit, "board/warning/+"), 0);
}

static void an_update_overtakes_the_issue(void **state)
{
    (void) state;
    half_way();
    tap("w200-1", "ok");
    wait_s(4);
    tap("w200-1", "ok");
    accepted(order("office-1", "'action':'update','warning':'" W1 "','severity':'extreme'"));
    calls_left = -1;
    wait_s(3);
    assert_int_equal(count_items("state = 1 AND revision = 2 AND ask = 2 AND severity = 3"), 2000);
    assert_int_equal(board(W1, "workers"), 2000);
    assert_int_equal(board(W1, "read"), 0);
    assert_int_equal(kit_said_times(kit, "warning.shown", W1), 2000);
    assert_int_equal(kit_sql_int(kit, "SELECT COUNT(*) FROM view WHERE payload LIKE '【1·特急】%' AND topic LIKE 'worker/%'"),
                     2000);
}

/* ---- another edition ---- */

/* Lines of a file of the folder that begin with `gone` go, and `more` is added. */
static void change_file(const char *file, const char *gone, const char *more)
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    const char *all = folder_read(arena, arena_printf(arena, "%s/%s", big_folder.path, file).at).at;
    char *made = arena_take(arena, strlen(all) + strlen(more) + 1), *end = made;
    for (const char *line = all; *line;) {
        size_t len = strcspn(line, "\n") + 1;
        if (strncmp(line, gone, strlen(gone)) != 0) {
            memcpy(end, line, len);
            end += len;
        }
        line += len;
    }
    memcpy(end, more, strlen(more));
    folder_write(&big_folder, file, (struct text){ made, (size_t) (end - made) + strlen(more) });
}

static void who_leaves_and_who_comes(void **state)
{
    (void) state;
    big_town(270);
    accepted(order("office-1", GOOD "," UNTIL ",'instruction':'入户'"));
    wait_s(5);
    change_file("workers.csv", "w200-3,", "w200-4,370481104200\n");
    change_file("workers.csv", "w289-", "");
    change_file("villages.csv", "370481104289,", "");
    wait_s(20);
    assert_null(text_of_worker("w200-3"));
    assert_null(todo_of("w200-3"));
    assert_null(kit_view(kit, "worker/w200-3/item"));
    shows("w200-4", IDLE); /* addressed were those of the day of the order */
    assert_null(text_of_worker("w289-1"));
    assert_null(kit_view(kit, "village/370481104289/notice"));
    tap("w200-3", "ok");
    assert_null(text_of_worker("w200-3"));
    accepted(order("office-1", "'action':'update','warning':'" W1 "','instruction':'新办法'"));
    accepted(
        order("office-1",
              "'action':'issue','headline':'再次提醒','severity':'severe','audience':{'villages':['370481104200']}," UNTIL));
    wait_s(2);
    begins("w200-4", "【2·严重】");
    assert_null(text_of_worker("w200-3"));
    has("w200-2", "还有1条");
    refused(order("office-1", "'action':'issue','headline':'提醒','severity':'minor','audience':{'workers':['w200-3']}," UNTIL),
            "no-such", "audience.workers[0]");
    change_file("workers.csv", "w200-4,", "w200-3,370481104200\n"); /* back again */
    wait_s(20);
    begins("w200-3", "【1·一般】");
    has("w200-3", "新办法");
    assert_null(text_of_worker("w200-4"));
    accepted(order("office-1", "'action':'cancel','warning':'" W1 "','reason':'误报'"));
    wait_s(2);
    assert_int_equal(kit_view_count(kit, "village/+/warning/" W1), 0);
    begins("w200-3", "【1】已取消：");
    assert_null(text_of_worker("w289-1"));
}

static void a_new_edition_overtakes_the_issue(void **state)
{
    (void) state;
    half_way();
    change_file("workers.csv", "w289-1,", "w200-999,370481104200\n");
    wait_s(10); /* the new edition is in force, and the clock stands still */
    calls_left = -1;
    wait_s(10);
    assert_int_equal(count_items("1"), 1999); /* those of the order's edition who are still there */
    assert_int_equal(board(W1, "shown"), 1999);
    shows("w200-999", IDLE);
    assert_int_equal(kit_view_count(kit, "worker/+/text"), 2000);
}

int main(int argc, char **argv)
{
    choose(argc, argv);
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_kit, close_kit)
    const struct CMUnitTest tests[] = {
        TEST(a_crash_between_everything),
        cmocka_unit_test_teardown(ten_thousand_workers_in_slices, close_big),
        cmocka_unit_test_teardown(texts_go_out_before_counts, close_big),
        cmocka_unit_test_teardown(a_crash_half_way_skips_and_repeats_nobody, close_big),
        cmocka_unit_test_teardown(a_cancellation_overtakes_the_issue, close_big),
        cmocka_unit_test_teardown(an_update_overtakes_the_issue, close_big),
        cmocka_unit_test_teardown(who_leaves_and_who_comes, close_big),
        cmocka_unit_test_teardown(a_new_edition_overtakes_the_issue, close_big),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
