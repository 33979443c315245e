/* writer.c - see yinling/writer.h. */
#include "yinling/writer.h"

#include "yinling/reader.h"

#include <assert.h>
#include <string.h>

enum { ROOM_FIRST = 512, NUMBER_ROOM = 24 };

static char *room_for(struct writer *w, size_t bytes)
{
    if (w->room - w->len < bytes) {
        w->room = 2 * (w->len + bytes);
        char *larger = arena_take(w->arena, w->room);
        if (w->len)
            memcpy(larger, w->at, w->len);
        w->at = larger;
    }
    return w->at + w->len;
}

static void put(struct writer *w, const char *bytes, size_t len)
{
    memcpy(room_for(w, len), bytes, len);
    w->len += len;
}

/* The comma before a member or element, and the member's name. */
static void put_name(struct writer *w, const char *field)
{
    char last = w->at[w->len - 1];
    if (last != '{' && last != '[')
        put(w, ",", 1);
    if (!field)
        return;
    size_t len = strlen(field);
    char *to = room_for(w, len + 3);
    *to++ = '"';
    to = mempcpy(to, field, len);
    memcpy(to, "\":", 2);
    w->len += len + 3;
}

static void put_member(struct writer *w, const char *field, const char *bytes, size_t len)
{
    put_name(w, field);
    put(w, bytes, len);
}

static void open_with(struct writer *w, char opening, char closing)
{
    assert(w->depth < WRITER_DEPTH_MAX);
    put(w, &opening, 1);
    w->closing[w->depth++] = closing;
}

struct writer writer_begin(struct arena *arena)
{
    struct writer w = { .arena = arena, .at = arena_take(arena, ROOM_FIRST), .room = ROOM_FIRST };
    open_with(&w, '{', '}');
    return w;
}

struct text writer_end(struct writer *w)
{
    assert(w->depth == 1);
    write_end(w);
    put(w, "", 1); /* what an arena made ends with a zero */
    return (struct text){ w->at, w->len - 1 };
}

void write_text(struct writer *w, const char *field, struct text value)
{
    if (!value.at)
        return;
    put_name(w, field);
    w->len += json_quote(room_for(w, json_quoted_len(value)), value);
}

void write_c(struct writer *w, const char *field, const char *value)
{
    write_text(w, field, text_of(value));
}

void write_int(struct writer *w, const char *field, int64_t value)
{
    char digits[NUMBER_ROOM], *at = digits + sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
    do
        *--at = (char) ('0' + left % 10);
    while (left /= 10);
    if (value < 0)
        *--at = '-';
    put_member(w, field, at, (size_t) (digits + sizeof digits - at));
}

void write_bool(struct writer *w, const char *field, bool value)
{
    put_member(w, field, value ? "true" : "false", value ? 4 : 5);
}

void write_instant(struct writer *w, const char *field, instant_ms value)
{
    if (!is_never(value))
        write_text(w, field, instant_text(w->arena, value));
}

void write_instant_or_null(struct writer *w, const char *field, instant_ms value)
{
    if (is_never(value))
        put_member(w, field, "null", 4);
    else
        write_instant(w, field, value);
}

void write_json(struct writer *w, const char *field, const json_t *value)
{
    if (!value)
        return;
    struct text printed = json_text(w->arena, value);
    put_member(w, field, printed.at, printed.len);
}

void write_members(struct writer *w, struct text object)
{
    assert(object.len >= 2 && object.at[0] == '{');
    if (object.len > 2)
        put_member(w, NULL, object.at + 1, object.len - 2);
}

void write_object(struct writer *w, const char *field)
{
    put_name(w, field);
    open_with(w, '{', '}');
}

void write_array(struct writer *w, const char *field)
{
    put_name(w, field);
    open_with(w, '[', ']');
}

void write_end(struct writer *w)
{
    assert(w->depth > 0);
    put(w, &w->closing[--w->depth], 1);
}
