/* part_phones.c - ten thousand phones: a warning, taps, a warning while leads come in. */
#include "bench.h"
#include "minimal.h"
#include "minimal_phones.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_US = 3300000, /* warnings.yaml: a tap counts for what has been shown for 3 s, every 10 s */
    TAP_GAP_US = 10300000,
    RUNS = 3,
    PATIENCE_US = 60 * 1000000,
    LEADS_PER_S = 500 /* while a warning goes out */
};
static const char *const severities[RUNS] = { "minor", "moderate", "severe" };

static int phones_of(const struct bench *b)
{
    return b->is_quick ? 1000 : 10000;
}

/* -- a warning, and taps --------------------------------------------------------------------------------------------- */

/* Processor time of those who work for the phones. */
struct spent {
    int64_t warning_us, broker_us, load_us;
};

static struct spent spent_by(pid_t warning, pid_t broker)
{
    return (struct spent){ warning > 0 ? cpu_us_of(warning) : 0, cpu_us_of(broker), own_cpu_us() };
}

static struct spent spent_in(const struct stage *town)
{
    return spent_by(stage_pid(town, "warning"), stage_pid(town, "broker"));
}

static void tell_spent(const struct phones *p, const char *what, double took_us, struct spent was, struct spent is)
{
    double count = phones_wanted(p);
    fprintf(stderr, "bench:   %s: us a phone %.1f; processor: warning %.1f broker %.1f load %.1f\n", what, took_us / count,
            (double) (is.warning_us - was.warning_us) / count, (double) (is.broker_us - was.broker_us) / count,
            (double) (is.load_us - was.load_us) / count);
}

static void bare_phones(struct bench *b, int runs, double *ret_texts, double *ret_taps)
{
    struct phones *p = phones_of_bare(&b->bare, phones_of(b));
    for (int i = 0; i < runs; i++) {
        struct spent before = spent_by(0, b->bare.pid);
        ret_texts[i] = phones_bare_texts(p);
        struct spent between = spent_by(0, b->bare.pid);
        tell_spent(p, "bare broker, texts", ret_texts[i], before, between);
        ret_taps[i] = phones_bare_taps(p);
        tell_spent(p, "bare broker, taps", ret_taps[i], between, spent_by(0, b->bare.pid));
    }
    phones_close(p);
}

static void all_changed(struct bench *b, const struct phones *p, const char *what)
{
    if (phones_changed(p) < phones_wanted(p))
        lacking(b, "%s: %d of %d phones show nothing new", what, phones_wanted(p) - phones_changed(p), phones_wanted(p));
}

static void minimal(struct bench *b, int runs, const double *texts, const double *taps)
{
    struct row *warned = report_row(&b->report, "warning-minimal", "a warning by a program without our features",
                                    "bare broker, as many retained texts", "ms", PRINTED, 0);
    struct row *tapped = report_row(&b->report, "taps-minimal", "taps, by a program without our features",
                                    "bare broker, the same messages", "ms", PRINTED, 0);
    struct row *memory =
        report_row(&b->report, "memory-minimal", "memory of a program without our features", "8 MiB", "MiB", PRINTED, 0);
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%.480s/minimal-phones", b->folder);
    pid_t pid = minimal_phones_start(&b->bare, folder, phones_of(b), 0);
    struct phones *p = phones_of_minimal(&b->bare, phones_of(b));
    for (int i = 0; i < runs; i++) {
        int missing;
        struct spent before = spent_by(pid, b->bare.pid);
        double took = phones_warned(p, severities[i], PHONE_VILLAGES);
        all_changed(b, p, "the minimal program's warning");
        struct spent between = spent_by(pid, b->bare.pid);
        tell_spent(p, "minimal program, texts", took, before, between);
        double echo = phones_tapped(p, &missing);
        all_changed(b, p, "the minimal program's taps");
        tell_spent(p, "minimal program, taps", echo, between, spent_by(pid, b->bare.pid));
        row_add(warned, took / 1000, texts[i] / 1000);
        row_add(tapped, echo / 1000, taps[i] / 1000);
    }
    row_add(memory, (double) rss_kb_of(pid) / 1024, 8);
    fprintf(stderr, "bench:   the minimal program has %.1f MiB, %.1f of them of libraries\n", (double) rss_kb_of(pid) / 1024,
            (double) shared_kb_of(pid) / 1024);
    phones_close(p);
    minimal_phones_stop(pid);
}

