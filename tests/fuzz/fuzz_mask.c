/* fuzz_mask.c - any bytes as a text, its beginning as who reports it: the masked text is UTF-8, no longer, masked for good, and has
 * nothing of the reporter's telephone and no other mobile number left. The title made from it fits. */
#include "services/intake/mask.h"
#include "services/intake/title.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

enum { PHONE_DIGITS = 11, SHARED_MAX = 6, TEXT_BYTES_MAX = 8000 };

/* The longest run of digits that stands in both. */
static size_t shared_digits(struct text text, struct text phone)
{
    size_t longest = 0;
    for (size_t i = 0; i < text.len; i++) {
        for (size_t p = 0; p < phone.len; p++) {
            size_t n = 0;
            while (i + n < text.len && p + n < phone.len && text.at[i + n] == phone.at[p + n])
                n++;
            longest = n > longest ? n : longest;
        }
    }
    return longest;
}

static bool is_ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_other_ascii(char c)
{
    return (unsigned char) c < 0x80 && !is_ascii_digit(c);
}

/* A mobile number in plain digits, alone between other ASCII characters or the text's ends. */
static bool has_mobile(struct text text, struct text but)
{
    size_t run = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && is_ascii_digit(text.at[i])) {
            run++;
            continue;
        }
        const char *at = text.at + i - run;
        bool alone = (i == text.len || is_other_ascii(text.at[i])) && (i == run || is_other_ascii(at[-1]));
        if (run == PHONE_DIGITS && alone && at[0] == '1' && at[1] >= '3' && !text_is((struct text){ at, run }, but))
            return true;
        run = 0;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < PHONE_DIGITS || len > TEXT_BYTES_MAX)
        return 0;
    struct arena *arena = fuzz_arena();
    char phone[PHONE_DIGITS];
    for (size_t i = 0; i < PHONE_DIGITS; i++)
        phone[i] = (char) ('0' + bytes[i] % 10);
    struct mask with = { .reporter_name = TEXT("周吴郑"),
                         .reporter_phone = { phone, PHONE_DIGITS },
                         .keep = { TEXT("13900139000") } };
    struct text before = arena_text(arena, (const char *) bytes + PHONE_DIGITS, len - PHONE_DIGITS);
    struct text after = mask_text(arena, before, &with), title = title_of(arena, after);
    if (!text_is_utf8(before)) {
        assert(after.len == 0);
        return 0;
    }
    assert(text_is_utf8(after) && text_codepoints(after) <= text_codepoints(before));
    fuzz_note(after);
    assert(text_is(mask_text(arena, after, &with), after));
    assert(shared_digits(after, with.reporter_phone) <= SHARED_MAX);
    assert(!text_has(after, with.reporter_name) && !has_mobile(after, with.keep[0]));
    assert(text_is_utf8(title) && text_codepoints(title) <= TITLE_MAX);
    struct text field = mask_field(arena, before, &with);
    assert(text_is_utf8(field) && shared_digits(field, with.reporter_phone) <= SHARED_MAX);
    return 0;
}
