/* text.h - borrowed UTF-8 text, and the arena that owns what a turn makes.
 *
 * struct text points into memory somebody else owns: a literal, a message, an arena. What an arena made is also
 * NUL-terminated, so `.at` may be given to C functions. `.at == NULL` means absent, which differs from empty.
 * Arena functions never fail: memory that cannot be had ends the process (environment trouble, STYLE §3).
 * Nothing blocks. An arena belongs to one thread. */
#ifndef YINLING_TEXT_H
#define YINLING_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *at;
    size_t len; /* bytes */
};

#define TEXT(literal) ((struct text){ "" literal, sizeof(literal) - 1 })
#define NO_TEXT ((struct text){ NULL, 0 })
#define TEXT_FMT "%.*s"
#define TEXT_ARG(t) (int) (t).len, (t).at ? (t).at : ""

struct text text_of(const char *c_string); /* NULL gives NO_TEXT */
bool text_is(struct text a, struct text b);
bool text_is_c(struct text a, const char *b);
bool text_starts(struct text whole, struct text with);
bool text_has(struct text whole, struct text part);
int text_order(struct text a, struct text b); /* as memcmp, for sorting */
/* Decimal integer of 1-18 digits, optional minus, nothing else. */
bool text_int(struct text from, int64_t *ret);

/* Unicode (utf8proc). Lengths in messages count code points; what people see is cut at graphemes. */
bool text_is_utf8(struct text t);
int32_t text_point(struct text t, size_t *offset); /* the code point there, moving on; -1 at the end or where it is not UTF-8 */
size_t text_codepoints(struct text t);
size_t text_graphemes(struct text t);

struct arena;
struct arena *arena_new(size_t chunk_bytes);
struct arena *arena_free(struct arena *arena);       /* runs what arena_at_reset was given; returns NULL; NULL is fine */
void arena_reset(struct arena *arena);               /* forgets everything made since the start or the last reset */
void *arena_take(struct arena *arena, size_t bytes); /* zeroed, aligned for any object */
void arena_at_reset(struct arena *arena, void (*release)(void *), void *what);
const void *arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, const void *mark); /* what arena_at_reset was given since the mark; memory stays */

struct text arena_text(struct arena *arena, const char *bytes, size_t len); /* a copy */
struct text arena_copy(struct arena *arena, struct text t);                 /* a copy; NO_TEXT stays NO_TEXT */
struct text arena_joined(struct arena *arena, const char *first, ...) __attribute__((sentinel)); /* C strings, up to a NULL */
struct text arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct text arena_vprintf(struct arena *arena, const char *format, va_list args);

/* At most `graphemes_max` graphemes; when it had to be cut the last one is `…`. */
struct text text_cut(struct arena *arena, struct text t, size_t graphemes_max);
/* NFKC with case folded, full width made half width, white space and control characters removed: for comparing and for
 * keyword rules, never for showing. Not UTF-8 gives an empty text. */
struct text text_folded(struct arena *arena, struct text t);

/* Runs a function on a variable that goes out of scope: own(arena_free) struct arena *a = ...;  (runtime, CLI, tests) */
#define own(release) __attribute__((cleanup(own_##release)))
static inline void own_arena_free(struct arena **a)
{
    *a = arena_free(*a);
}

#endif
