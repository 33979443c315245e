/* fuzz_json.c - any bytes as JSON: what is read sooner is what jansson reads, or nothing, as there; what is printed, by json_text or member
 * by member by the writer, reads as the same; and what is refused of outside bytes is refused with a sentence. */
#include "tests/fuzz/fuzz.h"
#include "yinling/writer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { OUTSIDE_BYTES_MAX = 8192 };

/* Equal, and with members in the same order, which json_equal does not look at. */
static void check_same(const json_t *a, const json_t *b)
{
    assert(!a == !b);
    if (!a)
        return;
    char *one = json_dumps(a, JSON_COMPACT | JSON_ENCODE_ANY), *two = json_dumps(b, JSON_COMPACT | JSON_ENCODE_ANY);
    assert(one && two && strcmp(one, two) == 0);
    free(one);
    free(two);
}

static void check_printed(struct arena *arena, const json_t *value)
{
    struct text once = json_text(arena, value);
    json_t *again = json_keep(arena, json_parse(once.at, once.len, JSON_ALLOW_NUL, NULL));
    fuzz_note(once);
    assert(text_is_utf8(once) && again && json_equal(again, value));
    assert(text_is(json_text(arena, again), once));
}

/* Members of texts and numbers, written one after the other, give the bytes of json_text. */
static void check_written(struct arena *arena, const json_t *object)
{
    struct writer w = writer_begin(arena);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) object, key, value)
    {
        if (json_is_string(value))
            write_text(&w, key, (struct text){ json_string_value(value), json_string_length(value) });
        else if (json_is_integer(value))
            write_int(&w, key, json_integer_value(value));
        else if (json_is_boolean(value))
            write_bool(&w, key, json_is_true(value));
        else
            write_json(&w, key, value);
    }
    assert(text_is(writer_end(&w), json_text(arena, object)));
}

/* The writer's names are the contract's words; it escapes none. */
static bool has_plain_names(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) object, key, value)
    {
        if (strpbrk(key, "\"\\") || json_is_null(value) || json_is_real(value))
            return false;
        for (const char *c = key; *c; c++) {
            if ((unsigned char) *c < ' ' || (unsigned char) *c >= 0x7f)
                return false;
        }
    }
    return true;
}

static void try(struct arena *arena, const char *bytes, size_t len, size_t flags)
{
    json_error_t error;
    json_t *sooner = json_keep(arena, json_parse(bytes, len, flags, &error));
    json_t *jansson = json_keep(arena, json_loadb(bytes, len, flags, &error));
    check_same(sooner, jansson);
    if (!sooner)
        return;
    check_printed(arena, sooner);
    if (json_is_object(sooner) && has_plain_names(sooner))
        check_written(arena, sooner);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    const char *why = NULL;
    /* a copy that ends where it ends, for the sanitizer */
    char *copy = malloc(len + !len);
    if (len)
        memcpy(copy, bytes, len);
    try(arena, copy, len, 0);
    try(arena, copy, len, JSON_REJECT_DUPLICATES);
    json_t *outside = json_keep(arena, json_read(copy, len, OUTSIDE_BYTES_MAX, &why));
    assert(outside ? json_is_object(outside) : fuzz_is_sentence(text_of(why)));
    free(copy);
    return 0;
}
