/* leads.c - see leads.h. */
#include "leads.h"

#include "baseline.h"

#include "yinling/reader.h"
#include "yinling/topic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROOT_LEN = 16,             /* yl/v1/370481104/ */
    REPEAT_FIRST_US = 3000000, /* then twice as long each time, as the command line does */
    REPEAT_LAST_US = 60000000,
    LOOK_US = 500000,
    PATIENCE_US = 120 * 1000000,
    IDLE_US = 30000,
    QUIET_US = 300000,
    ANSWERED = 1,
    CARDED = 2,
    SAMPLED = 4, /* a lead of the unit whose due cards are read */
    CLOCKED = 8
};

/* The deadline service takes leads in order, so that the due cards of one unit tell that the clocks of all before are durable, too. A
 * reader of all of them would be a broker pass per lead that the row does not name. */
#define SAMPLED_UNIT "market"

const char *const processes[5] = { "intake", "router", "deadline", "warning", "broker" };

struct slot { /* one request */
    int64_t sent_us, carded_us;
    int64_t again_us, wait_us; /* when it is repeated next, and after how long the time after that */
    int sender;
    bool answered;
};

struct by_number { /* one lead, by its number in the year */
    int64_t slot;  /* 0 until the answer has come: slots count from 1 */
    int64_t carded_us;
    int seen;
};

struct leads {
    struct load *load;
    const struct stage *stage;
    struct line **senders;
    struct text *topics; /* of each sender */
    int sender_count, next_sender;
    struct arena *arena;
    struct slot *slots;
    struct by_number *numbers;
    int64_t slot_room, number_room;
    int64_t sent, complete, repeats, goal; /* goal: how many are to be sent in this flow */
    int64_t flow_first, outstanding_max;
    int64_t *completed_us;
    int64_t completed_room;
    int64_t heard_us; /* the last message */
    int64_t run;      /* ids of one run differ from those of another */
};

const char *const lead_texts[LEAD_TEXTS] = { "有人上门推销养老床位，交一万元返现两千，说名额只剩三天，邻居已经交了钱",
                                             "村口超市放视频说普通食品能降糖抗癌，一盒卖一千多，老人排队买",
                                             "自称医保局来电说能领补贴，要先交保证金，转账后电话打不通",
                                             "养老院一楼私设诊室给老人输液，没有执业许可证，收费很高",
                                             "电线杆上贴满养老床位返现的小广告，撕了又贴，影响村容",
                                             "某公司以养老项目名义吸收老人存款，承诺年息百分之十五，签了合同" };

static void *grown(void *at, int64_t *room, int64_t need, size_t size)
{
    if (need < *room)
        return at;
    int64_t before = *room;
    *room = need + need / 2 + 4096;
    at = realloc(at, (size_t) *room * size);
    assert(at);
    memset((char *) at + (size_t) before * size, 0, (size_t) (*room - before) * size);
    return at;
}

/* -- sending --------------------------------------------------------------------------------------------------------- */

static void send_slot(struct leads *l, int64_t i)
{
    struct slot *s = &l->slots[i];
    char body[1024];
    int len =
        snprintf(body, sizeof body, "{\"id\":\"b%lld-%lld\",\"text\":\"%s（第%lld件）。\",\"village\":\"3704811042%02lld\"}",
                 (long long) l->run, (long long) i, lead_texts[i % LEAD_TEXTS], (long long) i, (long long) (i % 90));
    line_publish(l->senders[s->sender], l->topics[s->sender], (struct text){ body, (size_t) len }, 1, false);
}

static void send_next(struct leads *l, int sender)
{
    int64_t i = ++l->sent;
    l->slots = grown(l->slots, &l->slot_room, i, sizeof *l->slots);
    int64_t now = now_us();
    l->slots[i] =
        (struct slot){ .sent_us = now, .again_us = now + REPEAT_FIRST_US, .wait_us = 2 * REPEAT_FIRST_US, .sender = sender };
    send_slot(l, i);
}

static void repeat_old(struct leads *l)
{
    int64_t now = now_us();
    for (int64_t i = l->flow_first; i <= l->sent; i++) {
        struct slot *s = &l->slots[i];
        if (s->answered || now < s->again_us)
            continue;
        s->again_us = now + s->wait_us;
        s->wait_us = s->wait_us < REPEAT_LAST_US ? 2 * s->wait_us : REPEAT_LAST_US;
        l->repeats++;
        send_slot(l, i);
    }
}

/* -- hearing --------------------------------------------------------------------------------------------------------- */

static int64_t number_of(struct text lead)
{
    int64_t number = 0;
    return lead.len > 5 && text_int((struct text){ lead.at + 5, lead.len - 5 }, &number) ? number : 0;
}

static bool is_complete(int seen)
{
    return (seen & ANSWERED) && (seen & CARDED) && (!(seen & SAMPLED) || (seen & CLOCKED));
}

