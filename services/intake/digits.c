/* digits.c - see digits.h.
 *
 * The digits of a text are looked at in runs: what stands between two digits of a run is at most GAP_MAX separators. A shape is
 * tried wherever a number can begin and must end where one can end: not between two digits that stand together (else every long
 * order number would contain a telephone number), unless they are Chinese, of which nobody writes eleven for anything else. */
#include "digits.h"

#include <string.h>

enum {
    GAP_MAX = 3,        /* "138 - 0013": more is two numbers */
    CUE_REACH_MAX = 10, /* glyphs between 电话 and its number */
    CUED_MIN = 7,       /* digits: a local number */
    CUED_MAX = 14,      /* with a prefix */
    CHAT_MIN = 5,       /* digits of a QQ number */
    PREFIX_COUNT = 5,
};
#define WORD_PHONE "[电话]"
#define WORD_IDENTITY "[证件号]"
#define WORD_CARD "[卡号]"

struct run {
    const struct glyphs *g;
    const size_t *glyph; /* where each digit stands */
    const char *value;   /* '0'-'9' */
    size_t from, to;     /* this run */
};

struct shape {
    size_t count;     /* digits; 0: none here */
    size_t prefix;    /* of these, before the number proper */
    bool ends_in_x;   /* one glyph more */
    const char *word; /* NULL: no person's number, stays */
};

struct text digits_of(struct arena *arena, struct text number)
{
    struct glyphs g;
    if (!number.at || !glyphs_of(arena, number, &g))
        return NO_TEXT;
    char *digits = arena_take(arena, g.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < g.count; i++) {
        if (g.at[i].digit >= 0)
            digits[count++] = (char) ('0' + g.at[i].digit);
    }
    return (struct text){ digits, count };
}

static bool is_edge(const struct run *r, size_t k)
{
    if (k <= r->from || k >= r->to)
        return true;
    const struct glyph *here = &r->g->at[r->glyph[k]];
    bool together = r->glyph[k] == r->glyph[k - 1] + 1;
    return !together || here->is_chinese || r->g->at[r->glyph[k - 1]].is_chinese;
}

static bool spells(const struct run *r, size_t k, const char *digits)
{
    size_t len = strlen(digits);
    return k + len <= r->to && memcmp(r->value + k, digits, len) == 0;
}

static bool is_between(const struct run *r, size_t k, char least, char most)
{
    return k < r->to && r->value[k] >= least && r->value[k] <= most;
}

static bool is_together(const struct run *r, size_t k, size_t count)
{
    return k + count <= r->to && r->glyph[k + count - 1] - r->glyph[k] == count - 1;
}

static int number_at(const struct run *r, size_t k, size_t count)
{
    int n = 0;
    for (size_t i = k; i < k + count; i++)
        n = n * 10 + (r->value[i] - '0');
    return n;
}

