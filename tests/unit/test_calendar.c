/* test_calendar.c - working time. The closed form is held against a count minute by minute over ten years, made by a walk that
 * shares nothing with it but the written hours and dates. Dates of festivals are those of the published notices. */
#include "yinling/calendar.h"
#include "yinling/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)
enum { DAY_FIRST = 18262, DAYS = 3653, SAMPLES = 3000 }; /* 2020-01-01, ten years */

struct fixture {
    struct arena *arena;
    const struct calendar *calendars;
    size_t count;
};
static struct fixture all;

static int load(void **state)
{
    own(findings_free) struct findings *f = findings_new();
    all.arena = arena_new(64 * 1024);
    all.calendars = calendars_load(all.arena, "deploy/binhu", NULL, f, &all.count);
    findings_print(f, stderr);
    *state = NULL;
    return findings_errors(f) == 0 && all.count >= 2 ? 0 : -1;
}

static int unload(void **state)
{
    all.arena = arena_free(all.arena);
    *state = NULL;
    return 0;
}

static const struct calendar *named(const char *name)
{
    struct town town = { .calendars = all.calendars, .calendar_count = all.count };
    return calendar_find(&town, text_of(name));
}

static instant_ms at(const char *rfc3339)
{
    instant_ms t;
    assert_true(instant_read(text_of(rfc3339), &t));
    return t;
}

static struct budget of(const char *words)
{
    struct budget b;
    assert_true(budget_read(text_of(words), &b));
    return b;
}

static void is_due(const char *calendar, const char *budget, const char *from, const char *due)
{
    instant_ms got = calendar_due(named(calendar), of(budget), at(from));
    assert_string_equal(instant_text(all.arena, got).at, instant_text(all.arena, at(due)).at);
}

