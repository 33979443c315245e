/* text.c - texts and the arena. See yinling/text.h.
 *
 * The arena is a chain of chunks. Reset keeps the first and some spare ones, so that a turn mostly allocates nothing: the C library
 * gives large blocks back to the system and fetches them again, page by page. */
#include "yinling/text.h"

#include <assert.h>
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct chunk {
    struct chunk *older;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct release {
    struct release *older;
    void (*run)(void *);
    void *what;
};

struct arena {
    struct chunk *newest;
    struct release *releases;
    struct chunk *spare; /* of chunk_bytes each */
    size_t spare_count;
    size_t chunk_bytes;
};

enum { SPARE_MAX = 8 };

/* Under AddressSanitizer what was not taken, what was forgotten, and a gap behind each piece may not be touched. */
#ifdef __has_feature
#define HAS_ASAN __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__
#define HAS_ASAN 1
#else
#define HAS_ASAN 0
#endif
enum { GAP_BYTES = HAS_ASAN ? 16 : 0 };

static struct chunk *chunk_new(size_t bytes, struct chunk *older)
{
    struct chunk *chunk = malloc(sizeof *chunk + bytes);
    if (!chunk)
        abort(); /* no memory: nothing of this turn was answered, a restart loses nothing */
    *chunk = (struct chunk){ .older = older, .size = bytes };
    ASAN_POISON_MEMORY_REGION(chunk->bytes, bytes);
    return chunk;
}

struct arena *arena_new(size_t chunk_bytes)
{
    assert(chunk_bytes > 0);
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        abort();
    arena->chunk_bytes = chunk_bytes;
    arena->newest = chunk_new(chunk_bytes, NULL);
    return arena;
}

const void *arena_mark(const struct arena *arena)
{
    return arena->releases;
}

void arena_release(struct arena *arena, const void *mark)
{
    while (arena->releases != mark) {
        struct release *r = arena->releases;
        arena->releases = r->older;
        r->run(r->what);
    }
}

static void empty(struct chunk *chunk)
{
    ASAN_POISON_MEMORY_REGION(chunk->bytes, chunk->used);
    chunk->used = 0;
}

static void spare(struct arena *arena, struct chunk *chunk)
{
    if (chunk->size != arena->chunk_bytes || arena->spare_count == SPARE_MAX) {
        free(chunk);
        return;
    }
    empty(chunk);
    chunk->older = arena->spare;
    arena->spare = chunk;
    arena->spare_count++;
}

static struct chunk *chunk_for(struct arena *arena, size_t bytes)
{
    struct chunk *chunk = arena->spare;
    if (bytes > arena->chunk_bytes || !chunk)
        return chunk_new(bytes > arena->chunk_bytes ? bytes : arena->chunk_bytes, arena->newest);
    arena->spare = chunk->older;
    arena->spare_count--;
    chunk->older = arena->newest;
    return chunk;
}

void arena_reset(struct arena *arena)
{
    arena_release(arena, NULL);
    while (arena->newest->older) {
        struct chunk *older = arena->newest->older;
        spare(arena, arena->newest);
        arena->newest = older;
    }
    empty(arena->newest);
}

struct arena *arena_free(struct arena *arena)
{
    if (!arena)
        return NULL;
    arena_reset(arena);
    while (arena->spare) {
        struct chunk *older = arena->spare->older;
        free(arena->spare);
        arena->spare = older;
    }
    free(arena->newest);
    free(arena);
    return NULL;
}

static void *take_raw(struct arena *arena, size_t bytes)
{
    const size_t align = _Alignof(max_align_t);
    assert(bytes < SIZE_MAX / 2);
    size_t room = (bytes + GAP_BYTES + align - 1) / align * align;
    struct chunk *chunk = arena->newest;
    if (chunk->size - chunk->used < room)
        chunk = arena->newest = chunk_for(arena, room);
    void *at = chunk->bytes + chunk->used;
    chunk->used += room;
    ASAN_UNPOISON_MEMORY_REGION(at, bytes);
    return at;
}

void *arena_take(struct arena *arena, size_t bytes)
{
    return memset(take_raw(arena, bytes), 0, bytes);
}

void arena_at_reset(struct arena *arena, void (*run)(void *), void *what)
{
    struct release *r = take_raw(arena, sizeof *r);
    *r = (struct release){ .older = arena->releases, .run = run, .what = what };
    arena->releases = r;
}

struct text arena_text(struct arena *arena, const char *bytes, size_t len)
{
    char *copy = take_raw(arena, len + 1);
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return (struct text){ copy, len };
}

struct text arena_copy(struct arena *arena, struct text t)
{
    return t.at ? arena_text(arena, t.at, t.len) : NO_TEXT;
}

struct text arena_joined(struct arena *arena, const char *first, ...)
{
    va_list args;
    size_t len = 0;
    va_start(args, first);
    for (const char *part = first; part; part = va_arg(args, const char *))
        len += strlen(part);
    va_end(args);
    char *all = take_raw(arena, len + 1), *to = all;
    va_start(args, first);
    for (const char *part = first; part; part = va_arg(args, const char *))
        to = mempcpy(to, part, strlen(part));
    va_end(args);
    *to = '\0';
    return (struct text){ all, len };
}

struct text arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    char shorter[512];
    int len = vsnprintf(shorter, sizeof shorter, format, args);
    assert(len >= 0);
    struct text made;
    if ((size_t) len < sizeof shorter) {
        made = arena_text(arena, shorter, (size_t) len);
    } else {
        char *longer = take_raw(arena, (size_t) len + 1);
        vsnprintf(longer, (size_t) len + 1, format, again);
        made = (struct text){ longer, (size_t) len };
    }
    va_end(again);
    return made;
}

