/* receipt.c - what becomes of one item. See receipt.h.
 *
 * promise  a step is confirmed, counted and said once; an item that is neither confirmed nor refused when its ladder begins is
 *          escalated, whatever happened meanwhile. */
#include "services/warning/receipt.h"
#include "services/runtime/mutant.h"
#include "yinling/writer.h"

#include "gen/warning_queries.h"

#include <assert.h>

static const struct step moves[] = { { ITEM_UNREAD, "read", ITEM_READ },
                                     { ITEM_UNREAD, "read-all", ITEM_DONE },
                                     { ITEM_READ, "relay", ITEM_DONE },
                                     { ITEM_UNREAD, "refuse", ITEM_REFUSED },
                                     { ITEM_READ, "refuse", ITEM_REFUSED },
                                     { ITEM_REFUSED, "reopen-unread", ITEM_UNREAD },
                                     { ITEM_REFUSED, "reopen-read", ITEM_READ },
                                     { ITEM_UNREAD, "ask", ITEM_UNREAD },
                                     { ITEM_READ, "ask", ITEM_UNREAD },
                                     { ITEM_DONE, "ask", ITEM_UNREAD },
                                     { ITEM_REFUSED, "ask", ITEM_UNREAD },
                                     { ITEM_UNREAD, "recall", ITEM_RECALLED },
                                     { ITEM_READ, "recall", ITEM_RECALLED },
                                     { ITEM_DONE, "recall", ITEM_RECALLED },
                                     { ITEM_REFUSED, "recall", ITEM_RECALLED },
                                     { ITEM_UNREAD, "end", ITEM_OVER },
                                     { ITEM_READ, "end", ITEM_OVER },
                                     { ITEM_DONE, "end", ITEM_OVER },
                                     { ITEM_REFUSED, "end", ITEM_OVER },
                                     { ITEM_RECALLED, "told", ITEM_OVER },
                                     STEPS_END };

static const struct warning_policy *policy_of(struct tx *tx)
{
    return tx_town(tx)->warnings;
}

static bool move(struct item *i, const struct warning *w, const char *how)
{
    int to;
    if (!step_of(moves, (int) i->state, how, &to))
        return false;
    log_event("item", "warning=%s worker=%lld from=%d event=%s to=%d", w->id.at, (long long) i->worker, (int) i->state, how,
              to);
    i->state = (enum item_state) to;
    return true;
}

static bool is_pending(const struct item *i)
{
    return i->state == ITEM_UNREAD || i->state == ITEM_READ;
}

/* When the next rung of the ladder is due; NEVER once none is. */
static instant_ms rung_at(struct tx *tx, const struct warning *w, const struct item *i)
{
    const struct warning_policy *policy = policy_of(tx);
    if (!is_pending(i) || i->rungs >= (int64_t) policy->rung_count)
        return NEVER;
    return later(w->confirm_by, policy->rungs[i->rungs].after);
}

static void save(struct tx *tx, const struct warning *w, struct item *i)
{
    if (!is_pending(i))
        i->remind_at = NEVER;
    if (i->state != ITEM_RECALLED)
        i->due_at = earliest(i->remind_at, rung_at(tx, w, i));
    record_item_save(tx, i);
}

static json_t *about(struct receiver who)
{
    return json_pack("{s:o}", "worker", json_of_text(who.account));
}

static void say_shown(struct tx *tx, instant_ms now, const struct warning *w, struct receiver who)
{
    struct writer data = writer_begin(tx_arena(tx));
    write_text(&data, "worker", who.account);
    say_json(tx, now, EVENT_WARNING_SHOWN, w->id, NO_TEXT, writer_end(&data));
}

static void schedule_reminder(struct tx *tx, instant_ms now, const struct warning *w, struct item *i)
{
    const struct warning_policy *policy = policy_of(tx);
    const struct warning_grade *grade = &policy->grades[w->severity];
    i->remind_at = NEVER;
    if (i->reminders >= grade->reminders_max)
        return;
    instant_ms at = later(now, grade->remind_every);
    if (!grade->at_night)
        at = warning_policy_by_day(policy, at);
    if (is_before(at, w->expires))
        i->remind_at = at;
}

