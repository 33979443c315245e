/* life.h - the life of a lead: its states, who may do what in which of them, and how that is said. Pure tables; any thread.
 *
 * One table of steps decides both what is refused and what a card lists under `may`, so the two cannot differ. */
#ifndef ROUTER_LIFE_H
#define ROUTER_LIFE_H

#include "yinling/reader.h"
#include "yinling/service.h"
#include "yinling/town.h"

/* Stored: never renumber. */
enum life {
    LIFE_NONE,
    LIFE_DISPATCHED, /* 待签收 */
    LIFE_SIGNED,     /* 办理中 */
    LIFE_CONCLUDED,  /* 已办结待核查 */
    LIFE_CLOSED,     /* 结案销号 */
    LIFE_AWAITING,   /* 办理中, handed to somebody outside the town's units: 待回执. The contract's word is `signed` */
    LIFE_COUNT
};
/* Stored: never renumber. */
enum seal {
    SEAL_NONE,
    SEAL_SUSPECT,  /* the text looks like a complaint: sealed until the director assigns it or orders `against` */
    SEAL_COMPLAINT /* a complaint against a unit or village: sealed for good */
};
enum urgency { URGENCY_ROUTINE, URGENCY_URGENT, URGENCY_MONEY_MOVING }; /* stored: never renumber */

enum side {
    SIDE_HOLDER, /* the accountable unit; of a sealed lead the discipline office: lead-reply */
    SIDE_OFFICE  /* lead-order */
};

/* What people may ask for: an `action` of lead-reply or lead-order. */
enum deed {
    DEED_SIGN,
    DEED_PROGRESS,
    DEED_CONCLUDE,
    DEED_RETURN,
    DEED_ASK_EXTENSION,
    DEED_ASK_PAUSE,
    DEED_RESUME,
    DEED_ASK_REPORTER,
    DEED_ASK_VILLAGE,
    DEED_ASSIGN,
    DEED_VERIFY,
    DEED_SET_SEVERITY,
    DEED_AGAINST,
    DEED_RULE_RETURN,
    DEED_DECIDE_EXTENSION,
    DEED_DECIDE_PAUSE,
    DEED_CALLBACK,
    DEED_REMIND,
    DEED_SUPERVISE,
    DEED_COUNT
};
extern const struct choice life_replies[]; /* the deeds of SIDE_HOLDER by word */
extern const struct choice life_orders[];  /* the deeds of SIDE_OFFICE by word */
const char *life_deed_word(enum deed deed);
const char *life_deed_name(enum deed deed); /* 签收 */
bool life_deed_is_later(enum deed deed);    /* not built yet: answered `unavailable` */

/* The steps of the machine. A deed may be one of several steps: conclude is `conclude`, `transfer` or `hand-over`. Beside those of
 * deeds there are `deemed` (the clock signed) and `supplement` (new facts, which reopen what is closed). */
bool life_step(enum life from, const char *step, enum life *ret_to);
bool life_allows(enum life at, enum deed deed); /* at least one of its steps is open */
json_t *life_may(enum life at, enum side side); /* new list of the words of all deeds allowed now */

/* 线索 2026-000123 现在是“待签收”，可以做的是：签收。 */
struct text life_not_now(struct arena *arena, struct text lead, enum life at, enum side side);

/* The findings of a conclusion. */
enum conclusion {
    FINDING_HINT,
    FINDING_VIOLATION,
    FINDING_TRANSFER,
    FINDING_CRIME,
    FINDING_CIVIL,
    FINDING_UNFOUNDED,
    FINDING_UNVERIFIABLE
};
extern const struct choice life_findings[];
/* Which step a conclusion is: `transfer` to another unit, `hand-over` to the outside while no receipt is in, else `conclude`. */
const char *life_step_of_finding(enum life at, enum conclusion finding, bool to_unit);

/* The contract's words; numbers are what is stored. */
extern const struct choice life_words[]; /* dispatched signed concluded closed */
const char *life_word(enum life at);     /* the contract's word; `signed` while awaiting a receipt */
const char *life_name(enum life at);     /* 待签收 */
extern const struct choice life_severities[];
extern const struct choice life_urgencies[];
extern const struct choice life_channels[]; /* kinds of channel; the value has no meaning */

#endif
