/* topic.h - topics, events and request kinds as values; made from topics.yaml, which is the only place where their text stands.
 *
 * Paths are relative to the cell's root yl/v1/<town>, which the runtime puts in front. Pure functions; any thread. */
#ifndef YINLING_TOPIC_H
#define YINLING_TOPIC_H

#include "yinling/text.h"

#include "gen/topics.h" /* enum topic_id, enum event_type, enum request_kind, SERVICE_* */

#define TOPIC_PARTS_MAX 4
#define TOPIC_BYTES_MAX 256 /* with the root; also the limit common clients keep */

struct topic {
    enum topic_id id;
    struct text path;
};

/* The facts of one topic of topics.yaml. */
struct topic_spec {
    const char *name;
    const char *pattern; /* unit/{unit}/lead/{lead}; a level may end in fixed text: office/inbox/{lead}-return */
    int parts;           /* how many {…} */
    int qos;
    bool retain;        /* a view */
    bool plain;         /* text/plain, not JSON */
    int lane;           /* 0: at once; 1: paced, behind everything else; 2: behind 1 */
    const char *writer; /* the service that alone writes it; "{service}": the one in the path (answers: any); NULL: accounts */
};
struct event_spec {
    const char *name;     /* lead.received */
    const char *producer; /* intake */
};
struct request_spec {
    const char *name;    /* lead-submit */
    const char *service; /* who answers all of it */
    bool later;          /* its service comes later: answered `unavailable` */
};
struct stream_edge {
    const char *producer;
    const char *consumer;
    bool later; /* one of the two does not exist yet */
};
extern const struct topic_spec topic_specs[TOPIC_COUNT];
extern const struct event_spec event_specs[EVENT_TYPE_COUNT];
extern const struct request_spec request_specs[REQUEST_KIND_COUNT];
extern const struct stream_edge stream_edges[]; /* ends with {NULL, NULL} */

/* May it stand for a {…}: [a-z0-9-]{1,64}. */
bool topic_is_part(struct text text);

/* Fills a pattern's parts in order. What is no part, or a wrong count, is our bug. */
struct topic topic_of_(struct arena *arena, enum topic_id id, const struct text *parts, size_t count);
#define topic_of(arena, id, ...)                                                                                               \
    topic_of_((arena), (id), (const struct text[]){ __VA_ARGS__ },                                                             \
              sizeof((const struct text[]){ __VA_ARGS__ }) / sizeof(struct text))
struct topic topic_plain(enum topic_id id); /* a pattern without parts */

/* What a path is, and its parts. False when topics.yaml has no such topic. Several patterns may fit (answer/x): the one with
 * most fixed levels wins, and among equals the first in topics.yaml. */
bool topic_read(struct text path, enum topic_id *ret_id, struct text ret_parts[TOPIC_PARTS_MAX]);

/* The subscription that covers all topics of a pattern: every {…} becomes +, but the first the text given (NO_TEXT: also +). */
struct text topic_filter(struct arena *arena, enum topic_id id, struct text first);

bool event_of(struct text name, enum event_type *ret);
bool request_of(struct text name, enum request_kind *ret);

#endif
