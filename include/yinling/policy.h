/* policy.h - deadlines.yaml: which clocks run for how long, and who is told at which step; immutable once loaded.
 *
 * No number stands in code: budgets, floors, ladders, quiet hours and caps are the town's. All of it lives in the arena given to
 * policy_load. Loading reads a file and may block; everything else is a look-up and may be called from any thread. */
#ifndef YINLING_POLICY_H
#define YINLING_POLICY_H

#include "yinling/calendar.h"

#define LADDERS_MAX 16
#define LADDER_STEPS_MAX 12 /* of one ladder: more nobody would act on */

enum clock_kind {                      /* stored: never renumber */
                  CLOCK_TRIAGE = 1,    /* the office gives a lead no rule matched to a unit */
                  CLOCK_SIGN,          /* the unit signs for it; silence is acceptance (视同签收) */
                  CLOCK_RETURN_WINDOW, /* until when it may say "not ours"; a right that lapses, not a duty */
                  CLOCK_FIRST_ANSWER,  /* a named reporter has an answer */
                  CLOCK_PROGRESS,      /* repeats: something was reported */
                  CLOCK_CLOSE,         /* the unit concludes */
                  CLOCK_VERIFY,        /* the office confirms the outcome */
                  CLOCK_REPORT_UP,     /* a superior's date minus a margin */
                  CLOCK_OVERALL,       /* per lead, never reset */
                  CLOCK_KIND_COUNT
};
extern const struct choice clock_words[];     /* triage … overall */
const char *clock_said(enum clock_kind kind); /* 签收 */

enum colour { COLOUR_GREEN, COLOUR_YELLOW, COLOUR_ORANGE, COLOUR_RED };
extern const struct choice colour_words[];
extern const struct choice severity_words[]; /* minor moderate severe extreme: enum severity of town.h */

enum post { POST_HANDLER = 1, POST_LIAISON, POST_DEPUTY, POST_HEAD, POST_CALLER, POST_DIRECTOR };
extern const struct choice post_words[];
const char *post_said(enum post post); /* 经办人 */

struct ladder_step {
    struct place line;
    struct text step;  /* remind yellow orange red listed …: unique in its ladder */
    struct text said;  /* 提醒 预警 催办 督办 通报 */
    int left_permille; /* of the budget, 1-1000; 0: the due instant itself, the verdict; -1: `late` after it */
    struct budget late;
    enum colour colour;
    enum post to;
    bool opens_order; /* a supervision order is drafted */
    bool is_punitive; /* waits while a request for extension is undecided: the verdict and all after it */
};
struct ladder {
    struct place line;
    struct text name;
    const struct ladder_step *steps; /* in the order in which they come; exactly one is the verdict */
    int count;
};

struct clock_rule {
    struct place line;
    bool is_on;           /* absent from the file: this clock never runs */
    struct budget budget; /* first round */
    struct budget redo;   /* later rounds; the same as budget when the file gives none */
    struct budget floor;  /* never less than this is left when a lead changes hands */
    const struct ladder *ladder;
    struct text calendar; /* empty: that of the unit */
    bool by_office;       /* held by the office, not by the lead's unit */
    bool repeats;         /* starts again at the act that met it */
    bool pauses;          /* stands still while the lead is paused */
    unsigned severities;  /* bits 1 << enum severity: runs only for these */
};

struct policy {
    struct place line;
    struct clock_rule clocks[CLOCK_KIND_COUNT];
    struct clock_rule money_moving[CLOCK_KIND_COUNT]; /* replaces the row above where is_on; no quiet hours */
    const struct ladder *ladders;
    size_t ladder_count;
    struct text office_calendar;
    int quiet_from_min, quiet_to_min;      /* minutes of the day; from > to spans midnight; equal: none */
    struct budget pause_max, pauses_max;   /* working days: one pause, all pauses of a round */
    struct budget extension_max;           /* working days */
    int64_t extensions_max;                /* per round */
    struct budget extension_hold;          /* an undecided request holds punitive steps so long, then counts as refused */
    struct budget assist_margin;           /* an assisting unit is due so much earlier */
    struct text order_by;                  /* who issues a supervision order */
    struct budget order_sign, order_limit; /* the office signs the draft; the unit complies */
};

/* NULL when something is wrong: findings say what, with file:line. */
struct town;
const struct policy *policy_load(struct arena *arena, const char *folder, const struct town *so_far, struct findings *into);
/* Judged against the town's calendars, by policy_load itself when `so_far` has any: a clock that is needed and missing, a clock or
 * the office without a calendar. (A unit's calendar and unpublished years are check_town's.) */
void policy_check(const struct policy *policy, const struct town *town, struct findings *into);

/* The rule of a clock for this kind of lead. */
const struct clock_rule *policy_rule(const struct policy *policy, enum clock_kind kind, bool is_money_moving);
/* The calendar that rule counts in for this unit; NULL only for a unit or name that is no longer configured. */
const struct calendar *policy_calendar(const struct policy *policy, const struct town *town, const struct clock_rule *rule,
                                       struct text unit);
/* The first instant not before `at` at which people may be bothered. */
instant_ms policy_after_quiet(const struct policy *policy, instant_ms at);

#endif
