/* test_intake.c - leads taken in on the real runtime: what is said of them, numbers, every refusal, track codes. */
#include "intake_desk.h"

/* ---- what is said of a lead */

static void test_a_lead_gets_a_number_and_is_said_once(void **state)
{
    (void) state;
    const json_t *answer = submit(
        "12345", "{'text':'广场上有人发鸡蛋推销养老床位，年息一成。','village':'" VILLAGE "','category':'care',"
                 "'guise':'care-service','subject':{'phone':'13900139000'},'amount_yuan':300000,'victims':2,"
                 "'occurred_on':'2026-05-26','urgency':'urgent','source_ref':'A-1','batch':'b1','report_by':'2026-06-10'}");
    assert_string_equal(code_of(answer), "ok");
    assert_string_equal(text_at(answer, "lead"), "2026-000001");
    assert_int_equal(strlen(text_at(answer, "track")), 16);
    assert_null(json_object_get(answer, "duplicate_of"));
    assert_int_equal(kit_said_count(kit), 1);
    const json_t *event = kit_said(kit, 0);
    assert_string_equal(text_at(event, "by"), "hotline");
    assert_string_equal(text_at(event, "subject"), "2026-000001");
    json_t *expected = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:i, s:i, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:i}", "text",
        "广场上有人发鸡蛋推销养老床位，年息一成。", "title", "广场上有人发鸡蛋推销养老床位，年息一成", "village", VILLAGE,
        "category", "care", "guise", "care-service", "subject", "phone", "13900139000", "amount_yuan", 300000, "victims", 2,
        "occurred_on", "2026-05-26", "urgency", "urgent", "urgency_claimed", 0, "source_ref", "A-1", "batch", "b1", "report_by",
        "2026-06-10", "channel", "hotline", "sender", "12345", "sealed", 0, "named", 0, "round", 1);
    assert_non_null(expected);
    assert_true(json_equal(json_object_get(event, "data"), expected));
    json_decref(expected);
}

static void test_numbers_go_on_and_begin_again_with_the_year(void **state)
{
    (void) state;
    submit("12345", "{'text':'一'}");
    assert_string_equal(text_at(submit("110", "{'text':'二'}"), "lead"), "2026-000002");
    kit_crash(kit);
    assert_string_equal(text_at(submit("110", "{'text':'三'}"), "lead"), "2026-000003");
}

static void test_the_year_is_that_of_shanghai(void **state)
{
    (void) state;
    kit_free(kit);
    kit = kit_new(&intake, "deploy/binhu", "2026-12-31T23:59:30+08:00");
    assert_string_equal(text_at(submit("12345", "{'text':'一'}"), "lead"), "2026-000001");
    kit_later(kit, SPAN_S(30));
    assert_string_equal(text_at(submit("12345", "{'text':'二'}"), "lead"), "2027-000001");
}

/* A restored ledger has forgotten numbers that the router knows: none of them is given again. */
static void test_no_number_that_somebody_knows_is_given_again(void **state)
{
    (void) state;
    submit("12345", "{'text':'一'}");
    kit_event(kit, "lead.dispatched", "2026-000041", NULL, "{'unit':'police'}");
    kit_event(kit, "lead.dispatched", "2026-000007", NULL, "{'unit':'police'}");
    assert_string_equal(text_at(submit("12345", "{'text':'二'}"), "lead"), "2026-000042");
}

static void test_a_restored_ledger_leaves_out_what_it_may_have_forgotten(void **state)
{
    (void) state;
    submit("12345", "{'text':'一'}");
    kit_sql_text(kit, "INSERT INTO meta (key, value) VALUES ('held', '1') RETURNING value");
    kit_crash(kit);
    assert_string_equal(code_of(submit("12345", "{'text':'二'}")), "unavailable");
    kit_tap(kit, "worker/w200-1/say", "村口有人卖床垫");
    static const char *const consumers[] = { "stream/intake/cursor/router", "stream/intake/cursor/warning" };
    for (size_t i = 0; i < sizeof consumers / sizeof *consumers; i++) {
        char cursor[96];
        snprintf(cursor, sizeof cursor, "{\"epoch\":\"%s\",\"seq\":1,\"hash\":\"\",\"want\":false}",
                 kit_sql_text(kit, "SELECT value FROM meta WHERE key = 'epoch'"));
        kit_tap(kit, consumers[i], cursor); /* nothing is released before every consumer has told how far it heard */
    }
    assert_string_equal(code_of(kit_request(kit, "operate-intake", "operator-1", "{'action':'release'}")), "ok");
    assert_null(kit_view(kit, "worker/w200-1/said"));
    assert_string_equal(text_at(submit("12345", "{'text':'三'}"), "lead"), "2026-001002");
}

