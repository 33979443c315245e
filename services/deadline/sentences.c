/* sentences.c - what people read about deadlines. See sentences.h.
 *
 * A card is shown once and read later, so nothing in it may age: instants are absolute, never "in three hours". */
#include "sentences.h"

#include <inttypes.h>

static const char *const colour_said[] = { "绿", "黄", "橙", "红" };

static const struct person *holder_of(const struct town *town, struct text unit, enum post post)
{
    bool is_of_office = post == POST_CALLER || post == POST_DIRECTOR;
    for (size_t i = 0; i < town->person_count; i++)
        if (text_is_c(town->people[i].post, choice_word(post_words, (int) post)) &&
            (is_of_office || text_is(town->people[i].unit, unit)))
            return &town->people[i];
    return NULL;
}

struct recipient sentence_recipient(const struct town *today, struct text unit, enum post post)
{
    static const enum post next[] = {
        [POST_HANDLER] = POST_LIAISON, [POST_LIAISON] = POST_DEPUTY,  [POST_DEPUTY] = POST_HEAD,
        [POST_HEAD] = POST_DIRECTOR,   [POST_CALLER] = POST_DIRECTOR, [POST_DIRECTOR] = POST_DIRECTOR,
    };
    struct recipient r = { post, post, NO_TEXT, NO_TEXT };
    const struct person *person = holder_of(today, unit, r.post);
    while (!person && r.post != POST_DIRECTOR) {
        r.post = next[r.post];
        person = holder_of(today, unit, r.post);
    }
    if (person) {
        r.account = person->account;
        r.stand_in = person->stand_in;
    }
    return r;
}

struct text sentence_instant(struct arena *arena, instant_ms at, instant_ms now)
{
    struct civil c = civil_of(at);
    if (c.hour + c.minute + c.second > 0)
        return instant_said(arena, at, now);
    struct text before = instant_said(arena, later(at, SPAN_MIN(-1)), now);
    return arena_printf(arena, "%.*s24:00", (int) (before.len - 5), before.at); /* instead of its 23:59 */
}

static struct text unit_name(const struct town *town, struct text code)
{
    const struct unit *unit = town_unit(town, code);
    return unit ? unit->name : code;
}

/* What is to be done by when, as long as it is not late. */
static const struct {
    const char *before, *after; /* the due instant */
} duties[CLOCK_KIND_COUNT] = {
    [CLOCK_TRIAGE] = { "专项办应于", "前确定承办单位" },
    [CLOCK_SIGN] = { "应于", "前签收，到期未签视同签收" },
    [CLOCK_RETURN_WINDOW] = { "不属本单位职责的，可于", "前说明理由退回" },
    [CLOCK_FIRST_ANSWER] = { "应于", "前答复举报人" },
    [CLOCK_PROGRESS] = { "应于", "前报一次进展" },
    [CLOCK_CLOSE] = { "应于", "前办结" },
    [CLOCK_VERIFY] = { "专项办应于", "前核查" },
    [CLOCK_REPORT_UP] = { "应于", "前向上级报送结果" },
    [CLOCK_OVERALL] = { "最迟应于", "前销号" },
};

/* …，已催办分管领导（staff-police-3，替岗staff-police-4） */
static struct text told(struct arena *arena, const struct clock *c, const struct ladder_step *step, const struct town *today)
{
    struct recipient r = sentence_recipient(today, c->unit, step->to);
    const char *passed = r.post == r.wanted ? "" : arena_printf(arena, "（无%s，转上一级）", post_said(r.wanted)).at;
    if (!r.account.at)
        return arena_printf(arena, "，%s：%s无人在岗", step->said.at, post_said(r.wanted));
    if (!r.stand_in.at || r.stand_in.len == 0)
        return arena_printf(arena, "，%s：%s（%s）%s", step->said.at, post_said(r.post), r.account.at, passed);
    return arena_printf(arena, "，%s：%s（%s，替岗%s）%s", step->said.at, post_said(r.post), r.account.at, r.stand_in.at,
                        passed);
}

static struct text remarks(struct arena *arena, const struct clock *c, const struct measure *m, instant_ms now)
{
    const char *paused = "", *extended = "", *provisional = "";
    if (rules_is_paused(c, now))
        paused = arena_printf(arena, "（已中止，%s起继续计时）", instant_said(arena, c->run.from, now).at).at;
    if (c->run.extra_days > 0)
        extended = arena_printf(arena, "（已延期，原定%s）", sentence_instant(arena, c->first_due, now).at).at;
    if (calendar_is_provisional(m->calendar, c->run.left.unit, c->started, c->due))
        provisional = "（所涉年度放假安排未公布，日期暂定）";
    return arena_joined(arena, paused, extended, provisional, NULL);
}

