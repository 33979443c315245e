/* inside.c - see inside.h. */
#include "inside.h"

#include "load.h"
#include "services/runtime/node_internal.h"
#include "tests/kit/broker.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MEMBERS_MAX = 4, FILTERS_MAX = 64, PRODUCERS_MAX = 2, TURNS_MAX = 1000000, BEAT_MS = 60 };

bool inside_syncs_nothing;
static struct inside_count *counting; /* of whose turn it is; NULL between turns */

/* In front of the C library's: SQLite is linked dynamically and calls these. */
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, len, at);
    if (counting && written > 0)
        counting->written_bytes += written;
    return written;
}

int fdatasync(int fd)
{
    if (counting)
        counting->flushes++;
    return inside_syncs_nothing ? 0 : (int) syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return inside_syncs_nothing ? 0 : (int) syscall(SYS_fsync, fd);
}

struct letter {
    struct letter *next;
    struct arrival arrival;
    char bytes[];
};

struct member {
    struct bus bus; /* first: a bus is its member */
    struct inside *inside;
    struct node *node;
    char *filters[FILTERS_MAX];
    int filter_count;
    struct letter *first, **last;
    instant_ms wanted;
    int64_t heard; /* of its stream by the hook */
    struct inside_count count;
};

struct told { /* a stream that is written by hand */
    const char *name;
    int64_t seq, first;
    unsigned char hash[HASH_BYTES];
    char prev[HASH_HEX];
    struct text events;
};

struct inside {
    const struct town *town;
    instant_ms now;
    int64_t boot_ms;
    struct inside_hooks hooks;
    struct member members[MEMBERS_MAX];
    int member_count;
    struct told told[PRODUCERS_MAX];
    int told_count;
    struct arena *arena;
};

/* -- the bus --------------------------------------------------------------------------------------------------------- */

static void post(struct member *m, enum arrival_kind kind, struct text path, struct text payload, uint64_t token)
{
    struct letter *l = malloc(sizeof *l + path.len + payload.len + 2);
    assert(l);
    memcpy(l->bytes, path.at, path.len);
    l->bytes[path.len] = '\0';
    if (payload.len)
        memcpy(l->bytes + path.len + 1, payload.at, payload.len);
    l->bytes[path.len + 1 + payload.len] = '\0';
    l->next = NULL;
    l->arrival = (struct arrival){ .kind = kind,
                                   .path = { l->bytes, path.len },
                                   .payload = { l->bytes + path.len + 1, payload.len },
                                   .token = token,
                                   .owner = l };
    *m->last = l;
    m->last = &l->next;
}

static bool listens(const struct member *m, const char *path)
{
    for (int i = 0; i < m->filter_count; i++) {
        if (broker_matches(m->filters[i], path))
            return true;
    }
    return false;
}

static int post_to_all(struct inside *in, struct text path, struct text payload)
{
    int readers = 0;
    for (int i = 0; i < in->member_count; i++) {
        if (!listens(&in->members[i], path.at))
            continue;
        post(&in->members[i], ARRIVAL_MESSAGE, path, payload, 0);
        readers++;
    }
    return readers;
}

static void tell_events(struct inside *in, struct member *from, struct text payload)
{
    json_t *message = json_loadb(payload.at, payload.len, 0, NULL), *event;
    assert(message);
    int64_t seq = json_int_at(message, "first", 0);
    size_t i;
    json_array_foreach(json_object_get(message, "events"), i, event)
    {
        if (seq + (int64_t) i <= from->heard)
            continue;
        from->heard = seq + (int64_t) i;
        in->hooks.said(in->hooks.context, event);
    }
    json_decref(message);
}

static bool publish(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token)
{
    struct member *from = (struct member *) bus;
    struct inside *in = from->inside;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX], copy = arena_copy(in->arena, path);
    bool known = topic_read(path, &id, parts);
    assert(known);
    int readers = 0;
    if (!retain || id == TOPIC_STREAM_CURSOR) /* views are seen by nobody here */
        readers = post_to_all(in, copy, payload);
    if (in->hooks.published)
        in->hooks.published(in->hooks.context, id, payload.len, readers);
    if (id == TOPIC_STREAM && in->hooks.said)
        tell_events(in, from, payload);
    if ((id == TOPIC_ANSWER || id == TOPIC_ANSWER_DEVICE) && in->hooks.answered)
        in->hooks.answered(in->hooks.context, parts[0], payload);
    if (qos == 1)
        post(from, ARRIVAL_ACK, TEXT(""), TEXT(""), token);
    return true;
}

