/* sheet_map.c - rows of a file become bodies of lead-submit: which column is which field, and what its cells mean. See sheet.h. */
#include "sheet.h"

#include <sodium.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 8

/* Fields of lead-submit, and what their columns are called in the lists that go round. */
static const struct importable {
    struct option_row row;
    const char *names[NAMES_MAX];
} importable[] = {
    { FIELD("text", NULL, NULL, "text", FORM_TEXT),
      { "内容", "线索内容", "举报内容", "反映内容", "诉求内容", "情况描述", "线索描述" } },
    { FIELD("village", NULL, NULL, "village", FORM_VILLAGE), { "村", "村名", "所在村", "行政村", "村居" } },
    { WORD_FIELD("category", NULL, "category", "category"), { "类别", "线索类别", "类型", "线索类型" } },
    { WORD_FIELD("guise", NULL, "guise", "guise"), { "名目", "手法", "诈骗名目" } },
    { FIELD("subject.name", NULL, NULL, "subject.name", FORM_TEXT),
      { "被举报对象", "被举报人", "涉事主体", "被举报单位", "对象" } },
    { FIELD("subject.phone", NULL, NULL, "subject.phone", FORM_TEXT), { "被举报电话", "涉案电话", "对方电话" } },
    { FIELD("subject.account", NULL, NULL, "subject.account", FORM_TEXT), { "收款账号", "涉案账号", "对方账号" } },
    { FIELD("subject.url", NULL, NULL, "subject.url", FORM_TEXT), { "网址", "涉案网址" } },
    { FIELD("subject.plate", NULL, NULL, "subject.plate", FORM_TEXT), { "车牌", "车牌号" } },
    { FIELD("subject.address", NULL, NULL, "subject.address", FORM_TEXT), { "地址", "涉事地址", "发生地址" } },
    { FIELD("amount_yuan", NULL, NULL, "amount_yuan", FORM_YUAN), { "金额", "涉案金额", "被骗金额", "suspected_amount_yuan" } },
    { FIELD("amount_text", NULL, NULL, "amount_text", FORM_TEXT), { "金额说明" } },
    { FIELD("victims", NULL, NULL, "victims", FORM_INT), { "人数", "受害人数", "涉及人数" } },
    { FIELD("occurred_on", NULL, NULL, "occurred_on", FORM_DAY), { "发生日期", "发生时间" } },
    { WORD_FIELD("urgency", NULL, "urgency", "lead-urgency"), { "紧急程度" } },
    { FIELD("source_ref", NULL, NULL, "source_ref", FORM_TEXT), { "工单号", "工单编号", "编号", "来件编号", "渠道编号" } },
    { FIELD("batch", NULL, NULL, "batch", FORM_TEXT), { "批次" } },
    { FIELD("report_by", NULL, NULL, "report_by", FORM_DAY), { "反馈期限", "要求反馈日期" } },
    { FIELD("against.unit", NULL, NULL, "against.unit", FORM_UNIT), { "被投诉单位" } },
    { FIELD("against.village", NULL, NULL, "against.village", FORM_VILLAGE), { "被投诉村" } },
    { FIELD("reporter.name", NULL, NULL, "reporter.name", FORM_TEXT), { "举报人", "举报人姓名", "来电人" } },
    { FIELD("reporter.phone", NULL, NULL, "reporter.phone", FORM_TEXT), { "举报人电话", "来电号码", "联系电话" } },
    { FIELD("reporter.wants_answer", NULL, NULL, "reporter.wants_answer", FORM_YES), { "要求答复", "是否回复" } },
    { FIELD("reporter.unit_may_call", NULL, NULL, "reporter.unit_may_call", FORM_YES), { "可否联系", "可联系举报人" } },
};
enum { IMPORTABLE_COUNT = sizeof importable / sizeof *importable, AMOUNT_TEXT_MAX = 100 };

static const struct importable *field_named(struct text name)
{
    for (size_t i = 0; i < IMPORTABLE_COUNT; i++) {
        if (text_is_c(name, importable[i].row.field))
            return &importable[i];
    }
    return NULL;
}

static const struct importable *field_of_column(struct text column)
{
    const struct importable *field = field_named(column);
    for (size_t i = 0; i < IMPORTABLE_COUNT && !field; i++) {
        for (size_t k = 0; k < NAMES_MAX && importable[i].names[k]; k++) {
            if (text_is_c(column, importable[i].names[k]))
                field = &importable[i];
        }
    }
    return field;
}