struct item *receipt_given(struct tx *tx, instant_ms now, const struct warning *w, struct receiver who, struct text village,
                           bool shown)
{
    struct item *i = arena_take(tx_arena(tx), sizeof *i);
    *i = (struct item){ .warning = w->no,
                        .worker = who.no,
                        .village = village,
                        .severity = w->severity,
                        .state = ITEM_UNREAD,
                        .ask = w->ask,
                        .revision = w->revision,
                        .shown_at = shown ? now : NEVER,
                        .read_at = NEVER,
                        .relayed_at = NEVER,
                        .refused_at = NEVER,
                        .reached = -1,
                        .escalated_at = NEVER,
                        .remind_at = NEVER };
    if (shown)
        schedule_reminder(tx, now, w, i);
    i->due_at = earliest(i->remind_at, rung_at(tx, w, i));
    if (tx_run(tx, Q_ITEM_ADD, p_int("warning", w->no), p_int("worker", who.no), p_text("village", village),
               p_int("severity", w->severity), p_int("ask", w->ask), p_int("revision", w->revision),
               p_instant("shown_at", i->shown_at), p_instant("remind_at", i->remind_at), p_instant("due_at", i->due_at)) == 0)
        return NULL;
    i->no = tx_last_id(tx);
    if (shown)
        say_shown(tx, now, w, who);
    return i;
}

bool receipt_shown(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who)
{
    if (is_pending(i) && is_never(i->remind_at))
        schedule_reminder(tx, now, w, i);
    bool is_first = is_never(i->shown_at);
    if (is_first) {
        i->shown_at = now;
        record_cover(tx, now, w, i->village, (struct cover){ .shown = 1 });
        say_shown(tx, now, w, who);
    }
    save(tx, w, i);
    return is_first;
}

static void say_confirmed(struct tx *tx, instant_ms now, const struct warning *w, struct receiver who, const char *step,
                          instant_ms at)
{
    struct writer data = writer_begin(tx_arena(tx));
    write_text(&data, "worker", who.account);
    write_c(&data, "step", step);
    write_instant(&data, "acted_at", at.ms != now.ms ? at : NEVER);
    say_json(tx, now, EVENT_WARNING_CONFIRMED, w->id, NO_TEXT, writer_end(&data));
}

bool receipt_read(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who, instant_ms at)
{
    if (!move(i, w, w->instruction.at ? "read" : "read-all"))
        return false;
    if (is_never(i->shown_at))
        receipt_shown(tx, now, w, i, who);
    i->read_at = at;
    record_cover(tx, now, w, i->village, (struct cover){ .read = 1 });
    say_confirmed(tx, now, w, who, "read", at);
    save(tx, w, i);
    return true;
}

bool receipt_relayed(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who, instant_ms at)
{
    if (!move(i, w, "relay"))
        return false;
    i->relayed_at = at;
    record_cover(tx, now, w, i->village, (struct cover){ .relayed = 1 });
    say_confirmed(tx, now, w, who, "relayed", at);
    save(tx, w, i);
    return true;
}

bool receipt_reached(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who,
                     int64_t reached)
{
    bool is_live = is_pending(i) || i->state == ITEM_DONE;
    if (!is_live || i->reached == reached)
        return false;
    record_cover(tx, now, w, i->village, (struct cover){ .reached = reached - (i->reached > 0 ? i->reached : 0) });
    i->reached = reached;
    json_t *data = about(who);
    json_object_set_new(data, "reached", json_integer(reached));
    say(tx, now, EVENT_WARNING_REACHED, w->id, NO_TEXT, data);
    save(tx, w, i);
    return true;
}

