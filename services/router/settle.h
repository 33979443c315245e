/* settle.h - makes a change of a lead true: its row, what is said of it, and what is shown, hidden and announced. All of it in the
 * transaction of the turn, so a lead that moves is hidden at the old unit and shown at the new one at the same instant. */
#ifndef ROUTER_SETTLE_H
#define ROUTER_SETTLE_H

#include "yinling/service.h"

#include "lead.h"

#define CHANNEL_CARD_KEPT                                                                                                      \
    SPAN_DAYS(30) /* after the closing; then its channel's card goes, so that topics do not grow for ever */

/* A new lead: row, lead.dispatched, cards. lead->status, unit and all else are set. */
void settle_open(struct tx *tx, instant_ms now, struct lead *lead);
/* `was` is how it stood before. `what` is the log's word for the change. */
void settle_change(struct tx *tx, instant_ms now, const struct lead *was, struct lead *lead, const char *what);
/* Gives it to another unit (or the same one anew): changes the lead in memory and says lead.moved. `assist` is taken. */
void settle_move(struct tx *tx, instant_ms now, struct lead *lead, struct text by, struct text to, const char *why,
                 json_t *take_assist);
/* The office leaves it where it is, perhaps with other assisting units: lead.moved from and to the same unit; its state stays. */
void settle_confirm(struct tx *tx, instant_ms now, struct lead *lead, struct text by, json_t *take_assist);
/* Next round with the same unit, which has to sign again: lead.reopened. `why`: redo or supplement. */
void settle_reopen(struct tx *tx, instant_ms now, struct lead *lead, struct text by, const char *why);
/* It has another severity or urgency from now on: lead.severity-set. Before lead.reopened, so that the clocks of the new round are
 * started once; with a move there is no need, lead.moved tells both. */
void settle_weigh(struct tx *tx, instant_ms now, const struct lead *lead, struct text by, enum severity from);
/* From now on a complaint against `against` (NO_TEXT: only suspected): off every unit, group and list of links. Its nominal unit is
 * `to`; the discipline office has to sign. */
void settle_seal(struct tx *tx, instant_ms now, struct lead *lead, struct text by, enum seal seal, struct text against,
                 struct text to);
/* Cards of the leads linked to this one, whose list of links has changed. */
void settle_links(struct tx *tx, instant_ms now, const struct lead *lead);
/* Says an event of this lead, its unit and round with it, and tells the ticker unless it is sealed. */
void settle_say(struct tx *tx, instant_ms now, const struct lead *lead, enum event_type type, struct text by,
                json_t *take_more);

#endif
