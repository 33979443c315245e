/* test_router_late.c - what the router makes of facts that come late: to a placeholder, in whatever state it is by then, and by a
 * supplement. That money is moving must reach the clocks. */
#include "router_desk.h"

#define L "2026-000001"
#define TRANSFERRING "{'urgency':'money-moving','category':'telecom','text':'老人正在银行柜台给骗子转账','title':'正在转账'}"

static bool moody; /* on_received parks instead of reading */
static enum verdict on_received_moody(struct tx *tx, instant_ms now, const struct event *e)
{
    return moody ? park(tx, e, "字段有误") : on_received(tx, now, e);
}

/* A desk that has placed one lead it could not read. */
static struct kit *desk_unread(const char *facts)
{
    static struct event_route routes[sizeof events / sizeof *events];
    static struct service service;
    memcpy(routes, events, sizeof events);
    routes[0].on = on_received_moody;
    service = router;
    service.events = routes;
    struct kit *kit = kit_new(&service, "deploy/binhu", DESK_NOW);
    moody = true;
    receive(kit, L, facts);
    moody = false;
    assert_string_equal(holder(kit, L), "governance");
    return kit;
}

static void facts_come(struct kit *kit)
{
    assert_string_equal(outcome(ask_as(kit, "operate-router", "operator-1", "'action':'parked-retry','n':1")), "ok");
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM parked"), 0);
}

#define done(answer) assert_string_equal(outcome(answer), "ok")

static void its_unit_is_told_with_the_move(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk_unread(TRANSFERRING);
    assert_string_equal(string_at(data_of(kit, "lead.dispatched", L), "urgency"), "routine");
    facts_come(kit);
    assert_string_equal(holder(kit, L), "police");
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "urgency"), "money-moving");
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "to"), "police");
}

static void whoever_has_been_given_it_keeps_it_and_the_clocks_are_told(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk_unread(TRANSFERRING);
    done(order(kit, "office-2", "'lead':'" L "','action':'assign','unit':'finance','assist':['health']"));
    done(reply(kit, "staff-finance-1", "'lead':'" L "','action':'sign'"));
    facts_come(kit); /* the office has looked at it, which does not make its facts known */
    const json_t *card = kit_view_json(kit, "unit/finance/lead/" L);
    assert_string_equal(string_at(card, "text"), "老人正在银行柜台给骗子转账");
    assert_string_equal(string_at(card, "title"), "【正在转账】正在转账");
    assert_string_equal(string_at(card, "status"), "signed");
    assert_string_equal(holder(kit, L), "finance");
    assert_non_null(kit_view(kit, "unit/health/lead/" L)); /* as the office wished */
    assert_string_equal(string_at(data_of(kit, "lead.severity-set", L), "urgency"), "money-moving");
    assert_int_equal(kit_said_times(kit, "lead.moved", L), 1);
}

/* The rules mean the unit that has it: nothing is left for the office to sort, and the clocks hear that. */
static void the_unit_that_has_it_is_confirmed(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit =
        desk_unread("{'category':'other','text':'请问老年大学什么时候报名，谢谢','title':'老年大学','urgency':'urgent'}");
    done(reply(kit, "staff-governance-1", "'lead':'" L "','action':'sign'"));
    facts_come(kit);
    const json_t *moved = data_of(kit, "lead.moved", L);
    assert_string_equal(string_at(moved, "from"), "governance");
    assert_string_equal(string_at(moved, "to"), "governance");
    assert_string_equal(string_at(moved, "why"), "assign");
    assert_string_equal(string_at(moved, "urgency"), "urgent");
    assert_int_equal(state_of(kit, L), LIFE_SIGNED);
    assert_int_equal(kit_said_times(kit, "lead.severity-set", L), 0);
    assert_null(kit_view(kit, "office/inbox/" L "-parked"));
    assert_null(kit_view(kit, "office/inbox/" L "-unmatched"));
}

static void what_no_rule_matches_stays_with_the_office_to_sort(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit =
        desk_unread("{'category':null,'text':'说不清楚，请来人看看','title':'说不清楚','urgency':'urgent'}");
    facts_come(kit);
    assert_string_equal(holder(kit, L), "governance");
    assert_non_null(kit_view(kit, "office/inbox/" L "-unmatched"));
    assert_int_equal(kit_said_times(kit, "lead.moved", L), 0); /* its triage goes on */
    assert_string_equal(string_at(data_of(kit, "lead.severity-set", L), "urgency"), "urgent");
}

static void what_is_concluded_waits_for_the_office_with_its_facts(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk_unread(TRANSFERRING);
    done(reply(kit, "staff-governance-1", "'lead':'" L "','action':'sign'"));
    done(reply(kit, "staff-governance-1", "'lead':'" L "','action':'conclude','finding':'unverifiable'"));
    facts_come(kit);
    assert_int_equal(state_of(kit, L), LIFE_CONCLUDED);
    assert_string_equal(string_at(kit_view_json(kit, "office/inbox/" L "-verify"), "title"), "【正在转账】正在转账");
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "urgency"), "money-moving");
}

