/* test_warning.c - the service `warning` on the real runtime: orders, phones, receipts, ends, and what a crash leaves. */
int service_main_of_test(int argc, char **argv); /* the service's own main, not run here */
#define main service_main_of_test
#include "../../services/warning/warning.c"
#undef main

#include "kit/kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define START "2026-05-26T09:00:00+08:00"
#define IDLE "目前没有待办预警。"
#define LOOK "请再看："
#define W1 "w-2026-0001"

static struct kit *kit;

static int open_kit(void **state)
{
    (void) state;
    kit = kit_new(&warning_service, "deploy/binhu", "2026-05-26T08:59:59+08:00");
    kit_at(kit, START); /* every topic of the town is out */
    return 0;
}

static int close_kit(void **state)
{
    (void) state;
    kit = kit_free(kit);
    return 0;
}

/* ---- words of the tests ---- */

/* The lane of phones is paced: what was shown is out some milliseconds later. */
static void flow(void)
{
    kit_later(kit, (span_ms){ 20 });
}

static const char *text_of_worker(const char *worker)
{
    char topic[64];
    flow();
    snprintf(topic, sizeof topic, "worker/%s/text", worker);
    return kit_view(kit, topic);
}

static const char *todo_of(const char *worker)
{
    char topic[64];
    flow();
    snprintf(topic, sizeof topic, "worker/%s/todo", worker);
    return kit_view(kit, topic);
}

#define shows(worker, text) assert_string_equal(text_of_worker(worker), text)
#define begins(worker, text) assert_memory_equal(text_of_worker(worker), text, strlen(text))
#define has(worker, text) assert_non_null(strstr(text_of_worker(worker), text))
#define has_not(worker, text) assert_null(strstr(text_of_worker(worker), text))

static const json_t *order(const char *account, const char *body)
{
    static int id;
    char request[4096];
    snprintf(request, sizeof request, "{'id':'o%d',%s}", ++id, body);
    return kit_request(kit, "warning-order", account, request);
}

/* Orders a warning to one village (田桥, three workers) and gives its id. */
static const char *issued(const char *more)
{
    static char id[32];
    char body[2048];
    snprintf(body, sizeof body,
             "'action':'issue','headline':'有人上门推销“养老床位返现”',%s'audience':{'villages':['370481104200']},%s",
             strstr(more, "'expires'") ? "" : "'expires':'2026-05-28T18:00:00+08:00',", more);
    const json_t *a = order("office-1", body);
    if (!json_is_true(json_object_get(a, "ok")))
        fprintf(stderr, "%s\n", json_dumps(a, JSON_COMPACT));
    assert_true(json_is_true(json_object_get(a, "ok")));
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(a, "warning")));
    return id;
}

static void refused(const json_t *answer, const char *code, const char *field)
{
    const json_t *error = json_object_get(answer, "error");
    if (!error || strcmp(json_string_value(json_object_get(error, "code")), code) != 0)
        fprintf(stderr, "%s\n", json_dumps(answer, JSON_COMPACT));
    assert_true(json_is_false(json_object_get(answer, "ok")));
    assert_string_equal(json_string_value(json_object_get(error, "code")), code);
    if (field)
        assert_string_equal(json_string_value(json_object_get(error, "field")), field);
}

static void accepted(const json_t *answer)
{
    if (!json_is_true(json_object_get(answer, "ok")))
        fprintf(stderr, "%s\n", json_dumps(answer, JSON_COMPACT));
    assert_true(json_is_true(json_object_get(answer, "ok")));
}

static void tap(const char *worker, const char *button)
{
    char topic[64];
    snprintf(topic, sizeof topic, "worker/%s/%s", worker, button);
    kit_tap(kit, topic, "1");
}

