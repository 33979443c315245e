/* cards.h - the JSON of deadlines: fields of events, the due card, the supervision order, the explanation. Pure; every function
 * returns a new reference. */
#ifndef DEADLINE_CARDS_H
#define DEADLINE_CARDS_H

#include "sentences.h"

#include <jansson.h>

json_t *cards_instant(struct arena *arena, instant_ms at); /* null for NEVER */
json_t *cards_recipient(struct recipient to);              /* {post, account?, stand_in?} */
json_t *cards_budget(struct budget budget);                /* {amount, unit}: minutes or days */
/* {clock, round, occurrence, unit}: what every event of a clock begins with. */
json_t *cards_event(const struct clock *c);
/* unit/<unit>/due/<lead>: its open clocks by due. */
json_t *cards_due(struct arena *arena, const struct lead *lead, const struct clock *clocks, const struct measure *measures,
                  size_t count, const struct town *today, instant_ms now);
json_t *cards_order(struct arena *arena, const struct clock *c, const struct measure *m, struct text number, instant_ms limit,
                    instant_ms now, const struct town *today);
/* One clock of the answer to query-due, without its lists of pauses, extensions and steps. */
json_t *cards_explained(struct arena *arena, const struct clock *c, const struct measure *m, instant_ms now);

#endif
