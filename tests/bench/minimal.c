/* minimal.c - see minimal.h. A lead travels as a line: its number, its sender, its text. */
#include "minimal.h"

#include "load.h"
#include "services/runtime/db.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SENDERS = 100,
    OUTSTANDING = 1000,
    UNITS = 12,
    BUNDLE_MAX = 64 * 1024, /* bytes of lines in one message: the load generator takes twice that */
    STEP_US = 1000000,
    PATIENCE_US = 60 * 1000000
};
#define TEXT_OF_LEAD                                                                                                                                                                    \
    "有人上门推销养老床位，交一万元返现两千，说名额只剩三天，邻居已经交了钱。田桥村，五月二十六日上午。对方自称养老院的人，" \
    "留了电话，说可以先交定金。"

/* -- stations ------------------------------------------------------------------------------------------------------------ */

struct station {
    const char *name, *hears, *says; /* says: where the bundle of what was committed goes */
    void (*tell)(struct station *s, struct text line);
    struct load *load;
    struct line *line;
    struct db *db;
    struct arena *arena;
    struct tx tx;
    struct text *heard;
    size_t heard_count, heard_room;
    char bundle[BUNDLE_MAX + 4096];
    size_t bundle_len;
    int64_t number;
};

static const char *const schema = "-- 1\nCREATE TABLE lead (lead INTEGER PRIMARY KEY, line TEXT NOT NULL) STRICT";
static const struct query queries[] = { { "Q_LEAD", "INSERT INTO lead (lead, line) VALUES (:lead, :line)" } };

static void on_heard(void *context, struct line *line, struct text topic, struct text payload)
{
    struct station *s = context;
    (void) line;
    if (s->heard_count + 2 > s->heard_room) {
        s->heard_room = 2 * s->heard_room + 64;
        s->heard = realloc(s->heard, s->heard_room * sizeof *s->heard);
        assert(s->heard);
    }
    s->heard[s->heard_count++] = arena_copy(s->arena, topic);
    s->heard[s->heard_count++] = arena_copy(s->arena, payload);
}

static void send_bundle(struct station *s)
{
    if (s->bundle_len)
        line_publish(s->line, text_of(s->says), (struct text){ s->bundle, s->bundle_len }, 1, false);
    s->bundle_len = 0;
}

static void pass_on(struct station *s, struct text line)
{
    memcpy(s->bundle + s->bundle_len, line.at, line.len);
    s->bundle_len += line.len;
    s->bundle[s->bundle_len++] = '\n';
    if (s->bundle_len > BUNDLE_MAX)
        send_bundle(s);
}

static int64_t number_at(const char **at)
{
    int64_t number = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        number = number * 10 + (**at - '0');
    (*at)++;
    return number;
}

static void answer(struct station *s, struct text line)
{
    char topic[64], said[32];
    const char *at = line.at;
    int64_t number = number_at(&at), sender = number_at(&at);
    snprintf(topic, sizeof topic, "bench/answer/%lld", (long long) sender);
    snprintf(said, sizeof said, "%lld ", (long long) number);
    line_publish(s->line, text_of(topic), text_of(said), 0, false);
}

static void card_topic(char ret[64], int64_t number)
{
    snprintf(ret, 64, "bench/unit/%lld/lead/%lld", (long long) (number % UNITS), (long long) number);
}

static void show_card(struct station *s, struct text line)
{
    char topic[64];
    const char *at = line.at;
    card_topic(topic, number_at(&at));
    line_publish(s->line, text_of(topic), line, 1, true);
}

/* Lines of a bundle; a request is one without a number yet. */
static size_t lines_of(struct station *s, struct text topic, struct text payload, struct text *lines)
{
    size_t count = 0;
    if (strncmp(topic.at, "bench/request/", 14) == 0) {
        lines[count++] = arena_printf(s->arena, "%lld %s " TEXT_FMT, (long long) ++s->number, topic.at + 14, TEXT_ARG(payload));
        return count;
    }
    for (const char *at = payload.at, *end = at + payload.len, *next; at < end; at = next + 1) {
        next = memchr(at, '\n', (size_t) (end - at));
        lines[count++] = (struct text){ at, (size_t) (next - at) };
    }
    return count;
}

static void turn(struct station *s)
{
    size_t count = 0;
    static struct text lines[4 * OUTSTANDING];
    for (size_t i = 0; i + 1 < s->heard_count; i += 2)
        count += lines_of(s, s->heard[i], s->heard[i + 1], lines + count);
    db_begin(s->db);
    for (size_t i = 0; i < count; i++) {
        const char *at = lines[i].at;
        tx_run(&s->tx, QUERY_SERVICE_FIRST, p_int("lead", number_at(&at)), p_text("line", lines[i]));
    }
    if (db_commit(s->db) != DB_FINE || db_checkpoint(s->db, false) != DB_FINE)
        _exit(3);
    for (size_t i = 0; i < count; i++) {
        pass_on(s, lines[i]);
        if (s->tell)
            s->tell(s, lines[i]);
    }
    send_bundle(s);
    s->heard_count = 0;
    arena_reset(s->arena);
}

