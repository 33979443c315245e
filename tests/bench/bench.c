/* bench.c - how close to the limit the system is: each row of the table against what the broker, the disk and the processor allow,
 * measured in the same run (docs/performance.md says how to read it).
 *
 * usage: bench [--quick] [--only KEY[,KEY…]] [--json FILE] [--svg FILE] [--last FILE]
 * Run from the project's root; YL_BIN names the folder of the binaries. Exit 0 whatever the ratios are: machines are noisy. */
#include "baseline.h"
#include "leads.h"
#include "phones.h"
#include "report.h"

#include "yinling/topic.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct bench {
    struct report report;
    struct bare bare;
    struct stage town;
    char folder[PATH_ROOM];
    const char *only, *json, *svg, *last;
    bool is_quick;
    struct passing r1; /* of the last time */
};

static bool wanted(const struct bench *b, const char *key)
{
    size_t len = strlen(key);
    for (const char *at = b->only; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        if (strncmp(at, key, len) == 0 && (at[len] == '\0' || at[len] == ','))
            return true;
    }
    return b->only == NULL;
}

static void progress(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
}

static void note_share(struct bench *b, int64_t own_us, int64_t measured_us)
{
    double share = measured_us > 0 ? (double) own_us / (double) measured_us : 0;
    if (share > b->report.load_share)
        b->report.load_share = share;
}

static int64_t sum_of(const int64_t *cpu_us, int count)
{
    int64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += cpu_us[i];
    return sum;
}

/* -- leads ----------------------------------------------------------------------------------------------------------- */

static void rate(struct bench *b)
{
    int64_t count = b->is_quick ? 3000 : 10000;
    struct row *rate =
        report_row(&b->report, "rate", "leads a second, 1,000 outstanding, 100 connections", "R1", "/s", AT_LEAST, 0.30);
    struct row *cpu = report_row(&b->report, "cpu", "processor time per lead, intake + router", "broker, per plain message",
                                 "us", AT_MOST, 2.5);
    struct row *whole = report_row(&b->report, "cpu-all", "processor time per lead, all five processes",
                                   "broker, per plain message", "us", PRINTED, 0);
    struct leads *l = leads_open(&b->town, 20, 5, 0);
    for (int run = 0; run < (b->is_quick ? 2 : 5); run++) {
        progress("rate");
        b->r1 = baseline_passing(&b->bare, 100, b->is_quick ? 500000 : 1000000);
        struct flow f = leads_flow(l, count, 1000);
        double per_lead = (double) (f.cpu_us[0] + f.cpu_us[1]) / (double) count;
        row_add(rate, (double) f.leads * 1e6 / (double) f.us, b->r1.per_s);
        row_add(cpu, per_lead, b->r1.broker_us);
        row_add(whole, (double) sum_of(f.cpu_us, 5) / (double) count, b->r1.broker_us);
        note_share(b, f.own_cpu_us, sum_of(f.cpu_us, 5));
        fprintf(
            stderr,
            "bench:   %.0f leads/s, R1 %.0f/s; us a lead: intake %.0f router %.0f deadline %.0f warning %.0f broker %.0f, load %.0f; repeats %lld lost %lld\n",
            (double) f.leads * 1e6 / (double) f.us, b->r1.per_s, (double) f.cpu_us[0] / (double) count,
            (double) f.cpu_us[1] / (double) count, (double) f.cpu_us[2] / (double) count, (double) f.cpu_us[3] / (double) count,
            (double) f.cpu_us[4] / (double) count, (double) f.own_cpu_us / (double) count, (long long) f.repeats,
            (long long) f.lost);
    }
    leads_close(l);
}

