/* lists.c - query-lead and query-leads (lists.h).
 *
 * Pages come in order of (updated, lead) and the cursor is the last of these seen, so a lead that changes between two pages moves to
 * the end and is seen again; none is missed. A filter that fits few gives short pages, even empty ones, with a `next`. */
#include "lists.h"

#include "cards.h"
#include "gen/router_queries.h"
#include "lead.h"
#include "rights.h"

#include <string.h>

#define CURSOR_BYTES_MAX 64

struct place_in_list {
    int64_t updated_ms;
    struct text lead;
};
static const struct place_in_list list_end = { INT64_MAX, { "~", 1 } }; /* beyond every lead */

struct wanted {
    struct text unit, village; /* NO_TEXT: any */
    int status, severity;      /* -1: any */
    struct place_in_list after;
    instant_ms to;
    int64_t limit;
    bool sees_sealed;
};

static struct param p_choice(const char *name, int value)
{
    return value < 0 ? p_text(name, NO_TEXT) : p_int(name, value);
}

/* <updated in ms>:<lead>, made by us; anything else is a complaint. */
static struct place_in_list read_cursor(struct reader *in, instant_ms from)
{
    struct place_in_list place = { from.ms - 1, TEXT("~") };
    struct text cursor = want_id(in, "after", CURSOR_BYTES_MAX);
    const char *colon = cursor.at ? memchr(cursor.at, ':', cursor.len) : NULL;
    if (!cursor.at)
        return place;
    struct place_in_list given = { 0, NO_TEXT };
    if (colon)
        given.lead = (struct text){ colon + 1, cursor.len - (size_t) (colon + 1 - cursor.at) };
    if (!colon || !text_int((struct text){ cursor.at, (size_t) (colon - cursor.at) }, &given.updated_ms) ||
        !lead_is_id(given.lead))
        complain(in, CODE_OUT_OF_RANGE, "after", "after 要用上一页答复里的 next。");
    else if (given.updated_ms > place.updated_ms)
        place = given;
    return place;
}

static void read_wanted(struct tx *tx, const struct request *r, struct wanted *want)
{
    struct reader *in = r->in;
    want->unit = want_id(in, "unit", ACCOUNT_BYTES_MAX);
    want->status = want_choice(in, "status", life_words, -1);
    want->village = want_id(in, "village", 12);
    want->severity = want_choice(in, "severity", life_severities, -1);
    instant_ms from = want_instant(in, "from", (instant_ms){ 0 });
    want->to = want_instant(in, "to", NEVER);
    want->after = read_cursor(in, from);
    want->limit = want_int(in, "limit", 1, LISTS_LIMIT_MAX, LISTS_LIMIT_MAX);
    want->sees_sealed = rights_is_director(tx_town(tx), &r->who);
}

/* The last row this request may look at; false: there is no more than that. */
static bool until_of(struct tx *tx, const struct wanted *want, struct place_in_list *ret)
{
    struct param updated = p_int("updated", want->after.updated_ms), lead = p_text("lead", want->after.lead);
    struct param to = p_int("to", want->to.ms), window = p_int("window", LISTS_WINDOW_MAX - 1);
    struct rows rows = want->unit.at ? tx_all(tx, Q_UNTIL_OF_UNIT, p_text("unit", want->unit), updated, lead, to, window)
                                     : tx_all(tx, Q_UNTIL_OF_ALL, updated, lead, to, window);
    *ret = list_end;
    if (!rows.count)
        return false;
    *ret = (struct place_in_list){ row_int(&rows, 0, "updated", 0), row_text(&rows, 0, "lead") };
    return true;
}

static struct rows page_of(struct tx *tx, const struct wanted *want, struct place_in_list until)
{
    struct param updated = p_int("updated", want->after.updated_ms), lead = p_text("lead", want->after.lead);
    struct param until_updated = p_int("until_updated", until.updated_ms), until_lead = p_text("until_lead", until.lead);
    struct param to = p_int("to", want->to.ms), limit = p_int("limit", want->limit);
    struct param status = p_choice("status", want->status), severity = p_choice("severity", want->severity);
    struct param also = p_choice("also", want->status == LIFE_SIGNED ? (int) LIFE_AWAITING : want->status);
    struct param village = p_text("village", want->village), sealed = p_int("sees_sealed", want->sees_sealed);
    if (!want->unit.at)
        return tx_all(tx, Q_LIST_OF_ALL, updated, lead, until_updated, until_lead, to, limit, status, also, severity, village,
                      sealed);
    return tx_all(tx, Q_LIST_OF_UNIT, p_text("unit", want->unit), updated, lead, until_updated, until_lead, to, limit, status,
                  also, severity, village, sealed);
}

static json_t *line_of(struct tx *tx, const struct rows *rows, size_t i)
{
    struct arena *arena = tx_arena(tx);
    const struct lead lead = {
        .facts = row_json(tx, rows, i, "facts"),
        .urgency = (enum urgency) row_int(rows, i, "urgency", 0),
        .severity = (enum severity) row_int(rows, i, "severity", 0),
        .claimed = row_int(rows, i, "claimed", 0) == 1,
    };
    enum life status = (enum life) row_int(rows, i, "status", 0);
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:i, s:I}", "status", life_word(status), "severity",
                  choice_word(life_severities, (int) lead.severity), "urgency", choice_word(life_urgencies, (int) lead.urgency),
                  "rank", cards_rank(&lead), "round", (json_int_t) row_int(rows, i, "round", 1));
    json_put_text(line, "lead", row_text(rows, i, "lead"));
    json_put_text(line, "unit", row_text(rows, i, "unit"));
    json_put_text(line, "title", cards_title(arena, &lead));
    json_put_text(line, "category", json_text_at(lead.facts, "category"));
    json_put_text(line, "village", row_text(rows, i, "village"));
    json_put_text(line, "dispatched_at", instant_text(arena, row_instant(rows, i, "dispatched")));
    json_put_text(line, "updated_at", instant_text(arena, row_instant(rows, i, "updated")));
    if (status == LIFE_AWAITING)
        json_object_set_new(line, "awaiting", json_string("receipt"));
    if (row_int(rows, i, "sealed", 0))
        json_object_set_new(line, "sealed", json_true());
    return line;
}

