/* test_deadline.c - the deadline service on the real runtime: what it says and shows as a lead lives, is late, or we are; and that no event
 * is stuck in any state. */
#include "deadline_desk.h"

/* ---- the ordinary life */

static void a_dispatch_starts_the_clocks_and_shows_the_card(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    assert_int_equal(times(k, "clock.started", NULL), 4);
    assert_string_equal(data_text(newest(k, "clock.started", "sign"), "due"), "2026-05-26T14:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.started", "return-window"), "due"), "2026-05-28T17:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.started", "close"), "due"), "2026-06-02T17:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.started", "overall"), "due"), "2026-07-01T17:30:00+08:00");
    assert_string_equal(card_text(k, "sign", "colour"), "green");
    assert_true(sentence_has(k, "【绿】市场监督管理所：应于5月26日14:30前签收，到期未签视同签收；"));
    assert_true(sentence_has(k, "应于6月2日17:30前办结；最迟应于7月1日17:30前销号。"));
}

static void the_ladder_fires_each_step_once_at_its_instant(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_at(k, "2026-05-26T11:00:00+08:00");
    assert_int_equal(times(k, "clock.warned", "sign"), 0); /* never before, nor at: after it */
    kit_at(k, "2026-05-26T11:00:01+08:00");
    assert_int_equal(times(k, "clock.warned", "sign"), 1);
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "remind");
    kit_at(k, "2026-05-26T11:49:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "yellow");
    assert_string_equal(card_text(k, "sign", "colour"), "yellow");
    assert_true(sentence_has(k, "预警：联络员（staff-market-2，替岗staff-market-1）"));
    kit_at(k, "2026-05-26T14:29:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "orange");
    assert_int_equal(times(k, "clock.warned", "sign"), 3);
    kit_crash(k);
    kit_later(k, SPAN_S(30));
    assert_int_equal(times(k, "clock.warned", "sign"), 3);
    assert_int_equal(times(k, "clock.missed", NULL), 0);
}

static void signed_in_time_is_met_also_at_the_due_instant(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_at(k, "2026-05-26T14:30:00+08:00"); /* exactly due */
    assert_int_equal(times(k, "clock.breached", NULL), 0);
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_later(k, SPAN_HOURS(1));
    assert_int_equal(times(k, "clock.met", "sign"), 1);
    assert_int_equal(times(k, "clock.breached", NULL), 0);
    assert_null(on_card(k, CARD, "sign"));
}

static void unsigned_is_breached_once_and_deemed_signed_after_it(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_at(k, "2026-05-26T14:31:00+08:00");
    assert_int_equal(times(k, "clock.breached", "sign"), 1);
    assert_string_equal(data_text(newest(k, "clock.breached", "sign"), "due"), "2026-05-26T14:30:00+08:00");
    assert_int_equal(times(k, "order.opened", NULL), 0); /* silence is acceptance, nothing to order */
    kit_event(k, "lead.signed", LEAD, NULL, "{'unit':'market','deemed':true,'round':1}");
    assert_int_equal(times(k, "clock.met", NULL), 0);
    assert_null(on_card(k, CARD, "sign"));
    assert_int_equal(kit_sql_int(k, "SELECT state FROM clock WHERE clock = 2"), CLOCK_LATE);
}

static void a_late_conclusion_has_an_order_and_a_verdict_that_stays(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-06-02T17:31:00+08:00");
    assert_int_equal(times(k, "clock.breached", "close"), 1);
    assert_string_equal(data_text(newest(k, "order.opened", "close"), "order"), "d-2026-0001");
    assert_string_equal(data_text(newest(k, "order.opened", "close"), "limit"), "2026-06-05T17:30:00+08:00");
    assert_non_null(kit_view(k, "unit/market/order/d-2026-0001"));
    assert_true(sentence_has(
        k, "【红】市场监督管理所：办结已于6月2日17:30超时，督办：主要负责人（staff-market-4，替岗staff-market-3）；"));
    kit_at(k, "2026-06-09T17:31:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.warned", "close"), "step"), "listed");
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'violation','round':1}");
    assert_int_equal(times(k, "clock.met", "close"), 0);
    assert_null(kit_view(k, "unit/market/order/d-2026-0001"));
    assert_string_equal(data_text(newest(k, "clock.started", "verify"), "due"), "2026-06-10T17:30:00+08:00");
    kit_event(k, "lead.verified", LEAD, "office-2", "{'pass':true,'round':1}");
    kit_event(k, "lead.closed", LEAD, "office-2", "{'unit':'market','round':1,'finding':'violation'}");
    assert_int_equal(times(k, "clock.met", "verify"), 1);
    assert_int_equal(times(k, "clock.met", "overall"), 1);
    assert_null(kit_view(k, CARD));
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM clock WHERE next IS NOT NULL"), 0);
}