struct text arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text made = arena_vprintf(arena, format, args);
    va_end(args);
    return made;
}

struct text text_of(const char *c_string)
{
    return c_string ? (struct text){ c_string, strlen(c_string) } : NO_TEXT;
}

bool text_is(struct text a, struct text b)
{
    return a.len == b.len && !a.at == !b.at && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool text_is_c(struct text a, const char *b)
{
    return text_is(a, text_of(b));
}

bool text_starts(struct text whole, struct text with)
{
    return whole.len >= with.len && (with.len == 0 || memcmp(whole.at, with.at, with.len) == 0);
}

bool text_has(struct text whole, struct text part)
{
    return part.len == 0 || (whole.len >= part.len && memmem(whole.at, whole.len, part.at, part.len) != NULL);
}

int text_order(struct text a, struct text b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool text_int(struct text from, int64_t *ret)
{
    enum { DIGITS_MAX = 18 }; /* fits in 63 bits whatever they are */
    bool minus = from.len && from.at[0] == '-';
    size_t start = minus ? 1 : 0;
    if (from.len == start || from.len - start > DIGITS_MAX)
        return false;
    int64_t value = 0;
    for (size_t i = start; i < from.len; i++) {
        if (from.at[i] < '0' || from.at[i] > '9')
            return false;
        value = value * 10 + (from.at[i] - '0');
    }
    *ret = minus ? -value : value;
    return true;
}

static bool goes_on(unsigned char b)
{
    return (b & 0xC0) == 0x80;
}

/* A unified ideograph, U+4E00 to U+9FFF: most of every text, and nothing that Unicode does to texts changes it. */
static bool is_chinese(const unsigned char *b, size_t left)
{
    return b[0] >= 0xE4 && b[0] <= 0xE9 && left >= 3 && goes_on(b[1]) && goes_on(b[2]) && (b[0] > 0xE4 || b[1] >= 0xB8);
}

int32_t text_point(struct text t, size_t *offset)
{
    if (*offset >= t.len)
        return -1;
    const unsigned char *b = (const unsigned char *) t.at + *offset;
    if (b[0] < 0x80) {
        *offset += 1;
        return b[0];
    }
    if (is_chinese(b, t.len - *offset)) {
        *offset += 3;
        return (b[0] & 0x0F) << 12 | (b[1] & 0x3F) << 6 | (b[2] & 0x3F);
    }
    utf8proc_int32_t point;
    utf8proc_ssize_t bytes =
        utf8proc_iterate((const utf8proc_uint8_t *) t.at + *offset, (utf8proc_ssize_t) (t.len - *offset), &point);
    if (bytes <= 0)
        return -1;
    *offset += (size_t) bytes;
    return point;
}

bool text_is_utf8(struct text t)
{
    size_t at = 0;
    while (text_point(t, &at) >= 0)
        ;
    return at >= t.len;
}

size_t text_codepoints(struct text t)
{
    size_t count = 0;
    for (size_t i = 0; i < t.len; i++)
        count += ((unsigned char) t.at[i] & 0xC0) != 0x80;
    return count;
}

/* Bytes of the first `graphemes_max` graphemes; *ret_count how many there were, at most that. */
static size_t graphemes_upto(struct text t, size_t graphemes_max, size_t *ret_count)
{
    size_t count = 0, at = 0;
    int32_t before = -1, state = 0;
    for (;;) {
        size_t start = at;
        int32_t point = text_point(t, &at);
        if (point < 0)
            break;
        if (before < 0 || utf8proc_grapheme_break_stateful(before, point, &state)) {
            if (count == graphemes_max) {
                at = start;
                break;
            }
            count++;
        }
        before = point;
    }
    *ret_count = count;
    return at;
}

size_t text_graphemes(struct text t)
{
    size_t count;
    graphemes_upto(t, SIZE_MAX, &count);
    return count;
}

struct text text_cut(struct arena *arena, struct text t, size_t graphemes_max)
{
    size_t count;
    if (text_codepoints(t) <= graphemes_max || graphemes_upto(t, graphemes_max, &count) >= t.len)
        return t;
    if (graphemes_max == 0)
        return TEXT("");
    size_t bytes = graphemes_upto(t, graphemes_max - 1, &count);
    return arena_printf(arena, TEXT_FMT "…", (int) bytes, t.at);
}

/* Folding as Unicode has it, of any text. */
static struct text folded_by_unicode(struct arena *arena, struct text t)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *) t.at, (utf8proc_ssize_t) t.len, &folded,
                     UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    if (len < 0)
        return TEXT("");
    char *kept = take_raw(arena, (size_t) len + 1);
    size_t n = 0;
    for (utf8proc_ssize_t i = 0; i < len; i++) {
        if (folded[i] > ' ' && folded[i] != 0x7F)
            kept[n++] = (char) folded[i];
    }
    kept[n] = '\0';
    free(folded);
    return (struct text){ kept, n };
}

