/* warning.c - warnings to villages and grid workers: out to every phone, receipts back, until each is confirmed, escalated or over.
 * hears    requests warning-order query-warning; taps ok no reach; streams intake, router (only which leads exist, and which are
 *          sealed: an order may name the lead that caused it)
 * says     warning.issued warning.updated warning.cancelled warning.expired warning.shown warning.confirmed warning.refused
 *          warning.reached warning.escalated
 * owns     warning, coverage, worker, item, act, lead, walk, village (schema.sql beside this file); village/<v>/warning/<w>,
 *          village/<v>/notice, worker/<w>/text, todo, item, board/warning/<w>
 * promise  each worker addressed has the warning on the phone, confirms it or is escalated; an expired or cancelled warning is on
 *          no topic; a cancellation reaches exactly those on whose phone the original has been. The lead is never published.
 *
 * An order only writes the warning down. It goes out in slices of the clock (spread.c), so that ten thousand workers never make
 * one turn, and comes back the same way. An update keeps the number and the audience. It asks again of everybody, also of those who
 * had confirmed or refused, when the severity rises or the instruction changes; otherwise confirmations stand. */
#include "services/warning/audience.h"
#include "services/warning/draft.h"
#include "services/warning/screen.h"
#include "services/warning/spread.h"

#include "gen/warning_queries.h"

enum {
    CHORES_MAX = 256,          /* things of one turn: few flushes for ten thousand phones, and nobody waits long for a turn */
    RECEIPTS_MAX = 100,        /* workers in one answer (CONTRACT §2) */
    SPARED_AFTER_RESTORE = 100 /* warnings: nobody else keeps count of them yet */
};

static event_handler on_received, on_dispatched, on_moved;
static request_handler on_order, on_query;
static tap_handler on_ok, on_no, on_reach;
static time_handler on_time;
static void on_released(struct tx *tx, instant_ms now, int64_t events_lost, span_ms since_copy);

static const struct event_route events[] = { { EVENT_LEAD_RECEIVED, on_received, NULL },
                                             { EVENT_LEAD_DISPATCHED, on_dispatched, NULL },
                                             { EVENT_LEAD_MOVED, on_moved, NULL },
                                             EVENT_ROUTES_END };
static const struct request_route requests[] = { { REQUEST_WARNING_ORDER, on_order, ACCEPTS },
                                                 { REQUEST_QUERY_WARNING, on_query, ASKS },
                                                 REQUEST_ROUTES_END };
static const struct tap_route taps[] = {
    { TOPIC_WORKER_OK, on_ok }, { TOPIC_WORKER_NO, on_no }, { TOPIC_WORKER_REACH, on_reach }, TAP_ROUTES_END
};

static const struct service warning_service = { .name = SERVICE_WARNING,
                                                .schema = WARNING_SCHEMA,
                                                .queries = WARNING_QUERIES,
                                                .query_count = WARNING_QUERY_COUNT,
                                                .events = events,
                                                .requests = requests,
                                                .taps = taps,
                                                .on_time = on_time,
                                                .released = on_released };

int main(int argc, char **argv)
{
    return service_main(&warning_service, argc, argv);
}

/* ---- which leads there are ---- */

static enum verdict know_lead(struct tx *tx, const struct event *e, bool sealed)
{
    tx_run(tx, Q_LEAD_PUT, p_text("id", e->subject), p_int("sealed", sealed));
    return DONE;
}

static enum verdict on_received(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    return know_lead(tx, e, want_bool(e->in, "sealed", false));
}

static enum verdict on_dispatched(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    return know_lead(tx, e, want_bool(e->in, "sealed", false));
}

/* A lead that turned out to be against somebody is sealed from then on. */
static enum verdict on_moved(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    return know_lead(tx, e, text_is_c(json_text_at(e->data, "why"), "against"));
}

/* ---- orders ---- */

static bool is_director(struct tx *tx, const struct request *r)
{
    const struct person *p = town_person(tx_town(tx), text_of(r->who.name));
    return p && text_is_c(p->post, "director");
}

/* A sealed lead does not exist for anybody but the director. */
static void check_lead(struct tx *tx, const struct request *r, struct text lead)
{
    if (!lead.at)
        return;
    int64_t sealed = tx_int(tx, -1, Q_LEAD, p_text("id", lead));
    if (sealed < 0 || (sealed && !is_director(tx, r)))
        complain(r->in, CODE_NO_SUCH, "lead", "没有编号为“" TEXT_FMT "”的线索。", TEXT_ARG(lead));
}