/* ---- others' silence, and our own */

static void a_silent_router_is_an_alarm_and_no_verdict(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_at(k, "2026-05-26T14:00:00+08:00");
    size_t said = kit_said_count(k);
    assert_null(kit_view(k, "alarm/deadline"));
    kit_silence(k, "router", true);
    kit_at(k, "2026-05-26T15:00:00+08:00");
    assert_int_equal(kit_said_count(k), said);
    assert_non_null(strstr(kit_view(k, "alarm/deadline"), "router-silent"));
    kit_silence(k, "router", false);
    kit_later(k, SPAN_S(61));
    assert_int_equal(times(k, "clock.breached", "sign"), 1);
    assert_null(kit_view(k, "alarm/deadline"));
}

static void stopped_for_an_hour_while_units_sign_in_time(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    char lead[24];
    for (int i = 1; i <= 40; i++) {
        snprintf(lead, sizeof lead, "2026-%06d", i);
        dispatch(k, lead);
    }
    kit_at(k, "2026-05-26T14:00:00+08:00");
    kit_silence(k, "router", true); /* nothing reaches us, as when we are down; due at 14:30 */
    kit_at(k, "2026-05-26T15:00:00+08:00");
    kit_crash(k);
    for (int i = 1; i <= 40; i++) {
        snprintf(lead, sizeof lead, "2026-%06d", i);
        kit_event_at(k, "2026-05-26T14:29:59+08:00", "lead.signed", lead, "staff-market-1",
                     "{'unit':'market','deemed':false,'round':1}");
    }
    kit_silence(k, "router", false);
    kit_later(k, SPAN_MIN(5));
    assert_int_equal(times(k, "clock.breached", NULL), 0);
    assert_int_equal(times(k, "clock.met", "sign"), 40);
}

static void after_an_outage_only_the_highest_step_is_shown(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_silence(k, "router", true);
    kit_at(k, "2026-05-26T14:00:00+08:00");
    kit_silence(k, "router", false);
    kit_later(k, SPAN_S(61));
    assert_int_equal(times(k, "clock.warned", "sign"), 1);
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "orange");
    assert_int_equal(times(k, "clock.missed", "sign"), 2);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM step WHERE is_missed = 1"), 2);
}

static void signed_too_late_is_a_breach_also_when_heard_late(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_silence(k, "router", true);
    kit_at(k, "2026-05-26T15:00:00+08:00");
    kit_event_at(k, "2026-05-26T14:30:00.001+08:00", "lead.signed", LEAD, "staff-market-1",
                 "{'unit':'market','deemed':false,'round':1}");
    kit_silence(k, "router", false);
    kit_later(k, SPAN_MIN(5));
    assert_int_equal(times(k, "clock.breached", "sign"), 1);
    assert_int_equal(times(k, "clock.met", "sign"), 0);
    assert_int_equal(times(k, "clock.missed", "sign"), 3);
    assert_int_equal(times(k, "clock.warned", "sign"), 0);
}

/* ---- every state × every event */

static const struct {
    const char *type, *data;
} router_events[] = {
    { "lead.dispatched", "{'unit':'market','severity':'moderate','urgency':'routine','round':1}" },
    { "lead.signed", "{'unit':'market','deemed':false,'round':1}" },
    { "lead.return-asked", "{'unit':'market','round':1}" },
    { "lead.moved", "{'from':'market','to':'health','why':'assign','severity':'minor','round':1,'hop':1}" },
    { "lead.progressed", "{'unit':'market','round':1}" },
    { "lead.extension-asked", "{'unit':'market','days':5,'round':1}" },
    { "lead.extended", "{'unit':'market','grant':true,'days':5,'round':1}" },
    { "lead.extended", "{'unit':'market','grant':false,'round':1}" },
    { "lead.paused", "{'unit':'market','reason_code':'superior','until':'2026-06-20','round':1}" },
    { "lead.resumed", "{'unit':'market','round':1}" },
    { "lead.severity-set", "{'severity':'extreme','from':'moderate'}" },
    { "lead.severity-set", "{'severity':'moderate','from':'moderate','urgency':'money-moving'}" },
    { "lead.moved",
      "{'from':'market','to':'health','why':'assign','severity':'minor','round':1,'hop':1,'urgency':'money-moving'}" },
    { "lead.moved",
      "{'from':'market','to':'market','why':'assign','severity':'minor','round':1,'hop':0,'urgency':'money-moving'}" },
    { "lead.concluded", "{'unit':'market','finding':'hint','round':1}" },
    { "lead.verified", "{'pass':true,'round':1}" },
    { "lead.reopened", "{'unit':'market','round':2,'why':'redo'}" },
    { "lead.closed", "{'unit':'market','round':1,'finding':'hint'}" },
};
enum { ROUTER_EVENTS = sizeof router_events / sizeof *router_events };

