/* fuzz_request.c - any bytes as a request of any kind by any account: one answer of the contract's form; a refusal changes nothing but
 * what is remembered of it; and the same again gives the same answer.
 *
 * The first byte chooses who asks for what, the rest is the payload. */
#include "tests/fuzz/desk.h"
#include "tests/fuzz/fuzz.h"
#include "yinling/topic.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const askers[] = { "12345",        "web/abcdefghijklmnopqrstuvwx27",
                                      "w200-1",       "staff-police-1",
                                      "office-1",     "office-2/desk",
                                      "discipline-1", "publicity-1",
                                      "operator-1",   "staff-justice-2",
                                      "village-200",  "12337",
                                      "dashboard-1",  "walk-in" };
enum { ASKERS = sizeof askers / sizeof *askers, OFTEN = 8 /* one input in so many is looked at more closely */ };

static void check_refusal(const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    struct text code = json_text_at(error, "code"), message = json_text_at(error, "message");
    int known = 0;
    for (int i = 0; i < CODE_COUNT; i++)
        known += text_is_c(code, code_name((enum code) i));
    assert(json_is_object(error) && known == 1 && fuzz_is_sentence(message));
    assert(!text_is_c(code, "internal"));
    assert(!text_is_c(code, "too-many") || json_int_at(error, "retry_after_s", 0) > 0);
}

/* Its form; true when it grants. */
static bool check_answer(struct arena *arena, struct text payload, const char *kind)
{
    const char *why = NULL;
    json_t *answer = json_keep(arena, json_read(payload.at, payload.len, 512 * 1024, &why));
    assert(answer && text_is_c(json_text_at(answer, "kind"), kind) && json_object_get(answer, "request"));
    const json_t *ok = json_object_get(answer, "ok");
    assert(json_is_boolean(ok));
    if (!json_is_true(ok))
        check_refusal(answer);
    return json_is_true(ok);
}

/* Guessing a tracking code again is slowed down. */
static bool is_slowed(struct text answer)
{
    return text_has(answer, TEXT("\"too-many\""));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < 2)
        return 0;
    struct arena *arena = fuzz_arena();
    const struct request_spec *spec = &request_specs[bytes[0] % REQUEST_KIND_COUNT];
    struct desk *desk = spec->later ? NULL : desk_answering(spec->service);
    if (!desk)
        return 0;
    struct text path = arena_printf(arena, "request/%s/%s", spec->name, askers[bytes[1] % ASKERS]);
    /* a copy that ends where it ends, for the sanitizer */
    char *copy = malloc(len - 1);
    memcpy(copy, bytes + 2, len - 2);
    copy[len - 2] = '\0';
    struct text payload = { copy, len - 2 };
    bool closely = fuzz_hash(bytes, len) % OFTEN == 0;
    desk_closely(desk, closely);
    struct desk_state before = closely ? desk_state(desk, arena) : (struct desk_state){ 0 };
    struct desk_said said = desk_hand(desk, arena, path, payload);
    assert(said.answers == 1);
    bool granted = check_answer(arena, said.answer, spec->name);
    if (closely && !granted) {
        struct desk_state after = desk_state(desk, arena);
        assert(after.rows == before.rows && after.head == before.head && after.revision == before.revision);
    }
    if (closely) {
        struct desk_said again = desk_hand(desk, arena, path, payload);
        assert(again.answers == 1 && (text_is(again.answer, said.answer) || is_slowed(again.answer)));
    }
    desk_undo(desk);
    free(copy);
    return 0;
}
