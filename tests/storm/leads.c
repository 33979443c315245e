/* leads.c - see leads.h. */
#include "leads.h"

#include "asks.h"
#include "yinling/reader.h"
#include "yinling/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS_MAX = 3,
    PROGRESS_MAX = 2,
    AT_ONCE = 100 /* leads to begin with */,
    COMPLAINT_ONE_IN = 50,
    SHOWN_MAX = 5,
    NUMBER_AT = 5 /* 2026-000123 */
};

struct leads {
    struct lead all[LEADS_MAX];
    uint32_t ready[LEADS_MAX]; /* numbers whose next step is to be thought of; a ring, a lead at most once */
    size_t ready_first, ready_count;
    int64_t highest, submitted, accepted, twice, refused_submissions, refused_acts, acts_open, strange;
    int year;
};

static const char *const texts[] = { "有人上门推销养老床位，交一万元返现两千",
                                     "村口超市放视频说普通食品能降糖抗癌",
                                     "自称医保局来电说能领补贴，要先交保证金，转账后失联",
                                     "养老院一楼私设诊室给老人输液，没有执业许可证",
                                     "电线杆上贴满养老床位返现的小广告",
                                     "某公司以养老项目名义吸收老人存款，承诺年息百分之十五" };
static const char *const stage_words[] = { "", "dispatched", "signed", "concluded", "closed" };

/* -- what is asked --------------------------------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t n)
{
    n = (n ^ (n >> 31)) * 0x9e3779b97f4a7c15u;
    return n ^ (n >> 29);
}

static void submission_body(const struct storm *s, const struct ask *ask, json_t *body)
{
    char text[256];
    uint64_t h = mixed(ask->about + 1);
    snprintf(text, sizeof text, "%s（第%u件）。", texts[h % (sizeof texts / sizeof *texts)], (unsigned) ask->about);
    json_object_set_new(body, "text", json_string(text));
    json_object_set_new(body, "village", json_of_text(s->town->villages[(h >> 8) % s->town->village_count].code));
    if (ask->detail)
        json_object_set_new(body, "against",
                            json_pack("{s:o}", "unit", json_of_text(s->town->units[(h >> 16) % s->town->unit_count].code)));
}

void lead_body(const struct storm *s, const struct ask *ask, json_t *body)
{
    char lead[32];
    if (ask->kind == ASK_LEAD) {
        submission_body(s, ask, body);
        return;
    }
    snprintf(lead, sizeof lead, "%d-%06u", s->leads->year, (unsigned) ask->about);
    json_object_set_new(body, "lead", json_string(lead));
    if (ask->kind == ASK_CONCLUDE) {
        json_object_set_new(body, "finding", json_string("unfounded"));
        json_object_set_new(body, "public_answer", json_string("经查没有此事"));
    } else if (ask->kind == ASK_PASS || ask->kind == ASK_REDO) {
        json_object_set_new(body, "pass", json_boolean(ask->kind == ASK_PASS));
        if (ask->kind == ASK_REDO)
            json_object_set_new(body, "redo_reason", json_string("没有走访当事老人"));
    } else if (ask->kind == ASK_ASSIGN) {
        json_object_set_new(body, "unit", json_of_text(s->town->units[ask->detail].code));
    }
}

/* -- what is seen ---------------------------------------------------------------------------------------------------- */

static struct lead *lead_of(struct storm *s, struct text id, int64_t *ret_number)
{
    struct leads *l = s->leads;
    int64_t year;
    if (id.len <= NUMBER_AT || !text_int((struct text){ id.at + NUMBER_AT, id.len - NUMBER_AT }, ret_number) ||
        !text_int((struct text){ id.at, NUMBER_AT - 1 }, &year) || *ret_number < 1 || *ret_number >= LEADS_MAX) {
        l->strange++;
        return NULL;
    }
    l->year = (int) year;
    l->highest = *ret_number > l->highest ? *ret_number : l->highest;
    return &l->all[*ret_number];
}

static void set_bit(uint16_t *bits, size_t bit, bool on)
{
    *bits = (uint16_t) (on ? *bits | (1u << bit) : *bits & ~(1u << bit));
}