/* Where a full-width form U+FF01 to U+FF5E stands, its ASCII character; else 0. */
static unsigned char half_width(const unsigned char *b, size_t left)
{
    if (left < 3 || b[0] != 0xEF || (b[1] != 0xBC && b[1] != 0xBD))
        return 0;
    unsigned char c = (unsigned char) (b[1] == 0xBC ? b[2] - 0x60 : b[2] - 0x20);
    bool exists = b[1] == 0xBC ? b[2] >= 0x81 && b[2] <= 0xBF : b[2] >= 0x80 && b[2] <= 0x9E;
    return exists ? c : 0;
}

/* “”‘’ — 、。《》「」【】: folding leaves them alone. */
static bool is_plain_mark(const unsigned char *b, size_t left)
{
    if (left < 3)
        return false;
    bool is_quote = b[0] == 0xE2 && b[1] == 0x80 && ((b[2] >= 0x93 && b[2] <= 0x96) || (b[2] >= 0x98 && b[2] <= 0x9F));
    return is_quote || (b[0] == 0xE3 && b[1] == 0x80 && b[2] >= 0x81 && b[2] <= 0x91);
}

/* Ideographs, ASCII and Chinese punctuation fold one by one, whatever stands beside them: of them nearly every text is made. False: there
 * is something else. What it becomes is never longer. */
static bool folded_by_itself(struct text t, char *into, size_t *ret_len)
{
    const unsigned char *b = (const unsigned char *) t.at;
    size_t n = 0;
    for (size_t i = 0; i < t.len;) {
        size_t left = t.len - i;
        unsigned char c = b[i] < 0x80 ? b[i] : half_width(b + i, left);
        if (c) {
            i += b[i] < 0x80 ? 1 : 3;
            if (c > ' ' && c != 0x7F)
                into[n++] = (char) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
            continue;
        }
        if (!is_chinese(b + i, left) && !is_plain_mark(b + i, left))
            return false;
        memcpy(into + n, b + i, 3);
        n += 3;
        i += 3;
    }
    into[n] = '\0';
    *ret_len = n;
    return true;
}

struct text text_folded(struct arena *arena, struct text t)
{
    struct text folded = { take_raw(arena, t.len + 1), 0 };
    return folded_by_itself(t, (char *) (uintptr_t) folded.at, &folded.len) ? folded : folded_by_unicode(arena, t);
}
