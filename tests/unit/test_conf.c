/* test_conf.c - a map is bound to a struct by a table; each mistake is told at its line, and all of them in one run. */
#include "yinling/instant.h"
#include "yinling/reader.h"
#include "yinling/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct sample {
    struct text name, note;
    int64_t number;
    bool flag;
    span_ms span;
    int choice;
    struct texts words;
    const struct node *rest;
};
static const struct choice choices[] = { { "red", 3 }, { "green", 7 }, { NULL, 0 } };
static const struct conf_field fields[] = {
    { "name", CONF_TEXT, offsetof(struct sample, name), NULL, 1, 3, NULL, "" },
    { "note", CONF_TEXT, offsetof(struct sample, note), "", 0, 0, NULL, "" },
    { "number", CONF_INT, offsetof(struct sample, number), "5", -1, 9, NULL, "" },
    { "flag", CONF_BOOL, offsetof(struct sample, flag), "true", 0, 0, NULL, "" },
    { "span", CONF_SPAN, offsetof(struct sample, span), "90s", 1000, 86400000, NULL, "" },
    { "choice", CONF_CHOICE, offsetof(struct sample, choice), "green", 0, 0, choices, "" },
    { "words", CONF_TEXTS, offsetof(struct sample, words), "", 1, 2, NULL, "" },
    { "rest", CONF_NODE, offsetof(struct sample, rest), "", 0, 0, NULL, "" },
    CONF_END
};

struct outcome {
    struct arena *arena;
    struct findings *findings;
    struct sample sample;
    bool sound;
};

static struct outcome outcome_of(const char *yaml)
{
    struct outcome o = { arena_new(4096), findings_new(), { .number = 77 }, false };
    char path[] = "/tmp/yinling-conf-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
    close(fd);
    const struct node *root = yaml_load(o.arena, o.arena, path, o.findings);
    assert_non_null(root);
    o.sound = conf_read(o.arena, root, fields, &o.sample, o.findings);
    unlink(path);
    return o;
}

static void outcome_end(struct outcome *o)
{
    findings_free(o->findings);
    arena_free(o->arena);
}

static void everything_is_read(void **state)
{
    struct outcome o =
        outcome_of("name: 田桥村\nnote: \"\"\nnumber: -1\nflag: false\nspan: 1d\nchoice: red\nwords: [甲, 乙]\nrest: {a: 1}\n");
    (void) state;
    assert_true(o.sound);
    assert_string_equal(o.sample.name.at, "田桥村");
    assert_non_null(o.sample.note.at);
    assert_int_equal(o.sample.note.len, 0);
    assert_int_equal(o.sample.number, -1);
    assert_false(o.sample.flag);
    assert_int_equal(o.sample.span.ms, 86400000);
    assert_int_equal(o.sample.choice, 3);
    assert_int_equal(o.sample.words.count, 2);
    assert_string_equal(o.sample.words.at[1].at, "乙");
    assert_int_equal(node_count(o.sample.rest), 1);
    outcome_end(&o);
}

static void what_holds_without_the_key(void **state)
{
    struct outcome o = outcome_of("name: 甲\n");
    (void) state;
    assert_true(o.sound);
    assert_null(o.sample.note.at);
    assert_int_equal(o.sample.number, 5);
    assert_true(o.sample.flag);
    assert_int_equal(o.sample.span.ms, 90000);
    assert_int_equal(o.sample.choice, 7);
    assert_int_equal(o.sample.words.count, 0);
    assert_null(o.sample.rest);
    outcome_end(&o);
}

static void one_word_is_a_list_of_one(void **state)
{
    struct outcome o = outcome_of("name: 甲\nwords: 乙\n");
    (void) state;
    assert_true(o.sound);
    assert_int_equal(o.sample.words.count, 1);
    assert_string_equal(o.sample.words.at[0].at, "乙");
    outcome_end(&o);
}

static void spans(void **state)
{
    static const struct {
        const char *written;
        int64_t ms; /* -1: refused */
    } rows[] = { { "1s", 1000 }, { "15m", 900000 }, { "4h", 14400000 }, { "0s", -1 },         { "25h", -1 },
                 { "-4h", -1 },  { "4", -1 },       { "h", -1 },        { "1.5h", -1 },       { "4w", -1 },
                 { "\"\"", -1 }, { "4 h", -1 },     { "1d", 86400000 }, { "9999999999d", -1 } };
    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char yaml[64];
        snprintf(yaml, sizeof yaml, "name: x\nspan: %s\n", rows[i].written);
        struct outcome o = outcome_of(yaml);
        assert_int_equal(o.sound, rows[i].ms >= 0);
        if (o.sound)
            assert_int_equal(o.sample.span.ms, rows[i].ms);
        outcome_end(&o);
    }
}

static void each_mistake_at_its_line(void **state)
{
    static const struct {
        const char *yaml;
        int line;
        const char *says;
    } rows[] = {
        { "note: x\n", 1, "name：缺少这一项" },
        { "name:\n", 1, "name：不能为空" },
        { "name: 一二三四\n", 1, "name：应有1至3字，实有4字" },
        { "note: x\nname: [a]\n", 2, "name：应是一个值" },
        { "name: a\n\nnumber: 10\n", 3, "number：应在-1至9之间，写的是10" },
        { "name: a\nnumber: 0x1\n", 2, "“0x1”不是整数" },
        { "name: a\nflag: yes\n", 2, "应写 true 或 false" },
        { "name: a\nchoice: blue\n", 2, "可选值之中： red green" },
        { "name: a\nwords: [a, b, c]\n", 2, "应有1至2项，实有3项" },
        { "name: a\nwords: []\n", 2, "应有1至2项，实有0项" },
        { "name: a\nwords: {a: b}\n", 2, "应是列表" },
        { "name: a\nwords:\n  - a\n  - [b]\n", 4, "第2项应是文字" },
        { "name: a\nnmae: b\n", 2, "不认识的键“nmae”" },
    };
    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome o = outcome_of(rows[i].yaml);
        assert_false(o.sound);
        assert_int_equal(findings_count(o.findings), 1);
        const struct finding *f = finding_at(o.findings, 0);
        assert_int_equal(f->place.line, rows[i].line);
        if (!text_has(f->message, text_of(rows[i].says)))
            fail_msg("'%s' says nothing of '%s'", f->message.at, rows[i].says);
        outcome_end(&o);
    }
}

static void all_mistakes_in_one_run(void **state)
{
    struct outcome o = outcome_of("number: 99\nflag: 1\nextra: 1\n");
    (void) state;
    assert_false(o.sound);
    assert_int_equal(findings_errors(o.findings), 4);
    assert_int_equal(o.sample.number, 77); /* a member that could not be read is left alone */
    outcome_end(&o);
}

static void something_that_is_no_map(void **state)
{
    struct outcome o = outcome_of("name: a\n");
    (void) state;
    assert_false(conf_read(o.arena, NULL, fields, &o.sample, o.findings));
    assert_int_equal(findings_errors(o.findings), 1);
    outcome_end(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read),        cmocka_unit_test(what_holds_without_the_key),
        cmocka_unit_test(one_word_is_a_list_of_one), cmocka_unit_test(spans),
        cmocka_unit_test(each_mistake_at_its_line),  cmocka_unit_test(all_mistakes_in_one_run),
        cmocka_unit_test(something_that_is_no_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
