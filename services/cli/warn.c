/* warn.c - yinling warn and yinling warnings: warnings go out, and who has confirmed them. */
#include "command.h"
#include "yinling/topic.h"

#include <stdio.h>
#include <string.h>

enum { WARNINGS_MAX = 200, PAGE = 100 };

static bool is_warning(struct text id)
{
    bool fits = id.len >= 11 && id.len <= 16 && id.at[0] == 'w' && id.at[1] == '-' && id.at[6] == '-';
    for (size_t i = 2; fits && i < id.len; i++)
        fits = i == 6 || (id.at[i] >= '0' && id.at[i] <= '9');
    return fits;
}

static int not_a_warning(struct call *call, const char *given)
{
    return complain_to_user(call, EXIT_WRONG_USE, "“%s”不是预警编号，应像 w-2026-0017。", given ? given : "");
}

/* -- warn --------------------------------------------------------------------------------------------------------------- */

static int check_warn(struct call *call)
{
    const char *action = call->operands[0];
    bool issue = strcmp(action, "issue") == 0, cancel = strcmp(action, "cancel") == 0;
    if (!issue && !cancel && strcmp(action, "update") != 0)
        return complain_to_user(call, EXIT_WRONG_USE, "没有“%s”这个动作，可用：issue 发布、update 更新、cancel 取消。", action);
    if (issue != (call->operand_count == 1))
        return issue ? complain_to_user(call, EXIT_WRONG_USE, "发布时编号由系统给出，不要写编号。")
                     : complain_to_user(call, EXIT_WRONG_USE, "请写明是哪一条预警，如 yinling warn %s w-2026-0017。", action);
    if (!issue && !is_warning(text_of(call->operands[1])))
        return not_a_warning(call, call->operands[1]);
    return EXIT_DONE;
}

int run_warn(struct call *call)
{
    int code = check_warn(call);
    if (code != EXIT_DONE)
        return code;
    json_t *body = json_pack("{s:s}", "action", call->operands[0]);
    if (call->operand_count == 2)
        json_object_set_new(body, "warning", json_string(call->operands[1]));
    if (!form_fill(call, body)) {
        json_decref(body);
        return EXIT_WRONG_USE;
    }
    own(client_close) struct client *client = connected(call, "office-1", &code);
    const json_t *answer = client ? asked(call, client, "warning-order", body, &code) : NULL;
    if (!client)
        json_decref(body);
    if (!answer)
        return code;
    if (call->json) {
        print_json(answer);
        return EXIT_DONE;
    }
    print_pair(call, "预警编号", json_text_at(answer, "warning"));
    print_pair(call, "网格员", arena_printf(call->arena, "%lld 人", (long long) json_int_at(answer, "workers", 0)));
    struct text villages = NO_TEXT;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(answer, "villages"), i, one)
    {
        if (i < 10)
            villages = arena_printf(call->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(villages), i ? "、" : "",
                                    TEXT_ARG(said_village(call, text_of(json_string_value(one)))));
    }
    if (i > 10)
        villages = arena_printf(call->arena, TEXT_FMT "等 %zu 个", TEXT_ARG(villages), i);
    print_pair(call, "村", villages);
    return EXIT_DONE;
}

/* -- all warnings: from what stands on the topics -------------------------------------------------------------------------- */

struct standing {
    struct call *call;
    bool heard;
    size_t count;
    struct {
        struct text id;
        const json_t *warning, *coverage;
    } all[WARNINGS_MAX];
};

static size_t place_of(struct standing *s, struct text id)
{
    size_t i = 0;
    while (i < s->count && !text_is(s->all[i].id, id))
        i++;
    if (i == s->count && s->count < WARNINGS_MAX)
        s->all[s->count++].id = arena_copy(s->call->arena, id);
    return i;
}

static void on_standing(void *context, struct text path, struct text payload, bool retained)
{
    (void) retained;
    struct standing *s = context;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    const json_t *json = json_keep(s->call->arena, json_loadb(payload.at, payload.len, 0, NULL));
    s->heard = true;
    if (!json || !topic_read(path, &id, parts))
        return;
    bool of_village = id == TOPIC_VILLAGE_WARNING;
    size_t i = place_of(s, of_village ? parts[1] : parts[0]);
    if (i < s->count)
        *(of_village ? &s->all[i].warning : &s->all[i].coverage) = json;
}

static void print_coverage(const json_t *c)
{
    printf("%lld 人，已看 %lld，已读 %lld，已入户 %lld，办不了 %lld，入户 %lld 户\n", (long long) json_int_at(c, "workers", 0),
           (long long) json_int_at(c, "shown", 0), (long long) json_int_at(c, "read", 0),
           (long long) json_int_at(c, "relayed", 0), (long long) json_int_at(c, "refused", 0),
           (long long) json_int_at(c, "reached", 0));
}

