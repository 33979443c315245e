/* people.c - see people.h. */
#include "sim/people.h"

#include "sim/operator.h"
#include "sim/versions.h"
#include "sim/watch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASKS_MAX = 8000, LEADS_MAX = 4000, WARNINGS_MAX = 400, BODY_MAX = 3000, LETTER_LATE_MS = 10000 };
#define REMEMBERED_MS (6 * INT64_C(86400000)) /* the contract keeps binding answers for seven days */

struct ask {
    char id[32], kind[24], account[40];
    char *body;
    char *answer;          /* the first that binds; NULL: none yet */
    bool done;             /* answered, binding or not */
    bool loose;            /* a restored ledger may have forgotten what it answered */
    int64_t loose_boot_ms; /* since when */
    bool forged;           /* names somebody else in its payload: never to be granted */
    int64_t first_ms;      /* by the furthest wall clock */
    int64_t answered_boot_ms;
};

struct known { /* a lead or a warning somebody was told is accepted */
    char id[24];
    size_t ask;
    bool loose;
};

struct people {
    struct world *world;
    struct ask asks[ASKS_MAX];
    size_t ask_count;
    struct known leads[LEADS_MAX], warnings[WARNINGS_MAX];
    size_t lead_count, warning_count;
    struct operator* operator;
    char sources[64][32]; /* source numbers used before */
    size_t source_count;
};

static const char *const texts[] = {
    "有人上门推销养老床位，交一万元返现两千，村里好几个老人已经交钱。",
    "村口超市一元买十个鸡蛋，放视频说普通食品能降糖抗癌，听课的都是老人。",
    "自称医保局来电说能领补贴，要先交保证金五千元，转账后失联。",
    "养老院一楼私设诊室给老人输液，墙上没有执业许可证。",
    "老人办了预付卡想退，店方说合同写明不退，双方各执一词。",
    "电线杆上贴满养老床位返现的小广告，请清理。",
    "某公司以养老项目名义吸收老人存款，承诺年息百分之十五，已停止付息，涉及三百余人。",
    "售楼处以养老度假名义卖房并承诺升值，吸引老人交定金。",
    "低价旅游团半路推销保健品，不买不让走，要求查处。",
    "老人收到快递说能领三百万扶贫款，要先交平台费。",
    "这件事说不清楚，请镇里来人看看。",
    "派出所副所长收了养老公司的好处费，一直包庇他们。",
    "我叫" CANARY_NAME "，电话" CANARY_PHONE "，我邻居被骗买了两万元的磁疗床。",
    "本人" CANARY_NAME "，身份证号" CANARY_NUMBER "，买保健品被骗八千元。",
};
static const char *const channels[] = { "12345", "12337", "110", "12315", "finance", "walk-in", "superior" };
static const char *const others[] = { "village-200", "w200-1", "w201-2", "staff-police-2", "office-3" };

#define PICK(dice, array) ((array)[dice_below((dice), (int64_t) (sizeof(array) / sizeof *(array)))])

/* -- asking ---------------------------------------------------------------------------------------------------------- */

static void send(struct people *p, struct ask *a)
{
    char path[128];
    snprintf(path, sizeof path, "request/%s/%s", a->kind, a->account);
    world_publish(p->world, path, a->body);
}

static void ask(struct people *p, const char *kind, const char *account, json_t *take_body)
{
    if (p->ask_count == ASKS_MAX) {
        json_decref(take_body);
        return;
    }
    struct ask *a = &p->asks[p->ask_count];
    snprintf(a->id, sizeof a->id, "s%zu", p->ask_count++);
    snprintf(a->kind, sizeof a->kind, "%s", kind);
    snprintf(a->account, sizeof a->account, "%s", account);
    json_object_set_new(take_body, "id", json_string(a->id));
    a->first_ms = p->world->latest_ms;
    a->body = json_dumps(take_body, JSON_COMPACT);
    json_decref(take_body);
    send(p, a);
}

