/* deadline.c - the deadline clock: says once, when a dispatched lead was not signed for, answered or closed in time.
 *
 * hears    stream router; request query-due
 * says     clock.started clock.warned clock.breached clock.met clock.missed clock.recomputed order.opened
 * shows    unit/<unit>/due/<lead>, unit/<unit>/order/<order>
 * owns     lead, clock, step, pause, extension, supervision (schema.sql beside this file)
 * promise  a step is said at or after its due instant, never before, once per clock, round and occurrence. Nothing is judged for an
 *          instant up to which the router has not been heard; an act exactly at the due instant is in time; a verdict is never taken
 *          back. A crash on any line below loses nothing and repeats nothing.
 *
 * The two tables below are all that may happen to a clock. One lead with its clocks is matter.c, the arithmetic rules.c, the words
 * sentences.c, the rows ledger.c. */
#include "yinling/service.h"

#include "explain.h"
#include "matter.h"
#include "services/runtime/mutant.h"
#include "gen/deadline_queries.h"

#include <assert.h>
#include <string.h>

#define ROUTER_SILENT_MAX SPAN_S(60) /* then somebody is told; the router's idle beat is one second */
#define SILENCE_LOOK SPAN_S(10)      /* how often we look whether it is back */
#define HELD_LOOK SPAN_MIN(1)        /* how often we look whether we were released */
#define BEHIND_LOOK SPAN_S(1)        /* a step is due and the router has not been heard that far */
#define SPARED_AFTER_RESTORE 1000    /* orders: two turns full of steps, shown and heard by no other service */
#define LEAD_MAX 24                  /* bytes of a lead's number */
#define UNIT_MAX 32                  /* bytes of a unit's code, or of a word */
#define ROUNDS_MAX 1000              /* of one lead */
#define EXTENSION_DAYS_MAX 60        /* of one event; the policy's own cap is the router's to keep */

/* What a clock may become: done - the act came; due - its instant passed first; moot - nobody waits for it any more. */
const struct step deadline_steps[] = {
    { CLOCK_NONE, "start", CLOCK_RUNS },
    { CLOCK_RUNS, "done", CLOCK_MET },
    { CLOCK_RUNS, "due", CLOCK_BREACHED },
    { CLOCK_RUNS, "moot", CLOCK_ENDED },
    { CLOCK_BREACHED, "done", CLOCK_LATE },
    { CLOCK_BREACHED, "moot", CLOCK_LATE },
    STEPS_END,
};

/* What happens to which clock when the router says something. Rows of an event are done in order; a clock that runs already is not
 * started again, one that does not run cannot be met. */
