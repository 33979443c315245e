/* reader.c - sticky reading of JSON. See yinling/reader.h.
 *
 * A root reader and the readers of its nested objects share one sheet of complaints, one slot per rank. Every reader keeps the
 * names it was asked for; what an object has beyond them is found at the end, once. */
#include "yinling/reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED_MAX = 48 }; /* the widest message of the contract has 24 fields */

struct sheet {
    struct arena *arena;
    struct reader *readers; /* newest first */
    bool strict;
    bool has[CODE_COUNT];
    struct complaint first[CODE_COUNT];
    struct complaint *verdict; /* once looked for */
};

struct reader {
    struct sheet *sheet;
    struct reader *older;
    struct text path; /* "" for the root, else "subject." */
    const json_t *object;
    const char *asked[ASKED_MAX];
    size_t asked_count;
};

static const char *const code_names[CODE_COUNT] = {
    [CODE_MALFORMED] = "malformed", [CODE_UNKNOWN_FIELD] = "unknown-field",
    [CODE_MISSING] = "missing",     [CODE_OUT_OF_RANGE] = "out-of-range",
    [CODE_NO_SUCH] = "no-such",     [CODE_NOT_YOURS] = "not-yours",
    [CODE_NOT_NOW] = "not-now",     [CODE_CONFLICT] = "conflict",
    [CODE_TOO_MANY] = "too-many",   [CODE_UNAVAILABLE] = "unavailable",
    [CODE_INTERNAL] = "internal",
};

const char *code_name(enum code code)
{
    assert((unsigned) code < CODE_COUNT);
    return code_names[code];
}

const char *choice_word(const struct choice *table, int value)
{
    for (; table->word; table++) {
        if (table->value == value)
            return table->word;
    }
    return NULL;
}

static struct reader *reader_new(struct sheet *sheet, const json_t *object, struct text path)
{
    struct reader *r = arena_take(sheet->arena, sizeof *r);
    *r = (struct reader){ .sheet = sheet, .older = sheet->readers, .path = path, .object = object };
    sheet->readers = r;
    return r;
}

static struct reader *root_new(struct arena *arena, const json_t *object, bool strict)
{
    struct sheet *sheet = arena_take(arena, sizeof *sheet);
    sheet->arena = arena;
    sheet->strict = strict;
    return reader_new(sheet, object, TEXT(""));
}

struct reader *reader_strict(struct arena *arena, const json_t *object)
{
    return root_new(arena, object, true);
}

struct reader *reader_lenient(struct arena *arena, const json_t *object)
{
    return root_new(arena, object, false);
}

static void note(struct reader *r, enum code code, struct text field, struct text message)
{
    struct sheet *sheet = r->sheet;
    if (sheet->has[code])
        return;
    sheet->has[code] = true;
    sheet->first[code] = (struct complaint){ code, field, message };
}

static struct text path_of(struct reader *r, const char *field)
{
    return arena_printf(r->sheet->arena, TEXT_FMT "%s", TEXT_ARG(r->path), field);
}

void complain(struct reader *r, enum code code, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text message = arena_vprintf(r->sheet->arena, format, args);
    va_end(args);
    note(r, code, field ? path_of(r, field) : NO_TEXT, message);
}

/* The member, or NULL when it is absent or null. Remembers that it was asked for. */
static const json_t *member(struct reader *r, const char *field)
{
    bool known = false;
    for (size_t i = 0; i < r->asked_count && !known; i++)
        known = r->asked[i] == field || strcmp(r->asked[i], field) == 0;
    if (!known) {
        assert(r->asked_count < ASKED_MAX);
        r->asked[r->asked_count++] = field;
    }
    const json_t *value = json_object_get(r->object, field);
    return json_is_null(value) ? NULL : value;
}

static const json_t *needed(struct reader *r, const char *field)
{
    const json_t *value = member(r, field);
    if (!value)
        complain(r, CODE_MISSING, field, "缺少必填项“%s”。", field);
    return value;
}

bool has_field(struct reader *r, const char *field)
{
    return member(r, field) != NULL;
}

/* C0 controls but tab and line ends, DEL, C1, and the marks that reverse reading order: nothing a person typed on purpose. */
static bool is_presentable(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char) t.at[i];
        if ((c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7F)
            return false;
        if (c == 0xC2 && i + 1 < t.len && (unsigned char) t.at[i + 1] < 0xA0)
            return false;
        if (c != 0xE2 || i + 2 >= t.len)
            continue;
        unsigned char d = (unsigned char) t.at[i + 1], e = (unsigned char) t.at[i + 2];
        if ((d == 0x80 && e >= 0xAA && e <= 0xAE) || (d == 0x81 && e >= 0xA6 && e <= 0xA9))
            return false;
    }
    return true;
}

