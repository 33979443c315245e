/* leads.c - yinling leads, lead, due: lists and cards for people. */
#include "command.h"
#include "services/router/life.h"

#include <stdio.h>
#include <string.h>

enum { PAGE = 100, LEADS_MAX = 1000000, LEADS_UNSET = 200, COLUMNS_BEFORE_TITLE = 78 };

bool lead_is_number(struct call *call, struct text lead)
{
    bool fits = lead.len >= 11 && lead.len <= 17 && lead.at[4] == '-';
    for (size_t i = 0; fits && i < lead.len; i++)
        fits = i == 4 || (lead.at[i] >= '0' && lead.at[i] <= '9');
    if (!fits)
        complain_to_user(call, EXIT_WRONG_USE, "“" TEXT_FMT "”不是线索编号，应像 2026-000123。", TEXT_ARG(lead));
    return fits;
}

/* -- the list ----------------------------------------------------------------------------------------------------------- */

static void print_heading(struct call *call)
{
    static const struct {
        const char *name;
        size_t columns;
    } heads[] = { { "编号", 12 }, { "状态", 14 }, { "级别", 4 }, { "单位", 18 }, { "村", 10 }, { "交办", 14 }, { "事由", 8 } };
    printf("%s", coloured(call, "bold"));
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        printf(TEXT_FMT " ", TEXT_ARG(padded(call->arena, text_of(heads[i].name), heads[i].columns)));
    printf("%s\n", coloured(call, NULL));
}

static void print_cell(struct call *call, const char *colour, struct text value, size_t columns)
{
    printf("%s" TEXT_FMT "%s ", coloured(call, colour), TEXT_ARG(padded(call->arena, value, columns)), coloured(call, NULL));
}

static void print_line(struct call *call, const json_t *lead)
{
    struct text severity = json_text_at(lead, "severity"), status = json_text_at(lead, "status");
    struct text state = json_object_get(lead, "awaiting") ? TEXT("办理中待回执") : word_zh("status", status);
    const char *mark = text_is_c(json_text_at(lead, "urgency"), "money-moving") ? "！" : "";
    print_cell(call, "bold", json_text_at(lead, "lead"), 12);
    print_cell(call, text_is_c(status, "dispatched") ? "yellow" : text_is_c(status, "closed") ? "grey" : "blue", state, 14);
    print_cell(call, severity_colour(severity), word_zh("severity", severity), 4);
    printf(TEXT_FMT " ", TEXT_ARG(padded(call->arena, said_unit(call, json_text_at(lead, "unit")), 18)));
    printf(TEXT_FMT " ", TEXT_ARG(padded(call->arena, said_village(call, json_text_at(lead, "village")), 10)));
    printf(TEXT_FMT " ", TEXT_ARG(padded(call->arena, said_instant(call, json_text_at(lead, "dispatched_at")), 14)));
    struct text title =
        arena_printf(call->arena, "%s%s" TEXT_FMT, json_is_true(json_object_get(lead, "sealed")) ? "【密】" : "", mark,
                     TEXT_ARG(json_text_at(lead, "title")));
    printf(TEXT_FMT "\n", TEXT_ARG(cut_to_screen(call->arena, title, COLUMNS_BEFORE_TITLE)));
}

static void print_page(struct call *call, const json_t *answer, int64_t *shown, int64_t max)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(answer, "leads"), i, one)
    {
        if (*shown >= max)
            return;
        if (*shown == 0 && !call->json)
            print_heading(call);
        if (call->json)
            print_json(one);
        else
            print_line(call, one);
        ++*shown;
    }
}

int run_leads(struct call *call)
{
    int64_t max, shown = 0;
    int code;
    json_t *wanted = json_keep(call->arena, json_object());
    if (!option_int(call, "--max", 1, LEADS_MAX, LEADS_UNSET, &max) || !form_fill(call, wanted))
        return EXIT_WRONG_USE;
    own(client_close) struct client *client = connected(call, "office-1", &code);
    if (!client)
        return code;
    json_object_set_new(wanted, "limit", json_integer(max < PAGE ? max : PAGE));
    for (;;) {
        json_t *body = json_copy(wanted);
        json_object_del(body, "id");
        const json_t *answer = asked(call, client, "query-leads", body, &code);
        if (!answer)
            return code;
        print_page(call, answer, &shown, max);
        json_t *next = json_object_get(answer, "next");
        if (!next || shown >= max)
            break;
        json_object_set(wanted, "after", next);
    }
    if (!call->json)
        printf(shown ? "共 %lld 条\n" : "没有线索。\n", (long long) shown);
    return EXIT_DONE;
}

/* -- clocks ------------------------------------------------------------------------------------------------------------- */

