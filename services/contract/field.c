/* field.c - the types and payload fields of topics.yaml (field.h).
 *
 * A type names its shape by the key it has: pattern, words or fields. Types may name each other in any order, so their names are
 * known before their bodies are read. */
#include "services/contract/field.h"

#include <string.h>

#define TOKENS_MAX 4 /* list TYPE RANGE UNIT */

static const struct {
    const char *name;
    enum shape shape;
} builtins[] = {
    { "text", SHAPE_TEXT }, { "int", SHAPE_INT },       { "bool", SHAPE_BOOL }, { "instant", SHAPE_INSTANT },
    { "day", SHAPE_DAY },   { "base64", SHAPE_BASE64 }, { "any", SHAPE_ANY },
};
#define BUILTIN_COUNT (sizeof builtins / sizeof builtins[0])

struct type_conf {
    struct text pattern, says;
    const struct node *words, *fields;
    struct texts one_of;
};
static const struct conf_field type_fields[] = {
    { "pattern", CONF_TEXT, offsetof(struct type_conf, pattern), "", 0, 0, NULL, "regular expression, without anchors" },
    { "says", CONF_TEXT, offsetof(struct type_conf, says), "", 0, 0, NULL, "meaning" },
    { "words", CONF_NODE, offsetof(struct type_conf, words), "", 0, 0, NULL, "closed vocabulary: word, Chinese" },
    { "fields", CONF_NODE, offsetof(struct type_conf, fields), "", 0, 0, NULL, "an object's members" },
    { "one-of", CONF_TEXTS, offsetof(struct type_conf, one_of), "", 0, 0, NULL, "exactly one of these members" },
    CONF_END,
};

const struct type *field_type(const struct loading *l, struct text name)
{
    for (size_t i = 0; i < l->contract->type_count; i++)
        if (text_is(l->contract->types[i].naming.name, name))
            return &l->contract->types[i];
    return NULL;
}

static void read_words(struct loading *l, struct type *t, const struct node *map)
{
    if (node_kind(map) != NODE_MAP || node_count(map) == 0) {
        find_error(l->into, node_place(map), "words 应是“词: 中文”的映射，且不能为空");
        return;
    }
    t->word_count = node_count(map);
    t->words = arena_take(l->arena, t->word_count * sizeof *t->words);
    for (size_t i = 0; i < t->word_count; i++)
        t->words[i] = (struct word){ node_key(map, i), node_text(node_at(map, i)) };
}

static void read_type(struct loading *l, struct type *t, const struct node *body)
{
    struct type_conf conf = { 0 };
    if (!conf_read(l->arena, body, type_fields, &conf, l->into))
        return;
    if ((conf.pattern.at != NULL) + (conf.words != NULL) + (conf.fields != NULL) != 1) {
        find_error(l->into, t->naming.place, "“" TEXT_FMT "”应有 pattern、words、fields 之一", TEXT_ARG(t->naming.name));
        return;
    }
    t->naming.says = conf.says;
    t->pattern = conf.pattern;
    t->shape = conf.pattern.at ? SHAPE_PATTERN : conf.words ? SHAPE_WORDS : SHAPE_OBJECT;
    if (conf.words)
        read_words(l, t, conf.words);
    if (conf.fields)
        t->fields = field_list(l, conf.fields, conf.one_of);
}

void field_types(struct loading *l, const struct node *types)
{
    bool is_map = types && node_kind(types) == NODE_MAP;
    size_t named = is_map ? node_count(types) : 0;
    struct contract *c = l->contract;
    c->types = arena_take(l->arena, (named + BUILTIN_COUNT) * sizeof *c->types);
    c->type_count = named + BUILTIN_COUNT;
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        c->types[i].naming.name = text_of(builtins[i].name);
        c->types[i].shape = builtins[i].shape;
    }
    for (size_t i = 0; i < named; i++) {
        struct naming *n = &c->types[BUILTIN_COUNT + i].naming;
        n->name = node_key(types, i);
        n->place = node_key_place(types, i);
        c->types[BUILTIN_COUNT + i].shape = SHAPE_ANY; /* until its body is read */
        for (size_t b = 0; b < BUILTIN_COUNT; b++)
            if (text_is_c(n->name, builtins[b].name))
                find_error(l->into, n->place, "“%s”是内置类型，不能再定义", builtins[b].name);
    }
    for (size_t i = 0; i < named; i++)
        read_type(l, &c->types[BUILTIN_COUNT + i], node_at(types, i));
}

