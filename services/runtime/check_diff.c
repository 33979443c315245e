/* check_diff.c - what a new edition of a town's folder would change, as Chinese sentences (check_diff of yinling/check.h).
 *
 * Compares what the files say, not what the loaders make of them: so it covers every section, also one that was added yesterday,
 * and needs neither folder to be sound. Trees are walked side by side; a list whose entries carry a name of their own (id, code,
 * account, name) is compared by that name, for rules also in its order, because the first rule that fits decides. */
#include "yinling/check.h"
#include "yinling/edition.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX (WORKERS_MAX + 1)
#define VALUE_GRAPHEMES_MAX 40

struct diff {
    struct arena *arena;
    const char *file;
    struct text *said;
    size_t count, left_out;
};

static void tell(struct diff *d, struct text sentence)
{
    if (d->count < CHECK_CHANGES_MAX)
        d->said[d->count++] = arena_printf(d->arena, "%s " TEXT_FMT, d->file, TEXT_ARG(sentence));
    else
        d->left_out++;
}
#define TELL(d, ...) tell((d), arena_printf((d)->arena, __VA_ARGS__))

/* ---- trees */

/* A node in one line, cut. */
static struct text node_said(struct diff *d, const struct node *n)
{
    if (node_kind(n) == NODE_SCALAR)
        return text_cut(d->arena, node_text(n), VALUE_GRAPHEMES_MAX);
    struct text all = TEXT("");
    for (size_t i = 0; i < node_count(n) && all.len < 4 * VALUE_GRAPHEMES_MAX; i++) {
        struct text item = node_said(d, node_at(n, i));
        all = arena_printf(d->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(all), i ? "，" : "", TEXT_ARG(item));
    }
    return text_cut(d->arena, all, VALUE_GRAPHEMES_MAX);
}

static bool is_equal(const struct node *a, const struct node *b)
{
    if (node_kind(a) != node_kind(b) || node_count(a) != node_count(b) || !text_is(node_text(a), node_text(b)))
        return false;
    for (size_t i = 0; i < node_count(a); i++)
        if (node_kind(a) == NODE_MAP) {
            const struct node *other = node_get(b, node_key(a, i).at);
            if (!other || !is_equal(node_at(a, i), other))
                return false;
        } else if (!is_equal(node_at(a, i), node_at(b, i)))
            return false;
    return true;
}

/* What an entry of a list calls itself; NO_TEXT when it has no name of its own. */
static struct text name_of(const struct node *entry)
{
    static const char *const keys[] = { "id", "code", "account", "name" };
    if (node_kind(entry) == NODE_SCALAR)
        return node_text(entry);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct text name = node_text(node_get(entry, keys[i]));
        if (name.len > 0)
            return name;
    }
    return NO_TEXT;
}

/* The entry of that name, or NULL; *ret_index is where it stands. */
static const struct node *entry_named(const struct node *list, struct text name, size_t *ret_index)
{
    for (size_t i = 0; i < node_count(list); i++)
        if (text_is(name_of(node_at(list, i)), name)) {
            *ret_index = i;
            return node_at(list, i);
        }
    return NULL;
}

static bool all_named(const struct node *list)
{
    for (size_t i = 0, first; i < node_count(list); i++) {
        struct text name = name_of(node_at(list, i));
        if (name.at == NULL || !entry_named(list, name, &first) || first != i)
            return false;
    }
    return true;
}

static void compare(struct diff *d, struct text path, const struct node *was, const struct node *is);

static void compare_lists(struct diff *d, struct text path, const struct node *was, const struct node *is)
{
    size_t at, last = 0;
    bool moved = false;
    for (size_t i = 0; i < node_count(was); i++) {
        struct text name = name_of(node_at(was, i));
        if (!entry_named(is, name, &at))
            TELL(d, TEXT_FMT "：删除“" TEXT_FMT "”", TEXT_ARG(path), TEXT_ARG(name));
    }
    for (size_t i = 0; i < node_count(is); i++) {
        const struct node *entry = node_at(is, i);
        struct text name = name_of(entry);
        const struct node *before = entry_named(was, name, &at);
        if (before) {
            moved |= at < last;
            last = at;
            compare(d, arena_printf(d->arena, TEXT_FMT "[" TEXT_FMT "]", TEXT_ARG(path), TEXT_ARG(name)), before, entry);
        } else if (node_kind(entry) == NODE_SCALAR)
            TELL(d, TEXT_FMT "：新增“" TEXT_FMT "”", TEXT_ARG(path), TEXT_ARG(name));
        else
            TELL(d, TEXT_FMT "：新增“" TEXT_FMT "”（" TEXT_FMT "）", TEXT_ARG(path), TEXT_ARG(name),
                 TEXT_ARG(node_said(d, entry)));
    }
    if (moved)
        TELL(d, TEXT_FMT "：顺序有变", TEXT_ARG(path));
}

static void compare_maps(struct diff *d, struct text path, const struct node *was, const struct node *is)
{
    const char *dot = path.len > 0 ? "." : "";
    for (size_t i = 0; i < node_count(was); i++)
        if (!node_get(is, node_key(was, i).at))
            TELL(d, TEXT_FMT "%s" TEXT_FMT "：删除（原为“" TEXT_FMT "”）", TEXT_ARG(path), dot, TEXT_ARG(node_key(was, i)),
                 TEXT_ARG(node_said(d, node_at(was, i))));
    for (size_t i = 0; i < node_count(is); i++) {
        struct text key = node_key(is, i);
        struct text inner = arena_printf(d->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(path), dot, TEXT_ARG(key));
        const struct node *before = node_get(was, key.at);
        if (before)
            compare(d, inner, before, node_at(is, i));
        else
            TELL(d, TEXT_FMT "：新增“" TEXT_FMT "”", TEXT_ARG(inner), TEXT_ARG(node_said(d, node_at(is, i))));
    }
}

