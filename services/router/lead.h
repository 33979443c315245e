/* lead.h - a lead as the router knows it: one row of its ledger, read, changed in memory and written back in the same turn.
 *
 * Everything it points to lives as long as the turn; the lists are its own and may be changed. The turn's thread only. */
#ifndef ROUTER_LEAD_H
#define ROUTER_LEAD_H

#include "yinling/tx.h"

#include "life.h"

#define LEAD_ID_MAX 24
#define ASSIST_MAX 8       /* units beside the accountable one: more is a meeting, not a lead */
#define HOLDINGS_MAX 40    /* entries kept in `rounds`; the acts keep all */
#define SUPPLEMENTS_MAX 10 /* kept with the lead; intake keeps all */

struct lead {
    struct text id;
    enum life status;
    struct text unit; /* the one accountable unit */
    int64_t round, hop, revision;
    enum severity severity;
    enum urgency urgency;
    bool claimed;       /* the urgency is only the sender's word */
    bool named;         /* a reporter wants an answer */
    bool unmatched;     /* only the catch-all fitted, the office has not looked yet */
    struct text parked; /* why lead.received could not be read; NO_TEXT: it could, or the office has acted on it all the same */
    enum seal seal;
    bool withheld;       /* sealed against the director's own unit: not stored, follows from the town */
    struct text against; /* unit code or village */
    struct text village, channel, sender;
    unsigned groups;     /* bits 1 << enum group */
    struct text finding; /* of the latest conclusion in this round */
    json_t *assist;      /* list of unit codes, never the accountable unit */
    json_t *facts;       /* text title category guise subject … rule why supplements answer_public */
    json_t *rounds;      /* list, one entry per holding by one unit */
    instant_ms dispatched, updated, closed, forget; /* the last two NEVER when they do not apply */
};

/* A number as intake gives them: digits and `-`, 6 to LEAD_ID_MAX bytes. */
bool lead_is_id(struct text id);
bool lead_get(struct tx *tx, struct text id, struct lead *ret);
void lead_open(struct tx *tx, instant_ms now, struct lead *lead);   /* a new row; sets revision and times */
void lead_change(struct tx *tx, instant_ms now, struct lead *lead); /* writes all of it back; one more revision */
/* What somebody did with it, for the record. `by` NO_TEXT: the clock. */
void lead_act(struct tx *tx, instant_ms now, const struct lead *lead, struct text by, const char *action, json_t *take_more);

/* The holding that runs now: the last entry of `rounds`. */
void lead_hold(struct lead *lead, struct arena *arena, instant_ms now, const char *why); /* begins one for unit and round */
void lead_note(struct lead *lead, const char *field, json_t *take_value);                /* adds to the one that runs */
bool lead_assists(const struct lead *lead, struct text unit);
/* The list without one unit, as a new list. */
json_t *lead_assist_without(const struct lead *lead, struct text unit);
/* The leads it is linked to, newest first, at most 20, never a sealed one: [{"lead","why"}]. */
json_t *lead_links(struct tx *tx, const struct lead *lead);

#endif
