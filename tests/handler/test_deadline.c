/* test_deadline.c - the deadline service on the real runtime: what it says and shows as a lead lives, is late, or we are. */
#include "kit/kit.h"

int service_main_of_test(int argc, char **argv);
#define main service_main_of_test
#include "services/deadline/deadline.c"
#undef main

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "kit/folder.h"

#define LEAD "2026-000123"
#define CARD "unit/market/due/" LEAD
#define TUESDAY "2026-05-26T09:00:00+08:00" /* an ordinary working week */

static struct kit *begin(const char *now)
{
    return kit_new(&deadline, "deploy/binhu", now);
}

static const char *dispatch_data(const char *unit, const char *severity, const char *more)
{
    static char data[512];
    snprintf(data, sizeof data,
             "{'unit':'%s','assist':[],'severity':'%s','urgency':'routine','category':'other','channel':'hotline','rule':'r',"
             "'unmatched':false,'sealed':false,'round':1,'groups':[],'named':false%s}",
             unit, severity, more);
    return data;
}

static void dispatch(struct kit *k, const char *lead)
{
    kit_event(k, "lead.dispatched", lead, NULL, dispatch_data("market", "moderate", ""));
}

static const char *data_text(const json_t *event, const char *field)
{
    const char *text = json_string_value(json_object_get(json_object_get(event, "data"), field));
    return text ? text : "";
}

/* How many events of this type about this clock, and the newest of them. */
static size_t times(const struct kit *k, const char *type, const char *clock)
{
    size_t n = 0;
    for (size_t i = 0; i < kit_said_count(k); i++) {
        const json_t *event = kit_said(k, i);
        n += strcmp(json_string_value(json_object_get(event, "type")), type) == 0 &&
             (!clock || strcmp(data_text(event, "clock"), clock) == 0);
    }
    return n;
}

static const json_t *newest(const struct kit *k, const char *type, const char *clock)
{
    for (size_t i = kit_said_count(k); i-- > 0;) {
        const json_t *event = kit_said(k, i);
        if (strcmp(json_string_value(json_object_get(event, "type")), type) == 0 &&
            strcmp(data_text(event, "clock"), clock) == 0)
            return event;
    }
    return NULL;
}

static const json_t *on_card(struct kit *k, const char *topic, const char *clock)
{
    const json_t *card = kit_view_json(k, topic), *one;
    size_t i;
    json_array_foreach(json_object_get(card, "clocks"), i,
                       one) if (strcmp(json_string_value(json_object_get(one, "clock")), clock) == 0) return one;
    return NULL;
}

static const char *card_text(struct kit *k, const char *clock, const char *field)
{
    const char *text = json_string_value(json_object_get(on_card(k, CARD, clock), field));
    return text ? text : "";
}

static bool sentence_has(struct kit *k, const char *words)
{
    const json_t *card = kit_view_json(k, CARD);
    return card && strstr(json_string_value(json_object_get(card, "sentence")), words);
}

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

/* ---- owners, rounds, pauses, extensions */

static void a_new_owner_has_new_clocks_under_the_same_overall(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_at(k, "2026-05-27T09:00:00+08:00");
    kit_event(k, "lead.moved", LEAD, "office-2",
              "{'from':'market','to':'police','why':'assign','severity':'severe','round':1,'hop':1}");
    assert_null(kit_view(k, CARD));
    const char *card = "unit/police/due/" LEAD;
    assert_non_null(kit_view(k, card));
    assert_int_equal(times(k, "clock.started", "overall"), 1);
    assert_int_equal(times(k, "clock.started", "close"), 2);
    assert_string_equal(data_text(newest(k, "clock.started", "sign"), "due"), "2026-05-27T13:00:00+08:00"); /* 7 × 24 */
    assert_string_equal(data_text(newest(k, "clock.started", "sign"), "unit"), "police");
    assert_non_null(on_card(k, card, "progress")); /* severe */
    assert_int_equal(times(k, "clock.met", NULL), 0);
    assert_int_equal(times(k, "clock.breached", "close"), 0);
}

