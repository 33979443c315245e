/* intake.c - the door: takes leads in, gives each a number, hides who sent it, and says that it came.
 * hears    requests lead-submit lead-track (link-order reveal-order: not yet), worker/+/say, stream router
 * says     lead.received lead.supplemented lead.linked; views worker/+/said, office/inbox/+-similar
 * owns     lead, track, source, entity, vault, said, pace, wrong (schema.sql beside this file)
 * promise  A lead that was answered is in the ledger, under a number given once. What a reporter gave of themselves is sealed to
 *          two custodians before anything is written, and is in no event, view, answer or log; texts are masked before they are
 *          said. The same (account, source_ref) is one lead. Nobody learns here of anybody else's lead. */
#include "keyed.h"
#include "services/runtime/mutant.h"
#include "likeness.h"
#include "number.h"
#include "pace.h"
#include "pleasantry.h"
#include "submission.h"
#include "vault.h"

#include "gen/intake_queries.h"
#include "yinling/service.h"
#include "yinling/suspect.h"
#include "yinling/writer.h"

#include <sodium.h>
#include <string.h>

enum {
    WRONG_FREE = 4, /* wrong track codes before waiting begins: people mistype */
    WRONG_WAIT_MAX_S = 600,
    LIKE_EACH_MAX = 5, /* newest leads shown for one shared trait */
    LIKE_MAX = 10,     /* and in all */
    SUSPECT_MAX = 200, /* graphemes of the reason */
    SAID_AGAIN_HOURS = 24,
    SPARED_AFTER_RESTORE = 1000, /* numbers: two turns full of leads, answered and heard by no other service */
    PASS_AT_ONCE = 150,          /* passing rows cleared by one statement, its LIMIT */
};

/* Where a lead stands, for whoever holds its code. Stored: never renumber. */
enum status { RECEIVED = 0, DISPATCHED = 1, SIGNED = 2, CONCLUDED = 3, CLOSED = 4, REOPENED = 5 };
static const char *const status_words[] = {
    [RECEIVED] = "已登记，正在分派",
    [DISPATCHED] = "已转交承办单位，等待签收",
    [SIGNED] = "承办单位正在办理",
    [CONCLUDED] = "承办单位已办结，正在核查",
    [CLOSED] = "已结案",
    [REOPENED] = "正在重新办理",
};

static request_handler on_submit, on_track;
static tap_handler on_say;
static event_handler on_dispatched, on_signed, on_progressed, on_moved, on_concluded, on_reopened, on_closed;
static time_handler on_hour;
static void on_released(struct tx *tx, instant_ms now, int64_t events_lost, span_ms since_copy);

static const struct request_route requests[] = {
    { REQUEST_LEAD_SUBMIT, on_submit, ACCEPTS },
    { REQUEST_LEAD_TRACK, on_track, ASKS },
    { REQUEST_LINK_ORDER, on_not_yet, ASKS },
    { REQUEST_REVEAL_ORDER, on_not_yet, ASKS },
    REQUEST_ROUTES_END,
};
static const struct tap_route taps[] = { { TOPIC_WORKER_SAY, on_say }, TAP_ROUTES_END };
static const struct event_route events[] = {
    { EVENT_LEAD_DISPATCHED, on_dispatched, NULL }, { EVENT_LEAD_SIGNED, on_signed, NULL },
    { EVENT_LEAD_PROGRESSED, on_progressed, NULL }, { EVENT_LEAD_MOVED, on_moved, NULL },
    { EVENT_LEAD_CONCLUDED, on_concluded, NULL },   { EVENT_LEAD_REOPENED, on_reopened, NULL },
    { EVENT_LEAD_CLOSED, on_closed, NULL },         EVENT_ROUTES_END,
};
static const struct service intake = {
    .name = SERVICE_INTAKE,
    .schema = INTAKE_SCHEMA,
    .queries = INTAKE_QUERIES,
    .query_count = INTAKE_QUERY_COUNT,
    .events = events,
    .requests = requests,
    .taps = taps,
    .on_time = on_hour,
    .released = on_released,
};
int main(int argc, char **argv)
{
    return service_main(&intake, argc, argv);
}

