/* asks.c - lead-reply and lead-order: read, check every lead, then change every lead (asks.h).
 *
 * The checks come in the contract's order: what the request says, whether the leads and units exist for this account, whether they
 * are its to act on, whether their state allows it. Only when all of that holds for all leads is the first one changed. */
#include "asks.h"

#include "cards.h"
#include "lead.h"
#include "rights.h"
#include "rules.h"
#include "settle.h"

#include <string.h>

#define NOTE_MAX 2000          /* characters */
#define REASON_MAX 500         /* likewise */
#define PLACE_MAX 100          /* name of a body outside the town */
#define DOC_MAX 100            /* number of a document */
#define NAME_MAX 200           /* of a file */
#define ANSWER_MAX 500         /* what the reporter is told */
#define EVIDENCE_MAX 20        /* pieces */
#define YUAN_MAX 1000000000000 /* a thousand billion: nobody in a town has frozen more */

struct ask {
    enum deed deed;
    enum side side;
    bool is_list;
    struct text ids[ASKS_LEADS_MAX];
    struct lead leads[ASKS_LEADS_MAX];
    size_t count;
    enum conclusion finding;
    struct text to_unit, doc_no, public_answer; /* conclude */
    struct text unit;                           /* assign, against */
    json_t *assist;                             /* assign; NULL: as it is */
    struct text redo_reason;                    /* verify */
    bool pass;
    enum severity severity;
    json_t *more; /* the request's fields, for the record */
};
typedef void deed_reader(struct tx *tx, const struct request *r, struct ask *ask);
typedef void deed_doer(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead);
/* A Chinese sentence when this lead's state forbids it in a way no table of steps can know. */
typedef const char *deed_bar(const struct ask *ask, const struct lead *lead);

static deed_reader read_nothing, read_conclude, read_assign, read_verify, read_severity, read_against;
static deed_doer do_sign, do_progress, do_conclude, do_assign, do_verify, do_severity, do_against;
static deed_bar bar_conclude, bar_assign, bar_against;

static const struct deed_work {
    deed_reader *read;
    deed_bar *bar; /* NULL: the steps say it all */
    deed_doer *act;
} works[DEED_COUNT] = {
    [DEED_SIGN] = { read_nothing, NULL, do_sign },
    [DEED_PROGRESS] = { read_nothing, NULL, do_progress },
    [DEED_CONCLUDE] = { read_conclude, bar_conclude, do_conclude },
    [DEED_ASSIGN] = { read_assign, bar_assign, do_assign },
    [DEED_VERIFY] = { read_verify, NULL, do_verify },
    [DEED_SET_SEVERITY] = { read_severity, NULL, do_severity },
    [DEED_AGAINST] = { read_against, bar_against, do_against },
};

static enum verdict on_ask(struct tx *tx, instant_ms now, const struct request *r, enum side side, const struct choice *words);

enum verdict asks_on_reply(struct tx *tx, instant_ms now, const struct request *r)
{
    return on_ask(tx, now, r, SIDE_HOLDER, life_replies);
}
enum verdict asks_on_order(struct tx *tx, instant_ms now, const struct request *r)
{
    return on_ask(tx, now, r, SIDE_OFFICE, life_orders);
}

static unsigned bool_field(struct reader *in, const char *field)
{
    if (!has_field(in, field))
        complain(in, CODE_MISSING, field, "缺少 %s。", field);
    return want_bool(in, field, false);
}

static void read_nothing(struct tx *tx, const struct request *r, struct ask *ask)
{
    (void) tx, (void) r, (void) ask;
}

static void read_evidence(struct reader *in)
{
    const json_t *list = want_array(in, "evidence", EVIDENCE_MAX);
    for (size_t i = 0; i < json_array_size(list) && i < EVIDENCE_MAX; i++) {
        struct reader *piece = array_object(in, "evidence", i);
        if (!piece)
            continue;
        need_text(piece, "name", NAME_MAX);
        if (need_id(piece, "sha256", 64).len != 64)
            complain(piece, CODE_OUT_OF_RANGE, "sha256", "sha256 是64位十六进制数。");
    }
}

