/* screen.c - one worker's phone. See screen.h. */
#include "services/warning/screen.h"

#include "yinling/writer.h"

#include "gen/warning_queries.h"

#include <assert.h>

static const struct warning_policy *policy_of(struct tx *tx)
{
    return tx_town(tx)->warnings;
}

static struct screen *screen_of_row(struct tx *tx, const struct rows *rows)
{
    if (rows->count == 0)
        return NULL;
    struct screen *s = arena_take(tx_arena(tx), sizeof *s);
    *s = (struct screen){ .who = { row_int(rows, 0, "no", 0), row_text(rows, 0, "account") },
                          .gone = row_int(rows, 0, "gone", 0) != 0,
                          .shown = row_int(rows, 0, "shown", 0),
                          .shown_at = row_instant(rows, 0, "shown_at"),
                          .tapped_at = row_instant(rows, 0, "tapped_at"),
                          .look_again = row_int(rows, 0, "look_again", 0) != 0,
                          .echo = (enum echo) row_int(rows, 0, "echo", ECHO_NONE),
                          .echo_item = row_int(rows, 0, "echo_item", 0),
                          .echo_at = row_instant(rows, 0, "echo_at"),
                          .wake_at = row_instant(rows, 0, "wake_at") };
    return s;
}

struct screen *screen_of(struct tx *tx, struct text account)
{
    struct rows rows = tx_all(tx, Q_SCREEN, p_text("account", account));
    return screen_of_row(tx, &rows);
}

struct screen *screen_numbered(struct tx *tx, int64_t worker)
{
    struct rows rows = tx_all(tx, Q_SCREEN_NUMBERED, p_int("no", worker));
    return screen_of_row(tx, &rows);
}

static void save(struct tx *tx, const struct screen *s)
{
    tx_run(tx, Q_SCREEN_SAVE, p_int("no", s->who.no), p_int("shown", s->shown), p_instant("shown_at", s->shown_at),
           p_instant("tapped_at", s->tapped_at), p_int("look_again", s->look_again), p_int("echo", s->echo),
           p_int("echo_item", s->echo_item), p_instant("echo_at", s->echo_at), p_instant("wake_at", s->wake_at));
}

static void echo(struct screen *s, enum echo what, int64_t item, instant_ms at)
{
    s->echo = what;
    s->echo_item = item;
    s->echo_at = at;
    s->wake_at = NEVER;
}

/* ---- what stands on the phone ---- */

static const char *item_word(const struct item *i)
{
    return choice_word(record_item_words, (int) i->state);
}

static struct text item_view(struct tx *tx, const struct screen *s, const struct warning *w, const struct item *i, int64_t open)
{
    bool is_recall = i->state == ITEM_RECALLED;
    struct writer view = writer_begin(tx_arena(tx));
    write_text(&view, "item", phone_item_id(tx_arena(tx), w->id, i->ask, is_recall));
    write_text(&view, "warning", w->id);
    write_int(&view, "number", w->number);
    write_c(&view, "severity", choice_word(record_severity_words, (int) w->severity));
    write_c(&view, "status", choice_word(record_status_words, (int) w->status));
    write_text(&view, "village", i->village);
    write_text(&view, "headline", w->headline);
    write_text(&view, "text", w->text);
    write_text(&view, "instruction", w->instruction);
    write_text(&view, "reason", is_recall ? w->reason : NO_TEXT);
    write_c(&view, "state", item_word(i));
    write_instant(&view, "shown_at", s->shown ? s->shown_at : s->echo_at);
    write_instant(&view, "expires", w->expires);
    write_instant(&view, "confirm_by", w->confirm_by);
    if (i->reached >= 0)
        write_int(&view, "reached", i->reached);
    write_int(&view, "open", open);
    return writer_end(&view);
}

/* What a screen stands on once it is decided. */
struct stage_set {
    struct item *item;             /* on the phone, or the one its echo is about */
    const struct warning *warning; /* its */
    int64_t open;                  /* items that wait, the shown one included */
};

void screen_knows(struct screen *s, const struct warning *w, struct item *i)
{
    s->known = i;
    s->known_of = w;
}

static void know(struct tx *tx, struct screen *s, int64_t item)
{
    if (s->known && s->known->no == item)
        return;
    struct item *i = record_item(tx, item);
    assert(i);
    screen_knows(s, record_warning(tx, i->warning), i);
}

