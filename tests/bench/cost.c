/* cost.c - see cost.h. */
#include "cost.h"

#include "inside.h"
#include "leads.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVICES = 4, LEADS = 600, CROWD = 100, PAGES = 12, PAGE_MS = 10, START_PAGES = 200, WARNING_PAGES = 1000 };

static const struct service *(*const services[SERVICES])(void) = { sim_intake, sim_router, sim_deadline, sim_warning };

struct tally { /* of one kind of topic */
    int64_t messages, bytes, deliveries;
};

struct counter {
    struct inside *inside;
    struct arena *arena;
    struct tally tallies[TOPIC_COUNT];
    struct inside_count before[SERVICES];
    bool counts;
};

static void on_published(void *context, enum topic_id topic, size_t bytes, int readers)
{
    struct counter *c = context;
    if (!c->counts)
        return;
    c->tallies[topic].messages++;
    c->tallies[topic].bytes += (int64_t) bytes;
    c->tallies[topic].deliveries += readers;
}

static bool begin(struct counter *c, const struct town *town, const char *folder, int per_turn)
{
    char path[1024];
    *c = (struct counter){ .inside = inside_new(town, instant_of_civil(2026, 5, 26, 9, 0, 0)), .arena = arena_new(16 * 1024) };
    inside_hook(c->inside, (struct inside_hooks){ .published = on_published, .context = c });
    for (int i = 0; i < SERVICES; i++) {
        snprintf(path, sizeof path, "%.900s/cost-%d-%s.db", folder, per_turn, services[i]()->name);
        if (!inside_add(c->inside, services[i](), path, NULL))
            return false;
    }
    inside_settle(c->inside);
    for (int i = 0; i < START_PAGES; i++) /* what the phones show at first */
        inside_at(c->inside, later(inside_now(c->inside), (span_ms){ PAGE_MS }));
    return true;
}

/* Turns of the services go on until all is said; then the clock, so that a cursor is told for each lot. */
static void submit(struct counter *c, int64_t first, int count)
{
    for (int64_t i = first; i < first + count; i++) {
        arena_reset(c->arena);
        inside_ask(c->inside, "lead-submit", "12345",
                   arena_printf(c->arena, "{\"id\":\"c-%lld\",\"text\":\"%s（第%lld件）。\",\"village\":\"3704811042%02lld\"}",
                                (long long) i, lead_texts[i % LEAD_TEXTS], (long long) i, (long long) (i % 90)));
    }
    for (int i = 0; i < PAGES; i++) /* views that can wait go out in pages, some milliseconds apart */
        inside_at(c->inside, later(inside_now(c->inside), (span_ms){ PAGE_MS }));
}

static json_t *rows_of(struct counter *c, int per_turn)
{
    json_t *all = json_object();
    printf("\nWhat a lead costs, %d in a turn: turns, flushes, rows, bytes written to the ledger\n", per_turn);
    for (int i = 0; i < SERVICES; i++) {
        const char *name = services[i]()->name;
        struct inside_count now = inside_counted(c->inside, name), was = c->before[i];
        double turns = (double) (now.turns - was.turns) / LEADS, flushes = (double) (now.flushes - was.flushes) / LEADS,
               rows = (double) (now.rows - was.rows) / LEADS, bytes = (double) (now.written_bytes - was.written_bytes) / LEADS;
        printf("  %-10s %8.2f %8.2f %8.2f %10.0f\n", name, turns, flushes, rows, bytes);
        json_object_set_new(all, name,
                            json_pack("{s:f,s:f,s:f,s:f}", "turns", turns, "flushes", flushes, "rows", rows, "bytes", bytes));
    }
    return all;
}

static json_t *messages_of(const struct counter *c, int per_turn)
{
    json_t *all = json_object();
    printf("Messages a lead, %d in a turn: published, bytes, read by services\n", per_turn);
    for (int id = 0; id < TOPIC_COUNT; id++) {
        const struct tally *t = &c->tallies[id];
        if (t->messages == 0)
            continue;
        double messages = (double) t->messages / LEADS, bytes = (double) t->bytes / LEADS,
               deliveries = (double) t->deliveries / LEADS;
        printf("  %-34s %7.2f %8.0f %7.2f\n", topic_specs[id].pattern, messages, bytes, deliveries);
        json_object_set_new(all, topic_specs[id].name,
                            json_pack("{s:f,s:f,s:f}", "messages", messages, "bytes", bytes, "read", deliveries));
    }
    return all;
}

