/* test_amount.c - sums and numbers of people in Chinese text. */
#include "yinling/amount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct reading {
    const char *text;
    int64_t value;
};

static const struct reading sums[] = {
    { "5.8万元", 58000 },
    { "收公证费5000元、保证金1.2万元和杂费1000余元", 12000 },
    { "金额17.3亿余元", 1730000000 },
    { "3000余万元要不回来", 30000000 },
    { "投了三十多万", 300000 },
    { "五六万块钱", 60000 },
    { "十几万元", 100000 },
    { "几十万元", 200000 },
    { "规模上百亿元", 10000000000 },
    { "交了3万6", 36000 },
    { "八万五千块", 85000 },
    { "两千五百元", 2500 },
    { "两千五块", 2500 },
    { "一百零五元", 105 },
    { "一亿两千万元", 120000000 },
    { "1亿2000万元", 120000000 },
    { "每人7万至13万元", 130000 },
    { "按1万、2万、3万、5万元四档", 50000 },
    { "花24000元买了6盒", 24000 },
    { "花了12,000元", 12000 },
    { "２０００元", 2000 },
    { "交3980", 3980 },
    { "交69800", 69800 },
    { "收了200块", 200 },
    { "卡里八万块被转走", 80000 },
    { "损失近万元", 10000 },
    { "5千万元", 50000000 },
    { "被骗走3w", 30000 },
    { "可领300万元扶贫款，要先交3万元", 30000 },
    { "旧粮票可拍一百多万元，先收几千元代理费", 2000 },
    { "涉及老人2.1万余人", AMOUNT_UNKNOWN },
    { "涉及35万人", AMOUNT_UNKNOWN },
    { "占地3万平方米", AMOUNT_UNKNOWN },
    { "万一出事", AMOUNT_UNKNOWN },
    { "千万别信", AMOUNT_UNKNOWN },
    { "60岁以上老人", AMOUNT_UNKNOWN },
    { "拨打12345", AMOUNT_UNKNOWN },
    { "两块地", AMOUNT_UNKNOWN },
    { "没有提到钱", AMOUNT_UNKNOWN },
    { "", AMOUNT_UNKNOWN },
    { "99999999999999999999999元", AMOUNT_UNKNOWN },
};

static const struct reading crowds[] = {
    { "已核实400余人、2000余万元", 400 },
    { "500余名老人3000余万元", 500 },
    { "约800名老人", 800 },
    { "受害六七百人", 700 },
    { "涉及老人2.1万余人", 21000 },
    { "涉及35万人", 350000 },
    { "受害老人数百名", 200 },
    { "三十多个老人的钱没了", 30 },
    { "八户", 8 },
    { "五十多个老人要钱", 50 },
    { "一名老人", 1 },
    { "两个老太太", 2 },
    { "涉案人员100余名", AMOUNT_UNKNOWN },
    { "每人7万", AMOUNT_UNKNOWN },
    { "三个月", AMOUNT_UNKNOWN },
    { "10元一日游", AMOUNT_UNKNOWN },
    { "", AMOUNT_UNKNOWN },
};

static void check_all(const struct reading *rows, size_t count, int64_t (*read)(struct text))
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t got = read(text_of(rows[i].text));
        if (got != rows[i].value) {
            print_message("%s: %lld, expected %lld\n", rows[i].text, (long long) got, (long long) rows[i].value);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_sums(void **state)
{
    (void) state;
    check_all(sums, sizeof sums / sizeof *sums, amount_yuan_of);
}

static void test_people(void **state)
{
    (void) state;
    check_all(crowds, sizeof crowds / sizeof *crowds, amount_people_of);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_sums), cmocka_unit_test(test_people) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
