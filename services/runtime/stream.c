/* stream.c - numbered streams and cursors (ARCHITECTURE §3): one service's own log, published and served, and the logs of those it
 * follows, applied in order and exactly once.
 *
 * As a producer: say() appends to the ledger, the pump publishes what was committed and serves every consumer that lags, from the
 * ledger, on a topic of its own. As a consumer: the next number whose hash fits is applied, a smaller one is dropped, beyond a gap
 * nothing is kept and the producer is asked. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_BYTES_MAX = 256 * 1024,
    HEARTBEAT_MS = 1000,
    TELL_MS = 50, /* cursors at most this often */
    ASK_FIRST_MS = 50,
    ASK_LAST_MS = 1000,
    STALE_MS = 1000 /* a consumer without progress for this long is served again */
};

/* -- opening --------------------------------------------------------------------------------------------------------- */

static struct producer *producer_named(struct node *node, struct text name)
{
    for (int i = 0; i < node->producer_count; i++) {
        if (text_is_c(name, node->producers[i].name))
            return &node->producers[i];
    }
    return NULL;
}

static bool follows(const struct service *service, const char *producer)
{
    for (const struct event_route *r = service->events; r && r->on; r++) {
        if (strcmp(event_specs[r->type].producer, producer) == 0)
            return true;
    }
    return false;
}

static const char *stream_alarm(struct node *node, const struct producer *p)
{
    return arena_printf(node->arena, "stream-%s", p->name).at;
}

static void open_edges(struct node *node)
{
    const char *own = node->service->name;
    for (const struct stream_edge *e = stream_edges; e->producer; e++) {
        if (!e->later && strcmp(e->producer, own) == 0) {
            assert(node->consumer_count < PEERS_MAX);
            node->consumers[node->consumer_count++] = (struct consumer){ .name = e->consumer };
        } else if (strcmp(e->consumer, own) == 0 && follows(node->service, e->producer)) {
            assert(node->producer_count < PEERS_MAX);
            node->producers[node->producer_count++] = (struct producer){ .name = e->producer };
        }
    }
}

static void producer_read(struct producer *p, const struct rows *rows, size_t i)
{
    struct text epoch = row_text(rows, i, "epoch"), hash = row_text(rows, i, "hash");
    assert(epoch.len < sizeof p->epoch && hash.len < sizeof p->hash);
    memcpy(p->epoch, epoch.at, epoch.len + 1);
    memcpy(p->hash, hash.at, hash.len + 1);
    p->seq = row_int(rows, i, "seq", 0);
}

static void continues_read(struct node *node)
{
    struct rows rows = tx_all(&node->tx, R_CONTINUES, NO_PARAMS);
    json_decref(node->continues);
    node->continues = json_array();
    for (size_t i = 0; i < rows.count; i++)
        json_array_append_new(node->continues, json_pack("{s:s,s:I}", "epoch", row_text(&rows, i, "epoch").at, "seq",
                                                         (json_int_t) row_int(&rows, i, "seq", 0)));
}

void stream_open(struct node *node)
{
    struct tx *tx = &node->tx;
    open_edges(node);
    struct rows cursors = tx_all(tx, R_CURSORS, NO_PARAMS);
    for (size_t i = 0; i < cursors.count; i++) {
        struct producer *p = producer_named(node, row_text(&cursors, i, "producer"));
        if (p)
            producer_read(p, &cursors, i);
    }
    for (int i = 0; i < node->producer_count; i++)
        node->producers[i].stopped = is_alarmed(tx, stream_alarm(node, &node->producers[i]));
    struct rows head = tx_all(tx, R_STREAM_HEAD, NO_PARAMS);
    if (head.count) {
        node->done.head = row_int(&head, 0, "seq", 0);
        memcpy(node->done.head_hash, row_text(&head, 0, "hash").at, HASH_BYTES);
    }
    continues_read(node);
}

/* -- producing ------------------------------------------------------------------------------------------------------- */

void say(struct tx *tx, instant_ms now, enum event_type type, struct text subject, struct text by, json_t *take_data)
{
    json_t *data = json_keep(tx->arena, take_data ? take_data : json_object());
    say_json(tx, now, type, subject, by, json_text(tx->arena, data));
}

