/* cards.c - the JSON of deadlines. See cards.h. */
#include "cards.h"

void write_recipient(struct writer *w, const char *field, struct recipient to)
{
    write_object(w, field);
    write_c(w, "post", choice_word(post_words, (int) to.post));
    if (to.account.len > 0)
        write_text(w, "account", to.account);
    if (to.stand_in.len > 0)
        write_text(w, "stand_in", to.stand_in);
    write_end(w);
}

void write_budget(struct writer *w, const char *field, struct budget budget)
{
    bool is_in_ms = budget.unit == BUDGET_MINUTES || budget.unit == BUDGET_WORKING_MINUTES;
    write_object(w, field);
    write_int(w, "amount", is_in_ms ? budget.amount / 60000 : budget.amount);
    write_c(w, "unit", choice_word(budget_unit_words, (int) budget.unit));
    write_end(w);
}

void write_clock(struct writer *w, const struct clock *c)
{
    write_c(w, "clock", choice_word(clock_words, (int) c->kind));
    write_int(w, "round", c->round);
    write_int(w, "occurrence", c->occurrence);
    write_text(w, "unit", c->unit);
}

static void write_clock_now(struct writer *w, const struct clock *c, const struct measure *m, const struct town *today)
{
    const struct ladder_step *step = rules_step(m, c);
    write_object(w, NULL);
    write_c(w, "clock", choice_word(clock_words, (int) c->kind));
    write_instant_or_null(w, "due", c->due);
    write_c(w, "colour", choice_word(colour_words, (int) rules_colour(m, c)));
    if (step) {
        write_text(w, "step", step->step);
        write_recipient(w, "to", sentence_recipient(today, c->unit, step->to));
    }
    write_end(w);
}

struct text cards_due(struct arena *arena, const struct lead *lead, const struct clock *clocks, const struct measure *measures,
                      size_t count, const struct town *today, instant_ms now)
{
    struct writer w = writer_begin(arena);
    write_text(&w, "lead", lead->lead);
    write_array(&w, "clocks");
    for (size_t i = 0; i < count; i++)
        write_clock_now(&w, &clocks[i], &measures[i], today);
    write_end(&w);
    write_text(&w, "sentence", sentence_card(arena, lead, clocks, measures, count, today, now));
    return writer_end(&w);
}

struct text cards_order(struct arena *arena, const struct clock *c, const struct measure *m, struct text number,
                        instant_ms limit, instant_ms now, const struct town *today)
{
    struct writer w = writer_begin(arena);
    write_text(&w, "order", number);
    write_text(&w, "lead", c->lead);
    write_c(&w, "clock", choice_word(clock_words, (int) c->kind));
    write_text(&w, "by", m->policy->order_by);
    write_instant_or_null(&w, "limit", limit);
    write_recipient(&w, "to", sentence_recipient(today, c->unit, POST_HEAD));
    write_text(&w, "sentence", sentence_order(arena, c, m, number, limit, now));
    return writer_end(&w);
}

static const char *state_word(enum clock_state state)
{
    static const char *const words[] = { "", "running", "met", "breached", "late", "ended" };
    return words[state];
}

static void write_calendar(struct writer *w, const struct calendar *calendar)
{
    write_object(w, "calendar");
    write_text(w, "name", calendar->name);
    write_c(w, "edition", calendar->edition);
    write_end(w);
}

void cards_explained(struct writer *w, const struct clock *c, const struct measure *m, instant_ms now)
{
    bool is_running = c->state == CLOCK_RUNS || c->state == CLOCK_BREACHED;
    write_clock(w, c);
    write_c(w, "state", state_word(c->state));
    write_c(w, "colour", choice_word(colour_words, (int) (is_running ? rules_colour(m, c) : COLOUR_GREEN)));
    write_instant_or_null(w, "started", c->started);
    write_budget(w, "budget", c->round > 1 ? m->rule->redo : m->rule->budget);
    write_instant_or_null(w, "due", c->due);
    write_instant_or_null(w, "original_due", c->first_due);
    write_bool(w, "provisional", calendar_is_provisional(m->calendar, c->run.left.unit, c->started, c->due));
    write_int(w, "outage_minutes", 0);
    write_text(w, "sentence", sentence_explained(w->arena, c, m, now));
    write_instant(w, "ended", c->ended);
    if (rules_is_paused(c, now) && is_running)
        write_instant(w, "paused_until", c->run.from);
    if (c->run.extra_days > 0)
        write_int(w, "extended_days", c->run.extra_days);
    if (m->calendar)
        write_calendar(w, m->calendar);
}
