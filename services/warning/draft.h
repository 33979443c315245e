/* draft.h - a warning-order as its sender wrote it, read strictly and checked (CONTRACT.md §2).
 *
 * Complaints go to the request's reader; the result may be believed once is_sound() says so. Pure; everything borrows from the
 * request, the town and the arena. */
#ifndef WARNING_DRAFT_H
#define WARNING_DRAFT_H

#include "services/warning/audience.h"
#include "services/warning/record.h"

enum draft_action { DRAFT_ISSUE = 1, DRAFT_UPDATE, DRAFT_CANCEL };

struct draft {
    enum draft_action action;
    struct warning w;         /* as it will be; of a cancellation only `reason` */
    struct audience audience; /* of an issue */
    bool changes_words;       /* an update that brings headline, text or instruction */
    bool asks_again;          /* an update after which what was confirmed is open again */
};

/* Which action the order names. False with none or an unknown one: then every field of the contract counts as known, so that
 * this is what is complained of. */
bool draft_action(struct reader *r, const json_t *body, enum draft_action *ret);
struct text draft_names(struct reader *r); /* the member "warning" of an update or a cancellation */

struct draft draft_issue(struct arena *arena, struct reader *r, const struct town *town, instant_ms now);
/* `base` is what it is now; same_audience: the order names no other. Asks again when the severity rises or the instruction changes: who has confirmed the old one did not
 * confirm that. */
struct draft draft_update(struct reader *r, const struct town *town, instant_ms now, const struct warning *base,
                          bool same_audience);
struct draft draft_cancel(struct reader *r);

#endif
