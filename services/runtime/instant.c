/* instant.c - civil dates and their texts. See yinling/instant.h.
 *
 * Days and dates convert by the era method (400-year cycles that begin in March), exact for every year used here. */
#include "yinling/instant.h"

#include <assert.h>
#include <string.h>

enum { SHANGHAI_MS = 8 * 3600 * 1000 };
#define DAY_MS INT64_C(86400000)

instant_ms later(instant_ms from, span_ms by)
{
    if (is_never(from))
        return from;
    return (instant_ms){ from.ms + by.ms };
}

span_ms between(instant_ms from, instant_ms to)
{
    return (span_ms){ to.ms - from.ms };
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t day_of_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_of_day(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *ret_day = (int) (day_of_year - (153 * shifted + 2) / 5 + 1);
    *ret_month = (int) (shifted < 10 ? shifted + 3 : shifted - 9);
    *ret_year = (int) (year_of_era + era * 400 + (*ret_month <= 2));
}

int64_t day_of(instant_ms at)
{
    return floor_div(at.ms + SHANGHAI_MS, DAY_MS);
}

instant_ms start_of_day(int64_t day)
{
    return (instant_ms){ day * DAY_MS - SHANGHAI_MS };
}

struct civil civil_of(instant_ms at)
{
    struct civil c;
    int64_t day = day_of(at);
    int64_t second = (at.ms - start_of_day(day).ms) / 1000;
    date_of_day(day, &c.year, &c.month, &c.day);
    c.hour = (int) (second / 3600);
    c.minute = (int) (second / 60 % 60);
    c.second = (int) (second % 60);
    c.weekday = (int) (((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    return c;
}

instant_ms instant_of_civil(int year, int month, int day, int hour, int minute, int second)
{
    int64_t midnight = start_of_day(day_of_date(year, month, day)).ms;
    return (instant_ms){ midnight + ((hour * 60 + minute) * INT64_C(60) + second) * 1000 };
}

/* `count` digits, zeros in front. */
static char *put_digits(char *to, int value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        to[i] = (char) ('0' + value % 10);
    return to + count;
}

/* Every event and card has some, so it is written by hand: printf takes ten times as long. */
struct text instant_text(struct arena *arena, instant_ms at)
{
    struct civil c = civil_of(at);
    int ms = (int) (((at.ms % 1000) + 1000) % 1000);
    char made[] = "2026-05-26T09:00:00.000+08:00", *to = made;
    to = put_digits(to, c.year, 4) + 1;
    to = put_digits(to, c.month, 2) + 1;
    to = put_digits(to, c.day, 2) + 1;
    to = put_digits(to, c.hour, 2) + 1;
    to = put_digits(to, c.minute, 2) + 1;
    to = put_digits(to, c.second, 2);
    if (ms) /* whole seconds are written without them */
        to = put_digits(to + 1, ms, 3);
    to = mempcpy(to, "+08:00", 6);
    return arena_text(arena, made, (size_t) (to - made));
}

struct text day_text(struct arena *arena, int64_t day)
{
    int y, m, d;
    date_of_day(day, &y, &m, &d);
    return arena_printf(arena, "%04d-%02d-%02d", y, m, d);
}

/* A number and what it counts: 5月. */
static char *put_counted(char *to, int value, const char *unit)
{
    int digits = 1;
    for (int rest = value; rest >= 10; rest /= 10)
        digits++;
    return mempcpy(put_digits(to, value, digits), unit, strlen(unit));
}

struct text instant_said(struct arena *arena, instant_ms at, instant_ms now)
{
    struct civil c = civil_of(at);
    char made[] = "2026年12月26日09:00", *to = made;
    if (c.year != civil_of(now).year)
        to = put_counted(to, c.year, "年");
    to = put_counted(to, c.month, "月");
    to = put_counted(to, c.day, "日");
    to = put_digits(to, c.hour, 2);
    *to++ = ':';
    to = put_digits(to, c.minute, 2);
    return arena_text(arena, made, (size_t) (to - made));
}

/* Exactly `count` digits at *at, which moves on. */
static bool digits(struct text from, size_t *at, int count, int *ret)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (*at >= from.len || from.at[*at] < '0' || from.at[*at] > '9')
            return false;
        value = value * 10 + (from.at[*at] - '0');
    }
    *ret = value;
    return true;
}

static bool one_of(struct text from, size_t *at, const char *allowed)
{
    if (*at >= from.len)
        return false;
    for (; *allowed; allowed++) {
        if (from.at[*at] == *allowed) {
            ++*at;
            return true;
        }
    }
    return false;
}

static bool read_date(struct text from, size_t *at, int64_t *ret_day)
{
    int y, m, d;
    if (!digits(from, at, 4, &y) || !one_of(from, at, "-") || !digits(from, at, 2, &m) || !one_of(from, at, "-") ||
        !digits(from, at, 2, &d) || y < 1970 || y > 2199 || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    int64_t day = day_of_date(y, m, d);
    int y2, m2, d2;
    date_of_day(day, &y2, &m2, &d2);
    if (d2 != d) /* 31 June */
        return false;
    *ret_day = day;
    return true;
}

bool day_read(struct text from, int64_t *ret_day)
{
    size_t at = 0;
    int64_t day;
    if (!read_date(from, &at, &day) || at != from.len)
        return false;
    *ret_day = day;
    return true;
}

/* ".123456789" as milliseconds; nothing is zero. */
static bool read_fraction(struct text from, size_t *at, int *ret_ms)
{
    *ret_ms = 0;
    if (!one_of(from, at, "."))
        return true;
    int scale = 100, count = 0;
    for (; *at < from.len && from.at[*at] >= '0' && from.at[*at] <= '9'; (*at)++, count++) {
        *ret_ms += scale * (from.at[*at] - '0');
        scale /= 10;
    }
    return count >= 1 && count <= 9;
}

/* "Z" or "+08:00" as minutes. */
static bool read_offset(struct text from, size_t *at, int *ret_minutes)
{
    if (one_of(from, at, "Zz")) {
        *ret_minutes = 0;
        return true;
    }
    bool minus = *at < from.len && from.at[*at] == '-';
    int h, m;
    if (!one_of(from, at, "+-") || !digits(from, at, 2, &h) || !one_of(from, at, ":") || !digits(from, at, 2, &m) || h > 23 ||
        m > 59)
        return false;
    *ret_minutes = (minus ? -1 : 1) * (h * 60 + m);
    return true;
}

bool instant_read(struct text from, instant_ms *ret)
{
    size_t at = 0;
    int64_t day;
    int h, m, s, ms, offset;
    if (!read_date(from, &at, &day) || !one_of(from, &at, "Tt ") || !digits(from, &at, 2, &h) || !one_of(from, &at, ":") ||
        !digits(from, &at, 2, &m) || !one_of(from, &at, ":") || !digits(from, &at, 2, &s) || !read_fraction(from, &at, &ms) ||
        !read_offset(from, &at, &offset) || at != from.len || h > 23 || m > 59 || s > 59)
        return false;
    /* day_of_date counts days of the date as written; the offset makes it UTC */
    instant_ms made = { day * DAY_MS + ((h * INT64_C(60) + m) * 60 + s) * 1000 + ms - offset * INT64_C(60000) };
    if (day_of(made) < 0 || day_of(made) > day_of_date(2199, 12, 31)) /* with us it is another year, which nobody could read */
        return false;
    *ret = made;
    return true;
}
