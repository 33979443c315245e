/* view.c - views: what is shown, and how far the broker has it (ARCHITECTURE §4).
 *
 * The table `view` is the truth and the queue in one: every change takes the next revision, and the pump sends what lies above the
 * revision sent last, in order, as the window allows. Acknowledged revisions advance a watermark that the broker keeps for us. On
 * connecting we read it back: it tells what the broker lacks, or that it is not to be trusted and everything is sent anew. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#ifndef PACE_MS   /* the bench builds a service without pace, to compare */
#define PACE_MS 4 /* the paced lane sends PACE_VIEWS, then waits this long: leads pass in between */
#endif

enum {
    PAGE_MAX = 128,      /* views read from the ledger at once */
    MARK_EVERY_MS = 100, /* watermarks at most this often */
    PACE_VIEWS = 64,
    PAGES_SAVED = 7,
    HURRY_MS = 100,    /* since the last card */
    STREAMS_ROOM = 16, /* of the window, kept free of views: a stream message never waits for a page of them */
    DEAD_PRUNED = 256  /* tombstones are deleted in lots */
};

/* -- changing -------------------------------------------------------------------------------------------------------- */

/* Nothing when the view is so already; the statements know. */
static void set_view(struct tx *tx, struct topic topic, struct text payload)
{
    struct node *node = tx->node;
    const struct topic_spec *spec = &topic_specs[topic.id];
    struct param revision = p_int("revision", node->done.revision + 1);
    assert(spec->retain && spec->writer && strcmp(spec->writer, node->service->name) == 0);
    bool is_changed = payload.at ? tx_run(tx, R_VIEW_SET, p_text("topic", topic.path), p_int("lane", spec->lane), revision,
                                          p_text("payload", payload))
                                 : tx_run(tx, R_VIEW_CLEAR, revision, p_text("topic", topic.path));
    if (!is_changed)
        return;
    node->done.revision++;
    node->done.shown++;
    if (!payload.at)
        node->lanes[spec->lane].dead++;
}

void show(struct tx *tx, struct topic topic, json_t *take_payload)
{
    assert(!topic_specs[topic.id].plain);
    set_view(tx, topic, json_text(tx->arena, json_keep(tx->arena, take_payload)));
}

void show_json(struct tx *tx, struct topic topic, struct text payload)
{
    assert(!topic_specs[topic.id].plain && payload.at && payload.len);
    set_view(tx, topic, payload);
}

void show_text(struct tx *tx, struct topic topic, struct text payload)
{
    assert(topic_specs[topic.id].plain && payload.at && payload.len);
    set_view(tx, topic, payload);
}

void hide(struct tx *tx, struct topic topic)
{
    set_view(tx, topic, NO_TEXT);
}

/* -- opening --------------------------------------------------------------------------------------------------------- */

static const char *const pruned_keys[LANES] = { "pruned", "pruned_paced", "pruned_last" };

void view_open(struct node *node)
{
    node->done.revision = meta_int(&node->tx, "revision", 0);
    for (int i = 0; i < LANES; i++) {
        node->lanes[i].pruned = meta_int(&node->tx, pruned_keys[i], 0);
        node->lanes[i].dead = tx_int(&node->tx, 0, R_VIEWS_DEAD, p_int("lane", i));
    }
}

/* -- connecting ------------------------------------------------------------------------------------------------------ */

void view_up(struct node *node)
{
    for (int i = 0; i < LANES; i++) {
        struct lane *lane = &node->lanes[i];
        *lane = (struct lane){ .pruned = lane->pruned, .dead = lane->dead, .head = lane->head };
    }
    node->found_count = 0;
}

void view_hear_watermark(struct node *node, int lane, struct text payload)
{
    const char *why;
    json_t *mark = json_read(payload.at, payload.len, 4096, &why);
    struct text epoch = json_text_at(mark, "epoch");
    struct lane *l = &node->lanes[lane];
    if (epoch.at && epoch.len == EPOCH_HEX - 1) {
        l->found = true;
        memcpy(l->found_epoch, epoch.at, EPOCH_HEX);
        l->found_revision = json_int_at(mark, "revision", -1);
    }
    json_decref(mark);
}

/* Can the broker's word be taken? */
static bool lane_is_trusted(const struct node *node, const struct lane *l)
{
    return l->found && strcmp(l->found_epoch, node->epoch) == 0 && l->found_revision <= node->done.revision &&
           l->found_revision >= l->pruned;
}

/* A broker that says nothing of us is asked as well what it shows in our name: mostly nothing, which costs one round trip. */
bool view_needs_reconciling(const struct node *node)
{
    for (int i = 0; i < LANES; i++) {
        if (!lane_is_trusted(node, &node->lanes[i]))
            return true;
    }
    return false;
}

