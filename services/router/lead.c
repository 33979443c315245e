/* lead.c - a lead's row, read and written whole (lead.h). */
#include "lead.h"

#include "gen/router_queries.h"

#include <assert.h>
#include <ctype.h>

/* A lead whose complaint is about the director's own unit is worked by the discipline office alone: the director, who reads all of
 * sealed/#, gets no content there. */
static bool is_withheld(struct tx *tx, const struct lead *lead)
{
    const struct town *town = tx_town(tx);
    if (lead->seal == SEAL_NONE || !lead->against.at)
        return false;
    for (size_t i = 0; i < town->person_count; i++)
        if (text_is_c(town->people[i].post, "director") &&
            (text_is(town->people[i].home_unit, lead->against) || text_is(town->people[i].unit, lead->against)))
            return true;
    return false;
}

bool lead_is_id(struct text id)
{
    if (id.len < 6 || id.len > LEAD_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (!isdigit((unsigned char) id.at[i]) && id.at[i] != '-')
            return false;
    return true;
}

bool lead_get(struct tx *tx, struct text id, struct lead *ret)
{
    struct rows rows = tx_all(tx, Q_LEAD, p_text("lead", id));
    if (!rows.count)
        return false;
    *ret = (struct lead){
        .id = row_text(&rows, 0, "lead"),
        .status = (enum life) row_int(&rows, 0, "status", 0),
        .unit = row_text(&rows, 0, "unit"),
        .round = row_int(&rows, 0, "round", 1),
        .hop = row_int(&rows, 0, "hop", 0),
        .revision = row_int(&rows, 0, "revision", 0),
        .severity = (enum severity) row_int(&rows, 0, "severity", 0),
        .urgency = (enum urgency) row_int(&rows, 0, "urgency", 0),
        .claimed = row_int(&rows, 0, "claimed", 0) == 1,
        .named = row_int(&rows, 0, "named", 0) == 1,
        .unmatched = row_int(&rows, 0, "unmatched", 0) == 1,
        .parked = row_text(&rows, 0, "parked"),
        .seal = (enum seal) row_int(&rows, 0, "sealed", 0),
        .against = row_text(&rows, 0, "against"),
        .village = row_text(&rows, 0, "village"),
        .channel = row_text(&rows, 0, "channel"),
        .sender = row_text(&rows, 0, "sender"),
        .groups = (unsigned) row_int(&rows, 0, "groups", 0),
        .finding = row_text(&rows, 0, "finding"),
        .assist = row_json(tx, &rows, 0, "assist"),
        .facts = row_json(tx, &rows, 0, "facts"),
        .rounds = row_json(tx, &rows, 0, "rounds"),
        .dispatched = row_instant(&rows, 0, "dispatched"),
        .updated = row_instant(&rows, 0, "updated"),
        .closed = row_instant(&rows, 0, "closed"),
        .forget = row_instant(&rows, 0, "forget"),
    };
    ret->withheld = is_withheld(tx, ret);
    return true;
}

static void put(struct tx *tx, int query, const struct lead *lead)
{
    tx_run(tx, query, p_text("lead", lead->id), p_int("status", lead->status), p_text("unit", lead->unit),
           p_int("round", lead->round), p_int("hop", lead->hop), p_int("severity", lead->severity),
           p_int("urgency", lead->urgency), p_int("claimed", lead->claimed), p_int("named", lead->named),
           p_int("unmatched", lead->unmatched), p_text("parked", lead->parked), p_int("sealed", lead->seal),
           p_text("against", lead->against), p_text("village", lead->village), p_text("channel", lead->channel),
           p_text("sender", lead->sender), p_json(tx, "assist", lead->assist), p_int("groups", lead->groups),
           p_text("finding", lead->finding), p_json(tx, "facts", lead->facts), p_json(tx, "rounds", lead->rounds),
           p_instant("dispatched", lead->dispatched), p_instant("updated", lead->updated), p_instant("closed", lead->closed),
           p_instant("forget", lead->forget), p_int("revision", lead->revision));
}

void lead_open(struct tx *tx, instant_ms now, struct lead *lead)
{
    lead->revision = 1;
    lead->updated = now;
    lead->withheld = is_withheld(tx, lead);
    put(tx, Q_LEAD_OPEN, lead);
}

void lead_change(struct tx *tx, instant_ms now, struct lead *lead)
{
    lead->revision++;
    lead->updated = latest(now, lead->updated);
    lead->withheld = is_withheld(tx, lead);
    put(tx, Q_LEAD_CHANGE, lead);
}

void lead_act(struct tx *tx, instant_ms now, const struct lead *lead, struct text by, const char *action, json_t *take_more)
{
    tx_run(tx, Q_ACT, p_text("lead", lead->id), p_int("round", lead->round), p_instant("at", now), p_text("by", by),
           p_c("action", action), p_json(tx, "more", json_keep(tx_arena(tx), take_more)));
}

void lead_hold(struct lead *lead, struct arena *arena, instant_ms now, const char *why)
{
    json_t *entry = json_pack("{s:I, s:o, s:o}", "round", (json_int_t) lead->round, "unit", json_of_text(lead->unit),
                              "dispatched_at", json_of_text(instant_text(arena, now)));
    if (why)
        json_object_set_new(entry, "why", json_string(why));
    if (json_array_size(lead->rounds) >= HOLDINGS_MAX)
        json_array_remove(lead->rounds, 0);
    json_array_append_new(lead->rounds, entry);
    lead->dispatched = now;
}

void lead_note(struct lead *lead, const char *field, json_t *take_value)
{
    size_t count = json_array_size(lead->rounds);
    assert(count);
    json_object_set_new(json_array_get(lead->rounds, count - 1), field, take_value);
}

bool lead_assists(const struct lead *lead, struct text unit)
{
    size_t i;
    json_t *code;
    json_array_foreach(lead->assist, i, code) if (text_is_c(unit, json_string_value(code))) return true;
    return false;
}

json_t *lead_assist_without(const struct lead *lead, struct text unit)
{
    json_t *list = json_array(), *code;
    size_t i;
    json_array_foreach(lead->assist, i, code) if (!text_is_c(unit, json_string_value(code))) json_array_append(list, code);
    return list;
}

json_t *lead_links(struct tx *tx, const struct lead *lead)
{
    struct rows rows = tx_all(tx, Q_LINKS_SHOWN, p_text("lead", lead->id));
    json_t *list = json_array();
    for (size_t i = 0; i < rows.count; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "lead", json_of_text(row_text(&rows, i, "other")), "why",
                                              json_of_text(row_text(&rows, i, "why"))));
    return list;
}
