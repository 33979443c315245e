/* explain.h - the answer to query-due: how each due instant of a lead came about. Reads the ledger inside the turn's transaction. */
#ifndef DEADLINE_EXPLAIN_H
#define DEADLINE_EXPLAIN_H

#include "ledger.h"
#include "yinling/writer.h"

#define EXPLAINED_MAX 32 /* clocks of an answer, the newest, as the contract has it */

/* Per clock: start, budget, calendar and its edition, policy edition, pauses, extensions, steps said, one sentence: as `clocks`. */
void explain_clocks(struct tx *tx, instant_ms now, const struct lead *lead, struct writer *w);

#endif
