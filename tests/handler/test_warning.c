/* test_warning.c - orders of warnings and what they put on villages and phones; who may ask about them. */
#include "handler/warning_desk.h"

/* ---- the start ---- */

static void every_topic_stands_from_the_start(void **state)
{
    (void) state;
    wait_s(1);
    assert_int_equal(kit_view_count(kit, "village/+/notice"), 90);
    assert_int_equal(kit_view_count(kit, "worker/+/text"), 270);
    assert_int_equal(kit_view_count(kit, "worker/+/todo"), 270);
    assert_int_equal(kit_view_count(kit, "worker/+/item"), 0);
    assert_string_equal(kit_view(kit, "village/370481104200/notice"), "目前没有预警。");
    shows("w289-3", IDLE);
    assert_string_equal(todo_of("w289-3"), "0");
}

/* ---- issue ---- */

static void an_order_goes_to_village_and_phones(void **state)
{
    (void) state;
    const json_t *a = order("publicity-1", "'action':'issue','headline':'有人上门推销“养老床位返现”','text':'全文',"
                                           "'expires':'2026-05-28T18:00:00+08:00','audience':{'villages':['370481104200',"
                                           "'370481104201','370481104200']},'lead':null," ERRAND);
    accepted(a);
    assert_string_equal(json_string_value(json_object_get(a, "warning")), W1);
    assert_int_equal(json_integer_value(json_object_get(a, "workers")), 6);
    assert_int_equal(json_array_size(json_object_get(a, "villages")), 2);
    shows("w200-1", "【1·特急】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，看完点“收到”。");
    shows("w201-3", "【1·特急】西董村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，看完点“收到”。");
    shows("w202-1", IDLE);
    assert_string_equal(todo_of("w200-1"), "1");
    assert_string_equal(kit_view(kit, "village/370481104200/notice"),
                        "【1·特急】田桥村：有人上门推销“养老床位返现”（有效至5月28日18:00）。");
    assert_string_equal(kit_view(kit, "village/370481104202/notice"), "目前没有预警。");
    const json_t *view = kit_view_json(kit, "village/370481104201/warning/" W1);
    assert_string_equal(json_string_value(json_object_get(view, "by_unit")), "publicity");
    assert_string_equal(json_string_value(json_object_get(view, "issued_at")), START);
    assert_string_equal(json_string_value(json_object_get(view, "text")), "全文");
    assert_int_equal(json_integer_value(json_object_get(view, "revision")), 1);
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 2);
    const json_t *item = kit_view_json(kit, "worker/w200-1/item");
    assert_string_equal(json_string_value(json_object_get(item, "item")), W1 ".1");
    assert_string_equal(json_string_value(json_object_get(item, "state")), "shown");

    const json_t *said = json_object_get(kit_said_last(kit, "warning.issued", W1), "data");
    assert_int_equal(json_integer_value(json_object_get(said, "workers")), 6);
    assert_int_equal(json_integer_value(json_object_get(said, "number")), 1);
    assert_int_equal(kit_said_times(kit, "warning.shown", W1), 6);
    wait_s(1);
    assert_int_equal(board(W1, "workers"), 6);
    assert_int_equal(board(W1, "shown"), 6);
}

static void all_and_named_workers(void **state)
{
    (void) state;
    const json_t *a = order("office-2", "'action':'issue','headline':'全镇提醒','severity':'minor','audience':{'all':true},"
                                        "'expires':'2026-05-28T18:00:00+08:00'");
    assert_int_equal(json_integer_value(json_object_get(a, "workers")), 270);
    assert_int_equal(json_array_size(json_object_get(a, "villages")), 90);
    wait_s(1);
    assert_int_equal(kit_view_count(kit, "village/+/warning/" W1), 90);
    a = order("office-2", "'action':'issue','headline':'测一测','severity':'severe','status':'test',"
                          "'audience':{'workers':['w205-2','w205-2']},'expires':'2026-05-28T18:00:00+08:00'");
    assert_int_equal(json_integer_value(json_object_get(a, "workers")), 1);
    assert_int_equal(json_array_size(json_object_get(a, "villages")), 0);
    assert_int_equal(kit_view_count(kit, "village/+/warning/w-2026-0002"), 0);
    begins("w205-2", "【2·严重·测试】邱村：测一测，");
    has("w205-2", "还有1条");
    begins("w205-1", "【1·一般】邱村：全镇提醒，");
    wait_s(1);
    assert_int_equal(json_array_size(json_object_get(kit_view_json(kit, "board/warning/w-2026-0002"), "villages")), 1);
}

