/* instant.h - time with its unit in the type.
 *
 * An instant is UTC milliseconds since 1970; a span is milliseconds. Both are one-field structs, so a span cannot be used
 * as an instant by mistake. Integers only. No function here reads a clock: `now` is always an argument, read once per turn
 * by the loop. Nothing blocks, nothing allocates except where an arena is passed; any thread.
 * People's dates are Asia/Shanghai, which has been UTC+08:00 without daylight saving since 1992. */
#ifndef YINLING_INSTANT_H
#define YINLING_INSTANT_H

#include "yinling/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t ms;
} instant_ms;
typedef struct {
    int64_t ms;
} span_ms;

#define NEVER ((instant_ms){ INT64_MAX })
#define SPAN_S(n) ((span_ms){ (int64_t) (n) *1000 })
#define SPAN_MIN(n) SPAN_S((int64_t) (n) *60)
#define SPAN_HOURS(n) SPAN_MIN((int64_t) (n) *60)
#define SPAN_DAYS(n) SPAN_HOURS((int64_t) (n) *24)

/* Later by a span (which may be negative); NEVER stays NEVER. */
instant_ms later(instant_ms from, span_ms by);
span_ms between(instant_ms from, instant_ms to); /* to - from */

static inline bool is_before(instant_ms a, instant_ms b)
{
    return a.ms < b.ms;
}
static inline bool is_never(instant_ms a)
{
    return a.ms == INT64_MAX;
}
static inline instant_ms earliest(instant_ms a, instant_ms b)
{
    return a.ms < b.ms ? a : b;
}
static inline instant_ms latest(instant_ms a, instant_ms b)
{
    return a.ms > b.ms ? a : b;
}

/* A wall-clock reading in Asia/Shanghai. month 1-12, day 1-31, weekday 0 = Sunday. */
struct civil {
    int year, month, day, hour, minute, second, weekday;
};
struct civil civil_of(instant_ms at);
instant_ms instant_of_civil(int year, int month, int day, int hour, int minute, int second);

/* Days since 1970-01-01 of the Shanghai date at `at`; and midnight, Shanghai, at the start of such a day. */
int64_t day_of(instant_ms at);
instant_ms start_of_day(int64_t day);

/* RFC 3339. Printing gives 2026-05-26T18:00:00+08:00, with .mmm only when not zero. Reading takes any offset and up to
 * nine digits of fraction (cut to ms), years 1970-2199; false leaves *ret untouched. */
struct text instant_text(struct arena *arena, instant_ms at);
bool instant_read(struct text from, instant_ms *ret);
bool day_read(struct text from, int64_t *ret_day); /* 2026-05-26 */
struct text day_text(struct arena *arena, int64_t day);

/* What people read: 5月26日18:00 (with 2027年 in front when the year is not that of `now`). */
struct text instant_said(struct arena *arena, instant_ms at, instant_ms now);

#endif
