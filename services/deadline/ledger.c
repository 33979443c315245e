/* ledger.c - rows of the deadline ledger as structs, and back. See ledger.h. */
#include "ledger.h"
#include "services/runtime/mutant.h"
#include "yinling/topic.h"

#include "gen/deadline_queries.h"

#include <assert.h>
#include <inttypes.h>

bool ledger_lead(struct tx *tx, struct text lead, struct lead *ret)
{
    struct rows rows = tx_all(tx, Q_LEAD, p_text("lead", lead));
    if (rows.count == 0)
        return false;
    *ret = (struct lead){ .lead = row_text(&rows, 0, "lead"),
                          .unit = row_text(&rows, 0, "unit"),
                          .round = (int) row_int(&rows, 0, "round", 1),
                          .stage = (enum stage) row_int(&rows, 0, "stage", STAGE_IN_HAND),
                          .severity = (enum severity) row_int(&rows, 0, "severity", SEVERITY_MINOR),
                          .is_money_moving = row_int(&rows, 0, "is_money_moving", 0),
                          .is_sealed = row_int(&rows, 0, "is_sealed", 0),
                          .edition = row_text(&rows, 0, "edition") };
    return true;
}

void ledger_lead_put(struct tx *tx, const struct lead *lead, bool is_new)
{
    int64_t edition = tx_int(tx, 0, Q_EDITION, p_text("edition", lead->edition));
    if (edition == 0) {
        tx_run(tx, Q_EDITION_ADD, p_text("edition", lead->edition));
        edition = tx_last_id(tx);
    }
    tx_run(tx, is_new ? Q_LEAD_ADD : Q_LEAD_CHANGE, p_text("lead", lead->lead), p_text("unit", lead->unit),
           p_int("round", lead->round), p_int("stage", lead->stage), p_int("severity", lead->severity),
           p_int("is_money_moving", lead->is_money_moving), p_int("is_sealed", lead->is_sealed), p_int("edition", edition));
}

const struct town *ledger_town(struct tx *tx, const struct lead *lead)
{
    const struct town *town = town_of_edition(tx, lead->edition);
    return town ? town : tx_town(tx);
}

static struct clock clock_at(const struct rows *rows, size_t i)
{
    instant_ms hold = row_instant(rows, i, "hold");
    return (struct clock){
        .lead = row_text(rows, i, "lead"),
        .round = (int) row_int(rows, i, "round", 1),
        .kind = (enum clock_kind) row_int(rows, i, "clock", CLOCK_SIGN),
        .occurrence = (int) row_int(rows, i, "occurrence", 1),
        .unit = row_text(rows, i, "unit"),
        .is_money_moving = row_int(rows, i, "is_money_moving", 0),
        .state = (enum clock_state) row_int(rows, i, "state", CLOCK_RUNS),
        .started = row_instant(rows, i, "started"),
        .due = row_instant(rows, i, "due"),
        .first_due = row_instant(rows, i, "first_due"),
        .run = { row_instant(rows, i, "run_from"),
                 { (enum budget_unit) row_int(rows, i, "left_unit", BUDGET_MINUTES), row_int(rows, i, "left_amount", 0) },
                 row_int(rows, i, "extra_days", 0) },
        .whole = { row_int(rows, i, "whole", 0) },
        .position = (int) row_int(rows, i, "position", 0),
        .said = (int) row_int(rows, i, "said", 0),
        .hold = is_never(hold) ? (instant_ms){ 0 } : hold,
        .ended = row_instant(rows, i, "ended"),
        .next = row_instant(rows, i, "next"),
    };
}

static struct clocks clocks_of(struct tx *tx, struct rows rows)
{
    struct clocks clocks = { arena_take(tx_arena(tx), (rows.count + 1) * sizeof *clocks.at), rows.count };
    for (size_t i = 0; i < rows.count; i++)
        clocks.at[i] = clock_at(&rows, i);
    return clocks;
}

struct clocks ledger_clocks_open(struct tx *tx, struct text lead)
{
    return clocks_of(tx, tx_all(tx, Q_CLOCKS_OPEN, p_text("lead", lead)));
}

struct clocks ledger_clocks_all(struct tx *tx, struct text lead)
{
    return clocks_of(tx, tx_all(tx, Q_CLOCKS_OF_LEAD, p_text("lead", lead)));
}

struct clocks ledger_clocks_up(struct tx *tx, instant_ms until)
{
    return clocks_of(tx, tx_all(tx, Q_CLOCKS_UP, p_instant("until", until),
                                p_c("router", MUTANT(parked_judged) ? "" : SERVICE_ROUTER), p_int("at_most", TICK_STEPS_MAX)));
}

instant_ms ledger_next(struct tx *tx)
{
    return tx_instant(tx, Q_NEXT, NO_PARAMS);
}

#define CLOCK_CHANGING(c)                                                                                                      \
    p_text("lead", (c)->lead), p_int("round", (c)->round), p_int("clock", (c)->kind), p_int("occurrence", (c)->occurrence),    \
        p_int("state", (c)->state), p_instant("due", (c)->due), p_instant("run_from", (c)->run.from),                          \
        p_int("left_unit", (c)->run.left.unit), p_int("left_amount", (c)->run.left.amount),                                    \
        p_int("extra_days", (c)->run.extra_days), p_int("whole", (c)->whole.ms), p_int("position", (c)->position),             \
        p_int("said", (c)->said), p_instant("hold", (c)->hold.ms ? (c)->hold : NEVER), p_instant("ended", (c)->ended),         \
        p_instant("next", (c)->next), p_int("is_money_moving", (c)->is_money_moving)

