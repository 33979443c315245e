/* condition.c - compiles the conditions of routing rules and evaluates them (condition.h).
 *
 * A list of terms becomes one set of words, some chains of sets (a..b) and some regular expressions (JIT), tried in this order. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "condition.h"

#include <assert.h>
#include <pcre2.h>
#include <string.h>

struct chain {
    const struct word_set *parts[TERM_PARTS_MAX];
    size_t count;
    uint32_t first; /* number of the list of what it begins with */
};
/* One of these terms. */
struct terms {
    struct word_set plain;
    uint32_t plain_list; /* its number */
    const struct chain *chains;
    size_t chain_count;
    pcre2_code *const *expressions;
    size_t expression_count;
};
struct compiled_condition {
    const struct condition *source;
    bool asks_facts;           /* else only words */
    const struct terms *needs; /* one of each */
    size_t need_count;
    struct terms none;
};

/* ---- the vocabulary */

static void add_words(struct building *b, struct texts words)
{
    for (size_t i = 0; i < words.count; i++)
        words_add(b->words, words.at[i]);
}

static const struct word_group *group_of(const struct building *b, struct text word)
{
    return text_starts(word, TEXT("$")) ? routing_group(b->routing, (struct text){ word.at + 1, word.len - 1 }) : NULL;
}

void terms_vocabulary(struct building *b, struct texts terms)
{
    for (size_t i = 0; i < terms.count; i++) {
        struct term t;
        if (!routing_term(b->terms, terms.at[i], &t))
            continue;
        for (size_t p = 0; p < t.part_count; p++)
            for (size_t k = 0; k < t.parts[p].count; k++) {
                const struct word_group *g = group_of(b, t.parts[p].at[k]);
                if (!g) {
                    words_add(b->words, t.parts[p].at[k]);
                    continue;
                }
                add_words(b, g->words);
                add_words(b, g->except);
            }
    }
}

void condition_vocabulary(struct building *b, const struct condition *c)
{
    terms_vocabulary(b, c->any);
    terms_vocabulary(b, c->none);
    for (size_t i = 0; i < c->all_count; i++)
        terms_vocabulary(b, c->all[i]);
}

/* ---- compiling */

static void set_words(struct building *b, uint64_t *bits, struct texts words)
{
    for (size_t i = 0; i < words.count; i++)
        words_set_bit(bits, words_number(b->words, words.at[i]));
}

static const struct word_set *set_of_group(struct building *b, const struct word_group *g)
{
    const struct word_set **kept = &b->groups[g - b->routing->groups];
    if (*kept)
        return *kept;
    struct word_set *set = arena_take(b->arena, sizeof *set);
    *set = word_set_new(b->words, b->arena, g->except.count > 0);
    set_words(b, set->has, g->words);
    if (set->hides)
        set_words(b, set->hides, g->except);
    return *kept = set;
}

/* What a part of a term accepts: the words and groups it lists. NULL: names a group that does not exist. */
static const struct word_set *set_of_part(struct building *b, struct texts part)
{
    const struct word_group *only = part.count == 1 ? group_of(b, part.at[0]) : NULL;
    if (only)
        return set_of_group(b, only);
    struct word_set *set = arena_take(b->arena, sizeof *set);
    *set = word_set_new(b->words, b->arena, true);
    for (size_t i = 0; i < part.count; i++) {
        const struct word_group *g = group_of(b, part.at[i]);
        if (g) {
            set_words(b, set->has, g->words);
            set_words(b, set->hides, g->except);
        } else if (text_starts(part.at[i], TEXT("$")))
            return NULL;
        else
            words_set_bit(set->has, words_number(b->words, part.at[i]));
    }
    return set;
}

static void free_expression(void *code)
{
    pcre2_code_free(code);
}

static pcre2_code *expression_of(struct building *b, struct text pattern)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR) pattern.at, pattern.len, PCRE2_UTF | PCRE2_NO_UTF_CHECK, &error, &at, NULL);
    if (!code)
        return NULL;
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without JIT it is slower, not wrong */
    arena_at_reset(b->arena, free_expression, code);
    return code;
}

static bool is_plain(const struct term *t)
{
    return t->part_count == 1 && t->parts[0].count == 1 && !text_starts(t->parts[0].at[0], TEXT("$"));
}