void view_subscribe_own(struct node *node)
{
    for (int id = 0; id < TOPIC_COUNT; id++) {
        const struct topic_spec *spec = &topic_specs[id];
        if (spec->retain && spec->writer && strcmp(spec->writer, node->service->name) == 0)
            node->bus->subscribe(node->bus, topic_filter(node->arena, (enum topic_id) id, NO_TEXT), 1);
    }
}

/* Once they are read, our own views need not come back to us each time. */
void view_unsubscribe_own(struct node *node)
{
    for (int id = 0; id < TOPIC_COUNT; id++) {
        const struct topic_spec *spec = &topic_specs[id];
        if (spec->retain && spec->writer && strcmp(spec->writer, node->service->name) == 0)
            node->bus->unsubscribe(node->bus, topic_filter(node->arena, (enum topic_id) id, NO_TEXT));
    }
}

void view_note_found(struct node *node, struct text path)
{
    if (node->found_count == node->found_room) {
        node->found_room = node->found_room ? node->found_room * 2 : 256;
        node->found_topics = realloc(node->found_topics, node->found_room * sizeof *node->found_topics);
        if (!node->found_topics)
            abort();
    }
    node->found_topics[node->found_count++] = arena_copy(node->connection_arena, path);
}

/* What the broker keeps under our patterns and the table does not have becomes a tombstone of the table: from here on it is sent
 * like any other change. */
void view_clear_strangers(struct node *node)
{
    struct tx *tx = &node->tx;
    for (size_t i = 0; i < node->found_count; i++) {
        enum topic_id id;
        struct text parts[TOPIC_PARTS_MAX];
        if (!topic_read(node->found_topics[i], &id, parts))
            continue;
        struct rows is = tx_all(tx, R_VIEW, p_text("topic", node->found_topics[i]));
        if (is.count)
            continue;
        int lane = topic_specs[id].lane;
        tx_run(tx, R_VIEW_SET, p_text("topic", node->found_topics[i]), p_int("lane", lane),
               p_int("revision", ++node->done.revision), p_text("payload", NO_TEXT));
        node->lanes[lane].dead++;
    }
    node->found_count = 0;
    node->strangers_due = false;
}

/* Everything needed is known: decide from where to send. */
void view_start(struct node *node)
{
    for (int i = 0; i < LANES; i++) {
        struct lane *lane = &node->lanes[i];
        lane->sent = lane_is_trusted(node, lane)     ? lane->found_revision
                     : MUTANT(views_not_republished) ? node->done.revision
                                                     : 0;
        lane->marked = lane->found && lane->sent ? lane->sent : -1;
        lane->confirmed = lane->sent;
        lane->next_mark = lane->next_page = node->steady;
    }
}

/* -- sending --------------------------------------------------------------------------------------------------------- */

/* Up to which revision everything of a lane has been acknowledged: below the first flight that is still out. */
static int64_t acknowledged(const struct node *node, int lane)
{
    for (uint64_t token = node->oldest_token + 1; token <= node->next_token; token++) {
        const struct flight *f = &node->flights[token % WINDOW_MAX];
        if (f->kind == FLIGHT_VIEW && f->lane == lane)
            return f->revision - 1;
    }
    return node->lanes[lane].sent;
}

bool view_is_acknowledged(const struct node *node)
{
    for (int i = 0; i < LANES; i++) {
        if (acknowledged(node, i) != node->lanes[i].sent)
            return false;
    }
    return true;
}

void view_marked(struct node *node, int i, int64_t revision)
{
    struct lane *lane = &node->lanes[i];
    if (revision > lane->confirmed)
        lane->confirmed = revision;
}

static void send_mark(struct node *node, int i)
{
    struct lane *lane = &node->lanes[i];
    if (lane->marked == lane->sent || is_before(node->steady, lane->next_mark) || !window_is_open(node) || node->strangers_due)
        return; /* strangers that are not yet to be cleared are not below any watermark */
    lane->next_mark = later(node->steady, (span_ms){ MARK_EVERY_MS });
    int64_t upto = MUTANT(watermark_before_views) ? node->done.revision : acknowledged(node, i);
    if (upto == lane->marked)
        return;
    const char number[] = { (char) ('0' + i), '\0' };
    struct text path = i == 0 ? own_path(node, TOPIC_SVC_WATERMARK, NULL) : own_path(node, TOPIC_SVC_WATERMARK_LANE, number);
    struct text payload = arena_printf(node->arena, "{\"epoch\":\"%s\",\"revision\":%lld}", node->epoch, (long long) upto);
    if (node_publish(node, path, payload, 1, true, FLIGHT_MARK, i, upto))
        lane->marked = upto;
}