/* ---- taking a lead in */

/* One submission on its way into the ledger. */
struct coming {
    struct tx *tx;
    instant_ms now;
    const struct account *who;
    struct submission *s;
    unsigned char secret[KEYED_SECRET_BYTES];
    bool is_claimed; /* money-moving, but nobody vouches for it */
    int64_t key;
    struct text number;
};

static void secret_of(struct tx *tx, unsigned char ret_secret[KEYED_SECRET_BYTES])
{
    struct text hex = tx_text(tx, Q_SECRET, NO_PARAMS);
    if (!hex.at) {
        char *made = arena_take(tx_arena(tx), 2 * KEYED_SECRET_BYTES + 1);
        tx_random(tx, ret_secret, KEYED_SECRET_BYTES);
        sodium_bin2hex(made, 2 * KEYED_SECRET_BYTES + 1, ret_secret, KEYED_SECRET_BYTES);
        tx_run(tx, Q_SECRET_MAKE, p_c("hex", made));
        return;
    }
    sodium_hex2bin(ret_secret, KEYED_SECRET_BYTES, hex.at, hex.len, NULL, NULL, NULL);
}

/* Everything that only the sealed box may hold. */
static void keep_secrets(const struct coming *c)
{
    const struct submission *s = c->s;
    if (!s->reporter && !s->reporter_sealed.at && !s->original.at)
        return;
    unsigned char seed[VAULT_SEED_BYTES];
    tx_random(c->tx, seed, sizeof seed);
    struct vault_note note = { c->number, s->reporter, s->reporter_sealed, s->original };
    struct text box = vault_seal(tx_arena(c->tx), tx_town(c->tx)->custodians, &note, seed);
    sodium_memzero(seed, sizeof seed);
    tx_run(c->tx, Q_VAULT_ADD, p_int("lead", c->key), p_blob("box", box.at, box.len));
}

/* A new code for a lead; only its hash is kept. */
static struct text give_track(const struct coming *c)
{
    enum { TRIES_MAX = 8 };
    for (int i = 0; i < TRIES_MAX; i++) {
        struct text track = number_track(c->tx);
        int64_t code = keyed_hash(c->secret, "track", track, NO_TEXT);
        if (tx_try(c->tx, Q_TRACK_ADD, p_int("code", code), p_int("lead", c->key)))
            return track;
    }
    return NO_TEXT;
}

/* Adds to what was given what is known without having been given. */
static void complete_facts(const struct coming *c)
{
    struct submission *s = c->s;
    struct suspicion why;
    bool is_suspect = suspect_of(tx_arena(c->tx), tx_town(c->tx), s->text, s->village, &why);
    if (is_suspect)
        json_put_text(s->facts, "suspect", text_cut(tx_arena(c->tx), why.why, SUSPECT_MAX));
    if (is_suspect || json_object_get(s->facts, "against"))
        json_object_set_new(s->facts, "sealed", json_true());
    if (s->named)
        json_object_set_new(s->facts, "named", json_true());
    if (s->is_money_moving)
        json_object_set_new(s->facts, "urgency_claimed", json_boolean(c->is_claimed));
}

/* Of a new lead these are said in any case, and first; no when they were not given. */
static const char *const yes_or_no[] = { "urgency_claimed", "sealed", "named" };

static bool is_said_first(const char *field)
{
    for (size_t i = 0; i < sizeof yes_or_no / sizeof *yes_or_no; i++)
        if (strcmp(field, yes_or_no[i]) == 0)
            return true;
    return strcmp(field, "urgency") == 0;
}

