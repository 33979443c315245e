/* test_topic.c - paths are made and read back by the tables of topics.yaml. */
#include "yinling/topic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static void a_path_is_made_of_its_parts(void **state)
{
    (void) state;
    own(arena_free) struct arena *a = arena_new(1024);
    struct topic card = topic_of(a, TOPIC_UNIT_LEAD, TEXT("finance"), TEXT("2026-000123"));
    assert_int_equal(card.id, TOPIC_UNIT_LEAD);
    assert_string_equal(card.path.at, "unit/finance/lead/2026-000123");
    assert_string_equal(topic_of(a, TOPIC_OFFICE_INBOX_VERIFY, TEXT("2026-000123")).path.at, "office/inbox/2026-000123-verify");
    assert_string_equal(topic_plain(TOPIC_BOARD_LEADS).path.at, "board/leads");
    assert_string_equal(topic_filter(a, TOPIC_UNIT_LEAD, NO_TEXT).at, "unit/+/lead/+");
    assert_string_equal(topic_filter(a, TOPIC_STREAM_CURSOR, TEXT("router")).at, "stream/router/cursor/+");
    assert_string_equal(topic_filter(a, TOPIC_BOARD_LEADS, TEXT("router")).at, "board/leads");
    assert_string_equal(topic_filter(a, TOPIC_OFFICE_INBOX_VERIFY, NO_TEXT).at, "office/inbox/+");
}

/* Every topic, made with parts that differ, is read back as itself. */
static void every_path_is_read_back(void **state)
{
    (void) state;
    const struct text parts[TOPIC_PARTS_MAX] = { TEXT("x-1"), TEXT("2026-000001"), TEXT("zz"), TEXT("q") };
    own(arena_free) struct arena *a = arena_new(1024);
    for (int id = 0; id < TOPIC_COUNT; id++) {
        int count = topic_specs[id].parts;
        assert_in_range(count, 0, TOPIC_PARTS_MAX);
        struct topic t = count ? topic_of_(a, (enum topic_id) id, parts, (size_t) count) : topic_plain((enum topic_id) id);
        enum topic_id read;
        struct text got[TOPIC_PARTS_MAX];
        assert_true(topic_read(t.path, &read, got));
        assert_string_equal(topic_specs[read].name, topic_specs[id].name);
        for (int i = 0; i < count; i++)
            assert_true(text_is(got[i], parts[i]));
    }
}

static void what_the_contract_does_not_have_is_not_read(void **state)
{
    (void) state;
    static const char *const strangers[] = {
        "",
        "/",
        "unit",
        "unit/finance",
        "unit/finance/lead",
        "unit/finance/lead/",
        "unit/finance/lead/2026-000123/x",
        "unit/Finance/lead/2026-000123",
        "unit/fin ance/lead/1",
        "unit/+/lead/1",
        "/unit/finance/lead/1",
        "office/inbox/2026-000123",
        "office/inbox/-verify",
        "office/inbox/2026-000123-verify/x",
        "board/leads/",
        "a/b/c/d/e/f/g/h/i/j",
        "request/lead-submit/12345/d/e",
    };
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        enum topic_id id = TOPIC_COUNT;
        struct text parts[TOPIC_PARTS_MAX] = { NO_TEXT };
        if (topic_read(text_of(strangers[i]), &id, parts))
            fail_msg("%s was read as %s", strangers[i], topic_specs[id].name);
        assert_int_equal(id, TOPIC_COUNT);
        assert_null(parts[0].at);
    }
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    assert_false(topic_read(NO_TEXT, &id, parts));
}

static void a_part_is_as_long_as_it_may_be(void **state)
{
    (void) state;
    char path[80] = "answer/";
    memset(path + 7, 'a', 65);
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    assert_true(topic_read((struct text){ path, 7 + 64 }, &id, parts));
    assert_int_equal(id, TOPIC_ANSWER);
    assert_int_equal(parts[0].len, 64);
    assert_false(topic_read((struct text){ path, 7 + 65 }, &id, parts));
}

static void names_are_values(void **state)
{
    (void) state;
    enum event_type event;
    enum request_kind request;
    assert_true(event_of(TEXT("lead.received"), &event));
    assert_int_equal(event, EVENT_LEAD_RECEIVED);
    assert_false(event_of(TEXT("lead.receive"), &event));
    assert_false(event_of(NO_TEXT, &event));
    assert_true(request_of(TEXT("warning-order"), &request));
    assert_int_equal(request, REQUEST_WARNING_ORDER);
    assert_false(request_of(TEXT("lead-"), &request));
    assert_string_equal(event_specs[EVENT_CLOCK_MET].producer, SERVICE_DEADLINE);
    assert_string_equal(request_specs[REQUEST_QUERY_DUE].service, SERVICE_DEADLINE);
    assert_true(request_specs[REQUEST_QUERY_STATS].later);
    assert_false(request_specs[REQUEST_LEAD_SUBMIT].later);
}

static bool follows(const char *consumer, const char *producer, bool later)
{
    for (const struct stream_edge *e = stream_edges; e->producer; e++)
        if (!strcmp(e->producer, producer) && !strcmp(e->consumer, consumer))
            return e->later == later;
    return false;
}

static void streams_have_their_consumers(void **state)
{
    (void) state;
    assert_true(follows(SERVICE_ROUTER, SERVICE_INTAKE, false));
    assert_true(follows(SERVICE_ROUTER, SERVICE_DEADLINE, false));
    assert_true(follows(SERVICE_DEADLINE, SERVICE_ROUTER, false));
    assert_true(follows(SERVICE_WARNING, SERVICE_ROUTER, false));
    assert_true(follows(SERVICE_JOURNAL, SERVICE_WARNING, true));
    assert_false(follows(SERVICE_DEADLINE, SERVICE_INTAKE, false));
}

static void views_are_retained_and_paced_ones_have_their_lane(void **state)
{
    (void) state;
    assert_true(topic_specs[TOPIC_UNIT_LEAD].retain);
    assert_int_equal(topic_specs[TOPIC_UNIT_LEAD].lane, 0);
    assert_int_equal(topic_specs[TOPIC_WORKER_TEXT].lane, 1);
    assert_true(topic_specs[TOPIC_WORKER_TEXT].plain);
    assert_int_equal(topic_specs[TOPIC_ANSWER].qos, 0);
    assert_null(topic_specs[TOPIC_REQUEST].writer);
    for (int id = 0; id < TOPIC_COUNT; id++)
        assert_true(!topic_specs[id].retain || topic_specs[id].writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_made_of_its_parts),
        cmocka_unit_test(every_path_is_read_back),
        cmocka_unit_test(what_the_contract_does_not_have_is_not_read),
        cmocka_unit_test(a_part_is_as_long_as_it_may_be),
        cmocka_unit_test(names_are_values),
        cmocka_unit_test(streams_have_their_consumers),
        cmocka_unit_test(views_are_retained_and_paced_ones_have_their_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
