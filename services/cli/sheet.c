/* sheet.c - reading a file of leads into rows of cells. See sheet.h. */
#include "sheet.h"

#include <csv.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

/* -- letters ---------------------------------------------------------------------------------------------------------------- */

static struct text converted(struct arena *arena, const char *from, struct text bytes)
{
    iconv_t conversion = iconv_open("UTF-8", from);
    if (conversion == (iconv_t) -1)
        return NO_TEXT;
    size_t room = bytes.len * 3 + 1, left = room - 1, in_left = bytes.len;
    char *made = arena_take(arena, room), *out = made, *in = (char *) bytes.at;
    size_t end = iconv(conversion, &in, &in_left, &out, &left);
    iconv_close(conversion);
    return end == (size_t) -1 ? NO_TEXT : (struct text){ made, (size_t) (out - made) };
}

struct text sheet_utf8(struct arena *arena, struct text bytes)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (text_starts(bytes, text_of(mark)))
        return text_is_utf8(bytes) ? arena_text(arena, bytes.at + 3, bytes.len - 3) : NO_TEXT;
    if (bytes.len >= 2 && (memcmp(bytes.at, "\xff\xfe", 2) == 0 || memcmp(bytes.at, "\xfe\xff", 2) == 0))
        return converted(arena, "UTF-16", bytes);
    if (text_is_utf8(bytes))
        return arena_text(arena, bytes.at ? bytes.at : "", bytes.len);
    return converted(arena, "GB18030", bytes);
}

/* -- rows ------------------------------------------------------------------------------------------------------------------- */

struct reading {
    struct arena *arena;
    struct sheet *sheet;
    size_t room;
    int line; /* where the record in hand began */
    struct text field[SHEET_COLUMNS_MAX];
    size_t fields;
    bool too_many; /* columns, in the record in hand */
};

static struct sheet_row *add_row(struct reading *r)
{
    struct sheet *sheet = r->sheet;
    if (sheet->count == r->room) {
        r->room = r->room ? r->room * 2 : 256;
        struct sheet_row *rows = arena_take(r->arena, r->room * sizeof *rows);
        if (sheet->count > 0)
            memcpy(rows, sheet->rows, sheet->count * sizeof *rows);
        sheet->rows = rows;
    }
    struct sheet_row *row = &sheet->rows[sheet->count++];
    row->line = r->line;
    row->cells = arena_take(r->arena, SHEET_COLUMNS_MAX * sizeof *row->cells);
    return row;
}

/* -- CSV -------------------------------------------------------------------------------------------------------------------- */

static void on_field(void *bytes, size_t len, void *reading)
{
    struct reading *r = reading;
    if (r->fields == SHEET_COLUMNS_MAX)
        r->too_many = true;
    else
        r->field[r->fields++] = arena_text(r->arena, bytes ? bytes : "", len);
}

static void on_record(int ending, void *reading)
{
    (void) ending;
    struct reading *r = reading;
    struct sheet *sheet = r->sheet;
    if (sheet->column_count == 0) {
        memcpy(sheet->columns, r->field, sizeof sheet->columns);
        sheet->column_count = r->fields;
    } else {
        struct sheet_row *row = add_row(r);
        if (r->fields > sheet->column_count || r->too_many)
            row->why = arena_printf(r->arena, "表头有 %zu 列，这一行有 %zu 列", sheet->column_count, r->fields);
        for (size_t i = 0; i < r->fields; i++)
            row->cells[i] = r->field[i].len ? r->field[i] : NO_TEXT;
    }
    r->fields = 0;
    r->too_many = false;
}

/* libcsv counts no lines, so it is fed record by record: one ends at a line end outside quotes. */
static size_t record_len(struct text rest, int *ret_lines)
{
    bool quoted = false;
    *ret_lines = 0;
    for (size_t i = 0; i < rest.len; i++) {
        bool ends = rest.at[i] == '\n' || (rest.at[i] == '\r' && (i + 1 == rest.len || rest.at[i + 1] != '\n'));
        quoted ^= rest.at[i] == '"';
        *ret_lines += ends;
        if (ends && !quoted)
            return i + 1;
    }
    return rest.len;
}

