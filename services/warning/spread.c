/* spread.c - warnings going out and being taken down. See spread.h. */
#include "services/warning/spread.h"
#include "services/runtime/mutant.h"

#include "services/warning/audience.h"

#include "gen/warning_queries.h"

#include <assert.h>

/* How long a repeat of a page's act is recognised; the page itself repeats for minutes. */
#define ACT_KEPT SPAN_DAYS(30)

/* ---- the village's topics ---- */

static void refresh_notice(struct tx *tx, instant_ms now, struct text village)
{
    struct arena *arena = tx_arena(tx);
    int64_t top = tx_int(tx, 0, Q_NOTICE, p_text("village", village));
    struct text notice = phone_quiet_notice;
    if (top) {
        struct phone_item item = record_phone_item(record_warning(tx, top), NULL, record_village_name(tx, village));
        notice = phone_notice_text(arena, &item, now);
    }
    show_text(tx, topic_of(arena, TOPIC_VILLAGE_NOTICE, village), notice);
}

/* An exercise never stands in front of an actual warning. */
static void stand_here(struct tx *tx, const struct warning *w, struct text village, bool here)
{
    enum { ACTUAL_FIRST = 10 };
    int64_t rank = (int64_t) w->severity + (w->status == PHONE_ACTUAL ? ACTUAL_FIRST : 0);
    tx_run(tx, Q_STAND_HERE, p_int("warning", w->no), p_text("village", village), p_int("here", here), p_int("rank", rank));
}

static void show_in_village(struct tx *tx, instant_ms now, const struct warning *w, struct text village, json_t *view)
{
    stand_here(tx, w, village, true);
    show(tx, topic_of(tx_arena(tx), TOPIC_VILLAGE_WARNING, village, w->id), json_incref(view));
    refresh_notice(tx, now, village);
}

static void hide_in_village(struct tx *tx, instant_ms now, const struct warning *w, struct text village)
{
    stand_here(tx, w, village, false);
    if (!MUTANT(warning_stays))
        hide(tx, topic_of(tx_arena(tx), TOPIC_VILLAGE_WARNING, village, w->id));
    if (town_village(tx_town(tx), village))
        refresh_notice(tx, now, village);
}

/* ---- out ---- */

static struct screen *screen_made(struct tx *tx, struct text account)
{
    struct screen *s = screen_of(tx, account);
    if (s)
        return s;
    tx_run(tx, Q_WORKER_ADD, p_text("account", account), p_text("edition", tx_edition(tx)));
    return screen_of(tx, account);
}

/* What is the same for one worker after another of a village. */
struct slice {
    struct warning *w;
    bool is_of_now; /* the list is the present town's */
    struct text village;
    struct cover given; /* in this village, not yet counted */
    struct wording words;
};

/* The workers of a village stand together in the list: they are counted together. */
static void count_village(struct tx *tx, instant_ms now, struct slice *s, struct text next)
{
    if (s->given.workers > 0)
        record_cover(tx, now, s->w, s->village, s->given);
    s->given = (struct cover){ 0 };
    s->village = next;
}

static void renew(struct tx *tx, instant_ms now, const struct warning *w, struct screen *s)
{
    struct item *i = record_item_of(tx, w, s->who.no);
    if (i->revision == w->revision)
        return;
    receipt_renewed(tx, now, w, i);
    screen_knows(s, w, i);
    if (s->echo_item == i->no && item_is_open(i))
        screen_item_ended(tx, now, s, i);
    else
        screen_refresh(tx, now, s, i->no);
}

/* One worker gets the warning, or its newest revision. */
static void give(struct tx *tx, instant_ms now, struct slice *slice, const struct worker *worker)
{
    const struct warning *w = slice->w;
    struct text village = worker->village->code;
    int64_t open;
    if (!slice->is_of_now && !town_worker(tx_town(tx), worker->account)) /* left the town since the order */
        return;
    struct screen *s = screen_made(tx, worker->account);
    bool at_once = screen_takes(tx, s, w->severity, &open);
    struct item *i = receipt_given(tx, now, w, s->who, village, at_once);
    if (!i) {
        renew(tx, now, w, s);
        return;
    }
    if (!text_is(village, slice->village))
        count_village(tx, now, slice, village);
    slice->given.workers++;
    slice->given.shown += at_once;
    screen_knows(s, w, i);
    if (at_once)
        screen_fill(tx, now, s, w, i, open, &slice->words);
    else
        screen_refresh(tx, now, s, 0);
}

