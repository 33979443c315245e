/* audit.c - every ledger against its own events: what is said and what is stored must tell the same story. */
#include "sim/promise.h"
#include "services/runtime/node_internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEADS_MAX = 4000 };

/* The lines of a text, one call each; the line is changed. */
static void each_line(struct text all, void (*call)(void *context, char *line), void *context)
{
    char *lines = strndup(all.at ? all.at : "", all.len), *keep = NULL;
    for (char *line = strtok_r(lines, "\n", &keep); line; line = strtok_r(NULL, "\n", &keep))
        call(context, line);
    free(lines);
}

/* -- the chain of each stream ---------------------------------------------------------------------------------------- */

struct chain {
    struct world *world;
    const char *service;
    int64_t seq;
    unsigned char hash[HASH_BYTES];
};

static void check_link(void *context, char *line)
{
    struct chain *c = context;
    char hex[HASH_HEX];
    char *stored = strchr(line, ' ') + 1, *body = strchr(stored, ' ') + 1;
    if (strtoll(line, NULL, 10) != ++c->seq)
        world_fail(c->world, "the stream of %s has no event %lld", c->service, (long long) c->seq);
    event_next_hash(c->hash, text_of(body));
    sodium_bin2hex(hex, sizeof hex, c->hash, sizeof c->hash);
    if (strncasecmp(hex, stored, HASH_HEX - 1) != 0)
        world_fail(c->world, "the chain of %s breaks at event %lld", c->service, (long long) c->seq);
}

static void streams_are_chained(struct world *w)
{
    for (int i = 0; i < MACHINES; i++) {
        struct chain c = { .world = w, .service = w->machines[i].service->name };
        each_line(
            world_ask_ledger(w, c.service,
                             "SELECT group_concat(seq || ' ' || hex(hash) || ' ' || body, char(10)) FROM (SELECT * FROM stream "
                             "ORDER BY seq)"),
            check_link, &c);
        arena_reset(w->arena);
    }
}

/* -- the router's rows against its events ---------------------------------------------------------------------------- */

struct life_of {
    char lead[24], unit[40];
    int status, round, severity;
    bool sealed;
};

struct lives {
    struct world *world;
    struct life_of all[LEADS_MAX];
    size_t count, compared;
};

static struct life_of *life_of(struct lives *lives, const char *lead)
{
    for (size_t i = lives->count; i-- > 0;) {
        if (strcmp(lives->all[i].lead, lead) == 0)
            return &lives->all[i];
    }
    return NULL;
}

static void take_unit(struct life_of *l, const json_t *data, const char *field)
{
    struct text unit = json_text_at(data, field);
    snprintf(l->unit, sizeof l->unit, TEXT_FMT, TEXT_ARG(unit));
}

static void take_severity(struct life_of *l, const json_t *data)
{
    static const char *const words[] = { "minor", "moderate", "severe", "extreme" };
    for (int i = 0; i < 4; i++)
        l->severity = text_is_c(json_text_at(data, "severity"), words[i]) ? i : l->severity;
}

static void take_move(struct life_of *l, const json_t *data)
{
    bool stays =
        text_is(json_text_at(data, "from"), json_text_at(data, "to")) && text_is_c(json_text_at(data, "why"), "assign");
    take_unit(l, data, "to");
    take_severity(l, data);
    l->status = stays ? l->status : 1;
    l->sealed = json_is_true(json_object_get(data, "sealed"));
}

