/* watch.c - see watch.h. */
#include "sim/watch.h"

#include "services/runtime/node_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const canaries[3] = { CANARY_NAME, CANARY_PHONE, CANARY_NUMBER };

enum { ORDERS_MAX = 4096, INSTANT_ROOM = 40, EDGES_MAX = 16 };

struct order { /* 督办单: whose it is */
    char number[24], lead[24];
};

struct edge { /* whom a consumer hears, and which of its ledgers */
    char name[40], epoch[24];
};

struct watch {
    struct edge edges[EDGES_MAX];
    size_t edge_count;
    char router_said[INSTANT_ROOM]; /* the furthest `now` that the router has published */
    struct order orders[ORDERS_MAX];
    size_t order_count;
    struct numbers {
        char at[ORDERS_MAX][24];
        size_t count;
    } shown, unread; /* leads of which COMPLAINED_OF was shown anything; only the number of a placeholder */
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

/* Every topic has one writer. */
static void nobody_writes_what_is_not_theirs(struct world *w, const char *from, enum topic_id id, const struct text *parts)
{
    const char *writer = topic_specs[id].writer;
    bool is_own = (id == TOPIC_STREAM || id == TOPIC_STREAM_TO || id == TOPIC_SVC_STATUS || id == TOPIC_SVC_PROBE ||
                   id == TOPIC_SVC_WATERMARK || id == TOPIC_SVC_WATERMARK_LANE || id == TOPIC_ALARM) &&
                  text_is_c(parts[0], from);
    bool is_cursor = id == TOPIC_STREAM_CURSOR && text_is_c(parts[1], from);
    bool is_answer = id == TOPIC_ANSWER || id == TOPIC_ANSWER_DEVICE;
    if (!is_own && !is_cursor && !is_answer && !(writer && strcmp(writer, from) == 0))
        world_fail(w, "%s publishes on a topic of others: %s", from, topic_specs[id].pattern);
}

static bool is_among(const struct numbers *numbers, struct text lead)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (text_is_c(lead, numbers->at[i]))
            return true;
    }
    return false;
}

/* A unit that is complained of never sees that lead. The complaint may be known here only after the first card went out, so all that
 * this unit was ever shown is kept. What the office hands on before anybody could read it shows no more than its number. */
static void note_shown(struct watch *watch, enum topic_id id, struct text unit, struct text lead, struct text payload)
{
    if (!text_is_c(unit, COMPLAINED_OF) || (id == TOPIC_UNIT_DUE && is_among(&watch->unread, lead)))
        return;
    bool is_unread = id == TOPIC_UNIT_LEAD && text_has(payload, TEXT("\"title\":\"内容暂未读出"));
    struct numbers *to = is_unread ? &watch->unread : &watch->shown;
    if (to->count < ORDERS_MAX)
        snprintf(to->at[to->count++], sizeof to->at[0], TEXT_FMT, TEXT_ARG(lead));
}

bool watch_was_shown_to_the_named(const struct world *w, const char *lead)
{
    return is_among(&w->watch->shown, text_of(lead));
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

static void judge_breach(struct world *w, struct text body)
{
    json_t *event = json_loadb(body.at, body.len, 0, NULL);
    const char *due = json_string_value(json_object_get(json_object_get(event, "data"), "due"));
    if (due && strcmp(due, w->watch->router_said) > 0)
        world_fail(w, "%s was judged for %s, the router had only been heard to %s",
                   json_string_value(json_object_get(event, "subject")), due, w->watch->router_said);
    json_decref(event);
}

/* Nothing is judged for an instant up to which the router has not been heard. */
static void no_verdict_before_the_router_spoke(struct world *w, struct text payload)
{
    static struct text events[WINDOW_EVENTS_MAX + 1];
    size_t open;
    int count = has(payload, "\"clock.breached\"") ? event_slices(payload, &open, events) : 0;
    for (int i = 0; i < count; i++) {
        if (has(events[i], "\"type\":\"clock.breached\""))
            judge_breach(w, events[i]);
    }
}

/* The value of a field that is an id: nothing to unescape. */
static bool id_in(struct text json, const char *mark, char *ret, size_t room)
{
    const char *at = json.len ? memmem(json.at, json.len, mark, strlen(mark)) : NULL;
    if (at)
        snprintf(ret, room, "%.*s", (int) strcspn(at + strlen(mark), "\""), at + strlen(mark));
    return at != NULL;
}

static void no_order_number_twice(struct world *w, struct text payload)
{
    struct order o;
    struct watch *watch = w->watch;
    if (!id_in(payload, "\"order\":\"", o.number, sizeof o.number) || !id_in(payload, "\"lead\":\"", o.lead, sizeof o.lead))
        return;
    size_t i = watch->order_count;
    while (i > 0 && strcmp(watch->orders[i - 1].number, o.number) != 0)
        i--;
    if (i > 0 && strcmp(watch->orders[i - 1].lead, o.lead) != 0)
        world_fail(w, "order %s was given to %s and to %s", o.number, watch->orders[i - 1].lead, o.lead);
    if (i == 0 && watch->order_count < ORDERS_MAX)
        watch->orders[watch->order_count++] = o;
}

/* What a consumer tells of where it stands. */
static void watch_cursor(struct world *w, struct text producer, struct text consumer, struct text payload)
{
    struct edge e = { "", "" };
    snprintf(e.name, sizeof e.name, TEXT_FMT "/" TEXT_FMT, TEXT_ARG(producer), TEXT_ARG(consumer));
    w->met[MET_GAP] += has(payload, "\"want\":true");
    if (!id_in(payload, "\"epoch\":\"", e.epoch, sizeof e.epoch) || !e.epoch[0])
        return;
    struct watch *watch = w->watch;
    size_t i = 0;
    while (i < watch->edge_count && strcmp(watch->edges[i].name, e.name) != 0)
        i++;
    if (i < watch->edge_count)
        w->met[MET_EPOCH_FOLLOWED] += strcmp(watch->edges[i].epoch, e.epoch) != 0;
    if (i == EDGES_MAX)
        return;
    watch->edge_count += i == watch->edge_count;
    watch->edges[i] = e;
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
    nobody_writes_what_is_not_theirs(w, from, id, parts);
    if (payload.len && (id == TOPIC_UNIT_LEAD || id == TOPIC_UNIT_DUE))
        note_shown(w->watch, id, parts[0], parts[1], payload);
    if (id == TOPIC_STREAM_CURSOR)
        watch_cursor(w, parts[0], parts[1], payload);
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
