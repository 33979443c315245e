/* explain.c - the answer to query-due. See explain.h. */
#include "explain.h"

#include "cards.h"
#include "gen/deadline_queries.h"

static bool is_of(const struct rows *rows, size_t i, const struct clock *c)
{
    return row_int(rows, i, "round", 0) == c->round && row_int(rows, i, "clock", 0) == (int64_t) c->kind;
}

static void write_pauses(struct writer *w, const struct rows *pauses, const struct clock *c)
{
    write_array(w, "pauses");
    for (size_t i = 0; i < pauses->count; i++) {
        if (row_int(pauses, i, "round", 0) != c->round)
            continue;
        write_object(w, NULL);
        write_instant_or_null(w, "from", row_instant(pauses, i, "at"));
        write_instant_or_null(w, "until", row_instant(pauses, i, "until"));
        write_text(w, "reason_code", row_text(pauses, i, "reason"));
        write_end(w);
    }
    write_end(w);
}

static void write_extensions(struct writer *w, const struct rows *extensions, const struct clock *c)
{
    write_array(w, "extensions");
    for (size_t i = 0; i < extensions->count; i++) {
        if (!is_of(extensions, i, c))
            continue;
        write_object(w, NULL);
        write_instant_or_null(w, "at", row_instant(extensions, i, "at"));
        write_int(w, "days", row_int(extensions, i, "days", 0));
        write_instant_or_null(w, "was", row_instant(extensions, i, "was"));
        write_instant_or_null(w, "due", row_instant(extensions, i, "due"));
        write_end(w);
    }
    write_end(w);
}

/* Of this occurrence: what was said before an extension is in the history. */
static void write_steps(struct writer *w, const struct rows *steps, const struct clock *c)
{
    write_array(w, "steps");
    for (size_t i = 0; i < steps->count; i++) {
        if (!is_of(steps, i, c) || row_int(steps, i, "occurrence", 0) != c->occurrence)
            continue;
        write_object(w, NULL);
        write_text(w, "step", row_text(steps, i, "step"));
        write_instant_or_null(w, "at", row_instant(steps, i, "at"));
        write_bool(w, "missed", row_int(steps, i, "is_missed", 0));
        write_end(w);
    }
    write_end(w);
}

void explain_clocks(struct tx *tx, instant_ms now, const struct lead *lead, struct writer *w)
{
    const struct town *town = ledger_town(tx, lead);
    struct clocks clocks = ledger_clocks_all(tx, lead->lead);
    struct rows pauses = tx_all(tx, Q_PAUSES_OF_LEAD, p_text("lead", lead->lead));
    struct rows extensions = tx_all(tx, Q_EXTENSIONS_OF_LEAD, p_text("lead", lead->lead));
    struct rows steps = tx_all(tx, Q_STEPS_OF_LEAD, p_text("lead", lead->lead));
    write_array(w, "clocks");
    for (size_t i = clocks.count > EXPLAINED_MAX ? clocks.count - EXPLAINED_MAX : 0; i < clocks.count; i++) {
        const struct clock *c = &clocks.at[i];
        struct measure measure = rules_measure(town, tx_town(tx), c);
        write_object(w, NULL);
        cards_explained(w, c, &measure, now);
        write_text(w, "policy_edition", lead->edition);
        if (measure.rule->pauses)
            write_pauses(w, &pauses, c);
        write_extensions(w, &extensions, c);
        write_steps(w, &steps, c);
        write_end(w);
    }
    write_end(w);
}
