/* cards.h - the JSON of deadlines: fields of events, the due card, the supervision order, the explanation. Pure. */
#ifndef DEADLINE_CARDS_H
#define DEADLINE_CARDS_H

#include "sentences.h"
#include "yinling/writer.h"

void write_recipient(struct writer *w, const char *field, struct recipient to); /* {post, account?, stand_in?} */
void write_budget(struct writer *w, const char *field, struct budget budget);   /* {amount, unit}: minutes or days */
/* clock, round, occurrence, unit: what every event of a clock begins with. */
void write_clock(struct writer *w, const struct clock *c);
/* unit/<unit>/due/<lead>: its open clocks by due. */
struct text cards_due(struct arena *arena, const struct lead *lead, const struct clock *clocks, const struct measure *measures,
                      size_t count, const struct town *today, instant_ms now);
struct text cards_order(struct arena *arena, const struct clock *c, const struct measure *m, struct text number,
                        instant_ms limit, instant_ms now, const struct town *today);
/* One clock of the answer to query-due, without its lists of pauses, extensions and steps. */
void cards_explained(struct writer *w, const struct clock *c, const struct measure *m, instant_ms now);

#endif
