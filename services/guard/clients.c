/* clients.c - the connected clients by the broker's address and by account (clients.h). */
#include "services/guard/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAINS 4096 /* a power of two; chains stay short up to CLIENTS_MAX */

struct clients {
    struct client *by_who[CHAINS];
    struct client *by_name[CHAINS];
    size_t count;
    int64_t web_credit_us, web_counted_ms; /* all visits of the public page together */
};

/* Messages a second, on average, and at once after a pause. Far above what people, phones and adapters do and below what would
 * press the services; a service itself is bounded by its own window only. */
struct pace {
    int per_s, burst;
};
static const struct pace paces[ACCOUNT_KIND_COUNT] = {
    [ACCOUNT_CHANNEL] = { 5000, 20000 }, /* imports run at full speed */
    [ACCOUNT_STAFF] = { 100, 500 },      [ACCOUNT_VILLAGE] = { 20, 100 },    [ACCOUNT_WORKER] = { 20, 100 },
    [ACCOUNT_OFFICE] = { 500, 2000 },    [ACCOUNT_DISCIPLINE] = { 50, 200 }, [ACCOUNT_PUBLICITY] = { 50, 200 },
    [ACCOUNT_DASHBOARD] = { 10, 50 },    [ACCOUNT_OPERATOR] = { 100, 500 },  [ACCOUNT_SERVICE] = { 0, 0 }, /* no bound */
};
static const struct pace web_visit = { 5, 20 }, web_all = { 100, 500 };

static size_t chain_of_who(const void *who)
{
    uintptr_t at = (uintptr_t) who;
    return (size_t) ((at >> 4) ^ (at >> 16)) & (CHAINS - 1);
}

static size_t chain_of_name(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (unsigned char) *name) * 16777619u;
    return (h ^ (h >> 16)) & (CHAINS - 1);
}

static bool is_web(const struct subject *subject)
{
    return strcmp(subject->account.name, MATCH_WEB) == 0;
}

struct clients *clients_new(void)
{
    struct clients *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    return c;
}

struct client *clients_find(const struct clients *c, const void *who)
{
    struct client *found = c->by_who[chain_of_who(who)];
    while (found && found->who != who)
        found = found->next_by_who;
    return found;
}

static void forget(struct clients *c, struct client *client)
{
    struct client **at = &c->by_who[chain_of_who(client->who)];
    while (*at != client)
        at = &(*at)->next_by_who;
    *at = client->next_by_who;
    at = &c->by_name[chain_of_name(client->subject.account.name)];
    while (*at != client)
        at = &(*at)->next_by_name;
    *at = client->next_by_name;
    c->count--;
    free(client);
}

struct clients *clients_free(struct clients *c)
{
    for (size_t i = 0; c && i < CHAINS; i++) {
        while (c->by_who[i])
            forget(c, c->by_who[i]);
    }
    free(c);
    return NULL;
}

/* How many other devices of the account hold a place; forgets those whose kept session has ended, and the same device's. */
static int devices_of(struct clients *c, const struct subject *subject, int64_t now_ms)
{
    int count = 0;
    struct client *next;
    for (struct client *at = c->by_name[chain_of_name(subject->account.name)]; at; at = next) {
        next = at->next_by_name;
        if (strcmp(at->subject.account.name, subject->account.name) != 0)
            continue;
        bool is_over = !at->is_connected && now_ms - at->gone_ms > CLIENTS_SESSION_KEPT_S * 1000;
        if (is_over || strcmp(at->subject.device, subject->device) == 0)
            forget(c, at);
        else
            count++;
    }
    return count;
}

static int devices_max(const struct subject *subject)
{
    if (subject->account.kind == ACCOUNT_SERVICE)
        return 1;
    return is_web(subject) ? CLIENTS_WEB_MAX : CLIENTS_DEVICES_MAX;
}

static struct pace pace_of(const struct subject *subject)
{
    return is_web(subject) ? web_visit : paces[subject->account.kind];
}

static int64_t full_us(struct pace pace)
{
    return (int64_t) pace.burst * 1000000 / pace.per_s;
}

enum admission clients_admit(struct clients *c, const void *who, const struct subject *subject, bool keeps, int64_t now_ms)
{
    struct client *same = clients_find(c, who);
    struct pace pace = pace_of(subject);
    int64_t credit_us = pace.per_s ? full_us(pace) : 0;
    if (same && same->is_connected)
        credit_us = same->credit_us; /* the broker asks again after a reload of its configuration */
    if (same)
        forget(c, same);
    if (devices_of(c, subject, now_ms) >= devices_max(subject))
        return TOO_MANY_DEVICES;
    if (c->count >= CLIENTS_MAX)
        return TOO_MANY_CLIENTS;
    struct client *client = calloc(1, sizeof(*client));
    if (!client)
        return TOO_MANY_CLIENTS;
    size_t i = chain_of_who(who), j = chain_of_name(subject->account.name);
    *client = (struct client){ .who = who,
                               .is_connected = true,
                               .keeps = keeps,
                               .credit_us = credit_us,
                               .counted_ms = now_ms,
                               .subject = *subject,
                               .next_by_who = c->by_who[i],
                               .next_by_name = c->by_name[j] };
    c->by_who[i] = c->by_name[j] = client;
    c->count++;
    return ADMITTED;
}

void clients_gone(struct clients *c, const void *who, int64_t now_ms)
{
    struct client *client = clients_find(c, who);
    if (client && client->keeps) {
        client->is_connected = false;
        client->gone_ms = now_ms;
    } else if (client) {
        forget(c, client);
    }
}

void clients_each(struct clients *c, void (*visit)(struct client *client, void *with), void *with)
{
    for (size_t i = 0; i < CHAINS; i++) {
        for (struct client *at = c->by_who[i]; at; at = at->next_by_who)
            visit(at, with);
    }
}

/* A bucket that fills with time and is emptied by 1/per_s for each message. */
static bool take_one(struct pace pace, int64_t *credit_us, int64_t *counted_ms, int64_t now_ms)
{
    int64_t cost_us = 1000000 / pace.per_s;
    if (now_ms > *counted_ms) {
        int64_t earned_ms = now_ms - *counted_ms, room_us = full_us(pace) - *credit_us;
        *credit_us += earned_ms > room_us / 1000 ? room_us : earned_ms * 1000;
        *counted_ms = now_ms;
    }
    if (*credit_us < cost_us)
        return false;
    *credit_us -= cost_us;
    return true;
}

bool clients_may_publish(struct clients *c, struct client *client, int64_t now_ms)
{
    struct pace pace = pace_of(&client->subject);
    if (pace.per_s == 0)
        return true;
    if (!take_one(pace, &client->credit_us, &client->counted_ms, now_ms))
        return false;
    return !is_web(&client->subject) || take_one(web_all, &c->web_credit_us, &c->web_counted_ms, now_ms);
}
