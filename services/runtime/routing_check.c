/* routing_check.c - what cannot work in a set of routing rules (routing_check of yinling/routing.h).
 *
 * That a rule can never fit is proven, not guessed: an earlier rule is shown to fit whenever this one does, part by part, and
 * where the proof is not simple the rule gets the benefit of the doubt. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "yinling/routing.h"

#include <pcre2.h>
#include <string.h>

struct checking {
    struct arena *arena; /* of this check */
    const struct routing *routing;
    const struct town *town;
    struct findings *into;
    bool units_in_doubt; /* the list of units is in error: which units rules name can be told once that is put right */
};

static bool is_one_of(struct texts list, struct text word)
{
    for (size_t i = 0; i < list.count; i++)
        if (text_is(list.at[i], word))
            return true;
    return false;
}

/* ---- words that must exist */

static void check_unit(const struct checking *c, struct place at, struct text unit)
{
    if (!c->units_in_doubt && !town_unit(c->town, unit))
        find_error(c->into, at, "没有单位“" TEXT_FMT "”", TEXT_ARG(unit));
}

static void check_vocabulary(const struct checking *c, struct place at, const char *what, struct texts words,
                             const char *const *allowed)
{
    for (size_t i = 0; i < words.count; i++) {
        const char *const *a = allowed;
        while (*a && !text_is_c(words.at[i], *a))
            a++;
        if (!*a)
            find_error(c->into, at, "没有%s“" TEXT_FMT "”", what, TEXT_ARG(words.at[i]));
    }
}

static const char *const categories[] = { "online",  "care",        "land",        "housing",   "tourism-art",
                                          "medical", "food-health", "fundraising", "street-ad", "telecom",
                                          "crime",   "other",       NULL };
static const char *const guises[] = {
    "care-service", "care-project", "care-product", "house-for-care", "care-insurance", "care-aid", NULL
};
static const char *const channels[] = { "hotline", "police", "platform", "field", NULL };
static const char *const urgencies[] = { "routine", "urgent", "money-moving", NULL };

static bool expression_is_sound(struct text pattern, int *ret_at)
{
    int error;
    PCRE2_SIZE at = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR) pattern.at, pattern.len, PCRE2_UTF, &error, &at, NULL);
    *ret_at = (int) at;
    if (!code)
        return false;
    pcre2_code_free(code);
    return true;
}

static void check_term(const struct checking *c, struct place at, struct text written)
{
    struct term t;
    int where;
    if (!routing_term(c->arena, written, &t)) {
        find_error(c->into, at, "词“" TEXT_FMT "”写法不对：有空的部分，或 .. 多于%d处", TEXT_ARG(written), TERM_PARTS_MAX - 1);
        return;
    }
    if (t.expression.at && !expression_is_sound(t.expression, &where))
        find_error(c->into, at, "正则表达式“" TEXT_FMT "”第%d字节处有误", TEXT_ARG(t.expression), where);
    for (size_t p = 0; p < t.part_count; p++)
        for (size_t k = 0; k < t.parts[p].count; k++) {
            struct text w = t.parts[p].at[k];
            if (text_starts(w, TEXT("$")) && !routing_group(c->routing, (struct text){ w.at + 1, w.len - 1 }))
                find_error(c->into, at, "没有词组“" TEXT_FMT "”", TEXT_ARG(w));
        }
}

static void check_terms(const struct checking *c, struct place at, struct texts terms)
{
    for (size_t i = 0; i < terms.count; i++)
        check_term(c, at, terms.at[i]);
}

