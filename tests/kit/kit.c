/* kit.c - see kit.h. One node, one in-process broker, a client that plays everybody else. */
#include "kit.h"

#include "broker.h"
#include "services/runtime/node_internal.h" /* what the service itself asked for, apart from the skeleton's beats */

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENTS_MAX = 200000, TURNS_MAX = 200000, PRODUCERS_MAX = 8 };

struct fake_producer { /* a stream that the test writes by hand */
    const char *name;
    int64_t seq;
    unsigned char hash[HASH_BYTES];
    bool silent;
    struct text waiting; /* its next events, with commas between */
    int64_t waiting_count;
    const char *before; /* hash of the event before them */
};

struct kit {
    const struct service *service;
    char town_folder[256], folder[64], ledger[96];
    struct broker *broker;
    struct broker_client *client, *everybody;
    struct node *node;
    instant_ms now, wanted;
    struct arena *arena; /* for what one feed returns */
    struct arena *held;  /* while what is fed waits */
    struct fake_producer producers[PRODUCERS_MAX];
    int producer_count;
    json_t *said;   /* array */
    json_t *ticker; /* array of payloads as text */
    json_t *answer;
    uint64_t seed;
    int64_t requests;
};

static _Noreturn void mistake(const char *what, const char *detail)
{
    fprintf(stderr, "test mistake: %s %s\n", what, detail ? detail : "");
    abort();
}

/* Seeded bytes, so that a test sees the same codes every time. */
static void kit_random(void *context, void *ret_bytes, size_t len)
{
    struct kit *k = context;
    unsigned char seed[randombytes_SEEDBYTES] = { 0 };
    k->seed++;
    memcpy(seed, &k->seed, sizeof k->seed);
    randombytes_buf_deterministic(ret_bytes, len, seed);
}

static struct text with_quotes(struct kit *k, const char *json)
{
    struct text t = arena_text(k->arena, json, strlen(json));
    for (char *c = (char *) t.at; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return t;
}

static json_t *parsed(struct kit *k, struct text t)
{
    json_error_t error;
    json_t *value = json_loadb(t.at, t.len, 0, &error);
    if (!value)
        mistake("not JSON:", t.at);
    return json_keep(k->arena, value);
}

/* -- what the service says ------------------------------------------------------------------------------------------- */

static void hear_stream(struct kit *k, struct text payload)
{
    json_t *m = json_loadb(payload.at, payload.len, 0, NULL);
    assert(m);
    size_t i;
    json_t *event;
    int64_t first = json_integer_value(json_object_get(m, "first"));
    json_array_foreach(json_object_get(m, "events"), i, event)
    {
        if (first + (int64_t) i == (int64_t) json_array_size(k->said) + 1)
            json_array_append(k->said, event);
    }
    json_decref(m);
}

static void everybody_hears(struct kit *k)
{
    struct arrival a;
    struct bus *bus = broker_bus(k->everybody);
    while (bus->take(bus, &a)) {
        enum topic_id id;
        struct text parts[TOPIC_PARTS_MAX];
        if (a.kind == ARRIVAL_MESSAGE && topic_read(a.path, &id, parts)) {
            if (id == TOPIC_STREAM && text_is_c(parts[0], k->service->name))
                hear_stream(k, a.payload);
            if (id == TOPIC_ANSWER || id == TOPIC_ANSWER_DEVICE) {
                json_decref(k->answer);
                k->answer = json_loadb(a.payload.at, a.payload.len, 0, NULL);
            }
            if (id == TOPIC_FEED_LEADS || id == TOPIC_FEED_WARNINGS)
                json_array_append_new(k->ticker, json_stringn(a.payload.at, a.payload.len));
        }
        bus->release(bus, &a);
    }
}

/* Turns until nothing more happens at this instant. */
static void settle(struct kit *k)
{
    if (k->held)
        return;
    for (int i = 0; i < TURNS_MAX; i++) {
        enum turn_end end = node_turn(k->node, k->now, k->now.ms, &k->wanted);
        if (end != TURN_FINE)
            mistake("the turn met trouble of the disk", NULL);
        everybody_hears(k);
        if (broker_waiting(k->client) == 0 && is_before(k->now, k->wanted))
            return;
    }
    mistake("the service never comes to rest", NULL);
}

/* -- what the service hears ------------------------------------------------------------------------------------------ */

static struct fake_producer *producer_named(struct kit *k, const char *name)
{
    for (int i = 0; i < k->producer_count; i++) {
        if (strcmp(k->producers[i].name, name) == 0)
            return &k->producers[i];
    }
    assert(k->producer_count < PRODUCERS_MAX);
    k->producers[k->producer_count] = (struct fake_producer){ .name = name };
    return &k->producers[k->producer_count++];
}

static void chain(struct fake_producer *p, struct text event)
{
    p->seq++;
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&state, p->hash, HASH_BYTES);
    crypto_generichash_update(&state, (const unsigned char *) event.at, event.len);
    crypto_generichash_final(&state, p->hash, HASH_BYTES);
}

