/* warning_policy.h - warnings.yaml: how long a worker has, how often he is reminded, to whom silence goes.
 *
 * The plan asks for 发布风险提示和预警信息 and names no times, so every time is configuration; each has its source beside it in the
 * file. Loaded as a part of the town, owned by its arena, immutable afterwards; may be read from any thread. */
#ifndef YINLING_WARNING_POLICY_H
#define YINLING_WARNING_POLICY_H

#include "yinling/instant.h"
#include "yinling/text.h"
#include "yinling/yaml.h"

#include <stdbool.h>
#include <stdint.h>

struct town;

enum { WARNING_GRADES = 4, WARNING_RUNGS_MAX = 4 };

/* To whom an escalation goes; stored: never renumber. */
enum rung_to { RUNG_VILLAGE = 1, RUNG_PUBLICITY = 2, RUNG_OFFICE = 3 };

/* What holds for one severity; grades[] is indexed by enum severity. */
struct warning_grade {
    span_ms confirm_within; /* from the start of the warning to confirm_by when the order names none */
    span_ms remind_every;   /* a shown item that was not confirmed is shown again that often */
    int64_t reminders_max;  /* 0: never */
    bool at_night;          /* whether it reminds at night too */
};

/* One rung of the ladder a silent worker's item climbs; the first is also where a `no` goes. */
struct warning_rung {
    span_ms after; /* from confirm_by */
    int to;        /* enum rung_to */
};

struct warning_policy {
    struct place line;
    span_ms look;                 /* an item counts as seen when it has been on the phone that long */
    span_ms tap_gap;              /* between two taps of one worker that count */
    span_ms withdraw;             /* how long an `ok` takes back a `no` */
    span_ms recall_for;           /* how long a cancellation stays on the phone of somebody who does not tap */
    span_ms acted_skew;           /* how far back an act's own time is believed; beyond, its arrival counts */
    span_ms valid_max;            /* from now to `expires` */
    span_ms board_every;          /* the statistics of a warning are shown at most that often */
    int64_t night_from, night_to; /* hours 0-23, Shanghai; equal: no night */
    struct warning_grade grades[WARNING_GRADES];
    struct warning_rung rungs[WARNING_RUNGS_MAX]; /* ascending by `after` */
    size_t rung_count;                            /* at least 1 */
};

/* Reads <folder>/warnings.yaml. NULL when anything in it is wrong: the findings say what, with file and line. */
const struct warning_policy *warning_policy_load(struct arena *arena, const char *folder, const struct town *so_far,
                                                 struct findings *into);

/* The instant itself, or when the night it falls into ends. */
instant_ms warning_policy_by_day(const struct warning_policy *policy, instant_ms at);

#endif