static void read_conclude(struct tx *tx, const struct request *r, struct ask *ask)
{
    (void) tx;
    struct reader *in = r->in;
    ask->finding = (enum conclusion) need_choice(in, "finding", life_findings);
    ask->to_unit = want_id(in, "to_unit", ACCOUNT_BYTES_MAX);
    struct text outside = want_text(in, "to_outside", PLACE_MAX);
    ask->doc_no = want_text(in, "doc_no", DOC_MAX);
    ask->public_answer = want_text(in, "public_answer", ANSWER_MAX);
    static const char *const sums[] = { "frozen_yuan", "recovered_yuan", "returned_yuan" };
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        want_int(in, sums[i], 0, YUAN_MAX, 0);
    read_evidence(in);
    if (!is_sound(in))
        return;
    bool is_transfer = ask->finding == FINDING_TRANSFER;
    if (is_transfer && !ask->to_unit.at && !outside.at)
        complain(in, CODE_MISSING, "to_unit", "移交要写明去向：成员单位写 to_unit，其他部门写 to_outside 和 doc_no。");
    if (is_transfer && ask->to_unit.at && outside.at)
        complain(in, CODE_OUT_OF_RANGE, "to_outside", "to_unit 与 to_outside 只能写一个。");
    if (!is_transfer && ask->to_unit.at)
        complain(in, CODE_OUT_OF_RANGE, "to_unit", "只有移交（transfer）才写 to_unit。");
    if (!is_transfer && ask->finding != FINDING_CRIME && outside.at)
        complain(in, CODE_OUT_OF_RANGE, "to_outside", "只有移交、移送才写 to_outside。");
    if (is_transfer && outside.at && !ask->doc_no.at)
        complain(in, CODE_MISSING, "doc_no", "移交其他部门要写移交文号 doc_no。");
    if (ask->to_unit.at && r->who.kind == ACCOUNT_STAFF && text_is_c(ask->to_unit, r->who.scope))
        complain(in, CODE_OUT_OF_RANGE, "to_unit", "不能移交给本单位。");
}

static void read_assign(struct tx *tx, const struct request *r, struct ask *ask)
{
    struct reader *in = r->in;
    ask->unit = need_id(in, "unit", ACCOUNT_BYTES_MAX);
    const json_t *list = want_array(in, "assist", ASSIST_MAX);
    if (!list)
        return;
    ask->assist = json_keep(tx_arena(tx), json_array());
    for (size_t i = 0; i < json_array_size(list) && i < ASSIST_MAX; i++) {
        struct text unit = array_text(in, "assist", i, ACCOUNT_BYTES_MAX);
        bool is_twice = text_is(unit, ask->unit);
        for (size_t k = 0; k < i; k++)
            is_twice = is_twice || text_is_c(unit, json_string_value(json_array_get(list, k)));
        if (is_twice)
            complain(in, CODE_OUT_OF_RANGE, "assist", "协办单位不能与承办单位相同，也不能重复。");
        json_array_append_new(ask->assist, json_of_text(unit));
    }
}

static void read_verify(struct tx *tx, const struct request *r, struct ask *ask)
{
    (void) tx;
    ask->pass = bool_field(r->in, "pass");
    ask->redo_reason = want_text(r->in, "redo_reason", REASON_MAX);
    want_text(r->in, "method", PLACE_MAX);
    if (!is_sound(r->in))
        return;
    if (!ask->pass && !ask->redo_reason.at)
        complain(r->in, CODE_MISSING, "redo_reason", "核查不通过要写明重办原因。");
    if (ask->pass && ask->redo_reason.at)
        complain(r->in, CODE_OUT_OF_RANGE, "redo_reason", "核查通过时没有重办原因。");
}

static void read_severity(struct tx *tx, const struct request *r, struct ask *ask)
{
    (void) tx;
    ask->severity = (enum severity) need_choice(r->in, "severity", life_severities);
    need_text(r->in, "reason", REASON_MAX);
}

static void read_against(struct tx *tx, const struct request *r, struct ask *ask)
{
    (void) tx;
    ask->unit = need_id(r->in, "unit", ACCOUNT_BYTES_MAX);
    want_text(r->in, "reason", REASON_MAX);
}

static void read_leads(struct reader *in, struct ask *ask)
{
    ask->is_list = has_field(in, "leads");
    if (has_field(in, "lead")) {
        ask->ids[0] = need_id(in, "lead", LEAD_ID_MAX);
        ask->count = 1;
        if (ask->is_list)
            complain(in, CODE_OUT_OF_RANGE, "leads", "lead 与 leads 只能写一个。");
        return;
    }
    if (!ask->is_list) {
        complain(in, CODE_MISSING, "lead", "请写明线索编号 lead，或用 leads 写一批。");
        return;
    }
    size_t count = json_array_size(want_array(in, "leads", ASKS_LEADS_MAX));
    if (count < 1)
        complain(in, CODE_OUT_OF_RANGE, "leads", "leads 里要有1到%d个线索编号。", ASKS_LEADS_MAX);
    for (size_t i = 0; i < count && i < ASKS_LEADS_MAX; i++) {
        ask->ids[i] = array_text(in, "leads", i, LEAD_ID_MAX);
        for (size_t k = 0; k < i; k++)
            if (text_is(ask->ids[i], ask->ids[k]))
                complain(in, CODE_OUT_OF_RANGE, "leads", "leads 里线索编号不能重复。");
        ask->count = i + 1;
    }
}

