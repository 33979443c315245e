/* json_text.c - a JSON value as compact text (yinling/reader.h), byte for byte what jansson prints with JSON_COMPACT.
 *
 * Every event, card and answer passes here, several times per lead. jansson's own printer decodes and checks each character twice and
 * hands over a few bytes at a time, seventy instructions a byte; a parsed or packed value is known to be UTF-8, so this one copies what
 * needs no escape in one piece. */
#include "yinling/reader.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { REAL_ROOM = 64, ESCAPE_MAX = 6 }; /* a control character becomes \u001F */

/* What is being printed, kept from one time to the next so that it rarely grows. */
static _Thread_local struct {
    char *at;
    size_t len, room;
    bool is_sorted; /* members by name */
} out;

static void make_room(size_t bytes)
{
    if (out.room - out.len >= bytes)
        return;
    out.room = (out.len + bytes) * 2;
    out.at = realloc(out.at, out.room);
    if (!out.at)
        abort();
}

static void put(const char *bytes, size_t len)
{
    make_room(len);
    memcpy(out.at + out.len, bytes, len);
    out.len += len;
}

#define BYTES(b) (UINT64_C(0x0101010101010101) * (b))
#define ANY_ZERO(x) (((x) -BYTES(1)) & ~(x) &BYTES(0x80))

/* How many bytes need no escape, from here on; eight at a time. */
static size_t plain_run(const char *at, size_t len)
{
    size_t i = 0;
    for (uint64_t x; i + sizeof x <= len; i += sizeof x) {
        memcpy(&x, at + i, sizeof x);
        uint64_t below_space = (x - BYTES(0x20)) & ~x & BYTES(0x80);
        if (below_space | ANY_ZERO(x ^ BYTES('"')) | ANY_ZERO(x ^ BYTES('\\')))
            break;
    }
    while (i < len && (unsigned char) at[i] >= ' ' && at[i] != '"' && at[i] != '\\')
        i++;
    return i;
}

static char *put_escape(char *to, unsigned char c)
{
    static const char shorts[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'
    };
    static const char digits[] = "0123456789ABCDEF";
    *to++ = '\\';
    if (c < sizeof shorts && shorts[c]) {
        *to++ = shorts[c];
        return to;
    }
    to = mempcpy(to, "u00", 3);
    *to++ = digits[c >> 4];
    *to++ = digits[c & 15];
    return to;
}

size_t json_quoted_len(struct text t)
{
    size_t len = t.len + 2;
    for (size_t i = plain_run(t.at, t.len); i < t.len; i += 1 + plain_run(t.at + i + 1, t.len - i - 1)) {
        char escape[ESCAPE_MAX];
        len += (size_t) (put_escape(escape, (unsigned char) t.at[i]) - escape) - 1;
    }
    return len;
}

size_t json_quote(char *ret_bytes, struct text t)
{
    char *to = ret_bytes;
    *to++ = '"';
    for (size_t i = 0; i < t.len;) {
        size_t run = plain_run(t.at + i, t.len - i);
        to = mempcpy(to, t.at + i, run);
        i += run;
        if (i < t.len)
            to = put_escape(to, (unsigned char) t.at[i++]);
    }
    *to++ = '"';
    return (size_t) (to - ret_bytes);
}

static void put_string(const char *at, size_t len)
{
    make_room(ESCAPE_MAX * len + 2);
    out.len += json_quote(out.at + out.len, (struct text){ at, len });
}

static void put_integer(int64_t number)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t) number : (uint64_t) number;
    do
        *--at = (char) ('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *--at = '-';
    put(at, (size_t) (digits + sizeof digits - at));
}

static void put_value(const json_t *value);

static struct text name_of(void *member)
{
    return (struct text){ json_object_iter_key(member), json_object_iter_key_len(member) };
}

static void put_member(char before, void *member)
{
    struct text name = name_of(member);
    put(&before, 1);
    put_string(name.at, name.len);
    put(":", 1);
    put_value(json_object_iter_value(member));
}

static int by_name(const void *a, const void *b)
{
    return text_order(name_of(*(void *const *) a), name_of(*(void *const *) b));
}

static void put_sorted_members(json_t *value)
{
    size_t count = 0;
    void **members = calloc(json_object_size(value), sizeof *members);
    if (!members)
        abort();
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at))
        members[count++] = at;
    qsort(members, count, sizeof *members, by_name);
    for (size_t i = 0; i < count; i++)
        put_member(i ? ',' : '{', members[i]);
    free(members);
}

static void put_object(json_t *value)
{
    if (json_object_size(value) == 0) {
        put("{}", 2);
        return;
    }
    char before = '{';
    if (out.is_sorted) {
        put_sorted_members(value);
    } else {
        for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at), before = ',')
            put_member(before, at);
    }
    put("}", 1);
}

static void put_array(const json_t *value)
{
    put("[", 1);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i)
            put(",", 1);
        put_value(json_array_get(value, i));
    }
    put("]", 1);
}

/* The contract has whole numbers; a stray real is left to jansson. */
static void put_real(const json_t *value)
{
    make_room(REAL_ROOM);
    size_t len = json_dumpb(value, out.at + out.len, REAL_ROOM, JSON_ENCODE_ANY);
    assert(len <= REAL_ROOM);
    out.len += len;
}

static void put_value(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object((json_t *) value);
        break;
    case JSON_ARRAY:
        put_array(value);
        break;
    case JSON_STRING:
        put_string(json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        put_integer(json_integer_value(value));
        break;
    case JSON_REAL:
        put_real(value);
        break;
    case JSON_TRUE:
        put("true", 4);
        break;
    case JSON_FALSE:
        put("false", 5);
        break;
    case JSON_NULL:
        put("null", 4);
        break;
    }
}

static struct text printed(struct arena *arena, const json_t *value, bool is_sorted)
{
    assert(value);
    out.len = 0;
    out.is_sorted = is_sorted;
    put_value(value);
    return arena_text(arena, out.at, out.len);
}

struct text json_text(struct arena *arena, const json_t *value)
{
    return printed(arena, value, false);
}

struct text json_canonical(struct arena *arena, const json_t *value)
{
    struct text made = printed(arena, value, true);
    sodium_memzero(out.at, out.len);
    return made;
}
