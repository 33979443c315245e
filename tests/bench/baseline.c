/* baseline.c - see baseline.h. */
#include "baseline.h"

#include "load.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD = 300, PATIENCE_US = 30 * 1000000 };
#define HOP_TOPIC TEXT("bench/hop") /* the bare broker knows no rules */

struct hop {
    struct load *load;
    struct line *from, *to;
    int64_t received;
    double *took; /* NULL: nobody asks */
    char payload[PAYLOAD];
};

static void on_message(void *context, struct line *line, struct text topic, struct text payload)
{
    (void) line;
    (void) topic;
    struct hop *h = context;
    int64_t sent_us;
    memcpy(&sent_us, payload.at, sizeof sent_us);
    if (h->took)
        h->took[h->received] = (double) (now_us() - sent_us);
    h->received++;
}

static void hop_open(struct hop *h, const struct bare *bare)
{
    *h = (struct hop){ .load = load_new() };
    load_hook(h->load, (struct load_hooks){ .message = on_message, .context = h });
    h->to = load_line(h->load, bare->port, "to", NULL, NULL, 1);
    line_subscribe(h->to, HOP_TOPIC.at, 1);
    if (!load_settle(h->load, 1, PATIENCE_US))
        exit(3);
    h->from = load_line(h->load, bare->port, "from", NULL, NULL, 0);
    if (!load_settle(h->load, 0, PATIENCE_US))
        exit(3);
}

static void send_one(struct hop *h)
{
    int64_t now = now_us();
    memcpy(h->payload, &now, sizeof now);
    line_publish(h->from, HOP_TOPIC, (struct text){ h->payload, PAYLOAD }, 1, false);
}

struct passing baseline_passing(const struct bare *bare, int window, int64_t for_us)
{
    struct hop h;
    hop_open(&h, bare);
    int64_t warm = now_us() + for_us / 5, began = 0, end = warm, first = 0, broker = 0, own = 0;
    for (int64_t now = now_us(); now < end || began == 0; now = now_us()) {
        if (began == 0 && now >= warm) {
            began = now;
            end = now + for_us;
            first = h.received;
            broker = cpu_us_of(bare->pid);
            own = own_cpu_us();
        }
        while (h.from->unacked < window)
            send_one(&h);
        load_step(h.load, 10000);
    }
    double count = (double) (h.received - first);
    struct passing p = { count * 1e6 / (double) (now_us() - began), (double) (cpu_us_of(bare->pid) - broker) / count,
                         (double) (own_cpu_us() - own) / count };
    load_free(h.load);
    return p;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

struct tail tail_of(const double *sorted, int64_t count)
{
    return (struct tail){ sorted[count / 2], sorted[count * 99 / 100] };
}

struct tail tail_taken(double *took, int64_t count)
{
    qsort(took, (size_t) count, sizeof *took, by_size);
    return tail_of(took, count);
}

struct tail baseline_hop(const struct bare *bare, int64_t count, int64_t per_s)
{
    struct hop h;
    hop_open(&h, bare);
    h.took = calloc((size_t) count, sizeof *h.took);
    assert(h.took);
    int64_t next = now_us(), until = now_us() + count * 1000000 / per_s + PATIENCE_US;
    for (int64_t i = 0; i < count; i++) {
        next += 1000000 / per_s;
        for (int64_t now = now_us(); now < next; now = now_us())
            load_step(h.load, next - now);
        send_one(&h);
    }
    while (h.received < count && now_us() < until)
        load_step(h.load, 1000);
    load_free(h.load);
    struct tail t = tail_taken(h.took, count);
    free(h.took);
    return t;
}

struct tail baseline_flush(const char *folder, int64_t count, int64_t per_s)
{
    char path[PATH_ROOM + 16], block[4096];
    memset(block, 'y', sizeof block);
    snprintf(path, sizeof path, "%s/flush", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    double *took = calloc((size_t) count, sizeof *took);
    assert(fd >= 0 && took);
    int64_t next = now_us();
    for (int64_t i = 0; i < count; i++) {
        next += 1000000 / per_s;
        for (int64_t now = now_us(); now < next; now = now_us())
            nanosleep(&(struct timespec){ .tv_nsec = (next - now) * 1000 }, NULL);
        int64_t began = now_us();
        if (pwrite(fd, block, sizeof block, i * (int64_t) sizeof block) != (ssize_t) sizeof block || fdatasync(fd) != 0)
            exit(3);
        took[i] = (double) (now_us() - began);
    }
    close(fd);
    unlink(path);
    struct tail t = tail_taken(took, count);
    free(took);
    return t;
}

double baseline_retained(const struct bare *bare, int64_t count, int64_t bytes)
{
    struct load *load = load_new();
    struct line *from = load_line(load, bare->port, "retainer", NULL, NULL, 0);
    char *payload = malloc((size_t) bytes), topic[64];
    assert(payload);
    memset(payload, 'x', (size_t) bytes);
    if (!load_settle(load, 0, PATIENCE_US))
        exit(3);
    int64_t began = now_us();
    for (int64_t i = 0; i < count;) {
        for (; i < count && from->unacked < 100; i++) {
            snprintf(topic, sizeof topic, "bench/kept/%lld", (long long) i);
            line_publish(from, text_of(topic), (struct text){ payload, (size_t) bytes }, 1, true);
        }
        load_step(load, 10000);
    }
    while (from->unacked)
        load_step(load, 10000);
    double took = (double) (now_us() - began);
    for (int64_t i = 0; i < count; i++) { /* the next one finds an empty broker */
        snprintf(topic, sizeof topic, "bench/kept/%lld", (long long) i);
        line_publish(from, text_of(topic), TEXT(""), 1, true);
        while (from->unacked >= 100)
            load_step(load, 10000);
    }
    while (from->unacked)
        load_step(load, 10000);
    load_free(load);
    free(payload);
    return took;
}
