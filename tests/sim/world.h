/* world.h - a town in one process: four services, each a machine with its own disk, one adversarial broker, one clock.
 *
 * Everything that happens is chosen by dice thrown from the seed; the world's log of what happened is the same, byte for byte, for
 * the same seed. People act through world_publish and see answers and retained topics only. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/dice.h"
#include "sim/disk.h"
#include "sim/met.h"
#include "sim/net.h"
#include "services/runtime/node.h"

#define MACHINES 4

const struct service *sim_intake(void);
const struct service *sim_router(void);
const struct service *sim_deadline(void);
const struct service *sim_warning(void);

struct machine {
    const struct service *service;
    struct disk *disk;
    struct net_client *client;
    struct node *node; /* NULL: its process is not running */
    void *prepared;
    int64_t starts_at_ms;     /* when it is started again */
    int64_t reconnects_at_ms; /* when its connection is made again */
    int64_t next_turn_ms;     /* when it wants one, nothing arriving before */
    int64_t full_until_ms;    /* its disk is full until then; 0: it is not */
    int64_t waits_until_ms;   /* after a turn that found no room */
    struct disk_copy *copy;   /* a backup; NULL: none was made */
    int64_t copied_ms;        /* when */
    long restored;            /* how often its ledger was put back */
    int64_t died_wall_ms;     /* 0: it has started since */
    bool is_old;              /* the older program runs (versions.h) */
    bool has_crashed;         /* of its own fault, on the message of this fingerprint */
    unsigned char fingerprint[16];
};

#define OUTAGES_MAX 256
struct outage {
    int64_t from_ms, to_ms; /* wall clock */
};

struct world {
    uint64_t seed;
    struct dice dice, net_dice, disk_dice, people_dice, random_dice;
    struct net *net;
    struct net_client *people; /* hears answers; everybody's account */
    struct machine machines[MACHINES];
    const struct town *town;
    struct arena *arena; /* one step's */
    int64_t wall_ms, boot_ms;
    int64_t latest_ms;                  /* the furthest the wall clock has ever been */
    int64_t stands_until_boot_ms;       /* the wall clock does not move before */
    int64_t back_until_boot_ms;         /* it runs backwards until then */
    struct outage outages[OUTAGES_MAX]; /* when a machine was down for more than minutes */
    size_t outage_count;
    bool faults; /* the safety phase; afterwards all must settle */
    long step;
    uint64_t log_hash;
    bool print;
    long met[MET_COUNT];
    struct watch *watch; /* watch.c */
    void (*on_answer)(void *context, struct text account, const json_t *answer);
    void (*on_restore)(void *context, const struct machine *machine);
    void *people_context;
    char failure[1024]; /* the first broken promise; empty: none */
};

struct world *world_new(uint64_t seed, const struct town *town, void *const prepared[MACHINES], bool print);
struct world *world_free(struct world *world);
instant_ms world_now(const struct world *world);
struct machine *world_machine(struct world *world, const char *name);

/* Publishes a request or a tap as that account. */
void world_publish(struct world *world, const char *path, const char *payload);
/* Lets `ms` pass in one leap, then gives every machine the turns it wants until half a second is over or `rounds_max` are spent. */
void world_pass(struct world *world, int64_t ms, int rounds_max);
/* Heals everything: room on the disks, an honest broker, machines up with the present program, a clock that runs. */
void world_heal(struct world *world);
/* True when nothing has anything left to do but heartbeats. */
bool world_is_settled(struct world *world);

/* faults.c: throws one fault. */
void world_fault(struct world *world);

/* machine.c */
void machine_start(struct world *world, struct machine *machine);
void machine_turn(struct world *world, struct machine *machine);
void machine_dies(struct world *world, struct machine *machine, bool power_lost);
/* Its ledger is put back from the copy; only when there is one. */
void machine_restore(struct world *world, struct machine *machine);
void machine_has_room(struct machine *machine);

/* First value of a SELECT on a machine's ledger; only when its process runs. */
struct text world_ask_ledger(struct world *world, const char *machine, const char *sql);
int64_t world_ask_int(struct world *world, const char *machine, const char *sql);

void world_log(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A promise is broken: kept if it is the first. */
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
