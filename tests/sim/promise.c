/* promise.c - see promise.h. Each promise is one function; its sentence is what a failing seed prints. */
#include "sim/promise.h"

#include "sim/books.h"
#include "sim/watch.h"
#include "yinling/warning_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISKS_SEARCHED_EVERY = 4 * PROMISED_EVERY }; /* steps: one disk in turn, for it is the dearest of all looks */

static const struct {
    const char *producer, *consumer;
} edges[] = {
    { "intake", "router" }, { "router", "intake" }, { "router", "deadline" }, { "deadline", "router" }, { "intake", "warning" }
};

static int64_t cursor_of(struct world *w, const char *consumer, const char *producer)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT seq FROM cursor WHERE producer = '%s'", producer);
    return world_ask_int(w, consumer, sql);
}

static int64_t head_of(struct world *w, const char *producer)
{
    return world_ask_int(w, producer, "SELECT ifnull(max(seq), 0) FROM stream");
}

/* Of the producer's present ledger; one that was put back may be behind what was heard of the one before. */
static bool is_of_present_epoch(struct world *w, const char *consumer, const char *producer)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT epoch FROM cursor WHERE producer = '%s'", producer);
    struct text heard = world_ask_ledger(w, consumer, sql),
                is = world_ask_ledger(w, producer, "SELECT value FROM meta WHERE key = 'epoch'");
    return heard.at && is.at && text_is(heard, is);
}

static void cursors_never_pass_what_was_committed(struct world *w)
{
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        const char *producer = edges[i].producer, *consumer = edges[i].consumer;
        if (!world_machine(w, producer)->node || !world_machine(w, consumer)->node)
            continue;
        int64_t head = head_of(w, producer), cursor = cursor_of(w, consumer, producer);
        if (cursor > head && is_of_present_epoch(w, consumer, producer))
            world_fail(w, "%s has heard %lld of %s, which has committed %lld", consumer, (long long) cursor, producer,
                       (long long) head);
    }
}

/* Whatever is on a disk may be stolen with it, at any time. */
static void reporters_stay_hidden(struct world *w, const struct machine *m)
{
    for (size_t k = 0; k < sizeof canaries / sizeof *canaries; k++) {
        if (disk_contains(m->disk, canaries[k], strlen(canaries[k])))
            world_fail(w, "a reporter's %s stands on the disk of %s", canaries[k], m->service->name);
    }
}

/* A lead whose facts could not be read has an owner all the same. */
static void no_lead_is_parked_without_a_place(struct world *w)
{
    if (!world_machine(w, "router")->node)
        return;
    struct text lost =
        world_ask_ledger(w, "router",
                         "SELECT subject FROM parked p WHERE producer = 'intake' AND body LIKE "
                         "'{\"type\":\"lead.received\"%' AND NOT EXISTS (SELECT 1 FROM lead WHERE lead = p.subject) "
                         "LIMIT 1");
    if (lost.at)
        world_fail(w, "lead " TEXT_FMT " is parked and belongs to nobody", TEXT_ARG(lost));
    w->met[MET_PARKED_LEAD_PLACED] += world_ask_int(w, "router", "SELECT count(*) FROM lead WHERE parked IS NOT NULL") > 0;
}

/* Who never had a warning is not told that it was called back; who had it is, until a tap or some time has ended that. */
static void a_recall_reaches_exactly_those_who_had_it(struct world *w)
{
    if (!world_machine(w, "warning")->node)
        return;
    if (world_ask_int(w, "warning", "SELECT count(*) FROM item WHERE state = 3 AND shown_at IS NULL") > 0)
        world_fail(w, "a worker is told of the cancellation of a warning that was never shown there");
    char sql[512];
    snprintf(
        sql, sizeof sql,
        "SELECT w.id || ' ' || k.account FROM warning w JOIN item i ON i.warning = w.no JOIN worker k ON k.no = i.worker WHERE "
        "w.ended = 2 AND i.state = 6 AND i.shown_at IS NOT NULL AND ifnull(k.tapped_at, 0) < w.ended_at AND w.ended_at > "
        "(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'now') - %lld LIMIT 1",
        (long long) w->town->warnings->recall_for.ms);
    struct text missed = world_ask_ledger(w, "warning", sql);
    if (missed.at)
        world_fail(w, "nobody there was told of the cancellation of " TEXT_FMT, TEXT_ARG(missed));
}

