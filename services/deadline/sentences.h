/* sentences.h - what people read about deadlines: complete Chinese sentences. Pure; texts live in the arena given. */
#ifndef DEADLINE_SENTENCES_H
#define DEADLINE_SENTENCES_H

#include "rules.h"

#define SENTENCE_MAX 500 /* code points of a card's sentence, as the contract has it */

/* Whom a step is for: the account that holds the post in that unit today, and its stand-in (AB岗). Nobody there: the next post up,
 * to the director. */
struct recipient {
    enum post wanted, post;        /* they differ when the step was passed on */
    struct text account, stand_in; /* NO_TEXT when not even a director is configured */
};
struct recipient sentence_recipient(const struct town *today, struct text unit, enum post post);

/* 5月26日18:00; a day's end is 5月26日24:00, never 5月27日00:00. */
struct text sentence_instant(struct arena *arena, instant_ms at, instant_ms now);

/* One clause per clock, the most pressing first: 【橙】派出所：应于5月26日18:00前签收，已催办分管领导（staff-police-3）；…。 */
struct text sentence_card(struct arena *arena, const struct lead *lead, const struct clock *clocks,
                          const struct measure *measures, size_t count, const struct town *today, instant_ms now);
/* The draft of a supervision order. */
struct text sentence_order(struct arena *arena, const struct clock *c, const struct measure *m, struct text number,
                           instant_ms limit, instant_ms now);
/* How a due instant came about, and how it stands. */
struct text sentence_explained(struct arena *arena, const struct clock *c, const struct measure *m, instant_ms now);

#endif
