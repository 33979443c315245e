/* test_warning_taps.c - taps of phones and acts of the web page, each rule at its bound. */
#include "handler/warning_desk.h"

/* ---- taps ---- */

static void read_relay_next(void **state)
{
    (void) state;
    issued(ERRAND);
    issued("'severity':'minor'");
    has("w200-1", "【1·特急】");
    has("w200-1", "还有1条");
    assert_string_equal(todo_of("w200-1"), "2");
    wait_s(3);
    tap("w200-1", "ok");
    shows("w200-1", "【1·待入户】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，办完再点“收到”。还有1条");
    assert_string_equal(json_string_value(json_object_get(kit_view_json(kit, "worker/w200-1/item"), "state")), "read");
    const json_t *said = json_object_get(kit_said_last(kit, "warning.confirmed", W1), "data");
    assert_string_equal(json_string_value(json_object_get(said, "step")), "read");
    assert_string_equal(json_string_value(json_object_get(said, "worker")), "w200-1");
    assert_null(json_object_get(said, "acted_at"));
    wait_s(10);
    tap("w200-1", "ok");
    begins("w200-1", "【2·一般】田桥村：");
    assert_string_equal(todo_of("w200-1"), "1");
    kit_at(kit, "2026-05-26T10:32:10+08:00");
    tap("w200-1", "ok"); /* nothing to pass on: reading is all */
    shows("w200-1", "已确认【2】10:32。" IDLE);
    assert_string_equal(todo_of("w200-1"), "0");
    assert_null(kit_view(kit, "worker/w200-1/item"));
    assert_int_equal(kit_said_times(kit, "warning.confirmed", NULL), 3);
    wait_s(2);
    assert_int_equal(board(W1, "read"), 1);
    assert_int_equal(board(W1, "relayed"), 1);
    assert_int_equal(board("w-2026-0002", "read"), 1);
    assert_int_equal(board("w-2026-0002", "relayed"), 0);
    tap("w200-1", "ok"); /* nothing stands there that a tap could mean */
    shows("w200-1", "已确认【2】10:32。" IDLE);
}

static void a_tap_before_three_seconds(void **state)
{
    (void) state;
    issued(ERRAND);
    at("09:00:02.999");
    tap("w200-1", "ok");
    at("09:00:03");
    tap("w200-2", "ok");
    begins("w200-1", LOOK "【1·特急】");
    begins("w200-2", "【1·待入户】");
    assert_int_equal(kit_said_times(kit, "warning.confirmed", NULL), 1);
    tap("w200-1", "ok"); /* the first did not count, so no ten seconds run */
    begins("w200-1", "【1·待入户】");
}

static void a_second_tap_within_ten_seconds(void **state)
{
    (void) state;
    issued(ERRAND);
    at("09:00:05");
    tap("w200-1", "ok");
    tap("w200-2", "ok");
    at("09:00:14.999");
    tap("w200-1", "ok");
    at("09:00:15");
    tap("w200-2", "ok");
    begins("w200-1", LOOK "【1·待入户】");
    begins("w200-2", "已确认【1】");
    tap("w200-1", "no");
    begins("w200-1", "已记录【1】");
}

static void one_worker_is_not_another(void **state)
{
    (void) state;
    issued(ERRAND);
    wait_s(5);
    tap("w200-1", "ok");
    begins("w200-2", "【1·特急】");
    tap("w202-1", "ok");
    shows("w202-1", IDLE);
    tap("w999-1", "ok"); /* no such worker */
    assert_int_equal(kit_said_times(kit, "warning.confirmed", NULL), 1);
}

static void refusal_and_withdrawal(void **state)
{
    (void) state;
    issued(ERRAND);
    at("09:00:05");
    tap("w200-1", "no");
    shows("w200-1", "已记录【1】您办不了，点错请点“收到”");
    assert_string_equal(todo_of("w200-1"), "0");
    assert_int_equal(kit_said_times(kit, "warning.refused", W1), 1);
    const json_t *said = json_object_get(kit_said_last(kit, "warning.escalated", W1), "data");
    assert_string_equal(json_string_value(json_object_get(said, "why")), "no");
    assert_string_equal(json_string_value(json_object_get(said, "to")), "village-200");
    at("09:00:10");
    assert_int_equal(board(W1, "refused"), 1);
    assert_int_equal(board(W1, "escalated"), 1);
    tap("w200-1", "ok"); /* five seconds after: a double tap, perhaps */
    shows("w200-1", LOOK "已记录【1】您办不了，点错请点“收到”");
    at("09:10:04.999");
    tap("w200-1", "ok");
    begins("w200-1", "【1·特急】");
    wait_s(2);
    assert_int_equal(board(W1, "refused"), 0);
    assert_int_equal(board(W1, "escalated"), 0);
    wait_s(60);
    tap("w200-1", "ok");
    begins("w200-1", "【1·待入户】");
}