static uint8_t stage_in(struct text payload)
{
    json_t *card = payload.len ? json_loadb(payload.at, payload.len, 0, NULL) : NULL;
    struct text word = json_text_at(card, "status");
    uint8_t found = STAGE_NONE;
    for (uint8_t i = STAGE_DISPATCHED; i <= STAGE_CLOSED; i++)
        found = text_is_c(word, stage_words[i]) ? i : found;
    json_decref(card);
    return found;
}

static void make_ready(struct leads *l, int64_t number)
{
    struct lead *lead = &l->all[number];
    if (!lead->is_accepted || lead->is_busy || lead->is_left || (lead->unit < 0 && __builtin_popcount(lead->leading) != 1))
        return;
    lead->is_busy = true; /* until its step is taken and answered */
    l->ready[(l->ready_first + l->ready_count++) % LEADS_MAX] = (uint32_t) number;
}

static void on_unit_view(struct storm *s, bool is_card, const struct text *parts, struct text payload)
{
    int64_t number;
    const struct unit *unit = town_unit(s->town, parts[0]);
    struct lead *lead = unit ? lead_of(s, parts[1], &number) : NULL;
    if (!lead)
        return;
    size_t bit = (size_t) (unit - s->town->units);
    if (!is_card) {
        set_bit(&lead->due, bit, payload.len > 0);
        return;
    }
    bool leading = text_has(payload, TEXT("\"role\":\"lead\""));
    set_bit(&lead->leading, bit, leading);
    set_bit(&lead->assisting, bit, payload.len > 0 && !leading);
    make_ready(s->leads, number);
}

static void on_view(void *context, struct text path, struct text payload, bool retained)
{
    (void) retained;
    struct storm *s = context;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    int64_t number;
    if (!topic_read(path, &id, parts))
        return;
    if (id == TOPIC_UNIT_LEAD || id == TOPIC_UNIT_DUE) {
        on_unit_view(s, id == TOPIC_UNIT_LEAD, parts, payload);
        return;
    }
    struct lead *lead = lead_of(s, parts[id == TOPIC_CHANNEL_LEAD], &number);
    if (lead && id == TOPIC_SEALED)
        lead->is_sealed = payload.len > 0;
    else if (lead && id == TOPIC_CHANNEL_LEAD)
        lead->shown = stage_in(payload);
}

struct leads *leads_new(void)
{
    struct leads *l = calloc(1, sizeof *l); /* touched as it is used */
    for (size_t i = 0; l && i < LEADS_MAX; i++)
        l->all[i].unit = -1;
    return l;
}

void leads_listen(struct storm *s)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    static const enum topic_id seen[] = { TOPIC_UNIT_LEAD, TOPIC_UNIT_DUE, TOPIC_SEALED };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        client_listen(s->senders[SENDER_OFFICE], topic_filter(arena, seen[i], NO_TEXT).at, on_view, s);
    client_listen(s->senders[SENDER_CHANNEL], topic_filter(arena, TOPIC_CHANNEL_LEAD, TEXT("12345")).at, on_view, s);
}

void leads_forget(struct storm *s)
{
    for (int64_t i = 1; i <= s->leads->highest; i++) {
        struct lead *l = &s->leads->all[i];
        l->leading = l->assisting = l->due = 0;
        l->is_sealed = false;
        l->shown = STAGE_NONE;
    }
}

/* -- what is done ---------------------------------------------------------------------------------------------------- */

void leads_submit(struct storm *s, int64_t open_max)
{
    struct leads *l = s->leads;
    int64_t paced = s->lead_count * (storm_now_ms() - s->began_ms) / (s->seconds * 1000) + AT_ONCE;
    while (asks_open(s) < open_max && l->submitted < s->lead_count && l->submitted < paced)
        asks_send(s, ASK_LEAD, SENDER_CHANNEL, (uint32_t) l->submitted++, storm_throw(&s->load_dice, COMPLAINT_ONE_IN) == 0);
}

