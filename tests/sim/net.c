/* net.c - see net.h. The retained store is the kit's broker, used for its store alone. */
#include "sim/net.h"

#include "kit/broker.h"
#include "services/runtime/mutant.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS_MAX = 8, FILTERS_MAX = 128, MEMORIES_MAX = 6, QUEUE_MAX = 20000, LATE_MAX = 64, LATE_AFTER_MAX = 200 };

struct pair {
    char *path, *payload;
};

struct letter {
    struct letter *prev, *next; /* in order of time, then of posting */
    int64_t at_ms;
    uint64_t connection;
    struct arrival arrival;
    char bytes[];
};

struct net_client {
    struct bus bus; /* first */
    struct net *net;
    char name[32];
    bool connected; /* what the broker thinks */
    bool up;        /* what the client thinks */
    bool muted;
    int mute_after;
    uint64_t connection;
    struct pair late[LATE_MAX]; /* a mutant's: the last that were sent on the old connection, and will be again ... */
    int late_count, late_after; /* ... when so many more have been published on the new one */
    char *filters[FILTERS_MAX];
    int filter_count;
    struct letter *first, *last;
    int64_t retained_until_ms; /* what was handed over on subscribing comes before anything live */
    int waiting;
};

struct memory {
    struct pair *pairs;
    size_t count, room;
};

struct net {
    struct dice *dice;
    struct net_faults faults;
    struct net_counts counts;
    int64_t now_ms;
    struct broker *store;
    struct broker_client *keeper; /* publishes into the store */
    struct net_client *clients[CLIENTS_MAX];
    int client_count;
    struct memory memories[MEMORIES_MAX];
    int memory_count;
    void (*on_publish)(void *, const char *, struct text, struct text, bool);
    void *context;
};

static void post(struct net_client *c, int64_t at_ms, enum arrival_kind kind, struct text path, struct text payload,
                 bool retained, uint64_t token)
{
    if (c->waiting >= QUEUE_MAX)
        return; /* the queue cliff */
    struct letter *l = malloc(sizeof *l + path.len + payload.len + 2);
    assert(l);
    memcpy(l->bytes, path.at, path.len);
    l->bytes[path.len] = '\0';
    if (payload.len)
        memcpy(l->bytes + path.len + 1, payload.at, payload.len);
    l->bytes[path.len + 1 + payload.len] = '\0';
    l->at_ms = at_ms;
    l->connection = c->connection;
    l->arrival = (struct arrival){ .kind = kind,
                                   .retained = retained,
                                   .path = { l->bytes, path.len },
                                   .payload = { l->bytes + path.len + 1, payload.len },
                                   .token = token,
                                   .owner = l };
    struct letter *before = c->last; /* mostly it is the latest: searched from the end */
    while (before && before->at_ms > at_ms)
        before = before->prev;
    c->net->counts.overtaken += before != c->last && kind == ARRIVAL_MESSAGE;
    l->prev = before;
    l->next = before ? before->next : c->first;
    *(before ? &before->next : &c->first) = l;
    *(l->next ? &l->next->prev : &c->last) = l;
    c->waiting++;
}

static struct letter *pop(struct net_client *c)
{
    struct letter *l = c->first;
    c->first = l->next;
    *(l->next ? &l->next->prev : &c->last) = NULL;
    c->waiting--;
    return l;
}

/* -- the bus --------------------------------------------------------------------------------------------------------- */

static bool take(struct bus *bus, struct arrival *ret)
{
    struct net_client *c = (struct net_client *) bus;
    while (c->first && c->first->at_ms <= c->net->now_ms) {
        struct letter *l = pop(c);
        if (l->connection != c->connection) { /* of a connection that is gone */
            free(l);
            continue;
        }
        if (l->arrival.kind == ARRIVAL_DOWN)
            c->up = false;
        if (l->arrival.kind == ARRIVAL_UP)
            c->up = true;
        *ret = l->arrival;
        return true;
    }
    return false;
}

static void release(struct bus *bus, struct arrival *arrival)
{
    (void) bus;
    free(arrival->owner);
}

static bool listens(const struct net_client *c, const char *path)
{
    for (int i = 0; i < c->filter_count; i++) {
        if (broker_matches(c->filters[i], path))
            return true;
    }
    return false;
}

static int64_t some_delay(struct net *net)
{
    if (dice_chance(net->dice, net->faults.delay)) {
        net->counts.delayed++;
        return dice_below(net->dice, net->faults.delay_ms_max + 1);
    }
    return dice_below(net->dice, 3);
}

