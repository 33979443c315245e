/* tail.c - yinling tail: what goes over the topics, live, one readable line per message. */
#include "command.h"
#include "services/warning/phone.h"
#include "yinling/account.h"
#include "yinling/topic.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { FILTERS_MAX = 12, COUNT_MAX = 1000000000, COLUMNS_BEFORE_TEXT = 22 };

struct tailing {
    struct call *call;
    struct arena *arena; /* of one message */
    bool only_new;
    bool everything; /* the filters were given: idle phones too */
    int64_t left;
};

static volatile sig_atomic_t stopped;

static void on_signal(int signal_number)
{
    (void) signal_number;
    stopped = 1;
}

/* -- what a message says ------------------------------------------------------------------------------------------------- */

typedef struct text sayer(struct call *call, const struct text *parts, const json_t *message);

static struct text say_card(struct call *call, const struct text *parts, const json_t *m)
{
    if (!m)
        return arena_printf(call->arena, TEXT_FMT " 从" TEXT_FMT "的桌面撤下", TEXT_ARG(parts[1]),
                            TEXT_ARG(said_unit(call, parts[0])));
    return arena_printf(call->arena, TEXT_FMT " " TEXT_FMT "（" TEXT_FMT "，" TEXT_FMT "）" TEXT_FMT,
                        TEXT_ARG(said_unit(call, parts[0])), TEXT_ARG(parts[1]),
                        TEXT_ARG(word_zh("status", json_text_at(m, "status"))),
                        TEXT_ARG(word_zh("card-role", json_text_at(m, "role"))), TEXT_ARG(json_text_at(m, "title")));
}

static struct text say_group(struct call *call, const struct text *parts, const json_t *m)
{
    if (!m)
        return arena_printf(call->arena, TEXT_FMT " 从" TEXT_FMT "撤下", TEXT_ARG(parts[1]),
                            TEXT_ARG(word_zh("group", parts[0])));
    return arena_printf(call->arena, TEXT_FMT " " TEXT_FMT "（抄送，" TEXT_FMT "）" TEXT_FMT,
                        TEXT_ARG(word_zh("group", parts[0])), TEXT_ARG(parts[1]),
                        TEXT_ARG(word_zh("status", json_text_at(m, "status"))), TEXT_ARG(json_text_at(m, "title")));
}

static struct text say_due(struct call *call, const struct text *parts, const json_t *m)
{
    if (!m)
        return arena_printf(call->arena, TEXT_FMT " 不再计时", TEXT_ARG(parts[1]));
    return arena_printf(call->arena, TEXT_FMT " " TEXT_FMT, TEXT_ARG(parts[1]), TEXT_ARG(json_text_at(m, "sentence")));
}

static struct text say_sentence(struct call *call, const struct text *parts, const json_t *m)
{
    struct text last = parts[1].at ? parts[1] : parts[0];
    if (!m)
        return arena_printf(call->arena, TEXT_FMT " 已了结", TEXT_ARG(last));
    struct text sentence = json_text_at(m, "sentence");
    return arena_printf(call->arena, TEXT_FMT " " TEXT_FMT, TEXT_ARG(last),
                        TEXT_ARG(sentence.at ? sentence : json_text_at(m, "title")));
}

static struct text say_channel(struct call *call, const struct text *parts, const json_t *m)
{
    if (!m)
        return arena_printf(call->arena, TEXT_FMT " 撤下", TEXT_ARG(parts[1]));
    return arena_printf(call->arena, "渠道 " TEXT_FMT " " TEXT_FMT " " TEXT_FMT " " TEXT_FMT, TEXT_ARG(parts[0]),
                        TEXT_ARG(parts[1]), TEXT_ARG(word_zh("status", json_text_at(m, "status"))),
                        TEXT_ARG(json_text_at(m, "answer_public")));
}

static struct text say_warning(struct call *call, const struct text *parts, const json_t *m)
{
    if (!m)
        return arena_printf(call->arena, TEXT_FMT " " TEXT_FMT " 已取消或失效", TEXT_ARG(said_village(call, parts[0])),
                            TEXT_ARG(parts[1]));
    return arena_printf(call->arena, TEXT_FMT " " TEXT_FMT " " TEXT_FMT "：" TEXT_FMT "，" TEXT_FMT "前有效",
                        TEXT_ARG(said_village(call, parts[0])), TEXT_ARG(parts[1]),
                        TEXT_ARG(word_zh("severity", json_text_at(m, "severity"))), TEXT_ARG(json_text_at(m, "headline")),
                        TEXT_ARG(said_instant(call, json_text_at(m, "expires"))));
}

