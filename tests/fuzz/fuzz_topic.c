/* fuzz_topic.c - any bytes as a topic or an account's name: what is read is written back the same. */
#include "yinling/account.h"
#include "yinling/topic.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void try_topic(struct arena *arena, struct text path)
{
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    if (!topic_read(path, &id, parts))
        return;
    assert(id < TOPIC_COUNT);
    assert(text_is(topic_of_(arena, id, parts, (size_t) topic_specs[id].parts).path, path));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    struct text given = arena_text(arena, (const char *) bytes, len);
    struct account who;
    try_topic(arena, given);
    if (account_read(given.at, given.len, &who))
        assert(strlen(who.name) == given.len && memcmp(who.name, given.at, given.len) == 0);
    enum request_kind kind;
    if (request_of(given, &kind))
        assert(text_is_c(given, request_specs[kind].name));
    return 0;
}
