/* phone.h - what a worker's phone shows and what its taps mean (CONTRACT.md §3, the paragraph on phones).
 *
 * Generic MQTT apps: one sentence to read, buttons that send anything at all. Pure functions: no ledger, no clock (`now` is given),
 * no failure; what they make is the arena's. Any thread that owns the arena. */
#ifndef WARNING_PHONE_H
#define WARNING_PHONE_H

#include "yinling/instant.h"
#include "yinling/text.h"
#include "yinling/town.h"
#include "yinling/warning_policy.h"

enum { PHONE_GRAPHEMES_MAX = 70, PHONE_VILLAGE_GRAPHEMES_MAX = 12, PHONE_HOUSEHOLDS_MAX = 10000, PHONE_ACT_BYTES_MAX = 8192 };

/* CAP's status of a message; stored: never renumber. */
enum phone_status { PHONE_ACTUAL = 1, PHONE_EXERCISE = 2, PHONE_TEST = 3 };

/* What the next tap on the item would say. */
enum phone_stage {
    PHONE_UNREAD,  /* `ok`: I have read it */
    PHONE_ERRAND,  /* `ok`: I have passed it on */
    PHONE_RECALLED /* `ok`: I know that it was cancelled */
};

struct phone_item {
    int64_t number; /* of the warning in its year */
    enum severity severity;
    enum phone_status status;
    enum phone_stage stage;
    struct text village; /* its name, with or without 村 */
    struct text headline;
    struct text instruction; /* NO_TEXT: no errand, reading it is all */
    struct text reason;      /* why it was cancelled */
    instant_ms worded_at;    /* what 今天 in the texts means */
    instant_ms reason_at;    /* and in the reason */
    instant_ms confirm_by;
    instant_ms expires;
    int64_t reached;   /* households; -1: nothing reported */
    int64_t reminders; /* how often it was shown again */
};

/* 【17·特急】田桥村：标题，5月26日18:00前指令，看完点“收到”。还有2条. At most 70 graphemes; the instruction is cut first, then the
 * headline. `more` is how many other items wait. look_again puts 请再看： in front. */
struct text phone_item_text(struct arena *arena, const struct phone_item *item, int64_t more, bool look_again, instant_ms now);
/* 【17·特急】田桥村：标题（有效至5月28日18:00）。 For the whole village; not cut. */
struct text phone_notice_text(struct arena *arena, const struct phone_item *item, instant_ms now);
struct text phone_confirmed_text(struct arena *arena, int64_t number,
                                 instant_ms at); /* 已确认【17】10:32。目前没有待办预警。 */
struct text phone_refused_text(struct arena *arena, int64_t number, int64_t more, bool look_again);
extern const struct text phone_idle_text;         /* 目前没有待办预警。 */
extern const struct text phone_quiet_notice;      /* 目前没有预警。 */
const char *phone_severity_word(enum severity s); /* 特急 */

/* 今天 and its like at the start of a clause become the date they meant at `said_at`: 5月26日. White space becomes one blank. */
struct text phone_dated(struct arena *arena, struct text t, instant_ms said_at, instant_ms now);
/* 田桥 becomes 田桥村; 李村 and 滨河社区 stay. */
struct text phone_village(struct arena *arena, struct text name);

/* Whether a tap now means the item that has been shown since `shown_at`; `tapped_at`: the worker's last tap that counted, or NEVER. */
bool phone_tap_counts(const struct warning_policy *policy, instant_ms shown_at, instant_ms tapped_at, instant_ms now);

enum phone_step { PHONE_READ = 1, PHONE_RELAYED, PHONE_REACHED, PHONE_NO };
/* An act of the web page: names its item, so it needs no guess at what was on the screen. */
struct phone_act {
    struct text id;      /* the page's, unique per worker */
    struct text warning; /* w-2026-0017 */
    int64_t ask;         /* which asking of this warning the page showed; 0: not said, the present one */
    bool of_recall;      /* the cancellation, not the warning */
    enum phone_step step;
    int64_t reached;     /* -1: not said */
    struct text method;  /* visit, call …; NO_TEXT */
    instant_ms acted_at; /* the phone's clock; NEVER: not said */
};
enum phone_payload {
    PHONE_TAP,   /* anything that is no act: counts for the item shown */
    PHONE_ACT,   /* *ret is filled */
    PHONE_BROKEN /* meant as an act and not to be understood: nothing is done */
};
enum phone_payload phone_read(struct arena *arena, struct text payload, struct phone_act *ret);
/* A number of households typed by hand: "12", " １２户". False when it is none, or beyond PHONE_HOUSEHOLDS_MAX. */
bool phone_households(struct arena *arena, struct text payload, int64_t *ret);

/* The item's name on the web page: w-2026-0017.1, .2 after it was asked again, .off for the cancellation. */
struct text phone_item_id(struct arena *arena, struct text warning, int64_t ask, bool of_recall);

#endif
