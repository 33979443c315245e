/* test_intake.c - leads taken in on the real runtime: every refusal, numbers, track codes, duplicates, links, what stays hidden. */
#include "kit/folder.h"
#include "kit/kit.h"

int service_main_of_test(int argc, char **argv);
#define main service_main_of_test
#include "services/intake/intake.c"
#undef main

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOON "2026-05-26T12:00:00+08:00"
#define VILLAGE "370481104200"

static struct kit *kit;

static int set_up(void **state)
{
    (void) state;
    kit = kit_new(&intake, "deploy/binhu", NOON);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    kit = kit_free(kit);
    return 0;
}

static const char *text_at(const json_t *object, const char *field)
{
    return json_string_value(json_object_get(object, field));
}

static const char *code_of(const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    return error ? text_at(error, "code") : "ok";
}

static const char *field_of(const json_t *answer)
{
    return text_at(json_object_get(answer, "error"), "field");
}

static const json_t *submit(const char *account, const char *body)
{
    return kit_request(kit, "lead-submit", account, body);
}

static const json_t *received(const char *lead)
{
    const json_t *event = kit_said_last(kit, "lead.received", lead);
    assert_non_null(event);
    return json_object_get(event, "data");
}

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
        for (int beyond = 0; beyond < 2; beyond++) {
            char body[8192] = "";
            strcat(body, fields[i].before);
            for (int n = 0; n < fields[i].max + beyond; n++)
                strcat(body, "骗");
            strcat(body, fields[i].after);
            assert_string_equal(code_of(submit("12345", body)), beyond ? "out-of-range" : "ok");
        }
    }
    assert_string_equal(code_of(submit("12345", "{'text':'a','amount_yuan':0,'victims':1000000}")), "ok");
    assert_string_equal(code_of(submit("12345", "{'text':'a','amount_yuan':1000000000000,'victims':0}")), "ok");
    /* the longest text in the widest characters, with all masking to do, still passes */
    char wide[8192] = "{'text':'";
    for (int n = 0; n < 395; n++)
        strcat(wide, "😀我叫张三");
    strcat(wide, "'}");
    assert_string_equal(code_of(submit("12345", wide)), "ok");
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

/* ---- duplicates and supplements */

static void test_the_senders_number_is_one_lead(void **state)
{
    (void) state;
    char lead[32];
    snprintf(lead, sizeof lead, "%s",
             text_at(submit("12345", "{'text':'卖床位','source_ref':'s1','victims':2,'subject':{'name':'康寿'}}"), "lead"));
    const json_t *answer = submit("12345", "{'text':'卖床位','victims':2,'source_ref':'s1','subject':{'name':'康寿'}}");
    assert_string_equal(text_at(answer, "lead"), lead);
    assert_string_equal(text_at(answer, "duplicate_of"), lead);
    assert_int_equal(strlen(text_at(answer, "track")), 16);
    assert_int_equal(kit_said_count(kit), 1);
    assert_string_not_equal(text_at(submit("110", "{'text':'卖床位','source_ref':'s1'}"), "lead"), lead);
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM lead"), 2);
}

/* Everybody uses the same account there: one visitor's number must not open another's lead. */
static void test_visitors_of_the_public_page_are_strangers(void **state)
{
    (void) state;
    submit("web@a", "{'text':'卖床位','source_ref':'1'}");
    const json_t *answer = submit("web@b", "{'text':'卖床位','source_ref':'1'}");
    assert_string_equal(text_at(answer, "lead"), "2026-000002");
    assert_null(json_object_get(answer, "duplicate_of"));
    assert_string_equal(text_at(submit("web@a", "{'text':'卖床位','source_ref':'1'}"), "duplicate_of"), "2026-000001");
}

