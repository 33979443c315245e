/* header.c - gen/topics.h and gen/topics_table.h: topics, events and request kinds as C (emit.h). */
#include "services/contract/emit.h"

#include <inttypes.h>
#include <string.h>

static void print_enum(struct arena *arena, FILE *to, const char *name, const char *prefix, const char *last,
                       const struct naming *const *names, size_t count)
{
    fprintf(to, "enum %s {\n", name);
    for (size_t i = 0; i < count; i++)
        fprintf(to, "    " TEXT_FMT ", /* " TEXT_FMT " */\n", TEXT_ARG(model_enumerator(arena, prefix, names[i]->name)),
                TEXT_ARG(names[i]->zh));
    fprintf(to, "    %s\n};\n\n", last);
}

/* The namings of a list of any of the contract's structs, all of which begin with one. */
static const struct naming *const *namings(struct arena *arena, const void *list, size_t size, size_t count)
{
    const struct naming **names = arena_take(arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = (const struct naming *) (const void *) ((const char *) list + i * size);
    return names;
}
#define NAMINGS(arena, list, count) namings((arena), (list), sizeof *(list), (count)), (count)

void header_topics(struct arena *arena, const struct contract *c, FILE *to)
{
    fprintf(
        to,
        "/* topics.h - names of topics, events and request kinds; made from topics.yaml. Not stored: may be renumbered. */\n"
        "#ifndef GEN_TOPICS_H\n#define GEN_TOPICS_H\n\n");
    print_enum(arena, to, "topic_id", "TOPIC_", "TOPIC_COUNT", NAMINGS(arena, c->topics, c->topic_count));
    print_enum(arena, to, "event_type", "EVENT_", "EVENT_TYPE_COUNT", NAMINGS(arena, c->events, c->event_count));
    print_enum(arena, to, "request_kind", "REQUEST_", "REQUEST_KIND_COUNT", NAMINGS(arena, c->requests, c->request_count));
    for (size_t i = 0; i < c->service_count; i++)
        fprintf(to, "#define " TEXT_FMT " \"" TEXT_FMT "\"\n",
                TEXT_ARG(model_enumerator(arena, "SERVICE_", c->services[i].name)), TEXT_ARG(c->services[i].name));
    const char *town = strchr(c->root.at, '{');
    fprintf(to, "#define TOPIC_ROOT \"%.*s\" /* then the town's code and a slash */\n\n#endif\n",
            town ? (int) (town - c->root.at) : (int) c->root.len, c->root.at);
}

static struct text quoted(struct arena *arena, struct text t)
{
    return t.at ? arena_printf(arena, "\"" TEXT_FMT "\"", TEXT_ARG(t)) : TEXT("NULL");
}

static const char *truth(bool b)
{
    return b ? "true" : "false";
}

static void print_topics(struct arena *arena, const struct contract *c, FILE *to)
{
    fprintf(to, "const struct topic_spec topic_specs[TOPIC_COUNT] = {\n");
    for (size_t i = 0; i < c->topic_count; i++) {
        const struct topic *t = &c->topics[i];
        fprintf(to, "    { \"" TEXT_FMT "\", \"" TEXT_FMT "\", %d, %" PRId64 ", %s, %s, %" PRId64 ", " TEXT_FMT " },\n",
                TEXT_ARG(t->naming.name), TEXT_ARG(t->path.text), t->path.parts, t->qos, truth(t->retain), truth(t->plain),
                t->lane, TEXT_ARG(quoted(arena, t->writer)));
    }
    fprintf(to, "};\n");
}

static void print_edges(const struct contract *c, FILE *to)
{
    fprintf(to, "const struct stream_edge stream_edges[] = {\n");
    for (size_t i = 0; i < c->stream_count; i++) {
        struct text producer = c->streams[i].naming.name;
        for (size_t k = 0; k < c->streams[i].consumers.count; k++) {
            struct text consumer = c->streams[i].consumers.at[k];
            fprintf(to, "    { \"" TEXT_FMT "\", \"" TEXT_FMT "\", %s },\n", TEXT_ARG(producer), TEXT_ARG(consumer),
                    truth(model_is_later(c, producer) || model_is_later(c, consumer)));
        }
    }
    fprintf(to, "    { NULL, NULL, false },\n};\n");
}

/* How specific a path is: its fixed levels, and a fixed end of a level next. */
static size_t weight_of(const struct path *path)
{
    size_t weight = 0;
    for (size_t i = 0; i < path->level_count; i++)
        weight += path->levels[i].part.at ? path->levels[i].fixed.len > 0 : 2;
    return weight;
}

static void print_shape(struct arena *arena, const struct topic *t, FILE *to)
{
    fprintf(to, "    { " TEXT_FMT ", {", TEXT_ARG(model_enumerator(arena, "TOPIC_", t->naming.name)));
    for (size_t k = 0; k < t->path.level_count; k++) {
        const struct level *level = &t->path.levels[k];
        fprintf(to, " { \"" TEXT_FMT "\", %zu, %s },", TEXT_ARG(level->fixed), level->fixed.len, truth(level->part.at != NULL));
    }
    fprintf(to, " } },\n");
}

/* Topics in the order in which topic_read tries them: by number of levels, then most specific first, then as in the file. */
static void print_shapes(struct arena *arena, const struct contract *c, FILE *to)
{
    size_t start[LEVELS_MAX + 2] = { 0 }, printed = 0;
    fprintf(to, "static const struct shape shapes[TOPIC_COUNT] = {\n");
    for (size_t levels = 1; levels <= LEVELS_MAX; levels++) {
        start[levels] = printed;
        for (size_t weight = 2 * levels + 1; weight-- > 0;)
            for (size_t i = 0; i < c->topic_count; i++)
                if (c->topics[i].path.level_count == levels && weight_of(&c->topics[i].path) == weight) {
                    print_shape(arena, &c->topics[i], to);
                    printed++;
                }
    }
    start[LEVELS_MAX + 1] = printed;
    fprintf(
        to,
        "};\n/* Where the shapes of so many levels begin. */\nstatic const unsigned char shape_start[SHAPE_LEVELS_MAX + 2] = {");
    for (size_t i = 0; i < LEVELS_MAX + 2; i++)
        fprintf(to, " %zu,", start[i]);
    fprintf(to, " };\n");
}

void header_table(struct arena *arena, const struct contract *c, FILE *to)
{
    fprintf(to, "/* topics_table.h - the tables of yinling/topic.h; made from topics.yaml; included by topic.c alone. */\n");
    print_topics(arena, c, to);
    fprintf(to, "const struct event_spec event_specs[EVENT_TYPE_COUNT] = {\n");
    for (size_t i = 0; i < c->event_count; i++)
        fprintf(to, "    { \"" TEXT_FMT "\", \"" TEXT_FMT "\" },\n", TEXT_ARG(c->events[i].naming.name),
                TEXT_ARG(c->events[i].producer));
    fprintf(to, "};\nconst struct request_spec request_specs[REQUEST_KIND_COUNT] = {\n");
    for (size_t i = 0; i < c->request_count; i++)
        fprintf(to, "    { \"" TEXT_FMT "\", \"" TEXT_FMT "\", %s },\n", TEXT_ARG(c->requests[i].naming.name),
                TEXT_ARG(c->requests[i].service), truth(c->requests[i].naming.later.at != NULL));
    fprintf(to, "};\n");
    print_edges(c, to);
    print_shapes(arena, c, to);
}