static void deliver(struct net *net, struct net_client *to, struct text path, struct text payload)
{
    if (dice_chance(net->dice, net->faults.drop)) {
        net->counts.dropped++;
        return;
    }
    int copies = dice_chance(net->dice, net->faults.twice) ? 2 : 1;
    net->counts.doubled += copies == 2;
    for (int i = 0; i < copies; i++) {
        int64_t at_ms = net->now_ms + some_delay(net);
        post(to, at_ms < to->retained_until_ms ? to->retained_until_ms : at_ms, ARRIVAL_MESSAGE, path, payload, false, 0);
    }
}

static void keep_late(struct net_client *from, struct text path, struct text payload)
{
    struct pair *oldest = &from->late[0];
    if (from->late_count == LATE_MAX) {
        free(oldest->path);
        free(oldest->payload);
        memmove(oldest, oldest + 1, (LATE_MAX - 1) * sizeof *oldest);
        from->late_count--;
    }
    from->late[from->late_count++] =
        (struct pair){ strndup(path.at, path.len), strndup(payload.at ? payload.at : "", payload.len) };
}

static void drop_late(struct net_client *c)
{
    while (c->late_count > 0) {
        struct pair *p = &c->late[--c->late_count];
        free(p->path);
        free(p->payload);
    }
}

static void arrive_late(struct net *net, struct net_client *c)
{
    struct bus *store = broker_bus(net->keeper);
    for (int i = 0; i < c->late_count; i++)
        store->publish(store, text_of(c->late[i].path), text_of(c->late[i].payload), 0, true, 0);
    drop_late(c);
}

static bool publish(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token)
{
    struct net_client *from = (struct net_client *) bus;
    struct net *net = from->net;
    if (!from->up || from->muted)
        return false;
    if (from->mute_after && --from->mute_after == 0) {
        from->muted = true;
        return false;
    }
    if (MUTANT(old_connection_last) && retain && from->late_after == 0)
        keep_late(from, path, payload);
    if (!from->connected)
        return true; /* half open: it goes nowhere, and nobody says so */
    char *name = strndup(path.at, path.len);
    if (net->on_publish)
        net->on_publish(net->context, from->name, path, payload, retain);
    if (retain) {
        struct bus *store = broker_bus(net->keeper);
        store->publish(store, path, payload, 0, true, 0);
    }
    for (int i = 0; i < net->client_count; i++) {
        if (net->clients[i]->connected && listens(net->clients[i], name))
            deliver(net, net->clients[i], path, payload);
    }
    if (from->late_after > 0 && --from->late_after == 0)
        arrive_late(net, from);
    if (qos == 1)
        post(from, net->now_ms + dice_below(net->dice, 3), ARRIVAL_ACK, TEXT(""), TEXT(""), false, token);
    free(name);
    return true;
}

static void hand_over(void *context, const char *path, const char *payload)
{
    struct net_client *c = context;
    c->retained_until_ms = c->net->now_ms + 1;
    post(c, c->net->now_ms + 1, ARRIVAL_MESSAGE, text_of(path), text_of(payload), true, 0);
}

static bool subscribe(struct bus *bus, struct text filter, int qos)
{
    (void) qos;
    struct net_client *c = (struct net_client *) bus;
    if (!c->up || c->muted)
        return false;
    if (!c->connected)
        return true;
    assert(c->filter_count < FILTERS_MAX);
    char *copy = c->filters[c->filter_count++] = strndup(filter.at, filter.len);
    broker_each(c->net->store, copy, hand_over, c);
    return true;
}

static bool unsubscribe(struct bus *bus, struct text filter)
{
    struct net_client *c = (struct net_client *) bus;
    for (int i = 0; i < c->filter_count; i++) {
        if (!text_is_c(filter, c->filters[i]))
            continue;
        free(c->filters[i]);
        c->filters[i] = c->filters[--c->filter_count];
    }
    return c->up && !c->muted;
}

/* -- clients --------------------------------------------------------------------------------------------------------- */

struct net_client *net_client(struct net *net, const char *name)
{
    assert(net->client_count < CLIENTS_MAX);
    struct net_client *c = calloc(1, sizeof *c);
    assert(c);
    c->bus = (struct bus){ take, release, publish, subscribe, unsubscribe };
    c->net = net;
    snprintf(c->name, sizeof c->name, "%s", name);
    return net->clients[net->client_count++] = c;
}

struct bus *net_bus(struct net_client *c)
{
    return &c->bus;
}
bool net_is_connected(const struct net_client *c)
{
    return c->connected;
}
bool net_is_mute(const struct net_client *c)
{
    return c->muted;
}
void net_mute_after(struct net_client *c, int publishes)
{
    c->mute_after = publishes;
}
bool net_has_for(const struct net_client *c)
{
    return c->first && c->first->at_ms <= c->net->now_ms;
}