static void replay(void *context, char *line)
{
    struct lives *lives = context;
    json_t *event = json_loads(line, 0, NULL);
    const json_t *data = json_object_get(event, "data");
    struct text type = json_text_at(event, "type"), lead = json_text_at(event, "subject");
    struct life_of *l = life_of(lives, lead.at);
    if (text_is_c(type, "lead.dispatched") && !l && lives->count < LEADS_MAX) {
        l = &lives->all[lives->count++];
        snprintf(l->lead, sizeof l->lead, TEXT_FMT, TEXT_ARG(lead));
        take_unit(l, data, "unit");
        take_severity(l, data);
        l->status = 1;
        l->round = (int) json_int_at(data, "round", 0);
        l->sealed = json_is_true(json_object_get(data, "sealed"));
    } else if (!l && !text_is_c(type, "lead.weighed")) {
        world_fail(lives->world, "the router said %s of %s, which it has not dispatched", type.at, lead.at);
    } else if (text_is_c(type, "lead.signed")) {
        l->status = 2;
    } else if (text_is_c(type, "lead.progressed") && json_object_get(data, "awaiting")) {
        l->status = 5;
    } else if (text_is_c(type, "lead.concluded")) {
        l->status = 3;
    } else if (text_is_c(type, "lead.closed")) {
        l->status = 4;
    } else if (text_is_c(type, "lead.reopened")) {
        l->status = 1;
        l->round = (int) json_int_at(data, "round", 0);
    } else if (text_is_c(type, "lead.moved")) {
        take_move(l, data);
    } else if (text_is_c(type, "lead.severity-set")) {
        take_severity(l, data);
    }
    json_decref(event);
}

static void compare_row(void *context, char *line)
{
    struct lives *lives = context;
    char said[128], *lead = strndup(line, strcspn(line, "|"));
    const struct life_of *l = life_of(lives, lead);
    lives->compared++;
    if (l)
        snprintf(said, sizeof said, "%s|%s|%d|%d|%d|%d", l->lead, l->unit, l->status, l->round, l->severity, l->sealed);
    if (!l || strcmp(said, line) != 0)
        world_fail(lives->world, "the router's row %s, its events say %s", line, l ? said : "nothing");
    free(lead);
}

static void rows_are_what_the_events_say(struct world *w)
{
    struct lives *lives = calloc(1, sizeof *lives);
    lives->world = w;
    each_line(world_ask_ledger(w, "router", "SELECT group_concat(body, char(10)) FROM (SELECT body FROM stream ORDER BY seq)"),
              replay, lives);
    each_line(world_ask_ledger(
                  w, "router",
                  "SELECT group_concat(lead || '|' || unit || '|' || status || '|' || round || '|' || severity || '|' || "
                  "(sealed > 0), char(10)) FROM lead"),
              compare_row, lives);
    if (lives->compared != lives->count)
        world_fail(w, "the router has dispatched %zu leads and keeps %zu", lives->count, lives->compared);
    free(lives);
    arena_reset(w->arena);
}

/* -- conservation ---------------------------------------------------------------------------------------------------- */

static void expect_none(struct world *w, const char *service, const char *sql, const char *sentence)
{
    struct text found = world_ask_ledger(w, service, sql);
    if (found.at)
        world_fail(w, "%s: " TEXT_FMT, sentence, TEXT_ARG(found));
    arena_reset(w->arena);
}

/* What was given to a unit is with it, open or closed, or has been moved on. */
static void nothing_vanishes_between_units(struct world *w)
{
    expect_none(
        w, "router",
        "SELECT u || ' ' || sum(n) FROM (SELECT json_extract(body, '$.data.unit') u, 1 n FROM stream WHERE type = "
        "'lead.dispatched' UNION ALL SELECT json_extract(body, '$.data.to'), 1 FROM stream WHERE type = 'lead.moved' UNION ALL "
        "SELECT json_extract(body, '$.data.from'), -1 FROM stream WHERE type = 'lead.moved' UNION ALL SELECT unit, -1 FROM lead) "
        "GROUP BY u HAVING sum(n) <> 0 LIMIT 1",
        "a unit's leads do not add up");
}

/* What each ledger has made it has said, once. */
static void what_is_made_is_said(struct world *w)
{
    static const struct {
        const char *service, *rows, *type;
    } made[] = { { "intake", "lead", "lead.received" },
                 { "router", "lead", "lead.dispatched" },
                 { "deadline", "clock", "clock.started" },
                 { "deadline", "supervision", "order.opened" },
                 { "warning", "warning", "warning.issued" } };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char sql[256];
        snprintf(
            sql, sizeof sql,
            "SELECT n || ' rows and ' || said || ' events' FROM (SELECT (SELECT count(*) FROM %s) n, (SELECT count(*) FROM "
            "stream WHERE type = '%s') said) WHERE n <> said",
            made[i].rows, made[i].type);
        expect_none(w, made[i].service, sql, made[i].type);
    }
}

