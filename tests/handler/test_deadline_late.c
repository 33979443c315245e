/* test_deadline_late.c - what the deadline service does when it is told late that money is moving: of a lead that was placed before its facts
 * could be read, or by a supplement. */
#include "deadline_desk.h"

#define URGENT "'urgency':'money-moving'"
#define FACTS "{'severity':'extreme','from':'moderate'," URGENT "}"

/* A placeholder: the catch-all has it, no rule matched, nothing is known. */
static struct kit *begin_unread(const char *severity)
{
    struct kit *k = begin(TUESDAY);
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("governance", severity, ",'unmatched':true"));
    return k;
}

static void sign_it(struct kit *k, bool is_deemed)
{
    kit_event(k, "lead.signed", LEAD, is_deemed ? NULL : "staff-governance-1",
              is_deemed ? "{'unit':'governance','deemed':true,'round':1}" : "{'unit':'governance','deemed':false,'round':1}");
}

static const char *newest_due(const struct kit *k, const char *clock)
{
    return data_text(newest(k, "clock.started", clock), "due");
}

static int64_t open_clocks(struct kit *k, const char *where)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM clock WHERE state IN (1, 3) AND %s", where);
    return kit_sql_int(k, sql);
}

/* ---- in hand */

static void the_facts_of_a_placeholder_put_it_on_the_fast_ladder(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("moderate");
    assert_string_equal(newest_due(k, "sign"), "2026-05-26T14:30:00+08:00");
    kit_at(k, "2026-05-26T09:30:00+08:00");
    kit_event(k, "lead.severity-set", LEAD, NULL, FACTS);
    assert_string_equal(newest_due(k, "sign"), "2026-05-26T09:40:00+08:00"); /* from when the facts were there */
    assert_string_equal(newest_due(k, "progress"), "2026-05-26T10:30:00+08:00");
    assert_int_equal(times(k, "clock.started", "close"), 1); /* has one ladder only */
    assert_int_equal(times(k, "clock.started", "overall"), 1);
    assert_int_equal(times(k, "clock.met", NULL) + times(k, "clock.breached", NULL), 0);
    assert_int_equal(open_clocks(k, "clock = 2"), 1);
    kit_at(k, "2026-05-26T09:35:01+08:00");
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "orange");
    kit_at(k, "2026-05-26T09:41:00+08:00");
    assert_int_equal(times(k, "clock.breached", "sign"), 1);
    kit_at(k, "2026-05-26T11:01:01+08:00");
    assert_int_equal(times(k, "clock.breached", "progress"), 1);
    assert_string_equal(data_text(newest(k, "clock.warned", "progress"), "step"), "director");
    size_t started = times(k, "clock.started", NULL);
    kit_event(k, "lead.severity-set", LEAD, "office-2", "{'severity':'severe','from':'extreme'," URGENT "}");
    assert_int_equal(times(k, "clock.started", NULL), started); /* told again: nothing begins again */
}

static void who_gets_it_with_its_facts_has_minutes(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("moderate");
    kit_at(k, "2026-05-26T23:30:00+08:00");
    kit_event(k, "lead.moved", LEAD, NULL,
              "{'from':'governance','to':'police','why':'assign','severity':'extreme','round':1,'hop':1," URGENT "}");
    assert_string_equal(newest_due(k, "sign"), "2026-05-26T23:40:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.started", "sign"), "unit"), "police");
    assert_int_equal(times(k, "clock.started", "sign"), 2); /* none on the fast ladder for who had it */
    assert_int_equal(times(k, "clock.started", "overall"), 1);
    assert_int_equal(open_clocks(k, "unit = 'governance' AND clock <> 9"), 0);
    kit_later(k, SPAN_MIN(6));
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "orange"); /* also at night */
}

static void the_facts_may_confirm_the_unit_that_has_it(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("moderate");
    assert_int_equal(open_clocks(k, "clock = 1"), 1);
    kit_event(k, "lead.moved", LEAD, NULL,
              "{'from':'governance','to':'governance','why':'assign','severity':'extreme','round':1,'hop':0," URGENT "}");
    assert_int_equal(open_clocks(k, "clock = 1"), 0);
    assert_string_equal(newest_due(k, "sign"), "2026-05-26T09:10:00+08:00");
    assert_string_equal(newest_due(k, "progress"), "2026-05-26T10:00:00+08:00");
}

