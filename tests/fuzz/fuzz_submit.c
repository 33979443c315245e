/* fuzz_submit.c - any bytes as a lead-submit: a complaint, or a lead whose every part keeps its limits. */
#include "services/intake/likeness.h"
#include "services/intake/submission.h"
#include "services/intake/title.h"
#include "tests/fuzz/fuzz.h"
#include "yinling/edition.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);

static const struct town *town;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;
    own(findings_free) struct findings *into = findings_new();
    town = town_load("deploy/binhu", into);
    findings_print(into, stderr);
    if (!town)
        abort();
    return 0;
}

static void check(struct arena *arena, const struct submission *s)
{
    struct trait traits[TRAITS_MAX];
    fuzz_note(s->text);
    assert(s->text.len && text_is_utf8(s->text) && text_codepoints(s->text) <= TEXT_MAX);
    assert(text_codepoints(s->title) <= TITLE_MAX);
    assert(!s->village.at || town_village(town, s->village));
    assert(json_is_object(s->facts) && json_text(arena, s->facts).len);
    assert(!json_object_get(s->facts, "reporter") && !json_object_get(s->facts, "text"));
    size_t count = likeness_of(arena, json_object_get(s->facts, "subject"), traits);
    for (size_t i = 0; i < count; i++)
        assert(traits[i].form.len && text_is_utf8(traits[i].form));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    enum { REQUEST_BYTES_MAX = 8192 };
    static const char *const accounts[] = { "12345", "web", "w200-1", "discipline-1" };
    struct arena *arena = fuzz_arena();
    const char *why = NULL;
    json_t *body = json_read((const char *) bytes, len, REQUEST_BYTES_MAX, &why);
    assert((body == NULL) == (why != NULL) && (body || fuzz_is_sentence(text_of(why))));
    if (!body)
        return 0;
    struct account who;
    struct text name = text_of(accounts[len % (sizeof accounts / sizeof *accounts)]);
    bool is_account = account_read(name.at, name.len, &who);
    assert(is_account);
    instant_ms now = instant_of_civil(2026, 5, 26, 12, 0, 0);
    struct reader *in = reader_strict(arena, json_keep(arena, body));
    struct submission s;
    submission_read(arena, town, now, &who, in, body, &s);
    if (is_sound(in))
        check(arena, &s);
    else
        assert(complaint_of(in)->code < CODE_COUNT && fuzz_is_sentence(complaint_of(in)->message));
    return 0;
}
