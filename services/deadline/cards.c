/* cards.c - the JSON of deadlines. See cards.h. */
#include "cards.h"

json_t *cards_instant(struct arena *arena, instant_ms at)
{
    return is_never(at) ? json_null() : json_of_text(instant_text(arena, at));
}

json_t *cards_recipient(struct recipient to)
{
    json_t *json = json_pack("{s:s}", "post", choice_word(post_words, (int) to.post));
    if (to.account.len > 0)
        json_put_text(json, "account", to.account);
    if (to.stand_in.len > 0)
        json_put_text(json, "stand_in", to.stand_in);
    return json;
}

json_t *cards_budget(struct budget budget)
{
    bool is_in_ms = budget.unit == BUDGET_MINUTES || budget.unit == BUDGET_WORKING_MINUTES;
    return json_pack("{s:I, s:s}", "amount", (json_int_t) (is_in_ms ? budget.amount / 60000 : budget.amount), "unit",
                     choice_word(budget_unit_words, (int) budget.unit));
}

json_t *cards_event(const struct clock *c)
{
    return json_pack("{s:s, s:i, s:i, s:o}", "clock", choice_word(clock_words, (int) c->kind), "round", c->round, "occurrence",
                     c->occurrence, "unit", json_of_text(c->unit));
}

static json_t *clock_now(struct arena *arena, const struct clock *c, const struct measure *m, const struct town *today)
{
    const struct ladder_step *step = rules_step(m, c);
    json_t *json = json_pack("{s:s, s:o, s:s}", "clock", choice_word(clock_words, (int) c->kind), "due",
                             cards_instant(arena, c->due), "colour", choice_word(colour_words, (int) rules_colour(m, c)));
    if (step) {
        json_put_text(json, "step", step->step);
        json_object_set_new(json, "to", cards_recipient(sentence_recipient(today, c->unit, step->to)));
    }
    return json;
}

json_t *cards_due(struct arena *arena, const struct lead *lead, const struct clock *clocks, const struct measure *measures,
                  size_t count, const struct town *today, instant_ms now)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, clock_now(arena, &clocks[i], &measures[i], today));
    return json_pack("{s:o, s:o, s:o}", "lead", json_of_text(lead->lead), "clocks", list, "sentence",
                     json_of_text(sentence_card(arena, lead, clocks, measures, count, today, now)));
}

json_t *cards_order(struct arena *arena, const struct clock *c, const struct measure *m, struct text number, instant_ms limit,
                    instant_ms now, const struct town *today)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "order", json_of_text(number), "lead", json_of_text(c->lead),
                     "clock", choice_word(clock_words, (int) c->kind), "by", json_of_text(m->policy->order_by), "limit",
                     cards_instant(arena, limit), "to", cards_recipient(sentence_recipient(today, c->unit, POST_HEAD)),
                     "sentence", json_of_text(sentence_order(arena, c, m, number, limit, now)));
}

static const char *state_word(enum clock_state state)
{
    static const char *const words[] = { "", "running", "met", "breached", "late", "ended" };
    return words[state];
}

json_t *cards_explained(struct arena *arena, const struct clock *c, const struct measure *m, instant_ms now)
{
    json_t *json = cards_event(c);
    struct budget budget = c->round > 1 ? m->rule->redo : m->rule->budget;
    bool is_running = c->state == CLOCK_RUNS || c->state == CLOCK_BREACHED;
    json_t *more = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:i, s:o}", "state", state_word(c->state), "colour",
                             choice_word(colour_words, (int) (is_running ? rules_colour(m, c) : COLOUR_GREEN)), "started",
                             cards_instant(arena, c->started), "budget", cards_budget(budget), "due",
                             cards_instant(arena, c->due), "original_due", cards_instant(arena, c->first_due), "provisional",
                             calendar_is_provisional(m->calendar, c->run.left.unit, c->started, c->due), "outage_minutes", 0,
                             "sentence", json_of_text(sentence_explained(arena, c, m, now)));
    if (!is_never(c->ended))
        json_object_set_new(more, "ended", cards_instant(arena, c->ended));
    if (rules_is_paused(c, now) && is_running)
        json_object_set_new(more, "paused_until", cards_instant(arena, c->run.from));
    if (c->run.extra_days > 0)
        json_object_set_new(more, "extended_days", json_integer(c->run.extra_days));
    if (m->calendar)
        json_object_set_new(more, "calendar",
                            json_pack("{s:o, s:s}", "name", json_of_text(m->calendar->name), "edition", m->calendar->edition));
    json_object_update(json, more);
    json_decref(more);
    return json;
}
