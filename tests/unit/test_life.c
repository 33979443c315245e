/* test_life.c - the table of steps: every state by every step, and that sentences and `may` follow it. */
#include "services/router/life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* Written down a second time on purpose: rows are states, columns steps; 0 refused. */
static const char *const steps[] = { "sign",   "deemed",       "progress", "conclude", "transfer", "hand-over",
                                     "assign", "set-severity", "against",  "pass",     "redo",     "supplement" };
#define STEP_COUNT (sizeof steps / sizeof *steps)
enum { O = 0, D = LIFE_DISPATCHED, S = LIFE_SIGNED, C = LIFE_CONCLUDED, X = LIFE_CLOSED, A = LIFE_AWAITING };
static const int expected[LIFE_COUNT][STEP_COUNT] = {
    /*                  sign deem prog conc tran hand assi seve agai pass redo supp */
    [LIFE_NONE] = { O, O, O, O, O, O, O, O, O, O, O, O },      [LIFE_DISPATCHED] = { S, S, O, O, O, O, D, D, D, O, O, D },
    [LIFE_SIGNED] = { O, O, S, C, D, A, D, S, D, O, O, S },    [LIFE_AWAITING] = { O, O, A, C, D, O, D, A, D, O, O, A },
    [LIFE_CONCLUDED] = { O, O, O, O, O, O, O, C, D, X, D, C }, [LIFE_CLOSED] = { O, O, O, O, O, O, O, O, O, O, O, D },
};

static void every_state_by_every_step(void **state)
{
    (void) state;
    for (int at = 0; at < LIFE_COUNT; at++)
        for (size_t i = 0; i < STEP_COUNT; i++) {
            enum life to = LIFE_NONE;
            bool goes = life_step((enum life) at, steps[i], &to);
            if (goes != (expected[at][i] != O) || (goes && (int) to != expected[at][i]))
                fail_msg("%s at %s: %d to %d", steps[i], life_name((enum life) at), goes, (int) to);
        }
    enum life to;
    assert_false(life_step(LIFE_SIGNED, "no-such-step", &to));
}

static void may_lists_what_is_allowed(void **state)
{
    (void) state;
    for (int at = 1; at < LIFE_COUNT; at++)
        for (int side = SIDE_HOLDER; side <= SIDE_OFFICE; side++) {
            json_t *may = life_may((enum life) at, (enum side) side), *word;
            size_t i, allowed = 0;
            const struct choice *words = side == SIDE_HOLDER ? life_replies : life_orders;
            for (const struct choice *c = words; c->word; c++)
                allowed += life_allows((enum life) at, (enum deed) c->value);
            assert_int_equal(json_array_size(may), allowed);
            json_array_foreach(may, i, word)
            {
                const struct choice *c = words;
                while (c->word && strcmp(c->word, json_string_value(word)) != 0)
                    c++;
                assert_non_null(c->word);
                assert_true(life_allows((enum life) at, (enum deed) c->value));
            }
            json_decref(may);
        }
}

static void words_and_tables_agree(void **state)
{
    (void) state;
    for (int d = 0; d < DEED_COUNT; d++) {
        assert_non_null(life_deed_word((enum deed) d));
        bool is_reply = choice_word(life_replies, d), is_order = choice_word(life_orders, d);
        assert_true(is_reply != is_order);
        assert_string_equal(choice_word(is_reply ? life_replies : life_orders, d), life_deed_word((enum deed) d));
    }
    assert_string_equal(life_word(LIFE_AWAITING), "signed");
    assert_string_equal(life_word(LIFE_CLOSED), "closed");
}

static void a_refusal_says_what_would_be(void **state)
{
    (void) state;
    own(arena_free) struct arena *arena = arena_new(4096);
    struct text id = TEXT("2026-000001");
    assert_string_equal(life_not_now(arena, id, LIFE_DISPATCHED, SIDE_HOLDER).at,
                        "线索2026-000001现在是“待签收”，可以做的是：签收。");
    assert_string_equal(life_not_now(arena, id, LIFE_SIGNED, SIDE_HOLDER).at,
                        "线索2026-000001现在是“办理中”，可以做的是：报告进展、办结。");
    assert_non_null(strstr(life_not_now(arena, id, LIFE_CONCLUDED, SIDE_HOLDER).at, "核查"));
    assert_non_null(strstr(life_not_now(arena, id, LIFE_CLOSED, SIDE_OFFICE).at, "结案销号"));
}

static void a_conclusion_is_one_of_three_steps(void **state)
{
    (void) state;
    assert_string_equal(life_step_of_finding(LIFE_SIGNED, FINDING_TRANSFER, true), "transfer");
    assert_string_equal(life_step_of_finding(LIFE_SIGNED, FINDING_TRANSFER, false), "hand-over");
    assert_string_equal(life_step_of_finding(LIFE_SIGNED, FINDING_CRIME, false), "hand-over");
    assert_string_equal(life_step_of_finding(LIFE_AWAITING, FINDING_CRIME, false), "conclude");
    assert_string_equal(life_step_of_finding(LIFE_SIGNED, FINDING_CIVIL, false), "conclude");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_by_every_step),
        cmocka_unit_test(may_lists_what_is_allowed),
        cmocka_unit_test(words_and_tables_agree),
        cmocka_unit_test(a_refusal_says_what_would_be),
        cmocka_unit_test(a_conclusion_is_one_of_three_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
