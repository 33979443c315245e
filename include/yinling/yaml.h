/* yaml.h - configuration files as trees that know their lines, and tables that bind them to structs.
 *
 * Why not structs straight from the parser: `yinling check` must give file:line for what is wrong in meaning (an unknown unit in
 * a rule), and libcyaml keeps no lines once it has loaded; so the one file that touches libyaml keeps the marks.
 * Mistakes are findings, never fatal: read everything, then look at findings_errors(). All memory is the arenas'. Reading files
 * may block; one thread at a time. Limits: 1 MiB a file, 32 levels, 100,000 nodes, no aliases (`*x`), no duplicate keys. */
#ifndef YINLING_YAML_H
#define YINLING_YAML_H

#include "yinling/text.h"

#include <stdio.h>

struct place {
    const char *file; /* as it was opened */
    int line;         /* from 1 */
};

struct finding {
    struct place place;
    bool is_error; /* else a warning */
    struct text message;
};
struct findings; /* grows; at most 1,000 are kept, the rest counted; the same one (place, message) is kept once */
struct findings *findings_new(void);
struct findings *findings_free(struct findings *findings); /* returns NULL */
static inline void own_findings_free(struct findings **f)
{
    *f = findings_free(*f);
}
void find_error(struct findings *into, struct place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void find_warning(struct findings *into, struct place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t findings_errors(const struct findings *findings);
size_t findings_count(const struct findings *findings);
const struct finding *finding_at(const struct findings *findings, size_t i);
void findings_print(const struct findings *findings, FILE *to); /* file:line: 错误: … */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };
struct node;
/* NULL when the file cannot be read or parsed (a finding says why). An empty file is an empty map. The nodes are the tree's, all texts
 * the arena's: when everything has been read off, the tree can be freed, and what was read off lives on. They may be the same. */
#define YAML_TREE_CHUNK (64 * 1024) /* bytes: a town's file has a few of them */
const struct node *yaml_load(struct arena *arena, struct arena *tree, const char *path, struct findings *into);
enum node_kind node_kind(const struct node *n);
struct place node_place(const struct node *n);
struct text node_text(const struct node *n); /* a scalar's; NO_TEXT otherwise */
bool node_is_quoted(const struct node *n);
size_t node_count(const struct node *n);                            /* of a list or map */
const struct node *node_at(const struct node *n, size_t i);         /* i-th item, or i-th value of a map */
struct text node_key(const struct node *n, size_t i);               /* i-th key of a map */
struct place node_key_place(const struct node *n, size_t i);        /* where that key stands */
const struct node *node_get(const struct node *n, const char *key); /* NULL when absent or n is NULL */

/* One row per key of a map. Keys without a row are findings. Ends with CONF_END. */
enum conf_kind { CONF_TEXT, CONF_INT, CONF_BOOL, CONF_SPAN, CONF_CHOICE, CONF_TEXTS, CONF_NODE };
struct conf_field {
    const char *key;
    enum conf_kind kind;
    size_t offset;     /* of the member in the struct it fills */
    const char *unset; /* what holds when the key is absent; NULL: the key is required; "" for CONF_TEXT/TEXTS/NODE: may lack */
    int64_t min, max;  /* INT: the value; SPAN: milliseconds; TEXT: code points; TEXTS: items. Both 0: unbounded */
    const struct choice *choices; /* CONF_CHOICE: the member is an int */
    const char *says;             /* one sentence with the unit, for the reference page */
};
// clang-format off
#define CONF_END { .key = NULL }
// clang-format on
/* The member types: struct text; int64_t; bool; span_ms (written 90s 15m 4h 2d); int; struct texts; const struct node *. */
struct texts {
    const struct text *at;
    size_t count;
};
/* True when every row was there and in range. `map` NULL or not a map is one finding. */
bool conf_read(struct arena *arena, const struct node *map, const struct conf_field *fields, void *into, struct findings *f);

/* CSV with a header line: rows of texts in the header's order, UTF-8. Columns are asked for by name; an absent one is a finding
 * (so `into` must live as long as the table is read) and reads as NO_TEXT. NULL when the file as a whole is unusable. */
struct csv;
const struct csv *csv_load(struct arena *arena, const char *path, size_t rows_max, struct findings *into);
size_t csv_rows(const struct csv *csv);
size_t csv_columns(const struct csv *csv);
struct text csv_column(const struct csv *csv, size_t column); /* its name in the header */
struct place csv_place(const struct csv *csv, size_t row);
struct text csv_get(const struct csv *csv, size_t row, const char *column);

#endif
