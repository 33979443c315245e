/* settle.c - makes a change of a lead true, whole (settle.h). */
#include "settle.h"
#include "services/runtime/mutant.h"

#include "cards.h"
#include "gen/router_queries.h"

static void show_all(struct tx *tx, const struct lead *was, const struct lead *lead)
{
    struct card_place old[CARD_PLACES_MAX], new[CARD_PLACES_MAX];
    size_t old_count = was ? cards_places(tx_arena(tx), was, old) : 0;
    size_t new_count = cards_places(tx_arena(tx), lead, new);
    for (size_t i = 0; i < old_count; i++) {
        bool stays = false;
        for (size_t k = 0; k < new_count && !stays; k++)
            stays = text_is(old[i].topic.path, new[k].topic.path);
        if (!stays && !MUTANT(old_card_stays))
            hide(tx, old[i].topic);
    }
    json_t *links = was ? lead_links(tx, lead) : json_array(); /* a new one has none */
    cards_write(tx_arena(tx), lead, links, new, new_count);
    for (size_t i = 0; i < new_count; i++)
        show_json(tx, new[i].topic, new[i].card);
    json_decref(links);
}

/* Said on the stream, and in a line without persons on the ticker. */
static void tell(struct tx *tx, instant_ms now, const struct lead *lead, enum event_type type, struct text by, struct text data)
{
    say_json(tx, now, type, lead->id, by, data);
    if (lead->seal != SEAL_NONE)
        return;
    const struct unit *unit = town_unit(tx_town(tx), lead->unit);
    announce(tx, topic_plain(TOPIC_FEED_LEADS),
             cards_line(tx_arena(tx), lead, event_specs[type].name, unit ? unit->name : lead->unit, now));
}

static void log_change(const struct lead *was, const struct lead *lead, const char *what)
{
    log_event(what, "lead=" TEXT_FMT " from=%s to=%s unit=" TEXT_FMT " round=%lld", TEXT_ARG(lead->id),
              was ? life_word(was->status) : "none", life_word(lead->status), TEXT_ARG(lead->unit), (long long) lead->round);
}

void settle_say(struct tx *tx, instant_ms now, const struct lead *lead, enum event_type type, struct text by, json_t *take_more)
{
    json_t *data = take_more ? take_more : json_object();
    json_put_text(data, "unit", lead->unit);
    json_object_set_new(data, "round", json_integer((json_int_t) lead->round));
    tell(tx, now, lead, type, by, json_text(tx_arena(tx), json_keep(tx_arena(tx), data)));
}

static void write_groups(struct writer *w, unsigned groups)
{
    write_array(w, "groups");
    for (int g = 0; g < GROUP_COUNT; g++)
        if (groups & 1u << g)
            write_c(w, NULL, group_codes[g]);
    write_end(w);
}

static void say_dispatched(struct tx *tx, instant_ms now, const struct lead *lead)
{
    static const char *const told[] = { "category", "guise", "rule", "report_by" };
    struct writer data = writer_begin(tx_arena(tx));
    write_json(&data, "assist", lead->assist);
    write_c(&data, "severity", choice_word(life_severities, (int) lead->severity));
    write_c(&data, "urgency", choice_word(life_urgencies, (int) lead->urgency));
    write_bool(&data, "unmatched", lead->unmatched || lead->parked.at);
    write_bool(&data, "sealed", lead->seal != SEAL_NONE);
    write_groups(&data, lead->groups);
    write_bool(&data, "named", lead->named);
    write_bool(&data, "urgency_claimed", lead->claimed);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        write_text(&data, told[i], json_text_at(lead->facts, told[i]));
    write_text(&data, "village", lead->village);
    write_text(&data, "channel", lead->channel);
    write_text(&data, "title", lead->seal == SEAL_NONE ? cards_title(tx_arena(tx), lead) : TEXT("密件线索"));
    write_text(&data, "unit", lead->unit);
    write_int(&data, "round", lead->round);
    tell(tx, now, lead, EVENT_LEAD_DISPATCHED, NO_TEXT, writer_end(&data));
}

