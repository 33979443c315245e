/* node.c - a service opened: its ledger, its clock, what the last run left; and what others may ask of it. See node.h; its turn is
 * turn.c. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JUMP_MAX_MS = 600000,        /* a forward step beyond ten minutes is not believed at once */
    START_BACK_MAX_MS = 3600000, /* DEADLINES §9 */
    START_AHEAD_MAX_MS = 86400000,
    DISK_LOW_BYTES = 24 << 20, /* below: nothing new is accepted */
    DISK_GOOD_BYTES = 32 << 20,
    CRASH_CARE_MS = 60000 /* after a crash, each message is tried alone for so long */
};

/* -- small things the other files use -------------------------------------------------------------------------------- */

const char *hex_of(struct arena *arena, const unsigned char *bytes, size_t len)
{
    char *hex = arena_take(arena, 2 * len + 1);
    return sodium_bin2hex(hex, 2 * len + 1, bytes, len);
}

struct text own_path(struct node *node, enum topic_id id, const char *part)
{
    struct text own = text_of(node->service->name);
    return part ? topic_of(node->arena, id, own, text_of(part)).path : topic_of(node->arena, id, own).path;
}

void meta_set(struct tx *tx, const char *key, struct text value)
{
    tx_run(tx, R_META_SET, p_c("key", key), p_text("value", value));
}

int64_t meta_int(struct tx *tx, const char *key, int64_t unset)
{
    int64_t value = unset;
    text_int(tx_text(tx, R_META, p_c("key", key)), &value);
    return value;
}

void meta_set_int(struct tx *tx, const char *key, int64_t value)
{
    meta_set(tx, key, arena_printf(tx->arena, "%lld", (long long) value));
}

void tx_random(struct tx *tx, void *ret_bytes, size_t len)
{
    const struct node_settings *s = &tx->node->settings;
    if (s->random)
        s->random(s->random_context, ret_bytes, len);
    else
        randombytes_buf(ret_bytes, len);
}

bool is_held(struct tx *tx)
{
    return tx->node->held || tx->node->clock_doubted;
}

/* -- the clock ------------------------------------------------------------------------------------------------------- */

static void clock_believe(struct node *node)
{
    node->clock_doubted = false;
    node->wanted = (instant_ms){ 0 };
}

/* Logical now: it never runs back, and a large step that the boot clock does not know is not believed until the wall clock comes back
 * or somebody accepts it. What only paces the transport goes by the boot clock, so that a wall clock put back or standing still
 * stops nobody's stream. */
void clock_read(struct node *node, instant_ms wall, int64_t boot_ms)
{
    int64_t passed = boot_ms - node->boot_seen, stepped = wall.ms - node->wall_seen.ms - passed;
    if (node->boot_seen && (stepped > JUMP_MAX_MS || stepped < -START_BACK_MAX_MS) && !node->clock_doubted) {
        node->clock_doubted = true;
        log_event("clock-jump", "stepped_ms=%lld", (long long) stepped);
    }
    node->wall_seen = wall;
    node->boot_seen = boot_ms;
    node->steady = (instant_ms){ boot_ms };
    if (node->clock_doubted && is_before(later(node->now, (span_ms){ JUMP_MAX_MS }), wall)) {
        /* what passed by the boot clock, but not beyond what even the doubted clock says */
        node->now = earliest(later(node->now, (span_ms){ passed > 0 ? passed : 0 }), wall);
        return;
    }
    if (node->clock_doubted && !is_before(wall, later(node->now, (span_ms){ -START_BACK_MAX_MS })))
        clock_believe(node); /* wall and kept time agree again: NTP put it right */
    node->now = latest(node->now, wall);
}

void clock_accept(struct node *node)
{
    clock_believe(node);
    node->now = latest(node->now, node->wall_seen);
}

