/* glyph.h - a text as code points, each with what masking must know of it, and paint over those that are to disappear.
 *
 * Pure; any thread; everything lives in the arena. Internal to intake. */
#ifndef INTAKE_GLYPH_H
#define INTAKE_GLYPH_H

#include "yinling/text.h"

#include <wchar.h>

struct glyph {
    int32_t point;    /* code point */
    uint32_t from;    /* byte offset in the text */
    uint8_t len;      /* bytes */
    int8_t digit;     /* 0-9, or -1. Full width, circled and Chinese digits count */
    bool is_chinese;  /* a Chinese digit: 一 幺 零 捌 */
    uint32_t paint;   /* 0: stays; else glyphs of one number become one word */
    const char *word; /* what stands there instead */
};
struct glyphs {
    struct text text;
    struct glyph *at;
    size_t count;
    uint32_t paints; /* how many were given */
};

/* False when the text is not UTF-8. */
bool glyphs_of(struct arena *arena, struct text text, struct glyphs *ret);
/* Do the glyphs from `i` on spell this word? */
bool glyphs_spell(const struct glyphs *g, size_t i, const char *word);
bool glyph_is_han(const struct glyphs *g, size_t i);
bool glyph_is_latin(const struct glyphs *g, size_t i); /* A-Z a-z */
/* Punctuation, white space, a digit, a letter of another script, or the end of the text: no name goes on beyond it. */
bool glyph_is_break(const struct glyphs *g, size_t i);
/* One that people put between the digits of a number: space, dash, dot, bracket, zero width … */
bool glyph_is_separator(const struct glyphs *g, size_t i);
bool glyph_is_clause_end(const struct glyphs *g, size_t i);          /* 。！？；，、 line end, or the end of the text */
bool glyph_in(const struct glyphs *g, size_t i, const wchar_t *set); /* one of these characters; wchar_t is a code point */

/* Glyphs [from, to) become `word` (a literal). Where some are painted already, both become what that was. */
void glyphs_paint(struct glyphs *g, size_t from, size_t to, const char *word);
bool glyphs_are_painted(const struct glyphs *g);
/* The text with each painted stretch replaced by its word. */
struct text glyphs_text(struct arena *arena, const struct glyphs *g);

#endif