static void a_clock_becomes_only_what_the_table_says(void **state)
{
    (void) state;
    static const char *const words[] = { "start", "done", "due", "moot" };
    static const int becomes[][4] = {
        [CLOCK_NONE] = { CLOCK_RUNS, -1, -1, -1 },
        [CLOCK_RUNS] = { -1, CLOCK_MET, CLOCK_BREACHED, CLOCK_ENDED },
        [CLOCK_MET] = { -1, -1, -1, -1 }, /* a verdict: nothing follows */
        [CLOCK_BREACHED] = { -1, CLOCK_LATE, -1, CLOCK_LATE },
        [CLOCK_LATE] = { -1, -1, -1, -1 },
        [CLOCK_ENDED] = { -1, -1, -1, -1 },
    };
    for (int from = CLOCK_NONE; from <= CLOCK_ENDED; from++)
        for (int i = 0; i < 4; i++) {
            int to = -1;
            step_of(deadline_steps, from, words[i], &to);
            assert_int_equal(to, becomes[from][i]);
        }
}

/* What cannot stand in a topic waits for a person: the topic of its card would be none. */
static void what_is_no_part_of_a_topic_is_parked(void **state)
{
    (void) state;
    static char longer[80];
    memset(longer, '1', 65);
    const char *const subjects[] = { longer, "2026-00012X", "2026/000123", "" };
    struct kit *k = begin(TUESDAY);
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        kit_event(k, "lead.dispatched", subjects[i], NULL, dispatch_data("market", "moderate", ""));
        assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM parked"), i + 1);
    }
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("mar ket", "moderate", ""));
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM parked"), 5);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM clock"), 0);
    kit_free(k);
}

/* Every pair: what one event left behind, met by every other, before and after everything is late. No event may be parked, no clock
 * may have two verdicts, and nothing may be left that would never end. */
static void no_event_is_stuck_in_any_state(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    for (int phase = 0; phase < 3; phase++) {
        for (int i = 0; i < ROUTER_EVENTS * ROUTER_EVENTS; i++) {
            char lead[24];
            snprintf(lead, sizeof lead, "2026-%06d", i + 1);
            int which = phase == 0 ? 0 : phase == 1 ? i / ROUTER_EVENTS : i % ROUTER_EVENTS;
            kit_event(k, router_events[which].type, lead, NULL, router_events[which].data);
        }
        if (phase == 1)
            kit_at(k, "2026-06-03T18:00:00+08:00"); /* sign, progress, close are late now, unless paused, held or ended */
    }
    kit_at(k, "2026-08-10T09:00:00+08:00"); /* and overall, and every last step */
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM parked"), 0);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM clock WHERE next IS NOT NULL"), 0);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM clock WHERE state = 1"), 0);
    assert_int_equal(
        kit_sql_int(
            k,
            "SELECT count(*) FROM (SELECT 1 FROM stream WHERE type IN ('clock.met', 'clock.breached')"
            " GROUP BY subject, body ->> '$.data.clock', body ->> '$.data.round', body ->> '$.data.occurrence' HAVING count(*) > 1)"),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_part_of_a_topic_is_parked),
        cmocka_unit_test(a_dispatch_starts_the_clocks_and_shows_the_card),
        cmocka_unit_test(the_ladder_fires_each_step_once_at_its_instant),
        cmocka_unit_test(signed_in_time_is_met_also_at_the_due_instant),
        cmocka_unit_test(unsigned_is_breached_once_and_deemed_signed_after_it),
        cmocka_unit_test(a_late_conclusion_has_an_order_and_a_verdict_that_stays),
        cmocka_unit_test(a_silent_router_is_an_alarm_and_no_verdict),
        cmocka_unit_test(stopped_for_an_hour_while_units_sign_in_time),
        cmocka_unit_test(after_an_outage_only_the_highest_step_is_shown),
        cmocka_unit_test(signed_too_late_is_a_breach_also_when_heard_late),
        cmocka_unit_test(a_clock_becomes_only_what_the_table_says),
        cmocka_unit_test(no_event_is_stuck_in_any_state),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
