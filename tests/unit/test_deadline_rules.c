/* test_deadline_rules.c - the arithmetic of one clock on the shipped town: when steps come, what pauses, extensions and caps do. */
#include "services/deadline/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct town *town;
static struct arena *arena;

static int load(void **state)
{
    (void) state;
    own(findings_free) struct findings *f = findings_new();
    town = town_load("deploy/binhu", f);
    arena = arena_new(64 * 1024);
    if (!town)
        findings_print(f, stderr);
    return town ? 0 : -1;
}

static int unload(void **state)
{
    (void) state;
    town_free(town);
    arena = arena_free(arena);
    return 0;
}

static instant_ms at(const char *rfc3339)
{
    instant_ms t;
    assert_true(instant_read(text_of(rfc3339), &t));
    return t;
}

static void is_at(instant_ms got, const char *wanted)
{
    assert_string_equal(is_never(got) ? "never" : instant_text(arena, got).at, wanted);
}

struct fixture {
    struct measure m;
    struct clock c;
};

/* 2026-05-26 was a Tuesday, 09:00 half an hour after opening. */
static struct fixture started(enum clock_kind kind, const char *unit, bool is_money_moving, const char *from)
{
    struct fixture f = { .c = { .kind = kind, .round = 1, .occurrence = 1, .unit = text_of(unit) } };
    f.c.is_money_moving = is_money_moving;
    f.m = rules_measure(town, town, &f.c);
    rules_start(&f.m, &f.c, at(from), -1);
    return f;
}

static void steps_come_by_what_is_left(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_SIGN, "market", false, "2026-05-26T09:00:00+08:00");
    is_at(f.c.due, "2026-05-26T14:30:00+08:00");
    is_at(rules_step_at(&f.m, &f.c, 0), "2026-05-26T11:00:00+08:00"); /* two of four hours left */
    is_at(rules_step_at(&f.m, &f.c, 1), "2026-05-26T11:48:00+08:00"); /* 72 minutes left */
    is_at(rules_step_at(&f.m, &f.c, 2), "2026-05-26T13:54:00+08:00"); /* 36 minutes left, noon does not count */
    is_at(rules_step_at(&f.m, &f.c, 3), "2026-05-26T14:30:00+08:00");
    is_at(f.c.next, "2026-05-26T11:00:00+08:00");
    f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    is_at(f.c.due, "2026-06-02T17:30:00+08:00");
    is_at(rules_step_at(&f.m, &f.c, 4), "2026-06-09T17:30:00+08:00"); /* five working days late */
    f = started(CLOCK_CLOSE, "police", false, "2026-05-26T09:00:00+08:00");
    is_at(f.c.due, "2026-06-01T00:00:00+08:00"); /* 7 × 24 */
}

static void each_step_is_taken_once(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_SIGN, "market", false, "2026-05-26T09:00:00+08:00");
    assert_int_equal(rules_take(&f.m, &f.c, at("2026-05-26T11:00:00+08:00")), 0);
    assert_int_equal(f.c.position, 0); /* not at its instant: after it */
    assert_int_equal(rules_take(&f.m, &f.c, at("2026-05-26T11:00:00.001+08:00")), 0);
    assert_int_equal(f.c.position, 1);
    is_at(f.c.next, "2026-05-26T11:48:00+08:00");
    assert_int_equal(rules_take(&f.m, &f.c, at("2026-05-26T14:30:00.001+08:00")), 1); /* three at once, after an outage */
    assert_int_equal(f.c.position, 4);
    assert_int_equal(rules_colour(&f.m, &f.c), COLOUR_RED);
    is_at(f.c.next, "never");
    assert_int_equal(rules_take(&f.m, &f.c, at("2026-05-27T14:30:00+08:00")), 4);
}

static void an_act_at_the_due_instant_is_in_time(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_SIGN, "market", false, "2026-05-26T09:00:00+08:00");
    assert_true(rules_is_in_time(&f.c, f.c.due));
    assert_false(rules_is_in_time(&f.c, later(f.c.due, (span_ms){ 1 })));
}