void say_json(struct tx *tx, instant_ms now, enum event_type type, struct text subject, struct text by, struct text data)
{
    struct node *node = tx->node;
    const struct event_spec *spec = &event_specs[type];
    assert(strcmp(spec->producer, node->service->name) == 0);
    struct text by_json = by.at ? arena_printf(tx->arena, "\"" TEXT_FMT "\"", TEXT_ARG(by)) : TEXT("null");
    /* subject, by and edition are of the contract's id alphabet: nothing to escape */
    struct text body = arena_printf(node->arena,
                                    "{\"type\":\"%s\",\"subject\":\"" TEXT_FMT "\",\"at\":\"%s\",\"by\":" TEXT_FMT
                                    ",\"edition\":\"" TEXT_FMT "\",\"data\":" TEXT_FMT "}",
                                    spec->name, TEXT_ARG(subject), instant_text(tx->arena, now).at, TEXT_ARG(by_json),
                                    TEXT_ARG(tx_edition(tx)), TEXT_ARG(data));
    assert(body.len <= WINDOW_BYTES_MAX); /* or no message could carry it */
    int64_t seq = ++node->done.head;
    if (MUTANT(chain_broken))
        memset(node->done.head_hash, 0, HASH_BYTES);
    event_next_hash(node->done.head_hash, body);
    tx_run(tx, R_STREAM_ADD, p_int("seq", seq), p_text("subject", subject), p_c("type", spec->name), p_text("body", body),
           p_blob("hash", node->done.head_hash, HASH_BYTES));
    if (node->done.said < SAID_MAX) /* what does not fit is read back from the ledger */
        node->said[node->done.said++] = (struct said){ seq, body };
}

/* The head of every stream message; the events array stays open. */
static struct text envelope(struct node *node, int64_t first, const char *prev_hex)
{
    struct text continues = TEXT("");
    if (json_array_size(node->continues))
        continues =
            arena_printf(node->scratch, "\"continues\":" TEXT_FMT ",", TEXT_ARG(json_text(node->scratch, node->continues)));
    return arena_printf(
        node->scratch, "{\"epoch\":\"%s\",\"head\":%lld,\"now\":\"%s\",\"first\":%lld,\"prev\":\"%s\"," TEXT_FMT "\"events\":[",
        node->epoch, (long long) node->done.head, instant_text(node->scratch, node->now).at, (long long) first, prev_hex,
        TEXT_ARG(continues));
}

/* Hex of the event before `first`; "" before the first of all. */
static const char *hash_before(struct node *node, int64_t first)
{
    if (first <= 1)
        return "";
    if (first == node->done.head + 1)
        return hex_of(node->scratch, node->done.head_hash, HASH_BYTES);
    struct text hash = tx_text(&node->tx, R_STREAM_HASH, p_int("seq", first - 1));
    assert(hash.len == HASH_BYTES);
    return hex_of(node->scratch, (const unsigned char *) hash.at, HASH_BYTES);
}

/* One message of these events. What stands in scratch is forgotten, the events with it: many windows may follow in one turn. */
static bool send_events(struct node *node, struct text path, int64_t first, const struct said *events, size_t count)
{
    struct text head = envelope(node, first, hash_before(node, first));
    size_t len = head.len + 2;
    for (size_t i = 0; i < count; i++)
        len += events[i].body.len + 1;
    char *bytes = arena_take(node->scratch, len + 1), *at = bytes;
    at = mempcpy(at, head.at, head.len);
    for (size_t i = 0; i < count; i++) {
        if (i)
            *at++ = ',';
        at = mempcpy(at, events[i].body.at, events[i].body.len);
    }
    at = mempcpy(at, "]}", 2);
    bool sent = node_publish(node, path, (struct text){ bytes, (size_t) (at - bytes) }, 1, false, FLIGHT_OTHER, 0, 0);
    arena_reset(node->scratch);
    return sent;
}