/* The list a warning is spread over: its villages, then its workers, as the edition has them under which it was ordered. When that
 * edition cannot be had any more the present town is used; who has the warning already is not given it twice. */
static struct audience list_of(struct tx *tx, const struct warning *w, bool *ret_is_of_now)
{
    const struct town *town = text_is(w->edition, tx_edition(tx)) ? tx_town(tx) : town_of_edition(tx, w->edition);
    *ret_is_of_now = !town || town == tx_town(tx);
    return audience_of(tx_arena(tx), record_audience(tx, w), town ? town : tx_town(tx));
}

static int spread_slice(struct tx *tx, instant_ms now, struct warning *w, int most)
{
    struct slice slice = { .w = w };
    struct audience a = list_of(tx, w, &slice.is_of_now);
    json_t *view = json_keep(tx_arena(tx), record_view(tx, w));
    int64_t places = a.on_villages ? (int64_t) a.village_count : 0, all = places + (int64_t) a.worker_count;
    int done = 0;
    for (; done < most && w->position + done < all; done++) {
        int64_t at = w->position + done;
        if (at < places)
            show_in_village(tx, now, w, a.villages[at]->code, view);
        else
            give(tx, now, &slice, a.workers[at - places]);
    }
    count_village(tx, now, &slice, NO_TEXT);
    bool is_all = w->position + done >= all;
    record_stage(tx, w, is_all ? STAGE_STANDING : STAGE_SPREADING, w->position + done);
    record_touch(tx, now, w);
    return done > 0 ? done : 1;
}

static struct warning *moving(struct tx *tx, enum stage stage)
{
    int64_t no = tx_int(tx, 0, Q_MOVING, p_int("stage", stage));
    return no ? record_warning(tx, no) : NULL;
}

int spread_onward(struct tx *tx, instant_ms now, int most)
{
    int done = 0;
    for (struct warning *w; done < most && (w = moving(tx, STAGE_SPREADING));)
        done += spread_slice(tx, now, w, most - done);
    return done;
}

int spread_begin(struct tx *tx, instant_ms now, int most)
{
    struct rows due = tx_all(tx, Q_BEGINNING, p_instant("now", now), p_int("most", most));
    for (size_t i = 0; i < due.count; i++)
        record_stage(tx, record_warning(tx, row_int(&due, i, "no", 0)), STAGE_SPREADING, 0);
    return (int) due.count;
}

/* ---- down ---- */

void spread_end(struct tx *tx, instant_ms now, struct warning *w, enum ending ending, struct text reason, struct text by)
{
    assert(w->ended == ENDING_NONE);
    w->ended = ending;
    w->ended_at = now;
    w->reason = reason;
    tx_run(tx, Q_END, p_int("no", w->no), p_int("ended", ending), p_instant("ended_at", now), p_text("reason", reason));
    record_stage(tx, w, STAGE_WINDING, 0);
    if (ending == ENDING_CANCELLED)
        say(tx, now, EVENT_WARNING_CANCELLED, w->id, by, json_pack("{s:o}", "reason", json_of_text(reason)));
    else
        say(tx, now, EVENT_WARNING_EXPIRED, w->id, by, json_object());
}

int spread_expire(struct tx *tx, instant_ms now, int most)
{
    struct rows due = tx_all(tx, Q_EXPIRING, p_instant("now", now), p_int("most", most));
    for (size_t i = 0; i < due.count; i++)
        spread_end(tx, now, record_warning(tx, row_int(&due, i, "no", 0)), ENDING_EXPIRED, NO_TEXT, NO_TEXT);
    return (int) due.count;
}

