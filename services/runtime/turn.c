/* turn.c - a service's turn: take what has arrived, apply it in one transaction, commit, then speak. See node.h. */
#include "node_internal.h"

#include <assert.h>
#include <string.h>

enum {
    TURN_MESSAGES_MAX = 512, /* what one commit may carry: beyond, the first waits too long for its answer */
    TURN_TAPS_MAX = 256,     /* each changes a text, and so many go out at once */
    TURN_BYTES_MAX = 512 * 1024,
    CLOCK_KEPT_MS = 600000, /* the ledger learns the time with every commit, and at least this often */
    FULL_WAIT_MS = 1000,    /* after a full disk, what can wait is tried again */
    CAREFUL_MS = 1000,      /* after a message that was refused late there are more of its kind */
    AGAIN = DB_UNKNOWN + 1  /* beside enum db_trouble: the turn is to begin anew, carefully */
};

/* -- one message ----------------------------------------------------------------------------------------------------- */

/* A handler reads, checks, decides and only then writes, so that a message which is refused has mostly written nothing and needs no
 * savepoint: SQLite copies every page aside that is changed under one. Where one has written all the same, the turn is undone and begun
 * anew with a savepoint for each message. Handlers are functions of ledger, now and message: they do the same again. */
void node_begin_message(struct node *node)
{
    assert(node->saved_count < NESTED_MAX);
    if (node->is_careful)
        db_savepoint(node->db);
    struct counts *saved = &node->saved[node->saved_count++];
    *saved = node->done;
    saved->changes = db_changes(node->db);
}

void node_end_message(struct node *node, bool keep)
{
    const struct counts *saved = &node->saved[--node->saved_count];
    if (keep) {
        if (node->is_careful)
            db_release(node->db);
        return;
    }
    if (node->is_careful)
        db_rollback_to_savepoint(node->db);
    else if (db_changes(node->db) != saved->changes)
        longjmp(node->trouble, AGAIN);
    node->done = *saved;
}

/* One message in the open transaction. */
static void apply(struct node *node, const struct arrival *m)
{
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    if (!topic_read(m->path, &id, parts))
        return;
    set_in_hand(m->path, m->payload);
    if (id == TOPIC_STREAM || id == TOPIC_STREAM_TO)
        stream_apply(node, m, parts[0]);
    else if (id == TOPIC_REQUEST || id == TOPIC_REQUEST_DEVICE)
        request_apply(node, m, id, parts);
    else {
        struct tap tap = { .topic = id, .payload = m->payload };
        for (const struct tap_route *r = node->service->taps; r && r->on; r++) {
            /* a retained tap is an old finger: the guard refuses it, and so do we; a held ledger accepts nothing */
            if (r->topic == id && !m->retained && !node->held && account_read(parts[0].at, parts[0].len, &tap.who)) {
                node_begin_message(node);
                r->on(&node->tx, node->now, &tap);
                node_end_message(node, true);
                arena_reset(node->scratch);
            }
        }
    }
    set_in_hand(NO_TEXT, NO_TEXT);
}

struct batch {
    struct arrival messages[TURN_MESSAGES_MAX];
    size_t count, bytes, taps;
};

static bool is_tap(const struct node *node, enum topic_id id)
{
    const struct tap_route *r = node->service->taps;
    while (r && r->on && r->topic != id)
        r++;
    return r && r->on;
}

/* Takes arrivals until the turn is full. What concerns only the link or the cursors of others is dealt with on the way. */
static void gather(struct node *node, struct batch *batch)
{
    struct arrival a;
    size_t count_max = is_before(node->steady, node->alone_until) ? 1 : TURN_MESSAGES_MAX;
    node->has_more = false;
    while (batch->count < count_max && batch->bytes < TURN_BYTES_MAX && batch->taps < TURN_TAPS_MAX) {
        if (!node->bus->take(node->bus, &a))
            return;
        enum topic_id id;
        struct text parts[TOPIC_PARTS_MAX];
        if (a.kind != ARRIVAL_MESSAGE) {
            link_hear(node, &a);
        } else if (topic_read(a.path, &id, parts) && !link_takes(node, &a, id, parts)) {
            batch->bytes += a.payload.len;
            batch->taps += is_tap(node, id);
            batch->messages[batch->count++] = a;
            continue;
        }
        node->bus->release(node->bus, &a);
    }
    node->has_more = true;
}

