/* schema.c - payloads as JSON Schema, draft-07 (emit.h).
 *
 * Requests are strict: unknown members are refused. Everything a service says is lenient: readers ignore what they do not know,
 * and a member that is not known may be absent or null. Lengths count code points, as maxLength does. */
#include "services/contract/emit.h"

#include <assert.h>
#include <string.h>

static json_t *string_of(struct text t)
{
    return json_stringn(t.at ? t.at : "", t.len);
}

static json_t *pattern_schema(const struct type *type)
{
    char anchored[256];
    int len = snprintf(anchored, sizeof anchored, "^(?:" TEXT_FMT ")$", TEXT_ARG(type->pattern));
    assert(len > 0 && len < (int) sizeof anchored);
    return json_pack("{s:s,s:s}", "type", "string", "pattern", anchored);
}

static json_t *words_schema(const struct type *type)
{
    json_t *words = json_array(), *titles = json_object();
    for (size_t i = 0; i < type->word_count; i++) {
        json_array_append_new(words, string_of(type->words[i].word));
        json_object_set_new(titles, type->words[i].word.at, string_of(type->words[i].zh));
    }
    return json_pack("{s:s,s:o,s:o}", "type", "string", "enum", words, "x-zh", titles);
}

static json_t *plain_schema(enum shape shape)
{
    switch (shape) {
    case SHAPE_TEXT:
        return json_pack("{s:s}", "type", "string");
    case SHAPE_INT:
        return json_pack("{s:s}", "type", "integer");
    case SHAPE_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case SHAPE_INSTANT:
        return json_pack("{s:s,s:s}", "type", "string", "format", "date-time");
    case SHAPE_DAY:
        return json_pack("{s:s,s:s}", "type", "string", "format", "date");
    case SHAPE_BASE64:
        return json_pack("{s:s,s:s}", "type", "string", "pattern", "^[A-Za-z0-9+/_-]+={0,2}$");
    case SHAPE_ANY:
    case SHAPE_PATTERN:
    case SHAPE_WORDS:
    case SHAPE_OBJECT:
        break;
    }
    return json_object();
}

json_t *schema_of_type(const struct type *type)
{
    json_t *schema = type->shape == SHAPE_PATTERN  ? pattern_schema(type)
                     : type->shape == SHAPE_WORDS  ? words_schema(type)
                     : type->shape == SHAPE_OBJECT ? schema_of_fields(type->fields, false)
                                                   : plain_schema(type->shape);
    if (type->naming.says.at)
        json_object_set_new(schema, "description", string_of(type->naming.says));
    return schema;
}

static json_t *type_ref(const struct type *type, bool strict)
{
    if (type->shape == SHAPE_OBJECT && strict) /* the shared one is lenient */
        return schema_of_fields(type->fields, true);
    if (type->shape != SHAPE_PATTERN && type->shape != SHAPE_WORDS && type->shape != SHAPE_OBJECT)
        return plain_schema(type->shape);
    char ref[128];
    int len = snprintf(ref, sizeof ref, "#/components/schemas/" TEXT_FMT, TEXT_ARG(type->naming.name));
    assert(len > 0 && len < (int) sizeof ref);
    return json_pack("{s:s}", "$ref", ref);
}

static void bound(json_t *schema, const struct field *f)
{
    const char *low = f->list ? "minItems" : f->type->shape == SHAPE_INT ? "minimum" : "minLength";
    const char *high = f->list ? "maxItems" : f->type->shape == SHAPE_INT ? "maximum" : "maxLength";
    if (f->bounded) {
        json_object_set_new(schema, low, json_integer(f->min));
        json_object_set_new(schema, high, json_integer(f->max));
    }
}

static json_t *field_schema(const struct field *f, bool strict)
{
    json_t *schema = type_ref(f->type, strict);
    if (f->list)
        schema = json_pack("{s:s,s:o}", "type", "array", "items", schema);
    bound(schema, f);
    if (!strict && !f->required && f->type->shape != SHAPE_ANY)
        schema = json_pack("{s:[o,{s:s}]}", "anyOf", schema, "type", "null");
    else if (json_object_get(schema, "$ref") && (f->naming.says.at || f->unit.at))
        schema = json_pack("{s:[o]}", "allOf", schema); /* draft-07 ignores what stands beside a $ref */
    if (f->naming.says.at)
        json_object_set_new(schema, "description", string_of(f->naming.says));
    if (f->unit.at)
        json_object_set_new(schema, "x-unit", string_of(f->unit));
    return schema;
}

static void add_fields(json_t *properties, json_t *required, struct fields fields, bool strict)
{
    for (size_t i = 0; i < fields.count; i++) {
        json_object_set_new(properties, fields.at[i].naming.name.at, field_schema(&fields.at[i], strict));
        if (fields.at[i].required)
            json_array_append_new(required, string_of(fields.at[i].naming.name));
    }
}

static json_t *object_of(json_t *take_properties, json_t *take_required, bool strict)
{
    json_t *schema = json_pack("{s:s,s:o}", "type", "object", "properties", take_properties);
    if (json_array_size(take_required) > 0)
        json_object_set(schema, "required", take_required);
    json_decref(take_required);
    if (strict)
        json_object_set_new(schema, "additionalProperties", json_false());
    return schema;
}

static void add_one_of(json_t *schema, struct texts one_of)
{
    if (one_of.count == 0)
        return;
    json_t *choices = json_array();
    for (size_t i = 0; i < one_of.count; i++)
        json_array_append_new(choices, json_pack("{s:[o]}", "required", string_of(one_of.at[i])));
    json_object_set_new(schema, "oneOf", choices);
}

