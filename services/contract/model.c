/* model.c - reads topics.yaml into structs (model.h); what must fit together across its parts is checked in check.c.
 *
 * One table of keys per kind of entry; a section is read entry by entry into an array of its struct. */
#include "services/contract/check.h"
#include "yinling/reader.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

/* An entry of a section: its key, its place, and the struct to fill. */
typedef void entry_reader(struct loading *l, const struct node *body, void *into);

static const struct choice payload_words[] = {
    { "fields", PAYLOAD_FIELDS }, { "request", PAYLOAD_REQUEST }, { "answer", PAYLOAD_ANSWER },
    { "tap", PAYLOAD_TAP },       { "stream", PAYLOAD_STREAM },   { NULL, 0 },
};

struct topic_conf {
    struct text path, type;
    const struct node *fields;
    struct topic topic;
};
static const struct conf_field topic_fields[] = {
    { "path", CONF_TEXT, offsetof(struct topic_conf, path), NULL, 1, 120, NULL, "below the root" },
    { "zh", CONF_TEXT, offsetof(struct topic_conf, topic.naming.zh), NULL, 1, 30, NULL, "Chinese title" },
    { "says", CONF_TEXT, offsetof(struct topic_conf, topic.naming.says), NULL, 1, 300, NULL, "meaning" },
    { "later", CONF_TEXT, offsetof(struct topic_conf, topic.naming.later), "", 0, 0, NULL, "what it waits for" },
    { "writer", CONF_TEXT, offsetof(struct topic_conf, topic.writer), "", 0, 0, NULL, "the one service that writes it" },
    { "reader", CONF_TEXT, offsetof(struct topic_conf, topic.reader), "", 0, 0, NULL, "the service that hears accounts" },
    { "qos", CONF_INT, offsetof(struct topic_conf, topic.qos), "1", 0, 1, NULL, "MQTT quality of service" },
    { "lane", CONF_INT, offsetof(struct topic_conf, topic.lane), "0", 0, 2, NULL, "1 is paced, 2 paced and behind 1" },
    { "max", CONF_INT, offsetof(struct topic_conf, topic.max), "0", 0, 65536, NULL, "code points of a plain payload" },
    { "retain", CONF_BOOL, offsetof(struct topic_conf, topic.retain), "false", 0, 0, NULL, "a view" },
    { "plain", CONF_BOOL, offsetof(struct topic_conf, topic.plain), "false", 0, 0, NULL, "text/plain" },
    { "payload", CONF_CHOICE, offsetof(struct topic_conf, topic.payload), "fields", 0, 0, payload_words, "made elsewhere" },
    { "type", CONF_TEXT, offsetof(struct topic_conf, type), "", 0, 0, NULL, "the type that has the fields" },
    { "fields", CONF_NODE, offsetof(struct topic_conf, fields), "", 0, 0, NULL, "payload fields" },
    CONF_END,
};

struct request_conf {
    struct text like;
    const struct node *fields, *actions, *answers;
    struct texts one_of;
    struct request request;
};
static const struct conf_field request_fields[] = {
    { "service", CONF_TEXT, offsetof(struct request_conf, request.service), "", 0, 0, NULL, "who answers all of it" },
    { "later", CONF_TEXT, offsetof(struct request_conf, request.naming.later), "", 0, 0, NULL, "what it waits for" },
    { "zh", CONF_TEXT, offsetof(struct request_conf, request.naming.zh), "", 0, 0, NULL, "Chinese title" },
    { "says", CONF_TEXT, offsetof(struct request_conf, request.naming.says), "", 0, 0, NULL, "meaning" },
    { "remembered", CONF_TEXT, offsetof(struct request_conf, request.remembered), "", 0, 0, NULL, "how long the answer is" },
    { "until-then", CONF_TEXT, offsetof(struct request_conf, request.until_then), "", 0, 0, NULL,
      "who answers while it is later" },
    { "like", CONF_TEXT, offsetof(struct request_conf, like), "", 0, 0, NULL, "form that gives the rest" },
    { "fields", CONF_NODE, offsetof(struct request_conf, fields), "", 0, 0, NULL, "payload fields of every action" },
    { "one-of", CONF_TEXTS, offsetof(struct request_conf, one_of), "", 0, 0, NULL, "exactly one of these fields" },
    { "actions", CONF_NODE, offsetof(struct request_conf, actions), "", 0, 0, NULL, "what each action adds" },
    { "answers", CONF_NODE, offsetof(struct request_conf, answers), "", 0, 0, NULL, "fields of the answer" },
    CONF_END,
};

