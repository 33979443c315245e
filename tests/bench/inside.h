/* inside.h - real services within this process, on a bus that keeps nothing: for ledgers that are to be made fast, and for costs that
 * a broker would hide.
 *
 * Messages go straight to whoever has subscribed; views are acknowledged and forgotten. The clock is set by hand. One thread. A
 * ledger's syncs cost nothing while `inside_syncs_nothing` is on: what is made so is only good once the program has ended well. */
#ifndef BENCH_INSIDE_H
#define BENCH_INSIDE_H

#include "services/runtime/node.h"

struct inside;

struct inside_hooks {
    void (*said)(void *context, const json_t *event);                                 /* each event of any stream, once */
    void (*answered)(void *context, struct text account, struct text bytes);          /* each answer */
    void (*published)(void *context, enum topic_id topic, size_t bytes, int readers); /* each message; readers: services */
    void *context;
};

struct inside *inside_new(const struct town *town, instant_ms now); /* borrows the town */
struct inside *inside_free(struct inside *inside);
void inside_hook(struct inside *inside, struct inside_hooks hooks);

/* Opens a service on a ledger. `key`: of its digests, 32 bytes; NULL: zeros. NULL when it cannot start. */
struct node *inside_add(struct inside *inside, const struct service *service, const char *ledger, const unsigned char *key);

/* A request of an account, or of account@device. */
void inside_ask(struct inside *inside, const char *kind, const char *account, struct text body);
/* The next event on the stream of a producer that is not among the services; `inside_tell` sends those collected, or that there are
 * none: a producer that is alive says so. */
void inside_event(struct inside *inside, enum event_type type, struct text subject, const char *data_json);
void inside_tell(struct inside *inside, const char *producer);

struct inside_count { /* what a service has done so far */
    int64_t turns, flushes, written_bytes, rows;
};
struct inside_count inside_counted(struct inside *inside, const char *service);

void inside_settle(struct inside *inside);                /* turns of all until nothing is left to do at this instant */
void inside_at(struct inside *inside, instant_ms now);    /* the clock goes on, and all settle */
void inside_ahead(struct inside *inside, instant_ms now); /* the clock goes on; nobody has a turn yet */
/* Turns of all on the machine's own clocks until `is_done` says so; false when that takes longer than `within_us`. */
bool inside_live(struct inside *inside, bool (*is_done)(void *context), void *context, int64_t within_us);
instant_ms inside_now(const struct inside *inside);

extern bool inside_syncs_nothing;

#endif
