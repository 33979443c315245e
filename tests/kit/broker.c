/* broker.c - see broker.h. Linear searches on purpose: a test has a few clients and some hundred topics... except retained topics,
 * which are kept sorted, because a town has thousands. */
#include "broker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FILTERS_MAX = 128, CLIENTS_MAX = 16 };

struct letter {
    struct letter *next;
    struct arrival arrival;
    char bytes[];
};

struct broker_client {
    struct bus bus; /* first: a bus is its client */
    struct broker *broker;
    char name[64];
    bool connected;
    char *filters[FILTERS_MAX];
    int filter_count;
    struct letter *first, **last;
    size_t waiting;
};

struct kept {
    char *path, *payload;
    size_t len;
};

struct broker {
    struct broker_client *clients[CLIENTS_MAX];
    int client_count;
    struct kept *kept; /* sorted by path */
    size_t kept_count, kept_room;
};

bool broker_matches(const char *filter, const char *path)
{
    if (filter[0] != path[0] && filter[0] != '+' && filter[0] != '#')
        return false; /* mostly */
    for (;;) {
        if (filter[0] == '#')
            return true;
        if (filter[0] == '+') {
            filter++;
            while (*path && *path != '/')
                path++;
        } else {
            while (*filter && *filter != '/' && *filter == *path) {
                filter++;
                path++;
            }
        }
        if (*filter == '\0' && *path == '\0')
            return true;
        if (*path == '\0')
            return strcmp(filter, "/#") == 0;
        if (*filter != '/' || *path != '/')
            return false;
        filter++;
        path++;
    }
}

static void post(struct broker_client *c, enum arrival_kind kind, struct text path, struct text payload, bool retained,
                 uint64_t token)
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
                                   .retained = retained,
                                   .path = { l->bytes, path.len },
                                   .payload = { l->bytes + path.len + 1, payload.len },
                                   .token = token,
                                   .owner = l };
    *c->last = l;
    c->last = &l->next;
    c->waiting++;
}

/* -- the retained store ---------------------------------------------------------------------------------------------- */

