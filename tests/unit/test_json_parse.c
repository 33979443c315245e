/* test_json_parse.c - bytes are read as jansson reads them, right or wrong: what it refuses is refused for the same reason. */
#include "yinling/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { ROUNDS = 50000, ROOM = 512 };

static uint64_t dice = 11;

static size_t throw(size_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (size_t) (dice >> 33) % below;
}

static void check(const char *bytes, size_t len)
{
    static const size_t flags[] = { 0, JSON_REJECT_DUPLICATES, JSON_DECODE_ANY };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        json_error_t its, ours;
        json_t *expected = json_loadb(bytes, len, flags[i], &its), *got = json_parse(bytes, len, flags[i], &ours);
        bool is_same = expected ? json_equal(expected, got) : !got && json_error_code(&its) == json_error_code(&ours);
        if (!is_same)
            fail_msg("differs: %.*s", (int) len, bytes);
        json_decref(expected);
        json_decref(got);
    }
}

static void each_kind_of_value(void **state)
{
    (void) state;
    static const char *const all[] = {
        "{}",
        "[]",
        " { \"a\" : [ ] } ",
        "{\"a\":1,\"b\":0,\"c\":123456789012345678,\"d\":1234567890123456789}",
        "{\"a\":-1}",
        "{\"a\":1.5,\"b\":1e3}",
        "{\"a\":01}",
        "{\"a\":1x}",
        "[1",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1}}",
        "{\"a\":1} x",
        "[true,false,null]",
        "[tru]",
        "[truex]",
        "[nul",
        "{\"a\":1,\"a\":2}",
        "{\"\":1}",
        "[\"a\\u4e2db\\n\\\"\"]",
        "[\"\\q\"]",
        "[\"\\u0000\"]",
        "[\"\t\"]",
        "[\"\x7f\"]",
        "[\"老人被骗😀é\"]",
        "[\"\xc0\xaf\"]",
        "[\"\xed\xa0\x80\"]",
        "[\"\xe0\x80\x80\"]",
        "[\"\xf4\x90\x80\x80\"]",
        "[\"\xe8\x80\"]",
        "[\"\xef\xbf\xbf\"]",
        "[\"\xf0\x8f\xbf\xbf\"]",
        "[\"\xff\"]",
        "\"text\"",
        "12",
        "true",
        "",
        " ",
        "{",
        "[\"",
        "[\"a",
        "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
        "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check(all[i], strlen(all[i]));
    check("[1]\0", 4);
    check("[\"a\0b\"]", 7);
    check("[1\0]", 4);
}

/* A real event with some of its bytes changed, taken out or doubled. */
static void spoilt_events(void **state)
{
    (void) state;
    static const char event[] =
        "{\"type\":\"lead.received\",\"subject\":\"2026-000001\",\"at\":\"2026-05-26T09:00:00+08:00\",\"by\":null,\"edition\":\"ab\",\"data\":{"
        "\"text\":\"有人上门推销养老床位\",\"amount_yuan\":30000,\"sealed\":false,\"assist\":[\"police\",\"market\"],\"facts\":{\"more\":true}}}";
    static const char odd[] = "{}[]\",:\\ 0123456789-.eEtfn\n\x01\x80\xbf\xc3\xe4\xed\xf0\xff";
    for (int round = 0; round < ROUNDS; round++) {
        char bytes[ROOM];
        size_t len = sizeof event - 1;
        memcpy(bytes, event, len);
        for (size_t i = 1 + throw(3); i > 0; i--) {
            size_t at = throw(len), count = 1 + throw(8);
            switch (throw(3)) {
            case 0:
                bytes[at] = odd[throw(sizeof odd - 1)];
                break;
            case 1:
                count = count < len - at ? count : len - at - 1;
                memmove(bytes + at, bytes + at + count, len - at - count);
                len -= count;
                break;
            default:
                memmove(bytes + at + count, bytes + at, len - at);
                len += count;
            }
        }
        check(bytes, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_kind_of_value), cmocka_unit_test(spoilt_events) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