/* Which fields belong depends on the action; while that is not known all of them count as asked for, so that the complaint is about
 * the action. */
static bool has_known_action(const struct request *r, const struct choice *words)
{
    const char *word = json_string_value(json_object_get(r->body, "action"));
    for (const struct choice *c = words; word && c->word; c++)
        if (strcmp(c->word, word) == 0)
            return true;
    const char *key;
    json_t *value;
    json_object_foreach(r->body, key, value) has_field(r->in, key);
    return false;
}

static const char *field_of(struct tx *tx, const struct ask *ask, size_t i)
{
    return ask->is_list ? arena_printf(tx_arena(tx), "leads[%zu]", i).at : "lead";
}

static enum verdict check_units(struct tx *tx, const struct request *r, const struct ask *ask)
{
    const struct town *town = tx_town(tx);
    const char *sentence = "没有代码为“" TEXT_FMT "”的成员单位。";
    if (ask->to_unit.at && !town_unit(town, ask->to_unit))
        return refuse(tx, r, CODE_NO_SUCH, "to_unit", sentence, TEXT_ARG(ask->to_unit));
    if (ask->unit.at && !town_unit(town, ask->unit))
        return refuse(tx, r, CODE_NO_SUCH, "unit", sentence, TEXT_ARG(ask->unit));
    size_t i;
    json_t *code;
    json_array_foreach(ask->assist, i, code) if (!town_unit(town, text_of(json_string_value(code)))) return refuse(
        tx, r, CODE_NO_SUCH, arena_printf(tx_arena(tx), "assist[%zu]", i).at, sentence, (int) json_string_length(code),
        json_string_value(code));
    return DONE;
}

static const char *step_name(const struct ask *ask, const struct lead *lead)
{
    if (ask->deed == DEED_CONCLUDE)
        return life_step_of_finding(lead->status, ask->finding, ask->to_unit.at != NULL);
    if (ask->deed == DEED_VERIFY)
        return ask->pass ? "pass" : "redo";
    return life_deed_word(ask->deed);
}

static enum verdict check_step(struct tx *tx, const struct request *r, const struct ask *ask, size_t i)
{
    const struct lead *lead = &ask->leads[i];
    const char *field = field_of(tx, ask, i), *barred = NULL;
    enum life to;
    if (!life_step(lead->status, step_name(ask, lead), &to))
        return refuse(tx, r, CODE_NOT_NOW, field, "%s", life_not_now(tx_arena(tx), lead->id, lead->status, ask->side).at);
    if (works[ask->deed].bar)
        barred = works[ask->deed].bar(ask, lead);
    return barred ? refuse(tx, r, CODE_NOT_NOW, field, "%s", barred) : DONE;
}

static enum verdict check(struct tx *tx, const struct request *r, struct ask *ask)
{
    const struct town *town = tx_town(tx);
    for (size_t i = 0; i < ask->count; i++)
        if (!lead_get(tx, ask->ids[i], &ask->leads[i]) || !rights_sees(town, &r->who, &ask->leads[i]))
            return refuse(tx, r, CODE_NO_SUCH, field_of(tx, ask, i), "没有编号为" TEXT_FMT "的线索。", TEXT_ARG(ask->ids[i]));
    if (check_units(tx, r, ask) == REFUSED)
        return REFUSED;
    for (size_t i = 0; i < ask->count; i++)
        if (!rights_acts(&r->who, &ask->leads[i], ask->side))
            return refuse(tx, r, CODE_NOT_YOURS, field_of(tx, ask, i), "线索" TEXT_FMT "不归您这个账号%s。",
                          TEXT_ARG(ask->ids[i]), life_deed_name(ask->deed));
    for (size_t i = 0; i < ask->count; i++)
        if (check_step(tx, r, ask, i) == REFUSED)
            return REFUSED;
    return DONE;
}

