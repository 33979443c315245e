/* number.h - a lead's number and its track code.
 *
 * A number is the calendar year in Shanghai and a count from 1, six digits or more: 2026-000123. As a key it is
 * year * NUMBERS_A_YEAR + count, which grows with time. number_next and number_heard need the ledger of intake. */
#ifndef INTAKE_NUMBER_H
#define INTAKE_NUMBER_H

#include "yinling/tx.h"

enum { NUMBER_BYTES_MAX = 24, TRACK_DIGITS = 16 };
#define NUMBERS_A_YEAR INT64_C(1000000000)

struct text number_text(struct arena *arena, int64_t key);
bool number_read(struct text number, int64_t *ret_key);

/* The next key of the year of `now`; never the same twice in one ledger. */
int64_t number_next(struct tx *tx, instant_ms now);
/* Somebody else knows of this lead: no number up to it is given any more. A restored ledger hears here what it has forgotten. */
void number_heard(struct tx *tx, int64_t key);
/* Leaves out the next `count` numbers of the year of `now`. */
void number_spare(struct tx *tx, instant_ms now, int64_t count);

/* 16 decimal digits, each equally likely. */
struct text number_track(struct tx *tx);
/* The 16 digits of what somebody typed, without blanks and dashes, full width made half; NO_TEXT when there are not 16. */
struct text number_track_typed(struct arena *arena, struct text typed);

#endif