/* How many of these fit into one message. */
static size_t fitting(const struct said *events, size_t count)
{
    size_t n = 0, bytes = 0;
    while (n < count && n < WINDOW_EVENTS_MAX && (n == 0 || bytes + events[n].body.len < WINDOW_BYTES_MAX))
        bytes += events[n++].body.len + 1;
    return n;
}

/* Events from `first` on, read from the ledger; *ret_count how many fit into one message. */
static const struct said *events_from(struct node *node, int64_t first, size_t *ret_count)
{
    struct rows rows = tx_all(&node->tx, R_STREAM_FROM, p_int("seq", first), p_int("limit", WINDOW_EVENTS_MAX));
    struct said *events = arena_take(node->scratch, (rows.count + 1) * sizeof *events);
    for (size_t i = 0; i < rows.count; i++)
        events[i] = (struct said){ row_int(&rows, i, "seq", 0), row_text(&rows, i, "body") };
    *ret_count = fitting(events, rows.count);
    return events;
}

static void publish_live(struct node *node)
{
    struct text path = own_path(node, TOPIC_STREAM, NULL);
    bool sent = false;
    while (node->published < node->done.head && window_takes_streams(node)) {
        size_t count;
        const struct said *events;
        int64_t first = node->published + 1;
        int64_t skip = node->done.said ? first - node->said[0].seq : -1;
        if (skip >= 0 && skip < (int64_t) node->done.said) {
            events = node->said + skip;
            count = fitting(events, node->done.said - (size_t) skip);
        } else {
            events = events_from(node, first, &count);
        }
        if (!send_events(node, path, first, events, count))
            return;
        node->published += (int64_t) count;
        sent = true;
    }
    if (sent) {
        node->next_heartbeat = later(node->steady, (span_ms){ HEARTBEAT_MS });
    } else if (!is_before(node->steady, node->next_heartbeat) && window_is_open(node)) {
        send_events(node, path, node->done.head + 1, NULL, 0);
        node->next_heartbeat = later(node->steady, (span_ms){ HEARTBEAT_MS });
    }
}

/* Does our ledger continue what the consumer has heard? Then its number counts; an empty epoch starts at 0; otherwise it has stopped. */
static bool consumer_place(const struct node *node, const struct consumer *c, int64_t *ret_seq)
{
    if (c->epoch[0] == '\0') {
        *ret_seq = 0;
        return true;
    }
    *ret_seq = c->seq;
    if (strcmp(c->epoch, node->epoch) == 0)
        return c->seq <= node->done.head;
    for (size_t i = 0; i < json_array_size(node->continues); i++) {
        const json_t *each = json_array_get(node->continues, i);
        if (text_is_c(json_text_at(each, "epoch"), c->epoch))
            return c->seq <= json_int_at(each, "seq", -1);
    }
    return false;
}

static bool wants_serving(const struct node *node, const struct consumer *c, int64_t seq)
{
    if (!c->known || seq >= node->done.head)
        return false;
    bool stale = between(c->moved_at, node->steady).ms >= STALE_MS;
    if (c->served > seq)
        return stale; /* a window is on its way */
    return c->wants || stale || c->served == seq;
}

static void serve(struct node *node, struct consumer *c)
{
    int64_t seq;
    if (!consumer_place(node, c, &seq) || !wants_serving(node, c, seq) || !window_takes_streams(node))
        return;
    size_t count;
    const struct said *events = events_from(node, seq + 1, &count);
    struct text path = topic_of(node->arena, TOPIC_STREAM_TO, text_of(node->service->name), text_of(c->name)).path;
    if (count && send_events(node, path, seq + 1, events, count)) {
        /* a window that reaches the head is the last: what is said from now on follows it on the live path */
        c->served = seq + (int64_t) count < node->done.head ? seq + (int64_t) count : -1;
        c->wants = false;
        c->moved_at = node->steady;
    }
}

/* At the end of its window the next one follows at once; before it, the rest is on its way. */
static void consumer_moved(struct node *node, struct consumer *c, int64_t seq)
{
    bool in_window = c->served > c->seq;
    c->moved_at = node->steady;
    if (!c->known)
        c->served = seq < node->done.head ? seq : -1;
    else if (!in_window || seq >= c->served)
        c->served = in_window ? seq : -1;
}

