/* life.c - the life of a lead as tables (life.h). */
#include "life.h"

#define STEPS_MAX 3 /* of one deed: conclude has the most */

static const struct step steps[] = {
    { LIFE_DISPATCHED, "sign", LIFE_SIGNED },
    { LIFE_DISPATCHED, "deemed", LIFE_SIGNED },
    { LIFE_DISPATCHED, "assign", LIFE_DISPATCHED },
    { LIFE_DISPATCHED, "set-severity", LIFE_DISPATCHED },
    { LIFE_DISPATCHED, "against", LIFE_DISPATCHED },
    { LIFE_DISPATCHED, "supplement", LIFE_DISPATCHED },

    { LIFE_SIGNED, "progress", LIFE_SIGNED },
    { LIFE_SIGNED, "conclude", LIFE_CONCLUDED },
    { LIFE_SIGNED, "transfer", LIFE_DISPATCHED },
    { LIFE_SIGNED, "hand-over", LIFE_AWAITING },
    { LIFE_SIGNED, "assign", LIFE_DISPATCHED },
    { LIFE_SIGNED, "set-severity", LIFE_SIGNED },
    { LIFE_SIGNED, "against", LIFE_DISPATCHED },
    { LIFE_SIGNED, "supplement", LIFE_SIGNED },

    { LIFE_AWAITING, "progress", LIFE_AWAITING },
    { LIFE_AWAITING, "conclude", LIFE_CONCLUDED },
    { LIFE_AWAITING, "transfer", LIFE_DISPATCHED },
    { LIFE_AWAITING, "assign", LIFE_DISPATCHED },
    { LIFE_AWAITING, "set-severity", LIFE_AWAITING },
    { LIFE_AWAITING, "against", LIFE_DISPATCHED },
    { LIFE_AWAITING, "supplement", LIFE_AWAITING },

    { LIFE_CONCLUDED, "pass", LIFE_CLOSED },
    { LIFE_CONCLUDED, "redo", LIFE_DISPATCHED },
    { LIFE_CONCLUDED, "set-severity", LIFE_CONCLUDED },
    { LIFE_CONCLUDED, "against", LIFE_DISPATCHED },
    { LIFE_CONCLUDED, "supplement", LIFE_CONCLUDED },

    { LIFE_CLOSED, "supplement", LIFE_DISPATCHED },
    STEPS_END,
};

struct deed_row {
    const char *word, *name;
    enum side side;
    const char *steps[STEPS_MAX + 1]; /* empty: its issue comes later */
};
static const struct deed_row deeds[DEED_COUNT] = {
    [DEED_SIGN] = { "sign", "签收", SIDE_HOLDER, { "sign" } },
    [DEED_PROGRESS] = { "progress", "报告进展", SIDE_HOLDER, { "progress" } },
    [DEED_CONCLUDE] = { "conclude", "办结", SIDE_HOLDER, { "conclude", "transfer", "hand-over" } },
    [DEED_RETURN] = { "return", "退回", SIDE_HOLDER, { NULL } },
    [DEED_ASK_EXTENSION] = { "ask-extension", "申请延期", SIDE_HOLDER, { NULL } },
    [DEED_ASK_PAUSE] = { "ask-pause", "申请中止", SIDE_HOLDER, { NULL } },
    [DEED_RESUME] = { "resume", "恢复", SIDE_HOLDER, { NULL } },
    [DEED_ASK_REPORTER] = { "ask-reporter", "询问举报人", SIDE_HOLDER, { NULL } },
    [DEED_ASK_VILLAGE] = { "ask-village", "询问村", SIDE_HOLDER, { NULL } },
    [DEED_ASSIGN] = { "assign", "指定主办", SIDE_OFFICE, { "assign" } },
    [DEED_VERIFY] = { "verify", "核查", SIDE_OFFICE, { "pass", "redo" } },
    [DEED_SET_SEVERITY] = { "set-severity", "调整级别", SIDE_OFFICE, { "set-severity" } },
    [DEED_AGAINST] = { "against", "认定投诉对象", SIDE_OFFICE, { "against" } },
    [DEED_RULE_RETURN] = { "rule-return", "裁定退回", SIDE_OFFICE, { NULL } },
    [DEED_DECIDE_EXTENSION] = { "decide-extension", "批复延期", SIDE_OFFICE, { NULL } },
    [DEED_DECIDE_PAUSE] = { "decide-pause", "批复中止", SIDE_OFFICE, { NULL } },
    [DEED_CALLBACK] = { "callback", "回访", SIDE_OFFICE, { NULL } },
    [DEED_REMIND] = { "remind", "提醒", SIDE_OFFICE, { NULL } },
    [DEED_SUPERVISE] = { "supervise", "督办", SIDE_OFFICE, { NULL } },
};
const struct choice life_replies[] = {
    { "sign", DEED_SIGN },
    { "progress", DEED_PROGRESS },
    { "conclude", DEED_CONCLUDE },
    { "return", DEED_RETURN },
    { "ask-extension", DEED_ASK_EXTENSION },
    { "ask-pause", DEED_ASK_PAUSE },
    { "resume", DEED_RESUME },
    { "ask-reporter", DEED_ASK_REPORTER },
    { "ask-village", DEED_ASK_VILLAGE },
    { NULL, 0 },
};
const struct choice life_orders[] = {
    { "assign", DEED_ASSIGN },
    { "verify", DEED_VERIFY },
    { "set-severity", DEED_SET_SEVERITY },
    { "against", DEED_AGAINST },
    { "rule-return", DEED_RULE_RETURN },
    { "decide-extension", DEED_DECIDE_EXTENSION },
    { "decide-pause", DEED_DECIDE_PAUSE },
    { "callback", DEED_CALLBACK },
    { "remind", DEED_REMIND },
    { "supervise", DEED_SUPERVISE },
    { NULL, 0 },
};
const struct choice life_findings[] = {
    { "hint", FINDING_HINT },
    { "violation", FINDING_VIOLATION },
    { "transfer", FINDING_TRANSFER },
    { "crime", FINDING_CRIME },
    { "civil", FINDING_CIVIL },
    { "unfounded", FINDING_UNFOUNDED },
    { "unverifiable", FINDING_UNVERIFIABLE },
    { NULL, 0 },
};
const struct choice life_words[] = {
    { "dispatched", LIFE_DISPATCHED },
    { "signed", LIFE_SIGNED },
    { "concluded", LIFE_CONCLUDED },
    { "closed", LIFE_CLOSED },
    { NULL, 0 },
};
static const char *const names[LIFE_COUNT] = {
    [LIFE_NONE] = "未登记",     [LIFE_DISPATCHED] = "待签收",     [LIFE_SIGNED] = "办理中", [LIFE_CONCLUDED] = "已办结待核查",
    [LIFE_CLOSED] = "结案销号", [LIFE_AWAITING] = "已移送待回执",
};
const struct choice life_severities[] = {
    { "minor", SEVERITY_MINOR },
    { "moderate", SEVERITY_MODERATE },
    { "severe", SEVERITY_SEVERE },
    { "extreme", SEVERITY_EXTREME },
    { NULL, 0 },
};
const struct choice life_urgencies[] = {
    { "routine", URGENCY_ROUTINE },
    { "urgent", URGENCY_URGENT },
    { "money-moving", URGENCY_MONEY_MOVING },
    { NULL, 0 },
};
const struct choice life_channels[] = {
    { "hotline", 0 }, { "police", 1 }, { "platform", 2 }, { "field", 3 }, { NULL, 0 },
};

