/* test_town.c - the shipped town is sound and says what the plan says; look-ups; printing and reading again; editions on disk. */
#include "yinling/check.h"
#include "yinling/edition.h"
#include "yinling/town.h"
#include "tests/kit/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

struct given {
    struct findings *findings;
    const struct town *town;
};

static int given_new(void **state)
{
    struct given *g = calloc(1, sizeof *g);
    g->findings = findings_new();
    g->town = town_load(FOLDER_SHIPPED, g->findings);
    findings_print(g->findings, stderr);
    *state = g;
    return g->town ? 0 : -1;
}

static int given_free(void **state)
{
    struct given *g = *state;
    town_free(g->town);
    findings_free(g->findings);
    free(g);
    return 0;
}

static const struct town *town_given(void **state)
{
    return ((const struct given *) *state)->town;
}

static void the_shipped_town_has_what_the_plan_names(void **state)
{
    static const char *const units[][2] = {
        { "governance", "社会治理中心" },  { "police", "派出所" },
        { "justice", "司法所" },           { "publicity", "政宣工作岗" },
        { "civil-affairs", "民政服务岗" }, { "natural-resources", "自然资源所" },
        { "construction", "村建办" },      { "culture-tourism", "文化旅游服务中心" },
        { "health", "卫生健康岗" },        { "market", "市场监督管理所" },
        { "enforcement", "行政执法中队" }, { "finance", "财经综合服务中心" },
    };
    static const char *const channels[] = { "12337", "12345", "110", "12315", "finance", "walk-in", "superior", "web" };
    const struct town *town = town_given(state);
    assert_string_equal(town->code.at, "370481104");
    assert_string_equal(town->catch_all.at, "governance");
    assert_int_equal(town->unit_count, 12);
    for (size_t i = 0; i < town->unit_count; i++) {
        assert_string_equal(town->units[i].code.at, units[i][0]);
        assert_string_equal(town->units[i].name.at, units[i][1]);
        assert_true(town->units[i].duty_count > 0);
    }
    assert_int_equal(town->channel_count, 8);
    for (size_t i = 0; i < town->channel_count; i++)
        assert_string_equal(town->channels[i].account.at, channels[i]);
    assert_int_equal(town->village_count, 90);
    assert_int_equal(town->worker_count, 270);
    assert_int_equal(town->person_count, 12 * 4 + 3 + 4);
    assert_int_equal(town->phase_count, 3);
    assert_int_equal(town->edition.len, 64);
}

static void units_are_found_by_every_name(void **state)
{
    const struct town *town = town_given(state);
    assert_string_equal(town_unit_named(town, TEXT("市场监管所"))->code.at, "market");
    assert_string_equal(town_unit_named(town, TEXT("市场监督管理所"))->code.at, "market");
    assert_string_equal(town_unit_named(town, TEXT("market"))->code.at, "market");
    assert_string_equal(town_unit(town, TEXT("market"))->code.at, "market");
    assert_null(town_unit(town, TEXT("市场监管所")));
    assert_null(town_unit_named(town, TEXT("邮局")));
    assert_null(town_unit_named(town, TEXT("")));
    /* The plan writes 市场监管所 in its division of work; the duty is held by the unit of that alias. */
    for (size_t i = 0; i < town->duty_count; i++)
        if (text_is_c(town->duties[i].code, "food-health"))
            assert_string_equal(town->duties[i].unit.at, "market");
}

static void villages_are_found_by_every_name(void **state)
{
    static const struct {
        const char *asked, *digits; /* NULL: none */
    } rows[] = {
        { "370481104200", "200" }, { "200", "200" },    { "田桥", "200" },       { "田桥村", "200" }, { "田桥村委会", "200" },
        { "邱村", "205" },         { "邱村村", "205" }, { "邱村村委会", "205" }, { "289", "289" },    { "370481104290", NULL },
        { "290", NULL },           { "邱", NULL },      { "村", NULL },          { "", NULL },        { "村委会", NULL },
    };
    const struct town *town = town_given(state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct village *village = town_village(town, text_of(rows[i].asked));
        if (rows[i].digits && village)
            assert_true(text_is_c(village->digits, rows[i].digits));
        else
            assert_true(!rows[i].digits && !village);
    }
}