void stream_hear_cursor(struct node *node, struct text consumer, struct text payload)
{
    for (int i = 0; i < node->consumer_count; i++) {
        struct consumer *c = &node->consumers[i];
        const char *why;
        json_t *cursor = text_is_c(consumer, c->name) ? json_read(payload.at, payload.len, 4096, &why) : NULL;
        if (!cursor)
            continue;
        struct text epoch = json_text_at(cursor, "epoch");
        int64_t seq = json_int_at(cursor, "seq", 0);
        if (epoch.at && epoch.len < sizeof c->epoch) {
            if (!c->known || seq != c->seq || strcmp(c->epoch, epoch.at) != 0)
                consumer_moved(node, c, seq);
            memcpy(c->epoch, epoch.at, epoch.len + 1);
            c->seq = seq;
            c->known = true;
            if (json_is_true(json_object_get(cursor, "want"))) {
                c->wants = true;
                c->served = -1;
            }
        }
        json_decref(cursor);
    }
}

/* -- consuming ------------------------------------------------------------------------------------------------------- */

instant_ms heard(struct tx *tx, const char *producer)
{
    struct producer *p = producer_named(tx->node, text_of(producer));
    assert(p); /* a service hears only those whose events it routes */
    tx->node->waits_by_heard = true;
    return MUTANT(judged_unheard) ? tx->node->now : p->heard_now;
}

static void cursor_keep(struct node *node, const struct producer *p)
{
    tx_run(&node->tx, R_CURSOR_SET, p_c("producer", p->name), p_c("epoch", p->epoch), p_int("seq", p->seq),
           p_c("hash", p->hash));
}

static void stop(struct node *node, struct producer *p, const char *why)
{
    if (p->stopped)
        return;
    p->stopped = true;
    log_event("stopped", "producer=%s epoch=%s seq=%lld why=\"%s\"", p->name, p->epoch, (long long) p->seq, why);
    alarm_raise(&node->tx, node->now, stream_alarm(node, p),
                arena_printf(node->arena, "yinling adopt %s %s", node->service->name, p->name).at,
                "%s的事件流与本服务已听到的（第%lld条）接不上，已停止接收，请核对后再采纳。", p->name, (long long) p->seq);
}

/* A ledger that went back without saying so (copied by hand): it is followed from what it has, on the operator's word. */
static void adopt_same_epoch(struct node *node, struct producer *p, int64_t its_head)
{
    log_event("adopted", "producer=%s epoch=%s seq=%lld head=%lld", p->name, p->epoch, (long long) p->seq,
              (long long) its_head);
    p->adopting = false;
    p->seq = p->seq < its_head ? p->seq : its_head;
    p->head = its_head;
    p->hash[0] = '\0';
    cursor_keep(node, p);
}

/* The message's epoch against the cursor's; false when nothing of it may be applied. */
static bool epoch_fits(struct node *node, struct producer *p, const json_t *head)
{
    struct text epoch = json_text_at(head, "epoch");
    if (!epoch.at || epoch.len != EPOCH_HEX - 1)
        return false;
    if (text_is_c(epoch, p->epoch)) {
        if (p->adopting)
            adopt_same_epoch(node, p, json_int_at(head, "head", 0));
        return true;
    }
    int64_t shared = p->epoch[0] == '\0' ? 0 : -1;
    const json_t *continues = json_object_get(head, "continues");
    for (size_t i = 0; i < json_array_size(continues) && shared < 0; i++) {
        const json_t *each = json_array_get(continues, i);
        if (text_is_c(json_text_at(each, "epoch"), p->epoch))
            shared = json_int_at(each, "seq", -1);
    }
    if (p->adopting && p->seq > shared) {
        p->seq = shared > 0 ? shared : 0;
        p->hash[0] = '\0'; /* taken on the operator's word */
    }
    p->adopting = false;
    if (p->seq > shared && !(shared < 0 && p->seq == 0) && !MUTANT(other_history_followed)) {
        stop(node, p, "another epoch");
        return false;
    }
    log_event("epoch", "producer=%s from=%s to=" TEXT_FMT " seq=%lld", p->name, p->epoch, TEXT_ARG(epoch), (long long) p->seq);
    memcpy(p->epoch, epoch.at, epoch.len + 1);
    p->head = 0;
    cursor_keep(node, p);
    return true;
}

