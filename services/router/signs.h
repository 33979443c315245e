/* signs.h - weighs the words of a text that no rule fits: which unit they speak for most (`signs` of routing.yaml). Pure. */
#ifndef ROUTER_SIGNS_H
#define ROUTER_SIGNS_H

#include "condition.h"

struct signs;

/* Building, like condition.h: the vocabulary before words_seal, compiling after. NULL when a term or unit makes no sense. */
void signs_vocabulary(struct building *b);
const struct signs *signs_compile(struct building *b, const struct town *town);

/* Of one list: how many different words of the text speak. */
struct sign_found {
    size_t count;
    struct text words; /* these with their points, only when explaining: “押金”6、“床位”6 */
};
/* For each sign, in the file's order. */
const struct sign_found *signs_found(const struct signs *signs, const struct sight *s);
/* Of the unit with the most points the sign that stands first; when no unit has enough the sign of the guise the sender gave, or
 * NULL. `except` gets no points. */
const struct sign *signs_heaviest(const struct signs *signs, const struct sight *s, const struct sign_found *found,
                                  struct text except);

/* What speaks for a unit, as a Chinese sentence: 12分：“押金”6、“床位”6. NO_TEXT when nothing does. Only when explaining. */
struct text signs_for_unit(const struct signs *signs, const struct sight *s, const struct sign_found *found, struct text unit);

#endif