static void workers_are_a_run_of_their_village(void **state)
{
    const struct town *town = town_given(state);
    for (size_t v = 0; v < town->village_count; v++) {
        size_t count;
        const struct worker *workers = town_workers_of(town, &town->villages[v], &count);
        assert_int_equal(count, 3);
        for (size_t i = 0; i < count; i++) {
            assert_ptr_equal(workers[i].village, &town->villages[v]);
            assert_ptr_equal(town_worker(town, workers[i].account), &workers[i]);
        }
    }
    assert_null(town_worker(town, TEXT("w200-4")));
    assert_null(town_worker(town, TEXT("w290-1")));
    assert_null(town_worker(town, TEXT("w")));
    assert_null(town_worker(town, TEXT("12345")));
}

static void people_have_posts_and_stand_ins(void **state)
{
    const struct town *town = town_given(state);
    const struct person *head = town_person(town, TEXT("staff-police-4"));
    assert_string_equal(head->post.at, "head");
    assert_string_equal(head->stand_in.at, "staff-police-3");
    assert_string_equal(head->home_unit.at, "police");
    assert_int_equal(head->groups, 1u << GROUP_GENERAL | 1u << GROUP_STRIKE);
    assert_string_equal(town_person(town, TEXT("office-1"))->post.at, "director");
    assert_null(town_person(town, TEXT("staff-police-5")));
    assert_string_equal(town_channel(town, TEXT("110"))->kind.at, "police");
    assert_null(town_channel(town, TEXT("119")));
}

static char *printed(const struct town *town)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    town_print(town, to);
    fclose(to);
    return text;
}

static void printing_and_reading_again_gives_the_same(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    char *first = printed(town_given(state));
    if (getenv("GOLDEN")) {
        FILE *to = fopen("tests/conf/binhu.ok", "we");
        fputs(first, to);
        fclose(to);
    }
    assert_string_equal(first, folder_read(arena, "tests/conf/binhu.ok").at);
    struct folder folder = folder_new();
    folder_write(&folder, "town.yaml", text_of(first));
    const struct town *again = town_load(folder.path, findings);
    findings_print(findings, stderr);
    assert_non_null(again);
    char *second = printed(again);
    assert_string_equal(first, second);
    town_free(again);
    folder_end(&folder);
    free(first);
    free(second);
}

static void odd_names_are_printed_so_that_they_can_be_read(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    struct folder folder = folder_new();
    (void) state;
    folder_patch(&folder, "tests/conf/diff/odd-name.patch");
    const struct town *town = town_load(folder.path, findings);
    assert_non_null(town);
    char *first = printed(town);
    folder_write(&folder, "town.yaml", text_of(first));
    const struct town *again = town_load(folder.path, findings);
    findings_print(findings, stderr);
    assert_non_null(again);
    assert_string_equal(again->units[2].name.at, "司\"法\\所\t: #");
    free(first);
    town_free(town);
    town_free(again);
    folder_end(&folder);
}

static void as_many_workers_as_are_allowed(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    struct folder folder = folder_new();
    char *rows = NULL;
    size_t len;
    FILE *to = open_memstream(&rows, &len);
    (void) state;
    fputs("account,village\n", to);
    for (int i = 0; i < WORKERS_MAX; i++)
        fprintf(to, "w%d-%d,370481104%d\n", 200 + i % 90, i / 90 + 1, 200 + i % 90);
    fflush(to);
    folder_write(&folder, "workers.csv", (struct text){ rows, len });
    const struct town *town = town_load(folder.path, findings);
    assert_non_null(town);
    assert_int_equal(town->worker_count, WORKERS_MAX);
    assert_non_null(town_worker(town, TEXT("w289-222")));
    town_free(town);
    fputs("w200-9999,370481104200\n", to);
    fclose(to);
    folder_write(&folder, "workers.csv", (struct text){ rows, len });
    assert_null(town_load(folder.path, findings));
    assert_int_equal(findings_errors(findings), 1);
    assert_int_equal(finding_at(findings, 0)->place.line, WORKERS_MAX + 2);
    free(rows);
    folder_end(&folder);
}

