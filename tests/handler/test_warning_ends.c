/* test_warning_ends.c - updates, cancellations, expiry, silence, reminders. */
#include "handler/warning_desk.h"

/* ---- update ---- */

static void an_update_that_asks_nobody_again(void **state)
{
    (void) state;
    issued(ERRAND);
    wait_s(5);
    tap("w200-1", "ok");
    wait_s(10);
    tap("w200-1", "ok");
    accepted(order("office-1", "'action':'update','warning':'" W1 "','headline':'有人上门推销“养老床位”','severity':'severe'"));
    begins("w200-1", "已确认【1】");
    begins("w200-2", "【1·严重】田桥村：有人上门推销“养老床位”，");
    assert_string_equal(json_string_value(json_object_get(kit_view_json(kit, "worker/w200-2/item"), "item")), W1 ".1");
    const json_t *view = kit_view_json(kit, "village/370481104200/warning/" W1);
    assert_int_equal(json_integer_value(json_object_get(view, "revision")), 2);
    assert_string_equal(json_string_value(json_object_get(view, "severity")), "severe");
    assert_string_equal(json_string_value(json_object_get(view, "instruction")), "入户提醒");
    assert_int_equal(kit_said_times(kit, "warning.updated", W1), 1);
    tap("w200-2", "ok"); /* the text has just changed */
    begins("w200-2", LOOK);
    wait_s(1);
    assert_int_equal(board(W1, "read"), 1);
}

static void an_update_that_asks_again(void **state)
{
    (void) state;
    issued(ERRAND);
    wait_s(5);
    tap("w200-1", "ok");
    tap("w200-2", "no");
    wait_s(10);
    tap("w200-1", "ok");
    accepted(order("office-1", "'action':'update','warning':'" W1 "','instruction':'先打电话，再入户'"));
    begins("w200-1", "【1·特急】田桥村：");
    has("w200-1", "先打电话，再入户");
    begins("w200-2", "【1·特急】田桥村：");
    assert_string_equal(json_string_value(json_object_get(kit_view_json(kit, "worker/w200-1/item"), "item")), W1 ".2");
    act("w200-1", "ok", "{'id':'late','item':'" W1 ".1','step':'relayed'}"); /* of the old asking, from an offline phone */
    begins("w200-1", "【1·特急】田桥村：");
    wait_s(1);
    assert_int_equal(board(W1, "workers"), 3);
    assert_int_equal(board(W1, "shown"), 3);
    assert_int_equal(board(W1, "read"), 0);
    assert_int_equal(board(W1, "relayed"), 0);
    assert_int_equal(board(W1, "refused"), 0);
    assert_int_equal(board(W1, "escalated"), 0);
    wait_s(10);
    tap("w200-1", "ok");
    begins("w200-1", "【1·待入户】");
}

static void an_update_may_not(void **state)
{
    (void) state;
    issued(ERRAND);
    refused(order("office-1", "'action':'update','warning':'" W1 "','audience':{'all':true}"), "not-now", "audience");
    accepted(order("office-1", "'action':'update','warning':'" W1 "','audience':{'villages':['370481104200']}"));
    refused(order("office-1", "'action':'update','warning':'" W1 "','effective':'2026-05-27T09:00:00+08:00'"), "not-now",
            "effective");
    refused(order("office-1", "'action':'update','warning':'" W1 "','expires':'2026-05-26T08:00:00+08:00'"), "out-of-range",
            "expires");
    accepted(order("office-1", "'action':'cancel','warning':'" W1 "','reason':'误报'"));
    refused(order("office-1", "'action':'update','warning':'" W1 "','headline':'新'"), "not-now", "warning");
    refused(order("office-1", "'action':'cancel','warning':'" W1 "','reason':'误报'"), "not-now", "warning");
}

/* ---- ends ---- */

