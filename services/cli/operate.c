/* operate.c - yinling operate, parked, adopt, and the second half of restore: what an operator may ask of the services. */
#include "command.h"
#include "yinling/topic.h"

#include <stdio.h>
#include <string.h>

static struct text kind_of(struct call *call, const char *service)
{
    return arena_printf(call->arena, "operate-%s", service);
}

/* A service that exists now, by its request kind. */
static bool is_service(struct call *call, const char *name)
{
    enum request_kind kind;
    return text_is_utf8(text_of(name)) && request_of(kind_of(call, name), &kind) && !request_specs[kind].later;
}

static int no_such_service(struct call *call, const char *name)
{
    struct text all = TEXT("");
    static const char prefix[] = "operate-";
    for (int k = 0; k < REQUEST_KIND_COUNT; k++) {
        const char *of = request_specs[k].name;
        if (strncmp(of, prefix, sizeof prefix - 1) == 0 && !request_specs[k].later)
            all = arena_printf(call->arena, TEXT_FMT "%s%s", TEXT_ARG(all), all.len ? "、" : "", of + sizeof prefix - 1);
    }
    return complain_to_user(call, EXIT_WRONG_USE, "没有“%s”这个服务，可用：" TEXT_FMT "。", name, TEXT_ARG(all));
}

static const char *yes_no(const json_t *answer, const char *field)
{
    return json_is_true(json_object_get(answer, field)) ? "是" : "否";
}

static void print_parked(struct call *call, const char *service, const json_t *list)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        struct text number = arena_printf(call->arena, "%lld", (long long) json_int_at(one, "number", 0));
        struct text from = arena_printf(call->arena, TEXT_FMT " %lld", TEXT_ARG(json_text_at(one, "producer")),
                                        (long long) json_int_at(one, "seq", 0));
        printf(TEXT_FMT " " TEXT_FMT " " TEXT_FMT " " TEXT_FMT " " TEXT_FMT "  " TEXT_FMT "\n",
               TEXT_ARG(padded(call->arena, text_of(service), 9)), TEXT_ARG(padded(call->arena, number, 5)),
               TEXT_ARG(padded(call->arena, json_text_at(one, "subject"), 14)), TEXT_ARG(padded(call->arena, from, 16)),
               TEXT_ARG(padded(call->arena, said_instant(call, json_text_at(one, "at")), 12)),
               TEXT_ARG(json_text_at(one, "reason")));
    }
}

static void print_answer(struct call *call, const char *service, const char *action, const json_t *answer)
{
    const json_t *parked = json_object_get(answer, "parked"), *was = json_object_get(answer, "was");
    if (call->json) {
        print_json(answer);
    } else if (json_is_array(parked)) {
        print_parked(call, service, parked);
    } else if (strcmp(action, "parked-retry") == 0) {
        printf("%s：处理了 %lld 个，还剩 %lld 个。\n", service, (long long) json_int_at(answer, "taken", 0),
               (long long) json_int_at(answer, "parked", 0));
    } else if (strcmp(action, "status") == 0) {
        printf("%s：已记 %lld 个事件，待处置 %lld 个，冻结 %s，时钟存疑 %s，账本纪元 " TEXT_FMT "\n", service,
               (long long) json_int_at(answer, "head", 0), (long long) json_int_at(answer, "parked", 0), yes_no(answer, "held"),
               yes_no(answer, "clock_doubted"), TEXT_ARG(json_text_at(answer, "epoch")));
    } else if (was) {
        printf("%s：已接受。此前听到纪元 " TEXT_FMT " 的第 %lld 个事件；其中新账本没有的，留作已办。\n", service,
               TEXT_ARG(json_text_at(was, "epoch")), (long long) json_int_at(was, "seq", 0));
    } else if (json_object_get(answer, "events_lost")) {
        printf("%s：已解除冻结；备份之后的 %lld 个事件没有了。\n", service, (long long) json_int_at(answer, "events_lost", 0));
    } else if (json_object_get(answer, "file")) {
        printf("%s：已备份到状态目录下的 " TEXT_FMT "。\n", service, TEXT_ARG(json_text_at(answer, "file")));
    } else {
        printf("%s：完成。\n", service);
    }
}

static int operate(struct call *call, struct client *client, const char *service, json_t *take_body)
{
    int code;
    const char *action = arena_copy(call->arena, json_text_at(take_body, "action")).at;
    const json_t *answer = asked(call, client, kind_of(call, service).at, take_body, &code);
    if (answer)
        print_answer(call, service, action, answer);
    return code;
}

static int operate_one(struct call *call, const char *service, json_t *take_body)
{
    int code;
    own(client_close) struct client *client = connected(call, "operator-1", &code);
    if (client)
        return operate(call, client, service, take_body);
    json_decref(take_body);
    return code;
}