/* What is kept and said of a new lead, but its text. */
static struct text facts_of_new(const struct coming *c)
{
    const struct submission *s = c->s;
    struct writer facts = writer_begin(tx_arena(c->tx));
    struct text urgency = json_text_at(s->facts, "urgency");
    write_text(&facts, "urgency", urgency.at ? urgency : TEXT("routine"));
    for (size_t i = 0; i < sizeof yes_or_no / sizeof *yes_or_no; i++)
        write_bool(&facts, yes_or_no[i], json_is_true(json_object_get(s->facts, yes_or_no[i])));
    write_text(&facts, "title", s->title);
    write_text(&facts, "channel", s->channel);
    write_text(&facts, "sender", s->sender);
    const char *field;
    json_t *value;
    json_object_foreach(s->facts, field, value)
    {
        if (!is_said_first(field))
            write_json(&facts, field, value);
    }
    return writer_end(&facts);
}

static int64_t words_of(const struct coming *c)
{
    return keyed_hash(c->secret, "words", c->s->text, NO_TEXT);
}

static bool is_sealed(const json_t *facts)
{
    return json_is_true(json_object_get(facts, "sealed"));
}

struct like {
    int64_t lead;
    const char *why;
    struct text title;
};

static void say_linked(const struct coming *c, const struct like *likes, size_t count)
{
    struct arena *arena = tx_arena(c->tx);
    json_t *with = json_array();
    for (size_t i = 0; i < count; i++) {
        struct text number = number_text(arena, likes[i].lead);
        json_array_append_new(with, json_pack("{s:o, s:s}", "lead", json_of_text(number), "why", likes[i].why));
        say(c->tx, c->now, EVENT_LEAD_LINKED, c->number, NO_TEXT,
            json_pack("{s:o, s:s, s:i}", "with", json_of_text(number), "why", likes[i].why, "likeness", 100));
    }
    struct text first = number_text(arena, likes[0].lead);
    struct text sentence = arena_printf(arena, "与" TEXT_FMT "“" TEXT_FMT "”%s涉及同一对象，请判断是否并案。", TEXT_ARG(first),
                                        TEXT_ARG(likes[0].title), count > 1 ? "等" : "");
    json_t *entry = json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "lead", json_of_text(c->number), "what", "similar", "since",
                              json_of_text(instant_text(arena, c->now)), "title", json_of_text(c->s->title), "sentence",
                              json_of_text(sentence), "with", with);
    show(c->tx, topic_of(arena, TOPIC_OFFICE_INBOX_SIMILAR, c->number), entry);
    tx_run(c->tx, Q_LEAD_SIMILAR, p_int("similar", 1), p_int("lead", c->key));
}

static size_t add_likes(const struct coming *c, const struct trait *trait, int64_t hash, struct like likes[LIKE_MAX],
                        size_t count)
{
    struct rows others =
        tx_all(c->tx, Q_ENTITY_OTHERS, p_int("hash", hash), p_int("lead", c->key), p_int("limit", LIKE_EACH_MAX));
    for (size_t i = 0; i < others.count && count < LIKE_MAX; i++) {
        int64_t lead = row_int(&others, i, "lead", 0);
        bool is_known = false;
        for (size_t k = 0; k < count; k++)
            is_known = is_known || likes[k].lead == lead;
        if (!is_known)
            likes[count++] = (struct like){ lead, trait->why, json_text_at(row_json(c->tx, &others, i, "facts"), "title") };
    }
    return count;
}

/* Leads that share a telephone, account, site, plate or firm: told to the office, never to the sender. Sealed ones stay apart. */
static void link_similar(const struct coming *c, const json_t *facts)
{
    struct trait traits[TRAITS_MAX];
    struct like likes[LIKE_MAX];
    size_t count = 0;
    if (is_sealed(facts))
        return;
    size_t trait_count = likeness_of(tx_arena(c->tx), json_object_get(facts, "subject"), traits);
    for (size_t i = 0; i < trait_count; i++) {
        int64_t hash = keyed_hash(c->secret, traits[i].why, traits[i].form, NO_TEXT);
        if (tx_run(c->tx, Q_ENTITY_ADD, p_int("hash", hash), p_int("lead", c->key)))
            count = add_likes(c, &traits[i], hash, likes, count);
    }
    if (count)
        say_linked(c, likes, count);
}

