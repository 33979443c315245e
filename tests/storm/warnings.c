/* warnings.c - see warnings.h. */
#include "warnings.h"

#include "asks.h"
#include "phones.h"
#include "yinling/instant.h"
#include "yinling/reader.h"
#include "yinling/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    DAY_MS = 86400000,
    SOON_MS = 8000, /* some expire in the middle of the storm */
    SETTLE_MS = 3000,
    QUERY_MS = 20000,
    WORKERS_SEEN_MAX = 1024,
    SEVERITIES = 4,
    WORD_ROOM = 48
};

struct seen {           /* on a worker's topics; by the town's order */
    int64_t todo, item; /* item: number of the warning on the screen */
    int64_t open;       /* as the service says, added up */
    char text[WORD_ROOM];
};

/* What the service says of one warning, against everything else. */
struct findings_of {
    int64_t unreached, unlike_coverage, unlike_taps, unlike_board, wrong_state, twice;
};

struct warnings {
    struct warning all[WARNINGS_MAX];
    uint32_t count;
    uint16_t in_villages[WARNINGS_MAX]; /* by number: on how many villages' topics it stands */
    json_t *boards[WARNINGS_MAX];       /* by number */
    struct seen workers[WORKERS_SEEN_MAX];
    int64_t next_ms, refused;
    struct findings_of found;
    int64_t remains, unlike_phone;
};

static const char *const severities[SEVERITIES] = { "minor", "moderate", "severe", "extreme" };

static int64_t wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool has_phones(const struct warning *w)
{
    return w->village < PHONE_VILLAGES;
}

static struct text id_of(struct arena *arena, const struct storm *s, int64_t number)
{
    (void) s;
    return arena_printf(arena, "w-%d-%04lld", civil_of((instant_ms){ wall_ms() }).year, (long long) number);
}

/* -- what is ordered ------------------------------------------------------------------------------------------------- */

static void issue_body(const struct storm *s, const struct warning *w, uint32_t index, json_t *body)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    json_object_set_new(body, "headline", json_of_text(arena_printf(arena, "有人上门推销养老床位（第%u条）", index)));
    json_object_set_new(body, "instruction", json_string("请入户提醒老人"));
    json_object_set_new(body, "severity", json_string(severities[(has_phones(w) ? w->village : index) % SEVERITIES]));
    json_object_set_new(body, "expires", json_of_text(instant_text(arena, (instant_ms){ w->expires_ms })));
    json_object_set_new(body, "audience", json_pack("{s:[o]}", "villages", json_of_text(s->town->villages[w->village].code)));
}

void warn_body(const struct storm *s, const struct ask *ask, json_t *body)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    const struct warning *w = &s->warnings->all[ask->about];
    if (ask->kind == ASK_ISSUE) {
        issue_body(s, w, ask->about, body);
        return;
    }
    json_object_set_new(body, "warning", json_of_text(id_of(arena, s, w->number)));
    if (ask->kind == ASK_CANCEL)
        json_object_set_new(body, "reason", json_string("已经核实，没有此事"));
    else
        json_object_set_new(body, "instruction", json_of_text(arena_printf(arena, "请再次入户提醒（第%u次）", ask->detail)));
}

static void issue(struct storm *s)
{
    struct warnings *ws = s->warnings;
    if (ws->count == WARNINGS_MAX - 1)
        return;
    uint32_t index = ws->count++;
    bool is_short = storm_throw(&s->load_dice, 8) == 0, with_phones = !is_short && storm_throw(&s->load_dice, 2) == 0;
    int64_t others = (int64_t) s->town->village_count - PHONE_VILLAGES;
    ws->all[index] =
        (struct warning){ .village = (uint32_t) (with_phones ? storm_throw(&s->load_dice, PHONE_VILLAGES)
                                                             : PHONE_VILLAGES + storm_throw(&s->load_dice, others)),
                          .expires_ms = wall_ms() + (is_short ? SOON_MS + storm_throw(&s->load_dice, SOON_MS) : DAY_MS),
                          .end = is_short ? EXPIRING : IN_FORCE,
                          .is_busy = true };
    asks_send(s, ASK_ISSUE, storm_throw(&s->load_dice, 2) ? SENDER_OFFICE : SENDER_PUBLICITY, index, 0);
}

