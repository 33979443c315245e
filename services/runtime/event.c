/* event.c - one event of a stream: its place in the chain, its bytes within a message, its envelope; and how a handler takes it, or
 * how it is set aside to wait for an operator. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <sodium.h>
#include <string.h>

void event_next_hash(unsigned char hash[HASH_BYTES], struct text body)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&state, hash, HASH_BYTES);
    crypto_generichash_update(&state, (const unsigned char *) body.at, body.len);
    crypto_generichash_final(&state, hash, HASH_BYTES);
}

void event_hash_read(unsigned char ret[HASH_BYTES], struct text hex)
{
    size_t len = 0;
    memset(ret, 0, HASH_BYTES);
    if (hex.len == 2 * HASH_BYTES)
        sodium_hex2bin(ret, HASH_BYTES, hex.at, hex.len, NULL, &len, NULL);
}

/* The quote that ends the string which goes on here; NULL: none does. */
static const char *string_end(const char *at, const char *end)
{
    while (at < end) {
        const char *quote = memchr(at, '"', (size_t) (end - at));
        const char *escape = quote ? memchr(at, '\\', (size_t) (quote - at)) : NULL;
        if (!escape)
            return quote;
        at = escape + 2;
    }
    return NULL;
}

/* Where each element of the trailing array "events":[…] lies in the bytes; the hash is over the bytes, so they are not parsed and
 * printed again. -1 when the message is not of that shape. */
int event_slices(struct text message, size_t *ret_open, struct text *ret_events)
{
    static const char mark[] = "\"events\":[";
    const char *open = memmem(message.at, message.len, mark, sizeof mark - 1);
    if (!open || message.len < 2 || memcmp(message.at + message.len - 2, "]}", 2) != 0)
        return -1;
    const char *at = open + sizeof mark - 1, *end = message.at + message.len - 2;
    *ret_open = (size_t) (at - message.at);
    int count = 0, level = 0;
    const char *start = at;
    for (; at < end; at++) {
        if (*at == '"') {
            at = string_end(at + 1, end);
            if (!at)
                return -1;
        } else if (*at == '{' || *at == '[') {
            level++;
        } else if (*at == '}' || *at == ']') {
            level--;
        } else if (*at == ',' && level == 0) {
            if (count == WINDOW_EVENTS_MAX)
                return -1;
            ret_events[count++] = (struct text){ start, (size_t) (at - start) };
            start = at + 1;
        }
    }
    if (start < end) {
        if (count == WINDOW_EVENTS_MAX)
            return -1;
        ret_events[count++] = (struct text){ start, (size_t) (end - start) };
    }
    return level == 0 ? count : -1;
}

/* The envelope of one event, or why it is none. */
const char *event_read(struct node *node, struct text producer, int64_t seq, struct text body, struct event *ret)
{
    json_t *value = json_keep(node->arena, json_parse(body.at, body.len, JSON_REJECT_DUPLICATES, NULL));
    *ret = (struct event){ .type = EVENT_TYPE_COUNT };
    if (!json_is_object(value))
        return "not a JSON object";
    struct text type = json_text_at(value, "type"), at = json_text_at(value, "at");
    *ret = (struct event){ .producer = producer,
                           .seq = seq,
                           .type = EVENT_TYPE_COUNT, /* a newer producer says more than we know */
                           .subject = json_text_at(value, "subject"),
                           .by = json_text_at(value, "by"),
                           .edition = json_text_at(value, "edition"),
                           .data = json_object_get(value, "data") };
    if (type.at)
        event_of(type, &ret->type); /* also of one that is unreadable: its subject must be placed all the same */
    if (!type.at || !ret->subject.at || !instant_read(at, &ret->at))
        return "no type, subject or at";
    if (!json_is_object(ret->data))
        return "no data";
    ret->in = reader_lenient(node->arena, ret->data);
    return NULL;
}

enum verdict park(struct tx *tx, const struct event *e, const char *format, ...)
{
    (void) e;
    va_list args;
    va_start(args, format);
    tx->node->park_reason = arena_vprintf(tx->arena, format, args);
    va_end(args);
    return PARKED;
}

enum verdict park_for(struct tx *tx, const struct event *e, const struct complaint *why)
{
    return park(tx, e, "%s " TEXT_FMT, code_name(why->code), TEXT_ARG(why->field));
}