static void a_redo_is_a_shorter_round_and_leaves_the_verdict(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'hint','round':1}");
    assert_int_equal(times(k, "clock.met", "close"), 1);
    assert_int_equal(times(k, "clock.met", "sign"), 1); /* who answers has taken it */
    kit_event(k, "lead.verified", LEAD, "office-2", "{'pass':false,'round':1,'redo_reason':'不清楚'}");
    kit_event(k, "lead.reopened", LEAD, "office-2", "{'unit':'market','round':2,'why':'redo'}");
    assert_string_equal(data_text(newest(k, "clock.started", "close"), "due"), "2026-05-29T17:30:00+08:00");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(newest(k, "clock.started", "close"), "data"), "round")),
                     2);
    assert_int_equal(times(k, "clock.started", "overall"), 1);
    kit_event(k, "lead.closed", LEAD, "office-2", "{'unit':'market','round':2,'finding':'hint'}");
    kit_at(k, "2026-05-27T09:00:00+08:00");
    kit_event(k, "lead.reopened", LEAD, NULL, "{'unit':'market','round':3,'why':'supplement'}");
    assert_int_equal(times(k, "clock.started", "overall"), 2); /* the first has its verdict */
    assert_non_null(kit_view(k, CARD));
}

static void a_pause_moves_close_and_nothing_else(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-05-28T10:00:00+08:00");
    size_t warned = times(k, "clock.warned", "close");
    kit_event(k, "lead.paused", LEAD, "office-2",
              "{'unit':'market','reason_code':'expert-test','until':'2026-06-08','round':1}");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "due"), "2026-06-11T17:30:00+08:00");
    assert_int_equal(times(k, "clock.recomputed", NULL), 1);
    assert_true(sentence_has(k, "应于6月11日17:30前办结（已中止，6月8日00:00起继续计时）"));
    kit_at(k, "2026-06-03T10:00:00+08:00");
    assert_int_equal(times(k, "clock.warned", "close"), warned); /* nothing while it stands still */
    kit_event(k, "lead.resumed", LEAD, "staff-market-1", "{'unit':'market','round':1}");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "due"), "2026-06-08T17:30:00+08:00");
    kit_at(k, "2026-06-08T17:29:00+08:00");
    assert_int_equal(times(k, "clock.breached", "close"), 0);
    kit_later(k, SPAN_MIN(2));
    assert_int_equal(times(k, "clock.breached", "close"), 1);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM pause"), 1);
}

static void an_undecided_extension_holds_the_verdict_one_day(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-06-02T16:00:00+08:00");
    kit_event(k, "lead.extension-asked", LEAD, "staff-market-1", "{'unit':'market','days':5,'round':1}");
    kit_at(k, "2026-06-03T17:29:00+08:00");
    assert_int_equal(times(k, "clock.breached", "close"), 0);
    kit_later(k, SPAN_MIN(2));
    assert_int_equal(times(k, "clock.breached", "close"), 1);
    kit_event(k, "lead.extended", LEAD, "office-2",
              "{'unit':'market','grant':true,'days':5,'round':1}"); /* too late: it stands */
    assert_int_equal(times(k, "clock.recomputed", NULL), 0);
}

static void a_granted_extension_keeps_both_dates(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-06-02T16:00:00+08:00");
    kit_event(k, "lead.extension-asked", LEAD, "staff-market-1", "{'unit':'market','days':5,'round':1}");
    kit_at(k, "2026-06-03T10:00:00+08:00"); /* past the first date, which nobody judged */
    kit_event(k, "lead.extended", LEAD, "office-2", "{'unit':'market','grant':true,'days':5,'round':1}");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "was"), "2026-06-02T17:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "due"), "2026-06-09T17:30:00+08:00");
    assert_true(sentence_has(k, "应于6月9日17:30前办结（已延期，原定6月2日17:30）"));
    kit_at(k, "2026-06-09T17:30:00+08:00");
    assert_int_equal(times(k, "clock.breached", "close"), 0);
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'hint','round':1}");
    assert_int_equal(times(k, "clock.met", "close"), 1);
}

static void progress_repeats_until_the_conclusion(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("market", "extreme", ""));
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-05-27T09:00:00+08:00");
    kit_event(k, "lead.progressed", LEAD, "staff-market-1", "{'unit':'market','round':1}");
    assert_int_equal(times(k, "clock.met", "progress"), 1);
    assert_string_equal(data_text(newest(k, "clock.started", "progress"), "due"), "2026-05-29T17:30:00+08:00");
    kit_event(k, "lead.severity-set", LEAD, "office-2", "{'severity':'minor','from':'extreme'}");
    assert_null(on_card(k, CARD, "progress"));
    kit_event(k, "lead.severity-set", LEAD, "office-2", "{'severity':'severe','from':'minor'}");
    assert_non_null(on_card(k, CARD, "progress"));
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'hint','round':1}");
    assert_null(on_card(k, CARD, "progress"));
}

