/* test_runtime.c - the skeleton itself, under a service of a few lines: repeats, conflicts, refusals, crashes, streams, views.
 * The service calls itself intake, because topics and events have one writer each. */
#include "kit/kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char schema[] = "-- 1\nCREATE TABLE lead (lead TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"
                             "CREATE TABLE seen (lead TEXT PRIMARY KEY) STRICT;\n";
enum { Q_ADD = 64, Q_COUNT_LEADS, Q_SEEN };
static const struct query queries[] = {
    { "Q_ADD", "INSERT INTO lead (lead, text) VALUES (:lead, :text)" },
    { "Q_COUNT_LEADS", "SELECT count(*) FROM lead" },
    { "Q_SEEN", "INSERT INTO seen (lead) VALUES (:lead)" },
};

static enum verdict on_submit(struct tx *tx, instant_ms now, const struct request *r)
{
    struct text text = need_text(r->in, "text", 20);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    struct text lead = arena_printf(tx_arena(tx), "2026-%06lld", (long long) tx_int(tx, 0, Q_COUNT_LEADS, NO_PARAMS) + 1);
    tx_run(tx, Q_ADD, p_text("lead", lead), p_text("text", text));
    say(tx, now, EVENT_LEAD_RECEIVED, lead, NO_TEXT, json_pack("{s:s}", "text", text.at));
    show_text(tx, topic_of(tx_arena(tx), TOPIC_WORKER_SAID, TEXT("w200-1")), lead);
    if (text_is_c(text, "undo"))
        return refuse(tx, r, CODE_NOT_NOW, NULL, "现在不行。");
    if (text_is_c(text, "busy"))
        return refuse(tx, r, CODE_UNAVAILABLE, NULL, "请稍后再试。");
    return answer(tx, r, json_pack("{s:s}", "lead", lead.at));
}

static enum verdict on_dispatched(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    struct text unit = need_text(e->in, "unit", 32);
    if (!is_sound(e->in))
        return park_for(tx, e, complaint_of(e->in));
    (void) unit;
    tx_run(tx, Q_SEEN, p_text("lead", e->subject));
    return DONE;
}

static const struct event_route events[] = { { EVENT_LEAD_DISPATCHED, on_dispatched, NULL }, EVENT_ROUTES_END };
static const struct request_route requests[] = { { REQUEST_LEAD_SUBMIT, on_submit, ACCEPTS }, REQUEST_ROUTES_END };
static const struct service toy = {
    .name = "intake", .schema = schema, .queries = queries, .query_count = 3, .events = events, .requests = requests
};

#define NOON "2026-05-26T12:00:00+08:00"

static const char *code_of(const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    return error ? json_string_value(json_object_get(error, "code")) : "ok";
}

static void a_request_has_one_effect_however_often_it_is_sent(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = kit_new(&toy, "deploy/binhu", NOON);
    for (int i = 0; i < 100; i++)
        assert_string_equal(code_of(kit_request(k, "lead-submit", "12345", "{'id':'a','text':'x'}")), "ok");
    assert_int_equal(kit_said_count(k), 1);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM lead"), 1);
    kit_crash(k);
    const json_t *again = kit_request(k, "lead-submit", "12345", "{ 'text' : 'x', 'id' : 'a' }");
    assert_string_equal(json_string_value(json_object_get(again, "lead")), "2026-000001");
    assert_int_equal(kit_said_count(k), 1);
}

static void other_content_under_the_same_id_is_a_conflict(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = kit_new(&toy, "deploy/binhu", NOON);
    kit_request(k, "lead-submit", "12345", "{'id':'a','text':'x'}");
    assert_string_equal(code_of(kit_request(k, "lead-submit", "12345", "{'id':'a','text':'y'}")), "conflict");
    assert_string_equal(code_of(kit_request(k, "lead-submit", "12337", "{'id':'a','text':'y'}")), "ok");
    assert_string_equal(code_of(kit_request(k, "lead-submit", "12345@b", "{'id':'a','text':'y'}")), "ok");
    assert_int_equal(kit_said_count(k), 3);
}

