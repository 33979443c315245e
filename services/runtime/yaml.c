/* yaml.c - configuration files as trees that know their lines (yinling/yaml.h), and the list of findings.
 *
 * The only file that includes libyaml's header. It reads events, not libyaml's own document tree, because events are where an
 * alias, a second document or a too deep nesting can be refused before anything is built. Depends on text.c alone, so that the
 * contract generator can link it without the rest of the runtime. */
#include "yinling/yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#define FILE_BYTES_MAX (1024 * 1024) /* a town's longest file has 30 KiB */
#define DEPTH_MAX 32                 /* ours nest 6 deep; the parser below recurses, so the stack needs a bound */
#define NODES_MAX 100000             /* what fits in FILE_BYTES_MAX and still makes sense */
#define FINDINGS_MAX 1000            /* nobody reads more; the rest is counted */

/* ---- findings */

struct findings {
    struct arena *arena; /* messages and file names: findings outlive the town they are about */
    struct finding *at;
    size_t count, room;
    size_t errors, dropped;
};

struct findings *findings_new(void)
{
    struct findings *f = calloc(1, sizeof *f);
    if (!f)
        abort(); /* environment trouble, as in the arena */
    f->arena = arena_new(4096);
    return f;
}

struct findings *findings_free(struct findings *findings)
{
    if (!findings)
        return NULL;
    arena_free(findings->arena);
    free(findings->at);
    free(findings);
    return NULL;
}

static const char *file_kept(struct findings *f, const char *file)
{
    if (!file)
        return "";
    if (f->count > 0 && strcmp(f->at[f->count - 1].place.file, file) == 0)
        return f->at[f->count - 1].place.file;
    return arena_text(f->arena, file, strlen(file)).at;
}

/* Two readers of one file (calendars and clocks, say) tell the same of it; once is enough. */
static bool is_told(const struct findings *f, const struct finding *finding)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->at[i].place.line == finding->place.line && f->at[i].is_error == finding->is_error &&
            text_is(f->at[i].message, finding->message) && strcmp(f->at[i].place.file, finding->place.file) == 0)
            return true;
    return false;
}

static void room_for_one(struct findings *f)
{
    if (f->count < f->room)
        return;
    size_t room = f->room ? f->room * 2 : 16;
    struct finding *grown = realloc(f->at, room * sizeof *grown);
    if (!grown)
        abort();
    f->at = grown;
    f->room = room;
}

static void keep(struct findings *f, struct place at, bool is_error, const char *format, va_list args)
{
    if (f->count == FINDINGS_MAX) {
        f->errors += is_error;
        f->dropped++;
        return;
    }
    struct place kept = { file_kept(f, at.file), at.line };
    struct finding finding = { kept, is_error, arena_vprintf(f->arena, format, args) };
    if (is_told(f, &finding))
        return;
    room_for_one(f);
    f->at[f->count++] = finding;
    f->errors += is_error;
}

void find_error(struct findings *into, struct place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keep(into, at, true, format, args);
    va_end(args);
}

void find_warning(struct findings *into, struct place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keep(into, at, false, format, args);
    va_end(args);
}

size_t findings_errors(const struct findings *findings)
{
    return findings->errors;
}

size_t findings_count(const struct findings *findings)
{
    return findings->count;
}

const struct finding *finding_at(const struct findings *findings, size_t i)
{
    assert(i < findings->count);
    return &findings->at[i];
}

void findings_print(const struct findings *findings, FILE *to)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->at[i];
        fprintf(to, "%s:%d: %s: " TEXT_FMT "\n", f->place.file, f->place.line, f->is_error ? "错误" : "提醒",
                TEXT_ARG(f->message));
    }
    if (findings->dropped > 0)
        fprintf(to, "另有%zu条未列出\n", findings->dropped);
}

/* ---- the tree */

struct key {
    struct text text;
    int line;
};

struct node {
    enum node_kind kind;
    struct place place;
    bool quoted;
    struct text text; /* scalar */
    size_t count;     /* list, map */
    struct key *keys; /* map */
    struct node **items;
};

struct loading {
    struct arena *arena, *tree; /* of texts, of nodes */
    struct findings *into;
    const char *file; /* lives in the arena */
    yaml_parser_t parser;
    size_t nodes;
    bool failed;
};

static struct place place_of(const struct loading *l, yaml_mark_t mark)
{
    return (struct place){ l->file, (int) mark.line + 1 };
}