static void a_cancellation_reaches_exactly_those_who_had_it(void **state)
{
    (void) state;
    issued("'severity':'severe','instruction':'甲'");
    issued("'severity':'minor','instruction':'乙'"); /* waits behind: nobody has seen it */
    wait_s(5);
    tap("w200-1", "ok");
    wait_s(10);
    tap("w200-1", "ok");
    begins("w200-1", "【2·一般】");
    accepted(order("office-1", "'action':'cancel','warning':'w-2026-0002','reason':'经核实不属实'"));
    shows("w200-1", "【2】已取消：有人上门推销“养老床位返现”。经核实不属实，看完点“收到”。");
    begins("w200-2", "【1·严重】"); /* had never seen the second */
    has_not("w200-2", "还有");
    assert_int_equal(kit_view_count(kit, "village/+/warning/w-2026-0002"), 0);
    assert_null(kit_view(kit, "board/warning/w-2026-0002"));
    accepted(order("office-1", "'action':'cancel','warning':'w-2026-0001','reason':'误报'"));
    begins("w200-1", "【1】已取消："); /* who had confirmed is told as well; the higher level first */
    begins("w200-2", "【1】已取消：");
    assert_string_equal(kit_view(kit, "village/370481104200/notice"), "目前没有预警。");
    shows("w202-1", IDLE);
    assert_string_equal(json_string_value(json_object_get(kit_view_json(kit, "worker/w200-1/item"), "item")),
                        "w-2026-0001.off");
    wait_s(10);
    tap("w200-1", "ok");
    begins("w200-1", "【2】已取消：");
    act("w200-1", "ok", "{'id':'x','item':'w-2026-0002.1','step':'read'}"); /* a late receipt of the original is none of this */
    begins("w200-1", "【2】已取消：");
    act("w200-1", "ok", "{'id':'y','item':'w-2026-0002.off','step':'read'}");
    shows("w200-1", IDLE);
    assert_null(kit_view(kit, "worker/w200-1/item"));
    tap("w200-2", "no");
    shows("w200-2", IDLE);
    begins("w200-3", "【1】已取消：");
    kit_later(kit, SPAN_DAYS(1)); /* nobody taps: gone after a day */
    shows("w200-3", IDLE);
    assert_int_equal(kit_said_times(kit, "warning.cancelled", NULL), 2);
    assert_int_equal(kit_sql_int(kit, "SELECT COUNT(*) FROM item WHERE state <> 6"), 0);
    assert_int_equal(kit_said_times(kit, "warning.escalated", NULL), 0);
}

static void a_planned_warning_is_cancelled_without_a_word(void **state)
{
    (void) state;
    issued("'severity':'severe','effective':'2026-05-26T10:00:00+08:00'");
    accepted(order("office-1", "'action':'cancel','warning':'" W1 "','reason':'误报'"));
    at("11:00:00");
    shows("w200-1", IDLE);
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 0);
    assert_int_equal(kit_said_times(kit, "warning.shown", NULL), 0);
}

#define BRIEF "'expires':'2026-05-26T10:00:00+08:00','confirm_by':'2026-05-26T10:00:00+08:00'"

static void an_expiry_clears_everything(void **state)
{
    (void) state;
    issued(BRIEF ",'severity':'extreme','instruction':'入户提醒'");
    issued(BRIEF ",'severity':'minor'");
    wait_s(5);
    tap("w200-1", "ok");
    wait_s(10);
    tap("w200-1", "ok");
    wait_s(10);
    tap("w200-1", "ok");
    begins("w200-1", "已确认【2】");
    tap("w200-2", "no");
    at("09:59:59.900");
    begins("w200-1", "已确认【2】");
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 2);
    assert_int_equal(kit_said_times(kit, "warning.escalated", NULL), 1);
    at("10:00:00");
    for (int i = 1; i <= 3; i++) {
        char worker[24];
        snprintf(worker, sizeof worker, "w200-%d", i);
        shows(worker, IDLE);
        assert_string_equal(todo_of(worker), "0");
    }
    assert_int_equal(kit_view_count(kit, "worker/+/item"), 0);
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 0);
    assert_int_equal(kit_view_count(kit, "board/warning/+"), 0);
    assert_string_equal(kit_view(kit, "village/370481104200/notice"), "目前没有预警。");
    assert_int_equal(kit_said_times(kit, "warning.expired", W1), 1);
    kit_later(kit, SPAN_HOURS(3));
    assert_int_equal(kit_view_count(kit, "board/warning/+"), 0);
    /* Each one confirmed or was escalated: w200-2 refused, w200-3 was silent until the end. */
    assert_int_equal(
        kit_sql_int(kit, "SELECT COUNT(*) FROM item WHERE relayed_at IS NULL AND escalated_at IS NULL AND warning = 1"), 0);
    assert_int_equal(
        kit_sql_int(kit, "SELECT COUNT(*) FROM item WHERE read_at IS NULL AND escalated_at IS NULL AND warning = 2"), 0);
}

