/* test_intake_parts.c - the small pure parts of intake: titles, traits, courtesies, numbers as text, keys of custodians, the box. */
#include "services/intake/keyed.h"
#include "services/intake/likeness.h"
#include "services/intake/number.h"
#include "services/intake/pleasantry.h"
#include "services/intake/title.h"
#include "services/intake/vault.h"

#include "kit/folder.h"
#include "yinling/reader.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void) state;
    arena = arena_new(1 << 16);
    return sodium_init() < 0;
}

static int tear_down(void **state)
{
    (void) state;
    arena = arena_free(arena);
    return 0;
}

/* ---- titles */

static void test_a_title_is_the_first_thing_said(void **state)
{
    (void) state;
    static const char *const pairs[][2] = {
        { "广场上有人发鸡蛋。我没去。", "广场上有人发鸡蛋" },
        { "有公司推销理财，涉案60余亿元。", "有公司推销理财，涉案60余亿元" },
        { "您好，我叫某某，我要举报，村口有人卖床垫，说能治病。", "村口有人卖床垫，说能治病" },
        { "你好", "你好" },
        { "。。。", "。。。" },
        { "  有人\t推销\n床垫", "有人 推销" },
        { "养老中心按1万、2万、3万、5万元四档发会员卡，现场交钱即返现，并承诺三年后未入住可全额退款。",
          "养老中心按1万、2万、3万、5万元四档发会员卡，现场交钱即返现" },
        { "这家公司打着养老服务的旗号在全镇各村挨家挨户地向老年人推销所谓的养老床位预订卡并且承诺高额返利。",
          "这家公司打着养老服务的旗号在全镇各村挨家挨户地向老年人推销所谓的养老床位预订卡…" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(arena_copy(arena, title_of(arena, text_of(pairs[i][0]))).at, pairs[i][1]);
}

static void test_a_title_fits_in_graphemes_and_code_points(void **state)
{
    (void) state;
    struct text families = TEXT("");
    for (int i = 0; i < 60; i++)
        families = arena_printf(arena, TEXT_FMT "👨‍👩‍👧", TEXT_ARG(families));
    struct text title = title_of(arena, families);
    assert_true(title.len > 0 && text_codepoints(title) <= TITLE_MAX && text_is_utf8(title));
}

/* ---- likeness */

static const char *form_of(const char *field, const char *value)
{
    struct trait traits[TRAITS_MAX];
    json_t *subject = json_keep(arena, json_pack("{s:s}", field, value));
    return likeness_of(arena, subject, traits) ? arena_copy(arena, traits[0].form).at : NULL;
}

static void test_traits_have_one_form(void **state)
{
    (void) state;
    static const char *const same[][3] = {
        { "phone", "139 0013-9000", "+86 13900139000" },
        { "phone", "(0632)5512345", "０６３２-5512345" },
        { "account", "6222 0212 3456 7890", "6222021234567890" },
        { "account", "WX_Care-2026", "wxcare2026" },
        { "url", "https://www.Kang-Shou.cn/a?b=1", "http://kang-shou.cn/" },
        { "url", "https://mp.weixin.qq.com/s/abc", "mp.weixin.qq.com/s/abc" },
        { "plate", "鲁D·12345", "鲁d 12345" },
        { "name", "滕州康寿养老服务有限责任公司", "滕州康寿养老服务 有限公司" },
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_non_null(form_of(same[i][0], same[i][1]));
        assert_string_equal(form_of(same[i][0], same[i][1]), form_of(same[i][0], same[i][2]));
    }
    static const char *const nothing[][2] = { { "phone", "110" },   { "name", "王经理" },          { "name", "某公司" },
                                              { "account", "123" }, { "url", "mp.weixin.qq.com" }, { "address", "田桥村" },
                                              { "url", "x" } };
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        assert_null(form_of(nothing[i][0], nothing[i][1]));
    assert_string_not_equal(form_of("url", "https://mp.weixin.qq.com/s/abc"), form_of("url", "https://mp.weixin.qq.com/s/abd"));
    assert_int_equal(likeness_of(arena, NULL, NULL), 0);
}

/* ---- courtesies */

static void test_courtesies_are_told_from_leads(void **state)
{
    (void) state;
    static const char *const courtesies[] = { "好的",         "收到", "谢谢", "好的！谢谢您😊", "OK",
                                              "嗯嗯，知道了", "1",    "  ",   "辛苦了",        "您好" };
    static const char *const leads[] = {
        "好的，村口有人卖药", "收到一个骗子的电话", "不行", "救命", "有骗子", "谢谢，但是他们又来了", "110", "骗"
    };
    for (size_t i = 0; i < sizeof courtesies / sizeof *courtesies; i++)
        assert_true(pleasantry_is(arena, text_of(courtesies[i])));
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        assert_false(pleasantry_is(arena, text_of(leads[i])));
}

/* ---- numbers and codes */

static void test_numbers_are_read_and_written(void **state)
{
    (void) state;
    int64_t key = 0;
    assert_string_equal(number_text(arena, 2026 * NUMBERS_A_YEAR + 123).at, "2026-000123");
    assert_string_equal(number_text(arena, 2026 * NUMBERS_A_YEAR + 1234567).at, "2026-1234567");
    assert_true(number_read(TEXT("2026-1234567"), &key));
    assert_int_equal(key, 2026 * NUMBERS_A_YEAR + 1234567);
    static const char *const wrong[] = { "",
                                         "2026-",
                                         "2026-00123",
                                         "2026-0001234",
                                         "2026-000000",
                                         "-026-000123",
                                         "2026--00123",
                                         "w-2026-0017",
                                         "2026-00012x",
                                         "2026-9999999999" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(number_read(text_of(wrong[i]), &key));
}

static void test_track_codes_may_be_typed_as_people_do(void **state)
{
    (void) state;
    static const char *const typed[] = { "0123456789012345", "0123 4567 8901 2345", "0123-4567-8901-2345",
                                         "０１２３４５６７８９０１２３４５" };
    static const char *const wrong[] = { "", "012345678901234", "01234567890123456", "012345678901234x", "----" };
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        assert_string_equal(number_track_typed(arena, text_of(typed[i])).at, "0123456789012345");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(number_track_typed(arena, text_of(wrong[i])).at);
}

static void test_keyed_hashes_differ_by_secret_purpose_and_parts(void **state)
{
    (void) state;
    unsigned char one[KEYED_SECRET_BYTES] = { 1 }, other[KEYED_SECRET_BYTES] = { 2 };
    int64_t hash = keyed_hash(one, "track", TEXT("ab"), TEXT("c"));
    assert_true(hash >= 0);
    assert_int_equal(hash, keyed_hash(one, "track", TEXT("ab"), TEXT("c")));
    assert_int_not_equal(hash, keyed_hash(other, "track", TEXT("ab"), TEXT("c")));
    assert_int_not_equal(hash, keyed_hash(one, "say", TEXT("ab"), TEXT("c")));
    assert_int_not_equal(hash, keyed_hash(one, "track", TEXT("a"), TEXT("bc")));
}

/* ---- the box */

struct keys {
    struct custodians public;
    unsigned char first[VAULT_SECRET_BYTES], second[VAULT_SECRET_BYTES];
};

static struct keys keys_new(void)
{
    struct keys k = { 0 };
    crypto_box_keypair(k.public.at[0].key, k.first);
    crypto_box_keypair(k.public.at[1].key, k.second);
    for (size_t i = 0; i < CUSTODIANS; i++)
        custodian_id(k.public.at[i].key, k.public.at[i].id);
    return k;
}

static struct text sealed(const struct keys *k, const char *lead, const char *text)
{
    unsigned char seed[VAULT_SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    json_t *reporter = json_keep(arena, json_pack("{s:s}", "phone", "13377778888"));
    return vault_seal(arena, &k->public, &(struct vault_note){ text_of(lead), reporter, NO_TEXT, text_of(text) }, seed);
}

static void test_the_box_opens_with_both_keys_and_only_for_its_lead(void **state)
{
    (void) state;
    struct keys k = keys_new(), strangers = keys_new();
    struct text box = sealed(&k, "2026-000001", "原文");
    assert_null(memmem(box.at, box.len, "13377778888", 11));
    json_t *note = vault_open(box, &k.public, k.first, k.second, TEXT("2026-000001"));
    assert_non_null(note);
    assert_true(text_is_c(json_text_at(note, "text"), "原文"));
    assert_true(text_is_c(json_text_at(json_object_get(note, "reporter"), "phone"), "13377778888"));
    json_decref(note);
    assert_null(vault_open(box, &k.public, k.first, k.second, TEXT("2026-000002")));
    assert_null(vault_open(box, &k.public, k.first, strangers.second, TEXT("2026-000001")));
    assert_null(vault_open(box, &k.public, strangers.first, k.second, TEXT("2026-000001")));
    assert_null(vault_open(box, &strangers.public, strangers.first, strangers.second, TEXT("2026-000001")));
    for (size_t i = 0; i < box.len; i += 7) {
        char *changed = (char *) arena_copy(arena, box).at;
        changed[i] = (char) (changed[i] ^ 1);
        assert_null(vault_open((struct text){ changed, box.len }, &k.public, k.first, k.second, TEXT("2026-000001")));
    }
    for (size_t len = 0; len < box.len; len += 13)
        assert_null(vault_open((struct text){ box.at, len }, &k.public, k.first, k.second, TEXT("2026-000001")));
}

static void test_the_boxs_size_tells_nothing(void **state)
{
    (void) state;
    struct keys k = keys_new();
    size_t size = sealed(&k, "2026-000001", "原").len;
    assert_int_equal(sealed(&k, "2026-000001", "一段稍微长一些的原文，里面有姓名和电话。").len, size);
    char longest[6001];
    memset(longest, 'x', 6000);
    longest[6000] = '\0';
    assert_true(sealed(&k, "2026-000001", longest).len > 8192);
}

static void test_what_is_forgotten_is_zeros(void **state)
{
    (void) state;
    json_t *value = json_keep(arena, json_pack("{s:s, s:[s, {s:s}], s:i}", "name", "甲乙", "list", "丙", "in", "丁", "n", 1));
    vault_forget(value);
    assert_int_equal(json_string_value(json_object_get(value, "name"))[0], 0);
    assert_int_equal(json_string_value(json_array_get(json_object_get(value, "list"), 0))[0], 0);
    assert_int_equal(json_string_length(json_object_get(value, "name")), strlen("甲乙"));
}

/* ---- custodians.yaml */

static size_t findings_of(const char *yaml)
{
    struct folder folder = folder_empty();
    own(findings_free) struct findings *into = findings_new();
    if (yaml)
        folder_write(&folder, CUSTODIANS_FILE, text_of(yaml));
    const struct custodians *both = custodians_load(arena, folder.path, into);
    folder_end(&folder);
    assert_true((both == NULL) == (findings_errors(into) > 0));
    return findings_errors(into);
}

#define KEY_ONE "  - name: 甲\n    key: \"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\"\n"
#define KEY_TWO "  - name: 乙\n    key: \"3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=\"\n"

static void test_custodians_are_two_usable_keys(void **state)
{
    (void) state;
    assert_int_equal(findings_of("custodians:\n" KEY_ONE KEY_TWO), 0);
    static const char *const wrong[] = {
        NULL,
        "",
        "custodians: x\n",
        "custodians:\n" KEY_ONE,
        "custodians:\n" KEY_ONE KEY_TWO KEY_ONE,
        "custodians:\n" KEY_ONE KEY_ONE,
        "custodians:\n" KEY_ONE "  - name: 乙\n",
        "custodians:\n" KEY_ONE "  - name: 乙\n    key: \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n",
        "custodians:\n" KEY_ONE "  - name: 乙\n    key: \"3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK0==\"\n",
        "custodians:\n" KEY_ONE "  - name: 乙\n    colour: 1\n    key: \"3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=\"\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_true(findings_of(wrong[i]) > 0);
}

static void test_the_shipped_custodians_load(void **state)
{
    (void) state;
    own(findings_free) struct findings *into = findings_new();
    assert_non_null(custodians_load(arena, FOLDER_SHIPPED, into));
    assert_int_equal(findings_count(into), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_title_is_the_first_thing_said),
        cmocka_unit_test(test_a_title_fits_in_graphemes_and_code_points),
        cmocka_unit_test(test_traits_have_one_form),
        cmocka_unit_test(test_courtesies_are_told_from_leads),
        cmocka_unit_test(test_numbers_are_read_and_written),
        cmocka_unit_test(test_track_codes_may_be_typed_as_people_do),
        cmocka_unit_test(test_keyed_hashes_differ_by_secret_purpose_and_parts),
        cmocka_unit_test(test_the_box_opens_with_both_keys_and_only_for_its_lead),
        cmocka_unit_test(test_the_boxs_size_tells_nothing),
        cmocka_unit_test(test_what_is_forgotten_is_zeros),
        cmocka_unit_test(test_custodians_are_two_usable_keys),
        cmocka_unit_test(test_the_shipped_custodians_load),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
