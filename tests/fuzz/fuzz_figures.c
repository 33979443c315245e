/* fuzz_figures.c - any bytes as a time, a day, a budget, a sum of money or a number of people: within bounds, and printed and read again
 * the same. */
#include "tests/fuzz/fuzz.h"
#include "yinling/amount.h"
#include "yinling/calendar.h"
#include "yinling/instant.h"

#include <assert.h>
#include <string.h>

static void try_instant(struct arena *arena, instant_ms at)
{
    instant_ms again = { -1 };
    struct text printed = instant_text(arena, at);
    fuzz_note(printed);
    assert(instant_read(printed, &again) && again.ms == at.ms);
    struct civil c = civil_of(at);
    assert(c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31 && c.weekday >= 0 && c.weekday <= 6);
    assert(instant_of_civil(c.year, c.month, c.day, c.hour, c.minute, c.second).ms == at.ms - (at.ms % 1000));
    assert(!is_before(at, start_of_day(day_of(at))) && is_before(at, start_of_day(day_of(at) + 1)));
    assert(fuzz_is_sentence(instant_said(arena, at, (instant_ms){ 1780000000000 })));
}

static void try_words(struct arena *arena, struct text t)
{
    instant_ms at;
    int64_t day, again;
    struct budget budget;
    if (instant_read(t, &at))
        try_instant(arena, at);
    if (day_read(t, &day))
        assert(day_read(day_text(arena, day), &again) && again == day && text_is(day_text(arena, day), t));
    if (budget_read(t, &budget))
        assert(budget.amount >= 0 && fuzz_is_sentence(budget_said(arena, budget)));
    int64_t yuan = amount_yuan_of(t), people = amount_people_of(t);
    assert(yuan == AMOUNT_UNKNOWN || (yuan >= 0 && yuan <= AMOUNT_MAX));
    assert(people == AMOUNT_UNKNOWN || people >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    instant_ms from = instant_of_civil(1970, 1, 2, 0, 0, 0), to = instant_of_civil(2199, 12, 31, 0, 0, 0);
    uint64_t number;
    if (len == sizeof number) {
        memcpy(&number, bytes, sizeof number);
        try_instant(arena, (instant_ms){ from.ms + (int64_t) (number % (uint64_t) (to.ms - from.ms)) });
    }
    try_words(arena, arena_text(arena, (const char *) bytes, len));
    return 0;
}
