/* part_phones.c - ten thousand phones: a warning, taps, a warning while leads come in. */
#include "bench.h"
#include "minimal_phones.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_US = 3300000, /* warnings.yaml: a tap counts for what has been shown for 3 s, every 10 s */
    TAP_GAP_US = 10300000,
    RUNS = 3,
    PATIENCE_US = 60 * 1000000
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
    pid_t pid = minimal_phones_start(&b->bare, b->folder, phones_of(b));
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

static void paced_and_tapped(struct bench *b, int runs, const double *texts, const double *taps)
{
    struct row *warned = report_row(&b->report, "warning-paced", "a warning to all phones, paced, as it is shipped",
                                    "bare broker, as many retained texts", "ms", PRINTED, 0);
    struct row *tapped = report_row(&b->report, "taps", "all phones tap at once, until every echo is out and durable",
                                    "bare broker, the same messages", "ms", AT_MOST, 1.5);
    struct phones *p = phones_of_town(&b->town, phones_of(b));
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
    phones_close(p);
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

struct echo { /* what the phones' process tells in the end */
    double took_us;
    int missing;
};

/* The phones are read by a process of their own: the one that takes the leads' times is not to be held up by ten thousand texts. */
static pid_t phones_apart(struct phones *p, int64_t order_after_us, int tell)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int64_t at = now_us() + order_after_us, until = at + PATIENCE_US;
    while (now_us() < at)
        phones_step(p, at - now_us());
    phones_order(p, "extreme", PHONE_VILLAGES);
    while (phones_changed(p) < phones_wanted(p) && now_us() < until)
        phones_step(p, 10000);
    struct echo echo = { phones_since_order(p), phones_wanted(p) - phones_changed(p) };
    _exit(write(tell, &echo, sizeof echo) == (ssize_t) sizeof echo ? 0 : 3);
}

static struct echo warned_meanwhile(struct phones *p, struct leads *l, int64_t count, double **ret_took)
{
    struct echo echo = { 0, phones_wanted(p) };
    int pipes[2];
    if (pipe(pipes) != 0)
        exit(3);
    pid_t pid = phones_apart(p, count * 1000000 / 500 / 4, pipes[1]);
    *ret_took = leads_paced(l, count, 500);
    if (pid < 0 || read(pipes[0], &echo, sizeof echo) != (ssize_t) sizeof echo)
        echo.missing = phones_wanted(p);
    waitpid(pid, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
    return echo;
}

void part_paced(struct bench *b)
{
    int64_t count = b->is_quick ? 500 : 2000;
    struct row *row = report_row(&b->report, "paced", "leads at 500/s while a warning goes out, p99 request to card", "10 ms",
                                 "ms", AT_MOST, 1);
    progress("paced");
    for (int run = 0; run < (b->is_quick ? 1 : RUNS); run++) {
        struct phones *p = phones_of_town(&b->town, phones_of(b));
        struct leads *l = leads_open(&b->town, 20, 5, 0);
        double *took;
        struct echo echo = warned_meanwhile(p, l, count, &took);
        row_add(row, tail_of(took, count).p99 / 1000, 10);
        if (echo.missing)
            lacking(b, "%d phones show nothing of a warning that went out among leads", echo.missing);
        fprintf(stderr, "bench:   leads at 500/s: p50 %.1f p99 %.1f ms; phones warned meanwhile in %.0f ms\n",
                tail_of(took, count).p50 / 1000, tail_of(took, count).p99 / 1000, echo.took_us / 1000);
        free(took);
        leads_close(l);
        phones_close(p);
    }
}