static void take_from(struct tx *tx, instant_ms now, const struct warning *w, int64_t item)
{
    struct item *i = record_item(tx, item);
    struct screen *s = screen_numbered(tx, i->worker);
    receipt_ended(tx, now, w, i, s->who);
    screen_knows(s, w, i);
    screen_item_ended(tx, now, s, i);
}

/* Positions below `places` are villages; beyond, one more than the number of the last worker served. */
static int wind_slice(struct tx *tx, instant_ms now, struct warning *w, int most)
{
    int64_t places = tx_int(tx, 0, Q_PLACES, p_int("warning", w->no));
    int done = 0;
    if (w->position < places) {
        struct rows here = tx_all(tx, Q_PLACES_FROM, p_int("warning", w->no), p_int("from", w->position), p_int("most", most));
        for (; done < (int) here.count; done++)
            hide_in_village(tx, now, w, row_text(&here, (size_t) done, "village"));
        record_stage(tx, w, STAGE_WINDING, w->position + done);
        return done;
    }
    struct rows items =
        tx_all(tx, Q_ITEMS_FROM, p_int("warning", w->no), p_int("from", w->position - places), p_int("most", most));
    for (; done < (int) items.count; done++)
        take_from(tx, now, w, row_int(&items, (size_t) done, "no", 0));
    if (done == most) {
        record_stage(tx, w, STAGE_WINDING, places + row_int(&items, items.count - 1, "worker", 0) + 1);
        return done;
    }
    record_stage(tx, w, STAGE_OVER, 0);
    tx_run(tx, Q_BOARD_DONE, p_int("no", w->no));
    hide(tx, topic_of(tx_arena(tx), TOPIC_BOARD_WARNING, w->id));
    return done + 1;
}

int spread_wind(struct tx *tx, instant_ms now, int most)
{
    int done = 0;
    for (struct warning *w; done < most && (w = moving(tx, STAGE_WINDING));)
        done += wind_slice(tx, now, w, most - done);
    return done;
}

/* ---- what time brings ---- */

static void item_is_due(struct tx *tx, instant_ms now, int64_t no)
{
    struct item *i = record_item(tx, no);
    const struct warning *w = record_warning(tx, i->warning);
    struct screen *s = screen_numbered(tx, i->worker);
    screen_knows(s, w, i);
    if (i->state == ITEM_RECALLED) {
        receipt_told(tx, w, i);
        screen_item_ended(tx, now, s, i);
    } else if (!receipt_silent(tx, now, w, i, s->who)) {
        receipt_reminded(tx, now, w, i, s->shown == i->no);
        screen_refresh(tx, now, s, 0);
    }
}

int spread_due(struct tx *tx, instant_ms now, int most)
{
    struct rows due = tx_all(tx, Q_ITEMS_DUE, p_instant("now", now), p_int("most", most));
    for (size_t i = 0; i < due.count; i++)
        item_is_due(tx, now, row_int(&due, i, "no", 0));
    return (int) due.count;
}

int spread_wake(struct tx *tx, instant_ms now, int most)
{
    struct rows due = tx_all(tx, Q_WAKING, p_instant("now", now), p_int("most", most));
    for (size_t i = 0; i < due.count; i++)
        screen_wake(tx, now, screen_numbered(tx, row_int(&due, i, "no", 0)));
    return (int) due.count;
}

static const char *const counts[] = { "workers", "shown", "read", "relayed", "refused", "reached", "escalated" };
enum { COUNTS = sizeof counts / sizeof *counts };

static json_t *counted(const struct rows *rows, size_t row)
{
    json_t *made = json_object();
    for (size_t i = 0; i < COUNTS; i++)
        json_object_set_new(made, counts[i], json_integer(row_int(rows, row, counts[i], 0)));
    return made;
}

