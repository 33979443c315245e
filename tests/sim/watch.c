/* watch.c - see watch.h. */
#include "sim/watch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const canaries[3] = { CANARY_NAME, CANARY_PHONE, CANARY_NUMBER };

enum { ORDERS_MAX = 4096, INSTANT_ROOM = 40 };

struct order { /* 督办单: whose it is */
    char number[24], lead[24];
};

struct watch {
    char router_said[INSTANT_ROOM]; /* the furthest `now` that the router has published */
    struct order orders[ORDERS_MAX];
    size_t order_count;
};

struct watch *watch_new(void)
{
    struct watch *watch = calloc(1, sizeof *watch);
    assert(watch);
    return watch;
}

struct watch *watch_free(struct watch *watch)
{
    free(watch);
    return NULL;
}

static bool has(struct text t, const char *what)
{
    return t.len && memmem(t.at, t.len, what, strlen(what)) != NULL;
}

static void reporters_are_on_no_topic(struct world *w, const char *from, struct text path, struct text payload)
{
    for (size_t i = 0; i < sizeof canaries / sizeof *canaries; i++) {
        if (has(payload, canaries[i]) || has(path, canaries[i]))
            world_fail(w, "a reporter's %s was published by %s on " TEXT_FMT, canaries[i], from, TEXT_ARG(path));
    }
}

static void hear_router(struct watch *watch, struct text payload)
{
    static const char mark[] = "\"now\":\"";
    const char *at = memmem(payload.at, payload.len, mark, sizeof mark - 1);
    if (!at)
        return;
    char now[INSTANT_ROOM];
    snprintf(now, sizeof now, "%.*s", (int) strcspn(at + sizeof mark - 1, "\""), at + sizeof mark - 1);
    if (strcmp(now, watch->router_said) > 0)
        memcpy(watch->router_said, now, sizeof now);
}

/* Nothing is judged for an instant up to which the router has not been heard. */
static void no_verdict_before_the_router_spoke(struct world *w, struct text payload)
{
    if (!has(payload, "\"clock.breached\""))
        return;
    json_t *message = json_loadb(payload.at, payload.len, 0, NULL);
    size_t i;
    json_t *event;
    json_array_foreach(json_object_get(message, "events"), i, event)
    {
        const char *due = json_string_value(json_object_get(json_object_get(event, "data"), "due"));
        const char *type = json_string_value(json_object_get(event, "type"));
        if (due && strcmp(type, "clock.breached") == 0 && strcmp(due, w->watch->router_said) > 0)
            world_fail(w, "%s was judged for %s, the router had only been heard to %s",
                       json_string_value(json_object_get(event, "subject")), due, w->watch->router_said);
    }
    json_decref(message);
}

static void no_order_number_twice(struct world *w, struct text payload)
{
    json_t *card = json_loadb(payload.at, payload.len, 0, NULL);
    const char *number = json_string_value(json_object_get(card, "order")),
               *lead = json_string_value(json_object_get(card, "lead"));
    struct watch *watch = w->watch;
    size_t i = 0;
    while (number && i < watch->order_count && strcmp(watch->orders[i].number, number) != 0)
        i++;
    if (number && lead && i == watch->order_count && i < ORDERS_MAX) {
        snprintf(watch->orders[i].number, sizeof watch->orders[i].number, "%s", number);
        snprintf(watch->orders[i].lead, sizeof watch->orders[i].lead, "%s", lead);
        watch->order_count++;
    } else if (number && lead && i < watch->order_count && strcmp(watch->orders[i].lead, lead) != 0) {
        world_fail(w, "order %s was given to %s and to %s", number, watch->orders[i].lead, lead);
    }
    json_decref(card);
}

void watch_publish(void *context, const char *from, struct text path, struct text payload, bool retain)
{
    struct world *w = context;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    world_log(w, "%s > " TEXT_FMT " %s" TEXT_FMT, from, TEXT_ARG(path), retain ? "R " : "",
              (int) (payload.len > 400 ? 400 : payload.len), payload.at);
    if (!topic_read(path, &id, parts) || strcmp(from, "people") == 0)
        return;
    reporters_are_on_no_topic(w, from, path, payload);
    if (id == TOPIC_STREAM_CURSOR)
        w->met[MET_GAP] += has(payload, "\"want\":true");
    else if ((id == TOPIC_STREAM || id == TOPIC_STREAM_TO) && text_is_c(parts[0], "router"))
        hear_router(w->watch, payload);
    else if (id == TOPIC_STREAM && text_is_c(parts[0], "deadline"))
        no_verdict_before_the_router_spoke(w, payload);
    else if (id == TOPIC_UNIT_ORDER && payload.len)
        no_order_number_twice(w, payload);
    else if (id == TOPIC_ALARM) {
        w->met[MET_ROUTER_SILENT] += has(payload, "router-silent");
        w->met[MET_STOPPED] += has(payload, "\"stream-");
        w->met[MET_PARKED] += has(payload, "\"parked\"");
    }
}

void watch_log(struct world *w, int fd)
{
    enum { PIECE = 1 << 16, KEPT = 64 };
    static char bytes[PIECE + KEPT];
    size_t kept = 0;
    lseek(fd, 0, SEEK_SET);
    for (ssize_t got; (got = read(fd, bytes + kept, PIECE)) > 0;) {
        size_t len = kept + (size_t) got;
        for (size_t i = 0; i < sizeof canaries / sizeof *canaries; i++) {
            if (memmem(bytes, len, canaries[i], strlen(canaries[i])))
                world_fail(w, "a reporter's %s stands in a service's log", canaries[i]);
        }
        kept = len < KEPT ? len : KEPT; /* one may lie across two pieces */
        memmove(bytes, bytes + len - kept, kept);
    }
    if (ftruncate(fd, 0) != 0)
        abort();
    lseek(fd, 0, SEEK_SET);
}
