/* phones.c - see phones.h. */
#include "phones.h"

#include "warnings.h"
#include "yinling/reader.h"
#include "yinling/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PHONES_MAX = 64,
    LOOK_MS = 3500,   /* a tap counts when the item has been shown for 3 s */
    AGAIN_MS = 11000, /* and 10 s after the one that counted before */
    ITEM_ROOM = 32
};

struct item {        /* on the screen */
    int64_t warning; /* its number; 0: nothing */
    int ask;         /* 0: it was recalled */
    bool is_read;
};

struct memory {
    int ask;
    enum confirmed confirmed;
};

struct phone {
    struct text worker;
    struct client *client;
    char button[64];
    struct item item;
    int64_t since_ms, tapped_ms, taps, echoes;
    struct memory of[WARNINGS_MAX]; /* by number */
};

struct phones {
    struct phone all[PHONES_MAX];
    size_t count;
};

/* w-2026-0017.2 is the second asking, w-2026-0017.off its recall. */
static struct item item_in(struct text payload)
{
    struct item item = { 0 };
    json_t *view = payload.len ? json_loadb(payload.at, payload.len, 0, NULL) : NULL;
    const char *id = json_string_value(json_object_get(view, "item")), *dot = id ? strchr(id, '.') : NULL;
    if (dot && strncmp(id, "w-", 2) == 0) {
        item.warning = json_int_at(view, "number", 0);
        item.ask = (int) strtol(dot + 1, NULL, 10);
        item.is_read = text_is_c(json_text_at(view, "state"), "read");
    }
    json_decref(view);
    return item;
}

static void learn(struct phone *p, int64_t warning, int ask, enum confirmed confirmed)
{
    if (warning <= 0 || warning >= WARNINGS_MAX || ask == 0)
        return;
    struct memory *m = &p->of[warning];
    if (ask > m->ask)
        *m = (struct memory){ ask, SEEN };
    if (ask < m->ask || confirmed <= m->confirmed)
        return;
    p->echoes += confirmed - (m->confirmed > SEEN ? m->confirmed : SEEN);
    m->confirmed = confirmed;
}

/* What left the screen without being cancelled was passed on, by a tap that counted. */
static void on_item(struct phone *p, struct item now)
{
    struct item was = p->item;
    if (memcmp(&was, &now, sizeof now) == 0)
        return;
    if (was.warning && was.ask && was.warning != now.warning)
        learn(p, was.warning, was.ask, CONFIRMED_RELAYED);
    learn(p, now.warning, now.ask, now.is_read ? CONFIRMED_READ : SEEN);
    p->item = now;
    p->since_ms = storm_now_ms();
}

static void on_view(void *context, struct text path, struct text payload, bool retained)
{
    (void) retained;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    if (!topic_read(path, &id, parts))
        return;
    if (id == TOPIC_WORKER_ITEM)
        on_item(context, item_in(payload));
    else if (text_starts(payload, TEXT("目前没有")) || text_starts(payload, TEXT("已确认")))
        on_item(context, (struct item){ 0 }); /* a topic that was cleared while we were away says nothing of it */
}

static void open_phone(struct storm *s, struct phone *p, const struct worker *w)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    p->worker = w->account;
    p->client = place_client(s, w->account.at, NULL, false);
    snprintf(p->button, sizeof p->button, "%s", topic_of(arena, TOPIC_WORKER_OK, w->account).path.at);
    client_listen(p->client, topic_of(arena, TOPIC_WORKER_ITEM, w->account).path.at, on_view, p);
    client_listen(p->client, topic_of(arena, TOPIC_WORKER_TEXT, w->account).path.at, on_view, p);
}

struct phones *phones_new(struct storm *s)
{
    struct phones *phones = calloc(1, sizeof *phones);
    for (size_t v = 0; v < PHONE_VILLAGES; v++) {
        size_t count;
        const struct worker *w = town_workers_of(s->town, &s->town->villages[v], &count);
        for (size_t i = 0; i < count && phones->count < PHONES_MAX; i++)
            open_phone(s, &phones->all[phones->count++], &w[i]);
    }
    return phones;
}

void phones_close(struct storm *s)
{
    for (size_t i = 0; i < s->phones->count; i++)
        client_close(s->phones->all[i].client);
}

void phones_step(struct storm *s)
{
    for (size_t i = 0; i < s->phones->count; i++)
        client_step(s->phones->all[i].client, 0);
}

void phones_tap(struct storm *s)
{
    int64_t now_ms = storm_now_ms();
    for (size_t i = 0; i < s->phones->count; i++) {
        struct phone *p = &s->phones->all[i];
        if (!p->item.warning || now_ms - p->since_ms < LOOK_MS || now_ms - p->tapped_ms < AGAIN_MS)
            continue;
        p->tapped_ms = now_ms;
        p->taps += client_publish(p->client, p->button, TEXT("ok"), 0);
    }
}

enum confirmed phones_know(const struct storm *s, struct text worker, int64_t warning, int ask)
{
    for (size_t i = 0; i < s->phones->count && warning > 0 && warning < WARNINGS_MAX; i++) {
        const struct phone *p = &s->phones->all[i];
        if (text_is(p->worker, worker))
            return p->of[warning].ask == ask ? p->of[warning].confirmed : NOT_SEEN;
    }
    return NOT_SEEN;
}

int64_t phones_overcounted(const struct storm *s)
{
    int64_t count = 0;
    for (size_t i = 0; i < s->phones->count; i++)
        count += s->phones->all[i].echoes > s->phones->all[i].taps;
    return count;
}

void phones_print(const struct storm *s)
{
    int64_t taps = 0, echoes = 0;
    for (size_t i = 0; i < s->phones->count; i++) {
        taps += s->phones->all[i].taps;
        echoes += s->phones->all[i].echoes;
    }
    printf("%zu phones, %lld taps, %lld confirmations seen\n", s->phones->count, (long long) taps, (long long) echoes);
}