static void take_new(struct coming *c)
{
    struct submission *s = c->s;
    c->key = number_next(c->tx, c->now);
    c->number = number_text(tx_arena(c->tx), c->key);
    struct text facts = facts_of_new(c);
    tx_run(c->tx, Q_LEAD_ADD, p_int("lead", c->key), p_instant("at", c->now), p_int("sealed", is_sealed(s->facts)),
           p_int("words", words_of(c)), p_text("facts", facts));
    keep_secrets(c);
    struct writer said = writer_begin(tx_arena(c->tx));
    write_text(&said, "text", s->text);
    write_members(&said, facts);
    write_int(&said, "round", 1);
    say_json(c->tx, c->now, EVENT_LEAD_RECEIVED, c->number, s->channel, writer_end(&said));
    link_similar(c, s->facts);
    if (MUTANT(reporter_in_log))
        log_event("lead-text", "text=" TEXT_FMT, TEXT_ARG(s->original));
    log_event("lead-received", "lead=" TEXT_FMT " channel=" TEXT_FMT " sealed=%d", TEXT_ARG(c->number), TEXT_ARG(s->channel),
              is_sealed(s->facts));
}

/* What `given` says that `known` does not say yet; members of an object are looked at one by one. */
static json_t *news_of(const json_t *known, const json_t *given)
{
    json_t *news = json_object();
    const char *field;
    json_t *value;
    json_object_foreach((json_t *) (uintptr_t) given, field, value)
    {
        json_t *before = json_object_get(known, field);
        if (json_equal(before, value))
            continue;
        json_t *part = json_is_object(before) && json_is_object(value) ? news_of(before, value) : json_incref(value);
        if (!json_is_object(part) || json_object_size(part) > 0)
            json_object_set(news, field, part);
        json_decref(part);
    }
    return news;
}

static void hide_similar(struct tx *tx, int64_t key, struct text number)
{
    hide(tx, topic_of(tx_arena(tx), TOPIC_OFFICE_INBOX_SIMILAR, number));
    tx_run(tx, Q_LEAD_SIMILAR, p_int("similar", 0), p_int("lead", key));
}

static void take_news(const struct coming *c, const struct rows *lead, json_t *known, json_t *news)
{
    int64_t words = words_of(c);
    bool has_new_words = words != row_int(lead, 0, "words", 0);
    if (!has_new_words && json_object_size(news) == 0)
        return;
    json_object_update_recursive(known, news);
    tx_run(c->tx, Q_LEAD_FACTS, p_int("words", words), p_json(c->tx, "facts", known), p_int("sealed", is_sealed(known)),
           p_int("lead", c->key));
    json_t *said = json_deep_copy(news);
    if (has_new_words)
        json_put_text(said, "text", c->s->text);
    say(c->tx, c->now, EVENT_LEAD_SUPPLEMENTED, c->number, c->s->channel, said);
    if (is_sealed(known) && row_int(lead, 0, "similar", 0))
        hide_similar(c->tx, c->key, c->number);
    link_similar(c, known);
    log_event("lead-supplemented", "lead=" TEXT_FMT, TEXT_ARG(c->number));
}

/* The sender's own number is known: the same content is the same lead, anything else a supplement. What was sealed cannot be
 * compared, so every repeat that carries something to seal is kept. */
static void take_again(struct coming *c, int64_t key)
{
    c->key = key;
    c->number = number_text(tx_arena(c->tx), key);
    struct rows lead = tx_all(c->tx, Q_LEAD, p_int("lead", key));
    json_t *known = row_json(c->tx, &lead, 0, "facts");
    json_t *news = json_keep(tx_arena(c->tx), news_of(known, c->s->facts));
    keep_secrets(c);
    take_news(c, &lead, known, news);
}

/* ---- requests */

