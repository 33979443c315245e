/* policy.c - reads deadlines.yaml. See yinling/policy.h; the calendars of the same file are calendars.c.
 *
 * Written values are read into plain structs by tables of keys, then turned into what the clocks use; every mistake is a finding
 * with its line, so that one `yinling check` shows all of them. */
#include "yinling/policy.h"
#include "yinling/town.h"

#include <inttypes.h>

const struct choice clock_words[] = {
    { "triage", CLOCK_TRIAGE },
    { "sign", CLOCK_SIGN },
    { "return-window", CLOCK_RETURN_WINDOW },
    { "first-answer", CLOCK_FIRST_ANSWER },
    { "progress", CLOCK_PROGRESS },
    { "close", CLOCK_CLOSE },
    { "verify", CLOCK_VERIFY },
    { "report-up", CLOCK_REPORT_UP },
    { "overall", CLOCK_OVERALL },
    { NULL, 0 },
};
const struct choice colour_words[] = {
    { "green", COLOUR_GREEN }, { "yellow", COLOUR_YELLOW }, { "orange", COLOUR_ORANGE }, { "red", COLOUR_RED }, { NULL, 0 },
};
const struct choice post_words[] = {
    { "handler", POST_HANDLER },
    { "liaison", POST_LIAISON },
    { "deputy", POST_DEPUTY },
    { "head", POST_HEAD },
    { "caller", POST_CALLER },
    { "director", POST_DIRECTOR },
    { NULL, 0 },
};
const struct choice severity_words[] = {
    { "minor", SEVERITY_MINOR },
    { "moderate", SEVERITY_MODERATE },
    { "severe", SEVERITY_SEVERE },
    { "extreme", SEVERITY_EXTREME },
    { NULL, 0 },
};
static const struct choice holder_words[] = { { "unit", false }, { "office", true }, { NULL, 0 } };

const char *clock_said(enum clock_kind kind)
{
    static const char *const said[CLOCK_KIND_COUNT] = {
        [CLOCK_TRIAGE] = "分办",           [CLOCK_SIGN] = "签收",       [CLOCK_RETURN_WINDOW] = "退回",
        [CLOCK_FIRST_ANSWER] = "首次答复", [CLOCK_PROGRESS] = "报进展", [CLOCK_CLOSE] = "办结",
        [CLOCK_VERIFY] = "核查",           [CLOCK_REPORT_UP] = "上报",  [CLOCK_OVERALL] = "销号",
    };
    return said[kind];
}

const char *post_said(enum post post)
{
    static const char *const said[] = {
        [POST_HANDLER] = "经办人",  [POST_LIAISON] = "联络员",      [POST_DEPUTY] = "分管领导",
        [POST_HEAD] = "主要负责人", [POST_CALLER] = "专项办回访员", [POST_DIRECTOR] = "专项办主任",
    };
    return said[post];
}

/* The file as written. */
struct top {
    const struct node *calendars, *ladders, *clocks, *money_moving, *pause, *extension, *order;
    struct text office_calendar, quiet_hours, assist_margin;
};
struct pause_written {
    struct text each, total;
};
struct extension_written {
    struct text each, hold;
    int64_t times;
};
struct order_written {
    struct text by, sign, limit;
};
struct step_written {
    struct text step, said, late;
    int64_t left;
    int colour, to;
    bool order;
};
struct clock_written {
    struct text budget, redo, floor, ladder, calendar;
    int holder;
    bool repeats, pauses;
    struct texts severities;
};