struct action_conf {
    struct text zh, says, later;
    const struct node *fields;
};
static const struct conf_field action_fields[] = {
    { "zh", CONF_TEXT, offsetof(struct action_conf, zh), NULL, 1, 30, NULL, "Chinese title" },
    { "says", CONF_TEXT, offsetof(struct action_conf, says), "", 0, 0, NULL, "meaning" },
    { "later", CONF_TEXT, offsetof(struct action_conf, later), "", 0, 0, NULL, "what it waits for" },
    { "fields", CONF_NODE, offsetof(struct action_conf, fields), "", 0, 0, NULL, "fields of this action" },
    CONF_END,
};

struct event_conf {
    struct text like;
    const struct node *fields;
    struct event event;
};
static const struct conf_field event_fields[] = {
    { "producer", CONF_TEXT, offsetof(struct event_conf, event.producer), NULL, 0, 0, NULL, "the service that says it" },
    { "subject", CONF_TEXT, offsetof(struct event_conf, event.subject), NULL, 0, 0, NULL, "type of its subject" },
    { "later", CONF_TEXT, offsetof(struct event_conf, event.naming.later), "", 0, 0, NULL, "what it waits for" },
    { "zh", CONF_TEXT, offsetof(struct event_conf, event.naming.zh), NULL, 1, 30, NULL, "Chinese title" },
    { "says", CONF_TEXT, offsetof(struct event_conf, event.naming.says), NULL, 1, 300, NULL, "meaning" },
    { "like", CONF_TEXT, offsetof(struct event_conf, like), "", 0, 0, NULL, "form whose fields come first" },
    { "fields", CONF_NODE, offsetof(struct event_conf, fields), "", 0, 0, NULL, "data fields" },
    CONF_END,
};

static const struct conf_field account_fields[] = {
    { "zh", CONF_TEXT, offsetof(struct account, naming.zh), NULL, 1, 30, NULL, "Chinese title" },
    { "says", CONF_TEXT, offsetof(struct account, naming.says), "", 0, 0, NULL, "meaning" },
    { "kind", CONF_TEXT, offsetof(struct account, kind), "", 0, 0, NULL, "when it is one account of a kind" },
    { "name", CONF_TEXT, offsetof(struct account, pattern), NULL, 1, 120, NULL, "how its names look" },
    { "device-only", CONF_BOOL, offsetof(struct account, device_only), "false", 0, 0, NULL, "requests carry the device" },
    { "requests", CONF_TEXTS, offsetof(struct account, requests), "", 0, 0, NULL, "request kinds" },
    { "publish", CONF_TEXTS, offsetof(struct account, publish), "", 0, 0, NULL, "filters beside the requests" },
    { "read", CONF_TEXTS, offsetof(struct account, read), "", 0, 0, NULL, "filters" },
    { "director-reads", CONF_TEXTS, offsetof(struct account, director_reads), "", 0, 0, NULL, "filters of the director" },
    CONF_END,
};
static const struct conf_field naming_fields[] = {
    { "zh", CONF_TEXT, offsetof(struct naming, zh), NULL, 1, 30, NULL, "Chinese title" },
    { "says", CONF_TEXT, offsetof(struct naming, says), NULL, 1, 300, NULL, "meaning" },
    { "later", CONF_TEXT, offsetof(struct naming, later), "", 0, 0, NULL, "what it waits for" },
    CONF_END,
};
static const struct conf_field stream_fields[] = {
    { "consumers", CONF_TEXTS, offsetof(struct stream, consumers), NULL, 0, 0, NULL, "services that follow it" },
    CONF_END,
};
static const struct conf_field term_fields[] = {
    { "zh", CONF_TEXT, offsetof(struct term, zh), NULL, 1, 30, NULL, "Chinese" },
    { "en", CONF_TEXT, offsetof(struct term, en), NULL, 1, 30, NULL, "English" },
    { "says", CONF_TEXT, offsetof(struct term, says), NULL, 1, 200, NULL, "meaning" },
    CONF_END,
};

struct sections {
    struct text root;
    int64_t version;
    struct texts connecting;
    const struct node *title, *glossary, *limits, *services, *accounts, *errors, *parts, *types, *topics, *forms, *requests,
        *streams, *events;
};
// clang-format off
#define SECTION(name, meaning) { #name, CONF_NODE, offsetof(struct sections, name), NULL, 0, 0, NULL, meaning }
// clang-format on
static const struct conf_field sections_fields[] = {
    { "version", CONF_INT, offsetof(struct sections, version), NULL, 1, 99, NULL, "of the contract" },
    { "root", CONF_TEXT, offsetof(struct sections, root), NULL, 1, 60, NULL, "of every topic" },
    { "connecting", CONF_TEXTS, offsetof(struct sections, connecting), "", 0, 0, NULL, "how to begin, for the reference page" },
    SECTION(title, "zh and en"),
    SECTION(glossary, "the words"),
    SECTION(limits, "bytes, depths, counts"),
    SECTION(services, "the services"),
    SECTION(accounts, "kinds of account"),
    SECTION(errors, "codes of refusals"),
    SECTION(parts, "types of path parts"),
    SECTION(types, "named types"),
    SECTION(topics, "every topic"),
    SECTION(forms, "shared by several requests or events"),
    SECTION(requests, "every request kind"),
    SECTION(streams, "who follows whom"),
    SECTION(events, "every event type"),
    CONF_END,
};