static void forget_field(struct sheet_map *map, const struct option_row *field)
{
    for (size_t i = 0; i < SHEET_COLUMNS_MAX; i++) {
        if (map->fields[i] == field)
            map->fields[i] = NULL;
    }
}

/* One pair of --map. */
static bool map_pair(struct arena *arena, const struct sheet *sheet, struct text pair, struct sheet_map *map,
                     struct text *ret_why)
{
    const char *equals = memchr(pair.at, '=', pair.len);
    struct text name = { pair.at, equals ? (size_t) (equals - pair.at) : pair.len };
    struct text column = equals ? (struct text){ equals + 1, pair.len - name.len - 1 } : NO_TEXT;
    const struct importable *field = field_named(name);
    if (!equals || !field) {
        *ret_why =
            arena_printf(arena, "--map 中没有“" TEXT_FMT "”这个字段，写法是 字段=列名，如 text=举报内容", TEXT_ARG(name));
        return false;
    }
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (text_is(sheet->columns[i], column)) {
            forget_field(map, &field->row);
            map->fields[i] = &field->row;
            return true;
        }
    }
    *ret_why = arena_printf(arena, "文件里没有“" TEXT_FMT "”这一列", TEXT_ARG(column));
    return false;
}

bool sheet_map(struct arena *arena, const struct sheet *sheet, const char *pairs, struct sheet_map *ret, struct text *ret_why)
{
    *ret = (struct sheet_map){ 0 };
    for (size_t i = 0; i < sheet->column_count; i++) {
        const struct importable *field = field_of_column(sheet->columns[i]);
        bool taken = false;
        for (size_t before = 0; field && before < i; before++)
            taken |= ret->fields[before] == &field->row;
        ret->fields[i] = field && !taken ? &field->row : NULL;
    }
    for (const char *at = pairs; at && *at;) {
        size_t len = strcspn(at, ",");
        if (!map_pair(arena, sheet, (struct text){ at, len }, ret, ret_why))
            return false;
        at += len + (at[len] == ',');
    }
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (ret->fields[i] == &importable[0].row)
            return true;
    }
    *ret_why = TEXT("看不出哪一列是线索内容，请用 --map text=列名 指明");
    return sheet->count == 0;
}

/* -- cells -------------------------------------------------------------------------------------------------------------------- */

/* In the town's lists the column 类别 holds the plan's pretexts as often as the contract's categories. */
static bool put_category(const struct form *form, json_t *body, struct text value, size_t *loose)
{
    struct text guise = word_of("guise", value), category = word_of("category", value);
    (void) form;
    if (guise.at)
        json_object_set_new(body, "guise", json_of_text(guise));
    else if (category.at)
        json_object_set_new(body, "category", json_of_text(category));
    else
        ++*loose;
    return true;
}

static bool put_cell(const struct form *form, json_t *body, const struct option_row *row, struct text value, size_t *loose,
                     struct text *ret_why)
{
    if (strcmp(row->field, "category") == 0)
        return put_category(form, body, value, loose);
    if (form_put(form, body, row, value, ret_why))
        return true;
    if (row->kind == FORM_YUAN && text_codepoints(value) <= AMOUNT_TEXT_MAX && !json_object_get(body, "amount_text")) {
        json_object_set_new(body, "amount_text", json_of_text(value));
        return true;
    }
    if (row->kind == FORM_WORD) {
        ++*loose;
        return true;
    }
    return false;
}

json_t *sheet_body(const struct form *form, const struct sheet *sheet, const struct sheet_map *map, size_t row, size_t *loose,
                   struct text *ret_field, struct text *ret_why)
{
    const struct sheet_row *r = &sheet->rows[row];
    *ret_field = NO_TEXT;
    *ret_why = r->why;
    if (r->why.at)
        return NULL;
    json_t *body = json_object();
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (!map->fields[i] || !r->cells[i].at)
            continue;
        if (!put_cell(form, body, map->fields[i], r->cells[i], loose, ret_why)) {
            *ret_field = text_of(map->fields[i]->field);
            json_decref(body);
            return NULL;
        }
    }
    if (json_object_get(body, "amount_yuan"))
        json_object_del(body, "amount_text");
    return body;
}

void sheet_id(const json_t *body, int64_t nth, char ret[SHEET_ID_CHARS + 1])
{
    unsigned char hash[SHEET_ID_CHARS / 2];
    crypto_generichash_state state;
    char *bytes = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const unsigned char *) (bytes ? bytes : ""), bytes ? strlen(bytes) : 0);
    crypto_generichash_update(&state, (const unsigned char *) &nth, sizeof nth);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(ret, SHEET_ID_CHARS + 1, hash, sizeof hash);
    free(bytes);
}
