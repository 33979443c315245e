/* draft.c - a warning-order as its sender wrote it. See draft.h. */
#include "services/warning/draft.h"

enum {
    HEADLINE_MAX = 40,
    TEXT_MAX = 2000,
    INSTRUCTION_MAX = 500,
    REASON_MAX = 500
}; /* code points; CONTRACT §2, topics.yaml */

static const struct choice action_words[] = {
    { "issue", DRAFT_ISSUE }, { "update", DRAFT_UPDATE }, { "cancel", DRAFT_CANCEL }, { NULL, 0 }
};
/* The values are only places in these tables: the ledger keeps the words. */
static const struct choice guise_words[] = { { "care-service", 0 },
                                             { "care-project", 1 },
                                             { "care-product", 2 },
                                             { "house-for-care", 3 },
                                             { "care-insurance", 4 },
                                             { "care-aid", 5 },
                                             { NULL, 0 } };
static const struct choice urgency_words[] = { { "immediate", 0 }, { "expected", 1 }, { "future", 2 },
                                               { "past", 3 },      { "unknown", 4 },  { NULL, 0 } };
static const struct choice certainty_words[] = { { "observed", 0 }, { "likely", 1 },  { "possible", 2 },
                                                 { "unlikely", 3 }, { "unknown", 4 }, { NULL, 0 } };

static void know_audience(struct reader *r)
{
    struct reader *audience = want_object(r, "audience");
    if (!audience)
        return;
    has_field(audience, "all");
    has_field(audience, "villages");
    has_field(audience, "workers");
}

