/* matter.c - one lead with its open clocks. See matter.h. */
#include "matter.h"
#include "services/runtime/mutant.h"

#include "cards.h"
#include "gen/deadline_queries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The only place where a clock changes its state. False: that may not follow, and nothing happened. */
static bool become(const struct matter *m, struct clock *c, const char *event)
{
    int to;
    if (!step_of(deadline_steps, (int) c->state, event, &to))
        return false;
    log_event("clock", "lead=" TEXT_FMT " clock=%s round=%d occurrence=%d from=%d event=%s to=%d", TEXT_ARG(m->lead.lead),
              choice_word(clock_words, (int) c->kind), c->round, c->occurrence, (int) c->state, event, to);
    if (to == CLOCK_RUNS || to == CLOCK_BREACHED)
        c->state = (enum clock_state) to;
    else
        rules_end(c, (enum clock_state) to, m->at);
    return true;
}

static bool is_open(const struct clock *c)
{
    return c->state == CLOCK_RUNS || c->state == CLOCK_BREACHED;
}

/* An event of a clock: what more it tells is written between these two. */
static struct writer event_of_clock(const struct matter *m, const struct clock *c)
{
    struct writer data = writer_begin(tx_arena(m->tx));
    write_clock(&data, c);
    return data;
}

static void say_written(const struct matter *m, enum event_type type, struct writer *data)
{
    say_json(m->tx, m->now, type, m->lead.lead, NO_TEXT, writer_end(data));
}

void matter_begin(struct matter *m)
{
    m->town = ledger_town(m->tx, &m->lead);
    if (m->is_new)
        return;
    struct clocks open = ledger_clocks_open(m->tx, m->lead.lead);
    assert(open.count < OPEN_MAX - CLOCK_KIND_COUNT);
    m->open_count = open.count;
    memcpy(m->open, open.at, open.count * sizeof *open.at);
}

bool matter_of(struct matter *m, struct tx *tx, instant_ms now, instant_ms at, struct text lead)
{
    *m = (struct matter){ .tx = tx, .now = now, .at = at, .report_by = -1 };
    if (!ledger_lead(tx, lead, &m->lead))
        return false;
    m->lead_was = m->lead;
    matter_begin(m);
    return true;
}

struct clock *matter_clock(struct matter *m, enum clock_kind kind)
{
    for (size_t i = 0; i < m->open_count; i++)
        if (m->open[i].kind == kind && is_open(&m->open[i]))
            return &m->open[i];
    return NULL;
}

struct measure matter_measure(const struct matter *m, const struct clock *c)
{
    struct measure measure = rules_measure(m->town, tx_town(m->tx), c);
    for (size_t i = 0; i < m->open_count && c->kind != CLOCK_OVERALL; i++)
        if (m->open[i].kind == CLOCK_OVERALL && is_open(&m->open[i]))
            measure.cap = m->open[i].due;
    return measure;
}

/* `in_place_of`: when the clock was due that this one replaces; NEVER: it replaces none. */
static void start(struct matter *m, enum clock_kind kind, instant_ms in_place_of)
{
    if (matter_clock(m, kind) || !rules_is_wanted(m->town, &m->lead, kind) || m->open_count == OPEN_MAX)
        return;
    struct clock *c = &m->open[m->open_count++];
    *c = (struct clock){ .lead = m->lead.lead, .round = m->lead.round, .kind = kind };
    c->unit = rules_holder(m->town, &m->lead, kind);
    c->is_money_moving = m->lead.is_money_moving;
    c->occurrence = m->is_new ? 1 : ledger_occurrence_next(m->tx, c);
    struct measure measure = matter_measure(m, c);
    become(m, c, "start");
    rules_start(&measure, c, m->at, m->report_by);
    rules_bound(&measure, c, in_place_of);
    ledger_clock_add(m->tx, c);
    struct writer data = event_of_clock(m, c);
    write_instant_or_null(&data, "due", c->due);
    write_budget(&data, "budget", c->round > 1 ? measure.rule->redo : measure.rule->budget);
    say_written(m, EVENT_CLOCK_STARTED, &data);
}

void matter_start(struct matter *m, enum clock_kind kind)
{
    start(m, kind, NEVER);
}

