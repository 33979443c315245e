/* node.h - one service at work: its ledger, its link, its streams and views. Everything below service_main and the test kit.
 *
 * A node does nothing by itself: somebody calls node_turn with the clocks' readings whenever something has arrived or the instant
 * it asked for has come. It blocks only on the disk. One thread. Several nodes may live in one process (tests). */
#ifndef RUNTIME_NODE_H
#define RUNTIME_NODE_H

#include "bus.h"
#include "crash.h"
#include "db.h"
#include "yinling/service.h"
#include "yinling/town.h"

#define LANES 3       /* 0 at once, 1 paced, 2 paced and behind 1 */
#define PEERS_MAX 8   /* producers followed, consumers served: five services today */
#define HASH_BYTES 32 /* BLAKE2b-256 */
#define HASH_HEX (2 * HASH_BYTES + 1)
#define EPOCH_HEX 17    /* 64 random bits */
#define EDITIONS_MAX 16 /* kept compiled at once; events name older ones rarely */

struct node_settings {
    const struct service *service;
    struct bus *bus;
    const char *ledger;               /* file, NULL for memory */
    const char *vfs;                  /* NULL: the system's */
    const char *state_dir;            /* where editions/ is; NULL: `town` is a plain folder */
    const char *town;                 /* folder loaded at start; re-read when the link it names moves */
    const struct town *borrowed_town; /* tests: instead of `town`, with what service.prepare made of it; neither is freed */
    void *borrowed_prepared;
    const char *version;
    instant_ms wall; /* the clocks at opening */
    int64_t boot_ms;
    const char *boot_id; /* of the machine's present boot: a restart within it is checked against boot_ms; NULL: not known */
    void (*random)(void *context, void *ret_bytes, size_t len); /* NULL: libsodium */
    void *random_context;
    int64_t window;               /* publishes in flight at most */
    unsigned char digest_key[32]; /* of the digests of remembered requests; kept apart from the ledger */
};

/* NULL with a printed line when it cannot start (ledger locked, damaged, town unusable). */
struct node *node_open(const struct node_settings *settings);
struct node *node_close(struct node *node); /* NULL is fine */

enum turn_end {
    TURN_FINE,
    TURN_DISK_FULL, /* undone; what had arrived is dropped (senders repeat); call again */
    TURN_UNKNOWN    /* an I/O error: the process must end now and find out at its next start */
};
/* One turn. *ret_next: when it wants the next one if nothing arrives before. */
enum turn_end node_turn(struct node *node, instant_ms wall, int64_t boot_ms, instant_ms *ret_next);
bool node_is_ready(const struct node *node);   /* link up, views reconciled, everything subscribed */
bool node_is_at_rest(const struct node *node); /* ready, and the broker has acknowledged all there is to show and say */
bool node_has_more(const struct node *node);   /* the last turn stopped at its bound */
/* Publishes `offline` as the last word before a clean disconnect. */
void node_farewell(struct node *node);
/* Free bytes on the ledger's disk, told by whoever looks (the loop, each second). */
void node_disk_free(struct node *node, int64_t bytes);
/* For tests: any SELECT's first value, and the current town. */
struct text node_ask(struct node *node, struct arena *arena, const char *sql);
const struct town *node_town(const struct node *node);
/* The message the last run died of (crash.h): counted; set aside after the third time. Called once, at start. */
void node_crashed_on(struct node *node, const unsigned char fingerprint[FINGERPRINT_BYTES]);

/* restore.c: a ledger put back from a copy gets a new epoch that continues its old one, and is held until it is released. False when it
 * cannot be opened or written; then nothing has changed. `random`: as in node_settings, not NULL. */
bool ledger_restored(const struct db_settings *settings, void (*random)(void *context, void *ret_bytes, size_t len),
                     void *context);

#endif