enum only { ALWAYS, UNMATCHED = 1, NAMED = 2, REPORTED_UP = 4, HANDED_OVER = 8, IN_HAND = 16, PROGRESS_UNWANTED = 32 };
static const struct act {
    enum event_type on;
    enum clock_kind clock;
    enum { STARTS, MEETS, ENDS } what;
    enum only only;
} acts[] = {
    { EVENT_LEAD_DISPATCHED, CLOCK_OVERALL, STARTS, ALWAYS },
    { EVENT_LEAD_DISPATCHED, CLOCK_TRIAGE, STARTS, UNMATCHED },
    { EVENT_LEAD_DISPATCHED, CLOCK_SIGN, STARTS, ALWAYS },
    { EVENT_LEAD_DISPATCHED, CLOCK_RETURN_WINDOW, STARTS, ALWAYS },
    { EVENT_LEAD_DISPATCHED, CLOCK_FIRST_ANSWER, STARTS, NAMED },
    { EVENT_LEAD_DISPATCHED, CLOCK_PROGRESS, STARTS, ALWAYS },
    { EVENT_LEAD_DISPATCHED, CLOCK_CLOSE, STARTS, ALWAYS },
    { EVENT_LEAD_DISPATCHED, CLOCK_REPORT_UP, STARTS, REPORTED_UP },
    { EVENT_LEAD_SIGNED, CLOCK_SIGN, MEETS, ALWAYS },
    { EVENT_LEAD_RETURN_ASKED, CLOCK_RETURN_WINDOW, MEETS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_TRIAGE, MEETS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_SIGN, ENDS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_RETURN_WINDOW, ENDS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_PROGRESS, ENDS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_CLOSE, ENDS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_VERIFY, ENDS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_SIGN, STARTS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_RETURN_WINDOW, STARTS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_PROGRESS, STARTS, ALWAYS },
    { EVENT_LEAD_MOVED, CLOCK_CLOSE, STARTS, ALWAYS },
    { EVENT_LEAD_PROGRESSED, CLOCK_PROGRESS, MEETS, ALWAYS },
    { EVENT_LEAD_PROGRESSED, CLOCK_PROGRESS, STARTS, IN_HAND },
    { EVENT_LEAD_PROGRESSED, CLOCK_CLOSE, MEETS, HANDED_OVER }, /* 移送: the unit is done but for the receipt */
    { EVENT_LEAD_SEVERITY_SET, CLOCK_PROGRESS, ENDS, PROGRESS_UNWANTED },
    { EVENT_LEAD_SEVERITY_SET, CLOCK_PROGRESS, STARTS, IN_HAND },
    { EVENT_LEAD_CONCLUDED, CLOCK_SIGN, MEETS, ALWAYS }, /* who answers has taken it */
    { EVENT_LEAD_CONCLUDED, CLOCK_RETURN_WINDOW, ENDS, ALWAYS },
    { EVENT_LEAD_CONCLUDED, CLOCK_TRIAGE, ENDS, ALWAYS },
    { EVENT_LEAD_CONCLUDED, CLOCK_PROGRESS, MEETS, ALWAYS },
    { EVENT_LEAD_CONCLUDED, CLOCK_FIRST_ANSWER, MEETS, ALWAYS },
    { EVENT_LEAD_CONCLUDED, CLOCK_CLOSE, MEETS, ALWAYS },
    { EVENT_LEAD_CONCLUDED, CLOCK_VERIFY, STARTS, ALWAYS },
    { EVENT_LEAD_VERIFIED, CLOCK_VERIFY, MEETS, ALWAYS },
    { EVENT_LEAD_REOPENED, CLOCK_VERIFY, ENDS, ALWAYS },
    { EVENT_LEAD_REOPENED, CLOCK_OVERALL, STARTS, ALWAYS },
    { EVENT_LEAD_REOPENED, CLOCK_SIGN, STARTS, ALWAYS },
    { EVENT_LEAD_REOPENED, CLOCK_RETURN_WINDOW, STARTS, ALWAYS },
    { EVENT_LEAD_REOPENED, CLOCK_PROGRESS, STARTS, ALWAYS },
    { EVENT_LEAD_REOPENED, CLOCK_CLOSE, STARTS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_TRIAGE, ENDS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_SIGN, ENDS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_RETURN_WINDOW, ENDS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_PROGRESS, ENDS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_CLOSE, ENDS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_FIRST_ANSWER, MEETS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_VERIFY, MEETS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_REPORT_UP, MEETS, ALWAYS },
    { EVENT_LEAD_CLOSED, CLOCK_OVERALL, MEETS, ALWAYS },
};

static event_handler on_dispatched, on_act, on_moved, on_extension_asked, on_extended, on_paused, on_resumed, on_reopened;
static request_handler on_query_due;
static time_handler on_time_is_up;
static void on_released(struct tx *tx, instant_ms now, int64_t events_lost, span_ms since_copy);

static const struct event_route events[] = {
    { EVENT_LEAD_DISPATCHED, on_dispatched, NULL },
    { EVENT_LEAD_SIGNED, on_act, NULL },
    { EVENT_LEAD_RETURN_ASKED, on_act, NULL },
    { EVENT_LEAD_MOVED, on_moved, NULL },
    { EVENT_LEAD_PROGRESSED, on_act, NULL },
    { EVENT_LEAD_EXTENSION_ASKED, on_extension_asked, NULL },
    { EVENT_LEAD_EXTENDED, on_extended, NULL },
    { EVENT_LEAD_PAUSED, on_paused, NULL },
    { EVENT_LEAD_RESUMED, on_resumed, NULL },
    { EVENT_LEAD_SEVERITY_SET, on_act, NULL },
    { EVENT_LEAD_CONCLUDED, on_act, NULL },
    { EVENT_LEAD_VERIFIED, on_act, NULL },
    { EVENT_LEAD_REOPENED, on_reopened, NULL },
    { EVENT_LEAD_CLOSED, on_act, NULL },
    EVENT_ROUTES_END,
};
static const struct request_route requests[] = { { REQUEST_QUERY_DUE, on_query_due, ASKS }, REQUEST_ROUTES_END };