static void the_notice_is_the_most_severe(void **state)
{
    (void) state;
    issued("'severity':'moderate'");
    issued("'severity':'severe','expires':'2026-05-26T10:00:00+08:00'");
    issued("'severity':'minor'");
    flow();
    assert_memory_equal(kit_view(kit, "village/370481104200/notice"), "【2·严重】", 15);
    at("10:00:01");
    assert_memory_equal(kit_view(kit, "village/370481104200/notice"), "【1·较重】", 15);
    accepted(order("office-1", "'action':'update','warning':'w-2026-0003','severity':'extreme'"));
    flow();
    assert_memory_equal(kit_view(kit, "village/370481104200/notice"), "【3·特急】", 15);
    issued("'severity':'extreme','status':'exercise'");
    accepted(order("office-1", "'action':'update','warning':'w-2026-0003','severity':'minor'"));
    flow();
    assert_memory_equal(kit_view(kit, "village/370481104200/notice"), "【1·较重】", 15); /* before any exercise */
    accepted(order("office-1", "'action':'cancel','warning':'w-2026-0001','reason':'误报'"));
    accepted(order("office-1", "'action':'cancel','warning':'w-2026-0003','reason':'误报'"));
    flow();
    assert_memory_equal(kit_view(kit, "village/370481104200/notice"), "【4·特急·演练】", 23);
}

static void what_an_order_may_not_say(void **state)
{
    (void) state;
    static const struct {
        const char *body, *code, *field;
    } bad[] = {
        { "'headline':'提醒'", "missing", "action" },
        { "'action':'delete','headline':'提醒'", "out-of-range", "action" },
        { "'action':'issue','severity':'minor'," UNTIL ",'audience':{'all':true}", "missing", "headline" },
        { "'action':'issue','headline':'提醒'," UNTIL ",'audience':{'all':true}", "missing", "severity" },
        { GOOD, "missing", "expires" },
        { "'action':'issue','headline':'提醒','severity':'minor'," UNTIL, "missing", "audience" },
        { GOOD "," UNTIL ",'colour':'red'", "unknown-field", "colour" },
        { GOOD "," UNTIL ",'warning':'w-2026-0001'", "unknown-field", "warning" },
        { GOOD "," UNTIL ",'headline2':1,'effective':5", "unknown-field", "headline2" },
        { GOOD ",'expires':'2026-05-26T09:00:00+08:00'", "out-of-range", "expires" },
        { GOOD ",'expires':'2026-12-01T09:00:00+08:00'", "out-of-range", "expires" },
        { GOOD "," UNTIL ",'effective':'2026-05-28T18:00:00+08:00'", "out-of-range", "expires" },
        { GOOD "," UNTIL ",'confirm_by':'2026-05-26T09:00:00+08:00'", "out-of-range", "confirm_by" },
        { GOOD "," UNTIL ",'confirm_by':'2026-05-28T18:00:01+08:00'", "out-of-range", "confirm_by" },
        { GOOD "," UNTIL ",'status':'real'", "out-of-range", "status" },
        { GOOD "," UNTIL ",'urgency':'urgent'", "out-of-range", "urgency" },
        { GOOD "," UNTIL ",'guise':'car'", "out-of-range", "guise" },
        { GOOD "," UNTIL ",'lead':'2026-000001'", "no-such", "lead" },
        { "'action':'issue','headline':'提醒','severity':'minor'," UNTIL ",'audience':{}", "missing", "audience" },
        { "'action':'issue','headline':'提醒','severity':'minor'," UNTIL ",'audience':{'all':false}", "out-of-range",
          "audience.all" },
        { "'action':'issue','headline':'提醒','severity':'minor'," UNTIL ",'audience':{'all':true,'villages':['370481104200']}",
          "out-of-range", "audience" },
        { "'action':'issue','headline':'提醒','severity':'minor'," UNTIL ",'audience':{'villages':[]}", "out-of-range",
          "audience.villages" },
        { "'action':'issue','headline':'提醒','severity':'minor'," UNTIL ",'audience':{'villages':['370481104999']}", "no-such",
          "audience.villages[0]" },
        { "'action':'issue','headline':'提醒','severity':'minor'," UNTIL ",'audience':{'villages':['田桥']}", "no-such",
          "audience.villages[0]" },
        { "'action':'issue','headline':'提醒','severity':'minor'," UNTIL ",'audience':{'workers':['w200-1','w999-1']}",
          "no-such", "audience.workers[1]" },
        { "'action':'update','headline':'提醒'", "missing", "warning" },
        { "'action':'update','warning':'w-2026-0009','headline':'提醒'", "no-such", "warning" },
        { "'action':'cancel','warning':'w-2026-0009','reason':'误报'", "no-such", "warning" },
        { "'action':'cancel','warning':'w-2026-0009'", "missing", "reason" },
        { "'action':'cancel','warning':'w-2026-0009','reason':'误报','headline':'提醒'", "unknown-field", "headline" },
    };
    size_t said = kit_said_count(kit);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(order("office-1", bad[i].body), bad[i].code, bad[i].field);
    assert_int_equal(kit_said_count(kit), said);
    assert_int_equal(kit_sql_int(kit, "SELECT COUNT(*) FROM warning"), 0);
    accepted(order("office-1", GOOD ",'expires':'2026-11-22T09:00:00+08:00'")); /* 180 days: just allowed */
    accepted(order("office-1", GOOD "," UNTIL ",'confirm_by':'2026-05-28T18:00:00+08:00'"));
}