static void latency(struct bench *b)
{
    int64_t count = b->is_quick ? 200 : 600;
    struct row *p50 = report_row(&b->report, "p50", "request to card at 200/s, p50", "3 L1 + 2 F1", "us", AT_MOST, 1.6);
    struct row *p99 = report_row(&b->report, "p99", "request to card at 200/s, p99", "3 L1 + 2 F1", "us", AT_MOST, 3);
    struct row *alone =
        report_row(&b->report, "alone", "one lead alone on an idle town, p50", "3 L1 + 2 F1", "us", AT_MOST, 1.5);
    struct leads *l = leads_open(&b->town, 20, 5, 0);
    for (int run = 0; run < (b->is_quick ? 1 : 4); run++) {
        progress("latency");
        struct tail hop = baseline_hop(&b->bare, count, 200), flush = baseline_flush(b->folder, count, 200);
        double floor = 3 * hop.p50 + 2 * flush.p50;
        double *paced = leads_paced(l, count, 200, NULL, NULL), *lone = leads_alone(l, count / 10);
        row_add(p50, tail_of(paced, count).p50, floor);
        row_add(p99, tail_of(paced, count).p99, floor);
        row_add(alone, tail_of(lone, count / 10).p50, floor);
        fprintf(stderr, "bench:   p50 %.0f p99 %.0f alone %.0f; L1 %.0f F1 %.0f us\n", tail_of(paced, count).p50,
                tail_of(paced, count).p99, tail_of(lone, count / 10).p50, hop.p50, flush.p50);
        free(paced);
        free(lone);
    }
    leads_close(l);
}

/* -- a broker that forgot everything ----------------------------------------------------------------------------------- */

struct office {
    bool *seen;
    int64_t count, room, first_us;
};

static void on_card(void *context, struct line *line, struct text topic, struct text payload)
{
    (void) line;
    struct office *o = context;
    const char *slash = memrchr(topic.at, '/', topic.len);
    int64_t number = 0;
    if (payload.len == 0 || !slash || topic.at + topic.len - slash < 7 ||
        !text_int((struct text){ slash + 6, (size_t) (topic.at + topic.len - slash) - 6 }, &number) || number >= o->room ||
        o->seen[number])
        return;
    if (o->count == 0)
        o->first_us = now_us();
    o->seen[number] = true;
    o->count++;
}

/* How long after the broker's start the office sees all cards again; *ret_first_us: the first of them. */
static double cards_back(const struct bench *b, int64_t cards, int64_t *ret_first_us)
{
    struct office o = { .room = 10 * 1000 * 1000 };
    o.seen = calloc((size_t) o.room, sizeof *o.seen);
    assert(o.seen);
    stage_kill(&b->town, "broker");
    if (!port_answers(b->town.port, 30 * 1000000))
        exit(3);
    int64_t began = now_us();
    struct load *load = load_new();
    load_hook(load, (struct load_hooks){ .message = on_card, .context = &o });
    struct line *office = load_line(load, b->town.port, "office-1@bench", "office-1", stage_password(&b->town, "office-1"), 0);
    own(arena_free) struct arena *arena = arena_new(1024);
    line_subscribe(office,
                   arena_printf(arena, "yl/v1/370481104/" TEXT_FMT, TEXT_ARG(topic_filter(arena, TOPIC_UNIT_LEAD, NO_TEXT))).at,
                   1);
    while (o.count < cards && now_us() - began < 120 * 1000000)
        load_step(load, 10000);
    *ret_first_us = o.first_us - began;
    double took = (double) (now_us() - began);
    if (o.count < cards)
        fprintf(stderr, "bench: %lld cards are missing\n", (long long) (cards - o.count));
    load_free(load);
    free(o.seen);
    return took;
}

static void amnesia(struct bench *b)
{
    int64_t cards = b->is_quick ? 2000 : 10000;
    struct row *row = report_row(&b->report, "amnesia", "cards back after the broker was killed, without reconnecting",
                                 "bare broker, as many retained", "ms", AT_MOST, 1.3);
    struct row *whole = report_row(&b->report, "amnesia-all", "the same from the broker's start",
                                   "bare broker, as many retained", "ms", PRINTED, 0);
    struct leads *l = leads_open(&b->town, 20, 5, 0);
    struct flow f = leads_flow(l, cards, 1000);
    cards = leads_completed(l);
    leads_close(l);
    if (f.lost)
        return;
    for (int run = 0; run < (b->is_quick ? 1 : 3); run++) {
        progress("amnesia");
        int64_t first_us;
        double bare = baseline_retained(&b->bare, cards, 900), took = cards_back(b, cards, &first_us);
        row_add(row, (took - (double) first_us) / 1000, bare / 1000);
        row_add(whole, took / 1000, bare / 1000);
        fprintf(stderr, "bench:   %lld cards back in %.0f ms, the first after %.0f ms; bare %.0f ms\n", (long long) cards,
                took / 1000, (double) first_us / 1000, bare / 1000);
    }
}

