/* words.c - the vocabulary of all rules and the one pass over a text that finds every word of it (yinling/words.h).
 *
 * Words are filed under their first two characters (one-character words under that one), so at each place of the text a table
 * lookup leaves the few words that may stand there. A Chinese lead of 200 characters against 2,000 words takes a few microseconds;
 * an alternation per rule took a hundred times that. */
#include "yinling/words.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HIDING_MAX 32 /* characters: no exception is longer, and a text made of exceptions must not cost its square */

struct word {
    struct text text;
    uint64_t key;    /* first code point << 32 | second, or 0 */
    uint32_t length; /* code points */
    uint32_t id;
};
struct slot {
    uint64_t key;
    uint32_t first, count; /* in words->sorted; count 0: empty */
};
struct words {
    struct arena *arena;
    struct word *at;     /* by id */
    struct word *sorted; /* by key, longest first; made by words_seal */
    size_t count, room;
    uint32_t *seen; /* while adding: id + 1 by hash of the text */
    size_t seen_size;
    struct slot *slots;
    size_t slot_mask;
};

static uint64_t mixed(uint64_t key)
{
    key *= UINT64_C(0x9E3779B97F4A7C15);
    return key ^ key >> 29;
}

static uint64_t hash_of(struct text t)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (unsigned char) t.at[i]) * UINT64_C(0x100000001B3);
    return h;
}

/* The code point that begins here; text_folded has made sure that it is well-formed. */
static uint32_t point_at(const char *at, uint32_t *ret_bytes)
{
    const unsigned char *b = (const unsigned char *) at;
    *ret_bytes = b[0] < 0x80 ? 1 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    switch (*ret_bytes) {
    case 1:
        return b[0];
    case 2:
        return (b[0] & 0x1FU) << 6 | (b[1] & 0x3FU);
    case 3:
        return (b[0] & 0x0FU) << 12 | (b[1] & 0x3FU) << 6 | (b[2] & 0x3FU);
    default:
        return (b[0] & 0x07U) << 18 | (b[1] & 0x3FU) << 12 | (b[2] & 0x3FU) << 6 | (b[3] & 0x3FU);
    }
}

struct words *words_new(struct arena *arena)
{
    struct words *w = arena_take(arena, sizeof *w);
    w->arena = arena;
    w->room = 256;
    w->at = arena_take(arena, w->room * sizeof *w->at);
    w->seen_size = 4 * w->room;
    w->seen = arena_take(arena, w->seen_size * sizeof *w->seen);
    return w;
}

static size_t seen_slot(const struct words *w, struct text t)
{
    size_t i = hash_of(t) & (w->seen_size - 1);
    while (w->seen[i] && !text_is(w->at[w->seen[i] - 1].text, t))
        i = (i + 1) & (w->seen_size - 1);
    return i;
}

static void grow(struct words *w)
{
    struct word *at = arena_take(w->arena, 2 * w->room * sizeof *at);
    memcpy(at, w->at, w->count * sizeof *at);
    w->at = at;
    w->room *= 2;
    w->seen_size = 4 * w->room;
    w->seen = arena_take(w->arena, w->seen_size * sizeof *w->seen);
    for (size_t i = 0; i < w->count; i++)
        w->seen[seen_slot(w, at[i].text)] = (uint32_t) i + 1;
}

uint32_t words_add(struct words *w, struct text folded_word)
{
    assert(!w->slots && folded_word.len > 0);
    size_t slot = seen_slot(w, folded_word);
    if (w->seen[slot])
        return w->seen[slot] - 1;
    if (w->count == w->room) {
        grow(w);
        slot = seen_slot(w, folded_word);
    }
    uint32_t first_bytes, second_bytes, id = (uint32_t) w->count;
    uint64_t key = (uint64_t) point_at(folded_word.at, &first_bytes) << 32;
    if (folded_word.len > first_bytes)
        key |= point_at(folded_word.at + first_bytes, &second_bytes);
    w->at[w->count++] = (struct word){ arena_copy(w->arena, folded_word), key, (uint32_t) text_codepoints(folded_word), id };
    w->seen[slot] = id + 1;
    return id;
}

static int by_key(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->length != y->length ? (x->length > y->length ? -1 : 1) : (x->id > y->id) - (x->id < y->id);
}

static struct slot *slot_of(const struct words *w, uint64_t key)
{
    size_t i = mixed(key) & w->slot_mask;
    while (w->slots[i].count && w->slots[i].key != key)
        i = (i + 1) & w->slot_mask;
    return &w->slots[i];
}

