/* asyncapi.c - the AsyncAPI 3.0 document, seen from the system: it receives requests and taps and sends answers, views and
 * streams (emit.h).
 *
 * Requests share one pattern, request/{kind}/…, and become one channel per kind; a stream becomes one channel per producer, so
 * that each has the data of its own events. Answers are one channel with a message per kind and one refusal. */
#include "services/contract/emit.h"

#include <assert.h>
#include <string.h>

struct document {
    struct arena *arena;
    const struct contract *contract;
    json_t *channels, *operations, *messages;
};

static json_t *string_of(struct text t)
{
    return json_stringn(t.at ? t.at : "", t.len);
}

static json_t *ref_to(struct document *d, const char *format, struct text a, struct text b)
{
    struct text path = arena_printf(d->arena, format, TEXT_ARG(a), TEXT_ARG(b));
    return json_pack("{s:s}", "$ref", path.at);
}

/* ---- messages */

static void add_message(struct document *d, struct text name, const struct naming *naming, bool plain, json_t *take_schema)
{
    json_t *payload = json_pack("{s:s,s:o}", "schemaFormat", "application/schema+json;version=draft-07", "schema", take_schema);
    json_t *m = json_pack("{s:o,s:s,s:o}", "name", string_of(name), "contentType", plain ? "text/plain" : "application/json",
                          "payload", payload);
    json_object_set_new(m, "title", string_of(naming->zh));
    if (naming->says.at)
        json_object_set_new(m, "summary", string_of(naming->says));
    if (naming->later.at)
        json_object_set_new(m, "x-later", string_of(naming->later));
    json_object_set_new(d->messages, name.at, m);
}

static struct text answer_name(struct document *d, const struct request *r)
{
    return arena_printf(d->arena, "answer-" TEXT_FMT, TEXT_ARG(r->naming.name));
}

static void add_request_messages(struct document *d)
{
    static const struct naming refusal = { .zh = { "拒绝", 6 }, .says = { "a request that was refused, and why", 35 } };
    for (size_t i = 0; i < d->contract->request_count; i++) {
        const struct request *r = &d->contract->requests[i];
        add_message(d, arena_printf(d->arena, "request-" TEXT_FMT, TEXT_ARG(r->naming.name)), &r->naming, false,
                    schema_of_request(r));
        add_message(d, answer_name(d, r), &r->naming, false, schema_of_answer(r));
    }
    add_message(d, TEXT("answer-refused"), &refusal, false, schema_of_refusal(d->contract));
}

static json_t *plain_payload(const struct topic *t)
{
    json_t *schema = json_pack("{s:s}", "type", "string");
    if (t->max > 0)
        json_object_set_new(schema, "maxLength", json_integer(t->max));
    return schema;
}

static json_t *tap_payload(void)
{
    json_t *schema = json_pack("{s:[{s:s},{}]}", "anyOf", "$ref", "#/components/schemas/tap-object");
    json_object_set_new(schema, "description", json_string("the web page sends this object; any other payload is a plain tap"));
    return schema;
}

static void add_topic_message(struct document *d, const struct topic *t)
{
    json_t *schema = NULL;
    switch ((enum payload) t->payload) {
    case PAYLOAD_FIELDS:
        schema =
            t->type
                ? json_pack("{s:o}", "allOf",
                            json_pack("[o]", ref_to(d, "#/components/schemas/" TEXT_FMT "%.*s", t->type->naming.name, NO_TEXT)))
                : schema_of_fields(t->fields, false);
        break;
    case PAYLOAD_PLAIN:
        schema = plain_payload(t);
        break;
    case PAYLOAD_TAP:
        schema = tap_payload();
        break;
    case PAYLOAD_REQUEST:
    case PAYLOAD_ANSWER:
    case PAYLOAD_STREAM:
        return;
    }
    add_message(d, t->naming.name, &t->naming, t->plain || t->payload == PAYLOAD_TAP, schema);
}

static void add_stream_messages(struct document *d)
{
    for (size_t i = 0; i < d->contract->stream_count; i++) {
        const struct naming *n = &d->contract->streams[i].naming;
        struct naming naming = { .zh = TEXT("事件流"), .says = TEXT("numbered events of one service") };
        add_message(d, arena_printf(d->arena, "stream-" TEXT_FMT, TEXT_ARG(n->name)), &naming, false,
                    schema_of_stream(d->contract, n->name));
    }
}

