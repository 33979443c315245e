/* test_json_pool.c - values made and freed in any order from the pool keep what they hold, and what is freed is used again. */
#include "services/runtime/json_pool.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { HELD = 200, STEPS = 50000, LEN_MAX = 1500 };

static uint64_t dice = 11;

static size_t throw(size_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (size_t) (dice >> 33) % below;
}

/* An object that says how it was made. */
static json_t *made(size_t len, int members)
{
    char text[LEN_MAX];
    memset(text, 'a' + (int) (len % 26), len);
    json_t *object = json_object();
    for (int i = 0; i < members; i++) {
        char name[16] = { 'k', (char) ('a' + i), 0 };
        json_object_set_new(object, name, json_stringn(text, len));
    }
    return object;
}

static void is_as_made(const json_t *object, size_t len, int members)
{
    assert_int_equal(json_object_size(object), members);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *) object, name, value)
    {
        assert_int_equal(json_string_length(value), len);
        for (size_t i = 0; i < len; i++)
            assert_true(json_string_value(value)[i] == (char) ('a' + (int) (len % 26)));
    }
}

static void test_values_keep_what_they_hold(void **state)
{
    (void) state;
    struct {
        json_t *value;
        size_t len;
        int members;
    } held[HELD] = { 0 };
    for (int step = 0; step < STEPS; step++) {
        size_t i = throw(HELD);
        if (held[i].value)
            is_as_made(held[i].value, held[i].len, held[i].members);
        json_decref(held[i].value);
        held[i].len = throw(throw(20) == 0 ? LEN_MAX : 40);
        held[i].members = (int) throw(24);
        held[i].value = made(held[i].len, held[i].members);
    }
    for (size_t i = 0; i < HELD; i++)
        json_decref(held[i].value);
}

static void test_what_is_freed_is_used_again(void **state)
{
    (void) state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* there the C library's is kept */
#endif
    json_t *value = json_string("one");
    uintptr_t was = (uintptr_t) value;
    json_decref(value);
    value = json_string("two");
    assert_true((uintptr_t) value == was);
    json_decref(value);
}

int main(void)
{
    json_pool_use();
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_values_keep_what_they_hold),
                                        cmocka_unit_test(test_what_is_freed_is_used_again) };
    return cmocka_run_group_tests_name("json pool", tests, NULL, NULL);
}
