/* test_router_walk.c - the router, exhaustively: every action in every state, pages of lists, and a long random walk after whose every
 * step the topics must be what the ledger says. */
#include "router_desk.h"

/* Each action once for every outcome it may have, the account that may ask for it, and the step it is. */
static const struct try_row {
    const char *kind, *rest, *step; /* step NULL: not built yet */
} tries[] = {
    { "lead-reply", "'action':'sign'", "sign" },
    { "lead-reply", "'action':'progress','note':'正在核实'", "progress" },
    { "lead-reply", "'action':'conclude','finding':'hint'", "conclude" },
    { "lead-reply", "'action':'conclude','finding':'transfer','to_unit':'health'", "transfer" },
    { "lead-reply", "'action':'conclude','finding':'transfer','to_outside':'市局','doc_no':'1'", "outside" },
    { "lead-reply", "'action':'conclude','finding':'crime','doc_no':'2'", "outside" },
    { "lead-reply", "'action':'return','reason':'不归我们'", NULL },
    { "lead-reply", "'action':'ask-extension','days':3,'reason':'复杂'", NULL },
    { "lead-reply", "'action':'ask-pause','reason_code':'judicial','until':'2026-06-30'", NULL },
    { "lead-reply", "'action':'resume'", NULL },
    { "lead-reply", "'action':'ask-reporter','question':'何时'", NULL },
    { "lead-reply", "'action':'ask-village','village':'370481104200','question':'何处'", NULL },
    { "lead-order", "'action':'assign','unit':'health'", "assign" },
    { "lead-order", "'action':'verify','pass':true", "pass" },
    { "lead-order", "'action':'verify','pass':false,'redo_reason':'证据不足'", "redo" },
    { "lead-order", "'action':'set-severity','severity':'extreme','reason':'涉众'", "set-severity" },
    { "lead-order", "'action':'against','unit':'market','reason':'举报其人员'", "against" },
    { "lead-order", "'action':'rule-return','uphold':true", NULL },
    { "lead-order", "'action':'decide-extension','grant':true", NULL },
    { "lead-order", "'action':'decide-pause','grant':true", NULL },
    { "lead-order", "'action':'callback','reached':true", NULL },
    { "lead-order", "'action':'remind'", NULL },
    { "lead-order", "'action':'supervise','text':'快办'", NULL },
};
#define TRY_COUNT (sizeof tries / sizeof *tries)

static void every_action_in_every_state(void **state)
{
    (void) state;
    for (int at = LIFE_DISPATCHED; at < LIFE_COUNT; at++) {
        own(kit_free) struct kit *kit = desk();
        for (size_t i = 0; i < TRY_COUNT; i++) {
            const char *step = tries[i].step;
            char lead[20];
            snprintf(lead, sizeof lead, "2026-%06zu", i + 1);
            bring_to(kit, lead, (enum life) at);
            size_t said = kit_said_count(kit);
            const char *account = strcmp(tries[i].kind, "lead-reply") == 0 ? "staff-market-1" : "office-2";
            if (step && strcmp(step, "outside") == 0)
                step = at == LIFE_AWAITING ? "conclude" : "hand-over";
            enum life to = LIFE_NONE;
            const char *expected = !step ? "unavailable" : life_step((enum life) at, step, &to) ? "ok" : "not-now";
            const json_t *answer = ask_as(kit, tries[i].kind, account, "'lead':'%s',%s", lead, tries[i].rest);
            if (strcmp(outcome(answer), expected) != 0)
                fail_msg("%s in %s: %s, not %s", tries[i].rest, life_name((enum life) at), outcome(answer), expected);
            assert_int_equal(state_of(kit, lead), to == LIFE_NONE ? at : (int) to);
            if (to == LIFE_NONE)
                assert_int_equal(kit_said_count(kit), said);
        }
    }
}

static bool may_has(const json_t *may, const char *word)
{
    for (size_t i = 0; i < json_array_size(may); i++)
        if (strcmp(json_string_value(json_array_get(may, i)), word) == 0)
            return true;
    return false;
}

static void may_on_the_card_is_what_is_accepted(void **state)
{
    (void) state;
    static const char *const words[][2] = { { "sign", "" }, { "progress", "" }, { "conclude", ",'finding':'civil'" } };
    for (int at = LIFE_DISPATCHED; at < LIFE_COUNT; at++)
        for (size_t i = 0; at != LIFE_CLOSED && i < sizeof words / sizeof *words; i++) {
            own(kit_free) struct kit *kit = desk();
            bring_to(kit, "2026-000001", (enum life) at);
            bool listed = may_has(json_object_get(kit_view_json(kit, "unit/market/lead/2026-000001"), "may"), words[i][0]);
            const json_t *answer =
                reply(kit, "staff-market-1", "'lead':'2026-000001','action':'%s'%s", words[i][0], words[i][1]);
            assert_string_equal(outcome(answer), listed ? "ok" : "not-now");
        }
}

