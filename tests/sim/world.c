/* world.c - see world.h. */
#include "sim/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NIGHT_OFF_MS = 2000, START_TRIES_MAX = 50, FULL_AGAIN_MS = 100, FULL_MAX_MS = 4 * 3600000 };

const char *const sometimes_names[MET_COUNT] = {
    [MET_KILL] = "a process was killed",
    [MET_POWER_LOSS] = "a machine lost power",
    [MET_DEATH_IN_START] = "a process died while it started",
    [MET_DEATH_AT_COMMIT] = "a process died at a write or sync",
    [MET_DEATH_BEFORE_WORD] = "a process died between its commit and its last publish",
    [MET_UNKNOWN_COMMIT] = "a commit ended unknown",
    [MET_DISK_FULL] = "a commit met a full disk",
    [MET_BROKER_FORGOT] = "the broker forgot everything",
    [MET_BROKER_WENT_BACK] = "the broker went back in time",
    [MET_CUT] = "a connection was cut",
    [MET_GAP] = "a consumer asked for what it missed",
    [MET_RESTORED] = "a ledger was put back from a copy",
    [MET_ADOPTED] = "a consumer adopted a restored ledger",
    [MET_CLOCK_JUMP] = "a clock jumped",
    [MET_PARKED] = "an event was parked",
    [MET_REPEAT] = "an answered request was repeated",
    [MET_CONFLICT] = "an id was used again with other content",
    [MET_DEEMED] = "a unit was deemed to have signed",
    [MET_DEEMED_LATE] = "a unit signed while its breach was on the way",
    [MET_CANCEL] = "a warning was cancelled",
    [MET_REDO] = "a conclusion was sent back",
    [MET_MOVED] = "a lead was moved",
    [MET_SEALED] = "a lead was sealed",
    [MET_SUPPLEMENT] = "a lead was supplemented",
};

/* -- log and failures ------------------------------------------------------------------------------------------------ */

static void hash_in(struct world *w, const char *bytes)
{
    for (; *bytes; bytes++)
        w->log_hash = (w->log_hash ^ (unsigned char) *bytes) * 1099511628211u;
}

void world_log(struct world *w, const char *format, ...)
{
    char line[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    hash_in(w, line);
    if (w->print)
        printf("%6ld %lld %s\n", w->step, (long long) w->wall_ms, line);
}

void world_fail(struct world *w, const char *format, ...)
{
    if (w->failure[0])
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(w->failure, sizeof w->failure, format, args);
    va_end(args);
    world_log(w, "FAILED %s", w->failure);
}

/* -- making ---------------------------------------------------------------------------------------------------------- */

static void world_random(void *context, void *ret_bytes, size_t len)
{
    struct world *w = context;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *) ret_bytes)[i] = (unsigned char) dice_below(&w->random_dice, 256);
}

static void on_publish(void *context, const char *from, struct text path, struct text payload, bool retain)
{
    struct world *w = context;
    w->met[MET_GAP] += text_has(path, TEXT("/cursor/")) && text_has(payload, TEXT("\"want\":true"));
    world_log(w, "%s > " TEXT_FMT " %s" TEXT_FMT, from, TEXT_ARG(path), retain ? "R " : "",
              (int) (payload.len > 400 ? 400 : payload.len), payload.at);
}

static void ledger_path(const struct machine *m, char ret[64])
{
    snprintf(ret, 64, "/%s.db", m->service->name);
}

static void machine_start(struct world *w, struct machine *m)
{
    char path[64];
    ledger_path(m, path);
    m->node = node_open(&(struct node_settings){ .service = m->service,
                                                 .bus = net_bus(m->client),
                                                 .ledger = path,
                                                 .vfs = disk_vfs(m->disk),
                                                 .borrowed_town = w->town,
                                                 .borrowed_prepared = m->prepared,
                                                 .version = "sim",
                                                 .wall = { w->wall_ms },
                                                 .boot_ms = w->boot_ms,
                                                 .random = world_random,
                                                 .random_context = w,
                                                 .window = 32 });
    m->next_turn = (instant_ms){ w->wall_ms };
    m->reconnects_at_ms = w->boot_ms + dice_below(&w->dice, 300);
    world_log(w, "start %s %s", m->service->name, m->node ? "ok" : "failed");
    if (m->node)
        return;
    if (disk_is_dead(m->disk)) {
        w->met[MET_DEATH_IN_START]++;
        disk_restart(m->disk, dice_chance(&w->dice, 500));
    } else if (!m->full_until_ms) {
        world_fail(w, "%s cannot start on its own ledger", m->service->name);
    }
    m->starts_at_ms = w->boot_ms + 200;
}

