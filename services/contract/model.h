/* model.h - topics.yaml as structs: read, resolved and checked; what every emitter walks.
 *
 * Everything is owned by the arena of model_load and immutable afterwards. Lists keep the file's order. One thread. */
#ifndef CONTRACT_MODEL_H
#define CONTRACT_MODEL_H

#include "yinling/yaml.h"

#define LEVELS_MAX 8 /* of a path below the root */

/* Reads an absent member as an empty text. */
struct naming {
    struct place place;
    struct text name, zh, says, later; /* later: what it waits for; NO_TEXT when it exists */
};

enum shape {
    SHAPE_TEXT,
    SHAPE_INT,
    SHAPE_BOOL,
    SHAPE_INSTANT,
    SHAPE_DAY,
    SHAPE_BASE64,
    SHAPE_ANY,
    SHAPE_PATTERN,
    SHAPE_WORDS,
    SHAPE_OBJECT
};

struct type;
struct field {
    struct naming naming;
    const struct type *type; /* NULL only while findings say so */
    bool list, required, bounded;
    int64_t min, max; /* value, code points, or items of a list */
    struct text unit;
};
struct fields {
    struct field *at;
    size_t count;
    struct texts one_of; /* exactly one of these must be there */
};
struct word {
    struct text word, zh;
};
struct type {
    struct naming naming;
    enum shape shape;
    struct text pattern; /* SHAPE_PATTERN, without anchors */
    struct word *words;  /* SHAPE_WORDS */
    size_t word_count;
    struct fields fields; /* SHAPE_OBJECT */
};

struct level {
    struct text fixed;       /* the whole level, or what follows the part */
    struct text part;        /* NO_TEXT for a fixed level */
    const struct type *type; /* of the part */
};
struct path {
    struct text text;
    struct level levels[LEVELS_MAX];
    size_t level_count;
    int parts;
};
enum payload { PAYLOAD_FIELDS, PAYLOAD_PLAIN, PAYLOAD_REQUEST, PAYLOAD_ANSWER, PAYLOAD_TAP, PAYLOAD_STREAM };
struct topic {
    struct naming naming;
    struct path path;
    struct text writer;     /* a service, "{service}", or NO_TEXT: accounts */
    struct text reader;     /* the service that hears what accounts publish */
    int64_t qos, lane, max; /* max: code points of a plain payload, 0 unsaid */
    bool retain, plain;
    int payload;             /* enum payload */
    const struct type *type; /* its fields stand in this type; NULL: in `fields` */
    struct fields fields;
};

struct action {
    struct naming naming;
    struct fields fields;
};
struct request {
    struct naming naming;
    struct text service, remembered;
    struct text until_then; /* the service that answers `unavailable` while `service` does not exist; or NO_TEXT */
    struct fields fields, answers;
    struct action *actions;
    size_t action_count;
};
struct event {
    struct naming naming;
    struct text producer, subject;
    struct fields fields;
};
struct stream {
    struct naming naming; /* its producer */
    struct texts consumers;
};
struct account {
    struct naming naming; /* .name is the key: staff */
    struct text kind;     /* enum account_kind in words; differs from the key for one account of a kind (web) */
    struct text pattern;  /* how its names look */
    struct texts requests, publish, read, director_reads;
    bool device_only;
};
struct term {
    struct place place;
    struct text zh, en, says;
};
struct limit {
    struct naming naming;
    int64_t value;
};

struct contract {
    int64_t version;
    struct text root, title_zh, title_en;
    struct texts connecting; /* paragraphs; one that begins with "$ " is a command */
    struct term *terms;
    size_t term_count;
    struct limit *limits;
    size_t limit_count;
    struct naming *services, *errors;
    size_t service_count, error_count;
    struct account *accounts;
    size_t account_count;
    struct type *types;
    size_t type_count;
    struct topic *topics;
    size_t topic_count;
    struct request *requests;
    size_t request_count;
    struct event *events;
    size_t event_count;
    struct stream *streams;
    size_t stream_count;
};

/* NULL when anything is wrong: every finding is in *into, with file:line. */
const struct contract *model_load(struct arena *arena, const char *file, struct findings *into);
const struct naming *model_service(const struct contract *c, struct text name); /* NULL when there is none */
const struct request *model_request(const struct contract *c, struct text name);
bool model_is_later(const struct contract *c, struct text service);
/* Whether a filter of `accounts` (wildcards, {account}, …) covers topics of this path. */
bool model_covers(struct text filter, const struct path *path);
/* TOPIC_UNIT_LEAD from "TOPIC_" and "unit-lead". */
struct text model_enumerator(struct arena *arena, const char *prefix, struct text name);

#endif
