/* machine.c - one machine of the world: a disk, a connection, and a process that starts, takes turns and dies. */
#include "sim/versions.h"
#include "sim/world.h"
#include "services/runtime/crash.h"

#include <stdio.h>
#include <string.h>

enum { NIGHT_OFF_MS = 2000, FULL_AGAIN_MS = 100, OUTAGE_MS = 600000 };

static void ledger_path(const struct machine *m, char ret[64])
{
    snprintf(ret, 64, "/%s.db", m->service->name);
}

static void world_random(void *context, void *ret_bytes, size_t len)
{
    struct world *w = context;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *) ret_bytes)[i] = (unsigned char) dice_below(&w->random_dice, 256);
}

static struct db_settings ledger_of(const struct machine *m, const char *path)
{
    return (struct db_settings){ .path = path,
                                 .vfs = disk_vfs(m->disk),
                                 .queries = m->service->queries,
                                 .query_count = m->service->query_count,
                                 .schema = m->service->schema,
                                 .secure_delete = true };
}

static void machine_open(struct world *w, struct machine *m)
{
    char path[64];
    ledger_path(m, path);
    m->node = node_open(&(struct node_settings){ .service = m->service,
                                                 .bus = net_bus(m->client),
                                                 .ledger = path,
                                                 .vfs = disk_vfs(m->disk),
                                                 .borrowed_town = w->town,
                                                 .borrowed_prepared = m->prepared,
                                                 .version = m->is_old ? "old" : "new",
                                                 .wall = { w->wall_ms },
                                                 .boot_ms = w->boot_ms,
                                                 .random = world_random,
                                                 .random_context = w,
                                                 .window = 32 });
    if (m->node && m->has_crashed)
        node_crashed_on(m->node, m->fingerprint);
    m->has_crashed = m->has_crashed && !m->node;
    m->next_turn_ms = w->boot_ms;
    m->reconnects_at_ms = w->boot_ms + dice_below(&w->dice, 300);
}

/* Between two runs of our program a newer one was tried out, or a bit of the ledger has turned over. */
static void what_happened_meanwhile(struct world *w, struct machine *m)
{
    char path[64], subject[32];
    ledger_path(m, path);
    struct db_settings settings = ledger_of(m, path);
    snprintf(subject, sizeof subject, "2026-%06lld", (long long) dice_between(&w->dice, 1, 40));
    if (dice_chance(&w->dice, 60) && versions_newer_ran(&settings, subject))
        w->met[MET_NEWER_PROGRAM]++;
}

/* A damaged ledger does not start: then it comes back from its copy. A flip that goes unnoticed is taken back, for nothing here could
 * know what it changed. */
static bool starts_damaged(struct world *w, struct machine *m)
{
    struct disk_copy *whole = disk_backup(m->disk);
    bool has_crashed = m->has_crashed;
    bool is_misread = dice_chance(&w->dice, 500), is_flipped = is_misread || disk_flip_bit(m->disk);
    if (is_misread)
        disk_misread(m->disk);
    if (is_flipped)
        machine_open(w, m);
    bool is_seen = is_flipped && !m->node && !disk_is_dead(m->disk);
    world_log(w, "%s %s %s", is_misread ? "misread" : "flip", m->service->name, is_seen ? "seen" : "unseen");
    if (is_seen && is_misread) {
        w->met[MET_MISREAD]++;
        m->starts_at_ms = w->boot_ms + 200; /* nothing is wrong with the ledger, and nothing was written to it */
    } else if (is_seen && m->copy) {
        w->met[MET_DAMAGE]++;
        machine_restore(w, m);
    } else if (is_flipped) {
        disk_die_now(m->disk);
        m->node = node_close(m->node);
        net_gone(m->client);
        disk_restore(m->disk, whole);
        disk_set_full(m->disk, m->full_until_ms != 0);
        m->has_crashed = has_crashed;
    }
    disk_copy_free(whole);
    return is_seen && (is_misread || m->copy);
}