static void moving_money_is_a_matter_of_minutes_also_at_night(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin("2026-05-26T23:30:00+08:00");
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("police", "extreme", ",'urgency':'money-moving'"));
    kit_later(k, SPAN_MIN(6));
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "orange");
    kit_later(k, SPAN_MIN(5));
    assert_int_equal(times(k, "clock.breached", "sign"), 1);
}

/* ---- a new edition of the configuration */

static void edit(const struct folder *folder, const char *file, const char *old, const char *with)
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct text path = arena_printf(arena, "%s/%s", folder->path, file);
    struct text bytes = folder_read(arena, path.at);
    const char *found = strstr(bytes.at, old);
    assert_non_null(found);
    folder_write(folder, file, arena_printf(arena, "%.*s%s%s", (int) (found - bytes.at), bytes.at, with, found + strlen(old)));
}

static void a_corrected_calendar_corrects_open_clocks_once(void **state)
{
    (void) state;
    struct folder folder = folder_new();
    own(kit_free) struct kit *k = kit_new(&deadline, folder.path, TUESDAY);
    dispatch(k, LEAD);
    edit(&folder, "calendar.csv", "2026-06-19,off,", "2026-05-29,off,试,2026,更正\n2026-06-19,off,");
    kit_later(k, SPAN_MIN(2));
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "due"), "2026-06-03T17:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "was"), "2026-06-02T17:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "overall"), "due"), "2026-07-02T17:30:00+08:00");
    assert_int_equal(times(k, "clock.recomputed", NULL), 2);
    assert_true(sentence_has(k, "应于6月3日17:30前办结"));
    size_t said = kit_said_count(k);
    kit_crash(k);
    kit_later(k, SPAN_MIN(2));
    assert_int_equal(kit_said_count(k), said);
    folder_end(&folder);
}

static void a_new_policy_touches_new_rounds_only(void **state)
{
    (void) state;
    struct folder folder = folder_new();
    own(kit_free) struct kit *k = kit_new(&deadline, folder.path, TUESDAY);
    dispatch(k, LEAD);
    edit(&folder, "deadlines.yaml", "{budget: 5 working-days, redo: 3", "{budget: 4 working-days, redo: 2");
    kit_later(k, SPAN_MIN(2));
    assert_int_equal(times(k, "clock.recomputed", NULL), 0);
    dispatch(k, "2026-000124");
    assert_string_equal(data_text(newest(k, "clock.started", "close"), "due"), "2026-06-01T17:30:00+08:00");
    assert_string_equal(card_text(k, "close", "due"), "2026-06-02T17:30:00+08:00");
    kit_event(k, "lead.moved", LEAD, "office-2",
              "{'from':'market','to':'health','why':'assign','severity':'minor','round':1,'hop':1}");
    assert_string_equal(data_text(newest(k, "clock.started", "close"), "due"),
                        "2026-06-02T17:30:00+08:00"); /* the same round */
    kit_event(k, "lead.moved", LEAD, "office-2",
              "{'from':'health','to':'market','why':'assign','severity':'minor','round':1,'hop':2}");
    kit_event(k, "lead.reopened", LEAD, NULL, "{'unit':'market','round':2,'why':'redo'}");
    assert_string_equal(card_text(k, "close", "due"), "2026-06-02T17:30:00+08:00"); /* it runs already */
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'hint','round':2}");
    kit_event(k, "lead.reopened", LEAD, NULL, "{'unit':'market','round':3,'why':'redo'}");
    assert_string_equal(card_text(k, "close", "due"), "2026-05-28T17:30:00+08:00");
    folder_end(&folder);
}

/* ---- who may see */

static const json_t *ask(struct kit *k, const char *account, const char *lead)
{
    char body[64];
    snprintf(body, sizeof body, "{'lead':'%s'}", lead);
    return kit_request(k, "query-due", account, body);
}

static bool is_refused(const json_t *answer, const char *code)
{
    return json_is_false(json_object_get(answer, "ok")) &&
           strcmp(json_string_value(json_object_get(json_object_get(answer, "error"), "code")), code) == 0;
}