/* Applies those events that are next. False when the producer's history is not the one heard so far. */
static bool apply_events(struct node *node, struct producer *p, int64_t first, struct text prev, const struct text *events,
                         int count)
{
    unsigned char hash[HASH_BYTES];
    event_hash_read(hash, prev);
    int64_t before = p->seq;
    if (first == p->seq + 1 && p->hash[0] && !text_is_c(prev, p->hash) && !MUTANT(other_history_followed))
        return false;
    if (MUTANT(cursor_before_effects) && first + count - 1 > p->seq) {
        struct producer early = *p;
        early.seq = first + count - 1;
        early.hash[0] = '\0';
        cursor_keep(node, &early);
        db_commit(node->db);
        db_begin(node->db);
    }
    for (int i = 0; i < count; i++) {
        int64_t seq = first + i;
        event_next_hash(hash, events[i]);
        if (seq < p->seq)
            continue;
        if (seq == p->seq) {
            char hex[HASH_HEX];
            sodium_bin2hex(hex, sizeof hex, hash, HASH_BYTES);
            if (p->hash[0] && strcmp(hex, p->hash) != 0)
                return false;
            continue;
        }
        event_take(node, text_of(p->name), seq, events[i], false);
        p->seq = seq;
    }
    if (p->seq != before) {
        sodium_bin2hex(p->hash, sizeof p->hash, hash, HASH_BYTES);
        cursor_keep(node, p);
    }
    return true;
}

static void note_gap(struct node *node, struct producer *p)
{
    if (p->gap)
        return;
    p->gap = true;
    p->ask_after_ms = ASK_FIRST_MS;
    p->next_ask = node->steady; /* once at once, then backing off */
}

void stream_apply(struct node *node, const struct arrival *m, struct text name)
{
    struct producer *p = producer_named(node, name);
    if (!p || node->held)
        return;
    size_t open;
    int count = event_slices(m->payload, &open, node->slices);
    if (count < 0)
        return;
    struct text head_text = arena_printf(node->arena, TEXT_FMT "]}", (int) open, m->payload.at);
    json_t *head = json_keep(node->arena, json_parse(head_text.at, head_text.len, 0, NULL));
    instant_ms told;
    if (!head || !instant_read(json_text_at(head, "now"), &told) || !epoch_fits(node, p, head))
        return;
    node->now = latest(node->now, told); /* a peer that was there while we were not knows how late it is */
    int64_t first = json_int_at(head, "first", 0), before = p->seq;
    int64_t its_head = json_int_at(head, "head", 0);
    if (its_head < p->seq && is_before(p->told, told)) { /* not a late message: its ledger went back */
        stop(node, p, "less than was heard");
        return;
    }
    p->told = latest(p->told, told);
    p->head = its_head > p->head ? its_head : p->head;
    p->heard_at = node->steady;
    if (first > p->seq + 1 && !MUTANT(gap_ignored)) {
        note_gap(node, p);
        return;
    }
    if (!apply_events(node, p, first, json_text_at(head, "prev"), node->slices, count)) {
        stop(node, p, "another history");
        return;
    }
    if (p->stopped) {
        p->stopped = false;
        alarm_clear(&node->tx, stream_alarm(node, p));
    }
    if (p->seq > before)
        p->gap = false;
    if (p->seq >= p->head) {
        p->gap = false;
        p->heard_now = latest(p->heard_now, told);
        node->heard_more = node->waits_by_heard;
    } else if (count == 0) {
        note_gap(node, p);
    }
}

