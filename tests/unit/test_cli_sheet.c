/* test_cli_sheet.c - files of leads as people have them: letters, quotes, names of columns, what a cell means, ids that repeat. */
#include "services/cli/sheet.h"

#include <iconv.h>
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

static struct text in_letters(const char *letters, const char *utf8)
{
    iconv_t conversion = iconv_open(letters, "UTF-8");
    size_t in_left = strlen(utf8), left = in_left * 4 + 4, room = left;
    char *made = arena_take(arena, room), *out = made, *in = (char *) utf8;
    assert_true(iconv(conversion, &in, &in_left, &out, &left) != (size_t) -1);
    iconv_close(conversion);
    return (struct text){ made, room - left };
}

static const struct sheet *sheet_of(struct text bytes)
{
    struct text why;
    const struct sheet *sheet = sheet_read(arena, bytes, &why);
    if (!sheet)
        print_message("%s\n", why.at);
    assert_non_null(sheet);
    return sheet;
}

/* The body of a row, as JSON text; "REFUSED <field>: <sentence>" when it cannot be sent. */
static const char *body_of(const struct sheet *sheet, const char *pairs, size_t row)
{
    struct sheet_map map;
    struct text why = NO_TEXT, field;
    size_t loose = 0;
    struct form form = { arena, town, instant_of_civil(2026, 5, 26, 10, 0, 0) };
    if (!sheet_map(arena, sheet, pairs, &map, &why))
        return arena_printf(arena, "NO MAP: " TEXT_FMT, TEXT_ARG(why)).at;
    json_t *body = json_keep(arena, sheet_body(&form, sheet, &map, row, &loose, &field, &why));
    return body ? json_text(arena, body).at
                : arena_printf(arena, "REFUSED " TEXT_FMT ": " TEXT_FMT, TEXT_ARG(field), TEXT_ARG(why)).at;
}

static const char plain_csv[] = "工单号,线索内容,村,类别,金额\n"
                                "A1,\"买了“保健品”, 被骗\",田桥,养老产品,3万元\n"
                                "A2,\"第一行\n第二行\",201,care,\"12,000\"\n";

static void letters_are_found_out(void **state)
{
    (void) state;
    static const char *const letters[] = { "UTF-8", "GBK", "GB18030", "UTF-16" };
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        const struct sheet *sheet = sheet_of(in_letters(letters[i], plain_csv));
        assert_int_equal(sheet->count, 2);
        assert_string_equal(
            body_of(sheet, NULL, 0),
            "{\"source_ref\":\"A1\",\"text\":\"买了“保健品”, 被骗\",\"village\":\"370481104200\",\"guise\":\"care-product\","
            "\"amount_yuan\":30000}");
    }
    const struct sheet *marked = sheet_of(arena_printf(arena, "\xef\xbb\xbf%s", plain_csv));
    assert_string_equal(marked->columns[0].at, "工单号");
}

static void what_is_no_text_is_refused(void **state)
{
    (void) state;
    struct text why;
    assert_null(sheet_read(arena, (struct text){ "a,b\n\xff\xff\xff", 7 }, &why));
    assert_non_null(strstr(why.at, "GBK"));
    assert_null(sheet_read(arena, TEXT("\xef\xbb\xbfno,such\xc8\n"), &why)); /* marked as UTF-8, and none */
    assert_non_null(strstr(why.at, "UTF-8"));
    assert_null(sheet_read(arena, TEXT("PK\x03\x04rest"), &why));
    assert_non_null(strstr(why.at, "CSV"));
    assert_null(sheet_read(arena, TEXT(""), &why));
}

static void quotes_lines_and_sums(void **state)
{
    (void) state;
    const struct sheet *sheet = sheet_of(text_of(plain_csv));
    assert_string_equal(body_of(sheet, NULL, 1),
                        "{\"source_ref\":\"A2\",\"text\":\"第一行\\n第二行\",\"village\":\"370481104201\","
                        "\"category\":\"care\",\"amount_yuan\":12000}");
    assert_int_equal(sheet->rows[0].line, 2);
    assert_int_equal(sheet->rows[1].line, 3);
}

static void a_bad_row_stops_no_other(void **state)
{
    (void) state;
    const struct sheet *sheet = sheet_of(TEXT("内容,村\nx,田桥,多一列\ny,火星\nz,西董\n"));
    assert_non_null(strstr(body_of(sheet, NULL, 0), "这一行有 3 列"));
    assert_non_null(strstr(body_of(sheet, NULL, 1), "REFUSED village: 没有“火星”这个村"));
    assert_string_equal(body_of(sheet, NULL, 2), "{\"text\":\"z\",\"village\":\"370481104201\"}");
    assert_int_equal(sheet->rows[2].line, 4);
}