/* The office signs the draft within policy->order_sign, then the unit has policy->order_limit. */
static void open_order(const struct matter *m, const struct clock *c, const struct measure *measure)
{
    const struct calendar *calendar = calendar_find(tx_town(m->tx), tx_town(m->tx)->policy->office_calendar);
    instant_ms limit =
        calendar_extended(calendar, measure->policy->order_limit, calendar_due(calendar, measure->policy->order_sign, m->now));
    struct text number = ledger_order_add(m->tx, c, m->now, limit);
    struct arena *arena = tx_arena(m->tx);
    struct writer data = event_of_clock(m, c);
    write_text(&data, "order", number);
    write_text(&data, "by", measure->policy->order_by);
    write_instant_or_null(&data, "limit", limit);
    write_recipient(&data, "to", sentence_recipient(tx_town(m->tx), c->unit, POST_HEAD));
    say_written(m, EVENT_ORDER_OPENED, &data);
    if (!m->lead.is_sealed)
        show_json(m->tx, topic_of(arena, TOPIC_UNIT_ORDER, c->unit, number),
                  cards_order(arena, c, measure, number, limit, m->now, tx_town(m->tx)));
}

static void say_step(struct matter *m, struct clock *c, const struct measure *measure, const struct ladder_step *s,
                     bool is_shown)
{
    if (!ledger_step_add(m->tx, c, s->step, m->now, !is_shown && !rules_is_verdict(s)))
        return;
    struct writer data = event_of_clock(m, c);
    if (rules_is_verdict(s)) {
        become(m, c, "due");
        write_instant_or_null(&data, "due", c->due);
        write_text(&data, "step", s->step);
        say_written(m, EVENT_CLOCK_BREACHED, &data);
    } else {
        write_text(&data, "step", s->step);
        if (is_shown) {
            write_c(&data, "colour", choice_word(colour_words, (int) s->colour));
            write_recipient(&data, "to", sentence_recipient(tx_town(m->tx), c->unit, s->to));
        }
        say_written(m, is_shown ? EVENT_CLOCK_WARNED : EVENT_CLOCK_MISSED, &data);
    }
    if (s->opens_order && is_shown)
        open_order(m, c, measure);
}

/* The steps that passed before `until` and were never said. When they are shown, the highest one is, and any order among them. */
static void take_steps(struct matter *m, struct clock *c, instant_ms until, bool are_shown)
{
    struct measure measure = matter_measure(m, c);
    for (int i = rules_take(&measure, c, until); i < c->position; i++) {
        const struct ladder_step *s = &measure.rule->ladder->steps[i];
        if (MUTANT(step_skipped) && i < c->position - 1)
            continue;
        say_step(m, c, &measure, s, are_shown && (i == c->position - 1 || s->opens_order));
    }
}

void matter_steps(struct matter *m, struct clock *c, instant_ms until)
{
    take_steps(m, c, until, true);
    ledger_clock_change(m->tx, c, c->occurrence);
}

void matter_catch_up(struct matter *m, struct clock *c)
{
    take_steps(m, c, m->at, false);
}

/* The verdict while an undecided request still holds the step that would say it. */
static void breach_held(struct matter *m, struct clock *c)
{
    struct measure measure = matter_measure(m, c);
    for (int i = 0; i < measure.rule->ladder->count; i++)
        if (rules_is_verdict(&measure.rule->ladder->steps[i]))
            say_step(m, c, &measure, &measure.rule->ladder->steps[i], false);
}

static void hide_orders(struct matter *m, const struct clock *c)
{
    struct rows orders = tx_all(m->tx, Q_SUPERVISIONS_OF_LEAD, p_text("lead", m->lead.lead));
    for (size_t i = 0; i < orders.count; i++)
        if (row_int(&orders, i, "round", 0) == c->round && row_int(&orders, i, "clock", 0) == (int64_t) c->kind &&
            row_int(&orders, i, "occurrence", 0) == c->occurrence)
            hide(m->tx, topic_of(tx_arena(m->tx), TOPIC_UNIT_ORDER, c->unit, ledger_order_number(m->tx, &orders, i)));
}

void matter_finish(struct matter *m, enum clock_kind kind, const char *word)
{
    struct clock *c = matter_clock(m, kind);
    if (!c)
        return;
    matter_catch_up(m, c);
    if (c->state == CLOCK_RUNS && (!rules_is_in_time(c, m->at) || MUTANT(signed_in_vain)))
        breach_held(m, c);
    if (!become(m, c, word))
        return;
    if (c->state == CLOCK_LATE)
        hide_orders(m, c);
    ledger_clock_change(m->tx, c, c->occurrence);
    if (c->state == CLOCK_MET) {
        struct writer data = event_of_clock(m, c);
        write_instant_or_null(&data, "due", c->due);
        write_instant_or_null(&data, "at", m->at);
        say_written(m, EVENT_CLOCK_MET, &data);
    }
}

static bool has_one_ladder(const struct matter *m, enum clock_kind kind)
{
    const struct policy *policy = m->town->policy;
    return policy_rule(policy, kind, true) == policy_rule(policy, kind, false);
}

