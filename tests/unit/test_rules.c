/* test_rules.c - which unit a lead goes to: the shipped rules on the cases of routing-cases.jsonl, and the engine on small rule sets. */
#include "services/router/rules.h"
#include "tests/kit/folder.h"

#include <jansson.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define CASES "tests/unit/routing-cases.jsonl"
#define CASES_MIN 400
#define RIGHT_PERCENT_MIN 95

struct given {
    struct findings *findings;
    const struct town *town;
    struct rules *rules;
    struct arena *arena;
};

static int given_from(void **state, const char *folder)
{
    struct given *g = calloc(1, sizeof *g);
    g->findings = findings_new();
    g->town = town_load(folder, g->findings);
    findings_print(g->findings, stderr);
    g->rules = g->town ? rules_compile(g->town) : NULL;
    g->arena = arena_new(64 * 1024);
    *state = g;
    return g->rules ? 0 : -1;
}

static int given_new(void **state)
{
    return given_from(state, FOLDER_SHIPPED);
}

static int given_free(void **state)
{
    struct given *g = *state;
    rules_free(g->rules);
    town_free(g->town);
    findings_free(g->findings);
    arena_free(g->arena);
    free(g);
    return 0;
}

static struct ruling route(const struct given *g, const char *text)
{
    struct lead_facts facts = LEAD_FACTS_NONE;
    facts.text = text_of(text);
    return rules_route(g->rules, &facts, g->arena, false);
}

/* ---- the shipped rules */

static bool is_right(const struct ruling *r, const json_t *units)
{
    for (size_t i = 0; i < json_array_size(units); i++)
        if (text_is_c(r->unit, json_string_value(json_array_get(units, i))))
            return true;
    return false;
}

static void the_cases_go_to_units_the_plan_can_justify(void **state)
{
    struct given *g = *state;
    size_t all = 0, right = 0, samples_wrong = 0;
    char line[16384];
    FILE *f = fopen(CASES, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        json_t *c = json_loads(line, 0, NULL);
        assert_non_null(c);
        struct ruling r = route(g, json_string_value(json_object_get(c, "text")));
        bool good = is_right(&r, json_object_get(c, "units"));
        if (!good)
            print_message(TEXT_FMT " by " TEXT_FMT ": %s", TEXT_ARG(r.unit), TEXT_ARG(r.rule), line);
        samples_wrong += !good && json_is_true(json_object_get(c, "sample"));
        all++;
        right += good;
        json_decref(c);
        arena_reset(g->arena);
    }
    fclose(f);
    print_message("%zu of %zu cases\n", right, all);
    assert_true(all >= CASES_MIN);
    assert_int_equal(samples_wrong, 0);
    assert_true(right * 100 >= all * RIGHT_PERCENT_MIN);
}

static void what_nothing_fits_goes_to_the_catch_all(void **state)
{
    struct given *g = *state;
    struct ruling r = route(g, "嗯");
    assert_true(text_is(r.unit, g->town->catch_all));
    assert_true(r.unmatched);
    assert_string_equal(r.rule.at, "catch-all");
    r = route(g, "");
    assert_true(text_is(r.unit, g->town->catch_all));
}

static void what_is_against_the_catch_all_goes_to_the_second(void **state)
{
    struct given *g = *state;
    struct lead_facts facts = LEAD_FACTS_NONE;
    facts.text = TEXT("嗯");
    facts.against_unit = g->town->catch_all;
    struct ruling r = rules_route(g->rules, &facts, g->arena, false);
    assert_true(text_is(r.unit, g->town->routing->catch_all_against));
    assert_string_equal(r.rule.at, "catch-all-against");
    assert_true(r.unmatched);
}

static void nobody_gets_a_lead_against_himself(void **state)
{
    struct given *g = *state;
    char line[16384];
    FILE *f = fopen(CASES, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        json_t *c = json_loads(line, 0, NULL);
        struct lead_facts facts = LEAD_FACTS_NONE;
        facts.text = text_of(json_string_value(json_object_get(c, "text")));
        facts.against_unit = route(g, facts.text.at).unit;
        struct ruling r = rules_route(g->rules, &facts, g->arena, false);
        assert_false(text_is(r.unit, facts.against_unit));
        for (size_t i = 0; i < r.assist_count; i++) {
            assert_false(text_is(r.assist[i], facts.against_unit));
            assert_false(text_is(r.assist[i], r.unit));
        }
        json_decref(c);
        arena_reset(g->arena);
    }
    fclose(f);
}

static bool assists(const struct ruling *r, const char *unit)
{
    for (size_t i = 0; i < r->assist_count; i++)
        if (text_is_c(r->assist[i], unit))
            return true;
    return false;
}

