/* receipt.h - what becomes of one item: the moves of its state, their counts and their events. Nothing here touches the phone.
 *
 * Each function does its move if the present state allows it and says whether it did; the item given is kept up to date and saved.
 * `at` is when the worker acted, by the phone's clock where that is believed; else equal to now. */
#ifndef WARNING_RECEIPT_H
#define WARNING_RECEIPT_H

#include "services/warning/record.h"

/* A worker as the events name him. */
struct receiver {
    int64_t no;
    struct text account;
};

bool receipt_shown(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who);
bool receipt_read(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who, instant_ms at);
bool receipt_relayed(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who,
                     instant_ms at);
/* Households reached so far, as a total: a repeat changes nothing. */
bool receipt_reached(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who,
                     int64_t reached);
bool receipt_refused(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who);
/* Takes a refusal back while that is possible; the item is as it was before. */
bool receipt_withdrawn(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who);
/* The worker has seen that it was cancelled. */
bool receipt_told(struct tx *tx, const struct warning *w, struct item *i);
/* confirm_by or a later rung of the ladder has passed in silence. */
bool receipt_silent(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who);
void receipt_reminded(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, bool was_on_phone);

/* The warning was updated: the item takes its severity, and when it asks again everything confirmed is open again. */
void receipt_renewed(struct tx *tx, instant_ms now, const struct warning *w, struct item *i);
/* The warning ended: who had it is to see a cancellation; an expiry just ends it, escalating what was never confirmed. */
void receipt_ended(struct tx *tx, instant_ms now, const struct warning *w, struct item *i, struct receiver who);

/* The worker gets the warning; with `shown` it is on the phone at once. NULL, and nothing done, when he has it already. The caller
 * counts it (record_cover): a village's workers get it together. */
struct item *receipt_given(struct tx *tx, instant_ms now, const struct warning *w, struct receiver who, struct text village,
                           bool shown);

#endif