/* Whose numbers a source_ref is one of. The public page's account is everybody's: there only the same visit is the same sender. */
static struct text source_account(const struct coming *c, struct text device)
{
    return pace_is_web(c->who) ? arena_printf(tx_arena(c->tx), "%s@" TEXT_FMT, c->who->name, TEXT_ARG(device))
                               : text_of(c->who->name);
}

/* As the sender's number is kept: one that says who the reporter is only as a hash. */
static struct text source_key(const struct coming *c)
{
    if (!c->s->ref_is_personal)
        return c->s->source_ref;
    int64_t hash = keyed_hash(c->secret, "source", c->s->source_ref, NO_TEXT);
    return arena_printf(tx_arena(c->tx), "#%016llx", (unsigned long long) hash);
}

static json_t *take_in(struct coming *c, struct text device)
{
    struct text source = source_key(c), account = source_account(c, device);
    int64_t known = source.at ? tx_int(c->tx, 0, Q_SOURCE, p_text("account", account), p_text("source_ref", source)) : 0;
    complete_facts(c);
    if (known)
        take_again(c, known);
    else
        take_new(c);
    if (source.at && !known)
        tx_run(c->tx, Q_SOURCE_ADD, p_text("account", account), p_text("source_ref", source), p_int("lead", c->key));
    json_t *fields = json_object();
    json_put_text(fields, "lead", c->number);
    json_put_text(fields, "track", give_track(c));
    json_put_text(fields, "duplicate_of", known ? c->number : NO_TEXT);
    return fields;
}

static enum verdict submitted(struct tx *tx, instant_ms now, const struct request *r)
{
    struct submission s;
    struct coming c = { .tx = tx, .now = now, .who = &r->who, .s = &s };
    submission_read(tx_arena(tx), tx_town(tx), now, &r->who, r->in, r->body, &s);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    if (!pace_takes(tx, now, c.who, r->device, s.is_money_moving, &c.is_claimed))
        return too_many(tx, r, between(now, pace_next(now)).ms / 1000 + 1, "举报较多，请稍后再提交；情况紧急请拨打110。");
    secret_of(tx, c.secret);
    json_t *fields = take_in(&c, r->device);
    sodium_memzero(c.secret, sizeof c.secret);
    return answer(tx, r, fields);
}

static enum verdict on_submit(struct tx *tx, instant_ms now, const struct request *r)
{
    enum verdict verdict = submitted(tx, now, r);
    vault_forget(json_object_get(r->body, "reporter"));
    vault_forget(json_object_get(r->body, "reporter_sealed"));
    vault_forget(json_object_get(r->body, "text"));
    return verdict;
}

/* A wrong code: each one more makes this connection wait twice as long, and nobody else. */
static enum verdict on_wrong_track(struct tx *tx, instant_ms now, const struct request *r, struct text device, int64_t tries)
{
    int64_t beyond = tries + 1 - WRONG_FREE;
    int64_t wait_s = beyond < 1 ? 0 : beyond > 9 ? WRONG_WAIT_MAX_S : (int64_t) 1 << beyond;
    tx_run(tx, Q_WRONG_SET, p_c("account", r->who.name), p_text("device", device), p_int("tries", tries + 1),
           p_instant("open_at", later(now, SPAN_S(wait_s))));
    (void) refuse(tx, r, CODE_NO_SUCH, "track", "没有这个查询码，请核对16位数字。");
    return DONE; /* the count must stay */
}

