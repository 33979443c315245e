/* cards.c - what a lead looks like from outside (cards.h). */
#include "cards.h"
#include "services/runtime/mutant.h"

#include <assert.h>

#define TITLE_MAX 40 /* characters, CONTRACT: as of any title */
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
    if (is_open && (lead->seal == SEAL_NONE || MUTANT(complaint_shown)))
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

/* What of a lead fits on a card: its text, and how many of the newest supplements and rounds. */
struct cut {
    struct text text;
    size_t supplements, rounds;
};
/* All of a card but what depends on who reads it, `role` and `may`, which stand between: members, written once for all readers. */
struct pieces {
    struct text before_role, before_may, after_may;
};

/* Members of the facts that are shown as they came. Not the channel's own number: with it the reporter could be looked up there. */
static void write_facts(struct writer *w, const json_t *facts)
{
    static const char *const shown[] = { "category",    "guise", "subject",   "amount_yuan", "amount_text", "victims",
                                         "occurred_on", "batch", "report_by", "rule",        "why" };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        write_json(w, shown[i], json_object_get(facts, shown[i]));
}

static void write_newest(struct writer *w, const char *field, const json_t *list, size_t count_max)
{
    size_t count = json_array_size(list);
    write_array(w, field);
    for (size_t i = count > count_max ? count - count_max : 0; i < count; i++)
        write_json(w, NULL, json_array_get(list, i));
    write_end(w);
}

static void write_base(struct writer *w, const struct lead *lead, struct text unit, struct text title)
{
    write_text(w, "lead", lead->id);
    write_c(w, "status", life_word(lead->status));
    if (lead->status == LIFE_AWAITING)
        write_c(w, "awaiting", "receipt");
    write_text(w, "unit", unit);
    write_text(w, "title", title);
    write_c(w, "severity", choice_word(life_severities, (int) lead->severity));
    write_c(w, "urgency", choice_word(life_urgencies, (int) lead->urgency));
}

static struct text piece_before_role(struct arena *arena, const struct lead *lead)
{
    struct writer w = writer_begin(arena);
    write_base(&w, lead, lead->unit, cards_title(arena, lead));
    return writer_end(&w);
}

static struct text piece_before_may(struct arena *arena, const struct lead *lead, struct text text)
{
    struct writer w = writer_begin(arena);
    write_bool(&w, "urgency_claimed", lead->claimed);
    write_int(&w, "rank", cards_rank(lead));
    write_text(&w, "text", text);
    write_facts(&w, lead->facts);
    write_text(&w, "village", lead->village);
    write_text(&w, "channel", lead->channel);
    write_bool(&w, "named", lead->named);
    write_json(&w, "assist", lead->assist);
    write_instant(&w, "dispatched_at", lead->dispatched);
    return writer_end(&w);
}

static struct text piece_after_may(struct arena *arena, const struct lead *lead, const json_t *links, const struct cut *cut)
{
    const json_t *supplements = json_object_get(lead->facts, "supplements");
    struct writer w = writer_begin(arena);
    write_json(&w, "linked", links);
    write_int(&w, "round", lead->round);
    write_int(&w, "revision", lead->revision);
    write_newest(&w, "rounds", lead->rounds, cut->rounds);
    if (supplements)
        write_newest(&w, "supplements", supplements, cut->supplements);
    return writer_end(&w);
}

static struct pieces pieces_of(struct arena *arena, const struct lead *lead, const json_t *links, const struct cut *cut)
{
    return (struct pieces){ piece_before_role(arena, lead), piece_before_may(arena, lead, cut->text),
                            piece_after_may(arena, lead, links, cut) };
}

static void write_card(struct writer *w, const struct pieces *pieces, const char *role, const json_t *may)
{
    write_members(w, pieces->before_role);
    write_c(w, "role", role);
    write_members(w, pieces->before_may);
    write_json(w, "may", may);
    write_members(w, pieces->after_may);
}

static void write_withheld(struct writer *w, const struct lead *lead, const json_t *may)
{
    write_base(w, lead, NO_TEXT, TEXT("涉及专项办负责人所在单位，内容只随签收、进展的答复给镇纪委"));
    write_json(w, "may", may);
    write_int(w, "revision", lead->revision);
}

static void write_sealed(struct writer *w, const struct lead *lead, const struct pieces *pieces)
{
    const json_t *may = json_keep(w->arena, life_may(lead->status, SIDE_HOLDER));
    if (lead->withheld) {
        write_withheld(w, lead, may);
    } else {
        write_card(w, pieces, "sealed", may);
        write_json(w, "office_may", json_keep(w->arena, life_may(lead->status, SIDE_OFFICE)));
        write_text(w, "against", lead->against);
        write_text(w, "suspect", json_text_at(lead->facts, "suspect"));
    }
    write_bool(w, "undecided", lead->seal == SEAL_SUSPECT);
}

static void write_channel(struct writer *w, const struct lead *lead)
{
    write_text(w, "lead", lead->id);
    write_text(w, "source_ref", json_text_at(lead->facts, "source_ref"));
    write_c(w, "status", life_word(lead->status));
    write_instant(w, "updated_at", lead->updated);
    if (lead->status == LIFE_CLOSED && lead->seal == SEAL_NONE)
        write_text(w, "answer_public", json_text_at(lead->facts, "answer_public"));
}

