/* fuzz_tap.c - whatever a phone publishes: nothing crashes, and what is taken for an act or a number is within its bounds. */
#include "services/warning/phone.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

/* Texts of orders reach the phone as well: the same bytes as a headline and an instruction never make a longer sentence. */
static void show(struct arena *arena, struct text t)
{
    struct phone_item item = { .number = 17,
                               .severity = SEVERITY_SEVERE,
                               .status = PHONE_TEST,
                               .stage = t.len % 3,
                               .village = TEXT("田桥"),
                               .headline = text_cut(arena, t, 40),
                               .instruction = t,
                               .reason = t,
                               .worded_at = { 1780000000000 },
                               .reason_at = { 1780000000000 },
                               .confirm_by = { 1780000900000 },
                               .expires = { 1780009000000 },
                               .reached = (int64_t) t.len };
    struct text made = phone_item_text(arena, &item, (int64_t) t.len, t.len % 2, (instant_ms){ 1800000000000 });
    fuzz_note(made);
    assert(text_is_utf8(made));
    assert(text_graphemes(made) <= PHONE_GRAPHEMES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    struct text payload = arena_text(arena, (const char *) bytes, len);
    struct phone_act act;
    int64_t households;
    if (phone_read(arena, payload, &act) == PHONE_ACT) {
        assert(act.id.len > 0 && act.id.len <= 64 && act.warning.len <= 64 && act.ask >= 0);
        assert(act.reached >= -1 && act.reached <= PHONE_HOUSEHOLDS_MAX);
        assert(act.step != PHONE_REACHED || act.reached >= 0);
    }
    if (phone_households(arena, payload, &households))
        assert(households >= 0 && households <= PHONE_HOUSEHOLDS_MAX);
    if (text_is_utf8(payload) && len <= 8192)
        show(arena, payload);
    return 0;
}
