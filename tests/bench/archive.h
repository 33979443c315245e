/* archive.h - a town with years behind it: ledgers in which so many leads were received, routed, concluded, verified and closed, and a
 * few are open.
 *
 * One year is lived through by the real services, inside this process; then its rows are copied into the years that follow, with
 * streams whose hashes go on and cursors at the heads. What the services find is what they would have written. Made once, used in
 * place: what a run leaves open is closed before the next. */
#ifndef BENCH_ARCHIVE_H
#define BENCH_ARCHIVE_H

#include "stage.h"

enum { ARCHIVE_YEARS = 50 };

/* The stage has been started once and stopped, so that editions and secrets are there; its ledgers are made anew. `leads` is rounded
 * down to a multiple of ARCHIVE_YEARS. False with a printed line. */
bool archive_make(const struct stage *stage, int64_t leads, int64_t open);
/* Brings one that was made earlier up to the present. */
bool archive_refresh(const struct stage *stage, int64_t open);

#endif
