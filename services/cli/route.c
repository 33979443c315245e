/* route.c - yinling route: which unit a lead would go to, and why; offline, with the rules of the town in use. */
#include "command.h"
#include "services/router/rules.h"
#include "yinling/suspect.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 16 * 1024 };

static struct text standard_input(struct arena *arena)
{
    char *bytes = arena_take(arena, TEXT_BYTES_MAX);
    size_t len = fread(bytes, 1, TEXT_BYTES_MAX - 1, stdin);
    while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
        len--;
    return (struct text){ bytes, len };
}

static struct lead_facts facts_of(const json_t *body, struct text text)
{
    struct lead_facts facts = LEAD_FACTS_NONE;
    const json_t *against = json_object_get(body, "against");
    facts.text = text;
    facts.category = json_text_at(body, "category");
    facts.guise = json_text_at(body, "guise");
    facts.village = json_text_at(body, "village");
    facts.channel = json_text_at(body, "channel");
    facts.urgency = json_text_at(body, "urgency");
    facts.amount_yuan = json_int_at(body, "amount_yuan", RULE_UNKNOWN);
    facts.victims = json_int_at(body, "victims", RULE_UNKNOWN);
    facts.against_unit = json_text_at(against, "unit");
    facts.against_village = json_text_at(against, "village");
    return facts;
}

static const char *const severity_words[] = { "minor", "moderate", "severe", "extreme" };

static json_t *tried_json(const struct ruling *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->tried_count; i++)
        json_array_append_new(list,
                              json_pack("{s:s,s:o,s:b,s:o}", "list", r->tried[i].list, "rule", json_of_text(r->tried[i].id),
                                        "fits", r->tried[i].fits, "because", json_of_text(r->tried[i].because)));
    return list;
}

static void print_ruling_json(struct call *call, const struct ruling *r, const struct suspicion *sealed)
{
    json_t *out = json_keep(call->arena, json_pack("{s:o,s:s,s:o,s:o,s:b}", "unit", json_of_text(r->unit), "severity",
                                                   severity_words[r->severity], "rule", json_of_text(r->rule), "why",
                                                   json_of_text(r->why), "unmatched", r->unmatched));
    json_t *assist = json_array(), *groups = json_array();
    for (size_t i = 0; i < r->assist_count; i++)
        json_array_append_new(assist, json_of_text(r->assist[i]));
    for (int g = 0; g < GROUP_COUNT; g++)
        if (r->groups & 1u << g)
            json_array_append_new(groups, json_string(group_codes[g]));
    json_object_set_new(out, "assist", assist);
    json_object_set_new(out, "groups", groups);
    json_put_text(out, "category", r->category);
    json_put_text(out, "guise", r->guise);
    if (r->amount_yuan != RULE_UNKNOWN)
        json_object_set_new(out, "amount_yuan", json_integer(r->amount_yuan));
    if (r->victims != RULE_UNKNOWN)
        json_object_set_new(out, "victims", json_integer(r->victims));
    if (sealed)
        json_put_text(out, "sealed", sealed->why);
    if (r->tried_count > 0)
        json_object_set_new(out, "tried", tried_json(r));
    print_json(out);
}

static void print_tried(struct call *call, const struct ruling *r)
{
    static const char *const lists[][2] = { { "units", "定单位" },      { "signs", "按词的分量" },  { "guises", "定名目" },
                                            { "severities", "定级别" }, { "copies", "抄送工作组" }, { "assists", "定协办" } };
    const char *shown = "";
    for (size_t i = 0; i < r->tried_count; i++) {
        const struct tried *t = &r->tried[i];
        if (strcmp(t->list, shown) != 0) {
            shown = t->list;
            for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
                if (strcmp(lists[k][0], shown) == 0)
                    printf("%s%s%s\n", coloured(call, "bold"), lists[k][1], coloured(call, NULL));
        }
        printf("  %s%s%s " TEXT_FMT " " TEXT_FMT "\n", coloured(call, t->fits ? "green" : "grey"), t->fits ? "✓" : "·",
               t->fits ? "" : coloured(call, NULL), TEXT_ARG(padded(call->arena, t->id, 28)), TEXT_ARG(t->because));
        printf("%s", t->fits ? coloured(call, NULL) : "");
    }
    printf("\n");
}

static struct text names_of(struct call *call, const struct ruling *r)
{
    struct text all = NO_TEXT;
    for (size_t i = 0; i < r->assist_count; i++)
        all = arena_printf(call->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(all), i ? "、" : "",
                           TEXT_ARG(said_unit(call, r->assist[i])));
    return all;
}

static struct text groups_of(struct call *call, const struct ruling *r)
{
    struct text all = NO_TEXT;
    for (int g = 0; g < GROUP_COUNT; g++)
        if (r->groups & 1u << g)
            all = arena_printf(call->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(all), all.at ? "、" : "",
                               TEXT_ARG(word_zh("group", text_of(group_codes[g]))));
    return all;
}

static void print_ruling(struct call *call, const struct ruling *r, const struct suspicion *sealed)
{
    struct text severity = text_of(severity_words[r->severity]);
    print_tried(call, r);
    if (sealed)
        print_pair(call, "密件", sealed->why);
    print_pair(call, "主办", said_unit(call, r->unit));
    print_pair(call, "协办", names_of(call, r));
    print_pair(call, "级别", word_zh("severity", severity));
    print_pair(call, "类别", word_zh("category", r->category));
    print_pair(call, "名目", word_zh("guise", r->guise));
    print_pair(call, "抄送", groups_of(call, r));
    if (r->amount_yuan != RULE_UNKNOWN)
        print_pair(call, "金额", arena_printf(call->arena, "%lld 元", (long long) r->amount_yuan));
    if (r->victims != RULE_UNKNOWN)
        print_pair(call, "人数", arena_printf(call->arena, "%lld 人", (long long) r->victims));
    print_pair(call, "规则", arena_printf(call->arena, TEXT_FMT "：" TEXT_FMT, TEXT_ARG(r->rule), TEXT_ARG(r->why)));
    if (r->unmatched)
        printf("没有规则对应，由办公室另行指定。\n");
}

int run_route(struct call *call)
{
    json_t *body = json_keep(call->arena, json_object());
    const struct town *town = town_in_use(call);
    if (!town)
        return EXIT_REFUSED;
    if (!form_fill(call, body))
        return EXIT_WRONG_USE;
    struct text text = NO_TEXT;
    if (call->operand_count == 1)
        text = text_of(call->operands[0]);
    else if (json_object_size(body) == 0)
        text = standard_input(call->arena);
    if (text_is_c(text, "-"))
        text = standard_input(call->arena);
    if (text.at && !text_is_utf8(text))
        return complain_to_user(call, EXIT_WRONG_USE, "内容不是 UTF-8 文字。");
    struct rules *rules = rules_compile(town);
    if (!rules)
        return complain_to_user(call, EXIT_REFUSED, "分办规则不能使用，请先运行 yinling check。");
    struct lead_facts facts = facts_of(body, text);
    struct ruling ruling = rules_route(rules, &facts, call->arena, option(call, "--explain") != NULL);
    struct suspicion suspicion;
    bool sealed = text.at && suspect_of(call->arena, town, text, facts.village, &suspicion);
    (call->json ? print_ruling_json : print_ruling)(call, &ruling, sealed ? &suspicion : NULL);
    rules_free(rules);
    return EXIT_DONE;
}
