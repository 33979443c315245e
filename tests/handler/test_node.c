/* test_node.c - the skeleton's streams and turn, seen from close by: what goes out, what stops, what an operator can mend. */
#include "node_bench.h"

static const char schema[] = "-- 1\nCREATE TABLE seen (lead TEXT PRIMARY KEY) STRICT;\n";
enum { Q_SEEN = 64 };
static const struct query queries[] = { { "Q_SEEN", "INSERT INTO seen (lead) VALUES (:lead)" } };

/* Says as many events as it is asked for. */
static enum verdict on_submit(struct tx *tx, instant_ms now, const struct request *r)
{
    int64_t count = need_int(r->in, "count", 0, 100000);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    for (int64_t i = 0; i < count; i++)
        say(tx, now, EVENT_LEAD_RECEIVED, TEXT("2026-000001"), NO_TEXT, NULL);
    show_text(tx, topic_of(tx_arena(tx), TOPIC_WORKER_SAID, TEXT("w200-1")), TEXT("2026-000001"));
    return answer(tx, r, NULL);
}

static enum verdict on_dispatched(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    tx_run(tx, Q_SEEN, p_text("lead", e->subject));
    return text_is_c(e->subject, "2026-000666") ? REFUSED : DONE;
}

static const struct event_route events[] = { { EVENT_LEAD_DISPATCHED, on_dispatched, NULL }, EVENT_ROUTES_END };
static const struct request_route requests[] = { { REQUEST_LEAD_SUBMIT, on_submit, ACCEPTS }, REQUEST_ROUTES_END };
static const struct service toy = {
    .name = "intake", .schema = schema, .queries = queries, .query_count = 1, .events = events, .requests = requests
};

#define DISPATCHED(lead)                                                                                                       \
    "{'type':'lead.dispatched','subject':'" lead "','at':'2026-05-26T12:00:00+08:00','by':null,'edition':'','data':{}}"

/* -- as a producer --------------------------------------------------------------------------------------------------- */

static void a_turn_may_say_more_than_it_keeps_at_hand(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':20000}");
    assert_int_equal(bench_int(b, "SELECT max(seq) FROM stream"), 20000);
    bench_later(b, 100);
    assert_true(node_is_at_rest(b->node)); /* all of it was published */
}

/* The library keeps what is not acknowledged: a broker that is slow must not make a burst stand in memory. */
static void a_burst_waits_in_the_ledger(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    b->spy.holds_acks = true;
    b->spy.counted = "stream/intake";
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':20000}");
    assert_in_range(b->spy.count, 8, 14); /* of twenty windows, each of 1,000 events */
    assert_true(b->node->published < 20000);
    b->spy.holds_acks = false;
    bench_reconnect(b);
    for (int heard = 0; heard < 20; heard++)
        bench_cursor(b, "router", b->node->epoch, 1000 * heard, heard == 0);
    assert_in_range(b->spy.count, 28, 36); /* whoever lacks something is served all of it */
}

static void a_consumer_at_the_head_is_not_served_what_is_said_live(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    b->spy.counted = "stream/intake/to/router";
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':1200}");
    bench_cursor(b, "router", b->node->epoch, 0, true);
    bench_cursor(b, "router", b->node->epoch, 500, false);
    bench_cursor(b, "router", b->node->epoch, 1000, false);
    bench_cursor(b, "router", b->node->epoch, 1200, false);
    assert_int_equal(b->spy.count, 3);
    for (int i = 0; i < 20; i++) {
        bench_ask(b, "lead-submit", "12345", arena_printf(b->arena, "{'id':'b%d','count':1}", i).at);
        bench_cursor(b, "router", b->node->epoch, 1201 + i, false);
    }
    assert_int_equal(b->spy.count, 3);
}

static void a_consumer_that_stopped_keeps_nobody_awake(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':3}");
    bench_cursor(b, "router", EPOCH_B, 2, false);
    bench_later(b, 5000); /* fails when every turn wants another at once */
    assert_true(between(b->wall, b->next).ms >= 100);
}

/* -- as a consumer --------------------------------------------------------------------------------------------------- */

static void an_event_that_a_handler_refuses_waits(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_router_says(b, DISPATCHED("2026-000666"));
    bench_router_says(b, DISPATCHED("2026-000001"));
    assert_int_equal(bench_int(b, "SELECT count(*) FROM parked WHERE subject = '2026-000666'"), 1);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM seen"), 1);
}

static int64_t stopped(struct bench *b)
{
    return bench_int(b, "SELECT count(*) FROM alarm WHERE key = 'stream-router'");
}

