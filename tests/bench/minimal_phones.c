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
    char (*told)[NAME_ROOM]; /* whose text is durable, in order; a ring */
    size_t told_count, told_room, sent;
    uint64_t token;
    size_t unacked;
    bool is_up;
};

static const char *const schema =
    "-- 1\nCREATE TABLE told (no INTEGER PRIMARY KEY, worker TEXT NOT NULL, text TEXT NOT NULL) STRICT";
static const struct query queries[] = { { "Q_TOLD", "INSERT INTO told (worker, text) VALUES (:worker, :text)" } };

static void tell(struct desk *d, struct text worker)
{
    assert(worker.len < NAME_ROOM && d->told_count - d->sent < d->told_room);
    tx_run(&d->tx, QUERY_SERVICE_FIRST, p_text("worker", worker), p_text("text", TEXT(TEXT_SHOWN)));
    snprintf(d->told[d->told_count++ % d->told_room], NAME_ROOM, TEXT_FMT, TEXT_ARG(worker));
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
        if (!d->bus->publish(d->bus, text_of(path), TEXT(TEXT_SHOWN), 1, true, ++d->token))
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
        d->is_up = d->is_up || a.kind == ARRIVAL_UP;
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

static _Noreturn void work(struct desk *d, const char *folder, int port, int tell_fd)
{
    char path[PATH_ROOM + 64], broker[64];
    struct text why;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof path, "%s/phones.db", folder);
    snprintf(broker, sizeof broker, "tcp://127.0.0.1:%d", port);
    d->arena = arena_new(1 << 20);
    d->told_room = (size_t) d->phones * 2;
    d->told = calloc(d->told_room, sizeof *d->told);
    d->db =
        db_open(&(struct db_settings){ .path = path, .queries = queries, .query_count = 1, .schema = schema }, &why, d->arena);
    assert(d->db && d->told);
    d->tx = (struct tx){ .db = d->db, .arena = d->arena };
    d->mqtt =
        mqtt_open(&(struct mqtt_settings){ .broker = broker, .client_id = "minimal", .root = "yl/v1/370481104", .v5 = true });
    d->bus = mqtt_bus(d->mqtt);
    while (!d->is_up)
        go_on(d);
    d->bus->subscribe(d->bus, TEXT("request/warning-order/+"), 1);
    d->bus->subscribe(d->bus, TEXT("worker/+/ok"), 0);
    if (write(tell_fd, "", 1) != 1)
        _exit(3);
    for (;;)
        go_on(d);
}

pid_t minimal_phones_start(const struct bare *bare, const char *folder, int phones)
{
    static struct desk desk;
    char own[PATH_ROOM], byte;
    int told[2];
    snprintf(own, sizeof own, "%.480s/minimal-phones", folder);
    if (mkdir(own, 0700) != 0 || pipe(told) != 0)
        exit(3);
    pid_t pid = fork();
    if (pid == 0) {
        desk = (struct desk){ .phones = phones };
        work(&desk, own, bare->port, told[1]);
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
