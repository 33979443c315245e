/* fuzz_roster.c - any bytes as an accounts file: refused with a reason, or taken, and then printing and reading give the same.
 *
 * The sum would keep all but the first line from the fuzzer, so bytes are also tried as the middle of a file whose first and last
 * lines are made to fit. */
#include "services/guard/roster.h"

#include <assert.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { KEY_BYTES = 32, SUM_BYTES = 16 };

static void try(const char *bytes, size_t len)
{
    const char *why = NULL;
    int line = -1;
    struct roster *r = roster_read(bytes, len, &why, &line), *again;
    size_t printed_len;
    if (!r) {
        assert(why && line >= 0);
        return;
    }
    for (size_t i = 0; i < roster_count(r); i++) {
        const struct roster_row *row = roster_at(r, i);
        assert(roster_find(r, row->account.name) == row);
        assert(row->group_count <= ROSTER_GROUPS_MAX);
        assert(!roster_admits(r, row, ""));
    }
    char *printed = roster_print(r, &printed_len);
    again = roster_read(printed, printed_len, &why, &line);
    assert(again && roster_count(again) == roster_count(r));
    roster_free(again);
    free(printed);
    roster_free(r);
}

/* first line + bytes + a last line that counts the lines of `bytes` and sums everything */
static void try_as_rows(const char *bytes, size_t len)
{
    static const unsigned char key[KEY_BYTES];
    unsigned char sum[SUM_BYTES];
    char hex[2 * KEY_BYTES + 1], *whole = NULL;
    size_t lines = 0, whole_len = 0;
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    FILE *to = open_memstream(&whole, &whole_len);
    if (!to)
        abort();
    fprintf(to, "yinling-accounts 1 %s\n", sodium_bin2hex(hex, sizeof(hex), key, sizeof(key)));
    fwrite(bytes, 1, len, to);
    fflush(to);
    crypto_generichash(sum, sizeof(sum), (const unsigned char *) whole, whole_len, key, sizeof(key));
    fprintf(to, "end %zu %s\n", lines, sodium_bin2hex(hex, sizeof(hex), sum, sizeof(sum)));
    if (fclose(to) != 0)
        abort();
    try(whole, whole_len);
    free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    try((const char *) bytes, len);
    try_as_rows((const char *) bytes, len);
    return 0;
}