static const struct service deadline = { .name = SERVICE_DEADLINE,
                                         .schema = DEADLINE_SCHEMA,
                                         .queries = DEADLINE_QUERIES,
                                         .query_count = DEADLINE_QUERY_COUNT,
                                         .events = events,
                                         .requests = requests,
                                         .on_time = on_time_is_up,
                                         .released = on_released };

int main(int argc, char **argv)
{
    return service_main(&deadline, argc, argv);
}

/* ---- handlers, in the order of the routes */

static void act(struct matter *m, enum event_type on, unsigned facts)
{
    facts |= m->lead.stage == STAGE_IN_HAND ? IN_HAND : 0;
    facts |= rules_is_wanted(m->town, &m->lead, CLOCK_PROGRESS) ? 0 : PROGRESS_UNWANTED;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (acts[i].on != on || (acts[i].only & ~facts))
            continue;
        if (acts[i].what == STARTS)
            matter_start(m, acts[i].clock);
        else
            matter_finish(m, acts[i].clock, acts[i].what == MEETS ? "done" : "moot");
    }
}

/* A text of the event's data (field NULL: its subject) that will stand in a topic. */
static struct text need_part(const struct event *e, const char *field)
{
    struct text part = field ? need_id(e->in, field, UNIT_MAX) : e->subject;
    if (is_sound(e->in) && !topic_is_part(part))
        complain(e->in, CODE_OUT_OF_RANGE, field ? field : "subject", "“" TEXT_FMT "”不能作为主题的一段", TEXT_ARG(part));
    return part;
}

/* What a handler has read is sound and the lead is known; else *ret is what becomes of the event. */
static bool opened(struct matter *m, struct tx *tx, instant_ms now, const struct event *e, enum verdict *ret)
{
    if (!is_sound(e->in))
        *ret = park_for(tx, e, complaint_of(e->in));
    else if (!matter_of(m, tx, now, e->at, e->subject))
        *ret = park(tx, e, "线索“" TEXT_FMT "”没有派发记录，时限无从计算", TEXT_ARG(e->subject));
    else
        return true;
    return false;
}

static enum verdict settled(struct matter *m)
{
    matter_save(m);
    matter_show(m);
    return DONE;
}

/* What ends when a lead moves has ended, each clock on the ladder it has climbed so far. */
static void end_all_that_moves(struct matter *m)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (acts[i].on == EVENT_LEAD_MOVED && acts[i].what != STARTS)
            matter_finish(m, acts[i].clock, acts[i].what == MEETS ? "done" : "moot");
}

/* What an event tells of the urgency; one that does not tell changes nothing. */
static struct text want_urgency(const struct event *e)
{
    return want_id(e->in, "urgency", UNIT_MAX);
}

static void hear_urgency(struct matter *m, struct text urgency)
{
    if (urgency.at)
        matter_set_lane(m, text_is_c(urgency, "money-moving"));
}

/* A router that was put back may dispatch a lead once more, to another unit or with another urgency: then all begins anew. */
static enum verdict on_dispatched(struct tx *tx, instant_ms now, const struct event *e)
{
    struct matter m = { .tx = tx, .now = now, .at = e->at };
    bool is_known = ledger_lead(tx, e->subject, &m.lead);
    struct text had = m.lead.unit;
    struct text urgency = want_urgency(e);
    m.lead.lead = need_part(e, NULL);
    m.lead.edition = e->edition.at ? e->edition : tx_edition(tx);
    m.lead.stage = STAGE_IN_HAND;
    m.lead.unit = need_part(e, "unit");
    m.lead.round = (int) need_int(e->in, "round", 1, ROUNDS_MAX);
    m.lead.severity = (enum severity) need_choice(e->in, "severity", severity_words);
    m.lead.is_sealed = want_bool(e->in, "sealed", false);
    m.report_by = want_day(e->in, "report_by", -1);
    unsigned facts = (want_bool(e->in, "unmatched", false) ? UNMATCHED : 0) | (want_bool(e->in, "named", false) ? NAMED : 0) |
                     (m.report_by >= 0 ? REPORTED_UP : 0);
    if (!is_sound(e->in))
        return park_for(tx, e, complaint_of(e->in));
    m.is_new = !is_known;
    matter_begin(&m);
    bool is_other_lane = urgency.at && text_is_c(urgency, "money-moving") != m.lead.is_money_moving;
    if (is_known && (!text_is(had, m.lead.unit) || is_other_lane)) {
        matter_hide(&m, had);
        end_all_that_moves(&m);
    }
    hear_urgency(&m, urgency);
    act(&m, EVENT_LEAD_DISPATCHED, facts);
    return settled(&m);
}

