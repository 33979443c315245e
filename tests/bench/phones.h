/* phones.h - ten thousand phones: each its own connection that reads one topic and can tap. */
#ifndef BENCH_PHONES_H
#define BENCH_PHONES_H

#include "load.h"
#include "stage.h"

enum { PHONE_VILLAGES = 90 };

struct phones;
struct phones *phones_of_town(const struct stage *stage, int count);  /* every worker up to `count`, with the text it has now */
struct phones *phones_of_bare(const struct bare *bare, int count);    /* the same connections to the bare broker */
struct phones *phones_of_minimal(const struct bare *bare, int count); /* the same, and topics of taps as in a town */
struct phones *phones_close(struct phones *phones);

/* Microseconds from the order to the last new text of the phones in the first `villages` villages. `severity` above that of what they
 * show. */
double phones_warned(struct phones *phones, const char *severity, int villages);
void phones_order(struct phones *phones, const char *severity,
                  int villages); /* only orders; then step until all have changed */
void phones_step(struct phones *phones, int64_t wait_us);
int phones_changed(const struct phones *phones);
int phones_wanted(const struct phones *phones);         /* how many the order is for */
double phones_since_order(const struct phones *phones); /* until the last text so far */
/* All tap at once; microseconds until every phone shows its echo. */
double phones_tapped(struct phones *phones, int *ret_missing);
void phones_wait(struct phones *phones, int64_t us); /* people look before they tap */

/* The bare broker: so many retained texts to the same phones; and every phone's tap to one, who answers each with a text. */
double phones_bare_texts(struct phones *phones);
double phones_bare_taps(struct phones *phones);

#endif
