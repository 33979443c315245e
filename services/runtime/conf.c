/* conf.c - binds a map of a configuration file to a struct by a table of its keys (conf_read of yinling/yaml.h).
 *
 * Reads every row and complains about each, so that one run of `yinling check` shows all that is wrong. Depends on text.c and
 * yaml.c alone. */
#include "yinling/instant.h"
#include "yinling/reader.h"
#include "yinling/yaml.h"

#include <inttypes.h>
#include <string.h>

struct reading {
    struct arena *arena;
    struct findings *findings;
    const struct conf_field *field;
    struct place place; /* of the value, or of the map when the value is the default */
    char *member;
    bool bad;
};

#define COMPLAIN(r, format, ...)                                                                                               \
    do {                                                                                                                       \
        find_error((r)->findings, (r)->place, "%s：" format, (r)->field->key, __VA_ARGS__);                                    \
        (r)->bad = true;                                                                                                       \
    } while (0)

static bool is_bounded(const struct conf_field *f)
{
    return f->min != 0 || f->max != 0;
}

static bool is_within(const struct conf_field *f, int64_t value)
{
    return !is_bounded(f) || (value >= f->min && value <= f->max);
}

static void read_text(struct reading *r, struct text t)
{
    int64_t points = (int64_t) text_codepoints(t);
    if (!is_within(r->field, points) && r->field->min == r->field->max)
        COMPLAIN(r, "应有%" PRId64 "字，实有%" PRId64 "字", r->field->max, points);
    else if (!is_within(r->field, points))
        COMPLAIN(r, "应有%" PRId64 "至%" PRId64 "字，实有%" PRId64 "字", r->field->min, r->field->max, points);
    else
        memcpy(r->member, &t, sizeof t);
}

static void read_int(struct reading *r, struct text t)
{
    int64_t value;
    if (!text_int(t, &value))
        COMPLAIN(r, "“" TEXT_FMT "”不是整数", TEXT_ARG(t));
    else if (!is_within(r->field, value))
        COMPLAIN(r, "应在%" PRId64 "至%" PRId64 "之间，写的是%" PRId64, r->field->min, r->field->max, value);
    else
        memcpy(r->member, &value, sizeof value);
}

static void read_bool(struct reading *r, struct text t)
{
    bool value = text_is_c(t, "true");
    if (!value && !text_is_c(t, "false"))
        COMPLAIN(r, "应写 true 或 false，写的是“" TEXT_FMT "”", TEXT_ARG(t));
    else
        memcpy(r->member, &value, sizeof value);
}

/* 90s 15m 4h 2d */
static bool span_of(struct text t, span_ms *ret)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
    int64_t number;
    if (t.len < 2 || t.len > 10 || !text_int((struct text){ t.at, t.len - 1 }, &number) || number < 0)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (t.at[t.len - 1] == units[i].letter) {
            ret->ms = number * units[i].ms;
            return true;
        }
    return false;
}

static void read_span(struct reading *r, struct text t)
{
    span_ms value;
    if (!span_of(t, &value))
        COMPLAIN(r, "“" TEXT_FMT "”不是时长，应写作 90s、15m、4h 或 2d", TEXT_ARG(t));
    else if (!is_within(r->field, value.ms))
        COMPLAIN(r, "应在%" PRId64 "至%" PRId64 "秒之间，写的是“" TEXT_FMT "”", r->field->min / 1000, r->field->max / 1000,
                 TEXT_ARG(t));
    else
        memcpy(r->member, &value, sizeof value);
}

static void read_choice(struct reading *r, struct text t)
{
    struct text words = TEXT("");
    for (const struct choice *c = r->field->choices; c->word; c++) {
        if (text_is_c(t, c->word)) {
            memcpy(r->member, &c->value, sizeof c->value);
            return;
        }
        words = arena_printf(r->arena, TEXT_FMT " %s", TEXT_ARG(words), c->word);
    }
    COMPLAIN(r, "“" TEXT_FMT "”不在可选值之中：" TEXT_FMT, TEXT_ARG(t), TEXT_ARG(words));
}