/* Everything that only starts and stops clocks. */
static enum verdict on_act(struct tx *tx, instant_ms now, const struct event *e)
{
    struct matter m;
    enum verdict trouble;
    int severity = want_choice(e->in, "severity", severity_words, -1);
    unsigned facts = has_field(e->in, "awaiting") ? HANDED_OVER : 0;
    struct text urgency = want_urgency(e);
    if (!opened(&m, tx, now, e, &trouble))
        return trouble;
    if (e->type == EVENT_LEAD_SEVERITY_SET && severity >= 0)
        m.lead.severity = (enum severity) severity;
    hear_urgency(&m, urgency);
    if (e->type == EVENT_LEAD_CONCLUDED)
        m.lead.stage = STAGE_CONCLUDED;
    if (e->type == EVENT_LEAD_CLOSED)
        m.lead.stage = STAGE_CLOSED;
    act(&m, e->type, facts);
    return settled(&m);
}

/* A new owner has new clocks, bounded by what is left of `overall`; what was late stays with the unit that had it. */
static enum verdict on_moved(struct tx *tx, instant_ms now, const struct event *e)
{
    struct matter m;
    enum verdict trouble;
    struct text from = need_part(e, "from"), to = need_part(e, "to");
    enum severity severity = (enum severity) need_choice(e->in, "severity", severity_words);
    struct text urgency = want_urgency(e);
    int is_sealed = has_field(e->in, "sealed") ? want_bool(e->in, "sealed", false) : -1;
    if (!opened(&m, tx, now, e, &trouble))
        return trouble;
    m.lead.severity = severity;
    m.lead.is_sealed = is_sealed < 0 ? m.lead.is_sealed : is_sealed;
    matter_hide(&m, from);
    bool is_sealing = text_is_c(json_text_at(e->data, "why"), "against"); /* begins anew, whoever has it */
    if (text_is(from, to) && !is_sealing) { /* confirmed where it is, by the office or by its facts */
        matter_finish(&m, CLOCK_TRIAGE, "done");
        hear_urgency(&m, urgency);
        act(&m, EVENT_LEAD_SEVERITY_SET, 0);
        return settled(&m);
    }
    m.lead.unit = to;
    m.lead.stage = STAGE_IN_HAND;
    end_all_that_moves(&m);
    hear_urgency(&m, urgency);
    act(&m, e->type, 0);
    return settled(&m);
}

/* Asked strictly before due: until it is decided, at most as long as the policy says, nobody is punished. */
static enum verdict on_extension_asked(struct tx *tx, instant_ms now, const struct event *e)
{
    struct matter m;
    enum verdict trouble;
    if (!opened(&m, tx, now, e, &trouble))
        return trouble;
    struct clock *c = matter_clock(&m, CLOCK_CLOSE);
    if (!c)
        return DONE;
    matter_catch_up(&m, c);
    struct clock was = *c;
    struct measure measure = matter_measure(&m, c);
    rules_hold(&measure, c, m.at);
    matter_changed(&m, c, &was, "");
    return DONE;
}