static void change(struct storm *s, enum ask_kind kind)
{
    struct warnings *ws = s->warnings;
    for (int try = 0; try < 8 && ws->count; try++) {
        uint32_t index = (uint32_t) storm_throw(&s->load_dice, ws->count);
        struct warning *w = &ws->all[index];
        if (w->is_busy || w->is_refused || w->end != IN_FORCE)
            continue;
        w->is_busy = true;
        asks_send(s, kind, SENDER_OFFICE, index, kind == ASK_UPDATE ? ++w->updates : 0);
        return;
    }
}

void warnings_order(struct storm *s, int64_t every_ms)
{
    struct warnings *ws = s->warnings;
    if (storm_now_ms() < ws->next_ms)
        return;
    ws->next_ms = storm_now_ms() + every_ms;
    int64_t die = storm_throw(&s->load_dice, 10);
    if (die < 6)
        issue(s);
    else
        change(s, die < 8 ? ASK_UPDATE : ASK_CANCEL);
}

void warn_answered(struct storm *s, const struct ask *ask, const json_t *answer)
{
    struct warning *w = &s->warnings->all[ask->about];
    struct text id = json_text_at(answer, "warning");
    w->is_busy = false;
    if (!ask->is_ok) {
        bool came_late = ask->kind == ASK_ISSUE && w->end == EXPIRING && wall_ms() > w->expires_ms;
        w->is_refused = w->is_refused || ask->kind == ASK_ISSUE;
        s->warnings->refused += !came_late;
        if (!came_late)
            printf("refused: warning %u: " TEXT_FMT "\n", ask->about,
                   TEXT_ARG(json_text_at(json_object_get(answer, "error"), "message")));
        return;
    }
    if (ask->kind == ASK_ISSUE) {
        w->number = id.len > 7 ? strtoll(id.at + 7, NULL, 10) : 0;
        w->workers = json_int_at(answer, "workers", -1);
        w->ask = 1;
    }
    w->ask += ask->kind == ASK_UPDATE;
    if (ask->kind == ASK_CANCEL)
        w->end = CANCELLED;
}

/* -- what is seen ---------------------------------------------------------------------------------------------------- */

static int64_t number_of(struct text warning)
{
    int64_t number = warning.len > 7 ? strtoll(warning.at + 7, NULL, 10) : 0;
    return number > 0 && number < WARNINGS_MAX ? number : 0;
}

static struct seen *seen_by(struct storm *s, struct text account)
{
    const struct worker *w = town_worker(s->town, account);
    return w && w - s->town->workers < WORKERS_SEEN_MAX ? &s->warnings->workers[w - s->town->workers] : NULL;
}

static void on_worker_view(struct storm *s, enum topic_id id, struct text account, struct text payload)
{
    struct seen *seen = seen_by(s, account);
    if (!seen)
        return;
    if (id == TOPIC_WORKER_TODO) {
        text_int(payload, &seen->todo);
    } else if (id == TOPIC_WORKER_TEXT) {
        snprintf(seen->text, sizeof seen->text, TEXT_FMT, TEXT_ARG(payload));
    } else {
        json_t *item = payload.len ? json_loadb(payload.at, payload.len, 0, NULL) : NULL;
        seen->item = json_int_at(item, "number", 0);
        json_decref(item);
    }
}

static void on_view(void *context, struct text path, struct text payload, bool retained)
{
    (void) retained;
    struct storm *s = context;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    if (!topic_read(path, &id, parts))
        return;
    if (id == TOPIC_BOARD_WARNING) {
        json_t **board = &s->warnings->boards[number_of(parts[0])];
        json_decref(*board);
        *board = payload.len ? json_loadb(payload.at, payload.len, 0, NULL) : NULL;
    } else if (id == TOPIC_VILLAGE_WARNING) {
        s->warnings->in_villages[number_of(parts[1])] = payload.len > 0; /* each has one village */
    } else {
        on_worker_view(s, id, parts[0], payload);
    }
}

struct warnings *warnings_new(void)
{
    return calloc(1, sizeof(struct warnings));
}