static bool take(struct bus *bus, struct arrival *ret)
{
    struct member *m = (struct member *) bus;
    struct letter *l = m->first;
    if (!l)
        return false;
    m->first = l->next;
    if (!m->first)
        m->last = &m->first;
    *ret = l->arrival;
    return true;
}

static void release(struct bus *bus, struct arrival *arrival)
{
    (void) bus;
    free(arrival->owner);
}

static bool subscribe(struct bus *bus, struct text filter, int qos)
{
    struct member *m = (struct member *) bus;
    (void) qos;
    assert(m->filter_count < FILTERS_MAX);
    m->filters[m->filter_count++] = strndup(filter.at, filter.len);
    return true;
}

static bool unsubscribe(struct bus *bus, struct text filter)
{
    struct member *m = (struct member *) bus;
    for (int i = 0; i < m->filter_count; i++) {
        if (!text_is_c(filter, m->filters[i]))
            continue;
        free(m->filters[i]);
        m->filters[i--] = m->filters[--m->filter_count];
    }
    return true;
}

/* -- opening and closing --------------------------------------------------------------------------------------------- */

struct inside *inside_new(const struct town *town, instant_ms now)
{
    struct inside *in = calloc(1, sizeof *in);
    assert(in && sodium_init() >= 0);
    *in = (struct inside){ .town = town, .now = now, .boot_ms = 1000000, .arena = arena_new(256 * 1024) };
    return in;
}

void inside_hook(struct inside *in, struct inside_hooks hooks)
{
    in->hooks = hooks;
}

struct node *inside_add(struct inside *in, const struct service *service, const char *ledger, const unsigned char *key)
{
    assert(in->member_count < MEMBERS_MAX);
    struct member *m = &in->members[in->member_count++];
    *m = (struct member){ .bus = { take, release, publish, subscribe, unsubscribe }, .inside = in };
    m->last = &m->first;
    struct node_settings settings = { .service = service,
                                      .bus = &m->bus,
                                      .ledger = ledger,
                                      .town = "-",
                                      .borrowed_town = in->town,
                                      .borrowed_prepared = service->prepare ? service->prepare(in->town) : NULL,
                                      .version = "bench",
                                      .wall = in->now,
                                      .boot_ms = in->boot_ms,
                                      .window = WINDOW_MAX / 4 };
    if (key)
        memcpy(settings.digest_key, key, sizeof settings.digest_key);
    m->node = node_open(&settings);
    if (!m->node)
        return NULL;
    m->heard = m->node->done.head;
    post(m, ARRIVAL_UP, TEXT(""), TEXT(""), 0);
    return m->node;
}

static void leave(struct member *m)
{
    struct arrival left;
    void *prepared = m->node ? m->node->settings.borrowed_prepared : NULL;
    const struct service *service = m->node ? m->node->service : NULL;
    node_close(m->node);
    if (prepared && service->unprepare)
        service->unprepare(prepared);
    while (take(&m->bus, &left))
        release(&m->bus, &left);
    for (int i = 0; i < m->filter_count; i++)
        free(m->filters[i]);
}

struct inside *inside_free(struct inside *in)
{
    if (!in)
        return NULL;
    for (int i = 0; i < in->member_count; i++)
        leave(&in->members[i]);
    arena_free(in->arena);
    free(in);
    return NULL;
}

/* -- time ------------------------------------------------------------------------------------------------------------ */

instant_ms inside_now(const struct inside *in)
{
    return in->now;
}

static bool has_work(const struct inside *in, const struct member *m)
{
    return m->first || !is_before(in->now, m->wanted) || node_has_more(m->node);
}

static void turn(struct inside *in, struct member *m)
{
    counting = &m->count;
    enum turn_end end = node_turn(m->node, in->now, in->boot_ms, &m->wanted);
    counting = NULL;
    m->count.turns++;
    if (end != TURN_FINE) {
        fprintf(stderr, "bench: a ledger cannot be written\n");
        exit(3);
    }
}

/* Cursors are told at most every 50 ms of the boot clock: without them a producer thinks that nobody hears. */
void inside_settle(struct inside *in)
{
    for (int i = 0; i < TURNS_MAX; i++) {
        bool worked = false;
        for (int k = 0; k < in->member_count; k++) {
            if (has_work(in, &in->members[k])) {
                turn(in, &in->members[k]);
                worked = true;
            }
        }
        arena_reset(in->arena);
        if (!worked)
            return;
    }
    fprintf(stderr, "bench: the services never come to rest\n");
    exit(3);
}