static void clocks_follow_the_leads(struct world *w)
{
    if (world_machine(w, "router")->restored || world_machine(w, "deadline")->restored)
        return; /* what one has lost the other may keep */
    struct text
        routed = world_ask_ledger(
            w, "router",
            "SELECT group_concat(lead || ' ' || unit || ' ' || round || ' ' || CASE status WHEN 3 THEN 2 WHEN 4 THEN 3 ELSE 1 "
            "END || ' ' || (sealed > 0) || ' ' || (urgency = 2), char(10)) FROM (SELECT * FROM lead ORDER BY lead)"),
        clocked = world_ask_ledger(w, "deadline",
                                   "SELECT group_concat(lead || ' ' || unit || ' ' || round || ' ' || stage || ' ' || "
                                   "is_sealed || ' ' || is_money_moving, char(10)) FROM (SELECT * FROM lead ORDER BY lead)");
    if (text_is(routed, clocked))
        return;
    size_t at = 0;
    while (at < routed.len && at < clocked.len && routed.at[at] == clocked.at[at])
        at++;
    while (at > 0 && routed.at[at - 1] != '\n')
        at--;
    if (routed.at && clocked.at)
        world_fail(w, "the router has %.60s, deadline %.60s", routed.at + at, clocked.at + at);
    arena_reset(w->arena);
}

/* Of what has minutes while money is moving nothing runs for hours: sign (2) and progress (5), as the shipped town has it. */
static void moving_money_waits_on_no_slow_ladder(struct world *w)
{
    expect_none(
        w, "deadline",
        "SELECT lead || ' clock ' || clock || ' of ' || ((due - started) / 60000) || ' minutes' FROM clock JOIN lead USING "
        "(lead) WHERE lead.is_money_moving AND state = 1 AND due - started > CASE clock WHEN 2 THEN 600000 WHEN 5 THEN "
        "3600000 ELSE due END LIMIT 1",
        "money is moving and a clock is slow");
}

/* Whatever was done with a placeholder, its facts are there once nothing is parked any more. */
static void every_lead_has_its_facts(struct world *w)
{
    if (!world_machine(w, "intake")->restored && !world_machine(w, "router")->restored)
        expect_none(w, "router", "SELECT lead FROM lead WHERE json_extract(facts, '$.text') IS NULL LIMIT 1",
                    "a lead is without its facts");
    w->met[MET_FACTS_MONEY_MOVING] +=
        world_ask_int(
            w, "router",
            "SELECT count(*) FROM lead JOIN stream ON subject = lead WHERE urgency = 2 AND type = 'lead.dispatched' AND "
            "json_extract(body, '$.data.urgency') <> 'money-moving' AND json_extract(body, '$.data.title') LIKE "
            "'内容暂未读出%'") > 0;
    w->met[MET_SUPPLEMENT_MONEY_MOVING] +=
        world_ask_int(
            w, "router",
            "SELECT count(*) FROM lead JOIN stream ON subject = lead WHERE urgency = 2 AND type = 'lead.dispatched' AND "
            "json_extract(body, '$.data.urgency') <> 'money-moving' AND json_extract(body, '$.data.title') NOT LIKE "
            "'内容暂未读出%'") > 0;
}

static void each_step_is_said_once(struct world *w)
{
    expect_none(
        w, "deadline",
        "SELECT (SELECT count(*) FROM step) || ' recorded, ' || count(*) || ' said' FROM stream WHERE type IN ('clock.warned', "
        "'clock.breached', 'clock.missed') HAVING count(*) <> (SELECT count(*) FROM step)",
        "steps of clocks");
    expect_none(
        w, "deadline",
        "SELECT c.lead || ' clock ' || c.clock || ' said ' || c.said || ', recorded ' || (SELECT count(*) FROM step s WHERE "
        "s.lead = c.lead AND s.round = c.round AND s.clock = c.clock AND s.occurrence = c.occurrence) AS line FROM clock c WHERE "
        "c.said <> (SELECT count(*) FROM step s WHERE s.lead = c.lead AND s.round = c.round AND s.clock = c.clock AND "
        "s.occurrence = c.occurrence) LIMIT 1",
        "a step is missing");
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT lead || ' clock ' || clock || ' ' || next FROM clock WHERE next < %lld LIMIT 1",
             (long long) w->wall_ms - 120000);
    expect_none(w, "deadline", sql, "a step is overdue");
}