static struct text say_coverage(struct call *call, const struct text *parts, const json_t *m)
{
    if (!m)
        return arena_printf(call->arena, TEXT_FMT " 不再统计", TEXT_ARG(parts[0]));
    return arena_printf(call->arena, TEXT_FMT " 网格员 %lld 人，已看 %lld，已读 %lld，已入户 %lld，办不了 %lld",
                        TEXT_ARG(parts[0]), (long long) json_int_at(m, "workers", 0), (long long) json_int_at(m, "shown", 0),
                        (long long) json_int_at(m, "read", 0), (long long) json_int_at(m, "relayed", 0),
                        (long long) json_int_at(m, "refused", 0));
}

static struct text say_status(struct call *call, const struct text *parts, const json_t *m)
{
    return arena_printf(call->arena, "服务 " TEXT_FMT " " TEXT_FMT "，待处置 %lld", TEXT_ARG(parts[0]),
                        TEXT_ARG(word_zh("service-state", json_text_at(m, "state"))), (long long) json_int_at(m, "parked", 0));
}

static struct text say_alarm(struct call *call, const struct text *parts, const json_t *m)
{
    const json_t *first = json_array_get(json_object_get(m, "alarms"), 0);
    if (!first)
        return arena_printf(call->arena, "服务 " TEXT_FMT " 告警解除", TEXT_ARG(parts[0]));
    return arena_printf(call->arena, "服务 " TEXT_FMT "：" TEXT_FMT "（" TEXT_FMT "）", TEXT_ARG(parts[0]),
                        TEXT_ARG(json_text_at(first, "sentence")), TEXT_ARG(json_text_at(first, "command")));
}

static struct text say_answer(struct call *call, const struct text *parts, const json_t *m)
{
    const json_t *error = json_object_get(m, "error");
    return arena_printf(call->arena, TEXT_FMT " " TEXT_FMT " %s" TEXT_FMT, TEXT_ARG(parts[0]),
                        TEXT_ARG(json_text_at(m, "kind")), error ? "被拒绝：" : "已答复 ",
                        TEXT_ARG(error ? json_text_at(error, "message") : json_text_at(m, "lead")));
}

static const struct {
    enum topic_id id;
    const char *label, *colour;
    sayer *say; /* NULL: plain text, said as it is */
} lines[] = {
    { TOPIC_UNIT_LEAD, "线索", "blue", say_card },
    { TOPIC_UNIT_DUE, "时限", "yellow", say_due },
    { TOPIC_UNIT_ORDER, "督办", "red", say_sentence },
    { TOPIC_GROUP_LEAD, "抄送", "grey", say_group },
    { TOPIC_OFFICE_INBOX_RETURN, "待办", "orange", say_sentence },
    { TOPIC_OFFICE_INBOX_EXTENSION, "待办", "orange", say_sentence },
    { TOPIC_OFFICE_INBOX_PAUSE, "待办", "orange", say_sentence },
    { TOPIC_OFFICE_INBOX_VERIFY, "待办", "orange", say_sentence },
    { TOPIC_OFFICE_INBOX_UNMATCHED, "待办", "orange", say_sentence },
    { TOPIC_OFFICE_INBOX_PARKED, "待办", "orange", say_sentence },
    { TOPIC_OFFICE_INBOX_SIMILAR, "待办", "orange", say_sentence },
    { TOPIC_OFFICE_INBOX_REVEAL, "待办", "orange", say_sentence },
    { TOPIC_SEALED, "密件", "red", say_sentence },
    { TOPIC_CHANNEL_LEAD, "渠道", "blue", say_channel },
    { TOPIC_VILLAGE_WARNING, "预警", "orange", say_warning },
    { TOPIC_VILLAGE_NOTICE, "村告示", "orange", NULL },
    { TOPIC_WORKER_TEXT, "手机", "green", NULL },
    { TOPIC_WORKER_TODO, "待办数", "grey", NULL },
    { TOPIC_WORKER_SAID, "上报", "green", NULL },
    { TOPIC_BOARD_WARNING, "覆盖", "grey", say_coverage },
    { TOPIC_FEED_LEADS, "动态", "grey", say_sentence },
    { TOPIC_SVC_STATUS, "服务", "grey", say_status },
    { TOPIC_ALARM, "告警", "red", say_alarm },
    { TOPIC_ANSWER, "答复", "green", say_answer },
    { TOPIC_ANSWER_DEVICE, "答复", "green", say_answer },
};

