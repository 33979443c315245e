/* amount.c - reads sums of money and numbers of people from Chinese text (yinling/amount.h).
 *
 * The text is walked once as code points. A number is digits or Chinese numerals with its vague words (余 多 几 近) and its
 * multipliers (十百千万亿); what stands before and after decides whether it is money, people or neither. */
#include "yinling/amount.h"

#include <string.h>
#include <uchar.h>

#define POINTS_MAX 4000 /* a lead has at most 2,000 characters; of a longer text the beginning is read */

struct points {
    uint32_t at[POINTS_MAX + 4]; /* ends with zeros, so that looking ahead needs no test */
    size_t count;
};

struct number {
    int64_t value;       /* at least */
    size_t from, to;     /* code points */
    bool has_digit;      /* 3万, 三万; not 万元 */
    bool has_multiplier; /* 万 or 亿 */
};

static void points_of(struct text t, struct points *into)
{
    const unsigned char *b = (const unsigned char *) t.at;
    into->count = 0;
    for (size_t i = 0; i < t.len && into->count < POINTS_MAX;) {
        size_t bytes = b[i] < 0x80 ? 1 : b[i] < 0xE0 ? 2 : b[i] < 0xF0 ? 3 : 4;
        uint32_t point = bytes == 1 ? b[i] : b[i] & (0xFFU >> (bytes + 1));
        for (size_t k = 1; k < bytes && i + k < t.len; k++)
            point = point << 6 | (b[i + k] & 0x3FU);
        if (point >= 0xFF10 && point <= 0xFF19) /* full width */
            point = point - 0xFF10 + '0';
        into->at[into->count++] = point;
        i += bytes;
    }
    memset(into->at + into->count, 0, 4 * sizeof *into->at);
}

/* Is this character among those of a string? */
static bool is_in(uint32_t point, const char32_t *chars)
{
    while (*chars && *chars != point)
        chars++;
    return *chars; /* the zeros behind the text are among none */
}

/* Do these characters stand here? */
static bool stands(const struct points *p, size_t at, const char32_t *word)
{
    while (*word && at < p->count && p->at[at] == *word) {
        word++;
        at++;
    }
    return !*word;
}

// clang-format off
static int digit_of(uint32_t point)
{
    switch (point) {
    case U'零': case U'〇':
        return 0;
    case U'一':
        return 1;
    case U'二': case U'两': case U'俩': case U'几': case U'数': /* 几, 数: at least two */
        return 2;
    case U'三': case U'仨':
        return 3;
    case U'四':
        return 4;
    case U'五':
        return 5;
    case U'六':
        return 6;
    case U'七':
        return 7;
    case U'八':
        return 8;
    case U'九':
        return 9;
    default:
        return -1;
    }
}
// clang-format on

static int64_t multiplier_of(uint32_t point)
{
    switch (point) {
    case U'十':
        return 10;
    case U'百':
        return 100;
    case U'千':
        return 1000;
    case U'万':
    case 'w':
    case 'W':
        return 10000;
    case U'亿':
        return 100000000;
    default:
        return 0;
    }
}

static bool is_ascii_digit(uint32_t point)
{
    return point >= '0' && point <= '9';
}

/* Money is read in hundredths, so that 5.83万 stays exact. */
#define CENTI 100
#define VALUE_MAX (AMOUNT_MAX * CENTI)

/* 12,000 or 2000 or 5.83; in hundredths. */
static int64_t read_digits(const struct points *p, size_t *at)
{
    size_t i = *at, begun = i;
    int64_t value = 0, scale = CENTI / 10;
    for (; is_ascii_digit(p->at[i]); i++) {
        value = value < AMOUNT_MAX ? value * 10 + (int64_t) (p->at[i] - '0') : AMOUNT_MAX + 1;
        bool group = i - begun < 3 && p->at[i + 1] == ',' && is_ascii_digit(p->at[i + 2]) && is_ascii_digit(p->at[i + 3]);
        if (group && i + 4 < p->count && is_ascii_digit(p->at[i + 4]) && !is_ascii_digit(p->at[i + 5]))
            begun = ++i + 1;
    }
    value = value > AMOUNT_MAX ? VALUE_MAX + 1 : value * CENTI;
    if (p->at[i] == '.' && is_ascii_digit(p->at[i + 1]))
        for (i++; is_ascii_digit(p->at[i]); i++, scale /= 10)
            value += (int64_t) (p->at[i] - '0') * scale;
    *at = i;
    return value;
}

