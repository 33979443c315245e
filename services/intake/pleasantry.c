/* pleasantry.c - see pleasantry.h. */
#include "pleasantry.h"

#include "glyph.h"

#include <string.h>

enum { LENGTH_MAX = 24 }; /* code points: nobody is polite for longer */

/* Longer ones first: the first that fits is taken. */
static const char *const words[] = {
    "没有问题", "辛苦大家了", "保证完成任务", "已经收到", "我知道了", "已收到", "知道了", "明白了", "辛苦了", "辛苦啦",
    "谢谢您",   "谢谢你",     "谢谢啦",       "谢谢了",   "没问题",   "不客气", "没关系", "马上办", "马上去", "好的呢",
    "好的呀",   "好的哈",     "好嘞",         "好的",     "好了",     "好吧",   "好呀",   "好啊",   "收到",   "收悉",
    "谢谢",     "感谢",       "多谢",         "辛苦",     "明白",     "知道",   "了解",   "可以",   "您好",   "你好",
    "早上好",   "早安",       "晚安",         "在吗",     "在的",     "再见",   "嗯嗯",   "哈哈",   "是的",   "对的",
    "测试",     "试试",       "领导",         "主任",     "ok",       "OK",     "Ok",     "okay",   "yes",    "test",
    "嗯",       "好",         "行",           "是",       "对",       "哦",     "噢",     "啊",     "哈",     "呢",
    "了",       "1",          "一",
};

static bool says_nothing(const struct glyphs *g, size_t i)
{
    int32_t p = g->at[i].point;
    bool is_letter = glyph_is_han(g, i) || glyph_is_latin(g, i) || g->at[i].digit >= 0;
    /* any other script says something too */
    return !is_letter &&
           (p < 0x80 || (p >= 0x2000 && p <= 0x2BFF) || (p >= 0x3000 && p <= 0x303F) || (p >= 0xFE00 && p <= 0xFF0F) ||
            (p >= 0xFF1A && p <= 0xFF20) || p >= 0x1F000 || p == 0xA0 || p == 0xB7);
}

bool pleasantry_is(struct arena *arena, struct text text)
{
    struct glyphs g;
    if (!glyphs_of(arena, text, &g) || g.count > LENGTH_MAX)
        return false;
    for (size_t i = 0; i < g.count;) {
        size_t step = says_nothing(&g, i) ? 1 : 0;
        for (size_t w = 0; !step && w < sizeof words / sizeof *words; w++)
            step = glyphs_spell(&g, i, words[w]) ? text_codepoints(text_of(words[w])) : 0;
        if (!step)
            return false;
        i += step;
    }
    return true;
}