static struct wording words_of(struct tx *tx, instant_ms now, const struct screen *s, const struct stage_set *on)
{
    struct arena *arena = tx_arena(tx);
    struct wording words = { .open = on->open, .text = phone_idle_text };
    if (s->shown) {
        struct phone_item item = record_phone_item(on->warning, on->item, record_village_name(tx, on->item->village));
        words.text = phone_item_text(arena, &item, on->open - 1, s->look_again, now);
    } else if (s->echo == ECHO_REFUSED) {
        words.text = phone_refused_text(arena, on->warning->number, on->open, s->look_again);
    } else if (s->echo == ECHO_CONFIRMED) {
        words.text = phone_confirmed_text(arena, on->warning->number, s->echo_at);
    }
    words.todo = arena_printf(arena, "%lld", (long long) on->open);
    if (on->item && s->echo != ECHO_CONFIRMED)
        words.item = item_view(tx, s, on->warning, on->item, on->open);
    return words;
}

static void show_words(struct tx *tx, const struct screen *s, const struct wording *words)
{
    struct arena *arena = tx_arena(tx);
    show_text(tx, topic_of(arena, TOPIC_WORKER_TEXT, s->who.account), words->text);
    show_text(tx, topic_of(arena, TOPIC_WORKER_TODO, s->who.account), words->todo);
    struct topic item = topic_of(arena, TOPIC_WORKER_ITEM, s->who.account);
    if (words->item.at)
        show_json(tx, item, words->item);
    else
        hide(tx, item);
}

static void clear_screen(struct tx *tx, const struct screen *s)
{
    struct arena *arena = tx_arena(tx);
    hide(tx, topic_of(arena, TOPIC_WORKER_TEXT, s->who.account));
    hide(tx, topic_of(arena, TOPIC_WORKER_TODO, s->who.account));
    hide(tx, topic_of(arena, TOPIC_WORKER_ITEM, s->who.account));
}

/* What waits for a worker, and what holds the phone meanwhile. */
struct waiting {
    int64_t next, severity; /* the one that comes first; 0: none waits */
    int64_t open;
    int64_t holder; /* the item on the phone, or whose refusal it echoes; 0: none */
    enum item_state held_state;
    int64_t held_severity;
};

static struct waiting waiting_for(struct tx *tx, const struct screen *s)
{
    int64_t holder = s->shown ? s->shown : s->echo == ECHO_REFUSED ? s->echo_item : 0;
    struct rows best = tx_all(tx, Q_NEXT_ITEM, p_int("worker", s->who.no), p_int("holder", holder));
    if (best.count == 0)
        return (struct waiting){ .holder = holder };
    return (struct waiting){ .next = row_int(&best, 0, "no", 0),
                             .severity = row_int(&best, 0, "severity", 0),
                             .open = row_int(&best, 0, "open", 0),
                             .holder = holder,
                             .held_state = (enum item_state) row_int(&best, 0, "held_state", ITEM_NONE),
                             .held_severity = row_int(&best, 0, "held_severity", 0) };
}

/* Whoever is on the phone stays, unless a higher level waits. */
static bool gives_way(const struct screen *s, const struct waiting *q, int64_t severity)
{
    bool holds = q->held_state == ITEM_UNREAD || q->held_state == ITEM_READ || q->held_state == ITEM_RECALLED ||
                 (s->echo == ECHO_REFUSED && q->held_state == ITEM_REFUSED);
    return q->holder == 0 || !holds || severity > q->held_severity;
}

/* The item that stands on the phone next; 0: none. */
static int64_t chosen(struct tx *tx, const struct screen *s, int64_t *ret_open)
{
    struct waiting q = waiting_for(tx, s);
    *ret_open = q.open;
    return q.next == 0 || q.next == q.holder || gives_way(s, &q, q.severity) ? q.next : s->shown;
}

static void put_up(struct tx *tx, instant_ms now, struct screen *s, int64_t open)
{
    struct stage_set on = { .open = open };
    if (s->shown || s->echo != ECHO_NONE) {
        know(tx, s, s->shown ? s->shown : s->echo_item);
        on.item = s->known;
        on.warning = s->known_of;
    }
    struct wording words = words_of(tx, now, s, &on);
    show_words(tx, s, &words);
    save(tx, s);
}

static void stand(struct screen *s, int64_t item, instant_ms now)
{
    s->shown = item;
    s->shown_at = item ? now : NEVER;
    s->look_again = false;
}