static void escalate(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who,
                     const char *why, int64_t rung)
{
    if (is_never(i->escalated_at)) {
        i->escalated_at = now;
        record_cover(tx, now, w, i->village, (struct cover){ .escalated = 1 });
    }
    struct text to = TEXT("office");
    switch ((enum rung_to) policy_of(tx)->rungs[rung].to) {
    case RUNG_VILLAGE:
        to = arena_printf(tx_arena(tx), "village-%s", i->village.at + (i->village.len > 3 ? i->village.len - 3 : 0));
        break;
    case RUNG_PUBLICITY:
        to = TEXT("publicity");
        break;
    case RUNG_OFFICE:
        break;
    }
    json_t *data = about(who);
    json_object_set_new(data, "why", json_string(why));
    json_put_text(data, "to", to);
    say(tx, now, EVENT_WARNING_ESCALATED, w->id, NO_TEXT, data);
}

bool receipt_silent(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who)
{
    instant_ms due = rung_at(tx, w, i);
    if (is_never(due) || is_before(now, due))
        return false;
    escalate(tx, now, w, i, who, "silent", i->rungs);
    i->rungs++;
    save(tx, w, i);
    return true;
}

bool receipt_refused(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who)
{
    enum item_state from = i->state;
    if (!move(i, w, "refuse"))
        return false;
    if (is_never(i->shown_at))
        receipt_shown(tx, now, w, i, who);
    i->refused_at = now;
    i->refused_from = from;
    record_cover(tx, now, w, i->village, (struct cover){ .refused = 1 });
    say(tx, now, EVENT_WARNING_REFUSED, w->id, NO_TEXT, about(who));
    escalate(tx, now, w, i, who, "no", 0);
    save(tx, w, i);
    return true;
}

bool receipt_withdrawn(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who)
{
    instant_ms until = later(i->refused_at, policy_of(tx)->withdraw);
    if (i->state != ITEM_REFUSED || is_before(until, now))
        return false;
    bool moved = move(i, w, i->refused_from == ITEM_READ ? "reopen-read" : "reopen-unread");
    assert(moved);
    i->refused_at = NEVER;
    struct cover back = { .refused = -1 };
    if (i->rungs == 0) {
        i->escalated_at = NEVER;
        back.escalated = -1;
    }
    record_cover(tx, now, w, i->village, back);
    say_shown(tx, now, w, who);
    schedule_reminder(tx, now, w, i);
    save(tx, w, i);
    return true;
}

bool receipt_told(struct tx *tx, const struct warning *w, struct item *i)
{
    if (!move(i, w, "told"))
        return false;
    save(tx, w, i);
    return true;
}

void receipt_reminded(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, bool was_on_phone)
{
    if (was_on_phone)
        i->reminders++;
    schedule_reminder(tx, now, w, i);
    save(tx, w, i);
}

void receipt_renewed(struct tx *tx, instant_ms now, const struct warning *w, struct item *i)
{
    i->severity = w->severity;
    i->revision = w->revision;
    if (i->ask < w->ask && move(i, w, "ask")) {
        struct cover back = { .read = -!is_never(i->read_at),
                              .relayed = -!is_never(i->relayed_at),
                              .refused = -!is_never(i->refused_at),
                              .escalated = -!is_never(i->escalated_at) };
        record_cover(tx, now, w, i->village, back);
        i->ask = w->ask;
        i->read_at = i->relayed_at = i->refused_at = i->escalated_at = i->remind_at = NEVER;
        i->reminders = i->rungs = 0;
    }
    save(tx, w, i);
}

void receipt_ended(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who)
{
    bool is_cancelled = w->ended == ENDING_CANCELLED;
    if (!is_cancelled && is_pending(i) && i->rungs == 0 && !MUTANT(silence_accepted))
        escalate(tx, now, w, i, who, "silent", 0);
    bool is_told = MUTANT(recall_to_all) || (!is_never(i->shown_at) && !MUTANT(recall_to_none));
    if (is_cancelled && is_told && move(i, w, "recall"))
        i->due_at = later(now, policy_of(tx)->recall_for);
    else
        move(i, w, "end");
    save(tx, w, i);
}