/* ---- channels */

/* The address with one part replaced by what it stands for in this channel. */
static struct text address_of(struct document *d, const struct topic *t, const char *part, struct text with)
{
    struct text made = d->contract->root;
    for (size_t i = 0; i < t->path.level_count; i++) {
        const struct level *level = &t->path.levels[i];
        bool is_given = level->part.at && part && text_is_c(level->part, part);
        if (is_given || !level->part.at)
            made = arena_printf(d->arena, TEXT_FMT "/" TEXT_FMT TEXT_FMT, TEXT_ARG(made), TEXT_ARG(is_given ? with : NO_TEXT),
                                TEXT_ARG(level->fixed));
        else
            made = arena_printf(d->arena, TEXT_FMT "/{" TEXT_FMT "}" TEXT_FMT, TEXT_ARG(made), TEXT_ARG(level->part),
                                TEXT_ARG(level->fixed));
    }
    return made;
}

static json_t *parameter_of(const struct type *type)
{
    json_t *p = json_object();
    if (type->naming.says.at)
        json_object_set_new(p, "description", string_of(type->naming.says));
    if (type->shape == SHAPE_PATTERN)
        json_object_set_new(p, "x-pattern", string_of(type->pattern));
    if (type->shape == SHAPE_WORDS) {
        json_t *words = json_array();
        for (size_t i = 0; i < type->word_count; i++)
            json_array_append_new(words, string_of(type->words[i].word));
        json_object_set_new(p, "enum", words);
    }
    return p;
}

static json_t *parameters_of(const struct topic *t, const char *given)
{
    json_t *parameters =
        json_pack("{s:{s:s,s:s}}", "town", "description", "division code of the town, 370481104", "x-pattern", "[0-9]{9}");
    for (size_t i = 0; i < t->path.level_count; i++) {
        const struct level *level = &t->path.levels[i];
        if (level->part.at && !(given && text_is_c(level->part, given)))
            json_object_set_new(parameters, level->part.at, parameter_of(level->type));
    }
    return parameters;
}

static json_t *readers_of(const struct contract *c, const struct topic *t)
{
    json_t *readers = json_array();
    for (size_t a = 0; a < c->account_count; a++) {
        const struct account *account = &c->accounts[a];
        for (size_t i = 0; i < account->read.count + account->director_reads.count; i++) {
            bool is_director = i >= account->read.count;
            struct text filter = is_director ? account->director_reads.at[i - account->read.count] : account->read.at[i];
            if (model_covers(filter, &t->path))
                json_array_append_new(readers,
                                      json_pack("{s:o,s:o}", "account",
                                                is_director ? json_string("director") : string_of(account->naming.name),
                                                "filter", string_of(filter)));
        }
    }
    return readers;
}

static json_t *channel_of(struct document *d, const struct topic *t, const struct naming *naming, const char *part,
                          struct text with)
{
    json_t *c = json_pack("{s:o,s:{},s:o}", "address", string_of(address_of(d, t, part, with)), "messages", "parameters",
                          parameters_of(t, part));
    json_object_set_new(c, "title", string_of(naming->zh));
    if (naming->says.at)
        json_object_set_new(c, "description", string_of(naming->says));
    if (naming->later.at)
        json_object_set_new(c, "x-later", string_of(naming->later));
    if (t->writer.at)
        json_object_set_new(c, "x-writer", string_of(t->writer));
    json_object_set_new(c, "x-readers", readers_of(d->contract, t));
    if (t->retain)
        json_object_set_new(c, "x-retain", json_true());
    if (t->lane > 0)
        json_object_set_new(c, "x-lane", json_integer(t->lane));
    return c;
}

static void add_to_channel(struct document *d, json_t *channel, struct text message)
{
    json_object_set_new(json_object_get(channel, "messages"), message.at,
                        ref_to(d, "#/components/messages/" TEXT_FMT "%.*s", message, NO_TEXT));
}

