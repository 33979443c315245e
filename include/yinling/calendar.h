/* calendar.h - working time: when a budget that starts now runs out, and how much of it has been used.
 *
 * A calendar is weekly hours plus a published list of dates that differ, both ways (off: statutory holiday, work: make-up
 * workday 调休). Everything is a closed form: a sum over whole weeks plus the listed dates, searched, never walked day by day.
 * Integers only, Asia/Shanghai, instants from 1970 on. Pure functions, any thread, nothing allocated outside the arena; only
 * calendars_load reads files.
 * Sources: Civil Code art. 201 (the day of the start does not count), art. 203 (a last day on a statutory holiday moves to the
 * first day after it; the last day ends with business hours, else at 24:00). */
#ifndef YINLING_CALENDAR_H
#define YINLING_CALENDAR_H

#include "yinling/instant.h"
#include "yinling/reader.h"
#include "yinling/yaml.h"

#define HOURS_MAX 4          /* openings of one day: morning, afternoon, evening, spare */
#define CALENDARS_MAX 16     /* one per kind of working week in a town */
#define DAYS_LISTED_MAX 4000 /* a century of published lists */
#define BUDGET_DAYS_MAX 3660 /* ten years */
#define CALENDAR_EDITION_LEN 16

enum budget_unit {                         /* stored: never renumber */
                   BUDGET_MINUTES = 1,     /* real time */
                   BUDGET_WORKING_MINUTES, /* only while the calendar is open */
                   BUDGET_WORKING_DAYS,    /* the start day does not count; ends when that day's business ends */
                   BUDGET_CALENDAR_DAYS /* the start day does not count; ends at 24:00, after a statutory holiday at the end of the next day */
};
extern const struct choice budget_unit_words[]; /* minutes working-minutes working-days calendar-days */

struct budget {
    enum budget_unit unit;
    int64_t amount; /* milliseconds of the two units of minutes (a rest is exact), days of the two units of days; >= 0 */
};
#define NO_BUDGET ((struct budget){ 0, 0 })

/* What is left of a clock: `left` runs from `from`, and after it `extra` working days of an extension. While a clock is paused,
 * `from` is the instant at which it goes on. */
struct run {
    instant_ms from;
    struct budget left;
    int64_t extra_days;
};

struct hours {
    int from_min, to_min; /* minutes of the day, 0-1440, from < to */
};
struct day_plan {
    struct hours at[HOURS_MAX]; /* in order, not touching */
    int count;
    int64_t open_ms;
};
struct working_time {
    int64_t open_ms, workdays;
};
struct listed_day {
    int64_t day; /* since 1970 */
    bool is_off, is_work;
    struct working_time more; /* what this and all earlier listed days add to the weekly rule; may be negative */
};
struct calendar {
    struct place line;
    struct text name;                       /* as units name it */
    struct text said;                       /* as people call it */
    char edition[CALENDAR_EDITION_LEN + 1]; /* hash of hours and listed days: changes exactly when a date can */
    struct day_plan week[7];                /* 0 = Sunday */
    struct working_time begun[8];           /* of the first n days of a week that begins, as 1970 did, on a Thursday */
    struct day_plan make_up;                /* a make-up workday; count 0: this calendar does not follow them */
    bool has_list;                          /* else it knows no holidays (派出所 7×24) */
    const struct listed_day *listed;        /* by day */
    size_t listed_count;
    int published_from, published_to; /* years whose list is known, without a gap between; 0 without any */
};

/* The calendars of deadlines.yaml, with their lists. NULL or fewer when something is wrong: findings say what, with file:line. */
struct town;
const struct calendar *calendars_load(struct arena *arena, const char *folder, const struct town *so_far, struct findings *into,
                                      size_t *ret_count);
void calendar_sum_week(struct calendar *c);                                      /* makes `begun` what `week` says */
const struct calendar *calendar_find(const struct town *town, struct text name); /* NULL when there is none */

/* `4 working-hours`, `240 working-minutes`, `5 working-days`, `30 calendar-days`, `15 minutes`, `2 hours`. */
bool budget_read(struct text from, struct budget *ret);
/* 5个工作日, 4个工作小时, 90个工作分钟, 30天, 15分钟: what people read. */
struct text budget_said(struct arena *arena, struct budget budget);

bool calendar_is_workday(const struct calendar *c, int64_t day);
/* Whether the date of [from, to] rests on a year without a published list. */
bool calendar_is_provisional(const struct calendar *c, enum budget_unit unit, instant_ms from, instant_ms to);

/* The first instant at which the budget has run out. NEVER when the calendar has no such time. `c` may be NULL for real minutes. */
instant_ms calendar_due(const struct calendar *c, struct budget budget, instant_ms from);
/* A due instant moved by more of the same calendar: the day that ended there does not count again. */
instant_ms calendar_extended(const struct calendar *c, struct budget more, instant_ms due);
/* How much of a budget [from, to] uses, in its own unit; 0 when to is before from. */
int64_t calendar_used(const struct calendar *c, enum budget_unit unit, instant_ms from, instant_ms to);

instant_ms run_due(const struct calendar *c, struct run run);
/* The same clock stopped at `at` and going on at `until` (>= at). Stopping a clock that has not begun to run moves its start. */
struct run run_held(const struct calendar *c, struct run run, instant_ms at, instant_ms until);

/* Counting time between two instants: open time for the working units, real time for the others. */
span_ms calendar_span(const struct calendar *c, enum budget_unit unit, instant_ms from, instant_ms to);
/* The instant at which that much counting time is left before `due`. */
instant_ms calendar_before(const struct calendar *c, enum budget_unit unit, instant_ms due, span_ms left);

#endif
