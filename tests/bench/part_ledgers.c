/* part_ledgers.c - how cost grows: a million leads in the ledgers, a million open clocks, a million events for a new consumer. */
#include "archive.h"
#include "bench.h"
#include "catchup.h"
#include "cost.h"
#include "leads.h"
#include "rows.h"
#include "ticks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUNS = 3, COUNTS_MAX = 8, LEADS_BETWEEN = 20000, PER_COMMIT = 500, WORKERS_OF_ALL = 112, CLOCKS_PER_LEAD = 4 };

static int64_t leads_of(const struct bench *b)
{
    return b->is_quick ? 5000 : 1000000;
}

static double mib(int64_t kb)
{
    return (double) kb / 1024;
}

/* -- a town with a million leads ------------------------------------------------------------------------------------- */

static void mark_made(const char *folder)
{
    char path[PATH_ROOM + 8];
    snprintf(path, sizeof path, "%s/made", folder);
    FILE *f = fopen(path, "we");
    if (f)
        fclose(f);
}

static bool is_made(const char *folder)
{
    char path[PATH_ROOM + 8];
    snprintf(path, sizeof path, "%s/made", folder);
    return access(path, F_OK) == 0;
}

static bool make_anew(struct stage *s, const char *folder, int port, int64_t leads, int64_t open)
{
    char town[PATH_ROOM + 8];
    int64_t took;
    snprintf(town, sizeof town, "%s-town", folder);
    remove_folder(folder);
    remove_folder(town);
    if (!stage_make(s, folder, port, leads > 100000 ? WORKERS_OF_ALL : 12) || !stage_start(s, &took))
        return false;
    stage_stop(s);
    if (!archive_make(s, leads, open))
        return false;
    mark_made(folder);
    return true;
}

/* The cached one brought up to date, or a new one. */
static bool archive_of(struct bench *b, int64_t leads, int port, struct stage *ret)
{
    char folder[PATH_ROOM];
    int64_t open = leads / 1000;
    snprintf(folder, sizeof folder, "%.450s/town-%lld", b->cache, (long long) leads);
    if (is_made(folder)) {
        progress("the town with years behind it: what is open is closed");
        stage_again(ret, folder, port);
        if (archive_refresh(ret, open))
            return true;
    }
    progress("a town with years behind it is made; once, it is kept");
    return make_anew(ret, folder, port, leads, open);
}

static double cost_of(const struct flow *f, int64_t count)
{
    return (double) sum_of(f->cpu_us, 5) / (double) count;
}

/* A point between the few and the many. */
static void cost_between(struct bench *b, struct curve *cost)
{
    static struct stage town;
    int64_t took, count = 3000;
    if (!archive_of(b, LEADS_BETWEEN, b->town.port + 3, &town) || !stage_start(&town, &took)) {
        lacking(b, "a town does not start");
        return;
    }
    struct leads *l = leads_open(&town, 20, 5, 0);
    double costs[2];
    for (int run = 0; run < 2; run++) {
        struct flow f = leads_flow(l, count, 1000);
        costs[run] = cost_of(&f, count);
        note_lost(b, &f);
    }
    curve_add(cost, LEADS_BETWEEN, median_of(costs, 2));
    leads_close(l);
    stage_stop(&town);
}

static void rates(struct bench *b, struct leads *empty, struct leads *full)
{
    struct row *rate = report_row(&b->report, "archive-rate", "leads a second with 1,000,000 leads in the ledgers",
                                  "the same with empty ledgers", "/s", AT_LEAST, 0.9);
    struct row *p99 = report_row(&b->report, "archive-p99", "request to card at 200/s with 1,000,000 leads, p99",
                                 "the same with empty ledgers", "ms", AT_MOST, 1.5);
    struct curve *cost = report_curve(&b->report, "cost", "Cost of a lead", "leads in the ledgers",
                                      "us of processor time, all five processes", true);
    double few[RUNS], many[RUNS];
    int64_t count = 3000, paced = b->is_quick ? 100 : 400;
    int runs = b->is_quick ? 1 : RUNS;
    for (int run = 0; run < runs; run++) {
        struct flow without = leads_flow(empty, count, 1000), with = leads_flow(full, count, 1000);
        double *took = leads_paced(empty, paced, 200), *later = leads_paced(full, paced, 200);
        row_add(rate, flow_rate(&with), flow_rate(&without));
        row_add(p99, tail_of(later, paced).p99 / 1000, tail_of(took, paced).p99 / 1000);
        few[run] = cost_of(&without, count);
        many[run] = cost_of(&with, count);
        note_lost(b, &with);
        note_lost(b, &without);
        fprintf(stderr, "bench:   %.0f leads/s, empty %.0f; p99 %.1f ms, empty %.1f\n", flow_rate(&with), flow_rate(&without),
                tail_of(later, paced).p99 / 1000, tail_of(took, paced).p99 / 1000);
        free(took);
        free(later);
    }
    curve_add(cost, 1000, median_of(few, runs));
    if (!b->is_quick)
        cost_between(b, cost);
    curve_add(cost, (double) leads_of(b), median_of(many, runs));
}