static void compare(struct diff *d, struct text path, const struct node *was, const struct node *is)
{
    if (is_equal(was, is))
        return;
    if (node_kind(was) == NODE_MAP && node_kind(is) == NODE_MAP)
        compare_maps(d, path, was, is);
    else if (node_kind(was) == NODE_LIST && node_kind(is) == NODE_LIST && all_named(was) && all_named(is))
        compare_lists(d, path, was, is);
    else
        TELL(d, TEXT_FMT "：由“" TEXT_FMT "”改为“" TEXT_FMT "”", TEXT_ARG(path), TEXT_ARG(node_said(d, was)),
             TEXT_ARG(node_said(d, is)));
}

static void compare_trees(struct diff *d, const char *old_path, const char *new_path, struct findings *into)
{
    const struct node *was = yaml_load(d->arena, d->arena, old_path, into);
    const struct node *is = yaml_load(d->arena, d->arena, new_path, into);
    if (was && is)
        compare(d, TEXT(""), was, is);
}

/* ---- tables */

struct row {
    struct text key; /* the first column */
    const struct csv *csv;
    size_t row;
};

static int row_order(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    int order = text_order(left->key, right->key);
    if (order == 0)
        order = left->row < right->row ? -1 : 1;
    return order;
}

static struct row *rows_of(struct diff *d, const struct csv *csv, const char *key)
{
    size_t count = csv_rows(csv);
    struct row *rows = arena_take(d->arena, (count + 1) * sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct row){ csv_get(csv, i, key), csv, i };
    qsort(rows, count, sizeof *rows, row_order);
    return rows;
}

static struct text row_said(struct diff *d, const struct row *row)
{
    struct text all = TEXT("");
    for (size_t c = 1; c < csv_columns(row->csv); c++) {
        struct text field = csv_get(row->csv, row->row, csv_column(row->csv, c).at);
        if (field.len > 0)
            all = arena_printf(d->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(all), all.len ? "，" : "", TEXT_ARG(field));
    }
    return all;
}

static bool has_column(const struct csv *csv, struct text name)
{
    for (size_t c = 0; c < csv_columns(csv); c++)
        if (text_is(csv_column(csv, c), name))
            return true;
    return false;
}

static void compare_rows(struct diff *d, const struct row *was, const struct row *is)
{
    for (size_t c = 1; c < csv_columns(is->csv); c++) {
        struct text column = csv_column(is->csv, c);
        struct text before = has_column(was->csv, column) ? csv_get(was->csv, was->row, column.at) : TEXT("");
        struct text after = csv_get(is->csv, is->row, column.at);
        if (!text_is(before, after))
            TELL(d, TEXT_FMT "." TEXT_FMT "：由“" TEXT_FMT "”改为“" TEXT_FMT "”", TEXT_ARG(is->key), TEXT_ARG(column),
                 TEXT_ARG(before), TEXT_ARG(after));
    }
}

static void compare_tables(struct diff *d, const char *old_path, const char *new_path, struct findings *into)
{
    const struct csv *was = csv_load(d->arena, old_path, ROWS_MAX, into);
    const struct csv *is = csv_load(d->arena, new_path, ROWS_MAX, into);
    if (!was || !is)
        return;
    if (!text_is(csv_column(was, 0), csv_column(is, 0))) {
        TELL(d, "首列由“" TEXT_FMT "”改为“" TEXT_FMT "”", TEXT_ARG(csv_column(was, 0)), TEXT_ARG(csv_column(is, 0)));
        return;
    }
    const char *key = csv_column(is, 0).at;
    const struct row *old_rows = rows_of(d, was, key), *new_rows = rows_of(d, is, key);
    for (size_t o = 0, n = 0; o < csv_rows(was) || n < csv_rows(is);) {
        int order = o == csv_rows(was) ? 1 : n == csv_rows(is) ? -1 : text_order(old_rows[o].key, new_rows[n].key);
        if (order == 0)
            compare_rows(d, &old_rows[o], &new_rows[n]);
        else if (order < 0)
            TELL(d, "删除 " TEXT_FMT "（" TEXT_FMT "）", TEXT_ARG(old_rows[o].key), TEXT_ARG(row_said(d, &old_rows[o])));
        else
            TELL(d, "新增 " TEXT_FMT "（" TEXT_FMT "）", TEXT_ARG(new_rows[n].key), TEXT_ARG(row_said(d, &new_rows[n])));
        o += order <= 0;
        n += order >= 0;
    }
}

struct texts check_diff(struct arena *arena, const char *old_folder, const char *new_folder, struct findings *into)
{
    struct diff d = { .arena = arena };
    d.said = arena_take(arena, (CHECK_CHANGES_MAX + 1) * sizeof *d.said);
    for (size_t i = 0; edition_files[i]; i++) {
        d.file = edition_files[i];
        const char *old_path = arena_printf(arena, "%s/%s", old_folder, d.file).at;
        const char *new_path = arena_printf(arena, "%s/%s", new_folder, d.file).at;
        if (access(old_path, F_OK) != 0 && access(new_path, F_OK) != 0)
            continue;
        if (strstr(d.file, ".csv"))
            compare_tables(&d, old_path, new_path, into);
        else
            compare_trees(&d, old_path, new_path, into);
    }
    if (d.left_out > 0)
        d.said[d.count++] = arena_printf(arena, "另有%zu处改动未列出", d.left_out);
    return (struct texts){ d.said, d.count };
}
