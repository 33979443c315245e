/* node_bench.h - one node under a magnifying glass: what it publishes is counted, acknowledgements can be held back, topics denied,
 * peers played by hand. For tests of the skeleton itself; handler tests use the kit.
 *
 * The service calls itself intake, because topics and events have one writer each: it follows `router`, and `router` and `warning`
 * follow it. */
#ifndef NODE_BENCH_H
#define NODE_BENCH_H

#include "services/runtime/node_internal.h"
#include "tests/kit/broker.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define BENCH_START 1779768000000 /* 2026-05-26T12:00:00+08:00 */
#define EPOCH_A "00000000000000aa"
#define EPOCH_B "00000000000000bb"

struct spy {        /* between the node and the broker */
    struct bus bus; /* first */
    struct bus *inner;
    const char *deny; /* publishes and subscriptions that contain this are refused */
    bool holds_acks;
    uint64_t denied[16];
    char denied_path[256];
    int denied_count;
    const char *counted; /* publishes that contain this are counted */
    int count;
    const char *loses; /* arrivals that contain this never come */
    const char *heard; /* arrivals that contain this are counted */
    int heard_count;
};

struct peer { /* a producer whose stream the test writes */
    const char *epoch;
    int64_t seq;
    unsigned char hash[HASH_BYTES];
};

struct bench {
    const struct service *service;
    struct broker *broker;
    struct broker_client *client, *tester;
    struct spy spy;
    struct node *node;
    struct arena *arena;
    struct peer router;
    instant_ms wall, next;
    int64_t boot_ms;
    const char *vfs, *state_dir, *boot_id;
    char ledger[64];
    enum turn_end end;
};

static inline bool spy_take(struct bus *bus, struct arrival *ret)
{
    struct spy *s = (struct spy *) bus;
    if (s->denied_count) {
        *ret =
            (struct arrival){ .kind = ARRIVAL_DENIED, .path = text_of(s->denied_path), .token = s->denied[--s->denied_count] };
        return true;
    }
    while (s->inner->take(s->inner, ret)) {
        s->heard_count += s->heard && ret->kind == ARRIVAL_MESSAGE && text_has(ret->path, text_of(s->heard));
        bool is_lost = s->loses && ret->kind == ARRIVAL_MESSAGE && text_has(ret->path, text_of(s->loses));
        if (!is_lost && (ret->kind != ARRIVAL_ACK || !s->holds_acks))
            return true;
        s->inner->release(s->inner, ret);
    }
    return false;
}
static inline void spy_release(struct bus *bus, struct arrival *arrival)
{
    struct spy *s = (struct spy *) bus;
    if (arrival->kind != ARRIVAL_DENIED)
        s->inner->release(s->inner, arrival);
}
static inline bool spy_denies(struct spy *s, struct text path, uint64_t token)
{
    if (!s->deny || !text_has(path, text_of(s->deny)))
        return false;
    assert_true(s->denied_count < 16);
    s->denied[s->denied_count++] = token;
    snprintf(s->denied_path, sizeof s->denied_path, TEXT_FMT, TEXT_ARG(path));
    return true;
}
static inline bool spy_publish(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token)
{
    struct spy *s = (struct spy *) bus;
    s->count += s->counted && text_has(path, text_of(s->counted));
    return spy_denies(s, path, token) || s->inner->publish(s->inner, path, payload, qos, retain, token);
}
static inline bool spy_subscribe(struct bus *bus, struct text filter, int qos)
{
    struct spy *s = (struct spy *) bus;
    return spy_denies(s, filter, 0) || s->inner->subscribe(s->inner, filter, qos);
}

static inline bool spy_unsubscribe(struct bus *bus, struct text filter)
{
    struct spy *s = (struct spy *) bus;
    return s->inner->unsubscribe(s->inner, filter);
}

static inline const struct town *bench_town(void)
{
    static const struct town *town;
    own(findings_free) struct findings *findings = findings_new();
    if (!town)
        town = town_load("deploy/binhu", findings);
    assert_non_null(town);
    return town;
}

/* Turns until nothing more is wanted at this instant. */
static inline void bench_settle(struct bench *b)
{
    for (int i = 0; i < 2000; i++) {
        b->next = b->wall;
        b->end = node_turn(b->node, b->wall, b->boot_ms, &b->next);
        if (b->end != TURN_FINE || (broker_waiting(b->client) == 0 && b->spy.denied_count == 0 && is_before(b->wall, b->next)))
            return;
    }
    fail_msg("the node never comes to rest");
}

static inline void bench_later(struct bench *b, int64_t ms)
{
    b->wall.ms += ms;
    b->boot_ms += ms;
    bench_settle(b);
}