static struct text text_value(struct reader *r, const json_t *value, const char *field, size_t max)
{
    if (!json_is_string(value)) {
        complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为文字。", field);
        return TEXT("");
    }
    struct text t = { json_string_value(value), json_string_length(value) };
    size_t points = text_codepoints(t);
    if (points == 0 || points > max) {
        complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为1至%zu个字，现有%zu个。", field, max, points);
        return TEXT("");
    }
    if (!is_presentable(t)) {
        complain(r, CODE_OUT_OF_RANGE, field, "“%s”含有不可显示的控制字符。", field);
        return TEXT("");
    }
    return t;
}

struct text need_text(struct reader *r, const char *field, size_t max)
{
    const json_t *value = needed(r, field);
    return value ? text_value(r, value, field, max) : TEXT("");
}

struct text want_text(struct reader *r, const char *field, size_t max)
{
    const json_t *value = member(r, field);
    return value ? text_value(r, value, field, max) : NO_TEXT;
}

static bool is_id(struct text t, size_t bytes_max)
{
    if (t.len == 0 || t.len > bytes_max)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                    c == ':' || c == '-';
        if (!fits)
            return false;
    }
    return true;
}

static struct text id_value(struct reader *r, const json_t *value, const char *field, size_t max)
{
    struct text t = { json_string_value(value), json_string_length(value) };
    if (json_is_string(value) && is_id(t, max))
        return t;
    complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为1至%zu个字母、数字或 . _ : - 。", field, max);
    return TEXT("");
}

struct text need_id(struct reader *r, const char *field, size_t max)
{
    const json_t *value = needed(r, field);
    return value ? id_value(r, value, field, max) : TEXT("");
}

struct text want_id(struct reader *r, const char *field, size_t max)
{
    const json_t *value = member(r, field);
    return value ? id_value(r, value, field, max) : NO_TEXT;
}

static int64_t int_value(struct reader *r, const json_t *value, const char *field, int64_t min, int64_t max)
{
    assert(min <= max);
    int64_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= min && number <= max)
        return number;
    complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为%lld至%lld之间的整数。", field, (long long) min, (long long) max);
    return min;
}

int64_t need_int(struct reader *r, const char *field, int64_t min, int64_t max)
{
    const json_t *value = needed(r, field);
    return value ? int_value(r, value, field, min, max) : min;
}

int64_t want_int(struct reader *r, const char *field, int64_t min, int64_t max, int64_t unset)
{
    const json_t *value = member(r, field);
    return value ? int_value(r, value, field, min, max) : unset;
}

bool want_bool(struct reader *r, const char *field, bool unset)
{
    const json_t *value = member(r, field);
    if (!value)
        return unset;
    if (!json_is_boolean(value))
        complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为 true 或 false。", field);
    return json_is_true(value);
}

static int choice_value(struct reader *r, const json_t *value, const char *field, const struct choice *table)
{
    const char *word = json_string_value(value);
    for (const struct choice *c = table; word && c->word; c++) {
        if (strcmp(c->word, word) == 0)
            return c->value;
    }
    char words[512] = "";
    size_t used = 0;
    for (const struct choice *c = table; c->word && used < sizeof words - 1; c++) {
        int n = snprintf(words + used, sizeof words - used, "%s%s", used ? "、" : "", c->word);
        used += n > 0 ? (size_t) n : 0;
    }
    complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为以下之一：%s。", field, words);
    return table->value;
}

int need_choice(struct reader *r, const char *field, const struct choice *table)
{
    const json_t *value = needed(r, field);
    return value ? choice_value(r, value, field, table) : table->value;
}

int want_choice(struct reader *r, const char *field, const struct choice *table, int unset)
{
    const json_t *value = member(r, field);
    return value ? choice_value(r, value, field, table) : unset;
}

static instant_ms instant_value(struct reader *r, const json_t *value, const char *field)
{
    instant_ms at = { 0 };
    if (!json_is_string(value) || !instant_read((struct text){ json_string_value(value), json_string_length(value) }, &at))
        complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为带时区的时间，如 2026-05-26T18:00:00+08:00。", field);
    return at;
}

instant_ms need_instant(struct reader *r, const char *field)
{
    const json_t *value = needed(r, field);
    return value ? instant_value(r, value, field) : (instant_ms){ 0 };
}

instant_ms want_instant(struct reader *r, const char *field, instant_ms unset)
{
    const json_t *value = member(r, field);
    return value ? instant_value(r, value, field) : unset;
}

int64_t want_day(struct reader *r, const char *field, int64_t unset)
{
    const json_t *value = member(r, field);
    int64_t day = unset;
    if (value &&
        (!json_is_string(value) || !day_read((struct text){ json_string_value(value), json_string_length(value) }, &day)))
        complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为日期，如 2026-05-26。", field);
    return day;
}