/* 0..100, or 100 alone for 1..100 */
static bool range_of(struct text token, int64_t *ret_min, int64_t *ret_max)
{
    int64_t min = 1;
    const char *dots = memmem(token.at, token.len, "..", 2);
    struct text high = token;
    if (dots) {
        size_t low = (size_t) (dots - token.at);
        if (!text_int((struct text){ token.at, low }, &min))
            return false;
        high = (struct text){ dots + 2, token.len - low - 2 };
    }
    int64_t max;
    if (!text_int(high, &max) || max < min)
        return false;
    *ret_min = min;
    *ret_max = max;
    return true;
}

static bool may_be_bounded(const struct field *f)
{
    return f->list ||
           (f->type && (f->type->shape == SHAPE_TEXT || f->type->shape == SHAPE_INT || f->type->shape == SHAPE_BASE64));
}

/* The words before `--`, with the `!` taken off. */
static size_t split(struct text line, struct text ret_tokens[TOKENS_MAX], bool *ret_required)
{
    size_t count = 0;
    *ret_required = line.len > 0 && line.at[line.len - 1] == '!';
    line.len -= *ret_required;
    for (size_t i = 0; i < line.len && count <= TOKENS_MAX;) {
        size_t start = i;
        while (i < line.len && line.at[i] != ' ')
            i++;
        if (i > start && count++ < TOKENS_MAX)
            ret_tokens[count - 1] = (struct text){ line.at + start, i - start };
        i++;
    }
    return count;
}

static void read_field(struct loading *l, struct field *f, struct text line)
{
    const char *dashes = line.at ? strstr(line.at, " -- ") : NULL;
    if (dashes) {
        f->naming.says = text_of(dashes + 4);
        line.len = (size_t) (dashes - line.at);
    }
    struct text tokens[TOKENS_MAX];
    size_t count = split(line, tokens, &f->required), next = 0;
    f->list = count > 0 && text_is_c(tokens[0], "list");
    next += f->list;
    if (count <= next || count > TOKENS_MAX) {
        find_error(l->into, f->naming.place, "字段“" TEXT_FMT "”应写作：[list] 类型 [范围] [单位][!] [-- 说明]",
                   TEXT_ARG(f->naming.name));
        return;
    }
    f->type = field_type(l, tokens[next]);
    if (!f->type)
        find_error(l->into, f->naming.place, "没有类型“" TEXT_FMT "”", TEXT_ARG(tokens[next]));
    next++;
    if (next < count && range_of(tokens[next], &f->min, &f->max)) {
        f->bounded = true;
        next++;
    }
    if (next < count)
        f->unit = arena_copy(l->arena, tokens[next++]);
    if (next < count)
        find_error(l->into, f->naming.place, "看不懂“" TEXT_FMT "”", TEXT_ARG(tokens[next]));
    if (f->bounded != may_be_bounded(f) && f->type)
        find_error(l->into, f->naming.place, "字段“" TEXT_FMT "”%s范围", TEXT_ARG(f->naming.name),
                   f->bounded ? "不能有" : "应写明");
}

static bool has_field_named(struct fields fields, struct text name)
{
    for (size_t i = 0; i < fields.count; i++)
        if (text_is(fields.at[i].naming.name, name))
            return true;
    return false;
}

struct fields field_list(struct loading *l, const struct node *map, struct texts one_of)
{
    struct fields fields = { .one_of = one_of };
    if (!map)
        return fields;
    if (node_kind(map) != NODE_MAP) {
        find_error(l->into, node_place(map), "fields 应是“字段: 类型”的映射");
        return fields;
    }
    fields.count = node_count(map);
    fields.at = arena_take(l->arena, (fields.count + 1) * sizeof *fields.at);
    for (size_t i = 0; i < fields.count; i++) {
        struct field *f = &fields.at[i];
        f->naming.name = node_key(map, i);
        f->naming.place = node_key_place(map, i);
        read_field(l, f, node_text(node_at(map, i)));
    }
    for (size_t i = 0; i < one_of.count; i++)
        if (!has_field_named(fields, one_of.at[i]))
            find_error(l->into, node_place(map), "one-of 里的“" TEXT_FMT "”不是这里的字段", TEXT_ARG(one_of.at[i]));
    return fields;
}

struct fields field_join(struct loading *l, struct fields first, struct fields second)
{
    struct fields joined = { .count = first.count + second.count, .one_of = first.one_of };
    joined.at = arena_take(l->arena, (joined.count + 1) * sizeof *joined.at);
    for (size_t i = 0; i < joined.count; i++)
        joined.at[i] = i < first.count ? first.at[i] : second.at[i - first.count];
    for (size_t i = 0; i < second.count; i++)
        if (has_field_named(first, second.at[i].naming.name))
            find_error(l->into, second.at[i].naming.place, "字段“" TEXT_FMT "”上面已有", TEXT_ARG(second.at[i].naming.name));
    return joined;
}
