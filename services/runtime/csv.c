/* csv.c - tables with a header line (csv_load of yinling/yaml.h), on libcsv.
 *
 * The file is fed to libcsv record by record, because libcsv counts no lines: a record ends at a line end outside quotes, which is
 * where the number of quotes so far is even. Empty lines are skipped, spaces around unquoted fields are dropped, a byte order
 * mark (Excel writes one) is stripped. */
#include "yinling/yaml.h"

#include <assert.h>
#include <csv.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX (16 * 1024 * 1024) /* 20,000 workers take half a MiB */
#define COLUMNS_MAX 64

struct record {
    int line;
    struct text *fields;
};

/* What changes while a loaded table is read: which absent columns have been told. */
struct asked {
    struct findings *into;
    struct text absent[COLUMNS_MAX];
    size_t absent_count;
};

struct csv {
    struct arena *arena;
    const char *file;
    struct text header[COLUMNS_MAX];
    size_t columns;
    int header_line;
    struct record *rows;
    size_t count, room, rows_max;
    struct asked *asked;
};

struct loading {
    struct csv *csv;
    struct findings *into;
    struct csv_parser parser;
    int line;                       /* where the record in hand began */
    struct text field[COLUMNS_MAX]; /* of the record in hand */
    size_t fields;
    bool failed;  /* nothing more can be read */
    bool crooked; /* a row was left out; the others are still read, so that one run tells all */
};

static void refuse(struct loading *l, int line, const char *sentence)
{
    if (!l->failed)
        find_error(l->into, (struct place){ l->csv->file, line }, "%s", sentence);
    l->failed = true;
}

static void on_field(void *bytes, size_t len, void *loading)
{
    struct loading *l = loading;
    struct text field = arena_text(l->csv->arena, bytes ? bytes : "", len);
    if (l->fields == COLUMNS_MAX)
        refuse(l, l->line, "列数过多");
    else if (!text_is_utf8(field) || memchr(field.at, 0, len))
        refuse(l, l->line, "不是 UTF-8 文字");
    else
        l->field[l->fields++] = field;
}

static void keep_header(struct loading *l)
{
    struct csv *csv = l->csv;
    csv->columns = l->fields;
    csv->header_line = l->line;
    for (size_t i = 0; i < l->fields; i++) {
        csv->header[i] = l->field[i];
        for (size_t before = 0; before < i; before++)
            if (text_is(csv->header[before], l->field[i]))
                refuse(l, l->line, "表头有重复的列名");
    }
}

static void keep_row(struct loading *l)
{
    struct csv *csv = l->csv;
    if (l->fields != csv->columns) {
        find_error(l->into, (struct place){ csv->file, l->line }, "应有%zu列，实有%zu列", csv->columns, l->fields);
        l->crooked = true;
        return;
    }
    if (csv->count == csv->rows_max) {
        refuse(l, l->line, "行数过多");
        return;
    }
    if (csv->count == csv->room) {
        size_t grown = csv->room ? csv->room * 2 : 64;
        struct record *rows = arena_take(csv->arena, grown * sizeof *rows);
        if (csv->count > 0)
            memcpy(rows, csv->rows, csv->count * sizeof *rows);
        csv->rows = rows;
        csv->room = grown;
    }
    struct record *row = &csv->rows[csv->count++];
    row->line = l->line;
    row->fields = arena_take(csv->arena, csv->columns * sizeof *row->fields);
    memcpy(row->fields, l->field, csv->columns * sizeof *row->fields);
}

static void on_record(int ending, void *loading)
{
    (void) ending;
    struct loading *l = loading;
    if (l->failed)
        return;
    if (l->csv->columns == 0)
        keep_header(l);
    else
        keep_row(l);
    l->fields = 0;
}