/* Of ten leads that come to a desk one stays there for good; the others go their way. */
static bool next_step(struct storm *s, const struct lead *l, enum ask_kind *ret)
{
    int64_t die = storm_throw(&s->load_dice, 20);
    if (die < 2)
        return false;
    switch ((enum stage) l->stage) {
    case STAGE_DISPATCHED:
        *ret = die < 4 ? ASK_ASSIGN : ASK_SIGN;
        return true;
    case STAGE_SIGNED:
        *ret = die < 3 ? ASK_ASSIGN : die < 8 && l->acts < PROGRESS_MAX ? ASK_PROGRESS : ASK_CONCLUDE;
        return true;
    case STAGE_CONCLUDED:
        *ret = die < 6 && l->round < ROUNDS_MAX ? ASK_REDO : ASK_PASS;
        return true;
    case STAGE_NONE:
    case STAGE_CLOSED:
        return false;
    }
    return false;
}

static void take_step(struct storm *s, uint32_t number)
{
    struct leads *l = s->leads;
    struct lead *lead = &l->all[number];
    enum ask_kind kind;
    if (lead->unit < 0)
        lead->unit = (int8_t) __builtin_ctz(lead->leading ? lead->leading : 1);
    if (lead->is_sealed || lead->is_complaint || !next_step(s, lead, &kind)) {
        lead->is_left = true;
        lead->is_busy = false;
        return;
    }
    bool is_offices = kind == ASK_ASSIGN || kind == ASK_PASS || kind == ASK_REDO;
    uint32_t other = (uint32_t) storm_throw(&s->load_dice, (int64_t) s->town->unit_count - 1);
    other += other >= (uint32_t) lead->unit;
    l->acts_open++;
    asks_send(s, kind, is_offices ? SENDER_OFFICE : SENDER_UNITS + lead->unit, number, kind == ASK_ASSIGN ? other : 0);
}

void leads_act(struct storm *s, int64_t open_max)
{
    struct leads *l = s->leads;
    while (l->ready_count && l->acts_open < open_max) {
        uint32_t number = l->ready[l->ready_first];
        l->ready_first = (l->ready_first + 1) % LEADS_MAX;
        l->ready_count--;
        take_step(s, number);
    }
}

/* -- what is answered ------------------------------------------------------------------------------------------------ */

static void accepted(struct storm *s, const struct ask *ask, const json_t *answer)
{
    struct leads *l = s->leads;
    int64_t number;
    struct lead *lead = ask->is_ok ? lead_of(s, json_text_at(answer, "lead"), &number) : NULL;
    if (!lead) {
        l->refused_submissions++;
        return;
    }
    l->twice += lead->is_accepted;
    l->accepted++;
    lead->is_accepted = true;
    lead->submission = ask->about;
    lead->is_complaint = ask->detail != 0;
    lead->stage = STAGE_DISPATCHED;
    lead->round = 1;
    make_ready(l, number);
}

void lead_answered(struct storm *s, const struct ask *ask, const json_t *answer)
{
    static const uint8_t becomes[ASK_KINDS] = {
        [ASK_SIGN] = STAGE_SIGNED, [ASK_PROGRESS] = STAGE_SIGNED, [ASK_CONCLUDE] = STAGE_CONCLUDED,
        [ASK_PASS] = STAGE_CLOSED, [ASK_REDO] = STAGE_DISPATCHED, [ASK_ASSIGN] = STAGE_DISPATCHED
    };
    struct leads *l = s->leads;
    if (ask->kind == ASK_LEAD) {
        accepted(s, ask, answer);
        return;
    }
    struct lead *lead = &l->all[ask->about];
    l->acts_open--;
    lead->is_busy = false;
    if (!ask->is_ok) {
        const json_t *error = json_object_get(answer, "error");
        lead->is_left = true;
        if (l->refused_acts++ < SHOWN_MAX)
            printf("refused: lead %u, act %d: " TEXT_FMT "\n", ask->about, ask->kind, TEXT_ARG(json_text_at(error, "message")));
        return;
    }
    lead->stage = becomes[ask->kind];
    lead->acts = (uint8_t) (ask->kind == ASK_PROGRESS ? lead->acts + 1 : 0);
    lead->round = (uint8_t) (lead->round + (ask->kind == ASK_REDO));
    if (ask->kind == ASK_ASSIGN)
        lead->unit = (int8_t) ask->detail;
    make_ready(l, ask->about);
}