static bool compile_terms(struct building *b, struct texts written, struct terms *into)
{
    struct chain *chains = arena_take(b->arena, (written.count + 1) * sizeof *chains);
    pcre2_code **expressions = arena_take(b->arena, (written.count + 1) * sizeof *expressions);
    *into = (struct terms){ .plain = word_set_new(b->words, b->arena, false), .chains = chains, .expressions = expressions };
    into->plain_list = word_lists_add(b->lists, &into->plain);
    for (size_t i = 0; i < written.count; i++) {
        struct term t;
        if (!routing_term(b->terms, written.at[i], &t))
            return false;
        if (t.expression.at) {
            if (!(expressions[into->expression_count++] = expression_of(b, t.expression)))
                return false;
            continue;
        }
        if (is_plain(&t)) {
            words_set_bit(into->plain.has, words_number(b->words, t.parts[0].at[0]));
            continue;
        }
        struct chain *chain = &chains[into->chain_count++];
        for (; chain->count < t.part_count; chain->count++)
            if (!(chain->parts[chain->count] = set_of_part(b, t.parts[chain->count])))
                return false;
        chain->first = word_lists_add(b->lists, chain->parts[0]);
    }
    return true;
}

void terms_words(struct building *b, struct texts terms, uint64_t *into_bits)
{
    struct term t;
    for (size_t i = 0; i < terms.count; i++)
        if (routing_term(b->terms, terms.at[i], &t) && is_plain(&t))
            words_set_bit(into_bits, words_number(b->words, t.parts[0].at[0]));
}

const struct terms *terms_compile(struct building *b, struct texts terms)
{
    struct terms *made = arena_take(b->arena, sizeof *made);
    return compile_terms(b, terms, made) ? made : NULL;
}

static bool asks_facts(const struct condition *c)
{
    return c->category.count + c->guise.count + c->villages.count + c->channel.count + c->urgency.count + c->units.count +
                   c->against.count >
               0 ||
           c->amount_from != RULE_UNKNOWN || c->amount_to != RULE_UNKNOWN || c->victims_from != RULE_UNKNOWN ||
           c->victims_to != RULE_UNKNOWN;
}

const struct compiled_condition *condition_compile(struct building *b, const struct condition *c)
{
    struct compiled_condition *made = arena_take(b->arena, sizeof *made);
    struct terms *needs = arena_take(b->arena, (c->all_count + 1) * sizeof *needs);
    bool sound = compile_terms(b, c->none, &made->none);
    if (c->any.count > 0)
        sound &= compile_terms(b, c->any, &needs[made->need_count++]);
    for (size_t i = 0; i < c->all_count; i++)
        sound &= compile_terms(b, c->all[i], &needs[made->need_count++]);
    made->source = c;
    made->asks_facts = asks_facts(c);
    made->needs = needs;
    return sound ? made : NULL;
}

/* ---- evaluating terms */

/* Code points of the text, from..to. */
struct span_found {
    uint32_t from, to;
};

static bool is_in_reach(const struct words_found *f, uint32_t end, uint32_t next)
{
    return next >= end && next - end <= GAP_MAX && f->sentence[next] == f->sentence[end - 1];
}

/* Hits of part `k` and after, the part before having ended at `end`. Parts are few and the reach is short, so this stays small. */
static bool chain_continues(const struct chain *c, size_t k, const struct words_found *f, size_t after, uint32_t end,
                            uint32_t *ret_to)
{
    if (k == c->count) {
        *ret_to = end;
        return true;
    }
    for (size_t i = word_set_next(c->parts[k], f, after); i < f->count; i = word_set_next(c->parts[k], f, i + 1)) {
        if (f->hits[i].from > end + GAP_MAX)
            return false;
        if (is_in_reach(f, end, f->hits[i].from) && chain_continues(c, k + 1, f, i + 1, f->hits[i].to, ret_to))
            return true;
    }
    return false;
}

static bool chain_found(const struct chain *c, const struct sight *s, struct span_found *ret)
{
    const struct words_found *f = &s->found;
    if (!words_bit(s->met, c->first))
        return false;
    for (size_t i = word_set_next(c->parts[0], f, 0); i < f->count; i = word_set_next(c->parts[0], f, i + 1))
        if (chain_continues(c, 1, f, i + 1, f->hits[i].to, &ret->to)) {
            ret->from = f->hits[i].from;
            return true;
        }
    return false;
}

static bool expression_found(const pcre2_code *code, const struct sight *s, struct text *ret)
{
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    assert(match);
    int n = pcre2_match(code, (PCRE2_SPTR) s->folded.at, s->folded.len, 0, PCRE2_NO_UTF_CHECK, match, NULL);
    if (n > 0) {
        const PCRE2_SIZE *at = pcre2_get_ovector_pointer(match);
        *ret = (struct text){ s->folded.at + at[0], at[1] - at[0] };
    }
    pcre2_match_data_free(match);
    return n > 0;
}

static struct text slice(const struct sight *s, uint32_t from, uint32_t to)
{
    const uint32_t *byte = s->found.byte;
    return (struct text){ s->folded.at + byte[from], byte[to] - byte[from] };
}