static void refuse(struct loading *l, yaml_mark_t mark, const char *sentence)
{
    if (!l->failed)
        find_error(l->into, place_of(l, mark), "%s", sentence);
    l->failed = true;
}

/* False when the file ends here because of its syntax; the finding is made. */
static bool next_event(struct loading *l, yaml_event_t *ret)
{
    if (l->failed)
        return false;
    if (yaml_parser_parse(&l->parser, ret))
        return true;
    yaml_mark_t mark = l->parser.problem_mark;
    if (l->parser.error == YAML_READER_ERROR)
        mark = l->parser.mark;
    find_error(l->into, place_of(l, mark), "YAML 语法有误（%s）", l->parser.problem ? l->parser.problem : "?");
    l->failed = true;
    return false;
}

static struct node *node_new(struct loading *l, const yaml_event_t *e, enum node_kind kind)
{
    if (++l->nodes > NODES_MAX) {
        refuse(l, e->start_mark, "文件内容过多");
        return NULL;
    }
    struct node *n = arena_take(l->tree, sizeof *n);
    n->kind = kind;
    n->place = place_of(l, e->start_mark);
    return n;
}

static struct node *scalar_of(struct loading *l, const yaml_event_t *e)
{
    struct node *n = node_new(l, e, NODE_SCALAR);
    if (!n)
        return NULL;
    const char *bytes = (const char *) e->data.scalar.value;
    size_t len = e->data.scalar.length;
    if (memchr(bytes, 0, len)) {
        refuse(l, e->start_mark, "文字中不能有 NUL 字符");
        return NULL;
    }
    n->text = arena_text(l->arena, bytes, len);
    n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return n;
}

/* Growing by doubling in an arena: what is left behind is at most what is kept. */
static void append(struct loading *l, struct node *whole, size_t *room, struct node *item, struct key key)
{
    if (whole->count == *room) {
        size_t grown = *room ? *room * 2 : 8;
        struct node **items = arena_take(l->tree, grown * sizeof *items);
        struct key *keys = arena_take(l->tree, grown * sizeof *keys);
        if (whole->count > 0) {
            memcpy(items, whole->items, whole->count * sizeof *items);
            memcpy(keys, whole->keys, whole->count * sizeof *keys);
        }
        whole->items = items;
        whole->keys = keys;
        *room = grown;
    }
    whole->items[whole->count] = item;
    whole->keys[whole->count] = key;
    whole->count++;
}

static struct node *node_of(struct loading *l, const yaml_event_t *e, int depth);

static struct node *list_of(struct loading *l, const yaml_event_t *start, int depth)
{
    struct node *list = node_new(l, start, NODE_LIST);
    size_t room = 0;
    yaml_event_t e;
    while (list && next_event(l, &e)) {
        bool ends = e.type == YAML_SEQUENCE_END_EVENT;
        struct node *item = ends ? NULL : node_of(l, &e, depth + 1);
        yaml_event_delete(&e);
        if (ends)
            return list;
        if (item)
            append(l, list, &room, item, (struct key){ NO_TEXT, 0 });
    }
    return NULL;
}

static bool key_is_new(struct loading *l, const struct node *map, const struct node *key)
{
    for (size_t i = 0; i < map->count; i++)
        if (text_is(map->keys[i].text, key->text)) {
            find_error(l->into, key->place, "“" TEXT_FMT "”重复，第%d行已有", TEXT_ARG(key->text), map->keys[i].line);
            return false;
        }
    return true;
}

static struct node *map_of(struct loading *l, const yaml_event_t *start, int depth)
{
    struct node *map = node_new(l, start, NODE_MAP);
    size_t room = 0;
    bool repeated = false;
    yaml_event_t e;
    while (map && next_event(l, &e)) {
        bool ends = e.type == YAML_MAPPING_END_EVENT;
        if (!ends && e.type != YAML_SCALAR_EVENT)
            refuse(l, e.start_mark, "键必须是文字");
        struct node *key = ends || l->failed ? NULL : scalar_of(l, &e);
        yaml_event_delete(&e);
        if (ends) {
            l->failed |= repeated; /* told only now, so that one run tells all repetitions */
            return map;
        }
        if (!key || !next_event(l, &e))
            return NULL;
        struct node *value = node_of(l, &e, depth + 1);
        yaml_event_delete(&e);
        if (!value)
            return NULL;
        if (key_is_new(l, map, key))
            append(l, map, &room, value, (struct key){ key->text, key->place.line });
        else
            repeated = true;
    }
    return NULL;
}

