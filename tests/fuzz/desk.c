/* desk.c - see desk.h. */
#include "tests/fuzz/desk.h"
#include "services/runtime/node_internal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ledger.h"
#include "tests/sim/world.h"
#include "yinling/edition.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACKS_MAX = 4096, LETTERS_MAX = 4096, TURNS_MAX = 6, MORNING_TURNS = 20, CATCH_UP_MAX = 1000 };

/* Of the node, all but the large arrays of a turn that its counts make empty. */
enum { TURN_FROM = offsetof(struct node, said), TURN_TO = offsetof(struct node, answer_in_hand) };

struct desk {
    struct bus bus; /* first */
    struct node *node;
    const struct service *service;
    struct text path, payload; /* the message to hand over; NO_TEXT: none */
    char probe[64], probe_path[64];
    bool up, has_probe, waits; /* waits: the probe stays away */
    uint64_t acks[ACKS_MAX];
    int ack_count;
    bool closely;
    struct desk_said said;
    struct arena *arena; /* where answers are kept; NULL: nowhere */
    int64_t now_ms, morning_ms;
    unsigned char *kept; /* the node on that morning */
    struct text count_rows;
};
static struct desk desks[DESK_COUNT];
static const struct town *town;
static bool is_morning; /* still: what one says the others hear */

/* What was said in the morning and not yet heard by everybody. */
static struct letter {
    char *path, *payload;
    size_t len;
    int from;
} letters[LETTERS_MAX];
static int letter_count;

/* -- the bus ---------------------------------------------------------------------------------------------------------- */

static bool take(struct bus *bus, struct arrival *ret)
{
    struct desk *d = (struct desk *) bus;
    *ret = (struct arrival){ .kind = ARRIVAL_MESSAGE };
    if (!d->up) {
        ret->kind = ARRIVAL_UP;
        d->up = true;
    } else if (d->ack_count) {
        ret->kind = ARRIVAL_ACK;
        ret->token = d->acks[--d->ack_count];
    } else if (d->path.at) {
        ret->path = d->path;
        ret->payload = d->payload;
        ret->retained = d->waits;
        d->path = NO_TEXT;
    } else if (d->has_probe && !d->waits) {
        ret->path = text_of(d->probe_path);
        ret->payload = text_of(d->probe);
        d->has_probe = false;
    } else {
        return false;
    }
    return true;
}

static void release(struct bus *bus, struct arrival *arrival)
{
    (void) bus;
    (void) arrival;
}

/* A topic that the contract lets this service write, and a payload of the kind it promises. */
static void check_published(const struct desk *d, struct text path, struct text payload, bool retain)
{
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    assert(topic_read(path, &id, parts));
    const struct topic_spec *spec = &topic_specs[id];
    assert(spec->retain || !retain);
    bool is_any = id == TOPIC_ANSWER || id == TOPIC_ANSWER_DEVICE || id == TOPIC_STREAM_CURSOR;
    assert(!spec->writer || is_any || strcmp(spec->writer, "{service}") != 0 || text_is_c(parts[0], d->service->name));
    assert(!spec->writer || spec->writer[0] == '{' || strcmp(spec->writer, d->service->name) == 0);
    assert(text_is_utf8(payload));
    if (payload.len == 0 || spec->plain || !d->closely)
        return;
    json_t *value = json_loadb(payload.at, payload.len, JSON_REJECT_DUPLICATES, NULL);
    assert(json_is_object(value));
    json_decref(value);
}

static void post(const struct desk *d, struct text path, struct text payload)
{
    if (!text_has(payload, TEXT("\"events\":[{")))
        return; /* only the time */
    assert(letter_count < LETTERS_MAX);
    letters[letter_count++] =
        (struct letter){ strndup(path.at, path.len), strndup(payload.at, payload.len), payload.len, (int) (d - desks) };
}