static struct text plain_of(struct call *call, enum topic_id id, const struct text *parts, struct text payload)
{
    bool of_village = id == TOPIC_VILLAGE_NOTICE;
    return arena_printf(call->arena, TEXT_FMT " " TEXT_FMT, TEXT_ARG(of_village ? said_village(call, parts[0]) : parts[0]),
                        TEXT_ARG(payload.len ? payload : TEXT("（撤下）")));
}

static void print_message(struct call *call, struct text path, struct text payload, bool retained)
{
    enum topic_id id = TOPIC_COUNT;
    struct text parts[TOPIC_PARTS_MAX] = { NO_TEXT };
    size_t i = 0, count = sizeof lines / sizeof *lines;
    bool known = topic_read(path, &id, parts);
    while (i < count && lines[i].id != id)
        i++;
    struct civil now = civil_of(now_of_call());
    printf("%s%02d:%02d:%02d%s ", coloured(call, "grey"), now.hour, now.minute, now.second, retained ? " 现有" : "     ");
    if (!known || i == count) {
        printf(TEXT_FMT "%s " TEXT_FMT "\n", TEXT_ARG(path), coloured(call, NULL), TEXT_ARG(payload));
        return;
    }
    json_t *message = lines[i].say && payload.len ? json_keep(call->arena, json_loadb(payload.at, payload.len, 0, NULL)) : NULL;
    struct text said = lines[i].say ? lines[i].say(call, parts, message) : plain_of(call, id, parts, payload);
    said = cut_to_screen(call->arena, said, COLUMNS_BEFORE_TEXT);
    printf("%s" TEXT_FMT "%s " TEXT_FMT "\n", coloured(call, lines[i].colour),
           TEXT_ARG(padded(call->arena, text_of(lines[i].label), 7)), coloured(call, NULL), TEXT_ARG(said));
}

static void print_message_json(struct call *call, struct text path, struct text payload, bool retained)
{
    json_t *body = json_loadb(payload.at ? payload.at : "", payload.len, 0, NULL);
    if (!body)
        body = payload.len ? json_of_text(payload) : json_null();
    print_json(
        json_keep(call->arena, json_pack("{s:o,s:o,s:b}", "topic", json_of_text(path), "payload", body, "retain", retained)));
}

/* Hundreds of phones with nothing to do are no news to whoever begins to look. */
static bool is_idle(struct text path, struct text payload)
{
    enum topic_id id = TOPIC_COUNT;
    struct text parts[TOPIC_PARTS_MAX] = { NO_TEXT };
    return topic_read(path, &id, parts) && id == TOPIC_WORKER_TEXT && text_is(payload, phone_idle_text);
}

static void on_message(void *context, struct text path, struct text payload, bool retained)
{
    struct tailing *t = context;
    if ((retained && (t->only_new || (!t->everything && is_idle(path, payload)))) || t->left <= 0)
        return;
    struct call one = *t->call;
    one.arena = t->arena;
    (one.json ? print_message_json : print_message)(&one, path, payload, retained);
    fflush(stdout);
    t->left--;
}

/* -- filters ------------------------------------------------------------------------------------------------------------------ */

