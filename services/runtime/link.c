/* link.c - from a fresh connection to a service that speaks: read the watermarks, wait for the probe, reconcile, subscribe; then
 * status, alarms, answers and the feed. Nothing else is published before the broker has told what it knows of us. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    STATUS_EVERY_MS = 5000,
    PROBE_AGAIN_MS = 3000, /* a probe that does not come back was lost on the way */
    FLIGHT_BYTES_MAX = 1 << 20
};

/* -- publishing ------------------------------------------------------------------------------------------------------ */

/* Unacknowledged publishes stand in a ring by their token, so that an acknowledgement finds its own at once. The window counts from
 * the oldest: a single late one holds it, and mostly they come in order. What is paced has a window of its own beside it. */
int window_free(const struct node *node)
{
    return (int) node->settings.window - (int) (node->next_token - node->oldest_token) + node->paced_out;
}

int window_free_paced(const struct node *node)
{
    enum { TIMES = 3 }; /* what a turn full of taps shows: its acknowledgements are read by the next */
    int window = (int) node->settings.window, out = (int) (node->next_token - node->oldest_token);
    int most = TIMES * window < WINDOW_MAX - window ? TIMES * window : WINDOW_MAX - window;
    int free = most - node->paced_out, places = most + window - out;
    return free < places ? free : places;
}

bool window_is_open(const struct node *node)
{
    return window_free(node) > 0;
}

bool window_takes_streams(const struct node *node)
{
    return window_is_open(node) && node->flight_bytes < FLIGHT_BYTES_MAX;
}

static struct flight *flight_of(struct node *node, uint64_t token)
{
    return &node->flights[token % WINDOW_MAX];
}

static void forget_flights(struct node *node)
{
    node->oldest_token = node->next_token;
    node->flight_bytes = 0;
    node->paced_out = 0;
}

bool node_publish(struct node *node, struct text path, struct text payload, int qos, bool retain, enum flight_kind kind,
                  int lane, int64_t revision)
{
    if (qos == 0)
        return node->bus->publish(node->bus, path, payload, 0, retain, 0);
    uint64_t token = node->next_token + 1;
    assert(token - node->oldest_token <= WINDOW_MAX);
    if (!node->bus->publish(node->bus, path, payload, qos, retain, token))
        return false;
    node->next_token = token;
    *flight_of(node, token) = (struct flight){ kind, lane, revision, payload.len };
    node->flight_bytes += payload.len;
    node->paced_out += lane > 0 && kind == FLIGHT_VIEW;
    return true;
}

static void on_ack(struct node *node, uint64_t token, bool fine)
{
    if (token <= node->oldest_token || token > node->next_token)
        return;
    struct flight *f = flight_of(node, token);
    if (f->kind == FLIGHT_MARK && fine)
        view_marked(node, f->lane, f->revision);
    node->flight_bytes -= f->kind == FLIGHT_FREE ? 0 : f->bytes;
    node->paced_out -= f->lane > 0 && f->kind == FLIGHT_VIEW;
    f->kind = FLIGHT_FREE;
    while (node->oldest_token < node->next_token && flight_of(node, node->oldest_token + 1)->kind == FLIGHT_FREE)
        node->oldest_token++;
}

/* The contract and the guard disagree, or the account is not what we think: somebody must look. */
static void on_denied(struct node *node, struct text path)
{
    log_event("denied", "path=" TEXT_FMT, TEXT_ARG(path));
    snprintf(node->denied, sizeof node->denied, TEXT_FMT, TEXT_ARG(path));
}

/* -- phases ---------------------------------------------------------------------------------------------------------- */

static void probe(struct node *node)
{
    unsigned char random[8];
    tx_random(&node->tx, random, sizeof random);
    memcpy(node->probe, hex_of(node->arena, random, sizeof random), sizeof node->probe);
    node->link_since = node->steady;
    node_publish(node, own_path(node, TOPIC_SVC_PROBE, NULL), text_of(node->probe), 1, false, FLIGHT_OTHER, 0, 0);
}

static void on_up(struct node *node)
{
    struct bus *bus = node->bus;
    forget_flights(node);
    node->phase = LINK_PROBING;
    node->strangers_due = false;
    node->denied[0] = '\0';
    arena_reset(node->connection_arena);
    view_up(node);
    bus->subscribe(bus, own_path(node, TOPIC_SVC_WATERMARK, NULL), 1);
    bus->subscribe(bus, topic_filter(node->arena, TOPIC_SVC_WATERMARK_LANE, text_of(node->service->name)), 1);
    bus->subscribe(bus, own_path(node, TOPIC_SVC_PROBE, NULL), 1);
    probe(node);
}

