/* minimal.h - the least that can be called the same: how far a program without our features gets on this broker and disk.
 *
 * Three processes on the bare broker with the load generator's own client: one makes each request a durable row and answers its sender,
 * the next makes the bundle it hears durable rows and shows a card each, the third keeps a clock each. Each commits what has arrived at
 * once, with the settings of our ledgers. No JSON, rules, masks, seals, hash chains, copies, views that can be repeated, no guard. */
#ifndef BENCH_MINIMAL_H
#define BENCH_MINIMAL_H

#include "baseline.h"

struct minimal {
    double per_s;
    double first_us, second_us, third_us, broker_us; /* processor time a lead */
    double own_us;                                   /* of the load generator */
};
/* `count` leads from 100 connections, 1,000 outstanding; ledgers in a folder of their own under `folder`. Ends the program when they do
 * not all come through. */
struct minimal minimal_measure(const struct bare *bare, const char *folder, int64_t count);
/* The same at a steady rate: request to card, microseconds. *ret_begins_us is told when the first goes out, which another process that
 * shares it may wait for. */
struct tail minimal_paced(const struct bare *bare, const char *folder, int64_t count, int64_t per_s, int64_t *ret_begins_us);

#endif
