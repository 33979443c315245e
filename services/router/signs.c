/* signs.c - see signs.h. Every word of the vocabulary knows the signs it belongs to, so that one pass over the words found weighs
 * them all. */
#include "signs.h"

struct compiled_sign {
    const struct sign *sign;
    size_t unit;               /* in town->units */
    const struct terms *terms; /* its terms that are no plain words */
};
struct signs {
    const struct routing *routing;
    size_t unit_count;
    struct compiled_sign *at;
    uint64_t *all;     /* plain words of any sign, bits by number: of 养老院 and 养老 only the longer counts */
    uint32_t *first;   /* of a word's signs in `of_word`; one more for the end */
    uint16_t *of_word; /* indexes into `at` */
};

void signs_vocabulary(struct building *b)
{
    for (size_t i = 0; i < b->routing->sign_count; i++)
        terms_vocabulary(b, b->routing->signs[i].any);
}

/* Files each sign under its plain words. */
static void file_words(struct building *b, struct signs *signs)
{
    size_t words = words_count(b->words), n = 0;
    uint64_t **bits = arena_take(b->arena, (b->routing->sign_count + 1) * sizeof *bits);
    for (size_t i = 0; i < b->routing->sign_count; i++) {
        bits[i] = word_set_new(b->words, b->arena, false).has;
        terms_words(b, b->routing->signs[i].any, bits[i]);
        terms_words(b, b->routing->signs[i].any, signs->all);
        n += b->routing->signs[i].any.count;
    }
    signs->first = arena_take(b->arena, (words + 1) * sizeof *signs->first);
    signs->of_word = arena_take(b->arena, (n + 1) * sizeof *signs->of_word);
    n = 0;
    for (uint32_t w = 0; w < words; w++) {
        signs->first[w] = (uint32_t) n;
        for (size_t i = 0; words_bit(signs->all, w) && i < b->routing->sign_count; i++)
            if (words_bit(bits[i], w))
                signs->of_word[n++] = (uint16_t) i;
    }
    signs->first[words] = (uint32_t) n;
}

const struct signs *signs_compile(struct building *b, const struct town *town)
{
    const struct routing *r = b->routing;
    struct signs *signs = arena_take(b->arena, sizeof *signs);
    *signs = (struct signs){ .routing = r, .unit_count = town->unit_count };
    signs->at = arena_take(b->arena, (r->sign_count + 1) * sizeof *signs->at);
    signs->all = word_set_new(b->words, b->arena, false).has;
    for (size_t i = 0; i < r->sign_count; i++) {
        const struct unit *unit = town_unit(town, r->signs[i].unit);
        const struct terms *terms = terms_compile(b, r->signs[i].any);
        if (!unit || !terms)
            return NULL;
        signs->at[i] = (struct compiled_sign){ &r->signs[i], (size_t) (unit - town->units), terms };
    }
    file_words(b, signs);
    return signs;
}

static bool is_new(const struct words_found *f, size_t hit)
{
    for (size_t i = 0; i < hit; i++)
        if (f->hits[i].word == f->hits[hit].word)
            return false;
    return true;
}

static bool has_guise(const struct sign *sign, struct text guise)
{
    for (size_t i = 0; i < sign->guise.count; i++)
        if (text_is(sign->guise.at[i], guise))
            return true;
    return false;
}

static void found_one(const struct sight *s, const struct sign *sign, struct sign_found *found, struct text word)
{
    found->count++;
    if (s->explain)
        found->words = arena_printf(s->arena, TEXT_FMT "%s“" TEXT_FMT "”%lld", TEXT_ARG(found->words),
                                    found->words.at ? "、" : "", TEXT_ARG(word), (long long) sign->points);
}

const struct sign_found *signs_found(const struct signs *signs, const struct sight *s)
{
    const struct words_found *f = &s->found;
    const struct word_set visible = { signs->all, signs->all };
    size_t count = signs->routing->sign_count;
    struct sign_found *found = arena_take(s->arena, (count + 1) * sizeof *found);
    for (size_t i = word_set_next(&visible, f, 0); i < f->count; i = word_set_next(&visible, f, i + 1))
        for (uint32_t k = signs->first[f->hits[i].word]; is_new(f, i) && k < signs->first[f->hits[i].word + 1]; k++)
            found_one(s, signs->at[signs->of_word[k]].sign, &found[signs->of_word[k]], words_text(s->words, f->hits[i].word));
    for (size_t i = 0; i < count; i++) {
        const struct sign *sign = signs->at[i].sign;
        struct text piece = NO_TEXT;
        size_t chains = terms_chains(signs->at[i].terms, s, &piece);
        for (size_t k = 0; k < chains; k++)
            found_one(s, sign, &found[i], piece);
        if (has_guise(sign, s->facts->guise))
            found_one(s, sign, &found[i], TEXT("来件填的幌子"));
    }
    return found;
}

/* Where the words are not enough: the sign of the guise the sender gave. */
static const struct sign *sign_of_guise(const struct signs *signs, struct text guise, struct text except)
{
    for (size_t i = 0; i < signs->routing->sign_count; i++)
        if (has_guise(signs->at[i].sign, guise) && !text_is(signs->at[i].sign->unit, except))
            return signs->at[i].sign;
    return NULL;
}

const struct sign *signs_heaviest(const struct signs *signs, const struct sight *s, const struct sign_found *found,
                                  struct text except)
{
    size_t count = signs->routing->sign_count;
    int64_t *points = arena_take(s->arena, (signs->unit_count + 1) * sizeof *points), most = 0;
    const struct sign *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (!text_is(signs->at[i].sign->unit, except))
            points[signs->at[i].unit] += (int64_t) found[i].count * signs->at[i].sign->points;
    for (size_t i = 0; i < count; i++)
        if (points[signs->at[i].unit] > most) {
            most = points[signs->at[i].unit];
            best = signs->at[i].sign;
        }
    return most >= signs->routing->signs_enough ? best : sign_of_guise(signs, s->facts->guise, except);
}

struct text signs_for_unit(const struct signs *signs, const struct sight *s, const struct sign_found *found, struct text unit)
{
    struct text words = NO_TEXT;
    int64_t points = 0;
    for (size_t i = 0; i < signs->routing->sign_count; i++) {
        if (found[i].count == 0 || !text_is(signs->at[i].sign->unit, unit))
            continue;
        points += (int64_t) found[i].count * signs->at[i].sign->points;
        words = arena_printf(s->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(words), words.at ? "、" : "", TEXT_ARG(found[i].words));
    }
    return words.at ? arena_printf(s->arena, "%lld分：" TEXT_FMT, (long long) points, TEXT_ARG(words)) : NO_TEXT;
}
