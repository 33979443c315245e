/* test_json_text.c - a value is printed as jansson prints it, byte for byte: hashes and remembered answers hang on it. */
#include "yinling/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { VALUES = 3000, DEPTH_MAX = 4 };

static uint64_t dice = 7;

static size_t throw(size_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (size_t) (dice >> 33) % below;
}

static json_t *any_string(void)
{
    static const char *const pieces[] = {
        "\"", "\\", "\n", "\t", "\r", "\b", "\f", "\x01", "\x1f", "\x7f", "/", "a", "老人", "😀", "养老床位返现两千元", "é"
    };
    char text[512] = "";
    size_t len = 0;
    for (size_t i = throw(20); i > 0; i--) {
        const char *piece = pieces[throw(sizeof pieces / sizeof *pieces)];
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return json_stringn(text, len);
}

static json_t *any_value(int depth)
{
    switch (throw(depth < DEPTH_MAX ? 8 : 6)) {
    case 0:
        return json_integer((json_int_t) (dice >> 3));
    case 1:
        return json_integer(-(json_int_t) throw(100000));
    case 2:
        return json_boolean(throw(2));
    case 3:
        return json_null();
    case 4:
        return json_real((double) throw(1000) / 8);
    case 5:
        return any_string();
    case 6: {
        json_t *list = json_array();
        for (size_t i = throw(5); i > 0; i--)
            json_array_append_new(list, any_value(depth + 1));
        return list;
    }
    default: {
        json_t *object = json_object();
        for (size_t i = throw(6); i > 0; i--) {
            json_t *key = any_string();
            json_object_setn_new(object, json_string_value(key), json_string_length(key), any_value(depth + 1));
            json_decref(key);
        }
        return object;
    }
    }
}

static void same(struct text got, const json_t *value, size_t flags)
{
    char *wanted = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | flags);
    assert_string_equal(got.at, wanted);
    assert_int_equal(got.len, strlen(wanted));
    free(wanted);
}

static void test_as_jansson_prints_it(void **state)
{
    (void) state;
    own(arena_free) struct arena *arena = arena_new(4096);
    for (int i = 0; i < VALUES; i++) {
        json_t *value = any_value(0);
        same(json_text(arena, value), value, 0);
        same(json_canonical(arena, value), value, JSON_SORT_KEYS);
        json_decref(value);
        arena_reset(arena);
    }
}

static void test_the_ends_of_the_numbers(void **state)
{
    (void) state;
    own(arena_free) struct arena *arena = arena_new(4096);
    json_t *list = json_pack("[I,I,I]", (json_int_t) INT64_MIN, (json_int_t) INT64_MAX, (json_int_t) 0);
    assert_string_equal(json_text(arena, list).at, "[-9223372036854775808,9223372036854775807,0]");
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_as_jansson_prints_it),
                                        cmocka_unit_test(test_the_ends_of_the_numbers) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
