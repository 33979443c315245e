/* test_writer.c - what a writer writes is what json_text prints of the same members, byte for byte. */
#include "yinling/reader.h"
#include "yinling/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void assert_same(struct arena *arena, struct text written, json_t *take_value)
{
    struct text printed = json_text(arena, json_keep(arena, take_value));
    assert_string_equal(written.at, printed.at);
    assert_int_equal(written.len, printed.len);
}

static void test_every_kind_of_member(void **state)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    instant_ms at = { 1779786000123 };
    json_t *list = json_keep(arena, json_pack("[s, {s:i}]", "x", "y", 1));
    struct writer w = writer_begin(arena);
    (void) state;
    write_text(&w, "text", TEXT("引号\"和\\，\n换行\x01"));
    write_text(&w, "empty", TEXT(""));
    write_text(&w, "absent", NO_TEXT);
    write_c(&w, "c", "word");
    write_c(&w, "no_c", NULL);
    write_int(&w, "least", INT64_MIN);
    write_int(&w, "zero", 0);
    write_int(&w, "most", INT64_MAX);
    write_bool(&w, "yes", true);
    write_bool(&w, "no", false);
    write_instant(&w, "at", at);
    write_instant(&w, "never", NEVER);
    write_instant_or_null(&w, "null", NEVER);
    write_json(&w, "json", list);
    write_json(&w, "no_json", NULL);
    assert_same(arena, writer_end(&w),
                json_pack("{s:s, s:s, s:s, s:I, s:i, s:I, s:b, s:b, s:s, s:n, s:O}", "text", "引号\"和\\，\n换行\x01", "empty",
                          "", "c", "word", "least", (json_int_t) INT64_MIN, "zero", 0, "most", (json_int_t) INT64_MAX, "yes", 1,
                          "no", 0, "at", "2026-05-26T17:00:00.123+08:00", "null", "json", list));
}

static void test_objects_and_arrays_within_each_other(void **state)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    struct writer w = writer_begin(arena);
    (void) state;
    write_array(&w, "none");
    write_end(&w);
    write_array(&w, "list");
    write_object(&w, NULL);
    write_int(&w, "a", 1);
    write_end(&w);
    write_object(&w, NULL);
    write_end(&w);
    write_c(&w, NULL, "b");
    write_array(&w, NULL);
    write_int(&w, NULL, 2);
    write_end(&w);
    write_end(&w);
    write_object(&w, "object");
    write_c(&w, "c", "{");
    write_c(&w, "d", "[");
    write_end(&w);
    write_bool(&w, "last", true);
    assert_same(arena, writer_end(&w),
                json_pack("{s:[], s:[{s:i}, {}, s, [i]], s:{s:s, s:s}, s:b}", "none", "list", "a", 1, "b", 2, "object", "c",
                          "{", "d", "[", "last", 1));
    w = writer_begin(arena);
    struct text empty = writer_end(&w);
    assert_string_equal(empty.at, "{}");
    w = writer_begin(arena);
    write_members(&w, empty);
    write_members(&w, TEXT("{\"a\":1,\"b\":[2]}"));
    write_members(&w, empty);
    write_int(&w, "c", 3);
    assert_string_equal(writer_end(&w).at, "{\"a\":1,\"b\":[2],\"c\":3}");
}

/* Longer than the room it begins with, with and without escapes, whatever is written last. */
static void test_it_grows(void **state)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    char text[3000];
    (void) state;
    for (size_t len = 0; len < sizeof text; len += 7) {
        memset(text, len % 2 ? 'x' : '\x1f', sizeof text);
        text[len] = '\0';
        struct writer w = writer_begin(arena);
        json_t *same = json_object();
        for (int i = 0; i < 3; i++) {
            char field[8] = { (char) ('a' + i) };
            write_c(&w, field, text);
            json_object_set_new(same, field, json_string(text));
        }
        write_int(&w, "n", 1234567);
        json_object_set_new(same, "n", json_integer(1234567));
        assert_same(arena, writer_end(&w), same);
        arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_member),
        cmocka_unit_test(test_objects_and_arrays_within_each_other),
        cmocka_unit_test(test_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
