/* test_phone.c - the sentences on a worker's phone and what its taps mean: every rule at its bound and beyond it. */
#include "services/warning/phone.h"
#include "services/warning/audience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena *arena;

static int open_arena(void **state)
{
    (void) state;
    arena = arena_new(64 * 1024);
    return 0;
}

static int close_arena(void **state)
{
    (void) state;
    arena = arena_free(arena);
    return 0;
}

static instant_ms at(const char *rfc3339)
{
    instant_ms made;
    assert_true(instant_read(text_of(rfc3339), &made));
    return made;
}

#define NOW "2026-05-26T10:32:00+08:00"

/* 田桥, severe, an errand, 5月26日18:00. */
static struct phone_item usual(void)
{
    return (struct phone_item){ .number = 17,
                                .severity = SEVERITY_SEVERE,
                                .status = PHONE_ACTUAL,
                                .stage = PHONE_UNREAD,
                                .village = TEXT("田桥"),
                                .headline = TEXT("有人上门推销“养老床位返现”"),
                                .instruction = TEXT("入户提醒"),
                                .reason = NO_TEXT,
                                .worded_at = at(NOW),
                                .reason_at = at(NOW),
                                .confirm_by = at("2026-05-26T18:00:00+08:00"),
                                .expires = at("2026-05-28T18:00:00+08:00"),
                                .reached = -1 };
}

static void reads(const struct phone_item *item, int64_t more, bool look_again, const char *text)
{
    struct text made = phone_item_text(arena, item, more, look_again, at(NOW));
    assert_string_equal(arena_copy(arena, made).at, text);
    assert_true(text_graphemes(made) <= PHONE_GRAPHEMES_MAX);
}

static void texts(void **state)
{
    (void) state;
    struct phone_item i = usual();
    reads(&i, 2, false, "【17·严重】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，看完点“收到”。还有2条");
    reads(&i, 0, false, "【17·严重】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，看完点“收到”。");
    reads(&i, 0, true, "请再看：【17·严重】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，看完点“收到”。");
    i.stage = PHONE_ERRAND;
    reads(&i, 1, false, "【17·待入户】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，办完再点“收到”。还有1条");
    i.reached = 12;
    i.reminders = 2;
    reads(&i, 0, false,
          "【17·待入户·已入12户·第2次提醒】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，办完再点“收到”。");
    i = usual();
    i.status = PHONE_EXERCISE;
    reads(&i, 0, false, "【17·严重·演练】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，看完点“收到”。");
    i.status = PHONE_TEST;
    i.severity = SEVERITY_MINOR;
    i.instruction = NO_TEXT;
    reads(&i, 0, false, "【17·一般·测试】田桥村：有人上门推销“养老床位返现”，5月26日18:00前看完点“收到”。");
}

static void recalled(void **state)
{
    (void) state;
    struct phone_item i = usual();
    i.stage = PHONE_RECALLED;
    i.reason = TEXT("经核实不属实。");
    reads(&i, 0, false, "【17】已取消：有人上门推销“养老床位返现”。经核实不属实，看完点“收到”。");
    reads(&i, 1, true, "请再看：【17】已取消：有人上门推销“养老床位返现”。经核实不属实，看完点“收到”。还有1条");
    i.status = PHONE_EXERCISE;
    reads(&i, 0, false, "【17·演练】已取消：有人上门推销“养老床位返现”。经核实不属实，看完点“收到”。");
}

static struct text repeated(const char *unit, int times)
{
    struct text t = TEXT("");
    for (int i = 0; i < times; i++)
        t = arena_printf(arena, TEXT_FMT "%s", TEXT_ARG(t), unit);
    return t;
}

/* 【17·严重】田桥村： is 11 graphemes; the longest sentence that is whole has 70, one more and its end goes. */
static void cut_at_seventy(void **state)
{
    (void) state;
    struct phone_item i = usual();
    i.confirm_by = NEVER;
    i.headline = repeated("题", 20);
    int fixed = 11 + 20 + 1 + 1 + 7 + 1; /* head, headline, ，, ，, 看完点“收到”, 。 */
    for (int more = 0; more <= 9; more += 9) {
        int room = 70 - fixed - (more ? 4 : 0);
        i.instruction = repeated("令", room);
        struct text whole = phone_item_text(arena, &i, more, false, at(NOW));
        assert_int_equal(text_graphemes(whole), 70);
        assert_false(text_has(whole, TEXT("…")));
        i.instruction = repeated("令", room + 1);
        struct text cut = phone_item_text(arena, &i, more, false, at(NOW));
        assert_int_equal(text_graphemes(cut), 70);
        assert_true(text_has(cut, i.headline)); /* the headline stays whole while the instruction can give */
        assert_true(text_has(cut, more ? TEXT("…还有9条") : TEXT("…")));
    }
    /* A headline of forty, a village of many characters, every mark at once: the headline gives last, head and tail never. */
    i.headline = repeated("题", 40);
    i.instruction = repeated("令", 200);
    i.village = repeated("村", 30);
    i.status = PHONE_EXERCISE;
    i.stage = PHONE_ERRAND;
    i.reached = 10000;
    i.reminders = 20;
    i.number = 9999;
    struct text cut = phone_item_text(arena, &i, 99999, true, at(NOW));
    assert_int_equal(text_graphemes(cut), 70);
    assert_true(text_starts(cut, TEXT("请再看：【9999·待入户·演练·已入10000户·第20次提醒】")));
    assert_true(text_has(cut, TEXT("题…还有99999条")));
}