static void unsubscribe_all(struct net_client *c)
{
    for (int i = 0; i < c->filter_count; i++)
        free(c->filters[i]);
    c->filter_count = 0;
}

void net_connect(struct net_client *c)
{
    assert(!c->connected);
    c->connection++;
    c->connected = true;
    unsubscribe_all(c);
    c->late_after = c->late_count ? (int) dice_between(c->net->dice, 1, LATE_AFTER_MAX) : 0;
    post(c, c->net->now_ms, ARRIVAL_UP, TEXT(""), TEXT(""), false, 0);
}

void net_cut(struct net_client *c, int64_t notice_ms)
{
    if (!c->connected)
        return;
    c->connected = false;
    unsubscribe_all(c);
    post(c, c->net->now_ms + notice_ms, ARRIVAL_DOWN, TEXT(""), TEXT(""), false, 0);
}

void net_gone(struct net_client *c)
{
    c->connected = c->up = c->muted = false;
    c->mute_after = 0;
    c->connection++;
    unsubscribe_all(c);
    drop_late(c);
    while (c->first)
        free(pop(c));
}

int64_t net_next(const struct net *net)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < net->client_count; i++) {
        if (net->clients[i]->first && net->clients[i]->first->at_ms < next)
            next = net->clients[i]->first->at_ms;
    }
    return next;
}

/* -- the broker ------------------------------------------------------------------------------------------------------ */

struct net *net_new(struct dice *dice)
{
    struct net *net = calloc(1, sizeof *net);
    assert(net);
    net->dice = dice;
    net->store = broker_new();
    net->keeper = broker_client(net->store, "keeper");
    broker_connect(net->keeper);
    return net;
}

static void memory_clear(struct memory *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->pairs[i].path);
        free(m->pairs[i].payload);
    }
    free(m->pairs);
    *m = (struct memory){ .pairs = NULL };
}

struct net *net_free(struct net *net)
{
    if (!net)
        return NULL;
    for (int i = 0; i < net->client_count; i++) {
        net_gone(net->clients[i]);
        free(net->clients[i]);
    }
    for (int i = 0; i < MEMORIES_MAX; i++)
        memory_clear(&net->memories[i]);
    broker_free(net->store);
    free(net);
    return NULL;
}

void net_time(struct net *net, int64_t now_ms)
{
    net->now_ms = now_ms;
}
struct net_counts net_counts(const struct net *net)
{
    return net->counts;
}
void net_faults(struct net *net, struct net_faults faults)
{
    net->faults = faults;
}

static void cut_all(struct net *net)
{
    for (int i = 0; i < net->client_count; i++)
        net_cut(net->clients[i], dice_below(net->dice, 50));
}

void net_forget(struct net *net)
{
    cut_all(net);
    broker_forget(net->store);
    broker_connect(net->keeper);
}

static void remember_one(void *context, const char *path, const char *payload)
{
    struct memory *m = context;
    if (m->count == m->room) {
        m->room = m->room ? 2 * m->room : 64;
        m->pairs = realloc(m->pairs, m->room * sizeof *m->pairs);
        assert(m->pairs);
    }
    m->pairs[m->count++] = (struct pair){ strdup(path), strdup(payload) };
}

void net_remember(struct net *net)
{
    struct memory *m = &net->memories[net->memory_count++ % MEMORIES_MAX];
    memory_clear(m);
    broker_each(net->store, "#", remember_one, m);
}

bool net_go_back(struct net *net)
{
    if (net->memory_count == 0)
        return false;
    int kept = net->memory_count < MEMORIES_MAX ? net->memory_count : MEMORIES_MAX;
    struct memory *m = &net->memories[dice_below(net->dice, kept)];
    net_forget(net);
    struct bus *store = broker_bus(net->keeper);
    for (size_t i = 0; i < m->count; i++)
        store->publish(store, text_of(m->pairs[i].path), text_of(m->pairs[i].payload), 0, true, 0);
    return true;
}

const char *net_retained(const struct net *net, const char *path)
{
    return broker_retained(net->store, path);
}

void net_each(const struct net *net, const char *filter, void (*call)(void *, const char *, const char *), void *context)
{
    broker_each(net->store, filter, call, context);
}

void net_on_publish(struct net *net, void (*call)(void *, const char *, struct text, struct text, bool), void *context)
{
    net->on_publish = call;
    net->context = context;
}