/* ---- sections */

static void *read_section(struct loading *l, const struct node *map, size_t size, size_t *ret_count, entry_reader *read)
{
    *ret_count = 0;
    if (node_kind(map) != NODE_MAP) {
        find_error(l->into, node_place(map), "这里应是“名称: 内容”的映射");
        return NULL;
    }
    size_t count = node_count(map);
    char *at = arena_take(l->arena, (count + 1) * size);
    for (size_t i = 0; i < count; i++) {
        /* every entry begins with its naming */
        struct naming *naming = (struct naming *) (void *) (at + i * size);
        naming->place = node_key_place(map, i);
        naming->name = node_key(map, i);
        read(l, node_at(map, i), at + i * size);
    }
    *ret_count = count;
    return at;
}
#define READ_SECTION(l, map, list, count, read) ((list) = read_section((l), (map), sizeof *(list), &(count), (read)))

static void read_naming(struct loading *l, const struct node *body, void *into)
{
    conf_read(l->arena, body, naming_fields, into, l->into);
}

static void read_account(struct loading *l, const struct node *body, void *into)
{
    struct account *a = into;
    conf_read(l->arena, body, account_fields, a, l->into);
    if (!a->kind.at)
        a->kind = a->naming.name;
}

static void read_stream(struct loading *l, const struct node *body, void *into)
{
    conf_read(l->arena, body, stream_fields, into, l->into);
}

static void read_limit(struct loading *l, const struct node *body, void *into)
{
    struct limit *limit = into;
    if (!text_int(node_text(body), &limit->value))
        find_error(l->into, node_place(body), "应是整数");
}

static struct naming named(struct naming place_and_name, struct naming rest)
{
    rest.place = place_and_name.place;
    rest.name = place_and_name.name;
    return rest;
}

static void read_topic(struct loading *l, const struct node *body, void *into)
{
    struct topic *t = into;
    struct topic_conf conf = { 0 };
    if (!conf_read(l->arena, body, topic_fields, &conf, l->into))
        return;
    struct naming naming = named(t->naming, conf.topic.naming);
    *t = conf.topic;
    t->naming = naming;
    t->path.text = conf.path;
    if (t->plain)
        t->payload = PAYLOAD_PLAIN;
    if (conf.type.at && !(t->type = field_type(l, conf.type)))
        find_error(l->into, naming.place, "没有类型“" TEXT_FMT "”", TEXT_ARG(conf.type));
    t->fields = field_list(l, conf.fields, (struct texts){ NULL, 0 });
    if ((conf.type.at != NULL) + (conf.fields != NULL) + (t->payload != PAYLOAD_FIELDS) != 1)
        find_error(l->into, naming.place, "“" TEXT_FMT "”应有 fields、type、payload、plain 之一", TEXT_ARG(naming.name));
}

static void read_action(struct loading *l, const struct node *body, void *into)
{
    struct action *a = into;
    struct action_conf conf = { 0 };
    conf_read(l->arena, body, action_fields, &conf, l->into);
    a->naming = named(a->naming, (struct naming){ .zh = conf.zh, .says = conf.says, .later = conf.later });
    a->fields = field_list(l, conf.fields, (struct texts){ NULL, 0 });
}

static void read_request(struct loading *l, const struct node *body, void *into)
{
    struct request *r = into;
    struct request_conf conf = { 0 };
    if (!conf_read(l->arena, body, request_fields, &conf, l->into))
        return;
    struct naming naming = named(r->naming, conf.request.naming);
    if (conf.like.at) {
        const struct request *form = check_form(l, naming.place, conf.like);
        if (!form)
            return;
        *r = *form;
        r->service = conf.request.service;
        r->until_then = conf.request.until_then;
        naming.says = form->naming.says;
    } else {
        *r = conf.request;
        r->fields = field_list(l, conf.fields, conf.one_of);
        r->answers = field_list(l, conf.answers, (struct texts){ NULL, 0 });
        if (conf.actions)
            READ_SECTION(l, conf.actions, r->actions, r->action_count, read_action);
    }
    r->naming = naming;
}

