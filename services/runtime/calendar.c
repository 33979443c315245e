/* calendar.c - the arithmetic of working time. See yinling/calendar.h; reading the file is calendars.c.
 *
 * One idea carries everything: a count from a fixed day is whole weeks × the week's sum + the begun week + what the listed days
 * add. `rule` says which count: open milliseconds or working days. Both grow with time, so "when has it grown by n" is a search
 * on days that costs the logarithm of how far away it is. */
#include "yinling/calendar.h"
#include "yinling/town.h"

#include <assert.h>
#include <inttypes.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS INT64_C(86400000)
#define DAY_LAST INT64_C(84005) /* 2199-12-31, as far as dates are read */
enum { WEEKDAY_OF_DAY_0 = 4 };  /* 1970-01-01 was a Thursday */

enum count { OPEN_MS, WORKDAYS };

const struct choice budget_unit_words[] = {
    { "minutes", BUDGET_MINUTES },
    { "working-minutes", BUDGET_WORKING_MINUTES },
    { "working-days", BUDGET_WORKING_DAYS },
    { "calendar-days", BUDGET_CALENDAR_DAYS },
    { NULL, 0 },
};

static bool is_in_days(enum budget_unit unit)
{
    return unit == BUDGET_WORKING_DAYS || unit == BUDGET_CALENDAR_DAYS;
}

static int64_t at_least_0(int64_t n)
{
    return n > 0 ? n : 0;
}