static struct text unit_of(struct tx *tx, const struct request *r)
{
    const struct person *p = town_person(tx_town(tx), text_of(r->who.name));
    if (p && p->unit.len > 0)
        return p->unit;
    return r->who.kind == ACCOUNT_PUBLICITY ? TEXT("publicity") : tx_town(tx)->catch_all;
}

static json_t *villages_of(const struct audience *a)
{
    json_t *villages = json_array();
    for (size_t i = 0; a->on_villages && i < a->village_count; i++)
        json_array_append_new(villages, json_of_text(a->villages[i]->code));
    return villages;
}

static enum verdict answer_order(struct tx *tx, const struct request *r, const struct warning *w, const struct audience *a)
{
    return answer(tx, r,
                  json_pack("{s:o, s:I, s:o}", "warning", json_of_text(w->id), "workers", (json_int_t) w->workers, "villages",
                            villages_of(a)));
}

static json_t *facts_of(struct tx *tx, const struct warning *w, const struct audience *a)
{
    struct arena *arena = tx_arena(tx);
    return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:I}", "severity", choice_word(record_severity_words, (int) w->severity),
                     "status", choice_word(record_status_words, (int) w->status), "villages", villages_of(a), "workers",
                     (json_int_t) w->workers, "expires", json_of_text(instant_text(arena, w->expires)), "confirm_by",
                     json_of_text(instant_text(arena, w->confirm_by)), "number", (json_int_t) w->number);
}

static void write_down(struct tx *tx, instant_ms now, struct warning *w, const json_t *audience)
{
    int year = civil_of(now).year;
    w->number = tx_int(tx, 0, Q_NUMBER, p_int("year", year)) + 1;
    w->id = arena_printf(tx_arena(tx), "w-%d-%04lld", year, (long long) w->number);
    tx_run(tx, Q_WARNING_ADD, p_text("id", w->id), p_int("year", year), p_int("number", w->number), p_int("status", w->status),
           p_int("severity", w->severity), p_text("urgency", w->urgency), p_text("certainty", w->certainty),
           p_text("guise", w->guise), p_text("headline", w->headline), p_text("text", w->text),
           p_text("instruction", w->instruction), p_instant("effective", w->effective), p_instant("expires", w->expires),
           p_instant("confirm_by", w->confirm_by), p_json(tx, "audience", audience), p_text("edition", tx_edition(tx)),
           p_int("workers", w->workers), p_text("lead", w->lead), p_text("ordered_by", w->ordered_by),
           p_text("by_unit", w->by_unit), p_instant("now", now), p_int("stage", w->stage));
    w->no = tx_last_id(tx);
}

static enum verdict issue(struct tx *tx, instant_ms now, const struct request *r)
{
    struct draft d = draft_issue(tx_arena(tx), r->in, tx_town(tx), now);
    check_lead(tx, r, d.w.lead);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    struct warning *w = &d.w;
    w->stage = is_before(now, w->effective) ? STAGE_PLANNED : STAGE_SPREADING;
    w->workers = (int64_t) d.audience.worker_count;
    w->ordered_by = text_of(r->who.name);
    w->by_unit = unit_of(tx, r);
    write_down(tx, now, w, json_object_get(r->body, "audience"));
    for (size_t i = 0; i < d.audience.village_count; i++)
        tx_run(tx, Q_COVERAGE_ADD, p_int("warning", w->no), p_int("place", (int64_t) i),
               p_text("village", d.audience.villages[i]->code));
    say(tx, now, EVENT_WARNING_ISSUED, w->id, w->ordered_by, facts_of(tx, w, &d.audience));
    log_event("issued", "warning=%s severity=%d workers=%lld stage=%d", w->id.at, (int) w->severity, (long long) w->workers,
              (int) w->stage);
    return answer_order(tx, r, w, &d.audience);
}

/* Whom it went to, for answers and events about an earlier order. */
static struct audience addressed(struct tx *tx, const struct warning *w)
{
    return audience_of(tx_arena(tx), record_audience(tx, w), tx_town(tx));
}

/* The warning an order names; NULL and a complaint when there is none. */
static struct warning *named(struct tx *tx, const struct request *r)
{
    struct text id = draft_names(r->in);
    struct warning *w = id.len > 0 ? record_warning_named(tx, id) : NULL;
    if (!w && id.len > 0)
        complain(r->in, CODE_NO_SUCH, "warning", "没有编号为“" TEXT_FMT "”的预警。", TEXT_ARG(id));
    return w;
}