static void check_names(const struct checking *c, const struct condition *when)
{
    check_vocabulary(c, when->line, "类别", when->category, categories);
    check_vocabulary(c, when->line, "幌子", when->guise, guises);
    check_vocabulary(c, when->line, "渠道", when->channel, channels);
    check_vocabulary(c, when->line, "紧急程度", when->urgency, urgencies);
    for (size_t i = 0; i < when->villages.count; i++)
        if (!town_village(c->town, when->villages.at[i]))
            find_error(c->into, when->line, "没有村“" TEXT_FMT "”", TEXT_ARG(when->villages.at[i]));
    for (size_t i = 0; i < when->units.count; i++)
        check_unit(c, when->line, when->units.at[i]);
    for (size_t i = 0; i < when->against.count; i++) {
        struct text w = when->against.at[i];
        if (!text_is_c(w, "any") && !text_is_c(w, "none") && !text_is_c(w, "village"))
            check_unit(c, when->line, w);
    }
    check_terms(c, when->line, when->any);
    check_terms(c, when->line, when->none);
    for (size_t i = 0; i < when->all_count; i++)
        check_terms(c, when->line, when->all[i]);
}

/* ---- what terms say of each other */

static const struct word_group *group_of(const struct checking *c, struct text word)
{
    return text_starts(word, TEXT("$")) ? routing_group(c->routing, (struct text){ word.at + 1, word.len - 1 }) : NULL;
}

/* The plain words a term comes down to; none when it is more than a list of words. */
static struct texts words_of(const struct checking *c, struct text written)
{
    struct term t;
    if (!routing_term(c->arena, written, &t) || t.expression.at || t.part_count != 1)
        return (struct texts){ NULL, 0 };
    size_t n = 0, room = t.parts[0].count;
    for (size_t k = 0; k < t.parts[0].count; k++) {
        const struct word_group *g = group_of(c, t.parts[0].at[k]);
        if (g && g->except.count > 0)
            return (struct texts){ NULL, 0 };
        room += g ? g->words.count : 0;
    }
    struct text *words = arena_take(c->arena, (room + 1) * sizeof *words);
    for (size_t k = 0; k < t.parts[0].count; k++) {
        const struct word_group *g = group_of(c, t.parts[0].at[k]);
        for (size_t i = 0; g && i < g->words.count; i++)
            words[n++] = g->words.at[i];
        if (!g)
            words[n++] = t.parts[0].at[k];
    }
    return (struct texts){ words, n };
}

/* A text with `word` always has one of the terms: it is one of them, or one is part of it. */
static bool word_means(const struct checking *c, struct text word, struct texts terms)
{
    for (size_t i = 0; i < terms.count; i++) {
        struct texts words = words_of(c, terms.at[i]);
        for (size_t k = 0; k < words.count; k++)
            if (text_has(word, words.at[k]))
                return true;
    }
    return false;
}

/* A text that meets one of `these` always meets one of `those`. */
static bool terms_mean(const struct checking *c, struct texts these, struct texts those)
{
    for (size_t i = 0; i < these.count; i++) {
        struct texts words = words_of(c, these.at[i]);
        bool meant = is_one_of(those, these.at[i]) || words.count > 0;
        for (size_t k = 0; k < words.count && meant; k++)
            meant = is_one_of(those, these.at[i]) || word_means(c, words.at[k], those);
        if (!meant)
            return false;
    }
    return these.count > 0;
}

/* Whatever meets the condition meets one of `those` terms. */
static bool condition_means_terms(const struct checking *c, const struct condition *when, struct texts those)
{
    if (terms_mean(c, when->any, those))
        return true;
    for (size_t i = 0; i < when->all_count; i++)
        if (terms_mean(c, when->all[i], those))
            return true;
    return false;
}

/* ---- rules that can never fit */

static bool is_empty_range(int64_t from, int64_t to)
{
    return from != RULE_UNKNOWN && to != RULE_UNKNOWN && from > to;
}

/* Why no lead can meet it; NULL when some may. */
static const char *impossible(const struct checking *c, const struct condition *when)
{
    if (is_empty_range(when->amount_from, when->amount_to))
        return "金额的下限大于上限";
    if (is_empty_range(when->victims_from, when->victims_to))
        return "人数的下限大于上限";
    if (when->none.count > 0 && condition_means_terms(c, when, when->none))
        return "要有的词都在 none 里";
    return NULL;
}

static bool includes(struct texts wider, struct texts narrower)
{
    if (wider.count == 0)
        return true;
    for (size_t i = 0; i < narrower.count; i++)
        if (!is_one_of(wider, narrower.at[i]))
            return false;
    return narrower.count > 0;
}