static void a_pause_freezes_the_rest_and_no_step_comes_in_it(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    struct clock before = f.c;
    rules_pause(&f.m, &f.c, at("2026-05-28T10:00:00+08:00"), at("2026-05-28T10:00:00+08:00"));
    assert_memory_equal(&f.c, &before, sizeof before); /* no length: nothing */
    rules_pause(&f.m, &f.c, at("2026-05-28T10:00:00+08:00"), at("2026-06-08T00:00:00+08:00"));
    is_at(f.c.due, "2026-06-11T17:30:00+08:00"); /* 2 of 5 days used; the day it goes on does not count */
    assert_true(rules_is_paused(&f.c, at("2026-06-07T23:59:59+08:00")));
    struct fixture nearly = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    rules_pause(&nearly.m, &nearly.c, at("2026-06-02T10:00:00+08:00"), at("2026-06-08T00:00:00+08:00"));
    is_at(nearly.c.due, "2026-06-08T17:30:00+08:00");  /* its last day: the day it goes on is that day */
    is_at(nearly.c.next, "2026-06-08T07:00:00+08:00"); /* half of it was over long ago; not before it goes on, nor at night */
    rules_resume(&f.m, &f.c, at("2026-06-03T10:00:00+08:00"));
    is_at(f.c.due, "2026-06-08T17:30:00+08:00");
    assert_false(rules_is_paused(&f.c, at("2026-06-03T10:00:00+08:00")));
}

static void a_pause_ends_at_its_caps(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    instant_ms from = at("2026-05-27T10:00:00+08:00");
    is_at(rules_pause_end(&f.m, from, at("2026-06-01T00:00:00+08:00"), 0), "2026-06-01T00:00:00+08:00");
    is_at(rules_pause_end(&f.m, from, NEVER, 0), "2026-06-10T17:30:00+08:00");  /* ten working days */
    is_at(rules_pause_end(&f.m, from, NEVER, 18), "2026-05-29T17:30:00+08:00"); /* two of twenty are left */
    is_at(rules_pause_end(&f.m, from, NEVER, 20), "2026-05-27T10:00:00+08:00");
    is_at(rules_pause_end(&f.m, from, at("2026-05-01T00:00:00+08:00"), 0), "2026-05-27T10:00:00+08:00");
}

static void an_extension_is_a_new_occurrence(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    rules_take(&f.m, &f.c, at("2026-06-02T17:00:00+08:00"));
    assert_int_equal(f.c.position, 3);
    rules_extend(&f.m, &f.c, at("2026-06-02T17:00:00+08:00"), 10);
    is_at(f.c.due, "2026-06-16T17:30:00+08:00");
    is_at(f.c.first_due, "2026-06-02T17:30:00+08:00");
    assert_int_equal(f.c.occurrence, 2);
    assert_int_equal(f.c.position, 0); /* 75 of 119.5 hours are left: green again, and every step to come is news */
    assert_int_equal(f.c.said, 0);
}

static void an_undecided_request_holds_only_punitive_steps(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    instant_ms orange = rules_step_at(&f.m, &f.c, 2);
    rules_hold(&f.m, &f.c, at("2026-06-02T16:00:00+08:00"));
    is_at(rules_step_at(&f.m, &f.c, 2), instant_text(arena, orange).at);
    is_at(rules_step_at(&f.m, &f.c, 3), "2026-06-03T17:30:00+08:00"); /* one working day, then it counts as refused */
    is_at(f.c.due, "2026-06-02T17:30:00+08:00");                      /* the clock runs on */
    rules_unhold(&f.m, &f.c, at("2026-06-02T17:00:00+08:00"));
    is_at(rules_step_at(&f.m, &f.c, 3), "2026-06-02T17:30:00+08:00");
    f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    rules_hold(&f.m, &f.c, f.c.due); /* not strictly before due */
    assert_int_equal(f.c.hold.ms, 0);
}

static void a_new_owner_gets_what_overall_leaves_but_not_under_the_floor(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    f.m.cap = at("2026-05-29T17:30:00+08:00");
    rules_start(&f.m, &f.c, at("2026-05-26T09:00:00+08:00"), -1);
    is_at(f.c.due, "2026-05-29T17:30:00+08:00");
    f.m.cap = at("2026-05-20T17:30:00+08:00"); /* overall is long over */
    rules_start(&f.m, &f.c, at("2026-05-26T09:00:00+08:00"), -1);
    is_at(f.c.due, "2026-05-27T17:30:00+08:00");
}

