/* ticks.h - what time costs the deadline service: a turn in which nothing is due, and one in which a hundred steps are, on ledgers of few
 * and of a million open clocks. In this process, without broker; flushes cost nothing here, for they have a row of their own. */
#ifndef BENCH_TICKS_H
#define BENCH_TICKS_H

#include <stdbool.h>
#include <stdint.h>

enum { TICK_DUE = 100, TICK_BATCHES = 8 };

/* A ledger in which `leads` leads have been dispatched, four clocks each. TICK_BATCHES times TICK_DUE of them have a step each at an
 * instant of their own before all the others, or as many batches as there are leads for. False with a printed line. */
bool ticks_make(const char *town_folder, const char *ledger, int64_t leads);
int64_t ticks_open(const char *ledger); /* clocks that are open */

struct ticks {
    double idle_us; /* one call with nothing due: the mean of many */
    double due_us;  /* one turn with TICK_DUE steps due */
};
/* Uses up the next batch. */
bool ticks_measure(const char *town_folder, const char *ledger, struct ticks *ret);

#endif