static void a_due_instant_explains_itself(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    const json_t *answer = ask(k, "staff-market-1", LEAD), *clocks = json_object_get(answer, "clocks"),
                 *sign = json_array_get(clocks, 0);
    assert_true(json_is_true(json_object_get(answer, "ok")));
    assert_int_equal(json_array_size(clocks), 4);
    assert_string_equal(json_string_value(json_object_get(sign, "clock")), "sign");
    assert_string_equal(json_string_value(json_object_get(sign, "due")), "2026-05-26T14:30:00+08:00");
    assert_string_equal(
        json_string_value(json_object_get(sign, "sentence")),
        "市场监督管理所签收：自5月26日09:00起，按“office”日历限4个工作小时，截至5月26日14:30；计时中，现为绿色。");
    assert_int_equal(json_string_length(json_object_get(sign, "policy_edition")), 64);
    assert_int_equal(json_string_length(json_object_get(json_object_get(sign, "calendar"), "edition")), CALENDAR_EDITION_LEN);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(sign, "budget"), "amount")), 240);
    assert_false(json_boolean_value(json_object_get(sign, "provisional")));
}

static void only_the_unit_and_the_office_may_ask(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    assert_true(json_is_true(json_object_get(ask(k, "office-2", LEAD), "ok")));
    assert_true(is_refused(ask(k, "staff-police-1", LEAD), "no-such"));
    assert_true(is_refused(ask(k, "staff-market-1", "2026-000999"), "no-such"));
    assert_true(is_refused(kit_request(k, "query-due", "office-2", "{}"), "missing"));
    assert_true(is_refused(kit_request(k, "query-due", "office-2", "{'lead':'2026-000123','x':1}"), "unknown-field"));
}

static void a_sealed_lead_is_on_no_unit_and_only_the_director_may_ask(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("market", "extreme", ",'sealed':true"));
    kit_at(k, "2026-05-29T17:31:00+08:00");
    assert_true(times(k, "order.opened", NULL) > 0);
    assert_int_equal(kit_view_count(k, "unit/#"), 0);
    assert_true(is_refused(ask(k, "office-2", LEAD), "no-such"));
    assert_true(is_refused(ask(k, "staff-market-4", LEAD), "no-such"));
    assert_true(json_is_true(json_object_get(ask(k, "office-1", LEAD), "ok")));
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
        cmocka_unit_test(a_dispatch_starts_the_clocks_and_shows_the_card),
        cmocka_unit_test(the_ladder_fires_each_step_once_at_its_instant),
        cmocka_unit_test(signed_in_time_is_met_also_at_the_due_instant),
        cmocka_unit_test(unsigned_is_breached_once_and_deemed_signed_after_it),
        cmocka_unit_test(a_late_conclusion_has_an_order_and_a_verdict_that_stays),
        cmocka_unit_test(a_silent_router_is_an_alarm_and_no_verdict),
        cmocka_unit_test(stopped_for_an_hour_while_units_sign_in_time),
        cmocka_unit_test(after_an_outage_only_the_highest_step_is_shown),
        cmocka_unit_test(signed_too_late_is_a_breach_also_when_heard_late),
        cmocka_unit_test(a_new_owner_has_new_clocks_under_the_same_overall),
        cmocka_unit_test(a_redo_is_a_shorter_round_and_leaves_the_verdict),
        cmocka_unit_test(a_pause_moves_close_and_nothing_else),
        cmocka_unit_test(an_undecided_extension_holds_the_verdict_one_day),
        cmocka_unit_test(a_granted_extension_keeps_both_dates),
        cmocka_unit_test(progress_repeats_until_the_conclusion),
        cmocka_unit_test(moving_money_is_a_matter_of_minutes_also_at_night),
        cmocka_unit_test(a_corrected_calendar_corrects_open_clocks_once),
        cmocka_unit_test(a_new_policy_touches_new_rounds_only),
        cmocka_unit_test(a_due_instant_explains_itself),
        cmocka_unit_test(only_the_unit_and_the_office_may_ask),
        cmocka_unit_test(a_sealed_lead_is_on_no_unit_and_only_the_director_may_ask),
        cmocka_unit_test(a_clock_becomes_only_what_the_table_says),
        cmocka_unit_test(no_event_is_stuck_in_any_state),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