static enum verdict on_extended(struct tx *tx, instant_ms now, const struct event *e)
{
    struct matter m;
    enum verdict trouble;
    int64_t days = want_int(e->in, "days", 0, EXTENSION_DAYS_MAX, 0);
    bool is_granted = want_bool(e->in, "grant", true) && days > 0;
    if (!opened(&m, tx, now, e, &trouble))
        return trouble;
    struct clock *c = matter_clock(&m, CLOCK_CLOSE);
    if (!c)
        return DONE;
    matter_catch_up(&m, c);
    struct clock was = *c;
    struct measure measure = matter_measure(&m, c);
    if (c->state != CLOCK_RUNS || !is_granted)
        rules_unhold(&measure, c, m.at); /* refused, or too late: a verdict stands */
    else {
        rules_extend(&measure, c, m.at, days);
        tx_run(tx, Q_EXTENSION_ADD, p_text("lead", m.lead.lead), p_instant("at", m.at), p_int("round", m.lead.round),
               p_int("clock", c->kind), p_int("days", days), p_instant("was", was.due), p_instant("due", c->due));
    }
    matter_changed(&m, c, &was, "延期");
    matter_show(&m);
    return DONE;
}

static enum verdict on_paused(struct tx *tx, instant_ms now, const struct event *e)
{
    struct matter m;
    enum verdict trouble;
    struct text reason = need_id(e->in, "reason_code", UNIT_MAX);
    int64_t day = want_day(e->in, "until", -1);
    instant_ms until = day < 0 ? NEVER : start_of_day(day), end = e->at;
    if (!opened(&m, tx, now, e, &trouble))
        return trouble;
    tx_run(tx, Q_PAUSE_END, p_text("lead", m.lead.lead), p_instant("at", m.at));
    for (size_t i = 0; i < m.open_count; i++) {
        struct clock *c = &m.open[i];
        struct measure measure = matter_measure(&m, c);
        if (!measure.rule->pauses)
            continue;
        matter_catch_up(&m, c);
        struct clock was = *c;
        end = rules_pause_end(&measure, m.at, until, ledger_paused_days(tx, &m.lead, measure.calendar));
        if (c->state == CLOCK_RUNS)
            rules_pause(&measure, c, m.at, end);
        matter_changed(&m, c, &was, "中止");
    }
    if (is_before(m.at, end))
        tx_run(tx, Q_PAUSE_ADD, p_text("lead", m.lead.lead), p_instant("at", m.at), p_int("round", m.lead.round),
               p_instant("until", end), p_text("reason", reason));
    matter_show(&m);
    return DONE;
}

static enum verdict on_resumed(struct tx *tx, instant_ms now, const struct event *e)
{
    struct matter m;
    enum verdict trouble;
    if (!opened(&m, tx, now, e, &trouble))
        return trouble;
    tx_run(tx, Q_PAUSE_END, p_text("lead", m.lead.lead), p_instant("at", m.at));
    for (size_t i = 0; i < m.open_count; i++) {
        struct clock *c = &m.open[i], was = *c;
        struct measure measure = matter_measure(&m, c);
        if (c->state != CLOCK_RUNS || !rules_is_paused(c, m.at))
            continue;
        rules_resume(&measure, c, m.at);
        matter_changed(&m, c, &was, "恢复");
    }
    matter_show(&m);
    return DONE;
}

/* A new round is pinned to the edition in which it began; verdicts of the earlier ones stand. */
static enum verdict on_reopened(struct tx *tx, instant_ms now, const struct event *e)
{
    struct matter m;
    enum verdict trouble;
    int64_t round = need_int(e->in, "round", 1, ROUNDS_MAX);
    struct text unit = need_part(e, "unit");
    if (!opened(&m, tx, now, e, &trouble))
        return trouble;
    matter_hide(&m, m.lead.unit);
    m.lead.round = (int) round;
    m.lead.unit = unit;
    m.lead.stage = STAGE_IN_HAND;
    m.lead.edition = e->edition.at ? e->edition : tx_edition(tx);
    matter_begin(&m);
    act(&m, e->type, 0);
    return settled(&m);
}

/* The accountable unit's staff and the office; a sealed lead only its director. */
static bool may_see(struct tx *tx, const struct account *who, const struct lead *lead)
{
    const struct person *person = town_person(tx_town(tx), text_of(who->name));
    if (who->kind == ACCOUNT_OFFICE)
        return !lead->is_sealed || (person && text_is_c(person->post, "director"));
    return who->kind == ACCOUNT_STAFF && !lead->is_sealed && text_is_c(lead->unit, who->scope);
}

