/* test_router.c - the router at its desk: leads come in, units and the office act on them, and who may not does not. */
#include "router_desk.h"
#include "tests/kit/folder.h"

#define L "2026-000001"
#define M "2026-000002"

static void a_lead_is_with_one_unit_at_once(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, NULL);
    assert_string_equal(holder(kit, L), "market");
    const json_t *card = kit_view_json(kit, "unit/market/lead/" L);
    assert_string_equal(string_at(card, "status"), "dispatched");
    assert_string_equal(string_at(card, "text"), TEXT_OF_LEAD);
    assert_string_equal(string_at(card, "category"), "food-health");
    assert_string_equal(string_at(card, "channel"), "hotline");
    assert_string_equal(string_at(card, "dispatched_at"), DESK_NOW);
    assert_int_equal(json_array_size(json_object_get(card, "may")), 1);
    assert_null(json_object_get(card, "source_ref"));
    assert_int_equal(kit_said_times(kit, "lead.dispatched", L), 1);
    const json_t *data = data_of(kit, "lead.dispatched", L);
    assert_string_equal(string_at(data, "unit"), "market");
    assert_string_equal(string_at(data, "rule"), "given-food-health");
    assert_int_equal(json_integer_value(json_object_get(data, "round")), 1);
    char *said = json_dumps(data, 0);
    assert_null(strstr(said, "糖尿病"));
    free(said);
    const json_t *channel = kit_view_json(kit, "channel/12345/lead/" L);
    assert_string_equal(string_at(channel, "source_ref"), "ref-1");
    assert_string_equal(string_at(channel, "status"), "dispatched");
    assert_null(kit_view(kit, "office/inbox/" L "-unmatched"));
    assert_int_equal(kit_ticker_count(kit, L), 1);
    assert_int_equal(kit_ticker_count(kit, "lead.dispatched"), 1);
    assert_int_equal(kit_ticker_count(kit, "口服液"), 0);
}

static void assisting_units_and_groups_get_copies(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, "{'category':'fundraising','text':'投资公司向老人集资二十万元，说月息三分','title':'集资'}");
    assert_string_equal(holder(kit, L), "finance");
    const json_t *card = kit_view_json(kit, "unit/police/lead/" L);
    assert_string_equal(string_at(card, "role"), "assist");
    assert_int_equal(json_array_size(json_object_get(card, "may")), 0);
    const json_t *groups = json_object_get(data_of(kit, "lead.dispatched", L), "groups");
    assert_int_equal(kit_view_count(kit, "group/+/lead/" L), json_array_size(groups));
    for (size_t i = 0; i < json_array_size(groups); i++)
        assert_non_null(kit_view(kit, path("group/%s/lead/" L, json_string_value(json_array_get(groups, i)))));
    /* the assisting unit sees it and may not act; a third unit does not see it */
    assert_string_equal(outcome(reply(kit, "staff-police-1", "'lead':'" L "','action':'sign'")), "not-yours");
    assert_string_equal(outcome(reply(kit, "staff-health-1", "'lead':'" L "','action':'sign'")), "no-such");
}

static void money_on_the_move_is_said_first_and_claims_are_called_so(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, "{'urgency':'money-moving'}");
    receive(kit, M, "{'urgency':'money-moving','urgency_claimed':true}");
    const json_t *proven = kit_view_json(kit, path("unit/%s/lead/" L, holder(kit, L)));
    assert_string_equal(string_at(proven, "title"), "【正在转账】口服液讲座");
    int64_t rank = json_integer_value(json_object_get(proven, "rank"));
    const json_t *claimed = kit_view_json(kit, path("unit/%s/lead/" M, holder(kit, M)));
    assert_string_equal(string_at(claimed, "title"), "【自称正在转账】口服液讲座");
    assert_true(json_integer_value(json_object_get(claimed, "rank")) > rank);
}