static void note(struct leads *l, int64_t number, int what, int64_t slot)
{
    if (number <= 0)
        return;
    l->numbers = grown(l->numbers, &l->number_room, number, sizeof *l->numbers);
    struct by_number *n = &l->numbers[number];
    if ((n->seen & what) == what || is_complete(n->seen))
        return;
    n->seen |= what;
    if (what == ANSWERED) {
        n->slot = slot;
        l->slots[slot].answered = true;
    }
    if (what & CARDED && !n->carded_us)
        n->carded_us = now_us();
    if (n->slot && n->carded_us)
        l->slots[n->slot].carded_us = n->carded_us;
    if (!is_complete(n->seen))
        return;
    l->complete++;
    l->completed_us = grown(l->completed_us, &l->completed_room, l->complete, sizeof *l->completed_us);
    l->completed_us[l->complete] = now_us();
    if (l->outstanding_max && l->sent < l->goal)
        send_next(l, l->slots[n->slot].sender);
}

/* The number behind "field":"….-", read without parsing the rest. */
static int64_t digits_after(struct text in, const char *mark)
{
    const char *at = memmem(in.at, in.len, mark, strlen(mark)), *end = in.at + in.len;
    int64_t number = 0;
    if (!at)
        return 0;
    at += strlen(mark);
    while (at < end && *at != '-' && *at != '"')
        at++;
    for (at++; at < end && *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (*at - '0');
    return number;
}

static void on_message(void *context, struct line *line, struct text topic, struct text payload)
{
    (void) line;
    struct leads *l = context;
    l->heard_us = now_us();
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX], path = { topic.at + ROOT_LEN, topic.len - ROOT_LEN };
    if (topic.len <= ROOT_LEN || !topic_read(path, &id, parts) || payload.len == 0)
        return;
    char mark[48];
    if (id == TOPIC_ANSWER || id == TOPIC_ANSWER_DEVICE) {
        snprintf(mark, sizeof mark, "\"request\":\"b%lld", (long long) l->run);
        int64_t slot = digits_after(payload, mark);
        if (slot > 0 && slot <= l->sent)
            note(l, digits_after(payload, "\"lead\":\""), ANSWERED, slot);
    } else if (id == TOPIC_UNIT_LEAD) {
        bool is_holder = memmem(payload.at, payload.len, "\"role\":\"lead\"", 13); /* others have a card that assist */
        if (is_holder)
            note(l, number_of(parts[1]), text_is_c(parts[0], SAMPLED_UNIT) ? CARDED | SAMPLED : CARDED, 0);
    } else if (id == TOPIC_UNIT_DUE) {
        note(l, number_of(parts[1]), CLOCKED, 0);
    }
}

/* -- flows ----------------------------------------------------------------------------------------------------------- */

void town_times(const struct stage *stage, int64_t ret_us[5])
{
    for (int i = 0; i < 5; i++)
        ret_us[i] = cpu_us_of(stage_pid(stage, processes[i]));
}

int64_t town_cpu_us(const struct stage *stage)
{
    int64_t us[5], sum = 0;
    town_times(stage, us);
    for (int i = 0; i < 5; i++)
        sum += us[i];
    return sum;
}

static void flow_begins(struct leads *l, int64_t count, int64_t outstanding)
{
    l->flow_first = l->sent + 1;
    l->goal = l->sent + count;
    l->outstanding_max = outstanding;
    l->repeats = 0;
}

static void wait_for(struct leads *l, int64_t complete, int64_t patience_us)
{
    int64_t until = now_us() + patience_us, look = now_us() + LOOK_US, last = l->complete;
    while (l->complete < complete && now_us() < until) {
        load_step(l->load, 2000);
        if (now_us() < look)
            continue;
        look = now_us() + LOOK_US;
        until = l->complete > last ? now_us() + patience_us : until;
        last = l->complete;
        repeat_old(l);
    }
}

struct flow leads_flow(struct leads *l, int64_t count, int64_t outstanding)
{
    struct flow f = { .leads = count * 8 / 10 };
    int64_t before[5], after[5], own = own_cpu_us(), began = now_us(), first = l->complete;
    town_times(l->stage, before);
    flow_begins(l, count, outstanding);
    for (int64_t i = 0; i < (outstanding && outstanding < count ? outstanding : count); i++)
        send_next(l, (int) (i % l->sender_count));
    wait_for(l, first + count, PATIENCE_US);
    town_times(l->stage, after);
    for (int i = 0; i < 5; i++)
        f.cpu_us[i] = after[i] - before[i];
    f.own_cpu_us = own_cpu_us() - own;
    f.all_us = now_us() - began;
    f.repeats = l->repeats;
    f.lost = first + count - l->complete;
    f.us = f.lost ? f.all_us : l->completed_us[first + count * 9 / 10] - l->completed_us[first + count / 10 + 1];
    return f;
}

double flow_rate(const struct flow *f)
{
    return f->us > 0 ? (double) f->leads * 1e6 / (double) f->us : 0;
}

static double *latencies(const struct leads *l, int64_t count)
{
    double *all = calloc((size_t) count, sizeof *all);
    assert(all);
    for (int64_t i = 0; i < count; i++) {
        const struct slot *s = &l->slots[l->flow_first + i];
        all[i] = s->carded_us ? (double) (s->carded_us - s->sent_us) : (double) PATIENCE_US;
    }
    tail_taken(all, count);
    return all;
}

