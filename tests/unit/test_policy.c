/* test_policy.c - deadlines.yaml: the shipped one is sound and says what DEADLINES promises; each kind of mistake is found at its line. */
#include "yinling/policy.h"
#include "yinling/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct arena *arena;

static int open_arena(void **state)
{
    (void) state;
    arena = arena_new(64 * 1024);
    return 0;
}

static int close_arena(void **state)
{
    (void) state;
    arena = arena_free(arena);
    return 0;
}

static const struct policy *shipped(void)
{
    own(findings_free) struct findings *f = findings_new();
    struct town town = { 0 };
    town.calendars = calendars_load(arena, "deploy/binhu", NULL, f, &town.calendar_count);
    const struct policy *p = policy_load(arena, "deploy/binhu", &town, f);
    findings_print(f, stderr);
    assert_int_equal(findings_count(f), 0);
    assert_non_null(p);
    return p;
}

static void is_budget(struct budget got, const char *words)
{
    struct budget b;
    assert_true(budget_read(text_of(words), &b));
    assert_int_equal(got.unit, b.unit);
    assert_int_equal(got.amount, b.amount);
}

static void the_shipped_limits(void **state)
{
    (void) state;
    const struct policy *p = shipped();
    is_budget(p->clocks[CLOCK_SIGN].budget, "240 working-minutes");
    is_budget(p->clocks[CLOCK_RETURN_WINDOW].budget, "2 working-days");
    is_budget(p->clocks[CLOCK_FIRST_ANSWER].budget, "30 calendar-days");
    is_budget(p->clocks[CLOCK_PROGRESS].budget, "2 working-days");
    is_budget(p->clocks[CLOCK_CLOSE].budget, "5 working-days");
    is_budget(p->clocks[CLOCK_VERIFY].budget, "1 working-days");
    is_budget(p->extension_max, "10 working-days");
    assert_int_equal(p->extensions_max, 1);
    assert_true(p->clocks[CLOCK_PROGRESS].repeats);
    assert_int_equal(p->clocks[CLOCK_PROGRESS].severities, 1u << SEVERITY_SEVERE | 1u << SEVERITY_EXTREME);
    assert_true(p->clocks[CLOCK_CLOSE].pauses);
    for (int kind = 1; kind < CLOCK_KIND_COUNT; kind++)
        assert_true(p->clocks[kind].is_on && p->clocks[kind].pauses == (kind == CLOCK_CLOSE));
}

static void the_shipped_ladder(void **state)
{
    (void) state;
    static const struct {
        const char *step;
        int left;
        enum colour colour;
        enum post to;
        bool order;
    } rungs[] = {
        { "remind", 500, COLOUR_GREEN, POST_HANDLER, false }, { "yellow", 300, COLOUR_YELLOW, POST_LIAISON, false },
        { "orange", 150, COLOUR_ORANGE, POST_DEPUTY, false }, { "red", 0, COLOUR_RED, POST_HEAD, true },
        { "listed", -1, COLOUR_RED, POST_DIRECTOR, false },
    };
    const struct ladder *l = shipped()->clocks[CLOCK_CLOSE].ladder;
    assert_int_equal(l->count, sizeof rungs / sizeof *rungs);
    for (int i = 0; i < l->count; i++) {
        assert_string_equal(l->steps[i].step.at, rungs[i].step);
        assert_int_equal(l->steps[i].left_permille, rungs[i].left);
        assert_int_equal(l->steps[i].colour, rungs[i].colour);
        assert_int_equal(l->steps[i].to, rungs[i].to);
        assert_int_equal(l->steps[i].opens_order, rungs[i].order);
    }
    is_budget(l->steps[4].late, "5 working-days");
}

static void money_moving_is_real_minutes(void **state)
{
    (void) state;
    const struct policy *p = shipped();
    is_budget(policy_rule(p, CLOCK_SIGN, true)->budget, "10 minutes");
    is_budget(policy_rule(p, CLOCK_SIGN, false)->budget, "4 working-hours");
    is_budget(policy_rule(p, CLOCK_CLOSE, true)->budget, "5 working-days"); /* what the lane does not replace */
}