static const struct event_route *route_of(const struct node *node, enum event_type type)
{
    for (const struct event_route *r = node->service->events; r && r->on; r++) {
        if (r->type == type)
            return r;
    }
    return NULL;
}

static void park_event(struct node *node, struct text producer, int64_t seq, struct text subject, struct text body,
                       struct text reason, const struct event_route *route)
{
    struct tx *tx = &node->tx;
    tx_run(tx, R_PARKED_ADD, p_text("producer", producer), p_int("seq", seq), p_text("subject", subject), p_text("body", body),
           p_text("reason", reason), p_instant("at", node->now));
    node->parked_count = tx_int(tx, 0, R_PARKED_COUNT, NO_PARAMS);
    if (route && route->parked && !MUTANT(parked_without_place))
        route->parked(tx, node->now, subject, reason);
    alarm_raise(tx, node->now, "parked", arena_printf(tx->arena, "yinling parked list --service %s", node->service->name).at,
                "有%lld条事件无法处理，正在等待人工处理，最近一条：" TEXT_FMT "。", (long long) node->parked_count,
                TEXT_ARG(reason));
    log_event("parked", "producer=" TEXT_FMT " seq=%lld subject=" TEXT_FMT " reason=\"" TEXT_FMT "\"", TEXT_ARG(producer),
              (long long) seq, TEXT_ARG(subject), TEXT_ARG(reason));
}

/* Is it one that nobody here listens to? Every event begins with its type, so most need not be parsed to know. */
static bool is_for_others(const struct node *node, struct text body)
{
    static const char mark[] = "{\"type\":\"";
    const size_t skip = sizeof mark - 1;
    if (body.len <= skip || memcmp(body.at, mark, skip) != 0)
        return false;
    const char *end = memchr(body.at + skip, '"', body.len - skip);
    enum event_type type;
    return end && event_of((struct text){ body.at + skip, (size_t) (end - body.at) - skip }, &type) && !route_of(node, type);
}

static enum verdict take(struct node *node, struct text producer, int64_t seq, struct text body, bool retried)
{
    struct tx *tx = &node->tx;
    struct event e;
    const char *bad = event_read(node, producer, seq, body, &e);
    const struct event_route *route = bad && !e.subject.at ? NULL : route_of(node, e.type);
    if (!bad && !route)
        return DONE;
    if (!bad)
        node->now = latest(node->now, e.at); /* an effect is never before its cause, whatever our own clock says */
    struct text subject = bad && !e.subject.at ? TEXT("-") : e.subject, reason = text_of(bad);
    struct text named = arena_printf(tx->arena, "event " TEXT_FMT " %lld", TEXT_ARG(producer), (long long) seq);
    if (!bad && !retried && node->parked_count) {
        int64_t ahead = tx_int(tx, 0, R_PARKED_AHEAD, p_text("producer", producer), p_text("subject", subject));
        if (ahead)
            reason = arena_printf(tx->arena, "behind %lld", (long long) ahead);
    }
    /* What an operator tries again has another chance; a crash then counts against the request that asked for it. */
    if (!reason.at && !retried && poison_attempts(node, named, body) >= 3)
        reason = TEXT("the process crashed on it three times");
    enum verdict verdict = PARKED;
    if (!reason.at) {
        node_begin_message(node);
        if (!retried)
            set_in_hand(named, body);
        node->park_reason = TEXT("the handler gave no reason");
        verdict = route->on(tx, MUTANT_CLOCK(node->now), &e) == DONE ? DONE : PARKED; /* an event cannot be refused: it waits */
        if (!retried)
            set_in_hand(NO_TEXT, NO_TEXT);
        node_end_message(node, verdict == DONE);
        reason = node->park_reason;
    }
    if (verdict == PARKED && !retried)
        park_event(node, producer, seq, subject, body, reason, route);
    return verdict;
}

enum verdict event_take(struct node *node, struct text producer, int64_t seq, struct text body, bool retried)
{
    if (is_for_others(node, body))
        return DONE;
    const void *mark = arena_mark(node->arena);
    enum verdict verdict = take(node, producer, seq, body, retried);
    arena_release(node->arena, mark);
    if (!retried) /* an operator's request is still in hand */
        arena_reset(node->scratch);
    return verdict;
}
