/* rules.c - gen/guard_rules.h: who may publish and read what (emit.h; the row is explained in services/guard/rules.h). */
#include "services/contract/emit.h"

#include <string.h>

struct printing {
    struct arena *arena;
    const struct contract *contract;
    FILE *to;
    struct text who; /* the row's first three members */
    struct text last_read;
};

static void print_row(struct printing *p, const char *needs, const char *act, struct text pattern, bool retain, bool large)
{
    fprintf(p->to, "    { " TEXT_FMT ", %s, %s, \"" TEXT_FMT "\", %s, %s },\n", TEXT_ARG(p->who), needs, act, TEXT_ARG(pattern),
            retain ? "true" : "false", large ? "true" : "false");
}

static void print_publish(struct printing *p, struct text pattern)
{
    print_row(p, "RULE_NEEDS_NOTHING", "RULE_PUBLISH", pattern, false, false);
}

static void print_read(struct printing *p, struct text pattern)
{
    if (text_is(pattern, p->last_read)) /* topics that differ in the end of a level share a filter */
        return;
    p->last_read = pattern;
    print_row(p, "RULE_NEEDS_NOTHING", "RULE_READ", pattern, false, false);
}

/* What stands for a part of a path in a rule. */
struct fill {
    const char *part;
    struct text with;
};
static const struct fill self[] = { { "service", { "{account}", 9 } }, { NULL, { NULL, 0 } } };
static const struct fill nothing[] = { { NULL, { NULL, 0 } } };

static struct text fill_of(struct printing *p, const struct fill *fills, struct text part, bool keep_others)
{
    for (; fills->part; fills++)
        if (text_is_c(part, fills->part))
            return fills->with;
    return keep_others ? arena_printf(p->arena, "{" TEXT_FMT "}", TEXT_ARG(part)) : TEXT("+");
}

enum style {
    AS_PATTERN, /* parts without a fill become + */
    AS_FILTER,  /* the same, and without fixed ends of levels, for which a subscription cannot ask */
    AS_NAMED    /* parts without a fill keep their name */
};

/* A path as a rule's pattern. */
static struct text pattern_of(struct printing *p, const struct path *path, const struct fill *fills, enum style style)
{
    struct text made = TEXT("");
    for (size_t i = 0; i < path->level_count; i++) {
        const struct level *level = &path->levels[i];
        struct text part = level->part.at ? fill_of(p, fills, level->part, style == AS_NAMED) : TEXT("");
        struct text fixed = level->part.at && style == AS_FILTER ? TEXT("") : level->fixed;
        made = arena_printf(p->arena, TEXT_FMT "%s" TEXT_FMT TEXT_FMT, TEXT_ARG(made), i ? "/" : "", TEXT_ARG(part),
                            TEXT_ARG(fixed));
    }
    return made;
}

static bool has_device(const struct path *path)
{
    return path->level_count > 0 && path->levels[path->level_count - 1].part.at &&
           text_is_c(path->levels[path->level_count - 1].part, "device");
}

static void print_requests(struct printing *p, const struct account *a)
{
    for (size_t r = 0; r < a->requests.count; r++)
        for (size_t i = 0; i < p->contract->topic_count; i++) {
            const struct topic *t = &p->contract->topics[i];
            if (t->payload == PAYLOAD_REQUEST && (!a->device_only || has_device(&t->path)))
                print_publish(
                    p, pattern_of(p, &t->path, (const struct fill[]){ { "kind", a->requests.at[r] }, nothing[0] }, AS_NAMED));
        }
}

/* ACCOUNT_CHANNEL, NULL, "web": the one account of a kind that has an entry of its own is taken out of its kind's rows. */
static struct text who_of(struct printing *p, const struct account *a)
{
    const struct contract *c = p->contract;
    struct text kind = model_enumerator(p->arena, "ACCOUNT_", a->kind);
    if (!text_is(a->kind, a->naming.name))
        return arena_printf(p->arena, TEXT_FMT ", \"" TEXT_FMT "\", NULL", TEXT_ARG(kind), TEXT_ARG(a->naming.name));
    for (size_t i = 0; i < c->account_count; i++)
        if (&c->accounts[i] != a && text_is(c->accounts[i].kind, a->kind))
            return arena_printf(p->arena, TEXT_FMT ", NULL, \"" TEXT_FMT "\"", TEXT_ARG(kind),
                                TEXT_ARG(c->accounts[i].naming.name));
    return arena_printf(p->arena, TEXT_FMT ", NULL, NULL", TEXT_ARG(kind));
}

static void print_account(struct printing *p, const struct account *a)
{
    p->last_read = NO_TEXT;
    p->who = who_of(p, a);
    print_requests(p, a);
    for (size_t i = 0; i < a->publish.count; i++)
        print_publish(p, a->publish.at[i]);
    for (size_t i = 0; i < a->read.count; i++)
        print_read(p, a->read.at[i]);
    for (size_t i = 0; i < a->director_reads.count; i++)
        print_row(p, "RULE_NEEDS_DIRECTOR", "RULE_READ", a->director_reads.at[i], false, false);
}