static bool publish(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token)
{
    struct desk *d = (struct desk *) bus;
    if (qos == 1 && d->ack_count < ACKS_MAX)
        d->acks[d->ack_count++] = token;
    if (text_has(path, TEXT("/probe"))) {
        snprintf(d->probe_path, sizeof d->probe_path, TEXT_FMT, TEXT_ARG(path));
        snprintf(d->probe, sizeof d->probe, TEXT_FMT, TEXT_ARG(payload));
        d->has_probe = true;
        return true;
    }
    check_published(d, path, payload, retain);
    if (!is_morning) {
        fuzz_note(path);
        fuzz_note(payload);
    }
    if (is_morning && text_starts(path, TEXT("stream/")))
        post(d, path, payload);
    if (!text_starts(path, TEXT("answer/"))) {
        d->said.others++;
    } else if (d->arena) {
        d->said.answers++;
        d->said.answer = arena_copy(d->arena, payload);
    }
    return true;
}

static bool subscribe(struct bus *bus, struct text filter, int qos)
{
    (void) bus;
    (void) filter;
    (void) qos;
    return true;
}

static bool unsubscribe(struct bus *bus, struct text filter)
{
    (void) bus;
    (void) filter;
    return true;
}

/* -- turns ------------------------------------------------------------------------------------------------------------ */

static void turn(struct desk *d, int turns_max)
{
    for (int i = 0; i < turns_max; i++) {
        instant_ms next;
        enum turn_end end = node_turn(d->node, (instant_ms){ d->now_ms }, d->now_ms, &next);
        assert(end == TURN_FINE);
        bool has_arrivals = d->path.at || (d->has_probe && !d->waits) || d->ack_count;
        if (!has_arrivals && (!is_morning || next.ms > d->now_ms + 1000))
            return;
        d->now_ms += is_morning ? 100 : 1;
    }
}

void desk_closely(struct desk *d, bool closely)
{
    d->closely = closely;
}

struct desk_said desk_hand(struct desk *d, struct arena *arena, struct text path, struct text payload)
{
    d->now_ms += is_morning ? 1000 : 10; /* too soon for a heartbeat, which says nothing of the input */
    d->said = (struct desk_said){ .answer = NO_TEXT };
    d->arena = arena;
    d->path = path;
    d->payload = payload;
    turn(d, is_morning ? MORNING_TURNS : 1);
    d->arena = NULL;
    return d->said;
}

void desk_reconnect(struct desk *d, struct arena *arena, struct text path, struct text payload)
{
    d->up = d->has_probe = false;
    d->ack_count = 0;
    d->waits = true;
    desk_hand(d, arena, path, payload);
    d->waits = false;
    turn(d, TURNS_MAX);
    assert(node_is_ready(d->node));
}

/* -- the morning ------------------------------------------------------------------------------------------------------ */

static void fixed_random(void *context, void *ret_bytes, size_t len)
{
    (void) context;
    randombytes_buf(ret_bytes, len); /* fuzz.c's */
}

static void town_open(void)
{
    own(findings_free) struct findings *into = findings_new();
    town = town_load("deploy/binhu", into);
    findings_print(into, stderr);
    assert(town);
}

static void open_desk(struct desk *d, const struct service *service)
{
    d->bus = (struct bus){ take, release, publish, subscribe, unsubscribe };
    d->service = service;
    d->now_ms = instant_of_civil(2026, 5, 26, 9, 0, 0).ms;
    d->node = node_open(&(struct node_settings){ .service = service,
                                                 .bus = &d->bus,
                                                 .borrowed_town = town,
                                                 .borrowed_prepared = service->prepare ? service->prepare(town) : NULL,
                                                 .wall = { d->now_ms },
                                                 .boot_ms = d->now_ms,
                                                 .random = fixed_random,
                                                 .window = 64 });
    assert(d->node);
    turn(d, MORNING_TURNS);
    assert(node_is_ready(d->node));
}

