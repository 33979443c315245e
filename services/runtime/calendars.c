/* calendars.c - reads the calendars of deadlines.yaml and their published lists. See yinling/calendar.h.
 *
 * A list (calendar.csv: date,kind,name,year,source) is only complete for the years whose notice it holds, so every row names the
 * year of its notice; dates in other years are computed by the weekly rule and marked provisional. */
#include "yinling/calendar.h"
#include "yinling/town.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)

/* One entry of `calendars:` as written. */
struct written {
    struct texts week[7]; /* 0 = Sunday */
    struct texts make_up;
    struct text said, holidays;
};
// clang-format off
#define WEEKDAY(key, n) { key, CONF_TEXTS, offsetof(struct written, week[n]), "", 0, HOURS_MAX, NULL, \
    "hours of that weekday; absent: closed" }
// clang-format on
static const struct conf_field fields[] = {
    { "said", CONF_TEXT, offsetof(struct written, said), NULL, 1, 20, NULL, "what people call these hours" },
    WEEKDAY("mon", 1),
    WEEKDAY("tue", 2),
    WEEKDAY("wed", 3),
    WEEKDAY("thu", 4),
    WEEKDAY("fri", 5),
    WEEKDAY("sat", 6),
    WEEKDAY("sun", 0),
    { "make_up", CONF_TEXTS, offsetof(struct written, make_up), "", 0, HOURS_MAX, NULL,
      "hours of a make-up workday; absent: this calendar does not follow them" },
    { "holidays", CONF_TEXT, offsetof(struct written, holidays), "", 0, 64, NULL,
      "file of the published list; absent: no day is a holiday" },
    CONF_END,
};

/* 08:30 to 24:00, nothing else. */
static bool minute_read(const char *at, int *ret)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? at[i] != ':' : at[i] < '0' || at[i] > '9')
            return false;
    int hour = (at[0] - '0') * 10 + at[1] - '0', minute = (at[3] - '0') * 10 + at[4] - '0';
    if (minute > 59 || hour * 60 + minute > 24 * 60)
        return false;
    *ret = hour * 60 + minute;
    return true;
}

static void plan_read(struct texts written, struct place at, struct day_plan *into, struct findings *f)
{
    int last = -1;
    for (size_t i = 0; i < written.count && i < HOURS_MAX; i++) {
        struct text t = written.at[i];
        struct hours h;
        if (t.len != 11 || t.at[5] != '-' || !minute_read(t.at, &h.from_min) || !minute_read(t.at + 6, &h.to_min)) {
            find_error(f, at, "“" TEXT_FMT "”不是时段，应写如 08:30-12:00", TEXT_ARG(t));
            return;
        }
        if (h.from_min >= h.to_min || h.from_min <= last) {
            find_error(f, at, "时段“" TEXT_FMT "”为空或与前一时段重叠、相接", TEXT_ARG(t));
            return;
        }
        last = h.to_min;
        into->at[into->count++] = h;
        into->open_ms += (h.to_min - h.from_min) * MINUTE_MS;
    }
}

static int by_day(const void *a, const void *b)
{
    const struct listed_day *one = a, *other = b;
    return (one->day > other->day) - (one->day < other->day);
}

/* The notices' years, without a gap between; a gap is a finding, because dates in it would be silently wrong. */
static void years_take(struct calendar *c, struct text year, struct place at, struct findings *f)
{
    int64_t n;
    if (!text_int(year, &n) || n < 1970 || n > 2199) {
        find_error(f, at, "年份“" TEXT_FMT "”应为发布通知所属的四位年份", TEXT_ARG(year));
        return;
    }
    if (c->published_to && n > c->published_to + 1)
        find_error(f, at, "%d年之后缺%d年的放假安排", c->published_to, c->published_to + 1);
    if (!c->published_from || n < c->published_from)
        c->published_from = (int) n;
    if (n > c->published_to)
        c->published_to = (int) n;
}

static void tell_repeated(const struct csv *csv, int64_t day, struct findings *f)
{
    int first = 0;
    for (size_t i = 0; i < csv_rows(csv); i++) {
        int64_t there;
        struct text date = csv_get(csv, i, "date");
        if (!day_read(date, &there) || there != day)
            continue;
        if (first)
            find_error(f, csv_place(csv, i), "日期“" TEXT_FMT "”重复，第%d行已有", TEXT_ARG(date), first);
        else
            first = csv_place(csv, i).line;
    }
}

static void list_take(struct calendar *c, struct listed_day *into, const struct csv *csv, struct findings *f)
{
    for (size_t i = 0; i < csv_rows(csv); i++) {
        struct text date = csv_get(csv, i, "date"), kind = csv_get(csv, i, "kind");
        struct listed_day *d = &into[c->listed_count];
        d->is_off = text_is_c(kind, "off");
        d->is_work = text_is_c(kind, "work");
        if (!day_read(date, &d->day))
            find_error(f, csv_place(csv, i), "日期“" TEXT_FMT "”应写如 2026-05-26", TEXT_ARG(date));
        else if (d->is_off == d->is_work)
            find_error(f, csv_place(csv, i), "类别“" TEXT_FMT "”应为 off（放假）或 work（调休上班）", TEXT_ARG(kind));
        else
            c->listed_count++;
        years_take(c, csv_get(csv, i, "year"), csv_place(csv, i), f);
    }
    qsort(into, c->listed_count, sizeof *into, by_day);
    for (size_t i = 1; i < c->listed_count; i++)
        if (into[i].day == into[i - 1].day)
            tell_repeated(csv, into[i].day, f);
}

