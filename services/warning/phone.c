/* phone.c - what a worker's phone shows and what its taps mean. See phone.h. */
#include "services/warning/phone.h"

#include "yinling/reader.h"

#include <assert.h>
#include <string.h>

const struct text phone_idle_text = { "目前没有待办预警。", sizeof "目前没有待办预警。" - 1 };
const struct text phone_quiet_notice = { "目前没有预警。", sizeof "目前没有预警。" - 1 };

static const char *const severity_words[] = {
    [SEVERITY_MINOR] = "一般", [SEVERITY_MODERATE] = "较重", [SEVERITY_SEVERE] = "严重", [SEVERITY_EXTREME] = "特急"
};
static const char *const status_marks[] = { [PHONE_ACTUAL] = "", [PHONE_EXERCISE] = "·演练", [PHONE_TEST] = "·测试" };

const char *phone_severity_word(enum severity s)
{
    assert(s >= SEVERITY_MINOR && s <= SEVERITY_EXTREME);
    return severity_words[s];
}

/* ---- words ---- */

static bool ends_with(struct text t, struct text end)
{
    return t.len >= end.len && memcmp(t.at + t.len - end.len, end.at, end.len) == 0;
}

static struct text without_end(struct text t)
{
    static const struct text ends[] = { { "。", 3 }, { "，", 3 }, { "；", 3 }, { "！", 3 }, { "、", 3 }, { "…", 3 },
                                        { ".", 1 },  { ",", 1 },  { ";", 1 },  { "!", 1 },  { " ", 1 } };
    for (size_t i = 0; i < sizeof ends / sizeof *ends;) {
        if (ends_with(t, ends[i])) {
            t.len -= ends[i].len;
            i = 0;
        } else {
            i++;
        }
    }
    return t;
}

struct text phone_village(struct arena *arena, struct text name)
{
    static const struct text kinds[] = { { "村", 3 }, { "社区", 6 }, { "居", 3 } };
    name = text_cut(arena, name, PHONE_VILLAGE_GRAPHEMES_MAX);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (ends_with(name, kinds[i]))
            return name;
    }
    return arena_printf(arena, TEXT_FMT "村", TEXT_ARG(name));
}

/* Words for days, and what may follow them when they mean something else (今日头条, 明天气温). */
static const struct relative {
    const char *word;
    int days;
    const char *then; /* what stays of the word behind the date */
} relatives[] = { { "今天", 0, "" },    { "今日", 0, "" },   { "今早", 0, "早上" }, { "今晚", 0, "晚" },
                  { "明天", 1, "" },    { "明日", 1, "" },   { "明早", 1, "早上" }, { "明晚", 1, "晚" },
                  { "后天", 2, "" },    { "大后天", 3, "" }, { "昨天", -1, "" },    { "昨日", -1, "" },
                  { "昨晚", -1, "晚" }, { "前天", -2, "" },  { "大前天", -3, "" },  { NULL, 0, NULL } };
static const char *const not_a_day[] = { "气", "头条", "系", "数", NULL };

/* Most characters begin none of them. */
static bool may_be_relative(struct text rest)
{
    enum { BYTES = 3 };
    for (const char *first = "今明后大昨前"; *first && rest.len >= BYTES; first += BYTES) {
        if (memcmp(rest.at, first, BYTES) == 0)
            return true;
    }
    return false;
}

