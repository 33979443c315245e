/* explain.c - the answer to query-due. See explain.h. */
#include "explain.h"

#include "cards.h"
#include "gen/deadline_queries.h"

/* What happened to the clocks of a lead, each kind of thing read once. */
struct history {
    struct tx *tx;
    struct rows pauses, extensions, steps;
};

static json_t *instant_of(const struct history *h, const struct rows *rows, size_t i, const char *column)
{
    return cards_instant(tx_arena(h->tx), row_instant(rows, i, column));
}

static bool is_of(const struct rows *rows, size_t i, const struct clock *c)
{
    return row_int(rows, i, "round", 0) == c->round && row_int(rows, i, "clock", 0) == (int64_t) c->kind;
}

static json_t *pauses_of(const struct history *h, const struct clock *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < h->pauses.count; i++)
        if (row_int(&h->pauses, i, "round", 0) == c->round)
            json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "from", instant_of(h, &h->pauses, i, "at"), "until",
                                                  instant_of(h, &h->pauses, i, "until"), "reason_code",
                                                  json_of_text(row_text(&h->pauses, i, "reason"))));
    return list;
}

static json_t *extensions_of(const struct history *h, const struct clock *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < h->extensions.count; i++)
        if (is_of(&h->extensions, i, c))
            json_array_append_new(list, json_pack("{s:o, s:I, s:o, s:o}", "at", instant_of(h, &h->extensions, i, "at"), "days",
                                                  (json_int_t) row_int(&h->extensions, i, "days", 0), "was",
                                                  instant_of(h, &h->extensions, i, "was"), "due",
                                                  instant_of(h, &h->extensions, i, "due")));
    return list;
}

/* Of this occurrence: what was said before an extension is in the history. */
static json_t *steps_of(const struct history *h, const struct clock *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < h->steps.count; i++)
        if (is_of(&h->steps, i, c) && row_int(&h->steps, i, "occurrence", 0) == c->occurrence)
            json_array_append_new(list, json_pack("{s:o, s:o, s:b}", "step", json_of_text(row_text(&h->steps, i, "step")), "at",
                                                  instant_of(h, &h->steps, i, "at"), "missed",
                                                  (int) row_int(&h->steps, i, "is_missed", 0)));
    return list;
}

json_t *explain_clocks(struct tx *tx, instant_ms now, const struct lead *lead)
{
    const struct town *town = ledger_town(tx, lead);
    struct clocks clocks = ledger_clocks_all(tx, lead->lead);
    struct history h = { tx, tx_all(tx, Q_PAUSES_OF_LEAD, p_text("lead", lead->lead)),
                         tx_all(tx, Q_EXTENSIONS_OF_LEAD, p_text("lead", lead->lead)),
                         tx_all(tx, Q_STEPS_OF_LEAD, p_text("lead", lead->lead)) };
    json_t *list = json_array();
    for (size_t i = clocks.count > EXPLAINED_MAX ? clocks.count - EXPLAINED_MAX : 0; i < clocks.count; i++) {
        const struct clock *c = &clocks.at[i];
        struct measure measure = rules_measure(town, tx_town(tx), lead, c->kind, c->unit);
        json_t *one = cards_explained(tx_arena(tx), c, &measure, now);
        json_object_set_new(one, "policy_edition", json_of_text(lead->edition));
        if (measure.rule->pauses)
            json_object_set_new(one, "pauses", pauses_of(&h, c));
        json_object_set_new(one, "extensions", extensions_of(&h, c));
        json_object_set_new(one, "steps", steps_of(&h, c));
        json_array_append_new(list, one);
    }
    return list;
}