static void no_date_becomes_later(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("severe");
    kit_at(k, "2026-05-26T14:29:00+08:00");
    kit_event(k, "lead.severity-set", LEAD, NULL, FACTS);
    assert_string_equal(newest_due(k, "sign"), "2026-05-26T14:30:00+08:00");
    assert_string_equal(newest_due(k, "progress"), "2026-05-26T15:29:00+08:00");
    kit_at(k, "2026-05-26T14:30:00+08:00");
    assert_int_equal(times(k, "clock.breached", NULL), 0); /* exactly due is in time */
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "orange");
    sign_it(k, false);
    assert_int_equal(times(k, "clock.met", "sign"), 1);
    assert_int_equal(times(k, "clock.breached", NULL), 0);
}

/* A step of a clock that has one ladder only waited for the morning, and waits no more. */
static void quiet_hours_hold_nothing_any_more(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("police", "extreme", ""));
    const char *next = "SELECT strftime('%d %H:%M', next / 1000, 'unixepoch', '+8 hours') FROM clock WHERE clock = 6";
    assert_string_equal(kit_sql_text(k, next), "29 07:00"); /* half of what is counted day and night */
    kit_event(k, "lead.severity-set", LEAD, NULL, FACTS);
    assert_string_equal(kit_sql_text(k, next), "29 04:30");
    assert_int_equal(kit_sql_int(k, "SELECT is_money_moving FROM lead"), 1); /* kept, though nothing else of it is another */
    assert_int_equal(times(k, "clock.started", "close"), 1);
}

/* ---- after something was done, or was not */

static void what_is_signed_is_not_to_be_signed_again(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("moderate");
    sign_it(k, false);
    kit_event(k, "lead.severity-set", LEAD, NULL, FACTS);
    assert_int_equal(times(k, "clock.started", "sign"), 1);
    assert_string_equal(newest_due(k, "progress"), "2026-05-26T10:00:00+08:00");
}

static void a_verdict_stands_and_what_repeats_begins_anew(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("severe");
    kit_at(k, "2026-05-29T09:00:00+08:00"); /* sign and progress are overdue, nobody is deemed to have signed yet */
    assert_int_equal(times(k, "clock.breached", "sign"), 1);
    assert_int_equal(times(k, "clock.breached", "progress"), 1);
    kit_event(k, "lead.severity-set", LEAD, NULL, FACTS);
    assert_int_equal(times(k, "clock.started", "sign"), 1);
    assert_string_equal(newest_due(k, "progress"), "2026-05-29T10:00:00+08:00");
    assert_int_equal(kit_sql_int(k, "SELECT state FROM clock WHERE clock = 5 AND occurrence = 1"), CLOCK_LATE);
    sign_it(k, true);
    assert_int_equal(kit_sql_int(k, "SELECT state FROM clock WHERE clock = 2"), CLOCK_LATE);
    assert_int_equal(times(k, "clock.met", "sign"), 0);
    kit_at(k, "2026-05-29T10:01:00+08:00");
    assert_int_equal(times(k, "clock.breached", "progress"), 2);
}

static void a_lead_that_is_done_or_over_begins_fast_when_it_begins_again(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("moderate");
    kit_event(k, "lead.concluded", LEAD, "staff-governance-1", "{'unit':'governance','finding':'unverifiable','round':1}");
    size_t started = times(k, "clock.started", NULL);
    kit_event(k, "lead.severity-set", LEAD, NULL, FACTS);
    assert_int_equal(times(k, "clock.started", NULL), started);
    kit_event(k, "lead.verified", LEAD, "office-2", "{'pass':true,'round':1}");
    kit_event(k, "lead.closed", LEAD, "office-2", "{'unit':'governance','round':1,'finding':'unverifiable'}");
    kit_event(k, "lead.severity-set", LEAD, NULL, FACTS);
    assert_int_equal(times(k, "clock.started", NULL), started);
    kit_event(k, "lead.reopened", LEAD, NULL, "{'unit':'governance','round':2,'why':'supplement'}");
    assert_string_equal(newest_due(k, "sign"), "2026-05-26T09:10:00+08:00");
    assert_string_equal(newest_due(k, "progress"), "2026-05-26T10:00:00+08:00");
}

static void a_sealed_one_is_fast_and_stays_hidden(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("moderate");
    kit_event(
        k, "lead.moved", LEAD, NULL,
        "{'from':'governance','to':'governance','why':'against','severity':'extreme','round':1,'hop':1,'sealed':true," URGENT
        "}");
    assert_string_equal(newest_due(k, "sign"), "2026-05-26T09:10:00+08:00");
    kit_later(k, SPAN_MIN(11));
    assert_int_equal(times(k, "clock.breached", "sign"), 1);
    assert_int_equal(kit_view_count(k, "unit/#"), 0);
}

