/* asks.c - see asks.h. */
#include "asks.h"

#include "yinling/reader.h"
#include "yinling/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASKS_MAX = 3000000,
    LATER_MAX = 65536, /* answered `unavailable` at one time; beyond, they wait for the client's own repeat */
    LATER_MS = 500,
    REPEAT_AT_ONCE = 500,
    SILENT_MS = 30000, /* nothing more is answered */
    SHOWN_MAX = 5      /* lines about one kind of trouble */
};

struct later {
    int64_t at_ms;
    uint32_t ask;
};

struct asks {
    struct ask *all;
    uint32_t count, answered, repeated;
    struct later later[LATER_MAX]; /* in order of time; a ring */
    size_t later_first, later_count;
    int64_t put_off, refused, other_answers; /* refused: for a reason that binds */
};

static const struct {
    const char *request, *action;
} kinds[ASK_KINDS] = {
    [ASK_LEAD] = { "lead-submit", NULL },          [ASK_SIGN] = { "lead-reply", "sign" },
    [ASK_PROGRESS] = { "lead-reply", "progress" }, [ASK_CONCLUDE] = { "lead-reply", "conclude" },
    [ASK_PASS] = { "lead-order", "verify" },       [ASK_REDO] = { "lead-order", "verify" },
    [ASK_ASSIGN] = { "lead-order", "assign" },     [ASK_ISSUE] = { "warning-order", "issue" },
    [ASK_UPDATE] = { "warning-order", "update" },  [ASK_CANCEL] = { "warning-order", "cancel" },
};

static uint64_t digest_of(const json_t *answer)
{
    char *bytes = json_dumps(answer, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t h = 1469598103934665603u;
    for (const char *c = bytes; c && *c; c++)
        h = (h ^ (unsigned char) *c) * 1099511628211u;
    free(bytes);
    return h;
}

/* Of an answer; NO_TEXT when it is ok. */
static struct text code_of(const json_t *answer)
{
    return json_is_true(json_object_get(answer, "ok")) ? NO_TEXT : json_text_at(json_object_get(answer, "error"), "code");
}

static bool binds(struct text code)
{
    return !text_is_c(code, "unavailable") && !text_is_c(code, "too-many") && !text_is_c(code, "internal");
}

static client_answered on_answer, on_repeated;

static void send_ask(struct ask *ask, client_answered *on)
{
    struct storm *s = ask->storm;
    char id[32];
    snprintf(id, sizeof id, "s-%u", (unsigned) (ask - s->asks->all));
    json_t *body = json_pack("{s:s}", "id", id);
    if (kinds[ask->kind].action)
        json_object_set_new(body, "action", json_string(kinds[ask->kind].action));
    (ask->kind < ASK_ISSUE ? lead_body : warn_body)(s, ask, body);
    client_send(s->senders[ask->from], kinds[ask->kind].request, body, on, ask);
}

static void put_off(struct asks *a, struct ask *ask)
{
    if (a->later_count == LATER_MAX)
        return;
    a->later[(a->later_first + a->later_count++) % LATER_MAX] =
        (struct later){ storm_now_ms() + LATER_MS, (uint32_t) (ask - a->all) };
    a->put_off++;
}

/* The first answer that binds is the answer; any other must be the same. */
static void hear(struct ask *ask, const json_t *answer)
{
    struct storm *s = ask->storm;
    struct text code = code_of(answer);
    uint64_t digest = digest_of(answer);
    if (!binds(code))
        return;
    if (ask->is_answered) {
        if (digest != ask->digest && s->asks->other_answers++ < SHOWN_MAX)
            printf("another answer to %s %u: " TEXT_FMT "\n", kinds[ask->kind].request, (unsigned) (ask - s->asks->all),
                   TEXT_ARG(code));
        return;
    }
    ask->is_answered = true;
    ask->is_ok = !code.at;
    ask->digest = digest;
    s->asks->answered++;
    if (code.at)
        s->asks->refused++;
    (ask->kind < ASK_ISSUE ? lead_answered : warn_answered)(s, ask, answer);
}

static void on_answer(void *context, const json_t *answer)
{
    struct ask *ask = context;
    if (!answer)
        return;
    if (binds(code_of(answer)))
        hear(ask, answer);
    else
        put_off(ask->storm->asks, ask);
}

static void on_repeated(void *context, const json_t *answer)
{
    struct ask *ask = context;
    if (!answer)
        return;
    if (binds(code_of(answer))) {
        ask->storm->asks->repeated++;
        hear(ask, answer);
    } else {
        send_ask(ask, on_repeated);
    }
}

/* Also the answers that nobody waits for any more: a request that was sent twice is answered twice. */
static void on_any_answer(void *context, struct text path, struct text payload, bool retained)
{
    (void) path, (void) retained;
    struct storm *s = context;
    json_t *answer = json_loadb(payload.at, payload.len, 0, NULL);
    struct text id = json_text_at(answer, "request");
    int64_t number;
    if (id.len > 2 && memcmp(id.at, "s-", 2) == 0 && text_int((struct text){ id.at + 2, id.len - 2 }, &number) && number >= 0 &&
        number < s->asks->count && s->asks->all[number].is_answered)
        hear(&s->asks->all[number], answer);
    json_decref(answer);
}

struct asks *asks_new(void)
{
    struct asks *a = calloc(1, sizeof *a);
    a->all = calloc(ASKS_MAX, sizeof *a->all); /* touched as it is used */
    return a;
}

void asks_listen(struct storm *s, int from, const char *account)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    client_listen(s->senders[from], topic_of(arena, TOPIC_ANSWER, text_of(account)).path.at, on_any_answer, s);
}

