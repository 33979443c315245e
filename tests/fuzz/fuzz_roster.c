/* fuzz_roster.c - any bytes as an accounts file: refused with a reason, or taken, and then printing and reading give the same.
 *
 * The sum would keep all but the first line from the fuzzer, so bytes are also tried as the middle of a file whose first and last
 * lines are made to fit. */
#include "services/guard/roster.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 32, SUM_BYTES = 16, LAST_MAX = 128 };

static void check_row(const struct roster *r, const struct roster_row *row)
{
    struct account again;
    assert(account_read(row->account.name, strlen(row->account.name), &again) && again.kind == row->account.kind);
    assert(roster_find(r, row->account.name) == row);
    assert(row->group_count <= ROSTER_GROUPS_MAX && (!row->director || row->account.kind == ACCOUNT_OFFICE));
    assert(!roster_admits(r, row, ""));
}

static void check_equal(const struct roster *a, const struct roster *b)
{
    assert(roster_count(a) == roster_count(b));
    for (size_t i = 0; i < roster_count(a); i++) {
        const struct roster_row *x = roster_at(a, i), *y = roster_at(b, i);
        assert(strcmp(x->account.name, y->account.name) == 0 && x->locked == y->locked && x->director == y->director);
        assert(x->group_count == y->group_count && memcmp(x->groups, y->groups, sizeof x->groups) == 0);
        assert(memcmp(x->proof, y->proof, sizeof x->proof) == 0);
    }
}

static void try(const char *bytes, size_t len, size_t rows_max)
{
    const char *why = NULL;
    int line = -1;
    struct roster *r = roster_read(bytes, len, &why, &line), *again;
    size_t printed_len, twice_len;
    if (!r) {
        assert(fuzz_is_sentence(text_of(why)) && line >= 0);
        return;
    }
    assert(roster_count(r) <= rows_max);
    for (size_t i = 0; i < roster_count(r); i++)
        check_row(r, roster_at(r, i));
    char *printed = roster_print(r, &printed_len), *twice;
    again = roster_read(printed, printed_len, &why, &line);
    assert(again);
    check_equal(r, again);
    twice = roster_print(again, &twice_len);
    fuzz_note((struct text){ printed, printed_len });
    assert(twice_len == printed_len && memcmp(printed, twice, printed_len) == 0);
    roster_free(again);
    roster_free(r);
    free(printed);
    free(twice);
}

/* first line + bytes + a last line that counts the lines of `bytes` and sums everything */
static void try_as_rows(struct arena *arena, const char *bytes, size_t len)
{
    static const unsigned char key[KEY_BYTES];
    unsigned char sum[SUM_BYTES];
    char hex[2 * KEY_BYTES + 1];
    size_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
    struct text first = arena_printf(arena, "yinling-accounts 1 %s\n", hex);
    char *whole = arena_take(arena, first.len + len + LAST_MAX);
    memcpy(mempcpy(whole, first.at, first.len), bytes, len);
    crypto_generichash(sum, sizeof(sum), (const unsigned char *) whole, first.len + len, key, sizeof(key));
    sodium_bin2hex(hex, sizeof(hex), sum, sizeof(sum));
    int last = snprintf(whole + first.len + len, LAST_MAX, "end %zu %s\n", lines, hex);
    try(whole, first.len + len + (size_t) last, lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    try((const char *) bytes, len, SIZE_MAX);
    if (len)
        try_as_rows(arena, (const char *) bytes, len);
    return 0;
}