/* xorshift: the same numbers in every run */
static uint64_t next_number(void)
{
    static uint64_t x = 88172645463325252u;
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

static int64_t number_below(int64_t n)
{
    return (int64_t) (next_number() % (uint64_t) n);
}

static instant_ms any_instant(void)
{
    return later(start_of_day(DAY_FIRST), (span_ms){ number_below(INT64_C(3000) * 86400000) });
}

static struct budget any_budget(void)
{
    static const int64_t most[] = { 0, 9000 * MINUTE_MS, 9000 * MINUTE_MS, 40, 90 };
    enum budget_unit unit = (enum budget_unit)(1 + number_below(4));
    return (struct budget){ unit, number_below(most[unit]) };
}

/* --- the slow count --- */

static bool is_open(const struct calendar *c, int64_t day, int minute)
{
    const struct day_plan *plan = &c->week[(day + 4) % 7];
    for (size_t i = 0; i < c->listed_count; i++) {
        if (c->listed[i].day != day)
            continue;
        if (c->listed[i].is_off)
            return false;
        plan = c->make_up.count ? &c->make_up : plan;
    }
    for (int i = 0; i < plan->count; i++)
        if (minute >= plan->at[i].from_min && minute < plan->at[i].to_min)
            return true;
    return false;
}

static unsigned char *open_minutes(const struct calendar *c)
{
    unsigned char *bitmap = calloc(DAYS * 1440, 1);
    assert_non_null(bitmap);
    for (int day = 0; day < DAYS; day++)
        for (int minute = 0; minute < 1440; minute++)
            bitmap[day * 1440 + minute] =
                minute > 0 && minute % 30 ? bitmap[day * 1440 + minute - 1] : is_open(c, DAY_FIRST + day, minute);
    return bitmap;
}

static instant_ms minute_start(int64_t n)
{
    return later(start_of_day(DAY_FIRST), SPAN_MIN(n));
}

/* Somebody else's last hour of 2199 is our 2200. */
static void what_could_not_be_printed_is_not_read(void **state)
{
    (void) state;
    instant_ms t = { 7 };
    assert_false(instant_read(TEXT("2199-12-31T23:59:59-12:00"), &t));
    assert_false(instant_read(TEXT("1970-01-01T00:00:00+14:00"), &t));
    assert_true(t.ms == 7);
    assert_true(instant_read(TEXT("2199-12-31T23:59:59+08:00"), &t));
    assert_true(instant_read(TEXT("1970-01-01T00:00:00+08:00"), &t));
}

static void closed_form_equals_counting_minutes(void **state)
{
    (void) state;
    for (size_t i = 0; i < all.count; i++) {
        const struct calendar *c = &all.calendars[i];
        unsigned char *open = open_minutes(c);
        int64_t counted = 0;
        for (int64_t n = 0; n < DAYS * 1440; n++) {
            if (n % 61 == 0)
                assert_int_equal(calendar_span(c, BUDGET_WORKING_MINUTES, minute_start(0), minute_start(n)).ms,
                                 counted * MINUTE_MS);
            counted += open[n];
            if (open[n] && counted % 59 == 0) {
                struct budget budget = { BUDGET_WORKING_MINUTES, counted * MINUTE_MS };
                assert_int_equal(calendar_due(c, budget, minute_start(0)).ms, minute_start(n + 1).ms);
            }
        }
        free(open);
    }
}

/* From any instant, seconds and all: the first minute and the last may be parts. */
static void closed_form_equals_walking_from_anywhere(void **state)
{
    (void) state;
    const struct calendar *c = named("office");
    unsigned char *open = open_minutes(c);
    for (int i = 0; i < SAMPLES; i++) {
        instant_ms from = any_instant();
        int64_t left = 1 + number_below(3000 * MINUTE_MS), budget = left;
        int64_t n = (from.ms - start_of_day(DAY_FIRST).ms) / MINUTE_MS, done = from.ms - minute_start(n).ms;
        while (!open[n] || left > MINUTE_MS - done) {
            left -= open[n] ? MINUTE_MS - done : 0;
            done = 0;
            n++;
        }
        instant_ms due = later(minute_start(n), (span_ms){ done + left });
        assert_int_equal(calendar_due(c, (struct budget){ BUDGET_WORKING_MINUTES, budget }, from).ms, due.ms);
    }
    free(open);
}

static void working_days_equal_counting_days(void **state)
{
    (void) state;
    for (int i = 0; i < SAMPLES; i++) {
        const struct calendar *c = &all.calendars[number_below((int64_t) all.count)];
        instant_ms from = any_instant();
        int64_t amount = 1 + number_below(60), left = amount, day = day_of(from);
        while (left > 0)
            left -= is_open(c, ++day, 10 * 60);
        int close = 1440;
        while (!is_open(c, day, close - 1))
            close--;
        instant_ms due = later(start_of_day(day), SPAN_MIN(close));
        assert_int_equal(calendar_due(c, (struct budget){ BUDGET_WORKING_DAYS, amount }, from).ms, due.ms);
    }
}

/* --- what the plan's readers expect --- */

static void spring_festivals(void **state)
{
    (void) state;
    static const struct {
        const char *from, *due;
    } five_days[] = {
        { "2022-01-28T10:00:00+08:00", "2022-02-09T17:30:00+08:00" }, /* both days of the weekend before are worked */
        { "2023-01-20T10:00:00+08:00", "2023-02-01T17:30:00+08:00" }, /* both days of the weekend after */
        { "2024-02-02T10:00:00+08:00", "2024-02-08T17:30:00+08:00" }, /* Sunday 4 February */
        { "2024-02-08T10:00:00+08:00", "2024-02-21T17:30:00+08:00" }, /* the eve was no day off; Sunday 18 February */
        { "2025-01-24T10:00:00+08:00", "2025-02-07T17:30:00+08:00" }, /* Sunday 26 January */
        { "2025-02-07T10:00:00+08:00", "2025-02-13T17:30:00+08:00" }, /* Saturday 8 February */
        { "2026-02-12T10:00:00+08:00", "2026-02-26T17:30:00+08:00" }, /* Saturday 14 February, nine days off */
        { "2026-02-27T10:00:00+08:00", "2026-03-05T17:30:00+08:00" }, /* Saturday 28 February */
    };
    for (size_t i = 0; i < sizeof five_days / sizeof *five_days; i++)
        is_due("office", "5 working-days", five_days[i].from, five_days[i].due);
}

static void make_up_days_are_worked(void **state)
{
    (void) state;
    static const char *const days[] = { "2022-01-29", "2022-01-30", "2022-04-02", "2022-04-24", "2022-05-07", "2022-10-08",
                                        "2022-10-09", "2023-01-28", "2023-01-29", "2023-04-23", "2023-05-06", "2023-06-25",
                                        "2023-10-07", "2023-10-08", "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28",
                                        "2024-05-11", "2024-09-14", "2024-09-29", "2024-10-12", "2025-01-26", "2025-02-08",
                                        "2025-04-27", "2025-09-28", "2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28",
                                        "2026-05-09", "2026-09-20", "2026-10-10" };
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        int64_t day;
        assert_true(day_read(text_of(days[i]), &day));
        int weekday = civil_of(start_of_day(day)).weekday;
        assert_true(weekday == 0 || weekday == 6);
        assert_true(calendar_is_workday(named("office"), day));
        assert_false(calendar_is_workday(named("office"), day + 7) && calendar_is_workday(named("office"), day + 14));
    }
}