#define AT(type, member) offsetof(struct type, member)
static const struct conf_field top_fields[] = {
    { "calendars", CONF_NODE, AT(top, calendars), NULL, 0, 0, NULL, "working hours by name; town.yaml gives each unit one" },
    { "office_calendar", CONF_TEXT, AT(top, office_calendar), NULL, 1, 64, NULL, "calendar of the office" },
    { "quiet_hours", CONF_TEXT, AT(top, quiet_hours), "", 0, 11, NULL, "22:00-07:00: steps wait, clocks do not; absent: none" },
    { "assist_margin", CONF_TEXT, AT(top, assist_margin), NULL, 1, 40, NULL, "an assisting unit is due so much earlier" },
    { "pause", CONF_NODE, AT(top, pause), NULL, 0, 0, NULL, "caps of pauses" },
    { "extension", CONF_NODE, AT(top, extension), NULL, 0, 0, NULL, "caps of extensions" },
    { "order", CONF_NODE, AT(top, order), NULL, 0, 0, NULL, "supervision orders" },
    { "ladders", CONF_NODE, AT(top, ladders), NULL, 0, 0, NULL, "lists of steps by name" },
    { "clocks", CONF_NODE, AT(top, clocks), NULL, 0, 0, NULL, "the clocks by name" },
    { "money_moving", CONF_NODE, AT(top, money_moving), "", 0, 0, NULL, "clocks of a lead whose money is still moving" },
    CONF_END,
};
static const struct conf_field pause_fields[] = {
    { "each", CONF_TEXT, AT(pause_written, each), NULL, 1, 40, NULL, "one pause at most, working days" },
    { "total", CONF_TEXT, AT(pause_written, total), NULL, 1, 40, NULL, "all pauses of a round at most, working days" },
    CONF_END,
};
static const struct conf_field extension_fields[] = {
    { "each", CONF_TEXT, AT(extension_written, each), NULL, 1, 40, NULL, "one extension at most, working days" },
    { "times", CONF_INT, AT(extension_written, times), NULL, 0, 9, NULL, "extensions of a round at most" },
    { "hold", CONF_TEXT, AT(extension_written, hold), NULL, 1, 40, NULL, "an undecided request holds punitive steps so long" },
    CONF_END,
};
static const struct conf_field order_fields[] = {
    { "by", CONF_TEXT, AT(order_written, by), NULL, 1, 60, NULL, "who issues it" },
    { "sign", CONF_TEXT, AT(order_written, sign), NULL, 1, 40, NULL, "the office signs the draft within" },
    { "limit", CONF_TEXT, AT(order_written, limit), NULL, 1, 40, NULL, "the unit complies within" },
    CONF_END,
};
static const struct conf_field step_fields[] = {
    { "step", CONF_TEXT, AT(step_written, step), NULL, 1, 32, NULL, "its name, [a-z0-9-]" },
    { "said", CONF_TEXT, AT(step_written, said), NULL, 1, 8, NULL, "what people call it" },
    { "left", CONF_INT, AT(step_written, left), "-1", -1, 1000, NULL,
      "permille of the budget that is left; 0: the due instant" },
    { "late", CONF_TEXT, AT(step_written, late), "", 0, 40, NULL, "or: so long after the due instant" },
    { "colour", CONF_CHOICE, AT(step_written, colour), NULL, 0, 0, colour_words, "colour from then on" },
    { "to", CONF_CHOICE, AT(step_written, to), NULL, 0, 0, post_words, "the post that is told" },
    { "order", CONF_BOOL, AT(step_written, order), "false", 0, 0, NULL, "a supervision order is drafted" },
    CONF_END,
};
static const struct conf_field clock_fields[] = {
    { "budget", CONF_TEXT, AT(clock_written, budget), NULL, 1, 40, NULL, "how long; of report-up: the margin before the date" },
    { "redo", CONF_TEXT, AT(clock_written, redo), "", 0, 40, NULL, "how long in later rounds; absent: the same" },
    { "floor", CONF_TEXT, AT(clock_written, floor), "", 0, 40, NULL, "at least so much is left to a new owner" },
    { "ladder", CONF_TEXT, AT(clock_written, ladder), NULL, 1, 32, NULL, "its steps" },
    { "calendar", CONF_TEXT, AT(clock_written, calendar), "", 0, 64, NULL, "which calendar counts; absent: the unit's" },
    { "holder", CONF_CHOICE, AT(clock_written, holder), "unit", 0, 0, holder_words, "who has to act" },
    { "repeats", CONF_BOOL, AT(clock_written, repeats), "false", 0, 0, NULL, "starts again after each act" },
    { "pauses", CONF_BOOL, AT(clock_written, pauses), "false", 0, 0, NULL, "stands still while the lead is paused" },
    { "severities", CONF_TEXTS, AT(clock_written, severities), "", 0, 4, NULL, "runs only for these; absent: for all" },
    CONF_END,
};

struct loading {
    struct arena *arena;
    struct findings *findings;
    struct policy *policy;
};