/* ---- editions */

static void an_id_is_of_contents_not_of_places(void **state)
{
    char one[65], two[65], three[65];
    struct folder folder = folder_new();
    assert_true(town_edition(FOLDER_SHIPPED, one));
    assert_true(text_is_c(town_given(state)->edition, one));
    assert_true(town_edition(folder.path, two));
    assert_string_equal(one, two);
    folder_write(&folder, "notes.txt", TEXT("not configuration"));
    assert_true(town_edition(folder.path, two));
    assert_string_equal(one, two);
    folder_write(&folder, "villages.csv", TEXT("code,name\n"));
    assert_true(town_edition(folder.path, two));
    assert_string_not_equal(one, two);
    folder_write(&folder, "villages.csv", TEXT("code,name"));
    assert_true(town_edition(folder.path, three));
    assert_string_not_equal(two, three);
    folder_end(&folder);
}

static void an_edition_is_installed_once(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct folder state_dir = folder_empty();
    char id[65] = "", now[65];
    assert_false(edition_current(state_dir.path, now));
    assert_int_equal(edition_install(FOLDER_SHIPPED, state_dir.path, findings, id), EDITION_INSTALLED);
    assert_true(text_is_c(town_given(state)->edition, id));
    assert_true(edition_current(state_dir.path, now));
    assert_string_equal(id, now);
    assert_int_equal(edition_install(FOLDER_SHIPPED, state_dir.path, findings, id), EDITION_SAME);
    const struct town *town = edition_open(state_dir.path, id, findings);
    assert_non_null(town);
    assert_true(text_is_c(town->edition, id));
    town_free(town);
    assert_int_equal(findings_errors(findings), 0);
    assert_int_equal(access(arena_printf(arena, "%s/editions/current/town.yaml", state_dir.path).at, F_OK), 0);
    folder_end(&state_dir);
}

/* A service reads through the link; what it loads is what the link meant at the start. */
static void a_town_is_loaded_through_the_link(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    own(arena_free) struct arena *arena = arena_new(4096);
    struct folder state_dir = folder_empty();
    char id[65] = "", there[65];
    (void) state;
    assert_int_equal(edition_install(FOLDER_SHIPPED, state_dir.path, findings, id), EDITION_INSTALLED);
    const char *link = arena_printf(arena, "%s/editions/current", state_dir.path).at;
    assert_true(text_has(text_of(edition_settled(arena, link)), text_of(id)));
    assert_string_equal(edition_settled(arena, FOLDER_SHIPPED), FOLDER_SHIPPED);
    assert_true(town_edition(link, there));
    assert_string_equal(there, id);
    const struct town *town = town_load(link, findings);
    assert_non_null(town);
    assert_true(text_has(text_of(town->units[0].line.file), text_of(id)));
    town_free(town);
    folder_end(&state_dir);
}

static void an_older_edition_stays(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    struct folder state_dir = folder_empty(), folder = folder_new();
    char first[65], second[65], now[65];
    (void) state;
    assert_int_equal(edition_install(folder.path, state_dir.path, findings, first), EDITION_INSTALLED);
    folder_patch(&folder, "tests/conf/village-without-worker.patch");
    assert_int_equal(edition_install(folder.path, state_dir.path, findings, second), EDITION_INSTALLED);
    assert_string_not_equal(first, second);
    assert_true(edition_current(state_dir.path, now));
    assert_string_equal(now, second);
    const struct town *old = edition_open(state_dir.path, first, findings);
    assert_int_equal(old->worker_count, 270);
    town_free(old);
    folder_end(&state_dir);
    folder_end(&folder);
}