static void two_duties_that_meet_are_both_told(void **state)
{
    struct given *g = *state;
    struct ruling r = route(g, "免费旅游途中，随团“医生”给老人诊断，卖了一万元的药。");
    assert_string_equal(r.unit.at, "health");
    assert_true(assists(&r, "culture-tourism"));
    r = route(g, "公司以年息15%非法集资，收了五十多名老人的钱，老板失联。");
    assert_true((text_is_c(r.unit, "finance") && assists(&r, "police")) ||
                (text_is_c(r.unit, "police") && assists(&r, "finance")));
}

static void what_the_sender_says_counts(void **state)
{
    struct given *g = *state;
    struct lead_facts facts = LEAD_FACTS_NONE;
    facts.text = TEXT("情况见附件。");
    facts.category = TEXT("land");
    struct ruling r = rules_route(g->rules, &facts, g->arena, false);
    assert_string_equal(r.unit.at, "natural-resources");
    assert_string_equal(r.category.at, "land");
    facts.urgency = TEXT("money-moving");
    r = rules_route(g->rules, &facts, g->arena, false);
    assert_string_equal(r.unit.at, "police");
    facts = LEAD_FACTS_NONE;
    facts.text = TEXT("情况见附件。");
    facts.guise = TEXT("care-service");
    r = rules_route(g->rules, &facts, g->arena, false);
    assert_string_equal(r.unit.at, "civil-affairs");
    assert_string_equal(r.guise.at, "care-service");
}

static void severity_follows_the_plan(void **state)
{
    struct given *g = *state;
    assert_int_equal(route(g, "公司以年息15%吸收老人资金，涉及老人三百余名。").severity, SEVERITY_EXTREME);
    assert_int_equal(route(g, "有人冒充民警让老人转账，被骗走两万元。").severity, SEVERITY_SEVERE);
    assert_int_equal(route(g, "店里宣称磁疗床能治糖尿病，向老人推销。").severity, SEVERITY_MODERATE);
    assert_int_equal(route(g, "老人与护理公司就退费金额有争议，双方各执一词，请求调解。").severity, SEVERITY_MINOR);
    struct lead_facts facts = LEAD_FACTS_NONE;
    facts.text = TEXT("店里宣称磁疗床能治糖尿病，向老人推销。");
    facts.victims = 400;
    assert_int_equal(rules_route(g->rules, &facts, g->arena, false).severity, SEVERITY_EXTREME);
}

static void an_explanation_names_every_rule_tried(void **state)
{
    struct given *g = *state;
    struct lead_facts facts = LEAD_FACTS_NONE;
    facts.text = TEXT("养老院没有备案就收住老人。");
    struct ruling quiet = rules_route(g->rules, &facts, g->arena, false), told = rules_route(g->rules, &facts, g->arena, true);
    assert_null(quiet.tried);
    assert_true(text_is(quiet.rule, told.rule));
    assert_true(told.tried_count > 10);
    bool decided = false;
    for (size_t i = 0; i < told.tried_count; i++) {
        assert_true(told.tried[i].because.len > 0);
        assert_true(told.tried[i].id.len > 0);
        decided |= told.tried[i].fits && text_is(told.tried[i].id, told.rule);
    }
    assert_true(decided);
    facts.text = TEXT("护工喂饭粗暴，老人身上有压疮。");
    told = rules_route(g->rules, &facts, g->arena, true);
    assert_string_equal(told.rule.at, "signs");
    decided = false;
    for (size_t i = 0; i < told.tried_count; i++)
        if (strcmp(told.tried[i].list, "signs") == 0 && told.tried[i].fits) {
            assert_true(text_is(told.tried[i].id, told.unit));
            assert_true(text_has(told.tried[i].because, TEXT("压疮")));
            decided = true;
        }
    assert_true(decided);
}

/* ---- the engine, on rules of its own */

#define SUSPECT                                                                                                                            \
    "suspect: {officials: [村长], offices: [村委会], failings: [包庇], deeds: [收了], collusion: [勾结], pretences: [冒充], " \
    "asked: [向], acting: [查处], members: [的人], possessions: [熟人], towards: [对], others: [公司]}\n"

static struct given *given_rules(const char *yaml)
{
    struct folder folder = folder_new();
    void *g = NULL;
    folder_write(&folder, "routing.yaml", text_of(yaml));
    assert_int_equal(given_from(&g, folder.path), 0);
    folder_end(&folder);
    return g;
}

static const char *unit_for(struct given *g, const char *text)
{
    return route(g, text).unit.at;
}

