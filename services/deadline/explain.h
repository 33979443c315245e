/* explain.h - the answer to query-due: how each due instant of a lead came about. Reads the ledger inside the turn's transaction. */
#ifndef DEADLINE_EXPLAIN_H
#define DEADLINE_EXPLAIN_H

#include "ledger.h"

#include <jansson.h>

#define EXPLAINED_MAX 32 /* clocks of an answer, the newest, as the contract has it */

/* Per clock: start, budget, calendar and its edition, policy edition, pauses, extensions, steps said, one sentence. New reference. */
json_t *explain_clocks(struct tx *tx, instant_ms now, const struct lead *lead);

#endif