void settle_open(struct tx *tx, instant_ms now, struct lead *lead)
{
    lead_hold(lead, tx_arena(tx), now, NULL);
    lead_open(tx, now, lead);
    say_dispatched(tx, now, lead);
    show_all(tx, NULL, lead);
    log_change(NULL, lead, "dispatched");
}

void settle_change(struct tx *tx, instant_ms now, const struct lead *was, struct lead *lead, const char *what)
{
    lead_change(tx, now, lead);
    show_all(tx, was, lead);
    log_change(was, lead, what);
}

static void say_moved(struct tx *tx, instant_ms now, const struct lead *lead, struct text by, struct text from, const char *why)
{
    struct writer data = writer_begin(tx_arena(tx));
    write_c(&data, "why", why);
    write_json(&data, "assist", lead->assist);
    write_c(&data, "severity", choice_word(life_severities, (int) lead->severity));
    write_int(&data, "round", lead->round);
    write_int(&data, "hop", lead->hop);
    write_bool(&data, "sealed", lead->seal != SEAL_NONE);
    if (!MUTANT(urgency_untold))
        write_c(&data, "urgency", choice_word(life_urgencies, (int) lead->urgency));
    write_text(&data, "from", from);
    write_text(&data, "to", lead->unit);
    tell(tx, now, lead, EVENT_LEAD_MOVED, by, writer_end(&data));
}

void settle_move(struct tx *tx, instant_ms now, struct lead *lead, struct text by, struct text to, const char *why,
                 json_t *take_assist)
{
    struct text from = lead->unit;
    lead->unit = to;
    lead->assist = json_keep(tx_arena(tx), take_assist);
    lead->status = LIFE_DISPATCHED;
    lead->finding = NO_TEXT;
    lead->unmatched = false;
    lead->hop++;
    lead_hold(lead, tx_arena(tx), now, why);
    say_moved(tx, now, lead, by, from, why);
}

void settle_confirm(struct tx *tx, instant_ms now, struct lead *lead, struct text by, json_t *take_assist)
{
    lead->assist = json_keep(tx_arena(tx), take_assist);
    say_moved(tx, now, lead, by, lead->unit, "assign");
}

void settle_reopen(struct tx *tx, instant_ms now, struct lead *lead, struct text by, const char *why)
{
    lead->status = LIFE_DISPATCHED;
    lead->round++;
    lead->hop = 0;
    lead->finding = NO_TEXT;
    lead->closed = NEVER;
    lead->forget = NEVER;
    lead_hold(lead, tx_arena(tx), now, why);
    settle_say(tx, now, lead, EVENT_LEAD_REOPENED, by, json_pack("{s:s}", "why", why));
}

void settle_weigh(struct tx *tx, instant_ms now, const struct lead *lead, struct text by, enum severity from)
{
    json_t *data = json_pack("{s:s, s:s}", "severity", choice_word(life_severities, (int) lead->severity), "from",
                             choice_word(life_severities, (int) from));
    if (!MUTANT(urgency_untold))
        json_object_set_new(data, "urgency", json_string(choice_word(life_urgencies, (int) lead->urgency)));
    settle_say(tx, now, lead, EVENT_LEAD_SEVERITY_SET, by, data);
}

void settle_seal(struct tx *tx, instant_ms now, struct lead *lead, struct text by, enum seal seal, struct text against,
                 struct text to)
{
    lead->seal = seal;
    lead->against = against;
    settle_move(tx, now, lead, by, to, "against", json_array());
}

void settle_links(struct tx *tx, instant_ms now, const struct lead *lead)
{
    struct rows rows = tx_all(tx, Q_LINKS, p_text("lead", lead->id));
    for (size_t i = 0; i < rows.count; i++) {
        struct lead other;
        if (!lead_get(tx, row_text(&rows, i, "other"), &other) || other.status == LIFE_CLOSED)
            continue;
        struct lead was = other;
        settle_change(tx, now, &was, &other, "relinked");
    }
}