static void only_the_catch_all_fits(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, "{'category':null,'text':'情况不清楚','title':'情况不清楚'}");
    assert_string_equal(holder(kit, L), "governance");
    assert_true(json_is_true(json_object_get(data_of(kit, "lead.dispatched", L), "unmatched")));
    assert_string_equal(string_at(kit_view_json(kit, "office/inbox/" L "-unmatched"), "what"), "unmatched");
    assert_string_equal(outcome(order(kit, "office-2", "'lead':'" L "','action':'assign','unit':'health','assist':['market']")),
                        "ok");
    assert_null(kit_view(kit, "office/inbox/" L "-unmatched"));
    assert_string_equal(holder(kit, L), "health");
    assert_string_equal(string_at(kit_view_json(kit, "unit/market/lead/" L), "role"), "assist");
    const json_t *moved = data_of(kit, "lead.moved", L);
    assert_string_equal(string_at(moved, "from"), "governance");
    assert_string_equal(string_at(moved, "to"), "health");
    assert_string_equal(string_at(moved, "why"), "assign");
    /* a unit that passes it on has decided as well */
    receive(kit, M, "{'category':null,'text':'情况不清楚','title':'情况不清楚'}");
    assert_string_equal(outcome(reply(kit, "staff-governance-1", "'lead':'" M "','action':'sign'")), "ok");
    assert_non_null(kit_view(kit, "office/inbox/" M "-unmatched"));
    assert_string_equal(
        outcome(reply(kit, "staff-governance-1", "'lead':'" M "','action':'conclude','finding':'transfer','to_unit':'health'")),
        "ok");
    assert_null(kit_view(kit, "office/inbox/" M "-unmatched"));
}

static void a_whole_life(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    bring_to(kit, L, LIFE_CONCLUDED);
    assert_string_equal(string_at(data_of(kit, "lead.concluded", L), "finding"), "violation");
    assert_string_equal(string_at(kit_view_json(kit, "unit/market/lead/" L), "status"), "concluded");
    assert_string_equal(string_at(kit_view_json(kit, "office/inbox/" L "-verify"), "finding"), "violation");
    assert_null(json_object_get(kit_view_json(kit, "channel/12345/lead/" L), "answer_public"));
    assert_string_equal(outcome(order(kit, "staff-market-2", "'lead':'" L "','action':'verify','pass':true")), "not-yours");
    assert_string_equal(outcome(order(kit, "office-2", "'lead':'" L "','action':'verify','pass':true,'method':'电话核实'")),
                        "ok");
    assert_int_equal(everywhere(kit, L), 0);
    assert_string_equal(string_at(data_of(kit, "lead.closed", L), "finding"), "violation");
    assert_string_equal(string_at(data_of(kit, "lead.closed", L), "answer_public"), "已依法查处");
    assert_int_equal(kit_said_times(kit, "lead.verified", L), 1);
    const json_t *channel = kit_view_json(kit, "channel/12345/lead/" L);
    assert_string_equal(string_at(channel, "status"), "closed");
    assert_string_equal(string_at(channel, "answer_public"), "已依法查处");
    /* thirty days later its card goes: the row is set back instead of living through a month second by second */
    int64_t kept = kit_sql_int(kit, "SELECT forget - closed FROM lead");
    assert_int_equal(kept, CHANNEL_CARD_KEPT.ms);
    kit_sql_int(kit, path("UPDATE lead SET forget = forget - %lld RETURNING forget", (long long) kept - 1000));
    kit_crash(kit);
    assert_non_null(kit_view(kit, "channel/12345/lead/" L));
    kit_later(kit, SPAN_S(2));
    assert_null(kit_view(kit, "channel/12345/lead/" L));
}

static void a_redo_is_a_round_of_its_own(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    bring_to(kit, L, LIFE_CONCLUDED);
    assert_string_equal(outcome(order(kit, "office-2", "'lead':'" L "','action':'verify','pass':false")), "missing");
    assert_string_equal(
        outcome(order(kit, "office-2", "'lead':'" L "','action':'verify','pass':false,'redo_reason':'没有现场照片'")), "ok");
    assert_false(json_is_true(json_object_get(data_of(kit, "lead.verified", L), "pass")));
    assert_int_equal(json_integer_value(json_object_get(data_of(kit, "lead.reopened", L), "round")), 2);
    assert_string_equal(string_at(data_of(kit, "lead.reopened", L), "why"), "redo");
    assert_null(kit_view(kit, "office/inbox/" L "-verify"));
    const json_t *card = kit_view_json(kit, "unit/market/lead/" L);
    assert_string_equal(string_at(card, "status"), "dispatched");
    const json_t *first = json_array_get(json_object_get(card, "rounds"), 0);
    assert_string_equal(string_at(first, "finding"), "violation");
    assert_string_equal(string_at(first, "redo_reason"), "没有现场照片");
    assert_int_equal(json_array_size(json_object_get(card, "rounds")), 2);
}

