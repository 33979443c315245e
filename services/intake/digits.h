/* digits.h - finds the numbers in a text that belong to a person: telephone, identity card, bank card.
 *
 * Pure. Internal to intake. What counts as certain is written beside each shape in digits.c. */
#ifndef INTAKE_DIGITS_H
#define INTAKE_DIGITS_H

#include "glyph.h"

enum { DIGITS_KEEP_MAX = 4, DIGITS_KNOWN_MIN = 7 };

/* A number with everything but its digits gone, as 0-9. */
struct text digits_of(struct arena *arena, struct text number);

/* Paints each number of a person, but those equal to one of `keep` (as digits_of gives them). */
void digits_mask(struct arena *arena, struct glyphs *g, const struct text *keep, size_t keep_count);
/* Paints each run of at least DIGITS_KNOWN_MIN digits that also stands in `known` (as digits_of gives it). */
void digits_mask_known(struct arena *arena, struct glyphs *g, struct text known);

#endif
