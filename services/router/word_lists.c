/* word_lists.c - see word_lists.h. A table with a row for each word and a bit for each list: what a text meets is the rows of its words,
 * one upon the other. */
#include "word_lists.h"

#include <assert.h>
#include <string.h>

struct word_lists {
    struct arena *arena;
    const struct words *words;
    const struct word_set **sets; /* by number of the list */
    size_t count, room;
    uint64_t *rows; /* made by word_lists_seal */
    size_t row_len;
};

struct word_lists *word_lists_new(struct arena *arena, const struct words *sealed)
{
    struct word_lists *lists = arena_take(arena, sizeof *lists);
    *lists = (struct word_lists){ .arena = arena, .words = sealed, .room = 256 };
    lists->sets = arena_take(arena, lists->room * sizeof *lists->sets);
    return lists;
}

uint32_t word_lists_add(struct word_lists *lists, const struct word_set *set)
{
    assert(!lists->rows);
    if (lists->count == lists->room) {
        const struct word_set **more = arena_take(lists->arena, 2 * lists->room * sizeof *more);
        memcpy(more, lists->sets, lists->count * sizeof *more);
        lists->sets = more;
        lists->room *= 2;
    }
    lists->sets[lists->count] = set;
    return (uint32_t) lists->count++;
}

void word_lists_seal(struct word_lists *lists)
{
    size_t words = words_count(lists->words);
    lists->row_len = lists->count / 64 + 1;
    lists->rows = arena_take(lists->arena, (words + 1) * lists->row_len * sizeof *lists->rows);
    for (uint32_t list = 0; list < lists->count; list++)
        for (uint32_t word = 0; word < words; word++)
            if (words_bit(lists->sets[list]->has, word))
                words_set_bit(lists->rows + word * lists->row_len, list);
}

const uint64_t *word_lists_met(const struct word_lists *lists, struct arena *arena, const struct words_found *found)
{
    uint64_t *met = arena_take(arena, lists->row_len * sizeof *met);
    for (size_t i = 0; i < found->count; i++) {
        const uint64_t *row = lists->rows + found->hits[i].word * lists->row_len;
        for (size_t k = 0; k < lists->row_len; k++)
            met[k] |= row[k];
    }
    return met;
}
