/* cards.h - what a lead looks like from outside: on which topics it stands, and the JSON there. Pure.
 *
 * The set of topics is a function of the lead alone, so a change shows the new set and hides what is in the old one only: there is
 * no way to leave a ghost, nor to show an open lead's `role: lead` card at two units or at none. A sealed lead stands on
 * sealed/<lead> and, with its status only, on its channel's topic; nowhere else. */
#ifndef ROUTER_CARDS_H
#define ROUTER_CARDS_H

#include "yinling/topic.h"
#include "yinling/writer.h"

#include "lead.h"

#define CARD_BYTES_MAX 8192    /* CONTRACT: a payload; a longer text is cut, query-lead has all of it */
#define CARD_SUPPLEMENTS_MAX 3 /* newest of them on a card */
#define CARD_ROUNDS_MAX 5      /* newest entries of `rounds` on a card */

enum card {
    CARD_LEAD,   /* unit/<unit>/lead/<lead> of the accountable unit */
    CARD_ASSIST, /* of an assisting unit */
    CARD_COPY,   /* group/<group>/lead/<lead> */
    CARD_SEALED, /* sealed/<lead> */
    CARD_CHANNEL,
    CARD_VERIFY, /* office/inbox/<lead>-verify */
    CARD_UNMATCHED,
    CARD_PARKED
};
struct card_place {
    enum card kind;
    struct topic topic;
    struct text card; /* what stands there: by cards_write */
};
#define CARD_PLACES_MAX (ASSIST_MAX + GROUP_COUNT + 5)
size_t cards_places(struct arena *arena, const struct lead *lead, struct card_place ret[CARD_PLACES_MAX]);

/* Writes what stands at each of these places. `links` is borrowed. */
void cards_write(struct arena *arena, const struct lead *lead, const json_t *links, struct card_place *places, size_t count);
/* Everything about it, for who asks and may do `may`: nothing cut. Members of the object that is open. */
void write_full(struct writer *w, const struct lead *lead, const json_t *links, const json_t *may);
/* The ticker's line: no text, no title, nobody's name. `type` is the event's. */
struct text cards_line(struct arena *arena, const struct lead *lead, const char *type, struct text unit_name, instant_ms now);
/* The title as people see it: money on the move is said first, and that it is only claimed. */
struct text cards_title(struct arena *arena, const struct lead *lead);
/* Smaller is shown first: proven money-moving, claimed, urgent, routine; within these the graver first. */
int cards_rank(const struct lead *lead);

#endif