bool screen_takes(struct tx *tx, const struct screen *s, enum severity severity, int64_t *ret_open)
{
    bool is_free = s->shown == 0 && s->echo != ECHO_REFUSED; /* then nothing waits */
    struct waiting q = s->gone || is_free ? (struct waiting){ 0 } : waiting_for(tx, s);
    *ret_open = q.open + 1;
    if (q.next == 0)
        return !s->gone && q.holder == 0; /* a refusal that is echoed holds the phone: screen_refresh decides */
    return (int64_t) severity > q.severity && gives_way(s, &q, severity);
}

void screen_fill(struct tx *tx, instant_ms now, struct screen *s, const struct warning *w, struct item *i, int64_t open,
                 struct wording *words)
{
    screen_knows(s, w, i);
    stand(s, i->no, now);
    echo(s, ECHO_NONE, 0, NEVER);
    if (words->open != open || !text_is(words->village, i->village)) {
        *words = words_of(tx, now, s, &(struct stage_set){ .item = i, .warning = w, .open = open });
        words->village = i->village;
    }
    show_words(tx, s, words);
    save(tx, s);
}

void screen_refresh(struct tx *tx, instant_ms now, struct screen *s, int64_t changed)
{
    if (s->gone) {
        clear_screen(tx, s);
        save(tx, s);
        return;
    }
    int64_t open, next = chosen(tx, s, &open);
    bool is_new = next != s->shown || (next && next == changed);
    if (is_new)
        stand(s, next, now);
    if (next)
        echo(s, ECHO_NONE, 0, NEVER);
    if (next && is_new) {
        know(tx, s, next);
        receipt_shown(tx, now, s->known_of, s->known, s->who);
    }
    put_up(tx, now, s, open);
}

/* ---- taps ---- */

/* The item a tap now is about, or NULL: then nothing is done but, where something stands on the phone, to ask for another look. */
static struct item *tapped_item(struct tx *tx, instant_ms now, struct screen *s)
{
    int64_t no = s->shown ? s->shown : s->echo == ECHO_REFUSED ? s->echo_item : 0;
    if (no == 0 || s->gone)
        return NULL;
    instant_ms since = s->shown ? s->shown_at : s->echo_at;
    if (phone_tap_counts(policy_of(tx), since, s->tapped_at, now)) {
        s->tapped_at = now;
        s->look_again = false;
        know(tx, s, no);
        return s->known;
    }
    s->look_again = true;
    screen_refresh(tx, now, s, 0);
    return NULL;
}

/* The item on the phone was dealt with; what was confirmed last is echoed when nothing else waits. */
static void dealt_with(struct tx *tx, instant_ms now, struct screen *s, const struct item *i)
{
    bool is_confirmed = i->state == ITEM_DONE;
    if (!item_is_open(i) && s->shown == i->no)
        s->shown = 0;
    if (is_confirmed && s->echo != ECHO_REFUSED)
        echo(s, ECHO_CONFIRMED, i->no, now);
    screen_refresh(tx, now, s, 0);
}

/* The refused item is back where it was, on the phone. */
static void take_back(struct screen *s, const struct item *i, instant_ms now)
{
    echo(s, ECHO_NONE, 0, NEVER);
    if (s->shown == 0) {
        s->shown = i->no;
        s->shown_at = now;
    }
}

static void echo_refusal(struct tx *tx, instant_ms now, struct screen *s, const struct item *i)
{
    if (s->shown != i->no)
        return;
    s->shown = 0;
    echo(s, ECHO_REFUSED, i->no, now);
    s->wake_at = later(now, policy_of(tx)->withdraw);
}

void screen_ok(struct tx *tx, instant_ms now, struct screen *s)
{
    struct item *i = tapped_item(tx, now, s);
    if (!i)
        return;
    const struct warning *w = s->known_of;
    switch (i->state) {
    case ITEM_UNREAD:
        receipt_read(tx, now, w, i, s->who, now);
        break;
    case ITEM_READ:
        receipt_relayed(tx, now, w, i, s->who, now);
        break;
    case ITEM_RECALLED:
        receipt_told(tx, w, i);
        break;
    case ITEM_REFUSED:
        if (receipt_withdrawn(tx, now, w, i, s->who))
            take_back(s, i, now);
        else
            echo(s, ECHO_NONE, 0, NEVER);
        break;
    case ITEM_NONE:
    case ITEM_DONE:
    case ITEM_OVER:
        break;
    }
    dealt_with(tx, now, s, i);
}

