/* warning_desk.h - what the handler tests of `warning` share: the service on the kit, and words for orders, phones and counts. */
#ifndef TESTS_WARNING_DESK_H
#define TESTS_WARNING_DESK_H

int service_main_of_test(int argc, char **argv); /* the service's own main, not run here */
#define main service_main_of_test
#include "../../services/warning/warning.c"
#undef main

#include "kit/kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define START "2026-05-26T09:00:00+08:00"
#define IDLE "目前没有待办预警。"
#define LOOK "请再看："
#define W1 "w-2026-0001"

static struct kit *kit;

static inline int open_kit(void **state)
{
    (void) state;
    kit = kit_new(&warning_service, "deploy/binhu", "2026-05-26T08:59:59+08:00");
    kit_at(kit, START); /* every topic of the town is out */
    return 0;
}

static inline int close_kit(void **state)
{
    (void) state;
    kit = kit_free(kit);
    return 0;
}

/* The lane of phones is paced: what was shown is out some milliseconds later. */
static inline void flow(void)
{
    kit_later(kit, (span_ms){ 20 });
}

static inline const char *on_phone(const char *worker, const char *what)
{
    char topic[64];
    flow();
    snprintf(topic, sizeof topic, "worker/%s/%s", worker, what);
    return kit_view(kit, topic);
}
#define text_of_worker(worker) on_phone(worker, "text")
#define todo_of(worker) on_phone(worker, "todo")
#define shows(worker, text) assert_string_equal(text_of_worker(worker), text)
#define begins(worker, text) assert_memory_equal(text_of_worker(worker), text, strlen(text))
#define has(worker, text) assert_non_null(strstr(text_of_worker(worker), text))
#define has_not(worker, text) assert_null(strstr(text_of_worker(worker), text))

static inline const json_t *order(const char *account, const char *body)
{
    static int id;
    char request[4096];
    snprintf(request, sizeof request, "{'id':'o%d',%s}", ++id, body);
    return kit_request(kit, "warning-order", account, request);
}

static inline void answers(const json_t *answer, bool ok)
{
    if (json_is_true(json_object_get(answer, "ok")) != ok)
        fail_msg("%s", json_dumps(answer, JSON_COMPACT));
}

static inline void accepted(const json_t *answer)
{
    answers(answer, true);
}

static inline void refused(const json_t *answer, const char *code, const char *field)
{
    answers(answer, false);
    const json_t *error = json_object_get(answer, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), code);
    if (field)
        assert_string_equal(json_string_value(json_object_get(error, "field")), field);
}

/* Orders a warning to one village (田桥, three workers). */
static inline void issued(const char *more)
{
    char body[2048];
    snprintf(body, sizeof body,
             "'action':'issue','headline':'有人上门推销“养老床位返现”',%s'audience':{'villages':['370481104200']},%s",
             strstr(more, "'expires'") ? "" : "'expires':'2026-05-28T18:00:00+08:00',", more);
    accepted(order("office-1", body));
}

static inline void tap(const char *worker, const char *button)
{
    char topic[64];
    snprintf(topic, sizeof topic, "worker/%s/%s", worker, button);
    kit_tap(kit, topic, "1");
}

static inline void act(const char *worker, const char *button, const char *json)
{
    char topic[64], body[512];
    snprintf(topic, sizeof topic, "worker/%s/%s", worker, button);
    snprintf(body, sizeof body, "%s", json);
    for (char *c = body; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    kit_tap(kit, topic, body);
}

static inline void wait_s(int64_t s)
{
    kit_later(kit, SPAN_S(s));
}

static inline void at(const char *time)
{
    char now[48];
    snprintf(now, sizeof now, "2026-05-26T%s+08:00", time);
    kit_at(kit, now);
}

static inline int64_t board(const char *warning, const char *count)
{
    char topic[64];
    snprintf(topic, sizeof topic, "board/warning/%s", warning);
    const json_t *view = kit_view_json(kit, topic);
    assert_non_null(view);
    return json_integer_value(json_object_get(view, count));
}

#define ERRAND "'severity':'extreme','instruction':'入户提醒','confirm_by':'2026-05-26T18:00:00+08:00'"

#define GOOD "'action':'issue','headline':'提醒','severity':'minor','audience':{'all':true}"
#define UNTIL "'expires':'2026-05-28T18:00:00+08:00'"

/* With an argument: only the tests of that name (wildcards). */
static inline void choose(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
}

#endif