struct world *world_new(uint64_t seed, const struct town *town, void *const prepared[MACHINES], bool print)
{
    static const struct service *(*const services[MACHINES])(void) = { sim_intake, sim_router, sim_deadline, sim_warning };
    struct world *w = calloc(1, sizeof *w);
    assert(w);
    w->seed = seed;
    w->print = print;
    w->town = town;
    w->dice = dice_for(seed, 1);
    w->net_dice = dice_for(seed, 2);
    w->disk_dice = dice_for(seed, 3);
    w->people_dice = dice_for(seed, 4);
    w->random_dice = dice_for(seed, 5);
    w->log_hash = 1469598103934665603u;
    w->arena = arena_new(64 * 1024);
    w->wall_ms = instant_of_civil(2026, 5, 26, 8, 0, 0).ms;
    w->boot_ms = 1000000;
    w->net = net_new(&w->net_dice);
    net_time(w->net, w->boot_ms);
    net_on_publish(w->net, on_publish, w);
    w->people = net_client(w->net, "people");
    for (int i = 0; i < MACHINES; i++) {
        struct machine *m = &w->machines[i];
        m->service = services[i]();
        m->prepared = prepared[i];
        m->disk = disk_new(m->service->name, &w->disk_dice);
        m->client = net_client(w->net, m->service->name);
        machine_start(w, m);
    }
    return w;
}

struct world *world_free(struct world *w)
{
    if (!w)
        return NULL;
    for (int i = 0; i < MACHINES; i++) {
        node_close(w->machines[i].node);
        disk_free(w->machines[i].disk);
        disk_copy_free(w->machines[i].copy);
    }
    net_free(w->net);
    arena_free(w->arena);
    free(w);
    return NULL;
}

instant_ms world_now(const struct world *w)
{
    return (instant_ms){ w->wall_ms };
}

struct machine *world_machine(struct world *w, const char *name)
{
    for (int i = 0; i < MACHINES; i++) {
        if (strcmp(w->machines[i].service->name, name) == 0)
            return &w->machines[i];
    }
    abort();
}

/* -- processes ------------------------------------------------------------------------------------------------------- */

static void machine_dies(struct world *w, struct machine *m, bool power_lost)
{
    world_log(w, "die %s power=%d", m->service->name, power_lost);
    disk_die_now(m->disk); /* what closing would still write must not reach the disk */
    node_close(m->node);
    m->node = NULL;
    net_gone(m->client);
    disk_restart(m->disk, power_lost);
    disk_set_full(m->disk, m->full_until_ms != 0);
    m->starts_at_ms = w->boot_ms + dice_below(&w->dice, NIGHT_OFF_MS);
    m->crashes++;
    w->met[power_lost ? MET_POWER_LOSS : MET_KILL]++;
}

static void machine_turn(struct world *w, struct machine *m)
{
    instant_ms next = { w->wall_ms };
    if (!m->full_until_ms)
        node_disk_free(m->node, INT64_MAX);
    enum turn_end end = node_turn(m->node, (instant_ms){ w->wall_ms }, w->boot_ms, &next);
    m->turns++;
    m->next_turn = next;
    if (net_is_mute(m->client)) {
        w->met[MET_DEATH_BEFORE_WORD]++;
        machine_dies(w, m, false);
    } else if (disk_is_dead(m->disk)) {
        w->met[MET_DEATH_AT_COMMIT]++;
        machine_dies(w, m, dice_chance(&w->dice, 500));
    } else if (end == TURN_UNKNOWN) {
        w->met[MET_UNKNOWN_COMMIT]++;
        machine_dies(w, m, dice_chance(&w->dice, 300));
    } else if (end == TURN_DISK_FULL) {
        w->met[MET_DISK_FULL]++;
        m->next_turn = (instant_ms){ w->wall_ms + FULL_AGAIN_MS };
        m->waits_until_ms = w->boot_ms + FULL_AGAIN_MS;
    }
}