/* A town whose warnings go out without pace. */
static bool unpaced_town(struct bench *b, struct stage *ret)
{
    static char bin[PATH_ROOM];
    char folder[PATH_ROOM];
    int64_t took;
    snprintf(bin, sizeof bin, "%.490s/unpaced", b->tools);
    snprintf(folder, sizeof folder, "%.490s/unpaced", b->folder);
    bool fine = stage_make(ret, folder, b->town.port + 1, b->is_quick ? 12 : 112);
    ret->bin = bin;
    if (fine && stage_start(ret, &took))
        return true;
    lacking(b, "the town without pace does not start");
    return false;
}

static void unpaced(struct bench *b, const struct stage *town, int runs, const double *texts)
{
    static const int villages[] = { 5, 20, 45 };
    struct row *row = report_row(&b->report, "warning", "a warning to all phones, order to last text, without pace",
                                 "bare broker, as many retained texts", "ms", AT_MOST, 1.3);
    struct curve *curve = report_curve(&b->report, "fan-out", "A warning, without pace", "phones addressed",
                                       "ms from the order to the last text", false);
    struct phones *p = phones_of_town(town, phones_of(b));
    for (size_t i = 0; i < sizeof villages / sizeof *villages; i++) {
        double took = phones_warned(p, severities[0], villages[i]);
        curve_add(curve, phones_wanted(p), took / 1000);
        all_changed(b, p, "a warning");
    }
    double tooks[RUNS];
    for (int i = 0; i < runs; i++) {
        int64_t own = own_cpu_us(), before = town_cpu_us(town);
        struct spent was = spent_in(town);
        tooks[i] = phones_warned(p, severities[i], PHONE_VILLAGES);
        tell_spent(p, "a warning", tooks[i], was, spent_in(town));
        note_share(b, own_cpu_us() - own, town_cpu_us(town) - before);
        row_add(row, tooks[i] / 1000, texts[i] / 1000);
        all_changed(b, p, "a warning");
        fprintf(stderr, "bench:   without pace %.0f ms, bare %.0f\n", tooks[i] / 1000, texts[i] / 1000);
    }
    curve_add(curve, phones_of(b), median_of(tooks, runs) / 1000);
    phones_close(p);
}

/* It takes a while until so many have been asked for their passwords; they are kept for the next part. */
static struct phones *phones_here(struct bench *b)
{
    if (!b->phones)
        b->phones = phones_of_town(&b->town, phones_of(b));
    return b->phones;
}

static void paced_and_tapped(struct bench *b, int runs, const double *texts, const double *taps)
{
    struct row *warned = report_row(&b->report, "warning-paced", "a warning to all phones, paced, as it is shipped",
                                    "bare broker, as many retained texts", "ms", PRINTED, 0);
    struct row *tapped = report_row(&b->report, "taps", "all phones tap at once, until every echo is out and durable",
                                    "bare broker, the same messages", "ms", AT_MOST, 1.5);
    struct phones *p = phones_here(b);
    for (int i = 0; i < runs; i++) {
        int missing;
        double took = phones_warned(p, severities[i], PHONE_VILLAGES);
        all_changed(b, p, "a warning");
        phones_wait(p, i ? TAP_GAP_US : LOOK_US);
        int64_t own = own_cpu_us(), before = town_cpu_us(&b->town);
        struct spent was = spent_in(&b->town);
        double echo = phones_tapped(p, &missing);
        tell_spent(p, "taps", echo, was, spent_in(&b->town));
        note_share(b, own_cpu_us() - own, town_cpu_us(&b->town) - before);
        all_changed(b, p, "taps");
        row_add(warned, took / 1000, texts[i] / 1000);
        row_add(tapped, echo / 1000, taps[i] / 1000);
        fprintf(stderr, "bench:   paced %.0f ms, bare %.0f; taps echoed in %.0f ms, bare %.0f, without echo %d\n", took / 1000,
                texts[i] / 1000, echo / 1000, taps[i] / 1000, missing);
    }
}

