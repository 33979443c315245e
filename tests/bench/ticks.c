/* ticks.c - see ticks.h. */
#include "ticks.h"

#include "inside.h"
#include "load.h"
#include "rows.h"
#include "services/runtime/node_internal.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_MESSAGE = 400, IDLE_CALLS = 20000 };
#define DISPATCHED                                                                                                              \
    "{\"unit\":\"market\",\"assist\":[\"police\"],\"severity\":\"moderate\",\"urgency\":\"routine\",\"category\":\"care\","     \
    "\"channel\":\"hotline\",\"rule\":\"care-beds\",\"unmatched\":false,\"sealed\":false,\"round\":1,\"groups\":[\"general\"]," \
    "\"named\":false,\"title\":\"有人上门推销养老床位\"}"

static const struct town *town_of(const char *folder)
{
    own(findings_free) struct findings *findings = findings_new();
    const struct town *town = town_load(folder, findings);
    if (!town)
        fprintf(stderr, "bench: the town in %s cannot be loaded\n", folder);
    return town;
}

static void dispatch(struct inside *in, int64_t first, int64_t count)
{
    char lead[32];
    for (int64_t i = 0; i < count; i++) {
        snprintf(lead, sizeof lead, "2026-%06lld", (long long) (first + i));
        inside_event(in, EVENT_LEAD_DISPATCHED, text_of(lead), DISPATCHED);
        if ((i + 1) % PER_MESSAGE == 0 || i + 1 == count)
            inside_tell(in, SERVICE_ROUTER);
    }
}

/* Signing has four working hours, and half of them gone is the first step of all: batches have it from 11:00:00 on, one each second, the
 * others at 11:30. */
bool ticks_make(const char *town_folder, const char *ledger, int64_t leads)
{
    const struct town *town = town_of(town_folder);
    if (!town)
        return false;
    inside_syncs_nothing = true;
    struct inside *in = inside_new(town, instant_of_civil(2026, 5, 26, 9, 0, 0));
    bool fine = inside_add(in, sim_deadline(), ledger, NULL) != NULL;
    int64_t first = 1;
    for (int b = 0; fine && b < TICK_BATCHES && first + TICK_DUE - 1 <= leads; b++, first += TICK_DUE) {
        inside_at(in, instant_of_civil(2026, 5, 26, 9, 0, b + 1));
        inside_tell(in, SERVICE_ROUTER);
        dispatch(in, first, TICK_DUE);
    }
    if (fine) {
        inside_at(in, instant_of_civil(2026, 5, 26, 9, 30, 0));
        dispatch(in, first, leads - first + 1);
        inside_at(in, instant_of_civil(2026, 5, 26, 10, 0, 0));
        inside_tell(in, SERVICE_ROUTER);
    }
    inside_free(in);
    town_free(town);
    inside_syncs_nothing = false;
    return fine;
}

int64_t ticks_open(const char *ledger)
{
    return rows_number(ledger, "SELECT count(*) FROM clock WHERE next IS NOT NULL", 0);
}

/* Nothing is due: the handler alone, as a turn would call it. */
static double idle_call_us(struct node *node, instant_ms now)
{
    if (setjmp(node->trouble) != 0)
        return 0;
    db_begin(node->db);
    node->service->on_time(&node->tx, now);
    int64_t began = now_us();
    for (int i = 0; i < IDLE_CALLS; i++) {
        node->service->on_time(&node->tx, now);
        arena_reset(node->scratch);
    }
    double took = (double) (now_us() - began) / IDLE_CALLS;
    db_rollback(node->db);
    return took;
}

bool ticks_measure(const char *town_folder, const char *ledger, struct ticks *ret)
{
    const struct town *town = town_of(town_folder);
    if (!town)
        return false;
    inside_syncs_nothing = true;
    instant_ms kept = { rows_number(ledger, "SELECT value FROM meta WHERE key = 'now'", 0) },
               due = { rows_number(ledger, "SELECT min(next) FROM clock", 0) };
    int64_t steps = rows_number(ledger, "SELECT count(*) FROM step", 0);
    struct inside *in = inside_new(town, kept);
    struct node *node = inside_add(in, sim_deadline(), ledger, NULL);
    if (node) {
        inside_settle(in);
        inside_tell(in, SERVICE_ROUTER);
        ret->idle_us = idle_call_us(node, inside_now(in));
        inside_at(in, (instant_ms){ due.ms - 1000 });
        inside_tell(in, SERVICE_ROUTER);
        inside_ahead(in, later(due, (span_ms){ 1 }));
        int64_t began = now_us();
        inside_tell(in, SERVICE_ROUTER);
        ret->due_us = (double) (now_us() - began);
    }
    inside_free(in);
    town_free(town);
    inside_syncs_nothing = false;
    steps = rows_number(ledger, "SELECT count(*) FROM step", 0) - steps;
    if (node && steps != TICK_DUE)
        fprintf(stderr, "bench: %lld steps were due instead of %d\n", (long long) steps, TICK_DUE);
    return node && steps == TICK_DUE;
}