static void hours_and_ends_of_days(void **state)
{
    (void) state;
    is_due("office", "4 working-hours", "2026-05-26T09:00:00+08:00", "2026-05-26T14:30:00+08:00");
    is_due("office", "210 working-minutes", "2026-05-26T08:30:00+08:00", "2026-05-26T12:00:00+08:00"); /* not 13:30 */
    is_due("office", "4 working-hours", "2026-05-26T16:30:00+08:00", "2026-05-27T11:30:00+08:00");
    is_due("office", "4 working-hours", "2026-05-30T03:00:00+08:00", "2026-06-01T14:00:00+08:00"); /* a Saturday night */
    is_due("always", "4 working-hours", "2026-05-30T23:00:00+08:00", "2026-05-31T03:00:00+08:00");
    is_due("office", "2 working-days", "2026-05-26T23:59:59+08:00", "2026-05-28T17:30:00+08:00");
    is_due("always", "2 working-days", "2026-05-29T10:00:00+08:00", "2026-06-01T00:00:00+08:00"); /* Sunday 24:00 */
    is_due("office", "30 calendar-days", "2026-05-26T10:00:00+08:00", "2026-06-26T00:00:00+08:00");
    is_due("office", "10 calendar-days", "2026-09-25T10:00:00+08:00", "2026-10-09T00:00:00+08:00"); /* ends in the holiday */
    is_due("always", "10 calendar-days", "2026-09-25T10:00:00+08:00", "2026-10-06T00:00:00+08:00"); /* knows no holidays */
    is_due("office", "0 working-minutes", "2026-05-26T20:00:00+08:00",
           "2026-05-26T20:00:00+08:00"); /* never before its start */
    is_due("office", "0 working-days", "2026-05-26T17:30:00+08:00", "2026-05-26T17:30:00+08:00");
    is_due("office", "0 working-days", "2026-05-26T17:30:01+08:00", "2026-05-27T17:30:00+08:00");
    is_due("office", "15 minutes", "2026-10-01T23:50:00+08:00", "2026-10-02T00:05:00+08:00");
}

static void years_without_a_list_are_provisional(void **state)
{
    (void) state;
    const struct calendar *c = named("office");
    assert_int_equal(c->published_from, 2022);
    assert_int_equal(c->published_to, 2026);
    instant_ms december = at("2026-12-30T10:00:00+08:00"), january = at("2027-01-06T17:30:00+08:00");
    assert_true(calendar_is_provisional(c, BUDGET_WORKING_DAYS, december, january));
    assert_false(calendar_is_provisional(c, BUDGET_MINUTES, december, january));
    assert_false(calendar_is_provisional(c, BUDGET_WORKING_DAYS, at("2026-12-01T10:00:00+08:00"), december));
    assert_true(calendar_is_provisional(c, BUDGET_WORKING_DAYS, at("2021-12-31T10:00:00+08:00"), december));
    assert_false(calendar_is_provisional(named("always"), BUDGET_WORKING_DAYS, december, january));
    is_due("office", "5 working-days", "2026-12-30T10:00:00+08:00", "2027-01-06T17:30:00+08:00"); /* by the weekly rule */
}

/* --- laws --- */

static struct run any_run(const struct calendar *c, instant_ms *ret_inside)
{
    struct run run = { any_instant(), any_budget(), number_below(2) * number_below(11) };
    int64_t length = run_due(c, run).ms - run.from.ms;
    *ret_inside = later(run.from, (span_ms){ length > 0 ? number_below(length + 1) : 0 });
    return run;
}

static const struct calendar *any_calendar(void)
{
    return &all.calendars[number_below((int64_t) all.count)];
}

static void a_pause_of_no_length_is_nothing(void **state)
{
    (void) state;
    for (int i = 0; i < SAMPLES; i++) {
        const struct calendar *c = any_calendar();
        instant_ms inside;
        struct run run = any_run(c, &inside);
        assert_int_equal(run_due(c, run_held(c, run, inside, inside)).ms, run_due(c, run).ms);
    }
}