static void need_budget(struct loading *l, struct text from, struct place at, struct budget *ret)
{
    if (!budget_read(from, ret))
        find_error(l->findings, at,
                   "“" TEXT_FMT "”不是时限，应写如 4 working-hours、5 working-days、30 calendar-days、15 minutes",
                   TEXT_ARG(from));
}

static void want_budget(struct loading *l, struct text from, struct place at, struct budget *ret)
{
    if (from.len > 0)
        need_budget(l, from, at, ret);
}

static void need_workdays(struct loading *l, struct text from, struct place at, struct budget *ret)
{
    need_budget(l, from, at, ret);
    if (ret->unit != 0 && ret->unit != BUDGET_WORKING_DAYS)
        find_error(l->findings, at, "“" TEXT_FMT "”应以工作日计，如 1 working-days", TEXT_ARG(from));
}

static void load_caps(struct loading *l, const struct top *top)
{
    struct pause_written pause = { 0 };
    struct extension_written extension = { 0 };
    struct order_written order = { 0 };
    struct policy *p = l->policy;
    if (conf_read(l->arena, top->pause, pause_fields, &pause, l->findings)) {
        need_workdays(l, pause.each, node_place(top->pause), &p->pause_max);
        need_workdays(l, pause.total, node_place(top->pause), &p->pauses_max);
    }
    if (conf_read(l->arena, top->extension, extension_fields, &extension, l->findings)) {
        need_workdays(l, extension.each, node_place(top->extension), &p->extension_max);
        need_workdays(l, extension.hold, node_place(top->extension), &p->extension_hold);
        p->extensions_max = extension.times;
    }
    if (conf_read(l->arena, top->order, order_fields, &order, l->findings)) {
        need_workdays(l, order.sign, node_place(top->order), &p->order_sign);
        need_workdays(l, order.limit, node_place(top->order), &p->order_limit);
        p->order_by = order.by;
    }
}

static void load_quiet_hours(struct loading *l, struct text from)
{
    int h1, m1, h2, m2, read = 0;
    if (from.len == 0)
        return;
    if (sscanf(from.at, "%2d:%2d-%2d:%2d%n", &h1, &m1, &h2, &m2, &read) != 4 || (size_t) read != from.len || h1 < 0 || h2 < 0 ||
        h1 > 23 || h2 > 23 || m1 < 0 || m2 < 0 || m1 > 59 || m2 > 59) {
        find_error(l->findings, l->policy->line, "quiet_hours：“" TEXT_FMT "”应写如 22:00-07:00", TEXT_ARG(from));
        return;
    }
    l->policy->quiet_from_min = h1 * 60 + m1;
    l->policy->quiet_to_min = h2 * 60 + m2;
}

static bool is_step_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!((t.at[i] >= 'a' && t.at[i] <= 'z') || (t.at[i] >= '0' && t.at[i] <= '9') || t.at[i] == '-'))
            return false;
    return t.len > 0;
}

static void load_step(struct loading *l, const struct node *n, struct ladder_step *into)
{
    struct step_written w = { 0 };
    into->line = node_place(n);
    if (!conf_read(l->arena, n, step_fields, &w, l->findings))
        return;
    *into = (struct ladder_step){ into->line,       w.step,  w.said,     (int) w.left, NO_BUDGET, (enum colour) w.colour,
                                  (enum post) w.to, w.order, w.left <= 0 };
    want_budget(l, w.late, into->line, &into->late);
    if (!is_step_name(w.step))
        find_error(l->findings, into->line, "步骤名“" TEXT_FMT "”只能用 a-z 0-9 -", TEXT_ARG(w.step));
    if ((w.left < 0) == (w.late.len == 0))
        find_error(l->findings, into->line, "left（剩余千分比）与 late（逾期多久）应有且只有一个");
}

