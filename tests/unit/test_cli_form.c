/* test_cli_form.c - what people type becomes fields: words in both languages, units by any name, sums, dates, spans; columns of a
 * terminal in which a Chinese character takes two. */
#include "services/cli/command.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct arena *arena;
static const struct town *town;

static int setup(void **state)
{
    (void) state;
    own(findings_free) struct findings *findings = findings_new();
    arena = arena_new(16 * 1024);
    town = town_load("deploy/binhu", findings);
    return town ? 0 : -1;
}

static int teardown(void **state)
{
    (void) state;
    town_free(town);
    arena = arena_free(arena);
    return 0;
}

/* The value as JSON text, or the complaint. */
static const char *made(enum form_kind kind, const char *words, const char *value)
{
    const struct option_row row = { "--x", "X", "", "x", kind, words };
    struct form form = { arena, town, instant_of_civil(2026, 5, 26, 10, 0, 0) };
    struct text why = NO_TEXT;
    json_t *body = json_keep(arena, json_object());
    if (!form_put(&form, body, &row, text_of(value), &why)) {
        assert_int_equal(json_object_size(body), 0);
        return why.at;
    }
    return json_text(arena, body).at;
}

static void values_become_fields(void **state)
{
    (void) state;
    static const struct {
        enum form_kind kind;
        const char *words, *given, *field;
    } cases[] = {
        { FORM_TEXT, NULL, " 内容 ", "\"内容\"" },
        { FORM_INT, NULL, "12", "12" },
        { FORM_YUAN, NULL, "300,000", "300000" },
        { FORM_YUAN, NULL, "30万", "300000" },
        { FORM_YUAN, NULL, "3万6千元", "36000" },
        { FORM_YES, NULL, "是", "true" },
        { FORM_YES, NULL, "no", "false" },
        { FORM_SET, NULL, "", "true" },
        { FORM_WORD, "severity", "特急", "\"extreme\"" },
        { FORM_WORD, "severity", "minor", "\"minor\"" },
        { FORM_UNIT, NULL, "市场监管所", "\"market\"" },
        { FORM_UNITS, NULL, "派出所，finance", "[\"police\",\"finance\"]" },
        { FORM_VILLAGE, NULL, "200", "\"370481104200\"" },
        { FORM_VILLAGES, NULL, "田桥、西董村", "[\"370481104200\",\"370481104201\"]" },
        { FORM_LIST, NULL, "w200-1,w200-2", "[\"w200-1\",\"w200-2\"]" },
        { FORM_DAY, NULL, "2026/5/1", "\"2026-05-01\"" },
        { FORM_DAY, NULL, "2026年12月31日", "\"2026-12-31\"" },
        { FORM_DAY, NULL, "20260501", "\"2026-05-01\"" },
        { FORM_INSTANT, NULL, "2026-05-26T18:00:00+08:00", "\"2026-05-26T18:00:00+08:00\"" },
        { FORM_INSTANT, NULL, "2026-05-26 18:00", "\"2026-05-26T18:00:00+08:00\"" },
        { FORM_INSTANT, NULL, "5月26日18:00", "\"2026-05-26T18:00:00+08:00\"" },
        { FORM_INSTANT, NULL, "+90m", "\"2026-05-26T11:30:00+08:00\"" },
        { FORM_INSTANT, NULL, "+3d", "\"2026-05-29T10:00:00+08:00\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text wanted = arena_printf(arena, "{\"x\":%s}", cases[i].field);
        assert_string_equal(made(cases[i].kind, cases[i].words, cases[i].given), wanted.at);
    }
}

static void what_is_none_is_told(void **state)
{
    (void) state;
    static const struct {
        enum form_kind kind;
        const char *words, *given, *told;
    } cases[] = {
        { FORM_INT, NULL, "几个", "不是整数" },        { FORM_YUAN, NULL, "很多", "看不懂金额" },
        { FORM_YES, NULL, "maybe", "yes 或 no" },      { FORM_WORD, "severity", "吓人", "extreme 特急" },
        { FORM_UNIT, NULL, "火星所", "没有“火星所”" }, { FORM_UNITS, NULL, "police,火星所", "没有“火星所”" },
        { FORM_VILLAGE, NULL, "火星", "没有“火星”" },  { FORM_DAY, NULL, "2026-02-30", "看不懂日期" },
        { FORM_DAY, NULL, "明天", "看不懂日期" },      { FORM_INSTANT, NULL, "2026-05-26", "看不懂时间" },
        { FORM_INSTANT, NULL, "+3y", "看不懂时间" },   { FORM_INSTANT, NULL, "2026-05-26 25:00", "看不懂时间" },
        { FORM_TEXT, NULL, "\xff", "不是 UTF-8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_non_null(strstr(made(cases[i].kind, cases[i].words, cases[i].given), cases[i].told));
}

static void a_path_makes_an_object(void **state)
{
    (void) state;
    const struct option_row phone = FIELD("--phone", "X", "", "subject.phone", FORM_TEXT);
    const struct option_row name = FIELD("--name", "X", "", "subject.name", FORM_TEXT);
    struct form form = { arena, NULL, { 0 } };
    struct text why;
    json_t *body = json_keep(arena, json_object());
    assert_true(form_put(&form, body, &phone, TEXT("1"), &why));
    assert_true(form_put(&form, body, &name, TEXT("甲"), &why));
    assert_string_equal(json_text(arena, body).at, "{\"subject\":{\"phone\":\"1\",\"name\":\"甲\"}}");
}

static void every_field_of_the_table_is_well_formed(void **state)
{
    (void) state;
    for (const struct command *c = commands; c->name; c++) {
        assert_non_null(c->run);
        assert_true(c->operands_max <= OPERANDS_MAX);
        for (const struct option_row *o = c->options; o->name; o++) {
            assert_int_equal(strncmp(o->name, "--", 2), 0);
            assert_true(strlen(o->says) > 0);
            if (o->kind == FORM_WORD)
                assert_true(words_offered(arena, o->words).len > 0);
            if (o->kind == FORM_SET)
                assert_null(o->argument);
        }
    }
}

static void columns_count_chinese_twice(void **state)
{
    (void) state;
    assert_string_equal(padded(arena, TEXT("派出所"), 8).at, "派出所  ");
    assert_string_equal(padded(arena, TEXT("ab"), 4).at, "ab  ");
    assert_string_equal(padded(arena, TEXT("财经综合服务中心"), 8).at, "财经综… ");
    assert_string_equal(padded(arena, NO_TEXT, 3).at, "   ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_fields),        cmocka_unit_test(what_is_none_is_told),
        cmocka_unit_test(a_path_makes_an_object),      cmocka_unit_test(every_field_of_the_table_is_well_formed),
        cmocka_unit_test(columns_count_chinese_twice),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
