/* part_leads.c - leads in, cards out: rate, processor time, latency, a surge, a slow disk, a broker that forgot everything. */
#include "bench.h"
#include "leads.h"
#include "minimal.h"
#include "minimal_phones.h"

#include "yinling/topic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_times(const char *what, const int64_t *before, const int64_t *after, int64_t count)
{
    fprintf(stderr, "bench:   us of processor, %s:", what);
    for (int i = 0; i < 5; i++)
        fprintf(stderr, " %s %.1f", processes[i], (double) (after[i] - before[i]) / (double) count);
    fprintf(stderr, "\n");
}

/* -- leads ----------------------------------------------------------------------------------------------------------- */

void part_rate(struct bench *b)
{
    int64_t count = b->is_quick ? 3000 : 10000;
    struct row *rate =
        report_row(&b->report, "rate", "leads a second, 1,000 outstanding, 100 connections", "R1", "/s", AT_LEAST, 0.30);
    struct row *cpu = report_row(&b->report, "cpu", "processor time per lead, intake + router", "broker, per plain message",
                                 "us", AT_MOST, 2.5);
    struct row *whole = report_row(&b->report, "cpu-all", "processor time per lead, all five processes",
                                   "broker, per plain message", "us", PRINTED, 0);
    struct row *least = report_row(&b->report, "minimal", "the same by a program without our features", "R1", "/s", PRINTED, 0);
    struct row *least_cpu = report_row(&b->report, "minimal-cpu", "its processor time per lead, first and second process",
                                       "broker, per plain message", "us", PRINTED, 0);
    struct leads *l = leads_open(&b->town, 20, 5, 0);
    for (int run = 0; run < (b->is_quick ? 2 : 5); run++) {
        progress("rate");
        struct passing r1 = baseline_passing(&b->bare, 100, b->is_quick ? 500000 : 1000000);
        struct flow f = leads_flow(l, count, 1000);
        double per_lead = (double) (f.cpu_us[0] + f.cpu_us[1]) / (double) count;
        row_add(rate, flow_rate(&f), r1.per_s);
        row_add(cpu, per_lead, r1.broker_us);
        row_add(whole, (double) sum_of(f.cpu_us, 5) / (double) count, r1.broker_us);
        note_share(b, f.own_cpu_us, sum_of(f.cpu_us, 5));
        note_lost(b, &f);
        struct minimal m = minimal_measure(&b->bare, b->folder, b->is_quick ? 10000 : 20000);
        row_add(least, m.per_s, r1.per_s);
        row_add(least_cpu, m.first_us + m.second_us, r1.broker_us);
        fprintf(stderr, "bench:   minimal program %.0f leads/s; us a lead: %.0f %.0f %.0f broker %.0f, load %.0f\n", m.per_s,
                m.first_us, m.second_us, m.third_us, m.broker_us, m.own_us);
        fprintf(
            stderr,
            "bench:   %.0f leads/s, R1 %.0f/s; us a lead: intake %.0f router %.0f deadline %.0f warning %.0f broker %.0f, load %.0f; repeats %lld lost %lld\n",
            flow_rate(&f), r1.per_s, (double) f.cpu_us[0] / (double) count, (double) f.cpu_us[1] / (double) count,
            (double) f.cpu_us[2] / (double) count, (double) f.cpu_us[3] / (double) count, (double) f.cpu_us[4] / (double) count,
            (double) f.own_cpu_us / (double) count, (long long) f.repeats, (long long) f.lost);
    }
    leads_close(l);
}

void part_latency(struct bench *b)
{
    int64_t count = b->is_quick ? 200 : 600;
    struct row *p50 = report_row(&b->report, "p50", "request to card at 200/s, p50", "3 L1 + 2 F1", "us", AT_MOST, 1.6);
    struct row *p99 = report_row(&b->report, "p99", "request to card at 200/s, p99", "3 L1 + 2 F1", "us", AT_MOST, 3);
    struct row *alone =
        report_row(&b->report, "alone", "one lead alone on an idle town, p50", "3 L1 + 2 F1", "us", AT_MOST, 1.5);
    struct row *least = report_row(&b->report, "p50-minimal", "at 200/s by a program without our features, p50", "3 L1 + 2 F1",
                                   "us", PRINTED, 0);
    struct row *least_alone = report_row(&b->report, "alone-minimal", "one alone by a program without our features, p50",
                                         "3 L1 + 2 F1", "us", PRINTED, 0);
    struct leads *l = leads_open(&b->town, 20, 5, 0);
    for (int run = 0; run < (b->is_quick ? 1 : 3); run++) {
        progress("latency");
        struct tail hop = baseline_hop(&b->bare, count, 200), flush = baseline_flush(b->folder, count, 200);
        double floor = 3 * hop.p50 + 2 * flush.p50;
        int64_t unasked = 0, before[5], after[5];
        double *paced = leads_paced(l, count, 200);
        town_times(&b->town, before);
        double *lone = leads_alone(l, count / 10);
        town_times(&b->town, after);
        struct tail minimal = minimal_paced(&b->bare, b->folder, count, 200, &unasked);
        struct tail minimal_alone = minimal_paced(&b->bare, b->folder, count / 10, 30, &unasked);
        row_add(least, minimal.p50, floor);
        row_add(least_alone, minimal_alone.p50, floor);
        row_add(p50, tail_of(paced, count).p50, floor);
        row_add(p99, tail_of(paced, count).p99, floor);
        row_add(alone, tail_of(lone, count / 10).p50, floor);
        fprintf(stderr, "bench:   p50 %.0f p99 %.0f alone %.0f, minimal program %.0f; L1 %.0f F1 %.0f us\n",
                tail_of(paced, count).p50, tail_of(paced, count).p99, tail_of(lone, count / 10).p50, minimal.p50, hop.p50,
                flush.p50);
        tell_times("a lead alone", before, after, count / 10);
        free(paced);
        free(lone);
    }
    leads_close(l);
}