void words_seal(struct words *w)
{
    size_t size = 64;
    while (size < 4 * w->count)
        size *= 2;
    w->slots = arena_take(w->arena, size * sizeof *w->slots);
    w->slot_mask = size - 1;
    w->sorted = arena_take(w->arena, (w->count + 1) * sizeof *w->sorted);
    memcpy(w->sorted, w->at, w->count * sizeof *w->sorted);
    qsort(w->sorted, w->count, sizeof *w->sorted, by_key);
    for (size_t i = 0; i < w->count; i++) {
        struct slot *s = slot_of(w, w->sorted[i].key);
        if (s->count == 0)
            *s = (struct slot){ w->sorted[i].key, (uint32_t) i, 0 };
        s->count++;
    }
}

uint32_t words_number(const struct words *w, struct text folded_word)
{
    uint32_t seen = w->seen[seen_slot(w, folded_word)];
    assert(seen > 0);
    return seen - 1;
}

size_t words_count(const struct words *w)
{
    return w->count;
}

struct text words_text(const struct words *w, uint32_t word)
{
    return w->at[word].text;
}

/* A full stop, question or exclamation mark or semicolon; commas go on. */
static bool ends_sentence(uint32_t point)
{
    return point == 0x3002 || point == ';' || point == '?' || point == '!';
}

struct finding_words {
    const struct words *w;
    struct text text;
    const uint32_t *byte;
    struct word_hit *hits;
    size_t count, room;
};

static void take_hits(struct finding_words *f, uint64_t key, uint32_t from)
{
    const struct slot *s = slot_of(f->w, key);
    for (uint32_t i = 0; i < s->count && f->count < f->room; i++) {
        const struct word *w = &f->w->sorted[s->first + i];
        size_t left = f->text.len - f->byte[from];
        if (w->text.len <= left && memcmp(w->text.at, f->text.at + f->byte[from], w->text.len) == 0)
            f->hits[f->count++] = (struct word_hit){ w->id, from, from + w->length };
    }
}

struct words_found words_find(const struct words *w, struct arena *arena, struct text folded)
{
    uint32_t n = 0, bytes;
    uint32_t *points = arena_take(arena, (folded.len + 2) * sizeof *points);
    uint32_t *byte = arena_take(arena, (folded.len + 1) * sizeof *byte);
    uint16_t *sentence = arena_take(arena, (folded.len + 1) * sizeof *sentence);
    uint16_t number = 0;
    for (uint32_t i = 0; i < folded.len; i += bytes, n++) {
        points[n] = point_at(folded.at + i, &bytes);
        byte[n] = i;
        sentence[n] = number;
        number = (uint16_t) (number + ends_sentence(points[n]));
    }
    byte[n] = (uint32_t) folded.len;
    size_t room = (size_t) n * 8 + 64 < WORD_HITS_MAX ? (size_t) n * 8 + 64 : WORD_HITS_MAX;
    struct finding_words f = { w, folded, byte, arena_take(arena, room * sizeof *f.hits), 0, room };
    for (uint32_t i = 0; i < n; i++) {
        take_hits(&f, (uint64_t) points[i] << 32 | points[i + 1], i);
        take_hits(&f, (uint64_t) points[i] << 32, i);
    }
    return (struct words_found){ f.hits, f.count, sentence, byte };
}

struct word_set word_set_new(const struct words *w, struct arena *arena, bool with_exceptions)
{
    size_t bytes = (w->count / 64 + 1) * sizeof(uint64_t);
    assert(w->slots);
    return (struct word_set){ arena_take(arena, bytes), with_exceptions ? arena_take(arena, bytes) : NULL };
}

static bool is_hidden(const struct word_set *set, const struct words_found *found, const struct word_hit *hit)
{
    const struct word_hit *last = found->hits + found->count, *h = hit;
    while (h + 1 < last && h[1].from == hit->from)
        h++;
    for (; h >= found->hits && h->from + HIDING_MAX > hit->from; h--)
        if (words_bit(set->hides, h->word) && h->to >= hit->to && h->to - h->from > hit->to - hit->from)
            return true;
    return false;
}

size_t word_set_next(const struct word_set *set, const struct words_found *found, size_t after)
{
    for (size_t i = after; i < found->count; i++)
        if (words_bit(set->has, found->hits[i].word) && !(set->hides && is_hidden(set, found, &found->hits[i])))
            return i;
    return found->count;
}