static json_t *operation_of(struct document *d, const struct topic *t, struct text channel, bool receives)
{
    json_t *mqtt = json_pack("{s:I,s:b,s:s}", "qos", (json_int_t) t->qos, "retain", (int) t->retain, "bindingVersion", "0.2.0");
    return json_pack("{s:s,s:o,s:{s:o}}", "action", receives ? "receive" : "send", "channel",
                     ref_to(d, "#/channels/" TEXT_FMT "%.*s", channel, NO_TEXT), "bindings", "mqtt", mqtt);
}

static void add_operation(struct document *d, const char *verb, struct text channel, json_t *take_operation)
{
    json_object_set_new(d->operations, arena_printf(d->arena, "%s-" TEXT_FMT, verb, TEXT_ARG(channel)).at, take_operation);
}

static void add_simple_channel(struct document *d, const struct topic *t)
{
    json_t *channel = channel_of(d, t, &t->naming, NULL, NO_TEXT);
    add_to_channel(d, channel, t->naming.name);
    json_object_set_new(d->channels, t->naming.name.at, channel);
    bool receives = !t->writer.at;
    add_operation(d, receives ? "receive" : "send", t->naming.name, operation_of(d, t, t->naming.name, receives));
}

static void add_answer_channel(struct document *d, const struct topic *t)
{
    json_t *channel = channel_of(d, t, &t->naming, NULL, NO_TEXT);
    for (size_t i = 0; i < d->contract->request_count; i++)
        add_to_channel(d, channel, answer_name(d, &d->contract->requests[i]));
    add_to_channel(d, channel, TEXT("answer-refused"));
    json_object_set_new(d->channels, t->naming.name.at, channel);
    add_operation(d, "send", t->naming.name, operation_of(d, t, t->naming.name, false));
}

/* The answer's topic has the levels of the request's but the kind: request/{kind}/{account} -> answer/{account}. */
static const struct topic *answer_topic(const struct contract *c, const struct topic *request)
{
    for (size_t i = 0; i < c->topic_count; i++)
        if (c->topics[i].payload == PAYLOAD_ANSWER && c->topics[i].path.level_count + 1 == request->path.level_count)
            return &c->topics[i];
    return NULL;
}

static void add_request_channel(struct document *d, const struct topic *t, const struct request *r)
{
    const struct topic *answer = answer_topic(d->contract, t);
    assert(answer);
    struct text tail = { t->naming.name.at + strlen("request"), t->naming.name.len - strlen("request") };
    struct text id = arena_printf(d->arena, "request-" TEXT_FMT TEXT_FMT, TEXT_ARG(r->naming.name), TEXT_ARG(tail));
    json_t *channel = channel_of(d, t, &r->naming, "kind", r->naming.name);
    json_object_set_new(channel, "x-writer", json_string("accounts"));
    json_object_set_new(channel, "x-service", string_of(r->service));
    json_object_set_new(channel, "x-remembered", string_of(r->remembered));
    add_to_channel(d, channel, arena_printf(d->arena, "request-" TEXT_FMT, TEXT_ARG(r->naming.name)));
    json_object_set_new(d->channels, id.at, channel);
    json_t *operation = operation_of(d, t, id, true);
    json_t *ok = ref_to(d, "#/channels/" TEXT_FMT "/messages/" TEXT_FMT, answer->naming.name, answer_name(d, r));
    json_t *refused = ref_to(d, "#/channels/" TEXT_FMT "/messages/" TEXT_FMT, answer->naming.name, TEXT("answer-refused"));
    json_object_set_new(operation, "reply",
                        json_pack("{s:o,s:[o,o]}", "channel",
                                  ref_to(d, "#/channels/" TEXT_FMT "%.*s", answer->naming.name, NO_TEXT), "messages", ok,
                                  refused));
    add_operation(d, "receive", id, operation);
}

static void add_stream_channel(struct document *d, const struct topic *t, const struct stream *s)
{
    struct text tail = { t->naming.name.at + strlen("stream"), t->naming.name.len - strlen("stream") };
    struct text id = arena_printf(d->arena, "stream-" TEXT_FMT TEXT_FMT, TEXT_ARG(s->naming.name), TEXT_ARG(tail));
    json_t *channel = channel_of(d, t, &t->naming, "service", s->naming.name), *consumers = json_array();
    for (size_t i = 0; i < s->consumers.count; i++)
        json_array_append_new(consumers, string_of(s->consumers.at[i]));
    json_object_set_new(channel, "x-consumers", consumers);
    add_to_channel(d, channel, arena_printf(d->arena, "stream-" TEXT_FMT, TEXT_ARG(s->naming.name)));
    json_object_set_new(d->channels, id.at, channel);
    add_operation(d, "send", id, operation_of(d, t, id, false));
}

