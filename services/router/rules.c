/* rules.c - gives a lead its unit, assisting units, severity and groups by the rules of routing.yaml (rules.h). */
#include "signs.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct compiled_rule {
    const struct rule *rule;
    const struct compiled_condition **when;
};
struct compiled_list {
    const char *name;
    const struct compiled_rule *at;
    size_t count;
};
struct rules {
    struct arena *arena; /* owns this struct too */
    const struct town *town;
    const struct words *words;
    const struct word_lists *lists;
    struct compiled_list units, guises, severities, copies, assists;
    const struct signs *signs;
    size_t rule_count; /* of all lists, and the units: the most lines an explanation has */
};

/* ---- compiling */

static void vocabulary_of_list(struct building *b, struct rules_list list)
{
    for (size_t i = 0; i < list.count; i++)
        for (size_t k = 0; k < list.at[i].when_count; k++)
            condition_vocabulary(b, &list.at[i].when[k]);
}

static bool compile_list(struct building *b, const char *name, struct rules_list list, struct compiled_list *into)
{
    struct compiled_rule *made = arena_take(b->arena, (list.count + 1) * sizeof *made);
    for (size_t i = 0; i < list.count; i++) {
        const struct rule *r = &list.at[i];
        made[i].rule = r;
        made[i].when = arena_take(b->arena, (r->when_count + 1) * sizeof *made[i].when);
        for (size_t k = 0; k < r->when_count; k++)
            if (!(made[i].when[k] = condition_compile(b, &r->when[k]))) {
                fprintf(stderr, "%s:%d: 规则" TEXT_FMT "无法编译\n", r->line.file, r->line.line, TEXT_ARG(r->id));
                return false;
            }
    }
    *into = (struct compiled_list){ name, made, list.count };
    return true;
}

void *rules_compile(const struct town *town)
{
    const struct routing *routing = town->routing;
    struct arena *arena = arena_new(256 * 1024);
    struct rules *rules = arena_take(arena, sizeof *rules);
    own(arena_free) struct arena *terms = arena_new(64 * 1024);
    struct building b = { .arena = arena, .terms = terms, .routing = routing, .words = words_new(arena) };
    b.groups = arena_take(arena, (routing->group_count + 1) * sizeof *b.groups);
    *rules = (struct rules){ .arena = arena, .town = town, .words = b.words };
    const struct {
        const char *name;
        struct rules_list list;
        struct compiled_list *into;
    } lists[] = {
        { "units", routing->units, &rules->units },
        { "guises", routing->guises, &rules->guises },
        { "severities", routing->severities, &rules->severities },
        { "copies", routing->copies, &rules->copies },
        { "assists", routing->assists, &rules->assists },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        vocabulary_of_list(&b, lists[i].list);
    signs_vocabulary(&b);
    words_seal(b.words);
    rules->lists = b.lists = word_lists_new(arena, b.words);
    rules->signs = signs_compile(&b, town);
    bool sound = rules->signs;
    if (!sound)
        fprintf(stderr, "%s: signs 无法编译\n", routing->line.file);
    rules->rule_count = town->unit_count;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && sound; i++) {
        sound = compile_list(&b, lists[i].name, lists[i].list, lists[i].into);
        rules->rule_count += lists[i].list.count;
    }
    word_lists_seal(b.lists);
    if (!sound)
        arena_free(arena);
    return sound ? rules : NULL;
}

void rules_free(void *rules)
{
    if (rules)
        arena_free(((struct rules *) rules)->arena);
}

/* ---- routing */

struct routing_turn {
    const struct rules *rules;
    struct sight sight;
    struct ruling ruling;
    struct tried *tried; /* NULL: not asked */
    struct text *assist;
};

static bool rule_fits(struct routing_turn *t, const struct compiled_list *list, const struct compiled_rule *r)
{
    struct text because = TEXT("总是符合");
    bool fits = r->rule->when_count == 0;
    for (size_t i = 0; i < r->rule->when_count && !fits; i++)
        fits = condition_holds(r->when[i], &t->sight, &because);
    if (t->tried)
        t->tried[t->ruling.tried_count++] = (struct tried){ r->rule->id, r->rule, list->name, fits, because };
    return fits;
}

static const struct rule *first_fit(struct routing_turn *t, const struct compiled_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (rule_fits(t, list, &list->at[i]))
            return list->at[i].rule;
    return NULL;
}

/* The first rule that fits and does not hand the lead to the unit it complains about. */
static const struct rule *unit_rule(struct routing_turn *t)
{
    const struct compiled_list *list = &t->rules->units;
    for (size_t i = 0; i < list->count; i++) {
        const struct rule *r = list->at[i].rule;
        if (!rule_fits(t, list, &list->at[i]))
            continue;
        if (!text_is(r->unit, t->sight.facts->against_unit))
            return r;
        if (t->tried) {
            t->tried[t->ruling.tried_count - 1].fits = false;
            t->tried[t->ruling.tried_count - 1].because = TEXT("符合，但反映的正是这个单位");
        }
    }
    return NULL;
}

/* One line for each unit that any word speaks for. */
static void explain_signs(struct routing_turn *t, const struct sign_found *found, const struct sign *chosen)
{
    const struct town *town = t->rules->town;
    for (size_t i = 0; i < town->unit_count; i++) {
        struct text because = signs_for_unit(t->rules->signs, &t->sight, found, town->units[i].code);
        if (because.at)
            t->tried[t->ruling.tried_count++] = (struct tried){ town->units[i].code, NULL, "signs",
                                                                chosen && text_is(chosen->unit, town->units[i].code), because };
    }
}

