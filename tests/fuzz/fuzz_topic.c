/* fuzz_topic.c - any bytes as a topic, an account's name, a kind of request or event: what is read is what a plain reading of the
 * contract's tables gives, and is written back the same. */
#include "tests/fuzz/fuzz.h"
#include "yinling/account.h"
#include "yinling/topic.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static bool is_part(struct text t)
{
    char copy[65];
    if (t.len < 1 || t.len > 64 || memchr(t.at, '\0', t.len))
        return false;
    memcpy(copy, t.at, t.len);
    copy[t.len] = '\0';
    return strspn(copy, "abcdefghijklmnopqrstuvwxyz0123456789-") == t.len;
}

/* How many levels of the pattern are fixed, when the path has its form; -1 otherwise. Walks both level by level. */
static int fixed_levels(struct text path, const char *pattern)
{
    int fixed = 0;
    struct text rest = text_of(pattern);
    for (;;) {
        bool is_last = !memchr(path.at, '/', path.len), is_last_of_pattern = !memchr(rest.at, '/', rest.len);
        struct text level = fuzz_piece(&path, '/'), form = fuzz_piece(&rest, '/');
        const char *end = form.at[0] == '{' ? memchr(form.at, '}', form.len) + 1 : form.at;
        struct text tail = { end, form.len - (size_t) (end - form.at) };
        if (end == form.at && !text_is(level, form))
            return -1;
        if (end != form.at && (level.len <= tail.len || memcmp(level.at + level.len - tail.len, tail.at, tail.len) != 0 ||
                               !is_part((struct text){ level.at, level.len - tail.len })))
            return -1;
        fixed += end == form.at;
        if (is_last != is_last_of_pattern)
            return -1;
        if (is_last)
            return fixed;
    }
}

static void try_topic(struct arena *arena, struct text path)
{
    enum topic_id id = TOPIC_COUNT;
    struct text parts[TOPIC_PARTS_MAX];
    bool is_topic = topic_read(path, &id, parts);
    int best = -1;
    for (int each = 0; each < TOPIC_COUNT; each++) {
        int fixed = fixed_levels(path, topic_specs[each].pattern);
        best = fixed > best ? fixed : best;
    }
    assert(is_topic == (best >= 0));
    fuzz_note(is_topic ? path : TEXT("none"));
    if (!is_topic)
        return;
    assert(id < TOPIC_COUNT && fixed_levels(path, topic_specs[id].pattern) == best);
    assert(text_is(topic_of_(arena, id, parts, (size_t) topic_specs[id].parts).path, path));
}

/* A name is written again from what was read off it. */
static void try_account(struct text given)
{
    struct account who;
    char again[2 * ACCOUNT_BYTES_MAX + 16];
    if (!account_read(given.at, given.len, &who))
        return;
    assert(given.len <= ACCOUNT_BYTES_MAX && is_part(given) && text_is_c(given, who.name));
    const char *kind = account_kind_name(who.kind);
    if (who.kind == ACCOUNT_CHANNEL || who.kind == ACCOUNT_SERVICE)
        snprintf(again, sizeof again, "%s", who.name);
    else if (who.kind == ACCOUNT_WORKER)
        snprintf(again, sizeof again, "w%s-%d", who.scope, who.number);
    else if (who.kind == ACCOUNT_VILLAGE)
        snprintf(again, sizeof again, "%s-%s", kind, who.scope);
    else
        snprintf(again, sizeof again, "%s-%s%s%d", kind, who.scope, who.scope[0] ? "-" : "", who.number);
    assert(text_is_c(given, again));
}

static void try_words(struct text given)
{
    enum request_kind kind = REQUEST_KIND_COUNT;
    enum event_type type = EVENT_TYPE_COUNT;
    int kinds = 0, types = 0;
    for (int i = 0; i < REQUEST_KIND_COUNT; i++)
        kinds += text_is_c(given, request_specs[i].name);
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        types += text_is_c(given, event_specs[i].name);
    assert(request_of(given, &kind) == (kinds == 1) && (!kinds || text_is_c(given, request_specs[kind].name)));
    assert(event_of(given, &type) == (types == 1) && (!types || text_is_c(given, event_specs[type].name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    struct text given = arena_text(arena, (const char *) bytes, len);
    try_topic(arena, given);
    try_account(given);
    try_words(given);
    return 0;
}