static struct node *node_of(struct loading *l, const yaml_event_t *e, int depth)
{
    if (depth > DEPTH_MAX) {
        refuse(l, e->start_mark, "嵌套过深");
        return NULL;
    }
    switch ((int) e->type) {
    case YAML_SCALAR_EVENT:
        return scalar_of(l, e);
    case YAML_SEQUENCE_START_EVENT:
        return list_of(l, e, depth);
    case YAML_MAPPING_START_EVENT:
        return map_of(l, e, depth);
    case YAML_ALIAS_EVENT:
        refuse(l, e->start_mark, "不支持 YAML 别名（*）");
        return NULL;
    default:
        refuse(l, e->start_mark, "YAML 结构有误");
        return NULL;
    }
}

/* The one document of the stream; a second one is refused. */
static struct node *document_of(struct loading *l)
{
    struct node *root = NULL;
    yaml_event_t e;
    while (next_event(l, &e)) {
        int type = (int) e.type;
        if (type == YAML_DOCUMENT_START_EVENT && root)
            refuse(l, e.start_mark, "一个文件只能有一份 YAML 文档");
        else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT && type != YAML_DOCUMENT_START_EVENT &&
                 type != YAML_DOCUMENT_END_EVENT)
            root = node_of(l, &e, 1);
        yaml_event_delete(&e);
        if (type == YAML_STREAM_END_EVENT)
            return root ? root : arena_take(l->tree, sizeof *root);
    }
    return NULL;
}

/* NULL with a finding when it cannot be read whole. */
static unsigned char *bytes_of(const struct loading *l, size_t *ret_len)
{
    struct place at = { l->file, 1 };
    FILE *f = fopen(l->file, "rbe");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        find_error(l->into, at, "文件打不开（%s）", f ? "不是普通文件" : errno == ENOENT ? "没有这个文件" : strerror(errno));
        if (f)
            fclose(f);
        return NULL;
    }
    unsigned char *bytes = arena_take(l->tree, FILE_BYTES_MAX < st.st_size ? 1 : (size_t) st.st_size + 1);
    size_t len = 0;
    if (st.st_size <= FILE_BYTES_MAX)
        len = fread(bytes, 1, (size_t) st.st_size, f);
    bool whole = st.st_size <= FILE_BYTES_MAX && len == (size_t) st.st_size;
    fclose(f);
    if (!whole) {
        find_error(l->into, at, st.st_size > FILE_BYTES_MAX ? "文件超过 1 MiB" : "文件读不完整");
        return NULL;
    }
    *ret_len = len;
    return bytes;
}

const struct node *yaml_load(struct arena *arena, struct arena *tree, const char *path, struct findings *into)
{
    struct loading l = { .arena = arena, .tree = tree, .into = into, .file = arena_text(arena, path, strlen(path)).at };
    size_t len;
    unsigned char *bytes = bytes_of(&l, &len);
    if (!bytes)
        return NULL;
    size_t skip = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (!yaml_parser_initialize(&l.parser))
        abort();
    yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l.parser, bytes + skip, len - skip);
    struct node *root = document_of(&l);
    yaml_parser_delete(&l.parser);
    if (l.failed || !root)
        return NULL;
    if (!root->place.file) { /* an empty file */
        root->kind = NODE_MAP;
        root->place = (struct place){ l.file, 1 };
    }
    return root;
}

enum node_kind node_kind(const struct node *n)
{
    return n->kind;
}

struct place node_place(const struct node *n)
{
    return n->place;
}

struct text node_text(const struct node *n)
{
    return n && n->kind == NODE_SCALAR ? n->text : NO_TEXT;
}

bool node_is_quoted(const struct node *n)
{
    return n->quoted;
}

size_t node_count(const struct node *n)
{
    return n ? n->count : 0;
}

const struct node *node_at(const struct node *n, size_t i)
{
    assert(i < n->count);
    return n->items[i];
}

struct text node_key(const struct node *n, size_t i)
{
    assert(n->kind == NODE_MAP && i < n->count);
    return n->keys[i].text;
}

struct place node_key_place(const struct node *n, size_t i)
{
    assert(n->kind == NODE_MAP && i < n->count);
    return (struct place){ n->place.file, n->keys[i].line };
}

const struct node *node_get(const struct node *n, const char *key)
{
    if (!n || n->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < n->count; i++)
        if (text_is_c(n->keys[i].text, key))
            return n->items[i];
    return NULL;
}
