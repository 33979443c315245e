/* phones.c - see phones.h. */
#include "phones.h"

#include "yinling/topic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_US = 60 * 1000000, VILLAGES = PHONE_VILLAGES, FIRST_VILLAGE = 200, AT_ONCE = 250, WINDOW = 100 };
#define TEXT_OF_PHONE "【17·紧急】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，看完点“收到”。还有2条"

struct phones {
    struct load *load;
    struct arena *arena;
    struct line **lines, *desk; /* desk: orders warnings; of the bare broker, publishes the texts */
    struct text *texts, *oks;   /* topics of each phone */
    bool *has_changed;
    int count, changed, orders;
    int villages, wanted; /* addressed: phones of the first so many villages, and how many those are */
    int64_t since_us, last_us;
    bool is_bare, desk_answers;
};

static struct text full(struct arena *arena, struct topic t)
{
    return arena_printf(arena, "yl/v1/370481104/" TEXT_FMT, TEXT_ARG(t.path));
}

/* The number at the end of a topic: bench/tap/17. */
static int number_behind(struct text topic)
{
    int number = 0;
    const char *slash = memrchr(topic.at, '/', topic.len);
    for (const char *c = slash + 1; c < topic.at + topic.len; c++)
        number = number * 10 + (*c - '0');
    return number;
}

static void on_message(void *context, struct line *line, struct text topic, struct text payload)
{
    struct phones *p = context;
    if (line == p->desk) {
        if (p->desk_answers)
            line_publish(p->desk, p->texts[number_behind(topic)], TEXT(TEXT_OF_PHONE), 1, true);
        else if (memmem(payload.at, payload.len, "\"ok\":false", 10))
            fprintf(stderr, "bench: the order was refused: " TEXT_FMT "\n", TEXT_ARG(payload));
        return;
    }
    if (p->has_changed[line->number] || line->number % VILLAGES >= p->villages)
        return;
    p->has_changed[line->number] = true;
    p->changed++;
    p->last_us = now_us();
}

/* A phone's village is its number among the villages. */
static void address(struct phones *p, int villages)
{
    p->villages = villages;
    p->wanted = 0;
    for (int i = 0; i < p->count; i++)
        p->wanted += i % VILLAGES < villages;
}

static void forget(struct phones *p)
{
    memset(p->has_changed, 0, (size_t) p->count * sizeof *p->has_changed);
    p->changed = 0;
    p->since_us = p->last_us = now_us();
}

static double wait_for_all(struct phones *p)
{
    for (int64_t until = now_us() + PATIENCE_US; p->changed < p->wanted && now_us() < until;)
        load_step(p->load, 10000);
    return (double) (p->last_us - p->since_us);
}

/* -- opening --------------------------------------------------------------------------------------------------------- */

static struct phones *phones_new(int count)
{
    struct phones *p = calloc(1, sizeof *p);
    assert(p);
    *p = (struct phones){ .load = load_new(), .arena = arena_new(256 * 1024), .count = count };
    p->lines = calloc((size_t) count, sizeof *p->lines);
    p->texts = calloc((size_t) count, sizeof *p->texts);
    p->oks = calloc((size_t) count, sizeof *p->oks);
    p->has_changed = calloc((size_t) count, sizeof *p->has_changed);
    assert(p->lines && p->texts && p->oks && p->has_changed);
    load_hook(p->load, (struct load_hooks){ .message = on_message, .context = p });
    address(p, VILLAGES);
    return p;
}

static void add_phone(struct phones *p, int i, int port, const struct stage *stage)
{
    struct text worker = arena_printf(p->arena, "w%03d-%d", FIRST_VILLAGE + i % VILLAGES, 1 + i / VILLAGES);
    p->texts[i] = full(p->arena, topic_of(p->arena, TOPIC_WORKER_TEXT, worker));
    p->oks[i] =
        p->is_bare ? arena_printf(p->arena, "bench/tap/%d", i) : full(p->arena, topic_of(p->arena, TOPIC_WORKER_OK, worker));
    p->lines[i] =
        load_line(p->load, port, worker.at, stage ? worker.at : NULL, stage ? stage_password(stage, worker.at) : NULL, i);
    line_subscribe(p->lines[i], p->texts[i].at, 1);
}

static void add_all(struct phones *p, int port, const struct stage *stage)
{
    for (int i = 0; i < p->count; i++) {
        add_phone(p, i, port, stage);
        if ((i % AT_ONCE == 0 || i == p->count - 1) && !load_settle(p->load, 1, PATIENCE_US)) {
            fprintf(stderr, "bench: the phones do not come up\n");
            exit(3);
        }
    }
}

struct phones *phones_of_town(const struct stage *stage, int count)
{
    struct phones *p = phones_new(count);
    add_all(p, stage->port, stage);
    p->desk = load_line(p->load, stage->port, "publicity-1", "publicity-1", stage_password(stage, "publicity-1"), -1);
    line_subscribe(p->desk, full(p->arena, topic_of(p->arena, TOPIC_ANSWER, TEXT("publicity-1"))).at, 0);
    if (!load_settle(p->load, 1, PATIENCE_US))
        exit(3);
    p->since_us = now_us();
    wait_for_all(p); /* what they show before any warning */
    return p;
}

