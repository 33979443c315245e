/* test_deadline_terms.c - what moves a due instant, and who may ask about it: owners, rounds, pauses, extensions, calendars, policies. */
#include "deadline_desk.h"
#include "kit/folder.h"

/* ---- owners, rounds, pauses, extensions */

static void a_new_owner_has_new_clocks_under_the_same_overall(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_at(k, "2026-05-27T09:00:00+08:00");
    kit_event(k, "lead.moved", LEAD, "office-2",
              "{'from':'market','to':'police','why':'assign','severity':'severe','round':1,'hop':1}");
    assert_null(kit_view(k, CARD));
    const char *card = "unit/police/due/" LEAD;
    assert_non_null(kit_view(k, card));
    assert_int_equal(times(k, "clock.started", "overall"), 1);
    assert_int_equal(times(k, "clock.started", "close"), 2);
    assert_string_equal(data_text(newest(k, "clock.started", "sign"), "due"), "2026-05-27T13:00:00+08:00"); /* 7 × 24 */
    assert_string_equal(data_text(newest(k, "clock.started", "sign"), "unit"), "police");
    assert_non_null(on_card(k, card, "progress")); /* severe */
    assert_int_equal(times(k, "clock.met", NULL), 0);
    assert_int_equal(times(k, "clock.breached", "close"), 0);
}

static void a_redo_is_a_shorter_round_and_leaves_the_verdict(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'hint','round':1}");
    assert_int_equal(times(k, "clock.met", "close"), 1);
    assert_int_equal(times(k, "clock.met", "sign"), 1); /* who answers has taken it */
    kit_event(k, "lead.verified", LEAD, "office-2", "{'pass':false,'round':1,'redo_reason':'不清楚'}");
    kit_event(k, "lead.reopened", LEAD, "office-2", "{'unit':'market','round':2,'why':'redo'}");
    assert_string_equal(data_text(newest(k, "clock.started", "close"), "due"), "2026-05-29T17:30:00+08:00");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(newest(k, "clock.started", "close"), "data"), "round")),
                     2);
    assert_int_equal(times(k, "clock.started", "overall"), 1);
    kit_event(k, "lead.closed", LEAD, "office-2", "{'unit':'market','round':2,'finding':'hint'}");
    kit_at(k, "2026-05-27T09:00:00+08:00");
    kit_event(k, "lead.reopened", LEAD, NULL, "{'unit':'market','round':3,'why':'supplement'}");
    assert_int_equal(times(k, "clock.started", "overall"), 2); /* the first has its verdict */
    assert_non_null(kit_view(k, CARD));
}

static void a_pause_moves_close_and_nothing_else(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-05-28T10:00:00+08:00");
    size_t warned = times(k, "clock.warned", "close");
    kit_event(k, "lead.paused", LEAD, "office-2",
              "{'unit':'market','reason_code':'expert-test','until':'2026-06-08','round':1}");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "due"), "2026-06-11T17:30:00+08:00");
    assert_int_equal(times(k, "clock.recomputed", NULL), 1);
    assert_true(sentence_has(k, "应于6月11日17:30前办结（已中止，6月8日00:00起继续计时）"));
    kit_at(k, "2026-06-03T10:00:00+08:00");
    assert_int_equal(times(k, "clock.warned", "close"), warned); /* nothing while it stands still */
    kit_event(k, "lead.resumed", LEAD, "staff-market-1", "{'unit':'market','round':1}");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "due"), "2026-06-08T17:30:00+08:00");
    kit_at(k, "2026-06-08T17:29:00+08:00");
    assert_int_equal(times(k, "clock.breached", "close"), 0);
    kit_later(k, SPAN_MIN(2));
    assert_int_equal(times(k, "clock.breached", "close"), 1);
    assert_int_equal(kit_sql_int(k, "SELECT count(*) FROM pause"), 1);
}

static void an_undecided_extension_holds_the_verdict_one_day(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-06-02T16:00:00+08:00");
    kit_event(k, "lead.extension-asked", LEAD, "staff-market-1", "{'unit':'market','days':5,'round':1}");
    kit_at(k, "2026-06-03T17:29:00+08:00");
    assert_int_equal(times(k, "clock.breached", "close"), 0);
    kit_later(k, SPAN_MIN(2));
    assert_int_equal(times(k, "clock.breached", "close"), 1);
    kit_event(k, "lead.extended", LEAD, "office-2",
              "{'unit':'market','grant':true,'days':5,'round':1}"); /* too late: it stands */
    assert_int_equal(times(k, "clock.recomputed", NULL), 0);
}