static void cut_between_graphemes(void **state)
{
    (void) state;
    static const char *const clusters[] = { "👨‍👩‍👧", "e\xcc\x81", "🇨🇳", "字" };
    for (size_t c = 0; c < sizeof clusters / sizeof *clusters; c++) {
        struct phone_item i = usual();
        i.confirm_by = NEVER;
        i.headline = repeated(clusters[c], 40);
        i.instruction = repeated(clusters[c], 100);
        struct text cut = phone_item_text(arena, &i, 0, false, at(NOW));
        assert_int_equal(text_graphemes(cut), 70);
        assert_true(text_is_utf8(cut));
        struct text end = arena_printf(arena, "%s…", clusters[c]);
        assert_memory_equal(cut.at + cut.len - end.len, end.at, end.len); /* no half of a family */
    }
}

static void dates_are_absolute(void **state)
{
    (void) state;
    static const struct {
        const char *said, *shown;
    } cases[] = {
        { "今天18:00前入户", "5月26日18:00前入户" },
        { "请明天上午入户", "请5月27日上午入户" },
        { "先打电话，后天再去", "先打电话，5月28日再去" },
        { "今晚、明早各一次", "5月26日晚、5月27日早上各一次" },
        { "昨日有人上门，大前天也有", "5月25日有人上门，5月23日也有" },
        { "在今日头条上看到的", "在今日头条上看到的" },
        { "今天气温低", "今天气温低" },
        { "文明天桥旁", "文明天桥旁" },
        { "如今天天有人来", "如今天天有人来" },
        { "一行\n二行\t 三", "一行 二行 三" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text made = phone_dated(arena, text_of(cases[i].said), at(NOW), at(NOW));
        assert_string_equal(arena_copy(arena, made).at, cases[i].shown);
    }
    /* Read next year, and for the day before new year. */
    struct text made = phone_dated(arena, TEXT("今天"), at("2026-12-31T23:59:59+08:00"), at("2027-01-01T00:00:00+08:00"));
    assert_string_equal(arena_copy(arena, made).at, "2026年12月31日");
    struct phone_item i = usual();
    i.instruction = TEXT("今天内入户");
    reads(&i, 0, false,
          "【17·严重】田桥村：有人上门推销“养老床位返现”，5月26日内入户，看完点“收到”。"); /* a date of its own is enough */
    i.instruction = TEXT("入户，办好点“收到”。");
    reads(&i, 0, false, "【17·严重】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户，办好点“收到”。");
}

static void villages(void **state)
{
    (void) state;
    static const struct {
        const char *name, *said;
    } cases[] = { { "田桥", "田桥村" }, { "李村", "李村" }, { "滨河社区", "滨河社区" }, { "", "村" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(arena_copy(arena, phone_village(arena, text_of(cases[i].name))).at, cases[i].said);
}

static void echoes_and_notices(void **state)
{
    (void) state;
    assert_string_equal(phone_confirmed_text(arena, 17, at(NOW)).at, "已确认【17】10:32。目前没有待办预警。");
    assert_string_equal(phone_confirmed_text(arena, 3, at("2026-05-26T00:05:59+08:00")).at,
                        "已确认【3】00:05。目前没有待办预警。");
    assert_string_equal(phone_refused_text(arena, 17, 0, false).at, "已记录【17】您办不了，点错请点“收到”");
    assert_string_equal(phone_refused_text(arena, 17, 2, true).at, "请再看：已记录【17】您办不了，点错请点“收到”。还有2条");
    struct phone_item i = usual();
    assert_string_equal(phone_notice_text(arena, &i, at(NOW)).at,
                        "【17·严重】田桥村：有人上门推销“养老床位返现”（有效至5月28日18:00）。");
}

static void which_taps_count(void **state)
{
    (void) state;
    const struct warning_policy policy = { .look = SPAN_S(3), .tap_gap = SPAN_S(10) };
    instant_ms shown = at(NOW);
    static const struct {
        int64_t since_shown, since_tap; /* ms; -1: never */
        bool counts;
    } cases[] = { { 0, -1, false },       { 2999, -1, false },    { 3000, -1, true },
                  { 3000, 9999, false },  { 60000, 9999, false }, { 60000, 10000, true },
                  { 2999, 10000, false }, { -1, -1, false },      { -1, 10000, false } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        instant_ms now = later(shown, (span_ms){ cases[i].since_shown < 0 ? 0 : cases[i].since_shown });
        instant_ms tapped = cases[i].since_tap < 0 ? NEVER : later(now, (span_ms){ -cases[i].since_tap });
        assert_int_equal(phone_tap_counts(&policy, cases[i].since_shown < 0 ? NEVER : shown, tapped, now), cases[i].counts);
    }
}

static enum phone_payload payload(const char *json, struct phone_act *ret)
{
    struct text t = arena_copy(arena, text_of(json));
    for (char *c = (char *) t.at; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return phone_read(arena, t, ret);
}

static void payloads(void **state)
{
    (void) state;
    static const struct {
        const char *payload;
        enum phone_payload kind;
    } cases[] = {
        { "", PHONE_TAP },
        { "   ", PHONE_TAP },
        { "1", PHONE_TAP },
        { "收到", PHONE_TAP },
        { "{", PHONE_TAP },
        { "{'id':'a'}", PHONE_TAP },
        { "{'item':'w-2026-0017'}", PHONE_TAP },
        { "{'id':'a','id':'b','item':'w-2026-0017','step':'read'}", PHONE_TAP }, /* duplicate key: no JSON of ours */
        { " {'id':'a','item':'w-2026-0017','step':'read'}", PHONE_ACT },
        { "{'id':'a','item':'w-2026-0017','step':'read','more':1}", PHONE_ACT },
        { "{'id':'a','item':'w-2026-0017.1','step':'relayed','reached':10000}", PHONE_ACT },
        { "{'id':'a','item':'w-2026-0017','step':'relayed','reached':10001}", PHONE_BROKEN },
        { "{'id':'a','item':'w-2026-0017','step':'reached'}", PHONE_BROKEN },
        { "{'id':'a','item':'w-2026-0017','step':'READ'}", PHONE_BROKEN },
        { "{'id':'','item':'w-2026-0017','step':'read'}", PHONE_BROKEN },
        { "{'id':'a','item':'w-2026-0017.-1','step':'read'}", PHONE_BROKEN },
        { "{'id':'a','item':'w-2026-0017.','step':'read'}", PHONE_BROKEN },
        { "{'id':'a','item':'w-2026-0017.off','step':'read'}", PHONE_ACT },
        { "{'id':'a','item':'w-2026-0017','step':'read','acted_at':5}", PHONE_BROKEN },
    };
    struct phone_act act;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (payload(cases[i].payload, &act) != cases[i].kind)
            fail_msg("%s", cases[i].payload);
    }
    assert_int_equal(payload("{'id':'a:1','item':'w-2026-0017.3','step':'no','method':'电话','acted_at':'" NOW "'}", &act),
                     PHONE_ACT);
    assert_true(text_is_c(act.id, "a:1"));
    assert_true(text_is_c(act.warning, "w-2026-0017"));
    assert_int_equal(act.ask, 3);
    assert_int_equal(act.step, PHONE_NO);
    assert_int_equal(act.reached, -1);
    assert_true(text_is_c(act.method, "电话"));
    assert_int_equal(act.acted_at.ms, at(NOW).ms);
    assert_int_equal(payload("{'id':'a','item':'w-2026-0017.off','step':'read'}", &act), PHONE_ACT);
    assert_true(act.of_recall);
    assert_string_equal(phone_item_id(arena, TEXT("w-2026-0017"), 3, false).at, "w-2026-0017.3");
    assert_string_equal(phone_item_id(arena, TEXT("w-2026-0017"), 3, true).at, "w-2026-0017.off");
}

static void numbers_of_households(void **state)
{
    (void) state;
    static const struct {
        const char *typed;
        int64_t number; /* -1: none */
    } cases[] = { { "12", 12 },    { " 12 户\n", 12 }, { "１２户", 12 },   { "0", 0 },        { "10000", 10000 },
                  { "10001", -1 }, { "-1", -1 },       { "", -1 },         { "户", -1 },      { "十二", -1 },
                  { "12.5", -1 },  { "1e3", -1 },      { "\xff\xfe", -1 }, { "12户13户", -1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t number = -1;
        bool is = phone_households(arena, text_of(cases[i].typed), &number);
        if (is != (cases[i].number >= 0) || number != cases[i].number)
            fail_msg("%s", cases[i].typed);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)
    const struct CMUnitTest tests[] = { TEST(texts),
                                        TEST(recalled),
                                        TEST(cut_at_seventy),
                                        TEST(cut_between_graphemes),
                                        TEST(dates_are_absolute),
                                        TEST(villages),
                                        TEST(echoes_and_notices),
                                        TEST(which_taps_count),
                                        TEST(payloads),
                                        TEST(numbers_of_households) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
