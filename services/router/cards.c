/* cards.c - what a lead looks like from outside (cards.h). */
#include "cards.h"

#include <assert.h>

#define TITLE_MAX 40          /* characters, CONTRACT: as of any title */
#define SMALL_TEXT_BYTES 1000 /* three times this, and all else at its longest, is under CARD_BYTES_MAX */
/* each cut of the text takes at least a tenth off; 2,000 characters fit after two */
#define CUTS_MAX (CARD_SUPPLEMENTS_MAX + CARD_ROUNDS_MAX + 8)

static void add(struct card_place *places, size_t *count, enum card kind, struct topic topic)
{
    assert(*count < CARD_PLACES_MAX);
    places[(*count)++] = (struct card_place){ kind, topic, NO_TEXT };
}

/* What of an open lead stands with units, groups and the office. */
static void add_open(struct arena *arena, const struct lead *lead, struct card_place *places, size_t *count)
{
    add(places, count, CARD_LEAD, topic_of(arena, TOPIC_UNIT_LEAD, lead->unit, lead->id));
    size_t i;
    json_t *code;
    json_array_foreach(lead->assist, i, code)
        add(places, count, CARD_ASSIST, topic_of(arena, TOPIC_UNIT_LEAD, text_of(json_string_value(code)), lead->id));
    for (int g = 0; g < GROUP_COUNT; g++)
        if (lead->groups & 1u << g)
            add(places, count, CARD_COPY, topic_of(arena, TOPIC_GROUP_LEAD, text_of(group_codes[g]), lead->id));
    if (lead->status == LIFE_CONCLUDED)
        add(places, count, CARD_VERIFY, topic_of(arena, TOPIC_OFFICE_INBOX_VERIFY, lead->id));
    if (lead->unmatched)
        add(places, count, CARD_UNMATCHED, topic_of(arena, TOPIC_OFFICE_INBOX_UNMATCHED, lead->id));
    if (lead->parked.at)
        add(places, count, CARD_PARKED, topic_of(arena, TOPIC_OFFICE_INBOX_PARKED, lead->id));
}

size_t cards_places(struct arena *arena, const struct lead *lead, struct card_place ret[CARD_PLACES_MAX])
{
    size_t count = 0;
    bool is_open = lead->status != LIFE_CLOSED;
    if (is_open && lead->seal == SEAL_NONE)
        add_open(arena, lead, ret, &count);
    if (is_open && lead->seal != SEAL_NONE)
        add(ret, &count, CARD_SEALED, topic_of(arena, TOPIC_SEALED, lead->id));
    if (lead->sender.at && (is_open || !is_never(lead->forget)))
        add(ret, &count, CARD_CHANNEL, topic_of(arena, TOPIC_CHANNEL_LEAD, lead->sender, lead->id));
    return count;
}

struct text cards_title(struct arena *arena, const struct lead *lead)
{
    struct text title = json_text_at(lead->facts, "title");
    if (lead->parked.at)
        return TEXT("内容暂未读出，请先由专项办处理");
    if (lead->urgency != URGENCY_MONEY_MOVING)
        return title;
    title = arena_printf(arena, "%s" TEXT_FMT, lead->claimed ? "【自称正在转账】" : "【正在转账】", TEXT_ARG(title));
    return text_cut(arena, title, TITLE_MAX);
}

int cards_rank(const struct lead *lead)
{
    int lane = lead->urgency == URGENCY_ROUTINE ? 3 : lead->urgency == URGENCY_URGENT ? 2 : lead->claimed ? 1 : 0;
    return lane * 10 + (SEVERITY_EXTREME - (int) lead->severity);
}

static void put_time(struct arena *arena, json_t *into, const char *field, instant_ms at)
{
    if (!is_never(at))
        json_object_set_new(into, field, json_of_text(instant_text(arena, at)));
}

/* Members of the facts that are shown as they came. Not the channel's own number: with it the reporter could be looked up there. */
static void copy_facts(json_t *into, const json_t *facts)
{
    static const char *const shown[] = { "category",    "guise", "subject",   "amount_yuan", "amount_text", "victims",
                                         "occurred_on", "batch", "report_by", "rule",        "why" };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        json_t *value = json_object_get(facts, shown[i]);
        if (value)
            json_object_set(into, shown[i], value);
    }
}

static json_t *newest(const json_t *list, size_t count_max)
{
    json_t *some = json_array();
    size_t count = json_array_size(list);
    for (size_t i = count > count_max ? count - count_max : 0; i < count; i++)
        json_array_append(some, json_array_get(list, i));
    return some;
}

