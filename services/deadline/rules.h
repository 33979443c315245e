/* rules.h - the arithmetic of one clock: state + policy + calendar → due instant, next step, colour. Pure; any thread.
 *
 * A struct clock is a row of the ledger. Functions here change its arithmetic; that a state may follow another is the table in
 * deadline.c. After each of them `next` is right. Sources: DEADLINES in the design, Civil Code art. 201 and 203. */
#ifndef DEADLINE_RULES_H
#define DEADLINE_RULES_H

#include "yinling/policy.h"
#include "yinling/town.h"

enum clock_state {             /* stored: never renumber */
                   CLOCK_NONE, /* no row */
                   CLOCK_RUNS,
                   CLOCK_MET,      /* the act came in time: a verdict */
                   CLOCK_BREACHED, /* the due instant passed without it: a verdict; the act is still awaited */
                   CLOCK_LATE,     /* breached, and then the act came or was no longer needed */
                   CLOCK_ENDED     /* no longer needed, without a verdict */
};
enum stage { STAGE_IN_HAND = 1, STAGE_CONCLUDED, STAGE_CLOSED }; /* of a lead; stored: never renumber */

struct lead {
    struct text lead, unit;
    int round;
    enum stage stage;
    enum severity severity;
    bool is_money_moving, is_sealed;
    struct text edition; /* of this round */
};

struct clock {
    struct text lead;
    int round;
    enum clock_kind kind;
    int occurrence;
    struct text unit;
    bool
        is_money_moving; /* the lane it was started in: its rule and its ladder are of that one, whatever the lead's is by now */
    enum clock_state state;
    instant_ms started, due, first_due;
    struct run run;   /* while paused, run.from is ahead */
    span_ms whole;    /* counting time of the whole budget: what permille are of */
    int position;     /* steps of the ladder whose instant has passed */
    int said;         /* steps that are recorded */
    instant_ms hold;  /* punitive steps wait until then; {0}: nothing holds them */
    instant_ms ended; /* NEVER until it has */
    instant_ms next;  /* NEVER: no step to come */
};

/* What a clock is measured by: the policy its round is pinned to, and today's calendars, because a corrected calendar corrects a
 * fact and does not change the rules. */
struct measure {
    const struct town *today;
    const struct policy *policy;
    const struct clock_rule *rule;
    const struct calendar *calendar;
    bool is_money_moving;
    instant_ms cap; /* the due instant of `overall`, when it bounds this clock; NEVER */
};
struct measure rules_measure(const struct town *pinned, const struct town *today, const struct clock *c);
/* The unit a clock of this kind runs against. */
struct text rules_holder(const struct town *town, const struct lead *lead, enum clock_kind kind);
/* Whether the policy wants this clock for this lead. */
bool rules_is_wanted(const struct town *town, const struct lead *lead, enum clock_kind kind);

/* Lead, round, kind, occurrence, unit and lane are set; `report_by` (days since 1970, or -1) is read by report-up alone. */
void rules_start(const struct measure *m, struct clock *c, instant_ms at, int64_t report_by);
/* Just started in the place of one that was due at `due`: it is due no later. */
void rules_bound(const struct measure *m, struct clock *c, instant_ms due);
/* The other lane has the same rule for it, and other quiet hours: its steps to come are placed anew. */
void rules_change_lane(const struct measure *m, struct clock *c, instant_ms at);
/* Stops at `at`, goes on at `until`; a clock already stopped goes on then instead. */
void rules_pause(const struct measure *m, struct clock *c, instant_ms at, instant_ms until);
/* When a pause of that date really ends: within the cap of one pause and what `used_days` left of all pauses of the round. */
instant_ms rules_pause_end(const struct measure *m, instant_ms at, instant_ms until, int64_t used_days);
/* Goes on at `at` if it is stopped then. */
void rules_resume(const struct measure *m, struct clock *c, instant_ms at);
/* More working days after the due instant: a new occurrence, whose steps to come are said anew. */
void rules_extend(const struct measure *m, struct clock *c, instant_ms at, int64_t days);
/* An extension was asked for, strictly before due: punitive steps wait, at most as long as the policy says. */
void rules_hold(const struct measure *m, struct clock *c, instant_ms at);
/* Refused: they wait no longer. */
void rules_unhold(const struct measure *m, struct clock *c, instant_ms at);
/* The calendar was corrected: the same clock on the new one. A date that would land in the past becomes one working day from now. */
void rules_recompute(const struct measure *m, struct clock *c, instant_ms now);
/* What is measured by it stands still for good. */
void rules_end(struct clock *c, enum clock_state state, instant_ms at);

/* Moves the clock on: `position` becomes the number of steps whose instant is before `until`, and those among them that were never
 * said count as said from now on. Returns the first of these; they end before `position`. */
int rules_take(const struct measure *m, struct clock *c, instant_ms until);
instant_ms rules_step_at(const struct measure *m, const struct clock *c, int step);
const struct ladder_step *rules_step(const struct measure *m,
                                     const struct clock *c); /* the present one; NULL before the first */
enum colour rules_colour(const struct measure *m, const struct clock *c);
bool rules_is_paused(const struct clock *c, instant_ms now);
bool rules_is_in_time(const struct clock *c, instant_ms at); /* exactly at due is */
static inline bool rules_is_verdict(const struct ladder_step *s)
{
    return s->left_permille == 0;
}

#endif