static enum verdict on_track(struct tx *tx, instant_ms now, const struct request *r)
{
    enum { TYPED_MAX = 40 };
    struct text typed = need_text(r->in, "track", TYPED_MAX), track = number_track_typed(tx_arena(tx), typed);
    struct text device = r->device.at ? r->device : TEXT("");
    unsigned char secret[KEYED_SECRET_BYTES];
    if (typed.len && !track.at)
        complain(r->in, CODE_OUT_OF_RANGE, "track", "查询码是16位数字。");
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    struct rows wrong = tx_all(tx, Q_WRONG, p_c("account", r->who.name), p_text("device", device));
    instant_ms open_at = wrong.count ? row_instant(&wrong, 0, "open_at") : now;
    if (is_before(now, open_at))
        return too_many(tx, r, (between(now, open_at).ms + 999) / 1000, "查询码多次有误，请稍后再试。");
    secret_of(tx, secret);
    struct rows lead = tx_all(tx, Q_TRACK, p_int("code", keyed_hash(secret, "track", track, NO_TEXT)));
    if (!lead.count)
        return on_wrong_track(tx, now, r, device, wrong.count ? row_int(&wrong, 0, "tries", 0) : 0);
    if (wrong.count)
        tx_run(tx, Q_WRONG_FORGET, p_c("account", r->who.name), p_text("device", device));
    int64_t status = row_int(&lead, 0, "status", RECEIVED);
    json_t *fields = json_pack("{s:s}", "status", status_words[status]);
    json_put_text(fields, "answer_public", status == CLOSED ? row_text(&lead, 0, "answer") : NO_TEXT);
    json_put_text(fields, "updated_at", instant_text(tx_arena(tx), row_instant(&lead, 0, "updated")));
    return answer(tx, r, fields);
}

/* ---- what a grid worker says in passing */

/* Without control characters and marks that turn the reading direction: a telephone's keyboard has none. */
static struct text cleaned(struct arena *arena, struct text given)
{
    char *into = arena_take(arena, given.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < given.len; i++) {
        unsigned char c = (unsigned char) given.at[i], d = i + 1 < given.len ? (unsigned char) given.at[i + 1] : 0;
        unsigned char e = i + 2 < given.len ? (unsigned char) given.at[i + 2] : 0;
        if (c == 0xC2 && d < 0xA0) {
            i += 1;
        } else if (c == 0xE2 && ((d == 0x80 && e >= 0xAA && e <= 0xAE) || (d == 0x81 && e >= 0xA6 && e <= 0xA9))) {
            i += 2;
        } else {
            into[len++] = (c < ' ' && c != '\n') || c == 0x7F ? ' ' : given.at[i];
        }
    }
    return (struct text){ into, len };
}

/* The receipt. */
static struct text take_said(struct tx *tx, instant_ms now, const struct tap *t, struct text words)
{
    struct submission s;
    struct coming c = { .tx = tx, .now = now, .who = &t->who, .s = &s };
    submission_said(tx_arena(tx), tx_town(tx), &t->who, words, &s);
    secret_of(tx, c.secret);
    int64_t hash = keyed_hash(c.secret, "say", text_of(t->who.name), text_folded(tx_arena(tx), s.text));
    c.key = tx_int(tx, 0, Q_SAID, p_int("hash", hash), p_instant("after", later(now, SPAN_HOURS(-SAID_AGAIN_HOURS))));
    if (c.key) {
        c.number = number_text(tx_arena(tx), c.key);
        keep_secrets(&c);
    } else {
        (void) pace_takes(tx, now, c.who, NO_TEXT, false, &c.is_claimed);
        complete_facts(&c);
        take_new(&c);
        tx_run(tx, Q_SAID_ADD, p_int("hash", hash), p_int("lead", c.key), p_instant("at", now));
    }
    sodium_memzero(c.secret, sizeof c.secret);
    return arena_printf(tx_arena(tx), "已登记" TEXT_FMT, TEXT_ARG(c.number));
}

static void on_say(struct tx *tx, instant_ms now, const struct tap *t)
{
    struct arena *arena = tx_arena(tx);
    struct topic receipt = topic_of(arena, TOPIC_WORKER_SAID, text_of(t->who.name));
    if (t->who.kind != ACCOUNT_WORKER || !text_is_utf8(t->payload))
        return; /* the receipt does not change, and the worker sees that */
    struct text words = cleaned(arena, t->payload);
    if (!text_folded(arena, words).len)
        return;
    if (text_codepoints(words) > SAY_MAX)
        show_text(tx, receipt, TEXT("未登记：超过500字，请分几次发送。"));
    else if (pleasantry_is(arena, words))
        show_text(tx, receipt, TEXT("未登记：这是客气话。要反映情况，请写清什么人在哪里做什么。"));
    else
        show_text(tx, receipt, take_said(tx, now, t, words));
}

