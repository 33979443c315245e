/* word_lists.h - which of many lists of words a text meets, found at once from the words of the text.
 *
 * Rules have hundreds of lists and a text has a few dozen words: so each word knows the lists it is on. Built once, then immutable; a
 * finding belongs to the caller's arena. Pure. */
#ifndef ROUTER_WORD_LISTS_H
#define ROUTER_WORD_LISTS_H

#include "yinling/words.h"

struct word_lists;
struct word_lists *word_lists_new(struct arena *arena, const struct words *sealed);
uint32_t word_lists_add(struct word_lists *lists,
                        const struct word_set *set); /* its number; the set is borrowed and may still grow */
void word_lists_seal(struct word_lists *lists);      /* no more additions; now word_lists_met may be called */

/* The lists of which some word stands in the text, hidden by an exception or not: bits by number. */
const uint64_t *word_lists_met(const struct word_lists *lists, struct arena *arena, const struct words_found *found);

#endif