static void a_pause_split_in_two_is_one(void **state)
{
    (void) state;
    for (int i = 0; i < SAMPLES; i++) {
        const struct calendar *c = any_calendar();
        instant_ms from;
        struct run run = any_run(c, &from);
        instant_ms middle = later(from, (span_ms){ number_below(20 * INT64_C(86400000)) });
        instant_ms to = later(middle, (span_ms){ number_below(20 * INT64_C(86400000)) });
        struct run once = run_held(c, run, from, to);
        struct run twice = run_held(c, run_held(c, run, from, middle), middle, to);
        assert_int_equal(run_due(c, once).ms, run_due(c, twice).ms);
        assert_true(run_due(c, once).ms >= to.ms);              /* never born overdue */
        assert_true(run_due(c, once).ms >= run_due(c, run).ms); /* and takes nothing away */
    }
}

static void due_grows_with_the_budget(void **state)
{
    (void) state;
    for (int i = 0; i < SAMPLES; i++) {
        const struct calendar *c = any_calendar();
        instant_ms from = any_instant();
        struct budget small = any_budget(), big = small;
        big.amount += number_below(20);
        assert_true(calendar_due(c, small, from).ms <= calendar_due(c, big, from).ms);
        struct run short_run = { from, small, 1 }, long_run = { from, small, 2 };
        assert_true(run_due(c, short_run).ms <= run_due(c, long_run).ms);
    }
}

static void what_is_left_and_what_is_used_make_the_whole(void **state)
{
    (void) state;
    for (int i = 0; i < SAMPLES; i++) {
        const struct calendar *c = any_calendar();
        struct budget budget = { BUDGET_WORKING_MINUTES, 1 + number_below(9000 * MINUTE_MS) };
        instant_ms from = any_instant(), due = calendar_due(c, budget, from);
        span_ms left = { number_below(budget.amount) };
        instant_ms when = calendar_before(c, budget.unit, due, left);
        assert_int_equal(calendar_used(c, budget.unit, from, when), budget.amount - left.ms);
        assert_int_equal(calendar_span(c, budget.unit, when, due).ms, left.ms);
    }
}

static void an_extension_starts_where_the_limit_ended(void **state)
{
    (void) state;
    struct run run = { at("2026-05-26T10:00:00+08:00"), of("5 working-days"), 10 };
    assert_int_equal(run_due(named("office"), run).ms, calendar_due(named("office"), of("15 working-days"), run.from).ms);
    run = (struct run){ at("2026-05-26T10:00:00+08:00"), of("30 calendar-days"), 1 }; /* Thursday 25 June 24:00 */
    assert_int_equal(run_due(named("office"), run).ms, at("2026-06-26T17:30:00+08:00").ms);
}

static void budgets_are_read_and_said(void **state)
{
    (void) state;
    static const char *const bad[] = { "",        "5",         "working-days",    "-1 working-days",   "5 weeks",
                                       "5  days", "1.5 hours", "5 working-days ", "99999 working-days" };
    struct budget b;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(budget_read(text_of(bad[i]), &b));
    assert_string_equal(budget_said(all.arena, of("4 working-hours")).at, "4个工作小时");
    assert_string_equal(budget_said(all.arena, of("90 working-minutes")).at, "90个工作分钟");
    assert_string_equal(budget_said(all.arena, of("10 minutes")).at, "10分钟");
    assert_string_equal(budget_said(all.arena, of("5 working-days")).at, "5个工作日");
    assert_string_equal(budget_said(all.arena, of("30 calendar-days")).at, "30天");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_and_ends_of_days),
        cmocka_unit_test(what_could_not_be_printed_is_not_read),
        cmocka_unit_test(spring_festivals),
        cmocka_unit_test(make_up_days_are_worked),
        cmocka_unit_test(years_without_a_list_are_provisional),
        cmocka_unit_test(budgets_are_read_and_said),
        cmocka_unit_test(closed_form_equals_counting_minutes),
        cmocka_unit_test(closed_form_equals_walking_from_anywhere),
        cmocka_unit_test(working_days_equal_counting_days),
        cmocka_unit_test(a_pause_of_no_length_is_nothing),
        cmocka_unit_test(a_pause_split_in_two_is_one),
        cmocka_unit_test(due_grows_with_the_budget),
        cmocka_unit_test(what_is_left_and_what_is_used_make_the_whole),
        cmocka_unit_test(an_extension_starts_where_the_limit_ended),
    };
    return cmocka_run_group_tests_name("calendar", tests, load, unload);
}