static _Noreturn void work(struct station *s, const char *folder, int port, int tell_fd)
{
    char path[PATH_ROOM + 64];
    struct text why;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof path, "%s/%s.db", folder, s->name);
    s->arena = arena_new(1 << 20);
    s->db =
        db_open(&(struct db_settings){ .path = path, .queries = queries, .query_count = 1, .schema = schema }, &why, s->arena);
    assert(s->db);
    s->tx = (struct tx){ .db = s->db, .arena = s->arena };
    s->load = load_new();
    load_hook(s->load, (struct load_hooks){ .message = on_heard, .context = s });
    s->line = load_line(s->load, port, s->name, NULL, NULL, 0);
    line_subscribe(s->line, s->hears, 1);
    if (!load_settle(s->load, 1, PATIENCE_US) || write(tell_fd, "", 1) != 1)
        _exit(3);
    for (;;) {
        load_step(s->load, STEP_US);
        if (s->heard_count)
            turn(s);
    }
}

/* Returns when it listens. */
static pid_t station_start(struct station s, const char *folder, int port)
{
    static struct station own;
    int told[2];
    char byte;
    assert(pipe(told) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        own = s;
        work(&own, folder, port, told[1]);
    }
    close(told[1]);
    if (pid < 0 || read(told[0], &byte, 1) != 1)
        exit(3);
    close(told[0]);
    return pid;
}

/* -- the load ------------------------------------------------------------------------------------------------------------ */

enum { ANSWERED = 1, CARDED = 2, CLOCKED = 4, COMPLETE = 7 };

struct goal {
    struct load *load;
    struct line *senders[SENDERS];
    unsigned char *seen;
    int64_t *sent_us, *completed_us;
    double *took; /* request to card */
    int64_t sent, complete, count;
    bool is_paced; /* else the next goes out when one is complete */
};

static void send_next(struct goal *g)
{
    char topic[64], body[sizeof TEXT_OF_LEAD + 24];
    int64_t slot = g->sent++, sender = slot % SENDERS;
    snprintf(topic, sizeof topic, "bench/request/%lld", (long long) sender);
    snprintf(body, sizeof body, "%lld %s", (long long) slot, TEXT_OF_LEAD);
    g->sent_us[slot] = now_us();
    line_publish(g->senders[sender], text_of(topic), text_of(body), 1, false);
}

static void note(struct goal *g, int64_t number, int what)
{
    if (number < 1 || number > g->count || g->seen[number] & what)
        return;
    g->seen[number] |= (unsigned char) what;
    if (g->seen[number] != COMPLETE)
        return;
    g->completed_us[g->complete++] = now_us();
    if (g->sent < g->count && !g->is_paced)
        send_next(g);
}

/* A card: number, sender, slot, text. */
static void note_card(struct goal *g, struct text card)
{
    if (card.len == 0)
        return; /* cleared */
    const char *at = card.at;
    int64_t number = number_at(&at);
    number_at(&at);
    int64_t slot = number_at(&at);
    if (slot < g->count && g->took[slot] == 0)
        g->took[slot] = (double) (now_us() - g->sent_us[slot]);
    note(g, number, CARDED);
}

static void on_result(void *context, struct line *line, struct text topic, struct text payload)
{
    struct goal *g = context;
    const char *at = payload.at, *end = at + payload.len;
    (void) line;
    if (strncmp(topic.at, "bench/answer/", 13) == 0) {
        note(g, number_at(&at), ANSWERED);
        return;
    }
    if (strncmp(topic.at, "bench/unit/", 11) == 0) {
        note_card(g, payload);
        return;
    }
    while (at < end) {
        note(g, number_at(&at), CLOCKED);
        at = memchr(at, '\n', (size_t) (end - at));
        at = at ? at + 1 : end;
    }
}

static void goal_open(struct goal *g, int port, int64_t count)
{
    char id[32], filter[64];
    *g = (struct goal){ .load = load_new(), .count = count };
    g->seen = calloc((size_t) count + 1, 1);
    g->sent_us = calloc((size_t) count, sizeof *g->sent_us);
    g->completed_us = calloc((size_t) count, sizeof *g->completed_us);
    g->took = calloc((size_t) count, sizeof *g->took);
    assert(g->seen && g->sent_us && g->completed_us && g->took);
    load_hook(g->load, (struct load_hooks){ .message = on_result, .context = g });
    for (int i = 0; i < SENDERS; i++) {
        snprintf(id, sizeof id, "sender%d", i);
        snprintf(filter, sizeof filter, "bench/answer/%d", i);
        g->senders[i] = load_line(g->load, port, id, NULL, NULL, i);
        line_subscribe(g->senders[i], filter, 0);
    }
    for (int i = 0; i <= UNITS; i++) {
        snprintf(id, sizeof id, "desk%d", i);
        snprintf(filter, sizeof filter, i < UNITS ? "bench/unit/%d/lead/+" : "bench/clocks", i);
        line_subscribe(load_line(g->load, port, id, NULL, NULL, -1), filter, 1);
    }
    if (!load_settle(g->load, 1, PATIENCE_US))
        exit(3);
}