static bool time_is_up(const struct node *node)
{
    return node->service->on_time && !node->held && !is_before(node->now, node->wanted);
}

/* What the next start must know. */
static void keep_counters(struct node *node)
{
    struct tx *tx = &node->tx;
    if (!db_wrote(node->db) && node->now.ms - node->kept_now.ms < CLOCK_KEPT_MS)
        return;
    if (node->done.revision != node->lanes[0].head || node->done.revision != node->lanes[1].head)
        meta_set_int(tx, "revision", node->done.revision);
    if (is_before(node->kept_now, node->now))
        clock_keep(node);
}

static bool has_chores(const struct node *node)
{
    return !is_before(node->steady, node->chores_after) &&
           (time_is_up(node) || !is_before(node->now, node->next_prune) || node->strangers_due || alarms_differ(node));
}

/* What nobody waits for. */
static void do_chores(struct node *node)
{
    alarms_compare(node);
    if (time_is_up(node)) {
        set_in_hand(TEXT("time"), TEXT(""));
        node->wanted = node->service->on_time(&node->tx, node->now);
        set_in_hand(NO_TEXT, NO_TEXT);
    }
    if (!is_before(node->now, node->next_prune)) {
        request_prune(node);
        view_prune(node);
        node->next_prune = later(node->now, SPAN_MIN(1));
    }
    if (node->strangers_due)
        view_clear_strangers(node);
}

static void turn_inside(struct node *node, struct batch *batch)
{
    node->saved_count = 0;
    for (size_t i = 0; i < batch->count; i++)
        apply(node, &batch->messages[i]);
    if (node->service->on_time && (node->heard_more || db_wrote(node->db)))
        node->wanted = (instant_ms){ 0 }; /* what is to be done at which time may be another now */
    if (!is_before(node->steady, node->chores_after))
        do_chores(node);
    keep_counters(node);
}

static void start_counts(struct node *node)
{
    node->done.said = node->done.shown = node->done.answers = node->done.feeds = 0;
    node->done.alarms_changed = node->heard_more = false;
}

/* What a turn changes in memory along with the ledger, so that a turn that is undone is undone here too. */
struct before {
    struct counts done;
    struct producer producers[PEERS_MAX];
    struct lane lanes[LANES];
    instant_ms wanted, kept_now, next_prune;
    bool held, clock_doubted, strangers_due, alarmed[ALARMS_STANDING];
    size_t found_count;
    int64_t parked_count;
};

static struct before remember(const struct node *node)
{
    struct before b = { .done = node->done,
                        .wanted = node->wanted,
                        .kept_now = node->kept_now,
                        .held = node->held,
                        .clock_doubted = node->clock_doubted,
                        .next_prune = node->next_prune,
                        .strangers_due = node->strangers_due,
                        .found_count = node->found_count,
                        .parked_count = node->parked_count };
    memcpy(b.producers, node->producers, sizeof b.producers);
    memcpy(b.lanes, node->lanes, sizeof b.lanes);
    memcpy(b.alarmed, node->alarmed, sizeof b.alarmed);
    return b;
}

static void undo(struct node *node, const struct before *b)
{
    node->done = b->done;
    memcpy(node->producers, b->producers, sizeof b->producers);
    memcpy(node->lanes, b->lanes, sizeof b->lanes);
    memcpy(node->alarmed, b->alarmed, sizeof b->alarmed);
    node->wanted = b->wanted;
    node->kept_now = b->kept_now;
    node->held = b->held;
    node->clock_doubted = b->clock_doubted;
    node->next_prune = b->next_prune;
    node->strangers_due = b->strangers_due;
    node->found_count = b->found_count;
    node->parked_count = b->parked_count;
}