/* A list of scalars; a single scalar is a list of one. */
static void read_texts(struct reading *r, const struct node *n)
{
    bool is_list = node_kind(n) == NODE_LIST;
    size_t count = is_list ? node_count(n) : 1;
    if (!is_within(r->field, (int64_t) count)) {
        COMPLAIN(r, "应有%" PRId64 "至%" PRId64 "项，实有%zu项", r->field->min, r->field->max, count);
        return;
    }
    struct text *at = arena_take(r->arena, (count + 1) * sizeof *at);
    for (size_t i = 0; i < count; i++) {
        const struct node *item = is_list ? node_at(n, i) : n;
        r->place = node_place(item);
        at[i] = node_text(item);
        if (at[i].len == 0) {
            COMPLAIN(r, "第%zu项应是文字", i + 1);
            return;
        }
    }
    struct texts value = { at, count };
    memcpy(r->member, &value, sizeof value);
}

typedef void scalar_reader(struct reading *r, struct text t);
static scalar_reader *const scalar_readers[] = {
    [CONF_TEXT] = read_text, [CONF_INT] = read_int,       [CONF_BOOL] = read_bool,
    [CONF_SPAN] = read_span, [CONF_CHOICE] = read_choice, [CONF_NODE] = NULL,
};

static void read_present(struct reading *r, const struct node *value)
{
    r->place = node_place(value);
    if (r->field->kind == CONF_NODE)
        memcpy(r->member, &value, sizeof value);
    else if (r->field->kind == CONF_TEXTS && node_kind(value) != NODE_MAP)
        read_texts(r, value);
    else if (node_kind(value) != NODE_SCALAR)
        COMPLAIN(r, "%s", r->field->kind == CONF_TEXTS ? "应是列表" : "应是一个值，不是列表或映射");
    else if (node_text(value).len == 0 && !r->field->unset)
        COMPLAIN(r, "%s", "不能为空");
    else
        scalar_readers[r->field->kind](r, node_text(value));
}

/* What holds without the key. The defaults are ours, but pass the same checks: a wrong one is then seen at once. */
static void read_absent(struct reading *r)
{
    static const struct texts no_texts = { NULL, 0 };
    static const struct text no_text = { NULL, 0 };
    static const struct node *const no_node = NULL;
    const struct conf_field *f = r->field;
    if (!f->unset)
        COMPLAIN(r, "%s", "缺少这一项");
    else if (f->kind == CONF_TEXTS) {
        struct text *one = arena_take(r->arena, sizeof *one);
        *one = text_of(f->unset);
        struct texts value = { one, 1 };
        memcpy(r->member, f->unset[0] ? &value : &no_texts, sizeof value);
    } else if (f->kind == CONF_NODE)
        memcpy(r->member, &no_node, sizeof no_node);
    else if (f->kind == CONF_TEXT && !f->unset[0])
        memcpy(r->member, &no_text, sizeof no_text);
    else
        scalar_readers[f->kind](r, text_of(f->unset));
}

static bool has_row(const struct conf_field *fields, struct text key)
{
    for (; fields->key; fields++)
        if (text_is_c(key, fields->key))
            return true;
    return false;
}

bool conf_read(struct arena *arena, const struct node *map, const struct conf_field *fields, void *into, struct findings *f)
{
    bool sound = true;
    if (!map || node_kind(map) != NODE_MAP) {
        find_error(f, map ? node_place(map) : (struct place){ "", 0 }, "这里应是“键: 值”的映射");
        return false;
    }
    for (size_t i = 0; i < node_count(map); i++)
        if (!has_row(fields, node_key(map, i))) {
            find_error(f, node_key_place(map, i), "不认识的键“" TEXT_FMT "”", TEXT_ARG(node_key(map, i)));
            sound = false;
        }
    for (; fields->key; fields++) {
        const struct node *value = node_get(map, fields->key);
        struct reading r = { arena, f, fields, node_place(map), (char *) into + fields->offset, false };
        if (value)
            read_present(&r, value);
        else
            read_absent(&r);
        sound &= !r.bad;
    }
    return sound;
}