/* ---- the order of hearing */

static const struct {
    const char *at, *type, *data;
} story[] = {
    { "2026-05-26T09:00:00+08:00", "lead.dispatched",
      "{'unit':'governance','severity':'severe','urgency':'routine','round':1,'unmatched':true}" },
    { "2026-05-26T11:30:00+08:00", "lead.severity-set", FACTS },
    { "2026-05-26T11:37:00+08:00", "lead.moved",
      "{'from':'governance','to':'police','why':'assign','severity':'extreme','round':1,'hop':1," URGENT "}" },
    { "2026-05-26T11:52:00+08:00", "lead.signed", "{'unit':'police','deemed':true,'round':1}" },
    { "2026-05-26T12:00:00+08:00", "lead.progressed", "{'unit':'police','round':1}" },
};
enum { STORY = sizeof story / sizeof *story };

/* Dates, verdicts and recorded steps, without the instant of recording. */
static const char *what_came_of_it(struct kit *k)
{
    return kit_sql_text(
        k,
        "SELECT (SELECT group_concat(line, char(10)) FROM (SELECT round || clock || '/' || occurrence || unit || ' ' || state || ' ' || "
        "started || ' ' || due || ' ' || said || ' ' || ifnull(ended, '-') || ' ' || ifnull(next, '-') AS line FROM clock ORDER BY clock, "
        "occurrence)) || (SELECT group_concat(line, char(10)) FROM (SELECT clock || '/' || occurrence || step AS line FROM step ORDER BY "
        "clock, occurrence, step))");
}

static void heard_at_once_or_hours_later_the_dates_are_the_same(void **state)
{
    (void) state;
    own(kit_free) struct kit *at_once = begin(TUESDAY);
    own(kit_free) struct kit *later_on = begin(TUESDAY);
    kit_silence(later_on, "router", true);
    kit_at(later_on, "2026-05-26T14:00:00+08:00");
    for (size_t i = 0; i < STORY; i++) {
        kit_at(at_once, story[i].at);
        kit_event(at_once, story[i].type, LEAD, NULL, story[i].data);
        kit_event_at(later_on, story[i].at, story[i].type, LEAD, NULL, story[i].data);
    }
    kit_at(at_once, "2026-05-26T14:01:00+08:00");
    kit_silence(later_on, "router", false);
    kit_at(later_on, "2026-05-26T14:01:00+08:00");
    char first[4000];
    snprintf(first, sizeof first, "%s", what_came_of_it(at_once));
    assert_string_equal(first, what_came_of_it(later_on));
    assert_int_equal(times(at_once, "clock.breached", "sign"), 1);
}

/* A ladder of before is not read by the rules of after, whoever asks. */
static void each_clock_is_explained_by_the_ladder_it_was_on(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin_unread("moderate");
    kit_event(k, "lead.severity-set", LEAD, NULL, FACTS);
    const json_t *answer = kit_request(k, "query-due", "office-2", "{'lead':'" LEAD "'}"), *one;
    int slow = 0, fast = 0;
    size_t i;
    json_array_foreach(json_object_get(answer, "clocks"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "clock")), "sign") != 0)
            continue;
        slow += json_integer_value(json_object_get(json_object_get(one, "budget"), "amount")) == 240;
        fast += json_integer_value(json_object_get(json_object_get(one, "budget"), "amount")) == 10;
    }
    assert_int_equal(slow, 1);
    assert_int_equal(fast, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_facts_of_a_placeholder_put_it_on_the_fast_ladder),
        cmocka_unit_test(who_gets_it_with_its_facts_has_minutes),
        cmocka_unit_test(the_facts_may_confirm_the_unit_that_has_it),
        cmocka_unit_test(no_date_becomes_later),
        cmocka_unit_test(quiet_hours_hold_nothing_any_more),
        cmocka_unit_test(what_is_signed_is_not_to_be_signed_again),
        cmocka_unit_test(a_verdict_stands_and_what_repeats_begins_anew),
        cmocka_unit_test(a_lead_that_is_done_or_over_begins_fast_when_it_begins_again),
        cmocka_unit_test(a_sealed_one_is_fast_and_stays_hidden),
        cmocka_unit_test(heard_at_once_or_hours_later_the_dates_are_the_same),
        cmocka_unit_test(each_clock_is_explained_by_the_ladder_it_was_on),
    };
    return cmocka_run_group_tests_name("deadline late", tests, NULL, NULL);
}
