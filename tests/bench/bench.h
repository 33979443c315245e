/* bench.h - what the parts of the bench share: the report, the bare broker, the town. Each part measures some rows of the table. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "baseline.h"
#include "leads.h"
#include "phones.h"
#include "report.h"

struct bench {
    struct report report;
    struct bare bare;
    struct stage town;
    struct phones *phones; /* of the town; NULL: not yet, or no more */
    char folder[PATH_ROOM];
    const char *only, *json, *svg, *last;
    const char *cache;         /* where made ledgers are kept from run to run */
    const char *instructions;  /* a file of `service count`, as tests/bench/instructions prints it */
    const char *tools;         /* the folder of this program: others are beside it */
    bool is_quick, is_lacking; /* is_lacking: a lead was lost, or a row could not be measured */
};

void progress(const char *what); /* one line, so that somebody who waits knows what for */
/* The load generator's own processor time against what it measured meanwhile. */
void note_share(struct bench *b, int64_t own_us, int64_t measured_us);
void note_lost(struct bench *b, const struct flow *flow);
int64_t sum_of(const int64_t *cpu_us, int count);
/* Something that must not be: told, and the bench fails in the end. */
void lacking(struct bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* part_leads.c */
void part_rate(struct bench *b);
void part_latency(struct bench *b);
void part_amnesia(struct bench *b);
void part_surge(struct bench *b);
void part_slow_disk(struct bench *b);
/* part_phones.c */
void part_phones(struct bench *b);
void part_paced(struct bench *b);
/* part_ledgers.c */
void part_archive(struct bench *b);
void part_ticks(struct bench *b);
void part_instructions(struct bench *b);
void part_cost(struct bench *b);

#endif
