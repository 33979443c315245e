/* minimal_phones.h - the least that can be called a warning, and taps: how far a program without our features gets.
 *
 * One process of its own (so that its memory is its own, too) on the bare broker, through the same Paho link and window as a service. An
 * order becomes one durable row a phone, in one commit, then a retained text each; a tap one durable row, committed with those that have
 * arrived, then its echo. A broker that comes back is given all texts again. No items, screens, events, counts, pages' items, pace, words
 * of their own, nothing that could be repeated after a crash, no guard. */
#ifndef BENCH_MINIMAL_PHONES_H
#define BENCH_MINIMAL_PHONES_H

#include "phones.h"

#define MINIMAL_PHONES "--minimal-phones"

/* Returns when it listens; its ledger is in `folder`, which it makes. `bytes`: how long a text is; 0: as a worker's usually is. Ends the
 * program when it cannot start. */
pid_t minimal_phones_start(const struct bare *bare, const char *folder, int phones, int bytes);
void minimal_phones_stop(pid_t pid);
int minimal_phones_work(char **args); /* the process itself: what main has behind MINIMAL_PHONES */

#endif
