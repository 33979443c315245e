/* fuzz_import.c - any bytes as a file that `yinling import` is given: rows or a sentence; each row a body that intake's own reading can
 * be asked about, or a sentence; and the same row has the same id wherever it stands. The first byte says whether columns are named. */
#include "services/cli/sheet.h"
#include "tests/fuzz/fuzz.h"
#include "yinling/edition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BODIES_MAX = 32 };

static const struct town *town;

static void town_open(void)
{
    own(findings_free) struct findings *into = findings_new();
    town = town_load("deploy/binhu", into);
    assert(town);
}

static void check_body(struct arena *arena, json_t *body)
{
    char id[SHEET_ID_CHARS + 1], again[SHEET_ID_CHARS + 1], other[SHEET_ID_CHARS + 1];
    const char *why = NULL;
    json_keep(arena, body);
    struct text written = json_text(arena, body);
    json_t *read = json_keep(arena, json_read(written.at, written.len, SIZE_MAX, &why));
    fuzz_note(written);
    assert(json_is_object(body) &&
           (read || memchr(written.at, '\\', written.len))); /* only a NUL, written as such, is refused */
    assert(!read || json_equal(read, body));
    sheet_id(body, 0, id);
    sheet_id(read ? read : body, 0, again);
    sheet_id(body, 1, other);
    assert(strlen(id) == SHEET_ID_CHARS && strcmp(id, again) == 0 && strcmp(id, other) != 0);
}

static void check_rows(struct arena *arena, const struct sheet *sheet, const struct sheet_map *map)
{
    struct form form = { .arena = arena, .town = town, .now = instant_of_civil(2026, 5, 26, 9, 0, 0) };
    for (size_t i = 0; i < sheet->count && i < BODIES_MAX; i++) {
        size_t loose = 0;
        struct text field = NO_TEXT, why = NO_TEXT;
        json_t *body = sheet_body(&form, sheet, map, i, &loose, &field, &why);
        assert(sheet->rows[i].line >= 1 && (i == 0 || sheet->rows[i].line >= sheet->rows[i - 1].line));
        if (body)
            check_body(arena, body);
        else
            assert(fuzz_is_sentence(why));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (!town)
        town_open();
    if (len == 0)
        return 0;
    struct arena *arena = fuzz_arena();
    struct text why = NO_TEXT;
    struct sheet_map map;
    const struct sheet *sheet = sheet_read(arena, arena_text(arena, (const char *) bytes + 1, len - 1), &why);
    if (!sheet) {
        assert(fuzz_is_sentence(why));
        return 0;
    }
    assert(sheet->column_count <= SHEET_COLUMNS_MAX);
    for (size_t i = 0; i < sheet->column_count; i++)
        assert(text_is_utf8(sheet->columns[i]));
    static const char *const pairs[] = { NULL, "text=a,village=b,amount_yuan=c,occurred_on=d", "text=a,urgency=b,victims=c" };
    memset(&map, 0, sizeof map);
    if (sheet_map(arena, sheet, pairs[bytes[0] % 3], &map, &why))
        check_rows(arena, sheet, &map);
    else
        assert(fuzz_is_sentence(why));
    return 0;
}
