/* pool.c - malloc of the simulator: pieces are given out again by size, never looked for or joined.
 *
 * Half of what the simulated town allocates lives for a few microseconds, and worlds come and go by the thousand. The simulator has one
 * thread and few sizes, so a free list for each size is enough; nothing goes back to the system. With the sanitizers malloc is theirs,
 * so that a use after free is still seen. */
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef __SANITIZE_ADDRESS__

enum { UNIT = 16, FINE = 64, DOUBLED = 40, CHUNK = 4 << 20 };

union head { /* stands before each piece */
    struct {
        size_t class, room;
    } is;
    union head *next; /* of a free piece */
    max_align_t align;
};

static union head *free_pieces[FINE + DOUBLED];
static char *chunk;
static size_t chunk_left;

/* Up to 1 KiB in steps of sixteen bytes, then 2, 4, 8 KiB ... */
static size_t class_of(size_t bytes, size_t *ret_room)
{
    size_t class = bytes ? (bytes - 1) / UNIT : 0;
    *ret_room = (class + 1) * UNIT;
    if (class < FINE)
        return class;
    *ret_room = 2 * FINE * UNIT;
    for (class = FINE; *ret_room < bytes; class ++)
        *ret_room *= 2;
    return class;
}

static union head *carve(size_t room)
{
    size_t whole = sizeof(union head) + room;
    if (whole > chunk_left) {
        size_t want = whole > CHUNK ? whole : CHUNK;
        char *got = mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (got == MAP_FAILED)
            return NULL;
        chunk = got;
        chunk_left = want;
    }
    union head *piece = (union head *) (void *) chunk;
    chunk += whole;
    chunk_left -= whole;
    return piece;
}

void *malloc(size_t bytes)
{
    size_t room = 0, class = bytes > SIZE_MAX / 4 ? FINE + DOUBLED : class_of(bytes, &room);
    union head *piece = class < FINE + DOUBLED ? free_pieces[class] : NULL;
    if (piece)
        free_pieces[class] = piece->next;
    else if (class >= FINE + DOUBLED || !(piece = carve(room))) {
        errno = ENOMEM;
        return NULL;
    }
    piece->is.class = class;
    piece->is.room = room;
    return piece + 1;
}

void free(void *at)
{
    if (!at)
        return;
    union head *piece = (union head *) at - 1;
    size_t class = piece->is.class;
    piece->next = free_pieces[class];
    free_pieces[class] = piece;
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    void *at = __builtin_mul_overflow(count, size, &bytes) ? NULL : malloc(bytes);
    return at ? memset(at, 0, bytes) : NULL;
}

void *realloc(void *at, size_t bytes)
{
    size_t had = at ? ((union head *) at - 1)->is.room : 0;
    if (at && bytes <= had)
        return at;
    void *more = malloc(bytes);
    if (more && at) {
        memcpy(more, at, had);
        free(at);
    }
    return more;
}

/* Nobody here wants more than malloc's own alignment. */
int posix_memalign(void **ret, size_t align, size_t bytes)
{
    if (align > _Alignof(max_align_t))
        return ENOMEM;
    *ret = malloc(bytes);
    return *ret ? 0 : ENOMEM;
}

void *aligned_alloc(size_t align, size_t bytes)
{
    void *at;
    return posix_memalign(&at, align, bytes) == 0 ? at : NULL;
}

size_t malloc_usable_size(void *at)
{
    return at ? ((union head *) at - 1)->is.room : 0;
}
#endif