static void a_granted_extension_keeps_both_dates(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-06-02T16:00:00+08:00");
    kit_event(k, "lead.extension-asked", LEAD, "staff-market-1", "{'unit':'market','days':5,'round':1}");
    kit_at(k, "2026-06-03T10:00:00+08:00"); /* past the first date, which nobody judged */
    kit_event(k, "lead.extended", LEAD, "office-2", "{'unit':'market','grant':true,'days':5,'round':1}");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "was"), "2026-06-02T17:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "due"), "2026-06-09T17:30:00+08:00");
    assert_true(sentence_has(k, "应于6月9日17:30前办结（已延期，原定6月2日17:30）"));
    kit_at(k, "2026-06-09T17:30:00+08:00");
    assert_int_equal(times(k, "clock.breached", "close"), 0);
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'hint','round':1}");
    assert_int_equal(times(k, "clock.met", "close"), 1);
}

static void progress_repeats_until_the_conclusion(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("market", "extreme", ""));
    kit_event(k, "lead.signed", LEAD, "staff-market-1", "{'unit':'market','deemed':false,'round':1}");
    kit_at(k, "2026-05-27T09:00:00+08:00");
    kit_event(k, "lead.progressed", LEAD, "staff-market-1", "{'unit':'market','round':1}");
    assert_int_equal(times(k, "clock.met", "progress"), 1);
    assert_string_equal(data_text(newest(k, "clock.started", "progress"), "due"), "2026-05-29T17:30:00+08:00");
    kit_event(k, "lead.severity-set", LEAD, "office-2", "{'severity':'minor','from':'extreme'}");
    assert_null(on_card(k, CARD, "progress"));
    kit_event(k, "lead.severity-set", LEAD, "office-2", "{'severity':'severe','from':'minor'}");
    assert_non_null(on_card(k, CARD, "progress"));
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'hint','round':1}");
    assert_null(on_card(k, CARD, "progress"));
}

static void moving_money_is_a_matter_of_minutes_also_at_night(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin("2026-05-26T23:30:00+08:00");
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("police", "extreme", ",'urgency':'money-moving'"));
    kit_later(k, SPAN_MIN(6));
    assert_string_equal(data_text(newest(k, "clock.warned", "sign"), "step"), "orange");
    kit_later(k, SPAN_MIN(5));
    assert_int_equal(times(k, "clock.breached", "sign"), 1);
}

/* ---- a new edition of the configuration */

static void edit(const struct folder *folder, const char *file, const char *old, const char *with)
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct text path = arena_printf(arena, "%s/%s", folder->path, file);
    struct text bytes = folder_read(arena, path.at);
    const char *found = strstr(bytes.at, old);
    assert_non_null(found);
    folder_write(folder, file, arena_printf(arena, "%.*s%s%s", (int) (found - bytes.at), bytes.at, with, found + strlen(old)));
}

static void a_corrected_calendar_corrects_open_clocks_once(void **state)
{
    (void) state;
    struct folder folder = folder_new();
    own(kit_free) struct kit *k = kit_new(&deadline, folder.path, TUESDAY);
    dispatch(k, LEAD);
    edit(&folder, "calendar.csv", "2026-06-19,off,", "2026-05-29,off,试,2026,更正\n2026-06-19,off,");
    kit_later(k, SPAN_MIN(2));
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "due"), "2026-06-03T17:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "close"), "was"), "2026-06-02T17:30:00+08:00");
    assert_string_equal(data_text(newest(k, "clock.recomputed", "overall"), "due"), "2026-07-02T17:30:00+08:00");
    assert_int_equal(times(k, "clock.recomputed", NULL), 2);
    assert_true(sentence_has(k, "应于6月3日17:30前办结"));
    size_t said = kit_said_count(k);
    kit_crash(k);
    kit_later(k, SPAN_MIN(2));
    assert_int_equal(kit_said_count(k), said);
    folder_end(&folder);
}

static void a_new_policy_touches_new_rounds_only(void **state)
{
    (void) state;
    struct folder folder = folder_new();
    own(kit_free) struct kit *k = kit_new(&deadline, folder.path, TUESDAY);
    dispatch(k, LEAD);
    edit(&folder, "deadlines.yaml", "{budget: 5 working-days, redo: 3", "{budget: 4 working-days, redo: 2");
    kit_later(k, SPAN_MIN(2));
    assert_int_equal(times(k, "clock.recomputed", NULL), 0);
    dispatch(k, "2026-000124");
    assert_string_equal(data_text(newest(k, "clock.started", "close"), "due"), "2026-06-01T17:30:00+08:00");
    assert_string_equal(card_text(k, "close", "due"), "2026-06-02T17:30:00+08:00");
    kit_event(k, "lead.moved", LEAD, "office-2",
              "{'from':'market','to':'health','why':'assign','severity':'minor','round':1,'hop':1}");
    assert_string_equal(data_text(newest(k, "clock.started", "close"), "due"),
                        "2026-06-02T17:30:00+08:00"); /* the same round */
    kit_event(k, "lead.moved", LEAD, "office-2",
              "{'from':'health','to':'market','why':'assign','severity':'minor','round':1,'hop':2}");
    kit_event(k, "lead.reopened", LEAD, NULL, "{'unit':'market','round':2,'why':'redo'}");
    assert_string_equal(card_text(k, "close", "due"), "2026-06-02T17:30:00+08:00"); /* it runs already */
    kit_event(k, "lead.concluded", LEAD, "staff-market-1", "{'unit':'market','finding':'hint','round':2}");
    kit_event(k, "lead.reopened", LEAD, NULL, "{'unit':'market','round':3,'why':'redo'}");
    assert_string_equal(card_text(k, "close", "due"), "2026-05-28T17:30:00+08:00");
    folder_end(&folder);
}