/* -- a broker that forgot everything ----------------------------------------------------------------------------------- */

struct office {
    bool *seen;
    int64_t count, first_us;
};
enum { NUMBERS = 10 * 1000 * 1000, TEXT_OF_CARD = 900 };

static void saw(struct office *o, int64_t number)
{
    if (number >= NUMBERS || o->seen[number])
        return;
    if (o->count == 0)
        o->first_us = now_us();
    o->seen[number] = true;
    o->count++;
}

/* …/lead/2026-000123, or …/worker/w217-3/text */
static void on_card(void *context, struct line *line, struct text topic, struct text payload)
{
    (void) line;
    const char *slash = memrchr(topic.at, '/', topic.len), *end = topic.at + topic.len;
    int64_t number = 0;
    if (payload.len > 0 && end - slash >= 7 && text_int((struct text){ slash + 6, (size_t) (end - slash) - 6 }, &number))
        saw(context, number);
}

static void on_text(void *context, struct line *line, struct text topic, struct text payload)
{
    (void) line;
    (void) payload;
    const char *at = memmem(topic.at, topic.len, "/w", 2);
    int village, number;
    if (at && (at = memmem(at + 2, topic.len - (size_t) (at + 2 - topic.at), "/w", 2)) &&
        sscanf(at, "/w%d-%d/", &village, &number) == 2)
        saw(context, village * 1000 + number);
}

struct back {
    double took_us, first_us; /* since the broker's start: the last card, the first */
};

/* How long after the broker's start the office sees all again. */
static struct back cards_back(int port, const char *account, const char *password, const char *filter,
                              void (*message)(void *, struct line *, struct text, struct text), int64_t cards, int64_t began)
{
    struct office o = { .count = 0 };
    o.seen = calloc(NUMBERS, sizeof *o.seen);
    assert(o.seen);
    struct load *load = load_new();
    load_hook(load, (struct load_hooks){ .message = message, .context = &o });
    line_subscribe(load_line(load, port, "office-1@bench", account, password, 0), filter, 1);
    while (o.count < cards && now_us() - began < 120 * 1000000)
        load_step(load, 10000);
    struct back back = { (double) (now_us() - began), (double) (o.first_us - began) };
    if (o.count < cards)
        fprintf(stderr, "bench: %lld cards are missing\n", (long long) (cards - o.count));
    load_free(load);
    free(o.seen);
    return back;
}

static struct back town_forgotten(const struct bench *b, int64_t cards)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    struct text filter = topic_filter(arena, TOPIC_UNIT_LEAD, NO_TEXT);
    const char *full = arena_printf(arena, "yl/v1/370481104/" TEXT_FMT, TEXT_ARG(filter)).at;
    int64_t before[5], after[5];
    town_times(&b->town, before);
    stage_kill(&b->town, "broker");
    if (!port_answers(b->town.port, 30 * 1000000))
        exit(3);
    struct back back =
        cards_back(b->town.port, "office-1", stage_password(&b->town, "office-1"), full, on_card, cards, now_us());
    town_times(&b->town, after);
    before[4] = 0; /* another broker */
    tell_times("a card", before, after, cards);
    return back;
}

/* A program without our features keeps as many texts of that length. */
struct forgetful {
    pid_t pid;
    int64_t texts;
};

static struct forgetful minimal_remembers(const struct bench *b, int64_t texts)
{
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%.480s/minimal-cards", b->folder);
    struct forgetful f = { minimal_phones_start(&b->bare, folder, (int) texts, TEXT_OF_CARD), texts };
    struct load *load = load_new();
    struct line *desk = load_line(load, b->bare.port, "publicity-1", NULL, NULL, 0);
    if (!load_settle(load, 0, 10 * 1000000))
        exit(3);
    line_publish(desk, TEXT("yl/v1/370481104/request/warning-order/publicity-1"), TEXT("{}"), 1, false);
    while (desk->unacked)
        load_step(load, 10000);
    load_free(load);
    cards_back(b->bare.port, NULL, NULL, "yl/v1/370481104/worker/+/text", on_text, texts, now_us());
    return f;
}