static enum verdict update(struct tx *tx, instant_ms now, const struct request *r)
{
    const struct warning *was = named(tx, r);
    const struct warning nothing = { .expires = NEVER, .confirm_by = NEVER, .status = PHONE_ACTUAL };
    const json_t *audience = json_object_get(r->body, "audience");
    bool same = !audience || !was || json_equal(audience, record_audience(tx, was));
    struct draft d = draft_update(r->in, tx_town(tx), now, was ? was : &nothing, same);
    check_lead(tx, r, want_id(r->in, "lead", LEAD_ID_BYTES_MAX));
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    struct warning *w = &d.w;
    w->revision++;
    w->ask += d.asks_again;
    w->worded_at = d.changes_words ? now : w->worded_at;
    tx_run(tx, Q_WARNING_CHANGE, p_int("no", w->no), p_int("status", w->status), p_int("severity", w->severity),
           p_text("urgency", w->urgency), p_text("certainty", w->certainty), p_text("guise", w->guise),
           p_text("headline", w->headline), p_text("text", w->text), p_text("instruction", w->instruction),
           p_instant("effective", w->effective), p_instant("expires", w->expires), p_instant("confirm_by", w->confirm_by),
           p_text("lead", w->lead), p_instant("worded_at", w->worded_at), p_int("revision", w->revision), p_int("ask", w->ask));
    if (w->stage != STAGE_PLANNED)
        record_stage(tx, w, STAGE_SPREADING, 0);
    struct audience a = addressed(tx, w);
    say(tx, now, EVENT_WARNING_UPDATED, w->id, text_of(r->who.name), facts_of(tx, w, &a));
    log_event("updated", "warning=%s revision=%lld ask=%lld", w->id.at, (long long) w->revision, (long long) w->ask);
    return answer_order(tx, r, w, &a);
}

static enum verdict cancel(struct tx *tx, instant_ms now, const struct request *r)
{
    struct warning *w = named(tx, r);
    struct draft d = draft_cancel(r->in);
    if (w && w->ended != ENDING_NONE)
        complain(r->in, CODE_NOT_NOW, "warning", "该预警已%s，无需再取消。", w->ended == ENDING_CANCELLED ? "取消" : "失效");
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    struct audience a = addressed(tx, w);
    spread_end(tx, now, w, ENDING_CANCELLED, d.w.reason, text_of(r->who.name));
    return answer_order(tx, r, w, &a);
}

static bool may_order(const struct request *r)
{
    return r->who.kind == ACCOUNT_OFFICE || r->who.kind == ACCOUNT_PUBLICITY;
}

static enum verdict on_order(struct tx *tx, instant_ms now, const struct request *r)
{
    static request_handler *const actions[] = { [DRAFT_ISSUE] = issue, [DRAFT_UPDATE] = update, [DRAFT_CANCEL] = cancel };
    enum draft_action action;
    if (!may_order(r))
        complain(r->in, CODE_NOT_YOURS, NULL, "预警只由办公室和政宣工作岗发布。");
    if (draft_action(r->in, r->body, &action))
        return actions[action](tx, now, r);
    is_sound(r->in);
    return refuse_for(tx, r, complaint_of(r->in));
}

/* ---- the query ---- */

static const char *state_word(const struct warning *w)
{
    if (w->ended != ENDING_NONE)
        return w->ended == ENDING_CANCELLED ? "cancelled" : "expired";
    return w->stage == STAGE_PLANNED ? "planned" : "active";
}

static void put_instant(struct tx *tx, json_t *into, const char *field, instant_ms at)
{
    if (!is_never(at))
        json_put_text(into, field, instant_text(tx_arena(tx), at));
}

static json_t *receipt_line(struct tx *tx, const struct rows *rows, size_t row)
{
    static const char *const instants[] = { "shown_at", "read_at", "relayed_at", "refused_at", "escalated_at" };
    json_t *line = json_pack("{s:o, s:o, s:s}", "worker", json_of_text(row_text(rows, row, "account")), "village",
                             json_of_text(row_text(rows, row, "village")), "state",
                             choice_word(record_item_words, (int) row_int(rows, row, "state", ITEM_OVER)));
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
        put_instant(tx, line, instants[i], row_instant(rows, row, instants[i]));
    if (row_int(rows, row, "reached", -1) >= 0)
        json_object_set_new(line, "reached", json_integer(row_int(rows, row, "reached", 0)));
    json_put_text(line, "method", row_text(rows, row, "method"));
    return line;
}

static json_t *coverage_of(struct tx *tx, const struct warning *w)
{
    static const char *const counts[] = { "workers", "shown", "read", "relayed", "refused", "reached", "escalated" };
    struct rows sum = tx_all(tx, Q_COVERAGE_SUM, p_int("warning", w->no));
    json_t *made = json_object();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(made, counts[i], json_integer(row_int(&sum, 0, counts[i], 0)));
    return made;
}