/* Steps come in their order in time, so that "the highest step passed" has a meaning; one of them is the verdict. */
static void check_ladder(struct loading *l, const struct ladder *ladder)
{
    int verdicts = 0;
    for (int i = 0; i < ladder->count; i++) {
        const struct ladder_step *s = &ladder->steps[i], *last = i ? s - 1 : NULL;
        verdicts += s->left_permille == 0;
        if (last && s->left_permille >= 0 && s->left_permille >= last->left_permille)
            find_error(l->findings, s->line, "步骤应按时间先后排列，left 逐步减小");
        if (last && s->left_permille < 0 && last->left_permille > 0)
            find_error(l->findings, s->line, "逾期步骤之前应有到期步骤（left: 0）");
        if (last && s->left_permille < 0 && last->left_permille < 0 &&
            (s->late.unit != last->late.unit || s->late.amount <= last->late.amount))
            find_error(l->findings, s->line, "逾期步骤应使用同一单位并逐步增大");
        if (last && s->colour < last->colour)
            find_error(l->findings, s->line, "颜色不能比前一步轻");
        for (int j = 0; j < i; j++)
            if (text_is(ladder->steps[j].step, s->step))
                find_error(l->findings, s->line, "步骤“" TEXT_FMT "”出现两次", TEXT_ARG(s->step));
    }
    if (verdicts != 1)
        find_error(l->findings, ladder->line, "阶梯“" TEXT_FMT "”应有且只有一个到期步骤（left: 0）", TEXT_ARG(ladder->name));
}

static void load_ladders(struct loading *l, const struct node *map)
{
    size_t count = node_kind(map) == NODE_MAP ? node_count(map) : 0;
    if (count == 0 || count > LADDERS_MAX) {
        find_error(l->findings, node_place(map), "ladders：应有1至%d个阶梯", LADDERS_MAX);
        return;
    }
    struct ladder *ladders = arena_take(l->arena, count * sizeof *ladders);
    for (size_t i = 0; i < count; i++) {
        const struct node *list = node_at(map, i);
        size_t steps = node_kind(list) == NODE_LIST ? node_count(list) : 0;
        ladders[i] = (struct ladder){ node_key_place(map, i), node_key(map, i), NULL, (int) steps };
        if (steps > LADDER_STEPS_MAX) {
            find_error(l->findings, ladders[i].line, "一个阶梯最多%d步", LADDER_STEPS_MAX);
            continue;
        }
        struct ladder_step *into = arena_take(l->arena, (steps + 1) * sizeof *into);
        for (size_t j = 0; j < steps; j++)
            load_step(l, node_at(list, j), &into[j]);
        ladders[i].steps = into;
        check_ladder(l, &ladders[i]);
    }
    l->policy->ladders = ladders;
    l->policy->ladder_count = count;
}

static const struct ladder *ladder_find(const struct policy *p, struct text name)
{
    for (size_t i = 0; i < p->ladder_count; i++)
        if (text_is(p->ladders[i].name, name))
            return &p->ladders[i];
    return NULL;
}

static bool choice_find(const struct choice *table, struct text word, int *ret)
{
    for (; table->word; table++)
        if (text_is_c(word, table->word)) {
            *ret = table->value;
            return true;
        }
    return false;
}

static unsigned severities_of(struct loading *l, struct texts words, struct place at)
{
    unsigned bits = words.count == 0 ? ~0u : 0;
    for (size_t i = 0; i < words.count; i++) {
        int severity;
        if (choice_find(severity_words, words.at[i], &severity))
            bits |= 1u << severity;
        else
            find_error(l->findings, at, "级别“" TEXT_FMT "”应为 minor moderate severe extreme", TEXT_ARG(words.at[i]));
    }
    return bits;
}

static void load_clock(struct loading *l, const struct node *n, struct clock_rule *into)
{
    struct clock_written w = { 0 };
    into->line = node_place(n);
    if (!conf_read(l->arena, n, clock_fields, &w, l->findings))
        return;
    need_budget(l, w.budget, into->line, &into->budget);
    into->redo = into->budget;
    want_budget(l, w.redo, into->line, &into->redo);
    want_budget(l, w.floor, into->line, &into->floor);
    into->ladder = ladder_find(l->policy, w.ladder);
    into->calendar = w.calendar;
    into->by_office = w.holder;
    into->repeats = w.repeats;
    into->pauses = w.pauses;
    into->severities = severities_of(l, w.severities, into->line);
    into->is_on = true;
    if (!into->ladder)
        find_error(l->findings, into->line, "没有名为“" TEXT_FMT "”的阶梯", TEXT_ARG(w.ladder));
    if (into->budget.amount == 0)
        find_error(l->findings, into->line, "时限不能为零");
}