static void tell_cursor(struct node *node, struct producer *p)
{
    bool ask = p->gap && !p->stopped && !is_before(node->steady, p->next_ask);
    bool lags = p->seq < p->head; /* then the next window waits for the word */
    bool tell = p->told_seq != p->seq && (lags || !is_before(node->steady, p->next_tell));
    if ((!ask && !tell) || !window_is_open(node))
        return;
    struct text payload = arena_printf(node->arena, "{\"epoch\":\"%s\",\"seq\":%lld,\"hash\":\"%s\",\"want\":%s}", p->epoch,
                                       (long long) p->seq, p->hash, ask ? "true" : "false");
    struct text path = topic_of(node->arena, TOPIC_STREAM_CURSOR, text_of(p->name), text_of(node->service->name)).path;
    if (!node_publish(node, path, payload, 1, true, FLIGHT_OTHER, 0, 0))
        return;
    p->told_seq = p->seq;
    p->next_tell = later(node->steady, (span_ms){ TELL_MS });
    if (ask) {
        p->next_ask = later(node->steady, (span_ms){ p->ask_after_ms });
        p->ask_after_ms = p->ask_after_ms * 2 > ASK_LAST_MS ? ASK_LAST_MS : p->ask_after_ms * 2;
    }
}

/* -- the link -------------------------------------------------------------------------------------------------------- */

void stream_up(struct node *node)
{
    node->published = node->done.head; /* whoever lacks something sees the head and asks */
    node->next_heartbeat = node->steady;
    for (int i = 0; i < node->consumer_count; i++)
        node->consumers[i] = (struct consumer){ .name = node->consumers[i].name, .served = -1, .moved_at = node->steady };
    for (int i = 0; i < node->producer_count; i++) {
        node->producers[i].told_seq = -1;
        node->producers[i].next_tell = node->steady;
    }
}

static bool someone_lags(const struct node *node)
{
    int64_t seq;
    for (int i = 0; i < node->consumer_count; i++) {
        if (consumer_place(node, &node->consumers[i], &seq) && wants_serving(node, &node->consumers[i], seq))
            return true;
    }
    return false;
}

/* Whoever subscribes is sent what is retained, again and again. */
static void want_cursors(struct node *node)
{
    if (node->cursors_wanted)
        node->bus->subscribe(node->bus, topic_filter(node->arena, TOPIC_STREAM_CURSOR, text_of(node->service->name)), 1);
    node->cursors_wanted = false;
}

/* What was committed, live and to those that lag. */
static void publish_own(struct node *node)
{
    bool reads = node->published < node->done.head || someone_lags(node);
    if (reads)
        db_begin(node->db);
    publish_live(node);
    for (int i = 0; i < node->consumer_count && reads; i++)
        serve(node, &node->consumers[i]);
    if (reads)
        db_rollback(node->db);
}

void stream_pump(struct node *node)
{
    if (node->phase != LINK_READY)
        return;
    if (!node->held)
        publish_own(node);
    want_cursors(node);
    for (int i = 0; i < node->producer_count; i++)
        tell_cursor(node, &node->producers[i]); /* also while held: a restored producer must know what we have heard of it */
}

instant_ms stream_next(const struct node *node)
{
    if (node->phase != LINK_READY || !window_is_open(node))
        return NEVER; /* an acknowledgement opens the window, and is an arrival */
    instant_ms next = node->held ? NEVER : node->next_heartbeat;
    for (int i = 0; i < node->producer_count; i++) {
        const struct producer *p = &node->producers[i];
        if (p->gap && !p->stopped)
            next = earliest(next, p->next_ask);
        if (p->told_seq != p->seq)
            next = earliest(next, p->next_tell);
    }
    for (int i = 0; i < node->consumer_count && !node->held; i++) {
        const struct consumer *c = &node->consumers[i];
        int64_t seq;
        if (c->known && consumer_place(node, c, &seq) && seq < node->done.head)
            next = earliest(next, later(c->moved_at, (span_ms){ STALE_MS }));
    }
    return next;
}

bool stream_is_at_head(const struct node *node)
{
    for (int i = 0; i < node->producer_count; i++) {
        const struct producer *p = &node->producers[i];
        if (p->stopped || p->heard_at.ms == 0 || p->seq < p->head)
            return false;
    }
    return true;
}
