/* sheet.h - files of leads as people have them: CSV or JSON lines, UTF-8 or GBK; rows of named cells out, and bodies of lead-submit.
 *
 * Pure but for nothing: bytes in, rows out; everything lives in the arena. A row that cannot be read keeps its place with a sentence,
 * so that one bad line does not stop a file. */
#ifndef CLI_SHEET_H
#define CLI_SHEET_H

#include "command.h"

#define SHEET_BYTES_MAX (64 * 1024 * 1024) /* some 100,000 leads */
#define SHEET_COLUMNS_MAX 64
#define SHEET_ID_CHARS 32 /* of a row's id, without the end */

struct sheet_row {
    int line;
    struct text *cells; /* by column; NO_TEXT: not there */
    struct text why;    /* Chinese: the row cannot be read; NO_TEXT: it can */
};
struct sheet {
    struct text columns[SHEET_COLUMNS_MAX]; /* CSV: the header; JSON: every member met, subject.phone for nested ones */
    size_t column_count;
    struct sheet_row *rows;
    size_t count;
};

/* UTF-8 without its mark, whatever the bytes were in (UTF-8, GBK and GB18030, UTF-16 with a mark). NO_TEXT when they are none. */
struct text sheet_utf8(struct arena *arena, struct text bytes);
/* NULL with a Chinese sentence when the whole is no such file. */
const struct sheet *sheet_read(struct arena *arena, struct text bytes, struct text *ret_why);

/* Which column is which field. */
struct sheet_map {
    const struct option_row *fields[SHEET_COLUMNS_MAX]; /* by column; NULL: not used */
};
/* `pairs`: text=举报内容,village=村; NULL: by the names of the columns alone. False with a Chinese sentence. */
bool sheet_map(struct arena *arena, const struct sheet *sheet, const char *pairs, struct sheet_map *ret, struct text *ret_why);

/* The body of lead-submit for a row, without id and source_ref unless the row has one. NULL with a sentence and the field. Values that
 * are no hindrance (a category nobody knows, an amount in words) are left out or sent as text, and counted in *loose. */
json_t *sheet_body(const struct form *form, const struct sheet *sheet, const struct sheet_map *map, size_t row, size_t *loose,
                   struct text *ret_field, struct text *ret_why);

/* The same row gives the same id wherever it stands; `nth`: which of several equal rows of the file. */
void sheet_id(const json_t *body, int64_t nth, char ret[SHEET_ID_CHARS + 1]);

#endif