static void memory(struct bench *b, const struct stage *full)
{
    struct row *others = report_row(&b->report, "memory", "memory at 1,000,000 leads, 10,000 workers: intake, router, warning",
                                    "8 MiB", "MiB", AT_MOST, 1);
    struct row *deadline = report_row(&b->report, "memory-deadline", "memory at 1,000,000 leads, 10,000 workers: deadline",
                                      "32 MiB", "MiB", AT_MOST, 1);
    struct row *own = report_row(&b->report, "memory-own", "of that, without the pages of libraries, which services share",
                                 "8 MiB", "MiB", PRINTED, 0);
    double most = 0, most_own = 0;
    for (int i = 0; i < 4; i++) {
        pid_t pid = stage_pid(full, processes[i]);
        double its = mib(rss_kb_of(pid)), shared = mib(shared_kb_of(pid));
        fprintf(stderr, "bench:   %s has %.1f MiB, %.1f of them of libraries\n", processes[i], its, shared);
        if (strcmp(processes[i], "deadline") == 0) {
            row_add(deadline, its, 32);
            continue;
        }
        most = its > most ? its : most;
        most_own = its - shared > most_own ? its - shared : most_own;
    }
    row_add(others, most, 8);
    row_add(own, most_own, 8);
}

static void starts(struct bench *b, struct stage *empty, struct stage *full)
{
    struct row *row =
        report_row(&b->report, "start", "start on 1,000,000 leads until ready, beyond empty ledgers", "1 s", "s", AT_MOST, 1);
    for (int run = 0; run < (b->is_quick ? 1 : 2); run++) {
        int64_t took, its;
        stage_stop(empty);
        stage_stop(full);
        if (!stage_start(empty, &its) || !stage_start(full, &took)) {
            lacking(b, "a town does not start again");
            return;
        }
        row_add(row, (double) (took - its) / 1e6, 1);
        fprintf(stderr, "bench:   ready after %.2f s, empty %.2f s\n", (double) took / 1e6, (double) its / 1e6);
    }
}

static void catch_up(struct bench *b, const struct stage *full)
{
    struct row *row = report_row(&b->report, "catch-up", "a new consumer over 1,000,000 events",
                                 "bare SQLite, reading and writing the rows", "/s", AT_LEAST, 0.5);
    char intake[2 * PATH_ROOM], kept[2 * PATH_ROOM];
    int64_t count = leads_of(b);
    snprintf(intake, sizeof intake, "%s/intake/intake.db", full->state);
    for (int run = 0; run < (b->is_quick ? 1 : 2); run++) {
        progress("catch-up");
        snprintf(kept, sizeof kept, "%s/bare-%d.db", b->folder, run);
        double bare = rows_copied(intake, kept, count, PER_COMMIT);
        unlink(kept);
        snprintf(kept, sizeof kept, "%s/kept-%d.db", b->folder, run);
        double took = catchup_measure(full->town, intake, kept, count);
        unlink(kept);
        if (took == 0 || bare == 0) {
            lacking(b, "the new consumer did not catch up");
            return;
        }
        row_add(row, (double) count * 1e6 / took, (double) count * 1e6 / bare);
        fprintf(stderr, "bench:   %lld events in %.1f s, bare %.1f s\n", (long long) count, took / 1e6, bare / 1e6);
    }
}

void part_archive(struct bench *b)
{
    static struct stage full, empty;
    char folder[PATH_ROOM];
    int64_t took;
    if (!archive_of(b, leads_of(b), b->town.port + 1, &full)) {
        lacking(b, "the town with years behind it cannot be made");
        return;
    }
    snprintf(folder, sizeof folder, "%.450s/empty", b->folder);
    if (!stage_make(&empty, folder, b->town.port + 2, b->is_quick ? 12 : WORKERS_OF_ALL) || !stage_start(&empty, &took) ||
        !stage_start(&full, &took)) {
        lacking(b, "a town does not start");
        return;
    }
    progress("archive");
    struct leads *few = leads_open(&empty, 20, 5, 0), *many = leads_open(&full, 20, 5, 0);
    rates(b, few, many);
    leads_close(few);
    leads_close(many);
    memory(b, &full);
    starts(b, &empty, &full);
    stage_stop(&empty);
    stage_stop(&full);
    catch_up(b, &full);
}

/* -- a million open clocks ------------------------------------------------------------------------------------------- */

static bool copy_file(const char *from, const char *to)
{
    char buffer[1 << 16];
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    size_t n;
    while (in && out && (n = fread(buffer, 1, sizeof buffer, in)) > 0)
        fwrite(buffer, 1, n, out);
    bool fine = in && out && !ferror(in) && !ferror(out);
    if (in)
        fclose(in);
    if (out)
        fclose(out);
    return fine;
}