static void show_board(struct tx *tx, instant_ms now, const struct warning *w)
{
    struct rows sum = tx_all(tx, Q_COVERAGE_SUM, p_int("warning", w->no));
    struct rows each = tx_all(tx, Q_COVERAGE, p_int("warning", w->no));
    json_t *board = json_pack("{s:o, s:I, s:s, s:s}", "warning", json_of_text(w->id), "number", (json_int_t) w->number,
                              "severity", choice_word(record_severity_words, (int) w->severity), "status",
                              choice_word(record_status_words, (int) w->status));
    json_t *sums = json_keep(tx_arena(tx), counted(&sum, 0));
    json_object_update(board, sums);
    json_t *villages = json_array();
    for (size_t i = 0; i < each.count; i++) {
        json_t *village = counted(&each, i);
        json_put_text(village, "village", row_text(&each, i, "village"));
        json_array_append_new(villages, village);
    }
    json_object_set_new(board, "villages", villages);
    json_put_text(board, "updated_at", instant_text(tx_arena(tx), now));
    show(tx, topic_of(tx_arena(tx), TOPIC_BOARD_WARNING, w->id), board);
    tx_run(tx, Q_BOARD_DONE, p_int("no", w->no));
}

int spread_board(struct tx *tx, instant_ms now, int most)
{
    struct rows due = tx_all(tx, Q_BOARD_DUE, p_instant("now", now), p_int("most", most));
    for (size_t i = 0; i < due.count; i++)
        show_board(tx, now, record_warning(tx, row_int(&due, i, "no", 0)));
    return (int) due.count;
}

int spread_forget(struct tx *tx, instant_ms now, int most)
{
    return (int) tx_run(tx, Q_ACTS_FORGET, p_instant("before", later(now, (span_ms){ -ACT_KEPT.ms })), p_int("most", most));
}

/* ---- the town ---- */

static void greet_village(struct tx *tx, instant_ms now, const struct village *v)
{
    tx_run(tx, Q_VILLAGE_PUT, p_text("code", v->code), p_text("edition", tx_edition(tx)));
    refresh_notice(tx, now, v->code);
}

static void greet_worker(struct tx *tx, instant_ms now, const struct worker *w)
{
    tx_run(tx, Q_WORKER_PUT, p_text("account", w->account), p_text("edition", tx_edition(tx)));
    screen_refresh(tx, now, screen_of(tx, w->account), 0);
}

/* Those whom only older editions have. */
static int see_off(struct tx *tx, instant_ms now, int most)
{
    struct rows villages = tx_all(tx, Q_VILLAGES_GONE, p_text("edition", tx_edition(tx)), p_int("most", most));
    for (size_t i = 0; i < villages.count; i++) {
        struct text code = row_text(&villages, i, "code");
        hide(tx, topic_of(tx_arena(tx), TOPIC_VILLAGE_NOTICE, code));
        tx_run(tx, Q_VILLAGE_DROP, p_text("code", code));
    }
    struct rows workers = tx_all(tx, Q_WORKERS_GONE, p_text("edition", tx_edition(tx)), p_int("most", most));
    for (size_t i = 0; i < workers.count; i++) {
        struct screen *s = screen_numbered(tx, row_int(&workers, i, "no", 0));
        tx_run(tx, Q_WORKER_GONE, p_int("no", s->who.no));
        s->gone = true;
        screen_refresh(tx, now, s, 0);
    }
    return (int) (villages.count + workers.count);
}

int spread_walk(struct tx *tx, instant_ms now, int most)
{
    enum { WALKED = -1 };
    const struct town *town = tx_town(tx);
    int64_t at = tx_int(tx, 0, Q_WALK, p_text("edition", tx_edition(tx)));
    if (at == WALKED)
        return 0;
    int64_t villages = (int64_t) town->village_count, all = villages + (int64_t) town->worker_count;
    int done = 0;
    for (; done < most && at < all; done++, at++) {
        if (at < villages)
            greet_village(tx, now, &town->villages[at]);
        else
            greet_worker(tx, now, &town->workers[at - villages]);
    }
    int left = at >= all && done < most ? see_off(tx, now, most - done) : 0;
    bool is_all = at >= all && done < most && left == 0;
    tx_run(tx, Q_WALK_PUT, p_text("edition", tx_edition(tx)), p_int("position", is_all ? WALKED : at));
    return done + left + is_all;
}

instant_ms spread_next(struct tx *tx)
{
    return tx_instant(tx, Q_NEXT, p_int("kept", ACT_KEPT.ms));
}