void promise_always(struct world *w)
{
    cursors_never_pass_what_was_committed(w);
    no_lead_is_parked_without_a_place(w);
    a_recall_reaches_exactly_those_who_had_it(w);
    if (w->step % DISKS_SEARCHED_EVERY == 0)
        reporters_stay_hidden(w, &w->machines[w->step / DISKS_SEARCHED_EVERY % MACHINES]);
    arena_reset(w->arena);
}

bool promise_all_caught_up(struct world *w)
{
    bool all = true;
    for (size_t i = 0; i < sizeof edges / sizeof *edges && all; i++) {
        int64_t cursor = cursor_of(w, edges[i].consumer, edges[i].producer);
        all = head_of(w, edges[i].producer) == (cursor < 0 ? 0 : cursor);
    }
    arena_reset(w->arena);
    return all;
}

/* -- at rest --------------------------------------------------------------------------------------------------------- */

/* All numbers of a service's leads, each between blanks. */
static struct text all_leads(struct world *w, const char *service)
{
    return world_ask_ledger(w, service, "SELECT ' ' || group_concat(lead, ' ') || ' ' FROM lead");
}

static bool is_among(struct text all, const char *lead)
{
    char mark[32];
    snprintf(mark, sizeof mark, " %s ", lead);
    return all.len && memmem(all.at, all.len, mark, strlen(mark)) != NULL;
}

static void nothing_accepted_is_lost(struct world *w, const struct people *people)
{
    struct text routed_leads = all_leads(w, "router"), clocked = all_leads(w, "deadline");
    for (size_t i = 0; i < people_lead_count(people); i++) {
        const char *lead = people_lead(people, i);
        if (!people_lead_is_loose(people, i) && !is_among(routed_leads, lead))
            world_fail(w, "lead %s was accepted and the router does not have it", lead);
        if (!people_lead_is_loose(people, i) && !is_among(clocked, lead))
            world_fail(w, "lead %s was accepted and has no clocks", lead);
    }
    int64_t received = world_ask_int(w, "intake", "SELECT count(*) FROM lead"),
            routed = world_ask_int(w, "router", "SELECT count(*) FROM lead");
    if (received > routed || (received < routed && !world_machine(w, "intake")->restored))
        world_fail(w, "intake has %lld leads, the router %lld", (long long) received, (long long) routed);
    arena_reset(w->arena);
}

static void no_event_is_left_aside(struct world *w)
{
    for (int i = 0; i < MACHINES; i++) {
        const char *name = w->machines[i].service->name;
        struct text why = world_ask_ledger(w, name, "SELECT producer || ' ' || seq || ' ' || reason FROM parked LIMIT 1");
        if (why.at)
            world_fail(w, "%s parked an event: " TEXT_FMT, name, TEXT_ARG(why));
    }
}

static void everybody_is_at_the_head(struct world *w)
{
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        int64_t head = head_of(w, edges[i].producer), cursor = cursor_of(w, edges[i].consumer, edges[i].producer);
        if (head != (cursor < 0 ? 0 : cursor))
            world_fail(w, "%s stays at %lld of %s, whose head is %lld", edges[i].consumer, (long long) cursor,
                       edges[i].producer, (long long) head);
    }
}

/* What the ledger shows and what the broker shows, both in the order of their topics. */
struct shown {
    struct world *world;
    const char *service;
    char *next; /* of the ledger's rows: topic, 1, payload, 2 */
};

/* Takes the ledger's next row; false: there is none. */
static bool next_row(struct shown *s, const char **ret_topic, const char **ret_payload)
{
    if (!s->next || !*s->next)
        return false;
    *ret_topic = s->next;
    char *payload = strchr(s->next, '\1') + 1, *end = strchr(payload, '\2');
    payload[-1] = *end = '\0';
    *ret_payload = payload;
    s->next = end + 1;
    return true;
}

static void compare_one(void *context, const char *path, const char *payload)
{
    struct shown *s = context;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    const char *topic, *is;
    if (!topic_read(text_of(path), &id, parts) || !topic_specs[id].writer || strcmp(topic_specs[id].writer, s->service) != 0 ||
        s->world->failure[0])
        return;
    int order = next_row(s, &topic, &is) ? strcmp(topic, path) : 1;
    if (order < 0)
        world_fail(s->world, "%s is to be shown by %s, and the broker does not have it", topic, s->service);
    else if (order > 0)
        world_fail(s->world, "%s is shown and %s knows nothing of it", path, s->service);
    else if (strcmp(is, payload) != 0)
        world_fail(s->world, "%s shows an old state: %.80s", path, payload);
}

