/* faults.c - what goes wrong, by the dice. */
#include "sim/world.h"

enum { FULL_MAX_MS = 4 * 3600000, STANDS_MAX_MS = 2 * 3600000, HOUR_MS = 3600000, KEEP_ALIVE_MS = 60000 };

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

/* Noticed at once, or only when the keep-alive is over: until then it speaks to nobody. */
static void fault_cut(struct world *w, struct machine *m)
{
    net_cut(m->client, dice_below(&w->dice, dice_chance(&w->dice, 500) ? 3000 : KEEP_ALIVE_MS));
    w->met[MET_CUT]++;
}

static void fault_sync_fails(struct world *w, struct machine *m)
{
    bool is_kept = dice_chance(&w->dice, 500);
    disk_fail_next_sync(m->disk, is_kept);
    w->met[is_kept ? MET_SYNC_FAILED_KEPT : MET_SYNC_FAILED_LOST]++;
}

static void fault_write_fails(struct world *w, struct machine *m)
{
    disk_fail_next_write(m->disk);
    w->met[MET_WRITE_FAILED]++;
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
static void fault_clock_step(struct world *w, struct machine *m)
{
    (void) m;
    w->wall_ms += dice_between(&w->dice, -5000, 5000);
    w->met[MET_CLOCK_STEP]++;
}

/* Hours or days: a dead battery, a mistyped date. */
static void fault_clock_jump(struct world *w, struct machine *m)
{
    (void) m;
    int64_t unit = dice_chance(&w->dice, 500) ? HOUR_MS : 24 * HOUR_MS;
    bool ahead = dice_chance(&w->dice, 500);
    w->wall_ms += (ahead ? 1 : -1) * dice_between(&w->dice, unit / 2, 3 * unit);
    w->met[ahead ? MET_CLOCK_AHEAD : MET_CLOCK_BACK]++;
}

static void fault_clock_stands(struct world *w, struct machine *m)
{
    (void) m;
    w->stands_until_boot_ms = w->boot_ms + dice_between(&w->dice, 1000, STANDS_MAX_MS);
    w->met[MET_CLOCK_STOOD]++;
}

static void fault_clock_runs_back(struct world *w, struct machine *m)
{
    (void) m;
    w->back_until_boot_ms = w->boot_ms + dice_between(&w->dice, 1000, STANDS_MAX_MS / 2);
    w->met[MET_CLOCK_RAN_BACK]++;
}

static void fault_die_twice(struct world *w, struct machine *m)
{
    machine_dies(w, m, dice_chance(&w->dice, 500));
    m->starts_at_ms = w->boot_ms;
    disk_die_after(m->disk, dice_between(&w->dice, 1, 8));
}

/* Its machine is carried away; time is noticed by nobody but those who wait. */
static void fault_away(struct world *w, struct machine *m)
{
    machine_dies(w, m, dice_chance(&w->dice, 500));
    m->starts_at_ms = w->boot_ms + dice_between(&w->dice, HOUR_MS / 6, 2 * HOUR_MS);
}

static void fault_copy(struct world *w, struct machine *m)
{
    disk_copy_free(m->copy);
    m->copy = disk_backup(m->disk);
    m->copied_ms = w->boot_ms;
}

static void fault_restore(struct world *w, struct machine *m)
{
    machine_restore(w, m);
}

void world_fault(struct world *w)
{
    static const struct {
        int weight;
        void (*run)(struct world *w, struct machine *m);
        const char *name;
    } faults[] = { { 20, fault_kill, "kill" },
                   { 25, fault_die_at_write, "die-at-write" },
                   { 20, fault_mute, "mute" },
                   { 20, fault_cut, "cut" },
                   { 8, fault_sync_fails, "sync-fails" },
                   { 6, fault_write_fails, "write-fails" },
                   { 8, fault_full, "full" },
                   { 8, fault_forget, "forget" },
                   { 6, fault_remember, "remember" },
                   { 6, fault_go_back, "go-back" },
                   { 6, fault_clock_step, "clock-step" },
                   { 3, fault_clock_jump, "clock-jump" },
                   { 3, fault_clock_stands, "clock-stands" },
                   { 2, fault_clock_runs_back, "clock-runs-back" },
                   { 8, fault_die_twice, "die-twice" },
                   { 5, fault_away, "away" },
                   { 5, fault_copy, "copy" },
                   { 3, fault_restore, "restore" } };
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