/* ---- what the router says of a lead, for whoever tracks it */

static enum verdict note_status(struct tx *tx, const struct event *e, enum status status)
{
    int64_t key;
    if (!number_read(e->subject, &key))
        return park(tx, e, "线索编号无法识别。");
    struct text answer_public = json_text_at(e->data, "answer_public");
    if (!tx_run(tx, Q_LEAD_STATUS, p_int("status", status), p_instant("at", e->at), p_text("answer", answer_public),
                p_int("lead", key)))
        number_heard(tx, key);
    return DONE;
}

static void stop_linking(struct tx *tx, const struct event *e)
{
    int64_t key;
    struct rows lead = number_read(e->subject, &key) ? tx_all(tx, Q_LEAD, p_int("lead", key)) : (struct rows){ 0 };
    if (lead.count && row_int(&lead, 0, "similar", 0))
        hide_similar(tx, key, e->subject);
}

static enum verdict on_dispatched(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    return note_status(tx, e, DISPATCHED);
}

static enum verdict on_signed(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    return note_status(tx, e, SIGNED);
}

static enum verdict on_progressed(struct tx *tx, instant_ms now, const struct event *e)
{
    int64_t key;
    (void) now;
    if (number_read(e->subject, &key))
        tx_run(tx, Q_LEAD_TOUCHED, p_instant("at", e->at), p_int("lead", key));
    return DONE;
}

/* The office found that it is a complaint against somebody of ours: from now on it stands alone. */
static enum verdict on_moved(struct tx *tx, instant_ms now, const struct event *e)
{
    int64_t key;
    (void) now;
    if (text_is_c(json_text_at(e->data, "why"), "against") && number_read(e->subject, &key)) {
        tx_run(tx, Q_LEAD_SEALED, p_int("lead", key));
        stop_linking(tx, e);
    }
    if (text_is(json_text_at(e->data, "from"), json_text_at(e->data, "to")) &&
        !text_is_c(json_text_at(e->data, "why"), "against"))
        return DONE; /* confirmed where it is: nothing to sign again */
    return note_status(tx, e, DISPATCHED);
}

static enum verdict on_concluded(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    return note_status(tx, e, CONCLUDED);
}

static enum verdict on_reopened(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    return note_status(tx, e, REOPENED);
}

static enum verdict on_closed(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    stop_linking(tx, e);
    return note_status(tx, e, CLOSED);
}

/* ---- once an hour */

static instant_ms on_hour(struct tx *tx, instant_ms now)
{
    int64_t hour = pace_next(now).ms / SPAN_HOURS(1).ms;
    if (is_held(tx))
        return later(now, SPAN_MIN(1));
    if (tx_int(tx, 0, Q_CLEANED, NO_PARAMS) == hour)
        return pace_next(now);
    int64_t said = tx_run(tx, Q_SAID_PASS, p_instant("before", later(now, SPAN_HOURS(-SAID_AGAIN_HOURS))));
    int64_t wrong = tx_run(tx, Q_WRONG_PASS, p_instant("before", later(now, SPAN_HOURS(-1))));
    bool is_clean = pace_clean(tx, now);
    if (said == PASS_AT_ONCE || wrong == PASS_AT_ONCE || !is_clean)
        return now;
    tx_run(tx, Q_CLEANED_SET, p_int("hour", hour));
    return pace_next(now);
}

/* ---- a ledger put back */

/* Every lead that anybody can have seen since the copy made an event, but for those that were answered a moment before the end. */
static void on_released(struct tx *tx, instant_ms now, int64_t events_lost, span_ms since_copy)
{
    number_spare(tx, now, events_lost + since_copy.ms / SPAN_S(1).ms + SPARED_AFTER_RESTORE);
}