static void on_down(struct node *node)
{
    node->phase = LINK_DOWN;
    forget_flights(node);
    node->strangers_due = false;
}

static void on_ready(struct node *node)
{
    node->phase = LINK_READY;
    node->status_due = node->alarm_due = true;
    bool again = node->published > 0;
    stream_up(node);
    if (!(MUTANT(subscription_forgotten) && again))
        link_subscribe_all(node);
    log_event("ready", "epoch=%s revision=%lld head=%lld", node->epoch, (long long) node->done.revision,
              (long long) node->done.head);
}

static void on_probe_back(struct node *node, struct text nonce)
{
    if (!text_is_c(nonce, node->probe))
        return;
    if (node->phase == LINK_PROBING && view_needs_reconciling(node)) {
        node->phase = LINK_RECONCILING;
        view_subscribe_own(node);
        probe(node);
    } else if (node->phase == LINK_PROBING) {
        view_start(node);
        on_ready(node);
    } else if (node->phase == LINK_RECONCILING) {
        view_unsubscribe_own(node);
        for (int i = 0; i < LANES; i++)
            node->lanes[i].found = false; /* all of it is sent anew */
        node->strangers_due = true;
        view_start(node);
        on_ready(node);
    }
}

void link_subscribe_all(struct node *node)
{
    struct bus *bus = node->bus;
    struct text own = text_of(node->service->name);
    for (int kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
        if (!service_answers(node, (enum request_kind) kind))
            continue;
        struct text name = text_of(request_specs[kind].name);
        bus->subscribe(bus, topic_filter(node->arena, TOPIC_REQUEST, name), 1);
        bus->subscribe(bus, topic_filter(node->arena, TOPIC_REQUEST_DEVICE, name), 1);
    }
    for (const struct tap_route *r = node->service->taps; r && r->on; r++)
        bus->subscribe(bus, topic_filter(node->arena, r->topic, NO_TEXT), 0);
    if (node->consumer_count)
        bus->subscribe(bus, topic_filter(node->arena, TOPIC_STREAM_CURSOR, own), 1);
    for (int i = 0; i < node->producer_count; i++) {
        struct text producer = text_of(node->producers[i].name);
        bus->subscribe(bus, topic_of(node->arena, TOPIC_STREAM, producer).path, 1);
        bus->subscribe(bus, topic_of(node->arena, TOPIC_STREAM_TO, producer, own).path, 1);
    }
}

void link_hear(struct node *node, struct arrival *a)
{
    switch (a->kind) {
    case ARRIVAL_UP:
        on_up(node);
        if (MUTANT(watermark_before_probe)) {
            view_start(node);
            on_ready(node);
        }
        break;
    case ARRIVAL_DOWN:
        on_down(node);
        break;
    case ARRIVAL_ACK:
        on_ack(node, a->token, true);
        break;
    case ARRIVAL_DENIED:
        on_ack(node, a->token, false);
        on_denied(node, a->path);
        break;
    case ARRIVAL_MESSAGE:
        break;
    }
}

/* True when the message concerned the link or the cursors of others and needs no transaction. */
bool link_takes(struct node *node, const struct arrival *a, enum topic_id id, const struct text *parts)
{
    bool own = text_is_c(parts[0], node->service->name);
    if (id == TOPIC_SVC_PROBE && own) {
        on_probe_back(node, a->payload);
        return true;
    }
    if (id == TOPIC_SVC_WATERMARK && own) {
        if (node->phase == LINK_PROBING)
            view_hear_watermark(node, 0, a->payload);
        return true;
    }
    if (id == TOPIC_SVC_WATERMARK_LANE && own) {
        int lane = parts[1].at[0] - '0';
        if (node->phase == LINK_PROBING && lane > 0 && lane < LANES)
            view_hear_watermark(node, lane, a->payload);
        return true;
    }
    if (id == TOPIC_STREAM_CURSOR && own) {
        stream_hear_cursor(node, parts[1], a->payload);
        return true;
    }
    const struct topic_spec *spec = &topic_specs[id];
    if (spec->retain && spec->writer && strcmp(spec->writer, node->service->name) == 0) {
        if (node->phase == LINK_RECONCILING && a->retained && a->payload.len)
            view_note_found(node, a->path);
        return true;
    }
    return false;
}