int ledger_occurrence_next(struct tx *tx, const struct clock *c)
{
    return 1 + (int) tx_int(tx, 0, Q_CLOCK_LAST_OCCURRENCE, p_text("lead", c->lead), p_int("round", c->round),
                            p_int("clock", c->kind));
}

void ledger_clock_add(struct tx *tx, const struct clock *c)
{
    tx_run(tx, Q_CLOCK_ADD, CLOCK_CHANGING(c), p_text("unit", c->unit), p_instant("started", c->started),
           p_instant("first_due", c->first_due));
}

void ledger_clock_change(struct tx *tx, const struct clock *c, int was_occurrence)
{
    int64_t changed = tx_run(tx, Q_CLOCK_CHANGE, CLOCK_CHANGING(c), p_int("was_occurrence", was_occurrence));
    assert(changed == 1);
}

bool ledger_step_add(struct tx *tx, const struct clock *c, struct text step, instant_ms at, bool is_missed)
{
    return tx_try(tx, Q_STEP_ADD, p_text("lead", c->lead), p_int("round", c->round), p_int("clock", c->kind),
                  p_int("occurrence", c->occurrence), p_text("step", MUTANT(two_steps_one_key) ? TEXT("step") : step),
                  p_instant("at", at), p_int("is_missed", is_missed));
}

static struct text order_number(struct tx *tx, int64_t year, int64_t n)
{
    return arena_printf(tx_arena(tx), "d-%04" PRId64 "-%04" PRId64, year, n);
}

struct text ledger_order_add(struct tx *tx, const struct clock *c, instant_ms at, instant_ms due)
{
    int year = civil_of(at).year;
    int64_t n = tx_int(tx, 0, Q_SUPERVISION_LAST, p_int("year", year)) + 1;
    tx_run(tx, Q_SUPERVISION_ADD, p_int("year", year), p_int("n", n), p_text("lead", c->lead), p_int("round", c->round),
           p_int("clock", c->kind), p_int("occurrence", c->occurrence), p_text("unit", c->unit), p_instant("opened", at),
           p_instant("due", due));
    return order_number(tx, year, n);
}

void ledger_orders_spare(struct tx *tx, instant_ms now, int64_t count)
{
    int year = civil_of(now).year;
    tx_run(tx, Q_SUPERVISION_SPARE, p_int("year", year),
           p_int("n", tx_int(tx, 0, Q_SUPERVISION_LAST, p_int("year", year)) + count));
}

struct text ledger_order_number(struct tx *tx, const struct rows *rows, size_t row)
{
    return order_number(tx, row_int(rows, row, "year", 0), row_int(rows, row, "n", 0));
}

int64_t ledger_paused_days(struct tx *tx, const struct lead *lead, const struct calendar *calendar)
{
    struct rows rows = tx_all(tx, Q_PAUSES_OF_LEAD, p_text("lead", lead->lead));
    int64_t days = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (row_int(&rows, i, "round", 0) == lead->round)
            days += calendar_used(calendar, BUDGET_WORKING_DAYS, row_instant(&rows, i, "at"), row_instant(&rows, i, "until"));
    return days;
}

/* What tells whether any date may have changed. */
static struct text calendars_in_use(struct tx *tx)
{
    const struct town *today = tx_town(tx);
    struct text all = TEXT("");
    for (size_t i = 0; i < today->calendar_count; i++)
        all = arena_printf(tx_arena(tx), TEXT_FMT TEXT_FMT ":%s ", TEXT_ARG(all), TEXT_ARG(today->calendars[i].name),
                           today->calendars[i].edition);
    return all;
}

struct texts ledger_leads_to_correct(struct tx *tx, bool *ret_more)
{
    struct rows known = tx_all(tx, Q_CALENDARS, NO_PARAMS);
    struct text today = calendars_in_use(tx), after = known.count ? row_text(&known, 0, "after") : NO_TEXT;
    *ret_more = false;
    if (known.count == 0 || !text_is(row_text(&known, 0, "calendars"), today)) {
        after = known.count ? TEXT("") : NO_TEXT; /* the first clocks of a ledger are right from the start */
        tx_run(tx, Q_CALENDARS_PUT, p_text("calendars", today), p_text("after", after));
    }
    if (!after.at)
        return (struct texts){ NULL, 0 };
    struct rows rows = tx_all(tx, Q_LEADS_AFTER, p_text("after", after), p_int("at_most", TICK_STEPS_MAX));
    struct text *open = arena_take(tx_arena(tx), (rows.count + 1) * sizeof *open);
    size_t count = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (row_int(&rows, i, "stage", STAGE_CLOSED) != STAGE_CLOSED)
            open[count++] = row_text(&rows, i, "lead");
    *ret_more = rows.count == TICK_STEPS_MAX;
    tx_run(tx, Q_CALENDARS_AFTER_PUT, p_text("after", *ret_more ? row_text(&rows, rows.count - 1, "lead") : NO_TEXT));
    return (struct texts){ open, count };
}
