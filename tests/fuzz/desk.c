/* desk.c - see desk.h. */
#include "tests/fuzz/desk.h"
#include "yinling/edition.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 64, ACKS_MAX = 4096 };

struct desk {
    struct bus bus; /* first */
    struct node *node;
    void *prepared;
    const struct service *service;
    const char *path; /* the message to hand over; NULL: none */
    struct text payload;
    char probe[64], probe_path[64];
    bool up, has_probe;
    uint64_t acks[ACKS_MAX];
    int ack_count, answers;
    int64_t now_ms;
};

static const struct town *town;

static bool take(struct bus *bus, struct arrival *ret)
{
    struct desk *d = (struct desk *) bus;
    *ret = (struct arrival){ .kind = ARRIVAL_MESSAGE };
    if (!d->up) {
        ret->kind = ARRIVAL_UP;
        d->up = true;
    } else if (d->ack_count) {
        ret->kind = ARRIVAL_ACK;
        ret->token = d->acks[--d->ack_count];
    } else if (d->has_probe) {
        ret->path = text_of(d->probe_path);
        ret->payload = text_of(d->probe);
        d->has_probe = false;
    } else if (d->path) {
        ret->path = text_of(d->path);
        ret->payload = d->payload;
        d->path = NULL;
    } else {
        return false;
    }
    return true;
}

static void release(struct bus *bus, struct arrival *arrival)
{
    (void) bus;
    (void) arrival;
}

static bool publish(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token)
{
    struct desk *d = (struct desk *) bus;
    (void) retain;
    if (qos == 1 && d->ack_count < ACKS_MAX)
        d->acks[d->ack_count++] = token;
    if (text_has(path, TEXT("/probe"))) {
        snprintf(d->probe_path, sizeof d->probe_path, TEXT_FMT, TEXT_ARG(path));
        snprintf(d->probe, sizeof d->probe, TEXT_FMT, TEXT_ARG(payload));
        d->has_probe = true;
    }
    if (payload.len && payload.at[0] == '{') {
        json_t *value = json_loadb(payload.at, payload.len, JSON_REJECT_DUPLICATES, NULL);
        assert(value);
        json_decref(value);
    }
    d->answers += strncmp(path.at, "answer/", 7) == 0;
    return true;
}

static bool subscribe(struct bus *bus, struct text filter, int qos)
{
    (void) bus;
    (void) filter;
    (void) qos;
    return true;
}

static bool unsubscribe(struct bus *bus, struct text filter)
{
    (void) bus;
    (void) filter;
    return true;
}

static void fixed_random(void *context, void *ret_bytes, size_t len)
{
    (void) context;
    static uint64_t next;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *) ret_bytes)[i] = (unsigned char) (++next * 0x9E3779B97F4A7C15u >> 56);
}

static void turn(struct desk *d)
{
    for (int i = 0; i < TURNS_MAX; i++) {
        instant_ms next;
        enum turn_end end = node_turn(d->node, (instant_ms){ d->now_ms }, d->now_ms, &next);
        assert(end == TURN_FINE);
        if (!d->path && !d->has_probe && !d->ack_count && next.ms > d->now_ms)
            return;
        d->now_ms++;
    }
}

/* What a service makes of the town takes longer than all else and does not change. */
static void *prepared_once(const struct service *service)
{
    static struct {
        const struct service *service;
        void *prepared;
    } all[8];
    int i = 0;
    while (all[i].service && all[i].service != service)
        i++;
    if (!all[i].service) {
        all[i].service = service;
        all[i].prepared = service->prepare ? service->prepare(town) : NULL;
    }
    return all[i].prepared;
}

struct desk *desk_open(const struct service *service)
{
    if (!town) {
        if (sodium_init() < 0)
            abort();
        own(findings_free) struct findings *into = findings_new();
        town = town_load("deploy/binhu", into);
        assert(town);
    }
    struct desk *d = calloc(1, sizeof *d);
    assert(d);
    d->bus = (struct bus){ take, release, publish, subscribe, unsubscribe };
    d->service = service;
    d->now_ms = instant_of_civil(2026, 5, 26, 12, 0, 0).ms;
    d->prepared = prepared_once(service);
    d->node = node_open(&(struct node_settings){ .service = service,
                                                 .bus = &d->bus,
                                                 .borrowed_town = town,
                                                 .borrowed_prepared = d->prepared,
                                                 .wall = { d->now_ms },
                                                 .boot_ms = d->now_ms,
                                                 .random = fixed_random,
                                                 .window = 64 });
    assert(d->node);
    turn(d);
    assert(node_is_ready(d->node));
    return d;
}

struct desk *desk_close(struct desk *d)
{
    if (!d)
        return NULL;
    node_close(d->node);
    free(d);
    return NULL;
}

void desk_hand(struct desk *d, const char *path, struct text payload, int *ret_answers)
{
    d->now_ms += 1000;
    d->answers = 0;
    d->path = path;
    d->payload = payload;
    turn(d);
    *ret_answers = d->answers;
}

struct text desk_ask(struct desk *d, struct arena *arena, const char *sql)
{
    return node_ask(d->node, arena, sql);
}
