/* status.c - yinling status: what each service says of itself, and the alarms. */
#include "command.h"
#include "yinling/topic.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NAMES_MAX = 16, SETTLE_MS = 300, READY_WAIT_MS = 60000 };

struct seen { /* the last status of each service, by name */
    struct call *call;
    size_t count;
    struct {
        struct text name;
        json_t *status;
    } services[NAMES_MAX];
    struct text alarms[NAMES_MAX];
    size_t alarm_count;
};

static void on_status(void *context, struct text path, struct text payload, bool retained)
{
    (void) retained;
    struct seen *seen = context;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    if (!topic_read(path, &id, parts) || id != TOPIC_SVC_STATUS)
        return;
    json_t *status = json_keep(seen->call->arena, json_loadb(payload.at, payload.len, 0, NULL));
    size_t i = 0;
    while (i < seen->count && !text_is(seen->services[i].name, parts[0]))
        i++;
    if (!status || i == NAMES_MAX)
        return;
    if (i == seen->count) {
        seen->services[i].name = arena_copy(seen->call->arena, parts[0]);
        seen->count++;
    }
    seen->services[i].status = status;
}

static void on_alarm(void *context, struct text path, struct text payload, bool retained)
{
    (void) retained;
    struct seen *seen = context;
    enum topic_id id = TOPIC_COUNT;
    struct text parts[TOPIC_PARTS_MAX] = { NO_TEXT };
    if (!topic_read(path, &id, parts) || id != TOPIC_ALARM)
        return;
    json_t *alarm = json_keep(seen->call->arena, json_loadb(payload.at, payload.len, 0, NULL));
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(alarm, "alarms"), i, one)
    {
        struct text sentence = json_text_at(one, "sentence"), command = json_text_at(one, "command");
        if (seen->alarm_count < NAMES_MAX)
            seen->alarms[seen->alarm_count++] = arena_printf(seen->call->arena, TEXT_FMT "：" TEXT_FMT "  " TEXT_FMT,
                                                             TEXT_ARG(parts[0]), TEXT_ARG(sentence), TEXT_ARG(command));
    }
}

static bool is_ready(const struct seen *seen, const char *name)
{
    for (size_t i = 0; i < seen->count; i++) {
        const json_t *s = seen->services[i].status;
        if (text_is_c(seen->services[i].name, name))
            return text_is_c(json_text_at(s, "state"), "online") && json_is_true(json_object_get(s, "at_head"));
    }
    return false;
}

/* The services that exist now, each once: those that answer a request kind. */
static bool all_ready(const struct seen *seen, bool say)
{
    bool all = true;
    for (int kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
        const struct request_spec *spec = &request_specs[kind];
        bool first = true;
        for (int before = 0; before < kind && first; before++)
            first = strcmp(request_specs[before].service, spec->service) != 0 || request_specs[before].later;
        if (spec->later || !first || is_ready(seen, spec->service))
            continue;
        all = false;
        if (say)
            fprintf(stderr, "%s 还没有就绪。\n", spec->service);
    }
    return all;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void print_all(struct call *call, const struct seen *seen)
{
    for (size_t i = 0; i < seen->count; i++) {
        const json_t *s = seen->services[i].status;
        struct text state = json_text_at(s, "state");
        const char *colour = text_is_c(state, "online") ? "green" : text_is_c(state, "held") ? "yellow" : "red";
        if (call->json) {
            json_object_set_new((json_t *) s, "service", json_of_text(seen->services[i].name));
            print_json(s);
            continue;
        }
        printf(TEXT_FMT " %s" TEXT_FMT "%s 待处置 %lld  %s\n", TEXT_ARG(padded(call->arena, seen->services[i].name, 10)),
               coloured(call, colour), TEXT_ARG(padded(call->arena, word_zh("service-state", state), 7)), coloured(call, NULL),
               (long long) json_int_at(s, "parked", 0),
               text_is_c(state, "offline")                   ? ""
               : json_is_true(json_object_get(s, "at_head")) ? "已追上"
                                                             : "追赶中");
    }
    for (size_t i = 0; i < seen->alarm_count && !call->json; i++)
        printf("%s告警%s " TEXT_FMT "\n", coloured(call, "red"), coloured(call, NULL), TEXT_ARG(seen->alarms[i]));
}

int run_status(struct call *call)
{
    int code;
    own(client_close) struct client *client = connected(call, "operator-1", &code);
    if (!client)
        return code;
    if (!may_read(call, topic_filter(call->arena, TOPIC_SVC_STATUS, NO_TEXT).at))
        return complain_to_user(call, EXIT_REFUSED, "账号 %s 不能看服务的状态，请用运维账号，如 operator-1。", call->account);
    struct seen seen = { .call = call };
    client_listen(client, topic_filter(call->arena, TOPIC_SVC_STATUS, NO_TEXT).at, on_status, &seen);
    client_listen(client, topic_filter(call->arena, TOPIC_ALARM, NO_TEXT).at, on_alarm, &seen);
    bool wait = option(call, "--wait-ready") != NULL;
    int64_t until = now_ms() + (wait ? READY_WAIT_MS : SETTLE_MS);
    while (now_ms() < until && !(wait && all_ready(&seen, false)))
        client_step(client, 50);
    if (!wait)
        print_all(call, &seen);
    return all_ready(&seen, true) ? EXIT_DONE : EXIT_REFUSED;
}