/* Which piece of the text meets one of the terms. */
static bool terms_found(const struct terms *t, const struct sight *s, struct text *ret)
{
    const struct words_found *f = &s->found;
    size_t hit = words_bit(s->met, t->plain_list) ? word_set_next(&t->plain, f, 0) : f->count;
    if (hit < f->count) {
        *ret = slice(s, f->hits[hit].from, f->hits[hit].to);
        return true;
    }
    for (size_t i = 0; i < t->chain_count; i++) {
        struct span_found at;
        if (chain_found(&t->chains[i], s, &at)) {
            *ret = slice(s, at.from, at.to);
            return true;
        }
    }
    for (size_t i = 0; i < t->expression_count; i++)
        if (expression_found(t->expressions[i], s, ret))
            return true;
    return false;
}

size_t terms_chains(const struct terms *t, const struct sight *s, struct text *ret_first)
{
    size_t n = 0;
    for (size_t i = 0; i < t->chain_count; i++) {
        struct span_found at;
        if (chain_found(&t->chains[i], s, &at) && n++ == 0)
            *ret_first = slice(s, at.from, at.to);
    }
    for (size_t i = 0; i < t->expression_count; i++) {
        struct text piece;
        if (expression_found(t->expressions[i], s, &piece) && n++ == 0)
            *ret_first = piece;
    }
    return n;
}

/* ---- evaluating conditions */

static bool is_one_of(struct texts list, struct text word)
{
    for (size_t i = 0; i < list.count; i++)
        if (text_is(list.at[i], word))
            return true;
    return false;
}

static bool is_against(struct texts list, const struct lead_facts *f)
{
    for (size_t i = 0; i < list.count; i++) {
        struct text w = list.at[i];
        bool unit = f->against_unit.at, village = f->against_village.at;
        if ((text_is_c(w, "any") && (unit || village)) || (text_is_c(w, "none") && !unit && !village) ||
            (text_is_c(w, "village") && village) || (unit && text_is(w, f->against_unit)))
            return true;
    }
    return false;
}

static bool is_between(int64_t from, int64_t to, int64_t value)
{
    if (from == RULE_UNKNOWN && to == RULE_UNKNOWN)
        return true;
    return value != RULE_UNKNOWN && (from == RULE_UNKNOWN || value >= from) && (to == RULE_UNKNOWN || value <= to);
}

/* The first fact that does not fit, as a Chinese word; NULL when all do. */
static const char *fact_missing(const struct condition *c, const struct sight *s)
{
    const struct {
        const char *name;
        struct texts wanted;
        struct text have;
    } facts[] = {
        { "类别", c->category, s->category },          { "幌子", c->guise, s->guise },
        { "村", c->villages, s->facts->village },      { "渠道", c->channel, s->facts->channel },
        { "紧急程度", c->urgency, s->facts->urgency }, { "主办单位", c->units, s->unit },
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (facts[i].wanted.count > 0 && !is_one_of(facts[i].wanted, facts[i].have))
            return facts[i].name;
    if (c->against.count > 0 && !is_against(c->against, s->facts))
        return "被反映对象";
    if (!is_between(c->amount_from, c->amount_to, s->amount_yuan))
        return "金额";
    return is_between(c->victims_from, c->victims_to, s->victims) ? NULL : "人数";
}

bool condition_holds(const struct compiled_condition *c, const struct sight *s, struct text *ret_because)
{
    const char *missing = c->asks_facts ? fact_missing(c->source, s) : NULL;
    struct text piece, because = TEXT("条件符合");
    if (missing) {
        if (s->explain)
            *ret_because = arena_printf(s->arena, "%s不符", missing);
        return false;
    }
    for (size_t i = 0; i < c->need_count; i++) {
        if (!terms_found(&c->needs[i], s, &piece)) {
            if (s->explain)
                *ret_because =
                    i == 0 ? TEXT("没有要找的词") : arena_printf(s->arena, TEXT_FMT "，但缺另一组词", TEXT_ARG(because));
            return false;
        }
        if (s->explain)
            because = arena_printf(s->arena, i == 0 ? "%.0s见“" TEXT_FMT "”" : "%s“" TEXT_FMT "”", because.at, TEXT_ARG(piece));
    }
    if (terms_found(&c->none, s, &piece)) {
        if (s->explain)
            *ret_because = arena_printf(s->arena, TEXT_FMT "，但有“" TEXT_FMT "”，不算", TEXT_ARG(because), TEXT_ARG(piece));
        return false;
    }
    if (s->explain)
        *ret_because = because;
    return true;
}
