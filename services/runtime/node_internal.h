/* node_internal.h - struct node, shared by the files that make it up. Nobody else includes it. */
#ifndef RUNTIME_NODE_INTERNAL_H
#define RUNTIME_NODE_INTERNAL_H

#include "alarm.h"
#include "backup.h"
#include "editions.h"
#include "log.h"
#include "mutant.h"
#include "node.h"
#include "stream.h"
#include "turn.h"
#include "view.h"

enum link_phase {
    LINK_DOWN,
    LINK_PROBING,     /* reading the watermarks, waiting for the probe */
    LINK_RECONCILING, /* reading our own retained views, waiting for the second probe */
    LINK_READY
};

struct node {
    const struct service *service;
    struct bus *bus;
    struct db *db;
    struct arena *arena;            /* the turn's: what it will say, show and answer */
    struct arena *scratch;          /* the message's in hand, which is what handlers see: reset after each */
    struct arena *connection_arena; /* what was read while reconciling */
    struct node_settings settings;
    struct tx tx;
    jmp_buf trouble;

    char epoch[EPOCH_HEX];
    bool held; /* a restored ledger that waits for release */

    /* clock */
    instant_ms now;    /* logical; never runs back */
    instant_ms steady; /* the boot clock: paces what goes out, never compared with an instant of any ledger */
    instant_ms started;
    instant_ms wall_seen;
    int64_t boot_seen;
    bool clock_doubted;  /* jumped; timers wait for acceptance */
    instant_ms kept_now; /* as last written to the ledger */
    instant_ms wanted;   /* when on_time is to be called */
    bool waits_by_heard; /* its timers ask how far a producer has been heard: they look again when that moves */
    bool heard_more;     /* and it has, in this turn */

    /* configuration */
    struct edition editions[EDITIONS_MAX];
    int edition_count, edition_current;
    int64_t editions_asked;
    char edition_link[128]; /* what the folder's link said last */
    instant_ms next_edition_look;

    /* the open turn */
    struct counts done, saved[NESTED_MAX];
    int saved_count;
    instant_ms careful_until; /* steady */
    bool is_careful;          /* each message of this turn has its savepoint */
    struct said said[SAID_MAX];
    struct outgoing answers[OUTGOING_MAX], feeds[OUTGOING_MAX];
    struct text answer_in_hand, refusal_in_hand;
    bool refusal_binds;
    struct text park_reason;

    /* link */
    enum link_phase phase;
    uint64_t next_token, oldest_token; /* the last one given; all up to here are acknowledged or lost */
    char probe[EPOCH_HEX];
    instant_ms link_since;
    struct flight flights[WINDOW_MAX]; /* [token % WINDOW_MAX] */
    size_t flight_bytes;
    int paced_out;         /* views of paced lanes among them */
    instant_ms hurried_at; /* steady: when one of lane 0 went out last */
    struct lane lanes[LANES];
    struct text *found_topics; /* own retained topics the broker has, while reconciling */
    size_t found_count, found_room;
    bool strangers_due; /* the second probe is back: what the table lacks is to be cleared */
    bool status_due, alarm_due, told_at_head;
    instant_ms next_status;

    /* streams */
    int64_t published; /* own events handed to the bus live on this connection */
    instant_ms next_heartbeat;
    struct producer producers[PEERS_MAX];
    int producer_count;
    struct consumer consumers[PEERS_MAX];
    int consumer_count;
    bool cursors_wanted;                       /* the broker is to send them once more: one was lost on its way */
    json_t *continues;                         /* {"epoch":…,"seq":…} list, owned */
    struct text slices[WINDOW_EVENTS_MAX + 1]; /* the events of the message in hand */

    struct backup backup;
    bool disk_low;
    char denied[TOPIC_BYTES_MAX];  /* what the broker refused on this connection */
    bool alarmed[ALARMS_STANDING]; /* as the ledger says */
    instant_ms next_prune;
    instant_ms alone_until;  /* steady: one message a turn, so that one that crashes us or finds no room takes no other along */
    instant_ms chores_after; /* steady: after a full disk, messages come first */

    struct poison poison[POISON_MAX];
    int poison_count;
    int64_t parked_count;
    bool has_more;
};

/* node.c */
const char *hex_of(struct arena *arena, const unsigned char *bytes, size_t len);
struct text own_path(struct node *node, enum topic_id id, const char *part); /* svc/<name>/…, stream/<name>/… */
bool node_publish(struct node *node, struct text path, struct text payload, int qos, bool retain, enum flight_kind kind,
                  int lane, int64_t revision);
bool window_is_open(const struct node *node);
int window_free(const struct node *node);
int window_free_paced(const struct node *node);
bool window_takes_streams(const struct node *node); /* the library keeps what is not acknowledged: so many bytes at most */
void meta_set(struct tx *tx, const char *key, struct text value);
int64_t meta_int(struct tx *tx, const char *key, int64_t unset);
int poison_attempts(const struct node *node, struct text path, struct text bytes);
void meta_set_int(struct tx *tx, const char *key, int64_t value);
void clock_read(struct node *node, instant_ms wall, int64_t boot_ms);
void clock_accept(struct node *node);
void clock_keep(struct node *node); /* needs an open transaction */

/* link.c */
void link_hear(struct node *node, struct arrival *a);
void link_subscribe_all(struct node *node);
bool link_takes(struct node *node, const struct arrival *a, enum topic_id id, const struct text *parts);
void link_answer(struct node *node); /* part of it */
void link_pump(struct node *node);   /* status, alarm, answers, feeds */
/* request.c */
void request_apply(struct node *node, const struct arrival *m, enum topic_id id, const struct text *parts);
void request_prune(struct node *node);
bool service_answers(const struct node *node, enum request_kind kind);
/* restore.c */
int64_t lost_events(struct tx *tx); /* how many events of the history we continue a consumer has heard and we lack */
/* operate.c */
enum verdict operate(struct tx *tx, instant_ms now, const struct request *r);
bool is_operate(const struct node *node, enum request_kind kind);

#endif