static void write_inbox(struct writer *w, const struct lead *lead, const char *what, struct text sentence)
{
    write_base(w, lead, lead->unit, cards_title(w->arena, lead));
    write_c(w, "what", what);
    write_text(w, "sentence", sentence);
    write_text(w, "finding", lead->finding);
    write_text(w, "village", lead->village);
    write_int(w, "round", lead->round);
    write_int(w, "revision", lead->revision);
    write_json(w, "may", json_keep(w->arena, life_may(lead->status, SIDE_OFFICE)));
    write_instant(w, "since", lead->updated);
}

static struct text card_of(struct arena *arena, enum card kind, const struct lead *lead, const struct pieces *pieces)
{
    struct writer w = writer_begin(arena);
    switch (kind) {
    case CARD_LEAD:
        write_card(&w, pieces, "lead", json_keep(arena, life_may(lead->status, SIDE_HOLDER)));
        break;
    case CARD_ASSIST:
        write_card(&w, pieces, "assist", json_keep(arena, json_array()));
        break;
    case CARD_COPY:
        write_card(&w, pieces, "copy", json_keep(arena, json_array()));
        break;
    case CARD_SEALED:
        write_sealed(&w, lead, pieces);
        break;
    case CARD_CHANNEL:
        write_channel(&w, lead);
        break;
    case CARD_VERIFY:
        write_inbox(&w, lead, "verify", TEXT("承办单位已办结，请核查：通过则结案销号，不通过则退回重办。"));
        break;
    case CARD_UNMATCHED:
        write_inbox(&w, lead, "unmatched", TEXT("没有规则对应这条线索，暂由兜底单位负责，请指定承办单位。"));
        break;
    case CARD_PARKED:
        write_inbox(&w, lead, "parked",
                    arena_printf(arena, "线索内容没有读出（" TEXT_FMT "），暂由兜底单位负责。", TEXT_ARG(lead->parked)));
        break;
    }
    return writer_end(&w);
}

/* Takes off what a reader misses least: old supplements, old rounds, the text's end. */
static void cut_more(struct arena *arena, struct cut *cut, size_t over)
{
    if (cut->supplements) {
        cut->supplements--;
        return;
    }
    if (cut->rounds > 1) {
        cut->rounds--;
        return;
    }
    size_t graphemes = text_graphemes(cut->text), less = graphemes * 9 / 10;
    size_t keep = over >= cut->text.len ? 1 : graphemes * (cut->text.len - over) / cut->text.len;
    keep = keep < less ? keep : less;
    cut->text = text_cut(arena, cut->text, keep ? keep : 1);
}

static size_t at_most(const json_t *list, size_t count_max)
{
    return json_array_size(list) < count_max ? json_array_size(list) : count_max;
}

/* All assisting units stand one after the other, and all groups: each has the same card. What is cut stays cut for those behind. */
void cards_write(struct arena *arena, const struct lead *lead, const json_t *links, struct card_place *places, size_t count)
{
    struct cut cut = { json_text_at(lead->facts, "text"),
                       at_most(json_object_get(lead->facts, "supplements"), CARD_SUPPLEMENTS_MAX),
                       at_most(lead->rounds, CARD_ROUNDS_MAX) };
    struct pieces pieces = pieces_of(arena, lead, links, &cut);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && places[i].kind == places[i - 1].kind) {
            places[i].card = places[i - 1].card;
            continue;
        }
        struct text card = card_of(arena, places[i].kind, lead, &pieces);
        for (int cuts = 0; cuts < CUTS_MAX && card.len > CARD_BYTES_MAX; cuts++) {
            cut_more(arena, &cut, card.len - CARD_BYTES_MAX);
            pieces = pieces_of(arena, lead, links, &cut);
            card = card_of(arena, places[i].kind, lead, &pieces);
        }
        places[i].card = card;
    }
}

void write_full(struct writer *w, const struct lead *lead, const json_t *links, const json_t *may)
{
    const struct cut whole = { json_text_at(lead->facts, "text"), SIZE_MAX, SIZE_MAX };
    const struct pieces pieces = pieces_of(w->arena, lead, links, &whole);
    write_card(w, &pieces, "full", may);
    write_text(w, "finding", lead->finding);
    write_text(w, "against", lead->against);
    write_bool(w, "sealed", lead->seal != SEAL_NONE);
    write_text(w, "answer_public", json_text_at(lead->facts, "answer_public"));
    write_instant(w, "updated_at", lead->updated);
    write_instant(w, "closed_at", lead->closed);
}

struct text cards_line(struct arena *arena, const struct lead *lead, const char *type, struct text unit_name, instant_ms now)
{
    struct writer w = writer_begin(arena);
    write_instant(&w, "at", now);
    write_c(&w, "type", type);
    write_text(&w, "unit", lead->unit);
    write_text(&w, "village", lead->village);
    write_c(&w, "severity", choice_word(life_severities, (int) lead->severity));
    write_text(&w, "sentence",
               arena_printf(arena, "线索" TEXT_FMT "：" TEXT_FMT "，%s", TEXT_ARG(lead->id), TEXT_ARG(unit_name),
                            life_name(lead->status)));
    return writer_end(&w);
}