static json_t *base(struct arena *arena, const struct lead *lead)
{
    json_t *card = json_object();
    json_put_text(card, "lead", lead->id);
    json_object_set_new(card, "status", json_string(life_word(lead->status)));
    if (lead->status == LIFE_AWAITING)
        json_object_set_new(card, "awaiting", json_string("receipt"));
    json_put_text(card, "unit", lead->unit);
    json_put_text(card, "title", cards_title(arena, lead));
    json_object_set_new(card, "severity", json_string(choice_word(life_severities, (int) lead->severity)));
    json_object_set_new(card, "urgency", json_string(choice_word(life_urgencies, (int) lead->urgency)));
    return card;
}

static json_t *card_of(struct arena *arena, const struct lead *lead, json_t *links, const char *role, json_t *take_may)
{
    json_t *card = base(arena, lead);
    json_object_set_new(card, "role", json_string(role));
    json_object_set_new(card, "urgency_claimed", json_boolean(lead->claimed));
    json_object_set_new(card, "rank", json_integer(cards_rank(lead)));
    json_put_text(card, "text", json_text_at(lead->facts, "text"));
    copy_facts(card, lead->facts);
    json_put_text(card, "village", lead->village);
    json_put_text(card, "channel", lead->channel);
    json_object_set_new(card, "named", json_boolean(lead->named));
    json_object_set(card, "assist", lead->assist);
    put_time(arena, card, "dispatched_at", lead->dispatched);
    json_object_set_new(card, "may", take_may);
    json_object_set(card, "linked", links);
    json_object_set_new(card, "round", json_integer((json_int_t) lead->round));
    json_object_set_new(card, "revision", json_integer((json_int_t) lead->revision));
    return card;
}

/* A card that cannot be too large, however its words are escaped and whatever its subject says: most of them; not weighed. */
static bool is_surely_small(const json_t *card)
{
    return json_text_at(card, "text").len <= SMALL_TEXT_BYTES && json_array_size(json_object_get(card, "rounds")) <= 1 &&
           json_array_size(json_object_get(card, "supplements")) == 0;
}

static void cut_text(struct arena *arena, json_t *card, size_t over)
{
    struct text text = json_text_at(card, "text");
    size_t graphemes = text_graphemes(text), less = graphemes * 9 / 10;
    size_t keep = over >= text.len ? 1 : graphemes * (text.len - over) / text.len;
    keep = keep < less ? keep : less;
    json_object_set_new(card, "text", json_of_text(text_cut(arena, text, keep ? keep : 1)));
}

/* Takes off what a reader misses least until the whole is a payload of the contract: old supplements, old rounds, the text's end. */
static json_t *fitted(struct arena *arena, json_t *card)
{
    if (is_surely_small(card))
        return card;
    json_t *supplements = json_object_get(card, "supplements"), *rounds = json_object_get(card, "rounds");
    size_t bytes;
    for (int cuts = 0; cuts < CUTS_MAX && (bytes = json_dumpb(card, NULL, 0, JSON_COMPACT)) > CARD_BYTES_MAX; cuts++) {
        if (json_array_size(supplements))
            json_array_remove(supplements, 0);
        else if (json_array_size(rounds) > 1)
            json_array_remove(rounds, 0);
        else
            cut_text(arena, card, bytes - CARD_BYTES_MAX);
    }
    return card;
}

static json_t *shown(struct arena *arena, const struct lead *lead, json_t *links, const char *role, json_t *take_may)
{
    json_t *card = card_of(arena, lead, links, role, take_may);
    const json_t *supplements = json_object_get(lead->facts, "supplements");
    json_object_set_new(card, "rounds", newest(lead->rounds, CARD_ROUNDS_MAX));
    if (supplements)
        json_object_set_new(card, "supplements", newest(supplements, CARD_SUPPLEMENTS_MAX));
    return fitted(arena, card);
}

static json_t *sealed_card(struct arena *arena, const struct lead *lead, json_t *links)
{
    json_t *card;
    if (lead->withheld) {
        card = base(arena, lead);
        json_object_set_new(card, "title", json_string("涉及专项办负责人所在单位，内容只随签收、进展的答复给镇纪委"));
        json_object_del(card, "unit");
        json_object_set_new(card, "may", life_may(lead->status, SIDE_HOLDER));
        json_object_set_new(card, "revision", json_integer((json_int_t) lead->revision));
    } else {
        card = shown(arena, lead, links, "sealed", life_may(lead->status, SIDE_HOLDER));
        json_object_set_new(card, "office_may", life_may(lead->status, SIDE_OFFICE));
        json_put_text(card, "against", lead->against);
        json_put_text(card, "suspect", json_text_at(lead->facts, "suspect"));
    }
    json_object_set_new(card, "undecided", json_boolean(lead->seal == SEAL_SUSPECT));
    return card;
}

