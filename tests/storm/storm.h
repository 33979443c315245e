/* storm.h - what the parts of the storm share: a town of real processes, the dice, the checks, and everybody who asks something of it.
 *
 * One thread. Everybody is a client of the contract with the account's own password; nothing here knows a table or a topic that its
 * account may not read, except ledgers.c, which opens the ledgers after the town has stopped. */
#ifndef STORM_STORM_H
#define STORM_STORM_H

#include "yinling/client.h"
#include "yinling/town.h"

#include <sys/types.h>

enum { STORM_UNITS_MAX = 16, STORM_PATH_ROOM = 256 }; /* units: a bit each */

enum process { INTAKE, ROUTER, DEADLINE, WARNING, BROKER, PROCESSES, SERVICES = BROKER };
extern const char *const process_names[PROCESSES];

enum sender { SENDER_CHANNEL, SENDER_OFFICE, SENDER_PUBLICITY, SENDER_UNITS }; /* then a unit each, in the town's order */
enum { SENDERS_MAX = SENDER_UNITS + STORM_UNITS_MAX };

struct asks;
struct leads;
struct warnings;
struct phones;
struct faults;
struct samples;

struct storm {
    char state[128], broker[64];
    const char *bin, *mqtt, *samples_path;
    int64_t lead_count, seconds, port, leads_per_s; /* leads_per_s 0: as fast as they are answered */
    bool in_turn, is_soak, has_disks;
    uint64_t load_dice,
        fault_dice; /* apart, so that the faults of a seed are the same whatever the machine makes of the load */
    pid_t up;
    const struct town *town;
    struct client *senders[SENDERS_MAX];
    size_t sender_count;
    struct asks *asks;
    struct leads *leads;
    struct warnings *warnings;
    struct phones *phones;
    struct faults *faults;
    struct samples *samples;
    int64_t began_ms;
    int passed, failed;
};

int64_t storm_now_ms(void);
int64_t storm_throw(uint64_t *dice, int64_t below); /* 0 to below - 1, the same for the same seed */
/* One thing that was counted: a line, with the number that says how it stands. */
void storm_check(struct storm *s, bool holds, const char *sentence, int64_t number);
/* Hears what has arrived for everybody, sends what is due; waits a few ms when nobody has anything. */
void storm_step(struct storm *s);

/* -- place.c: the processes, their folder, their disks --------------------------------------------------------------- */

/* A mount namespace of our own, so that each ledger can lie on a small file system. Before any thread. False: not to be had. */
bool place_enter(void);
bool place_make(struct storm *s); /* the folder, and the disks when there are any */
bool place_start(struct storm *s);
void place_stop(struct storm *s);
void place_remove(struct storm *s);                         /* or keeps it when something failed, and says where */
pid_t place_pid(const struct storm *s, enum process which); /* 0: none now */
/* The path of a file of this process under the state directory. */
void place_path(const struct storm *s, enum process which, const char *file, char ret[STORM_PATH_ROOM]);
/* Connects as this account. The passwords live as long as the process. */
struct client *place_client(struct storm *s, const char *account, const char *device, bool v5);
/* Lines of the logs of the services that have this text. */
int64_t place_log_lines(const struct storm *s, const char *text);

#endif