static void the_usual_confirm_by(void **state)
{
    (void) state;
    at("09:00:00.001");
    accepted(order("office-1", GOOD "," UNTIL)); /* two days, in whole minutes */
    issued("'severity':'minor','expires':'2026-05-26T12:00:30+08:00'");
    wait_s(1);
    const json_t *view = kit_view_json(kit, "village/370481104200/warning/" W1);
    assert_string_equal(json_string_value(json_object_get(view, "confirm_by")), "2026-05-28T09:01:00+08:00");
    view = kit_view_json(kit, "village/370481104200/warning/w-2026-0002");
    assert_string_equal(json_string_value(json_object_get(view, "confirm_by")), "2026-05-26T12:00:30+08:00");
}

static void a_headline_of_forty(void **state)
{
    (void) state;
    char headline[41 * 3 + 1] = "", body[512];
    for (int i = 0; i < 41; i++)
        memcpy(headline + i * 3, "字", 4);
    snprintf(body, sizeof body, "'action':'issue','headline':'%s','severity':'minor','audience':{'all':true}," UNTIL, headline);
    refused(order("office-1", body), "out-of-range", "headline");
    snprintf(body, sizeof body, "'action':'issue','headline':'%.*s','severity':'minor','audience':{'all':true}," UNTIL, 120,
             headline);
    accepted(order("office-1", body));
    assert_true(text_graphemes(text_of(text_of_worker("w200-1"))) <= 70);
}

static void the_lead_must_be_known_and_is_never_published(void **state)
{
    (void) state;
    kit_event(
        kit, "lead.received", "2026-000123", NULL,
        "{\"text\":\"某某\",\"title\":\"t\",\"urgency\":\"routine\",\"channel\":\"hotline\",\"sealed\":false,\"named\":false,\"round\":1}");
    kit_event(kit, "lead.received", "2026-000124", NULL, "{\"sealed\":true}");
    issued(ERRAND ",'lead':'2026-000123'");
    flow();
    assert_null(strstr(kit_view(kit, "village/370481104200/warning/" W1), "2026-000123"));
    assert_null(strstr(kit_view(kit, "worker/w200-1/item"), "2026-000123"));
    refused(order("office-2", GOOD "," UNTIL ",'lead':'2026-000124'"), "no-such", "lead");
    refused(order("publicity-1", GOOD "," UNTIL ",'lead':'2026-000124'"), "no-such", "lead");
    accepted(order("office-1", GOOD "," UNTIL ",'lead':'2026-000124'")); /* the director */
    kit_event(kit, "lead.moved", "2026-000123", NULL, "{\"from\":\"police\",\"to\":\"governance\",\"why\":\"against\"}");
    refused(order("office-2", GOOD "," UNTIL ",'lead':'2026-000123'"), "no-such", "lead");
    kit_event(kit, "lead.dispatched", "2026-000123", NULL, "{\"unit\":\"police\",\"sealed\":false}"); /* sealed stays sealed */
    refused(order("office-2", GOOD "," UNTIL ",'lead':'2026-000123'"), "no-such", "lead");
    size_t said = kit_said_count(kit);
    for (size_t i = 0; i < said; i++) {
        char *all = json_dumps(kit_said(kit, i), 0);
        assert_null(strstr(all, "2026-00012"));
        free(all);
    }
}