/* What an account may see and people want to: by its kind. Own unit, village or phone come from its name. */
static size_t filters_of(struct call *call, const char *name, const char *ret[FILTERS_MAX])
{
    static const struct {
        enum account_kind kind;
        enum topic_id id;
        enum { ALL, OWN_SCOPE, OWN_NAME, OWN_VILLAGE } first;
    } table[] = {
        { ACCOUNT_OFFICE, TOPIC_UNIT_LEAD, ALL },
        { ACCOUNT_OFFICE, TOPIC_UNIT_DUE, ALL },
        { ACCOUNT_OFFICE, TOPIC_UNIT_ORDER, ALL },
        { ACCOUNT_OFFICE, TOPIC_OFFICE_INBOX_VERIFY, ALL },
        { ACCOUNT_OFFICE, TOPIC_VILLAGE_WARNING, ALL },
        { ACCOUNT_OFFICE, TOPIC_WORKER_TEXT, ALL },
        { ACCOUNT_OFFICE, TOPIC_BOARD_WARNING, ALL },
        { ACCOUNT_STAFF, TOPIC_UNIT_LEAD, OWN_SCOPE },
        { ACCOUNT_STAFF, TOPIC_UNIT_DUE, OWN_SCOPE },
        { ACCOUNT_STAFF, TOPIC_UNIT_ORDER, OWN_SCOPE },
        { ACCOUNT_STAFF, TOPIC_VILLAGE_WARNING, ALL },
        { ACCOUNT_CHANNEL, TOPIC_CHANNEL_LEAD, OWN_NAME },
        { ACCOUNT_VILLAGE, TOPIC_VILLAGE_WARNING, OWN_VILLAGE },
        { ACCOUNT_VILLAGE, TOPIC_VILLAGE_NOTICE, OWN_VILLAGE },
        { ACCOUNT_WORKER, TOPIC_WORKER_TEXT, OWN_NAME },
        { ACCOUNT_WORKER, TOPIC_WORKER_TODO, OWN_NAME },
        { ACCOUNT_WORKER, TOPIC_WORKER_SAID, OWN_NAME },
        { ACCOUNT_PUBLICITY, TOPIC_VILLAGE_WARNING, ALL },
        { ACCOUNT_PUBLICITY, TOPIC_BOARD_WARNING, ALL },
        { ACCOUNT_DASHBOARD, TOPIC_BOARD_WARNING, ALL },
        { ACCOUNT_DASHBOARD, TOPIC_FEED_LEADS, ALL },
        { ACCOUNT_DISCIPLINE, TOPIC_SEALED, ALL },
        { ACCOUNT_OPERATOR, TOPIC_SVC_STATUS, ALL },
        { ACCOUNT_OPERATOR, TOPIC_ALARM, ALL },
    };
    struct account account;
    size_t count = 0;
    if (!account_read(name, strlen(name), &account))
        return 0;
    const struct village *village = call->town ? town_village(call->town, text_of(account.scope)) : NULL;
    for (size_t i = 0; i < sizeof table / sizeof *table && count < FILTERS_MAX; i++) {
        struct text first[] = { NO_TEXT, text_of(account.scope), text_of(name), village ? village->code : NO_TEXT };
        if (table[i].kind == account.kind)
            ret[count++] = topic_filter(call->arena, table[i].id, arena_copy(call->arena, first[table[i].first])).at;
    }
    return count;
}

int run_tail(struct call *call)
{
    const char *filters[FILTERS_MAX];
    int64_t count;
    int code;
    if (!option_int(call, "--count", 1, COUNT_MAX, INT64_MAX, &count))
        return EXIT_WRONG_USE;
    own(client_close) struct client *client = connected(call, "office-1", &code);
    if (!client)
        return code;
    size_t filter_count = (size_t) call->operand_count;
    for (size_t i = 0; i < filter_count; i++)
        filters[i] = call->operands[i];
    if (filter_count == 0)
        filter_count = filters_of(call, account_of_call(call, "office-1"), filters);
    for (size_t i = 0; i < filter_count; i++) {
        if (!may_read(call, filters[i]))
            return complain_to_user(call, EXIT_REFUSED, "账号 %s 不能看 %s。", call->account, filters[i]);
    }
    own(arena_free) struct arena *arena = arena_new(16 * 1024);
    struct tailing t = { call, arena, option(call, "--new") != NULL, call->operand_count > 0, count };
    for (size_t i = 0; i < filter_count; i++)
        client_listen(client, filters[i], on_message, &t);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    while (!stopped && t.left > 0 && !ferror(stdout)) {
        client_step(client, 200);
        arena_reset(arena);
        if (client_denied(client))
            return complain_to_user(call, EXIT_REFUSED, "账号 %s 不能看 %s。", call->account, client_denied(client));
    }
    return EXIT_DONE;
}
