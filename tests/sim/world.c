/* world.c - see world.h. */
#include "sim/world.h"

#include "sim/versions.h"
#include "sim/watch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START_TRIES_MAX = 50 };

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
    w->latest_ms = w->wall_ms;
    w->boot_ms = 1000000;
    w->net = net_new(&w->net_dice);
    net_time(w->net, w->boot_ms);
    net_on_publish(w->net, watch_publish, w);
    w->watch = watch_new();
    w->people = net_client(w->net, "people");
    for (int i = 0; i < MACHINES; i++) {
        struct machine *m = &w->machines[i];
        m->service = versions_of(services[i]());
        m->prepared = prepared[i];
        m->disk = disk_new(m->service->name, &w->disk_dice);
        m->client = net_client(w->net, m->service->name);
        if (dice_chance(&w->dice, 200))
            disk_die_after(m->disk, dice_between(&w->dice, 1, 60)); /* while its tables are made, or soon after */
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
    watch_free(w->watch);
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

/* -- passing ---------------------------------------------------------------------------------------------------------- */

/* An answer as JSON; of a list only its head, for nobody here looks at what stands in one. */
static json_t *answer_of(struct text payload)
{
    static const char list[] = ",\"kind\":\"query-leads\",\"ok\":true";
    const char *at = memmem(payload.at, payload.len, list, sizeof list - 1);
    if (!at)
        return json_loadb(payload.at, payload.len, 0, NULL);
    char head[256];
    snprintf(head, sizeof head, "%.*s}", (int) (at - payload.at), payload.at);
    return json_loads(head, 0, NULL);
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
            json_t *answer = answer_of(a.payload);
            if (w->on_answer && answer)
                w->on_answer(w->people_context, parts[0], answer);
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
            machine_has_room(m);
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
        if (m->waits_until_ms <= w->boot_ms && (net_has_for(m->client) || m->next_turn_ms <= w->boot_ms)) {
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
        int64_t due = !m->node ? m->starts_at_ms : m->next_turn_ms;
        if (m->node && !net_is_connected(m->client) && m->reconnects_at_ms < due)
            due = m->reconnects_at_ms;
        next = due < next ? due : next;
    }
    return next > w->boot_ms ? next : w->boot_ms + 1;
}

static void move_clock(struct world *w, int64_t to_boot)
{
    int64_t from = w->boot_ms < w->stands_until_boot_ms ? w->stands_until_boot_ms : w->boot_ms;
    int64_t passed = to_boot > from ? to_boot - from : 0;
    w->wall_ms += to_boot <= w->back_until_boot_ms ? -passed : passed;
    w->latest_ms = w->wall_ms > w->latest_ms ? w->wall_ms : w->latest_ms;
    w->boot_ms = to_boot;
    net_time(w->net, w->boot_ms);
}

void world_pass(struct world *w, int64_t ms, int rounds_max)
{
    move_clock(w, w->boot_ms + ms);
    /* what follows from the leap has half a second of small steps; the rest of the time is still */
    int64_t until = w->boot_ms + 500;
    for (int i = 0; i < rounds_max && w->boot_ms < until && !w->failure[0]; i++) {
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

/* -- healing ---------------------------------------------------------------------------------------------------------- */

void world_heal(struct world *w)
{
    w->faults = false;
    net_faults(w->net, (struct net_faults){ 0 });
    w->stands_until_boot_ms = w->back_until_boot_ms = 0;
    w->wall_ms = w->latest_ms; /* the right time is where nobody has been yet */
    for (int i = 0; i < MACHINES; i++) {
        struct machine *m = &w->machines[i];
        machine_has_room(m);
        disk_die_after(m->disk, 0);
        net_mute_after(m->client, 0);
        if (m->node && m->is_old)
            machine_dies(w, m, false);
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