static void a_repeat_makes_no_second_warning(void **state)
{
    (void) state;
    const char *body = "{'id':'same'," GOOD "," UNTIL "}";
    for (int i = 0; i < 5; i++)
        assert_string_equal(json_string_value(json_object_get(kit_request(kit, "warning-order", "office-1", body), "warning")),
                            W1);
    assert_int_equal(kit_sql_int(kit, "SELECT COUNT(*) FROM warning"), 1);
    assert_int_equal(kit_said_times(kit, "warning.issued", NULL), 1);
}

static void numbers_begin_anew_each_year(void **state)
{
    (void) state;
    kit = kit_new(&warning_service, "deploy/binhu", "2026-12-31T23:59:50+08:00");
    static const char *const until = GOOD ",'expires':'2027-01-03T18:00:00+08:00'";
    assert_string_equal(json_string_value(json_object_get(order("office-1", until), "warning")), W1);
    assert_string_equal(json_string_value(json_object_get(order("office-1", until), "warning")), "w-2026-0002");
    kit_at(kit, "2027-01-01T00:00:00+08:00");
    assert_string_equal(json_string_value(json_object_get(order("office-1", until), "warning")), "w-2027-0001");
}

static void a_warning_for_later_begins_when_it_said(void **state)
{
    (void) state;
    issued("'severity':'minor','effective':'2026-05-26T12:00:00+08:00'");
    shows("w200-1", IDLE);
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 0);
    at("11:59:59.900");
    shows("w200-1", IDLE);
    at("12:00:00");
    begins("w200-1", "【1·一般】田桥村：");
    assert_int_equal(kit_view_count(kit, "village/+/warning/+"), 1);
    assert_int_equal(kit_said_times(kit, "warning.issued", W1), 1);
}

static void the_query(void **state)
{
    (void) state;
    const json_t *a = order("office-1", GOOD "," UNTIL ",'instruction':'入户'");
    accepted(a);
    wait_s(5);
    tap("w200-2", "ok");
    a = kit_request(kit, "query-warning", "publicity-1", "{'id':'q1','warning':'" W1 "'}");
    accepted(a);
    assert_string_equal(json_string_value(json_object_get(a, "state")), "active");
    assert_int_equal(json_integer_value(json_object_get(a, "workers")), 270);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(a, "coverage"), "read")), 1);
    assert_int_equal(json_array_size(json_object_get(a, "receipts")), 100);
    const json_t *second = json_array_get(json_object_get(a, "receipts"), 1);
    assert_string_equal(json_string_value(json_object_get(second, "worker")), "w200-2");
    assert_string_equal(json_string_value(json_object_get(second, "state")), "read");
    assert_null(json_object_get(a, "lead"));
    int pages = 1, seen = 100;
    while (json_object_get(a, "next")) {
        char body[128];
        snprintf(body, sizeof body, "{'id':'q%d','warning':'" W1 "','after':'%s'}", ++pages,
                 json_string_value(json_object_get(a, "next")));
        a = kit_request(kit, "query-warning", "office-3", body);
        seen += (int) json_array_size(json_object_get(a, "receipts"));
    }
    assert_int_equal(seen, 270);
    refused(kit_request(kit, "query-warning", "office-1", "{'id':'q9','warning':'w-2026-0009'}"), "no-such", "warning");
    refused(kit_request(kit, "query-warning", "office-1", "{'id':'q9'}"), "missing", "warning");
    refused(kit_request(kit, "query-warning", "office-1", "{'id':'q9','warning':'" W1 "','limit':101}"), "out-of-range",
            "limit");
    refused(kit_request(kit, "query-warning", "staff-police-1", "{'id':'q9','warning':'" W1 "'}"), "no-such", "warning");
    refused(kit_request(kit, "warning-order", "staff-police-1", "{'id':'q9'," GOOD "," UNTIL "}"), "not-yours", NULL);
}

int main(int argc, char **argv)
{
    choose(argc, argv);
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_kit, close_kit)
    const struct CMUnitTest tests[] = {
        TEST(every_topic_stands_from_the_start),
        TEST(an_order_goes_to_village_and_phones),
        TEST(all_and_named_workers),
        TEST(the_notice_is_the_most_severe),
        TEST(what_an_order_may_not_say),
        TEST(the_usual_confirm_by),
        TEST(a_headline_of_forty),
        TEST(the_lead_must_be_known_and_is_never_published),
        TEST(a_repeat_makes_no_second_warning),
        cmocka_unit_test_teardown(numbers_begin_anew_each_year, close_kit),
        TEST(a_warning_for_later_begins_when_it_said),
        TEST(the_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