bool draft_action(struct reader *r, const json_t *body, enum draft_action *ret)
{
    static const char *const all[] = {
        "warning",  "reason",  "status",    "headline", "text",      "instruction", "guise",
        "severity", "urgency", "certainty", "lead",     "effective", "expires",     "confirm_by"
    };
    const char *named = json_string_value(json_object_get(body, "action"));
    for (const struct choice *c = action_words; named && c->word; c++) {
        if (text_is_c(text_of(named), c->word)) {
            *ret = (enum draft_action) need_choice(r, "action", action_words);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        has_field(r, all[i]);
    know_audience(r);
    need_choice(r, "action", action_words);
    return false;
}

struct text draft_names(struct reader *r)
{
    return need_id(r, "warning", WARNING_ID_BYTES_MAX);
}

static struct text word(struct reader *r, const char *field, const struct choice *table, struct text unset)
{
    return has_field(r, field) ? text_of(choice_word(table, want_choice(r, field, table, 0))) : unset;
}

static struct text text_or(struct reader *r, const char *field, size_t max, struct text unset)
{
    struct text t = want_text(r, field, max);
    return t.at ? t : unset;
}

/* Fields that both an issue and an update may carry; `w` holds what is true without them. */
static void read_optional(struct reader *r, struct warning *w)
{
    w->status = (enum phone_status) want_choice(r, "status", record_status_words, (int) w->status);
    w->text = text_or(r, "text", TEXT_MAX, w->text);
    w->instruction = text_or(r, "instruction", INSTRUCTION_MAX, w->instruction);
    w->guise = word(r, "guise", guise_words, w->guise);
    w->urgency = word(r, "urgency", urgency_words, w->urgency);
    w->certainty = word(r, "certainty", certainty_words, w->certainty);
    w->effective = want_instant(r, "effective", w->effective);
    struct text lead = want_id(r, "lead", LEAD_ID_BYTES_MAX);
    w->lead = lead.at ? lead : w->lead;
}

static void check_validity(struct reader *r, const struct warning *w, instant_ms start, const struct warning_policy *policy)
{
    long long days = (long long) (policy->valid_max.ms / SPAN_DAYS(1).ms);
    if (!is_before(start, w->expires))
        complain(r, CODE_OUT_OF_RANGE, "expires", "失效时间“expires”应晚于现在，也应晚于生效时间。");
    else if (is_before(later(start, policy->valid_max), w->expires))
        complain(r, CODE_OUT_OF_RANGE, "expires", "失效时间“expires”最多在生效后%lld天。", days);
}

static void check_confirm_by(struct reader *r, const struct warning *w, instant_ms start)
{
    if (!is_before(start, w->confirm_by) || is_before(w->expires, w->confirm_by))
        complain(r, CODE_OUT_OF_RANGE, "confirm_by", "确认时限“confirm_by”应在生效之后、失效之前。");
}

/* In whole minutes, as people are told it. */
static instant_ms usual_confirm_by(const struct warning *w, instant_ms start, const struct warning_policy *policy)
{
    enum { MINUTE = 60000 };
    instant_ms by = later(start, policy->grades[w->severity].confirm_within);
    by.ms = (by.ms + MINUTE - 1) / MINUTE * MINUTE;
    return earliest(by, w->expires);
}

struct draft draft_issue(struct arena *arena, struct reader *r, const struct town *town, instant_ms now)
{
    struct draft d = { .action = DRAFT_ISSUE, .w = { .status = PHONE_ACTUAL, .effective = now } };
    d.w.headline = need_text(r, "headline", HEADLINE_MAX);
    d.w.severity = (enum severity) need_choice(r, "severity", record_severity_words);
    read_optional(r, &d.w);
    d.w.expires = need_instant(r, "expires");
    instant_ms start = latest(now, d.w.effective);
    check_validity(r, &d.w, start, town->warnings);
    d.w.confirm_by = want_instant(r, "confirm_by", usual_confirm_by(&d.w, start, town->warnings));
    if (has_field(r, "confirm_by"))
        check_confirm_by(r, &d.w, start);
    d.audience = audience_read(arena, r, town);
    return d;
}

struct draft draft_update(struct reader *r, const struct town *town, instant_ms now, const struct warning *base,
                          bool same_audience)
{
    struct draft d = { .action = DRAFT_UPDATE, .w = *base };
    d.changes_words = has_field(r, "headline") || has_field(r, "text") || has_field(r, "instruction");
    d.w.headline = text_or(r, "headline", HEADLINE_MAX, base->headline);
    d.w.severity = (enum severity) want_choice(r, "severity", record_severity_words, (int) base->severity);
    read_optional(r, &d.w);
    d.w.expires = want_instant(r, "expires", base->expires);
    d.asks_again = d.w.severity > base->severity || !text_is(d.w.instruction, base->instruction);

    instant_ms start = latest(now, d.w.effective);
    if (has_field(r, "expires") || has_field(r, "effective"))
        check_validity(r, &d.w, start, town->warnings);
    bool is_stale = d.asks_again && !is_before(now, base->confirm_by);
    instant_ms usual = is_stale ? usual_confirm_by(&d.w, start, town->warnings) : earliest(base->confirm_by, d.w.expires);
    d.w.confirm_by = want_instant(r, "confirm_by", usual);
    if (has_field(r, "confirm_by"))
        check_confirm_by(r, &d.w, start);

    know_audience(r);
    if (!is_before(now, base->expires) || base->ended != ENDING_NONE)
        complain(r, CODE_NOT_NOW, "warning", "该预警已%s，不能再更新；请另发一条。",
                 base->ended == ENDING_CANCELLED ? "取消" : "失效");
    else if (base->stage != STAGE_PLANNED && is_before(now, d.w.effective))
        complain(r, CODE_NOT_NOW, "effective", "该预警已经生效，生效时间不能再改到以后；可先取消，再另发一条。");
    else if (!same_audience)
        complain(r, CODE_NOT_NOW, "audience", "更新不改变发送范围；请对新的范围另发一条。");
    return d;
}

struct draft draft_cancel(struct reader *r)
{
    struct draft d = { .action = DRAFT_CANCEL };
    want_id(r, "lead", LEAD_ID_BYTES_MAX);
    d.w.reason = need_text(r, "reason", REASON_MAX);
    return d;
}