static void a_transfer_moves_the_lead_and_leaves_it_open(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    bring_to(kit, L, LIFE_SIGNED);
    const char *conclude = "'lead':'" L "','action':'conclude','finding':'transfer'";
    assert_string_equal(complaint_field(reply(kit, "staff-market-1", "%s", conclude)), "to_unit");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "%s,'to_unit':'nowhere'", conclude)), "no-such");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "%s,'to_unit':'market'", conclude)), "out-of-range");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "%s,'to_unit':'health'", conclude)), "ok");
    assert_string_equal(holder(kit, L), "health");
    assert_null(kit_view(kit, "unit/market/lead/" L));
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "why"), "transfer");
    assert_int_equal(json_integer_value(json_object_get(data_of(kit, "lead.moved", L), "hop")), 1);
    assert_int_equal(kit_said_times(kit, "lead.concluded", L), 0);
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" L "','action':'progress'")), "no-such");
    assert_string_equal(outcome(reply(kit, "staff-health-1", "'lead':'" L "','action':'progress'")), "not-now");
    assert_string_equal(outcome(reply(kit, "staff-health-3", "'lead':'" L "','action':'sign'")), "ok");
}

static void what_goes_outside_waits_for_its_receipt(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    bring_to(kit, L, LIFE_SIGNED);
    const char *conclude = "'lead':'" L "','action':'conclude','finding':'transfer','to_outside':'市住建局'";
    assert_string_equal(complaint_field(reply(kit, "staff-market-1", "%s", conclude)), "doc_no");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "%s,'doc_no':'滨移〔2026〕1号'", conclude)), "ok");
    assert_string_equal(holder(kit, L), "market");
    const json_t *card = kit_view_json(kit, "unit/market/lead/" L);
    assert_string_equal(string_at(card, "status"), "signed");
    assert_string_equal(string_at(card, "awaiting"), "receipt");
    assert_int_equal(kit_said_times(kit, "lead.concluded", L), 0);
    assert_string_equal(outcome(order(kit, "office-2", "'lead':'" L "','action':'verify','pass':true")), "not-now");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" L "','action':'conclude','finding':'crime'")),
                        "not-now");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "%s,'doc_no':'市住建复〔2026〕7号'", conclude)), "ok");
    assert_string_equal(string_at(data_of(kit, "lead.concluded", L), "finding"), "transfer");
}

static void silence_is_acceptance_once(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, NULL);
    const char *breach = "{'clock':'sign','round':%d,'occurrence':1,'unit':'%s','due':'" DESK_NOW "','step':'red'}";
    kit_event(kit, "clock.breached", L, NULL, path("{\"clock\":\"close\",\"round\":1,\"occurrence\":1,\"unit\":\"market\"}"));
    send_event(kit, "clock.breached", L, NULL, json_quoted(path(breach, 2, "market")));
    send_event(kit, "clock.breached", L, NULL, json_quoted(path(breach, 1, "health")));
    send_event(kit, "clock.breached", M, NULL, json_quoted(path(breach, 1, "market")));
    assert_int_equal(kit_said_times(kit, "lead.signed", NULL), 0);
    for (int i = 0; i < 3; i++)
        send_event(kit, "clock.breached", L, NULL, json_quoted(path(breach, 1, "market")));
    assert_int_equal(kit_said_times(kit, "lead.signed", L), 1);
    assert_true(json_is_true(json_object_get(data_of(kit, "lead.signed", L), "deemed")));
    assert_int_equal(state_of(kit, L), LIFE_SIGNED);
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" L "','action':'sign'")), "not-now");

    /* given away and come back: what was due before is no longer */
    kit_later(kit, SPAN_MIN(1));
    receive(kit, "2026-000003", NULL);
    send_event(kit, "clock.breached", "2026-000003", NULL, json_quoted(path(breach, 1, "market")));
    assert_int_equal(state_of(kit, "2026-000003"), LIFE_DISPATCHED);

    receive(kit, M, NULL);
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" M "','action':'sign'")), "ok");
    send_event(kit, "clock.breached", M, NULL, json_quoted(path(breach, 1, "market")));
    assert_int_equal(kit_said_times(kit, "lead.signed", M), 1);
    assert_false(json_is_true(json_object_get(data_of(kit, "lead.signed", M), "deemed")));
}

