/* faults.c - see faults.h. */
#include "faults.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    IN_TURN_MS = 2000,
    STRIKE_FIRST_MS = 200, /* kill -9 comes after 0.2 to 1.4 s */
    STRIKE_SPREAD_MS = 1200,
    SOAK_FIRST_MS = 30000,
    SOAK_SPREAD_MS = 60000,
    STOPPED_MS = 3000,
    FULL_FIRST_MS = 1000,
    FULL_SPREAD_MS = 3000
};

enum fault { KILL, KILL_ALL, STOP, FILL, FAULTS }; /* KILL_ALL: at one instant, as when the power goes */

/* How many of a hundred strikes. What a soak does lets every service live, so that what it loses is seen to grow. */
static const int storm_shares[FAULTS] = { [KILL] = 72, [KILL_ALL] = 3, [STOP] = 12, [FILL] = 13 };
static const int soak_shares[FAULTS] = { [KILL] = 40, [KILL_ALL] = 0, [STOP] = 40, [FILL] = 20 };

struct faults {
    int64_t next_ms, stopped_until_ms[PROCESSES], full_until_ms[PROCESSES]; /* 0: neither stopped nor full */
    pid_t stopped[PROCESSES];
    int turn;
    int64_t kills[PROCESSES], stops, fills, blackouts;
};

struct faults *faults_new(void)
{
    return calloc(1, sizeof(struct faults));
}

void faults_kill(struct storm *s, enum process which)
{
    pid_t pid = place_pid(s, which);
    if (pid && kill(pid, SIGKILL) == 0) /* else it is just being started */
        s->faults->kills[which]++;
}

static void stop(struct storm *s, enum process which)
{
    struct faults *f = s->faults;
    pid_t pid = place_pid(s, which);
    int64_t lasts_ms = storm_throw(&s->fault_dice, STOPPED_MS);
    if (!pid || f->stopped_until_ms[which] || kill(pid, SIGSTOP) != 0)
        return;
    f->stopped[which] = pid;
    f->stopped_until_ms[which] = storm_now_ms() + lasts_ms;
    f->stops++;
}

/* Takes all that is free, the last pages too. */
static void fill(struct storm *s, enum process which)
{
    struct faults *f = s->faults;
    char path[STORM_PATH_ROOM];
    int64_t lasts_ms = FULL_FIRST_MS + storm_throw(&s->fault_dice, FULL_SPREAD_MS);
    if (!s->has_disks || which == BROKER || f->full_until_ms[which])
        return;
    place_path(s, which, "filler", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    off_t at = 0;
    for (off_t size = 1 << 20; fd >= 0 && size >= 1 << 12; size >>= 4) {
        while (fallocate(fd, 0, at, size) == 0)
            at += size;
    }
    if (fd >= 0)
        close(fd);
    f->full_until_ms[which] = storm_now_ms() + lasts_ms;
    f->fills++;
}

static void heal(struct storm *s, int64_t now_ms)
{
    struct faults *f = s->faults;
    for (int i = 0; i < PROCESSES; i++) {
        if (f->stopped_until_ms[i] && now_ms >= f->stopped_until_ms[i]) {
            kill(f->stopped[i], SIGCONT);
            f->stopped_until_ms[i] = 0;
        }
        if (f->full_until_ms[i] && now_ms >= f->full_until_ms[i]) {
            char path[STORM_PATH_ROOM];
            place_path(s, (enum process) i, "filler", path);
            unlink(path);
            f->full_until_ms[i] = 0;
        }
    }
}

static enum fault thrown(struct storm *s)
{
    const int *shares = s->is_soak ? soak_shares : storm_shares;
    int64_t die = storm_throw(&s->fault_dice, 100);
    int which = 0;
    while (which < FAULTS - 1 && die >= shares[which])
        die -= shares[which++];
    return (enum fault) which;
}

static void strike(struct storm *s)
{
    enum fault fault = thrown(s);
    enum process whom = (enum process) storm_throw(&s->fault_dice, PROCESSES);
    switch (fault) {
    case KILL:
        faults_kill(s, s->is_soak ? BROKER : whom);
        return;
    case KILL_ALL:
        for (int i = 0; i < PROCESSES; i++)
            faults_kill(s, (enum process) i);
        s->faults->blackouts++;
        return;
    case STOP:
        stop(s, whom);
        return;
    case FILL:
        fill(s, whom);
        return;
    case FAULTS:
        return;
    }
}

void faults_step(struct storm *s)
{
    struct faults *f = s->faults;
    int64_t now_ms = storm_now_ms();
    heal(s, now_ms);
    if (now_ms < f->next_ms)
        return;
    if (s->in_turn)
        faults_kill(s, (enum process)(f->turn++ % PROCESSES));
    else if (f->next_ms)
        strike(s);
    f->next_ms = now_ms + (s->in_turn   ? IN_TURN_MS
                           : s->is_soak ? SOAK_FIRST_MS + storm_throw(&s->fault_dice, SOAK_SPREAD_MS)
                                        : STRIKE_FIRST_MS + storm_throw(&s->fault_dice, STRIKE_SPREAD_MS));
}

void faults_heal(struct storm *s)
{
    heal(s, INT64_MAX);
}

int64_t faults_kills(const struct storm *s, enum process which)
{
    return s->faults->kills[which];
}

void faults_print(const struct storm *s)
{
    const struct faults *f = s->faults;
    printf("killed:");
    for (int i = 0; i < PROCESSES; i++)
        printf(" %s %lld", process_names[i], (long long) f->kills[i]);
    printf(", all at once %lld times; stopped %lld, disks filled %lld\n", (long long) f->blackouts, (long long) f->stops,
           (long long) f->fills);
}