static bool range_includes(int64_t from, int64_t to, int64_t inner_from, int64_t inner_to)
{
    if (from == RULE_UNKNOWN && to == RULE_UNKNOWN)
        return true;
    bool known = inner_from != RULE_UNKNOWN || inner_to != RULE_UNKNOWN;
    bool above = from == RULE_UNKNOWN || (inner_from != RULE_UNKNOWN && inner_from >= from);
    bool below = to == RULE_UNKNOWN || (inner_to != RULE_UNKNOWN && inner_to <= to);
    return known && above && below;
}

/* Whatever meets `b` meets `a`. */
static bool condition_includes(const struct checking *c, const struct condition *a, const struct condition *b)
{
    bool facts = includes(a->category, b->category) && includes(a->guise, b->guise) && includes(a->villages, b->villages) &&
                 includes(a->channel, b->channel) && includes(a->urgency, b->urgency) && includes(a->against, b->against) &&
                 includes(a->units, b->units) && range_includes(a->amount_from, a->amount_to, b->amount_from, b->amount_to) &&
                 range_includes(a->victims_from, a->victims_to, b->victims_from, b->victims_to);
    if (!facts || (a->any.count > 0 && !condition_means_terms(c, b, a->any)))
        return false;
    for (size_t i = 0; i < a->all_count; i++)
        if (!condition_means_terms(c, b, a->all[i]))
            return false;
    return a->none.count == 0 || terms_mean(c, a->none, b->none);
}

static bool rule_includes(const struct checking *c, const struct rule *earlier, const struct condition *when)
{
    for (size_t i = 0; i < earlier->when_count; i++)
        if (condition_includes(c, &earlier->when[i], when))
            return true;
    return earlier->when_count == 0;
}

/* The earlier rule that takes everything this condition could have taken; NULL when none surely does. */
static const struct rule *shadow_of(const struct checking *c, struct rules_list list, size_t rule, const struct condition *when)
{
    for (size_t i = 0; i < rule; i++)
        if (rule_includes(c, &list.at[i], when))
            return &list.at[i];
    return NULL;
}

static void check_reachable(const struct checking *c, struct rules_list list, size_t n, bool first_decides)
{
    static const struct condition always = {
        .amount_from = RULE_UNKNOWN, .amount_to = RULE_UNKNOWN, .victims_from = RULE_UNKNOWN, .victims_to = RULE_UNKNOWN
    };
    const struct rule *r = &list.at[n];
    const struct rule *over = r->when_count == 0 && first_decides ? shadow_of(c, list, n, &always) : NULL;
    size_t dead = 0;
    for (size_t i = 0; i < r->when_count; i++) {
        const char *why = impossible(c, &r->when[i]);
        const struct rule *shadow = first_decides && !why ? shadow_of(c, list, n, &r->when[i]) : NULL;
        if (why)
            find_error(c->into, r->when[i].line, "规则" TEXT_FMT "永远不会符合：%s", TEXT_ARG(r->id), why);
        over = shadow ? shadow : over;
        dead += shadow != NULL;
    }
    if (over && dead == r->when_count)
        find_error(c->into, r->line, "规则" TEXT_FMT "永远不会符合：第%d行的规则" TEXT_FMT "总在它前面", TEXT_ARG(r->id),
                   over->line.line, TEXT_ARG(over->id));
}

/* ---- rule by rule */

static void check_id(const struct checking *c, const struct rule *r)
{
    size_t i = 0;
    while (i < r->id.len &&
           ((r->id.at[i] >= 'a' && r->id.at[i] <= 'z') || (r->id.at[i] >= '0' && r->id.at[i] <= '9') || r->id.at[i] == '-'))
        i++;
    if (i < r->id.len)
        find_error(c->into, r->line, "规则编号“" TEXT_FMT "”只能用小写字母、数字和 -", TEXT_ARG(r->id));
    if (text_is_c(r->id, "catch-all") || text_is_c(r->id, "catch-all-against"))
        find_error(c->into, r->line, "规则编号“" TEXT_FMT "”是兜底规则的，不能用", TEXT_ARG(r->id));
}