static json_t *channel_card(struct arena *arena, const struct lead *lead)
{
    json_t *card = json_object();
    json_put_text(card, "lead", lead->id);
    json_put_text(card, "source_ref", json_text_at(lead->facts, "source_ref"));
    json_object_set_new(card, "status", json_string(life_word(lead->status)));
    put_time(arena, card, "updated_at", lead->updated);
    if (lead->status == LIFE_CLOSED && lead->seal == SEAL_NONE)
        json_put_text(card, "answer_public", json_text_at(lead->facts, "answer_public"));
    return card;
}

static json_t *inbox(struct arena *arena, const struct lead *lead, const char *what, struct text sentence)
{
    json_t *item = base(arena, lead);
    json_object_set_new(item, "what", json_string(what));
    json_put_text(item, "sentence", sentence);
    json_put_text(item, "finding", lead->finding);
    json_put_text(item, "village", lead->village);
    json_object_set_new(item, "round", json_integer((json_int_t) lead->round));
    json_object_set_new(item, "revision", json_integer((json_int_t) lead->revision));
    json_object_set_new(item, "may", life_may(lead->status, SIDE_OFFICE));
    put_time(arena, item, "since", lead->updated);
    return item;
}

static json_t *card_for(struct arena *arena, enum card kind, const struct lead *lead, json_t *links)
{
    switch (kind) {
    case CARD_LEAD:
        return shown(arena, lead, links, "lead", life_may(lead->status, SIDE_HOLDER));
    case CARD_SEALED:
        return sealed_card(arena, lead, links);
    case CARD_CHANNEL:
        return channel_card(arena, lead);
    case CARD_VERIFY:
        return inbox(arena, lead, "verify", TEXT("承办单位已办结，请核查：通过则结案销号，不通过则退回重办。"));
    case CARD_UNMATCHED:
        return inbox(arena, lead, "unmatched", TEXT("没有规则对应这条线索，暂由兜底单位负责，请指定承办单位。"));
    case CARD_PARKED:
        return inbox(arena, lead, "parked",
                     arena_printf(arena, "线索内容没有读出（" TEXT_FMT "），暂由兜底单位负责。", TEXT_ARG(lead->parked)));
    case CARD_ASSIST: /* turned over from the unit's */
    case CARD_COPY:
        break;
    }
    assert(false);
    return NULL;
}

/* The accountable unit's card for one who only reads it: another role, and nothing he may do. */
static json_t *turned_over(json_t *card, enum card kind)
{
    json_object_set_new(card, "role", json_string(kind == CARD_ASSIST ? "assist" : "copy"));
    json_object_set_new(card, "may", json_array());
    return card;
}

/* The accountable unit's place is before those who read along, and all assisting units have the same card, and all groups. */
void cards_write(struct arena *arena, const struct lead *lead, json_t *links, struct card_place *places, size_t count)
{
    json_t *card = NULL;
    for (size_t i = 0; i < count; i++) {
        enum card kind = places[i].kind;
        bool reads_along = kind == CARD_ASSIST || kind == CARD_COPY;
        if (reads_along && places[i - 1].kind == kind) {
            places[i].card = places[i - 1].card;
            continue;
        }
        card = reads_along ? turned_over(card, kind) : json_keep(arena, card_for(arena, kind, lead, links));
        places[i].card = json_text(arena, card);
    }
}

json_t *cards_full(struct arena *arena, const struct lead *lead, json_t *links, enum side viewer)
{
    json_t *card = card_of(arena, lead, links, "full", life_may(lead->status, viewer));
    json_object_set(card, "rounds", lead->rounds);
    json_t *supplements = json_object_get(lead->facts, "supplements");
    if (supplements)
        json_object_set(card, "supplements", supplements);
    json_put_text(card, "finding", lead->finding);
    json_put_text(card, "against", lead->against);
    json_object_set_new(card, "sealed", json_boolean(lead->seal != SEAL_NONE));
    json_put_text(card, "answer_public", json_text_at(lead->facts, "answer_public"));
    put_time(arena, card, "updated_at", lead->updated);
    put_time(arena, card, "closed_at", lead->closed);
    return card;
}

json_t *cards_line(struct arena *arena, const struct lead *lead, const char *type, struct text unit_name, instant_ms now)
{
    json_t *line = json_object();
    put_time(arena, line, "at", now);
    json_object_set_new(line, "type", json_string(type));
    json_put_text(line, "unit", lead->unit);
    json_put_text(line, "village", lead->village);
    json_object_set_new(line, "severity", json_string(choice_word(life_severities, (int) lead->severity)));
    json_put_text(line, "sentence",
                  arena_printf(arena, "线索" TEXT_FMT "：" TEXT_FMT "，%s", TEXT_ARG(lead->id), TEXT_ARG(unit_name),
                               life_name(lead->status)));
    return line;
}