static const char *hash_of(struct arena *arena, const struct fake_producer *p)
{
    return p->seq ? sodium_bin2hex(arena_take(arena, HASH_HEX), HASH_HEX, p->hash, HASH_BYTES) : "";
}

/* What waits, as one message; without any it tells that the producer is alive. */
static void publish_stream(struct kit *k, struct fake_producer *p, instant_ms now)
{
    struct text payload = arena_printf(
        k->arena,
        "{\"epoch\":\"00000000000000aa\",\"head\":%lld,\"now\":\"%s\",\"first\":%lld,\"prev\":\"%s\",\"events\":[" TEXT_FMT
        "]}",
        (long long) p->seq, instant_text(k->arena, now).at, (long long) (p->seq - p->waiting_count + 1),
        p->waiting_count ? p->before : hash_of(k->arena, p), TEXT_ARG(p->waiting));
    struct bus *bus = broker_bus(k->everybody);
    bus->publish(bus, topic_of(k->arena, TOPIC_STREAM, text_of(p->name)).path, payload, 0, false, 0);
    p->waiting = NO_TEXT;
    p->waiting_count = 0;
}

static void add_event(struct arena *arena, struct fake_producer *p, struct text event)
{
    if (p->waiting_count++ == 0) {
        p->before = hash_of(arena, p);
        p->waiting = arena_copy(arena, event);
    } else {
        p->waiting = arena_printf(arena, TEXT_FMT "," TEXT_FMT, TEXT_ARG(p->waiting), TEXT_ARG(event));
    }
    chain(p, event);
}

static bool service_follows(const struct service *s, const char *producer)
{
    for (const struct event_route *r = s->events; r && r->on; r++) {
        if (strcmp(event_specs[r->type].producer, producer) == 0)
            return true;
    }
    return false;
}

/* Every producer that is not silent tells that it is alive and has nothing new. */
static void heartbeats(struct kit *k)
{
    static const char *const names[] = { SERVICE_INTAKE, SERVICE_ROUTER, SERVICE_DEADLINE, SERVICE_WARNING };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fake_producer *p = service_follows(k->service, names[i]) ? producer_named(k, names[i]) : NULL;
        if (p && !p->silent)
            publish_stream(k, p, k->now);
    }
}

/* The shipped town never changes under a test, so it is loaded and prepared once for all its kits. Other folders are the runtime's. */
static const struct town *shared_town(const struct service *service, const char *folder, void **ret_prepared)
{
    static const struct town *town;
    static void *prepared;
    if (strcmp(folder, "deploy/binhu") != 0)
        return NULL;
    if (!town) {
        own(findings_free) struct findings *findings = findings_new();
        town = town_load(folder, findings);
        if (!town) {
            findings_print(findings, stderr);
            mistake("the town cannot be loaded:", folder);
        }
        prepared = service->prepare ? service->prepare(town) : NULL;
    }
    *ret_prepared = prepared;
    return town;
}

/* -- making ---------------------------------------------------------------------------------------------------------- */

static void start(struct kit *k)
{
    void *prepared = NULL;
    const struct town *town = shared_town(k->service, k->town_folder, &prepared);
    k->node = node_open(&(struct node_settings){ .service = k->service,
                                                 .bus = broker_bus(k->client),
                                                 .ledger = k->ledger,
                                                 .town = k->town_folder,
                                                 .borrowed_town = town,
                                                 .borrowed_prepared = prepared,
                                                 .version = "test",
                                                 .wall = k->now,
                                                 .boot_ms = k->now.ms,
                                                 .random = kit_random,
                                                 .random_context = k,
                                                 .window = 96 });
    if (!k->node)
        mistake("the service cannot start on", k->town_folder);
    broker_connect(k->client);
    settle(k);
    assert(node_is_ready(k->node));
}