/* 三百二十, 六七百, 十几, 两千五; in hundredths, up to the next 万 or 亿. */
static int64_t read_numerals(const struct points *p, size_t *at, bool *has_digit)
{
    size_t i = *at;
    int64_t sum = 0, digit = -1, last = 10000;
    for (; i < p->count; i++) {
        int64_t m = multiplier_of(p->at[i]);
        int d = digit_of(p->at[i]);
        if (d >= 0) {
            digit = last < 10000 && is_in(p->at[i], U"几数") ? 0 : d; /* 十几: at least 十; of 六七百 the later, larger one */
            *has_digit = true;
        } else if (m > 0 && m < 10000) {
            sum += (digit < 0 ? 1 : digit) * m;
            last = m;
            digit = -1;
            *has_digit |= m == 10;
        } else if (!is_in(p->at[i], U"余多来") || multiplier_of(p->at[i + 1]) == 0 || multiplier_of(p->at[i + 1]) >= 10000)
            break;
    }
    bool short_form = digit > 0 && last >= 100 && last < 10000 && i > *at + 1 && digit_of(p->at[i - 2]) != 0;
    if (digit > 0)
        sum += short_form ? digit * (last / 10) : digit; /* 两千五 is 2,500 */
    *at = i;
    return sum * CENTI;
}

/* 多 余 几 来 before a multiplier or a unit change nothing: the number is at least what was read. */
static void skip_vague(const struct points *p, size_t *at)
{
    while (is_in(p->at[*at], U"余多几来"))
        ++*at;
}

/* 3万6, 八万五: the digit after counts thousands. */
static int64_t trailing_digit(const struct points *p, size_t *at, int64_t multiplier)
{
    uint32_t next = p->at[*at];
    int digit = is_ascii_digit(next) ? (int) (next - '0') : digit_of(next);
    if (multiplier != 10000 || digit <= 0 || is_in(next, U"几数") || is_ascii_digit(p->at[*at + 1]) || p->at[*at + 1] == '.' ||
        multiplier_of(p->at[*at + 1]) || digit_of(p->at[*at + 1]) >= 0 ||
        is_in(p->at[*at + 1], U"个名位人户次年月天岁条份套件"))
        return 0;
    ++*at;
    return (int64_t) digit * 1000 * CENTI;
}

/* After 亿 there may be 万, after 万 千: 一亿两千万, 八万五千, 3万2000. */
static bool goes_on(const struct points *p, size_t at, int64_t multiplier)
{
    if (is_ascii_digit(p->at[at]))
        return multiplier == 100000000 || (is_ascii_digit(p->at[at + 1]) && is_ascii_digit(p->at[at + 2])) ||
               multiplier_of(p->at[at + 1]) > 0;
    return digit_of(p->at[at]) >= 0 && (multiplier == 100000000 || multiplier_of(p->at[at + 1]) > 0);
}

/* A number that begins here, AMOUNT_UNKNOWN when it is too large to be meant; false when none does. */
static bool read_number(const struct points *p, size_t at, struct number *ret)
{
    struct number n = { .from = at };
    int64_t value = 0, total = 0;
    size_t i = at;
    if (!is_ascii_digit(p->at[i]) && digit_of(p->at[i]) < 0 && multiplier_of(p->at[i]) == 0)
        return false;
    if (is_in(p->at[i], U"数几") && multiplier_of(p->at[i + 1]) == 0)
        return false;
    while (i < p->count) {
        if (is_ascii_digit(p->at[i])) {
            n.has_digit = true;
            value = read_digits(p, &i);
        } else
            value = read_numerals(p, &i, &n.has_digit);
        skip_vague(p, &i);
        int64_t chain = 1;
        for (int64_t m; (m = multiplier_of(p->at[i])) > 0 && chain <= 100000000; i++)
            chain *= m;
        skip_vague(p, &i);
        if (chain > 1 && value == 0)
            value = CENTI; /* 万元, 百万 */
        value = value > VALUE_MAX / chain ? VALUE_MAX + 1 : value * chain;
        n.has_multiplier |= chain >= 10000;
        total += value;
        if (chain < 10000 || total > VALUE_MAX)
            break;
        total += trailing_digit(p, &i, chain);
        if (!goes_on(p, i, chain))
            break;
    }
    n.to = i;
    n.value = total > VALUE_MAX ? AMOUNT_UNKNOWN : total / CENTI;
    *ret = n;
    return n.to > n.from;
}