static struct back bare_forgotten(struct bench *b, const struct forgetful *f)
{
    int64_t before = cpu_us_of(f->pid);
    bare_stop(&b->bare);
    if (!bare_again(&b->bare))
        exit(3);
    struct back back = cards_back(b->bare.port, NULL, NULL, "yl/v1/370481104/worker/+/text", on_text, f->texts, now_us());
    fprintf(stderr, "bench:   us of processor a card: minimal program %.1f broker %.1f\n",
            (double) (cpu_us_of(f->pid) - before) / (double) f->texts, (double) cpu_us_of(b->bare.pid) / (double) f->texts);
    return back;
}

void part_amnesia(struct bench *b)
{
    int64_t cards = b->is_quick ? 2000 : 10000;
    struct row *row = report_row(&b->report, "amnesia", "cards back after the broker was killed, without reconnecting",
                                 "bare broker, as many retained", "ms", AT_MOST, 1.3);
    struct row *whole = report_row(&b->report, "amnesia-all", "cards back, counted from the broker's start",
                                   "bare broker, as many retained", "ms", PRINTED, 0);
    struct row *least = report_row(&b->report, "amnesia-minimal", "as many texts back, by a program without our features",
                                   "bare broker, as many retained", "ms", PRINTED, 0);
    struct leads *l = leads_open(&b->town, 20, 5, 0);
    struct flow f = leads_flow(l, cards, 1000);
    cards = leads_completed(l);
    leads_close(l);
    note_lost(b, &f);
    if (f.lost)
        return;
    struct forgetful minimal = minimal_remembers(b, cards);
    for (int run = 0; run < (b->is_quick ? 1 : 3); run++) {
        progress("amnesia");
        double bare = baseline_retained(&b->bare, cards, TEXT_OF_CARD);
        struct back its = bare_forgotten(b, &minimal), ours = town_forgotten(b, cards);
        row_add(row, (ours.took_us - ours.first_us) / 1000, bare / 1000);
        row_add(whole, ours.took_us / 1000, bare / 1000);
        row_add(least, (its.took_us - its.first_us) / 1000, bare / 1000);
        fprintf(stderr,
                "bench:   %lld cards back in %.0f ms, the first after %.0f ms; minimal program %.0f after %.0f; bare %.0f ms\n",
                (long long) cards, ours.took_us / 1000, ours.first_us / 1000, its.took_us / 1000, its.first_us / 1000,
                bare / 1000);
    }
    minimal_phones_stop(minimal.pid);
}

/* -- a surge --------------------------------------------------------------------------------------------------------- */

void part_surge(struct bench *b)
{
    int64_t count = b->is_quick ? 10000 : 100000, before[4], most = 0;
    struct row *row = report_row(&b->report, "surge", "a surge from 1,000 connections, all at once, drained in",
                                 "its own steady rate", "s", AT_MOST, 1.2);
    struct row *memory =
        report_row(&b->report, "surge-memory", "a surge: growth of the largest service's memory", "8 MiB", "MiB", AT_MOST, 1);
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
    note_lost(b, &own);
    note_lost(b, &f);
    row_add(row, (double) f.all_us / 1e6, (double) count * (double) own.us / (double) own.leads / 1e6);
    row_add(memory, (double) most / 1024, 8);
    fprintf(stderr, "bench:   %lld leads in %.1f s, repeats %lld, lost %lld\n", (long long) count, (double) f.all_us / 1e6,
            (long long) f.repeats, (long long) f.lost);
}

/* -- a slow disk ----------------------------------------------------------------------------------------------------- */

/* A new town with the shim and the one without take turns. */
void part_slow_disk(struct bench *b)
{
    static struct stage slow;
    static char preload[PATH_ROOM], folder[PATH_ROOM];
    int64_t count = b->is_quick ? 3000 : 5000, took;
    struct row *row = report_row(&b->report, "slow-disk", "leads a second on a disk whose flush is 3 ms slower",
                                 "its own rate without", "/s", AT_LEAST, 0.8);
    snprintf(preload, sizeof preload, "%.490s/slowsync.so", b->tools);
    snprintf(folder, sizeof folder, "%.490s/slow", b->folder);
    bool fine = stage_make(&slow, folder, b->town.port + 1, 1);
    slow.preload = preload;
    if (!fine || !stage_start(&slow, &took)) {
        lacking(b, "the town on a slow disk does not start");
        return;
    }
    struct leads *own = leads_open(&b->town, 20, 5, 0), *l = leads_open(&slow, 20, 5, 0);
    for (int run = 0; run < (b->is_quick ? 1 : 3); run++) {
        progress("slow disk");
        struct flow without = leads_flow(own, count, 1000), with = leads_flow(l, count, 1000);
        row_add(row, flow_rate(&with), flow_rate(&without));
        note_lost(b, &with);
        note_lost(b, &without);
        fprintf(stderr, "bench:   %.0f leads/s, without %.0f\n", flow_rate(&with), flow_rate(&without));
    }
    leads_close(own);
    leads_close(l);
    stage_stop(&slow);
}
