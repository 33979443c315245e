/* test_warning_policy.c - warnings.yaml: the shipped one holds what CONTRACT §3 says of taps; where a night begins and ends. */
#include "yinling/town.h"
#include "yinling/warning_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void the_shipped_file(void **state)
{
    (void) state;
    own(arena_free) struct arena *arena = arena_new(4096);
    own(findings_free) struct findings *findings = findings_new();
    const struct warning_policy *p = warning_policy_load(arena, "deploy/binhu", NULL, findings);
    assert_non_null(p);
    assert_int_equal(findings_count(findings), 0);
    assert_int_equal(p->look.ms, SPAN_S(3).ms);
    assert_int_equal(p->tap_gap.ms, SPAN_S(10).ms);
    assert_int_equal(p->withdraw.ms, SPAN_MIN(10).ms);
    assert_int_equal(p->grades[SEVERITY_EXTREME].confirm_within.ms, SPAN_HOURS(1).ms);
    assert_true(p->grades[SEVERITY_EXTREME].at_night);
    assert_int_equal(p->rung_count, 2);
    assert_int_equal(p->rungs[0].to, RUNG_VILLAGE);
}

static void nights(void **state)
{
    (void) state;
    static const struct {
        int64_t from, to;
        int hour, minute, day_then, hour_then; /* of 2026-05-26; hour_then -1: unchanged */
    } cases[] = { { 21, 7, 20, 59, 26, -1 }, { 21, 7, 21, 0, 27, 7 }, { 21, 7, 23, 59, 27, 7 }, { 21, 7, 0, 0, 26, 7 },
                  { 21, 7, 6, 59, 26, 7 },   { 21, 7, 7, 0, 26, -1 }, { 1, 5, 0, 59, 26, -1 },  { 1, 5, 1, 0, 26, 5 },
                  { 1, 5, 4, 59, 26, 5 },    { 1, 5, 5, 0, 26, -1 },  { 0, 0, 3, 0, 26, -1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct warning_policy p = { .night_from = cases[i].from, .night_to = cases[i].to };
        instant_ms at = instant_of_civil(2026, 5, 26, cases[i].hour, cases[i].minute, 0);
        instant_ms then = cases[i].hour_then < 0 ? at : instant_of_civil(2026, 5, cases[i].day_then, cases[i].hour_then, 0, 0);
        assert_int_equal(warning_policy_by_day(&p, at).ms, then.ms);
    }
    struct warning_policy p = { .night_from = 21, .night_to = 7 };
    assert_true(is_never(warning_policy_by_day(&p, NEVER)));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_shipped_file), cmocka_unit_test(nights) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