static bool binds(const json_t *answer)
{
    static const char *const loose[] = { "unavailable", "too-many", "internal", "malformed", "conflict" };
    struct text code = json_text_at(json_object_get(answer, "error"), "code");
    for (size_t i = 0; i < sizeof loose / sizeof *loose; i++) {
        if (text_is_c(code, loose[i]))
            return false;
    }
    return true;
}

static bool is_question(const char *kind)
{
    return strncmp(kind, "query-", 6) == 0 || strcmp(kind, "lead-track") == 0;
}

/* A number is given once, also by a ledger that has lost what it gave. */
static void learn(struct people *p, struct known *known, size_t *count, size_t room, const struct ask *a, struct text id)
{
    size_t asked = (size_t) (a - p->asks);
    for (size_t i = 0; i < *count; i++) {
        if (text_is_c(id, known[i].id)) {
            if (known[i].ask != asked)
                world_fail(p->world, TEXT_FMT " was given to %s and to %s", TEXT_ARG(id), p->asks[known[i].ask].id, a->id);
            return;
        }
    }
    if (*count == room)
        return;
    struct known *k = &known[(*count)++];
    /* an answer that was on its way when the ledger was put back is of the one that is gone */
    *k = (struct known){ .ask = asked, .loose = a->loose && p->world->boot_ms - a->loose_boot_ms < LETTER_LATE_MS };
    snprintf(k->id, sizeof k->id, TEXT_FMT, TEXT_ARG(id));
}

static void learn_numbers(struct people *p, const struct ask *a, const json_t *answer)
{
    struct text lead = json_text_at(answer, "lead"), warning = json_text_at(answer, "warning");
    bool is_new = !json_text_at(answer, "duplicate_of").at;
    if (lead.at && is_new && strcmp(a->kind, "lead-submit") == 0)
        learn(p, p->leads, &p->lead_count, LEADS_MAX, a, lead);
    if (warning.at && strcmp(a->kind, "warning-order") == 0 && strstr(a->body, "\"issue\""))
        learn(p, p->warnings, &p->warning_count, WARNINGS_MAX, a, warning);
}

/* One request has one binding answer. */
static void compare_answers(struct people *p, struct ask *a, const json_t *answer)
{
    char *said = json_dumps(answer, JSON_COMPACT);
    bool is_same = !a->answer || strcmp(a->answer, said) == 0;
    if (!is_same && !a->loose)
        world_fail(p->world, "the binding answer to %s %s changed: %s then %s", a->kind, a->id, a->answer, said);
    if (!a->answer || !is_same) {
        free(a->answer);
        a->answer = strdup(said);
        a->answered_boot_ms = p->world->boot_ms;
        learn_numbers(p, a, answer);
    }
    free(said);
}

static struct ask *ask_named(struct people *p, struct text id)
{
    int64_t n;
    bool is_ours = id.at && id.len > 1 && id.at[0] == 's' && text_int((struct text){ id.at + 1, id.len - 1 }, &n);
    return is_ours && n >= 0 && n < (int64_t) p->ask_count ? &p->asks[n] : NULL;
}

static void on_answer(void *context, struct text account, const json_t *answer)
{
    struct people *p = context;
    struct ask *a = ask_named(p, json_text_at(answer, "request"));
    const json_t *error = json_object_get(answer, "error");
    struct text code = json_text_at(error, "code");
    p->world->met[MET_HELD_ASKED] += error && text_has(json_text_at(error, "message"), TEXT("正在恢复数据"));
    if (!a) {
        operator_hears(p->operator, answer);
        return;
    }
    if (!text_is_c(account, a->account))
        world_fail(p->world, "the answer to %s of %s went to " TEXT_FMT, a->id, a->account, TEXT_ARG(account));
    if (a->forged && json_is_true(json_object_get(answer, "ok")))
        world_fail(p->world, "%s by %s was granted to the sender its payload named: %s", a->kind, a->account, a->body);
    if (text_is_c(code, "conflict"))
        return;
    bool is_poison = text_is_c(code, "internal") && strstr(a->body, POISON_TEXT);
    a->done = a->done || binds(answer) || is_poison;
    if (!is_question(a->kind) && binds(answer))
        compare_answers(p, a, answer);
}

