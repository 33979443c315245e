/* people.c - see people.h. */
#include "sim/people.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASKS_MAX = 8000, LEADS_MAX = 4000, WARNINGS_MAX = 400, BODY_MAX = 3000 };
#define REMEMBERED_MS (6 * INT64_C(86400000)) /* the contract keeps binding answers for seven days */

struct ask {
    char id[32], kind[24], account[40];
    char *body;
    char *answer; /* the first that binds; NULL: none yet */
    bool done;    /* answered, binding or not */
    int64_t first_ms;
};

struct people {
    struct world *world;
    struct ask asks[ASKS_MAX];
    size_t ask_count;
    char leads[LEADS_MAX][24];
    size_t lead_count;
    char warnings[WARNINGS_MAX][24];
    size_t warning_count;
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
    a->first_ms = p->world->wall_ms;
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

static void learn_lead(struct people *p, const struct ask *a, const json_t *answer)
{
    struct text lead = json_text_at(answer, "lead"), duplicate = json_text_at(answer, "duplicate_of");
    if (!lead.at || duplicate.at || strcmp(a->kind, "lead-submit") != 0)
        return;
    for (size_t i = 0; i < p->lead_count; i++) {
        if (text_is_c(lead, p->leads[i])) {
            world_fail(p->world, "lead " TEXT_FMT " was given to two requests (%s is the second)", TEXT_ARG(lead), a->id);
            return;
        }
    }
    if (p->lead_count < LEADS_MAX)
        snprintf(p->leads[p->lead_count++], sizeof *p->leads, TEXT_FMT, TEXT_ARG(lead));
}

static void on_answer(void *context, struct text account, const json_t *answer)
{
    struct people *p = context;
    struct text id = json_text_at(answer, "request");
    int64_t n;
    if (!id.at || id.len < 2 || !text_int((struct text){ id.at + 1, id.len - 1 }, &n) || n < 0 || n >= (int64_t) p->ask_count)
        return;
    struct ask *a = &p->asks[n];
    if (!text_is_c(account, a->account))
        world_fail(p->world, "the answer to %s of %s went to " TEXT_FMT, a->id, a->account, TEXT_ARG(account));
    if (text_is_c(json_text_at(json_object_get(answer, "error"), "code"), "conflict"))
        return;
    a->done = a->done || binds(answer);
    if (is_question(a->kind) || !binds(answer))
        return;
    char *said = json_dumps(answer, JSON_COMPACT);
    if (a->answer) {
        if (strcmp(a->answer, said) != 0)
            world_fail(p->world, "the binding answer to %s %s changed: %s then %s", a->kind, a->id, a->answer, said);
        free(said);
        return;
    }
    a->answer = said;
    learn_lead(p, a, answer);
    struct text warning = json_text_at(answer, "warning");
    if (warning.at && strcmp(a->kind, "warning-order") == 0 && p->warning_count < WARNINGS_MAX)
        snprintf(p->warnings[p->warning_count++], sizeof *p->warnings, TEXT_FMT, TEXT_ARG(warning));
}

struct people *people_new(struct world *world)
{
    struct people *p = calloc(1, sizeof *p);
    assert(p);
    p->world = world;
    world->on_answer = on_answer;
    world->answer_context = p;
    return p;
}

struct people *people_free(struct people *p)
{
    for (size_t i = 0; p && i < p->ask_count; i++) {
        free(p->asks[i].body);
        free(p->asks[i].answer);
    }
    free(p);
    return NULL;
}

size_t people_repeat(struct people *p)
{
    size_t open = 0;
    for (size_t i = 0; i < p->ask_count; i++) {
        const struct ask *a = &p->asks[i];
        /* who has no answer after days asks anew; an acceptance is remembered for ever */
        bool is_given_up = p->world->wall_ms - a->first_ms >= REMEMBERED_MS && strcmp(a->kind, "lead-submit") != 0;
        if (a->done || is_given_up)
            continue;
        open++;
        send(p, &p->asks[i]);
    }
    return open;
}

void people_accept_clocks(struct people *p)
{
    for (int i = 0; i < MACHINES; i++) {
        char path[96];
        snprintf(path, sizeof path, "request/operate-%s/operator-1", p->world->machines[i].service->name);
        world_publish(p->world, path, "{\"id\":\"clock\",\"action\":\"clock-accept\"}");
    }
}

size_t people_lead_count(const struct people *p)
{
    return p->lead_count;
}
const char *people_lead(const struct people *p, size_t i)
{
    return p->leads[i];
}
size_t people_warning_count(const struct people *p)
{
    return p->warning_count;
}

/* -- deeds ----------------------------------------------------------------------------------------------------------- */

static void deed_submit(struct people *p, struct dice *d)
{
    const char *account = dice_chance(d, 850) ? PICK(d, channels) : PICK(d, others);
    json_t *body = json_pack("{s:s}", "text", PICK(d, texts));
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
        json_object_set_new(body, "against", json_pack("{s:s}", "unit", "market"));
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
    return p->leads[i];
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
        bool transfer = dice_chance(d, 150);
        json_object_set_new(body, "finding", json_string(transfer ? "transfer" : PICK(d, findings)));
        if (transfer) {
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
    static const char *const actions[] = { "verify", "verify", "verify", "assign", "set-severity" };
    const char *action = PICK(d, actions);
    json_t *body = json_pack("{s:s,s:s}", "lead", lead, "action", action);
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
    if (strcmp(action, "set-severity") == 0)
        json_object_set_new(body, "severity", json_string("severe")),
            json_object_set_new(body, "reason", json_string("涉及人数多。"));
    ask(p, "lead-order", "office-2", body);
}

static void deed_warn(struct people *p, struct dice *d)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    if (p->warning_count && dice_chance(d, 400)) {
        const char *warning = p->warnings[dice_below(d, (int64_t) p->warning_count)];
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
        json_object_set_new(body, "warning", json_string(p->warning_count ? p->warnings[p->warning_count - 1] : "w-2026-0001"));
    else if (strcmp(kind, "query-leads") != 0)
        json_object_set_new(body, "lead", json_string(some_lead(p, d)));
    ask(p, kind, dice_chance(d, 500) ? "office-1" : "staff-police-1", body);
}

/* One of the asks that the system still remembers; NULL: the dice chose an older one. */
static struct ask *remembered(struct people *p, struct dice *d)
{
    struct ask *a = p->ask_count ? &p->asks[dice_below(d, (int64_t) p->ask_count)] : NULL;
    return a && p->world->wall_ms - a->first_ms < REMEMBERED_MS ? a : NULL;
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
    } deeds[] = { { 22, deed_submit }, { 26, deed_reply }, { 12, deed_order },  { 5, deed_warn },       { 14, deed_tap },
                  { 3, deed_say },     { 6, deed_ask },    { 12, deed_repeat }, { 2, deed_contradict }, { 3, deed_garbage } };
    struct dice *d = &p->world->people_dice;
    int64_t throw = dice_below(d, 105);
    size_t i = 0;
    while (throw >= deeds[i].weight)
        throw -= deeds[i++].weight;
    deeds[i].run(p, d);
}