/* Cards are going out: what is paced stays behind them, a page at a time and within their window. */
static bool is_hurried(const struct node *node)
{
    return is_before(node->steady, later(node->hurried_at, (span_ms){ HURRY_MS }));
}

/* How many views of a lane may go out now. */
static int room_for(const struct node *node, int i)
{
    int window = (int) node->settings.window, kept = window > 2 * STREAMS_ROOM ? STREAMS_ROOM : 0;
    if (i == 0)
        return window_free(node) - kept;
    return is_hurried(node) ? window_free(node) - node->paced_out - window / 3 : window_free_paced(node);
}

/* Sends what comes next, as much as is wanted and the window has room for. True when there may be more. */
static bool send_page(struct node *node, int i, int limit)
{
    struct lane *lane = &node->lanes[i];
    int room = room_for(node, i);
    limit = limit < room ? limit : room;
    struct rows page = tx_all(&node->tx, R_VIEWS_AFTER, p_int("lane", i), p_int("revision", lane->sent), p_int("limit", limit));
    for (size_t k = 0; k < page.count; k++) {
        struct text payload = row_text(&page, k, "payload");
        int64_t revision = row_int(&page, k, "revision", 0);
        if (!node_publish(node, row_text(&page, k, "topic"), payload.at ? payload : TEXT(""), 1, true, FLIGHT_VIEW, i,
                          revision)) {
            lane->next_page = later(node->steady, (span_ms){ PACE_MS }); /* the link is full, or down and not yet known to be */
            return false;
        }
        lane->sent = revision;
    }
    arena_reset(node->scratch); /* many pages may follow in one turn */
    if (page.count < (size_t) limit)
        lane->sent = lane->head = node->done.revision; /* the other lane's revisions count as sent on this one */
    return page.count == (size_t) limit;
}

/* The last lane goes on when the one before it is through. */
static bool lane_is_due(const struct node *node, int i)
{
    bool is_behind = i == 2 && node->lanes[1].sent < node->done.revision;
    return node->lanes[i].sent < node->done.revision && !is_behind && room_for(node, i) > 0;
}

static bool lane_has_work(const struct node *node, int i)
{
    return lane_is_due(node, i) && !is_before(node->steady, node->lanes[i].next_page);
}

/* The next page is due PACE_MS after this one was: a long turn does not slow the lane down, but little is saved up. True when
 * something was sent. */
static bool send_paced(struct node *node, int i)
{
    struct lane *lane = &node->lanes[i];
    uint64_t before = node->next_token;
    int saved = is_hurried(node) ? 1 : PAGES_SAVED;
    lane->next_page = latest(lane->next_page, later(node->steady, (span_ms){ -PACE_MS * saved }));
    for (bool again = true; again && lane_has_work(node, i) && send_page(node, i, PACE_VIEWS); again = !is_hurried(node))
        lane->next_page = later(lane->next_page, (span_ms){ PACE_MS });
    return node->next_token != before;
}

void view_prune(struct node *node)
{
    for (int i = 0; i < LANES; i++) {
        struct lane *lane = &node->lanes[i];
        if (MUTANT(tombstone_pruned_early))
            tx_run(&node->tx, R_VIEWS_PRUNE, p_int("lane", i), p_int("revision", node->done.revision));
        if (lane->dead < DEAD_PRUNED || lane->confirmed <= lane->pruned)
            continue;
        tx_run(&node->tx, R_VIEWS_PRUNE, p_int("lane", i), p_int("revision", lane->confirmed));
        meta_set(&node->tx, pruned_keys[i], arena_printf(node->arena, "%lld", (long long) lane->confirmed));
        lane->pruned = lane->confirmed;
        lane->dead = 0;
    }
}

void view_pump(struct node *node)
{
    if (node->phase != LINK_READY || node->held)
        return;
    if (lane_has_work(node, 0) || lane_has_work(node, 1) || lane_has_work(node, 2)) {
        db_begin(node->db);
        uint64_t before = node->next_token;
        while (lane_has_work(node, 0) && send_page(node, 0, PAGE_MAX))
            ;
        if (node->next_token != before)
            node->hurried_at = node->steady;
        if (!send_paced(node, 1)) /* a warning on its way shows texts in each turn */
            send_paced(node, 2);
        db_rollback(node->db);
    }
    for (int i = 0; i < LANES; i++)
        send_mark(node, i);
}

instant_ms view_next(const struct node *node)
{
    instant_ms next = NEVER;
    if (node->phase != LINK_READY || node->held)
        return next;
    for (int i = 0; i < LANES; i++) {
        const struct lane *lane = &node->lanes[i];
        if (lane_is_due(node, i))
            next = earliest(next, lane->next_page);
        if (lane->sent != lane->marked && window_is_open(node) && !node->strangers_due)
            next = earliest(next, lane->next_mark);
    }
    return next;
}