static void change_lane(struct matter *m, struct clock *c)
{
    struct measure measure = matter_measure(m, c);
    bool repeats = measure.rule->repeats;
    instant_ms due = c->due;
    matter_catch_up(m, c); /* on the ladder it is on */
    bool is_late = c->state == CLOCK_BREACHED || !rules_is_in_time(c, m->at);
    if (has_one_ladder(m, c->kind) || MUTANT(ladder_kept)) {
        c->is_money_moving = m->lead.is_money_moving;
        measure = matter_measure(m, c);
        rules_change_lane(&measure, c, m->at);
    } else if (!is_late || repeats) {
        enum clock_kind kind = c->kind;
        matter_finish(m, kind, "moot");
        start(m, kind, is_late ? NEVER : due);
        return;
    }
    ledger_clock_change(m->tx, c, c->occurrence);
}

void matter_set_lane(struct matter *m, bool is_money_moving)
{
    if (m->lead.is_money_moving == is_money_moving)
        return;
    m->lead.is_money_moving = is_money_moving;
    for (int kind = CLOCK_KIND_COUNT - 1; kind > 0; kind--) { /* `overall` first because it bounds the others */
        struct clock *c = matter_clock(m, (enum clock_kind) kind);
        if (c && c->is_money_moving != is_money_moving)
            change_lane(m, c);
    }
}

void matter_correct(struct matter *m)
{
    bool is_changed = false;
    for (int overall_first = 1; overall_first >= 0; overall_first--)
        for (size_t i = 0; i < m->open_count; i++) {
            struct clock *c = &m->open[i], was = *c;
            if ((c->kind == CLOCK_OVERALL) != overall_first || c->state != CLOCK_RUNS)
                continue;
            struct measure measure = matter_measure(m, c);
            rules_recompute(&measure, c, m->now);
            if (c->due.ms == was.due.ms && c->next.ms == was.next.ms)
                continue;
            matter_changed(m, c, &was, c->run.from.ms == m->now.ms ? "日历更正，更正后的日期已过，顺延一个工作日" : "日历更正");
            is_changed = true;
        }
    if (is_changed)
        matter_show(m);
}

void matter_changed(struct matter *m, const struct clock *c, const struct clock *was, const char *why)
{
    ledger_clock_change(m->tx, c, was->occurrence);
    if (c->due.ms == was->due.ms)
        return;
    struct writer data = event_of_clock(m, c);
    write_instant_or_null(&data, "due", c->due);
    write_instant_or_null(&data, "was", was->due);
    write_c(&data, "why", why);
    say_written(m, EVENT_CLOCK_RECOMPUTED, &data);
}

void matter_save(struct matter *m)
{
    const struct lead *was = &m->lead_was, *is = &m->lead;
    if (!text_is(was->lead, is->lead) || !text_is(was->unit, is->unit) || !text_is(was->edition, is->edition) ||
        was->round != is->round || was->stage != is->stage || was->severity != is->severity ||
        was->is_money_moving != is->is_money_moving || was->is_sealed != is->is_sealed)
        ledger_lead_put(m->tx, is, m->is_new);
}

static struct topic card_topic(const struct matter *m, struct text unit)
{
    return topic_of(tx_arena(m->tx), TOPIC_UNIT_DUE, unit, m->lead.lead);
}

void matter_hide(struct matter *m, struct text unit)
{
    hide(m->tx, card_topic(m, unit));
}

static int by_due(const void *a, const void *b)
{
    const struct clock *one = a, *other = b;
    return one->due.ms != other->due.ms ? (one->due.ms > other->due.ms) - (one->due.ms < other->due.ms)
                                        : (int) one->kind - (int) other->kind;
}

/* A window that has lapsed is nobody's duty any more. */
static bool is_on_card(const struct clock *c)
{
    return is_open(c) && !(c->kind == CLOCK_RETURN_WINDOW && c->state == CLOCK_BREACHED);
}

void matter_show(struct matter *m)
{
    struct clock on_card[OPEN_MAX];
    struct measure measures[OPEN_MAX];
    size_t count = 0;
    for (size_t i = 0; i < m->open_count; i++)
        if (is_on_card(&m->open[i]))
            on_card[count++] = m->open[i];
    if (m->lead.is_sealed || m->lead.stage == STAGE_CLOSED) {
        matter_hide(m, m->lead.unit);
        return;
    }
    qsort(on_card, count, sizeof *on_card, by_due);
    for (size_t i = 0; i < count; i++)
        measures[i] = matter_measure(m, &on_card[i]);
    show_json(m->tx, card_topic(m, m->lead.unit),
              cards_due(tx_arena(m->tx), &m->lead, on_card, measures, count, tx_town(m->tx), m->now));
}
