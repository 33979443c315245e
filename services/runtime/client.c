/* client.c - see yinling/client.h. */
#include "yinling/client.h"

#include "mqtt.h"
#include "yinling/reader.h"
#include "yinling/topic.h"

#include <assert.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LISTENERS_MAX = 16,
    REPEAT_FIRST_MS = 1000,
    REPEAT_LAST_MS = 4000,
    STEP_MAX = 4096, /* arrivals dealt with before the caller is heard again */
    ID_ROOM = 65
};

struct listener {
    char *filter;
    client_listener *on;
    void *context;
};

struct pending {
    struct pending *next, *before; /* in order of sending */
    char id[ID_ROOM];
    char *path, *body;
    int64_t next_ms, repeat_ms;
    bool sent;
    client_answered *on;
    void *context;
};

struct client {
    struct client_settings settings;
    struct mqtt *mqtt;
    char client_id[80];
    struct listener listeners[LISTENERS_MAX];
    int listener_count;
    struct pending *buckets_head; /* list */
    struct pending **table;       /* open addressing by id, a power of two */
    size_t table_size, pending_count;
    struct pending *last;
    int64_t repeats, next_look_ms;
    uint64_t tokens;
    char denied[TOPIC_BYTES_MAX]; /* "" : nothing */
};

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -- pending requests, found by id ----------------------------------------------------------------------------------- */

static size_t slot_of(const struct client *c, const char *id)
{
    uint64_t h = 1469598103934665603u;
    for (; *id; id++)
        h = (h ^ (unsigned char) *id) * 1099511628211u;
    return (size_t) h & (c->table_size - 1);
}

static void table_put(struct client *c, struct pending *p)
{
    size_t i = slot_of(c, p->id);
    while (c->table[i])
        i = (i + 1) & (c->table_size - 1);
    c->table[i] = p;
}

static void table_rebuild(struct client *c, size_t size)
{
    free(c->table);
    c->table_size = size;
    c->table = calloc(size, sizeof(struct pending *));
    assert(c->table);
    for (struct pending *p = c->buckets_head; p; p = p->next)
        table_put(c, p);
}

static struct pending *table_find(const struct client *c, const char *id, size_t *ret_slot)
{
    for (size_t i = slot_of(c, id); c->table[i]; i = (i + 1) & (c->table_size - 1)) {
        if (strcmp(c->table[i]->id, id) == 0) {
            *ret_slot = i;
            return c->table[i];
        }
    }
    return NULL;
}

/* Takes one out and closes the hole, so that searches still find what lies behind it. */
static void table_drop(struct client *c, size_t slot)
{
    size_t mask = c->table_size - 1;
    c->table[slot] = NULL;
    for (size_t i = (slot + 1) & mask; c->table[i]; i = (i + 1) & mask) {
        struct pending *p = c->table[i];
        c->table[i] = NULL;
        table_put(c, p);
    }
}

static void pending_free(struct pending *p)
{
    free(p->path);
    free(p->body);
    free(p);
}

static void pending_drop(struct client *c, struct pending *p)
{
    *(p->before ? &p->before->next : &c->buckets_head) = p->next;
    *(p->next ? &p->next->before : &c->last) = p->before;
    c->pending_count--;
}

/* -- the connection -------------------------------------------------------------------------------------------------- */

struct client *client_open(const struct client_settings *settings)
{
    struct client *c = calloc(1, sizeof *c);
    assert(c && sodium_init() >= 0);
    c->settings = *settings;
    snprintf(c->client_id, sizeof c->client_id, "%s%s%s", settings->account, settings->device ? "@" : "",
             settings->device ? settings->device : "");
    c->mqtt = mqtt_open(&(struct mqtt_settings){ .broker = settings->broker,
                                                 .client_id = c->client_id,
                                                 .account = settings->account,
                                                 .password = settings->password,
                                                 .root = settings->root,
                                                 .v5 = settings->v5 });
    table_rebuild(c, 1024);
    return c;
}

struct client *client_close(struct client *c)
{
    if (!c)
        return NULL;
    mqtt_close(c->mqtt);
    while (c->buckets_head) {
        struct pending *p = c->buckets_head;
        c->buckets_head = p->next;
        p->on(p->context, NULL);
        pending_free(p);
    }
    for (int i = 0; i < c->listener_count; i++)
        free(c->listeners[i].filter);
    free(c->table);
    free(c);
    return NULL;
}