static void check_twice(const struct checking *c, struct rules_list list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_is(list.at[i].id, list.at[n].id))
            find_error(c->into, list.at[n].line, "规则编号" TEXT_FMT "在第%d行已经用过", TEXT_ARG(list.at[n].id),
                       list.at[i].line.line);
}

static void check_rule(const struct checking *c, const struct rule *r, bool of_units)
{
    check_id(c, r);
    if (of_units)
        check_unit(c, r->line, r->unit);
    for (size_t i = 0; i < r->assist.count; i++)
        check_unit(c, r->line, r->assist.at[i]);
    if (r->category.len > 0)
        check_vocabulary(c, r->line, "类别", (struct texts){ &r->category, 1 }, categories);
    if (r->guise.len > 0)
        check_vocabulary(c, r->line, "幌子", (struct texts){ &r->guise, 1 }, guises);
    for (size_t i = 0; i < r->when_count; i++) {
        check_names(c, &r->when[i]);
        if (of_units && r->when[i].units.count > 0)
            find_error(c->into, r->when[i].line, "单位规则里不能问 units：单位正要由它决定");
    }
}

static void check_list(const struct checking *c, struct rules_list list, bool first_decides, bool of_units)
{
    for (size_t i = 0; i < list.count; i++) {
        check_rule(c, &list.at[i], of_units);
        check_twice(c, list, i);
        check_reachable(c, list, i, first_decides);
    }
}

static void check_signs(const struct checking *c)
{
    for (size_t i = 0; i < c->routing->sign_count; i++) {
        const struct sign *s = &c->routing->signs[i];
        check_unit(c, s->line, s->unit);
        check_terms(c, s->line, s->any);
        check_vocabulary(c, s->line, "幌子", s->guise, guises);
        if (s->any.count == 0 && s->guise.count == 0)
            find_error(c->into, s->line, TEXT_FMT "既没有词也没有幌子", TEXT_ARG(s->id));
        if (s->category.len > 0)
            check_vocabulary(c, s->line, "类别", (struct texts){ &s->category, 1 }, categories);
    }
}

static void check_catch_alls(const struct checking *c)
{
    const struct routing *r = c->routing;
    if (r->catch_all_against.len == 0)
        return; /* said when it was read */
    check_unit(c, r->line, r->catch_all_against);
    if (text_is(r->catch_all_against, c->town->catch_all))
        find_error(c->into, r->line, "catch_all_against 不能就是兜底单位“" TEXT_FMT "”：反映它的线索会落到它自己手里",
                   TEXT_ARG(r->catch_all_against));
    if (r->units.count == 0)
        find_error(c->into, r->line, "units 没有规则：所有线索都会落到兜底单位");
    if (r->severities.count > 0 && r->severities.at[r->severities.count - 1].when_count > 0)
        find_warning(c->into, r->severities.at[r->severities.count - 1].line,
                     "severities 的最后一条有条件：都不符合的线索按 moderate 处理");
}

static bool has_error_in(const struct findings *findings, const char *file)
{
    for (size_t i = 0; i < findings_count(findings); i++) {
        const struct finding *f = finding_at(findings, i);
        size_t len = strlen(f->place.file), ending = strlen(file);
        if (f->is_error && len >= ending && strcmp(f->place.file + len - ending, file) == 0)
            return true;
    }
    return false;
}

void routing_check(const struct routing *routing, const struct town *town, struct findings *into)
{
    own(arena_free) struct arena *arena = arena_new(256 * 1024);
    struct checking c = { arena, routing, town, into, has_error_in(into, "town.yaml") };
    check_list(&c, routing->units, true, true);
    check_list(&c, routing->guises, true, false);
    check_list(&c, routing->severities, true, false);
    check_list(&c, routing->copies, false, false);
    check_list(&c, routing->assists, false, false);
    check_signs(&c);
    check_catch_alls(&c);
}
