/* operator.c - see operator.h. Knows only what stands on alarm/<service>, svc/<service>/status and in answers. */
#include "sim/operator.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRIES_AT_ONCE = 20 };

struct operator
{
    struct world *world;
    long asked;
};

struct operator* operator_new(struct world *world)
{
    struct operator* o = calloc(1, sizeof *o);
    assert(o);
    o->world = world;
    return o;
}

struct operator* operator_free(struct operator* o)
{
    free(o);
    return NULL;
}

/* The action stands in the id, so that an answer tells what it answers. */
static void order(struct operator* o, const char *service, const char *action, const char *more)
{
    char path[96], body[256];
    snprintf(path, sizeof path, "request/operate-%s/operator-1", service);
    snprintf(body, sizeof body, "{\"id\":\"%s.%s.%ld\",\"action\":\"%s\"%s}", action, service, ++o->asked, action, more);
    world_publish(o->world, path, body);
}

static void obey_one(struct operator* o, const char *service, const json_t *alarm)
{
    struct text key = json_text_at(alarm, "key");
    char more[64];
    if (text_is_c(key, "clock"))
        order(o, service, "clock-accept", "");
    if (text_is_c(key, "parked"))
        order(o, service, "parked-list", "");
    if (key.at && strncmp(key.at, "stream-", 7) == 0) {
        snprintf(more, sizeof more, ",\"producer\":\"%s\"", key.at + 7);
        order(o, service, "adopt", more);
    }
}

void operator_act(struct operator* o)
{
    struct world *w = o->world;
    for (int i = 0; i < MACHINES; i++) {
        const char *service = w->machines[i].service->name;
        struct text path = topic_of(w->arena, TOPIC_ALARM, text_of(service)).path;
        const char *retained = net_retained(w->net, path.at);
        json_t *alarms = retained ? json_loads(retained, 0, NULL) : NULL, *alarm;
        size_t k;
        json_array_foreach(json_object_get(alarms, "alarms"), k, alarm) obey_one(o, service, alarm);
        json_decref(alarms);
        path = topic_of(w->arena, TOPIC_SVC_STATUS, text_of(service)).path;
        const char *status = net_retained(w->net, path.at);
        if (status && strstr(status, "\"held\""))
            order(o, service, "release", "");
    }
}

void operator_hears(struct operator* o, const json_t *answer)
{
    char action[24], service[24];
    struct world *w = o->world;
    struct text id = json_text_at(answer, "request");
    if (!id.at || !json_is_true(json_object_get(answer, "ok")) || sscanf(id.at, "%23[^.].%23[^.]", action, service) != 2)
        return;
    w->met[MET_ADOPTED] += strcmp(action, "adopt") == 0;
    w->met[MET_RELEASED] += strcmp(action, "release") == 0;
    w->met[MET_CLOCK_ACCEPTED] += strcmp(action, "clock-accept") == 0;
    w->met[MET_RETRIED] += strcmp(action, "parked-retry") == 0 && json_int_at(answer, "taken", 0) > 0;
    if (strcmp(action, "parked-list") != 0)
        return;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(answer, "parked"), i, one)
    {
        bool is_behind = strncmp(json_text_at(one, "reason").at, "behind", 6) == 0;
        char more[48];
        snprintf(more, sizeof more, ",\"n\":%lld", (long long) json_int_at(one, "number", 0));
        w->met[MET_PARKED_BEHIND] += is_behind;
        w->met[MET_POISON_SET_ASIDE] += strstr(json_text_at(one, "reason").at, "three times") != NULL;
        if (!is_behind && i < RETRIES_AT_ONCE)
            order(o, service, "parked-retry", more);
    }
}