static bool many_clocks(struct bench *b, char ret[2 * PATH_ROOM])
{
    char kept[2 * PATH_ROOM], making[2 * PATH_ROOM + 8];
    int64_t leads = leads_of(b) / CLOCKS_PER_LEAD;
    snprintf(kept, sizeof kept, "%s/clocks-%lld.db", b->cache, (long long) leads);
    snprintf(making, sizeof making, "%s.new", kept);
    snprintf(ret, 2 * PATH_ROOM, "%s/clocks.db", b->folder);
    static const char *const endings[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) { /* of a bench that was ended in the middle */
        char left[2 * PATH_ROOM + 16];
        snprintf(left, sizeof left, "%s%s", making, endings[i]);
        unlink(left);
    }
    if (access(kept, F_OK) != 0 && (!ticks_make("deploy/binhu", making, leads) || rename(making, kept) != 0))
        return false;
    return copy_file(kept, ret);
}

/* A ledger of so many open clocks, used once. */
static bool new_clocks(struct bench *b, int64_t clocks, struct ticks *ret)
{
    static int made;
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/clocks-%d.db", b->folder, made++);
    bool fine = ticks_make("deploy/binhu", path, clocks / CLOCKS_PER_LEAD) && ticks_measure("deploy/binhu", path, ret);
    unlink(path);
    return fine;
}

static void draw_ticks(struct bench *b, double few, double many)
{
    struct curve *curve =
        report_curve(&b->report, "tick", "A tick with nothing due", "open clocks", "us of processor time", true);
    struct ticks between;
    curve_add(curve, 1000, few);
    if (!b->is_quick && new_clocks(b, LEADS_BETWEEN, &between))
        curve_add(curve, LEADS_BETWEEN, between.idle_us);
    curve_add(curve, (double) leads_of(b), many);
}

void part_ticks(struct bench *b)
{
    struct row *idle =
        report_row(&b->report, "tick", "a tick with nothing due, 1,000,000 open clocks", "10 us", "us", AT_MOST, 1);
    struct row *looked = report_row(&b->report, "tick-look-up", "a tick with nothing due, against one look-up in the index",
                                    "bare SQLite, one look-up", "us", PRINTED, 0);
    struct row *due = report_row(&b->report, "due", "a turn with 100 steps due, 1,000,000 open clocks",
                                 "the same with 1,000 open", "ms", AT_MOST, 1.2);
    char many[2 * PATH_ROOM];
    progress("ticks");
    if (!many_clocks(b, many)) {
        lacking(b, "the ledger of open clocks cannot be made");
        return;
    }
    fprintf(stderr, "bench:   %lld clocks are open\n", (long long) ticks_open(many));
    int runs = b->is_quick ? 2 : TICK_BATCHES;
    double idle_few[TICK_BATCHES], idle_many[TICK_BATCHES];
    for (int run = 0; run < runs; run++) {
        struct ticks at_many, at_few;
        if (!new_clocks(b, 1000, &at_few) || !ticks_measure("deploy/binhu", many, &at_many)) {
            lacking(b, "ticks cannot be measured");
            return;
        }
        double look_us = rows_looked_up(many, "SELECT next FROM clock WHERE next IS NOT NULL ORDER BY next LIMIT 1", 20000);
        row_add(idle, at_many.idle_us, 10);
        row_add(looked, at_many.idle_us, look_us);
        row_add(due, at_many.due_us / 1000, at_few.due_us / 1000);
        idle_few[run] = at_few.idle_us;
        idle_many[run] = at_many.idle_us;
        fprintf(stderr, "bench:   idle %.1f us (1,000 open: %.1f, look-up %.2f); 100 due %.2f ms (1,000 open: %.2f)\n",
                at_many.idle_us, at_few.idle_us, look_us, at_many.due_us / 1000, at_few.due_us / 1000);
    }
    draw_ticks(b, median_of(idle_few, runs), median_of(idle_many, runs));
}

/* -- what is counted ------------------------------------------------------------------------------------------------- */

void part_cost(struct bench *b)
{
    b->report.cost = cost_count("deploy/binhu", b->folder);
    if (!b->report.cost)
        lacking(b, "the services do not start inside the bench");
}

/* The counts are the same every time, so they are compared with the committed ones; a ratio needs no reference. */
void part_instructions(struct bench *b)
{
    static char keys[COUNTS_MAX][64], whats[COUNTS_MAX][80];
    char service[40];
    long long count;
    FILE *f = b->instructions ? fopen(b->instructions, "re") : NULL;
    for (int i = 0; f && i < COUNTS_MAX && fscanf(f, "%39s %lld", service, &count) == 2; i++) {
        snprintf(keys[i], sizeof keys[i], "instructions-%s", service);
        snprintf(whats[i], sizeof whats[i], "thousand instructions per lead: %s", service);
        row_add(report_row(&b->report, keys[i], whats[i], "the committed count", "k", COUNTED, 0), (double) count / 1000, 1);
    }
    if (f)
        fclose(f);
}
