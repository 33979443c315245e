/* minimal_phones.h - the least that can be called a warning, and taps: how far a program without our features gets.
 *
 * One process on the bare broker, through the same Paho link and window as a service. An order becomes one durable row a phone, in one
 * commit, then a retained text each; a tap one durable row, committed with those that have arrived, then its echo. No items, screens,
 * events, counts, pages' items, pace, words of their own, nothing that could be repeated after a crash, no guard. */
#ifndef BENCH_MINIMAL_PHONES_H
#define BENCH_MINIMAL_PHONES_H

#include "phones.h"

/* Returns when it listens; its ledger is in a folder of its own under `folder`. Ends the program when it cannot start. */
pid_t minimal_phones_start(const struct bare *bare, const char *folder, int phones);
void minimal_phones_stop(pid_t pid);

#endif