static void what_is_shown_is_what_the_ledger_says(struct world *w)
{
    for (int i = 0; i < MACHINES; i++) {
        struct shown s = { .world = w, .service = w->machines[i].service->name };
        struct text rows = world_ask_ledger(w, s.service,
                                            "SELECT group_concat(topic || char(1) || payload || char(2), '') FROM (SELECT "
                                            "topic, payload FROM view WHERE payload IS NOT NULL ORDER BY topic)");
        char *copy = s.next = strndup(rows.at ? rows.at : "", rows.len);
        const char *topic, *payload;
        net_each(w->net, "#", compare_one, &s);
        if (next_row(&s, &topic, &payload))
            world_fail(w, "%s is to be shown by %s, and the broker does not have it", topic, s.service);
        free(copy);
        arena_reset(w->arena);
    }
}

static void count_leading(void *context, const char *path, const char *payload)
{
    (void) path;
    if (strstr(payload, "\"role\":\"lead\""))
        ++*(int64_t *) context;
}

static void each_open_lead_has_exactly_one_card(struct world *w)
{
    int64_t cards = 0;
    net_each(w->net, "unit/+/lead/+", count_leading, &cards);
    int64_t open = world_ask_int(w, "router", "SELECT count(*) FROM lead WHERE status <> 4 AND sealed = 0");
    if (cards != open) {
        struct text lacks =
            world_ask_ledger(w, "router",
                             "SELECT lead || ' of ' || unit FROM lead WHERE status <> 4 AND sealed = 0 AND NOT EXISTS "
                             "(SELECT 1 FROM view WHERE topic = 'unit/' || unit || '/lead/' || lead AND payload LIKE "
                             "'%\"role\":\"lead\"%') LIMIT 1");
        world_fail(w, "%lld leads are open and %lld cards of an accountable unit are shown; " TEXT_FMT " has none",
                   (long long) open, (long long) cards, TEXT_ARG(lacks));
    }
}

static void no_step_fires_twice_or_early(struct world *w)
{
    struct text twice = world_ask_ledger(
        w, "deadline",
        "SELECT type || ' ' || subject || ' ' || json_extract(body, '$.data') FROM stream WHERE type IN ('clock.warned', 'clock.breached', "
        "'clock.met') GROUP BY type, subject, json_extract(body, '$.data.clock'), json_extract(body, '$.data.round'), json_extract(body, "
        "'$.data.occurrence'), json_extract(body, '$.data.unit'), CASE type WHEN 'clock.warned' THEN json_extract(body, '$.data.step') "
        "END HAVING count(*) > 1 LIMIT 1");
    if (twice.at)
        world_fail(w, "said twice: " TEXT_FMT, TEXT_ARG(twice));
    struct text early =
        world_ask_ledger(w, "deadline",
                         "SELECT subject || ' ' || body FROM stream WHERE type = 'clock.breached' AND json_extract(body, "
                         "'$.at') < json_extract(body, '$.data.due') LIMIT 1");
    if (early.at)
        world_fail(w, "a breach before its due instant: " TEXT_FMT, TEXT_ARG(early));
}

/* What bears on the question whether a unit signed in time, from the router's stream, in its order. */
struct turning { /* signed: by a unit, of itself; otherwise: the lead begins with a unit */
    char lead[32], unit[40], at[40];
    int round, is_signed;
};

static struct turning *turnings_of(struct world *w, size_t *ret_count)
{
    enum { TURNINGS_MAX = 20000 };
    struct turning *all = calloc(TURNINGS_MAX, sizeof *all);
    struct text list = world_ask_ledger(
        w, "router",
        "SELECT group_concat(subject || '|' || at || '|' || CASE type WHEN 'lead.signed' THEN 1 || '|' || round || '|' || unit ELSE "
        "'0|0|-' END, char(10)) FROM (SELECT subject, type, json_extract(body, '$.at') at, json_extract(body, '$.data.round') "
        "round, json_extract(body, '$.data.unit') unit FROM stream WHERE type IN ('lead.dispatched', 'lead.moved', 'lead.reopened') "
        "OR (type = 'lead.signed' AND NOT json_extract(body, '$.data.deemed')) ORDER BY seq)");
    char *lines = strndup(list.at ? list.at : "", list.len), *keep = NULL;
    size_t n = 0;
    for (char *line = strtok_r(lines, "\n", &keep); line && n < TURNINGS_MAX; line = strtok_r(NULL, "\n", &keep)) {
        struct turning *t = &all[n];
        n += sscanf(line, "%31[^|]|%39[^|]|%d|%d|%39s", t->lead, t->at, &t->is_signed, &t->round, t->unit) == 5;
    }
    free(lines);
    *ret_count = n;
    return all;
}