static void a_sealed_lead_stands_nowhere_else(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, "{'sealed':true,'against':{'unit':'market'}}");
    assert_string_equal(holder(kit, L), "");
    assert_int_equal(everywhere(kit, L), 0);
    const json_t *card = kit_view_json(kit, "sealed/" L);
    assert_string_equal(string_at(card, "text"), TEXT_OF_LEAD);
    assert_string_equal(string_at(card, "against"), "market");
    const json_t *channel = kit_view_json(kit, "channel/12345/lead/" L);
    assert_string_equal(string_at(channel, "status"), "dispatched");
    assert_true(json_is_true(json_object_get(data_of(kit, "lead.dispatched", L), "sealed")));
    assert_string_not_equal(string_at(data_of(kit, "lead.dispatched", L), "unit"), "market");
    assert_string_not_equal(string_at(data_of(kit, "lead.dispatched", L), "title"), "口服液讲座");
    static const char *const blind[] = { "staff-market-1", "staff-governance-1", "staff-police-1" };
    for (size_t i = 0; i < sizeof blind / sizeof *blind; i++) {
        assert_string_equal(outcome(reply(kit, blind[i], "'lead':'" L "','action':'sign'")), "no-such");
        assert_string_equal(outcome(ask_as(kit, "query-lead", blind[i], "'lead':'" L "'")), "no-such");
    }
    assert_string_equal(outcome(ask_as(kit, "query-lead", "office-2", "'lead':'" L "'")), "no-such");
    assert_string_equal(outcome(order(kit, "office-2", "'lead':'" L "','action':'assign','unit':'health'")), "no-such");
    assert_string_equal(outcome(ask_as(kit, "query-lead", "office-1", "'lead':'" L "'")), "ok");
    assert_string_equal(outcome(order(kit, "office-1", "'lead':'" L "','action':'assign','unit':'market'")), "not-now");

    assert_string_equal(outcome(reply(kit, "discipline-1", "'lead':'" L "','action':'sign'")), "ok");
    assert_string_equal(
        outcome(reply(kit, "discipline-1", "'lead':'" L "','action':'conclude','finding':'transfer','to_unit':'health'")),
        "not-now");
    assert_string_equal(outcome(reply(kit, "discipline-1", "'lead':'" L "','action':'conclude','finding':'unfounded'")), "ok");
    assert_int_equal(everywhere(kit, L), 0);
    assert_string_equal(outcome(order(kit, "office-1", "'lead':'" L "','action':'verify','pass':true")), "ok");
    assert_null(kit_view(kit, "sealed/" L));
    assert_int_equal(kit_ticker_count(kit, L), 0);
}

static void a_complaint_about_the_office_s_own_unit_can_be_closed(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, "{'sealed':true,'against':{'unit':'governance'}}");
    assert_string_equal(outcome(ask_as(kit, "query-lead", "office-2", "'lead':'" L "'")), "no-such");
    assert_string_equal(outcome(reply(kit, "discipline-1", "'lead':'" L "','action':'sign'")), "ok");
    assert_string_equal(outcome(reply(kit, "discipline-1", "'lead':'" L "','action':'conclude','finding':'violation'")), "ok");
    assert_string_equal(outcome(order(kit, "office-2", "'lead':'" L "','action':'verify','pass':true")), "no-such");
    assert_string_equal(outcome(order(kit, "office-1", "'lead':'" L "','action':'verify','pass':true")), "ok");
    assert_int_equal(state_of(kit, L), LIFE_CLOSED);
    assert_null(kit_view(kit, "sealed/" L));
}

/* A town whose director belongs to a unit. */
static void nobody_sees_a_complaint_about_the_own_unit(void **state)
{
    (void) state;
    struct folder folder = folder_new();
    folder_patch(&folder, "tests/conf/director-of-a-unit.patch");
    own(kit_free) struct kit *kit = kit_new(&router, folder.path, DESK_NOW);
    receive(kit, L, "{'sealed':true,'against':{'unit':'governance'}}"); /* the director's own */
    assert_string_equal(outcome(ask_as(kit, "query-lead", "office-1", "'lead':'" L "'")), "no-such");
    assert_string_equal(outcome(order(kit, "office-1", "'lead':'" L "','action':'assign','unit':'health'")), "no-such");
    const json_t *card = kit_view_json(kit, "sealed/" L);
    assert_null(json_object_get(card, "text"));
    assert_string_not_equal(string_at(card, "title"), "口服液讲座");
    const json_t *answer = reply(kit, "discipline-1", "'lead':'" L "','action':'sign'");
    assert_string_equal(string_at(json_object_get(answer, "card"), "text"), TEXT_OF_LEAD);
    const json_t *list = ask_as(kit, "query-leads", "office-1", "'limit':10");
    assert_int_equal(json_array_size(json_object_get(list, "leads")), 0);
    folder_end(&folder);
}