static bool is_month_and_day(const struct run *r, size_t k)
{
    int month = number_at(r, k, 2), day = number_at(r, k + 2, 2);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* GB 11643: region, birthday, three digits, a check digit that may be X; before 1999 fifteen digits with a two-digit year. */
static struct shape identity_at(const struct run *r, size_t k)
{
    struct shape none = { 0 };
    if (!is_between(r, k, '1', '9'))
        return none;
    if (is_together(r, k, 15) && is_edge(r, k + 15) && is_month_and_day(r, k + 8))
        return (struct shape){ .count = 15, .word = WORD_IDENTITY };
    if (k + 17 > r->to)
        return none;
    int century = number_at(r, k + 6, 2);
    if (century < 18 || century > 20 || !is_month_and_day(r, k + 10))
        return none;
    size_t after = r->glyph[k + 16] + 1;
    while (after < r->g->count && after < r->glyph[k + 16] + 3 && glyph_is_separator(r->g, after))
        after++;
    if (glyph_in(r->g, after, L"xX×ｘＸ✕✖Хх叉"))
        return (struct shape){ .count = 17, .ends_in_x = true, .word = WORD_IDENTITY };
    if (k + 18 <= r->to && is_edge(r, k + 18))
        return (struct shape){ .count = 18, .word = WORD_IDENTITY };
    return none;
}

/* Eleven digits from 13 to 19, with the prefixes of long distance, abroad and cheap calls. */
static struct shape mobile_at(const struct run *r, size_t k)
{
    static const char *const prefixes[PREFIX_COUNT] = { "", "0", "86", "0086", "17951" };
    for (size_t i = 0; i < PREFIX_COUNT; i++) {
        size_t p = k + strlen(prefixes[i]);
        if (spells(r, k, prefixes[i]) && is_between(r, p, '1', '1') && is_between(r, p + 1, '3', '9') && p + 11 <= r->to &&
            is_edge(r, p + 11))
            return (struct shape){ .count = p + 11 - k, .prefix = p - k, .word = WORD_PHONE };
    }
    return (struct shape){ 0 };
}

static struct shape fixed_from(const struct run *r, size_t k, size_t area, size_t prefix)
{
    for (size_t number = 8; number >= 7; number--) {
        size_t to = area + number;
        if (to <= r->to && is_between(r, area, '2', '8') && is_edge(r, to))
            return (struct shape){ .count = to - k, .prefix = prefix, .word = WORD_PHONE };
    }
    return (struct shape){ 0 };
}

/* Area code (010, 02x, 03xx to 09xx; without the 0 after +86) and seven or eight digits that begin with 2 to 8. */
static struct shape fixed_at(const struct run *r, size_t k)
{
    size_t abroad = spells(r, k, "0086") ? 4 : spells(r, k, "86") ? 2 : 0;
    size_t area = k + abroad + (is_between(r, k + abroad, '0', '0') ? 1 : 0);
    if (area == k)
        return (struct shape){ 0 };
    if (is_between(r, area, '1', '1') && is_between(r, area + 1, '0', '0'))
        return fixed_from(r, k, area + 2, abroad);
    if (is_between(r, area, '2', '2'))
        return fixed_from(r, k, area + 2, abroad);
    return is_between(r, area, '3', '9') ? fixed_from(r, k, area + 3, abroad) : (struct shape){ 0 };
}

static bool fits_luhn(const struct run *r, size_t k, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = r->value[k + count - 1 - i] - '0';
        digit = i % 2 ? digit * 2 : digit;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

/* Sixteen to nineteen digits of a card: 62 is UnionPay; others only with the right check digit. */
static struct shape card_at(const struct run *r, size_t k)
{
    for (size_t count = 19; count >= 16; count--) {
        if (k + count <= r->to && is_between(r, k, '3', '9') && is_edge(r, k + count) &&
            (spells(r, k, "62") || fits_luhn(r, k, count)))
            return (struct shape){ .count = count, .word = WORD_CARD };
    }
    return (struct shape){ 0 };
}

/* A firm's 400 or 800 number. */
static struct shape service_at(const struct run *r, size_t k)
{
    bool fits = (spells(r, k, "400") || spells(r, k, "800")) && k + 10 <= r->to && is_edge(r, k + 10);
    return (struct shape){ .count = fits ? 10 : 0 };
}

static bool is_cued(const struct run *r, size_t k, const char *const *cues)
{
    size_t start = r->glyph[k];
    for (size_t back = 1; back <= CUE_REACH_MAX && back <= start; back++) {
        if (glyph_in(r->g, start - back, L"。！？；!?;\n元万亿块群")) /* a group's number is evidence */
            return false;
        for (size_t i = 0; cues[i]; i++) {
            if (glyphs_spell(r->g, start - back, cues[i]))
                return true;
        }
    }
    return false;
}

/* Shorter numbers only behind a word that says what they are, and not where they count money or people. */
static struct shape cued_at(const struct run *r, size_t k)
{
    static const char *const phones[] = { "电话", "電話", "手机", "座机", "号码", "联系", "拨打", "打给", "致电",
                                          "来电", "tel",  "Tel",  "TEL",  "☎",    "📞",    "📱",    NULL };
    static const char *const chats[] = { "微信", "薇信", "QQ", "qq", "扣扣", "企鹅号", "vx", "VX", "Vx", "wx", "WX", NULL };
    size_t count = r->to - k;
    for (size_t i = CUED_MIN; count > CUED_MAX && i <= CUED_MAX; i++)
        count = is_edge(r, k + i) ? i : count;
    size_t after = r->glyph[k + count - 1] + 1;
    if (count > CUED_MAX || glyph_in(r->g, after, L"元块万亿人名岁年"))
        return (struct shape){ 0 };
    if ((count >= CUED_MIN && is_cued(r, k, phones)) || (count >= CHAT_MIN && is_cued(r, k, chats)))
        return (struct shape){ .count = count, .word = WORD_PHONE };
    return (struct shape){ 0 };
}

static bool is_kept(const struct run *r, size_t k, const struct shape *shape, const struct text *keep, size_t keep_count)
{
    for (size_t i = 0; i < keep_count; i++) {
        struct text whole = { r->value + k, shape->count };
        struct text proper = { r->value + k + shape->prefix, shape->count - shape->prefix };
        if (!shape->ends_in_x && keep[i].len && (text_is(keep[i], whole) || text_is(keep[i], proper)))
            return true;
    }
    return false;
}

static void run_mask(struct glyphs *g, const struct run *r, const struct text *keep, size_t keep_count)
{
    static struct shape (*const shapes[])(const struct run *, size_t) = { service_at, identity_at, mobile_at,
                                                                          fixed_at,   card_at,     cued_at };
    for (size_t k = r->from; k < r->to;) {
        struct shape found = { 0 };
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes && !found.count && is_edge(r, k); i++)
            found = shapes[i](r, k);
        if (found.word && !is_kept(r, k, &found, keep, keep_count)) {
            size_t to = r->glyph[k + found.count - 1] + 1;
            while (found.ends_in_x && glyph_is_separator(g, to))
                to++;
            glyphs_paint(g, r->glyph[k], to + (found.ends_in_x ? 1 : 0), found.word);
        }
        k += found.count ? found.count : 1;
    }
}

static size_t gap_between(const struct glyphs *g, size_t left, size_t right)
{
    for (size_t i = left + 1; i < right; i++) {
        if (!glyph_is_separator(g, i))
            return SIZE_MAX;
    }
    return right - left - 1;
}

typedef void run_visitor(struct glyphs *g, const struct run *r, const void *with, size_t with_count);

static void each_run(struct arena *arena, struct glyphs *g, size_t digits_min, run_visitor *visit, const void *with,
                     size_t with_count)
{
    size_t *glyph = arena_take(arena, (g->count + 1) * sizeof *glyph);
    char *value = arena_take(arena, g->count + 1);
    struct run r = { .g = g, .glyph = glyph, .value = value };
    for (size_t i = 0; i < g->count; i++) {
        if (g->at[i].digit < 0)
            continue;
        if (r.to > r.from && gap_between(g, glyph[r.to - 1], i) > GAP_MAX) {
            if (r.to - r.from >= digits_min)
                visit(g, &r, with, with_count);
            r.from = r.to;
        }
        glyph[r.to] = i;
        value[r.to++] = (char) ('0' + g->at[i].digit);
    }
    if (r.to - r.from >= digits_min)
        visit(g, &r, with, with_count);
}

static void visit_mask(struct glyphs *g, const struct run *r, const void *keep, size_t keep_count)
{
    run_mask(g, r, keep, keep_count);
}

void digits_mask(struct arena *arena, struct glyphs *g, const struct text *keep, size_t keep_count)
{
    each_run(arena, g, CHAT_MIN, visit_mask, keep, keep_count);
}

static size_t common_length(const struct run *r, size_t k, struct text known, size_t from)
{
    size_t len = 0;
    while (k + len < r->to && from + len < known.len && r->value[k + len] == known.at[from + len])
        len++;
    return len;
}

static void visit_known(struct glyphs *g, const struct run *r, const void *known, size_t count)
{
    struct text number = { known, count };
    for (size_t k = r->from; k < r->to; k++) {
        size_t longest = 0;
        for (size_t from = 0; from + DIGITS_KNOWN_MIN <= number.len; from++) {
            size_t len = common_length(r, k, number, from);
            longest = len > longest ? len : longest;
        }
        if (longest >= DIGITS_KNOWN_MIN)
            glyphs_paint(g, r->glyph[k], r->glyph[k + longest - 1] + 1, WORD_PHONE);
    }
}

void digits_mask_known(struct arena *arena, struct glyphs *g, struct text known)
{
    if (known.len >= DIGITS_KNOWN_MIN)
        each_run(arena, g, DIGITS_KNOWN_MIN, visit_known, known.at, known.len);
}
