/* fuzz_town.c - any bytes as one of the files of a town's folder, the others being sound: findings with lines and sentences, and what is
 * taken without a finding keeps the promises of its header. The first byte chooses the file.
 *
 * Files are opened through the linker's --wrap=fopen: the one chosen is the input, the others are the short ones below. */
#include "services/runtime/town_parts.h"
#include "tests/fuzz/fuzz.h"
#include "yinling/account.h"
#include "yinling/custodians.h"
#include "yinling/policy.h"
#include "yinling/routing.h"
#include "yinling/warning_policy.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

#define FOLDER "given"

static const char deadlines[] = "calendars:\n  office:\n    said: 机关\n    mon: [08:30-12:00]\n    make_up: [08:30-12:00]\n"
                                "    holidays: calendar.csv\noffice_calendar: office\n";
static struct town base; /* the shipped one */

static void read_town(struct making *m);
static void read_tables(struct making *m);
static void read_calendars(struct making *m);
static void read_policy(struct making *m);
static void read_routing(struct making *m);
static void read_warnings(struct making *m);
static void read_custodians(struct making *m);

static const struct part {
    const char *file;
    void (*read)(struct making *m);
    const char *otherwise; /* what stands in it when another is chosen */
} parts[] = {
    { "town.yaml", read_town, "" },
    { "villages.csv", read_tables, "code,name\n370481104200,田桥村委会\n370481104201,西董村委会\n" },
    { "workers.csv", read_tables, "account,village\nw200-1,370481104200\nw201-1,370481104201\n" },
    { "people.csv", read_tables,
      "account,unit,post,stand_in,home_unit,groups\noffice-1,governance,director,,governance,general\n" },
    { "calendar.csv", read_calendars, "date,kind,name,year,source\n2026-01-01,off,元旦,2026,通知\n" },
    { "deadlines.yaml", read_policy, deadlines },
    { "routing.yaml", read_routing, "" },
    { "warnings.yaml", read_warnings, "" },
    { "custodians.yaml", read_custodians, "" },
};
enum { PARTS = sizeof parts / sizeof *parts };
static int fds[PARTS];
static const struct part *chosen;

/* A file of the folder, from its beginning. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
    size_t folder = strlen(FOLDER "/");
    if (strncmp(path, FOLDER "/", folder) != 0)
        return __real_fopen(path, mode);
    for (int i = 0; i < PARTS; i++) {
        if (strcmp(path + folder, parts[i].file) != 0)
            continue;
        int fd = dup(&parts[i] == chosen ? fuzz_fd() : fds[i]);
        if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0)
            abort();
        return fdopen(fd, "r");
    }
    errno = ENOENT;
    return NULL;
}

/* -- what was taken without a finding --------------------------------------------------------------------------------- */

static struct text printed(struct arena *arena, const struct town *town)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&bytes, &len);
    town_print(town, to);
    fclose(to);
    struct text made = arena_text(arena, bytes, len);
    free(bytes);
    return made;
}

/* Printed and read again, it prints the same. */
static void read_town(struct making *m)
{
    *m->town = (struct town){ .arena = m->arena };
    town_charter_load(m);
    if (findings_errors(m->into))
        return;
    assert(m->town->code.len == 9 && m->town->unit_count >= 1 && m->town->unit_count <= UNITS_MAX);
    assert(town_unit(m->town, m->town->catch_all));
    own(findings_free) struct findings *none = findings_new();
    struct text once = printed(m->arena, m->town);
    struct town again = { .arena = m->arena };
    fuzz_file(once.at, once.len);
    town_charter_load(&(struct making){ m->arena, m->folder, none, &again });
    assert(findings_errors(none) == 0 && text_is(printed(m->arena, &again), once));
}

static void read_tables(struct making *m)
{
    struct town *t = m->town;
    t->villages = NULL, t->workers = NULL, t->people = NULL;
    t->village_count = t->worker_count = t->person_count = 0;
    town_tables_load(m);
    if (findings_errors(m->into))
        return;
    for (size_t i = 0; i < t->village_count; i++) {
        const struct village *v = &t->villages[i];
        assert(v->code.len == 12 && text_starts(v->code, t->code) && v->name.len);
        assert(town_village(t, v->code) == v && town_village(t, v->digits) == v);
    }
    for (size_t i = 0; i < t->worker_count; i++) {
        assert(t->workers[i].village && (i == 0 || t->workers[i - 1].village <= t->workers[i].village));
        assert(town_worker(t, t->workers[i].account) == &t->workers[i]);
    }
    for (size_t i = 0; i < t->person_count; i++) {
        struct account who;
        assert(account_read(t->people[i].account.at, t->people[i].account.len, &who));
        assert(town_person(t, t->people[i].account) == &t->people[i]);
    }
}