void warnings_listen(struct storm *s)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    static const enum topic_id seen[] = { TOPIC_VILLAGE_WARNING, TOPIC_WORKER_TEXT, TOPIC_WORKER_TODO, TOPIC_WORKER_ITEM,
                                          TOPIC_BOARD_WARNING };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        client_listen(s->senders[SENDER_OFFICE], topic_filter(arena, seen[i], NO_TEXT).at, on_view, s);
}

void warnings_forget(struct storm *s)
{
    struct warnings *ws = s->warnings;
    for (size_t i = 0; i < WARNINGS_MAX; i++) {
        json_decref(ws->boards[i]);
        ws->boards[i] = NULL;
    }
    memset(ws->in_villages, 0, sizeof ws->in_villages);
    memset(ws->workers, 0, sizeof ws->workers);
}

/* -- what is counted ------------------------------------------------------------------------------------------------- */

static void wait_a_moment(struct storm *s, int64_t ms)
{
    for (int64_t until = storm_now_ms() + ms; storm_now_ms() < until;)
        storm_step(s);
}

struct reply {
    json_t *answer;
};

static void keep(void *context, const json_t *answer)
{
    struct reply *r = context;
    r->answer = answer ? json_incref((json_t *) answer) : NULL;
}

static json_t *ask_about(struct storm *s, int64_t number)
{
    own(arena_free) struct arena *arena = arena_new(1024);
    struct reply r = { NULL };
    client_send(s->senders[SENDER_OFFICE], "query-warning",
                json_pack("{s:o}", "warning", json_of_text(id_of(arena, s, number))), keep, &r);
    for (int64_t until = storm_now_ms() + QUERY_MS; !r.answer && storm_now_ms() < until;)
        storm_step(s);
    return r.answer;
}

static bool is_state(const json_t *line, const char *a, const char *b, const char *c)
{
    struct text state = json_text_at(line, "state");
    return text_is_c(state, a) || text_is_c(state, b) || text_is_c(state, c);
}

/* One worker's receipt, against the phone of that worker and the screen that the office sees. */
static void compare_line(struct storm *s, const struct warning *w, const json_t *line, struct findings_of *f)
{
    struct text worker = json_text_at(line, "worker");
    struct seen *seen = seen_by(s, worker);
    bool is_open = is_state(line, "shown", "read", "recalled");
    if (seen)
        seen->open += is_open;
    if (!has_phones(w) || w->end != IN_FORCE)
        return;
    enum confirmed confirmed = phones_know(s, worker, w->number, w->ask);
    enum confirmed stored = is_state(line, "done", "", "")   ? CONFIRMED_RELAYED
                            : is_state(line, "read", "", "") ? CONFIRMED_READ
                                                             : SEEN;
    f->unlike_taps += (confirmed > SEEN ? confirmed : SEEN) != stored;
}

static void compare_coverage(const struct warning *w, const json_t *answer, const json_t *board, struct findings_of *f)
{
    static const char *const counts[] = { "workers", "shown", "read", "relayed", "refused", "reached", "escalated" };
    const json_t *coverage = json_object_get(answer, "coverage"), *line;
    int64_t read = 0, relayed = 0;
    size_t i;
    json_array_foreach(json_object_get(answer, "receipts"), i, line)
    {
        read += json_object_get(line, "read_at") != NULL;
        relayed += json_object_get(line, "relayed_at") != NULL;
    }
    f->unlike_coverage += json_int_at(coverage, "read", -1) != read || json_int_at(coverage, "relayed", -1) != relayed;
    f->unreached += json_int_at(coverage, "workers", -1) != w->workers || (int64_t) i != w->workers;
    for (i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (json_int_at(board, counts[i], -1) != json_int_at(coverage, counts[i], -2)) {
            f->unlike_board++;
            break;
        }
    }
}

static void compare(struct storm *s, const struct warning *w, struct findings_of *f)
{
    static const char *const states[] = { [IN_FORCE] = "active", [CANCELLED] = "cancelled", [EXPIRING] = "expired" };
    json_t *answer = ask_about(s, w->number), *line;
    size_t i;
    f->wrong_state += !text_is_c(json_text_at(answer, "state"), states[w->end]);
    json_array_foreach(json_object_get(answer, "receipts"), i, line)
    {
        compare_line(s, w, line, f);
    }
    if (w->end == IN_FORCE)
        compare_coverage(w, answer, s->warnings->boards[w->number], f);
    json_decref(answer);
}

