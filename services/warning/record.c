/* record.c - the ledger of `warning` as C values. See record.h. */
#include "services/warning/record.h"

#include "gen/warning_queries.h"

#include <assert.h>

const struct choice record_status_words[] = {
    { "actual", PHONE_ACTUAL }, { "exercise", PHONE_EXERCISE }, { "test", PHONE_TEST }, { NULL, 0 }
};
const struct choice record_severity_words[] = { { "minor", SEVERITY_MINOR },
                                                { "moderate", SEVERITY_MODERATE },
                                                { "severe", SEVERITY_SEVERE },
                                                { "extreme", SEVERITY_EXTREME },
                                                { NULL, 0 } };
/* What CONTRACT calls the state of an item; `shown` is one that waits to be read. */
const struct choice record_item_words[] = { { "shown", ITEM_UNREAD },
                                            { "read", ITEM_READ },
                                            { "recalled", ITEM_RECALLED },
                                            { "done", ITEM_DONE },
                                            { "refused", ITEM_REFUSED },
                                            { "over", ITEM_OVER },
                                            { NULL, 0 } };

static struct warning *warning_of_row(struct tx *tx, const struct rows *rows)
{
    if (rows->count == 0)
        return NULL;
    struct warning *w = arena_take(tx_arena(tx), sizeof *w);
    bool *touched = arena_take(tx_arena(tx), sizeof *touched);
    *touched = !is_never(row_instant(rows, 0, "board_due"));
    *w = (struct warning){ .no = row_int(rows, 0, "no", 0),
                           .id = row_text(rows, 0, "id"),
                           .number = row_int(rows, 0, "number", 0),
                           .status = (enum phone_status) row_int(rows, 0, "status", 0),
                           .severity = (enum severity) row_int(rows, 0, "severity", 0),
                           .urgency = row_text(rows, 0, "urgency"),
                           .certainty = row_text(rows, 0, "certainty"),
                           .guise = row_text(rows, 0, "guise"),
                           .headline = row_text(rows, 0, "headline"),
                           .text = row_text(rows, 0, "text"),
                           .instruction = row_text(rows, 0, "instruction"),
                           .effective = row_instant(rows, 0, "effective"),
                           .expires = row_instant(rows, 0, "expires"),
                           .confirm_by = row_instant(rows, 0, "confirm_by"),
                           .edition = row_text(rows, 0, "edition"),
                           .lead = row_text(rows, 0, "lead"),
                           .ordered_by = row_text(rows, 0, "ordered_by"),
                           .by_unit = row_text(rows, 0, "by_unit"),
                           .workers = row_int(rows, 0, "workers", 0),
                           .issued_at = row_instant(rows, 0, "issued_at"),
                           .worded_at = row_instant(rows, 0, "worded_at"),
                           .revision = row_int(rows, 0, "revision", 0),
                           .ask = row_int(rows, 0, "ask", 0),
                           .stage = (enum stage) row_int(rows, 0, "stage", 0),
                           .position = row_int(rows, 0, "position", 0),
                           .ended = (enum ending) row_int(rows, 0, "ended", ENDING_NONE),
                           .ended_at = row_instant(rows, 0, "ended_at"),
                           .reason = row_text(rows, 0, "reason"),
                           .touched = touched };
    return w;
}

struct warning *record_warning(struct tx *tx, int64_t no)
{
    struct rows rows = tx_all(tx, Q_WARNING, p_int("no", no));
    return warning_of_row(tx, &rows);
}

struct warning *record_warning_named(struct tx *tx, struct text id)
{
    struct rows rows = tx_all(tx, Q_WARNING_NAMED, p_text("id", id));
    return warning_of_row(tx, &rows);
}

const json_t *record_audience(struct tx *tx, const struct warning *w)
{
    struct rows rows = tx_all(tx, Q_AUDIENCE, p_int("no", w->no));
    assert(rows.count == 1);
    return row_json(tx, &rows, 0, "audience");
}

void record_stage(struct tx *tx, struct warning *w, enum stage stage, int64_t position)
{
    if (w->stage != stage)
        log_event("stage", "warning=%s from=%d to=%d", w->id.at, (int) w->stage, (int) stage);
    w->stage = stage;
    w->position = position;
    tx_run(tx, Q_STAGE, p_int("no", w->no), p_int("stage", stage), p_int("position", position));
}

void record_touch(struct tx *tx, instant_ms now, const struct warning *w)
{
    if (*w->touched)
        return;
    *w->touched = true;
    tx_run(tx, Q_TOUCH, p_int("no", w->no), p_instant("due", later(now, tx_town(tx)->warnings->board_every)));
}