static void test_other_content_is_a_supplement(void **state)
{
    (void) state;
    submit("12345", "{'text':'卖床位','source_ref':'s1','victims':2,'subject':{'name':'康寿'},'village':'" VILLAGE "'}");
    kit_event(kit, "lead.closed", "2026-000001", NULL, "{'unit':'police'}");
    submit("12345", "{'text':'卖床位','source_ref':'s1','victims':3,'subject':{'name':'康寿','phone':'13900139000'}}");
    const json_t *event = kit_said_last(kit, "lead.supplemented", "2026-000001");
    assert_non_null(event);
    json_t *expected = json_pack("{s:i, s:{s:s}}", "victims", 3, "subject", "phone", "13900139000");
    assert_true(json_equal(json_object_get(event, "data"), expected));
    json_decref(expected);
    submit("12345", "{'text':'又来卖床位','source_ref':'s1'}");
    event = kit_said_last(kit, "lead.supplemented", "2026-000001");
    assert_string_equal(text_at(json_object_get(event, "data"), "text"), "又来卖床位");
    assert_int_equal(json_object_size(json_object_get(event, "data")), 1);
    submit("12345", "{'text':'又来卖床位','source_ref':'s1','victims':3}");
    assert_int_equal(kit_said_times(kit, "lead.supplemented", NULL), 2);
    assert_int_equal(kit_said_times(kit, "lead.received", NULL), 1);
}

static void test_a_supplement_may_name_a_reporter(void **state)
{
    (void) state;
    submit("12345", "{'text':'卖床位','source_ref':'s1'}");
    submit("12345", "{'text':'卖床位','source_ref':'s1','reporter':{'name':'周吴郑','phone':'13711112222'}}");
    const json_t *data = json_object_get(kit_said_last(kit, "lead.supplemented", NULL), "data");
    assert_true(json_is_true(json_object_get(data, "named")));
    assert_int_equal(json_object_size(data), 1);
    submit("12345", "{'text':'卖床位','source_ref':'s1','reporter':{'name':'周吴郑','phone':'13733334444'}}");
    assert_int_equal(kit_said_times(kit, "lead.supplemented", NULL), 1);
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM vault"), 2);
}

/* ---- likeness */

static void test_likeness_goes_to_the_office_alone(void **state)
{
    (void) state;
    submit("12345", "{'text':'甲','subject':{'phone':'139-0013-9000'}}");
    const json_t *answer =
        submit("110", "{'text':'乙来推销，收钱。','subject':{'phone':'+86 13900139000','name':'滕州康寿养老有限公司'}}");
    assert_int_equal(json_object_size(answer), 5);
    const json_t *event = kit_said_last(kit, "lead.linked", "2026-000002");
    assert_string_equal(text_at(json_object_get(event, "data"), "with"), "2026-000001");
    assert_string_equal(text_at(json_object_get(event, "data"), "why"), "phone");
    const json_t *entry = kit_view_json(kit, "office/inbox/2026-000002-similar");
    assert_string_equal(text_at(json_array_get(json_object_get(entry, "with"), 0), "lead"), "2026-000001");
    assert_int_equal(kit_view_count(kit, "office/inbox/+"), 1);
    submit("12337", "{'text':'丙','subject':{'name':'滕州康寿养老有限责任公司','phone':'0632-5512345'}}");
    assert_string_equal(text_at(json_object_get(kit_said_last(kit, "lead.linked", "2026-000003"), "data"), "why"), "name");
    kit_event(kit, "lead.closed", "2026-000002", NULL, "{}");
    assert_null(kit_view(kit, "office/inbox/2026-000002-similar"));
    assert_non_null(kit_view(kit, "office/inbox/2026-000003-similar"));
}

static void test_a_complaint_against_an_official_is_sealed(void **state)
{
    (void) state;
    submit("12345", "{'text':'派出所民警收了好处，包庇卖床位的公司。'}");
    const json_t *data = received("2026-000001");
    assert_true(json_is_true(json_object_get(data, "sealed")));
    assert_non_null(text_at(data, "suspect"));
    submit("12345", "{'text':'有人冒充派出所民警，骗走老人三万元。'}");
    assert_false(json_is_true(json_object_get(received("2026-000002"), "sealed")));
    submit("12345", "{'text':'有人卖床位。','source_ref':'s1','subject':{'phone':'13900139000'}}");
    submit("12345", "{'text':'有人卖床位，市场监管所干部收好处不作为。','source_ref':'s1'}");
    data = json_object_get(kit_said_last(kit, "lead.supplemented", "2026-000003"), "data");
    assert_true(json_is_true(json_object_get(data, "sealed")));
    submit("12345", "{'text':'乙','subject':{'phone':'13900139000'}}");
    assert_int_equal(kit_said_times(kit, "lead.linked", NULL), 0);
}