static void a_map_names_the_columns(void **state)
{
    (void) state;
    const struct sheet *sheet = sheet_of(TEXT("甲,乙,内容\n有人收钱,田桥,不用这列\n"));
    assert_string_equal(body_of(sheet, "text=甲,village=乙", 0), "{\"text\":\"有人收钱\",\"village\":\"370481104200\"}");
    assert_string_equal(body_of(sheet, "text=丙", 0), "NO MAP: 文件里没有“丙”这一列");
    assert_non_null(strstr(body_of(sheet, "colour=甲", 0), "没有“colour”这个字段"));
    assert_non_null(strstr(body_of(sheet, "text", 0), "NO MAP"));
    assert_non_null(strstr(body_of(sheet_of(TEXT("甲,乙\n1,2\n")), NULL, 0), "--map text="));
}

static void words_nobody_knows_hinder_nothing(void **state)
{
    (void) state;
    const struct sheet *sheet = sheet_of(TEXT("内容,类别,金额\nx,其他涉老,说不清\ny,网络诈骗,约5万\n"));
    assert_string_equal(body_of(sheet, NULL, 0), "{\"text\":\"x\",\"amount_text\":\"说不清\"}");
    assert_string_equal(body_of(sheet, NULL, 1), "{\"text\":\"y\",\"category\":\"online\",\"amount_yuan\":50000}");
}

static void json_lines(void **state)
{
    (void) state;
    const struct sheet *sheet =
        sheet_of(TEXT("{\"text\": \"x\", \"category\": \"以房养老\", \"suspected_amount_yuan\": 300000, \"victims\": 1, "
                      "\"suggested_unit\": \"村建办\", \"severity\": \"high\"}\n\n"
                      "not json\n"
                      "{\"text\": \"y\", \"subject\": {\"phone\": \"123\"}, \"village\": null}\n"));
    assert_int_equal(sheet->count, 3);
    assert_string_equal(body_of(sheet, NULL, 0),
                        "{\"text\":\"x\",\"guise\":\"house-for-care\",\"amount_yuan\":300000,\"victims\":1}");
    assert_non_null(strstr(body_of(sheet, NULL, 1), "不是一个 JSON 对象"));
    assert_int_equal(sheet->rows[1].line, 3);
    assert_string_equal(body_of(sheet, NULL, 2), "{\"text\":\"y\",\"subject\":{\"phone\":\"123\"}}");
}

static void the_samples_are_all_readable(void **state)
{
    (void) state;
    FILE *f = fopen("deploy/binhu/samples/sample-leads.jsonl", "r");
    assert_non_null(f);
    char *bytes = arena_take(arena, 1 << 20);
    size_t len = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    const struct sheet *sheet = sheet_of((struct text){ bytes, len });
    assert_int_equal(sheet->count, 66);
    for (size_t i = 0; i < sheet->count; i++)
        assert_non_null(strstr(body_of(sheet, NULL, i), "{\"text\":\""));
}

static void an_id_is_made_of_the_row(void **state)
{
    (void) state;
    char one[SHEET_ID_CHARS + 1], same[SHEET_ID_CHARS + 1], other[SHEET_ID_CHARS + 1], second[SHEET_ID_CHARS + 1];
    json_t *a = json_keep(arena, json_pack("{s:s,s:i}", "text", "x", "victims", 1));
    json_t *b = json_keep(arena, json_pack("{s:i,s:s}", "victims", 1, "text", "x"));
    json_t *c = json_keep(arena, json_pack("{s:s,s:i}", "text", "x", "victims", 2));
    sheet_id(a, 0, one);
    sheet_id(b, 0, same);
    sheet_id(c, 0, other);
    sheet_id(a, 1, second);
    assert_int_equal(strlen(one), SHEET_ID_CHARS);
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
    assert_string_not_equal(one, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_found_out),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(quotes_lines_and_sums),
        cmocka_unit_test(a_bad_row_stops_no_other),
        cmocka_unit_test(a_map_names_the_columns),
        cmocka_unit_test(words_nobody_knows_hinder_nothing),
        cmocka_unit_test(json_lines),
        cmocka_unit_test(the_samples_are_all_readable),
        cmocka_unit_test(an_id_is_made_of_the_row),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