static void make_room(struct machine *m)
{
    m->full_until_ms = m->waits_until_ms = 0;
    disk_set_full(m->disk, false);
}

static void people_hear(struct world *w)
{
    struct arrival a;
    struct bus *bus = net_bus(w->people);
    while (bus->take(bus, &a)) {
        enum topic_id id;
        struct text parts[TOPIC_PARTS_MAX];
        if (a.kind == ARRIVAL_UP) {
            own(arena_free) struct arena *arena = arena_new(512);
            bus->subscribe(bus, topic_filter(arena, TOPIC_ANSWER, NO_TEXT), 0);
            bus->subscribe(bus, topic_filter(arena, TOPIC_ANSWER_DEVICE, NO_TEXT), 0);
        } else if (a.kind == ARRIVAL_MESSAGE && topic_read(a.path, &id, parts) &&
                   (id == TOPIC_ANSWER || id == TOPIC_ANSWER_DEVICE)) {
            json_t *answer = json_loadb(a.payload.at, a.payload.len, 0, NULL);
            if (w->on_answer && answer)
                w->on_answer(w->answer_context, parts[0], answer);
            json_decref(answer);
        }
        bus->release(bus, &a);
    }
}

/* Everything that may happen at this instant, once, in an order the dice choose. True when something did. */
static bool one_round(struct world *w)
{
    bool busy = false;
    if (!net_is_connected(w->people) && !net_has_for(w->people))
        net_connect(w->people);
    int first = (int) dice_below(&w->dice, MACHINES);
    for (int i = 0; i < MACHINES; i++) {
        struct machine *m = &w->machines[(first + i) % MACHINES];
        if (m->full_until_ms && w->boot_ms >= m->full_until_ms)
            make_room(m);
        if (!m->node && w->boot_ms >= m->starts_at_ms) {
            machine_start(w, m);
            busy = true;
        }
        if (!m->node)
            continue;
        if (!net_is_connected(m->client) && w->boot_ms >= m->reconnects_at_ms && !net_has_for(m->client)) {
            net_connect(m->client);
            m->reconnects_at_ms = w->boot_ms + 200 + dice_below(&w->dice, 800);
        }
        if (m->waits_until_ms <= w->boot_ms && (net_has_for(m->client) || m->next_turn.ms <= w->wall_ms)) {
            machine_turn(w, m);
            busy = true;
        }
    }
    people_hear(w);
    return busy;
}

/* The next instant at which something is due, not after `until`. */
static int64_t next_instant(const struct world *w, int64_t until)
{
    int64_t next = until, letter = net_next(w->net);
    next = letter < next ? letter : next;
    for (int i = 0; i < MACHINES; i++) {
        const struct machine *m = &w->machines[i];
        int64_t due = !m->node ? m->starts_at_ms : w->boot_ms + (m->next_turn.ms - w->wall_ms);
        if (m->node && !net_is_connected(m->client) && m->reconnects_at_ms < due)
            due = m->reconnects_at_ms;
        next = due < next ? due : next;
    }
    return next > w->boot_ms ? next : w->boot_ms + 1;
}

static void move_clock(struct world *w, int64_t to_boot)
{
    w->wall_ms += to_boot - w->boot_ms;
    w->boot_ms = to_boot;
    net_time(w->net, w->boot_ms);
}

void world_pass(struct world *w, int64_t ms, int turns_max)
{
    move_clock(w, w->boot_ms + ms);
    /* what follows from the leap has half a second of small steps; the rest of the time is still */
    int64_t until = w->boot_ms + 500;
    for (int i = 0; i < turns_max && w->boot_ms < until && !w->failure[0]; i++) {
        if (!one_round(w))
            move_clock(w, next_instant(w, until));
    }
    arena_reset(w->arena);
}

void world_publish(struct world *w, const char *path, const char *payload)
{
    struct bus *bus = net_bus(w->people);
    bus->publish(bus, text_of(path), text_of(payload), 0, false, 0);
}

/* -- faults ---------------------------------------------------------------------------------------------------------- */