void part_phones(struct bench *b)
{
    static struct stage town;
    double texts[RUNS], taps[RUNS];
    int runs = b->is_quick ? 1 : RUNS;
    progress("phones");
    bare_phones(b, runs, texts, taps);
    minimal(b, runs, texts, taps);
    if (unpaced_town(b, &town)) {
        unpaced(b, &town, runs, texts);
        stage_stop(&town);
    }
    paced_and_tapped(b, runs, texts, taps);
}

/* -- a warning goes out while leads come in -------------------------------------------------------------------------- */

struct meanwhile {     /* shared with the process that takes the leads' times */
    int64_t begins_us; /* the first lead; 0: not yet */
    struct tail took;
    bool is_done;
};
typedef void lead_measure(struct bench *b, int64_t count, struct meanwhile *m);

static void leads_of_town(struct bench *b, int64_t count, struct meanwhile *m)
{
    struct leads *l = leads_open(&b->town, 20, 5, 0);
    m->begins_us = now_us();
    double *took = leads_paced(l, count, LEADS_PER_S);
    m->took = tail_of(took, count);
}

static void leads_of_minimal(struct bench *b, int64_t count, struct meanwhile *m)
{
    m->took = minimal_paced(&b->bare, b->folder, count, LEADS_PER_S, &m->begins_us);
}

/* The leads are read by a process of their own, which ten thousand texts do not hold up. A quarter of its time later the warning goes out. */
static struct tail warned_meanwhile(struct bench *b, struct phones *p, int64_t count, lead_measure *measure)
{
    struct meanwhile *m = mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED)
        exit(3);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        measure(b, count, m);
        m->is_done = true;
        _exit(0);
    }
    int64_t quarter_us = count * 1000000 / LEADS_PER_S / 4, until = now_us() + PATIENCE_US;
    volatile int64_t *begins_us = &m->begins_us;
    while ((*begins_us == 0 || now_us() < *begins_us + quarter_us) && now_us() < until)
        phones_step(p, 1000);
    phones_order(p, "extreme", PHONE_VILLAGES); /* above what they show since the last part */
    while (phones_changed(p) < phones_wanted(p) && now_us() < until)
        phones_step(p, 10000);
    double warned_us = phones_since_order(p);
    while (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0)
        phones_step(p, 10000);
    struct tail took = m->took;
    if (!m->is_done)
        lacking(b, "the leads beside a warning were not measured");
    munmap(m, sizeof *m);
    all_changed(b, p, "a warning among leads");
    fprintf(stderr, "bench:   leads at %d/s: p50 %.1f p99 %.1f ms; phones warned meanwhile in %.0f ms\n", LEADS_PER_S,
            took.p50 / 1000, took.p99 / 1000, warned_us / 1000);
    return took;
}

/* What a program without our features does to leads that another without our features takes. */
static void paced_minimal(struct bench *b, int64_t count, int runs)
{
    struct row *row =
        report_row(&b->report, "paced-minimal", "the same by programs without our features", "10 ms", "ms", PRINTED, 0);
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%.480s/minimal-warner", b->folder);
    pid_t pid = minimal_phones_start(&b->bare, folder, phones_of(b), 0);
    struct phones *p = phones_of_minimal(&b->bare, phones_of(b));
    for (int run = 0; run < runs; run++)
        row_add(row, warned_meanwhile(b, p, count, leads_of_minimal).p99 / 1000, 10);
    phones_close(p);
    minimal_phones_stop(pid);
}

void part_paced(struct bench *b)
{
    int64_t count = b->is_quick ? 500 : 2000;
    int runs = b->is_quick ? 1 : RUNS;
    struct row *row = report_row(&b->report, "paced", "leads at 500/s while a warning goes out, p99 request to card", "10 ms",
                                 "ms", AT_MOST, 1);
    progress("paced");
    struct phones *p = phones_here(b);
    for (int run = 0; run < runs; run++)
        row_add(row, warned_meanwhile(b, p, count, leads_of_town).p99 / 1000, 10);
    b->phones = phones_close(p);
    paced_minimal(b, count, runs);
}