/* `workers` counts those addressed; `coverage.workers` those who were given it so far. */
static json_t *warning_details(struct tx *tx, const struct warning *w)
{
    json_t *made = record_view(tx, w);
    json_object_set_new(made, "number", json_integer(w->number));
    json_object_set_new(made, "state", json_string(state_word(w)));
    json_object_set_new(made, "workers", json_integer(w->workers));
    json_object_set_new(made, "coverage", coverage_of(tx, w));
    json_put_text(made, "reason", w->reason);
    put_instant(tx, made, "ended_at", w->ended_at);
    return made;
}

static enum verdict on_query(struct tx *tx, instant_ms now, const struct request *r)
{
    (void) now;
    const struct warning *w = named(tx, r);
    if (!may_order(r))
        complain(r->in, CODE_NO_SUCH, "warning", "没有这条预警。");
    struct text after = want_id(r->in, "after", ACCOUNT_BYTES_MAX);
    int64_t limit = want_int(r->in, "limit", 1, RECEIPTS_MAX, RECEIPTS_MAX);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    const struct screen *last = after.at ? screen_of(tx, after) : NULL;
    struct rows rows =
        tx_all(tx, Q_RECEIPTS, p_int("warning", w->no), p_int("after", last ? last->who.no : 0), p_int("most", limit + 1));
    json_t *fields = warning_details(tx, w), *receipts = json_array();
    for (size_t i = 0; i < rows.count && (int64_t) i < limit; i++)
        json_array_append_new(receipts, receipt_line(tx, &rows, i));
    json_object_set_new(fields, "receipts", receipts);
    if ((int64_t) rows.count > limit)
        json_put_text(fields, "next", row_text(&rows, (size_t) limit - 1, "account"));
    return answer(tx, r, fields);
}

/* ---- taps ---- */

/* The screen a tap came from; NULL for a worker nobody knows. An act of the web page is done here, and only a true tap is left. */
static struct screen *tapped(struct tx *tx, instant_ms now, const struct tap *t)
{
    struct screen *s = screen_of(tx, text_of(t->who.name));
    struct phone_act act;
    enum phone_payload kind = phone_read(tx_arena(tx), t->payload, &act);
    if (s && kind == PHONE_ACT)
        screen_act(tx, now, s, &act);
    if (!s || kind == PHONE_BROKEN)
        log_event("tap-ignored", "worker=%s why=%s", t->who.name, s ? "broken-act" : "unknown-worker");
    return kind == PHONE_TAP ? s : NULL;
}

static void on_ok(struct tx *tx, instant_ms now, const struct tap *t)
{
    struct screen *s = tapped(tx, now, t);
    if (s)
        screen_ok(tx, now, s);
}

static void on_no(struct tx *tx, instant_ms now, const struct tap *t)
{
    struct screen *s = tapped(tx, now, t);
    if (s)
        screen_no(tx, now, s);
}

static void on_reach(struct tx *tx, instant_ms now, const struct tap *t)
{
    struct screen *s = tapped(tx, now, t);
    if (s)
        screen_reach(tx, now, s, t->payload);
}

/* ---- time ---- */

/* Ends come before beginnings, and what concerns people before what concerns statistics. While the clock is doubted what was ordered
 * still goes out and what was cancelled still comes down; nothing begins, expires or is escalated. */
static instant_ms on_time(struct tx *tx, instant_ms now)
{
    static const struct {
        chore *run;
        bool is_timed;
    } chores[] = { { spread_begin, true }, { spread_expire, true }, { spread_wind, false },
                   { spread_due, true },   { spread_wake, true },   { spread_onward, false },
                   { spread_walk, false }, { spread_board, true },  { spread_forget, true } };
    bool is_doubted = is_held(tx);
    int left = CHORES_MAX;
    for (size_t i = 0; i < sizeof chores / sizeof *chores && left > 0; i++)
        left -= chores[i].is_timed && is_doubted ? 0 : chores[i].run(tx, now, left);
    if (left <= 0)
        return now;
    return is_doubted ? later(now, SPAN_MIN(1)) : spread_next(tx);
}

/* ---- a ledger put back ---- */

/* A phone that shows 【17】 must not be shown another 【17】; a town does not order one a minute. */
static void on_released(struct tx *tx, instant_ms now, int64_t events_lost, span_ms since_copy)
{
    int year = civil_of(now).year;
    int64_t spared = events_lost + since_copy.ms / SPAN_MIN(1).ms + SPARED_AFTER_RESTORE;
    tx_run(tx, Q_NUMBER_SPARE, p_int("year", year), p_int("number", tx_int(tx, 0, Q_NUMBER, p_int("year", year)) + spared));
}
