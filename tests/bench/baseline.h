/* baseline.h - what the machine allows: the bare broker passing plain messages, and the disk making a write durable. */
#ifndef BENCH_BASELINE_H
#define BENCH_BASELINE_H

#include "stage.h"

struct passing { /* one client to another through the bare broker, 300 bytes, QoS 1, so many unacknowledged at a time */
    double per_s;
    double broker_us; /* processor time of the broker per message */
    double own_us;    /* of this program */
};
struct passing baseline_passing(const struct bare *bare, int window, int64_t for_us); /* R1 with window 100 */

struct tail {
    double p50, p99;
};
struct tail baseline_hop(const struct bare *bare, int64_t count, int64_t per_s); /* L1, microseconds */
struct tail baseline_flush(const char *folder, int64_t count, int64_t per_s); /* F1, microseconds: 4 KiB written, fdatasync */
double baseline_retained(const struct bare *bare, int64_t count, int64_t bytes); /* taken, all acknowledged: microseconds */
struct tail tail_of(const double *sorted, int64_t count);
struct tail tail_taken(double *took, int64_t count); /* sorts it first */

#endif