static enum verdict on_query_due(struct tx *tx, instant_ms now, const struct request *r)
{
    struct lead lead;
    struct text id = need_id(r->in, "lead", LEAD_MAX);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    if (!ledger_lead(tx, id, &lead) || !may_see(tx, &r->who, &lead))
        return refuse(tx, r, CODE_NO_SUCH, "lead", "没有线索“" TEXT_FMT "”，或您无权查看。", TEXT_ARG(id));
    struct writer fields = writer_begin(tx_arena(tx));
    write_text(&fields, "lead", id);
    explain_clocks(tx, now, &lead, &fields);
    return answer_json(tx, r, writer_end(&fields));
}

/* ---- time */

/* Up to when we know all the router did. A silent router is somebody's alarm and nobody's verdict. */
static instant_ms router_known(struct tx *tx, instant_ms now)
{
    instant_ms known = heard(tx, SERVICE_ROUTER), since = known;
    if (known.ms == 0) {
        tx_run(tx, Q_SILENCE_BEGINS, p_instant("now", now));
        since = tx_instant(tx, Q_SILENCE, NO_PARAMS);
    } else
        tx_run(tx, Q_SILENCE_ENDS, NO_PARAMS);
    if (between(since, now).ms >= ROUTER_SILENT_MAX.ms)
        alarm_raise(tx, now, "router-silent", "yinling status",
                    "已有%d秒以上未收到派单服务（router）的消息，期限判定暂停，不作任何超时认定。",
                    (int) (ROUTER_SILENT_MAX.ms / 1000));
    else
        alarm_clear(tx, "router-silent");
    return known;
}

static void tick_one(struct matter *m, instant_ms until, const struct clock *up)
{
    for (size_t i = 0; i < m->open_count; i++)
        if (m->open[i].kind == up->kind && m->open[i].round == up->round && m->open[i].occurrence == up->occurrence)
            matter_steps(m, &m->open[i], until);
}

/* All clocks of the lead whose first one is up[first]: its card is shown once. */
static void tick(struct tx *tx, instant_ms now, instant_ms until, const struct clocks *up, size_t first)
{
    struct matter m;
    struct text lead = up->at[first].lead;
    for (size_t i = 0; i < first; i++)
        if (text_is(up->at[i].lead, lead))
            return;
    bool is_known = matter_of(&m, tx, now, now, lead);
    assert(is_known);
    for (size_t i = first; i < up->count; i++)
        if (text_is(up->at[i].lead, lead))
            tick_one(&m, until, &up->at[i]);
    matter_show(&m);
}

/* When there is something to do again, nothing arriving before. A step is due only after its instant, hence the millisecond. */
static instant_ms next_call(struct tx *tx, instant_ms now, instant_ms known)
{
    instant_ms silence = later(known, ROUTER_SILENT_MAX), next = later(ledger_next(tx), (span_ms){ 1 });
    if (!is_before(now, silence))
        silence = later(now, SILENCE_LOOK);
    if (!is_before(now, next))
        next = later(now, BEHIND_LOOK);
    return earliest(next, silence);
}

/* A new list of holidays corrects every open clock by itself, some leads in each call. True: there are more. */
static bool correct_calendars(struct tx *tx, instant_ms now)
{
    bool more;
    struct texts leads = ledger_leads_to_correct(tx, &more);
    for (size_t i = 0; i < leads.count; i++) {
        struct matter m;
        if (matter_of(&m, tx, now, now, leads.at[i]))
            matter_correct(&m);
    }
    return more;
}

static instant_ms on_time_is_up(struct tx *tx, instant_ms now)
{
    instant_ms known = router_known(tx, now), until = later(earliest(now, known), SPAN_HOURS(MUTANT(step_early)));
    if (is_held(tx))
        return later(now, HELD_LOOK);
    if (correct_calendars(tx, now)) /* dates first, steps after */
        return now;
    struct clocks up = ledger_clocks_up(tx, until);
    for (size_t i = 0; i < up.count; i++)
        tick(tx, now, until, &up, i);
    return up.count == TICK_STEPS_MAX ? now : next_call(tx, now, known);
}

/* ---- a ledger put back */

/* Every order that anybody can have seen made an event, and there is not one a second. */
static void on_released(struct tx *tx, instant_ms now, int64_t events_lost, span_ms since_copy)
{
    ledger_orders_spare(tx, now, events_lost + since_copy.ms / SPAN_S(1).ms + SPARED_AFTER_RESTORE);
}