static void subscribe_all(struct client *c)
{
    struct bus *bus = mqtt_bus(c->mqtt);
    own(arena_free) struct arena *arena = arena_new(1024);
    struct text account = text_of(c->settings.account);
    bus->subscribe(bus, topic_of(arena, TOPIC_ANSWER, account).path, 0);
    if (c->settings.device)
        bus->subscribe(bus, topic_of(arena, TOPIC_ANSWER_DEVICE, account, text_of(c->settings.device)).path, 0);
    for (int i = 0; i < c->listener_count; i++)
        bus->subscribe(bus, text_of(c->listeners[i].filter), 1);
    for (struct pending *p = c->buckets_head; p; p = p->next)
        p->next_ms = 0;
    c->next_look_ms = 0;
}

void client_listen(struct client *c, const char *filter, client_listener *on, void *context)
{
    assert(c->listener_count < LISTENERS_MAX);
    struct listener *l = &c->listeners[c->listener_count++];
    *l = (struct listener){ strdup(filter), on, context };
    struct bus *bus = mqtt_bus(c->mqtt);
    if (mqtt_is_up(c->mqtt))
        bus->subscribe(bus, text_of(filter), 1);
}

bool client_publish(struct client *c, const char *path, struct text payload, int qos)
{
    struct bus *bus = mqtt_bus(c->mqtt);
    return bus->publish(bus, text_of(path), payload, qos, false, ++c->tokens);
}

/* -- arrivals -------------------------------------------------------------------------------------------------------- */

static bool covers(const char *filter, struct text path)
{
    size_t at = 0;
    for (;;) {
        if (strcmp(filter, "#") == 0)
            return true;
        size_t f = strcspn(filter, "/"), p = 0;
        while (at + p < path.len && path.at[at + p] != '/')
            p++;
        bool plus = f == 1 && *filter == '+';
        if (!plus && (f != p || memcmp(filter, path.at + at, f) != 0))
            return false;
        filter += f;
        at += p;
        if (*filter == '\0' || at >= path.len)
            return (*filter == '\0' && at >= path.len) || strcmp(filter, "/#") == 0;
        filter++;
        at++;
    }
}

static void on_answer(struct client *c, struct text payload)
{
    json_t *answer = json_loadb(payload.at, payload.len, 0, NULL);
    struct text id = json_text_at(answer, "request");
    size_t slot;
    struct pending *p = id.at && id.len < ID_ROOM ? table_find(c, id.at, &slot) : NULL;
    if (p) {
        table_drop(c, slot);
        pending_drop(c, p);
        p->on(p->context, answer);
        pending_free(p);
    }
    json_decref(answer);
}

static void deal_with(struct client *c, struct arrival *a)
{
    if (a->kind == ARRIVAL_UP) {
        subscribe_all(c);
        return;
    }
    if (a->kind == ARRIVAL_DENIED && c->denied[0] == '\0')
        snprintf(c->denied, sizeof c->denied, TEXT_FMT, TEXT_ARG(a->path));
    if (a->kind != ARRIVAL_MESSAGE)
        return;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    if (topic_read(a->path, &id, parts) && (id == TOPIC_ANSWER || id == TOPIC_ANSWER_DEVICE))
        on_answer(c, a->payload);
    for (int i = 0; i < c->listener_count; i++) {
        if (covers(c->listeners[i].filter, a->path))
            c->listeners[i].on(c->listeners[i].context, a->path, a->payload, a->retained);
    }
}

const char *client_denied(const struct client *c)
{
    return c->denied[0] ? c->denied : NULL;
}

static void send_due(struct client *c, int64_t now_ms)
{
    if (!mqtt_is_up(c->mqtt) || now_ms < c->next_look_ms)
        return;
    struct bus *bus = mqtt_bus(c->mqtt);
    c->next_look_ms = now_ms + 100;
    for (struct pending *p = c->buckets_head; p; p = p->next) {
        if (now_ms < p->next_ms)
            continue;
        if (!bus->publish(bus, text_of(p->path), text_of(p->body), 1, false, ++c->tokens))
            return;
        c->repeats += p->sent;
        p->sent = true;
        p->next_ms = now_ms + p->repeat_ms;
        p->repeat_ms = p->repeat_ms * 2 > REPEAT_LAST_MS ? REPEAT_LAST_MS : p->repeat_ms * 2;
    }
}