/* What that ledger answered since its copy was made it may answer otherwise now. */
static void on_restore(void *context, const struct machine *m)
{
    struct people *p = context;
    for (size_t i = 0; i < p->ask_count; i++) {
        struct ask *a = &p->asks[i];
        enum request_kind kind;
        if (request_of(text_of(a->kind), &kind) && strcmp(request_specs[kind].service, m->service->name) == 0 &&
            (!a->answer || a->answered_boot_ms >= m->copied_ms))
            a->loose = true, a->loose_boot_ms = p->world->boot_ms;
    }
    for (size_t i = 0; i < p->lead_count; i++)
        p->leads[i].loose = p->leads[i].loose || p->asks[p->leads[i].ask].loose;
}

struct people *people_new(struct world *world)
{
    struct people *p = calloc(1, sizeof *p);
    assert(p);
    p->world = world;
    p->operator= operator_new(world);
    world->on_answer = on_answer;
    world->on_restore = on_restore;
    world->people_context = p;
    return p;
}

struct people *people_free(struct people *p)
{
    for (size_t i = 0; p && i < p->ask_count; i++) {
        free(p->asks[i].body);
        free(p->asks[i].answer);
    }
    if (p)
        operator_free(p->operator);
    free(p);
    return NULL;
}

size_t people_repeat(struct people *p)
{
    size_t open = 0;
    for (size_t i = 0; i < p->ask_count; i++) {
        const struct ask *a = &p->asks[i];
        /* who has no answer after days asks anew; an acceptance is remembered for ever */
        bool is_given_up = p->world->latest_ms - a->first_ms >= REMEMBERED_MS && strcmp(a->kind, "lead-submit") != 0;
        if (a->done || is_given_up)
            continue;
        open++;
        send(p, &p->asks[i]);
    }
    return open;
}

void people_look_after(struct people *p)
{
    operator_act(p->operator);
}

size_t people_lead_count(const struct people *p)
{
    return p->lead_count;
}
const char *people_lead(const struct people *p, size_t i)
{
    return p->leads[i].id;
}
bool people_lead_is_complaint(const struct people *p, size_t i)
{
    return strstr(p->asks[p->leads[i].ask].body, "\"against\"") != NULL;
}
bool people_lead_is_loose(const struct people *p, size_t i)
{
    return p->leads[i].loose;
}
void people_each_asked(const struct people *p, void (*call)(void *, const struct asked *), void *context)
{
    for (size_t i = 0; i < p->ask_count; i++) {
        const struct ask *a = &p->asks[i];
        if (is_question(a->kind) || (a->answer && !strstr(a->answer, "\"ok\":true")))
            continue;
        json_t *body = json_loads(a->body, 0, NULL), *answer = a->answer ? json_loads(a->answer, 0, NULL) : NULL;
        call(context, &(struct asked){ a->kind, a->account, body, answer });
        json_decref(body);
        json_decref(answer);
    }
}
size_t people_warning_count(const struct people *p)
{
    return p->warning_count;
}

/* -- deeds ----------------------------------------------------------------------------------------------------------- */

