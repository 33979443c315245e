/* test_check.c - every patch of tests/conf breaks the shipped town in one way; what `yinling check` says of it is the golden beside it.
 *
 * GOLDEN=write makes the goldens anew: read the difference before keeping it. */
#include "yinling/check.h"
#include "tests/kit/folder.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define CASES_MIN 40 /* an empty folder of cases is a test that cannot fail */
#define TODAY 20599  /* 2026-05-26: in the shipped calendar's last year */

static char *said_of(const struct folder *folder, int64_t today)
{
    own(findings_free) struct findings *findings = findings_new();
    char *text = NULL;
    size_t len, skip = strlen(folder->path) + 1;
    FILE *to = open_memstream(&text, &len);
    bool sound = check_folder(folder->path, today, findings);
    assert_int_equal(sound, findings_errors(findings) == 0);
    for (size_t i = 0; i < findings_count(findings); i++) {
        const struct finding *f = finding_at(findings, i);
        const char *file = strncmp(f->place.file, folder->path, skip - 1) == 0 ? f->place.file + skip : f->place.file;
        fprintf(to, "%s:%d: %s: " TEXT_FMT "\n", file, f->place.line, f->is_error ? "错误" : "提醒", TEXT_ARG(f->message));
    }
    fclose(to);
    return text;
}

static const char *golden_of(struct arena *arena, const char *patch)
{
    return arena_printf(arena, TEXT_FMT ".err", (int) (strlen(patch) - strlen(".patch")), patch).at;
}

static void golden_write(const char *path, const char *said)
{
    FILE *to = fopen(path, "we");
    assert_non_null(to);
    fputs(said, to);
    fclose(to);
}

static bool case_holds(const char *patch)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    struct folder folder = folder_new();
    folder_patch(&folder, patch);
    char *said = said_of(&folder, TODAY);
    const char *golden = golden_of(arena, patch);
    if (getenv("GOLDEN"))
        golden_write(golden, said);
    struct text expected = access(golden, F_OK) == 0 ? folder_read(arena, golden) : TEXT("(no golden)");
    bool holds = text_is_c(expected, said) && expected.len > 0;
    if (!holds)
        fprintf(stderr, "%s\n--- expected\n" TEXT_FMT "--- said\n%s", patch, TEXT_ARG(expected), said);
    free(said);
    folder_end(&folder);
    return holds;
}

static void every_broken_folder_is_told_with_file_and_line(void **state)
{
    glob_t found;
    size_t broken = 0;
    (void) state;
    assert_int_equal(glob("tests/conf/*.patch", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= CASES_MIN);
    for (size_t i = 0; i < found.gl_pathc; i++)
        broken += !case_holds(found.gl_pathv[i]);
    globfree(&found);
    assert_int_equal(broken, 0);
}

static void the_shipped_folder_is_sound(void **state)
{
    struct folder folder = folder_new();
    (void) state;
    char *said = said_of(&folder, TODAY);
    assert_string_equal(said, "");
    free(said);
    folder_end(&folder);
}

static void a_year_without_holidays_is_told_in_time(void **state)
{
    struct folder folder = folder_new();
    (void) state;
    char *said = said_of(&folder, TODAY + 128); /* 2026-10-01: 90 days ahead is still 2026 */
    assert_string_equal(said, "");
    free(said);
    said = said_of(&folder, TODAY + 131);
    assert_string_equal(said, "calendar.csv:1: 提醒: 没有2027年的放假安排：这一年的期限暂按每周工时推算，公布录入后重算\n");
    free(said);
    folder_end(&folder);
}

/* ---- differences */

static char *diff_of(const struct folder *was, const struct folder *is)
{
    own(findings_free) struct findings *findings = findings_new();
    own(arena_free) struct arena *arena = arena_new(4096);
    char *text = NULL;
    size_t len;
    struct texts said = check_diff(arena, was->path, is->path, findings);
    FILE *to = open_memstream(&text, &len);
    for (size_t i = 0; i < said.count; i++)
        fprintf(to, TEXT_FMT "\n", TEXT_ARG(said.at[i]));
    findings_print(findings, to);
    fclose(to);
    return text;
}

static void the_same_folder_has_no_differences(void **state)
{
    struct folder was = folder_new(), is = folder_new();
    (void) state;
    char *said = diff_of(&was, &is);
    assert_string_equal(said, "");
    free(said);
    folder_end(&was);
    folder_end(&is);
}

static void each_change_is_one_sentence(void **state)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    struct folder was = folder_new(), is = folder_new();
    (void) state;
    folder_patch(&is, "tests/conf/diff/many.patch");
    char *said = diff_of(&was, &is);
    if (getenv("GOLDEN"))
        golden_write("tests/conf/diff/many.ok", said);
    assert_string_equal(said, folder_read(arena, "tests/conf/diff/many.ok").at);
    free(said);
    folder_end(&was);
    folder_end(&is);
}

static void a_long_list_of_changes_is_cut(void **state)
{
    struct folder was = folder_new(), is = folder_new();
    own(arena_free) struct arena *arena = arena_new(4096);
    struct text rows = TEXT("account,village\n");
    (void) state;
    for (int i = 1; i <= CHECK_CHANGES_MAX; i++)
        rows = arena_printf(arena, TEXT_FMT "w200-%d,370481104200\n", TEXT_ARG(rows), i);
    folder_write(&is, "workers.csv", rows);
    char *said = diff_of(&was, &is); /* 497 more in one village, 267 fewer in the others */
    assert_non_null(strstr(said, "\n另有264处改动未列出\n"));
    free(said);
    folder_end(&was);
    folder_end(&is);
}

static void what_cannot_be_parsed_is_a_finding(void **state)
{
    struct folder was = folder_new(), is = folder_new();
    (void) state;
    folder_write(&is, "town.yaml", TEXT("a: [\n"));
    folder_write(&is, "workers.csv", TEXT(""));
    char *said = diff_of(&was, &is);
    assert_non_null(strstr(said, "town.yaml:2: 错误"));
    assert_non_null(strstr(said, "workers.csv:1: 错误"));
    free(said);
    folder_end(&was);
    folder_end(&is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_folder_is_sound),
        cmocka_unit_test(every_broken_folder_is_told_with_file_and_line),
        cmocka_unit_test(a_year_without_holidays_is_told_in_time),
        cmocka_unit_test(the_same_folder_has_no_differences),
        cmocka_unit_test(each_change_is_one_sentence),
        cmocka_unit_test(a_long_list_of_changes_is_cut),
        cmocka_unit_test(what_cannot_be_parsed_is_a_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