int run_operate(struct call *call)
{
    static const char *const actions[] = {
        "status", "parked-list", "parked-retry", "adopt", "release", "clock-accept", "backup"
    };
    const char *service = call->operands[0], *action = call->operands[1],
               *more = call->operand_count > 2 ? call->operands[2] : NULL;
    size_t i = 0;
    while (i < sizeof actions / sizeof *actions && strcmp(actions[i], action) != 0)
        i++;
    bool retry = strcmp(action, "parked-retry") == 0, adopt = strcmp(action, "adopt") == 0;
    int64_t number = 0;
    if (!is_service(call, service))
        return no_such_service(call, service);
    if (i == sizeof actions / sizeof *actions)
        return complain_to_user(call, EXIT_WRONG_USE, "没有“%s”这个动作，可用：" TEXT_FMT "。", action,
                                TEXT_ARG(text_of("status、parked-list、parked-retry、adopt、release、clock-accept、backup")));
    if ((retry || adopt) != (more != NULL))
        return complain_to_user(call, EXIT_WRONG_USE, more ? "%s 后面不要再写别的。" : "%s 后面要写%s。", action,
                                retry ? "事件的编号" : "产生事件的服务");
    if (retry && (!text_int(text_of(more), &number) || number < 1))
        return complain_to_user(call, EXIT_WRONG_USE, "“%s”不是事件的编号。", more);
    json_t *body = json_pack("{s:s}", "action", action);
    if (retry)
        json_object_set_new(body, "n", json_integer(number));
    if (adopt)
        json_object_set_new(body, "producer", json_string(more));
    return operate_one(call, service, body);
}

static int parked_list(struct call *call, const char *only)
{
    static const char prefix[] = "operate-";
    int code;
    own(client_close) struct client *client = connected(call, "operator-1", &code);
    if (client)
        code = EXIT_DONE;
    int one = EXIT_DONE;
    size_t parked = 0;
    for (int k = 0; client && k < REQUEST_KIND_COUNT; k++) {
        const char *service = request_specs[k].name + sizeof prefix - 1;
        if (strncmp(request_specs[k].name, prefix, sizeof prefix - 1) != 0 || request_specs[k].later ||
            (only && strcmp(only, service) != 0))
            continue;
        const json_t *answer = asked(call, client, request_specs[k].name, json_pack("{s:s}", "action", "parked-list"), &one);
        if (answer)
            print_answer(call, service, "parked-list", answer);
        parked += json_array_size(json_object_get(answer, "parked"));
        code = one > code ? one : code;
    }
    if (code == EXIT_DONE && parked == 0 && !call->json)
        puts("没有待处置的事件。");
    return code;
}

int run_parked(struct call *call)
{
    const char *service = option(call, "--service");
    bool list = strcmp(call->operands[0], "list") == 0;
    int64_t number;
    if (service && !is_service(call, service))
        return no_such_service(call, service);
    if (list && call->operand_count == 1)
        return parked_list(call, service);
    if (list)
        return complain_to_user(call, EXIT_WRONG_USE, "list 后面不要再写别的；只看一个服务的，用 --service。");
    if (strcmp(call->operands[0], "retry") != 0)
        return complain_to_user(call, EXIT_WRONG_USE, "没有“%s”这个动作，可用：list、retry。", call->operands[0]);
    if (!service || call->operand_count != 2 || !text_int(text_of(call->operands[1]), &number) || number < 1)
        return complain_to_user(call, EXIT_WRONG_USE, "请写明服务和编号，如 yinling parked retry 3 --service router。");
    return operate_one(call, service, json_pack("{s:s,s:I}", "action", "parked-retry", "n", (json_int_t) number));
}

int run_adopt(struct call *call)
{
    for (int i = 0; i < 2; i++)
        if (!is_service(call, call->operands[i]))
            return no_such_service(call, call->operands[i]);
    return operate_one(call, call->operands[0], json_pack("{s:s,s:s}", "action", "adopt", "producer", call->operands[1]));
}

/* Every service that doubts its clock accepts it. */
int run_clock(struct call *call)
{
    if (strcmp(call->operands[0], "accept") != 0)
        return complain_to_user(call, EXIT_WRONG_USE, "没有“%s”这个动作，可用：accept。", call->operands[0]);
    static const char prefix[] = "operate-";
    int code, accepted = 0;
    own(client_close) struct client *client = connected(call, "operator-1", &code);
    if (!client)
        return code;
    for (int k = 0; k < REQUEST_KIND_COUNT; k++) {
        const char *kind = request_specs[k].name, *service = kind + sizeof prefix - 1;
        if (strncmp(kind, prefix, sizeof prefix - 1) != 0 || request_specs[k].later)
            continue;
        const json_t *status = asked(call, client, kind, json_pack("{s:s}", "action", "status"), &code);
        if (!status)
            return code;
        if (!json_is_true(json_object_get(status, "clock_doubted")))
            continue;
        code = operate(call, client, service, json_pack("{s:s}", "action", "clock-accept"));
        if (code != EXIT_DONE)
            return code;
        accepted++;
    }
    return accepted ? EXIT_DONE : complain_to_user(call, EXIT_REFUSED, "没有服务对时钟存疑。");
}

int release_service(struct call *call, const char *service)
{
    if (!is_service(call, service))
        return no_such_service(call, service);
    return operate_one(call, service, json_pack("{s:s}", "action", "release"));
}

bool service_exists(struct call *call, const char *service, int *ret_exit)
{
    if (is_service(call, service))
        return true;
    *ret_exit = no_such_service(call, service);
    return false;
}