/* The first listed day not before `day`; listed_count when there is none. */
static size_t listed_from(const struct calendar *c, int64_t day)
{
    size_t low = 0, high = c->listed_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->listed[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct listed_day *listed_on(const struct calendar *c, int64_t day)
{
    size_t i = listed_from(c, day);
    return i < c->listed_count && c->listed[i].day == day ? &c->listed[i] : NULL;
}

static const struct day_plan *plan_of(const struct calendar *c, int64_t day)
{
    static const struct day_plan closed;
    const struct listed_day *listed = listed_on(c, day);
    const struct day_plan *weekly = &c->week[(day + WEEKDAY_OF_DAY_0) % 7];
    if (listed && listed->is_off)
        return &closed;
    return listed && listed->is_work && c->make_up.count ? &c->make_up : weekly;
}

static int64_t counted(struct working_time t, enum count count)
{
    return count == OPEN_MS ? t.open_ms : t.workdays;
}

/* The count over all days before `day`, from 1970 on. */
static int64_t before_day(const struct calendar *c, enum count count, int64_t day)
{
    assert(day >= 0);
    size_t listed = listed_from(c, day);
    int64_t more = listed > 0 ? counted(c->listed[listed - 1].more, count) : 0;
    return day / 7 * counted(c->begun[7], count) + counted(c->begun[day % 7], count) + more;
}

/* The day on which the count reaches `target`: the first from `from_day` on whose end has it. -1 when no day does. Most are near, so
 * they are looked for in strides that double. */
static int64_t day_reaching(const struct calendar *c, enum count count, int64_t target, int64_t from_day)
{
    int64_t low = from_day, high = from_day;
    for (int64_t stride = 1; before_day(c, count, high + 1) < target; stride *= 2) {
        if (high >= DAY_LAST - 1)
            return -1;
        low = high + 1;
        high = high + stride < DAY_LAST - 1 ? high + stride : DAY_LAST - 1;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (before_day(c, count, middle + 1) < target)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A day before which the count has not reached `target`, from `day` backwards; 0 when there is none. */
static int64_t day_not_reaching(const struct calendar *c, enum count count, int64_t target, int64_t day)
{
    for (int64_t stride = 1; day > 0 && before_day(c, count, day) >= target; stride *= 2)
        day = at_least_0(day - stride);
    return day;
}

static int64_t open_until(const struct calendar *c, instant_ms at)
{
    int64_t day = day_of(at), ms = at.ms - start_of_day(day).ms, open = 0;
    const struct day_plan *plan = plan_of(c, day);
    for (int i = 0; i < plan->count; i++) {
        int64_t from = plan->at[i].from_min * MINUTE_MS, to = plan->at[i].to_min * MINUTE_MS;
        if (ms > from)
            open += (ms < to ? ms : to) - from;
    }
    return before_day(c, OPEN_MS, day) + open;
}

/* The first instant at which `open_until` is `target`. */
static instant_ms instant_open(const struct calendar *c, int64_t target, int64_t from_day)
{
    int64_t day = day_reaching(c, OPEN_MS, target, from_day);
    if (day < 0)
        return NEVER;
    int64_t wanted = target - before_day(c, OPEN_MS, day);
    const struct day_plan *plan = plan_of(c, day);
    assert(wanted > 0);
    for (int i = 0; i < plan->count; i++) {
        int64_t length = (plan->at[i].to_min - plan->at[i].from_min) * MINUTE_MS;
        if (wanted <= length)
            return (instant_ms){ start_of_day(day).ms + plan->at[i].from_min * MINUTE_MS + wanted };
        wanted -= length;
    }
    return NEVER; /* not reached: day_reaching found a day that is open long enough */
}

static instant_ms end_of_business(const struct calendar *c, int64_t day)
{
    const struct day_plan *plan = plan_of(c, day);
    assert(plan->count > 0);
    return (instant_ms){ start_of_day(day).ms + plan->at[plan->count - 1].to_min * MINUTE_MS };
}

/* The end of the `amount`-th working day after `day`. */
static instant_ms end_of_workday_after(const struct calendar *c, int64_t day, int64_t amount)
{
    int64_t found = day_reaching(c, WORKDAYS, before_day(c, WORKDAYS, day + 1) + amount, day + 1);
    return found < 0 ? NEVER : end_of_business(c, found);
}

static instant_ms end_of_calendar_day(const struct calendar *c, int64_t day)
{
    if (c && c->has_list && listed_on(c, day) && listed_on(c, day)->is_off) {
        size_t i = listed_from(c, day);
        for (; i < c->listed_count && c->listed[i].day == day && c->listed[i].is_off; i++)
            day++;
    }
    return start_of_day(day + 1);
}

bool calendar_is_workday(const struct calendar *c, int64_t day)
{
    return plan_of(c, day)->count > 0;
}

bool calendar_is_provisional(const struct calendar *c, enum budget_unit unit, instant_ms from, instant_ms to)
{
    if (unit == BUDGET_MINUTES || !c || !c->has_list || is_never(to))
        return false;
    return civil_of(from).year < c->published_from || civil_of(to).year > c->published_to;
}

static instant_ms due_in_days(const struct calendar *c, struct budget budget, int64_t day)
{
    if (budget.unit == BUDGET_CALENDAR_DAYS)
        return end_of_calendar_day(c, day + budget.amount);
    return end_of_workday_after(c, day, budget.amount);
}

/* Nothing left of a day's budget: the business day that is running, or the next one, may still be used to its end. */
static instant_ms due_today(const struct calendar *c, instant_ms from)
{
    int64_t day = day_of(from);
    if (calendar_is_workday(c, day) && from.ms <= end_of_business(c, day).ms)
        return end_of_business(c, day);
    return end_of_workday_after(c, day, 1);
}

instant_ms calendar_due(const struct calendar *c, struct budget budget, instant_ms from)
{
    assert(budget.amount >= 0 && from.ms >= 0);
    switch (budget.unit) {
    case BUDGET_MINUTES:
        return later(from, (span_ms){ budget.amount });
    case BUDGET_WORKING_MINUTES:
        return budget.amount == 0 ? from : instant_open(c, open_until(c, from) + budget.amount, day_of(from));
    case BUDGET_WORKING_DAYS:
        return budget.amount == 0 ? due_today(c, from) : due_in_days(c, budget, day_of(from));
    case BUDGET_CALENDAR_DAYS:
        return due_in_days(c, budget, day_of(from));
    }
    return NEVER; /* no budget */
}

/* The day that an instant ends: a due of 24:00 belongs to the day before. */
static int64_t day_ended_by(instant_ms due)
{
    return day_of((instant_ms){ due.ms - 1 });
}

instant_ms calendar_extended(const struct calendar *c, struct budget more, instant_ms due)
{
    if (more.amount == 0 || is_never(due))
        return due;
    return is_in_days(more.unit) ? due_in_days(c, more, day_ended_by(due)) : calendar_due(c, more, due);
}

static int64_t days_used(const struct calendar *c, enum budget_unit unit, int64_t from_day, int64_t to_day)
{
    if (unit == BUDGET_CALENDAR_DAYS)
        return at_least_0(to_day - from_day);
    return at_least_0(before_day(c, WORKDAYS, to_day + 1) - before_day(c, WORKDAYS, from_day + 1));
}

int64_t calendar_used(const struct calendar *c, enum budget_unit unit, instant_ms from, instant_ms to)
{
    if (is_in_days(unit))
        return days_used(c, unit, day_of(from), day_of(to));
    return at_least_0(calendar_span(c, unit, from, to).ms);
}

static struct budget extra_of(struct run run)
{
    return (struct budget){ BUDGET_WORKING_DAYS, run.extra_days };
}

instant_ms run_due(const struct calendar *c, struct run run)
{
    return calendar_extended(c, extra_of(run), calendar_due(c, run.left, run.from));
}

struct run run_held(const struct calendar *c, struct run run, instant_ms at, instant_ms until)
{
    instant_ms first_due = calendar_due(c, run.left, run.from);
    if (run.extra_days > 0 && is_before(first_due, at)) {
        int64_t used = days_used(c, BUDGET_WORKING_DAYS, day_ended_by(first_due), day_of(at));
        return (struct run){ until, { BUDGET_WORKING_DAYS, at_least_0(run.extra_days - used) }, 0 };
    }
    run.left.amount = at_least_0(run.left.amount - calendar_used(c, run.left.unit, run.from, at));
    run.from = until;
    return run;
}

span_ms calendar_span(const struct calendar *c, enum budget_unit unit, instant_ms from, instant_ms to)
{
    if (unit == BUDGET_MINUTES || unit == BUDGET_CALENDAR_DAYS)
        return between(from, to);
    return (span_ms){ open_until(c, to) - open_until(c, from) };
}

instant_ms calendar_before(const struct calendar *c, enum budget_unit unit, instant_ms due, span_ms left)
{
    if (is_never(due) || left.ms == 0)
        return due;
    if (unit == BUDGET_MINUTES || unit == BUDGET_CALENDAR_DAYS)
        return later(due, (span_ms){ -left.ms });
    int64_t target = open_until(c, due) - left.ms;
    return target <= 0 ? (instant_ms){ 0 } : instant_open(c, target, day_not_reaching(c, OPEN_MS, target, day_of(due)));
}

const struct calendar *calendar_find(const struct town *town, struct text name)
{
    for (size_t i = 0; i < town->calendar_count; i++)
        if (text_is(town->calendars[i].name, name))
            return &town->calendars[i];
    return NULL;
}

bool budget_read(struct text from, struct budget *ret)
{
    static const struct {
        const char *word;
        enum budget_unit unit;
        int64_t each;
    } words[] = {
        { " minutes", BUDGET_MINUTES, MINUTE_MS },
        { " hours", BUDGET_MINUTES, 60 * MINUTE_MS },
        { " working-minutes", BUDGET_WORKING_MINUTES, MINUTE_MS },
        { " working-hours", BUDGET_WORKING_MINUTES, 60 * MINUTE_MS },
        { " working-days", BUDGET_WORKING_DAYS, 1 },
        { " calendar-days", BUDGET_CALENDAR_DAYS, 1 },
    };
    size_t space = 0;
    while (space < from.len && from.at[space] != ' ')
        space++;
    int64_t number;
    if (!text_int((struct text){ from.at, space }, &number) || number < 0)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        int64_t most = BUDGET_DAYS_MAX * (words[i].each == 1 ? 1 : DAY_MS / words[i].each);
        if (text_is_c((struct text){ from.at + space, from.len - space }, words[i].word) && number <= most) {
            *ret = (struct budget){ words[i].unit, number * words[i].each };
            return true;
        }
    }
    return false;
}

struct text budget_said(struct arena *arena, struct budget budget)
{
    int64_t minutes = budget.amount / MINUTE_MS;
    const char *working = budget.unit == BUDGET_WORKING_MINUTES ? "工作" : "";
    switch (budget.unit) {
    case BUDGET_MINUTES:
    case BUDGET_WORKING_MINUTES:
        if (minutes > 0 && minutes % 60 == 0)
            return arena_printf(arena, "%" PRId64 "个%s小时", minutes / 60, working);
        return arena_printf(arena, *working ? "%" PRId64 "个工作分钟" : "%" PRId64 "分钟", minutes);
    case BUDGET_WORKING_DAYS:
        return arena_printf(arena, "%" PRId64 "个工作日", budget.amount);
    case BUDGET_CALENDAR_DAYS:
        return arena_printf(arena, "%" PRId64 "天", budget.amount);
    }
    return NO_TEXT;
}