static void a_suspected_complaint_waits_for_the_director(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, "{'sealed':true,'suspect':'文中“派出所”与“不作为”相连','text':'派出所民警包庇卖保健品的，报警也不管'}");
    assert_int_equal(everywhere(kit, L), 0);
    assert_true(json_is_true(json_object_get(kit_view_json(kit, "sealed/" L), "undecided")));
    assert_string_equal(string_at(kit_view_json(kit, "sealed/" L), "against"), "police");
    assert_string_equal(outcome(order(kit, "office-3", "'lead':'" L "','action':'assign','unit':'market'")), "no-such");
    assert_string_equal(outcome(order(kit, "office-1", "'lead':'" L "','action':'assign','unit':'market'")), "ok");
    assert_null(kit_view(kit, "sealed/" L));
    assert_string_equal(holder(kit, L), "market");
    assert_null(json_object_get(kit_view_json(kit, "unit/market/lead/" L), "suspect"));
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" L "','action':'sign'")), "ok");
}

static void the_office_recognises_a_complaint(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, NULL);
    receive(kit, M, NULL);
    send_event(kit, "lead.linked", M, NULL, json_quoted("{'with':'" L "','why':'phone'}"));
    const json_t *linked = json_object_get(kit_view_json(kit, "unit/market/lead/" M), "linked");
    assert_string_equal(string_at(json_array_get(linked, 0), "lead"), L);
    linked = json_object_get(kit_view_json(kit, "unit/market/lead/" L), "linked");
    assert_string_equal(string_at(json_array_get(linked, 0), "lead"), M);

    assert_string_equal(
        outcome(order(kit, "office-2", "'lead':'" L "','action':'against','unit':'market','reason':'举报其人员'")), "ok");
    assert_int_equal(everywhere(kit, L), 0);
    assert_non_null(kit_view(kit, "sealed/" L));
    linked = json_object_get(kit_view_json(kit, "unit/market/lead/" M), "linked");
    assert_int_equal(json_array_size(linked), 0);
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" L "','action':'sign'")), "no-such");
    assert_string_equal(outcome(ask_as(kit, "query-lead", "office-2", "'lead':'" L "'")), "no-such");
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "why"), "against");
    assert_string_not_equal(string_at(data_of(kit, "lead.moved", L), "to"), "market");
    assert_string_equal(outcome(order(kit, "office-1", "'lead':'" L "','action':'against','unit':'market'")), "not-now");
    send_event(kit, "lead.linked", M, NULL, json_quoted("{'with':'" L "','why':'text'}"));
    assert_int_equal(json_array_size(json_object_get(kit_view_json(kit, "unit/market/lead/" M), "linked")), 0);
}

static void a_supplement_adds_and_reopens(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    bring_to(kit, L, LIFE_SIGNED);
    send_event(kit, "lead.supplemented", L, "hotline",
               json_quoted("{'text':'又有两位老人买了','subject':{'plate':'鲁D00000'}}"));
    const json_t *card = kit_view_json(kit, "unit/market/lead/" L);
    assert_string_equal(string_at(card, "text"), TEXT_OF_LEAD);
    assert_string_equal(string_at(json_array_get(json_object_get(card, "supplements"), 0), "text"), "又有两位老人买了");
    assert_string_equal(string_at(json_object_get(card, "subject"), "plate"), "鲁D00000");
    assert_string_equal(string_at(card, "status"), "signed");

    bring_to(kit, M, LIFE_CLOSED);
    send_event(kit, "lead.supplemented", M, "hotline", json_quoted("{'text':'又来了'}"));
    assert_string_equal(holder(kit, M), "market");
    assert_int_equal(state_of(kit, M), LIFE_DISPATCHED);
    assert_string_equal(string_at(data_of(kit, "lead.reopened", M), "why"), "supplement");
    assert_int_equal(json_integer_value(json_object_get(data_of(kit, "lead.reopened", M), "round")), 2);
    assert_string_equal(string_at(kit_view_json(kit, "channel/12345/lead/" M), "status"), "dispatched");

    send_event(kit, "lead.supplemented", M, "hotline",
               json_quoted("{'text':'所长也分了钱','sealed':true,'against':{'unit':'market'}}"));
    assert_int_equal(everywhere(kit, M), 0);
    assert_non_null(kit_view(kit, "sealed/" M));
    send_event(kit, "lead.supplemented", L, "hotline", json_quoted("{'urgency':'money-moving','urgency_claimed':false}"));
    assert_string_equal(string_at(kit_view_json(kit, "unit/market/lead/" L), "title"), "【正在转账】口服液讲座");
}