static struct item *item_of_row(struct tx *tx, const struct rows *rows)
{
    if (rows->count == 0)
        return NULL;
    struct item *i = arena_take(tx_arena(tx), sizeof *i);
    *i = (struct item){ .no = row_int(rows, 0, "no", 0),
                        .warning = row_int(rows, 0, "warning", 0),
                        .worker = row_int(rows, 0, "worker", 0),
                        .village = row_text(rows, 0, "village"),
                        .severity = (enum severity) row_int(rows, 0, "severity", 0),
                        .state = (enum item_state) row_int(rows, 0, "state", 0),
                        .ask = row_int(rows, 0, "ask", 0),
                        .revision = row_int(rows, 0, "revision", 0),
                        .shown_at = row_instant(rows, 0, "shown_at"),
                        .read_at = row_instant(rows, 0, "read_at"),
                        .relayed_at = row_instant(rows, 0, "relayed_at"),
                        .refused_at = row_instant(rows, 0, "refused_at"),
                        .refused_from = (enum item_state) row_int(rows, 0, "refused_from", 0),
                        .reached = row_int(rows, 0, "reached", -1),
                        .method = row_text(rows, 0, "method"),
                        .reminders = row_int(rows, 0, "reminders", 0),
                        .rungs = row_int(rows, 0, "rungs", 0),
                        .escalated_at = row_instant(rows, 0, "escalated_at"),
                        .remind_at = row_instant(rows, 0, "remind_at"),
                        .due_at = row_instant(rows, 0, "due_at") };
    return i;
}

struct item *record_item(struct tx *tx, int64_t no)
{
    struct rows rows = tx_all(tx, Q_ITEM, p_int("no", no));
    return item_of_row(tx, &rows);
}

struct item *record_item_of(struct tx *tx, const struct warning *w, int64_t worker)
{
    struct rows rows = tx_all(tx, Q_ITEM_OF, p_int("warning", w->no), p_int("worker", worker));
    return item_of_row(tx, &rows);
}

static struct param p_count(const char *name, int64_t count)
{
    return count < 0 ? p_text(name, NO_TEXT) : p_int(name, count);
}

void record_item_save(struct tx *tx, const struct item *i)
{
    tx_run(tx, Q_ITEM_SAVE, p_int("no", i->no), p_int("severity", i->severity), p_int("state", i->state), p_int("ask", i->ask),
           p_int("revision", i->revision), p_instant("shown_at", i->shown_at), p_instant("read_at", i->read_at),
           p_instant("relayed_at", i->relayed_at), p_instant("refused_at", i->refused_at),
           p_int("refused_from", i->refused_from), p_count("reached", i->reached), p_text("method", i->method),
           p_int("reminders", i->reminders), p_int("rungs", i->rungs), p_instant("escalated_at", i->escalated_at),
           p_instant("remind_at", i->remind_at), p_instant("due_at", i->due_at));
}

void record_cover(struct tx *tx, instant_ms now, const struct warning *w, struct text village, struct cover add)
{
    tx_run(tx, Q_COVER, p_int("warning", w->no), p_text("village", village), p_int("workers", add.workers),
           p_int("shown", add.shown), p_int("read", add.read), p_int("relayed", add.relayed), p_int("refused", add.refused),
           p_int("reached", add.reached), p_int("escalated", add.escalated));
    record_touch(tx, now, w);
}

json_t *record_view(struct tx *tx, const struct warning *w)
{
    struct arena *arena = tx_arena(tx);
    json_t *view = json_pack("{s:o, s:s, s:o}", "warning", json_of_text(w->id), "status",
                             choice_word(record_status_words, (int) w->status), "headline", json_of_text(w->headline));
    json_put_text(view, "text", w->text);
    json_put_text(view, "instruction", w->instruction);
    json_put_text(view, "guise", w->guise);
    json_object_set_new(view, "severity", json_string(choice_word(record_severity_words, (int) w->severity)));
    json_put_text(view, "urgency", w->urgency);
    json_put_text(view, "certainty", w->certainty);
    json_put_text(view, "effective", instant_text(arena, w->effective));
    json_put_text(view, "expires", instant_text(arena, w->expires));
    json_put_text(view, "confirm_by", instant_text(arena, w->confirm_by));
    json_put_text(view, "issued_at", instant_text(arena, w->issued_at));
    json_put_text(view, "by_unit", w->by_unit);
    json_object_set_new(view, "revision", json_integer(w->revision));
    return view;
}

struct text record_village_name(struct tx *tx, struct text code)
{
    const struct village *v = town_village(tx_town(tx), code);
    return v ? v->name : TEXT("");
}

struct phone_item record_phone_item(const struct warning *w, const struct item *i, struct text village_name)
{
    enum phone_stage stage = PHONE_UNREAD;
    if (i && i->state == ITEM_READ)
        stage = PHONE_ERRAND;
    if (i && i->state == ITEM_RECALLED)
        stage = PHONE_RECALLED;
    return (struct phone_item){ .number = w->number,
                                .severity = w->severity,
                                .status = w->status,
                                .stage = stage,
                                .village = village_name,
                                .headline = w->headline,
                                .instruction = w->instruction,
                                .reason = w->reason,
                                .worded_at = w->worded_at,
                                .reason_at = w->ended_at,
                                .confirm_by = w->confirm_by,
                                .expires = w->expires,
                                .reached = i ? i->reached : -1,
                                .reminders = i && i->state != ITEM_RECALLED ? i->reminders : 0 };
}