static void judge_breach(struct world *w, const struct turning *all, size_t count, const struct turning *breach)
{
    size_t began = 0; /* the router's order counts, for two things may happen in one millisecond */
    bool is_late = false, is_in_time = false;
    for (size_t i = 0; i < count; i++) {
        const struct turning *t = &all[i];
        if (!t->is_signed && strcmp(t->at, breach->at) <= 0 && strcmp(t->lead, breach->lead) == 0)
            began = i;
    }
    for (size_t i = 0; i < count; i++) {
        const struct turning *t = &all[i];
        if (!t->is_signed || t->round != breach->round || strcmp(t->lead, breach->lead) != 0 ||
            strcmp(t->unit, breach->unit) != 0)
            continue;
        is_late = is_late || strcmp(t->at, breach->at) > 0;
        is_in_time = is_in_time || (strcmp(t->at, breach->at) <= 0 && i > began);
    }
    if (is_in_time)
        world_fail(w, "%s signed %s in time and is in breach", breach->unit, breach->lead);
    w->met[MET_DEEMED]++;
    instant_ms due;
    for (size_t i = 0; i < w->outage_count && instant_read(text_of(breach->at), &due); i++)
        w->met[MET_DEEMED_OUTAGE] += w->outages[i].from_ms <= due.ms && due.ms <= w->outages[i].to_ms;
    w->met[MET_DEEMED_LATE] += is_late;
}

/* Of every breach of `sign`: did the unit sign, not deemed, at or before the due instant? */
static void nobody_is_in_breach_who_acted_in_time(struct world *w)
{
    struct text list =
        world_ask_ledger(w, "deadline",
                         "SELECT group_concat(subject || '|' || json_extract(body, '$.data.round') || '|' || "
                         "json_extract(body, '$.data.unit') || '|' || json_extract(body, '$.data.due'), char(10)) FROM "
                         "stream WHERE type = 'clock.breached' AND json_extract(body, '$.data.clock') = 'sign'");
    if (!list.at || world_machine(w, "router")->restored || world_machine(w, "deadline")->restored)
        return; /* what a restored ledger has forgotten was in time, perhaps */
    size_t count;
    struct turning *all = turnings_of(w, &count);
    char *lines = strndup(list.at, list.len), *keep = NULL;
    for (char *line = strtok_r(lines, "\n", &keep); line; line = strtok_r(NULL, "\n", &keep)) {
        struct turning breach;
        if (sscanf(line, "%31[^|]|%d|%39[^|]|%39s", breach.lead, &breach.round, breach.unit, breach.at) == 4)
            judge_breach(w, all, count, &breach);
    }
    free(lines);
    free(all);
    arena_reset(w->arena);
}

static void who_is_complained_of_never_sees_it(struct world *w, const struct people *people)
{
    for (size_t i = 0; i < people_lead_count(people); i++) {
        if (people_lead_is_complaint(people, i) && watch_was_shown_to_the_named(w, people_lead(people, i)))
            world_fail(w, COMPLAINED_OF " was shown %s, which is a complaint against it", people_lead(people, i));
    }
}

static void warnings_over_are_gone(struct world *w)
{
    int64_t left =
        world_ask_int(w, "warning",
                      "SELECT count(*) FROM view v JOIN warning w ON v.topic LIKE 'village/%/warning/' || w.id WHERE "
                      "v.payload IS NOT NULL AND w.ended IS NOT NULL");
    if (left > 0)
        world_fail(w, "%lld warnings that are over are still shown", (long long) left);
}

void promise_at_rest(struct world *w, const struct people *people)
{
    nothing_accepted_is_lost(w, people);
    no_event_is_left_aside(w);
    everybody_is_at_the_head(w);
    what_is_shown_is_what_the_ledger_says(w);
    each_open_lead_has_exactly_one_card(w);
    no_step_fires_twice_or_early(w);
    nobody_is_in_breach_who_acted_in_time(w);
    who_is_complained_of_never_sees_it(w, people);
    for (int i = 0; i < MACHINES; i++)
        reporters_stay_hidden(w, &w->machines[i]);
    warnings_over_are_gone(w);
    books_balance(w, people);
    audit(w);
    for (int i = 0; i < MACHINES; i++)
        w->met[MET_PRUNED] += world_ask_int(w, w->machines[i].service->name, "SELECT value FROM meta WHERE key = 'pruned'") > 0;
    arena_reset(w->arena);
}

void promise_in_the_end(struct world *w, const struct people *people)
{
    promise_at_rest(w, people);
    audit_warnings_have_ended(w);
    arena_reset(w->arena);
}