/* ---- who may see */

static const json_t *ask(struct kit *k, const char *account, const char *lead)
{
    char body[64];
    snprintf(body, sizeof body, "{'lead':'%s'}", lead);
    return kit_request(k, "query-due", account, body);
}

static bool is_refused(const json_t *answer, const char *code)
{
    return json_is_false(json_object_get(answer, "ok")) &&
           strcmp(json_string_value(json_object_get(json_object_get(answer, "error"), "code")), code) == 0;
}

static void a_due_instant_explains_itself(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    const json_t *answer = ask(k, "staff-market-1", LEAD), *clocks = json_object_get(answer, "clocks"),
                 *sign = json_array_get(clocks, 0);
    assert_true(json_is_true(json_object_get(answer, "ok")));
    assert_int_equal(json_array_size(clocks), 4);
    assert_string_equal(json_string_value(json_object_get(sign, "clock")), "sign");
    assert_string_equal(json_string_value(json_object_get(sign, "due")), "2026-05-26T14:30:00+08:00");
    assert_string_equal(
        json_string_value(json_object_get(sign, "sentence")),
        "市场监督管理所签收：自5月26日09:00起，按机关工作时间限4个工作小时，截至5月26日14:30；计时中，现为绿色。");
    assert_int_equal(json_string_length(json_object_get(sign, "policy_edition")), 64);
    assert_int_equal(json_string_length(json_object_get(json_object_get(sign, "calendar"), "edition")), CALENDAR_EDITION_LEN);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(sign, "budget"), "amount")), 240);
    assert_false(json_boolean_value(json_object_get(sign, "provisional")));
}

static void only_the_unit_and_the_office_may_ask(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    dispatch(k, LEAD);
    assert_true(json_is_true(json_object_get(ask(k, "office-2", LEAD), "ok")));
    assert_true(is_refused(ask(k, "staff-police-1", LEAD), "no-such"));
    assert_true(is_refused(ask(k, "staff-market-1", "2026-000999"), "no-such"));
    assert_true(is_refused(kit_request(k, "query-due", "office-2", "{}"), "missing"));
    assert_true(is_refused(kit_request(k, "query-due", "office-2", "{'lead':'2026-000123','x':1}"), "unknown-field"));
}

static void a_sealed_lead_is_on_no_unit_and_only_the_director_may_ask(void **state)
{
    (void) state;
    own(kit_free) struct kit *k = begin(TUESDAY);
    kit_event(k, "lead.dispatched", LEAD, NULL, dispatch_data("market", "extreme", ",'sealed':true"));
    kit_at(k, "2026-05-29T17:31:00+08:00");
    assert_true(times(k, "order.opened", NULL) > 0);
    assert_int_equal(kit_view_count(k, "unit/#"), 0);
    assert_true(is_refused(ask(k, "office-2", LEAD), "no-such"));
    assert_true(is_refused(ask(k, "staff-market-4", LEAD), "no-such"));
    assert_true(json_is_true(json_object_get(ask(k, "office-1", LEAD), "ok")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_owner_has_new_clocks_under_the_same_overall),
        cmocka_unit_test(a_redo_is_a_shorter_round_and_leaves_the_verdict),
        cmocka_unit_test(a_pause_moves_close_and_nothing_else),
        cmocka_unit_test(an_undecided_extension_holds_the_verdict_one_day),
        cmocka_unit_test(a_granted_extension_keeps_both_dates),
        cmocka_unit_test(progress_repeats_until_the_conclusion),
        cmocka_unit_test(moving_money_is_a_matter_of_minutes_also_at_night),
        cmocka_unit_test(a_corrected_calendar_corrects_open_clocks_once),
        cmocka_unit_test(a_new_policy_touches_new_rounds_only),
        cmocka_unit_test(a_due_instant_explains_itself),
        cmocka_unit_test(only_the_unit_and_the_office_may_ask),
        cmocka_unit_test(a_sealed_lead_is_on_no_unit_and_only_the_director_may_ask),
    };
    return cmocka_run_group_tests_name("deadline terms", tests, NULL, NULL);
}