static void deed_submit(struct people *p, struct dice *d)
{
    const char *account = dice_chance(d, 850) ? PICK(d, channels) : PICK(d, others);
    json_t *body = json_pack("{s:s}", "text", dice_chance(d, 15) ? POISON_TEXT : PICK(d, texts));
    if (dice_chance(d, 400))
        json_object_set_new(body, "village", json_string(dice_chance(d, 900) ? "370481104203" : "370481104999"));
    if (dice_chance(d, 200))
        json_object_set_new(body, "urgency", json_string(dice_chance(d, 500) ? "money-moving" : "urgent"));
    if (dice_chance(d, 300))
        json_object_set_new(body, "amount_yuan", json_integer(dice_below(d, 1000000)));
    if (dice_chance(d, 300))
        json_object_set_new(body, "reporter",
                            json_pack("{s:s,s:s,s:b}", "name", CANARY_NAME, "phone", CANARY_PHONE, "wants_answer", 1));
    if (dice_chance(d, 60)) {
        json_object_set_new(body, "against", json_pack("{s:s}", "unit", COMPLAINED_OF));
        p->world->met[MET_SEALED]++;
    }
    if (dice_chance(d, 350)) {
        bool again = p->source_count && dice_chance(d, 400);
        char *source = p->sources[again ? (size_t) dice_below(d, (int64_t) p->source_count) : p->source_count % 64];
        if (!again) {
            snprintf(source, sizeof *p->sources, "Q-%lld", (long long) dice_below(d, 1000000));
            p->source_count += p->source_count < 64;
        } else {
            p->world->met[MET_SUPPLEMENT]++;
        }
        json_object_set_new(body, "source_ref", json_string(source));
    }
    ask(p, "lead-submit", account, body);
}

/* A worker who sees this lead's card: the unit that holds it as the leading one. NULL: nobody shows it. */
static const char *holder_of(struct people *p, const char *lead)
{
    for (size_t i = 0; i < p->world->town->unit_count; i++) {
        const struct unit *u = &p->world->town->units[i];
        char path[128];
        snprintf(path, sizeof path, "unit/" TEXT_FMT "/lead/%s", TEXT_ARG(u->code), lead);
        const char *card = net_retained(p->world->net, path);
        if (card && strstr(card, "\"role\":\"lead\""))
            return u->code.at;
    }
    return NULL;
}

static const char *some_lead(struct people *p, struct dice *d)
{
    if (p->lead_count == 0 || dice_chance(d, 20))
        return "2026-999999";
    /* mostly one of the newest, sometimes any */
    size_t recent = p->lead_count < 12 ? p->lead_count : 12;
    size_t i = dice_chance(d, 700) ? p->lead_count - 1 - (size_t) dice_below(d, (int64_t) recent)
                                   : (size_t) dice_below(d, (int64_t) p->lead_count);
    return p->leads[i].id;
}

static void deed_reply(struct people *p, struct dice *d)
{
    const char *lead = some_lead(p, d), *unit = holder_of(p, lead);
    char account[64];
    if (!unit || dice_chance(d, 60))
        unit = "market";
    snprintf(account, sizeof account, "staff-%s-%d", unit, (int) dice_between(d, 1, 4));
    static const char *const actions[] = { "sign", "sign", "sign", "progress", "conclude", "conclude" };
    const char *action = PICK(d, actions);
    json_t *body = json_pack("{s:s,s:s}", "lead", lead, "action", action);
    if (strcmp(action, "progress") == 0)
        json_object_set_new(body, "note", json_string("已上门核实。"));
    if (strcmp(action, "conclude") == 0) {
        static const char *const findings[] = { "hint", "violation", "civil", "unfounded" };
        bool transfer = dice_chance(d, 150), is_outside = transfer && dice_chance(d, 300);
        json_object_set_new(body, "finding", json_string(transfer ? "transfer" : PICK(d, findings)));
        if (is_outside) {
            json_object_set_new(body, "to_outside", json_string("区检察院"));
            json_object_set_new(body, "doc_no", json_string("移字〔2026〕7号"));
        } else if (transfer) {
            json_object_set_new(body, "to_unit", json_string("police"));
            p->world->met[MET_MOVED]++;
        }
        json_object_set_new(body, "public_answer", json_string("已核实处理。"));
    }
    ask(p, "lead-reply", account, body);
}