static void terms_mean_what_the_header_says(void **state)
{
    (void) state;
    struct given *g = given_rules("catch_all_against: police\n"
                                  "words: {scam: {words: [诈骗, 骗], except: [防诈骗]}}\n"
                                  "units:\n"
                                  "  - {id: gap, unit: health, why: 甲, when: {any: [押金|定金..不退]}}\n"
                                  "  - {id: expression, unit: market, why: 乙, when: {any: ['re:第[0-9]+号令']}}\n"
                                  "  - {id: both, unit: finance, why: 丙, when: {all: [[甲词, 乙词], 丙词], none: [丁词]}}\n"
                                  "  - {id: group, unit: police, why: 丁, when: {any: [$scam]}}\n"
                                  "  - {id: much, unit: justice, why: 戊, when: {amount_from: 1000, amount_to: 2000}}\n"
                                  "  - {id: many, unit: construction, why: 己, when: {victims_from: 30}}\n"
                                  "severities: [{id: all, severity: moderate, why: 庚}]\n" SUSPECT);
    assert_string_equal(unit_for(g, "交的定金一直不退"), "health");
    assert_string_equal(unit_for(g, "押金。说好的不退"), "governance");                   /* another sentence */
    assert_string_equal(unit_for(g, "押金一二三四五六七八九十一二不退"), "health");       /* twelve characters between */
    assert_string_equal(unit_for(g, "押金一二三四五六七八九十一二三不退"), "governance"); /* thirteen */
    assert_string_equal(unit_for(g, "不退押金"), "governance");                           /* the other order */
    assert_string_equal(unit_for(g, "依据第 12 号令"), "market");                         /* blanks are folded away */
    assert_string_equal(unit_for(g, "乙词在前丙词在后"), "finance");
    assert_string_equal(unit_for(g, "只有甲词"), "governance");
    assert_string_equal(unit_for(g, "甲词丙词丁词"), "governance");
    assert_string_equal(unit_for(g, "遇到诈骗"), "police");
    assert_string_equal(unit_for(g, "防诈骗宣传"), "governance");
    assert_string_equal(unit_for(g, "防诈骗宣传时遇到诈骗"), "police");
    assert_string_equal(unit_for(g, "花了1500元"), "justice");
    assert_string_equal(unit_for(g, "花了2500元"), "governance");
    assert_string_equal(unit_for(g, "三十多名老人"), "construction");
    assert_string_equal(unit_for(g, "二十多名老人"), "governance");
    void *done = g;
    given_free(&done);
}

static void signs_are_weighed_where_no_rule_fits(void **state)
{
    (void) state;
    struct given *g = given_rules("catch_all_against: police\n"
                                  "units: [{id: first, unit: police, why: 甲, when: {any: [报警]}}]\n"
                                  "signs_enough: 3\n"
                                  "signs:\n"
                                  "  - {id: a, unit: health, category: medical, points: 2, any: [打针, 医生]}\n"
                                  "  - {id: b, unit: market, points: 3, any: [养生店, 卖药]}\n"
                                  "  - {id: c, unit: justice, points: 9, any: [生店]}\n"
                                  "severities: [{id: all, severity: moderate, why: 庚}]\n" SUSPECT);
    assert_string_equal(unit_for(g, "打针的医生"), "health"); /* 4 points */
    assert_string_equal(route(g, "打针的医生").category.at, "medical");
    assert_string_equal(route(g, "打针的医生").rule.at, "signs");
    assert_false(route(g, "打针的医生").unmatched);
    assert_string_equal(unit_for(g, "打针打针打针"), "governance"); /* the same word again counts nothing */
    assert_string_equal(unit_for(g, "养生店打针"), "market");       /* 生店 inside 养生店 does not count */
    assert_string_equal(unit_for(g, "养生店打针医生"), "health");   /* 4 against 3 */
    assert_string_equal(unit_for(g, "医生报警，打针"), "police");   /* a rule goes first */
    struct lead_facts facts = LEAD_FACTS_NONE;
    facts.text = TEXT("养生店打针医生");
    facts.against_unit = TEXT("health");
    assert_string_equal(rules_route(g->rules, &facts, g->arena, false).unit.at, "market");
    void *done = g;
    given_free(&done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cases_go_to_units_the_plan_can_justify),
        cmocka_unit_test(what_nothing_fits_goes_to_the_catch_all),
        cmocka_unit_test(what_is_against_the_catch_all_goes_to_the_second),
        cmocka_unit_test(nobody_gets_a_lead_against_himself),
        cmocka_unit_test(two_duties_that_meet_are_both_told),
        cmocka_unit_test(what_the_sender_says_counts),
        cmocka_unit_test(severity_follows_the_plan),
        cmocka_unit_test(an_explanation_names_every_rule_tried),
        cmocka_unit_test(terms_mean_what_the_header_says),
        cmocka_unit_test(signs_are_weighed_where_no_rule_fits),
    };
    return cmocka_run_group_tests(tests, given_new, given_free);
}