static const struct sign *sign_weighed(struct routing_turn *t)
{
    const struct sign_found *found = signs_found(t->rules->signs, &t->sight);
    const struct sign *chosen = signs_heaviest(t->rules->signs, &t->sight, found, t->sight.facts->against_unit);
    if (t->tried)
        explain_signs(t, found, chosen);
    return chosen;
}

static void take_catch_all(struct routing_turn *t)
{
    const struct town *town = t->rules->town;
    bool against = text_is(town->catch_all, t->sight.facts->against_unit);
    t->ruling.unit = against ? town->routing->catch_all_against : town->catch_all;
    t->ruling.rule = against ? TEXT("catch-all-against") : TEXT("catch-all");
    t->ruling.why = against ? TEXT("没有规则符合，反映的又是兜底单位，由第二兜底单位先接。")
                            : TEXT("没有规则符合，由兜底单位先接，综合组再分。");
    t->ruling.unmatched = true;
}

/* Chooses the unit; gives the category that goes with the choice. */
static struct text choose_unit(struct routing_turn *t, const struct rule *r)
{
    const struct sign *sign = r ? NULL : sign_weighed(t);
    if (r) {
        t->ruling.unit = r->unit;
        t->ruling.rule = r->id;
        t->ruling.why = r->why;
        return r->category;
    }
    if (sign) {
        t->ruling.unit = sign->unit;
        t->ruling.rule = TEXT("signs");
        t->ruling.why = TEXT("没有规则完全符合，按正文里的词，这个单位的分量最重。");
        return sign->category;
    }
    take_catch_all(t);
    return NO_TEXT;
}

static void take_unit(struct routing_turn *t)
{
    const struct lead_facts *f = t->sight.facts;
    const struct rule *r = unit_rule(t);
    struct text category = choose_unit(t, r);
    t->ruling.category = f->category.len ? f->category : category.len ? category : TEXT("other");
    t->ruling.guise = f->guise.len ? f->guise : r && r->guise.len ? r->guise : NO_TEXT;
    if (!t->ruling.guise.len) {
        const struct rule *g = first_fit(t, &t->rules->guises);
        t->ruling.guise = g ? g->guise : NO_TEXT;
    }
    t->sight.category = t->ruling.category;
    t->sight.guise = t->ruling.guise;
    t->sight.unit = t->ruling.unit;
    for (size_t i = 0; r && i < r->assist.count; i++)
        t->assist[t->ruling.assist_count++] = r->assist.at[i];
}

static bool is_listed(const struct text *list, size_t count, struct text unit)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(list[i], unit))
            return true;
    return false;
}

static void take_assists(struct routing_turn *t)
{
    const struct compiled_list *list = &t->rules->assists;
    struct text *kept = arena_take(t->sight.arena, UNITS_MAX * sizeof *kept);
    size_t n = 0, own = t->ruling.assist_count;
    for (size_t i = 0; i <= list->count; i++) {
        struct texts add = { t->assist, own };
        if (i > 0)
            add = rule_fits(t, list, &list->at[i - 1]) ? list->at[i - 1].rule->assist : (struct texts){ NULL, 0 };
        for (size_t k = 0; k < add.count && n < UNITS_MAX; k++)
            if (!text_is(add.at[k], t->ruling.unit) && !text_is(add.at[k], t->sight.facts->against_unit) &&
                !is_listed(kept, n, add.at[k]))
                kept[n++] = add.at[k];
    }
    t->ruling.assist = kept;
    t->ruling.assist_count = n;
}

static void take_facets(struct routing_turn *t)
{
    const struct compiled_list *copies = &t->rules->copies;
    const struct rule *severity = first_fit(t, &t->rules->severities);
    t->ruling.severity = severity ? severity->severity : SEVERITY_MODERATE;
    for (size_t i = 0; i < copies->count; i++)
        if (rule_fits(t, copies, &copies->at[i]))
            t->ruling.groups |= copies->at[i].rule->groups;
}

static int64_t amount_taken(const struct lead_facts *f, struct text folded)
{
    if (f->amount_yuan != RULE_UNKNOWN)
        return f->amount_yuan;
    int64_t given = f->amount_text.len ? amount_yuan_of(f->amount_text) : RULE_UNKNOWN;
    return given != RULE_UNKNOWN ? given : amount_yuan_of(folded);
}

struct ruling rules_route(const struct rules *rules, const struct lead_facts *facts, struct arena *arena, bool explain)
{
    struct routing_turn t = { .rules = rules };
    struct text folded = text_folded(arena, facts->text);
    t.sight = (struct sight){ .facts = facts,
                              .category = facts->category,
                              .guise = facts->guise,
                              .amount_yuan = amount_taken(facts, folded),
                              .victims = facts->victims != RULE_UNKNOWN ? facts->victims : amount_people_of(folded),
                              .folded = folded,
                              .words = rules->words,
                              .found = words_find(rules->words, arena, folded),
                              .arena = arena,
                              .explain = explain };
    t.sight.met = word_lists_met(rules->lists, arena, &t.sight.found);
    t.tried = explain ? arena_take(arena, (rules->rule_count + 1) * sizeof *t.tried) : NULL;
    t.assist = arena_take(arena, UNITS_MAX * sizeof *t.assist);
    take_unit(&t);
    take_assists(&t);
    take_facets(&t);
    t.ruling.amount_yuan = t.sight.amount_yuan;
    t.ruling.victims = t.sight.victims;
    t.ruling.tried = t.tried;
    assert(!facts->against_unit.len || !text_is(t.ruling.unit, facts->against_unit));
    return t.ruling;
}
