/* number.c - see number.h. */
#include "number.h"

#include "gen/intake_queries.h"

#include <inttypes.h>

struct text number_text(struct arena *arena, int64_t key)
{
    return arena_printf(arena, "%04" PRId64 "-%06" PRId64, key / NUMBERS_A_YEAR, key % NUMBERS_A_YEAR);
}

bool number_read(struct text number, int64_t *ret_key)
{
    int64_t year, count;
    if (number.len < 11 || number.len > 14 || number.at[4] != '-' || number.at[5] == '-' || number.at[0] == '-')
        return false;
    if (!text_int((struct text){ number.at, 4 }, &year) || !text_int((struct text){ number.at + 5, number.len - 5 }, &count))
        return false;
    if (count < 1 || count >= NUMBERS_A_YEAR || (number.len > 11 && number.at[5] == '0'))
        return false;
    *ret_key = year * NUMBERS_A_YEAR + count;
    return true;
}

int64_t number_next(struct tx *tx, instant_ms now)
{
    int year = civil_of(now).year;
    int64_t next = tx_int(tx, 0, Q_NUMBER_LAST, p_int("year", year)) + 1;
    tx_run(tx, Q_NUMBER_SET, p_int("year", year), p_int("last", next));
    return year * NUMBERS_A_YEAR + next;
}

void number_heard(struct tx *tx, int64_t key)
{
    tx_run(tx, Q_NUMBER_JUMP, p_int("year", key / NUMBERS_A_YEAR), p_int("number", key % NUMBERS_A_YEAR));
}

void number_spare(struct tx *tx, instant_ms now, int64_t count)
{
    tx_run(tx, Q_NUMBER_SPARE, p_int("year", civil_of(now).year), p_int("count", count));
}

struct text number_track(struct tx *tx)
{
    enum { TRIES_MAX = 64 }; /* one in 2000 is thrown away */
    const uint64_t codes = 10000000000000000u, fair = UINT64_MAX / codes * codes;
    uint64_t random = UINT64_MAX;
    for (int i = 0; random >= fair && i < TRIES_MAX; i++)
        tx_random(tx, &random, sizeof random);
    return arena_printf(tx_arena(tx), "%016" PRIu64, random % codes);
}

struct text number_track_typed(struct arena *arena, struct text typed)
{
    struct text folded = text_folded(arena, typed);
    char *digits = arena_take(arena, TRACK_DIGITS + 1);
    size_t count = 0;
    for (size_t i = 0; i < folded.len; i++) {
        if (folded.at[i] == '-')
            continue;
        if (folded.at[i] < '0' || folded.at[i] > '9' || count == TRACK_DIGITS)
            return NO_TEXT;
        digits[count++] = folded.at[i];
    }
    return count == TRACK_DIGITS ? (struct text){ digits, count } : NO_TEXT;
}