static void act(const char *worker, const char *button, const char *json)
{
    char topic[64], body[512];
    snprintf(topic, sizeof topic, "worker/%s/%s", worker, button);
    snprintf(body, sizeof body, "%s", json);
    for (char *c = body; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    kit_tap(kit, topic, body);
}

static void wait_s(int64_t s)
{
    kit_later(kit, SPAN_S(s));
}

static void at(const char *time)
{
    char now[48];
    snprintf(now, sizeof now, "2026-05-26T%s+08:00", time);
    kit_at(kit, now);
}

static int64_t board(const char *warning, const char *count)
{
    char topic[64];
    snprintf(topic, sizeof topic, "board/warning/%s", warning);
    const json_t *view = kit_view_json(kit, topic);
    assert_non_null(view);
    return json_integer_value(json_object_get(view, count));
}

#define ERRAND "'severity':'extreme','instruction':'入户提醒','confirm_by':'2026-05-26T18:00:00+08:00'"

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

#define GOOD "'action':'issue','headline':'提醒','severity':'minor','audience':{'all':true}"
#define UNTIL "'expires':'2026-05-28T18:00:00+08:00'"

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

static void a_headline_of_forty(void **state)
{
    (void) state;
    char headline[41 * 3 + 1] = "", body[512];
    for (int i = 0; i < 41; i++)
        strcat(headline, "字");
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
        char worker[8];
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

/* A town of 10,000 workers, and a clock that counts what each call did. */
static int calls, given_most;
static const int64_t stop_never = INT64_MAX;

static instant_ms counted_on_time(struct tx *tx, instant_ms now)
{
    int64_t before = 0, after = 0;
    struct rows sum = tx_all(tx, Q_COVERAGE_SUM, p_int("warning", 1));
    before = row_int(&sum, 0, "workers", 0);
    instant_ms next = on_time(tx, now);
    sum = tx_all(tx, Q_COVERAGE_SUM, p_int("warning", 1));
    after = row_int(&sum, 0, "workers", 0);
    calls++;
    if (after - before > given_most)
        given_most = (int) (after - before);
    (void) stop_never;
    return next;
}

static void big_town(const char *folder)
{
    char command[512], path[300];
    snprintf(command, sizeof command, "rm -rf %s && cp -r deploy/binhu %s", folder, folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/workers.csv", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "account,village\n");
    for (int i = 0; i < 10000; i++)
        fprintf(f, "w%d-%d,370481104%d\n", 200 + i % 90, 1 + i / 90, 200 + i % 90);
    fclose(f);
}

static void ten_thousand_workers_in_slices(void **state)
{
    (void) state;
    char folder[64];
    snprintf(folder, sizeof folder, "/tmp/yinling-test-%d", (int) getpid());
    big_town(folder);
    struct service counted = warning_service;
    counted.on_time = counted_on_time;
    kit = kit_new(&counted, folder, START);
    wait_s(5);
    assert_int_equal(kit_view_count(kit, "worker/+/text"), 10000);
    calls = given_most = 0;
    const json_t *a = order("office-1", GOOD "," UNTIL ",'instruction':'入户'");
    assert_int_equal(json_integer_value(json_object_get(a, "workers")), 10000);
    wait_s(5);
    assert_int_equal(board(W1, "workers"), 10000);
    assert_int_equal(board(W1, "shown"), 10000);
    assert_true(given_most <= 512);
    assert_true(calls >= 20);
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
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* With an argument: only the tests of that name (wildcards). */
int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_kit, close_kit)
    const struct CMUnitTest tests[] = {
        TEST(every_topic_stands_from_the_start),
        TEST(an_order_goes_to_village_and_phones),
        TEST(all_and_named_workers),
        TEST(what_an_order_may_not_say),
        TEST(a_headline_of_forty),
        TEST(the_lead_must_be_known_and_is_never_published),
        TEST(a_repeat_makes_no_second_warning),
        cmocka_unit_test_teardown(numbers_begin_anew_each_year, close_kit),
        TEST(a_warning_for_later_begins_when_it_said),
        TEST(read_relay_next),
        TEST(a_tap_before_three_seconds),
        TEST(a_second_tap_within_ten_seconds),
        TEST(one_worker_is_not_another),
        TEST(refusal_and_withdrawal),
        TEST(a_refusal_stands_after_ten_minutes),
        TEST(only_a_higher_level_preempts),
        TEST(households),
        TEST(acts_name_their_item),
        TEST(an_acts_own_time_is_believed_within_a_day),
        TEST(garbage_is_a_tap_or_nothing),
        TEST(an_update_that_asks_nobody_again),
        TEST(an_update_that_asks_again),
        TEST(an_update_may_not),
        TEST(a_cancellation_reaches_exactly_those_who_had_it),
        TEST(a_planned_warning_is_cancelled_without_a_word),
        TEST(an_expiry_clears_everything),
        TEST(silence_climbs_the_ladder),
        TEST(reminders_change_the_text),
        cmocka_unit_test_teardown(no_reminder_at_night, close_kit),
        TEST(a_crash_between_everything),
        TEST(the_query),
        cmocka_unit_test_teardown(ten_thousand_workers_in_slices, close_kit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