/* The transaction. Whatever goes wrong in it ends here: an enum db_trouble, or AGAIN. */
static int attempt(struct node *node, struct batch *batch)
{
    int jumped = setjmp(node->trouble);
    if (jumped) {
        set_in_hand(NO_TEXT, NO_TEXT);
        db_rollback(node->db);
        return jumped;
    }
    db_begin(node->db);
    turn_inside(node, batch);
    if (MUTANT(answer_before_commit))
        link_answer(node);
    log_write();
    return (int) db_commit(node->db);
}

/* Runs the transaction. DB_FINE: committed; otherwise nothing happened, or nobody knows. */
static enum db_trouble run(struct node *node, struct batch *batch)
{
    const struct before before = remember(node);
    const size_t mark = log_mark();
    node->is_careful = is_before(node->steady, node->careful_until);
    int end = attempt(node, batch);
    if (end == AGAIN) {
        undo(node, &before);
        backup_forget(node);
        log_back_to(mark);
        node->careful_until = later(node->steady, (span_ms){ CAREFUL_MS });
        node->is_careful = true;
        end = attempt(node, batch);
    }
    if (end != DB_FINE)
        log_back_to(mark);
    if (end != DB_FINE && !MUTANT(turn_half_undone))
        undo(node, &before);
    return (enum db_trouble) end;
}

/* After the commit: everything that became true is said, in this order of urgency. */
static enum db_trouble speak(struct node *node)
{
    int jumped = setjmp(node->trouble);
    if (jumped) {
        db_rollback(node->db);
        return (enum db_trouble) jumped;
    }
    if (node->done.alarms_changed)
        node->alarm_due = true;
    log_write(); /* a line, then what it tells of */
    link_pump(node);
    stream_pump(node);
    view_pump(node);
    return DB_FINE;
}

/* On the wall clock, which is what the caller waits by. */
static instant_ms next_turn(const struct node *node)
{
    instant_ms pace = earliest(stream_next(node), view_next(node));
    if (node->phase != LINK_READY || window_is_open(node))
        pace = earliest(pace, node->next_status);
    pace = earliest(pace, node->next_edition_look);
    bool rests = is_before(node->steady, node->chores_after);
    if (rests)
        pace = earliest(pace, node->chores_after);
    instant_ms next = is_never(pace) ? NEVER : later(node->wall_seen, between(node->steady, pace));
    bool is_timed = !rests && node->service->on_time && !node->held && !is_never(node->wanted);
    return is_timed ? earliest(next, later(node->wall_seen, between(node->now, node->wanted))) : next;
}

static enum turn_end turn(struct node *node, instant_ms wall, int64_t boot_ms, instant_ms *ret_next)
{
    static _Thread_local struct batch batch; /* too large for the stack */
    arena_reset(node->arena);
    arena_reset(node->scratch);
    clock_read(node, wall, boot_ms);
    editions_look(node);
    batch.count = batch.bytes = batch.taps = 0;
    start_counts(node);
    gather(node, &batch);

    node->backup.due = false;
    enum db_trouble trouble = batch.count || has_chores(node) ? run(node, &batch) : DB_FINE;
    backup_make(node, trouble == DB_FINE);
    if (trouble != DB_UNKNOWN) { /* also after a full disk: what was committed before goes on being said */
        enum db_trouble spoken = speak(node);
        trouble = spoken == DB_FINE ? trouble : spoken;
    }
    for (size_t i = 0; i < batch.count; i++)
        node->bus->release(node->bus, &batch.messages[i]);
    if (trouble == DB_FULL) {
        node->disk_low = true;
        node->chores_after = later(node->steady, (span_ms){ FULL_WAIT_MS });
        node->alone_until = latest(node->alone_until, node->chores_after);
        return TURN_DISK_FULL;
    }
    if (trouble == DB_UNKNOWN || db_checkpoint(node->db, node->has_more && !node->disk_low) == DB_UNKNOWN)
        return TURN_UNKNOWN;
    *ret_next = node->has_more ? wall : next_turn(node);
    return TURN_FINE;
}

enum turn_end node_turn(struct node *node, instant_ms wall, int64_t boot_ms, instant_ms *ret_next)
{
    log_hold();
    enum turn_end end = turn(node, wall, boot_ms, ret_next);
    log_let_go();
    return end;
}