void screen_no(struct tx *tx, instant_ms now, struct screen *s)
{
    struct item *i = tapped_item(tx, now, s);
    if (!i)
        return;
    const struct warning *w = s->known_of;
    if (i->state == ITEM_REFUSED) /* once more: it was meant */
        echo(s, ECHO_NONE, 0, NEVER);
    else if (i->state == ITEM_RECALLED)
        receipt_told(tx, w, i);
    else if (receipt_refused(tx, now, w, i, s->who))
        echo_refusal(tx, now, s, i);
    dealt_with(tx, now, s, i);
}

void screen_reach(struct tx *tx, instant_ms now, struct screen *s, struct text payload)
{
    int64_t reached;
    bool is_number = phone_households(tx_arena(tx), payload, &reached);
    if (s->shown)
        know(tx, s, s->shown);
    if (!is_number || !s->shown || s->known->state == ITEM_RECALLED) { /* no number, or nothing it could be the number of */
        s->look_again = s->shown || s->echo == ECHO_REFUSED;
        if (s->look_again && !s->gone)
            screen_refresh(tx, now, s, 0);
        return;
    }
    struct item *i = tapped_item(tx, now, s);
    if (!i)
        return;
    receipt_reached(tx, now, s->known_of, i, s->who, reached);
    dealt_with(tx, now, s, i);
}

/* ---- acts of the web page ---- */

/* The phone's own time where it is believed: not in the future, not too long ago. */
static instant_ms acted_at(struct tx *tx, instant_ms now, const struct phone_act *act)
{
    bool is_believed = !is_never(act->acted_at) && !is_before(now, act->acted_at) &&
                       !is_before(act->acted_at, later(now, (span_ms){ -policy_of(tx)->acted_skew.ms }));
    return is_believed ? act->acted_at : now;
}

static void do_step(struct tx *tx, instant_ms now, struct screen *s, const struct warning *w, struct item *i,
                    const struct phone_act *act)
{
    instant_ms at = acted_at(tx, now, act);
    bool confirms = act->step == PHONE_READ || act->step == PHONE_RELAYED;
    if (act->method.at)
        i->method = act->method;
    if (i->state == ITEM_RECALLED) {
        if (act->of_recall)
            receipt_told(tx, w, i);
        return;
    }
    if (confirms && i->state == ITEM_REFUSED && receipt_withdrawn(tx, now, w, i, s->who))
        take_back(s, i, now);
    if (confirms)
        receipt_read(tx, now, w, i, s->who, at);
    if (act->step == PHONE_RELAYED)
        receipt_relayed(tx, now, w, i, s->who, at);
    if (act->reached >= 0)
        receipt_reached(tx, now, w, i, s->who, act->reached);
    if (act->step == PHONE_NO && receipt_refused(tx, now, w, i, s->who))
        echo_refusal(tx, now, s, i);
}

void screen_act(struct tx *tx, instant_ms now, struct screen *s, const struct phone_act *act)
{
    const struct warning *w = record_warning_named(tx, act->warning);
    struct item *i = w ? record_item_of(tx, w, s->who.no) : NULL;
    bool is_stale = i && ((act->ask != 0 && act->ask != i->ask) || act->of_recall != (i->state == ITEM_RECALLED));
    if (!i || is_stale || s->gone) {
        log_event("act-ignored", "worker=%s why=%s", s->who.account.at, !i ? "no-such-item" : is_stale ? "stale" : "gone");
        return;
    }
    if (!tx_try(tx, Q_ACT_ADD, p_int("worker", s->who.no), p_text("id", act->id), p_instant("at", now)))
        return;
    bool was_on_phone = s->shown == i->no;
    screen_knows(s, w, i);
    do_step(tx, now, s, w, i, act);
    if (was_on_phone || s->shown == 0)
        dealt_with(tx, now, s, i);
    else
        screen_refresh(tx, now, s, 0);
}

/* ---- time and the end of things ---- */

void screen_wake(struct tx *tx, instant_ms now, struct screen *s)
{
    s->wake_at = NEVER;
    if (s->echo == ECHO_REFUSED)
        echo(s, ECHO_NONE, 0, NEVER);
    screen_refresh(tx, now, s, 0);
}

void screen_item_ended(struct tx *tx, instant_ms now, struct screen *s, const struct item *i)
{
    if (s->echo_item == i->no)
        echo(s, ECHO_NONE, 0, NEVER);
    screen_refresh(tx, now, s, i->no);
}