static void an_unsound_folder_changes_nothing(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    struct folder state_dir = folder_empty(), folder = folder_new();
    char id[65] = "", before[65], after[65];
    (void) state;
    assert_int_equal(edition_install(folder.path, state_dir.path, findings, before), EDITION_INSTALLED);
    folder_patch(&folder, "tests/conf/catch-all-unknown.patch");
    assert_int_equal(edition_install(folder.path, state_dir.path, findings, id), EDITION_UNSOUND);
    assert_string_equal(id, "");
    assert_true(findings_errors(findings) > 0);
    assert_true(edition_current(state_dir.path, after));
    assert_string_equal(before, after);
    folder_end(&state_dir);
    folder_end(&folder);
}

static void a_state_that_cannot_be_written(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    char id[65] = "";
    (void) state;
    assert_int_equal(edition_install(FOLDER_SHIPPED, "/proc/self/none", findings, id), EDITION_DISK);
    assert_string_equal(id, "");
    assert_true(findings_errors(findings) > 0);
}

static void an_edition_that_was_changed_is_refused_and_mended(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    own(arena_free) struct arena *arena = arena_new(4096);
    struct folder state_dir = folder_empty();
    char id[65] = "";
    (void) state;
    assert_int_equal(edition_install(FOLDER_SHIPPED, state_dir.path, findings, id), EDITION_INSTALLED);
    FILE *f = fopen(arena_printf(arena, "%s/editions/current/town.yaml", state_dir.path).at, "ae");
    fputs("# a line more\n", f);
    fclose(f);
    assert_null(edition_open(state_dir.path, id, findings));
    assert_int_equal(findings_errors(findings), 1);
    assert_int_equal(edition_install(FOLDER_SHIPPED, state_dir.path, findings, id), EDITION_SAME);
    const struct town *town = edition_open(state_dir.path, id, findings);
    assert_non_null(town);
    town_free(town);
    assert_null(edition_open(state_dir.path, "../../etc", findings));
    folder_end(&state_dir);
}

static void what_an_interrupted_install_left_is_not_in_the_way(void **state)
{
    own(findings_free) struct findings *findings = findings_new();
    own(arena_free) struct arena *arena = arena_new(4096);
    struct folder state_dir = folder_empty();
    char id[65] = "";
    (void) state;
    const char *aside = arena_printf(arena, "%s/editions/.new-%d", state_dir.path, (int) getpid()).at;
    mkdir(arena_printf(arena, "%s/editions", state_dir.path).at, 0755);
    mkdir(aside, 0755);
    FILE *f = fopen(arena_printf(arena, "%s/town.yaml", aside).at, "we");
    fclose(f);
    assert_int_equal(symlink("nowhere", arena_printf(arena, "%s/editions/.current-new", state_dir.path).at), 0);
    assert_int_equal(edition_install(FOLDER_SHIPPED, state_dir.path, findings, id), EDITION_INSTALLED);
    assert_int_not_equal(access(aside, F_OK), 0);
    folder_end(&state_dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_town_has_what_the_plan_names),
        cmocka_unit_test(units_are_found_by_every_name),
        cmocka_unit_test(villages_are_found_by_every_name),
        cmocka_unit_test(workers_are_a_run_of_their_village),
        cmocka_unit_test(people_have_posts_and_stand_ins),
        cmocka_unit_test(printing_and_reading_again_gives_the_same),
        cmocka_unit_test(odd_names_are_printed_so_that_they_can_be_read),
        cmocka_unit_test(as_many_workers_as_are_allowed),
        cmocka_unit_test(an_id_is_of_contents_not_of_places),
        cmocka_unit_test(an_edition_is_installed_once),
        cmocka_unit_test(a_town_is_loaded_through_the_link),
        cmocka_unit_test(an_older_edition_stays),
        cmocka_unit_test(an_unsound_folder_changes_nothing),
        cmocka_unit_test(a_state_that_cannot_be_written),
        cmocka_unit_test(an_edition_that_was_changed_is_refused_and_mended),
        cmocka_unit_test(what_an_interrupted_install_left_is_not_in_the_way),
    };
    return cmocka_run_group_tests(tests, given_new, given_free);
}