struct kit *kit_new(const struct service *service, const char *town_folder, const char *now)
{
    struct kit *k = calloc(1, sizeof *k);
    assert(k && sodium_init() >= 0);
    k->service = service;
    k->arena = arena_new(64 * 1024);
    k->said = json_array();
    k->ticker = json_array();
    if (!instant_read(text_of(now), &k->now))
        mistake("not an instant:", now);
    snprintf(k->town_folder, sizeof k->town_folder, "%s", town_folder);
    snprintf(k->folder, sizeof k->folder, "/dev/shm/yinling-kit-XXXXXX");
    if (!mkdtemp(k->folder))
        mistake("no folder", k->folder);
    snprintf(k->ledger, sizeof k->ledger, "%s/%s.db", k->folder, service->name);
    k->broker = broker_new();
    k->everybody = broker_client(k->broker, "everybody");
    k->client = broker_client(k->broker, service->name);
    broker_connect(k->everybody);
    struct bus *bus = broker_bus(k->everybody);
    bus->subscribe(bus, TEXT("#"), 1);
    start(k);
    heartbeats(k);
    settle(k);
    return k;
}

struct kit *kit_free(struct kit *k)
{
    if (!k)
        return NULL;
    node_close(k->node);
    broker_free(k->broker);
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", k->ledger, endings[i]);
        unlink(path);
    }
    rmdir(k->folder);
    json_decref(k->said);
    json_decref(k->ticker);
    json_decref(k->answer);
    arena_free(k->arena);
    free(k);
    return NULL;
}

void kit_crash(struct kit *k)
{
    broker_disconnect(k->client);
    node_close(k->node);
    struct arrival a;
    struct bus *bus = broker_bus(k->client);
    while (bus->take(bus, &a))
        bus->release(bus, &a);
    start(k);
    heartbeats(k);
    settle(k);
}

/* -- time ------------------------------------------------------------------------------------------------------------ */

instant_ms kit_now(const struct kit *k)
{
    return k->now;
}

/* Goes from one instant the service asked for to the next, at most a minute at a time so that its clock sees no jump. */
static void travel(struct kit *k, instant_ms to)
{
    arena_reset(k->arena);
    while (is_before(k->now, to)) {
        instant_ms step = earliest(to, later(k->now, SPAN_MIN(1)));
        if (k->service->on_time && is_before(k->now, k->node->wanted))
            step = earliest(step, k->node->wanted);
        if (is_before(k->now, k->wanted) && is_before(k->wanted, later(k->now, (span_ms){ 500 })))
            step = earliest(step, k->wanted); /* the paced lane goes on; a heartbeat, once a second, is not waited for */
        k->now = step;
        heartbeats(k);
        settle(k);
        arena_reset(k->arena);
    }
}

void kit_at(struct kit *k, const char *now)
{
    instant_ms to;
    if (!instant_read(text_of(now), &to) || is_before(to, k->now))
        mistake("not a later instant:", now);
    travel(k, to);
}

void kit_later(struct kit *k, span_ms by)
{
    travel(k, later(k->now, by));
}

void kit_silence(struct kit *k, const char *producer, bool silent)
{
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        if (strcmp(event_specs[i].producer, producer) == 0) {
            producer_named(k, event_specs[i].producer)->silent = silent;
            return;
        }
    }
    mistake("no producer", producer);
}

/* -- feeding --------------------------------------------------------------------------------------------------------- */

const json_t *kit_request_bytes(struct kit *k, const char *kind, const char *account, const void *bytes, size_t len)
{
    arena_reset(k->arena);
    json_decref(k->answer);
    k->answer = NULL;
    const char *at = strchr(account, '@');
    struct text name = at ? (struct text){ account, (size_t) (at - account) } : text_of(account);
    struct topic to = at ? topic_of(k->arena, TOPIC_REQUEST_DEVICE, text_of(kind), name, text_of(at + 1))
                         : topic_of(k->arena, TOPIC_REQUEST, text_of(kind), name);
    struct bus *bus = broker_bus(k->everybody);
    bus->publish(bus, to.path, (struct text){ bytes, len }, 0, false, 0);
    settle(k);
    if (!k->answer && !k->held)
        mistake("no answer to", kind);
    return k->answer;
}