static const char *bar_conclude(const struct ask *ask, const struct lead *lead)
{
    if (lead->seal != SEAL_NONE && ask->to_unit.at)
        return "密件线索不移交成员单位；认定不是举报单位或干部的，请专项办负责人指定承办单位。";
    bool is_outside = ask->finding == FINDING_TRANSFER || ask->finding == FINDING_CRIME;
    if (lead->status == LIFE_AWAITING && is_outside && !ask->to_unit.at && !ask->doc_no.at)
        return "这条线索已移送，正等回执：收到回执后，在 doc_no 里写回执文号再办结。";
    return NULL;
}

static const char *bar_assign(const struct ask *ask, const struct lead *lead)
{
    bool is_complaint = lead->seal == SEAL_COMPLAINT && lead->against.at;
    if (is_complaint && text_is(lead->against, ask->unit))
        return "不能交给被举报的单位。";
    return NULL;
}

static const char *bar_against(const struct ask *ask, const struct lead *lead)
{
    if (lead->seal == SEAL_COMPLAINT && text_is(lead->against, ask->unit))
        return "这条线索已经是涉及该单位的密件。";
    return NULL;
}

static struct text by_of(const struct request *r)
{
    return text_of(r->who.name);
}
static json_t *time_text(struct tx *tx, instant_ms at)
{
    return json_of_text(instant_text(tx_arena(tx), at));
}

static void do_sign(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead)
{
    (void) ask;
    lead->status = LIFE_SIGNED;
    lead_note(lead, "signed_at", time_text(tx, now));
    settle_say(tx, now, lead, EVENT_LEAD_SIGNED, by_of(r), json_pack("{s:b}", "deemed", 0));
}

static void do_progress(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead)
{
    (void) ask;
    lead_note(lead, "progressed_at", time_text(tx, now));
    settle_say(tx, now, lead, EVENT_LEAD_PROGRESSED, by_of(r), NULL);
}

static void do_conclude(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead)
{
    const char *step = step_name(ask, lead), *finding = choice_word(life_findings, (int) ask->finding);
    lead_note(lead, "finding", json_string(finding));
    if (ask->public_answer.at)
        json_object_set_new(lead->facts, "answer_public", json_of_text(ask->public_answer));
    if (strcmp(step, "transfer") == 0) {
        lead_note(lead, "transferred_at", time_text(tx, now));
        settle_move(tx, now, lead, by_of(r), ask->to_unit, "transfer", lead_assist_without(lead, ask->to_unit));
        return;
    }
    lead->finding = text_of(finding);
    if (strcmp(step, "hand-over") == 0) {
        lead->status = LIFE_AWAITING;
        lead_note(lead, "handed_over_at", time_text(tx, now));
        settle_say(tx, now, lead, EVENT_LEAD_PROGRESSED, by_of(r),
                   json_pack("{s:s, s:s}", "awaiting", "receipt", "finding", finding));
        return;
    }
    lead->status = LIFE_CONCLUDED;
    lead_note(lead, "concluded_at", time_text(tx, now));
    settle_say(tx, now, lead, EVENT_LEAD_CONCLUDED, by_of(r), json_pack("{s:s}", "finding", finding));
}

/* A suspected complaint that the director assigns is by that decided to be none. */
static void do_assign(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead)
{
    json_t *assist = ask->assist ? json_copy(ask->assist) : lead_assist_without(lead, ask->unit);
    bool is_freed = lead->seal == SEAL_SUSPECT, is_moved = is_freed || !text_is(lead->unit, ask->unit);
    lead->unmatched = false;
    lead->parked = NO_TEXT;
    if (is_freed) {
        lead->seal = SEAL_NONE;
        lead->against = NO_TEXT;
    }
    if (is_moved)
        settle_move(tx, now, lead, by_of(r), ask->unit, "assign", assist);
    else
        settle_confirm(tx, now, lead, by_of(r), assist);
}

static void close_lead(struct tx *tx, instant_ms now, const struct request *r, struct lead *lead)
{
    lead->status = LIFE_CLOSED;
    lead->closed = now;
    lead->forget = lead->sender.at ? later(now, CHANNEL_CARD_KEPT) : NEVER;
    lead->unmatched = false;
    lead->parked = NO_TEXT;
    json_t *data = json_pack("{s:o}", "finding", json_of_text(lead->finding));
    if (lead->seal == SEAL_NONE)
        json_put_text(data, "answer_public", json_text_at(lead->facts, "answer_public"));
    settle_say(tx, now, lead, EVENT_LEAD_CLOSED, by_of(r), data);
}

