/* glyph.c - see glyph.h. */
#include "glyph.h"

#include <string.h>

// clang-format off
/* Chinese digits: everyday, formal, traditional and the ways they are said on the telephone. */
static int chinese_digit(int32_t point)
{
    switch (point) {
    case U'零': case U'〇': case U'○': case U'洞':
        return 0;
    case U'一': case U'壹': case U'幺': case U'吆':
        return 1;
    case U'二': case U'贰': case U'两':
        return 2;
    case U'三': case U'叁': case U'參':
        return 3;
    case U'四': case U'肆': case U'㈣':
        return 4;
    case U'五': case U'伍': case U'㈤':
        return 5;
    case U'六': case U'陆': case U'陸': case U'㈥':
        return 6;
    case U'七': case U'柒': case U'拐': case U'㈦':
        return 7;
    case U'八': case U'捌': case U'㈧':
        return 8;
    case U'九': case U'玖': case U'勾': case U'㈨':
        return 9;
    default:
        return -1;
    }
}
// clang-format on

static int other_digit(int32_t point)
{
    if (point >= '0' && point <= '9')
        return point - '0';
    if (point < 0x80)
        return -1;
    if (point >= 0xFF10 && point <= 0xFF19) /* full width */
        return point - 0xFF10;
    if (point >= 0x2460 && point <= 0x2468) /* circled 1-9 */
        return point - 0x2460 + 1;
    if (point == 0x24EA) /* circled 0 */
        return 0;
    if (point >= 0x2776 && point <= 0x277E) /* circled, filled */
        return point - 0x2776 + 1;
    if (point >= 0x2080 && point <= 0x2089)
        return point - 0x2080;
    if (point >= 0x1D7CE && point <= 0x1D7FF) /* mathematical */
        return (point - 0x1D7CE) % 10;
    return -1;
}

static struct glyph glyph_of(int32_t point, size_t from, size_t len)
{
    struct glyph g = { .point = point, .from = (uint32_t) from, .len = (uint8_t) len, .digit = (int8_t) other_digit(point) };
    if (g.digit < 0) {
        g.digit = (int8_t) chinese_digit(point);
        g.is_chinese = g.digit >= 0;
    }
    return g;
}

bool glyphs_of(struct arena *arena, struct text text, struct glyphs *ret)
{
    struct glyphs g = { .text = text, .at = arena_take(arena, (text_codepoints(text) + 1) * sizeof *g.at) };
    for (size_t from = 0; from < text.len;) {
        size_t at = from;
        int32_t point = text_point(text, &from);
        if (point < 0)
            return false;
        g.at[g.count++] = glyph_of(point, at, from - at);
    }
    *ret = g;
    return true;
}

bool glyphs_spell(const struct glyphs *g, size_t i, const char *word)
{
    if (i >= g->count)
        return false;
    /* byte by byte: mostly the first differs, and there are many words to try */
    size_t k = 0, left = g->text.len - g->at[i].from;
    for (const char *at = g->text.at + g->at[i].from; word[k]; k++) {
        if (k == left || at[k] != word[k])
            return false;
    }
    return true;
}

bool glyph_is_han(const struct glyphs *g, size_t i)
{
    if (i >= g->count)
        return false;
    int32_t p = g->at[i].point;
    return (p >= 0x4E00 && p <= 0x9FFF) || (p >= 0x3400 && p <= 0x4DBF) || (p >= 0x20000 && p <= 0x3134F);
}

bool glyph_is_latin(const struct glyphs *g, size_t i)
{
    if (i >= g->count)
        return false;
    int32_t p = g->at[i].point;
    return (p >= 'A' && p <= 'Z') || (p >= 'a' && p <= 'z');
}

bool glyph_is_break(const struct glyphs *g, size_t i)
{
    return !glyph_is_han(g, i);
}

bool glyph_in(const struct glyphs *g, size_t i, const wchar_t *set)
{
    return i < g->count && g->at[i].point && wcschr(set, g->at[i].point);
}

bool glyph_is_separator(const struct glyphs *g, size_t i)
{
    if (i >= g->count)
        return false;
    int32_t p = g->at[i].point;
    if (p < 0x80)
        return p == ' ' || p == '\t' || p == '-' || p == '.' || p == '_' || p == '/' || p == '(' || p == ')' || p == '*' ||
               p == '~';
    if (p == 0xA0 || p == 0xAD || p == 0xB7 || p == 0xFE0F || p == 0x20E3 || p == 0xFEFF || p == 0x3000 || p == 0x30FB)
        return true;
    if (p >= 0x2000 && p <= 0x2015) /* spaces, zero width, dashes */
        return true;
    return p == 0x2022 || p == 0x2027 || p == 0x202F || p == 0x2060 || p == 0x2212 || p == 0xFF08 || p == 0xFF09 ||
           p == 0xFF0D || p == 0xFF0E || p == 0xFF0F || p == 0xFF3F || p == 0xFF5E;
}

bool glyph_is_clause_end(const struct glyphs *g, size_t i)
{
    return i >= g->count || glyph_in(g, i, L"。！？；，、：,;!?:\n\r");
}

void glyphs_paint(struct glyphs *g, size_t from, size_t to, const char *word)
{
    while (from > 0 && g->at[from].paint && g->at[from - 1].paint == g->at[from].paint)
        from--;
    while (to < g->count && g->at[to].paint && g->at[to - 1].paint == g->at[to].paint)
        to++;
    for (size_t i = to; i-- > from;)
        word = g->at[i].paint ? g->at[i].word : word;
    g->paints++;
    for (size_t i = from; i < to; i++) {
        g->at[i].paint = g->paints;
        g->at[i].word = word;
    }
}

bool glyphs_are_painted(const struct glyphs *g)
{
    return g->paints > 0;
}

struct text glyphs_text(struct arena *arena, const struct glyphs *g)
{
    size_t bytes = 0;
    for (int writing = 0; writing < 2; writing++) {
        char *into = writing ? arena_take(arena, bytes + 1) : NULL;
        uint32_t last = 0;
        bytes = 0;
        for (size_t i = 0; i < g->count; i++) {
            const struct glyph *one = &g->at[i];
            const char *from = one->paint ? one->word : g->text.at + one->from;
            size_t len = !one->paint ? one->len : one->paint != last ? strlen(one->word) : 0;
            if (into && len)
                memcpy(into + bytes, from, len);
            bytes += len;
            last = one->paint;
        }
        if (into)
            return (struct text){ into, bytes };
    }
    return NO_TEXT;
}