static void test_sealed_leads_stand_alone(void **state)
{
    (void) state;
    submit("12345", "{'text':'甲','subject':{'phone':'13900139000'},'against':{'unit':'police'}}");
    assert_true(json_is_true(json_object_get(received("2026-000001"), "sealed")));
    submit("12345", "{'text':'乙','subject':{'phone':'13900139000'}}");
    submit("12345", "{'text':'丙','subject':{'phone':'13900139000'}}");
    assert_int_equal(kit_said_times(kit, "lead.linked", NULL), 1);
    kit_event(kit, "lead.moved", "2026-000003", NULL, "{'to':'governance','why':'against'}");
    assert_null(kit_view(kit, "office/inbox/2026-000003-similar"));
    submit("12345", "{'text':'丁','subject':{'phone':'13900139000'}}");
    assert_int_equal(kit_said_times(kit, "lead.linked", "2026-000004"), 1);
    assert_string_equal(text_at(json_object_get(kit_said_last(kit, "lead.linked", NULL), "data"), "with"), "2026-000002");
    submit("12345", "{'text':'戊','subject':{'phone':'13900139000'},'against':{'unit':'police'}}");
    assert_int_equal(kit_said_times(kit, "lead.linked", "2026-000005"), 0);
}

static void test_links_follow_supplements(void **state)
{
    (void) state;
    submit("12345", "{'text':'甲','subject':{'phone':'13900139000'}}");
    submit("12345", "{'text':'乙','source_ref':'s1'}");
    submit("12345", "{'text':'乙','source_ref':'s1','subject':{'phone':'13900139000'}}");
    assert_int_equal(kit_said_times(kit, "lead.linked", "2026-000002"), 1);
    assert_non_null(kit_view(kit, "office/inbox/2026-000002-similar"));
    submit("12345", "{'text':'乙','source_ref':'s1','victims':3,'subject':{'phone':'139 0013 9000'}}");
    assert_int_equal(kit_said_times(kit, "lead.linked", "2026-000002"), 1);
    submit("12345", "{'text':'乙','source_ref':'s1','against':{'unit':'police'}}");
    assert_null(kit_view(kit, "office/inbox/2026-000002-similar"));
}

/* ---- how much */

static void test_money_moving_is_believed_within_a_budget(void **state)
{
    (void) state;
    kit_free(kit);
    kit = kit_new(&intake, "deploy/binhu", "2026-05-26T23:55:00+08:00");
    submit("web@a", "{'text':'正在转账','urgency':'money-moving'}");
    assert_true(json_is_true(json_object_get(received("2026-000001"), "urgency_claimed")));
    for (int i = 0; i < PERSON_MONEY_MOVING_PER_DAY_MAX + 1; i++)
        submit("w200-1", "{'text':'正在转账','urgency':'money-moving'}");
    assert_false(json_is_true(json_object_get(received("2026-000006"), "urgency_claimed")));
    assert_true(json_is_true(json_object_get(received("2026-000007"), "urgency_claimed")));
    submit("w200-1", "{'text':'不急','urgency':'urgent'}");
    assert_false(json_is_true(json_object_get(received("2026-000008"), "urgency_claimed")));
    kit_at(kit, "2026-05-27T00:00:00+08:00");
    submit("w200-1", "{'text':'正在转账','urgency':'money-moving'}");
    assert_false(json_is_true(json_object_get(received("2026-000009"), "urgency_claimed")));
}

