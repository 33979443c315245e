/* matter.h - one lead with its open clocks, for the length of one event or one tick: read once, changed, written, shown.
 *
 * What a clock may become is the table of deadline.c; matter_start, matter_finish and matter_steps are the only doors to another
 * state. Every function runs inside the turn's transaction. */
#ifndef DEADLINE_MATTER_H
#define DEADLINE_MATTER_H

#include "ledger.h"
#include "yinling/service.h"

#define OPEN_MAX 48 /* open clocks of one lead: one of each kind, and as many again started in one event, and room */

extern const struct step deadline_steps[]; /* what a clock may become: deadline.c */

struct matter {
    struct tx *tx;
    instant_ms now, at;          /* at: when the router committed to it; in a tick, now */
    const struct town *town;     /* of the edition this round is pinned to */
    struct lead lead, lead_was;  /* now, and as it stands in the ledger (empty when it is new) */
    struct clock open[OPEN_MAX]; /* also those that ended in this event */
    size_t open_count;
    int64_t report_by; /* day set by a superior; -1: none */
    bool is_new;       /* never heard of before */
};

/* False: no such lead. */
bool matter_of(struct matter *m, struct tx *tx, instant_ms now, instant_ms at, struct text lead);
/* The same for a lead that may be new: m->tx, now, at and lead are set. */
void matter_begin(struct matter *m);

struct measure matter_measure(const struct matter *m, const struct clock *c);
struct clock *matter_clock(struct matter *m, enum clock_kind kind); /* running or breached; NULL */

/* Unless it runs already or the policy does not want it for this lead. Says clock.started. */
void matter_start(struct matter *m, enum clock_kind kind);
/* `word` is "done" or "moot". Steps that passed before m->at and were never said are recorded first, as missed by us; a due instant
 * that passed is a breach whatever comes now. Nothing when no such clock is open. */
void matter_finish(struct matter *m, enum clock_kind kind, const char *word);
/* The lead's clocks from m->at on in that lane: minutes while money is moving. What has another ladder there ends on the one it is on
 * and begins anew, due no later than it was; a verdict stands, and what is overdue climbs on where it is unless it repeats. */
void matter_set_lane(struct matter *m, bool is_money_moving);
/* Says the steps whose instant is before `until`: the highest is shown, those below it are recorded as missed. */
void matter_steps(struct matter *m, struct clock *c, instant_ms until);
/* Call before and after the rules change a clock: records what passed until m->at; then says clock.recomputed if due moved. */
void matter_catch_up(struct matter *m, struct clock *c);
void matter_changed(struct matter *m, const struct clock *c, const struct clock *was, const char *why);

/* The calendar was corrected: every running clock of the lead on the new one, `overall` first because it bounds the others. */
void matter_correct(struct matter *m);

void matter_save(struct matter *m);                   /* writes the lead if it changed */
void matter_show(struct matter *m);                   /* its card; a sealed or closed lead has none */
void matter_hide(struct matter *m, struct text unit); /* clears the card from a unit that had it */

#endif