void calendar_sum_week(struct calendar *c)
{
    for (int i = 0; i < 7; i++) {
        const struct day_plan *plan = &c->week[(i + 4) % 7]; /* 1970-01-01 was a Thursday */
        c->begun[i + 1].open_ms = c->begun[i].open_ms + plan->open_ms;
        c->begun[i + 1].workdays = c->begun[i].workdays + (plan->count > 0);
    }
}

/* What each listed day changes against the weekly rule, summed from the first on. */
static void list_sum(struct calendar *c, struct listed_day *listed)
{
    int64_t open_ms = 0, workdays = 0;
    for (size_t i = 0; i < c->listed_count; i++) {
        const struct day_plan *weekly = &c->week[(listed[i].day + 4) % 7]; /* 1970-01-01 was a Thursday */
        const struct day_plan *real = listed[i].is_off ? NULL : c->make_up.count ? &c->make_up : weekly;
        open_ms += (real ? real->open_ms : 0) - weekly->open_ms;
        workdays += (real && real->count) - (weekly->count > 0);
        listed[i].more = (struct working_time){ open_ms, workdays };
    }
}

static void list_load(struct arena *arena, struct calendar *c, const char *folder, struct text file, struct findings *f)
{
    struct text path = arena_printf(arena, "%s/" TEXT_FMT, folder, TEXT_ARG(file));
    const struct csv *csv = csv_load(arena, path.at, DAYS_LISTED_MAX, f);
    if (!csv)
        return;
    struct listed_day *listed = arena_take(arena, (csv_rows(csv) + 1) * sizeof *listed);
    c->has_list = true;
    c->listed = listed;
    list_take(c, listed, csv, f);
    list_sum(c, listed);
}

static void hash_plan(crypto_generichash_state *hash, const struct day_plan *plan)
{
    for (int i = 0; i < plan->count; i++) {
        unsigned char bytes[4] = { (unsigned char) (plan->at[i].from_min >> 8), (unsigned char) plan->at[i].from_min,
                                   (unsigned char) (plan->at[i].to_min >> 8), (unsigned char) plan->at[i].to_min };
        crypto_generichash_update(hash, bytes, sizeof bytes);
    }
    crypto_generichash_update(hash, (const unsigned char *) ";", 1);
}

static void hash_text(crypto_generichash_state *hash, struct text t)
{
    crypto_generichash_update(hash, (const unsigned char *) t.at, t.len);
}

static void edition_of(struct arena *arena, struct calendar *c)
{
    crypto_generichash_state hash;
    unsigned char sum[crypto_generichash_BYTES_MIN];
    crypto_generichash_init(&hash, NULL, 0, sizeof sum);
    for (int i = 0; i < 7; i++)
        hash_plan(&hash, &c->week[i]);
    hash_plan(&hash, &c->make_up);
    hash_text(&hash, arena_printf(arena, "%d %d %d;", c->has_list, c->published_from, c->published_to));
    for (size_t i = 0; i < c->listed_count; i++)
        hash_text(&hash, arena_printf(arena, "%" PRId64 "%c", c->listed[i].day, c->listed[i].is_off ? '-' : '+'));
    crypto_generichash_final(&hash, sum, sizeof sum);
    for (int i = 0; i < CALENDAR_EDITION_LEN / 2; i++)
        snprintf(c->edition + 2 * i, 3, "%02x", sum[i]);
}

static void calendar_load(struct arena *arena, struct calendar *c, const struct node *n, const char *folder, struct findings *f)
{
    struct written w = { 0 };
    c->line = node_place(n);
    if (!conf_read(arena, n, fields, &w, f))
        return;
    c->said = w.said;
    for (int i = 0; i < 7; i++)
        plan_read(w.week[i], c->line, &c->week[i], f);
    plan_read(w.make_up, c->line, &c->make_up, f);
    calendar_sum_week(c);
    if (w.holidays.len > 0)
        list_load(arena, c, folder, w.holidays, f);
    if (c->begun[7].open_ms == 0)
        find_error(f, c->line, "日历“" TEXT_FMT "”一周中没有工作时间，期限永远不会到", TEXT_ARG(c->name));
    edition_of(arena, c);
}

const struct calendar *calendars_load(struct arena *arena, const char *folder, const struct town *so_far, struct findings *into,
                                      size_t *ret_count)
{
    (void) so_far; /* calendars stand alone; which unit uses which is policy_check's */
    own(arena_free) struct arena *tree = arena_new(YAML_TREE_CHUNK);
    const struct node *file = yaml_load(arena, tree, arena_printf(arena, "%s/deadlines.yaml", folder).at, into);
    const struct node *map = node_get(file, "calendars");
    if (!file)
        return NULL;
    if (!map || node_kind(map) != NODE_MAP || node_count(map) == 0 || node_count(map) > CALENDARS_MAX) {
        find_error(into, node_place(map ? map : file), "calendars：应有1至%d个日历", CALENDARS_MAX);
        return NULL;
    }
    struct calendar *calendars = arena_take(arena, node_count(map) * sizeof *calendars);
    for (size_t i = 0; i < node_count(map); i++) {
        calendars[i].name = node_key(map, i);
        calendar_load(arena, &calendars[i], node_at(map, i), folder, into);
    }
    *ret_count = node_count(map);
    return calendars;
}
