/* mask.c - see mask.h. */
#include "mask.h"

#include "digits.h"
#include "naming.h"

#include <assert.h>

/* Painting can end a word that went on before, so that a second look finds more; each look leaves fewer glyphs to paint. */
enum { LOOKS_MAX = 4096, CONTACT_MIN = 4 };

/* 0086138… and 138… are the same telephone. */
static struct text number_of(struct arena *arena, struct text number)
{
    struct text digits = digits_of(arena, number);
    size_t prefix = text_starts(digits, TEXT("0086")) ? 4 : text_starts(digits, TEXT("86")) ? 2 : 0;
    return prefix && digits.len == prefix + 11 ? (struct text){ digits.at + prefix, 11 } : digits;
}

static void mask_reporter(struct arena *arena, struct glyphs *g, const struct mask *with)
{
    struct text digits = number_of(arena, with->reporter_phone);
    digits_mask_known(arena, g, digits);
    naming_mask_known(arena, g, with->reporter_name);
    if (with->reporter_phone.at && digits.len < DIGITS_KNOWN_MIN && text_codepoints(with->reporter_phone) >= CONTACT_MIN)
        naming_mask_known(arena, g, with->reporter_phone);
}

static struct text looked_at(struct arena *arena, struct text text, const struct mask *with, bool all)
{
    struct glyphs g;
    if (!text.at || !text.len)
        return text;
    if (!glyphs_of(arena, text, &g))
        return TEXT("");
    mask_reporter(arena, &g, with);
    if (all) {
        struct text keep[MASK_KEEP_MAX];
        for (size_t i = 0; i < MASK_KEEP_MAX; i++)
            keep[i] = number_of(arena, with->keep[i]);
        digits_mask(arena, &g, keep, MASK_KEEP_MAX);
        naming_mask(&g);
    }
    return glyphs_are_painted(&g) ? glyphs_text(arena, &g) : text;
}

static struct text settled(struct arena *arena, struct text text, const struct mask *with, bool all)
{
    struct text now = looked_at(arena, text, with, all);
    for (int looks = 1; !text_is(now, text); looks++) {
        assert(looks < LOOKS_MAX);
        text = now;
        now = looked_at(arena, text, with, all);
    }
    return now;
}

struct text mask_text(struct arena *arena, struct text text, const struct mask *with)
{
    return settled(arena, text, with, true);
}

struct text mask_field(struct arena *arena, struct text text, const struct mask *with)
{
    return settled(arena, text, with, false);
}