static void test_a_flood_is_taken_in_and_alarmed(void **state)
{
    (void) state;
    kit_free(kit);
    kit = kit_new(&intake, "deploy/binhu", "2026-05-26T12:55:00+08:00");
    for (int i = 0; i < PERSON_LEADS_PER_HOUR_MAX; i++)
        assert_string_equal(code_of(submit("w200-1", "{'text':'有人推销'}")), "ok");
    assert_null(kit_view(kit, "alarm/intake"));
    assert_string_equal(code_of(submit("w200-1", "{'text':'有人推销'}")), "ok");
    assert_non_null(kit_view(kit, "alarm/intake"));
    assert_non_null(strstr(kit_view(kit, "alarm/intake"), "w200-1"));
    kit_at(kit, "2026-05-26T13:00:00+08:00");
    assert_null(kit_view(kit, "alarm/intake"));
}

static void test_the_public_page_is_refused_beyond_its_limits(void **state)
{
    (void) state;
    kit_free(kit);
    kit = kit_new(&intake, "deploy/binhu", "2026-05-26T12:55:00+08:00");
    for (int i = 0; i < WEB_DEVICE_LEADS_PER_HOUR_MAX; i++)
        assert_string_equal(code_of(submit("web@a", "{'text':'有人推销'}")), "ok");
    const json_t *answer = submit("web@a", "{'text':'有人推销'}");
    assert_string_equal(code_of(answer), "too-many");
    assert_int_equal(json_int_at(json_object_get(answer, "error"), "retry_after_s", 0), 301);
    assert_string_equal(code_of(submit("web@b", "{'text':'有人推销'}")), "ok");
    char account[32];
    int taken = WEB_DEVICE_LEADS_PER_HOUR_MAX + 1, max = (int) town_channel(kit_town(kit), TEXT("web"))->leads_per_hour_max;
    for (; taken < max; taken++) {
        snprintf(account, sizeof account, "web@c%d", taken);
        assert_string_equal(code_of(submit(account, "{'text':'有人推销'}")), "ok");
    }
    assert_string_equal(code_of(submit("web@z", "{'text':'有人推销'}")), "too-many");
    assert_int_equal(kit_said_count(kit), max);
    kit_at(kit, "2026-05-26T13:00:00+08:00");
    assert_string_equal(code_of(submit("web@a", "{'text':'有人推销'}")), "ok");
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM pace WHERE device <> ''"), 1);
}

/* ---- what a worker says */

static void test_what_a_worker_says_becomes_a_lead(void **state)
{
    (void) state;
    kit_tap(kit, "worker/w200-1/say", "村口有人发鸡蛋卖床垫，电话13800138000");
    assert_string_equal(kit_view(kit, "worker/w200-1/said"), "已登记2026-000001");
    assert_string_equal(text_at(received("2026-000001"), "text"), "村口有人发鸡蛋卖床垫，电话[电话]");
    assert_string_equal(text_at(received("2026-000001"), "village"), VILLAGE);
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM vault"), 1);
    kit_tap(kit, "worker/w200-1/say", " 村口有人发鸡蛋卖床垫，电话１３８００１３８０００ ");
    assert_int_equal(kit_said_count(kit), 1);
    kit_tap(kit, "worker/w201-1/say", "村口有人发鸡蛋卖床垫，电话13800138000");
    assert_string_equal(kit_view(kit, "worker/w201-1/said"), "已登记2026-000002");
    kit_sql_text(kit, "UPDATE said SET at = at - 86399999 RETURNING at"); /* as if a day but a millisecond had passed */
    kit_tap(kit, "worker/w200-1/say", "村口有人发鸡蛋卖床垫，电话13800138000");
    assert_int_equal(kit_said_count(kit), 2);
    kit_sql_text(kit, "UPDATE said SET at = at - 1 RETURNING at");
    kit_tap(kit, "worker/w200-1/say", "村口有人发鸡蛋卖床垫，电话13800138000");
    assert_string_equal(kit_view(kit, "worker/w200-1/said"), "已登记2026-000003");
}