/* ---- money */

#define COUNTERS U"名位个人户岁年月日天号次条种亩平栋套间盒瓶斤件张粒里股份头只楼层点时分秒村米块片折%"

static bool is_promised(const struct points *p, size_t from)
{
    static const char32_t *const words[] = { U"可领", U"能领", U"领取", U"领到", U"可拍",     U"能拍",    U"拍出", U"可分",
                                             U"能分", U"可得", U"能得", U"能拿", U"月领",     U"价值",    U"中奖", U"补贴",
                                             U"分得", U"返还", U"奖金", U"就有", U"注册资本", U"投资规模" };
    for (size_t back = 2; back <= 7 && back <= from; back++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (stands(p, from - back, words[i]))
                return true;
    return false;
}

/* 交3980, 花了800: a bare number is money when somebody parts with it. */
static bool is_paid(const struct points *p, size_t from)
{
    size_t before = from;
    while (before > 0 && from - before < 2 && is_in(p->at[before - 1], U"了过出走去掉价约近"))
        before--;
    return before > 0 && is_in(p->at[before - 1], U"交收花付投转借给骗缴掏存充汇要费金款钱");
}

static bool is_money(const struct points *p, const struct number *n)
{
    uint32_t next = p->at[n->to];
    if (next == U'块' && !is_in(p->at[n->to + 1], U"地玉石表"))
        return true;
    if (is_in(next, U"元圆") || stands(p, n->to, U"人民币") || (n->from > 0 && is_in(p->at[n->from - 1], U"¥￥")))
        return true;
    if (is_in(next, COUNTERS))
        return false;
    if (n->has_multiplier)
        return n->has_digit;
    return n->value >= 100 && is_ascii_digit(p->at[n->from]) && is_paid(p, n->from);
}

int64_t amount_yuan_of(struct text text)
{
    struct points p;
    struct number n;
    int64_t most = AMOUNT_UNKNOWN;
    points_of(text, &p);
    for (size_t i = 0; i < p.count; i++) {
        if (!read_number(&p, i, &n))
            continue;
        if (is_money(&p, &n) && !is_promised(&p, n.from) && n.value > most)
            most = n.value;
        i = n.to - 1;
    }
    return most;
}

/* ---- people */

static bool is_people(const struct points *p, const struct number *n)
{
    size_t at = n->to;
    static const char32_t *const nouns[] = { U"人",   U"老人", U"老年", U"村民", U"群众", U"居民", U"老头",
                                             U"老太", U"老乡", U"受害", U"业主", U"住户", U"会员", U"中老年",
                                             U"投资", U"参与", U"消费", U"客户", U"顾客", U"女",   U"男" };
    bool counter = is_in(p->at[at], U"名位户");
    if (n->from > 0 && is_in(p->at[n->from - 1], U"每第"))
        return false;
    if (counter || p->at[at] == U'个')
        at++;
    if (counter)
        return true;
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        if (stands(p, at, nouns[i]))
            return !stands(p, at, U"人民") && !stands(p, at, U"投资额");
    return false;
}

static bool is_their_side(const struct points *p, const struct number *n)
{
    static const char32_t *const words[] = { U"涉案人员", U"嫌疑人", U"员工", U"业务员", U"团伙",
                                             U"工作人员", U"讲师",   U"成员", U"护工" };
    for (size_t back = 2; back <= 5 && back <= n->from; back++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (stands(p, n->from - back, words[i]))
                return true;
    return false;
}

int64_t amount_people_of(struct text text)
{
    struct points p;
    struct number n;
    int64_t most = AMOUNT_UNKNOWN;
    points_of(text, &p);
    for (size_t i = 0; i < p.count; i++) {
        if (!read_number(&p, i, &n))
            continue;
        if (is_people(&p, &n) && !is_their_side(&p, &n) && n.value > most)
            most = n.value;
        i = n.to - 1;
    }
    return most;
}
