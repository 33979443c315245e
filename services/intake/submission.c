/* submission.c - see submission.h. */
#include "submission.h"

#include "title.h"
#include "services/runtime/mutant.h"

#include <assert.h>
#include <string.h>

enum urgency { URGENCY_ROUTINE, URGENCY_URGENT, URGENCY_MONEY_MOVING };
static const struct choice urgencies[] = {
    { "routine", URGENCY_ROUTINE }, { "urgent", URGENCY_URGENT }, { "money-moving", URGENCY_MONEY_MOVING }, { NULL, 0 }
};
static const struct choice categories[] = {
    { "online", 0 },  { "care", 1 },        { "land", 2 },        { "housing", 3 },   { "tourism-art", 4 },
    { "medical", 5 }, { "food-health", 6 }, { "fundraising", 7 }, { "street-ad", 8 }, { "telecom", 9 },
    { "crime", 10 },  { "other", 11 },      { NULL, 0 },
};
static const struct choice guises[] = {
    { "care-service", 0 },   { "care-project", 1 }, { "care-product", 2 }, { "house-for-care", 3 },
    { "care-insurance", 4 }, { "care-aid", 5 },     { NULL, 0 },
};
/* Evidence, in the order of the contract. */
static const struct {
    const char *field;
    size_t max;
} subject_fields[] = {
    { "name", SUBJECT_NAME_MAX }, { "phone", PHONE_MAX }, { "account", ACCOUNT_MAX },
    { "url", URL_MAX },           { "plate", PLATE_MAX }, { "address", ADDRESS_MAX },
};
enum { SUBJECT_FIELDS = sizeof subject_fields / sizeof *subject_fields, SUBJECT_PHONE = 1, SUBJECT_ACCOUNT = 2 };

/* The work in hand: what of the request must be known before the text can be masked. */
struct reading {
    struct arena *arena;
    const struct town *town;
    struct reader *in;
    struct submission *into;
    struct mask mask;
    struct text subject[SUBJECT_FIELDS];
    bool has_subject;
};

static struct text field_masked(const struct reading *r, struct text given)
{
    return given.at ? mask_field(r->arena, given, &r->mask) : NO_TEXT;
}

static void put_choice(struct reading *r, const char *field, const struct choice *table)
{
    int value = want_choice(r->in, field, table, -1);
    if (value >= 0)
        json_object_set_new(r->into->facts, field, json_string(choice_word(table, value)));
}

static void put_int(struct reading *r, const char *field, int64_t max)
{
    int64_t number = want_int(r->in, field, 0, max, -1);
    if (number >= 0)
        json_object_set_new(r->into->facts, field, json_integer(number));
}

static void put_day(struct reading *r, const char *field, int64_t day)
{
    if (day != INT64_MIN)
        json_put_text(r->into->facts, field, day_text(r->arena, day));
}

/* By its twelve digits only: a name may be that of a village elsewhere. */
static struct text read_village(struct reading *r, struct reader *in)
{
    struct text code = want_text(in, "village", 12);
    if (!code.len)
        return NO_TEXT;
    int64_t number;
    if (code.len != 12 || !text_int(code, &number)) {
        complain(in, CODE_OUT_OF_RANGE, "village", "“village”应为12位的村代码。");
        return NO_TEXT;
    }
    const struct village *village = town_village(r->town, code);
    if (!village)
        complain(in, CODE_NO_SUCH, "village", "本镇没有代码为" TEXT_FMT "的村。", TEXT_ARG(code));
    return village ? village->code : NO_TEXT;
}