/* Everybody hears what the others said, until nobody says anything new. */
static void all_hear(void)
{
    for (int i = 0; i < letter_count; i++) {
        struct letter l = letters[i];
        for (int k = 0; k < DESK_COUNT; k++) {
            if (k != l.from)
                desk_hand(&desks[k], NULL, text_of(l.path), (struct text){ l.payload, l.len });
        }
        free(l.path);
        free(l.payload);
    }
    letter_count = 0;
}

/* Somebody asks, and it is granted. */
static void asked(enum desk_name name, const char *path, const char *payload)
{
    struct desk_said said = desk_hand(&desks[name], fuzz_arena(), text_of(path), text_of(payload));
    assert(said.answers == 1 && text_has(said.answer, TEXT("\"ok\":true")));
    all_hear();
}

static void submitted(const char *account, const char *payload)
{
    char path[64];
    snprintf(path, sizeof path, "request/lead-submit/%s", account);
    asked(DESK_INTAKE, path, payload);
}

static void pass_the_morning(void)
{
    submitted("12345", "{\"id\":\"m1\",\"text\":\"有人上门推销养老床位，交一万元返现两千，电话13912345678。\",\"village\":"
                       "\"370481104200\",\"source_ref\":\"Q-1\",\"reporter\":{\"name\":\"周吴郑\",\"phone\":\"13800138000\","
                       "\"wants_answer\":true}}");
    submitted("110",
              "{\"id\":\"m2\",\"text\":\"老人被骗三万元，正在转账。\",\"urgency\":\"money-moving\",\"amount_yuan\":30000}");
    submitted("web/abcdefghijklmnopqrstuvwx27", "{\"id\":\"m3\",\"text\":\"超市一元买十个鸡蛋，听课送礼品。\"}");
    submitted("w200-1", "{\"id\":\"m4\",\"text\":\"村里来了免费体检的，卖保健品。\",\"amount_text\":\"三千元\"}");
    submitted("12337", "{\"id\":\"m5\",\"text\":\"派出所民警包庇卖保健品的。\",\"against\":{\"unit\":\"police\"}}");
    asked(
        DESK_ROUTER, "request/lead-order/office-1",
        "{\"id\":\"m6\",\"leads\":[\"2026-000001\",\"2026-000002\",\"2026-000003\"],\"action\":\"assign\",\"unit\":\"police\","
        "\"assist\":[\"justice\"]}");
    asked(DESK_ROUTER, "request/lead-reply/staff-police-1", "{\"id\":\"m7\",\"lead\":\"2026-000002\",\"action\":\"sign\"}");
    asked(DESK_ROUTER, "request/lead-reply/staff-police-1", "{\"id\":\"m8\",\"lead\":\"2026-000003\",\"action\":\"sign\"}");
    asked(
        DESK_ROUTER, "request/lead-reply/staff-police-1",
        "{\"id\":\"m9\",\"lead\":\"2026-000003\",\"action\":\"conclude\",\"finding\":\"unfounded\",\"public_answer\":\"没有。\"}");
    asked(DESK_WARNING, "request/warning-order/publicity-1",
          "{\"id\":\"m10\",\"action\":\"issue\",\"status\":\"actual\",\"headline\":\"有人上门推销\",\"text\":\"请勿交钱。\","
          "\"instruction\":\"入户提醒\",\"severity\":\"severe\",\"expires\":\"2026-05-27T18:00:00+08:00\",\"audience\":"
          "{\"villages\":[\"370481104200\",\"370481104201\"]}}");
}

/* -- keeping and undoing ---------------------------------------------------------------------------------------------- */

static struct text count_rows(struct desk *d, struct arena *arena)
{
    return desk_ask(
        d, arena,
        "SELECT 'SELECT ' || group_concat('(SELECT count(*) FROM ' || name || ')', '+') FROM sqlite_schema WHERE type = "
        "'table' AND name NOT IN ('answered', 'meta', 'wrong', 'pace') AND name NOT LIKE 'sqlite%'");
}