static const struct relative *relative_at(struct text rest)
{
    if (!may_be_relative(rest))
        return NULL;
    for (const struct relative *r = relatives; r->word; r++) {
        struct text word = text_of(r->word);
        if (!text_starts(rest, word))
            continue;
        struct text after = { rest.at + word.len, rest.len - word.len };
        for (size_t i = 0; not_a_day[i]; i++) {
            if (text_starts(after, text_of(not_a_day[i])))
                return NULL;
        }
        return r;
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether a clause begins behind these bytes: only there 明天 is surely a day (文明天桥 is none). */
static bool begins_clause(struct text before)
{
    static const char *const marks[] = {
        "，", "。", "；", "：", "！", "？", "、", "（", "“", "《", "于", "在", "请", "到", NULL
    };
    if (before.len == 0 || strchr(" ,.;:!?(", before.at[before.len - 1]))
        return true;
    for (size_t i = 0; marks[i]; i++) {
        if (ends_with(before, text_of(marks[i])))
            return true;
    }
    return false;
}

struct text phone_dated(struct arena *arena, struct text t, instant_ms said_at, instant_ms now)
{
    enum { GROWTH_MAX = 8 }; /* 今天 (6 bytes) becomes at most 2026年12月31日 (19) and what stays of the word (6) */
    char *made = arena_take(arena, t.len * GROWTH_MAX + 1);
    size_t used = 0;
    for (size_t i = 0; i < t.len;) {
        struct text rest = { t.at + i, t.len - i };
        const struct relative *r = relative_at(rest);
        if (r && begins_clause((struct text){ made, used })) {
            int64_t day = day_of(said_at) + r->days;
            struct text date = instant_said(arena, start_of_day(day), now);
            struct text midnight = TEXT("00:00");
            if (ends_with(date, midnight))
                date.len -= midnight.len;
            memcpy(made + used, date.at, date.len);
            memcpy(made + used + date.len, r->then, strlen(r->then));
            used += date.len + strlen(r->then);
            i += strlen(r->word);
        } else if (is_blank(t.at[i])) {
            if (used > 0 && made[used - 1] != ' ')
                made[used++] = ' ';
            i++;
        } else {
            made[used++] = t.at[i++];
        }
    }
    return (struct text){ made, used };
}

/* The instruction names a day itself: 5月26日, 26日. */
static bool has_date(struct text t)
{
    static const struct text day = { "日", 3 };
    for (size_t i = 1; i + day.len <= t.len; i++) {
        if (memcmp(t.at + i, day.at, day.len) == 0 && t.at[i - 1] >= '0' && t.at[i - 1] <= '9')
            return true;
    }
    return false;
}

/* ---- the sentence ---- */

static struct text head_of(struct arena *arena, const struct phone_item *item, bool look_again)
{
    const char *grade = item->stage == PHONE_ERRAND ? "待入户" : phone_severity_word(item->severity);
    struct text reached = item->reached >= 0 ? arena_printf(arena, "·已入%lld户", (long long) item->reached) : TEXT("");
    struct text again = item->reminders > 0 ? arena_printf(arena, "·第%lld次提醒", (long long) item->reminders) : TEXT("");
    struct text village = phone_village(arena, item->village);
    return arena_printf(arena, "%s【%lld·%s%s" TEXT_FMT TEXT_FMT "】" TEXT_FMT "：", look_again ? "请再看：" : "",
                        (long long) item->number, grade, status_marks[item->status], TEXT_ARG(reached), TEXT_ARG(again),
                        TEXT_ARG(village));
}

static struct text recall_head_of(struct arena *arena, const struct phone_item *item, bool look_again)
{
    return arena_printf(arena, "%s【%lld%s】已取消：", look_again ? "请再看：" : "", (long long) item->number,
                        status_marks[item->status]);
}

static struct text errand_of(struct arena *arena, const struct phone_item *item, instant_ms now)
{
    struct text what =
        item->instruction.at ? without_end(phone_dated(arena, item->instruction, item->worded_at, now)) : TEXT("");
    bool needs_date = !is_never(item->confirm_by) && !has_date(what);
    struct text date = needs_date ? instant_said(arena, item->confirm_by, now) : TEXT("");
    const char *hint = "";
    if (!text_has(what, TEXT("收到")))
        hint = item->stage == PHONE_ERRAND ? "办完再点“收到”" : "看完点“收到”";
    return arena_printf(arena, TEXT_FMT "%s" TEXT_FMT "%s%s。", TEXT_ARG(date), needs_date ? "前" : "", TEXT_ARG(what),
                        what.len > 0 && *hint ? "，" : "", hint);
}

/* Cutting the joined sentence from its end cuts the instruction first, then the headline. */
static struct text fitted(struct arena *arena, struct text head, struct text body, int64_t more)
{
    struct text tail = more > 0 ? arena_printf(arena, "还有%lld条", (long long) more) : TEXT("");
    size_t taken = text_graphemes(head) + text_graphemes(tail);
    size_t room = taken < PHONE_GRAPHEMES_MAX ? PHONE_GRAPHEMES_MAX - taken : 1;
    struct text cut = text_cut(arena, body, room);
    return arena_printf(arena, TEXT_FMT TEXT_FMT TEXT_FMT, TEXT_ARG(head), TEXT_ARG(cut), TEXT_ARG(tail));
}

struct text phone_item_text(struct arena *arena, const struct phone_item *item, int64_t more, bool look_again, instant_ms now)
{
    struct text headline = without_end(phone_dated(arena, item->headline, item->worded_at, now));
    if (item->stage == PHONE_RECALLED) {
        struct text reason = without_end(phone_dated(arena, item->reason, item->reason_at, now));
        struct text body = arena_printf(arena, TEXT_FMT "。" TEXT_FMT "%s看完点“收到”。", TEXT_ARG(headline), TEXT_ARG(reason),
                                        reason.len > 0 ? "，" : "");
        return fitted(arena, recall_head_of(arena, item, look_again), body, more);
    }
    struct text errand = errand_of(arena, item, now);
    struct text body = arena_printf(arena, TEXT_FMT "，" TEXT_FMT, TEXT_ARG(headline), TEXT_ARG(errand));
    return fitted(arena, head_of(arena, item, look_again), body, more);
}

struct text phone_notice_text(struct arena *arena, const struct phone_item *item, instant_ms now)
{
    struct text headline = without_end(phone_dated(arena, item->headline, item->worded_at, now));
    struct text until = instant_said(arena, item->expires, now);
    struct text village = phone_village(arena, item->village);
    return arena_printf(arena, "【%lld·%s%s】" TEXT_FMT "：" TEXT_FMT "（有效至" TEXT_FMT "）。", (long long) item->number,
                        phone_severity_word(item->severity), status_marks[item->status], TEXT_ARG(village), TEXT_ARG(headline),
                        TEXT_ARG(until));
}

struct text phone_confirmed_text(struct arena *arena, int64_t number, instant_ms at)
{
    struct civil c = civil_of(at);
    return arena_printf(arena, "已确认【%lld】%02d:%02d。" TEXT_FMT, (long long) number, c.hour, c.minute,
                        TEXT_ARG(phone_idle_text));
}

struct text phone_refused_text(struct arena *arena, int64_t number, int64_t more, bool look_again)
{
    struct text tail = more > 0 ? arena_printf(arena, "。还有%lld条", (long long) more) : TEXT("");
    return arena_printf(arena, "%s已记录【%lld】您办不了，点错请点“收到”" TEXT_FMT, look_again ? "请再看：" : "",
                        (long long) number, TEXT_ARG(tail));
}

/* ---- taps ---- */

bool phone_tap_counts(const struct warning_policy *policy, instant_ms shown_at, instant_ms tapped_at, instant_ms now)
{
    if (is_never(shown_at) || is_before(now, later(shown_at, policy->look)))
        return false;
    return is_never(tapped_at) || !is_before(now, later(tapped_at, policy->tap_gap));
}

static const struct choice step_words[] = {
    { "read", PHONE_READ }, { "relayed", PHONE_RELAYED }, { "reached", PHONE_REACHED }, { "no", PHONE_NO }, { NULL, 0 }
};

/* w-2026-0017, w-2026-0017.2, w-2026-0017.off */
static bool read_item(struct text item, struct phone_act *act)
{
    const char *dot = memchr(item.at, '.', item.len);
    act->warning = (struct text){ item.at, dot ? (size_t) (dot - item.at) : item.len };
    act->ask = 0;
    act->of_recall = false;
    if (!dot)
        return true;
    struct text suffix = { dot + 1, item.len - act->warning.len - 1 };
    act->of_recall = text_is_c(suffix, "off");
    return act->of_recall || (text_int(suffix, &act->ask) && act->ask > 0);
}

enum phone_payload phone_read(struct arena *arena, struct text payload, struct phone_act *ret)
{
    enum { ID_MAX = 64, METHOD_MAX = 100 }; /* topics.yaml, tap-object */
    size_t blank = 0;
    while (blank < payload.len && is_blank(payload.at[blank]))
        blank++;
    if (blank == payload.len || payload.at[blank] != '{')
        return PHONE_TAP;
    const char *why;
    json_t *object = json_read(payload.at, payload.len, PHONE_ACT_BYTES_MAX, &why);
    if (!object)
        return PHONE_TAP;
    json_keep(arena, object);
    if (!json_object_get(object, "id") || !json_object_get(object, "item"))
        return PHONE_TAP;
    struct reader *r = reader_lenient(arena, object);
    struct phone_act act = { .id = need_id(r, "id", ID_MAX),
                             .step = (enum phone_step) need_choice(r, "step", step_words),
                             .method = want_text(r, "method", METHOD_MAX),
                             .acted_at = want_instant(r, "acted_at", NEVER) };
    act.reached = want_int(r, "reached", 0, PHONE_HOUSEHOLDS_MAX, -1);
    struct text item = need_id(r, "item", ID_MAX);
    if (!is_sound(r) || !read_item(item, &act) || (act.step == PHONE_REACHED && act.reached < 0))
        return PHONE_BROKEN;
    *ret = act;
    return PHONE_ACT;
}

bool phone_households(struct arena *arena, struct text payload, int64_t *ret)
{
    enum { BYTES_MAX = 64 }; /* more is no number somebody typed */
    static const struct text unit = { "户", 3 };
    if (payload.len > BYTES_MAX || !text_is_utf8(payload))
        return false;
    struct text t = text_folded(arena, payload);
    if (ends_with(t, unit))
        t.len -= unit.len;
    int64_t number;
    if (!text_int(t, &number) || number < 0 || number > PHONE_HOUSEHOLDS_MAX)
        return false;
    *ret = number;
    return true;
}

struct text phone_item_id(struct arena *arena, struct text warning, int64_t ask, bool of_recall)
{
    if (of_recall)
        return arena_printf(arena, TEXT_FMT ".off", TEXT_ARG(warning));
    return arena_printf(arena, TEXT_FMT ".%lld", TEXT_ARG(warning), (long long) ask);
}
