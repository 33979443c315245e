/* ledgers.h - after the town has stopped: what each ledger says, against its own chain, the others and what was answered. */
#ifndef STORM_LEDGERS_H
#define STORM_LEDGERS_H

#include "storm.h"

void ledgers_count(struct storm *s);

#endif
