/* versions.c - see versions.h. */
#include "sim/versions.h"

#include "gen/runtime_queries.h"
#include "services/runtime/node_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SERVICES_MAX = 8, ROUTES_MAX = 64, UNREADABLE_ONE_IN = 40, NEWER_SCHEMA = 9000 };

static struct gate {
    const struct service *real;
    struct service gated;
    struct event_route events[ROUTES_MAX];
    struct request_route requests[ROUTES_MAX];
} gates[SERVICES_MAX];
static int gate_count;

static bool is_old;
static jmp_buf *crash;

void versions_turn(bool old, jmp_buf *where)
{
    is_old = old;
    crash = where;
}

static const struct service *real_of(const struct tx *tx)
{
    for (int i = 0; i < gate_count; i++) {
        if (&gates[i].gated == tx->node->service)
            return gates[i].real;
    }
    abort();
}

static void crash_on_poison(const json_t *data)
{
    struct text text = json_text_at(data, "text");
    if (is_old && text.at && strstr(text.at, POISON_TEXT))
        longjmp(*crash, 1);
}

/* Some kinds of event of some subjects have got a field that the older program does not take. */
static bool is_beyond_the_old(const struct event *e)
{
    uint32_t sum = 2166136261u ^ (uint32_t) e->type;
    for (size_t i = 0; i < e->subject.len; i++)
        sum = (sum ^ (unsigned char) e->subject.at[i]) * 16777619u;
    return (sum >> 8) % UNREADABLE_ONE_IN == 0;
}

static enum verdict on_event(struct tx *tx, instant_ms now, const struct event *e)
{
    const struct event_route *r = real_of(tx)->events;
    while (r->type != e->type)
        r++;
    crash_on_poison(e->data);
    if (is_old && is_beyond_the_old(e))
        return park(tx, e, "this version cannot read it");
    return r->on(tx, now, e);
}

static enum verdict on_request(struct tx *tx, instant_ms now, const struct request *q)
{
    const struct request_route *r = real_of(tx)->requests;
    while (r->kind != q->kind)
        r++;
    crash_on_poison(q->body);
    return r->on(tx, now, q);
}

const struct service *versions_of(const struct service *service)
{
    for (int i = 0; i < gate_count; i++) {
        if (gates[i].real == service)
            return &gates[i].gated;
    }
    assert(gate_count < SERVICES_MAX);
    struct gate *g = &gates[gate_count++];
    g->real = service;
    g->gated = *service;
    int i = 0;
    for (const struct event_route *r = service->events; r; r++) {
        assert(i < ROUTES_MAX);
        g->events[i] = *r;
        if (!r->on)
            break;
        g->events[i++].on = on_event;
    }
    i = 0;
    for (const struct request_route *r = service->requests; r; r++) {
        assert(i < ROUTES_MAX);
        g->requests[i] = *r;
        if (!r->on)
            break;
        g->requests[i++].on = on_request;
    }
    g->gated.events = service->events ? g->events : NULL;
    g->gated.requests = service->requests ? g->requests : NULL;
    return &g->gated;
}

static void say_unheard_of(struct tx *tx, const char *subject)
{
    struct rows head = tx_all(tx, R_STREAM_HEAD, NO_PARAMS);
    unsigned char hash[HASH_BYTES] = { 0 };
    if (head.count)
        memcpy(hash, row_text(&head, 0, "hash").at, HASH_BYTES);
    struct text body = arena_printf(tx->arena,
                                    "{\"type\":\"lead.weighed\",\"subject\":\"%s\",\"at\":\"2026-05-26T08:00:00.000+08:00\","
                                    "\"by\":null,\"edition\":\"-\",\"data\":{\"weight\":{\"kg\":[1,2]}}}",
                                    subject);
    event_next_hash(hash, body);
    tx_run(tx, R_STREAM_ADD, p_int("seq", (head.count ? row_int(&head, 0, "seq", 0) : 0) + 1), p_c("subject", subject),
           p_c("type", "lead.weighed"), p_text("body", body), p_blob("hash", hash, HASH_BYTES));
}

bool versions_newer_ran(const struct db_settings *settings, const char *subject)
{
    own(arena_free) struct arena *arena = arena_new(256 * 1024);
    struct text why;
    struct db_settings newer = *settings;
    newer.schema =
        arena_printf(arena, "%s\n-- %d\nCREATE TABLE from_the_future (x INTEGER) STRICT;\n", settings->schema, NEWER_SCHEMA).at;
    struct db *db = db_open(&newer, &why, arena);
    if (!db)
        return false;
    jmp_buf trouble;
    db_on_trouble(db, &trouble);
    volatile bool fine = false;
    if (setjmp(trouble) == 0) {
        struct tx tx = { .db = db, .arena = arena };
        db_begin(db);
        say_unheard_of(&tx, subject);
        fine = db_commit(db) == DB_FINE;
    }
    db_close(db);
    return fine;
}