static struct text budget_said(struct call *call, const json_t *budget)
{
    int64_t amount = json_int_at(budget, "amount", 0);
    bool hours = text_is_c(json_text_at(budget, "unit"), "working-minutes") && amount > 0 && amount % 60 == 0;
    if (hours)
        return arena_printf(call->arena, "%lld 个工作小时", (long long) amount / 60);
    return arena_printf(call->arena, "%lld " TEXT_FMT, (long long) amount,
                        TEXT_ARG(word_zh("budget-unit", json_text_at(budget, "unit"))));
}

static void print_more(struct call *call, const json_t *clock)
{
    const json_t *calendar = json_object_get(clock, "calendar");
    struct text edition = json_text_at(calendar, "edition"), policy = json_text_at(clock, "policy_edition");
    print_pair(call, "    起算", said_instant(call, json_text_at(clock, "started")));
    print_pair(call, "    期限", budget_said(call, json_object_get(clock, "budget")));
    print_pair(call, "    到期", said_instant(call, json_text_at(clock, "due")));
    if (!text_is(json_text_at(clock, "due"), json_text_at(clock, "original_due")))
        print_pair(call, "    原到期", said_instant(call, json_text_at(clock, "original_due")));
    if (calendar)
        print_pair(call, "    日历",
                   arena_printf(call->arena, TEXT_FMT " %.12s", TEXT_ARG(json_text_at(calendar, "name")),
                                edition.at ? edition.at : ""));
    if (policy.at)
        print_pair(call, "    规定", arena_printf(call->arena, "%.12s", policy.at));
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(clock, "pauses"), i, one)
    {
        print_pair(call, "    中止",
                   arena_printf(call->arena, TEXT_FMT "，" TEXT_FMT "至" TEXT_FMT,
                                TEXT_ARG(word_zh("pause-reason", json_text_at(one, "reason_code"))),
                                TEXT_ARG(said_instant(call, json_text_at(one, "from"))),
                                TEXT_ARG(said_instant(call, json_text_at(one, "until")))));
    }
    json_array_foreach(json_object_get(clock, "extensions"), i, one)
    {
        print_pair(call, "    延期",
                   arena_printf(call->arena, "%lld 天，原" TEXT_FMT "，改为" TEXT_FMT, (long long) json_int_at(one, "days", 0),
                                TEXT_ARG(said_instant(call, json_text_at(one, "was"))),
                                TEXT_ARG(said_instant(call, json_text_at(one, "due")))));
    }
}

static void print_clocks(struct call *call, const json_t *answer, bool explained)
{
    size_t i;
    json_t *clock;
    json_array_foreach(json_object_get(answer, "clocks"), i, clock)
    {
        struct text colour = json_text_at(clock, "colour"), name = word_zh("clock", json_text_at(clock, "clock"));
        printf("%s" TEXT_FMT "%s " TEXT_FMT " " TEXT_FMT "\n",
               coloured(call, colour.at ? arena_copy(call->arena, colour).at : "grey"), TEXT_ARG(padded(call->arena, name, 8)),
               coloured(call, NULL), TEXT_ARG(padded(call->arena, word_zh("clock-state", json_text_at(clock, "state")), 10)),
               TEXT_ARG(json_text_at(clock, "sentence")));
        if (explained)
            print_more(call, clock);
    }
}

int run_due_of(struct call *call)
{
    struct text lead = text_of(call->operands[0]);
    if (!lead_is_number(call, lead))
        return EXIT_WRONG_USE;
    int code;
    own(client_close) struct client *client = connected(call, "office-1", &code);
    const json_t *answer =
        client ? asked(call, client, "query-due", json_pack("{s:o}", "lead", json_of_text(lead)), &code) : NULL;
    if (!answer)
        return code;
    if (call->json)
        print_json(answer);
    else
        print_clocks(call, answer, option(call, "--explain") != NULL);
    return EXIT_DONE;
}

/* -- one lead ----------------------------------------------------------------------------------------------------------- */

static struct text joined(struct call *call, const json_t *list, struct text (*said)(struct call *, struct text))
{
    struct text all = NO_TEXT;
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        all = arena_printf(call->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(all), i ? "、" : "",
                           TEXT_ARG(said(call, text_of(json_string_value(one)))));
    }
    return all;
}

static struct text deed_said(struct call *call, struct text action)
{
    (void) call;
    for (const struct choice *d = life_replies; d->word; d++)
        if (text_is_c(action, d->word))
            return text_of(life_deed_name((enum deed) d->value));
    for (const struct choice *d = life_orders; d->word; d++)
        if (text_is_c(action, d->word))
            return text_of(life_deed_name((enum deed) d->value));
    return action;
}

static struct text with_unit(struct call *call, const json_t *card, const char *field, const char *unit)
{
    const json_t *value = json_object_get(card, field);
    return json_is_integer(value) ? arena_printf(call->arena, "%lld %s", (long long) json_integer_value(value), unit) : NO_TEXT;
}

