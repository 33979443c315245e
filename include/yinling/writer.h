/* writer.h - a JSON object written straight into bytes, for what is said or shown and never looked at again.
 *
 * Members come in the order they are written; the bytes are those that json_text gives of the same members. A member whose value is
 * absent (NO_TEXT, NULL, NEVER) is left out. Inside an array `field` is NULL. Everything lives in the arena. Pure; any thread.
 *
 *     struct writer w = writer_begin(arena);
 *     write_text(&w, "lead", lead->id);
 *     write_array(&w, "groups");
 *     write_c(&w, NULL, "general");
 *     write_end(&w);
 *     say_json(tx, now, EVENT_…, lead->id, NO_TEXT, writer_end(&w)); */
#ifndef YINLING_WRITER_H
#define YINLING_WRITER_H

#include "yinling/instant.h"

#include <jansson.h>

#define WRITER_DEPTH_MAX 8 /* objects and arrays within each other: as deep as the contract's messages go */

struct writer {
    struct arena *arena;
    char *at;
    size_t len, room;
    int depth;
    char closing[WRITER_DEPTH_MAX]; /* what ends each that is open */
};
struct writer writer_begin(struct arena *arena); /* opens the object */
struct text writer_end(struct writer *w);        /* closes it; the bytes */

void write_text(struct writer *w, const char *field, struct text value); /* UTF-8 */
void write_c(struct writer *w, const char *field, const char *value);
void write_int(struct writer *w, const char *field, int64_t value);
void write_bool(struct writer *w, const char *field, bool value);
void write_instant(struct writer *w, const char *field, instant_ms value);         /* RFC 3339, like instant_text */
void write_instant_or_null(struct writer *w, const char *field, instant_ms value); /* null for NEVER */
void write_json(struct writer *w, const char *field, const json_t *value);
void write_members(struct writer *w, struct text object); /* those of an object that is written already */
void write_object(struct writer *w, const char *field);
void write_array(struct writer *w, const char *field);
void write_end(struct writer *w); /* of the object or array opened last */

#endif