static void deed_order(struct people *p, struct dice *d)
{
    const char *lead = some_lead(p, d);
    static const char *const actions[] = { "verify",       "verify", "verify",  "verify",       "verify",
                                           "set-severity", "assign", "against", "set-severity", "assign" };
    const char *action = PICK(d, actions);
    json_t *body = json_pack("{s:s}", "action", action);
    if (dice_chance(d, 100) && strcmp(action, "against") != 0)
        json_object_set_new(body, "leads", json_pack("[s,s]", lead, some_lead(p, d)));
    else
        json_object_set_new(body, "lead", json_string(lead));
    if (strcmp(action, "verify") == 0) {
        bool pass = dice_chance(d, 750);
        json_object_set_new(body, "pass", json_boolean(pass));
        if (!pass) {
            json_object_set_new(body, "redo_reason", json_string("回访群众不满意。"));
            p->world->met[MET_REDO]++;
        }
    }
    if (strcmp(action, "assign") == 0) {
        const struct unit *u = &p->world->town->units[dice_below(d, (int64_t) p->world->town->unit_count)];
        json_object_set_new(body, "unit", json_string(u->code.at));
    }
    if (strcmp(action, "against") == 0)
        json_object_set_new(body, "unit", json_string(COMPLAINED_OF));
    if (strcmp(action, "set-severity") == 0)
        json_object_set_new(body, "severity", json_string("severe")),
            json_object_set_new(body, "reason", json_string("涉及人数多。"));
    ask(p, "lead-order", "office-2", body);
}

static void deed_warn(struct people *p, struct dice *d)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    if (p->warning_count && dice_chance(d, 400)) {
        bool is_newest = dice_chance(d, 400); /* before it is on every phone */
        size_t which = is_newest ? p->warning_count - 1 : (size_t) dice_below(d, (int64_t) p->warning_count);
        const char *warning = p->warnings[which].id;
        bool cancel = dice_chance(d, 600);
        json_t *body = json_pack("{s:s,s:s}", "action", cancel ? "cancel" : "update", "warning", warning);
        json_object_set_new(body, cancel ? "reason" : "instruction", json_string("情况有变，请以此为准。"));
        p->world->met[MET_CANCEL] += cancel;
        ask(p, "warning-order", "office-2", body);
        return;
    }
    static const char *const severities[] = { "minor", "moderate", "severe", "extreme" };
    instant_ms now = world_now(p->world);
    json_t *audience = dice_chance(d, 500) ? json_pack("{s:[s,s]}", "villages", "370481104200", "370481104201")
                                           : json_pack("{s:[s,s]}", "workers", "w200-1", "w203-2");
    json_t *body =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "action", "issue", "status", "actual", "headline",
                  "有人上门推销养老床位", "text", "请勿交钱。", "instruction", "入户提醒", "severity", PICK(d, severities),
                  "expires", instant_text(arena, later(now, SPAN_HOURS(dice_between(d, 1, 72)))).at, "audience", audience);
    ask(p, "warning-order", "office-2", body);
}

static void deed_tap(struct people *p, struct dice *d)
{
    static const char *const workers[] = { "w200-1", "w200-2", "w201-1", "w203-2" };
    static const char *const taps[] = { "ok", "ok", "ok", "ok", "no", "reach" };
    char path[64];
    const char *tap = PICK(d, taps);
    snprintf(path, sizeof path, "worker/%s/%s", PICK(d, workers), tap);
    world_publish(p->world, path, strcmp(tap, "reach") == 0 ? "12" : dice_chance(d, 50) ? "{\"id\":7}" : "1");
}

static void deed_say(struct people *p, struct dice *d)
{
    world_publish(p->world, "worker/w200-1/say", dice_chance(d, 300) ? "收到" : PICK(d, texts));
}

static void deed_ask(struct people *p, struct dice *d)
{
    static const char *const kinds[] = { "query-lead", "query-leads", "query-due", "query-warning" };
    const char *kind = PICK(d, kinds);
    json_t *body = json_object();
    if (strcmp(kind, "query-warning") == 0)
        json_object_set_new(body, "warning",
                            json_string(p->warning_count ? p->warnings[p->warning_count - 1].id : "w-2026-0001"));
    else if (strcmp(kind, "query-leads") != 0)
        json_object_set_new(body, "lead", json_string(some_lead(p, d)));
    ask(p, kind, dice_chance(d, 500) ? "office-1" : "staff-police-1", body);
}

