/* fuzz_csv.c - any bytes as a table: rows of the header's width or a finding, never neither, lines in order. */
#include "yinling/yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROWS_MAX 100

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void walk(const struct csv *csv)
{
    int line = 1;
    assert(csv_rows(csv) <= ROWS_MAX && csv_columns(csv) > 0);
    for (size_t row = 0; row < csv_rows(csv); row++) {
        assert(csv_place(csv, row).line > line);
        line = csv_place(csv, row).line;
        for (size_t c = 0; c < csv_columns(csv); c++) {
            struct text field = csv_get(csv, row, csv_column(csv, c).at);
            assert(field.at && text_is_utf8(field));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char path[64];
    int fd = memfd_create("csv", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t) len)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    own(arena_free) struct arena *arena = arena_new(4096);
    own(findings_free) struct findings *findings = findings_new();
    const struct csv *csv = csv_load(arena, path, ROWS_MAX, findings);
    assert((csv == NULL) == (findings_errors(findings) > 0));
    if (csv)
        walk(csv);
    close(fd);
    return 0;
}
