/* request.c - requests and their remembered answers (ARCHITECTURE §4, CONTRACT §2).
 *
 * The requester is read off the topic, which the broker enforces. An answer that binds is kept under (account, device, kind, id) with
 * a digest of the request's value, in the same transaction as the effects; a repeat gets it again, other content is a conflict. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    REQUEST_BYTES_MAX = 8192,
    REQUEST_ID_MAX = 64,
    KEPT_MS = 7 * 86400000, /* answers that are not an acceptance */
    POISON_ATTEMPTS = 3
};

struct asked { /* the request in hand, beyond what its handler sees */
    unsigned char key[FINGERPRINT_BYTES], digest[FINGERPRINT_BYTES];
    const struct request_route *route;
};

static const struct request_route operate_route = { 0, operate, ASKS };

static const struct request_route *route_of(const struct node *node, enum request_kind kind)
{
    if (is_operate(node, kind))
        return &operate_route;
    for (const struct request_route *r = node->service->requests; r && r->on; r++) {
        if (r->kind == kind)
            return r;
    }
    return NULL;
}

bool service_answers(const struct node *node, enum request_kind kind)
{
    return route_of(node, kind) != NULL;
}

/* -- answers --------------------------------------------------------------------------------------------------------- */

static struct text answer_head(struct tx *tx, const struct request *r, bool ok)
{
    struct text id = r->id.at ? arena_printf(tx->arena, "\"" TEXT_FMT "\"", TEXT_ARG(r->id)) : TEXT("null");
    return arena_printf(tx->arena, "{\"request\":" TEXT_FMT ",\"kind\":\"%s\",\"ok\":%s", TEXT_ARG(id),
                        request_specs[r->kind].name, ok ? "true" : "false");
}

enum verdict answer(struct tx *tx, const struct request *r, json_t *take_fields)
{
    json_keep(tx->arena, take_fields);
    return answer_json(tx, r, take_fields ? json_text(tx->arena, take_fields) : TEXT("{}"));
}

enum verdict answer_json(struct tx *tx, const struct request *r, struct text fields)
{
    struct text head = answer_head(tx, r, true);
    bool has_fields = fields.len > sizeof "{}" - 1;
    tx->node->answer_in_hand = arena_printf(tx->arena, TEXT_FMT "%s%s", TEXT_ARG(head), has_fields ? "," : "", fields.at + 1);
    return DONE;
}

/* Takes the error object. */
static enum verdict refused(struct tx *tx, const struct request *r, enum code code, json_t *take_error)
{
    struct text error = json_text(tx->arena, json_keep(tx->arena, take_error));
    struct text head = answer_head(tx, r, false);
    tx->node->refusal_in_hand = arena_printf(tx->arena, TEXT_FMT ",\"error\":" TEXT_FMT "}", TEXT_ARG(head), TEXT_ARG(error));
    tx->node->refusal_binds = code >= CODE_UNKNOWN_FIELD && code <= CODE_NOT_NOW;
    return REFUSED;
}

static json_t *error_of(enum code code, struct text field, struct text message)
{
    json_t *error = json_pack("{s:s}", "code", code_name(code));
    json_put_text(error, "field", field);
    json_put_text(error, "message", message);
    return error;
}

enum verdict refuse(struct tx *tx, const struct request *r, enum code code, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text message = arena_vprintf(tx->arena, format, args);
    va_end(args);
    return refused(tx, r, code, error_of(code, text_of(field), message));
}

enum verdict refuse_for(struct tx *tx, const struct request *r, const struct complaint *why)
{
    assert(why);
    return refused(tx, r, why->code, error_of(why->code, why->field, why->message));
}

enum verdict too_many(struct tx *tx, const struct request *r, int64_t retry_after_s, const char *sentence)
{
    json_t *error = error_of(CODE_TOO_MANY, NO_TEXT, text_of(sentence));
    json_object_set_new(error, "retry_after_s", json_integer(retry_after_s));
    return refused(tx, r, CODE_TOO_MANY, error);
}

enum verdict on_not_yet(struct tx *tx, instant_ms now, const struct request *r)
{
    (void) now;
    return refuse(tx, r, CODE_UNAVAILABLE, NULL, "这项功能还没有开通。");
}

static void send_answer(struct node *node, const struct request *r, struct text payload)
{
    struct text account = text_of(r->who.name);
    struct topic to = r->device.at ? topic_of(node->arena, TOPIC_ANSWER_DEVICE, account, r->device)
                                   : topic_of(node->arena, TOPIC_ANSWER, account);
    if (node->done.answers < OUTGOING_MAX) /* a turn takes at most 512 messages */
        node->answers[node->done.answers++] = (struct outgoing){ to.path, arena_copy(node->arena, payload) };
}

/* -- identity of a request ------------------------------------------------------------------------------------------- */

/* Under a key that is not in the ledger: whoever steals a copy cannot try telephone numbers until one fits. */
static void fingerprint(const struct node *node, struct text t, unsigned char ret[FINGERPRINT_BYTES])
{
    crypto_generichash(ret, FINGERPRINT_BYTES, (const unsigned char *) t.at, t.len, node->settings.digest_key,
                       sizeof node->settings.digest_key);
}

/* Same content is the same JSON value, however it is written: keys sorted, white space gone. */
static void identify(struct node *node, const struct request *r, struct asked *ret)
{
    struct text canonical = json_canonical(node->arena, r->body);
    fingerprint(node, canonical, ret->digest);
    sodium_memzero((char *) (uintptr_t) canonical.at, canonical.len); /* it may name a reporter */
    fingerprint(node,
                arena_printf(node->arena, "%s/" TEXT_FMT "/%s/" TEXT_FMT, r->who.name, TEXT_ARG(r->device),
                             request_specs[r->kind].name, TEXT_ARG(r->id)),
                ret->key);
}