void asks_send(struct storm *s, enum ask_kind kind, int from, uint32_t about, uint32_t detail)
{
    struct asks *a = s->asks;
    if (a->count == ASKS_MAX) {
        printf("FAILED more than %d requests\n", ASKS_MAX);
        exit(1);
    }
    struct ask *ask = &a->all[a->count++];
    *ask = (struct ask){ .storm = s, .kind = (uint8_t) kind, .from = (uint8_t) from, .about = about, .detail = detail };
    send_ask(ask, on_answer);
}

void asks_step(struct storm *s)
{
    struct asks *a = s->asks;
    while (a->later_count && a->later[a->later_first].at_ms <= storm_now_ms()) {
        struct ask *ask = &a->all[a->later[a->later_first].ask];
        a->later_first = (a->later_first + 1) % LATER_MAX;
        a->later_count--;
        send_ask(ask, on_answer);
    }
}

int64_t asks_open(const struct storm *s)
{
    return (int64_t) s->asks->count - s->asks->answered;
}

int64_t asks_sent(const struct storm *s)
{
    return s->asks->count;
}

void asks_repeat(struct storm *s)
{
    struct asks *a = s->asks;
    uint32_t next = 0, sent = 0, before = 0;
    int64_t until = storm_now_ms() + SILENT_MS;
    for (; a->repeated < a->answered && storm_now_ms() < until; storm_step(s)) {
        if (a->repeated > before)
            until = storm_now_ms() + SILENT_MS;
        before = a->repeated;
        for (; next < a->count && sent - a->repeated < REPEAT_AT_ONCE; next++) {
            if (!a->all[next].is_answered)
                continue;
            send_ask(&a->all[next], on_repeated);
            sent++;
        }
    }
}

void asks_count(struct storm *s)
{
    struct asks *a = s->asks;
    printf("%u requests, %lld put off because a disk was full or a service could not, %lld refused\n", a->count,
           (long long) a->put_off, (long long) a->refused);
    storm_check(s, a->answered == a->count, "every request has an answer; without one", asks_open(s));
    storm_check(s, a->repeated == a->count, "each was asked once more and answered; answers", a->repeated);
    storm_check(s, a->other_answers == 0, "and each answer was the first one again; others", a->other_answers);
}