/* The next run finds no cards of this one. */
static void clear_cards(struct goal *g)
{
    char topic[64];
    struct line *line = g->senders[0];
    for (int64_t number = 1; number <= g->count; number++) {
        card_topic(topic, number);
        line_publish(line, text_of(topic), TEXT(""), 1, true);
        while (line->unacked >= SENDERS)
            load_step(g->load, STEP_US);
    }
    while (line->unacked)
        load_step(g->load, STEP_US);
}

static void goal_close(struct goal *g)
{
    clear_cards(g);
    load_free(g->load);
    free(g->seen);
    free(g->sent_us);
    free(g->completed_us);
    free(g->took);
}

static void wait_for_all(struct goal *g)
{
    for (int64_t until = now_us() + PATIENCE_US; g->complete < g->count && now_us() < until;)
        load_step(g->load, 10000);
    if (g->complete < g->count) {
        fprintf(stderr, "bench: the minimal program lost %lld leads\n", (long long) (g->count - g->complete));
        exit(3);
    }
}

/* -- measuring ----------------------------------------------------------------------------------------------------------- */

enum { FIRST, SECOND, THIRD, STATIONS };

static void stations_start(pid_t ret[STATIONS], const char *own, const struct bare *bare)
{
    if (mkdir(own, 0700) != 0)
        exit(3);
    ret[SECOND] =
        station_start((struct station){ .name = "second", .hears = "bench/first", .says = "bench/second", .tell = show_card },
                      own, bare->port);
    ret[THIRD] =
        station_start((struct station){ .name = "third", .hears = "bench/second", .says = "bench/clocks" }, own, bare->port);
    ret[FIRST] =
        station_start((struct station){ .name = "first", .hears = "bench/request/+", .says = "bench/first", .tell = answer },
                      own, bare->port);
}

static void stations_stop(const pid_t pids[STATIONS], const char *own)
{
    for (int i = 0; i < STATIONS; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    remove_folder(own);
}

struct minimal minimal_measure(const struct bare *bare, const char *folder, int64_t count)
{
    char own[PATH_ROOM];
    pid_t pids[STATIONS + 1];
    snprintf(own, sizeof own, "%.480s/minimal", folder);
    stations_start(pids, own, bare);
    pids[STATIONS] = bare->pid;
    struct goal g;
    goal_open(&g, bare->port, count);
    int64_t before[STATIONS + 1], own_us = own_cpu_us();
    for (int i = 0; i <= STATIONS; i++)
        before[i] = cpu_us_of(pids[i]);
    while (g.sent < OUTSTANDING && g.sent < count)
        send_next(&g);
    wait_for_all(&g);
    int64_t first = count / 10, last = count - count / 10 - 1; /* neither the beginning nor the end */
    double us[STATIONS + 1];
    for (int i = 0; i <= STATIONS; i++)
        us[i] = (double) (cpu_us_of(pids[i]) - before[i]) / (double) count;
    struct minimal m = { .per_s = (double) (last - first) * 1e6 / (double) (g.completed_us[last] - g.completed_us[first]),
                         .first_us = us[FIRST],
                         .second_us = us[SECOND],
                         .third_us = us[THIRD],
                         .broker_us = us[STATIONS],
                         .own_us = (double) (own_cpu_us() - own_us) / (double) count };
    goal_close(&g);
    stations_stop(pids, own);
    return m;
}

struct tail minimal_paced(const struct bare *bare, const char *folder, int64_t count, int64_t per_s, int64_t *ret_begins_us)
{
    char own[PATH_ROOM];
    pid_t pids[STATIONS];
    snprintf(own, sizeof own, "%.480s/minimal", folder);
    stations_start(pids, own, bare);
    struct goal g;
    goal_open(&g, bare->port, count);
    g.is_paced = true;
    int64_t next = *ret_begins_us = now_us();
    while (g.sent < count) {
        next += 1000000 / per_s;
        for (int64_t now = now_us(); now < next; now = now_us())
            load_step(g.load, next - now);
        send_next(&g);
    }
    wait_for_all(&g);
    struct tail t = tail_taken(g.took, count);
    goal_close(&g);
    stations_stop(pids, own);
    return t;
}
