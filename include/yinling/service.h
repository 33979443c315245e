/* service.h - what a service is: a table handed to service_main.
 *
 * The skeleton owns the process, the loop, the ledger, the connection and all delivery (ARCHITECTURE §3-§5). A service adds
 * handlers: pure functions of (transaction, now, message). They read no clock, touch no network or file, keep nothing in
 * memory, and act on the world only through say / show / hide / announce / answer and SQL on their own tables. All of that
 * becomes true together, at the commit that ends the turn, or not at all. Handlers run one at a time on the turn's thread and
 * may not block. What they make in the arena dies with the turn; json_t given as `take_` is given away. */
#ifndef YINLING_SERVICE_H
#define YINLING_SERVICE_H

#include "yinling/account.h"
#include "yinling/reader.h"
#include "yinling/topic.h"
#include "yinling/tx.h"

enum verdict {
    DONE,    /* keep the effects */
    REFUSED, /* a request: effects undone, the refusal is the answer */
    PARKED   /* an event: effects undone, the event waits for an operator; later events of its subject queue behind it */
};

struct event {
    struct text producer; /* service name */
    int64_t seq;
    enum event_type type;
    struct text subject; /* what it is about: a lead, a warning */
    instant_ms at;       /* when the producer committed to it */
    struct text by;      /* staff or office account, kind of channel, or NO_TEXT for the system itself */
    struct text edition; /* configuration edition the producer used */
    json_t *data;        /* borrowed */
    struct reader *in;   /* lenient reader of data */
};

struct request {
    enum request_kind kind;
    struct account who; /* proven by the broker: read off the topic */
    struct text device; /* NO_TEXT without */
    struct text id;     /* the requester's */
    json_t *body;       /* borrowed; without "id" it is what `in` reads */
    struct reader *in;  /* strict reader; "id" is already taken */
};

/* A publish of a phone: worker/<account>/ok, no, reach, say. The worker is proven by the broker. */
struct tap {
    enum topic_id topic;
    struct account who;
    struct text payload; /* at most 64 KiB of anything */
};

typedef enum verdict event_handler(struct tx *tx, instant_ms now, const struct event *e);
typedef enum verdict request_handler(struct tx *tx, instant_ms now, const struct request *r);
typedef void tap_handler(struct tx *tx, instant_ms now, const struct tap *t);
/* Does at most 512 things; returns when to be called next. Called while the clock is doubted too (is_held): then only what waits for no
 * instant may be done. Never called on a ledger that waits for its release. */
typedef instant_ms time_handler(struct tx *tx, instant_ms now);
/* The only thing that may be done with an event nobody understands: reads nothing but its subject. */
typedef void parked_handler(struct tx *tx, instant_ms now, struct text subject, struct text reason);

struct event_route {
    enum event_type type;
    event_handler *on;
    parked_handler *parked; /* NULL: parking has no effect of its own */
};
struct request_route {
    enum request_kind kind;
    request_handler *on;
    enum {
        ASKS,   /* a query: answered, not remembered */
        ORDERS, /* binding; remembered 7 days */
        ACCEPTS /* binding; remembered for ever; refused as `unavailable` when the disk is nearly full or the ledger is held */
    } weight;
};
struct tap_route {
    enum topic_id topic;
    tap_handler *on;
};
// clang-format off
#define EVENT_ROUTES_END { EVENT_TYPE_COUNT, NULL, NULL }
#define REQUEST_ROUTES_END { REQUEST_KIND_COUNT, NULL, 0 }
#define TAP_ROUTES_END { TOPIC_COUNT, NULL }
// clang-format on