static void test_a_courtesy_is_only_a_hint(void **state)
{
    (void) state;
    static const char *const courtesies[] = { "好的", "收到！", "谢谢", "好的，谢谢", "收到，辛苦了", "OK", "👌", "嗯嗯", "？" };
    for (size_t i = 0; i < sizeof courtesies / sizeof *courtesies; i++) {
        kit_tap(kit, "worker/w200-1/say", courtesies[i]);
        assert_non_null(strstr(kit_view(kit, "worker/w200-1/said"), "未登记"));
    }
    kit_tap(kit, "worker/w200-1/say", "");
    kit_tap(kit, "worker/w200-1/say", "\xFF\xFE");
    char longest[4096] = "";
    for (int i = 0; i < SAY_MAX; i++)
        strcat(longest, "骗");
    strcat(longest, "啊");
    kit_tap(kit, "worker/w200-1/say", longest);
    assert_non_null(strstr(kit_view(kit, "worker/w200-1/said"), "500"));
    assert_int_equal(kit_said_count(kit), 0);
    kit_tap(kit, "worker/w200-1/say", longest + strlen("啊"));
    assert_string_equal(kit_view(kit, "worker/w200-1/said"), "已登记2026-000001");
    kit_tap(kit, "worker/w200-1/say", "好的，西头又来人推销了");
    assert_string_equal(kit_view(kit, "worker/w200-1/said"), "已登记2026-000002");
}

/* ---- what stays hidden */

static bool has_bytes(struct text whole, const char *part)
{
    return memmem(whole.at, whole.len, part, strlen(part)) != NULL;
}

static const char nosy[] =
    "{'text':'我叫司空见惯名，电话133 7777 8888，身份证370481195501012345，我妻子金雀儿也被骗。一三三七七七七八八八八','source_ref':'13377778888',"
    "'batch':'司空见惯名-1','amount_text':'司空见惯名出了三万','subject':{'name':'司空见惯名','phone':'133-7777-8888','url':'http://x.cn/?u=13377778888',"
    "'address':'13377778888'},'reporter':{'name':'司空见惯名','phone':'13377778888','wants_answer':true,'unit_may_call':false}}";

/* All that the service said, showed and answered, as bytes. */
static struct text everything_said(struct arena *arena)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < kit_said_count(kit); i++)
        all = arena_printf(arena, TEXT_FMT TEXT_FMT "\n", TEXT_ARG(all), TEXT_ARG(json_text(arena, kit_said(kit, i))));
    struct text views = text_of(kit_sql_text(kit, "SELECT group_concat(topic || payload, char(10)) FROM view"));
    return arena_printf(arena, TEXT_FMT TEXT_FMT, TEXT_ARG(all), TEXT_ARG(views));
}

static void test_a_reporter_is_nowhere_outside_the_box(void **state)
{
    (void) state;
    static const char *const accounts[] = { "12345", "w200-1", "web@a", "12345" };
    static const char *const canaries[] = { "司空见惯名", "13377778888", "133-7777-8888",     "1337777",
                                            "7777888",    "一三三七",    "370481195501012345" };
    own(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text seen = TEXT("");
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
        struct text answer = json_text(arena, submit(accounts[i], nosy));
        assert_true(has_bytes(answer, "\"ok\":true"));
        seen = arena_printf(arena, TEXT_FMT TEXT_FMT, TEXT_ARG(seen), TEXT_ARG(answer));
    }
    kit_tap(kit, "worker/w200-1/say", "我叫司空见惯名，电话13377778888");
    submit("12345", "{'text':'a','victims':-1,'reporter':{'name':'司空见惯名','phone':'13377778888'}}");
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM vault"), 5);
    const char *ledger =
        arena_copy(arena, text_of(kit_sql_text(kit, "SELECT file FROM pragma_database_list WHERE name = 'main'"))).at;
    const struct {
        const char *where;
        struct text bytes;
    } places[] = {
        { "answers", seen },
        { "events and views", everything_said(arena) },
        { "ledger", folder_read(arena, ledger) },
        { "log of the ledger", folder_read(arena, arena_printf(arena, "%s-wal", ledger).at) },
    };
    for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
        assert_true(places[p].bytes.len > 0);
        for (size_t i = 0; i < sizeof canaries / sizeof *canaries; i++) {
            if (has_bytes(places[p].bytes, canaries[i]))
                fail_msg("%s: %s", places[p].where, canaries[i]);
        }
    }
    assert_true(has_bytes(places[1].bytes, "我叫某某"));
}