/* -- what is counted ------------------------------------------------------------------------------------------------- */

static bool stands_right(const struct lead *l)
{
    if (l->is_sealed || l->is_complaint)
        return l->is_sealed && !l->leading && !l->assisting && !l->due;
    if (l->stage == STAGE_CLOSED)
        return !l->leading && !l->assisting && !l->due;
    return __builtin_popcount(l->leading) == 1 && (l->due & l->leading) && (l->unit < 0 || l->leading == 1u << l->unit);
}

int64_t leads_settled(const struct storm *s)
{
    int64_t count = 0;
    for (int64_t i = 1; i <= s->leads->highest; i++) {
        const struct lead *l = &s->leads->all[i];
        count += l->is_accepted && stands_right(l) && l->shown == l->stage;
    }
    return count;
}

struct tally {
    int64_t closed, sealed, none, many, elsewhere, unclocked, unasked, remains, misread;
};

static void tally_one(struct tally *t, const struct lead *l)
{
    int leading = __builtin_popcount(l->leading);
    bool is_hidden = l->is_sealed || l->is_complaint, is_closed = l->stage == STAGE_CLOSED, is_open = !is_hidden && !is_closed;
    t->unasked += !l->is_accepted && (l->leading || l->assisting || l->due || l->is_sealed || l->shown);
    if (!l->is_accepted)
        return;
    t->closed += is_closed;
    t->sealed += is_hidden;
    t->none += is_open ? leading == 0 : is_hidden && !l->is_sealed;
    t->many += leading > 1;
    t->elsewhere += is_open && leading == 1 && l->unit >= 0 && l->leading != 1u << l->unit;
    t->unclocked += is_open && leading == 1 && !(l->due & l->leading);
    t->remains += !is_open && (l->leading || l->assisting || l->due);
    t->misread += l->shown != l->stage;
}

void leads_count(struct storm *s)
{
    struct leads *l = s->leads;
    struct tally t = { 0 };
    for (int64_t i = 1; i <= l->highest; i++)
        tally_one(&t, &l->all[i]);
    printf("%lld leads, %lld closed, %lld sealed\n", (long long) l->accepted, (long long) t.closed, (long long) t.sealed);
    storm_check(s, l->refused_submissions == 0 && l->refused_acts == 0, "nothing was refused that the state allowed; refused",
                l->refused_submissions + l->refused_acts);
    storm_check(s, l->accepted == l->submitted && l->twice == 0, "every submission made one lead, and no lead is of two; leads",
                l->accepted);
    storm_check(s, t.none == 0, "every open lead stands on a desk, every sealed one with the director; without one", t.none);
    storm_check(s, t.many == 0, "no lead has two accountable units; with two", t.many);
    storm_check(s, t.elsewhere == 0, "each stands with the unit that the answers say; elsewhere", t.elsewhere);
    storm_check(s, t.unclocked == 0, "every open lead has its clocks beside it; without", t.unclocked);
    storm_check(s, t.remains == 0, "what is closed or sealed is on no unit's desk; still there", t.remains);
    storm_check(s, t.misread == 0, "the sender's card says what was answered to the units; otherwise", t.misread);
    storm_check(s, t.unasked == 0 && l->strange == 0, "no card is of a lead nobody sent; of such", t.unasked + l->strange);
}

const struct lead *leads_numbered(const struct storm *s, int64_t number)
{
    return number >= 1 && number <= s->leads->highest ? &s->leads->all[number] : NULL;
}

int64_t leads_highest(const struct storm *s)
{
    return s->leads->highest;
}

int64_t leads_accepted(const struct storm *s)
{
    return s->leads->accepted;
}

int64_t leads_submitted(const struct storm *s)
{
    return s->leads->submitted;
}

int leads_year(const struct storm *s)
{
    return s->leads->year;
}
