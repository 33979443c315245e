/* catchup.c - see catchup.h. */
#include "catchup.h"

#include "inside.h"
#include "load.h"
#include "rows.h"
#include "services/runtime/node_internal.h"
#include "sim/world.h"

#include <stdio.h>

enum { Q_KEEP = QUERY_SERVICE_FIRST, PATIENCE_US = 300 * 1000000 };

static const char *const schema =
    "-- 1\nCREATE TABLE kept (seq INTEGER PRIMARY KEY, subject TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL) STRICT";
static const struct query queries[] = {
    { "Q_KEEP", "INSERT INTO kept (seq, subject, type, body) VALUES (:seq, :subject, :type, :body)" }
};

static enum verdict on_any(struct tx *tx, instant_ms now, const struct event *e)
{
    (void) now;
    tx_run(tx, Q_KEEP, p_int("seq", e->seq), p_text("subject", e->subject), p_c("type", event_specs[e->type].name),
           p_json(tx, "body", e->data));
    return DONE;
}

/* It has the name of a service that follows intake. */
static const struct event_route events[] = {
    { EVENT_LEAD_RECEIVED, on_any, NULL },
    { EVENT_LEAD_SUPPLEMENTED, on_any, NULL },
    { EVENT_LEAD_LINKED, on_any, NULL },
    EVENT_ROUTES_END,
};
static const struct service keeper = {
    .name = SERVICE_ROUTER, .schema = schema, .queries = queries, .query_count = 1, .events = events
};

struct goal {
    const struct node *node;
    int64_t count;
};

static bool is_reached(void *context)
{
    const struct goal *g = context;
    return g->node->producers[0].seq >= g->count;
}

double catchup_measure(const char *town_folder, const char *intake_ledger, const char *new_ledger, int64_t count)
{
    own(findings_free) struct findings *findings = findings_new();
    const struct town *town = town_load(town_folder, findings);
    if (!town)
        return 0;
    struct inside *in =
        inside_new(town, (instant_ms){ rows_number(intake_ledger, "SELECT value FROM meta WHERE key = 'now'", 0) });
    struct node *producer = inside_add(in, sim_intake(), intake_ledger, NULL);
    struct goal goal = { .node = producer ? inside_add(in, &keeper, new_ledger, NULL) : NULL, .count = count };
    int64_t began = now_us();
    bool fine = goal.node && inside_live(in, is_reached, &goal, PATIENCE_US);
    double took = (double) (now_us() - began);
    inside_free(in);
    town_free(town);
    return fine ? took : 0;
}