static void wait_for_news(struct client *c, int timeout_ms)
{
    if (timeout_ms <= 0 || mqtt_is_waiting(c->mqtt))
        return;
    struct pollfd fd = { .fd = mqtt_fd(c->mqtt), .events = POLLIN };
    poll(&fd, 1, timeout_ms > 100 ? 100 : timeout_ms);
}

void client_step(struct client *c, int timeout_ms)
{
    struct bus *bus = mqtt_bus(c->mqtt);
    struct arrival a;
    mqtt_tick(c->mqtt, monotonic_ms());
    int taken = 0;
    for (; taken < STEP_MAX && bus->take(bus, &a); taken++) {
        deal_with(c, &a);
        bus->release(bus, &a);
    }
    send_due(c, monotonic_ms());
    if (taken == 0)
        wait_for_news(c, timeout_ms);
}

/* -- asking ---------------------------------------------------------------------------------------------------------- */

static void random_id(char ret[ID_ROOM])
{
    unsigned char random[12];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(ret, ID_ROOM, random, sizeof random);
}

void client_send(struct client *c, const char *kind, json_t *take_body, client_answered *on, void *context)
{
    struct pending *p = calloc(1, sizeof *p);
    assert(p);
    struct text id = json_text_at(take_body, "id");
    if (id.at && id.len < ID_ROOM) {
        memcpy(p->id, id.at, id.len);
    } else {
        random_id(p->id);
        json_object_set_new(take_body, "id", json_string(p->id));
    }
    own(arena_free) struct arena *arena = arena_new(1024);
    struct text account = text_of(c->settings.account);
    struct topic to = c->settings.device
                          ? topic_of(arena, TOPIC_REQUEST_DEVICE, text_of(kind), account, text_of(c->settings.device))
                          : topic_of(arena, TOPIC_REQUEST, text_of(kind), account);
    p->path = strdup(to.path.at);
    p->body = json_dumps(take_body, JSON_COMPACT);
    assert(p->path && p->body);
    json_decref(take_body);
    p->repeat_ms = REPEAT_FIRST_MS;
    p->on = on;
    p->context = context;
    p->before = c->last;
    *(c->last ? &c->last->next : &c->buckets_head) = p;
    c->last = p;
    if (++c->pending_count * 2 > c->table_size)
        table_rebuild(c, c->table_size * 2);
    else
        table_put(c, p);
    struct bus *bus = mqtt_bus(c->mqtt);
    if (mqtt_is_up(c->mqtt) && bus->publish(bus, text_of(p->path), text_of(p->body), 1, false, ++c->tokens)) {
        p->sent = true;
        p->next_ms = monotonic_ms() + p->repeat_ms;
    }
}

size_t client_pending(const struct client *c)
{
    return c->pending_count;
}

int64_t client_repeats(const struct client *c)
{
    return c->repeats;
}

static bool is_refused(const struct client *c)
{
    int code = mqtt_last_refusal(c->mqtt);
    return code == 4 || code == 5 || code >= 0x80;
}

enum client_end client_wait_up(struct client *c, int timeout_ms)
{
    int64_t until = monotonic_ms() + timeout_ms;
    while (!mqtt_is_up(c->mqtt)) {
        if (is_refused(c))
            return CLIENT_REFUSED;
        if (monotonic_ms() >= until)
            return CLIENT_TIMEOUT;
        client_step(c, 50);
    }
    return CLIENT_DONE;
}

static void keep_answer(void *context, const json_t *answer)
{
    *(json_t **) context = answer ? json_incref((json_t *) answer) : json_null();
}

/* Nobody waits any more for what was asked last. */
static void forget_last(struct client *c)
{
    struct pending *p = c->last;
    size_t slot;
    if (p && table_find(c, p->id, &slot)) {
        table_drop(c, slot);
        pending_drop(c, p);
        pending_free(p);
    }
}

enum client_end client_ask(struct client *c, const char *kind, json_t *take_body, int timeout_ms, json_t **ret_answer)
{
    json_t *answer = NULL;
    int64_t until = monotonic_ms() + timeout_ms;
    client_send(c, kind, take_body, keep_answer, &answer);
    while (!answer && !is_refused(c) && monotonic_ms() < until)
        client_step(c, 50);
    if (!answer) {
        forget_last(c);
        return is_refused(c) ? CLIENT_REFUSED : CLIENT_TIMEOUT;
    }
    *ret_answer = answer;
    return CLIENT_DONE;
}