static void note_outage(struct world *w, struct machine *m)
{
    if (w->outage_count < OUTAGES_MAX && m->died_wall_ms && w->wall_ms - m->died_wall_ms > OUTAGE_MS)
        w->outages[w->outage_count++] = (struct outage){ m->died_wall_ms, w->wall_ms };
    m->died_wall_ms = 0;
}

void machine_start(struct world *w, struct machine *m)
{
    m->is_old = w->faults && dice_chance(&w->dice, 250);
    w->met[MET_OLD_PROGRAM] += m->is_old;
    if (w->faults && dice_chance(&w->dice, 30) && starts_damaged(w, m))
        return;
    if (w->faults)
        what_happened_meanwhile(w, m);
    if (!disk_is_dead(m->disk))
        machine_open(w, m);
    world_log(w, "start %s %s %s", m->service->name, m->is_old ? "old" : "new", m->node ? "ok" : "failed");
    if (m->node) {
        note_outage(w, m);
        return;
    }
    if (disk_is_dead(m->disk)) {
        w->met[MET_DEATH_IN_START]++;
        disk_restart(m->disk, dice_chance(&w->dice, 500));
        disk_set_full(m->disk, m->full_until_ms != 0);
    } else if (disk_has_failed(m->disk)) {
        disk_restart(m->disk, dice_chance(&w->dice, 300));
        disk_set_full(m->disk, m->full_until_ms != 0);
    } else if (!m->full_until_ms) {
        world_fail(w, "%s cannot start on its own ledger", m->service->name);
    }
    m->starts_at_ms = w->boot_ms + 200;
}

void machine_dies(struct world *w, struct machine *m, bool power_lost)
{
    world_log(w, "die %s power=%d", m->service->name, power_lost);
    disk_die_now(m->disk); /* what closing would still write must not reach the disk */
    m->node = node_close(m->node);
    net_gone(m->client);
    long torn = disk_torn(m->disk);
    disk_restart(m->disk, power_lost);
    w->met[MET_TORN] += disk_torn(m->disk) > torn;
    disk_set_full(m->disk, m->full_until_ms != 0);
    m->died_wall_ms = w->wall_ms;
    m->starts_at_ms = w->boot_ms + dice_below(&w->dice, NIGHT_OFF_MS);
    w->met[power_lost ? MET_POWER_LOSS : MET_KILL]++;
}

void machine_restore(struct world *w, struct machine *m)
{
    char path[64];
    ledger_path(m, path);
    struct db_settings settings = ledger_of(m, path);
    if (!m->copy)
        return;
    world_log(w, "restore %s", m->service->name);
    if (m->node)
        machine_dies(w, m, false);
    machine_has_room(m);
    disk_restore(m->disk, m->copy);
    if (!ledger_restored(&settings, world_random, w))
        world_fail(w, "the copy of %s is no ledger", m->service->name);
    m->restored++;
    m->starts_at_ms = w->boot_ms + dice_below(&w->dice, NIGHT_OFF_MS);
    w->met[MET_RESTORED]++;
    if (w->on_restore)
        w->on_restore(w->people_context, m);
}

void machine_has_room(struct machine *m)
{
    m->full_until_ms = m->waits_until_ms = 0;
    disk_set_full(m->disk, false);
}

/* The program died of its own fault, on the message in hand. */
static void machine_crashed(struct world *w, struct machine *m)
{
    m->has_crashed = crash_in_hand(m->fingerprint);
    set_in_hand(NO_TEXT, NO_TEXT);
    w->met[MET_POISON]++;
    machine_dies(w, m, false);
}

void machine_turn(struct world *w, struct machine *m)
{
    instant_ms next = world_now(w);
    if (!m->full_until_ms)
        node_disk_free(m->node, INT64_MAX);
    jmp_buf crash;
    if (setjmp(crash) != 0) {
        machine_crashed(w, m);
        return;
    }
    versions_turn(m->is_old, &crash);
    enum turn_end end = node_turn(m->node, world_now(w), w->boot_ms, &next);
    m->next_turn_ms = w->boot_ms + between(world_now(w), next).ms;
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
        m->next_turn_ms = m->waits_until_ms = w->boot_ms + FULL_AGAIN_MS;
    }
}
