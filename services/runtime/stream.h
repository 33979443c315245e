/* stream.h - streams within the runtime: who is followed, who is served, one event's bytes. Included by node_internal.h alone. */
#ifndef RUNTIME_STREAM_H
#define RUNTIME_STREAM_H

#include "node.h"

/* Events said in the open turn, kept until they are published. */
struct said {
    int64_t seq;
    struct text body;
};

/* A producer this service follows. */
struct producer {
    const char *name;
    char epoch[EPOCH_HEX];
    int64_t seq;
    char hash[HASH_HEX];
    int64_t head;         /* as last told */
    instant_ms told;      /* the latest now in any of its messages */
    instant_ms heard_now; /* the producer's now when it was heard at head; 0 before */
    instant_ms heard_at;  /* steady, at the last message of any kind; 0 before */
    bool gap;             /* an ask is wanted */
    bool stopped;         /* alarm raised: another epoch or another history */
    bool adopting;        /* an operator accepted the producer's present ledger */
    instant_ms next_ask;
    int64_t ask_after_ms; /* backing off, 50 ms to 1 s */
    int64_t told_seq;     /* cursor last published on this connection, -1: none */
    instant_ms next_tell;
};

/* A consumer of this service's stream. */
struct consumer {
    const char *name;
    bool known; /* a cursor has been read on this connection */
    char epoch[EPOCH_HEX];
    int64_t seq;
    int64_t served; /* up to where the window on its way goes; -1: none is, the live path has the rest */
    bool wants;
    instant_ms moved_at;
};

/* stream.c */
void stream_open(struct node *node);
void stream_apply(struct node *node, const struct arrival *m, struct text producer);
void stream_hear_cursor(struct node *node, struct text consumer, struct text payload);
void stream_up(struct node *node);
void stream_pump(struct node *node); /* after the commit: publish, serve, ask, tell */
instant_ms stream_next(const struct node *node);
bool stream_is_at_head(const struct node *node);
enum verdict event_take(struct node *node, struct text producer, int64_t seq, struct text body, bool retried);

/* event.c */
#define WINDOW_EVENTS_MAX 500 /* events of one stream message at most */
void event_next_hash(unsigned char hash[HASH_BYTES], struct text body);
void event_hash_read(unsigned char ret[HASH_BYTES], struct text hex);
int event_slices(struct text message, size_t *ret_open, struct text *ret_events); /* -1: not of that shape */
const char *event_read(struct node *node, struct text producer, int64_t seq, struct text body, struct event *ret); /* why not */

#endif