static void silence_climbs_the_ladder(void **state)
{
    (void) state;
    issued(ERRAND);
    wait_s(5);
    tap("w200-1", "ok"); /* read, and never passed on */
    tap("w200-2", "ok");
    wait_s(10);
    tap("w200-2", "ok");
    kit_at(kit, "2026-05-26T17:59:59+08:00");
    assert_int_equal(kit_said_times(kit, "warning.escalated", NULL), 0);
    kit_at(kit, "2026-05-26T18:00:00+08:00");
    assert_int_equal(kit_said_times(kit, "warning.escalated", W1), 2);
    kit_at(kit, "2026-05-26T20:00:00+08:00");
    assert_int_equal(kit_said_times(kit, "warning.escalated", W1), 4);
    const json_t *said = json_object_get(kit_said_last(kit, "warning.escalated", W1), "data");
    assert_string_equal(json_string_value(json_object_get(said, "why")), "silent");
    assert_string_equal(json_string_value(json_object_get(said, "to")), "office");
    kit_later(kit, SPAN_HOURS(5));
    assert_int_equal(kit_said_times(kit, "warning.escalated", W1), 4);
    assert_int_equal(board(W1, "escalated"), 2);
    tap("w200-3", "ok"); /* late is better than never */
    begins("w200-3", "【1·待入户");
}

static void reminders_change_the_text(void **state)
{
    (void) state;
    issued(ERRAND); /* every 15 minutes, three times */
    at("09:14:59.900");
    begins("w200-1", "【1·特急】");
    at("09:15:00");
    begins("w200-1", "【1·特急·第1次提醒】");
    at("09:30:00");
    begins("w200-1", "【1·特急·第2次提醒】");
    tap("w200-1", "ok");
    begins("w200-1", "【1·待入户·第2次提醒】");
    at("10:00:01");
    begins("w200-1", "【1·待入户·第3次提醒】");
    at("12:00:00");
    begins("w200-1", "【1·待入户·第3次提醒】");
}

static void no_reminder_at_night(void **state)
{
    (void) state;
    kit = kit_new(&warning_service, "deploy/binhu", "2026-05-26T20:00:00+08:00");
    issued("'severity':'severe','instruction':'入户提醒'"); /* every two hours, by day; confirmed by 4 o'clock */
    kit_at(kit, "2026-05-27T06:59:59.900+08:00");
    begins("w200-1", "【1·严重】");
    kit_at(kit, "2026-05-27T07:00:00+08:00");
    begins("w200-1", "【1·严重·第1次提醒】");
    assert_int_equal(kit_said_times(kit, "warning.escalated", W1), 6); /* the ladder does not sleep */
}

int main(int argc, char **argv)
{
    choose(argc, argv);
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_kit, close_kit)
    const struct CMUnitTest tests[] = {
        TEST(an_update_that_asks_nobody_again),
        TEST(an_update_that_asks_again),
        TEST(an_update_may_not),
        TEST(a_cancellation_reaches_exactly_those_who_had_it),
        TEST(a_planned_warning_is_cancelled_without_a_word),
        TEST(an_expiry_clears_everything),
        TEST(silence_climbs_the_ladder),
        TEST(reminders_change_the_text),
        cmocka_unit_test_teardown(no_reminder_at_night, close_kit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
