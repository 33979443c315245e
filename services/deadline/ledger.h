/* ledger.h - rows of the deadline ledger as structs, and back. Every function runs inside the turn's transaction; texts live in
 * the turn's arena. Blocks only on the disk. */
#ifndef DEADLINE_LEDGER_H
#define DEADLINE_LEDGER_H

#include "yinling/tx.h"
#include "rules.h"

#define TICK_STEPS_MAX 512 /* clocks taken in one call of the time handler; the rest is taken in the next */

struct clocks {
    struct clock *at;
    size_t count;
};

bool ledger_lead(struct tx *tx, struct text lead, struct lead *ret);
/* The next open leads whose clocks wait for today's calendars, at most TICK_STEPS_MAX looked at. *ret_more: there may be others. */
struct texts ledger_leads_to_correct(struct tx *tx, bool *ret_more);
void ledger_lead_put(struct tx *tx, const struct lead *lead, bool is_new);
/* The configuration its round is pinned to; today's when that cannot be had any more. */
const struct town *ledger_town(struct tx *tx, const struct lead *lead);

struct clocks ledger_clocks_open(struct tx *tx, struct text lead); /* running or breached, by due */
struct clocks ledger_clocks_all(struct tx *tx, struct text lead);  /* by round, kind, occurrence */
/* Those whose next step lies before `until`, at most TICK_STEPS_MAX, earliest first. */
struct clocks ledger_clocks_up(struct tx *tx, instant_ms until);
instant_ms ledger_next(struct tx *tx);                                /* of all clocks; NEVER */
int ledger_occurrence_next(struct tx *tx, const struct clock *clock); /* of its lead, round and kind; 1 for the first */
void ledger_clock_add(struct tx *tx, const struct clock *clock);
void ledger_clock_change(struct tx *tx, const struct clock *clock, int was_occurrence);

/* False: it was said before, in which case nothing may be said again. */
bool ledger_step_add(struct tx *tx, const struct clock *clock, struct text step, instant_ms at, bool is_missed);
/* Opens the next order of the year and returns its number: d-2026-0001. */
struct text ledger_order_add(struct tx *tx, const struct clock *clock, instant_ms at, instant_ms due);
/* The next number is more than `count` above the last one known here. */
void ledger_orders_spare(struct tx *tx, instant_ms now, int64_t count);
/* Number of an order row of Q_SUPERVISIONS_OF_LEAD. */
struct text ledger_order_number(struct tx *tx, const struct rows *rows, size_t row);
/* Working days of all pauses of this round so far, as the calendar counts them. */
int64_t ledger_paused_days(struct tx *tx, const struct lead *lead, const struct calendar *calendar);

#endif