static struct reader *object_value(struct reader *r, const json_t *value, const char *field)
{
    if (!json_is_object(value)) {
        complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为一组字段（JSON 对象）。", field);
        return NULL;
    }
    return reader_new(r->sheet, value, arena_printf(r->sheet->arena, TEXT_FMT "%s.", TEXT_ARG(r->path), field));
}

struct reader *want_object(struct reader *r, const char *field)
{
    const json_t *value = member(r, field);
    return value ? object_value(r, value, field) : NULL;
}

struct reader *need_object(struct reader *r, const char *field)
{
    const json_t *value = needed(r, field);
    return value ? object_value(r, value, field) : NULL;
}

const json_t *want_array(struct reader *r, const char *field, size_t items_max)
{
    const json_t *value = member(r, field);
    if (!value)
        return NULL;
    if (json_is_array(value) && json_array_size(value) <= items_max)
        return value;
    complain(r, CODE_OUT_OF_RANGE, field, "“%s”应为不超过%zu项的列表。", field, items_max);
    return NULL;
}

struct text array_text(struct reader *r, const char *field, size_t index, size_t max)
{
    const json_t *item = json_array_get(member(r, field), index);
    struct text name = arena_printf(r->sheet->arena, "%s[%zu]", field, index);
    return text_value(r, item, name.at, max);
}

struct reader *array_object(struct reader *r, const char *field, size_t index)
{
    const json_t *item = json_array_get(member(r, field), index);
    struct text name = arena_printf(r->sheet->arena, "%s[%zu]", field, index);
    return object_value(r, item, name.at);
}

static void find_unknown(struct reader *r)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *) r->object, key, value)
    {
        bool asked = false;
        for (size_t i = 0; i < r->asked_count && !asked; i++)
            asked = strcmp(r->asked[i], key) == 0;
        if (!asked) {
            struct text shown = text_cut(r->sheet->arena, text_of(key), 40);
            note(r, CODE_UNKNOWN_FIELD, path_of(r, shown.at),
                 arena_printf(r->sheet->arena, "这里没有“" TEXT_FMT "”这一项，请核对字段名。", TEXT_ARG(shown)));
            return;
        }
    }
}

bool is_sound(struct reader *r)
{
    struct sheet *sheet = r->sheet;
    for (struct reader *each = sheet->readers; sheet->strict && each; each = each->older)
        find_unknown(each);
    sheet->verdict = NULL;
    for (int code = 0; code < CODE_COUNT && !sheet->verdict; code++) {
        if (sheet->has[code])
            sheet->verdict = &sheet->first[code];
    }
    return sheet->verdict == NULL;
}

const struct complaint *complaint_of(struct reader *r)
{
    return r->sheet->verdict;
}

/* Depth and size are looked at before the parser sees anything. Braces inside strings do not count. */
static bool is_shallow(const char *bytes, size_t len)
{
    enum { LEVELS_MAX = 8 };
    int level = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++level > LEVELS_MAX)
                return false;
        } else if (c == '}' || c == ']') {
            level--;
        }
    }
    return true;
}

json_t *json_read(const char *bytes, size_t len, size_t bytes_max, const char **ret_why)
{
    if (len > bytes_max) {
        *ret_why = "内容太大。";
        return NULL;
    }
    if (!is_shallow(bytes, len)) {
        *ret_why = "嵌套超过8层。";
        return NULL;
    }
    json_error_t error;
    json_t *value = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
    if (!value) {
        *ret_why = json_error_code(&error) == json_error_duplicate_key  ? "同一字段写了两次。"
                   : json_error_code(&error) == json_error_invalid_utf8 ? "不是有效的 UTF-8 文字。"
                                                                        : "不是有效的 JSON。";
        return NULL;
    }
    if (!json_is_object(value)) {
        json_decref(value);
        *ret_why = "最外层应为 JSON 对象。";
        return NULL;
    }
    return value;
}

static void release_json(void *value)
{
    json_decref(value);
}

json_t *json_keep(struct arena *arena, json_t *take_value)
{
    if (take_value)
        arena_at_reset(arena, release_json, take_value);
    return take_value;
}

struct text json_text_at(const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);
    return json_is_string(value) ? (struct text){ json_string_value(value), json_string_length(value) } : NO_TEXT;
}

int64_t json_int_at(const json_t *object, const char *field, int64_t unset)
{
    const json_t *value = json_object_get(object, field);
    return json_is_integer(value) ? json_integer_value(value) : unset;
}

json_t *json_of_text(struct text t)
{
    return t.at ? json_stringn(t.at, t.len) : json_null();
}

void json_put_text(json_t *object, const char *field, struct text t)
{
    if (t.at)
        json_object_set_new(object, field, json_stringn(t.at, t.len));
}