static bool moody; /* on_received parks instead of reading */
static enum verdict on_received_moody(struct tx *tx, instant_ms now, const struct event *e)
{
    return moody ? park(tx, e, "字段有误") : on_received(tx, now, e);
}

static void a_lead_that_cannot_be_read_is_placed_all_the_same(void **state)
{
    (void) state;
    struct event_route routes[sizeof events / sizeof *events];
    memcpy(routes, events, sizeof events);
    routes[0].on = on_received_moody;
    struct service service = router;
    service.events = routes;
    own(kit_free) struct kit *kit = kit_new(&service, "deploy/binhu", DESK_NOW);
    moody = true;
    receive(kit, L, NULL);
    receive(kit, M, "{'sealed':true,'against':{'unit':'governance'}}");
    receive(kit, "2026-000009", NULL);
    assert_string_equal(outcome(order(kit, "office-2", "'lead':'2026-000009','action':'against','unit':'market'")), "ok");
    assert_string_equal(holder(kit, L), "governance");
    assert_null(json_object_get(kit_view_json(kit, "unit/governance/lead/" M), "text"));
    assert_string_equal(string_at(kit_view_json(kit, "office/inbox/" L "-parked"), "what"), "parked");
    assert_int_equal(kit_said_times(kit, "lead.dispatched", L), 1);
    assert_true(json_is_true(json_object_get(data_of(kit, "lead.dispatched", L), "unmatched")));
    assert_string_equal(outcome(reply(kit, "staff-governance-1", "'lead':'" L "','action':'sign'")), "ok");

    moody = false;
    for (int n = 1; n <= 3; n++)
        assert_string_equal(outcome(ask_as(kit, "operate-router", "operator-1", "'action':'parked-retry','n':%d", n)), "ok");
    assert_string_equal(holder(kit, L), "market");
    assert_null(kit_view(kit, "office/inbox/" L "-parked"));
    assert_int_equal(kit_said_times(kit, "lead.dispatched", L), 1);
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "to"), "market");
    assert_int_equal(everywhere(kit, M), 0);
    assert_non_null(kit_view(kit, "sealed/" M));
    assert_int_equal(everywhere(kit, "2026-000009"), 0); /* what the office has sealed stays sealed */
}

static void an_event_of_the_wrong_shape_is_parked(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, "{'text':17}");
    receive(kit, M, "{'urgency':'whenever'}");
    assert_string_equal(holder(kit, L), "governance");
    assert_string_equal(holder(kit, M), "governance");
    assert_non_null(kit_view(kit, "office/inbox/" L "-parked"));
    assert_string_equal(outcome(order(kit, "office-2", "'lead':'" L "','action':'assign','unit':'health'")), "ok");
    assert_string_equal(holder(kit, L), "health");
    assert_null(kit_view(kit, "office/inbox/" L "-parked"));
}

static void severity_is_the_office_s_to_set(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, NULL);
    const char *set = "'lead':'" L "','action':'set-severity','reason':'涉及多村','severity':";
    assert_string_equal(outcome(order(kit, "office-2", "%s'extreme'", set)), "ok");
    assert_string_equal(string_at(kit_view_json(kit, "unit/market/lead/" L), "severity"), "extreme");
    assert_string_equal(string_at(data_of(kit, "lead.severity-set", L), "severity"), "extreme");
    assert_string_equal(outcome(order(kit, "office-2", "%s'extreme'", set)), "ok");
    assert_int_equal(kit_said_times(kit, "lead.severity-set", L), 1);
    assert_string_equal(outcome(order(kit, "office-2", "%s'dreadful'", set)), "out-of-range");
}

static void an_assist_list_may_change_alone(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    bring_to(kit, L, LIFE_SIGNED);
    const char *assign = "'lead':'" L "','action':'assign','unit':'market','assist':";
    assert_string_equal(outcome(order(kit, "office-2", "%s['health','police']", assign)), "ok");
    assert_int_equal(kit_view_count(kit, "unit/+/lead/" L), 3);
    assert_int_equal(state_of(kit, L), LIFE_SIGNED);
    assert_string_equal(outcome(order(kit, "office-2", "%s['police']", assign)), "ok");
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "from"), "market");
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "to"), "market");
    assert_int_equal(json_array_size(json_object_get(data_of(kit, "lead.moved", L), "assist")), 1);
    assert_null(kit_view(kit, "unit/health/lead/" L));
    assert_string_equal(complaint_field(order(kit, "office-2", "%s['police','police']", assign)), "assist");
    assert_string_equal(complaint_field(order(kit, "office-2", "%s['market']", assign)), "assist");
    assert_string_equal(complaint_field(order(kit, "office-2", "%s['police','mars']", assign)), "assist[1]");
}

