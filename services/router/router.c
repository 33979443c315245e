/* router.c - the life of every lead: gives it to exactly one unit at once, and follows it until somebody other than the handler has
 * confirmed the outcome.
 * hears    streams intake (lead.received, lead.supplemented, lead.linked) and deadline (clock.breached of sign)
 *          requests lead-reply, lead-order, query-lead, query-leads (query-history, query-search, query-stats: unavailable)
 * says     lead.dispatched lead.signed lead.moved lead.progressed lead.severity-set lead.concluded lead.verified lead.reopened
 *          lead.closed
 * shows    cards of units, groups, channels and sealed leads; the office's inbox verify, unmatched, parked; ticker feed/leads
 * owns     lead, act, link (schema.sql beside this file)
 * promise  each open lead has one accountable unit at every instant: `unit` is one column of one row, and a move changes it, hides the
 *          old card and shows the new one in one transaction. A lead whose facts cannot be read is placed with the catch-all. What is
 *          refused and what a card lists under `may` come from one table (life.c). The text of a lead is on no stream. */
#include "yinling/service.h"
#include "yinling/suspect.h"

#include "asks.h"
#include "cards.h"
#include "gen/router_queries.h"
#include "lead.h"
#include "lists.h"
#include "rules.h"
#include "settle.h"

static event_handler on_received, on_supplemented, on_linked, on_breached;
static parked_handler on_received_parked;
static time_handler on_time;

static const struct event_route events[] = {
    { EVENT_LEAD_RECEIVED, on_received, on_received_parked },
    { EVENT_LEAD_SUPPLEMENTED, on_supplemented, NULL },
    { EVENT_LEAD_LINKED, on_linked, NULL },
    { EVENT_CLOCK_BREACHED, on_breached, NULL },
    EVENT_ROUTES_END,
};
static const struct request_route requests[] = {
    { REQUEST_LEAD_REPLY, asks_on_reply, ORDERS },     { REQUEST_LEAD_ORDER, asks_on_order, ORDERS },
    { REQUEST_QUERY_LEAD, lists_on_query_lead, ASKS }, { REQUEST_QUERY_LEADS, lists_on_query_leads, ASKS },
    { REQUEST_QUERY_HISTORY, on_not_yet, ASKS },       { REQUEST_QUERY_SEARCH, on_not_yet, ASKS },
    { REQUEST_QUERY_STATS, on_not_yet, ASKS },         REQUEST_ROUTES_END,
};
static const struct service router = {
    .name = SERVICE_ROUTER,
    .schema = ROUTER_SCHEMA,
    .queries = ROUTER_QUERIES,
    .query_count = ROUTER_QUERY_COUNT,
    .events = events,
    .requests = requests,
    .on_time = on_time,
    .prepare = rules_compile,
    .unprepare = rules_free,
};
int main(int argc, char **argv)
{
    return service_main(&router, argc, argv);
}

#define TEXT_MAX 4000      /* characters: what is submitted has at most 2,000, masking may lengthen it */
#define TITLE_MAX 80       /* characters */
#define WORD_MAX 40        /* characters of any word of the contract */
#define REF_MAX 200        /* characters: a channel's own number, an amount in words */
#define FACT_MAX 400       /* characters of a field of the subject */
#define YUAN_MAX INT64_MAX /* intake has the limits; here only the type matters */

/* What an event of intake tells about a lead. */
struct told {
    struct lead_facts facts; /* what the rules look at */
    int urgency;             /* enum urgency, -1: not told */
    bool claimed, named, sealed;
    struct text sender, against; /* against: as the sender says */
};

