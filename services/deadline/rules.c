/* rules.c - the arithmetic of one clock. See rules.h.
 *
 * A due instant is always computed from what is left of the budget (struct run), never by shifting an earlier due: that makes a
 * pause of no length nothing, a pause in two parts one, and a second recomputation the same as the first. */
#include "rules.h"

#include <assert.h>

struct measure rules_measure(const struct town *pinned, const struct town *today, const struct clock *c)
{
    const struct policy *policy = pinned->policy;
    const struct clock_rule *rule = policy_rule(policy, c->kind, c->is_money_moving);
    if (!rule->is_on) /* its edition is gone and today's lacks it: it goes on as the one clock every policy has */
        rule = &policy->clocks[CLOCK_CLOSE];
    const struct calendar *calendar = policy_calendar(policy, today, rule, c->unit);
    if (!calendar) /* today's town has renamed them all */
        calendar = policy_calendar(today->policy, today, rule, c->unit);
    return (struct measure){ today, policy, rule, calendar, c->is_money_moving, NEVER };
}

struct text rules_holder(const struct town *town, const struct lead *lead, enum clock_kind kind)
{
    return policy_rule(town->policy, kind, lead->is_money_moving)->by_office ? town->catch_all : lead->unit;
}

bool rules_is_wanted(const struct town *town, const struct lead *lead, enum clock_kind kind)
{
    const struct clock_rule *rule = policy_rule(town->policy, kind, lead->is_money_moving);
    return rule->is_on && (rule->severities >> lead->severity & 1u);
}

/* The date of `run`, but not later than the cap, and never less than the floor. */
static instant_ms due_of(const struct measure *m, const struct clock *c)
{
    instant_ms due = run_due(m->calendar, c->run);
    if (m->rule->floor.amount == 0 || !is_before(m->cap, due))
        return due;
    return earliest(due, latest(m->cap, calendar_due(m->calendar, m->rule->floor, c->run.from)));
}

static span_ms counting(const struct measure *m, const struct clock *c, instant_ms from, instant_ms to)
{
    return calendar_span(m->calendar, c->run.left.unit, from, to);
}

instant_ms rules_step_at(const struct measure *m, const struct clock *c, int step)
{
    const struct ladder_step *s = &m->rule->ladder->steps[step];
    instant_ms at = c->due;
    if (s->left_permille > 0)
        at = calendar_before(m->calendar, c->run.left.unit, c->due, (span_ms){ c->whole.ms * s->left_permille / 1000 });
    else if (!rules_is_verdict(s))
        at = calendar_extended(m->calendar, s->late, c->due);
    at = latest(at, c->run.from);
    if (s->is_punitive)
        at = latest(at, c->hold);
    return rules_is_verdict(s) || m->is_money_moving ? at : policy_after_quiet(m->policy, at);
}

/* Quiet hours may put a reminder behind the verdict; then the verdict, being higher, has passed it. A step that has passed and was
 * never said is due at once. */
static void advance(const struct measure *m, struct clock *c, instant_ms until)
{
    int passed = m->rule->ladder->count;
    c->next = NEVER;
    for (; passed > 0; passed--) {
        instant_ms at = rules_step_at(m, c, passed - 1);
        if (is_before(at, until))
            break;
        c->next = earliest(c->next, at);
    }
    c->position = passed;
    if (passed > c->said)
        c->next = rules_step_at(m, c, passed - 1);
    if (c->state != CLOCK_RUNS && c->state != CLOCK_BREACHED)
        c->next = NEVER;
}

int rules_take(const struct measure *m, struct clock *c, instant_ms until)
{
    int first = c->said;
    advance(m, c, until);
    if (c->position > c->said)
        c->said = c->position;
    advance(m, c, until);
    return first;
}

/* The end of the working day that leaves `margin` working days before the superior's date, but not less than the floor from now. */
static void start_report_up(const struct measure *m, struct clock *c, int64_t report_by)
{
    struct budget end_of_day = { BUDGET_WORKING_DAYS, 0 };
    int64_t day = report_by, margin = m->rule->budget.amount, first = day_of(c->run.from);
    while (day > first && (margin > 0 || !calendar_is_workday(m->calendar, day)))
        margin -= calendar_is_workday(m->calendar, day--);
    instant_ms wanted = calendar_due(m->calendar, end_of_day, start_of_day(day));
    instant_ms due = latest(wanted, calendar_due(m->calendar, m->rule->floor, c->run.from));
    c->run.left = (struct budget){ BUDGET_MINUTES, between(c->run.from, due).ms };
}