/* What nobody could read nobody can have closed. */
static void what_was_closed_unread_is_open_again(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk_unread(TRANSFERRING);
    done(reply(kit, "staff-governance-1", "'lead':'" L "','action':'sign'"));
    done(reply(kit, "staff-governance-1", "'lead':'" L "','action':'conclude','finding':'unverifiable'"));
    done(order(kit, "office-2", "'lead':'" L "','action':'verify','pass':true"));
    assert_int_equal(everywhere(kit, L), 0);
    facts_come(kit);
    assert_string_equal(holder(kit, L), "police");
    assert_int_equal(state_of(kit, L), LIFE_DISPATCHED);
    assert_string_equal(string_at(data_of(kit, "lead.reopened", L), "why"), "supplement");
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "urgency"), "money-moving");
    assert_int_equal(json_integer_value(json_object_get(data_of(kit, "lead.moved", L), "round")), 2);
}

static void what_the_office_has_sealed_is_told_and_stays_sealed(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk_unread(TRANSFERRING);
    done(order(kit, "office-2", "'lead':'" L "','action':'against','unit':'market'"));
    facts_come(kit);
    assert_int_equal(everywhere(kit, L), 0);
    assert_string_equal(string_at(kit_view_json(kit, "sealed/" L), "text"), "老人正在银行柜台给骗子转账");
    assert_string_equal(string_at(data_of(kit, "lead.severity-set", L), "urgency"), "money-moving");
}

static void a_complaint_is_told_with_its_sealing(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk_unread("{'urgency':'money-moving','sealed':true,'against':{'unit':'governance'}}");
    done(order(kit, "office-2", "'lead':'" L "','action':'assign','unit':'governance'"));
    facts_come(kit);
    assert_int_equal(everywhere(kit, L), 0);
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "why"), "against");
    assert_string_equal(string_at(data_of(kit, "lead.moved", L), "urgency"), "money-moving");
}

static void what_cannot_be_read_again_stays_a_placeholder(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk_unread(TRANSFERRING);
    size_t said = kit_said_count(kit);
    moody = true;
    ask_as(kit, "operate-router", "operator-1", "'action':'parked-retry','n':1");
    moody = false;
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM parked"), 1);
    assert_string_equal(holder(kit, L), "governance");
    assert_int_equal(kit_said_count(kit), said);
}

static void a_supplement_tells_that_money_is_moving(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    bring_to(kit, L, LIFE_SIGNED);
    send_event(kit, "lead.supplemented", L, "hotline", json_quoted("{'urgency':'money-moving','urgency_claimed':false}"));
    assert_string_equal(string_at(data_of(kit, "lead.severity-set", L), "urgency"), "money-moving");
    size_t said = kit_said_count(kit);
    send_event(kit, "lead.supplemented", L, "hotline", json_quoted("{'urgency':'urgent','urgency_claimed':false}"));
    assert_int_equal(kit_said_count(kit), said); /* never less */
}

/* Before the round begins: its clocks are started once, on the right ladder. */
static void a_supplement_that_reopens_tells_it_first(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    bring_to(kit, L, LIFE_CLOSED);
    send_event(kit, "lead.supplemented", L, "hotline", json_quoted("{'urgency':'money-moving','urgency_claimed':false}"));
    size_t count = kit_said_count(kit);
    assert_string_equal(string_at(kit_said(kit, count - 1), "type"), "lead.reopened");
    assert_string_equal(string_at(kit_said(kit, count - 2), "type"), "lead.severity-set");
    assert_string_equal(string_at(data_of(kit, "lead.severity-set", L), "urgency"), "money-moving");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_unit_is_told_with_the_move),
        cmocka_unit_test(whoever_has_been_given_it_keeps_it_and_the_clocks_are_told),
        cmocka_unit_test(the_unit_that_has_it_is_confirmed),
        cmocka_unit_test(what_no_rule_matches_stays_with_the_office_to_sort),
        cmocka_unit_test(what_is_concluded_waits_for_the_office_with_its_facts),
        cmocka_unit_test(what_was_closed_unread_is_open_again),
        cmocka_unit_test(what_the_office_has_sealed_is_told_and_stays_sealed),
        cmocka_unit_test(a_complaint_is_told_with_its_sealing),
        cmocka_unit_test(what_cannot_be_read_again_stays_a_placeholder),
        cmocka_unit_test(a_supplement_tells_that_money_is_moving),
        cmocka_unit_test(a_supplement_that_reopens_tells_it_first),
    };
    return cmocka_run_group_tests_name("router late", tests, NULL, NULL);
}
