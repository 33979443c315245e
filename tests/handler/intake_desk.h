/* intake_desk.h - intake on the real runtime, and the questions its tests ask of it. Included by one test program at a time. */
#ifndef YINLING_INTAKE_DESK_H
#define YINLING_INTAKE_DESK_H

#include "kit/folder.h"
#include "kit/kit.h"

int service_main_of_test(int argc, char **argv);
#define main service_main_of_test
#include "services/intake/intake.c"
#undef main

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOON "2026-05-26T12:00:00+08:00"
#define VILLAGE "370481104200"

static struct kit *kit;

static int set_up(void **state)
{
    (void) state;
    kit = kit_new(&intake, "deploy/binhu", NOON);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    kit = kit_free(kit);
    return 0;
}

static const char *text_at(const json_t *object, const char *field)
{
    return json_string_value(json_object_get(object, field));
}

static const char *code_of(const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    return error ? text_at(error, "code") : "ok";
}

static inline const char *field_of(const json_t *answer)
{
    return text_at(json_object_get(answer, "error"), "field");
}

static const json_t *submit(const char *account, const char *body)
{
    return kit_request(kit, "lead-submit", account, body);
}

static inline const json_t *received(const char *lead)
{
    const json_t *event = kit_said_last(kit, "lead.received", lead);
    assert_non_null(event);
    return json_object_get(event, "data");
}

/* `piece` so many times. */
static inline struct text repeated(struct arena *arena, const char *piece, size_t times)
{
    size_t len = strlen(piece);
    char *whole = arena_take(arena, len * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(whole + i * len, piece, len);
    return (struct text){ whole, len * times };
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