static void load_clocks(struct loading *l, const struct node *map, struct clock_rule *into)
{
    if (!map)
        return;
    if (node_kind(map) != NODE_MAP) {
        find_error(l->findings, node_place(map), "应为各时限的名称与内容");
        return;
    }
    for (size_t i = 0; i < node_count(map); i++) {
        int kind;
        if (choice_find(clock_words, node_key(map, i), &kind))
            load_clock(l, node_at(map, i), &into[kind]);
        else
            find_error(l->findings, node_key_place(map, i), "没有名为“" TEXT_FMT "”的时限", TEXT_ARG(node_key(map, i)));
    }
}

const struct policy *policy_load(struct arena *arena, const char *folder, const struct town *so_far, struct findings *into)
{
    size_t before = findings_errors(into);
    own(arena_free) struct arena *tree = arena_new(YAML_TREE_CHUNK);
    const struct node *file = yaml_load(arena, tree, arena_printf(arena, "%s/deadlines.yaml", folder).at, into);
    struct top top = { 0 };
    if (!file || !conf_read(arena, file, top_fields, &top, into))
        return NULL;
    struct loading l = { arena, into, arena_take(arena, sizeof *l.policy) };
    l.policy->line = node_place(file);
    l.policy->office_calendar = top.office_calendar;
    load_quiet_hours(&l, top.quiet_hours);
    need_workdays(&l, top.assist_margin, l.policy->line, &l.policy->assist_margin);
    load_caps(&l, &top);
    load_ladders(&l, top.ladders);
    load_clocks(&l, top.clocks, l.policy->clocks);
    load_clocks(&l, top.money_moving, l.policy->money_moving);
    if (so_far && so_far->calendar_count > 0)
        policy_check(l.policy, so_far, into);
    return findings_errors(into) == before ? l.policy : NULL;
}

static void check_rules(const struct clock_rule *rules, const struct town *town, struct findings *f)
{
    for (int kind = 1; kind < CLOCK_KIND_COUNT; kind++)
        if (rules[kind].is_on && rules[kind].calendar.len > 0 && !calendar_find(town, rules[kind].calendar))
            find_error(f, rules[kind].line, "时限“%s”的日历“" TEXT_FMT "”没有定义", clock_said((enum clock_kind) kind),
                       TEXT_ARG(rules[kind].calendar));
}

void policy_check(const struct policy *policy, const struct town *town, struct findings *f)
{
    static const enum clock_kind needed[] = { CLOCK_SIGN, CLOCK_CLOSE, CLOCK_OVERALL };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!policy->clocks[needed[i]].is_on)
            find_error(f, policy->line, "缺少时限“%s”：没有它线索会落入空档", choice_word(clock_words, (int) needed[i]));
    if (!calendar_find(town, policy->office_calendar))
        find_error(f, policy->line, "office_calendar：日历“" TEXT_FMT "”没有定义", TEXT_ARG(policy->office_calendar));
    check_rules(policy->clocks, town, f);
    check_rules(policy->money_moving, town, f);
}

const struct clock_rule *policy_rule(const struct policy *policy, enum clock_kind kind, bool is_money_moving)
{
    return is_money_moving && policy->money_moving[kind].is_on ? &policy->money_moving[kind] : &policy->clocks[kind];
}

const struct calendar *policy_calendar(const struct policy *policy, const struct town *town, const struct clock_rule *rule,
                                       struct text unit)
{
    const struct unit *holder = town_unit(town, unit);
    const struct calendar *own = rule->calendar.len > 0       ? calendar_find(town, rule->calendar)
                                 : rule->by_office || !holder ? NULL
                                                              : calendar_find(town, holder->calendar);
    return own ? own : calendar_find(town, policy->office_calendar);
}

instant_ms policy_after_quiet(const struct policy *policy, instant_ms at)
{
    int from = policy->quiet_from_min, to = policy->quiet_to_min;
    if (from == to || is_never(at))
        return at;
    int64_t day = day_of(at), minute = (at.ms - start_of_day(day).ms) / 60000;
    bool is_quiet = from < to ? minute >= from && minute < to : minute >= from || minute < to;
    if (!is_quiet)
        return at;
    int64_t end_day = from > to && minute >= from ? day + 1 : day;
    return later(start_of_day(end_day), SPAN_MIN(to));
}
