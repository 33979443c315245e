/* fuzz_match.c - any bytes as account, client id and topic or filter, a line each: the guard's matching decides as a plain reading of
 * its rules does, and what is granted lies in the town and has the contract's form. */
#include "services/guard/match.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/guard_model.h"

#include "gen/guard_rules.h"

#include <assert.h>
#include <string.h>

static struct matcher m;

static const char *line(struct arena *arena, struct text *rest)
{
    struct text piece = fuzz_piece(rest, '\n');
    return arena_text(arena, piece.at, piece.len).at; /* a NUL ends it, as it does in the broker */
}

/* The filter itself as a topic is among what it grants, and nobody reads another's answers. */
static void check_granted(struct arena *arena, const struct subject *who, const char *filter)
{
    size_t len = strlen(filter);
    char *topic = (char *) arena_text(arena, filter, len).at;
    assert(len <= MATCH_TOPIC_BYTES_MAX && strncmp(filter, m.root, m.root_len) == 0);
    assert(strspn(filter, "abcdefghijklmnopqrstuvwxyz0123456789-/+#") == len);
    for (size_t i = 0; i < len; i++)
        topic[i] = topic[i] == '+' || topic[i] == '#' ? 'x' : topic[i];
    assert(match_read(&m, who, topic));
    if (strncmp(filter + m.root_len, "answer/", 7) == 0 && who->account.kind != ACCOUNT_SERVICE)
        assert(strncmp(filter + m.root_len + 7, who->account.name, strlen(who->account.name)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    struct roster_row row = { .locked = false };
    struct subject who;
    if (len == 0)
        return 0;
    if (m.root_len == 0)
        assert(matcher_init(&m, MODEL_TOWN, guard_rules, GUARD_RULE_COUNT));
    struct text rest = { (const char *) bytes + 1, len - 1 };
    const char *name = line(arena, &rest), *id = line(arena, &rest), *filter = line(arena, &rest);
    bool retain = bytes[0] & 1;
    size_t payload = (size_t[]){ 0, MATCH_PAYLOAD_MAX, MATCH_PAYLOAD_MAX + 1, MATCH_LARGE_PAYLOAD_MAX + 1 }[bytes[0] >> 1 & 3];
    if (!account_read(name, strlen(name), &row.account))
        return 0;
    row.director = row.account.kind == ACCOUNT_OFFICE && bytes[0] & 8;
    if (bytes[0] & 16)
        assert(roster_put_group(&row, "strike") && roster_put_group(&row, "general"));
    if (!subject_read(&row, id, &who))
        return 0;
    assert(strncmp(id, name, strlen(name)) == 0 && strlen(who.device) <= DEVICE_BYTES_MAX);
    assert(match_publish(&m, &who, filter, retain, payload) == model_publish(&who, filter, retain, payload));
    assert(match_read(&m, &who, filter) == model_read(&who, filter));
    bool granted = match_subscribe(&m, &who, filter);
    assert(granted == model_subscribe(&who, filter));
    fuzz_note(granted ? TEXT("granted") : TEXT("denied"));
    if (granted)
        check_granted(arena, &who, filter);
    return 0;
}