static struct text clause(struct arena *arena, const struct clock *c, const struct measure *m, const struct town *today,
                          instant_ms now)
{
    const struct ladder_step *step = rules_step(m, c);
    struct text due = sentence_instant(arena, c->due, now), to = TEXT("");
    if (step && c->kind != CLOCK_RETURN_WINDOW)
        to = told(arena, c, step, today);
    struct text what = arena_joined(arena, duties[c->kind].before, due.at, duties[c->kind].after, NULL);
    if (c->state == CLOCK_BREACHED)
        what = arena_printf(arena, c->kind == CLOCK_RETURN_WINDOW ? "%s期已于%s届满" : "%s已于%s超时", clock_said(c->kind),
                            due.at);
    return arena_joined(arena, what.at, remarks(arena, c, m, now).at, to.at, NULL);
}

struct text sentence_card(struct arena *arena, const struct lead *lead, const struct clock *clocks,
                          const struct measure *measures, size_t count, const struct town *today, instant_ms now)
{
    enum colour worst = COLOUR_GREEN;
    for (size_t i = 0; i < count; i++)
        worst = rules_colour(&measures[i], &clocks[i]) > worst ? rules_colour(&measures[i], &clocks[i]) : worst;
    struct text whole = arena_printf(arena, "【%s】" TEXT_FMT "：", colour_said[worst], TEXT_ARG(unit_name(today, lead->unit)));
    size_t said = 0;
    for (enum colour colour = COLOUR_RED;; colour--) {
        for (size_t i = 0; i < count; i++)
            if (rules_colour(&measures[i], &clocks[i]) == colour)
                whole = arena_joined(arena, whole.at, said++ ? "；" : "",
                                     clause(arena, &clocks[i], &measures[i], today, now).at, NULL);
        if (colour == COLOUR_GREEN)
            break;
    }
    return text_cut(arena, arena_joined(arena, whole.at, "。", NULL), SENTENCE_MAX);
}

struct text sentence_order(struct arena *arena, const struct clock *c, const struct measure *m, struct text number,
                           instant_ms limit, instant_ms now)
{
    return arena_printf(
        arena, "督办单%s：" TEXT_FMT "承办的线索" TEXT_FMT "，%s已于%s超时，请于%s前完成并书面说明原因。" TEXT_FMT "（待签发）",
        number.at, TEXT_ARG(unit_name(m->today, c->unit)), TEXT_ARG(c->lead), clock_said(c->kind),
        sentence_instant(arena, c->due, now).at, sentence_instant(arena, limit, now).at, TEXT_ARG(m->policy->order_by));
}

static const char *standing(struct arena *arena, const struct clock *c, const struct measure *m, instant_ms now)
{
    const char *ended = is_never(c->ended) ? "" : instant_said(arena, c->ended, now).at;
    switch (c->state) {
    case CLOCK_NONE:
        break;
    case CLOCK_RUNS:
        return arena_printf(arena, "计时中，现为%s色", colour_said[rules_colour(m, c)]).at;
    case CLOCK_MET:
        return arena_printf(arena, "已于%s按时完成", ended).at;
    case CLOCK_BREACHED:
        return c->kind == CLOCK_RETURN_WINDOW ? "期已届满" : "已超时，尚未完成";
    case CLOCK_LATE:
        return arena_printf(arena, "已超时，%s了结", ended).at;
    case CLOCK_ENDED:
        return arena_printf(arena, "%s起不再需要，不作评价", ended).at;
    }
    return "";
}

struct text sentence_explained(struct arena *arena, const struct clock *c, const struct measure *m, instant_ms now)
{
    struct budget budget = c->round > 1 ? m->rule->redo : m->rule->budget;
    const char *counts = m->calendar && budget.unit != BUDGET_MINUTES
                             ? arena_printf(arena, "按" TEXT_FMT, TEXT_ARG(m->calendar->said)).at
                             : "按自然时间";
    const char *from_next = budget.unit == BUDGET_WORKING_DAYS || budget.unit == BUDGET_CALENDAR_DAYS ? "（起算当日不计）" : "";
    const char *length = c->kind == CLOCK_REPORT_UP
                             ? arena_printf(arena, "至上级要求日期前%s", budget_said(arena, budget).at).at
                             : arena_printf(arena, "限%s%s", budget_said(arena, budget).at, from_next).at;
    return arena_printf(arena, TEXT_FMT "%s：自%s起，%s%s，截至%s%s；%s。", TEXT_ARG(unit_name(m->today, c->unit)),
                        clock_said(c->kind), instant_said(arena, c->started, now).at, counts, length,
                        sentence_instant(arena, c->due, now).at, remarks(arena, c, m, now).at, standing(arena, c, m, now));
}
