/* town.c - loads a town's folder and finds things in it (yinling/town.h).
 *
 * Order matters: units and villages first, then what names them; the check of the whole comes last. The look-ups walk their lists:
 * a town has a dozen units and some ninety villages, and the one long list, the workers, is entered through the village. */
#include "yinling/calendar.h"
#include "yinling/check.h"
#include "yinling/custodians.h"
#include "yinling/edition.h"
#include "yinling/policy.h"
#include "yinling/routing.h"
#include "yinling/town.h"
#include "yinling/warning_policy.h"
#include "town_parts.h"

#include <string.h>

#define CHUNK_BYTES (64 * 1024)

const char *const group_codes[GROUP_COUNT] = { "general", "strike", "rectify", "educate" };

const char *town_path(const struct making *m, const char *file)
{
    return arena_printf(m->arena, "%s/%s", m->folder, file).at;
}

unsigned town_group_bit(const struct making *m, struct place at, struct text word)
{
    for (unsigned i = 0; i < GROUP_COUNT; i++)
        if (text_is_c(word, group_codes[i]))
            return 1u << i;
    find_error(m->into, at, "没有工作组“" TEXT_FMT "”，可选：general strike rectify educate", TEXT_ARG(word));
    return 0;
}

static void load_sections(const struct making *m)
{
    struct town *town = m->town;
    town_charter_load(m);
    town_tables_load(m);
    town->calendars = calendars_load(m->arena, m->folder, town, m->into, &town->calendar_count);
    town->policy = policy_load(m->arena, m->folder, town, m->into);
    town->routing = routing_load(m->arena, m->folder, town, m->into);
    town->warnings = warning_policy_load(m->arena, m->folder, town, m->into);
    town->custodians = custodians_load(m->arena, m->folder, m->into);
}

const struct town *town_load(const char *folder, struct findings *into)
{
    struct arena *arena = arena_new(CHUNK_BYTES);
    struct town *town = arena_take(arena, sizeof *town);
    town->arena = arena;
    struct making m = { arena, edition_settled(arena, folder), into, town };
    size_t errors = findings_errors(into);
    char id[EDITION_HEX + 1];
    load_sections(&m);
    check_town(town, into);
    if (findings_errors(into) == errors) {
        /* Read last: a file changed while it was being loaded gives an id that edition_install then finds wrong. */
        if (town_edition(m.folder, id))
            town->edition = arena_text(arena, id, EDITION_HEX);
        else
            find_error(into, (struct place){ m.folder, 1 }, "文件读不完整");
    }
    if (findings_errors(into) == errors)
        return town;
    arena_free(arena);
    return NULL;
}

void town_free(const struct town *town)
{
    if (town)
        arena_free(town->arena); /* the town itself is in there */
}

const struct unit *town_unit(const struct town *town, struct text code)
{
    for (size_t i = 0; i < town->unit_count; i++)
        if (text_is(town->units[i].code, code))
            return &town->units[i];
    return NULL;
}

static bool has_alias(const struct unit *unit, struct text name)
{
    for (size_t i = 0; i < unit->alias_count; i++)
        if (text_is(unit->aliases[i], name))
            return true;
    return false;
}

const struct unit *town_unit_named(const struct town *town, struct text name)
{
    for (size_t i = 0; i < town->unit_count; i++) {
        const struct unit *unit = &town->units[i];
        if (text_is(unit->code, name) || text_is(unit->name, name) || has_alias(unit, name))
            return unit;
    }
    return NULL;
}

/* Names like 邱村 end in 村 by themselves, so the shorter form is tried only after the whole. */
static const struct village *village_called(const struct town *town, struct text name)
{
    for (size_t i = 0; i < town->village_count; i++)
        if (text_is(town->villages[i].name, name))
            return &town->villages[i];
    return NULL;
}

const struct village *town_village(const struct town *town, struct text code_digits_or_name)
{
    static const struct text endings[] = { { "", 0 }, { "村", 3 }, { "村委会", 9 } };
    struct text t = code_digits_or_name;
    for (size_t i = 0; i < town->village_count; i++)
        if (text_is(town->villages[i].code, t) || text_is(town->villages[i].digits, t))
            return &town->villages[i];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct text end = endings[i];
        if (t.len <= end.len || memcmp(t.at + t.len - end.len, end.at, end.len) != 0)
            continue;
        const struct village *village = village_called(town, (struct text){ t.at, t.len - end.len });
        if (village)
            return village;
    }
    return NULL;
}

const struct worker *town_workers_of(const struct town *town, const struct village *village, size_t *ret_count)
{
    size_t first = 0, end = town->worker_count;
    while (first < end) { /* the first worker whose village is not before this one */
        size_t middle = first + (end - first) / 2;
        if (town->workers[middle].village < village)
            first = middle + 1;
        else
            end = middle;
    }
    for (end = first; end < town->worker_count && town->workers[end].village == village;)
        end++;
    *ret_count = end - first;
    return end > first ? &town->workers[first] : NULL;
}

const struct worker *town_worker(const struct town *town, struct text account)
{
    if (account.len < 4) /* w200-1: the village's digits stand after the w */
        return NULL;
    const struct village *village = town_village(town, (struct text){ account.at + 1, 3 });
    size_t count = 0;
    const struct worker *at = village ? town_workers_of(town, village, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (text_is(at[i].account, account))
            return &at[i];
    return NULL;
}

const struct channel *town_channel(const struct town *town, struct text account)
{
    for (size_t i = 0; i < town->channel_count; i++)
        if (text_is(town->channels[i].account, account))
            return &town->channels[i];
    return NULL;
}

const struct person *town_person(const struct town *town, struct text account)
{
    for (size_t i = 0; i < town->person_count; i++)
        if (text_is(town->people[i].account, account))
            return &town->people[i];
    return NULL;
}