/* A table program may have saved with tabs or semicolons. */
static unsigned char delimiter_of(struct text bytes)
{
    const char *end = memchr(bytes.at, '\n', bytes.len);
    struct text header = { bytes.at, end ? (size_t) (end - bytes.at) : bytes.len };
    if (memchr(header.at, ',', header.len))
        return ',';
    return memchr(header.at, '\t', header.len) ? '\t' : memchr(header.at, ';', header.len) ? ';' : ',';
}

static bool read_csv(struct reading *r, struct text bytes, struct text *ret_why)
{
    struct csv_parser parser;
    if (csv_init(&parser, 0) != 0)
        return false;
    csv_set_delim(&parser, delimiter_of(bytes));
    int lines = 0;
    for (size_t at = 0, n; at < bytes.len; at += n) {
        r->line += lines;
        n = record_len((struct text){ bytes.at + at, bytes.len - at }, &lines);
        if (csv_parse(&parser, bytes.at + at, n, on_field, on_record, r) != n)
            *ret_why = arena_printf(r->arena, "第 %d 行读不下去", r->line);
    }
    csv_fini(&parser, on_field, on_record, r);
    csv_free(&parser);
    if (!ret_why->at && r->sheet->column_count == 0)
        *ret_why = TEXT("没有表头");
    return !ret_why->at;
}

/* -- JSON lines --------------------------------------------------------------------------------------------------------------- */

static size_t column_of(struct reading *r, struct text name)
{
    struct sheet *sheet = r->sheet;
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (text_is(sheet->columns[i], name))
            return i;
    }
    if (sheet->column_count == SHEET_COLUMNS_MAX)
        return SHEET_COLUMNS_MAX;
    sheet->columns[sheet->column_count] = arena_copy(r->arena, name);
    return sheet->column_count++;
}

static void put_members(struct reading *r, struct sheet_row *row, const char *prefix, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        struct text name = arena_printf(r->arena, "%s%s", prefix, key), cell = NO_TEXT;
        if (json_is_object(value) && !*prefix) {
            put_members(r, row, arena_printf(r->arena, TEXT_FMT ".", TEXT_ARG(name)).at, value);
            continue;
        }
        if (json_is_string(value))
            cell = arena_text(r->arena, json_string_value(value), json_string_length(value));
        else if (!json_is_null(value))
            cell = json_text(r->arena, value);
        size_t column = column_of(r, name);
        if (column < SHEET_COLUMNS_MAX && cell.len > 0)
            row->cells[column] = cell;
    }
}

static void read_json_lines(struct reading *r, struct text bytes)
{
    for (size_t at = 0; at < bytes.len; r->line++) {
        const char *end = memchr(bytes.at + at, '\n', bytes.len - at);
        size_t len = end ? (size_t) (end - bytes.at) - at : bytes.len - at;
        size_t blank = strspn(bytes.at + at, " \t\r");
        if (blank < len) {
            struct sheet_row *row = add_row(r);
            json_error_t error;
            json_t *object = json_loadb(bytes.at + at, len, JSON_REJECT_DUPLICATES, &error);
            if (json_is_object(object))
                put_members(r, row, "", object);
            else
                row->why = arena_printf(r->arena, "不是一个 JSON 对象");
            json_decref(object);
        }
        at += len + 1;
    }
}

const struct sheet *sheet_read(struct arena *arena, struct text bytes, struct text *ret_why)
{
    *ret_why = NO_TEXT;
    if (text_starts(bytes, TEXT("PK\x03\x04")) || text_starts(bytes, TEXT("\xd0\xcf\x11\xe0"))) {
        *ret_why = TEXT("这是表格程序的文件，请另存为 CSV 再导入");
        return NULL;
    }
    struct text utf8 = sheet_utf8(arena, bytes);
    if (!utf8.at || memchr(utf8.at, 0, utf8.len)) {
        *ret_why = TEXT("既不是 UTF-8 文字，也不是 GBK 文字");
        return NULL;
    }
    struct reading r = { .arena = arena, .sheet = arena_take(arena, sizeof(struct sheet)), .line = 1 };
    size_t blank = strspn(utf8.at, " \t\r\n");
    if (utf8.at[blank] == '{')
        read_json_lines(&r, utf8);
    else if (!read_csv(&r, utf8, ret_why))
        return NULL;
    return r.sheet;
}