const json_t *kit_request(struct kit *k, const char *kind, const char *account, const char *body_json)
{
    struct arena *arena = arena_new(16 * 1024);
    struct text body = arena_text(arena, body_json, strlen(body_json));
    for (char *c = (char *) body.at; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    if (!strstr(body.at, "\"id\"")) { /* most tests do not care about the id */
        const char *rest = body.at + 1 + strspn(body.at + 1, " ");
        body = arena_printf(arena, "{\"id\":\"kit-%lld\"%s%s", (long long) ++k->requests, *rest == '}' ? "" : ",", body.at + 1);
    }
    const json_t *answer = kit_request_bytes(k, kind, account, body.at, body.len);
    arena_free(arena);
    return answer;
}

static void feed_event(struct kit *k, instant_ms at, const char *type, const char *subject, const char *by,
                       const char *data_json)
{
    arena_reset(k->arena);
    enum event_type id;
    if (!event_of(text_of(type), &id))
        mistake("no event", type);
    json_t *data = parsed(k, with_quotes(k, data_json));
    json_t *event = json_keep(k->arena, json_pack("{s:s,s:s,s:s,s:s?,s:s,s:O}", "type", type, "subject", subject, "at",
                                                  instant_text(k->arena, at).at, "by", by, "edition", kit_town(k)->edition.at,
                                                  "data", data));
    struct fake_producer *p = producer_named(k, event_specs[id].producer);
    add_event(k->held ? k->held : k->arena, p, json_text(k->arena, event));
    if (!k->held)
        publish_stream(k, p, at);
    settle(k);
}

void kit_event(struct kit *k, const char *type, const char *subject, const char *by, const char *data_json)
{
    feed_event(k, k->now, type, subject, by, data_json);
}

void kit_event_at(struct kit *k, const char *at, const char *type, const char *subject, const char *by, const char *data_json)
{
    instant_ms when;
    if (!instant_read(text_of(at), &when) || is_before(k->now, when))
        mistake("not an earlier instant:", at);
    feed_event(k, when, type, subject, by, data_json);
}

void kit_tap(struct kit *k, const char *topic, const char *payload)
{
    struct bus *bus = broker_bus(k->everybody);
    bus->publish(bus, text_of(topic), text_of(payload), 0, false, 0);
    settle(k);
}

void kit_hold(struct kit *k)
{
    assert(!k->held);
    k->held = arena_new(64 * 1024);
}

void kit_let_go(struct kit *k)
{
    for (int i = 0; i < k->producer_count; i++)
        if (k->producers[i].waiting_count)
            publish_stream(k, &k->producers[i], k->now);
    k->held = arena_free(k->held);
    settle(k);
}

/* -- looking --------------------------------------------------------------------------------------------------------- */

size_t kit_said_count(const struct kit *k)
{
    return json_array_size(k->said);
}

const json_t *kit_said(const struct kit *k, size_t i)
{
    return json_array_get(k->said, i);
}

static bool is_about(const json_t *event, const char *type, const char *subject)
{
    return text_is_c(json_text_at(event, "type"), type) && (!subject || text_is_c(json_text_at(event, "subject"), subject));
}

const json_t *kit_said_last(const struct kit *k, const char *type, const char *subject)
{
    for (size_t i = json_array_size(k->said); i-- > 0;) {
        if (is_about(json_array_get(k->said, i), type, subject))
            return json_array_get(k->said, i);
    }
    return NULL;
}

size_t kit_said_times(const struct kit *k, const char *type, const char *subject)
{
    size_t times = 0;
    for (size_t i = 0; i < json_array_size(k->said); i++)
        times += is_about(json_array_get(k->said, i), type, subject);
    return times;
}

size_t kit_ticker_count(const struct kit *k, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(k->ticker); i++)
        count += strstr(json_string_value(json_array_get(k->ticker, i)), text) != NULL;
    return count;
}

const char *kit_view(const struct kit *k, const char *topic)
{
    return broker_retained(k->broker, topic);
}

const json_t *kit_view_json(struct kit *k, const char *topic)
{
    const char *payload = kit_view(k, topic);
    return payload ? parsed(k, text_of(payload)) : NULL;
}

static void count_one(void *context, const char *path, const char *payload)
{
    (void) path;
    (void) payload;
    ++*(size_t *) context;
}

size_t kit_view_count(const struct kit *k, const char *filter)
{
    size_t count = 0;
    broker_each(k->broker, filter, count_one, &count);
    return count;
}

const char *kit_sql_text(struct kit *k, const char *sql)
{
    struct text found = node_ask(k->node, k->arena, sql);
    return found.at;
}

int64_t kit_sql_int(struct kit *k, const char *sql)
{
    int64_t number = 0;
    const char *found = kit_sql_text(k, sql);
    if (!found || !text_int(text_of(found), &number))
        mistake("not a number:", sql);
    return number;
}

const struct town *kit_town(const struct kit *k)
{
    return node_town(k->node);
}