/* Reads every field, so that one of a wrong type is found; the strict reading of words was intake's. */
static void read_told(struct reader *in, struct told *told)
{
    *told = (struct told){ .facts = LEAD_FACTS_NONE };
    struct lead_facts *facts = &told->facts;
    facts->text = want_text(in, "text", TEXT_MAX);
    facts->category = want_text(in, "category", WORD_MAX);
    facts->guise = want_text(in, "guise", WORD_MAX);
    facts->village = want_text(in, "village", WORD_MAX);
    facts->amount_text = want_text(in, "amount_text", REF_MAX);
    facts->amount_yuan = want_int(in, "amount_yuan", 0, YUAN_MAX, RULE_UNKNOWN);
    facts->victims = want_int(in, "victims", 0, YUAN_MAX, RULE_UNKNOWN);
    told->urgency = want_choice(in, "urgency", life_urgencies, -1);
    told->claimed = want_bool(in, "urgency_claimed", false);
    told->named = want_bool(in, "named", false);
    told->sealed = want_bool(in, "sealed", false);
    want_text(in, "suspect", FACT_MAX);
    told->sender = want_text(in, "sender", ACCOUNT_BYTES_MAX);
    struct reader *against = want_object(in, "against");
    if (against) {
        facts->against_unit = want_text(against, "unit", WORD_MAX);
        facts->against_village = want_text(against, "village", WORD_MAX);
        told->against = facts->against_unit.at ? facts->against_unit : facts->against_village;
    }
    struct reader *subject = want_object(in, "subject");
    static const char *const parts[] = { "name", "phone", "account", "url", "plate", "address" };
    for (size_t i = 0; subject && i < sizeof parts / sizeof *parts; i++)
        want_text(subject, parts[i], FACT_MAX);
    static const char *const texts[] = { "title", "occurred_on", "source_ref", "batch", "report_by" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        want_text(in, texts[i], REF_MAX);
}

/* Against whom is given: a complaint. Only suspected: the director decides. */
static enum seal seal_of(const struct told *told)
{
    return told->against.at ? SEAL_COMPLAINT : told->sealed ? SEAL_SUSPECT : SEAL_NONE;
}

/* A text that looks like a complaint names somebody: that unit or village must not see it either, while nobody has decided. */
static void find_suspected(struct tx *tx, struct told *told, struct text text)
{
    struct suspicion suspicion;
    if (seal_of(told) != SEAL_SUSPECT || !suspect_of(tx_arena(tx), tx_town(tx), text, told->facts.village, &suspicion))
        return;
    told->facts.against_unit = suspicion.unit;
    told->facts.against_village = suspicion.village;
}
static struct text against_of(const struct told *told)
{
    return told->facts.against_unit.at ? told->facts.against_unit : told->facts.against_village;
}

/* Copies what an event tells into the facts of a lead; a later telling wins, but never takes away. */
static void merge_facts(json_t *facts, const json_t *data)
{
    static const char *const kept[] = { "title",       "category",   "guise", "amount_yuan", "amount_text", "victims",
                                        "occurred_on", "source_ref", "batch", "report_by",   "suspect" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        json_t *value = json_object_get(data, kept[i]);
        if (value && !json_is_null(value))
            json_object_set(facts, kept[i], value);
    }
    json_t *subject = json_object_get(data, "subject"), *old = json_object_get(facts, "subject");
    if (!json_is_object(subject))
        return;
    if (old)
        json_object_update(old, subject);
    else
        json_object_set_new(facts, "subject", json_deep_copy(subject));
}

/* The ruling's unit, severity and so on become the lead's. */
static void obey(struct tx *tx, struct lead *lead, const struct ruling *ruling)
{
    lead->unit = ruling->unit;
    lead->severity = ruling->severity;
    lead->groups = ruling->groups;
    lead->assist = json_keep(tx_arena(tx), json_array());
    for (size_t i = 0; i < ruling->assist_count && i < ASSIST_MAX; i++)
        json_array_append_new(lead->assist, json_of_text(ruling->assist[i]));
    json_put_text(lead->facts, "category", ruling->category);
    json_put_text(lead->facts, "guise", ruling->guise);
    json_put_text(lead->facts, "rule", ruling->rule);
    json_put_text(lead->facts, "why", ruling->why);
    if (ruling->amount_yuan != RULE_UNKNOWN)
        json_object_set_new(lead->facts, "amount_yuan", json_integer((json_int_t) ruling->amount_yuan));
    if (ruling->victims != RULE_UNKNOWN)
        json_object_set_new(lead->facts, "victims", json_integer((json_int_t) ruling->victims));
}

static struct ruling rule(struct tx *tx, const struct lead_facts *facts)
{
    return rules_route(tx_prepared(tx), facts, tx_arena(tx), false);
}

static struct lead new_lead(struct tx *tx, struct text id)
{
    return (struct lead){ .id = id,
                          .status = LIFE_DISPATCHED,
                          .round = 1,
                          .assist = json_keep(tx_arena(tx), json_array()),
                          .facts = json_keep(tx_arena(tx), json_object()),
                          .rounds = json_keep(tx_arena(tx), json_array()),
                          .closed = NEVER,
                          .forget = NEVER };
}

/* What lead.received tells, put into a lead; its unit and status are the caller's. */
static void fill(struct lead *lead, const struct told *told, const json_t *data)
{
    lead->urgency = (enum urgency) told->urgency;
    lead->claimed = told->claimed;
    lead->named = told->named;
    lead->seal = seal_of(told);
    lead->against = against_of(told);
    lead->village = told->facts.village;
    lead->channel = told->facts.channel;
    lead->sender = told->sender;
    json_put_text(lead->facts, "text", told->facts.text);
    merge_facts(lead->facts, data);
}

static void say_weight(struct tx *tx, instant_ms now, const struct lead *was, const struct lead *lead)
{
    if (lead->severity != was->severity || lead->urgency != was->urgency)
        settle_weigh(tx, now, lead, NO_TEXT, was->severity);
}

/* Placed by its number alone, and still without what lead.received tells, whatever has been done with it since. */
static bool is_placeholder(const struct lead *lead)
{
    return !json_text_at(lead->facts, "text").at;
}

/* The facts of a placeholder, but for where it is. What the office has found and decided stays: a complaint that nobody declared, the
 * units that assist. */
static void fill_facts(struct tx *tx, struct lead *lead, const struct told *told, const struct ruling *ruling,
                       const json_t *data)
{
    const struct lead was = *lead;
    fill(lead, told, data);
    if (was.seal > lead->seal) {
        lead->seal = was.seal;
        lead->against = was.against;
    }
    obey(tx, lead, ruling);
    lead->unit = was.unit;
    if (!was.parked.at && was.status != LIFE_CLOSED)
        lead->assist = was.assist;
    lead->parked = NO_TEXT;
}

/* Where a placeholder goes now that its facts are known, and what is said of it; whatever else, its clocks hear the urgency. */
static void place_filled(struct tx *tx, instant_ms now, const struct lead *was, struct lead *lead, const struct ruling *ruling)
{
    bool stays_sealed = was->seal != SEAL_NONE && lead->seal == was->seal && text_is(lead->against, was->against);
    bool is_decided = !was->parked.at && was->status != LIFE_CLOSED; /* the office has given it to this unit */
    bool is_free =
        !is_decided && was->round == 1 && was->hop == 0 && (lead->status == LIFE_DISPATCHED || lead->status == LIFE_SIGNED);
    bool is_misplaced = text_is(lead->unit, lead->against) || (is_free && !text_is(lead->unit, ruling->unit));
    bool has_triage = was->parked.at && was->hop == 0 && was->round == 1;
    lead->unmatched = ruling->unmatched && is_free && lead->seal == SEAL_NONE;
    if (!stays_sealed && lead->seal != SEAL_NONE) {
        settle_seal(tx, now, lead, NO_TEXT, lead->seal, lead->against, ruling->unit);
        return;
    }
    if (is_misplaced && !stays_sealed) {
        settle_move(tx, now, lead, NO_TEXT, ruling->unit, "assign", json_copy(lead->assist));
        return;
    }
    json_t *assist =
        stays_sealed ? json_array() : lead_assist_without(lead, lead->unit); /* who leads does not assist as well */
    if (has_triage && !lead->unmatched && !stays_sealed) {
        settle_confirm(tx, now, lead, NO_TEXT, assist);
        return;
    }
    lead->assist = json_keep(tx_arena(tx), assist);
    if (was->status != LIFE_CLOSED) /* else it was said before it was opened again */
        say_weight(tx, now, was, lead);
}

/* The facts of a placeholder have come after all. Its life goes on where it stands; unless somebody has moved it, it goes where the
 * rules say. What nobody could read nobody can have closed. */
static void fill_placeholder(struct tx *tx, instant_ms now, struct lead *lead, const struct told *told, const json_t *data)
{
    struct lead was = *lead;
    struct ruling ruling = rule(tx, &told->facts);
    enum life to;
    fill_facts(tx, lead, told, &ruling, data);
    if (life_step(lead->status, "supplement", &to) && to != lead->status) {
        say_weight(tx, now, &was, lead);
        settle_reopen(tx, now, lead, NO_TEXT, "supplement");
    }
    place_filled(tx, now, &was, lead, &ruling);
    settle_change(tx, now, &was, lead, "filled");
    if (was.seal != lead->seal)
        settle_links(tx, now, lead);
}

static enum verdict on_received(struct tx *tx, instant_ms now, const struct event *e)
{
    struct told told;
    struct lead lead;
    read_told(e->in, &told);
    need_text(e->in, "title", TITLE_MAX);
    need_text(e->in, "text", TEXT_MAX);
    need_choice(e->in, "channel", life_channels);
    need_choice(e->in, "urgency", life_urgencies);
    told.facts.channel = want_text(e->in, "channel", WORD_MAX);
    if (!is_sound(e->in))
        return park_for(tx, e, complaint_of(e->in));
    if (!lead_is_id(e->subject))
        return park(tx, e, "线索编号不合规定");
    told.facts.urgency = text_of(choice_word(life_urgencies, told.urgency));
    find_suspected(tx, &told, told.facts.text);
    if (lead_get(tx, e->subject, &lead)) {
        if (is_placeholder(&lead))
            fill_placeholder(tx, now, &lead, &told, e->data);
        return DONE;
    }
    lead = new_lead(tx, e->subject);
    fill(&lead, &told, e->data);
    struct ruling ruling = rule(tx, &told.facts);
    obey(tx, &lead, &ruling);
    lead.unmatched = ruling.unmatched && lead.seal == SEAL_NONE;
    settle_open(tx, now, &lead);
    return DONE;
}

/* Nothing is known but the number, so nothing can be shown that anybody may not see. */
static void on_received_parked(struct tx *tx, instant_ms now, struct text subject, struct text reason)
{
    struct lead lead;
    if (!lead_is_id(subject) || lead_get(tx, subject, &lead))
        return;
    lead = new_lead(tx, subject);
    lead.unit = tx_town(tx)->catch_all;
    lead.severity = SEVERITY_MODERATE;
    lead.channel = TEXT("platform");
    lead.parked = reason.at ? text_cut(tx_arena(tx), reason, REF_MAX) : TEXT("原因不明");
    json_put_text(lead.facts, "title", TEXT("内容暂未读出"));
    json_put_text(lead.facts, "category", TEXT("other"));
    json_put_text(lead.facts, "rule", TEXT("catch-all"));
    settle_open(tx, now, &lead);
}

/* What the rules would look at now, with everything that has been told so far. */
static struct lead_facts facts_so_far(struct tx *tx, const struct lead *lead, struct text more)
{
    struct text text = json_text_at(lead->facts, "text");
    return (struct lead_facts){ .text = more.at
                                            ? arena_printf(tx_arena(tx), TEXT_FMT "\n" TEXT_FMT, TEXT_ARG(text), TEXT_ARG(more))
                                            : text,
                                .category = json_text_at(lead->facts, "category"),
                                .guise = json_text_at(lead->facts, "guise"),
                                .village = lead->village,
                                .channel = lead->channel,
                                .urgency = text_of(choice_word(life_urgencies, (int) lead->urgency)),
                                .amount_text = json_text_at(lead->facts, "amount_text"),
                                .amount_yuan = json_int_at(lead->facts, "amount_yuan", RULE_UNKNOWN),
                                .victims = json_int_at(lead->facts, "victims", RULE_UNKNOWN) };
}

static void keep_supplement(struct tx *tx, instant_ms now, struct lead *lead, struct text text)
{
    json_t *list = json_object_get(lead->facts, "supplements");
    if (!list) {
        json_object_set_new(lead->facts, "supplements", json_array());
        list = json_object_get(lead->facts, "supplements");
    }
    if (json_array_size(list) >= SUPPLEMENTS_MAX)
        json_array_remove(list, 0);
    json_array_append_new(
        list, json_pack("{s:o, s:o}", "at", json_of_text(instant_text(tx_arena(tx), now)), "text", json_of_text(text)));
}

static void take_urgency(struct lead *lead, const struct told *told)
{
    bool is_more = told->urgency > (int) lead->urgency;
    bool is_proven = told->urgency == (int) lead->urgency && lead->claimed && !told->claimed;
    if (!is_more && !is_proven)
        return;
    lead->urgency = (enum urgency) told->urgency;
    lead->claimed = told->claimed;
}

static enum verdict on_supplemented(struct tx *tx, instant_ms now, const struct event *e)
{
    struct told told;
    struct lead lead;
    enum life to;
    read_told(e->in, &told);
    if (!is_sound(e->in))
        return park_for(tx, e, complaint_of(e->in));
    if (!lead_get(tx, e->subject, &lead))
        return park(tx, e, "没有这条线索");
    struct lead was = lead;
    find_suspected(tx, &told, told.facts.text);
    merge_facts(lead.facts, e->data);
    take_urgency(&lead, &told);
    lead.named = lead.named || told.named;
    if (!lead.village.at)
        lead.village = told.facts.village;
    struct lead_facts facts = facts_so_far(tx, &lead, told.facts.text);
    facts.against_unit = told.facts.against_unit;
    facts.against_village = told.facts.against_village;
    struct ruling ruling = rule(tx, &facts);
    if (told.facts.text.at)
        keep_supplement(tx, now, &lead, told.facts.text);
    if (ruling.severity > lead.severity) /* graver, never lighter: that is the office's to decide */
        lead.severity = ruling.severity;
    say_weight(tx, now, &was, &lead);
    if (life_step(lead.status, "supplement", &to) && to != lead.status)
        settle_reopen(tx, now, &lead, NO_TEXT, "supplement");
    if (seal_of(&told) > lead.seal)
        settle_seal(tx, now, &lead, NO_TEXT, seal_of(&told), against_of(&told), ruling.unit);
    else if (!town_unit(tx_town(tx), lead.unit)) /* reopened, and its unit is no longer a member */
        settle_move(tx, now, &lead, NO_TEXT, ruling.unit, "assign", lead_assist_without(&lead, ruling.unit));
    settle_change(tx, now, &was, &lead, was.status == LIFE_CLOSED ? "reopened" : "supplemented");
    if (was.seal != lead.seal)
        settle_links(tx, now, &lead);
    return DONE;
}

static enum verdict on_linked(struct tx *tx, instant_ms now, const struct event *e)
{
    struct text with = need_text(e->in, "with", LEAD_ID_MAX), why = need_text(e->in, "why", WORD_MAX);
    struct lead pair[2];
    if (!is_sound(e->in))
        return park_for(tx, e, complaint_of(e->in));
    if (text_is(with, e->subject))
        return DONE;
    if (!lead_get(tx, e->subject, &pair[0]) || !lead_get(tx, with, &pair[1]))
        return park(tx, e, "没有这条线索");
    if (!tx_run(tx, Q_LINK, p_text("lead", pair[0].id), p_text("other", pair[1].id), p_text("why", why)))
        return DONE;
    tx_run(tx, Q_LINK, p_text("lead", pair[1].id), p_text("other", pair[0].id), p_text("why", why));
    if (pair[0].seal != SEAL_NONE || pair[1].seal != SEAL_NONE) /* kept, and shown should the seal be lifted */
        return DONE;
    for (int i = 0; i < 2; i++) {
        struct lead was = pair[i];
        if (pair[i].status != LIFE_CLOSED)
            settle_change(tx, now, &was, &pair[i], "linked");
    }
    return DONE;
}

/* Silence is acceptance: the unit is deemed to have signed, unless it has signed or lost the lead meanwhile. */
static enum verdict on_breached(struct tx *tx, instant_ms now, const struct event *e)
{
    struct text clock = need_text(e->in, "clock", WORD_MAX), unit = want_text(e->in, "unit", WORD_MAX);
    int64_t round = want_int(e->in, "round", 1, INT64_MAX, 1);
    instant_ms due = want_instant(e->in, "due", NEVER);
    struct lead lead;
    enum life to;
    if (!is_sound(e->in))
        return park_for(tx, e, complaint_of(e->in));
    if (!text_is_c(clock, "sign") || !lead_get(tx, e->subject, &lead))
        return DONE;
    if (lead.round != round || !text_is(lead.unit, unit) || !life_step(lead.status, "deemed", &to))
        return DONE;
    if (is_before(due, lead.dispatched)) /* the unit gave it away and has it anew: that clock was another */
        return DONE;
    struct lead was = lead;
    lead.status = to;
    lead_note(&lead, "signed_at", json_of_text(instant_text(tx_arena(tx), now)));
    lead_note(&lead, "deemed", json_true());
    settle_say(tx, now, &lead, EVENT_LEAD_SIGNED, NO_TEXT, json_pack("{s:b}", "deemed", 1));
    lead_act(tx, now, &lead, NO_TEXT, "sign", json_pack("{s:b}", "deemed", 1));
    settle_change(tx, now, &was, &lead, "signed");
    return DONE;
}

/* Channels' cards of leads closed long ago go. */
static instant_ms on_time(struct tx *tx, instant_ms now)
{
    if (is_held(tx))
        return later(now, SPAN_MIN(1));
    struct rows rows = tx_all(tx, Q_FORGETTABLE, p_instant("now", now));
    for (size_t i = 0; i < rows.count; i++) {
        struct lead lead;
        if (!lead_get(tx, row_text(&rows, i, "lead"), &lead))
            continue;
        struct lead was = lead;
        lead.forget = NEVER;
        settle_change(tx, now, &was, &lead, "forgotten");
    }
    return tx_instant(tx, Q_NEXT_TO_FORGET, NO_PARAMS);
}
