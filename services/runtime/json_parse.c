/* json_parse.c - JSON bytes to a value (yinling/reader.h): what jansson's json_loadb makes of them, sooner.
 *
 * jansson reads character by character, two hundred instructions a byte, and was most of what a consumer that catches up did. This
 * one takes the plain case, which is nearly all that is ever said: objects, arrays, whole numbers, strings without escapes. On anything
 * else, right or wrong, it gives up and jansson decides from the beginning; so there is no second opinion on what JSON is. */
#include "yinling/reader.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DEPTH_MAX = 16, DIGITS_MAX = 18 };

struct place {
    const char *at, *end;
    int depth;
};

static json_t *value_here(struct place *p);

static void skip_space(struct place *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r'))
        p->at++;
}

static bool take(struct place *p, char c)
{
    skip_space(p);
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

/* How many bytes the character here has, by Unicode's table of well-formed sequences; 0 when it is none of several bytes. */
static size_t wide_len(const unsigned char *c, size_t left)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, len;
    } table[] = { { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
                  { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
                  { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 } };
    if (c[0] >= 0xe1 && c[0] <= 0xec && left >= 3 && (c[1] & 0xc0) == 0x80 && (c[2] & 0xc0) == 0x80)
        return 3; /* nearly all of Chinese */
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (c[0] < table[i].first_low || c[0] > table[i].first_high)
            continue;
        size_t len = table[i].len, good = left >= len && c[1] >= table[i].second_low && c[1] <= table[i].second_high;
        for (size_t k = 2; good && k < len; k++)
            good = (c[k] & 0xc0) == 0x80;
        return good ? len : 0;
    }
    return 0;
}

/* Whether the next eight bytes are ASCII and neither controls, nor quotes, nor backslashes: one step for the digits and names of which
 * most of a message consists. Of ASCII, a byte that is below n shows its highest bit when n is taken from it. False may be too careful. */
static bool are_eight_plain(const char *at, const char *end)
{
    const uint64_t ones = 0x0101010101010101, highest = 0x8080808080808080;
    uint64_t eight;
    if (end - at < (ptrdiff_t) sizeof eight)
        return false;
    memcpy(&eight, at, sizeof eight);
    uint64_t quotes = eight ^ ones * '"', escapes = eight ^ ones * '\\';
    return ((eight | (eight - ones * 0x20) | (quotes - ones) | (escapes - ones)) & highest) == 0;
}

/* A string without escapes, its quotes taken off. */
static bool text_here(struct place *p, struct text *ret)
{
    if (!take(p, '"'))
        return false;
    for (const char *start = p->at; p->at < p->end;) {
        if (are_eight_plain(p->at, p->end)) {
            p->at += 8;
            continue;
        }
        unsigned char c = (unsigned char) *p->at;
        if (c == '"') {
            *ret = (struct text){ start, (size_t) (p->at++ - start) };
            return true;
        }
        size_t len = c < 0x80 ? c >= 0x20 && c != '\\' : wide_len((const unsigned char *) p->at, (size_t) (p->end - p->at));
        if (len == 0)
            return false;
        p->at += len;
    }
    return false;
}

/* Whole, not negative, without a leading zero. */
static json_t *number_here(struct place *p)
{
    json_int_t number = 0;
    const char *start = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9' && p->at - start < DIGITS_MAX)
        number = number * 10 + (*p->at++ - '0');
    bool is_number = p->at > start && (*start != '0' || p->at - start == 1);
    bool is_over = p->at < p->end && *p->at && strchr(",]} \n\t\r", *p->at);
    return is_number && is_over ? json_integer(number) : NULL;
}

static json_t *word_here(struct place *p, const char *word, json_t *value)
{
    size_t len = strlen(word);
    if ((size_t) (p->end - p->at) < len || memcmp(p->at, word, len) != 0)
        return NULL;
    p->at += len;
    return value;
}

static bool fill_array(struct place *p, json_t *array)
{
    if (take(p, ']'))
        return true;
    do {
        if (json_array_append_new(array, value_here(p)) != 0) /* NULL is refused */
            return false;
    } while (take(p, ','));
    return take(p, ']');
}

static bool fill_object(struct place *p, json_t *object)
{
    struct text key;
    if (take(p, '}'))
        return true;
    do {
        size_t before = json_object_size(object);
        if (!text_here(p, &key) || !take(p, ':') || json_object_setn_new_nocheck(object, key.at, key.len, value_here(p)) != 0 ||
            json_object_size(object) == before) /* the same key again */
            return false;
    } while (take(p, ','));
    return take(p, '}');
}

static json_t *filled(struct place *p, json_t *value, bool (*fill)(struct place *p, json_t *value))
{
    p->at++;
    p->depth++;
    if (p->depth > DEPTH_MAX || !fill(p, value)) {
        json_decref(value);
        return NULL;
    }
    p->depth--;
    return value;
}

/* NULL: given up. */
static json_t *value_here(struct place *p)
{
    struct text t;
    skip_space(p);
    if (p->at == p->end)
        return NULL;
    switch (*p->at) {
    case '{':
        return filled(p, json_object(), fill_object);
    case '[':
        return filled(p, json_array(), fill_array);
    case '"':
        return text_here(p, &t) ? json_stringn_nocheck(t.at, t.len) : NULL;
    case 't':
        return word_here(p, "true", json_true());
    case 'f':
        return word_here(p, "false", json_false());
    case 'n':
        return word_here(p, "null", json_null());
    default:
        return number_here(p);
    }
}

json_t *json_parse(const char *bytes, size_t len, size_t flags, json_error_t *ret_error)
{
    struct place p = { bytes, bytes + len, 0 };
    skip_space(&p);
    json_t *value = p.at < p.end && (*p.at == '{' || *p.at == '[') ? value_here(&p) : NULL;
    skip_space(&p);
    if (value && p.at == p.end)
        return value;
    json_decref(value);
    return json_loadb(bytes, len, flags, ret_error);
}