static void print_standing(struct call *call, const struct standing *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const json_t *w = s->all[i].warning, *c = s->all[i].coverage;
        instant_ms expires;
        if (w && instant_read(json_text_at(w, "expires"), &expires) && is_before(expires, now_of_call()))
            continue;
        if (call->json) {
            json_t *line = json_pack("{s:o}", "warning", json_of_text(s->all[i].id));
            json_object_set(line, "order", (json_t *) w);
            json_object_set(line, "coverage", (json_t *) c);
            print_json(json_keep(call->arena, line));
            continue;
        }
        struct text severity = json_text_at(w ? w : c, "severity");
        printf("%s" TEXT_FMT "%s %s" TEXT_FMT "%s " TEXT_FMT "\n", coloured(call, "bold"), TEXT_ARG(s->all[i].id),
               coloured(call, NULL), coloured(call, severity_colour(severity)),
               TEXT_ARG(padded(call->arena, word_zh("severity", severity), 4)), coloured(call, NULL),
               TEXT_ARG(json_text_at(w, "headline")));
        print_pair(call, "  失效", said_instant(call, json_text_at(w, "expires")));
        printf("  ");
        print_coverage(c);
    }
    if (s->count == 0 && !call->json)
        printf("没有生效中的预警。\n");
}

static int list(struct call *call)
{
    int code;
    own(client_close) struct client *client = connected(call, "office-1", &code);
    if (!client)
        return code;
    struct standing s = { .call = call };
    client_listen(client, topic_filter(call->arena, TOPIC_VILLAGE_WARNING, NO_TEXT).at, on_standing, &s);
    client_listen(client, topic_filter(call->arena, TOPIC_BOARD_WARNING, NO_TEXT).at, on_standing, &s);
    hear_what_stands(client, &s.heard);
    print_standing(call, &s);
    return EXIT_DONE;
}

/* -- one warning ------------------------------------------------------------------------------------------------------------ */

static void print_head(struct call *call, const json_t *w)
{
    struct text severity = json_text_at(w, "severity");
    printf("%s" TEXT_FMT "  " TEXT_FMT "%s\n", coloured(call, "bold"), TEXT_ARG(json_text_at(w, "warning")),
           TEXT_ARG(json_text_at(w, "headline")), coloured(call, NULL));
    print_pair(call, "状态", word_zh("warning-state", json_text_at(w, "state")));
    print_pair(call, "级别", word_zh("severity", severity));
    print_pair(call, "要求", json_text_at(w, "instruction"));
    print_pair(call, "内容", json_text_at(w, "text"));
    print_pair(call, "失效", said_instant(call, json_text_at(w, "expires")));
    print_pair(call, "确认期限", said_instant(call, json_text_at(w, "confirm_by")));
    print_pair(call, "取消理由", json_text_at(w, "reason"));
    printf("%s" TEXT_FMT "%s ", coloured(call, "grey"), TEXT_ARG(padded(call->arena, text_of("回执"), 10)),
           coloured(call, NULL));
    print_coverage(json_object_get(w, "coverage"));
}

static void print_receipts(struct call *call, const json_t *answer)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(answer, "receipts"), i, one)
    {
        struct text state = json_text_at(one, "state"), relayed = json_text_at(one, "relayed_at"),
                    read = json_text_at(one, "read_at");
        printf("  " TEXT_FMT " " TEXT_FMT " " TEXT_FMT " " TEXT_FMT "\n",
               TEXT_ARG(padded(call->arena, json_text_at(one, "worker"), 10)),
               TEXT_ARG(padded(call->arena, said_village(call, json_text_at(one, "village")), 12)),
               TEXT_ARG(padded(call->arena, word_zh("item-state", state), 10)),
               TEXT_ARG(said_instant(call, relayed.at ? relayed : read)));
    }
}

static int one_warning(struct call *call, const char *id)
{
    int code;
    own(client_close) struct client *client = connected(call, "office-1", &code);
    json_t *after = NULL;
    while (client) {
        json_t *body = json_pack("{s:s,s:i}", "warning", id, "limit", PAGE);
        if (after)
            json_object_set(body, "after", after);
        const json_t *answer = asked(call, client, "query-warning", body, &code);
        if (!answer)
            return code;
        if (call->json)
            print_json(answer);
        else if (!after)
            print_head(call, answer);
        if (!call->json)
            print_receipts(call, answer);
        after = json_object_get(answer, "next");
        if (!after)
            return EXIT_DONE;
    }
    return code;
}

int run_warnings(struct call *call)
{
    if (call->operand_count == 0)
        return list(call);
    if (!is_warning(text_of(call->operands[0])))
        return not_a_warning(call, call->operands[0]);
    return one_warning(call, call->operands[0]);
}
