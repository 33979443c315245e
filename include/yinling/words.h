/* words.h - finds all words of a vocabulary in a text in one pass, and asks which lists of words the text meets.
 *
 * A vocabulary is built once and then immutable; a finding belongs to the caller's arena. Pure. */
#ifndef YINLING_WORDS_H
#define YINLING_WORDS_H

#include "yinling/text.h"

struct words; /* the vocabulary */
struct words *words_new(struct arena *arena);
uint32_t words_add(struct words *w, struct text folded_word);          /* its number, the same for the same word */
void words_seal(struct words *w);                                      /* no more additions; now words_find may be called */
uint32_t words_number(const struct words *w, struct text folded_word); /* of a word that was added; before or after sealing */
size_t words_count(const struct words *w);

struct word_hit {
    uint32_t word;
    uint32_t from, to; /* code points */
};
struct words_found {
    const struct word_hit *hits; /* in order of `from` */
    size_t count;
    const uint16_t *sentence; /* number of the sentence each code point is in */
    const uint32_t *byte;     /* where each code point begins; one more for the end */
};
/* `folded`: by text_folded. At most HITS_MAX hits are kept, the first of the text. */
#define WORD_HITS_MAX 4096
struct words_found words_find(const struct words *w, struct arena *arena, struct text folded);
struct text words_text(const struct words *w, uint32_t word);

/* A set of words; with exceptions, whose occurrences hide the shorter words inside them. */
struct word_set {
    uint64_t *has, *hides; /* bits by number; hides NULL: nothing is hidden */
};
struct word_set word_set_new(const struct words *w, struct arena *arena, bool with_exceptions);
static inline bool words_bit(const uint64_t *bits, uint32_t word)
{
    return bits[word / 64] >> (word % 64) & 1;
}
static inline void words_set_bit(uint64_t *bits, uint32_t word)
{
    bits[word / 64] |= UINT64_C(1) << (word % 64);
}
/* The first hit of the set at or after hit number `after`; found->count when there is none. */
size_t word_set_next(const struct word_set *set, const struct words_found *found, size_t after);

#endif