static void read_calendars(struct making *m)
{
    size_t count = 0;
    const struct calendar *c = calendars_load(m->arena, m->folder, m->town, m->into, &count);
    if (findings_errors(m->into) || !count)
        return;
    for (size_t i = 1; i < c->listed_count; i++)
        assert(c->listed[i - 1].day < c->listed[i].day);
    instant_ms from = instant_of_civil(2026, 1, 1, 9, 0, 0),
               one = calendar_due(c, (struct budget){ BUDGET_WORKING_DAYS, 1 }, from);
    assert(is_never(one) || !is_before(one, from));
    calendar_is_workday(c, day_of(from));
}

static void read_policy(struct making *m)
{
    m->town->calendars = calendars_load(m->arena, m->folder, m->town, m->into, &m->town->calendar_count);
    const struct policy *p = policy_load(m->arena, m->folder, m->town, m->into);
    if (!p || findings_errors(m->into))
        return;
    for (size_t i = 0; i < p->ladder_count; i++) {
        int verdicts = 0;
        for (int k = 0; k < p->ladders[i].count; k++)
            verdicts += p->ladders[i].steps[k].left_permille == 0;
        assert(p->ladders[i].count <= LADDER_STEPS_MAX && verdicts == 1);
    }
    for (int kind = CLOCK_TRIAGE; kind < CLOCK_KIND_COUNT; kind++)
        assert(!p->clocks[kind].is_on || p->clocks[kind].ladder);
}

static bool names_units(const struct town *town, const struct rules_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!town_unit(town, list->at[i].unit) || !list->at[i].id.len)
            return false;
    }
    return true;
}

static void read_routing(struct making *m)
{
    const struct routing *r = routing_load(m->arena, m->folder, m->town, m->into);
    if (r && findings_errors(m->into) == 0)
        assert(names_units(m->town, &r->units) && town_unit(m->town, r->catch_all_against));
}

static void read_warnings(struct making *m)
{
    const struct warning_policy *p = warning_policy_load(m->arena, m->folder, m->town, m->into);
    assert((p == NULL) == (findings_errors(m->into) > 0));
    if (!p)
        return;
    assert(p->rung_count >= 1 && p->rung_count <= WARNING_RUNGS_MAX);
    for (size_t i = 1; i < p->rung_count; i++)
        assert(p->rungs[i - 1].after.ms <= p->rungs[i].after.ms);
    assert(p->night_from >= 0 && p->night_from < 24 && p->night_to >= 0 && p->night_to < 24);
    instant_ms at = instant_of_civil(2026, 5, 26, 23, 30, 0);
    assert(!is_before(warning_policy_by_day(p, at), at));
}

static void read_custodians(struct making *m)
{
    const struct custodians *c = custodians_load(m->arena, m->folder, m->into);
    assert(c || findings_errors(m->into) > 0);
}

/* -- the input -------------------------------------------------------------------------------------------------------- */

static void base_open(void)
{
    own(findings_free) struct findings *into = findings_new();
    const struct town *shipped = town_load("deploy/binhu", into);
    assert(shipped);
    base = *shipped;
    for (int i = 0; i < PARTS; i++) {
        size_t len = strlen(parts[i].otherwise);
        fds[i] = memfd_create(parts[i].file, MFD_CLOEXEC);
        if (fds[i] < 0 || write(fds[i], parts[i].otherwise, len) != (ssize_t) len)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (!base.code.at)
        base_open();
    if (len == 0)
        return 0;
    struct arena *arena = fuzz_arena();
    own(findings_free) struct findings *findings = findings_new();
    struct town town = base;
    int lines = 1;
    chosen = &parts[bytes[0] % PARTS];
    fuzz_file(bytes + 1, len - 1);
    for (size_t i = 1; i < len; i++)
        lines += bytes[i] == '\n' || bytes[i] == '\r';
    chosen->read(&(struct making){ arena, FOLDER, findings, &town });
    fuzz_check_findings(findings);
    return 0;
}