/* What every service may write: the topics with its name in them, and answers. */
static void print_services(struct printing *p)
{
    for (size_t i = 0; i < p->contract->topic_count; i++) {
        const struct topic *t = &p->contract->topics[i];
        if (t->writer.at && text_is_c(t->writer, "{service}"))
            print_row(p, "RULE_NEEDS_NOTHING", "RULE_PUBLISH", pattern_of(p, &t->path, self, AS_PATTERN), t->retain, true);
    }
}

/* The topics of one service: its views (written, and read back to find ghosts), its taps, its requests. */
static void print_service(struct printing *p, struct text service)
{
    const struct contract *c = p->contract;
    p->last_read = NO_TEXT;
    p->who = arena_printf(p->arena, "ACCOUNT_SERVICE, \"" TEXT_FMT "\", NULL", TEXT_ARG(service));
    for (size_t i = 0; i < c->topic_count; i++) {
        const struct topic *t = &c->topics[i];
        bool writes = t->writer.at && text_is(t->writer, service);
        if (writes)
            print_row(p, "RULE_NEEDS_NOTHING", "RULE_PUBLISH", pattern_of(p, &t->path, nothing, AS_PATTERN), t->retain, true);
        if ((writes && t->retain) || (t->reader.at && text_is(t->reader, service)))
            print_read(p, pattern_of(p, &t->path, nothing, AS_FILTER));
    }
    for (size_t i = 0; i < c->request_count; i++)
        if (text_is(c->requests[i].service, service) ||
            (c->requests[i].until_then.at && text_is(c->requests[i].until_then, service)))
            for (size_t k = 0; k < c->topic_count; k++)
                if (c->topics[k].payload == PAYLOAD_REQUEST && !has_device(&c->topics[k].path))
                    print_read(p,
                               arena_printf(p->arena, TEXT_FMT "/" TEXT_FMT "/#", TEXT_ARG(c->topics[k].path.levels[0].fixed),
                                            TEXT_ARG(c->requests[i].naming.name)));
}

static void print_stream(struct printing *p, struct text producer)
{
    for (size_t i = 0; i < p->contract->topic_count; i++) {
        const struct topic *t = &p->contract->topics[i];
        if (t->payload == PAYLOAD_STREAM)
            print_read(
                p, pattern_of(p, &t->path,
                              (const struct fill[]){ { "service", producer }, { "consumer", TEXT("{account}") }, nothing[0] },
                              AS_PATTERN));
    }
}

/* The streams it follows, live and served from the ledger. */
static void print_streams(struct printing *p, struct text service)
{
    const struct contract *c = p->contract;
    for (size_t i = 0; i < c->stream_count; i++)
        for (size_t k = 0; k < c->streams[i].consumers.count; k++)
            if (text_is(c->streams[i].consumers.at[k], service))
                print_stream(p, c->streams[i].naming.name);
}

/* Where the guard itself says what is wrong. */
static struct text alarm_topic(struct printing *p)
{
    static const struct fill guard[] = { { "service", { "guard", 5 } }, { NULL, { NULL, 0 } } };
    for (size_t i = 0; i < p->contract->topic_count; i++)
        if (text_is_c(p->contract->topics[i].naming.name, "alarm"))
            return pattern_of(p, &p->contract->topics[i].path, guard, AS_PATTERN);
    return TEXT("");
}

void rules_header(struct arena *arena, const struct contract *c, FILE *to)
{
    struct printing p = { .arena = arena, .contract = c, .to = to };
    fprintf(
        to,
        "/* guard_rules.h - who may publish and read what; made from topics.yaml.\n"
        " *\n"
        " * A row: kind of account, only this account, all but this account, what it needs, act, pattern below the root, whether\n"
        " * the retain flag may be set, whether payloads may have the size of services. services/guard/rules.h says what the\n"
        " * levels of a pattern mean. Whatever no row allows is denied. */\n"
        "#ifndef GEN_GUARD_RULES_H\n#define GEN_GUARD_RULES_H\n\n#include \"services/guard/rules.h\"\n\n"
        "static const struct guard_rule guard_rules[] = {\n");
    for (size_t i = 0; i < c->account_count; i++)
        print_account(&p, &c->accounts[i]);
    p.who = TEXT("ACCOUNT_SERVICE, NULL, NULL");
    print_services(&p);
    for (size_t i = 0; i < c->service_count; i++) {
        print_service(&p, c->services[i].name);
        print_streams(&p, c->services[i].name);
    }
    fprintf(to, "};\n#define GUARD_ALARM_TOPIC \"" TEXT_FMT "\"\n", TEXT_ARG(alarm_topic(&p)));
    fprintf(to, "#define GUARD_RULE_COUNT ((int) (sizeof guard_rules / sizeof guard_rules[0]))\n\n#endif\n");
}