/* The ledger learns the time, and where the boot clock stood then. */
void clock_keep(struct node *node)
{
    struct tx *tx = &node->tx;
    meta_set_int(tx, "now", node->now.ms);
    if (node->settings.boot_id)
        meta_set(tx, "boot", arena_printf(tx->arena, "%s %lld", node->settings.boot_id, (long long) node->boot_seen));
    node->kept_now = node->now;
}

/* By the boot clock, since the ledger learned the time; -1 when the machine has been started anew since. */
static int64_t passed_since_kept(struct node *node, int64_t boot_ms)
{
    struct text kept = tx_text(&node->tx, R_META, p_c("key", "boot"));
    const char *id = node->settings.boot_id;
    size_t len = id ? strlen(id) : 0;
    int64_t at;
    if (!kept.at || len == 0 || kept.len <= len || memcmp(kept.at, id, len) != 0 ||
        !text_int((struct text){ kept.at + len + 1, kept.len - len - 1 }, &at) || at > boot_ms)
        return -1;
    return boot_ms - at;
}

/* What the last run committed to against the clock of this start. */
static void clock_open(struct node *node, instant_ms kept, instant_ms wall, int64_t boot_ms)
{
    node->wall_seen = wall;
    node->boot_seen = boot_ms;
    node->steady = (instant_ms){ boot_ms };
    node->now = latest(wall, kept);
    if (kept.ms == 0)
        return;
    /* a step that the processes before us doubted, or that fell between them and us, is still one */
    int64_t passed = passed_since_kept(node, boot_ms);
    if (wall.ms < kept.ms - START_BACK_MAX_MS) {
        node->clock_doubted = true;
    } else if (passed >= 0 && wall.ms > kept.ms + passed + JUMP_MAX_MS) {
        node->clock_doubted = true;
        node->now = later(kept, (span_ms){ passed });
    } else if (wall.ms > kept.ms + START_AHEAD_MAX_MS) {
        node->clock_doubted = true;
        node->now = kept;
    }
}

/* -- opening and closing --------------------------------------------------------------------------------------------- */

static bool meta_open(struct node *node)
{
    struct tx *tx = &node->tx;
    struct text epoch = tx_text(tx, R_META, p_c("key", "epoch"));
    if (!epoch.at) {
        unsigned char random[(EPOCH_HEX - 1) / 2];
        tx_random(tx, random, sizeof random);
        epoch = text_of(hex_of(node->arena, random, sizeof random));
        meta_set(tx, "epoch", epoch);
    }
    if (!tx_text(tx, R_META, p_c("key", "service")).at)
        meta_set(tx, "service", text_of(node->service->name)); /* a copy says whose it is */
    assert(epoch.len == EPOCH_HEX - 1);
    memcpy(node->epoch, epoch.at, EPOCH_HEX);
    node->held = meta_int(tx, "held", 0) != 0;
    struct rows sick = tx_all(tx, R_POISON, NO_PARAMS);
    for (size_t i = 0; i < sick.count && node->poison_count < POISON_MAX; i++) {
        struct text key = row_text(&sick, i, "key");
        struct poison *p = &node->poison[node->poison_count++];
        memcpy(p->key, key.at, sizeof p->key);
        p->attempts = (int) row_int(&sick, i, "attempts", 0);
    }
    node->parked_count = tx_int(tx, 0, R_PARKED_COUNT, NO_PARAMS);
    node->kept_now = (instant_ms){ meta_int(tx, "now", 0) };
    alarms_open(node);
    return true;
}

static bool open_inside(struct node *node)
{
    const struct node_settings *s = &node->settings;
    db_begin(node->db);
    if (!meta_open(node))
        return false;
    clock_open(node, node->kept_now, s->wall, s->boot_ms);
    node->started = node->now;
    stream_open(node);
    view_open(node);
    return db_commit(node->db) == DB_FINE;
}

/* Trouble of the disk comes back here. */
static bool opened(struct node *node)
{
    return setjmp(node->trouble) == 0 && open_inside(node);
}

