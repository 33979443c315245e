/* test_mask.c - what is masked in a lead's text, what stays, and that no trace of a known reporter does. */
#include "services/intake/mask.h"

#include <setjmp.h>
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
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    arena = arena_free(arena);
    return 0;
}

static const char *masked(const char *text)
{
    struct mask nobody = { .keep = { NO_TEXT } };
    return mask_text(arena, text_of(text), &nobody).at;
}

struct pair {
    const char *before, *after;
};

static void check(const struct pair *pairs, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        const char *got = masked(pairs[i].before);
        const char *again = masked(got);
        if (strcmp(got, pairs[i].after) != 0 || strcmp(again, got) != 0) {
            print_message("  %s\n  -> %s\n  not %s\n", pairs[i].before, got, pairs[i].after);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}
#define CHECK(pairs) check(pairs, sizeof(pairs) / sizeof *(pairs))

static void test_telephone_numbers_go(void **state)
{
    (void) state;
    static const struct pair pairs[] = {
        { "我的电话13800138000，请回电", "我的电话[电话]，请回电" },
        { "打13800138000", "打[电话]" },
        { "138 0013 8000", "[电话]" },
        { "138-0013-8000找我", "[电话]找我" },
        { "138.0013.8000", "[电话]" },
        { "1 3 8 0 0 1 3 8 0 0 0", "[电话]" },
        { "＋８６ １３８００１３８０００", "＋[电话]" },
        { "+86-138-0013-8000", "+[电话]" },
        { "0086 13800138000", "[电话]" },
        { "008613800138000", "[电话]" },
        { "013800138000", "[电话]" },
        { "１３８００１３８０００", "[电话]" },
        { "一三八零零一三八零零零", "[电话]" },
        { "幺三八洞洞幺三八洞洞洞", "[电话]" },
        { "拨打一一三八零零一三八零零零找我", "拨打[电话]找我" },
        { "一三八 零零一三 八零零零", "[电话]" },
        { "①③⑧⓪⓪①③⑧⓪⓪⓪", "[电话]" },
        { "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "[电话]️⃣" },
        { "13800138000一个人", "[电话]一个人" },
        { "138\xE2\x80\x8B"
          "0013\xE2\x80\x8B"
          "8000",
          "[电话]" },
        { "打13800138000或13900139000。", "打[电话]或[电话]。" },
        { "13800138000、13900139000", "[电话]、[电话]" },
        { "13800138000 13900139000", "[电话] [电话]" },
        { "0632-5512345", "[电话]" },
        { "（0632）5512345", "（[电话]" },
        { "0632 551 2345", "[电话]" },
        { "06325512345", "[电话]" },
        { "010-62345678", "[电话]" },
        { "021 6234 5678", "[电话]" },
        { "+86 632 5512345", "+[电话]" },
        { "零六三二 五五一二三四五", "[电话]" },
        { "家里电话5512345", "家里电话[电话]" },
        { "座机是 551-2345，晚上在", "座机是 [电话]，晚上在" },
        { "我微信12345678", "我微信[电话]" },
        { "加我QQ：123456", "加我QQ：[电话]" },
        { "电话五五一二三四五", "电话[电话]" },
    };
    CHECK(pairs);
}

static void test_identity_and_card_numbers_go(void **state)
{
    (void) state;
    static const struct pair pairs[] = {
        { "身份证370481196001011234", "身份证[证件号]" },
        { "37048119600101123X。", "[证件号]。" },
        { "37048119600101123x", "[证件号]" },
        { "３７０４８１１９６００１０１１２３Ｘ", "[证件号]" },
        { "370481 19600101 1234", "[证件号]" },
        { "370481-19600101-123-X", "[证件号]" },
        { "370481600101123", "[证件号]" },
        { "三七零四八一一九六零零一零一一二三四", "[证件号]" },
        { "卡号6222021234567890123", "卡号[卡号]" },
        { "6222 0212 3456 7890 123", "[卡号]" },
        { "4111111111111111", "[卡号]" },
    };
    CHECK(pairs);
}

static void test_other_numbers_stay(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "投了20000000元，2万余人，金额17.3亿余元",
        "2023年5月26日18:00在广场发鸡蛋",
        "2026-05-26 18:00 推销",
        "年化8%至36%，交13800元",
        "订单号20260526000123456",
        "拨打400-123-4567的公司",
        "鲁D12345面包车",
        "先后投入30万元，近十年只退回2万元",
        "一九九八年一月一日",
        "第123456号文件",
        "370481104200",
        "地址在12号楼3单元501",
        "二十一、二十二、二十三",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(masked(texts[i]), texts[i]);
}

static void test_the_writers_own_naming_goes(void **state)
{
    (void) state;
    static const struct pair pairs[] = {
        { "我叫张三", "我叫某某" },
        { "我叫张三，住在村里", "我叫某某，住在村里" },
        { "我叫王来福，被骗了", "我叫某某，被骗了" },
        { "我叫张三今年七十", "我叫某某今年七十" },
        { "我叫欧阳修文。", "我叫某某。" },
        { "我叫小芳，", "我叫某某，" },
        { "我叫强。", "我叫某。" },
        { "我叫阿依古丽·买买提，", "我叫某某，" },
        { "我叫Zhang San, 70", "我叫某某, 70" },
        { "我的名字是李桂英，", "我的名字是某某，" },
        { "本人李四，今年70岁", "本人某某，今年70岁" },
        { "本人赵铁柱男70岁", "本人某某男70岁" },
        { "本人姓名：孙大海 电话", "本人姓名：某某 电话" },
        { "我是田桥村的王五", "我是田桥村的某某" },
        { "我是田桥村村民王五，", "我是田桥村村民某某，" },
        { "我是山东省滕州市滨湖镇田桥村的王小五。", "我是山东省滕州市滨湖镇田桥村的某某。" },
        { "我是张三，", "我是某某，" },
        { "我是张三丰的儿子", "我是某某的儿子" },
        { "我姓赵", "我姓某" },
        { "我姓赵，名铁柱。", "我姓某，名某某。" },
        { "我姓赵，叫赵铁柱，", "我姓某，叫某某，" },
        { "免贵姓欧阳，", "免贵姓某某，" },
        { "我妈叫李桂英，被骗", "我妈叫某某，被骗" },
        { "我的母亲名叫李桂英。", "我的母亲名叫某某。" },
        { "举报人：张三", "举报人：某某" },
        { "反映人 王五，", "反映人 某某，" },
        { "我家住田桥村三组18号，", "我家住田桥村某处，" },
        { "家住西董村12号楼3单元", "家住西董村某处" },
        { "本人系西董村村民马强，现反映", "本人系西董村村民某某，现反映" },
        { "我系李明。", "我系某某。" },
        { "我是马河村的一名群众赵刚。", "我是马河村的一名群众某某。" },
    };
    CHECK(pairs);
}

static void test_other_words_stay(void **state)
{
    (void) state;
    static const char *const texts[] = {
        "我叫他不要买，他不听",
        "我叫了一辆车送老伴去医院",
        "本人今年70岁，在村里住",
        "本人于2023年买了床位",
        "本人在广场上领鸡蛋",
        "我是一名退休教师，",
        "我是受害老人的女儿，",
        "我是在广场上认识的李经理，",
        "我是通过微信群认识的高经理，",
        "举报人要求保密",
        "举报人是一名老人",
        "推销的人自称姓王，叫王经理",
        "店主张某某卖保健品",
        "我叫某某，我姓某",
        "我家住田桥村，有人上门推销",
        "我妈被骗了30万元",
        "署名举报",
        "我是李家庄的村民",
        "我是王楼村的，",
        "QQ群号123456789里卖理财",
        "加入微信群88776655领鸡蛋",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(masked(texts[i]), texts[i]);
}

static void test_the_suspects_numbers_stay(void **state)
{
    (void) state;
    struct mask with = { .keep = { TEXT("+86 139-0013-9000"), TEXT("6222 0212 3456 7890 123") } };
    struct text got = mask_text(arena, text_of("骗子电话13900139000，卡6222021234567890123，我的13800138000"), &with);
    assert_string_equal(got.at, "骗子电话13900139000，卡6222021234567890123，我的[电话]");
}

static void test_the_reporter_goes_even_as_the_suspect(void **state)
{
    (void) state;
    struct mask with = { .reporter_name = TEXT("钱多多女士"),
                         .reporter_phone = TEXT("138-0013-8000"),
                         .keep = { TEXT("13800138000") } };
    struct text got = mask_text(arena, text_of("钱多多（钱 多多）的号13800138000，尾号是00138000，订单9913800138000"), &with);
    assert_string_equal(got.at, "某某（某某）的号[电话]，尾号是[电话]，订单99[电话]");
    got = mask_field(arena, text_of("13800138000；13900139000；钱多多；我叫张三"), &with);
    assert_string_equal(got.at, "[电话]；13900139000；某某；我叫张三");
}

static void test_what_is_not_utf8_gives_nothing(void **state)
{
    (void) state;
    assert_int_equal(mask_text(arena, text_of("我叫\xFF张三"), &(struct mask){ .keep = { NO_TEXT } }).len, 0);
}

static uint32_t seed;
static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

/* Texts put together at random from what masking looks for. */
static struct text random_text(const char *phone)
{
    static const char *const pieces[] = { "我叫",
                                          "张三",
                                          "本人",
                                          "李四",
                                          "，",
                                          "。",
                                          "我是",
                                          "田桥村",
                                          "的",
                                          "王五",
                                          "我姓",
                                          "赵",
                                          "13800138000",
                                          "0632-5512345",
                                          "电话",
                                          "微信",
                                          "370481196001011234",
                                          "一三八",
                                          "零零一三",
                                          "8000",
                                          " ",
                                          "-",
                                          "X",
                                          "某某",
                                          "[电话]",
                                          "元",
                                          "我家住",
                                          "三组18号",
                                          "A",
                                          "举报人：",
                                          "名",
                                          "叫",
                                          "6222021234567890123",
                                          "1",
                                          "2023年",
                                          "\n",
                                          "村民",
                                          "妈",
                                          "我",
                                          "号" };
    struct text text = TEXT("");
    for (uint32_t n = random_below(40); n > 0; n--) {
        if (random_below(6) == 0) {
            struct text part = { phone + random_below(5), 1 + random_below(6) };
            text = arena_printf(arena, TEXT_FMT TEXT_FMT, TEXT_ARG(text), TEXT_ARG(part));
        } else {
            text = arena_printf(arena, TEXT_FMT "%s", TEXT_ARG(text), pieces[random_below(sizeof pieces / sizeof *pieces)]);
        }
    }
    return text;
}

/* The longest run of digits in `text` that also stands in `phone`. */
static size_t shared_digits(struct text text, const char *phone)
{
    size_t longest = 0;
    for (size_t i = 0; i < text.len; i++) {
        for (const char *p = phone; *p; p++) {
            size_t n = 0;
            while (i + n < text.len && p[n] && text.at[i + n] == p[n])
                n++;
            longest = n > longest ? n : longest;
        }
    }
    return longest;
}

static void test_properties_hold_for_random_texts(void **state)
{
    (void) state;
    for (seed = 1; seed < 20000;) {
        uint32_t round = seed;
        char phone[12] = "1";
        for (int i = 1; i < 11; i++)
            phone[i] = (char) ('0' + random_below(10));
        struct mask with = { .reporter_name = TEXT("周吴郑"), .reporter_phone = text_of(phone) };
        struct text before = random_text(phone), after = mask_text(arena, before, &with);
        assert_true(text_is_utf8(after));
        assert_true(text_codepoints(after) <= text_codepoints(before));
        assert_true(text_is(mask_text(arena, after, &with), after));
        assert_true(shared_digits(after, phone) < 7);
        arena_reset(arena);
        seed = round + 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_telephone_numbers_go),
        cmocka_unit_test(test_identity_and_card_numbers_go),
        cmocka_unit_test(test_other_numbers_stay),
        cmocka_unit_test(test_the_writers_own_naming_goes),
        cmocka_unit_test(test_other_words_stay),
        cmocka_unit_test(test_the_suspects_numbers_stay),
        cmocka_unit_test(test_the_reporter_goes_even_as_the_suspect),
        cmocka_unit_test(test_what_is_not_utf8_gives_nothing),
        cmocka_unit_test(test_properties_hold_for_random_texts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
