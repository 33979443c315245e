/* json_text.c - a JSON value as compact text (yinling/reader.h), byte for byte what jansson prints with JSON_COMPACT.
 *
 * Every event, card and answer passes here, several times per lead. jansson's own printer decodes and checks each character twice and
 * hands over a few bytes at a time, seventy instructions a byte; a parsed or packed value is known to be UTF-8, so this one copies what
 * needs no escape in one piece. */
#include "yinling/reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { REAL_ROOM = 64, ESCAPE_MAX = 6 }; /* a control character becomes \u001F */

/* What is being printed, kept from one time to the next so that it rarely grows. */
static _Thread_local struct {
    char *at;
    size_t len, room;
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

static void put_object(json_t *value)
{
    char before = '{';
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at)) {
        put(&before, 1);
        put_string(json_object_iter_key(at), json_object_iter_key_len(at));
        put(":", 1);
        put_value(json_object_iter_value(at));
        before = ',';
    }
    put(before == '{' ? "{}" : "}", before == '{' ? 2 : 1);
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

struct text json_text(struct arena *arena, const json_t *value)
{
    assert(value);
    out.len = 0;
    put_value(value);
    return arena_text(arena, out.at, out.len);
}
