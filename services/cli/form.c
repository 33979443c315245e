/* form.c - what people type becomes the fields of a request: words, names of units and villages, sums, dates. See form.h. */
#include "command.h"
#include "yinling/amount.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ITEMS_MAX = 2000, AMOUNT_TEXT_MAX = 100 };

instant_ms now_of_call(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (instant_ms){ (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

static struct text trimmed(struct text t)
{
    while (t.len > 0 && strchr(" \t\r\n", t.at[0])) {
        t.at++;
        t.len--;
    }
    while (t.len > 0 && strchr(" \t\r\n", t.at[t.len - 1]))
        t.len--;
    return t;
}

/* -- single values: NULL and a sentence when it is none --------------------------------------------------------------- */

static json_t *int_of(const struct form *form, struct text value, struct text *ret_why)
{
    int64_t n;
    if (text_int(value, &n))
        return json_integer(n);
    *ret_why = arena_printf(form->arena, "“" TEXT_FMT "”不是整数", TEXT_ARG(value));
    return NULL;
}

/* Digits with or without commas are read as they stand; anything else by the reader of Chinese sums. */
static json_t *yuan_of(const struct form *form, struct text value, struct text *ret_why)
{
    char digits[24];
    size_t used = 0;
    for (size_t i = 0; i < value.len && used < sizeof digits - 1; i++) {
        if (value.at[i] != ',')
            digits[used++] = value.at[i];
    }
    digits[used] = '\0';
    int64_t n;
    if (text_int((struct text){ digits, used }, &n) && n >= 0)
        return json_integer(n);
    n = amount_yuan_of(arena_printf(form->arena, TEXT_FMT "%s", TEXT_ARG(value), text_has(value, TEXT("元")) ? "" : "元"));
    if (n != AMOUNT_UNKNOWN && value.len <= AMOUNT_TEXT_MAX)
        return json_integer(n);
    *ret_why = arena_printf(form->arena, "看不懂金额“" TEXT_FMT "”", TEXT_ARG(value));
    return NULL;
}

static json_t *yes_of(const struct form *form, struct text value, struct text *ret_why)
{
    static const struct {
        const char *word;
        bool yes;
    } words[] = { { "yes", true }, { "true", true },   { "是", true },  { "1", true },
                  { "no", false }, { "false", false }, { "否", false }, { "0", false } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_is_c(value, words[i].word))
            return json_boolean(words[i].yes);
    }
    *ret_why = arena_printf(form->arena, "应为 yes 或 no（是、否），现在是“" TEXT_FMT "”", TEXT_ARG(value));
    return NULL;
}

static json_t *word_value(const struct form *form, const char *words, struct text value, struct text *ret_why)
{
    struct text word = word_of(words, value);
    if (word.at)
        return json_of_text(word);
    *ret_why = arena_printf(form->arena, "没有“" TEXT_FMT "”这个选择，可用：" TEXT_FMT, TEXT_ARG(value),
                            TEXT_ARG(words_offered(form->arena, words)));
    return NULL;
}

static json_t *unit_value(const struct form *form, struct text value, struct text *ret_why)
{
    const struct unit *unit = form->town ? town_unit_named(form->town, value) : NULL;
    if (unit || !form->town)
        return json_of_text(unit ? unit->code : value);
    struct text all = NO_TEXT;
    for (size_t i = 0; i < form->town->unit_count; i++)
        all = arena_printf(form->arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(all), i ? "、" : "",
                           TEXT_ARG(form->town->units[i].name));
    *ret_why = arena_printf(form->arena, "没有“" TEXT_FMT "”这个成员单位，可用：" TEXT_FMT, TEXT_ARG(value), TEXT_ARG(all));
    return NULL;
}

static json_t *village_value(const struct form *form, struct text value, struct text *ret_why)
{
    const struct village *village = form->town ? town_village(form->town, value) : NULL;
    if (village || !form->town)
        return json_of_text(village ? village->code : value);
    *ret_why = arena_printf(form->arena, "没有“" TEXT_FMT "”这个村，请写村名、末三位或十二位代码", TEXT_ARG(value));
    return NULL;
}

static json_t *text_value(const struct form *form, struct text value, struct text *ret_why)
{
    (void) form;
    (void) ret_why;
    return json_of_text(value);
}

/* -- dates ------------------------------------------------------------------------------------------------------------ */

static json_t *day_value(const struct form *form, struct text value, struct text *ret_why)
{
    static const char *const forms[] = { "%4d-%2d-%2d%n", "%4d/%2d/%2d%n", "%4d.%2d.%2d%n", "%4d年%2d月%2d日%n",
                                         "%4d%2d%2d%n" };
    char given[40];
    snprintf(given, sizeof given, TEXT_FMT, TEXT_ARG(value));
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        int year, month, day, end = 0;
        int64_t number;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        bool fits = sscanf(given, forms[i], &year, &month, &day, &end) == 3 && (given[end] == '\0' || given[end] == ' ');
#pragma GCC diagnostic pop
        struct text normal = fits ? arena_printf(form->arena, "%04d-%02d-%02d", year, month, day) : NO_TEXT;
        if (fits && day_read(normal, &number))
            return json_of_text(normal);
    }
    *ret_why = arena_printf(form->arena, "看不懂日期“" TEXT_FMT "”，请写成 2026-05-26", TEXT_ARG(value));
    return NULL;
}

/* +90m +6h +3d */
static bool span_from_now(const struct form *form, const char *given, instant_ms *ret)
{
    long long amount;
    char unit;
    int end = 0;
    if (sscanf(given, "+%5lld%c%n", &amount, &unit, &end) != 2 || given[end] != '\0' || amount < 0)
        return false;
    if (!strchr("mhd", unit))
        return false;
    *ret = later(form->now, unit == 'm' ? SPAN_MIN(amount) : unit == 'h' ? SPAN_HOURS(amount) : SPAN_DAYS(amount));
    return true;
}

static bool civil_instant(const struct form *form, const char *given, instant_ms *ret)
{
    int year = civil_of(form->now).year, month, day, hour, minute, end = 0;
    bool fits = (sscanf(given, "%4d-%2d-%2d%*1[ T]%2d:%2d%n", &year, &month, &day, &hour, &minute, &end) == 5 && !given[end]) ||
                (sscanf(given, "%4d年%2d月%2d日%2d:%2d%n", &year, &month, &day, &hour, &minute, &end) == 5 && !given[end]);
    if (!fits) {
        year = civil_of(form->now).year;
        fits = sscanf(given, "%2d月%2d日%2d:%2d%n", &month, &day, &hour, &minute, &end) == 4 && !given[end];
    }
    struct text normal =
        fits ? arena_printf(form->arena, "%04d-%02d-%02dT%02d:%02d:00+08:00", year, month, day, hour, minute) : NO_TEXT;
    return fits && instant_read(normal, ret);
}

static json_t *instant_value(const struct form *form, struct text value, struct text *ret_why)
{
    char given[48];
    snprintf(given, sizeof given, TEXT_FMT, TEXT_ARG(value));
    instant_ms at;
    if (instant_read(value, &at) || span_from_now(form, given, &at) || civil_instant(form, given, &at))
        return json_of_text(instant_text(form->arena, at));
    *ret_why = arena_printf(form->arena, "看不懂时间“" TEXT_FMT "”，请写成 \"2026-05-26 18:00\" 或 +6h、+3d", TEXT_ARG(value));
    return NULL;
}

/* -- lists and fields --------------------------------------------------------------------------------------------------- */

typedef json_t *value_reader(const struct form *form, struct text value, struct text *ret_why);

/* Commas of both widths and 、 separate. */
static json_t *list_of(const struct form *form, value_reader *one, struct text value, struct text *ret_why)
{
    static const char *const marks[] = { ",", "，", "、" };
    json_t *list = json_array();
    while (value.len > 0 && json_array_size(list) < ITEMS_MAX) {
        size_t end = value.len, skip = 0;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            const char *at = memmem(value.at, end, marks[i], strlen(marks[i]));
            if (at) {
                end = (size_t) (at - value.at);
                skip = strlen(marks[i]);
            }
        }
        struct text item = trimmed((struct text){ value.at, end });
        json_t *made = item.len ? one(form, item, ret_why) : NULL;
        if (item.len && !made) {
            json_decref(list);
            return NULL;
        }
        if (made)
            json_array_append_new(list, made);
        value.at += end + skip;
        value.len -= end + skip;
    }
    return list;
}