static void test_the_same_request_a_hundred_times_is_one_lead(void **state)
{
    (void) state;
    char first[512] = "";
    for (int i = 0; i < 100; i++) {
        const json_t *answer = submit("12345", "{'id':'same','text':'有人上门推销'}");
        char *now = json_dumps(answer, JSON_SORT_KEYS);
        if (!i)
            snprintf(first, sizeof first, "%s", now);
        assert_string_equal(now, first);
        free(now);
    }
    assert_int_equal(kit_said_count(kit), 1);
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM lead"), 1);
    assert_string_equal(code_of(submit("12345", "{'id':'same','text':'别的'}")), "conflict");
    assert_string_equal(code_of(submit("110", "{'id':'same','text':'别的'}")), "ok");
}

static void test_who_sent_it_is_said_as_a_kind(void **state)
{
    (void) state;
    static const struct {
        const char *account, *channel, *sender, *village;
    } cases[] = {
        { "12345", "hotline", "12345", NULL },
        { "110", "police", "110", NULL },
        { "12337", "platform", "12337", NULL },
        { "walk-in", "field", "walk-in", NULL },
        { "web@abcdefghijklmnopqrstuvwxyz", "platform", NULL, NULL },
        { "w200-1", "field", NULL, VILLAGE },
        { "village-200", "field", NULL, VILLAGE },
        { "staff-police-1", "field", NULL, NULL },
        { "office-1", "platform", NULL, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const json_t *answer = submit(cases[i].account, "{'text':'有人上门推销'}");
        assert_string_equal(code_of(answer), "ok");
        const json_t *event = kit_said(kit, kit_said_count(kit) - 1), *data = json_object_get(event, "data");
        assert_string_equal(text_at(event, "by"), cases[i].channel);
        assert_string_equal(text_at(data, "channel"), cases[i].channel);
        assert_true(text_is(text_of(text_at(data, "sender")), text_of(cases[i].sender)));
        assert_true(text_is(text_of(text_at(data, "village")), text_of(cases[i].village)));
    }
}

/* ---- refusals */

struct refused {
    const char *body, *code, *field;
};

static void test_each_mistake_has_its_code(void **state)
{
    (void) state;
    static const struct refused cases[] = {
        { "{}", "missing", "text" },
        { "{'text':''}", "out-of-range", "text" },
        { "{'text':'  　\\n'}", "out-of-range", "text" },
        { "{'text':7}", "out-of-range", "text" },
        { "{'text':'a','village':'田桥村'}", "out-of-range", "village" },
        { "{'text':'a','village':'370481104999'}", "no-such", "village" },
        { "{'text':'a','category':'养老'}", "out-of-range", "category" },
        { "{'text':'a','guise':'care'}", "out-of-range", "guise" },
        { "{'text':'a','subject':'x'}", "out-of-range", "subject" },
        { "{'text':'a','subject':{'nick':'x'}}", "unknown-field", "subject.nick" },
        { "{'text':'a','subject':{'phone':'12345678901234567890123456789012345678901'}}", "out-of-range", "subject.phone" },
        { "{'text':'a','subject':{'plate':'123456789012345678901'}}", "out-of-range", "subject.plate" },
        { "{'text':'a','amount_yuan':-1}", "out-of-range", "amount_yuan" },
        { "{'text':'a','amount_yuan':1.5}", "out-of-range", "amount_yuan" },
        { "{'text':'a','amount_yuan':'3000'}", "out-of-range", "amount_yuan" },
        { "{'text':'a','amount_yuan':1000000000001}", "out-of-range", "amount_yuan" },
        { "{'text':'a','amount_yuan':1,'amount_text':'一元'}", "out-of-range", "amount_text" },
        { "{'text':'a','victims':-1}", "out-of-range", "victims" },
        { "{'text':'a','victims':1000001}", "out-of-range", "victims" },
        { "{'text':'a','occurred_on':'2026-05-27'}", "out-of-range", "occurred_on" },
        { "{'text':'a','occurred_on':'26 May'}", "out-of-range", "occurred_on" },
        { "{'text':'a','report_by':'2026-02-30'}", "out-of-range", "report_by" },
        { "{'text':'a','urgency':'severe'}", "out-of-range", "urgency" },
        { "{'text':'a','source_ref':''}", "out-of-range", "source_ref" },
        { "{'text':'a','batch':5}", "out-of-range", "batch" },
        { "{'text':'a','against':{}}", "missing", "against.unit" },
        { "{'text':'a','against':{'unit':'police','village':'" VILLAGE "'}}", "out-of-range", "against.village" },
        { "{'text':'a','against':{'unit':'fbi'}}", "no-such", "against.unit" },
        { "{'text':'a','against':{'village':'370481104999'}}", "no-such", "against.village" },
        { "{'text':'a','against':{'person':'x'}}", "unknown-field", "against.person" },
        { "{'text':'a','reporter':{'name':'甲乙','address':'x'}}", "unknown-field", "reporter.address" },
        { "{'text':'a','reporter':{'wants_answer':'yes'}}", "out-of-range", "reporter.wants_answer" },
        { "{'text':'a','reporter':{'name':'甲乙'},'reporter_sealed':'YWJj'}", "out-of-range", "reporter_sealed" },
        { "{'text':'a','reporter_sealed':'不是'}", "out-of-range", "reporter_sealed" },
        { "{'text':'a','colour':'red'}", "unknown-field", "colour" },
        /* the first that applies wins */
        { "{'colour':'red'}", "unknown-field", "colour" },
        { "{'victims':-1}", "missing", "text" },
        { "{'text':'a','village':'370481104999','victims':-1}", "out-of-range", "victims" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const json_t *answer = submit("12345", cases[i].body);
        if (strcmp(code_of(answer), cases[i].code) != 0 || !field_of(answer) || strcmp(field_of(answer), cases[i].field) != 0)
            fail_msg("%s: %s %s", cases[i].body, code_of(answer), field_of(answer));
    }
    assert_int_equal(kit_said_count(kit), 0);
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM lead") + kit_sql_int(kit, "SELECT count(*) FROM vault"), 0);
}

static void test_limits_hold_at_and_beyond(void **state)
{
    (void) state;
    own(arena_free) struct arena *arena = arena_new(1 << 16);
    static const struct {
        const char *before, *after;
        int max;
    } fields[] = {
        { "{'text':'", "'}", TEXT_MAX },
        { "{'text':'a','source_ref':'", "'}", SOURCE_REF_MAX },
        { "{'text':'a','batch':'", "'}", BATCH_MAX },
        { "{'text':'a','amount_text':'", "'}", AMOUNT_TEXT_MAX },
        { "{'text':'a','subject':{'name':'", "'}}", SUBJECT_NAME_MAX },
        { "{'text':'a','subject':{'account':'", "'}}", ACCOUNT_MAX },
        { "{'text':'a','subject':{'url':'", "'}}", URL_MAX },
        { "{'text':'a','subject':{'address':'", "'}}", ADDRESS_MAX },
        { "{'text':'a','reporter':{'name':'", "'}}", REPORTER_NAME_MAX },
        { "{'text':'a','reporter':{'phone':'", "'}}", PHONE_MAX },
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        for (size_t beyond = 0; beyond < 2; beyond++) {
            struct text full = repeated(arena, "骗", (size_t) fields[i].max + beyond);
            struct text body = arena_printf(arena, "%s" TEXT_FMT "%s", fields[i].before, TEXT_ARG(full), fields[i].after);
            assert_string_equal(code_of(submit("12345", body.at)), beyond ? "out-of-range" : "ok");
        }
    }
    assert_string_equal(code_of(submit("12345", "{'text':'a','amount_yuan':0,'victims':1000000}")), "ok");
    assert_string_equal(code_of(submit("12345", "{'text':'a','amount_yuan':1000000000000,'victims':0}")), "ok");
    /* the longest text in the widest characters, with all masking to do, still passes */
    struct text wide = repeated(arena, "😀我叫张三", 395);
    assert_string_equal(code_of(submit("12345", arena_printf(arena, "{'text':'" TEXT_FMT "'}", TEXT_ARG(wide)).at)), "ok");
}

static void test_only_those_who_may_submit(void **state)
{
    (void) state;
    static const char *const accounts[] = { "discipline-1", "publicity-1", "dashboard-1", "operator-1", "router",
                                            "nobody",       "w999-1",      "village-999", "staff-fbi-1" };
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
        assert_string_equal(code_of(submit(accounts[i], "{'text':'a'}")), "not-yours");
    assert_string_equal(code_of(submit("discipline-1", "{'text':'a','victims':-1}")), "out-of-range");
}

static void test_what_comes_later_says_so(void **state)
{
    (void) state;
    assert_string_equal(code_of(kit_request(kit, "link-order", "office-1", "{}")), "unavailable");
    assert_string_equal(code_of(kit_request(kit, "reveal-order", "office-1", "{}")), "unavailable");
}

/* ---- tracking */

static const json_t *track(const char *account, const char *code)
{
    char body[128];
    snprintf(body, sizeof body, "{'track':'%s'}", code);
    return kit_request(kit, "lead-track", account, body);
}

static void test_the_code_follows_the_lead(void **state)
{
    (void) state;
    char code[32], lead[32];
    const json_t *answer = submit("12345", "{'text':'有人上门推销','source_ref':'s1'}");
    snprintf(code, sizeof code, "%s", text_at(answer, "track"));
    snprintf(lead, sizeof lead, "%s", text_at(answer, "lead"));
    static const struct {
        const char *event, *data, *words;
    } steps[] = {
        { NULL, NULL, "已登记，正在分派" },
        { "lead.dispatched", "{'unit':'police'}", "已转交承办单位，等待签收" },
        { "lead.signed", "{'unit':'police'}", "承办单位正在办理" },
        { "lead.progressed", "{'unit':'police'}", "承办单位正在办理" },
        { "lead.moved", "{'to':'market','why':'transfer'}", "已转交承办单位，等待签收" },
        { "lead.concluded", "{'unit':'police','answer_public':'已退款。'}", "承办单位已办结，正在核查" },
        { "lead.reopened", "{'unit':'police','why':'redo'}", "正在重新办理" },
        { "lead.closed", "{'unit':'police'}", "已结案" },
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        kit_later(kit, SPAN_MIN(5));
        if (steps[i].event)
            kit_event(kit, steps[i].event, lead, NULL, steps[i].data);
        answer = track(i % 2 ? "web@q234567" : "12345", code);
        assert_string_equal(text_at(answer, "status"), steps[i].words);
        bool is_closed = i == sizeof steps / sizeof *steps - 1;
        assert_int_equal(json_object_size(answer), is_closed ? 6 : 5);
        assert_true(!is_closed || strcmp(text_at(answer, "answer_public"), "已退款。") == 0);
    }
    assert_string_equal(text_at(answer, "updated_at"), "2026-05-26T12:40:00+08:00");
    char typed[64];
    snprintf(typed, sizeof typed, "%.4s %.4s-%.4s %.4s", code, code + 4, code + 8, code + 12);
    assert_string_equal(code_of(track("12345", typed)), "ok");
}

static void test_a_code_is_kept_only_as_a_hash(void **state)
{
    (void) state;
    char code[32], query[160];
    snprintf(code, sizeof code, "%s", text_at(submit("12345", "{'text':'有人上门推销'}"), "track"));
    snprintf(query, sizeof query, "SELECT count(*) FROM track WHERE code = %s OR code = '%s'", code, code);
    assert_int_equal(kit_sql_int(kit, query), 0);
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM track"), 1);
}

static void test_wrong_codes_slow_down_their_own_connection(void **state)
{
    (void) state;
    char code[32];
    snprintf(code, sizeof code, "%s", text_at(submit("12345", "{'text':'有人上门推销'}"), "track"));
    assert_string_equal(code_of(track("web@a", "123")), "out-of-range");
    for (int i = 0; i < WRONG_FREE + 1; i++)
        assert_string_equal(code_of(track("web@a", "0000000000000000")), "no-such");
    const json_t *answer = track("web@a", code);
    assert_string_equal(code_of(answer), "too-many");
    assert_int_equal(json_int_at(json_object_get(answer, "error"), "retry_after_s", 0), 2);
    assert_string_equal(code_of(track("web@b", code)), "ok");
    assert_string_equal(code_of(track("12345", code)), "ok");
    kit_crash(kit);
    assert_string_equal(code_of(track("web@a", code)), "too-many");
    kit_later(kit, SPAN_S(2));
    assert_string_equal(code_of(track("web@a", "0000000000000000")), "no-such");
    answer = track("web@a", code);
    assert_int_equal(json_int_at(json_object_get(answer, "error"), "retry_after_s", 0), 4);
    kit_later(kit, SPAN_S(4));
    assert_string_equal(code_of(track("web@a", code)), "ok");
    assert_string_equal(code_of(track("web@a", "0000000000000000")), "no-such");
    assert_string_equal(code_of(track("web@a", code)), "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_lead_gets_a_number_and_is_said_once),
        TEST(test_numbers_go_on_and_begin_again_with_the_year),
        TEST(test_the_year_is_that_of_shanghai),
        TEST(test_no_number_that_somebody_knows_is_given_again),
        TEST(test_a_restored_ledger_leaves_out_what_it_may_have_forgotten),
        TEST(test_the_same_request_a_hundred_times_is_one_lead),
        TEST(test_who_sent_it_is_said_as_a_kind),
        TEST(test_each_mistake_has_its_code),
        TEST(test_limits_hold_at_and_beyond),
        TEST(test_only_those_who_may_submit),
        TEST(test_what_comes_later_says_so),
        TEST(test_the_code_follows_the_lead),
        TEST(test_a_code_is_kept_only_as_a_hash),
        TEST(test_wrong_codes_slow_down_their_own_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
