/* fuzz_csv.c - any bytes as a table: rows of the header's width or a finding, never neither, lines in order; and what was read, printed
 * with every field in quotes, reads as the same. */
#include "tests/fuzz/fuzz.h"
#include "yinling/yaml.h"

#include <assert.h>
#include <string.h>

enum { ROWS_MAX = 100 };

static void walk(const struct csv *csv)
{
    int line = 0;
    assert(csv_rows(csv) <= ROWS_MAX && csv_columns(csv) > 0);
    for (size_t row = 0; row < csv_rows(csv); row++) {
        assert(csv_place(csv, row).line > line);
        line = csv_place(csv, row).line;
        for (size_t c = 0; c < csv_columns(csv); c++) {
            struct text field = csv_get(csv, row, csv_column(csv, c).at);
            assert(field.at && text_is_utf8(field) && !memchr(field.at, '\0', field.len));
        }
    }
}

static char *put_field(char *at, struct text field, bool is_last)
{
    *at++ = '"';
    for (size_t i = 0; i < field.len; i++) {
        if (field.at[i] == '"')
            *at++ = '"';
        *at++ = field.at[i];
    }
    *at++ = '"';
    *at++ = is_last ? '\n' : ',';
    return at;
}

static struct text printed(struct arena *arena, const struct csv *csv, size_t len)
{
    size_t fields = (csv_rows(csv) + 1) * csv_columns(csv), n = csv_columns(csv);
    char *made = arena_take(arena, 2 * len + 3 * fields + 1), *at = made;
    for (size_t c = 0; c < n; c++)
        at = put_field(at, csv_column(csv, c), c + 1 == n);
    for (size_t row = 0; row < csv_rows(csv); row++) {
        for (size_t c = 0; c < n; c++)
            at = put_field(at, csv_get(csv, row, csv_column(csv, c).at), c + 1 == n);
    }
    return (struct text){ made, (size_t) (at - made) };
}

static void check_again(struct arena *arena, const struct csv *csv, size_t len)
{
    own(findings_free) struct findings *none = findings_new();
    struct text bytes = printed(arena, csv, len);
    const struct csv *again = csv_load(arena, fuzz_file(bytes.at, bytes.len), ROWS_MAX, none);
    assert(again && findings_count(none) == 0);
    assert(csv_rows(again) == csv_rows(csv) && csv_columns(again) == csv_columns(csv));
    for (size_t c = 0; c < csv_columns(csv); c++) {
        const char *name = csv_column(csv, c).at;
        assert(text_is(csv_column(again, c), csv_column(csv, c)));
        for (size_t row = 0; row < csv_rows(csv); row++)
            assert(text_is(csv_get(again, row, name), csv_get(csv, row, name)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    own(findings_free) struct findings *findings = findings_new();
    const struct csv *csv = csv_load(arena, fuzz_file(bytes, len), ROWS_MAX, findings);
    assert((csv == NULL) == (findings_errors(findings) > 0));
    fuzz_check_findings(findings);
    if (csv) {
        walk(csv);
        check_again(arena, csv, len);
    }
    return 0;
}