/* -- warnings -------------------------------------------------------------------------------------------------------- */

static void warnings_tell_what_they_are(struct world *w)
{
    expect_none(
        w, "warning",
        "SELECT count(*) || ' issued' FROM stream WHERE type = 'warning.issued' HAVING count(*) <> (SELECT count(*) FROM warning)",
        "warnings and their events differ");
    expect_none(
        w, "warning",
        "SELECT id || ' ' || how FROM (SELECT id, ended AS how, -1 AS n FROM warning WHERE ended IS NOT NULL UNION ALL SELECT subject, "
        "CASE type WHEN 'warning.cancelled' THEN 2 ELSE 1 END, 1 FROM stream WHERE type IN ('warning.cancelled', 'warning.expired')) "
        "GROUP BY id, how HAVING sum(n) <> 0 LIMIT 1",
        "a warning's end was not said once");
    expect_none(
        w, "warning",
        "SELECT id || ' ' || account FROM (SELECT w.id, k.account, 1 AS n FROM item i JOIN warning w ON w.no = i.warning JOIN worker "
        "k ON k.no = i.worker WHERE i.shown_at IS NOT NULL UNION ALL SELECT DISTINCT subject, json_extract(body, '$.data.worker'), -1 "
        "FROM stream WHERE type = 'warning.shown') GROUP BY id, account HAVING sum(n) <> 0 LIMIT 1",
        "shown, and not said");
    w->met[MET_ESCALATED] += world_ask_int(w, "warning", "SELECT count(*) FROM stream WHERE type = 'warning.escalated'") > 0;
    w->met[MET_CANCEL_RACES] +=
        world_ask_int(
            w, "warning",
            "SELECT count(*) FROM warning w WHERE ended = 2 AND (SELECT count(*) FROM item WHERE warning = w.no AND shown_at IS "
            "NOT NULL) < workers") > 0;
}

void audit_warnings_have_ended(struct world *w)
{
    expect_none(w, "warning", "SELECT id FROM warning WHERE ended IS NULL OR stage <> 5 LIMIT 1", "a warning does not end");
    expect_none(
        w, "warning",
        "SELECT w.id || ' worker ' || i.worker || ' state ' || i.state FROM item i JOIN warning w ON w.no = i.warning WHERE "
        "i.state <= 2 LIMIT 1",
        "an item outlives its warning");
    expect_none(w, "warning",
                "SELECT w.id || ' worker ' || i.worker FROM item i JOIN warning w ON w.no = i.warning WHERE w.ended = 1 AND "
                "i.escalated_at IS NULL AND i.relayed_at IS NULL AND (i.read_at IS NULL OR w.instruction IS NOT NULL) LIMIT 1",
                "neither confirmed nor escalated");
    /* it had the time from when it was granted, by the wall clock, which is later than what a doubted clock said */
    expect_none(
        w, "warning",
        "SELECT id || ' ' || workers FROM warning w WHERE ended = 1 AND ended_at - max(effective, coalesce((SELECT min(at) "
        "FROM answered WHERE answer LIKE '%\"warning\":\"' || w.id || '\"%'), 0)) > 6 * 3600000 AND (SELECT count(*) FROM "
        "item WHERE warning = w.no) <> workers LIMIT 1",
        "a warning did not reach everybody addressed");
}

void audit(struct world *w)
{
    streams_are_chained(w);
    rows_are_what_the_events_say(w);
    nothing_vanishes_between_units(w);
    what_is_made_is_said(w);
    clocks_follow_the_leads(w);
    moving_money_waits_on_no_slow_ladder(w);
    every_lead_has_its_facts(w);
    each_step_is_said_once(w);
    warnings_tell_what_they_are(w);
}