static void is_quiet_until(const struct policy *p, const char *from, const char *until)
{
    instant_ms a, b;
    assert_true(instant_read(text_of(from), &a) && instant_read(text_of(until), &b));
    assert_int_equal(policy_after_quiet(p, a).ms, b.ms);
}

static void quiet_hours_span_midnight(void **state)
{
    (void) state;
    const struct policy *p = shipped();
    is_quiet_until(p, "2026-05-26T21:59:59+08:00", "2026-05-26T21:59:59+08:00");
    is_quiet_until(p, "2026-05-26T22:00:00+08:00", "2026-05-27T07:00:00+08:00");
    is_quiet_until(p, "2026-05-27T06:59:59+08:00", "2026-05-27T07:00:00+08:00");
    is_quiet_until(p, "2026-05-27T07:00:00+08:00", "2026-05-27T07:00:00+08:00");
    assert_true(is_never(policy_after_quiet(p, NEVER)));
}

/* The shipped file with one line changed must be refused, with the word of the complaint, at that line. */
static void is_found(const char *old, const char *new, const char *complaint)
{
    char folder[] = "/tmp/test_policy.XXXXXX", path[64], line[512];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/deadlines.yaml", folder);
    FILE *from = fopen("deploy/binhu/deadlines.yaml", "r"), *to = fopen(path, "w");
    assert_true(from && to);
    int number = 0, changed = 0;
    while (fgets(line, sizeof line, from)) {
        char *at = strstr(line, old);
        number++;
        if (at && !changed) {
            changed = number;
            fprintf(to, "%.*s%s%s", (int) (at - line), line, new, at + strlen(old));
        } else
            fputs(line, to);
    }
    fclose(from);
    fclose(to);
    assert_true(changed);
    own(findings_free) struct findings *f = findings_new(), *ignored = findings_new();
    struct town town = { 0 };
    town.calendars = calendars_load(arena, "deploy/binhu", NULL, ignored, &town.calendar_count);
    assert_null(policy_load(arena, folder, &town, f));
    assert_true(findings_errors(f) > 0);
    bool is_said = false, is_near = false;
    for (size_t i = 0; i < findings_count(f); i++) {
        is_said |= text_has(finding_at(f, i)->message, text_of(complaint));
        is_near |= finding_at(f, i)->place.line <= changed &&
                   finding_at(f, i)->place.line >= changed - 4; /* or at the head of its list */
    }
    if (!is_said)
        findings_print(f, stderr);
    assert_true(is_said);
    assert_true(is_near || strcmp(complaint, "空档") == 0);
    unlink(path);
    rmdir(folder);
}

static void mistakes_are_found_at_their_line(void **state)
{
    (void) state;
    is_found("{budget: 4 working-hours, floor", "{budget: 4 weeks, floor", "不是时限");
    is_found("{budget: 4 working-hours, floor", "{budget: 0 working-hours, floor", "不能为零");
    is_found("ladder: sign}", "ladder: none}", "没有名为");
    is_found("calendar: office}", "calendar: lunar}", "没有定义");
    is_found("left: 300", "left: 600", "先后");
    is_found("left: 0, colour: red, to: head, order", "left: 10, colour: red, to: head, order", "到期步骤");
    is_found("colour: orange, to: deputy", "colour: green, to: deputy", "颜色");
    is_found("step: yellow", "step: remind", "两次");
    is_found("step: yellow", "step: Yellow", "只能用");
    is_found("left: 500", "left: 500, late: 1 working-days", "只有一个");
    is_found("to: handler", "to: nobody", "to");
    is_found("severities: [severe, extreme]", "severities: [red]", "级别");
    is_found("return-window:", "return:", "没有名为");
    is_found("  overall:", "  report-up2:", "空档");
    is_found("each: 10 working-days, times", "each: 10 calendar-days, times", "工作日");
    is_found("redo: 3 working-days", "rodo: 3 working-days", "rodo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_limits),
        cmocka_unit_test(the_shipped_ladder),
        cmocka_unit_test(money_moving_is_real_minutes),
        cmocka_unit_test(quiet_hours_span_midnight),
        cmocka_unit_test(mistakes_are_found_at_their_line),
    };
    return cmocka_run_group_tests_name("policy", tests, open_arena, close_arena);
}