/* The id, or the complaint about it. */
static bool take_id(struct node *node, struct request *r)
{
    struct reader *in = reader_lenient(node->arena, r->body);
    struct text id = need_id(in, "id", REQUEST_ID_MAX);
    if (!is_sound(in)) {
        refuse_for(&node->tx, r, complaint_of(in));
        return false;
    }
    r->id = arena_copy(node->arena, id); /* the member is taken out before the handler reads */
    return true;
}

/* -- one request ----------------------------------------------------------------------------------------------------- */

/* What stands in the way before the handler is asked: nothing of it binds. */
static bool may_be_asked(struct node *node, const struct request *r, const struct asked *a, struct text poison_payload,
                         struct text path)
{
    struct tx *tx = &node->tx;
    if (node->held && a->route != &operate_route) {
        refuse(tx, r, CODE_UNAVAILABLE, NULL, "系统正在恢复数据，请稍后再试。");
        return false;
    }
    if (node->disk_low && a->route->weight == ACCEPTS) {
        refuse(tx, r, CODE_UNAVAILABLE, NULL, "服务器磁盘将满，暂时不能受理新的内容，已受理的不受影响。请稍后再试。");
        return false;
    }
    if (poison_attempts(node, path, poison_payload) >= POISON_ATTEMPTS) {
        refuse(tx, r, CODE_INTERNAL, NULL, "处理这条请求时系统出错，已记录，请联系运维人员。");
        return false;
    }
    return true;
}

/* The remembered answer, or a conflict. */
static bool was_answered(struct node *node, const struct request *r, const struct asked *a)
{
    struct tx *tx = &node->tx;
    struct rows rows = tx_all(tx, R_ANSWERED, p_blob("key", a->key, sizeof a->key));
    if (rows.count == 0)
        return false;
    struct text digest = row_text(&rows, 0, "digest");
    if (digest.len == sizeof a->digest && memcmp(digest.at, a->digest, digest.len) == 0)
        node->answer_in_hand = row_text(&rows, 0, "answer");
    else
        refuse(tx, r, CODE_CONFLICT, "id", "编号“" TEXT_FMT "”已用于另一份不同的内容，请换一个编号。", TEXT_ARG(r->id));
    return true;
}

static void remember(struct node *node, const struct asked *a, struct text payload, bool keep)
{
    if (MUTANT(answer_not_remembered))
        return;
    tx_run(&node->tx, R_ANSWERED_ADD, p_blob("key", a->key, sizeof a->key), p_blob("digest", a->digest, sizeof a->digest),
           p_text("answer", payload), p_int("keep", keep), p_instant("at", latest(node->now, node->wall_seen)));
    /* the later of both clocks: an answer given under a doubted clock must not be old once the clock is believed */
}

static void ask(struct node *node, struct request *r, const struct asked *a)
{
    struct tx *tx = &node->tx;
    json_object_del(r->body, "id");
    r->in = reader_strict(node->arena, r->body);
    node_begin_message(node);
    enum verdict verdict = a->route->on(tx, node->now, r);
    node_end_message(node, verdict == DONE);
    bool is_refused = node->refusal_in_hand.at != NULL;
    assert(verdict == DONE ? node->answer_in_hand.at || (is_refused && a->route->weight == ASKS) : is_refused);
    if (a->route->weight == ASKS || (verdict == REFUSED && !node->refusal_binds))
        return;
    bool accepted = verdict == DONE && a->route->weight == ACCEPTS;
    remember(node, a, verdict == DONE ? node->answer_in_hand : node->refusal_in_hand, accepted);
}

static void take_sender(struct request *r)
{
    struct text named = json_text_at(r->body, "account");
    if (named.at && account_read(named.at, named.len, &r->who)) {
        json_object_del(r->body, "account");
        json_object_del(r->body, "by");
    }
}

static void answer_request(struct node *node, const struct arrival *m, struct request *r, struct asked *a)
{
    const char *why = NULL;
    r->body = json_keep(node->arena, json_read(m->payload.at, m->payload.len, REQUEST_BYTES_MAX, &why));
    if (!r->body) {
        refuse(&node->tx, r, CODE_MALFORMED, NULL, "%s", why);
        return;
    }
    if (!take_id(node, r))
        return;
    if (MUTANT(sender_from_payload))
        take_sender(r);
    identify(node, r, a);
    if ((a->route->weight == ASKS || !was_answered(node, r, a)) && may_be_asked(node, r, a, m->payload, m->path))
        ask(node, r, a);
}

void request_apply(struct node *node, const struct arrival *m, enum topic_id id, const struct text *parts)
{
    struct request r = { .device = id == TOPIC_REQUEST_DEVICE ? parts[2] : NO_TEXT };
    struct asked a = { .route = NULL };
    if (m->retained || !request_of(parts[0], &r.kind) || !(a.route = route_of(node, r.kind)) ||
        !account_read(parts[1].at, parts[1].len, &r.who))
        return;
    node->answer_in_hand = node->refusal_in_hand = NO_TEXT;
    const void *mark = arena_mark(node->arena);
    answer_request(node, m, &r, &a);
    struct text payload = node->refusal_in_hand.at ? node->refusal_in_hand : node->answer_in_hand;
    send_answer(node, &r, payload);
    log_event("request", "kind=%s account=%s id=" TEXT_FMT " ok=%d", request_specs[r.kind].name, r.who.name, TEXT_ARG(r.id),
              node->refusal_in_hand.at == NULL);
    arena_release(node->arena, mark);
    arena_reset(node->scratch);
}

void request_prune(struct node *node)
{
    tx_run(&node->tx, R_ANSWERED_PRUNE, p_int("before", node->now.ms - KEPT_MS));
}
