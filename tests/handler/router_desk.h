/* router_desk.h - what the router's tests share: the service itself, leads to give it, and people who act on them. */
#ifndef ROUTER_DESK_H
#define ROUTER_DESK_H

int service_main_of_test(int argc, char **argv);
#define main service_main_of_test
#include "services/router/router.c"
#undef main

#include "tests/kit/kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define DESK_NOW "2026-05-26T09:00:00+08:00"
#define TEXT_OF_LEAD "有人在村口搭棚子开讲座，卖给老人一种口服液，说能治糖尿病，每盒三百元"

static inline struct kit *desk(void)
{
    return kit_new(&router, "deploy/binhu", DESK_NOW);
}

/* JSON with ' for ", as kit_request takes it. */
static inline json_t *json_quoted(const char *quoted)
{
    char text[16384];
    assert_true(strlen(quoted) < sizeof text);
    snprintf(text, sizeof text, "%s", quoted);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *value = json_loads(text, 0, NULL);
    if (!value)
        fail_msg("not JSON: %s", text);
    return value;
}

static inline void send_event(struct kit *kit, const char *type, const char *lead, const char *by, json_t *take_data)
{
    char *data = json_dumps(take_data, JSON_COMPACT);
    kit_event(kit, type, lead, by, data);
    free(data);
    json_decref(take_data);
}

/* A lead of food and health goods from 12345, which the shipped rules give to `market`; `more` replaces and adds fields. */
static inline void receive(struct kit *kit, const char *lead, const char *more)
{
    json_t *data =
        json_quoted("{'text':'" TEXT_OF_LEAD "','title':'口服液讲座','category':'food-health','village':'370481104200',"
                    "'urgency':'routine','urgency_claimed':false,'source_ref':'ref-1','channel':'hotline','sender':'12345',"
                    "'sealed':false,'named':false,'round':1}");
    json_t *extra = json_quoted(more ? more : "{}");
    json_object_update(data, extra);
    json_decref(extra);
    send_event(kit, "lead.received", lead, "hotline", data);
}

static int asked;
/* One request with a fresh id; the rest of the body as a format, with ' for ". */
static inline const json_t *ask_as(struct kit *kit, const char *kind, const char *account, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static inline const json_t *ask_as(struct kit *kit, const char *kind, const char *account, const char *format, ...)
{
    char rest[12000], body[12100];
    va_list args;
    va_start(args, format);
    vsnprintf(rest, sizeof rest, format, args);
    va_end(args);
    snprintf(body, sizeof body, "{'id':'t-%d',%s}", ++asked, rest);
    return kit_request(kit, kind, account, body);
}
#define reply(kit, account, ...) ask_as((kit), "lead-reply", (account), __VA_ARGS__)
#define order(kit, account, ...) ask_as((kit), "lead-order", (account), __VA_ARGS__)

static inline const char *string_at(const json_t *object, const char *field)
{
    const char *s = json_string_value(json_object_get(object, field));
    return s ? s : "";
}
/* "ok", or the code of the refusal. */
static inline const char *outcome(const json_t *answer)
{
    return json_is_true(json_object_get(answer, "ok")) ? "ok" : string_at(json_object_get(answer, "error"), "code");
}
static inline const char *complaint_field(const json_t *answer)
{
    return string_at(json_object_get(answer, "error"), "field");
}
static inline const json_t *data_of(const struct kit *kit, const char *type, const char *lead)
{
    const json_t *event = kit_said_last(kit, type, lead);
    if (!event)
        fail_msg("%s was not said about %s", type, lead);
    return json_object_get(event, "data");
}
static inline const char *path(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *path(const char *format, ...)
{
    static char paths[8][200];
    static unsigned next;
    char *to = paths[next++ % 8];
    va_list args;
    va_start(args, format);
    vsnprintf(to, sizeof paths[0], format, args);
    va_end(args);
    return to;
}
/* The unit whose topic has the `role: lead` card; "" for none. More than one is a failure. */
static inline const char *holder(struct kit *kit, const char *lead)
{
    const char *found = "";
    const struct town *town = kit_town(kit);
    for (size_t i = 0; i < town->unit_count; i++) {
        const json_t *card = kit_view_json(kit, path("unit/%s/lead/%s", town->units[i].code.at, lead));
        if (!card || strcmp(string_at(card, "role"), "lead") != 0)
            continue;
        if (*found)
            fail_msg("%s is at %s and at %s", lead, found, town->units[i].code.at);
        found = town->units[i].code.at;
    }
    return found;
}
static inline size_t everywhere(struct kit *kit, const char *lead)
{
    return kit_view_count(kit, path("unit/+/lead/%s", lead)) + kit_view_count(kit, path("group/+/lead/%s", lead)) +
           kit_view_count(kit, path("office/inbox/%s-verify", lead)) +
           kit_view_count(kit, path("office/inbox/%s-unmatched", lead));
}

/* Walks a fresh lead of `market` to a state by the shortest way. */
static inline void bring_to(struct kit *kit, const char *lead, enum life state)
{
    receive(kit, lead, NULL);
    if (state == LIFE_DISPATCHED)
        return;
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'%s','action':'sign'", lead)), "ok");
    if (state == LIFE_AWAITING)
        assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'%s','action':'conclude','finding':'crime'", lead)),
                            "ok");
    if (state == LIFE_SIGNED || state == LIFE_AWAITING)
        return;
    assert_string_equal(
        outcome(reply(kit, "staff-market-1",
                      "'lead':'%s','action':'conclude','finding':'violation','public_answer':'已依法查处'", lead)),
        "ok");
    if (state == LIFE_CLOSED)
        assert_string_equal(outcome(order(kit, "office-2", "'lead':'%s','action':'verify','pass':true", lead)), "ok");
}
static inline enum life state_of(struct kit *kit, const char *lead)
{
    return (enum life) kit_sql_int(kit, path("SELECT status FROM lead WHERE lead = '%s'", lead));
}

#endif
