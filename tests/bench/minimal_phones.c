/* minimal_phones.c - see minimal_phones.h. */
#include "minimal_phones.h"

#include "load.h"
#include "services/runtime/db.h"
#include "services/runtime/mqtt.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WINDOW = 288, /* as the paced lanes of a service */
    TURN_MAX = 256,
    ARRIVALS_MAX = 1024, /* acknowledgements among them */
    NAME_ROOM = 16,
    TEXT_ROOM = 2048,
    WAIT_MS = 1000
};
#define TEXT_SHOWN "【17·紧急】田桥村：有人上门推销“养老床位返现”，5月26日18:00前入户提醒，看完点“收到”。还有2条"

struct desk {
    struct mqtt *mqtt;
    struct bus *bus;
    struct db *db;
    struct arena *arena;
    struct tx tx;
    int phones;
    struct text text;
    char (*told)[NAME_ROOM]; /* whose text is durable, in order; a ring */
    size_t told_count, told_room, sent;
    uint64_t token;
    size_t unacked;
    int tell_fd; /* who started it waits there; -1: told */
};

static const char *const schema =
    "-- 1\nCREATE TABLE told (no INTEGER PRIMARY KEY, worker TEXT NOT NULL, text TEXT NOT NULL) STRICT";
enum { Q_TOLD = QUERY_SERVICE_FIRST, Q_AGAIN };
static const struct query queries[] = {
    { "Q_TOLD", "INSERT INTO told (worker, text) VALUES (:worker, :text)" },
    { "Q_AGAIN", "SELECT worker, text FROM told ORDER BY no" },
};

static void will_send(struct desk *d, struct text worker)
{
    assert(worker.len < NAME_ROOM && d->told_count - d->sent < d->told_room);
    snprintf(d->told[d->told_count++ % d->told_room], NAME_ROOM, TEXT_FMT, TEXT_ARG(worker));
}

static void tell(struct desk *d, struct text worker)
{
    tx_run(&d->tx, Q_TOLD, p_text("worker", worker), p_text("text", d->text));
    will_send(d, worker);
}

/* A broker that may have forgotten everything: what is durable goes out again. */
static void on_up(struct desk *d)
{
    d->bus->subscribe(d->bus, TEXT("request/warning-order/+"), 1);
    d->bus->subscribe(d->bus, TEXT("worker/+/ok"), 0);
    d->unacked = 0;
    d->sent = d->told_count;
    db_begin(d->db);
    struct rows rows = tx_all(&d->tx, Q_AGAIN, NO_PARAMS);
    for (size_t i = 0; i < rows.count; i++)
        will_send(d, row_text(&rows, i, "worker"));
    if (db_commit(d->db) != DB_FINE)
        _exit(3);
    arena_reset(d->arena);
    if (d->tell_fd >= 0 && write(d->tell_fd, "", 1) != 1)
        _exit(3);
    d->tell_fd = -1;
}

/* An order: a row for every phone. A tap, worker/<w>/ok: a row for its own. */
static void on_message(struct desk *d, struct text path)
{
    char name[NAME_ROOM];
    static const struct text before = { "worker/", 7 };
    if (text_starts(path, before)) {
        const char *at = path.at + before.len, *slash = strchr(at, '/');
        tell(d, (struct text){ at, slash ? (size_t) (slash - at) : strlen(at) });
        return;
    }
    for (int i = 0; i < d->phones; i++) {
        snprintf(name, sizeof name, "w%03d-%d", 200 + i % PHONE_VILLAGES, 1 + i / PHONE_VILLAGES);
        tell(d, text_of(name));
    }
}

static void send_texts(struct desk *d)
{
    char path[64];
    for (; d->sent < d->told_count && d->unacked < WINDOW; d->sent++) {
        snprintf(path, sizeof path, "worker/%s/text", d->told[d->sent % d->told_room]);
        if (!d->bus->publish(d->bus, text_of(path), d->text, 1, true, ++d->token))
            return;
        d->unacked++;
    }
}