void inside_ahead(struct inside *in, instant_ms now)
{
    in->boot_ms += between(in->now, now).ms;
    in->now = now;
}

void inside_at(struct inside *in, instant_ms now)
{
    inside_ahead(in, now);
    inside_settle(in);
    inside_ahead(in, later(now, (span_ms){ BEAT_MS }));
    inside_settle(in);
}

bool inside_live(struct inside *in, bool (*is_done)(void *), void *context, int64_t within_us)
{
    const int64_t began = now_us();
    const instant_ms start = in->now;
    while (!is_done(context)) {
        int64_t passed_us = now_us() - began;
        if (passed_us > within_us)
            return false;
        inside_ahead(in, later(start, (span_ms){ passed_us / 1000 }));
        for (int k = 0; k < in->member_count; k++) {
            if (has_work(in, &in->members[k]))
                turn(in, &in->members[k]);
        }
        arena_reset(in->arena);
    }
    return true;
}

struct inside_count inside_counted(struct inside *in, const char *service)
{
    for (int i = 0; i < in->member_count; i++) {
        struct member *m = &in->members[i];
        if (strcmp(m->node->service->name, service) != 0)
            continue;
        text_int(node_ask(m->node, in->arena, "SELECT total_changes()"), &m->count.rows);
        return m->count;
    }
    return (struct inside_count){ 0 };
}

/* -- people and other producers -------------------------------------------------------------------------------------- */

void inside_ask(struct inside *in, const char *kind, const char *account, struct text body)
{
    const char *at = strchr(account, '@');
    struct text name = at ? (struct text){ account, (size_t) (at - account) } : text_of(account);
    struct topic to = at ? topic_of(in->arena, TOPIC_REQUEST_DEVICE, text_of(kind), name, text_of(at + 1))
                         : topic_of(in->arena, TOPIC_REQUEST, text_of(kind), name);
    post_to_all(in, to.path, body);
}

static struct told *told_of(struct inside *in, const char *name)
{
    for (int i = 0; i < in->told_count; i++) {
        if (strcmp(in->told[i].name, name) == 0)
            return &in->told[i];
    }
    assert(in->told_count < PRODUCERS_MAX && in->member_count);
    struct told *t = &in->told[in->told_count++];
    *t = (struct told){ .name = name, .first = 1, .events = TEXT("") };
    const struct node *node = in->members[0].node; /* what a ledger has heard already goes on */
    for (int i = 0; i < node->producer_count; i++) {
        const struct producer *p = &node->producers[i];
        if (strcmp(p->name, name) != 0 || p->seq == 0)
            continue;
        t->seq = p->seq;
        t->first = p->seq + 1;
        memcpy(t->prev, p->hash, sizeof t->prev);
        event_hash_read(t->hash, text_of(p->hash));
    }
    return t;
}

void inside_event(struct inside *in, enum event_type type, struct text subject, const char *data_json)
{
    struct told *t = told_of(in, event_specs[type].producer);
    struct text event = arena_printf(
        in->arena,
        "{\"type\":\"%s\",\"subject\":\"" TEXT_FMT "\",\"at\":\"%s\",\"by\":null,\"edition\":\"" TEXT_FMT "\",\"data\":%s}",
        event_specs[type].name, TEXT_ARG(subject), instant_text(in->arena, in->now).at, TEXT_ARG(in->town->edition), data_json);
    t->seq++;
    event_next_hash(t->hash, event);
    t->events = t->events.len ? arena_printf(in->arena, TEXT_FMT "," TEXT_FMT, TEXT_ARG(t->events), TEXT_ARG(event)) : event;
}

void inside_tell(struct inside *in, const char *producer)
{
    struct told *t = told_of(in, producer);
    struct text payload = arena_printf(
        in->arena,
        "{\"epoch\":\"00000000000000aa\",\"head\":%lld,\"now\":\"%s\",\"first\":%lld,\"prev\":\"%s\",\"events\":[" TEXT_FMT
        "]}",
        (long long) t->seq, instant_text(in->arena, in->now).at, (long long) t->first, t->prev, TEXT_ARG(t->events));
    post_to_all(in, topic_of(in->arena, TOPIC_STREAM, text_of(producer)).path, payload);
    t->first = t->seq + 1;
    t->events = TEXT("");
    if (t->seq)
        sodium_bin2hex(t->prev, sizeof t->prev, t->hash, HASH_BYTES);
    inside_settle(in);
}