static void keep(struct desk *d)
{
    struct text sql = count_rows(d, fuzz_arena());
    d->count_rows = text_of(strndup(sql.at, sql.len));
    d->morning_ms = d->now_ms;
    d->kept = malloc(sizeof *d->node);
    assert(d->kept && d->ack_count == 0);
    memcpy(d->kept, d->node, sizeof *d->node);
    json_incref(d->node->continues);
    ledger_mark(d->node->db);
}

void desk_undo(struct desk *d)
{
    const struct node *kept = (const struct node *) d->kept;
    struct text *found = d->node->found_topics;
    size_t room = d->node->found_room;
    ledger_undo(d->node->db);
    if (d->node->continues != kept->continues) {
        json_decref(d->node->continues);
        json_incref(kept->continues);
    }
    memcpy(d->node, d->kept, TURN_FROM);
    memcpy((unsigned char *) d->node + TURN_TO, d->kept + TURN_TO, sizeof *d->node - TURN_TO);
    d->node->found_topics = found;
    d->node->found_room = room;
    d->now_ms = d->morning_ms;
    d->up = true;
    d->has_probe = d->waits = false;
    d->ack_count = 0;
    d->path = NO_TEXT;
}

static void open_all(void)
{
    static const struct service *(*const services[DESK_COUNT])(void) = { sim_intake, sim_router, sim_deadline, sim_warning };
    fuzz_arena();
    ledger_memory();
    town_open();
    is_morning = true;
    for (int i = 0; i < DESK_COUNT; i++)
        open_desk(&desks[i], services[i]());
    all_hear();
    pass_the_morning();
    for (int i = 0; i < DESK_COUNT; i++) {
        turn(&desks[i], MORNING_TURNS);
        keep(&desks[i]);
    }
    is_morning = false;
    fuzz_arena(); /* the first input begins like all others */
}

struct desk *desk_of(enum desk_name name)
{
    if (!town)
        open_all();
    return &desks[name];
}

const struct town *desk_town(void)
{
    desk_of(DESK_INTAKE);
    return town;
}

struct desk *desk_answering(const char *service)
{
    for (int i = 0; i < DESK_COUNT; i++) {
        if (strcmp(desk_of((enum desk_name) i)->service->name, service) == 0)
            return &desks[i];
    }
    return NULL;
}

/* -- looking ---------------------------------------------------------------------------------------------------------- */

struct text desk_ask(struct desk *d, struct arena *arena, const char *sql)
{
    return node_ask(d->node, arena, sql);
}

int64_t desk_ask_int(struct desk *d, struct arena *arena, const char *sql)
{
    int64_t value = -1;
    text_int(desk_ask(d, arena, sql), &value);
    return value;
}

bool desk_heard_to(struct desk *d, const char *producer, struct heard_to *ret)
{
    for (int i = 0; i < d->node->producer_count; i++) {
        const struct producer *p = &d->node->producers[i];
        if (strcmp(p->name, producer) == 0) {
            *ret = (struct heard_to){ p->epoch, p->hash, p->seq };
            return true;
        }
    }
    return false;
}

struct desk_state desk_state(struct desk *d, struct arena *arena)
{
    return (struct desk_state){ desk_ask_int(d, arena, d->count_rows.at), d->node->done.head, d->node->done.revision };
}

void desk_catch_up(struct desk *d, struct arena *arena)
{
    if (d->node->now.ms <= d->now_ms)
        return;
    d->arena = arena;
    struct desk_state was, is = desk_state(d, arena);
    int turns = 0;
    do {
        assert(turns++ < CATCH_UP_MAX);
        was = is;
        turn(d, 1);
        is = desk_state(d, arena);
    } while (was.rows != is.rows || was.head != is.head || was.revision != is.revision);
    d->arena = NULL;
}