static json_t *count(const struct town *town, const char *folder, int per_turn)
{
    struct counter c;
    json_t *all = NULL;
    if (begin(&c, town, folder, per_turn)) {
        submit(&c, 0, CROWD); /* what happens once */
        for (int i = 0; i < SERVICES; i++)
            c.before[i] = inside_counted(c.inside, services[i]()->name);
        c.counts = true;
        for (int i = 0; i < LEADS; i += per_turn)
            submit(&c, CROWD + i, per_turn);
        json_t *rows = rows_of(&c, per_turn);
        all = json_pack("{s:o,s:o}", "services", rows, "messages", messages_of(&c, per_turn));
    }
    inside_free(c.inside);
    arena_free(c.arena);
    return all;
}

/* Of one warning to every worker of the town, a phone: what `warning` does, and what it sends. */
static json_t *count_warning(const struct town *town, const char *folder)
{
    struct counter c;
    if (!begin(&c, town, folder, 0)) {
        inside_free(c.inside);
        arena_free(c.arena);
        return NULL;
    }
    struct inside_count was = inside_counted(c.inside, "warning");
    c.counts = true;
    inside_ask(c.inside, "warning-order", "publicity-1",
               TEXT("{\"id\":\"c\",\"action\":\"issue\",\"headline\":\"有人上门推销“养老床位返现”\",\"instruction\":"
                    "\"入户提醒独居老人不要交钱\",\"severity\":\"severe\",\"expires\":\"2026-05-27T09:00:00+08:00\","
                    "\"audience\":{\"all\":true}}"));
    for (int i = 0; i < WARNING_PAGES && c.tallies[TOPIC_WORKER_ITEM].messages < (int64_t) town->worker_count; i++)
        inside_at(c.inside, later(inside_now(c.inside), (span_ms){ PAGE_MS }));
    struct inside_count now = inside_counted(c.inside, "warning");
    double phones = (double) town->worker_count;
    json_t *cost = json_pack("{s:f,s:f,s:f,s:f}", "turns", (double) (now.turns - was.turns) / phones, "flushes",
                             (double) (now.flushes - was.flushes) / phones, "rows", (double) (now.rows - was.rows) / phones,
                             "bytes", (double) (now.written_bytes - was.written_bytes) / phones);
    printf("\nWhat a warning costs a phone: turns %.4f, flushes %.4f, rows %.2f, bytes written to the ledger %.0f\n",
           (double) (now.turns - was.turns) / phones, (double) (now.flushes - was.flushes) / phones,
           (double) (now.rows - was.rows) / phones, (double) (now.written_bytes - was.written_bytes) / phones);
    for (int id = 0; id < TOPIC_COUNT; id++) {
        double messages = (double) c.tallies[id].messages / phones;
        if (messages >= 0.01)
            printf("  %-34s %7.2f %8.0f\n", topic_specs[id].pattern, messages, (double) c.tallies[id].bytes / phones);
    }
    inside_free(c.inside);
    arena_free(c.arena);
    return cost;
}

json_t *cost_count(const char *town_folder, const char *folder)
{
    own(findings_free) struct findings *findings = findings_new();
    const struct town *town = town_load(town_folder, findings);
    json_t *alone = town ? count(town, folder, 1) : NULL, *crowd = town ? count(town, folder, CROWD) : NULL;
    json_t *phone = town ? count_warning(town, folder) : NULL;
    town_free(town);
    if (alone && crowd && phone)
        return json_pack("{s:o,s:o,s:o}", "one in a turn", alone, "a hundred in a turn", crowd, "a warning, a phone", phone);
    json_decref(phone);
    json_decref(alone);
    json_decref(crowd);
    return NULL;
}