/* One of the asks that the system still remembers; NULL: the dice chose an older one. */
static struct ask *remembered(struct people *p, struct dice *d)
{
    struct ask *a = p->ask_count ? &p->asks[dice_below(d, (int64_t) p->ask_count)] : NULL;
    return a && p->world->latest_ms - a->first_ms < REMEMBERED_MS ? a : NULL;
}

static void deed_repeat(struct people *p, struct dice *d)
{
    struct ask *a = remembered(p, d);
    if (!a)
        return;
    p->world->met[MET_REPEAT] += a->answer != NULL;
    send(p, a);
}

/* The same id with other content: must not have an effect, whatever came of the first. */
static void deed_contradict(struct people *p, struct dice *d)
{
    struct ask *a = remembered(p, d);
    if (!a || !a->answer || is_question(a->kind))
        return;
    char path[128];
    snprintf(path, sizeof path, "request/%s/%s", a->kind, a->account);
    json_t *body = json_pack("{s:s,s:s}", "id", a->id, "text", "另一份内容。");
    char *bytes = json_dumps(body, JSON_COMPACT);
    world_publish(p->world, path, bytes);
    p->world->met[MET_CONFLICT]++;
    free(bytes);
    json_decref(body);
}

/* Somebody who may not says in the payload to be somebody who may. */
static void deed_forge(struct people *p, struct dice *d)
{
    json_t *body = json_pack("{s:s,s:s,s:s}", "lead", some_lead(p, d), "account", "office-1", "by", "office-1");
    if (dice_chance(d, 500)) {
        json_object_set_new(body, "action", json_string("set-severity"));
        json_object_set_new(body, "severity", json_string("minor"));
        json_object_set_new(body, "reason", json_string("没什么大事。"));
    } else {
        json_object_set_new(body, "action", json_string("verify"));
        json_object_set_new(body, "pass", json_true());
    }
    if (p->ask_count < ASKS_MAX)
        p->asks[p->ask_count].forged = true;
    p->world->met[MET_FORGED]++;
    ask(p, "lead-order", "staff-market-1", body);
}

static void deed_garbage(struct people *p, struct dice *d)
{
    static const char *const bytes[] = { "{",
                                         "[]",
                                         "{\"id\":1}",
                                         "{\"id\":\"g\"}",
                                         "{\"id\":\"g\",\"text\":\"\xff\"}",
                                         "null",
                                         "{\"id\":\"g\",\"id\":\"g\"}",
                                         "{\"id\":\"g\",\"lead\":{\"a\":[[[[[[[[1]]]]]]]]}}" };
    static const char *const paths[] = { "request/lead-submit/12345",   "request/lead-reply/staff-police-1",
                                         "request/lead-order/office-1", "request/warning-order/office-1",
                                         "request/query-due/office-1",  "worker/w200-1/ok",
                                         "stream/intake/to/nobody" };
    world_publish(p->world, PICK(d, paths), PICK(d, bytes));
}

void people_act(struct people *p)
{
    static const struct {
        int weight;
        void (*run)(struct people *p, struct dice *d);
    } deeds[] = { { 14, deed_submit },    { 30, deed_reply }, { 14, deed_order }, { 5, deed_warn },
                  { 14, deed_tap },       { 3, deed_say },    { 6, deed_ask },    { 12, deed_repeat },
                  { 2, deed_contradict }, { 2, deed_forge },  { 3, deed_garbage } };
    struct dice *d = &p->world->people_dice;
    int64_t total = 0;
    for (size_t k = 0; k < sizeof deeds / sizeof *deeds; k++)
        total += deeds[k].weight;
    int64_t throw = dice_below(d, total);
    size_t i = 0;
    while (throw >= deeds[i].weight)
        throw -= deeds[i++].weight;
    deeds[i].run(p, d);
}
