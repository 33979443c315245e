/* record.h - the ledger of `warning` as C values: warnings, items, coverage. Reads and writes rows, decides nothing.
 *
 * Everything here needs a transaction; what is returned lives until the turn ends. */
#ifndef WARNING_RECORD_H
#define WARNING_RECORD_H

#include "services/warning/phone.h"
#include "yinling/service.h"

enum { WARNING_ID_BYTES_MAX = 32, LEAD_ID_BYTES_MAX = 32 };

/* stored: never renumber */
enum stage {
    STAGE_PLANNED = 1,   /* ordered for later */
    STAGE_SPREADING = 2, /* going out, or going out again after an update; `position` says how far */
    STAGE_STANDING = 3,  /* everybody addressed has it */
    STAGE_WINDING = 4,   /* being taken down; `position` says how far */
    STAGE_OVER = 5       /* on no topic */
};
enum ending { ENDING_NONE = 0, ENDING_EXPIRED = 1, ENDING_CANCELLED = 2 }; /* stored: never renumber */
enum item_state {                                                          /* stored: never renumber */
                  ITEM_NONE = 0,
                  ITEM_UNREAD = 1,   /* open: waits for the first `ok` */
                  ITEM_READ = 2,     /* open: read, waits to be passed on */
                  ITEM_RECALLED = 3, /* open: the worker is to see that it was cancelled */
                  ITEM_DONE = 4,     /* confirmed in full */
                  ITEM_REFUSED = 5,  /* 办不了 */
                  ITEM_OVER = 6      /* the warning ended */
};

struct warning {
    int64_t no;
    struct text id;
    int64_t number;
    enum phone_status status;
    enum severity severity;
    struct text urgency, certainty, guise, headline, text, instruction;
    instant_ms effective, expires, confirm_by;
    struct text edition, lead, ordered_by, by_unit;
    int64_t workers;
    instant_ms issued_at, worded_at; /* worded_at: of its present texts */
    int64_t revision, ask;
    enum stage stage;
    int64_t position;
    enum ending ended;
    instant_ms ended_at;
    struct text reason;
    bool *touched; /* its statistics are known to be out of date; shared by copies */
};

struct item {
    int64_t no, warning, worker;
    struct text village;
    enum severity severity;
    enum item_state state;
    int64_t ask, revision;
    instant_ms shown_at, read_at, relayed_at, refused_at; /* NEVER: not yet */
    enum item_state refused_from;
    int64_t reached; /* -1: nothing reported */
    struct text method;
    int64_t reminders, rungs;
    instant_ms escalated_at, remind_at, due_at;
};

static inline bool item_is_open(const struct item *i)
{
    return i->state == ITEM_UNREAD || i->state == ITEM_READ || i->state == ITEM_RECALLED;
}

extern const struct choice record_status_words[], record_severity_words[], record_item_words[];

/* NULL when there is none. */
struct warning *record_warning(struct tx *tx, int64_t no);
struct warning *record_warning_named(struct tx *tx, struct text id);
const json_t *record_audience(struct tx *tx, const struct warning *w);
void record_stage(struct tx *tx, struct warning *w, enum stage stage, int64_t position);
/* Its statistics are out of date. */
void record_touch(struct tx *tx, instant_ms now, const struct warning *w);

struct item *record_item(struct tx *tx, int64_t no);
struct item *record_item_of(struct tx *tx, const struct warning *w, int64_t worker);
void record_item_save(struct tx *tx, const struct item *i);

/* What is added to the counts of the item's village. */
struct cover {
    int workers, shown, read, relayed, refused, escalated;
    int64_t reached;
};
void record_cover(struct tx *tx, instant_ms now, const struct warning *w, struct text village, struct cover add);
/* The warning as ordered, for the village's topic: without the lead and without who is addressed by name. */
json_t *record_view(struct tx *tx, const struct warning *w);
/* What the phone's sentences need; `stage` by the item's state. */
struct phone_item record_phone_item(const struct warning *w, const struct item *i, struct text village_name);
/* Name of a village for people, "" when the town has none of that code. */
struct text record_village_name(struct tx *tx, struct text code);

#endif