/* Two custodians' own keys, so that the box can be opened here. */
static void test_both_custodians_together_open_the_box(void **state)
{
    (void) state;
    own(arena_free) struct arena *arena = arena_new(1 << 16);
    struct folder folder = folder_new();
    unsigned char secrets[CUSTODIANS][VAULT_SECRET_BYTES], public[CUSTODIANS][CUSTODIAN_KEY_BYTES];
    char keys[CUSTODIANS][64];
    for (size_t i = 0; i < CUSTODIANS; i++) {
        crypto_box_keypair(public[i], secrets[i]);
        sodium_bin2base64(keys[i], sizeof keys[i], public[i], CUSTODIAN_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL);
    }
    folder_write(
        &folder, CUSTODIANS_FILE,
        arena_printf(arena, "custodians:\n  - name: 甲\n    key: \"%s\"\n  - name: 乙\n    key: \"%s\"\n", keys[0], keys[1]));
    kit_free(kit);
    kit = kit_new(&intake, folder.path, NOON);
    submit("12345", nosy);
    struct text hex = text_of(kit_sql_text(kit, "SELECT hex(box) FROM vault"));
    unsigned char *box = arena_take(arena, hex.len / 2);
    size_t len;
    assert_int_equal(sodium_hex2bin(box, hex.len / 2, hex.at, hex.len, NULL, &len, NULL), 0);
    own(findings_free) struct findings *into = findings_new();
    const struct custodians *both = custodians_load(arena, folder.path, into);
    assert_non_null(both);
    json_t *note = vault_open((struct text){ (char *) box, len }, both, secrets[0], secrets[1], TEXT("2026-000001"));
    assert_non_null(note);
    assert_string_equal(text_at(json_object_get(note, "reporter"), "phone"), "13377778888");
    assert_non_null(strstr(text_at(note, "text"), "我叫司空见惯名"));
    json_decref(note);
    assert_null(vault_open((struct text){ (char *) box, len }, both, secrets[0], secrets[1], TEXT("2026-000002")));
    folder_end(&folder);
}

static void test_a_town_without_custodians_cannot_be_used(void **state)
{
    (void) state;
    struct folder folder = folder_new();
    char path[64];
    snprintf(path, sizeof path, "%s/" CUSTODIANS_FILE, folder.path);
    unlink(path);
    own(findings_free) struct findings *into = findings_new();
    const struct town *town = town_load(folder.path, into);
    assert_non_null(town);
    assert_null(on_prepare(town));
    town_free(town);
    folder_end(&folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        TEST(test_the_senders_number_is_one_lead),
        TEST(test_visitors_of_the_public_page_are_strangers),
        TEST(test_other_content_is_a_supplement),
        TEST(test_a_supplement_may_name_a_reporter),
        TEST(test_likeness_goes_to_the_office_alone),
        TEST(test_a_complaint_against_an_official_is_sealed),
        TEST(test_sealed_leads_stand_alone),
        TEST(test_links_follow_supplements),
        TEST(test_money_moving_is_believed_within_a_budget),
        TEST(test_a_flood_is_taken_in_and_alarmed),
        TEST(test_the_public_page_is_refused_beyond_its_limits),
        TEST(test_what_a_worker_says_becomes_a_lead),
        TEST(test_a_courtesy_is_only_a_hint),
        TEST(test_a_reporter_is_nowhere_outside_the_box),
        TEST(test_both_custodians_together_open_the_box),
        TEST(test_a_town_without_custodians_cannot_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