static void add_topic(struct document *d, const struct topic *t)
{
    switch ((enum payload) t->payload) {
    case PAYLOAD_FIELDS:
    case PAYLOAD_PLAIN:
    case PAYLOAD_TAP:
        add_simple_channel(d, t);
        break;
    case PAYLOAD_ANSWER:
        add_answer_channel(d, t);
        break;
    case PAYLOAD_REQUEST:
        for (size_t i = 0; i < d->contract->request_count; i++)
            add_request_channel(d, t, &d->contract->requests[i]);
        break;
    case PAYLOAD_STREAM:
        for (size_t i = 0; i < d->contract->stream_count; i++)
            add_stream_channel(d, t, &d->contract->streams[i]);
        break;
    }
}

/* ---- the document */

static json_t *error_codes(const struct contract *c)
{
    json_t *codes = json_array();
    for (size_t i = 0; i < c->error_count; i++)
        json_array_append_new(codes, json_pack("{s:o,s:o,s:o}", "code", string_of(c->errors[i].name), "zh",
                                               string_of(c->errors[i].zh), "says", string_of(c->errors[i].says)));
    return codes;
}

static json_t *schemas_of(const struct contract *c)
{
    json_t *schemas = json_object();
    for (size_t i = 0; i < c->type_count; i++)
        if (c->types[i].shape == SHAPE_PATTERN || c->types[i].shape == SHAPE_WORDS || c->types[i].shape == SHAPE_OBJECT)
            json_object_set_new(schemas, c->types[i].naming.name.at, schema_of_type(&c->types[i]));
    return schemas;
}

static json_t *info_of(struct document *d)
{
    struct text version = arena_printf(d->arena, "%d.0.0", (int) d->contract->version);
    struct text title =
        arena_printf(d->arena, TEXT_FMT " / " TEXT_FMT, TEXT_ARG(d->contract->title_zh), TEXT_ARG(d->contract->title_en));
    return json_pack("{s:o,s:o,s:s,s:o}", "title", string_of(title), "version", string_of(version), "description",
                     "Requests are published by accounts and answered; views are retained; streams connect the services. A "
                     "retained topic with an empty payload is over.",
                     "x-error-codes", error_codes(d->contract));
}

static json_t *servers_of(void)
{
    return json_pack("{s:{s:s,s:s,s:s,s:s,s:[{s:s}]}}", "town", "host", "localhost:1883", "protocol", "mqtt", "protocolVersion",
                     "5", "description", "MQTT 5 or 3.1.1; anonymous connections are refused", "security", "$ref",
                     "#/components/securitySchemes/account");
}

void asyncapi_document(struct arena *arena, const struct contract *c, FILE *to)
{
    struct document d = { arena, c, json_object(), json_object(), json_object() };
    add_request_messages(&d);
    add_stream_messages(&d);
    for (size_t i = 0; i < c->topic_count; i++)
        add_topic_message(&d, &c->topics[i]);
    for (size_t i = 0; i < c->topic_count; i++)
        add_topic(&d, &c->topics[i]);
    json_t *document = json_pack("{s:s,s:o,s:s,s:o,s:o,s:o,s:{s:o,s:o,s:{s:{s:s,s:s}}}}", "asyncapi", "3.0.0", "info",
                                 info_of(&d), "defaultContentType", "application/json", "servers", servers_of(), "channels",
                                 d.channels, "operations", d.operations, "components", "messages", d.messages, "schemas",
                                 schemas_of(c), "securitySchemes", "account", "type", "userPassword", "description",
                                 "MQTT user name = account, password = its token; client id <account> or <account>@<device>");
    assert(document);
    json_dumpf(document, to, JSON_INDENT(1));
    fputc('\n', to);
    json_decref(document);
}