/* All pages of a list; every lead once, in order of (updated, lead). Returns how many. */
static size_t walk_pages(struct kit *kit, const char *account, const char *filter, int limit)
{
    char after[100] = "", last[120] = "";
    size_t total = 0;
    for (int page = 0; page < 100; page++) {
        const json_t *answer = ask_as(kit, "query-leads", account, "'limit':%d%s%s%s%s", limit, filter,
                                      *after ? ",'after':'" : "", after, *after ? "'" : "");
        assert_string_equal(outcome(answer), "ok");
        const json_t *leads = json_object_get(answer, "leads");
        assert_true(json_array_size(leads) <= (size_t) limit);
        for (size_t i = 0; i < json_array_size(leads); i++) {
            char here[120];
            const json_t *line = json_array_get(leads, i);
            snprintf(here, sizeof here, "%s %s", string_at(line, "updated_at"), string_at(line, "lead"));
            assert_true(strcmp(here, last) > 0);
            memcpy(last, here, sizeof last);
            total++;
        }
        if (!*string_at(answer, "next"))
            return total;
        snprintf(after, sizeof after, "%s", string_at(answer, "next"));
    }
    fail_msg("the list of %s never ends", account);
    return 0;
}

static void lists_come_in_pages(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    for (int i = 1; i <= 57; i++) {
        const char *more = i % 3 == 0    ? "{'category':'medical','village':'370481104201'}"
                           : i % 19 == 0 ? "{'sealed':true,'against':{'unit':'police'}}"
                                         : NULL;
        receive(kit, path("2026-%06d", i), more); /* 19 health, 2 sealed, 36 market */
        if (i % 10 == 0)
            kit_later(kit, SPAN_MIN(1));
    }
    size_t market = (size_t) kit_sql_int(kit, "SELECT count(*) FROM lead WHERE unit = 'market' AND sealed = 0");
    size_t open = (size_t) kit_sql_int(kit, "SELECT count(*) FROM lead WHERE sealed = 0");
    assert_int_equal(open, 55);
    static const int limits[] = { 1, 7, 18, 100 };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_int_equal(walk_pages(kit, "office-2", "", limits[i]), open);
        assert_int_equal(walk_pages(kit, "office-1", "", limits[i]), 57);
        assert_int_equal(walk_pages(kit, "staff-market-3", "", limits[i]), market);
        assert_int_equal(walk_pages(kit, "office-2", ",'unit':'market'", limits[i]), market);
        assert_int_equal(walk_pages(kit, "office-2", ",'village':'370481104201'", limits[i]), 19);
        assert_int_equal(walk_pages(kit, "office-2", ",'village':'370481104201','unit':'market'", limits[i]), 0);
    }
    assert_string_equal(outcome(reply(kit, "staff-market-1", "'lead':'2026-000001','action':'sign'")), "ok");
    assert_int_equal(walk_pages(kit, "office-2", ",'status':'signed'", 5), 1);
    assert_int_equal(walk_pages(kit, "office-2", ",'status':'dispatched'", 5), open - 1);
    assert_int_equal(walk_pages(kit, "office-2", ",'from':'2026-05-26T09:05:00+08:00'", 5), 8);
    assert_int_equal(walk_pages(kit, "office-2", ",'to':'2026-05-26T09:01:00+08:00'", 5), 9);
}

/* A small generator of our own, so that the walk is the same everywhere. */
static uint64_t dice = 20260526;
static unsigned roll(unsigned sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (unsigned) (dice % sides);
}

#define WALK_LEADS 30
#define WALK_STEPS 1500

static void check_hygiene(struct kit *kit, const char *lead)
{
    if (!kit_sql_int(kit, path("SELECT count(*) FROM lead WHERE lead = '%s'", lead)))
        return;
    bool is_open = state_of(kit, lead) != LIFE_CLOSED;
    bool is_sealed = kit_sql_int(kit, path("SELECT sealed FROM lead WHERE lead = '%s'", lead)) > 0;
    char unit[40];
    snprintf(unit, sizeof unit, "%s", kit_sql_text(kit, path("SELECT unit FROM lead WHERE lead = '%s'", lead)));
    assert_string_equal(holder(kit, lead), is_open && !is_sealed ? unit : "");
    assert_int_equal(kit_view_count(kit, path("sealed/%s", lead)), is_open && is_sealed);
    if (!is_open || is_sealed)
        assert_int_equal(everywhere(kit, lead), 0);
    else
        assert_int_equal(kit_view_count(kit, path("unit/+/lead/%s", lead)),
                         1 + kit_sql_int(kit, path("SELECT json_array_length(assist) FROM lead WHERE lead = '%s'", lead)));
    assert_int_equal(kit_view_count(kit, path("office/inbox/%s-verify", lead)),
                     is_open && !is_sealed && state_of(kit, lead) == LIFE_CONCLUDED);
}