/* -- phones ---------------------------------------------------------------------------------------------------------- */

enum { LOOK_US = 3300000, TAP_GAP_US = 10300000 }; /* warnings.yaml: a tap counts for what has been shown for 3 s, every 10 s */

static void bare_phones(struct bench *b, int count, int runs, double *ret_texts, double *ret_taps)
{
    struct phones *p = phones_of_bare(&b->bare, count);
    for (int i = 0; i < runs; i++) {
        ret_texts[i] = phones_bare_texts(p);
        ret_taps[i] = phones_bare_taps(p);
    }
    phones_close(p);
}

static void phones(struct bench *b)
{
    static const char *const severities[] = { "minor", "moderate", "severe" };
    int count = b->is_quick ? 1000 : 10000, runs = b->is_quick ? 1 : 3;
    double texts[3], taps[3];
    struct row *warned = report_row(&b->report, "warning", "a warning to all phones, order to last text (paced)",
                                    "bare broker, as many retained texts", "ms", AT_MOST, 1.3);
    struct row *tapped = report_row(&b->report, "taps", "all phones tap at once, until every echo is out",
                                    "bare broker, the same messages", "ms", AT_MOST, 1.5);
    progress("phones");
    bare_phones(b, count, runs, texts, taps);
    struct phones *p = phones_of_town(&b->town, count);
    for (int i = 0; i < runs; i++) {
        int missing;
        double took = phones_warned(p, severities[i]);
        phones_wait(p, i ? TAP_GAP_US : LOOK_US);
        double echo = phones_tapped(p, &missing);
        row_add(warned, took / 1000, texts[i] / 1000);
        row_add(tapped, echo / 1000, taps[i] / 1000);
        fprintf(stderr,
                "bench:   %d phones: warned in %.0f ms, bare %.0f; taps echoed in %.0f ms, bare %.0f, without echo %d\n", count,
                took / 1000, texts[i] / 1000, echo / 1000, taps[i] / 1000, missing);
    }
    phones_close(p);
}

struct alarm { /* a warning goes out while leads come in */
    struct phones *phones;
    int64_t leads, order_at;
};

static void warn_meanwhile(void *context)
{
    struct alarm *a = context;
    if (++a->leads == a->order_at)
        phones_order(a->phones, "extreme");
    phones_step(a->phones, 0);
}

static void paced(struct bench *b)
{
    int64_t count = b->is_quick ? 500 : 2000;
    struct row *row = report_row(&b->report, "paced", "leads at 500/s while a warning goes out, p99 request to card", "10 ms",
                                 "ms", AT_MOST, 1);
    progress("paced");
    struct phones *p = phones_of_town(&b->town, b->is_quick ? 1000 : 10000);
    struct leads *l = leads_open(&b->town, 20, 5, 0);
    struct alarm a = { .phones = p, .order_at = count / 4 };
    double *took = leads_paced(l, count, 500, warn_meanwhile, &a);
    row_add(row, tail_of(took, count).p99 / 1000, 10);
    for (int i = 0; i < 3000 && phones_changed(p) < phones_count(p); i++)
        phones_step(p, 10000);
    fprintf(stderr, "bench:   leads at 500/s: p50 %.1f p99 %.1f ms; %d phones warned meanwhile in %.0f ms\n",
            tail_of(took, count).p50 / 1000, tail_of(took, count).p99 / 1000, phones_changed(p), phones_since_order(p) / 1000);
    free(took);
    leads_close(l);
    phones_close(p);
}

/* -- a surge --------------------------------------------------------------------------------------------------------- */