static void print_subject(struct call *call, const json_t *subject)
{
    static const char *const rows[][2] = { { "name", "对象" }, { "phone", "电话" }, { "account", "账号" },
                                           { "url", "网址" },  { "plate", "车牌" }, { "address", "地址" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        print_pair(call, rows[i][1], json_text_at(subject, rows[i][0]));
}

/* What an act says beside its name, as people say it. */
static struct text act_said(struct call *call, const json_t *more)
{
    static const struct {
        const char *field, *before, *words; /* words: a vocabulary; "unit": a unit; NULL: a text */
    } rows[] = { { "finding", "", "finding" }, { "to_unit", "交", "unit" },    { "to_outside", "移送", NULL },
                 { "unit", "交", "unit" },     { "severity", "", "severity" }, { "reason", "", NULL },
                 { "redo_reason", "", NULL },  { "note", "", NULL },           { "public_answer", "答复：", NULL } };
    const json_t *pass = json_object_get(more, "pass");
    struct text all = pass ? text_of(json_is_true(pass) ? "通过" : "不通过") : TEXT("");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text value = json_text_at(more, rows[i].field);
        if (!value.len)
            continue;
        if (rows[i].words)
            value = strcmp(rows[i].words, "unit") == 0 ? said_unit(call, value) : word_zh(rows[i].words, value);
        all = arena_printf(call->arena, TEXT_FMT "%s%s" TEXT_FMT, TEXT_ARG(all), all.len ? "，" : "", rows[i].before,
                           TEXT_ARG(value));
    }
    return all;
}

static void print_acts(struct call *call, const json_t *acts)
{
    size_t i;
    json_t *one;
    json_array_foreach(acts, i, one)
    {
        struct text said = act_said(call, json_object_get(one, "more"));
        struct text deed = deed_said(call, json_text_at(one, "action"));
        print_pair(call, i ? "" : "经过",
                   arena_printf(call->arena, TEXT_FMT " " TEXT_FMT " " TEXT_FMT "%s" TEXT_FMT,
                                TEXT_ARG(padded(call->arena, said_instant(call, json_text_at(one, "at")), 14)),
                                TEXT_ARG(padded(call->arena, json_text_at(one, "by"), 22)), TEXT_ARG(deed),
                                said.len ? "：" : "", TEXT_ARG(said)));
    }
}

static void print_card(struct call *call, const json_t *card)
{
    struct text severity = json_text_at(card, "severity");
    printf("%s" TEXT_FMT "  " TEXT_FMT "%s\n", coloured(call, "bold"), TEXT_ARG(json_text_at(card, "lead")),
           TEXT_ARG(json_text_at(card, "title")), coloured(call, NULL));
    print_pair(call, "状态", word_zh("status", json_text_at(card, "status")));
    print_pair(call, "级别", word_zh("severity", severity));
    print_pair(call, "主办", said_unit(call, json_text_at(card, "unit")));
    print_pair(call, "协办", joined(call, json_object_get(card, "assist"), said_unit));
    print_pair(call, "村", said_village(call, json_text_at(card, "village")));
    print_pair(call, "来源", word_zh("channel-kind", json_text_at(card, "channel")));
    print_pair(call, "类别", word_zh("category", json_text_at(card, "category")));
    print_pair(call, "名目", word_zh("guise", json_text_at(card, "guise")));
    print_subject(call, json_object_get(card, "subject"));
    print_pair(call, "金额", with_unit(call, card, "amount_yuan", "元"));
    print_pair(call, "人数", with_unit(call, card, "victims", "人"));
    print_pair(call, "交办", said_instant(call, json_text_at(card, "dispatched_at")));
    print_pair(call, "规则", json_text_at(card, "why"));
    print_pair(call, "结论", word_zh("finding", json_text_at(card, "finding")));
    print_pair(call, "答复", json_text_at(card, "answer_public"));
    print_pair(call, "可办", joined(call, json_object_get(card, "may"), deed_said));
    print_pair(call, "内容", json_text_at(card, "text"));
    print_acts(call, json_object_get(card, "acts"));
}

int run_lead(struct call *call)
{
    struct text lead = text_of(call->operands[0]);
    if (!lead_is_number(call, lead))
        return EXIT_WRONG_USE;
    int code;
    own(client_close) struct client *client = connected(call, "office-1", &code);
    const json_t *answer =
        client ? asked(call, client, "query-lead", json_pack("{s:o}", "lead", json_of_text(lead)), &code) : NULL;
    if (!answer)
        return code;
    const json_t *due = asked(call, client, "query-due", json_pack("{s:o}", "lead", json_of_text(lead)), &code);
    if (call->json) {
        json_t *clocks = json_object_get(due, "clocks");
        print_json(json_keep(call->arena, json_pack("{s:O,s:o}", "lead", json_object_get(answer, "lead"), "clocks",
                                                    clocks ? json_incref(clocks) : json_array())));
        return EXIT_DONE;
    }
    print_card(call, json_object_get(answer, "lead"));
    if (due)
        print_clocks(call, due, false);
    return EXIT_DONE;
}