static json_t *value_of(const struct form *form, const struct option_row *row, struct text value, struct text *ret_why)
{
    switch (row->kind) {
    case FORM_NONE:
    case FORM_TEXT:
        return json_of_text(value);
    case FORM_INT:
        return int_of(form, value, ret_why);
    case FORM_YUAN:
        return yuan_of(form, value, ret_why);
    case FORM_YES:
        return yes_of(form, value, ret_why);
    case FORM_SET:
        return json_true();
    case FORM_WORD:
        return word_value(form, row->words, value, ret_why);
    case FORM_UNIT:
        return unit_value(form, value, ret_why);
    case FORM_UNITS:
        return list_of(form, unit_value, value, ret_why);
    case FORM_VILLAGE:
        return village_value(form, value, ret_why);
    case FORM_VILLAGES:
        return list_of(form, village_value, value, ret_why);
    case FORM_LIST:
        return list_of(form, text_value, value, ret_why);
    case FORM_INSTANT:
        return instant_value(form, value, ret_why);
    case FORM_DAY:
        break;
    }
    return day_value(form, value, ret_why);
}

bool form_put(const struct form *form, json_t *body, const struct option_row *row, struct text value, struct text *ret_why)
{
    value = trimmed(value);
    if (!text_is_utf8(value)) {
        *ret_why = TEXT("不是 UTF-8 文字");
        return false;
    }
    json_t *made = value_of(form, row, arena_copy(form->arena, value), ret_why);
    if (!made)
        return false;
    const char *dot = strchr(row->field, '.');
    if (!dot) {
        json_object_set_new(body, row->field, made);
        return true;
    }
    struct text outer = arena_text(form->arena, row->field, (size_t) (dot - row->field));
    if (!json_object_get(body, outer.at))
        json_object_set_new(body, outer.at, json_object());
    json_object_set_new(json_object_get(body, outer.at), dot + 1, made);
    return true;
}

static bool asks_for_town(enum form_kind kind)
{
    return kind == FORM_UNIT || kind == FORM_UNITS || kind == FORM_VILLAGE || kind == FORM_VILLAGES;
}

bool form_fill(struct call *call, json_t *body)
{
    struct form form = { call->arena, NULL, now_of_call() };
    for (int i = 0; i < call->given_count; i++) {
        const struct option_row *row = call->given[i];
        if (!row->field)
            continue;
        if (asks_for_town(row->kind) && !(form.town = town_in_use(call)))
            return false;
        struct text why = NO_TEXT;
        if (!form_put(&form, body, row, text_of(call->values[i]), &why)) {
            complain_to_user(call, EXIT_WRONG_USE, "%s：" TEXT_FMT "。", row->name, TEXT_ARG(why));
            return false;
        }
    }
    return true;
}
