/* promise.h - the promises of ARCHITECTURE §1 as checks over the world: cheap ones all the time, all of them once it has settled. */
#ifndef SIM_PROMISE_H
#define SIM_PROMISE_H

#include "sim/people.h"

#define PROMISED_EVERY 20 /* steps */
/* What must hold at every instant, faults or not. */
void promise_always(struct world *world);
/* What must hold when the faults have stopped and everything has come to rest. */
void promise_at_rest(struct world *world, const struct people *people);
/* The same, when in addition every warning has had the time to end. */
void promise_in_the_end(struct world *world, const struct people *people);
/* Would promise_at_rest find everybody at the head of every stream? */
bool promise_all_caught_up(struct world *world);

/* audit.c: every ledger against its own events and against its neighbours. Part of promise_at_rest. */
void audit(struct world *world);
void audit_warnings_have_ended(struct world *world);

#endif