static void a_refusal_stands_after_ten_minutes(void **state)
{
    (void) state;
    issued(ERRAND);
    issued("'severity':'minor'");
    at("09:00:05");
    tap("w200-1", "no");
    shows("w200-1", "已记录【1】您办不了，点错请点“收到”。还有1条");
    at("09:10:05"); /* the echo makes room at that instant */
    begins("w200-1", "【2·一般】");
    act("w200-1", "ok", "{'id':'late','item':'" W1 "','step':'read'}"); /* not by the page either */
    assert_int_equal(kit_said_times(kit, "warning.confirmed", W1), 0);
    wait_s(5);
    tap("w200-1", "ok");
    begins("w200-1", "已确认【2】");
    assert_int_equal(kit_said_times(kit, "warning.refused", W1), 1);
    /* A second `no` is meant: what waits need not wait ten minutes. */
    issued("'severity':'minor'");
    issued("'severity':'minor'");
    wait_s(10);
    tap("w200-1", "no");
    wait_s(10);
    tap("w200-1", "no");
    begins("w200-1", "【4·一般】");
}

static void a_warning_waits_behind_a_refusal_or_takes_its_place(void **state)
{
    (void) state;
    issued("'severity':'moderate'");
    at("09:00:05");
    tap("w200-1", "no");
    issued("'severity':'moderate'");
    shows("w200-1", "已记录【1】您办不了，点错请点“收到”。还有1条");
    issued("'severity':'severe'");
    begins("w200-1", "【3·严重】");
    has("w200-1", "还有1条");
}

static void only_a_higher_level_preempts(void **state)
{
    (void) state;
    issued("'severity':'moderate','instruction':'甲'");
    issued("'severity':'moderate','instruction':'乙'");
    issued("'severity':'minor','instruction':'丙'");
    begins("w200-1", "【1·较重】");
    has("w200-1", "还有2条");
    issued("'severity':'severe','instruction':'丁'");
    begins("w200-1", "【4·严重】");
    has("w200-1", "还有3条");
    wait_s(2); /* only two seconds on the phone */
    tap("w200-1", "ok");
    begins("w200-1", LOOK "【4·严重】");
    wait_s(10);
    tap("w200-1", "ok");
    begins("w200-1", "【4·待入户】");
    wait_s(10);
    tap("w200-1", "ok");
    begins("w200-1", "【1·较重】"); /* then by level, then by age */
    for (int i = 0; i < 2; i++) {
        wait_s(10);
        tap("w200-1", "ok");
    }
    begins("w200-1", "【2·较重】");
    /* An echo of a refusal holds its place like its item. */
    wait_s(10);
    tap("w200-1", "no");
    issued("'severity':'minor'");
    begins("w200-1", "已记录【2】");
    issued("'severity':'extreme'");
    begins("w200-1", "【6·特急】");
}

static void households(void **state)
{
    (void) state;
    issued(ERRAND);
    wait_s(5);
    kit_tap(kit, "worker/w200-1/reach", "十二");
    begins("w200-1", LOOK "【1·特急】");
    kit_tap(kit, "worker/w200-1/reach", " 12户 ");
    begins("w200-1", "【1·特急·已入12户】");
    wait_s(10);
    kit_tap(kit, "worker/w200-1/reach", "15");
    begins("w200-1", "【1·特急·已入15户】");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(kit_said_last(kit, "warning.reached", W1), "data"), "reached")), 15);
    wait_s(1);
    assert_int_equal(board(W1, "reached"), 15);
    kit_tap(kit, "worker/w200-2/reach", "10001"); /* beyond any village */
    begins("w200-2", LOOK);
    kit_tap(kit, "worker/w202-1/reach", "3"); /* nothing shown */
    shows("w202-1", IDLE);
}

/* ---- the web page ---- */