/* Rows are chosen in SQL by what is true of most; this catches the director's own unit. */
static bool is_visible(struct tx *tx, const struct request *r, const struct rows *rows, size_t i)
{
    const struct lead lead = { .seal = (enum seal) row_int(rows, i, "sealed", 0),
                               .unit = row_text(rows, i, "unit"),
                               .against = row_text(rows, i, "against") };
    return rights_sees(tx_town(tx), &r->who, &lead);
}

static enum verdict answer_page(struct tx *tx, const struct request *r, const struct wanted *want)
{
    struct place_in_list last;
    bool goes_on = until_of(tx, want, &last);
    struct rows rows = page_of(tx, want, last);
    json_t *leads = json_array();
    for (size_t i = 0; i < rows.count; i++)
        if (is_visible(tx, r, &rows, i))
            json_array_append_new(leads, line_of(tx, &rows, i));
    if ((int64_t) rows.count == want->limit) {
        goes_on = true;
        last = (struct place_in_list){ row_int(&rows, rows.count - 1, "updated", 0), row_text(&rows, rows.count - 1, "lead") };
    }
    json_t *fields = json_pack("{s:o}", "leads", leads);
    if (goes_on)
        json_put_text(fields, "next",
                      arena_printf(tx_arena(tx), "%lld:" TEXT_FMT, (long long) last.updated_ms, TEXT_ARG(last.lead)));
    return answer(tx, r, fields);
}

enum verdict lists_on_query_leads(struct tx *tx, instant_ms now, const struct request *r)
{
    (void) now;
    struct wanted want = { 0 };
    read_wanted(tx, r, &want);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    if (want.unit.at && !town_unit(tx_town(tx), want.unit))
        return refuse(tx, r, CODE_NO_SUCH, "unit", "没有代码为“" TEXT_FMT "”的成员单位。", TEXT_ARG(want.unit));
    const struct village *village = want.village.at ? town_village(tx_town(tx), want.village) : NULL;
    if (want.village.at && !village)
        return refuse(tx, r, CODE_NO_SUCH, "village", "没有代码为“" TEXT_FMT "”的村。", TEXT_ARG(want.village));
    if (village)
        want.village = village->code;
    if (r->who.kind == ACCOUNT_STAFF && want.unit.at && !text_is_c(want.unit, r->who.scope))
        return refuse(tx, r, CODE_NOT_YOURS, "unit", "只能查本单位的线索。");
    if (r->who.kind == ACCOUNT_STAFF)
        want.unit = text_of(r->who.scope);
    else if (r->who.kind != ACCOUNT_OFFICE)
        return refuse(tx, r, CODE_NOT_YOURS, NULL, "这个账号不能查线索列表。");
    return answer_page(tx, r, &want);
}

static json_t *acts_of(struct tx *tx, struct text lead)
{
    struct rows rows = tx_all(tx, Q_ACTS, p_text("lead", lead));
    json_t *acts = json_array();
    for (size_t i = rows.count; i-- > 0;) {
        json_t *act = json_pack("{s:I, s:O}", "round", (json_int_t) row_int(&rows, i, "round", 1), "more",
                                row_json(tx, &rows, i, "more"));
        json_put_text(act, "at", instant_text(tx_arena(tx), row_instant(&rows, i, "at")));
        json_put_text(act, "by", row_text(&rows, i, "by"));
        json_put_text(act, "action", row_text(&rows, i, "action"));
        json_array_append_new(acts, act);
    }
    return acts;
}

enum verdict lists_on_query_lead(struct tx *tx, instant_ms now, const struct request *r)
{
    (void) now;
    struct text id = need_id(r->in, "lead", LEAD_ID_MAX);
    struct lead lead;
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    if (!lead_get(tx, id, &lead) || !rights_sees(tx_town(tx), &r->who, &lead))
        return refuse(tx, r, CODE_NO_SUCH, "lead", "没有编号为" TEXT_FMT "的线索。", TEXT_ARG(id));
    bool acts = rights_acts(&r->who, &lead, SIDE_HOLDER) || rights_acts(&r->who, &lead, SIDE_OFFICE);
    enum side side = r->who.kind == ACCOUNT_OFFICE ? SIDE_OFFICE : SIDE_HOLDER;
    json_t *may = json_keep(tx_arena(tx), acts ? life_may(lead.status, side) : json_array());
    struct writer fields = writer_begin(tx_arena(tx));
    write_object(&fields, "lead");
    write_full(&fields, &lead, json_keep(tx_arena(tx), lead_links(tx, &lead)), may);
    write_json(&fields, "acts", json_keep(tx_arena(tx), acts_of(tx, id)));
    write_end(&fields);
    return answer_json(tx, r, writer_end(&fields));
}