struct node *node_open(const struct node_settings *settings)
{
    const struct service *service = settings->service;
    struct node *node = calloc(1, sizeof *node);
    if (!node)
        abort();
    node->service = service;
    node->bus = settings->bus;
    node->settings = *settings;
    node->arena = arena_new(256 * 1024);
    node->scratch = arena_new(64 * 1024);
    node->connection_arena = arena_new(64 * 1024);
    if (!editions_open(node)) {
        fprintf(stderr, "cannot-start service=%s why=\"town %s cannot be used\"\n", service->name, settings->town);
        return node_close(node);
    }
    struct text why = NO_TEXT;
    node->db = db_open(
        &(struct db_settings){ .path = settings->ledger,
                               .vfs = settings->vfs,
                               .queries = service->queries,
                               .query_count = service->query_count,
                               .schema = service->schema,
                               .secure_delete = strcmp(service->name, SERVICE_INTAKE) == 0,
                               .is_at_rest = settings->ledger && !settings->vfs && ledger_is_at_rest(settings->ledger) },
        &why, node->arena);
    if (!node->db) {
        fprintf(stderr, "cannot-start service=%s why=\"" TEXT_FMT "\"\n", service->name, TEXT_ARG(why));
        return node_close(node);
    }
    node->tx = (struct tx){ .db = node->db, .arena = node->scratch, .node = node };
    db_on_trouble(node->db, &node->trouble);
    if (!opened(node)) {
        fprintf(stderr, "cannot-start service=%s why=\"the ledger cannot be read or written\"\n", service->name);
        return node_close(node);
    }
    return node;
}

struct node *node_close(struct node *node)
{
    if (!node)
        return NULL;
    json_decref(node->continues);
    db_close(node->db);
    editions_close(node);
    arena_free(node->connection_arena);
    arena_free(node->scratch);
    arena_free(node->arena);
    free(node->found_topics);
    free(node);
    return NULL;
}

/* -- poison ---------------------------------------------------------------------------------------------------------- */

/* How often this message was in hand when the process crashed. */
int poison_attempts(const struct node *node, struct text path, struct text bytes)
{
    if (node->poison_count == 0)
        return 0;
    unsigned char key[FINGERPRINT_BYTES];
    crash_fingerprint(path, bytes, key);
    for (int i = 0; i < node->poison_count; i++) {
        if (memcmp(node->poison[i].key, key, sizeof key) == 0)
            return node->poison[i].attempts;
    }
    return 0;
}

void node_crashed_on(struct node *node, const unsigned char fingerprint[FINGERPRINT_BYTES])
{
    node->alone_until = later(node->steady, (span_ms){ CRASH_CARE_MS });
    if (setjmp(node->trouble) != 0) {
        db_rollback(node->db);
        return;
    }
    db_begin(node->db);
    tx_run(&node->tx, R_POISON_ADD, p_blob("key", fingerprint, FINGERPRINT_BYTES));
    node->poison_count = 0;
    meta_open(node);
    db_commit(node->db); /* without room this crash is not counted */
}

/* -- asked from outside ------------------------------------------------------------------------------------------------ */

bool node_is_at_rest(const struct node *node)
{
    bool sent = node->published == node->done.head && !node->strangers_due && !node->has_more;
    for (int i = 0; i < LANES; i++)
        sent = sent && node->lanes[i].sent == node->done.revision;
    return node->phase == LINK_READY && sent && view_is_acknowledged(node);
}

bool node_has_more(const struct node *node)
{
    return node->has_more;
}

bool node_is_ready(const struct node *node)
{
    return node->phase == LINK_READY;
}

void node_disk_free(struct node *node, int64_t bytes)
{
    bool low = node->disk_low ? bytes < DISK_GOOD_BYTES : bytes < DISK_LOW_BYTES;
    if (low != node->disk_low)
        log_event("disk", "low=%d free_bytes=%lld", low, (long long) bytes);
    node->disk_low = low;
}

struct text node_ask(struct node *node, struct arena *arena, const char *sql)
{
    return db_ask(node->db, arena, sql);
}

const struct town *node_town(const struct node *node)
{
    return node->editions[node->edition_current].town;
}
