/* catchup.h - a new consumer that starts at 0 and reads all of a producer's history: the real runtime on both sides, in this process,
 * every commit flushed, but no broker between them. */
#ifndef BENCH_CATCHUP_H
#define BENCH_CATCHUP_H

#include <stdbool.h>
#include <stdint.h>

/* Intake serves the first `count` events of its ledger to a consumer that keeps each as a row in a new ledger. Microseconds; 0 when it
 * did not come to an end. */
double catchup_measure(const char *town_folder, const char *intake_ledger, const char *new_ledger, int64_t count);

#endif