static void quiet_hours_hold_reminders_never_the_verdict(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_SIGN, "police", false, "2026-05-26T20:30:00+08:00");
    is_at(f.c.due, "2026-05-27T00:30:00+08:00");
    is_at(rules_step_at(&f.m, &f.c, 0), "2026-05-27T07:00:00+08:00");
    is_at(rules_step_at(&f.m, &f.c, 3), "2026-05-27T00:30:00+08:00");
    rules_take(&f.m, &f.c, at("2026-05-27T00:30:00.001+08:00"));
    assert_int_equal(f.c.position, 4); /* what was held is behind it */
    is_at(f.c.next, "never");
    f = started(CLOCK_SIGN, "police", true, "2026-05-26T23:30:00+08:00"); /* the lane of minutes knows no night */
    is_at(f.c.due, "2026-05-26T23:40:00+08:00");
    is_at(f.c.next, "2026-05-26T23:35:00+08:00");
}

static void a_superiors_date_is_met_a_margin_before(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    int64_t by;
    f.c.kind = CLOCK_REPORT_UP;
    f.m = rules_measure(town, town, &f.c);
    assert_true(day_read(TEXT("2026-06-22"), &by)); /* a Monday after the Dragon Boat holiday */
    rules_start(&f.m, &f.c, at("2026-05-26T09:00:00+08:00"), by);
    is_at(f.c.due, "2026-06-18T17:30:00+08:00");
    assert_true(day_read(TEXT("2026-05-20"), &by)); /* already past: the floor */
    rules_start(&f.m, &f.c, at("2026-05-26T09:00:00+08:00"), by);
    is_at(f.c.due, "2026-05-27T17:30:00+08:00");
}

static void recomputing_twice_is_recomputing_once(void **state)
{
    (void) state;
    struct fixture f = started(CLOCK_CLOSE, "market", false, "2026-05-26T09:00:00+08:00");
    struct calendar corrected = *f.m.calendar; /* Wednesday is free from now on */
    corrected.week[3] = (struct day_plan){ 0 };
    calendar_sum_week(&corrected);
    corrected.has_list = false;
    corrected.listed_count = 0;
    f.m.calendar = &corrected;
    rules_recompute(&f.m, &f.c, at("2026-05-26T10:00:00+08:00"));
    is_at(f.c.due, "2026-06-04T17:30:00+08:00");
    struct clock once = f.c;
    rules_recompute(&f.m, &f.c, at("2026-05-26T10:00:00+08:00"));
    assert_memory_equal(&f.c, &once, sizeof once);
    f.m = rules_measure(town, town, &f.c); /* corrected back when that date is past */
    rules_recompute(&f.m, &f.c, at("2026-06-03T10:00:00+08:00"));
    is_at(f.c.due, "2026-06-04T17:30:00+08:00"); /* one working day from now, never in the past */
}

static void severities_decide_who_reports_progress(void **state)
{
    (void) state;
    struct lead lead = { .unit = TEXT("market"), .severity = SEVERITY_MODERATE };
    assert_false(rules_is_wanted(town, &lead, CLOCK_PROGRESS));
    assert_true(rules_is_wanted(town, &lead, CLOCK_CLOSE));
    lead.severity = SEVERITY_EXTREME;
    assert_true(rules_is_wanted(town, &lead, CLOCK_PROGRESS));
    assert_true(text_is(rules_holder(town, &lead, CLOCK_VERIFY), town->catch_all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_come_by_what_is_left),
        cmocka_unit_test(each_step_is_taken_once),
        cmocka_unit_test(an_act_at_the_due_instant_is_in_time),
        cmocka_unit_test(a_pause_freezes_the_rest_and_no_step_comes_in_it),
        cmocka_unit_test(a_pause_ends_at_its_caps),
        cmocka_unit_test(an_extension_is_a_new_occurrence),
        cmocka_unit_test(an_undecided_request_holds_only_punitive_steps),
        cmocka_unit_test(a_new_owner_gets_what_overall_leaves_but_not_under_the_floor),
        cmocka_unit_test(quiet_hours_hold_reminders_never_the_verdict),
        cmocka_unit_test(a_superiors_date_is_met_a_margin_before),
        cmocka_unit_test(recomputing_twice_is_recomputing_once),
        cmocka_unit_test(severities_decide_who_reports_progress),
    };
    return cmocka_run_group_tests_name("deadline rules", tests, load, unload);
}