static void read_reporter(struct reading *r, const json_t *body)
{
    struct submission *s = r->into;
    struct reader *reporter = want_object(r->in, "reporter");
    s->reporter_sealed = want_text(r->in, "reporter_sealed", SEALED_MAX);
    if (reporter) {
        s->reporter = json_object_get(body, "reporter");
        r->mask.reporter_name = want_text(reporter, "name", REPORTER_NAME_MAX);
        r->mask.reporter_phone = want_text(reporter, "phone", PHONE_MAX);
        s->named = want_bool(reporter, "wants_answer", r->mask.reporter_name.at || r->mask.reporter_phone.at);
        want_bool(reporter, "unit_may_call", false);
    }
    if (!s->reporter_sealed.at)
        return;
    if (reporter)
        complain(r->in, CODE_OUT_OF_RANGE, "reporter_sealed", "“reporter”和“reporter_sealed”只能给出一个。");
    for (size_t i = 0; i < s->reporter_sealed.len; i++) {
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", s->reporter_sealed.at[i])) {
            complain(r->in, CODE_OUT_OF_RANGE, "reporter_sealed", "“reporter_sealed”应为base64。");
            break;
        }
    }
    s->named = true;
}

static void read_subject(struct reading *r)
{
    struct reader *subject = want_object(r->in, "subject");
    for (size_t i = 0; i < SUBJECT_FIELDS && subject; i++) {
        r->subject[i] = want_text(subject, subject_fields[i].field, subject_fields[i].max);
        r->has_subject = r->has_subject || r->subject[i].at;
    }
    r->mask.keep[0] = r->subject[SUBJECT_PHONE];
    r->mask.keep[1] = r->subject[SUBJECT_ACCOUNT];
}

static void read_amount(struct reading *r)
{
    put_int(r, "amount_yuan", AMOUNT_YUAN_MAX);
    struct text words = want_text(r->in, "amount_text", AMOUNT_TEXT_MAX);
    if (words.at && has_field(r->in, "amount_yuan"))
        complain(r->in, CODE_OUT_OF_RANGE, "amount_text", "“amount_yuan”和“amount_text”只能给出一个。");
    json_put_text(r->into->facts, "amount_text", field_masked(r, words));
}

static void read_days(struct reading *r, instant_ms now)
{
    int64_t occurred = want_day(r->in, "occurred_on", INT64_MIN);
    if (occurred > day_of(now))
        complain(r->in, CODE_OUT_OF_RANGE, "occurred_on", "“occurred_on”不能晚于今天。");
    put_day(r, "occurred_on", occurred);
    put_day(r, "report_by", want_day(r->in, "report_by", INT64_MIN));
}

static void read_against(struct reading *r)
{
    struct reader *against = want_object(r->in, "against");
    if (!against)
        return;
    struct text unit = want_text(against, "unit", 32), village = read_village(r, against);
    bool has_unit = has_field(against, "unit"), has_village = has_field(against, "village");
    if (has_unit && has_village)
        complain(against, CODE_OUT_OF_RANGE, "village", "被反映的单位和村只能给出一个。");
    if (!has_unit && !has_village)
        complain(against, CODE_MISSING, "unit", "“against”应给出 unit 或 village。");
    if (unit.len && !town_unit(r->town, unit))
        complain(against, CODE_NO_SUCH, "unit", "没有代码为“" TEXT_FMT "”的成员单位。", TEXT_ARG(unit));
    json_t *said = json_object();
    json_put_text(said, has_unit ? "unit" : "village", has_unit ? unit : village);
    json_object_set_new(r->into->facts, "against", said);
}

static void read_urgency(struct reading *r)
{
    put_choice(r, "urgency", urgencies);
    r->into->is_money_moving = text_is_c(json_text_at(r->into->facts, "urgency"), "money-moving");
}

/* A number that the sender gave may be the reporter's telephone: some hotlines count by it. */
static void read_source(struct reading *r)
{
    struct submission *s = r->into;
    s->source_ref = want_text(r->in, "source_ref", SOURCE_REF_MAX);
    s->ref_is_personal = s->source_ref.at && !text_is(field_masked(r, s->source_ref), s->source_ref);
    if (!s->ref_is_personal)
        json_put_text(s->facts, "source_ref", s->source_ref);
    json_put_text(s->facts, "batch", field_masked(r, want_text(r->in, "batch", BATCH_MAX)));
}

