/* check.c - looks at a loaded town as a whole (yinling/check.h).
 *
 * What stands wrong in one file is told by who reads that file; here is what needs several of them, or the date. */
#include "yinling/calendar.h"
#include "yinling/check.h"
#include "yinling/policy.h"
#include "yinling/reader.h"

static const enum post staff_posts[] = { POST_HANDLER, POST_LIAISON, POST_DEPUTY, POST_HEAD };

static bool has_post(const struct town *town, const struct unit *unit, const char *post)
{
    for (size_t i = 0; i < town->person_count; i++) {
        const struct person *p = &town->people[i];
        if (text_starts(p->account, TEXT("staff-")) && text_is(p->unit, unit->code) && (!post || text_is_c(p->post, post)))
            return true;
    }
    return false;
}

static void check_unit(const struct town *town, const struct unit *unit, struct findings *into)
{
    bool has_people = town->person_count > 0; /* else people.csv itself is missing, which is told once */
    if (has_people && !has_post(town, unit, NULL)) {
        find_error(into, unit->line, "单位“" TEXT_FMT "”在 people.csv 中一个账号也没有，派给它的线索无人看见",
                   TEXT_ARG(unit->name));
        has_people = false;
    }
    for (size_t i = 0; has_people && i < sizeof staff_posts / sizeof *staff_posts; i++) {
        const char *word = choice_word(post_words, (int) staff_posts[i]);
        if (!has_post(town, unit, word))
            find_warning(into, unit->line, "单位“" TEXT_FMT "”没有%s（%s），给他的提醒将直接交给下一级", TEXT_ARG(unit->name),
                         post_said(staff_posts[i]), word);
    }
    if (unit->duty_count == 0)
        find_warning(into, unit->line, "单位“" TEXT_FMT "”没有职责", TEXT_ARG(unit->name));
    if (town->calendar_count > 0 && unit->calendar.len > 0 && !calendar_find(town, unit->calendar))
        find_error(into, unit->line, "单位“" TEXT_FMT "”的工作日历“" TEXT_FMT "”没有定义", TEXT_ARG(unit->name),
                   TEXT_ARG(unit->calendar));
}

/* A complaint about a unit is verified by a director of another, or of none. */
static void check_director(const struct town *town, const struct person *director, struct findings *into)
{
    for (size_t i = 0; i < town->person_count; i++) {
        const struct person *other = &town->people[i];
        if (text_is_c(other->post, "director") && !text_is(other->home_unit, director->home_unit))
            return;
    }
    if (director->home_unit.len > 0)
        find_warning(into, director->line, "主任 " TEXT_FMT " 属于“" TEXT_FMT "”，举报这个单位的密封线索无人能核查",
                     TEXT_ARG(director->account), TEXT_ARG(director->home_unit));
}

/* Sealed leads go to the discipline inspection and the director alone. */
static void check_sealed(const struct town *town, struct findings *into)
{
    bool has_director = false, has_discipline = false;
    for (size_t i = 0; i < town->person_count; i++) {
        if (text_is_c(town->people[i].post, "director")) {
            has_director = true;
            check_director(town, &town->people[i], into);
        }
        has_discipline |= text_starts(town->people[i].account, TEXT("discipline-"));
    }
    if (town->person_count > 0 && !has_director)
        find_error(into, town->people[0].line, "people.csv 中没有专项办主任（director），密封线索无人裁定");
    if (town->person_count > 0 && !has_discipline)
        find_warning(into, town->people[0].line, "people.csv 中没有镇纪委账号（discipline-1），密封线索只有主任能看见");
}

static void check_villages(const struct town *town, struct findings *into)
{
    for (size_t i = 0; i < town->village_count && town->worker_count > 0; i++) {
        size_t count;
        if (!town_workers_of(town, &town->villages[i], &count))
            find_warning(into, town->villages[i].line, "“" TEXT_FMT "”没有网格员，给这个村的预警到不了人",
                         TEXT_ARG(town->villages[i].name));
    }
}

void check_town(const struct town *town, struct findings *into)
{
    for (size_t i = 0; i < town->unit_count; i++)
        check_unit(town, &town->units[i], into);
    check_sealed(town, into);
    check_villages(town, into);
}

/* ---- the years */

static int year_of(int64_t day)
{
    return civil_of(start_of_day(day)).year;
}

static void check_year(const struct town *town, const char *folder, int year, struct findings *into)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    const char *file = arena_printf(arena, "%s/calendar.csv", folder).at;
    for (size_t i = 0; i < town->calendar_count; i++) {
        const struct calendar *c = &town->calendars[i];
        if (!c->has_list || (year >= c->published_from && year <= c->published_to))
            continue;
        find_warning(into, (struct place){ file, 1 }, "没有%d年的放假安排：这一年的期限暂按每周工时推算，公布录入后重算", year);
        return;
    }
}

static bool is_in_phase(const struct town *town, int year)
{
    for (size_t i = 0; i < town->phase_count; i++)
        if (year >= year_of(town->phases[i].from_day) && year <= year_of(town->phases[i].to_day))
            return true;
    return false;
}

#define YEAR_FIRST 1970
#define YEAR_LAST 2199 /* as instants go */

static void check_years(const struct town *town, const char *folder, int64_t today, struct findings *into)
{
    for (int year = YEAR_FIRST; year <= YEAR_LAST; year++)
        if ((year >= year_of(today) && year <= year_of(today + CHECK_AHEAD_DAYS)) || is_in_phase(town, year))
            check_year(town, folder, year, into);
}

bool check_folder(const char *folder, int64_t today, struct findings *into)
{
    size_t errors = findings_errors(into);
    const struct town *town = town_load(folder, into);
    if (town)
        check_years(town, folder, today, into);
    town_free(town);
    return findings_errors(into) == errors;
}