struct service {
    const char *name;            /* folder = process = client id = database = log tag */
    const char *schema;          /* generated: numbered migrations, append-only */
    const struct query *queries; /* generated */
    int query_count;
    const struct event_route *events;     /* NULL: none. A producer is followed when a route names one of its events */
    const struct request_route *requests; /* NULL: none */
    const struct tap_route *taps;         /* NULL: none */
    time_handler *on_time;                /* NULL: none. Called at start, when due, and after every turn that had messages */
    /* Compiles what the service needs of a town (regular expressions, say). The result is given back by tx_prepared; NULL
     * with a complaint printed is a town that cannot be used. Called once per edition, outside a transaction. */
    void *(*prepare)(const struct town *town);
    void (*unprepare)(void *prepared);
    /* A ledger put back from a copy is released: numbers jump past what anybody can have seen. Others have heard `events_lost` events
     * that it lacks, and perhaps another ledger put back from the same copy: `since_copy` bounds that. NULL: gives no numbers. */
    void (*released)(struct tx *tx, instant_ms now, int64_t events_lost, span_ms since_copy);
};
/* Never returns but with a documented exit code: 0 asked to stop, 2 usage, 3 cannot start (message says why), 4 disk trouble. */
int service_main(const struct service *service, int argc, char **argv);

/* One event on this service's stream, numbered and chained at the commit. `by` may be NO_TEXT. …_json: JSON made by a writer. */
void say(struct tx *tx, instant_ms now, enum event_type type, struct text subject, struct text by, json_t *take_data);
void say_json(struct tx *tx, instant_ms now, enum event_type type, struct text subject, struct text by, struct text data);
/* How things are: a retained topic. Showing what is shown already is nothing. */
void show(struct tx *tx, struct topic topic, json_t *take_payload);
void show_json(struct tx *tx, struct topic topic, struct text payload);
void show_text(struct tx *tx, struct topic topic, struct text payload); /* text/plain topics */
void hide(struct tx *tx, struct topic topic);
void announce(struct tx *tx, struct topic topic, struct text payload); /* JSON on a ticker, QoS 0, lost if nobody listens */

/* {"request","kind","ok":true} plus these fields; NULL for none. Returns DONE. */
enum verdict answer(struct tx *tx, const struct request *r, json_t *take_fields);
enum verdict answer_json(struct tx *tx, const struct request *r, struct text fields);
/* Returns REFUSED. `field` may be NULL. A query may return DONE all the same: the refusal is its answer and the effects stay. */
enum verdict refuse(struct tx *tx, const struct request *r, enum code code, const char *field, const char *sentence_format, ...)
    __attribute__((format(printf, 5, 6)));
enum verdict refuse_for(struct tx *tx, const struct request *r, const struct complaint *why); /* what a reader complained of */
enum verdict too_many(struct tx *tx, const struct request *r, int64_t retry_after_s, const char *sentence);
enum verdict park(struct tx *tx, const struct event *e, const char *reason_format, ...) __attribute__((format(printf, 3, 4)));
enum verdict park_for(struct tx *tx, const struct event *e, const struct complaint *why); /* both return PARKED */

request_handler on_not_yet; /* a request kind whose service comes later: `unavailable` with a sentence */

/* Up to when the named producer has been heard, at head: nothing it committed before that instant is missing here. The distant
 * past (0) until it has been heard at all in this process. */
instant_ms heard(struct tx *tx, const char *producer);
bool is_held(struct tx *tx); /* a restored ledger that was not released, or a clock nobody has accepted: no instant has come */

/* alarm/<service>: what is wrong, since when, the command to type. `key` names it, [a-z-]. Raising twice is nothing. */
void alarm_raise(struct tx *tx, instant_ms now, const char *key, const char *command, const char *sentence_format, ...)
    __attribute__((format(printf, 5, 6)));
void alarm_clear(struct tx *tx, const char *key);

/* A state machine's allowed moves; a move not listed is refused. State 0 means no row. Ends with STEPS_END. */
struct step {
    int from;
    const char *event;
    int to;
};
// clang-format off
#define STEPS_END { -1, NULL, -1 }
// clang-format on
bool step_of(const struct step *steps, int from, const char *event, int *ret_to);

/* One line to the log: key=value, verb first; never payload text or anything about a reporter. */
void log_event(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