static void fault_kill(struct world *w, struct machine *m)
{
    machine_dies(w, m, dice_chance(&w->dice, 300));
}
static void fault_die_at_write(struct world *w, struct machine *m)
{
    disk_die_after(m->disk, dice_between(&w->dice, 1, 60));
}
static void fault_mute(struct world *w, struct machine *m)
{
    net_mute_after(m->client, (int) dice_between(&w->dice, 1, 12));
}

static void fault_cut(struct world *w, struct machine *m)
{
    net_cut(m->client, dice_below(&w->dice, 3000));
    w->met[MET_CUT]++;
}

static void fault_sync_fails(struct world *w, struct machine *m)
{
    disk_fail_next_sync(m->disk, dice_chance(&w->dice, 500));
}

static void fault_full(struct world *w, struct machine *m)
{
    m->full_until_ms = w->boot_ms + dice_between(&w->dice, 1000, FULL_MAX_MS);
    disk_set_full(m->disk, true);
}

static void fault_forget(struct world *w, struct machine *m)
{
    (void) m;
    net_forget(w->net);
    w->met[MET_BROKER_FORGOT]++;
}

static void fault_remember(struct world *w, struct machine *m)
{
    (void) m;
    net_remember(w->net);
}

static void fault_go_back(struct world *w, struct machine *m)
{
    (void) m;
    w->met[MET_BROKER_WENT_BACK] += net_go_back(w->net);
}

/* A few seconds either way: what NTP does. */
static void fault_clock(struct world *w, struct machine *m)
{
    (void) m;
    w->wall_ms += dice_between(&w->dice, -5000, 5000);
    w->met[MET_CLOCK_JUMP]++;
}

static void fault_die_twice(struct world *w, struct machine *m)
{
    machine_dies(w, m, dice_chance(&w->dice, 500));
    m->starts_at_ms = w->boot_ms;
    disk_die_after(m->disk, dice_between(&w->dice, 1, 8));
}

void world_fault(struct world *w)
{
    static const struct {
        int weight;
        void (*run)(struct world *w, struct machine *m);
        const char *name;
    } faults[] = { { 20, fault_kill, "kill" },    { 25, fault_die_at_write, "die-at-write" }, { 20, fault_mute, "mute" },
                   { 20, fault_cut, "cut" },      { 8, fault_sync_fails, "sync-fails" },      { 8, fault_full, "full" },
                   { 8, fault_forget, "forget" }, { 6, fault_remember, "remember" },          { 6, fault_go_back, "go-back" },
                   { 6, fault_clock, "clock" },   { 8, fault_die_twice, "die-twice" } };
    int64_t total = 0;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        total += faults[i].weight;
    int64_t throw = dice_below(&w->dice, total);
    struct machine *m = &w->machines[dice_below(&w->dice, MACHINES)];
    size_t i = 0;
    while (throw >= faults[i].weight)
        throw -= faults[i++].weight;
    if (!m->node)
        return;
    world_log(w, "fault %s %s", faults[i].name, m->service->name);
    faults[i].run(w, m);
}

void world_heal(struct world *w)
{
    w->faults = false;
    net_faults(w->net, (struct net_faults){ 0 });
    for (int i = 0; i < MACHINES; i++) {
        struct machine *m = &w->machines[i];
        make_room(m);
        disk_die_after(m->disk, 0);
        net_mute_after(m->client, 0);
        m->starts_at_ms = w->boot_ms;
    }
    for (int i = 0; i < START_TRIES_MAX; i++)
        world_pass(w, 1000, 400);
}

/* -- looking --------------------------------------------------------------------------------------------------------- */

struct text world_ask_ledger(struct world *w, const char *machine, const char *sql)
{
    struct machine *m = world_machine(w, machine);
    return m->node ? node_ask(m->node, w->arena, sql) : NO_TEXT;
}

int64_t world_ask_int(struct world *w, const char *machine, const char *sql)
{
    int64_t number = -1;
    text_int(world_ask_ledger(w, machine, sql), &number);
    return number;
}

bool world_is_settled(struct world *w)
{
    for (int i = 0; i < MACHINES; i++) {
        if (!w->machines[i].node || !node_is_at_rest(w->machines[i].node))
            return false;
    }
    return true;
}