static void acts_name_their_item(void **state)
{
    (void) state;
    issued("'severity':'minor','instruction':'甲'");
    issued("'severity':'extreme','instruction':'乙'");
    begins("w200-1", "【2·特急】");
    act("w200-1", "ok", "{'id':'a1','item':'w-2026-0001.1','step':'read'}"); /* not the one shown, and at once */
    begins("w200-1", "【2·特急】");
    assert_int_equal(kit_said_times(kit, "warning.confirmed", W1), 1);
    act("w200-1", "ok", "{'id':'a1','item':'w-2026-0001.1','step':'relayed'}"); /* the same id: done already */
    assert_int_equal(kit_said_times(kit, "warning.confirmed", W1), 1);
    act("w200-1", "ok",
        "{'id':'a2','item':'w-2026-0001','step':'relayed','method':'入户','acted_at':'2026-05-26T08:59:00+08:00'}");
    assert_int_equal(kit_said_times(kit, "warning.confirmed", W1), 2);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(kit_said_last(kit, "warning.confirmed", W1), "data"), "acted_at")),
        "2026-05-26T08:59:00+08:00");
    has_not("w200-1", "还有");
    act("w200-1", "reach", "{'id':'a3','item':'w-2026-0001','step':'reached','reached':7}");
    wait_s(1);
    assert_int_equal(board(W1, "reached"), 7);
    act("w200-1", "ok", "{'id':'a4','item':'w-2026-0002.1','step':'relayed'}"); /* read and passed on in one */
    begins("w200-1", "已确认【2】");
    assert_int_equal(kit_said_times(kit, "warning.confirmed", "w-2026-0002"), 2);
}

static void an_acts_own_time_is_believed_within_a_day(void **state)
{
    (void) state;
    issued(ERRAND);
    act("w200-1", "ok", "{'id':'a1','item':'" W1 "','step':'read','acted_at':'2026-05-25T08:59:59+08:00'}");
    assert_null(json_object_get(json_object_get(kit_said_last(kit, "warning.confirmed", W1), "data"), "acted_at"));
    act("w200-2", "ok", "{'id':'a1','item':'" W1 "','step':'read','acted_at':'2026-05-25T09:00:00+08:00'}");
    assert_non_null(json_object_get(json_object_get(kit_said_last(kit, "warning.confirmed", W1), "data"), "acted_at"));
    act("w200-3", "ok", "{'id':'a1','item':'" W1 "','step':'read','acted_at':'2026-05-26T09:00:01+08:00'}");
    assert_null(json_object_get(json_object_get(kit_said_last(kit, "warning.confirmed", W1), "data"), "acted_at"));
    assert_int_equal(kit_said_times(kit, "warning.confirmed", W1), 3);
}

static void garbage_is_a_tap_or_nothing(void **state)
{
    (void) state;
    static const char *const taps_all[] = { "",     "1",        "收到",          "{", "{}", "[1]", "{\"state\":\"on\"}",
                                            "null", "\xff\xfe", "{\"id\":\"a\"}" };
    static const char *const broken[] = { "{'id':'a','item':'w-2026-0001'}",
                                          "{'id':'a','item':'w-2026-0001','step':'dance'}",
                                          "{'id':'a b','item':'w-2026-0001','step':'read'}",
                                          "{'id':7,'item':'w-2026-0001','step':'read'}",
                                          "{'id':'a','item':'w-2026-0001.0','step':'read'}",
                                          "{'id':'a','item':'w-2026-0001.x','step':'read'}",
                                          "{'id':'a','item':'w-2026-0001','step':'reached'}",
                                          "{'id':'a','item':'w-2026-0001','step':'reached','reached':-1}",
                                          "{'id':'a','item':'w-2026-0001','step':'read','acted_at':'gestern'}",
                                          "{'id':'a','item':'w-2026-0099','step':'read'}",
                                          "{'id':'a','item':'w-2026-0001.2','step':'read'}",
                                          "{'id':'a','item':'w-2026-0001.off','step':'read'}" };
    issued(ERRAND);
    wait_s(5);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        act("w200-1", "ok", broken[i]);
    begins("w200-1", "【1·特急】");
    assert_int_equal(kit_said_times(kit, "warning.confirmed", NULL), 0);
    for (size_t i = 0; i < sizeof taps_all / sizeof *taps_all; i++) {
        kit_tap(kit, "worker/w200-1/ok", taps_all[i]);
        begins("w200-1", i % 2 ? "已确认【" : "【");
        wait_s(10);
        if (i % 2)
            issued(ERRAND);
        wait_s(10);
    }
    char *big = malloc(60001);
    memset(big, '{', 60000);
    big[60000] = 0;
    kit_tap(kit, "worker/w200-1/ok", big);
    free(big);
}

int main(int argc, char **argv)
{
    choose(argc, argv);
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_kit, close_kit)
    const struct CMUnitTest tests[] = {
        TEST(read_relay_next),
        TEST(a_tap_before_three_seconds),
        TEST(a_second_tap_within_ten_seconds),
        TEST(one_worker_is_not_another),
        TEST(refusal_and_withdrawal),
        TEST(a_refusal_stands_after_ten_minutes),
        TEST(a_warning_waits_behind_a_refusal_or_takes_its_place),
        TEST(only_a_higher_level_preempts),
        TEST(households),
        TEST(acts_name_their_item),
        TEST(an_acts_own_time_is_believed_within_a_day),
        TEST(garbage_is_a_tap_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