static void a_refusal_of_content_binds_and_changes_nothing(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = kit_new(&toy, "deploy/binhu", NOON);
    assert_string_equal(code_of(kit_request(k, "lead-submit", "12345", "{'id':'a','text':'undo'}")), "not-now");
    assert_string_equal(code_of(kit_request(k, "lead-submit", "12345", "{'id':'b','text':'busy'}")), "unavailable");
    assert_int_equal(kit_said_count(k), 0);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM lead"), 0);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM answered"), 1);
    assert_null(kit_view(k, "worker/w200-1/said"));
}

static void each_fault_of_a_request_has_its_code(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = kit_new(&toy, "deploy/binhu", NOON);
    static const struct {
        const char *body, *code;
    } table[] = {
        { "{'id':'a','text':'x'", "malformed" },
        { "[1]", "malformed" },
        { "{'id':'a','text':'x','text':'y'}", "malformed" },
        { "{'id':'a','text':'\xff'}", "malformed" },
        { "{'id':'a','text':[[[[[[[[1]]]]]]]]}", "malformed" },
        { "{'id':'','text':'x'}", "out-of-range" },
        { "{'id':'a b','text':'x'}", "out-of-range" },
        { "{'id':'a','more':1}", "unknown-field" },
        { "{'id':'b'}", "missing" },
        { "{'id':'c','text':'123456789012345678901'}", "out-of-range" },
        { "{'id':'d','text':7}", "out-of-range" },
        { "{'id':'e','text':'a\\u0007'}", "out-of-range" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char body[256];
        snprintf(body, sizeof body, "%s", table[i].body);
        for (char *c = body; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        const json_t *answer = kit_request_bytes(k, "lead-submit", "12345", body, strlen(body));
        assert_string_equal(code_of(answer), table[i].code);
    }
    static char large[9000];
    memset(large, ' ', sizeof large);
    memcpy(large, "{\"id\":\"z\",\"text\":\"x\"", 20);
    large[sizeof large - 1] = '}';
    assert_string_equal(code_of(kit_request_bytes(k, "lead-submit", "12345", large, sizeof large)), "malformed");
    assert_string_equal(code_of(kit_request_bytes(k, "lead-submit", "12345", large + 0, 20)), "malformed");
    assert_int_equal(kit_said_count(k), 0);
}

static void an_event_that_cannot_be_taken_waits_and_its_followers_behind_it(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = kit_new(&toy, "deploy/binhu", NOON);
    kit_event(k, "lead.dispatched", "2026-000001", NULL, "{'unit':7}");
    kit_event(k, "lead.dispatched", "2026-000001", NULL, "{'unit':'police'}");
    kit_event(k, "lead.dispatched", "2026-000002", NULL, "{'unit':'police'}");
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM parked"), 2);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM seen"), 1);
    assert_non_null(kit_view(k, "alarm/intake"));
    const json_t *list = kit_request(k, "operate-intake", "operator-1", "{'action':'parked-list'}");
    assert_int_equal(json_array_size(json_object_get(list, "parked")), 2);
    assert_string_equal(code_of(kit_request(k, "operate-intake", "office-1", "{'action':'parked-list'}")), "not-yours");
    const json_t *again = kit_request(k, "operate-intake", "operator-1", "{'action':'parked-retry','n':1}");
    assert_int_equal(json_int_at(again, "taken", -1), 0);
    kit_crash(k);
    assert_int_equal(kit_sql_int(k, "SELECT seq FROM cursor WHERE producer = 'router'"), 3);
}

static void views_come_back_after_the_broker_forgot(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = kit_new(&toy, "deploy/binhu", NOON);
    kit_request(k, "lead-submit", "12345", "{'text':'x'}");
    assert_string_equal(kit_view(k, "worker/w200-1/said"), "2026-000001");
    kit_later(k, SPAN_S(1));
    assert_non_null(strstr(kit_view(k, "svc/intake/watermark"), "\"revision\":1"));
    kit_crash(k);
    kit_later(k, SPAN_S(1));
    assert_string_equal(kit_view(k, "worker/w200-1/said"), "2026-000001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_one_effect_however_often_it_is_sent),
        cmocka_unit_test(other_content_under_the_same_id_is_a_conflict),
        cmocka_unit_test(a_refusal_of_content_binds_and_changes_nothing),
        cmocka_unit_test(each_fault_of_a_request_has_its_code),
        cmocka_unit_test(an_event_that_cannot_be_taken_waits_and_its_followers_behind_it),
        cmocka_unit_test(views_come_back_after_the_broker_forgot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