static void surge(struct bench *b)
{
    int64_t count = b->is_quick ? 10000 : 100000, before[4], most = 0;
    struct row *row = report_row(&b->report, "surge", "a surge from 1,000 connections, all at once, drained in",
                                 "its own steady rate", "s", AT_MOST, 1.2);
    struct row *memory =
        report_row(&b->report, "surge-memory", "the same: growth of the largest service's memory", "8 MiB", "MiB", AT_MOST, 1);
    progress("surge");
    struct leads *steady = leads_open(&b->town, 20, 5, 0);
    struct flow own = leads_flow(steady, count / 10, 1000);
    leads_close(steady);
    for (int i = 0; i < 4; i++)
        before[i] = rss_kb_of(stage_pid(&b->town, processes[i]));
    struct leads *l = leads_open(&b->town, 20, 5, 900);
    struct flow f = leads_flow(l, count, 0);
    for (int i = 0; i < 4; i++) {
        int64_t grown = rss_kb_of(stage_pid(&b->town, processes[i])) - before[i];
        fprintf(stderr, "bench:   %s grew by %.1f MiB\n", processes[i], (double) grown / 1024);
        most = grown > most ? grown : most;
    }
    leads_close(l);
    row_add(row, (double) f.all_us / 1e6, (double) count * (double) own.us / (double) own.leads / 1e6);
    row_add(memory, (double) most / 1024, 8);
    fprintf(stderr, "bench:   %lld leads in %.1f s, repeats %lld, lost %lld\n", (long long) count, (double) f.all_us / 1e6,
            (long long) f.repeats, (long long) f.lost);
}

/* -- all of it ------------------------------------------------------------------------------------------------------- */

static bool read_options(struct bench *b, int argc, char **argv)
{
    const struct {
        const char *name;
        const char **into;
    } table[] = { { "--only", &b->only }, { "--json", &b->json }, { "--svg", &b->svg }, { "--last", &b->last } };
    for (int i = 1; i < argc; i++) {
        bool known = strcmp(argv[i], "--quick") == 0;
        b->is_quick = b->is_quick || known;
        for (size_t k = 0; k < sizeof table / sizeof *table && !known && i + 1 < argc; k++) {
            if (strcmp(argv[i], table[k].name) == 0) {
                *table[k].into = argv[++i];
                known = true;
            }
        }
        if (!known)
            return false;
    }
    b->report.is_quick = b->is_quick;
    return true;
}

static bool open_all(struct bench *b)
{
    char folder[PATH_ROOM];
    snprintf(b->folder, sizeof b->folder, "%s/yinling-bench-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(b->folder))
        return false;
    int port = 20000 + (int) (getpid() % 20000), workers = b->is_quick ? 12 : 112;
    int64_t took;
    snprintf(folder, sizeof folder, "%.480s/bare", b->folder);
    if (!bare_start(&b->bare, folder, port))
        return false;
    snprintf(folder, sizeof folder, "%.480s/town", b->folder);
    return stage_make(&b->town, folder, port + 1, workers) && stage_start(&b->town, &took);
}

int main(int argc, char **argv)
{
    static struct bench b = { .json = NULL, .last = "tests/bench/latest.json" };
    static const struct {
        const char *key;
        void (*run)(struct bench *b);
    } parts[] = { { "amnesia", amnesia }, { "rate", rate },   { "latency", latency },
                  { "phones", phones },   { "paced", paced }, { "surge", surge } };
    if (!read_options(&b, argc, argv)) {
        fprintf(stderr, "usage: bench [--quick] [--only KEY[,KEY…]] [--json FILE] [--svg FILE] [--last FILE]\n");
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    if (!open_all(&b)) {
        fprintf(stderr, "bench: cannot start; see %s\n", b.folder);
        return 3;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (wanted(&b, parts[i].key))
            parts[i].run(&b);
    }
    stage_stop(&b.town);
    bare_stop(&b.bare);
    report_print(&b.report, b.last);
    if (b.json && b.svg && !report_write(&b.report, b.json, b.svg))
        fprintf(stderr, "bench: cannot write %s\n", b.json);
    if (!getenv("BENCH_KEEP"))
        remove_folder(b.folder);
    return 0;
}
