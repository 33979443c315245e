/* pace.h - how many leads an account may send: counted by the hour, money-moving ones by the day.
 *
 * Needs the ledger of intake. Nobody's lead is refused but the public page's; a flood from anywhere else is taken in and alarmed. */
#ifndef INTAKE_PACE_H
#define INTAKE_PACE_H

#include "yinling/account.h"
#include "yinling/tx.h"

enum {
    PERSON_LEADS_PER_HOUR_MAX = 60, /* a worker, a village, a member of staff; channels have theirs in town.yaml */
    PERSON_MONEY_MOVING_PER_DAY_MAX = 5,
    WEB_DEVICE_LEADS_PER_HOUR_MAX = 10, /* one visit of the public page */
};

bool pace_is_web(const struct account *who);
/* Counts one lead. False: refuse it (the caller's refusal undoes the count). *ret_claimed: it says money is moving, and nobody
 * vouches for that: it came from the public page or beyond the account's budget of the day. */
bool pace_takes(struct tx *tx, instant_ms now, const struct account *who, struct text device, bool is_money_moving,
                bool *ret_claimed);
instant_ms pace_next(instant_ms now); /* when the next hour is counted */
/* Clears what counts no more, and the alarm when no account is beyond its limit in this hour. True when there is nothing left. */
bool pace_clean(struct tx *tx, instant_ms now);

#endif