/* Where the path is, or would be. */
static size_t kept_at(const struct broker *b, struct text path, bool *ret_there)
{
    size_t low = 0, high = b->kept_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = text_order(text_of(b->kept[middle].path), path);
        if (order == 0) {
            *ret_there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_there = false;
    return low;
}

static void keep(struct broker *b, struct text path, struct text payload)
{
    bool there;
    size_t at = kept_at(b, path, &there);
    if (there) {
        free(b->kept[at].payload);
    } else {
        if (payload.len == 0)
            return;
        if (b->kept_count == b->kept_room) {
            b->kept_room = b->kept_room ? 2 * b->kept_room : 256;
            b->kept = realloc(b->kept, b->kept_room * sizeof *b->kept);
            assert(b->kept);
        }
        memmove(&b->kept[at + 1], &b->kept[at], (b->kept_count - at) * sizeof *b->kept);
        b->kept_count++;
        b->kept[at].path = strndup(path.at, path.len);
    }
    if (payload.len) {
        b->kept[at].payload = strndup(payload.at, payload.len);
        b->kept[at].len = payload.len;
        return;
    }
    free(b->kept[at].path);
    memmove(&b->kept[at], &b->kept[at + 1], (b->kept_count - at - 1) * sizeof *b->kept);
    b->kept_count--;
}

const char *broker_retained(const struct broker *b, const char *path)
{
    bool there;
    size_t at = kept_at(b, text_of(path), &there);
    return there ? b->kept[at].payload : NULL;
}

void broker_each(const struct broker *b, const char *filter, void (*call)(void *, const char *, const char *), void *context)
{
    for (size_t i = 0; i < b->kept_count; i++) {
        if (broker_matches(filter, b->kept[i].path))
            call(context, b->kept[i].path, b->kept[i].payload);
    }
}

/* -- the bus --------------------------------------------------------------------------------------------------------- */

static bool take(struct bus *bus, struct arrival *ret)
{
    struct broker_client *c = (struct broker_client *) bus;
    struct letter *l = c->first;
    if (!l)
        return false;
    c->first = l->next;
    if (!c->first)
        c->last = &c->first;
    c->waiting--;
    *ret = l->arrival;
    return true;
}

static void release(struct bus *bus, struct arrival *arrival)
{
    (void) bus;
    free(arrival->owner);
}

static bool listens(const struct broker_client *c, const char *path)
{
    for (int i = 0; i < c->filter_count; i++) {
        if (broker_matches(c->filters[i], path))
            return true;
    }
    return false;
}

static bool publish(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token)
{
    struct broker_client *from = (struct broker_client *) bus;
    struct broker *b = from->broker;
    if (!from->connected)
        return false;
    char *name = strndup(path.at, path.len);
    if (retain)
        keep(b, path, payload);
    for (int i = 0; i < b->client_count; i++) {
        if (b->clients[i]->connected && listens(b->clients[i], name))
            post(b->clients[i], ARRIVAL_MESSAGE, path, payload, false, 0);
    }
    if (qos == 1)
        post(from, ARRIVAL_ACK, TEXT(""), TEXT(""), false, token);
    free(name);
    return true;
}

static bool subscribe(struct bus *bus, struct text filter, int qos)
{
    (void) qos;
    struct broker_client *c = (struct broker_client *) bus;
    if (!c->connected)
        return false;
    assert(c->filter_count < FILTERS_MAX);
    char *copy = c->filters[c->filter_count++] = strndup(filter.at, filter.len);
    for (size_t i = 0; i < c->broker->kept_count; i++) {
        struct kept *k = &c->broker->kept[i];
        if (broker_matches(copy, k->path))
            post(c, ARRIVAL_MESSAGE, text_of(k->path), (struct text){ k->payload, k->len }, true, 0);
    }
    return true;
}

static bool unsubscribe(struct bus *bus, struct text filter)
{
    struct broker_client *c = (struct broker_client *) bus;
    for (int i = 0; i < c->filter_count; i++) {
        if (!text_is_c(filter, c->filters[i]))
            continue;
        free(c->filters[i]);
        c->filters[i] = c->filters[--c->filter_count];
    }
    return c->connected;
}

/* -- clients --------------------------------------------------------------------------------------------------------- */

struct broker_client *broker_client(struct broker *b, const char *name)
{
    assert(b->client_count < CLIENTS_MAX);
    struct broker_client *c = calloc(1, sizeof *c);
    assert(c && strlen(name) < sizeof c->name);
    c->bus = (struct bus){ take, release, publish, subscribe, unsubscribe };
    c->broker = b;
    memcpy(c->name, name, strlen(name) + 1);
    c->last = &c->first;
    return b->clients[b->client_count++] = c;
}

struct bus *broker_bus(struct broker_client *c)
{
    return &c->bus;
}

static void drop(struct broker_client *c)
{
    while (c->first) {
        struct letter *l = c->first;
        c->first = l->next;
        free(l);
    }
    c->last = &c->first;
    c->waiting = 0;
    for (int i = 0; i < c->filter_count; i++)
        free(c->filters[i]);
    c->filter_count = 0;
}

void broker_connect(struct broker_client *c)
{
    assert(!c->connected);
    c->connected = true;
    post(c, ARRIVAL_UP, TEXT(""), TEXT(""), false, 0);
}

void broker_disconnect(struct broker_client *c)
{
    if (!c->connected)
        return;
    drop(c);
    c->connected = false;
    post(c, ARRIVAL_DOWN, TEXT(""), TEXT(""), false, 0);
}

bool broker_is_connected(const struct broker_client *c)
{
    return c->connected;
}

size_t broker_waiting(const struct broker_client *c)
{
    return c->waiting;
}

struct broker *broker_new(void)
{
    struct broker *b = calloc(1, sizeof *b);
    assert(b);
    return b;
}

static void forget_kept(struct broker *b)
{
    for (size_t i = 0; i < b->kept_count; i++) {
        free(b->kept[i].path);
        free(b->kept[i].payload);
    }
    b->kept_count = 0;
}

void broker_forget(struct broker *b)
{
    forget_kept(b);
    for (int i = 0; i < b->client_count; i++)
        broker_disconnect(b->clients[i]);
}

struct broker *broker_free(struct broker *b)
{
    if (!b)
        return NULL;
    forget_kept(b);
    for (int i = 0; i < b->client_count; i++) {
        drop(b->clients[i]);
        free(b->clients[i]);
    }
    free(b->kept);
    free(b);
    return NULL;
}
