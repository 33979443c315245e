/* topic.c - topics, events and request kinds as values (yinling/topic.h); the tables are made from topics.yaml.
 *
 * topic_read is called for every message: the shapes are sorted by number of levels and, within it, most specific first, so that
 * the first that fits is the answer after comparing a dozen short words. */
#include "yinling/topic.h"

#include <assert.h>
#include <string.h>

#define SHAPE_LEVELS_MAX 8 /* of a path below the root; the contract allows fewer */
#define PART_BYTES_MAX 64

/* A path's levels; of a part `fixed` is what follows it: office/inbox/{lead}-return. */
struct shape {
    enum topic_id id;
    struct {
        const char *fixed;
        size_t len;
        bool is_part;
    } levels[SHAPE_LEVELS_MAX];
};

#include "gen/topics_table.h"

bool topic_is_part(struct text t)
{
    bool sound = t.len >= 1 && t.len <= PART_BYTES_MAX;
    for (size_t i = 0; sound && i < t.len; i++)
        sound = (t.at[i] >= 'a' && t.at[i] <= 'z') || (t.at[i] >= '0' && t.at[i] <= '9') || t.at[i] == '-';
    return sound;
}

struct topic topic_of_(struct arena *arena, enum topic_id id, const struct text *parts, size_t count)
{
    assert((unsigned) id < TOPIC_COUNT && count == (size_t) topic_specs[id].parts);
    char path[TOPIC_BYTES_MAX];
    size_t len = 0, used = 0;
    for (const char *p = topic_specs[id].pattern; *p;) {
        size_t taken = *p == '{' ? strcspn(p, "}") + 1 : strcspn(p, "{");
        struct text piece = *p == '{' ? parts[used++] : (struct text){ p, taken };
        assert(*p != '{' || topic_is_part(piece));
        assert(len + piece.len <= sizeof path);
        memcpy(path + len, piece.at, piece.len);
        len += piece.len;
        p += taken;
    }
    return (struct topic){ id, arena_text(arena, path, len) };
}

struct topic topic_plain(enum topic_id id)
{
    assert((unsigned) id < TOPIC_COUNT && topic_specs[id].parts == 0);
    return (struct topic){ id, text_of(topic_specs[id].pattern) };
}

struct text topic_filter(struct arena *arena, enum topic_id id, struct text first)
{
    assert((unsigned) id < TOPIC_COUNT && (!first.at || topic_is_part(first)));
    struct text filter = TEXT("");
    for (const char *p = topic_specs[id].pattern; *p;) {
        size_t fixed = strcspn(p, "{"), part = strcspn(p + fixed, "/"); /* of a level only its whole can be asked for */
        struct text open = first.at ? first : TEXT("+");
        filter =
            arena_printf(arena, TEXT_FMT "%.*s" TEXT_FMT, TEXT_ARG(filter), (int) fixed, p, TEXT_ARG(part ? open : TEXT("")));
        first = part ? NO_TEXT : first;
        p += fixed + part;
    }
    return filter;
}

/* The number of levels, 0 when there are none or too many. */
static size_t levels_of(struct text path, struct text ret_levels[SHAPE_LEVELS_MAX])
{
    size_t count = 0;
    if (!path.at)
        return 0;
    const char *at = path.at, *end = path.at + path.len;
    for (;;) {
        if (count == SHAPE_LEVELS_MAX)
            return 0;
        const char *slash = memchr(at, '/', (size_t) (end - at));
        ret_levels[count++] = (struct text){ at, (size_t) ((slash ? slash : end) - at) };
        if (!slash)
            break;
        at = slash + 1;
    }
    return count;
}

static bool fits(const struct shape *shape, const struct text *levels, size_t count, struct text *ret_parts)
{
    size_t parts = 0;
    for (size_t i = 0; i < count; i++) {
        struct text level = levels[i];
        size_t fixed = shape->levels[i].len;
        bool has_part = shape->levels[i].is_part;
        if (has_part ? level.len <= fixed : level.len != fixed)
            return false;
        struct text part = { level.at, level.len - fixed };
        if (memcmp(level.at + part.len, shape->levels[i].fixed, fixed) != 0 || (has_part && !topic_is_part(part)))
            return false;
        if (has_part)
            ret_parts[parts++] = part;
    }
    return true;
}

bool topic_read(struct text path, enum topic_id *ret_id, struct text ret_parts[TOPIC_PARTS_MAX])
{
    struct text levels[SHAPE_LEVELS_MAX], parts[SHAPE_LEVELS_MAX];
    size_t count = levels_of(path, levels);
    for (size_t i = shape_start[count]; count > 0 && i < shape_start[count + 1]; i++)
        if (fits(&shapes[i], levels, count, parts)) {
            *ret_id = shapes[i].id;
            memcpy(ret_parts, parts, (size_t) topic_specs[shapes[i].id].parts * sizeof *parts);
            return true;
        }
    return false;
}

bool event_of(struct text name, enum event_type *ret)
{
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (text_is_c(name, event_specs[i].name)) {
            *ret = (enum event_type) i;
            return true;
        }
    return false;
}

bool request_of(struct text name, enum request_kind *ret)
{
    for (int i = 0; i < REQUEST_KIND_COUNT; i++)
        if (text_is_c(name, request_specs[i].name)) {
            *ret = (enum request_kind) i;
            return true;
        }
    return false;
}