/* -- status, alarms, answers, feed ----------------------------------------------------------------------------------- */

static void send_status(struct node *node)
{
    json_t *lag = json_object();
    for (int i = 0; i < node->producer_count; i++) {
        const struct producer *p = &node->producers[i];
        int64_t behind = p->heard_at.ms == 0 || p->stopped ? -1 : p->head > p->seq ? p->head - p->seq : 0;
        json_object_set_new(lag, p->name, json_integer(behind));
    }
    json_t *status =
        json_keep(node->arena, json_pack("{s:s,s:s,s:s,s:o,s:I,s:I,s:b,s:s}", "state", node->held ? "held" : "online", "since",
                                         instant_text(node->arena, node->started).at, "version",
                                         node->settings.version ? node->settings.version : "-", "lag", lag, "parked",
                                         (json_int_t) node->parked_count, "head", (json_int_t) node->done.head, "at_head",
                                         stream_is_at_head(node) ? 1 : 0, "edition", node->editions[node->edition_current].id));
    if (node_publish(node, own_path(node, TOPIC_SVC_STATUS, NULL), json_text(node->arena, status), 1, true, FLIGHT_OTHER, 0, 0))
        node->status_due = false;
    node->next_status = later(node->steady, (span_ms){ STATUS_EVERY_MS });
}

void node_farewell(struct node *node)
{
    if (node->phase == LINK_READY)
        node_publish(node, own_path(node, TOPIC_SVC_STATUS, NULL), TEXT("{\"state\":\"offline\"}"), 0, true, FLIGHT_OTHER, 0,
                     0);
}

static void send_alarms(struct node *node)
{
    db_begin(node->db);
    struct rows rows = tx_all(&node->tx, R_ALARMS, NO_PARAMS);
    json_t *list = json_array();
    for (size_t i = 0; i < rows.count; i++) {
        json_t *alarm = json_object();
        json_put_text(alarm, "key", row_text(&rows, i, "key"));
        json_put_text(alarm, "sentence", row_text(&rows, i, "sentence"));
        json_put_text(alarm, "command", row_text(&rows, i, "command"));
        json_put_text(alarm, "since", instant_text(node->arena, row_instant(&rows, i, "since")));
        json_array_append_new(list, alarm);
    }
    db_rollback(node->db);
    json_t *all = json_keep(node->arena, json_pack("{s:o}", "alarms", list));
    struct text path = own_path(node, TOPIC_ALARM, NULL);
    struct text payload = rows.count ? json_text(node->arena, all) : TEXT("");
    if (node_publish(node, path, payload, 1, true, FLIGHT_OTHER, 0, 0))
        node->alarm_due = false;
}

void link_answer(struct node *node)
{
    for (size_t i = 0; i < node->done.answers && node->phase == LINK_READY; i++)
        node_publish(node, node->answers[i].path, node->answers[i].payload, 0, false, FLIGHT_OTHER, 0, 0);
}

void link_pump(struct node *node)
{
    if (node->phase == LINK_PROBING || node->phase == LINK_RECONCILING) {
        if (between(node->link_since, node->steady).ms > PROBE_AGAIN_MS)
            probe(node);
        node->next_status = later(node->steady, (span_ms){ PROBE_AGAIN_MS });
    }
    if (node->phase == LINK_DOWN)
        node->next_status = later(node->steady, (span_ms){ STATUS_EVERY_MS });
    if (node->phase != LINK_READY)
        return; /* answers are lost, their askers repeat */
    link_answer(node);
    for (size_t i = 0; i < node->done.feeds; i++)
        node_publish(node, node->feeds[i].path, node->feeds[i].payload, 0, false, FLIGHT_OTHER, 0, 0);
    bool at_head = stream_is_at_head(node);
    if (at_head != node->told_at_head) {
        node->told_at_head = at_head;
        node->status_due = true;
    }
    if ((node->status_due || !is_before(node->steady, node->next_status)) && window_is_open(node))
        send_status(node);
    if (node->alarm_due && window_is_open(node))
        send_alarms(node);
}

void announce(struct tx *tx, struct topic topic, struct text payload)
{
    struct node *node = tx->node;
    if (node->done.feeds < OUTGOING_MAX) /* a ticker: what does not fit is not missed */
        node->feeds[node->done.feeds++] =
            (struct outgoing){ arena_copy(node->arena, topic.path), arena_copy(node->arena, payload) };
}