json_t *schema_of_fields(struct fields fields, bool strict)
{
    json_t *properties = json_object(), *required = json_array();
    add_fields(properties, required, fields, strict);
    json_t *schema = object_of(properties, required, strict);
    add_one_of(schema, fields.one_of);
    return schema;
}

/* ---- requests and answers */

static json_t *const_string(struct text t)
{
    return json_pack("{s:o}", "const", string_of(t));
}

/* One action: the id, the fields of every action, its own. */
static json_t *action_schema(const struct request *r, const struct action *action)
{
    json_t *properties = json_object(), *required = json_pack("[s]", "id");
    json_object_set_new(properties, "id", json_pack("{s:s}", "$ref", "#/components/schemas/request-id"));
    if (action) {
        json_object_set_new(properties, "action", const_string(action->naming.name));
        json_array_append_new(required, json_string("action"));
    }
    add_fields(properties, required, r->fields, true);
    if (action)
        add_fields(properties, required, action->fields, true);
    json_t *schema = object_of(properties, required, true);
    add_one_of(schema, r->fields.one_of);
    return schema;
}

json_t *schema_of_request(const struct request *r)
{
    if (r->action_count == 0)
        return action_schema(r, NULL);
    json_t *names = json_array(), *cases = json_array();
    for (size_t i = 0; i < r->action_count; i++) {
        const struct action *action = &r->actions[i];
        json_array_append_new(names, string_of(action->naming.name));
        json_t *when = json_pack("{s:{s:o}}", "properties", "action", const_string(action->naming.name));
        json_t *then = action_schema(r, action);
        json_object_set_new(then, "title", string_of(action->naming.zh));
        if (action->naming.later.at)
            json_object_set_new(then, "x-later", string_of(action->naming.later));
        json_array_append_new(cases, json_pack("{s:o,s:o}", "if", when, "then", then));
    }
    return json_pack("{s:s,s:[s,s],s:{s:{s:s,s:o}},s:o}", "type", "object", "required", "id", "action", "properties", "action",
                     "type", "string", "enum", names, "allOf", cases);
}

static json_t *answer_head(struct text kind, bool ok)
{
    return json_pack("{s:o,s:o,s:{s:b}}", "request", json_pack("{s:s}", "$ref", "#/components/schemas/request-id"), "kind",
                     const_string(kind), "ok", "const", ok);
}

json_t *schema_of_answer(const struct request *r)
{
    json_t *properties = answer_head(r->naming.name, true), *required = json_pack("[s,s,s]", "request", "kind", "ok");
    add_fields(properties, required, r->answers, false);
    return object_of(properties, required, false);
}

static json_t *names_schema(const void *list, size_t size, size_t count)
{
    json_t *names = json_array();
    for (size_t i = 0; i < count; i++) /* each of the contract's structs begins with its naming */
        json_array_append_new(names,
                              string_of(((const struct naming *) (const void *) ((const char *) list + i * size))->name));
    return json_pack("{s:s,s:o}", "type", "string", "enum", names);
}

static json_t *error_schema(const struct contract *c)
{
    json_t *field =
        json_pack("{s:[s,s],s:s}", "type", "string", "null", "description", "path of the field: subject.phone, leads[3]");
    json_t *message = json_pack("{s:s,s:i,s:s}", "type", "string", "minLength", 1, "description", "one Chinese sentence");
    json_t *seconds = json_pack("{s:s,s:i,s:s}", "type", "integer", "minimum", 0, "description", "with too-many");
    json_t *code = names_schema(c->errors, sizeof *c->errors, c->error_count);
    return json_pack("{s:s,s:[s,s],s:{s:o,s:o,s:o,s:o}}", "type", "object", "required", "code", "message", "properties", "code",
                     code, "field", field, "message", message, "retry_after_s", seconds);
}

json_t *schema_of_refusal(const struct contract *c)
{
    json_t *id = json_pack("{s:[{s:s},{s:s}],s:s}", "anyOf", "$ref", "#/components/schemas/request-id", "type", "null",
                           "description", "null when the id could not be read");
    json_t *kind = names_schema(c->requests, sizeof *c->requests, c->request_count);
    return json_pack("{s:s,s:[s,s,s,s],s:{s:o,s:o,s:{s:b},s:o}}", "type", "object", "required", "request", "kind", "ok",
                     "error", "properties", "request", id, "kind", kind, "ok", "const", 0, "error", error_schema(c));
}

/* ---- streams */

static json_t *event_case(const struct event *e)
{
    char ref[128];
    int len = snprintf(ref, sizeof ref, "#/components/schemas/" TEXT_FMT, TEXT_ARG(e->subject));
    assert(len > 0 && len < (int) sizeof ref);
    json_t *then =
        json_pack("{s:{s:{s:s},s:o}}", "properties", "subject", "$ref", ref, "data", schema_of_fields(e->fields, false));
    json_object_set_new(then, "title", string_of(e->naming.zh));
    json_object_set_new(then, "description", string_of(e->naming.says));
    return json_pack("{s:{s:{s:o}},s:o}", "if", "properties", "type", const_string(e->naming.name), "then", then);
}

json_t *schema_of_stream(const struct contract *c, struct text producer)
{
    json_t *cases = json_array();
    for (size_t i = 0; i < c->event_count; i++)
        if (text_is(c->events[i].producer, producer))
            json_array_append_new(cases, event_case(&c->events[i]));
    json_t *message = json_pack("{s:s}", "$ref", "#/components/schemas/stream-message");
    if (json_array_size(cases) == 0) {
        json_decref(cases);
        return message;
    }
    return json_pack("{s:[o,{s:{s:{s:{s:o}}}}]}", "allOf", message, "properties", "events", "items", "allOf", cases);
}