/* Numbers that are over and still stand on a topic, and those in force that do not. */
static int64_t misplaced(const struct warnings *ws)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < ws->count; i++) {
        const struct warning *w = &ws->all[i];
        bool stands = ws->in_villages[w->number] && ws->boards[w->number],
             is_gone = !ws->in_villages[w->number] && !ws->boards[w->number];
        count += w->number && (w->end == IN_FORCE ? !stands : !is_gone);
    }
    return count;
}

/* Workers whose phone does not count what is open for them, or stands on something else. */
static int64_t unlike_phone(const struct storm *s)
{
    int64_t count = 0;
    for (size_t i = 0; i < s->town->worker_count && i < WORKERS_SEEN_MAX; i++) {
        const struct seen *w = &s->warnings->workers[i];
        char number[32];
        snprintf(number, sizeof number, "【%lld", (long long) w->item);
        bool names_it = !w->open || (w->item && strstr(w->text, number));
        count += w->todo != w->open || !names_it;
    }
    return count;
}

bool warnings_agree(struct storm *s)
{
    struct warnings *ws = s->warnings;
    int64_t last_ms = 0;
    for (uint32_t i = 0; i < ws->count; i++)
        last_ms = ws->all[i].end == EXPIRING && ws->all[i].expires_ms > last_ms ? ws->all[i].expires_ms : last_ms;
    wait_a_moment(s, last_ms > wall_ms() ? last_ms - wall_ms() + SETTLE_MS : SETTLE_MS);
    ws->found = (struct findings_of){ 0 };
    for (size_t i = 0; i < WORKERS_SEEN_MAX; i++)
        ws->workers[i].open = 0;
    bool given[WARNINGS_MAX] = { false };
    for (uint32_t i = 0; i < ws->count; i++) {
        const struct warning *w = &ws->all[i];
        if (!w->number)
            continue;
        ws->found.twice += given[w->number];
        given[w->number] = true;
        compare(s, w, &ws->found);
    }
    ws->remains = misplaced(ws);
    ws->unlike_phone = unlike_phone(s);
    const struct findings_of *f = &ws->found;
    return !(f->unreached || f->unlike_coverage || f->unlike_taps || f->unlike_board || f->wrong_state || f->twice ||
             ws->remains || ws->unlike_phone);
}

void warnings_count(struct storm *s)
{
    const struct warnings *ws = s->warnings;
    const struct findings_of *f = &ws->found;
    int64_t ends[3] = { 0 };
    for (uint32_t i = 0; i < ws->count; i++)
        ends[ws->all[i].end] += ws->all[i].number > 0;
    printf("%u warnings: %lld in force, %lld cancelled, %lld expired\n", ws->count, (long long) ends[IN_FORCE],
           (long long) ends[CANCELLED], (long long) ends[EXPIRING]);
    phones_print(s);
    storm_check(s, ws->refused == 0 && f->twice == 0, "every order was carried out, each under a number of its own; not",
                ws->refused + f->twice);
    storm_check(s, f->wrong_state == 0, "each warning is in force, cancelled or expired as was ordered; not", f->wrong_state);
    storm_check(s, f->unreached == 0, "each in force was given to every worker addressed; to some not", f->unreached);
    storm_check(s, ws->unlike_phone == 0, "every phone shows one that is open for it and counts the others; phones that do not",
                ws->unlike_phone);
    storm_check(s, ws->remains == 0, "what is over is on no topic, what is in force on its village's; not", ws->remains);
    storm_check(s, f->unlike_taps == 0, "each confirmation was seen on the phone that tapped, and no other is counted; not",
                f->unlike_taps);
    storm_check(s, phones_overcounted(s) == 0, "no tap confirmed two things; phones with fewer taps than confirmations",
                phones_overcounted(s));
    storm_check(s, f->unlike_coverage == 0 && f->unlike_board == 0,
                "the counts are the sum of the receipts, on the board too; not", f->unlike_coverage + f->unlike_board);
}