void rules_start(const struct measure *m, struct clock *c, instant_ms at, int64_t report_by)
{
    c->state = CLOCK_RUNS;
    c->started = at;
    c->run = (struct run){ at, c->round > 1 ? m->rule->redo : m->rule->budget, 0 };
    if (c->kind == CLOCK_REPORT_UP)
        start_report_up(m, c, report_by);
    c->due = c->first_due = due_of(m, c);
    c->whole = counting(m, c, at, c->due);
    c->position = c->said = 0;
    c->hold = (instant_ms){ 0 };
    c->ended = NEVER;
    advance(m, c, at);
}

/* What is left becomes the real time until then, so that nothing that is computed from it later gives a later date. */
void rules_bound(const struct measure *m, struct clock *c, instant_ms due)
{
    if (!is_before(due, c->due))
        return;
    c->run.left = (struct budget){ BUDGET_MINUTES, between(c->run.from, due).ms };
    c->due = c->first_due = due;
    c->whole = counting(m, c, c->run.from, due);
    advance(m, c, c->started);
}

void rules_change_lane(const struct measure *m, struct clock *c, instant_ms at)
{
    advance(m, c, at);
}

/* The same position on the clock, newly placed in time; what was said stays said. */
static void replace(const struct measure *m, struct clock *c, instant_ms now)
{
    c->due = due_of(m, c);
    advance(m, c, now);
}

instant_ms rules_pause_end(const struct measure *m, instant_ms at, instant_ms until, int64_t used_days)
{
    struct budget rest = m->policy->pauses_max;
    rest.amount = rest.amount > used_days ? rest.amount - used_days : 0;
    if (rest.amount == 0)
        return at;
    instant_ms cap = earliest(calendar_due(m->calendar, m->policy->pause_max, at), calendar_due(m->calendar, rest, at));
    return earliest(cap, latest(until, at));
}

void rules_pause(const struct measure *m, struct clock *c, instant_ms at, instant_ms until)
{
    assert(c->state == CLOCK_RUNS);
    if (!is_before(at, until))
        return;
    c->run = run_held(m->calendar, c->run, at, until);
    replace(m, c, at);
}

void rules_resume(const struct measure *m, struct clock *c, instant_ms at)
{
    if (!rules_is_paused(c, at))
        return;
    c->run.from = at;
    replace(m, c, at);
}

void rules_extend(const struct measure *m, struct clock *c, instant_ms at, int64_t days)
{
    instant_ms was = c->due;
    assert(c->state == CLOCK_RUNS && days > 0);
    c->run.extra_days += days;
    c->due = due_of(m, c);
    c->whole.ms += counting(m, c, was, c->due).ms;
    c->occurrence++;
    c->said = 0;
    c->hold = (instant_ms){ 0 };
    rules_take(m, c, at); /* what its new date has already passed is not news */
}

void rules_hold(const struct measure *m, struct clock *c, instant_ms at)
{
    if (c->state != CLOCK_RUNS || !is_before(at, c->due))
        return;
    c->hold = calendar_due(m->calendar, m->policy->extension_hold, at);
    advance(m, c, at);
}

void rules_unhold(const struct measure *m, struct clock *c, instant_ms at)
{
    c->hold = (instant_ms){ 0 };
    advance(m, c, at);
}

void rules_recompute(const struct measure *m, struct clock *c, instant_ms now)
{
    instant_ms was = c->due, due = due_of(m, c);
    if (due.ms != was.ms && is_before(due, now)) {
        c->run = (struct run){ now, { BUDGET_WORKING_DAYS, 1 }, 0 };
        due = calendar_due(m->calendar, c->run.left, now);
    }
    c->due = due;
    advance(m, c, now);
}

void rules_end(struct clock *c, enum clock_state state, instant_ms at)
{
    c->state = state;
    c->ended = at;
    c->next = NEVER;
}

const struct ladder_step *rules_step(const struct measure *m, const struct clock *c)
{
    int position = c->position < m->rule->ladder->count ? c->position : m->rule->ladder->count;
    return position > 0 ? &m->rule->ladder->steps[position - 1] : NULL;
}

enum colour rules_colour(const struct measure *m, const struct clock *c)
{
    const struct ladder_step *step = rules_step(m, c);
    return step ? step->colour : COLOUR_GREEN;
}

bool rules_is_paused(const struct clock *c, instant_ms now)
{
    return is_before(now, c->run.from);
}

bool rules_is_in_time(const struct clock *c, instant_ms at)
{
    return at.ms <= c->due.ms;
}