static void read_event(struct loading *l, const struct node *body, void *into)
{
    struct event *e = into;
    struct event_conf conf = { 0 };
    if (!conf_read(l->arena, body, event_fields, &conf, l->into))
        return;
    struct naming naming = named(e->naming, conf.event.naming);
    *e = conf.event;
    e->naming = naming;
    e->fields = field_list(l, conf.fields, (struct texts){ NULL, 0 });
    const struct request *form = conf.like.at ? check_form(l, naming.place, conf.like) : NULL;
    if (form)
        e->fields = field_join(l, form->fields, e->fields);
}

static void read_glossary(struct loading *l, const struct node *list)
{
    struct contract *c = l->contract;
    if (node_kind(list) != NODE_LIST) {
        find_error(l->into, node_place(list), "glossary 应是列表");
        return;
    }
    c->term_count = node_count(list);
    c->terms = arena_take(l->arena, (c->term_count + 1) * sizeof *c->terms);
    for (size_t i = 0; i < c->term_count; i++) {
        c->terms[i].place = node_place(node_at(list, i));
        conf_read(l->arena, node_at(list, i), term_fields, &c->terms[i], l->into);
    }
}

const struct contract *model_load(struct arena *arena, const char *file, struct findings *into)
{
    const struct node *top = yaml_load(arena, arena, file, into);
    struct sections s = { 0 };
    if (!top || !conf_read(arena, top, sections_fields, &s, into))
        return NULL;
    struct contract *c = arena_take(arena, sizeof *c);
    struct loading l = { .arena = arena, .into = into, .contract = c };
    c->version = s.version;
    c->root = s.root;
    c->connecting = s.connecting;
    c->title_zh = node_text(node_get(s.title, "zh"));
    c->title_en = node_text(node_get(s.title, "en"));
    read_glossary(&l, s.glossary);
    READ_SECTION(&l, s.limits, c->limits, c->limit_count, read_limit);
    READ_SECTION(&l, s.services, c->services, c->service_count, read_naming);
    READ_SECTION(&l, s.errors, c->errors, c->error_count, read_naming);
    READ_SECTION(&l, s.accounts, c->accounts, c->account_count, read_account);
    field_types(&l, s.types);
    READ_SECTION(&l, s.forms, l.forms, l.form_count, read_request);
    READ_SECTION(&l, s.topics, c->topics, c->topic_count, read_topic);
    READ_SECTION(&l, s.requests, c->requests, c->request_count, read_request);
    READ_SECTION(&l, s.streams, c->streams, c->stream_count, read_stream);
    READ_SECTION(&l, s.events, c->events, c->event_count, read_event);
    check_paths(&l, s.parts);
    if (findings_errors(into) == 0)
        check_contract(&l);
    return findings_errors(into) == 0 ? c : NULL;
}

/* ---- questions */

const struct naming *model_service(const struct contract *c, struct text name)
{
    for (size_t i = 0; i < c->service_count; i++)
        if (text_is(c->services[i].name, name))
            return &c->services[i];
    return NULL;
}

const struct request *model_request(const struct contract *c, struct text name)
{
    for (size_t i = 0; i < c->request_count; i++)
        if (text_is(c->requests[i].naming.name, name))
            return &c->requests[i];
    return NULL;
}

bool model_is_later(const struct contract *c, struct text service)
{
    const struct naming *s = model_service(c, service);
    return s && s->later.at;
}

bool model_covers(struct text filter, const struct path *path)
{
    size_t at = 0;
    for (size_t i = 0; i < path->level_count; i++) {
        const struct level *level = &path->levels[i];
        if (at > filter.len)
            return false;
        struct text here = { filter.at + at, strcspn(filter.at + at, "/") };
        if (text_is_c(here, "#"))
            return true;
        bool is_open = text_is_c(here, "+") || here.at[0] == '{';
        if (level->part.at ? !is_open : !text_is_c(here, "+") && !text_is(here, level->fixed))
            return false;
        at += here.len + 1;
    }
    return at == filter.len + 1 || (at <= filter.len && text_is_c((struct text){ filter.at + at, filter.len - at }, "#"));
}

struct text model_enumerator(struct arena *arena, const char *prefix, struct text name)
{
    struct text made = arena_printf(arena, "%s" TEXT_FMT, prefix, TEXT_ARG(name));
    char *letters = arena_take(arena, made.len + 1);
    for (size_t i = 0; i < made.len; i++)
        letters[i] = isalnum((unsigned char) made.at[i]) ? (char) toupper((unsigned char) made.at[i]) : '_';
    return (struct text){ letters, made.len };
}