struct phones *phones_of_minimal(const struct bare *bare, int count)
{
    struct phones *p = phones_new(count);
    add_all(p, bare->port, NULL);
    p->desk = load_line(p->load, bare->port, "publicity-1", NULL, NULL, -1);
    line_subscribe(p->desk, full(p->arena, topic_of(p->arena, TOPIC_ANSWER, TEXT("publicity-1"))).at, 0);
    if (!load_settle(p->load, 1, PATIENCE_US))
        exit(3);
    return p;
}

struct phones *phones_of_bare(const struct bare *bare, int count)
{
    struct phones *p = phones_new(count);
    p->is_bare = true;
    add_all(p, bare->port, NULL);
    p->desk = load_line(p->load, bare->port, "desk", NULL, NULL, -1);
    line_subscribe(p->desk, "bench/tap/+", 0);
    if (!load_settle(p->load, 1, PATIENCE_US))
        exit(3);
    return p;
}

struct phones *phones_close(struct phones *p)
{
    if (!p)
        return NULL;
    load_free(p->load);
    arena_free(p->arena);
    free(p->lines);
    free(p->texts);
    free(p->oks);
    free(p->has_changed);
    free(p);
    return NULL;
}

/* -- the town -------------------------------------------------------------------------------------------------------- */

/* "audience":{"all":true}, or the codes of the first villages. */
static struct text audience_of(struct phones *p)
{
    if (p->villages == VILLAGES)
        return TEXT("{\"all\":true}");
    struct text list = TEXT("");
    for (int i = 0; i < p->villages; i++)
        list = arena_printf(p->arena, TEXT_FMT "%s\"370481104%d\"", TEXT_ARG(list), i ? "," : "", FIRST_VILLAGE + i);
    return arena_printf(p->arena, "{\"villages\":[" TEXT_FMT "]}", TEXT_ARG(list));
}

void phones_order(struct phones *p, const char *severity, int villages)
{
    char until[40];
    time_t tomorrow = time(NULL) + 86400 + 8 * 3600;
    struct tm t;
    gmtime_r(&tomorrow, &t);
    strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%S+08:00", &t);
    address(p, villages);
    struct text body = arena_printf(
        p->arena,
        "{\"id\":\"bench-%lld-%d\",\"action\":\"issue\",\"headline\":\"有人上门推销“养老床位返现”\",\"text\":\"近日有人冒充养老机构"
        "上门推销床位，承诺返现，已有老人受骗。\",\"instruction\":\"入户提醒独居老人不要交钱\",\"severity\":\"%s\","
        "\"expires\":\"%s\",\"audience\":" TEXT_FMT "}",
        (long long) time(NULL), ++p->orders, severity, until, TEXT_ARG(audience_of(p)));
    forget(p);
    line_publish(p->desk, full(p->arena, topic_of(p->arena, TOPIC_REQUEST, TEXT("warning-order"), TEXT("publicity-1"))), body,
                 1, false);
}

double phones_warned(struct phones *p, const char *severity, int villages)
{
    phones_order(p, severity, villages);
    return wait_for_all(p);
}

void phones_step(struct phones *p, int64_t wait_us)
{
    load_step(p->load, wait_us);
}

int phones_changed(const struct phones *p)
{
    return p->changed;
}

int phones_wanted(const struct phones *p)
{
    return p->wanted;
}

double phones_since_order(const struct phones *p)
{
    return (double) (p->last_us - p->since_us);
}

void phones_wait(struct phones *p, int64_t us)
{
    for (int64_t until = now_us() + us; now_us() < until;)
        load_step(p->load, 10000);
}

double phones_tapped(struct phones *p, int *ret_missing)
{
    address(p, VILLAGES);
    forget(p);
    for (int i = 0; i < p->count; i++)
        line_publish(p->lines[i], p->oks[i], TEXT("1"), 0, false);
    double took = wait_for_all(p);
    *ret_missing = p->wanted - p->changed;
    return took;
}

/* -- the bare broker ------------------------------------------------------------------------------------------------- */

double phones_bare_texts(struct phones *p)
{
    forget(p);
    for (int i = 0; i < p->count;) {
        for (; i < p->count && p->desk->unacked < WINDOW; i++)
            line_publish(p->desk, p->texts[i], TEXT(TEXT_OF_PHONE), 1, true);
        load_step(p->load, 10000);
    }
    return wait_for_all(p);
}

double phones_bare_taps(struct phones *p)
{
    forget(p);
    p->desk_answers = true;
    for (int i = 0; i < p->count; i++)
        line_publish(p->lines[i], p->oks[i], TEXT("1"), 0, false);
    double took = wait_for_all(p);
    p->desk_answers = false;
    return took;
}
