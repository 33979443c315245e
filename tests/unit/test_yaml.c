/* test_yaml.c - trees that know their lines, tables of rows, and what is refused, each with its line. */
#include "yinling/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct given {
    struct arena *arena;
    struct findings *findings;
    char path[64];
};

static int given_new(void **state)
{
    struct given *g = calloc(1, sizeof *g);
    g->arena = arena_new(4096);
    g->findings = findings_new();
    snprintf(g->path, sizeof g->path, "/tmp/yinling-yaml-XXXXXX");
    int fd = mkstemp(g->path);
    assert_true(fd >= 0);
    close(fd);
    *state = g;
    return 0;
}

static int given_free(void **state)
{
    struct given *g = *state;
    unlink(g->path);
    findings_free(g->findings);
    arena_free(g->arena);
    free(g);
    return 0;
}

static void write_bytes(const struct given *g, const char *bytes, size_t len)
{
    FILE *f = fopen(g->path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static const struct node *tree_of(const struct given *g, const char *yaml)
{
    write_bytes(g, yaml, strlen(yaml));
    return yaml_load(g->arena, g->arena, g->path, g->findings);
}

static const struct csv *table_of(const struct given *g, const char *csv, size_t rows_max)
{
    write_bytes(g, csv, strlen(csv));
    return csv_load(g->arena, g->path, rows_max, g->findings);
}

static void assert_text(struct text t, const char *expected)
{
    assert_non_null(t.at);
    assert_string_equal(t.at, expected);
}

/* The only finding so far is this one, at this line. */
static void assert_finding(const struct given *g, int line, const char *part)
{
    assert_int_equal(findings_count(g->findings), 1);
    const struct finding *f = finding_at(g->findings, 0);
    assert_int_equal(f->place.line, line);
    assert_string_equal(f->place.file, g->path);
    assert_true(f->is_error);
    if (!text_has(f->message, text_of(part)))
        fail_msg("'%s' says nothing of '%s'", f->message.at, part);
}

static void a_tree_and_its_lines(void **state)
{
    const struct given *g = *state;
    const struct node *root = tree_of(g, "# comment\ncode: \"007\"\nlist:\n  - 甲\n  - {乙: 丙}\nempty:\n");
    assert_non_null(root);
    assert_int_equal(node_kind(root), NODE_MAP);
    assert_int_equal(node_count(root), 3);
    const struct node *code = node_get(root, "code"), *list = node_get(root, "list");
    assert_text(node_text(code), "007");
    assert_true(node_is_quoted(code));
    assert_int_equal(node_place(code).line, 2);
    assert_text(node_key(root, 1), "list");
    assert_int_equal(node_key_place(root, 1).line, 3);
    assert_int_equal(node_place(list).line, 4);
    assert_text(node_text(node_at(list, 0)), "甲");
    assert_false(node_is_quoted(node_at(list, 0)));
    assert_int_equal(node_place(node_at(list, 1)).line, 5);
    assert_text(node_text(node_get(node_at(list, 1), "乙")), "丙");
    assert_text(node_text(node_get(root, "empty")), "");
    assert_null(node_get(root, "absent"));
    assert_null(node_get(NULL, "absent"));
    assert_null(node_text(list).at);
    assert_int_equal(findings_count(g->findings), 0);
}

static void an_empty_file_is_an_empty_map(void **state)
{
    const struct given *g = *state;
    const struct node *root = tree_of(g, "# nothing but a comment\n");
    assert_non_null(root);
    assert_int_equal(node_kind(root), NODE_MAP);
    assert_int_equal(node_count(root), 0);
    assert_string_equal(node_place(root).file, g->path);
}

static void a_byte_order_mark_is_dropped(void **state)
{
    const struct given *g = *state;
    assert_text(node_text(node_get(tree_of(g, "\xef\xbb\xbf"
                                              "a: 1\n"),
                                   "a")),
                "1");
}

static void what_is_refused(void **state)
{
    static const struct {
        const char *yaml;
        int line;
        const char *says;
    } rows[] = {
        { "a: 1\nb: 2\na: 3\n", 3, "“a”重复，第1行已有" },
        { "a: &x 1\nb: *x\n", 2, "别名" },
        { "a: 1\n---\nb: 2\n", 2, "一份" },
        { "a: [1\nb: 2\n", 2, "语法有误" },
        { "a: b: c\n", 1, "语法有误" },
        { "a: 1\n? [x]\n: 2\n", 2, "键必须是文字" },
        { "a: \"x\\0y\"\n", 1, "NUL" },
        { "a: \xff\n", 1, "语法有误" },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", 1, "过深" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *fresh = NULL;
        given_new(&fresh);
        assert_null(tree_of(fresh, rows[i].yaml));
        assert_finding(fresh, rows[i].line, rows[i].says);
        given_free(&fresh);
    }
    (void) state;
}

static void thirty_two_levels_are_taken(void **state)
{
    assert_non_null(tree_of(*state, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n"));
}

static void every_repeated_key_is_told(void **state)
{
    const struct given *g = *state;
    assert_null(tree_of(g, "a: 1\na: 2\nb: {c: 1, c: 2}\n"));
    assert_int_equal(findings_errors(g->findings), 2);
}

static void limits_of_a_file(void **state)
{
    const struct given *g = *state;
    enum { MIB = 1024 * 1024 };
    char *bytes = malloc(MIB + 1);
    memset(bytes, ' ', MIB + 1);
    memcpy(bytes, "a: 1\n#", 6);
    write_bytes(g, bytes, MIB);
    assert_non_null(yaml_load(g->arena, g->arena, g->path, g->findings));
    write_bytes(g, bytes, MIB + 1);
    assert_null(yaml_load(g->arena, g->arena, g->path, g->findings));
    assert_finding(g, 1, "1 MiB");
    free(bytes);
}

static void limits_of_nodes(void **state)
{
    const struct given *g = *state;
    enum { ITEMS = 99999 }; /* with the list itself: 100,000 nodes */
    char *yaml = malloc(ITEMS * 2 + 16), *at = yaml;
    *at++ = '[';
    for (int i = 0; i < ITEMS; i++)
        at = mempcpy(at, "1,", 2);
    memcpy(at, "]\n", sizeof "]\n");
    assert_int_equal(node_count(tree_of(g, yaml)), ITEMS);
    memcpy(at, "1]\n", sizeof "1]\n");
    assert_null(tree_of(g, yaml));
    assert_finding(g, 1, "过多");
    free(yaml);
}

static void a_file_that_is_not_there(void **state)
{
    struct given *g = *state;
    unlink(g->path);
    assert_null(yaml_load(g->arena, g->arena, g->path, g->findings));
    assert_finding(g, 1, "打不开");
    assert_null(yaml_load(g->arena, g->arena, "/tmp", g->findings));
    assert_int_equal(findings_errors(g->findings), 2);
}

static void findings_are_kept_and_counted(void **state)
{
    const struct given *g = *state;
    for (int i = 0; i < 1001; i++)
        find_error(g->findings, (struct place){ "a.yaml", i + 1 }, "第%d条", i);
    find_warning(g->findings, (struct place){ "a.yaml", 1 }, "提醒");
    assert_int_equal(findings_count(g->findings), 1000);
    assert_int_equal(findings_errors(g->findings), 1001);
    char *printed = NULL;
    size_t len;
    FILE *to = open_memstream(&printed, &len);
    findings_print(g->findings, to);
    fclose(to);
    assert_ptr_equal(strstr(printed, "a.yaml:1: 错误: 第0条\n"), printed);
    assert_non_null(strstr(printed, "另有2条未列出\n"));
    free(printed);
}

static void the_same_finding_is_kept_once(void **state)
{
    const struct given *g = *state;
    for (int i = 0; i < 2; i++) {
        find_error(g->findings, (struct place){ "a.yaml", 1 }, "甲");
        find_error(g->findings, (struct place){ "a.yaml", 2 }, "甲");
        find_error(g->findings, (struct place){ "b.yaml", 1 }, "甲");
        find_warning(g->findings, (struct place){ "a.yaml", 1 }, "甲");
    }
    assert_int_equal(findings_count(g->findings), 4);
    assert_int_equal(findings_errors(g->findings), 3);
}

/* ---- tables */

static void a_table_and_its_lines(void **state)
{
    const struct given *g = *state;
    const struct csv *csv = table_of(g,
                                     "\xef\xbb\xbf"
                                     "code,name\r\n\r\n1, 甲 \r\n\"2\",\"乙\r\n\"\"丙\"\"\"\r\n3,\r\n",
                                     3);
    assert_non_null(csv);
    assert_int_equal(csv_rows(csv), 3);
    assert_int_equal(csv_columns(csv), 2);
    assert_text(csv_column(csv, 0), "code");
    assert_text(csv_get(csv, 0, "name"), "甲");
    assert_int_equal(csv_place(csv, 0).line, 3);
    assert_text(csv_get(csv, 1, "name"), "乙\r\n\"丙\"");
    assert_int_equal(csv_place(csv, 1).line, 4);
    assert_int_equal(csv_place(csv, 2).line, 6);
    assert_text(csv_get(csv, 2, "name"), "");
    assert_int_equal(findings_count(g->findings), 0);
    assert_null(csv_get(csv, 0, "unit").at);
    assert_null(csv_get(csv, 1, "unit").at);
    assert_finding(g, 1, "缺少列“unit”");
}

/* Found by fuzzing: libcsv ends a record at a lone CR, so a line ends there too. */
static void old_line_ends_count(void **state)
{
    const struct csv *csv = table_of(*state, "a\r1\r\r\n2\r", 10);
    assert_int_equal(csv_rows(csv), 2);
    assert_int_equal(csv_place(csv, 0).line, 2);
    assert_int_equal(csv_place(csv, 1).line, 4);
}

static void tables_that_are_refused(void **state)
{
    static const struct {
        const char *csv;
        int line;
        const char *says;
    } rows[] = {
        { "", 1, "缺少表头" },
        { "a,b\n1,2\n3\n", 3, "应有2列，实有1列" },
        { "a,a\n", 1, "重复" },
        { "a\n1\n\"2\n3\n", 3, "引号" },
        { "a\nx\"y\n", 2, "引号" },
        { "a\n\xff\n", 2, "UTF-8" },
        { "a\n1\n2\n3\n", 4, "行数过多" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *fresh = NULL;
        given_new(&fresh);
        assert_null(table_of(fresh, rows[i].csv, 2));
        assert_finding(fresh, rows[i].line, rows[i].says);
        given_free(&fresh);
    }
    (void) state;
}

static void every_crooked_row_is_told(void **state)
{
    const struct given *g = *state;
    assert_null(table_of(g, "a,b\n1\n2,3\n4,5,6\n", 10));
    assert_int_equal(findings_errors(g->findings), 2);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, given_new, given_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_tree_and_its_lines),
        WITH(an_empty_file_is_an_empty_map),
        WITH(a_byte_order_mark_is_dropped),
        WITH(what_is_refused),
        WITH(thirty_two_levels_are_taken),
        WITH(every_repeated_key_is_told),
        WITH(limits_of_a_file),
        WITH(limits_of_nodes),
        WITH(a_file_that_is_not_there),
        WITH(findings_are_kept_and_counted),
        WITH(the_same_finding_is_kept_once),
        WITH(a_table_and_its_lines),
        WITH(old_line_ends_count),
        WITH(tables_that_are_refused),
        WITH(every_crooked_row_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
