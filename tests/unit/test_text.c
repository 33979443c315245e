/* test_text.c - folding without utf8proc gives what utf8proc gives, and code points are read as it reads them. */
#include "yinling/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <cmocka.h>

enum { POINTS_END = 0x110000 };

/* NFKC with case folded, and nothing up to a space kept: the definition. */
static void assert_folds(struct arena *arena, struct text t)
{
    utf8proc_uint8_t *all = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *) t.at, (utf8proc_ssize_t) t.len, &all,
                     UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    size_t kept = 0;
    for (utf8proc_ssize_t i = 0; i < len; i++)
        if (all[i] > ' ' && all[i] != 0x7F)
            all[kept++] = all[i];
    struct text folded = text_folded(arena, t);
    assert_int_equal(folded.len, kept);
    if (kept)
        assert_memory_equal(folded.at, all, kept);
    assert_int_equal(folded.at[folded.len], 0);
    free(all);
}

/* Alone, and where a mark that composes, a letter or an ideograph stands before or behind it. */
static void test_every_character_folds_as_unicode_says(void **state)
{
    static const char *const beside[] = { "", "国", "A", "\u0301", "\u3099", "Ａ" };
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    (void) state;
    for (int32_t point = 0; point < POINTS_END; point++) {
        char one[16];
        utf8proc_ssize_t len = utf8proc_encode_char(point, (utf8proc_uint8_t *) one);
        for (size_t i = 0; i < sizeof beside / sizeof *beside && (i < 2 || point < 0x3400 || point >= 0xF900); i++) {
            char both[32];
            size_t beside_len = strlen(beside[i]);
            memcpy(both, one, (size_t) len);
            memcpy(both + len, beside[i], beside_len);
            assert_folds(arena, (struct text){ both, (size_t) len + beside_len });
            memcpy(both, beside[i], beside_len);
            memcpy(both + beside_len, one, (size_t) len);
            assert_folds(arena, (struct text){ both, (size_t) len + beside_len });
        }
        arena_reset(arena);
    }
}

static void test_texts_fold(void **state)
{
    static const char *const texts[] = { "",
                                         "有人上门推销“养老床位”，交１万元返现2,000元！",
                                         "Ｔｅｌ：１３８　００１３，微信 ABC",
                                         "…～·ﬁ①㎡",
                                         "不是\xE5\x85UTF-8",
                                         "尾\xE5\x85",
                                         "\xEF\xBC",
                                         "\xEF\xBD\x9F" };
    own(arena_free) struct arena *arena = arena_new(4096);
    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_folds(arena, text_of(texts[i]));
    assert_folds(arena, TEXT("a\0b"));
}

static void test_points_are_read_as_utf8proc_reads_them(void **state)
{
    unsigned char bytes[4];
    uint32_t dice = 7;
    (void) state;
    for (int i = 0; i < 2000000; i++) {
        dice = dice * 1664525 + 1013904223;
        memcpy(bytes, &dice, sizeof bytes);
        bytes[0] |= i % 2 ? 0xE0 : 0;
        bytes[1] = (unsigned char) (i % 3 ? 0x80 | (bytes[1] & 0x3F) : bytes[1]);
        bytes[2] = (unsigned char) (i % 3 ? 0x80 | (bytes[2] & 0x3F) : bytes[2]);
        int32_t wanted = -1;
        size_t at = 0, len = 1 + (size_t) i % 4;
        utf8proc_ssize_t took = utf8proc_iterate(bytes, (utf8proc_ssize_t) len, &wanted);
        int32_t point = text_point((struct text){ (const char *) bytes, len }, &at);
        assert_int_equal(point, took > 0 ? wanted : -1);
        assert_int_equal(at, took > 0 ? (size_t) took : 0);
    }
}

static void test_cutting_counts_what_people_see(void **state)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    (void) state;
    assert_true(text_is_c(text_cut(arena, TEXT("一二三"), 3), "一二三"));
    assert_true(text_is_c(text_cut(arena, TEXT("一二三四"), 3), "一二…"));
    assert_true(text_is_c(text_cut(arena, TEXT("e\u0301e\u0301e\u0301"), 3), "e\u0301e\u0301e\u0301"));
    assert_true(text_is_c(text_cut(arena, TEXT("e\u0301e\u0301e\u0301"), 2), "e\u0301…"));
    assert_true(text_is_c(text_cut(arena, TEXT("一"), 0), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_character_folds_as_unicode_says),
        cmocka_unit_test(test_texts_fold),
        cmocka_unit_test(test_points_are_read_as_utf8proc_reads_them),
        cmocka_unit_test(test_cutting_counts_what_people_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
