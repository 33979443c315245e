/* title.c - see title.h. */
#include "title.h"

#include "glyph.h"

static const wchar_t sentence_ends[] = L"。！？!?；;\n\r";
static const wchar_t clause_ends[] = L"，,。！？!?；;\n\r";
static const wchar_t trimmed[] = L"，,。；;：:、 　\t\n\r";

static struct text piece(const struct glyphs *g, size_t from, size_t to)
{
    while (from < to && glyph_in(g, from, trimmed))
        from++;
    while (to > from && glyph_in(g, to - 1, trimmed))
        to--;
    size_t end = to < g->count ? g->at[to].from : g->text.len;
    return from < to ? (struct text){ g->text.at + g->at[from].from, end - g->at[from].from } : TEXT("");
}

static size_t end_of(const struct glyphs *g, size_t from, const wchar_t *ends)
{
    while (from < g->count && !glyph_in(g, from, ends))
        from++;
    return from;
}

/* 你好, 我叫某某, 我要举报: says nothing about the matter. */
static bool is_preface(const struct glyphs *g, size_t from, size_t to)
{
    static const char *const greetings[] = { "你好",     "您好",     "大家好",   "领导",     "尊敬的",     "我叫",
                                             "我姓",     "本人某",   "我是某",   "我要举报", "我要反映",   "我想反映",
                                             "我想举报", "举报人",   "反映人",   "来电人",   "事情是这样", "身份证",
                                             "联系电话", "联系方式", "我的电话", "电话" };
    enum { PREFACE_MAX = 10 };
    if (to - from > PREFACE_MAX)
        return false;
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        if (glyphs_spell(g, from, greetings[i]))
            return true;
    }
    return to == from;
}

static bool fits(struct text t)
{
    return text_codepoints(t) <= TITLE_MAX;
}

static size_t behind_preface(const struct glyphs *g)
{
    size_t start = 0;
    for (size_t from = 0; from < g->count;) {
        while (from < g->count && glyph_in(g, from, trimmed))
            from++;
        size_t end = end_of(g, from, clause_ends);
        if (from >= g->count || !is_preface(g, from, end))
            return from < g->count ? from : start;
        from = end + 1;
    }
    return start;
}

static struct text cut(struct arena *arena, struct text t)
{
    struct text title = t;
    for (size_t max = TITLE_MAX; !fits(title) && max > 0; max--)
        title = text_cut(arena, t, max);
    return title;
}

/* No line ends or tabs in a headline. */
static struct text in_one_line(struct arena *arena, struct text t)
{
    char *copy = arena_take(arena, t.len + 1);
    for (size_t i = 0; i < t.len; i++)
        copy[i] = (unsigned char) t.at[i] < ' ' ? ' ' : t.at[i];
    return (struct text){ copy, t.len };
}

struct text title_of(struct arena *arena, struct text text)
{
    struct glyphs g;
    if (!text.len || !glyphs_of(arena, text, &g))
        return TEXT("");
    size_t from = behind_preface(&g);
    struct text title = piece(&g, from, end_of(&g, from, sentence_ends));
    if (!fits(title)) {
        size_t end = end_of(&g, from, clause_ends);
        title = piece(&g, from, end);
        for (size_t next = end_of(&g, end + 1, clause_ends); end < g.count; next = end_of(&g, end + 1, clause_ends)) {
            struct text longer = piece(&g, from, next);
            if (!fits(longer))
                break;
            title = longer;
            end = next;
        }
    }
    return in_one_line(arena, cut(arena, title.len ? title : text));
}