static void a_ledger_that_went_back_is_noticed_and_can_be_adopted(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_router_says(b, DISPATCHED("2026-000001"));
    struct peer copy = b->router;
    bench_router_says(b, DISPATCHED("2026-000002"));
    assert_int_equal(stopped(b), 0);
    b->router = copy;
    bench_later(b, 1000);
    bench_router_says(b, NULL); /* it has one event, we heard two */
    assert_int_equal(stopped(b), 1);
    bench_router_says(b, DISPATCHED("2026-000003"));
    assert_int_equal(bench_int(b, "SELECT count(*) FROM seen"), 2);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'a','action':'adopt','producer':'router'}");
    bench_later(b, 1000);
    bench_router_says(b, NULL);
    bench_router_says(b, DISPATCHED("2026-000004"));
    assert_int_equal(stopped(b), 0);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM seen WHERE lead = '2026-000004'"), 1);
    assert_int_equal(bench_int(b, "SELECT seq FROM cursor"), 3);
}

static void a_late_message_is_no_ledger_that_went_back(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    struct peer before = b->router;
    bench_router_says(b, DISPATCHED("2026-000001"));
    struct peer after = b->router;
    b->router = before;
    bench_router_says(b, NULL); /* delayed: said when there was nothing yet, at the same instant */
    b->router = after;
    bench_router_says(b, DISPATCHED("2026-000002"));
    assert_int_equal(stopped(b), 0);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM seen"), 2);
}

static void an_alarm_raised_before_a_crash_ends_with_its_reason(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_router_says(b, DISPATCHED("2026-000001"));
    struct peer true_one = b->router;
    b->router = (struct peer){ .epoch = EPOCH_B };
    bench_router_says(b, DISPATCHED("2026-000007"));
    assert_int_equal(stopped(b), 1);
    bench_crash(b);
    b->router = true_one; /* the operator put the right ledger back */
    bench_router_says(b, DISPATCHED("2026-000002"));
    assert_int_equal(stopped(b), 0);
}

static void of_an_adopted_ledger_no_parked_event_takes_the_place_of_another(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_router_says(b, DISPATCHED("2026-000666"));
    b->router = (struct peer){ .epoch = EPOCH_B }; /* the ledger was lost; its numbers begin anew */
    bench_router_says(b, DISPATCHED("2026-000001"));
    bench_ask(b, "operate-intake", "operator-1", "{'id':'a','action':'adopt','producer':'router'}");
    b->router = (struct peer){ .epoch = EPOCH_B };
    bench_router_says(b, "{'type':'lead.dispatched','subject':'2026-000666','at':'2026-05-26T12:00:00+08:00','by':null,"
                         "'edition':'','data':{'anew':1}}");
    assert_int_equal(bench_int(b, "SELECT count(*) FROM parked"), 2);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM parked WHERE body LIKE '%anew%' AND reason LIKE 'behind %'"), 1);
}

static void a_message_whose_string_does_not_end_is_none(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_publish(b, "stream/router", "{\"epoch\":\"" EPOCH_A "\",\"first\":1,\"events\":[{\"type\":\"lead\\\"]}", false);
    bench_settle(b);
    bench_router_says(b, DISPATCHED("2026-000001"));
    assert_int_equal(bench_int(b, "SELECT count(*) FROM seen"), 1);
}

static void own_views_come_back_only_while_they_are_compared(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    b->spy.heard = "worker/w200-1/said";
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':0}");
    bench_later(b, 200);
    assert_non_null(broker_retained(b->broker, "worker/w200-1/said"));
    assert_int_equal(b->spy.heard_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_may_say_more_than_it_keeps_at_hand),
        cmocka_unit_test(a_burst_waits_in_the_ledger),
        cmocka_unit_test(a_consumer_at_the_head_is_not_served_what_is_said_live),
        cmocka_unit_test(a_consumer_that_stopped_keeps_nobody_awake),
        cmocka_unit_test(an_event_that_a_handler_refuses_waits),
        cmocka_unit_test(a_ledger_that_went_back_is_noticed_and_can_be_adopted),
        cmocka_unit_test(a_late_message_is_no_ledger_that_went_back),
        cmocka_unit_test(an_alarm_raised_before_a_crash_ends_with_its_reason),
        cmocka_unit_test(of_an_adopted_ledger_no_parked_event_takes_the_place_of_another),
        cmocka_unit_test(a_message_whose_string_does_not_end_is_none),
        cmocka_unit_test(own_views_come_back_only_while_they_are_compared),
    };
    return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