static void do_verify(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead)
{
    lead_note(lead, "verified_at", time_text(tx, now));
    lead_note(lead, "pass", json_boolean(ask->pass));
    json_t *data = json_pack("{s:b}", "pass", (int) ask->pass);
    if (!ask->pass) {
        lead_note(lead, "redo_reason", json_of_text(ask->redo_reason));
        if (lead->seal == SEAL_NONE)
            json_put_text(data, "redo_reason", ask->redo_reason);
    }
    settle_say(tx, now, lead, EVENT_LEAD_VERIFIED, by_of(r), data);
    if (ask->pass)
        close_lead(tx, now, r, lead);
    else
        settle_reopen(tx, now, lead, by_of(r), "redo");
}

static void do_severity(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead)
{
    if (lead->severity == ask->severity)
        return;
    enum severity from = lead->severity;
    lead->severity = ask->severity;
    settle_weigh(tx, now, lead, by_of(r), from);
}

/* The nominal unit of a complaint is never the one complained of; the rules name the catch-all that is left. */
static void do_against(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead)
{
    struct lead_facts facts = LEAD_FACTS_NONE;
    facts.against_unit = ask->unit;
    struct ruling ruling = rules_route(tx_prepared(tx), &facts, tx_arena(tx), false);
    settle_seal(tx, now, lead, by_of(r), SEAL_COMPLAINT, ask->unit, ruling.unit);
}

static void change(struct tx *tx, instant_ms now, const struct request *r, const struct ask *ask, struct lead *lead)
{
    struct lead was = *lead;
    works[ask->deed].act(tx, now, r, ask, lead);
    lead_act(tx, now, &was, by_of(r), life_deed_word(ask->deed), json_deep_copy(ask->more));
    settle_change(tx, now, &was, lead, life_deed_word(ask->deed));
    if (was.seal != lead->seal)
        settle_links(tx, now, lead);
}

static void write_answer(struct writer *w, struct tx *tx, const struct request *r, const struct lead *lead)
{
    struct arena *arena = tx_arena(tx);
    write_c(w, "status", life_word(lead->status));
    write_text(w, "lead", lead->id);
    if (lead->withheld && r->who.kind == ACCOUNT_DISCIPLINE) { /* its card shows nothing to anybody */
        write_object(w, "card");
        write_full(w, lead, json_keep(arena, lead_links(tx, lead)), json_keep(arena, life_may(lead->status, SIDE_HOLDER)));
        write_end(w);
    }
}

/* The list, and the status that all of them have now, if it is one. */
static void write_answers(struct writer *w, struct tx *tx, const struct request *r, const struct ask *ask)
{
    const char *status = life_word(ask->leads[0].status);
    write_array(w, "leads");
    for (size_t i = 0; i < ask->count; i++) {
        write_object(w, NULL);
        write_answer(w, tx, r, &ask->leads[i]);
        write_end(w);
        if (status && strcmp(status, life_word(ask->leads[i].status)) != 0)
            status = NULL;
    }
    write_end(w);
    write_c(w, "status", status);
}

static json_t *fields_kept(const struct request *r)
{
    json_t *more = json_copy(r->body);
    static const char *const known[] = { "lead", "leads", "action" };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        json_object_del(more, known[i]);
    return more;
}

static enum verdict on_ask(struct tx *tx, instant_ms now, const struct request *r, enum side side, const struct choice *words)
{
    struct ask *ask = arena_take(tx_arena(tx), sizeof *ask);
    ask->side = side;
    bool is_known = has_known_action(r, words);
    ask->deed = (enum deed) need_choice(r->in, "action", words);
    if (is_known && life_deed_is_later(ask->deed))
        return refuse(tx, r, CODE_UNAVAILABLE, "action", "“%s”还没有开通。", life_deed_name(ask->deed));
    if (has_field(r->in, "case"))
        return refuse(tx, r, CODE_UNAVAILABLE, "case", "按专案办理还没有开通，请用 lead 或 leads。");
    read_leads(r->in, ask);
    want_text(r->in, "note", NOTE_MAX);
    if (is_known)
        works[ask->deed].read(tx, r, ask);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    if (check(tx, r, ask) == REFUSED)
        return REFUSED;
    ask->more = json_keep(tx_arena(tx), fields_kept(r));
    for (size_t i = 0; i < ask->count; i++)
        change(tx, now, r, ask, &ask->leads[i]);
    struct writer fields = writer_begin(tx_arena(tx));
    if (ask->is_list)
        write_answers(&fields, tx, r, ask);
    else
        write_answer(&fields, tx, r, &ask->leads[0]);
    return answer_json(tx, r, writer_end(&fields));
}