static void random_step(struct kit *kit, const char *lead)
{
    static const char *const units[] = { "market", "health", "police", "governance", "finance" };
    static const char *const accounts[] = { "office-1",       "office-2",       "discipline-1",       "staff-market-1",
                                            "staff-health-1", "staff-police-2", "staff-governance-1", "staff-finance-1" };
    const char *unit = units[roll(5)];
    if (roll(12) == 0) {
        send_event(kit, "lead.supplemented", lead, "hotline",
                   json_quoted(roll(20) ? "{'text':'又来了'}" : "{'text':'有干部参与','sealed':true,'suspect':'疑似'}"));
    } else if (roll(12) == 0) {
        send_event(kit, "clock.breached", lead, NULL,
                   json_quoted(path("{'clock':'sign','round':%u,'occurrence':1,'unit':'%s'}", 1 + roll(3), unit)));
    } else if (roll(16) == 0) {
        send_event(kit, "lead.linked", lead, NULL,
                   json_quoted(path("{'with':'2026-%06u','why':'phone'}", 1 + roll(WALK_LEADS))));
    } else if (roll(8) == 0) {
        order(kit, accounts[roll(2)], "'lead':'%s','action':'assign','unit':'%s'%s", lead, unit,
              roll(2) ? ",'assist':['justice']" : "");
    } else if (roll(150) == 0) {
        order(kit, "office-1", "'lead':'%s','action':'against','unit':'%s'", lead, unit);
    } else {
        const struct try_row *try = &tries[roll(TRY_COUNT - 7)];
        enum life to;
        for (int i = 0; i < 5 && roll(8) && try->step && !life_step(state_of(kit, lead), try->step, &to); i++)
            try = &tries[roll(TRY_COUNT - 7)];
        const char *holds = holder(kit, lead);
        const char *fit = strcmp(try->kind, "lead-order") == 0 ? "office-1"
                          : *holds                             ? path("staff-%s-1", holds)
                                                               : "discipline-1";
        const char *account = roll(4) ? fit : accounts[roll(8)];
        ask_as(kit, try->kind, account, "'lead':'%s',%s", lead, try->rest);
    }
}

static void a_walk_leaves_no_ghost_and_no_gap(void **state)
{
    (void) state;
    own(kit_free) struct kit *kit = desk();
    for (int i = 1; i <= WALK_LEADS; i++)
        receive(kit, path("2026-%06d", i), i % 4 == 0 ? "{'category':'fundraising'}" : NULL);
    for (int i = 0; i < WALK_STEPS; i++) {
        char lead[20];
        snprintf(lead, sizeof lead, "2026-%06u", 1 + roll(WALK_LEADS));
        random_step(kit, lead);
        check_hygiene(kit, lead);
        if (i % 50 == 0)
            kit_later(kit, SPAN_MIN(7));
        if (i % 400 == 399)
            kit_crash(kit);
    }
    size_t open = 0;
    for (int i = 1; i <= WALK_LEADS; i++) {
        char lead[20];
        snprintf(lead, sizeof lead, "2026-%06d", i);
        check_hygiene(kit, lead);
        open += *holder(kit, lead) != '\0';
    }
    assert_int_equal(open, kit_sql_int(kit, "SELECT count(*) FROM lead WHERE status <> 4 AND sealed = 0"));
    assert_int_equal(kit_sql_int(kit, "SELECT count(*) FROM lead"), WALK_LEADS);
    /* the walk has been everywhere, else it proves little */
    static const char *const met[] = { "lead.signed",   "lead.moved",    "lead.progressed", "lead.concluded",
                                       "lead.verified", "lead.reopened", "lead.closed",     "lead.severity-set" };
    for (size_t i = 0; i < sizeof met / sizeof *met; i++)
        if (kit_said_times(kit, met[i], NULL) < 3)
            fail_msg("the walk met %s only %zu times", met[i], kit_said_times(kit, met[i], NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_in_every_state),
        cmocka_unit_test(may_on_the_card_is_what_is_accepted),
        cmocka_unit_test(lists_come_in_pages),
        cmocka_unit_test(a_walk_leaves_no_ghost_and_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