static void a_batch_is_all_or_nothing(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, NULL);
    receive(kit, M, NULL);
    receive(kit, "2026-000003", "{'category':'fundraising'}");
    const json_t *answer = reply(kit, "staff-market-1", "'leads':['" L "','2026-000003'],'action':'sign'");
    assert_string_equal(outcome(answer), "no-such");
    assert_string_equal(complaint_field(answer), "leads[1]");
    assert_int_equal(state_of(kit, L), LIFE_DISPATCHED);
    answer = reply(kit, "staff-market-1", "'leads':['" L "','" M "'],'action':'sign'");
    assert_string_equal(outcome(answer), "ok");
    assert_string_equal(string_at(answer, "status"), "signed");
    assert_string_equal(string_at(json_array_get(json_object_get(answer, "leads"), 1), "lead"), M);
    answer = reply(kit, "staff-market-1", "'leads':['" L "','" M "'],'action':'sign'");
    assert_string_equal(outcome(answer), "not-now");
    assert_string_equal(complaint_field(answer), "leads[0]");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'leads':['" L "','" L "'],'action':'progress'")), "out-of-range");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'leads':[],'action':'progress'")), "out-of-range");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" L "','leads':['" M "'],'action':'progress'")),
                        "out-of-range");
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'case':'c-1','action':'progress'")), "unavailable");
    char many[101 * 14 + 1] = "";
    for (int i = 0; i < 101; i++)
        snprintf(many + strlen(many), 15, "%s'2026-%06d'", i ? "," : "", 100 + i);
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'leads':[%s],'action':'progress'", many)), "out-of-range");
}

static void refusals_name_what_is_wrong(void **state)
{
    (void) state;
    static const struct {
        const char *kind, *account, *rest, *code, *field;
    } rows[] = {
        { "lead-reply", "staff-market-1", "'lead':'" L "'", "missing", "action" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'dance','finding':'hint'", "out-of-range", "action" },
        { "lead-reply", "staff-market-1", "'action':'sign'", "missing", "lead" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'sign','mood':'good'", "unknown-field", "mood" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'sign','finding':'hint'", "unknown-field", "finding" },
        { "lead-reply", "staff-market-1", "'lead':'2026-999999','action':'sign'", "no-such", "lead" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'return','reason':'不归我们'", "unavailable", "action" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'conclude'", "missing", "finding" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'conclude','finding':'hint','to_unit':'health'",
          "out-of-range", "to_unit" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'conclude','finding':'hint','frozen_yuan':-1",
          "out-of-range", "frozen_yuan" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'conclude','finding':'hint','evidence':[{'name':'a'}]",
          "missing", "evidence[0].sha256" },
        { "lead-reply", "staff-market-1", "'lead':'" L "','action':'conclude','finding':'hint'", "not-now", "lead" },
        { "lead-order", "office-2", "'lead':'" L "','action':'verify'", "missing", "pass" },
        { "lead-order", "office-2", "'lead':'" L "','action':'assign'", "missing", "unit" },
        { "lead-order", "office-2", "'lead':'" L "','action':'assign','unit':'mars'", "no-such", "unit" },
        { "lead-order", "office-2", "'lead':'" L "','action':'supervise','text':'快办'", "unavailable", "action" },
        { "lead-order", "office-2", "'lead':'" L "','action':'verify','pass':true", "not-now", "lead" },
        { "query-leads", "office-2", "'limit':101", "out-of-range", "limit" },
        { "query-leads", "office-2", "'after':'yesterday'", "out-of-range", "after" },
        { "query-leads", "office-2", "'unit':'mars'", "no-such", "unit" },
        { "query-leads", "office-2", "'village':'999999999999'", "no-such", "village" },
        { "query-leads", "staff-market-1", "'unit':'health'", "not-yours", "unit" },
        { "query-lead", "staff-health-1", "'lead':'" L "'", "no-such", "lead" },
        { "query-lead", "office-2", "'lead':'" L "','text':true", "unknown-field", "text" },
        { "query-history", "office-2", "'lead':'" L "'", "unavailable", "" },
        { "query-search", "office-2", "'text':'口服液'", "unavailable", "" },
        { "query-stats", "office-2", "'what':'all'", "unavailable", "" },
    };
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json_t *answer = ask_as(kit, rows[i].kind, rows[i].account, "%s", rows[i].rest);
        if (strcmp(outcome(answer), rows[i].code) != 0 || strcmp(complaint_field(answer), rows[i].field) != 0)
            fail_msg("%s %s: %s %s", rows[i].kind, rows[i].rest, outcome(answer), complaint_field(answer));
    }
    assert_int_equal(state_of(kit, L), LIFE_DISPATCHED);
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM act"), 0);
}

