/* test_intake_more.c - what belongs together and what stays apart: repeats, supplements, links, floods, what workers say, the box. */
#include "intake_desk.h"

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
    own(arena_free) struct arena *arena = arena_new(1 << 14);
    const char *longest = repeated(arena, "骗", SAY_MAX + 1).at;
    kit_tap(kit, "worker/w200-1/say", longest);
    assert_non_null(strstr(kit_view(kit, "worker/w200-1/said"), "500"));
    assert_int_equal(kit_said_count(kit), 0);
    kit_tap(kit, "worker/w200-1/say", longest + strlen("骗"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
