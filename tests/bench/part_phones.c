/* part_phones.c - ten thousand phones: a warning, taps, a warning while leads come in. */
#include "bench.h"
#include "leads.h"
#include "phones.h"

#include <stdio.h>
#include <stdlib.h>

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

void part_phones(struct bench *b)
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

void part_paced(struct bench *b)
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