static void put_subject(struct reading *r)
{
    if (!r->has_subject)
        return;
    json_t *subject = json_object();
    for (size_t i = 0; i < SUBJECT_FIELDS; i++)
        json_put_text(subject, subject_fields[i].field, field_masked(r, r->subject[i]));
    json_object_set_new(r->into->facts, "subject", subject);
}

static void take_text(struct reading *r, struct text original)
{
    struct submission *s = r->into;
    s->text = MUTANT(reporter_in_event) ? original : mask_text(r->arena, original, &r->mask);
    s->original = text_is(s->text, original) ? NO_TEXT : original;
    s->title = title_of(r->arena, s->text);
}

/* Who a lead comes from, as far as anybody is told: the kind of channel, and a channel's own name. */
static bool take_sender(struct reading *r, const struct account *who)
{
    struct submission *s = r->into;
    const struct channel *channel;
    const struct worker *worker;
    const struct village *village;
    switch (who->kind) {
    case ACCOUNT_CHANNEL:
        channel = town_channel(r->town, text_of(who->name));
        s->channel = channel ? channel->kind : NO_TEXT;
        s->sender = channel && strcmp(who->name, "web") != 0 ? channel->account : NO_TEXT;
        return channel != NULL;
    case ACCOUNT_WORKER:
        worker = town_worker(r->town, text_of(who->name));
        s->channel = TEXT("field");
        s->village = worker ? worker->village->code : NO_TEXT;
        return worker != NULL;
    case ACCOUNT_VILLAGE:
        village = town_village(r->town, text_of(who->scope));
        s->channel = TEXT("field");
        s->village = village ? village->code : NO_TEXT;
        return village != NULL;
    case ACCOUNT_STAFF:
        s->channel = TEXT("field");
        return town_unit(r->town, text_of(who->scope)) != NULL;
    case ACCOUNT_OFFICE:
        s->channel = TEXT("platform");
        return true;
    case ACCOUNT_DISCIPLINE:
    case ACCOUNT_PUBLICITY:
    case ACCOUNT_DASHBOARD:
    case ACCOUNT_OPERATOR:
    case ACCOUNT_SERVICE:
    case ACCOUNT_KIND_COUNT:
        break;
    }
    return false;
}

static struct reading reading_of(struct arena *arena, const struct town *town, struct reader *in, struct submission *ret)
{
    *ret = (struct submission){ .facts = json_keep(arena, json_object()) };
    return (struct reading){ .arena = arena, .town = town, .in = in, .into = ret };
}

void submission_read(struct arena *arena, const struct town *town, instant_ms now, const struct account *who, struct reader *in,
                     const json_t *body, struct submission *ret)
{
    struct reading r = reading_of(arena, town, in, ret);
    if (!take_sender(&r, who))
        complain(in, CODE_NOT_YOURS, NULL, "账号“%s”不能提交线索。", who->name);
    struct text text = need_text(in, "text", TEXT_MAX);
    if (text.len && !text_folded(arena, text).len)
        complain(in, CODE_OUT_OF_RANGE, "text", "“text”不能只有空白。");
    read_reporter(&r, body);
    read_subject(&r);
    struct text village = read_village(&r, in);
    ret->village = village.at ? village : ret->village;
    json_put_text(ret->facts, "village", ret->village);
    put_choice(&r, "category", categories);
    put_choice(&r, "guise", guises);
    read_amount(&r);
    put_int(&r, "victims", VICTIMS_MAX);
    read_days(&r, now);
    read_urgency(&r);
    read_source(&r);
    read_against(&r);
    put_subject(&r);
    if (is_sound(in))
        take_text(&r, text);
}

void submission_said(struct arena *arena, const struct town *town, const struct account *who, struct text words,
                     struct submission *ret)
{
    struct reading r = reading_of(arena, town, NULL, ret);
    bool is_known = take_sender(&r, who);
    ret->channel = is_known ? ret->channel : TEXT("field");
    json_put_text(ret->facts, "village", ret->village);
    take_text(&r, words);
}