static void turn(struct desk *d)
{
    static struct arrival messages[TURN_MAX];
    size_t count = 0;
    struct arrival a;
    for (int i = 0; i < ARRIVALS_MAX && count < TURN_MAX && d->bus->take(d->bus, &a); i++) {
        if (a.kind == ARRIVAL_UP)
            on_up(d);
        d->unacked -= a.kind == ARRIVAL_ACK;
        if (a.kind == ARRIVAL_MESSAGE)
            messages[count++] = a;
        else
            d->bus->release(d->bus, &a);
    }
    if (count) {
        db_begin(d->db);
        for (size_t i = 0; i < count; i++) {
            on_message(d, messages[i].path);
            d->bus->release(d->bus, &messages[i]);
        }
        if (db_commit(d->db) != DB_FINE || db_checkpoint(d->db, count == TURN_MAX) != DB_FINE)
            _exit(3);
        arena_reset(d->arena);
    }
    send_texts(d);
}

static void go_on(struct desk *d)
{
    mqtt_tick(d->mqtt, now_us() / 1000);
    turn(d);
    struct pollfd fd = { .fd = mqtt_fd(d->mqtt), .events = POLLIN };
    bool may_send = d->sent < d->told_count && d->unacked < WINDOW;
    poll(&fd, 1, may_send || mqtt_is_waiting(d->mqtt) ? 0 : WAIT_MS);
}

static int number_of(const char *arg)
{
    int64_t number = 0;
    if (!text_int(text_of(arg), &number))
        _exit(3);
    return (int) number;
}

int minimal_phones_work(char **args)
{
    static struct desk desk;
    static char text[TEXT_ROOM + 1];
    struct desk *d = &desk;
    char path[PATH_ROOM + 64], broker[64];
    struct text why;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof path, "%s/phones.db", args[0]);
    snprintf(broker, sizeof broker, "tcp://127.0.0.1:%s", args[1]);
    int bytes = number_of(args[3]);
    assert(bytes <= TEXT_ROOM);
    memset(text, 'x', (size_t) bytes);
    *d = (struct desk){ .phones = number_of(args[2]),
                        .text = bytes ? text_of(text) : TEXT(TEXT_SHOWN),
                        .tell_fd = number_of(args[4]) };
    d->arena = arena_new(64 * 1024);
    d->told_room = (size_t) d->phones * 2;
    d->told = calloc(d->told_room, sizeof *d->told);
    d->db =
        db_open(&(struct db_settings){ .path = path, .queries = queries, .query_count = 2, .schema = schema }, &why, d->arena);
    assert(d->db && d->told);
    d->tx = (struct tx){ .db = d->db, .arena = d->arena };
    d->mqtt =
        mqtt_open(&(struct mqtt_settings){ .broker = broker, .client_id = "minimal", .root = "yl/v1/370481104", .v5 = true });
    d->bus = mqtt_bus(d->mqtt);
    for (;;)
        go_on(d);
}

pid_t minimal_phones_start(const struct bare *bare, const char *folder, int phones, int bytes)
{
    char port[16], count[16], long_as[16], fd[16], byte;
    int told[2];
    if ((mkdir(folder, 0700) != 0) || pipe(told) != 0)
        exit(3);
    snprintf(port, sizeof port, "%d", bare->port);
    snprintf(count, sizeof count, "%d", phones);
    snprintf(long_as, sizeof long_as, "%d", bytes);
    snprintf(fd, sizeof fd, "%d", told[1]);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "bench", MINIMAL_PHONES, folder, port, count, long_as, fd, (char *) NULL);
        _exit(3);
    }
    close(told[1]);
    if (pid < 0 || read(told[0], &byte, 1) != 1)
        exit(3);
    close(told[0]);
    return pid;
}

void minimal_phones_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