static void a_repeat_has_the_same_answer_and_no_second_effect(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    receive(kit, L, NULL);
    for (int i = 0; i < 100; i++)
        assert_string_equal(
            outcome(kit_request(kit, "lead-reply", "staff-market-1", "{'id':'once','lead':'" L "','action':'sign'}")), "ok");
    assert_int_equal(kit_said_times(kit, "lead.signed", L), 1);
    assert_string_equal(
        outcome(kit_request(kit, "lead-reply", "staff-market-1", "{'id':'once','lead':'" L "','action':'progress'}")),
        "conflict");
    kit_crash(kit);
    assert_string_equal(
        outcome(kit_request(kit, "lead-reply", "staff-market-1", "{'id':'once','lead':'" L "','action':'sign'}")), "ok");
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM act"), 1);
    assert_string_equal(holder(kit, L), "market");
}

static void a_card_is_never_over_the_limit(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    char text[2000 * 3 + 1] = "", more[7000];
    for (int i = 0; i < 2000; i++)
        memcpy(text + i * 3, "骗", 4);
    snprintf(more, sizeof more, "{'text':'%s'}", text);
    receive(kit, L, more);
    for (int i = 0; i < 12; i++)
        send_event(kit, "lead.supplemented", L, "hotline", json_quoted(more));
    const char *card = kit_view(kit, "unit/market/lead/" L);
    assert_non_null(card);
    assert_true(strlen(card) <= CARD_BYTES_MAX);
    assert_true(strlen(card) > CARD_BYTES_MAX / 2);
    for (int i = 0; i < 6; i++) { /* and every round with a long reason */
        assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" L "','action':'sign'")), "ok");
        assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'" L "','action':'conclude','finding':'hint'")), "ok");
        assert_string_equal(
            outcome(order(kit, "office-2", "'lead':'" L "','action':'verify','pass':false,'redo_reason':'%.1500s'", text)),
            "ok");
        assert_true(strlen(kit_view(kit, "unit/market/lead/" L)) <= CARD_BYTES_MAX);
        assert_true(strlen(string_at(kit_view_json(kit, "unit/market/lead/" L), "text")) > CARD_BYTES_MAX / 3);
    }
    const json_t *whole = json_object_get(ask_as(kit, "query-lead", "staff-market-1", "'lead':'" L "'"), "lead");
    assert_int_equal(strlen(string_at(whole, "text")), sizeof text - 1);
    assert_int_equal(json_array_size(json_object_get(whole, "supplements")), SUPPLEMENTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lead_is_with_one_unit_at_once),
        cmocka_unit_test(assisting_units_and_groups_get_copies),
        cmocka_unit_test(money_on_the_move_is_said_first_and_claims_are_called_so),
        cmocka_unit_test(only_the_catch_all_fits),
        cmocka_unit_test(a_whole_life),
        cmocka_unit_test(a_redo_is_a_round_of_its_own),
        cmocka_unit_test(a_transfer_moves_the_lead_and_leaves_it_open),
        cmocka_unit_test(what_goes_outside_waits_for_its_receipt),
        cmocka_unit_test(silence_is_acceptance_once),
        cmocka_unit_test(a_sealed_lead_stands_nowhere_else),
        cmocka_unit_test(a_complaint_about_the_office_s_own_unit_can_be_closed),
        cmocka_unit_test(nobody_sees_a_complaint_about_the_own_unit),
        cmocka_unit_test(a_suspected_complaint_waits_for_the_director),
        cmocka_unit_test(the_office_recognises_a_complaint),
        cmocka_unit_test(a_supplement_adds_and_reopens),
        cmocka_unit_test(a_lead_that_cannot_be_read_is_placed_all_the_same),
        cmocka_unit_test(an_event_of_the_wrong_shape_is_parked),
        cmocka_unit_test(severity_is_the_office_s_to_set),
        cmocka_unit_test(an_assist_list_may_change_alone),
        cmocka_unit_test(a_batch_is_all_or_nothing),
        cmocka_unit_test(refusals_name_what_is_wrong),
        cmocka_unit_test(a_repeat_has_the_same_answer_and_no_second_effect),
        cmocka_unit_test(a_card_is_never_over_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
