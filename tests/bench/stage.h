/* stage.h - the processes that are measured: a whole town (deploy/up on a private state), a bare broker with the same configuration
 * but without the guard, and what /proc says of them. Everything listens on loopback and is stopped by the one who started it. */
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PATH_ROOM 512

struct stage {
    char state[PATH_ROOM]; /* everything of it, the town's folder included */
    char town[PATH_ROOM];
    int port;
    pid_t up;
    struct password *passwords; /* sorted by account */
    int password_count;
    const char *preload; /* a library in front of the C library, in all its processes; NULL: none */
    const char *bin;     /* the folder of the binaries; NULL: YL_BIN */
};

/* A folder like deploy/binhu, with so many workers per village and twenty more channels. */
bool stage_make(struct stage *stage, const char *folder, int port, int workers_per_village);
/* One that was made, and stopped, earlier. */
void stage_again(struct stage *stage, const char *folder, int port);
bool stage_start(struct stage *stage, int64_t *ret_us); /* until `ready`; how long that took */
void stage_stop(struct stage *stage);
const char *stage_password(const struct stage *stage, const char *account); /* ends the program when there is none */
pid_t stage_pid(const struct stage *stage, const char *name); /* intake, router, …, broker; 0 when not running */
void stage_kill(const struct stage *stage, const char *name); /* -9; returns when the supervisor has started it again */

struct bare {
    char state[PATH_ROOM];
    int port;
    pid_t pid;
};
bool bare_start(struct bare *bare, const char *folder, int port);
bool bare_again(struct bare *bare); /* after bare_stop: it remembers nothing */
void bare_stop(struct bare *bare);

bool port_answers(int port, int64_t within_us);
int64_t cpu_us_of(pid_t pid); /* processor time of all its threads so far */
int64_t rss_kb_of(pid_t pid);
int64_t shared_kb_of(pid_t pid); /* of it: pages of libraries and programs, there once for all services */
bool remove_folder(const char *path);

#endif