double *leads_paced(struct leads *l, int64_t count, int64_t per_s)
{
    int64_t first = l->complete, gap = 1000000 / per_s, next = now_us();
    flow_begins(l, count, 0);
    for (int64_t i = 0; i < count; i++) {
        next += gap;
        for (int64_t now = now_us(); now < next; now = now_us())
            load_step(l->load, next - now);
        send_next(l, (int) (i % l->sender_count));
    }
    wait_for(l, first + count, PATIENCE_US);
    return latencies(l, count);
}

double *leads_alone(struct leads *l, int64_t count)
{
    flow_begins(l, count, 0);
    for (int64_t i = 0; i < count; i++) {
        int64_t complete = l->complete + 1;
        for (int64_t until = now_us() + IDLE_US, now = now_us(); now < until; now = now_us())
            load_step(l->load, until - now);
        send_next(l, (int) (i % l->sender_count));
        wait_for(l, complete, PATIENCE_US);
    }
    return latencies(l, count);
}

int64_t leads_submitted(const struct leads *l)
{
    return l->sent;
}

int64_t leads_completed(const struct leads *l)
{
    return l->complete;
}

/* -- opening --------------------------------------------------------------------------------------------------------- */

static const char *full(struct leads *l, struct topic t)
{
    return arena_printf(l->arena, "yl/v1/370481104/" TEXT_FMT, TEXT_ARG(t.path)).at;
}

static void add_sender(struct leads *l, const char *account, const char *device)
{
    struct text who = text_of(account), which = text_of(device), kind = TEXT("lead-submit");
    const char *id = arena_printf(l->arena, "%s%s%s", account, device ? "@" : "", device ? device : "").at;
    struct line *line = load_line(l->load, l->stage->port, id, account, stage_password(l->stage, account), l->sender_count);
    line_subscribe(
        line, full(l, device ? topic_of(l->arena, TOPIC_ANSWER_DEVICE, who, which) : topic_of(l->arena, TOPIC_ANSWER, who)), 0);
    struct topic to =
        device ? topic_of(l->arena, TOPIC_REQUEST_DEVICE, kind, who, which) : topic_of(l->arena, TOPIC_REQUEST, kind, who);
    l->topics[l->sender_count] = text_of(full(l, to));
    l->senders[l->sender_count++] = line;
}

static const char *filter_of(struct leads *l, enum topic_id id, struct text unit)
{
    return arena_printf(l->arena, "yl/v1/370481104/" TEXT_FMT, TEXT_ARG(topic_filter(l->arena, id, unit))).at;
}

static void add_desks(struct leads *l)
{
    static const char *const units[] = { "governance",        "police",         "justice", "publicity", "civil-affairs",
                                         "natural-resources", "construction",   "market",  "health",    "enforcement",
                                         "finance",           "culture-tourism" };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const char *account = arena_printf(l->arena, "staff-%s-1", units[i]).at;
        struct line *line = load_line(l->load, l->stage->port, account, account, stage_password(l->stage, account), -1);
        struct text unit = text_of(units[i]);
        line_subscribe(line, filter_of(l, TOPIC_UNIT_LEAD, unit), 1);
        if (strcmp(units[i], SAMPLED_UNIT) == 0)
            line_subscribe(line, filter_of(l, TOPIC_UNIT_DUE, unit), 1);
    }
}

struct leads *leads_open(const struct stage *stage, int channels, int devices, int workers)
{
    struct timespec now; /* a kept town remembers the ids of earlier benches */
    clock_gettime(CLOCK_REALTIME, &now);
    struct leads *l = calloc(1, sizeof *l);
    assert(l);
    size_t count = (size_t) (channels * devices + workers);
    *l = (struct leads){ .load = load_new(),
                         .stage = stage,
                         .senders = calloc(count, sizeof *l->senders),
                         .topics = calloc(count, sizeof *l->topics),
                         .arena = arena_new(64 * 1024),
                         .run = (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000 };
    assert(l->senders && l->topics);
    load_hook(l->load, (struct load_hooks){ .message = on_message, .context = l });
    for (int i = 0; i < channels * devices; i++)
        add_sender(l, arena_printf(l->arena, "bench-%02d", i / devices).at, arena_printf(l->arena, "d%d", i % devices).at);
    for (int i = 0; i < workers; i++)
        add_sender(l, arena_printf(l->arena, "w%03d-%d", 200 + i % 90, 1 + i / 90).at, NULL);
    add_desks(l);
    if (!load_settle(l->load, 1, 60 * 1000000)) {
        fprintf(stderr, "bench: the connections do not come up\n");
        exit(3);
    }
    for (l->heard_us = now_us(); now_us() < l->heard_us + QUIET_US;)
        load_step(l->load, QUIET_US / 10); /* cards of all that is open come to the desks */
    return l;
}

struct leads *leads_close(struct leads *l)
{
    if (!l)
        return NULL;
    load_free(l->load);
    arena_free(l->arena);
    free(l->senders);
    free(l->topics);
    free(l->slots);
    free(l->numbers);
    free(l->completed_us);
    free(l);
    return NULL;
}