const char *life_deed_word(enum deed deed)
{
    return deeds[deed].word;
}
const char *life_deed_name(enum deed deed)
{
    return deeds[deed].name;
}
bool life_deed_is_later(enum deed deed)
{
    return deeds[deed].steps[0] == NULL;
}
const char *life_name(enum life at)
{
    return names[at];
}
const char *life_word(enum life at)
{
    return choice_word(life_words, at == LIFE_AWAITING ? LIFE_SIGNED : (int) at);
}

bool life_step(enum life from, const char *step, enum life *ret_to)
{
    int to;
    if (!step_of(steps, (int) from, step, &to))
        return false;
    *ret_to = (enum life) to;
    return true;
}

bool life_allows(enum life at, enum deed deed)
{
    enum life to;
    for (int i = 0; i < STEPS_MAX && deeds[deed].steps[i]; i++)
        if (life_step(at, deeds[deed].steps[i], &to))
            return true;
    return false;
}

json_t *life_may(enum life at, enum side side)
{
    json_t *words = json_array();
    for (int d = 0; d < DEED_COUNT; d++)
        if (deeds[d].side == side && life_allows(at, (enum deed) d))
            json_array_append_new(words, json_string(deeds[d].word));
    return words;
}

struct text life_not_now(struct arena *arena, struct text lead, enum life at, enum side side)
{
    struct text open = NO_TEXT;
    for (int d = 0; d < DEED_COUNT; d++)
        if (deeds[d].side == side && life_allows(at, (enum deed) d))
            open = arena_printf(arena, TEXT_FMT "%s%s", TEXT_ARG(open), open.at ? "、" : "", deeds[d].name);
    if (open.at)
        return arena_printf(arena, "线索" TEXT_FMT "现在是“%s”，可以做的是：" TEXT_FMT "。", TEXT_ARG(lead), names[at],
                            TEXT_ARG(open));
    if (at == LIFE_CONCLUDED)
        return arena_printf(arena, "线索" TEXT_FMT "已经办结，正等专项办核查；核查不通过时会退回重办。", TEXT_ARG(lead));
    return arena_printf(arena, "线索" TEXT_FMT "已经结案销号；有新情况请由原渠道补充，补充后会重新交办。", TEXT_ARG(lead));
}

const char *life_step_of_finding(enum life at, enum conclusion finding, bool to_unit)
{
    if (finding == FINDING_TRANSFER && to_unit)
        return "transfer";
    bool is_outside = finding == FINDING_TRANSFER || finding == FINDING_CRIME;
    return is_outside && at != LIFE_AWAITING ? "hand-over" : "conclude";
}