static inline void bench_start(struct bench *b)
{
    b->node = node_open(&(struct node_settings){ .service = b->service,
                                                 .bus = &b->spy.bus,
                                                 .ledger = b->ledger,
                                                 .vfs = b->vfs,
                                                 .state_dir = b->state_dir,
                                                 .borrowed_town = bench_town(),
                                                 .version = "test",
                                                 .wall = b->wall,
                                                 .boot_ms = b->boot_ms,
                                                 .boot_id = b->boot_id,
                                                 .window = 96 });
    assert_non_null(b->node);
    broker_connect(b->client);
    bench_settle(b);
}

static inline void bench_drain(struct broker_client *client)
{
    struct arrival a;
    struct bus *bus = broker_bus(client);
    while (bus->take(bus, &a))
        bus->release(bus, &a);
}

/* The process dies and starts again on its ledger. */
static inline void bench_crash(struct bench *b)
{
    broker_disconnect(b->client);
    node_close(b->node);
    bench_drain(b->client);
    bench_start(b);
}

/* The link breaks and comes back. */
static inline void bench_reconnect(struct bench *b)
{
    broker_disconnect(b->client);
    bench_settle(b);
    broker_connect(b->client);
    bench_settle(b);
}

/* vfs: NULL, or a disk of the simulator's, on which the ledger then lies. */
static inline struct bench *bench_new_on(const struct service *service, const char *vfs)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_true(b && sodium_init() >= 0);
    b->service = service;
    b->arena = arena_new(64 * 1024);
    b->broker = broker_new();
    b->client = broker_client(b->broker, service->name);
    b->tester = broker_client(b->broker, "tester");
    b->spy = (struct spy){ .bus = { spy_take, spy_release, spy_publish, spy_subscribe, spy_unsubscribe },
                           .inner = broker_bus(b->client) };
    b->router.epoch = EPOCH_A;
    b->wall.ms = BENCH_START;
    b->boot_ms = 1000000;
    b->vfs = vfs;
    static int made;
    snprintf(b->ledger, sizeof b->ledger, "%s/yinling-bench-%d-%d.db", vfs ? "" : "/dev/shm", (int) getpid(), made++);
    broker_connect(b->tester);
    bench_drain(b->tester);
    bench_start(b);
    return b;
}
static inline struct bench *bench_new(const struct service *service)
{
    return bench_new_on(service, NULL);
}

static inline void own_bench_free(struct bench **b)
{
    struct bench *it = *b;
    node_close(it->node);
    broker_free(it->broker);
    static const char *const endings[] = { "", "-wal", "-journal" };
    for (size_t i = 0; i < 3 && !it->vfs; i++)
        unlink(arena_printf(it->arena, "%s%s", it->ledger, endings[i]).at);
    arena_free(it->arena);
    free(it);
}

static inline void bench_publish(struct bench *b, const char *path, const char *payload, bool retain)
{
    struct bus *bus = broker_bus(b->tester);
    bus->publish(bus, text_of(path), text_of(payload), 0, retain, 0);
}

/* What the router's next message carries: NULL, nothing; else an event, JSON with ' for ". */
static inline void bench_router_says(struct bench *b, const char *event)
{
    struct peer *p = &b->router;
    const char *prev = p->seq ? hex_of(b->arena, p->hash, HASH_BYTES) : "";
    int64_t first = p->seq + 1;
    char body[4096] = "";
    snprintf(body, sizeof body, "%s", event ? event : "");
    for (char *c = body; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    if (event) {
        p->seq++;
        event_next_hash(p->hash, text_of(body));
    }
    struct text message =
        arena_printf(b->arena, "{\"epoch\":\"%s\",\"head\":%lld,\"now\":\"%s\",\"first\":%lld,\"prev\":\"%s\",\"events\":[%s]}",
                     p->epoch, (long long) p->seq, instant_text(b->arena, b->wall).at, (long long) first, prev, body);
    bench_publish(b, "stream/router", message.at, false);
    bench_settle(b);
}

/* A consumer of ours tells how far it is. */
static inline void bench_cursor(struct bench *b, const char *consumer, const char *epoch, int64_t seq, bool wants)
{
    bench_publish(b, arena_printf(b->arena, "stream/intake/cursor/%s", consumer).at,
                  arena_printf(b->arena, "{\"epoch\":\"%s\",\"seq\":%lld,\"hash\":\"\",\"want\":%s}", epoch, (long long) seq,
                               wants ? "true" : "false")
                      .at,
                  true);
    bench_settle(b);
}

/* A request's body has ' for ". Its answer is thrown away: look at the ledger. */
static inline void bench_ask(struct bench *b, const char *kind, const char *account, const char *body)
{
    struct text text = arena_text(b->arena, body, strlen(body));
    for (char *c = (char *) text.at; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    bench_publish(b, arena_printf(b->arena, "request/%s/%s", kind, account).at, text.at, false);
    bench_settle(b);
}

static inline int64_t bench_int(struct bench *b, const char *sql)
{
    int64_t number = INT64_MIN;
    text_int(node_ask(b->node, b->arena, sql), &number);
    return number;
}

#endif
