/* json_pool.c - the memory of JSON values. See json_pool.h.
 *
 * A lead is some hundred nodes, members and short strings, which live until its message is done: the C library looks for room for each,
 * and joins them again with their neighbours. Here a piece that is freed is the next one of its size to be given out. What was needed at
 * once stays with the process; that is what the largest message holds. */
#include "json_pool.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

enum {
    STEP = 16,
    CLASSES = 33, /* pieces up to 512 bytes: a table of sixteen members and most titles; beyond it is the C library's */
    CHUNK = 32 * 1024
};

/* Before each piece. Jansson needs no more than the alignment of a pointer. */
union head {
    size_t class;     /* of a piece that is out; 0: the C library's */
    union head *next; /* of a free one */
};

static union head *free_pieces[CLASSES];
static char *chunk;
static size_t chunk_left;

static union head *carve(size_t bytes)
{
    if (chunk_left < bytes) { /* what is left of the old one is less than a piece */
        chunk = malloc(CHUNK);
        chunk_left = chunk ? CHUNK : 0;
        if (!chunk)
            return NULL;
    }
    union head *head = (union head *) (void *) chunk;
    chunk += bytes;
    chunk_left -= bytes;
    return head;
}

static void *take(size_t bytes)
{
    size_t class = (bytes + sizeof(union head) + STEP - 1) / STEP;
    union head *head;
    if (class >= CLASSES) {
        class = 0;
        head = malloc(sizeof *head + bytes);
    } else if (free_pieces[class]) {
        head = free_pieces[class];
        free_pieces[class] = head->next;
    } else {
        head = carve(class * STEP);
    }
    if (!head)
        return NULL;
    head->class = class;
    return head + 1;
}

static void give_back(void *piece)
{
    if (!piece)
        return;
    union head *head = (union head *) piece - 1;
    size_t class = head->class;
    if (class == 0) {
        free(head);
        return;
    }
    head->next = free_pieces[class];
    free_pieces[class] = head;
}

void json_pool_use(void)
{
#if defined(__SANITIZE_ADDRESS__)
    const bool is_watched = true;
#elif defined(__has_feature)
    const bool is_watched = __has_feature(address_sanitizer);
#else
    const bool is_watched = false;
#endif
    if (!is_watched)
        json_set_alloc_funcs(take, give_back);
}