/* One record: the bytes up to and with a line end outside quotes: LF, CR LF, or a CR alone, as libcsv has it. */
static size_t record_len(const char *bytes, size_t len, int *ret_lines)
{
    bool quoted = false;
    *ret_lines = 0;
    for (size_t i = 0; i < len; i++) {
        bool ends = bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 == len || bytes[i + 1] != '\n'));
        quoted ^= bytes[i] == '"';
        *ret_lines += ends;
        if (ends && !quoted)
            return i + 1;
    }
    return len;
}

static void read_records(struct loading *l, const char *bytes, size_t len)
{
    int lines = 0;
    for (size_t at = 0, n; at < len && !l->failed; at += n) {
        l->line += lines; /* only now: what the end of the file completes began at the last record */
        n = record_len(bytes + at, len - at, &lines);
        if (csv_parse(&l->parser, bytes + at, n, on_field, on_record, l) != n)
            refuse(l, l->line, "引号用法有误");
    }
    if (!l->failed && csv_fini(&l->parser, on_field, on_record, l) != 0)
        refuse(l, l->line, "引号没有闭合");
    if (!l->failed && l->csv->columns == 0)
        refuse(l, 1, "缺少表头");
}

/* NULL with a finding when it cannot be read whole. */
static const char *bytes_of(struct arena *arena, const char *file, struct findings *into, size_t *ret_len)
{
    struct place at = { file, 1 };
    FILE *f = fopen(file, "rbe");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        find_error(into, at, "文件打不开（%s）", f ? "不是普通文件" : errno == ENOENT ? "没有这个文件" : strerror(errno));
        if (f)
            fclose(f);
        return NULL;
    }
    bool fits = st.st_size <= FILE_BYTES_MAX;
    size_t size = fits ? (size_t) st.st_size : 0;
    char *bytes = arena_take(arena, size + 1);
    bool whole = fits && fread(bytes, 1, size, f) == size;
    fclose(f);
    if (!whole) {
        find_error(into, at, "%s", fits ? "文件读不完整" : "文件超过 16 MiB");
        return NULL;
    }
    *ret_len = size;
    return bytes;
}

const struct csv *csv_load(struct arena *arena, const char *path, size_t rows_max, struct findings *into)
{
    struct csv *csv = arena_take(arena, sizeof *csv);
    csv->arena = arena;
    csv->file = arena_text(arena, path, strlen(path)).at;
    csv->rows_max = rows_max;
    csv->asked = arena_take(arena, sizeof *csv->asked);
    csv->asked->into = into;
    size_t len;
    const char *bytes = bytes_of(arena, csv->file, into, &len);
    if (!bytes)
        return NULL;
    size_t skip = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct loading l = { .csv = csv, .into = into, .line = 1 };
    if (csv_init(&l.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return NULL;
    read_records(&l, bytes + skip, len - skip);
    csv_free(&l.parser);
    return l.failed || l.crooked ? NULL : csv;
}

size_t csv_rows(const struct csv *csv)
{
    return csv->count;
}

size_t csv_columns(const struct csv *csv)
{
    return csv->columns;
}

struct text csv_column(const struct csv *csv, size_t column)
{
    assert(column < csv->columns);
    return csv->header[column];
}

struct place csv_place(const struct csv *csv, size_t row)
{
    assert(row < csv->count);
    return (struct place){ csv->file, csv->rows[row].line };
}

/* Told once a column, at the header. */
static void tell_absent(const struct csv *csv, const char *column)
{
    struct asked *asked = csv->asked;
    for (size_t i = 0; i < asked->absent_count; i++)
        if (text_is_c(asked->absent[i], column))
            return;
    if (asked->absent_count < COLUMNS_MAX)
        asked->absent[asked->absent_count++] = arena_text(csv->arena, column, strlen(column));
    find_error(asked->into, (struct place){ csv->file, csv->header_line }, "缺少列“%s”", column);
}

struct text csv_get(const struct csv *csv, size_t row, const char *column)
{
    assert(row < csv->count);
    for (size_t i = 0; i < csv->columns; i++)
        if (text_is_c(csv->header[i], column))
            return csv->rows[row].fields[i];
    tell_absent(csv, column);
    return NO_TEXT;
}
