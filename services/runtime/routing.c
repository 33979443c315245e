/* routing.c - reads routing.yaml into rules (yinling/routing.h). What the rules mean together is checked in routing_check.c. */
#include "yinling/routing.h"

#include "yinling/reader.h"
#include "yinling/suspect.h"

#include <assert.h>
#include <string.h>

/* ---- terms */

/* The pieces of a text between a separator, as they stand. */
static struct texts split(struct arena *arena, struct text whole, const char *separator)
{
    size_t step = strlen(separator), count = 1, n = 0;
    for (size_t i = 0; i + step <= whole.len; i++)
        if (memcmp(whole.at + i, separator, step) == 0) {
            count++;
            i += step - 1;
        }
    struct text *pieces = arena_take(arena, count * sizeof *pieces);
    size_t from = 0;
    for (size_t i = 0; i + step <= whole.len; i++)
        if (memcmp(whole.at + i, separator, step) == 0) {
            pieces[n++] = (struct text){ whole.at + from, i - from };
            from = i + step;
            i += step - 1;
        }
    pieces[n++] = (struct text){ whole.at + from, whole.len - from };
    assert(n == count);
    return (struct texts){ pieces, count };
}

bool routing_term(struct arena *arena, struct text written, struct term *ret)
{
    struct term term = { 0 };
    if (text_starts(written, TEXT("re:"))) {
        term.expression = (struct text){ written.at + 3, written.len - 3 };
        *ret = term;
        return term.expression.len > 0;
    }
    struct texts parts = split(arena, written, "..");
    if (parts.count > TERM_PARTS_MAX)
        return false;
    for (size_t i = 0; i < parts.count; i++) {
        struct texts words = split(arena, parts.at[i], "|");
        struct text *folded = arena_take(arena, words.count * sizeof *folded);
        for (size_t k = 0; k < words.count; k++) {
            folded[k] = text_folded(arena, words.at[k]);
            if (folded[k].len == 0)
                return false;
        }
        term.parts[i] = (struct texts){ folded, words.count };
    }
    term.part_count = parts.count;
    *ret = term;
    return true;
}

/* ---- word groups */

const struct word_group *routing_group(const struct routing *routing, struct text name)
{
    for (size_t i = 0; i < routing->group_count; i++)
        if (text_is(routing->groups[i].name, name))
            return &routing->groups[i];
    return NULL;
}

struct loading {
    struct arena *arena;
    struct text *words; /* WORDS_MAX of the group that is being read */
    struct findings *findings;
    struct routing *routing;
    const struct town *town;
};

/* The words of a group with the groups it names put in. */
static struct texts words_of_group(struct loading *l, struct place at, struct texts written)
{
    struct text *words = l->words;
    size_t n = 0;
    for (size_t i = 0; i < written.count; i++) {
        struct text w = text_folded(l->arena, written.at[i]);
        struct texts add = { &w, 1 };
        if (text_starts(w, TEXT("$"))) {
            const struct word_group *g = routing_group(l->routing, (struct text){ w.at + 1, w.len - 1 });
            if (!g)
                find_error(l->findings, at, "词组“" TEXT_FMT "”不存在，或者写在后面", TEXT_ARG(w));
            add = g ? g->words : (struct texts){ NULL, 0 };
        } else if (w.len == 0 || text_has(w, TEXT("..")) || text_has(w, TEXT("|")) || text_starts(w, TEXT("re:"))) {
            find_error(l->findings, at, "词组里只能写词或 $词组，写的是“" TEXT_FMT "”", TEXT_ARG(written.at[i]));
            continue;
        }
        if (n + add.count > WORDS_MAX) {
            find_error(l->findings, at, "词组超过%d个词", WORDS_MAX);
            break;
        }
        if (add.count > 0)
            memcpy(words + n, add.at, add.count * sizeof *words);
        n += add.count;
    }
    struct text *kept = arena_take(l->arena, (n + 1) * sizeof *kept);
    memcpy(kept, words, n * sizeof *kept);
    return (struct texts){ kept, n };
}

struct group_form {
    struct texts words, except;
};
static const struct conf_field group_fields[] = {
    { .key = "words",
      .kind = CONF_TEXTS,
      .offset = offsetof(struct group_form, words),
      .min = 1,
      .max = WORDS_MAX,
      .says = "词，或 $词组（写在前面的）" },
    { .key = "except",
      .kind = CONF_TEXTS,
      .offset = offsetof(struct group_form, except),
      .unset = "",
      .max = WORDS_MAX,
      .says = "这些词里面的词不算，例如“防诈骗”里的“诈骗”" },
    CONF_END,
};

static void read_group(struct loading *l, struct text name, const struct node *n, struct word_group *into)
{
    struct group_form form = { 0 };
    struct texts list = { 0 };
    if (node_kind(n) == NODE_MAP)
        conf_read(l->arena, n, group_fields, &form, l->findings);
    else {
        struct text *items = arena_take(l->arena, (node_count(n) + 1) * sizeof *items);
        for (size_t i = 0; node_kind(n) == NODE_LIST && i < node_count(n); i++)
            items[list.count++] = node_text(node_at(n, i));
        list.at = items;
        form.words = list;
    }
    into->line = node_place(n);
    into->name = name;
    into->words = words_of_group(l, into->line, form.words);
    into->except = words_of_group(l, into->line, form.except);
    if (into->words.count == 0)
        find_error(l->findings, into->line, "词组“" TEXT_FMT "”没有词", TEXT_ARG(name));
}

static void read_groups(struct loading *l, const struct node *map)
{
    size_t count = map && node_kind(map) == NODE_MAP ? node_count(map) : 0;
    if (count > WORD_GROUPS_MAX) {
        find_error(l->findings, node_place(map), "词组超过%d个", WORD_GROUPS_MAX);
        count = WORD_GROUPS_MAX;
    }
    struct word_group *groups = arena_take(l->arena, (count + 1) * sizeof *groups);
    l->routing->groups = groups;
    for (size_t i = 0; i < count; i++) {
        read_group(l, node_key(map, i), node_at(map, i), &groups[i]);
        l->routing->group_count = i + 1; /* a group may name those before it */
    }
}

/* ---- conditions */

struct condition_form {
    struct condition c;
    const struct node *all;
};
// clang-format off
#define WORDS_FIELD(name, says_) { .key = #name, .kind = CONF_TEXTS, \
    .offset = offsetof(struct condition_form, c.name), .unset = "", .max = WORDS_MAX, .says = says_ }
#define NUMBER_FIELD(name, member, says_) { .key = name, .kind = CONF_INT, \
    .offset = offsetof(struct condition_form, c.member), .unset = "-1", .min = -1, .max = AMOUNT_MAX, .says = says_ }
// clang-format on
static const struct conf_field condition_fields[] = {
    WORDS_FIELD(category, "来件填的类别，其中之一"),
    WORDS_FIELD(guise, "来件填的幌子（方案所列六类），其中之一"),
    WORDS_FIELD(villages, "村（12位代码），其中之一"),
    WORDS_FIELD(channel, "来件渠道 hotline police platform field，其中之一"),
    WORDS_FIELD(urgency, "紧急程度 routine urgent money-moving，其中之一"),
    WORDS_FIELD(against, "被反映的单位代码，或 village any none，其中之一"),
    WORDS_FIELD(units, "已经选定的主办单位，其中之一（单位规则里不能用）"),
    WORDS_FIELD(any, "正文里有其中一个词"),
    WORDS_FIELD(none, "正文里一个都没有"),
    { .key = "all",
      .kind = CONF_NODE,
      .offset = offsetof(struct condition_form, all),
      .unset = "",
      .says = "若干词表，正文里每个词表都有一个词" },
    NUMBER_FIELD("amount_from", amount_from, "金额不少于，元"),
    NUMBER_FIELD("amount_to", amount_to, "金额不多于，元"),
    NUMBER_FIELD("victims_from", victims_from, "人数不少于"),
    NUMBER_FIELD("victims_to", victims_to, "人数不多于"),
    CONF_END,
};

/* A list of lists of terms; a single term stands for a list of one. */
static void read_all(struct loading *l, const struct node *n, struct condition *into)
{
    if (!n)
        return;
    if (node_kind(n) != NODE_LIST) {
        find_error(l->findings, node_place(n), "all 应是词表的列表");
        return;
    }
    struct texts *lists = arena_take(l->arena, (node_count(n) + 1) * sizeof *lists);
    for (size_t i = 0; i < node_count(n); i++) {
        const struct node *one = node_at(n, i);
        size_t count = node_kind(one) == NODE_LIST ? node_count(one) : 1;
        struct text *terms = arena_take(l->arena, (count + 1) * sizeof *terms);
        for (size_t k = 0; k < count; k++)
            terms[k] = node_text(node_kind(one) == NODE_LIST ? node_at(one, k) : one);
        lists[i] = (struct texts){ terms, count };
    }
    into->all = lists;
    into->all_count = node_count(n);
}

static void read_condition(struct loading *l, const struct node *n, struct condition *into)
{
    struct condition_form form = { 0 };
    conf_read(l->arena, n, condition_fields, &form, l->findings);
    *into = form.c;
    into->line = node_place(n);
    read_all(l, form.all, into);
}

/* One condition, or a list of them of which one must hold. */
static void read_conditions(struct loading *l, const struct node *n, struct rule *into)
{
    if (!n)
        return;
    size_t count = node_kind(n) == NODE_LIST ? node_count(n) : 1;
    struct condition *conditions = arena_take(l->arena, (count + 1) * sizeof *conditions);
    for (size_t i = 0; i < count; i++)
        read_condition(l, node_kind(n) == NODE_LIST ? node_at(n, i) : n, &conditions[i]);
    into->when = conditions;
    into->when_count = count;
}

/* ---- rules */

struct rule_form {
    struct rule rule;
    const struct node *when;
    struct texts groups;
    int severity;
};
// clang-format off
#define RULE_TEXT(name, unset_, max_, says_) { .key = #name, .kind = CONF_TEXT, \
    .offset = offsetof(struct rule_form, rule.name), .unset = unset_, .max = max_, .says = says_ }
// clang-format on
#define RULE_COMMON                                                                                                            \
    RULE_TEXT(id, NULL, RULE_ID_MAX, "规则编号，小写字母、数字和 -"), RULE_TEXT(why, NULL, 200, "一句话：为什么这样分"),       \
        RULE_TEXT(source, "", 200, "依据：方案的章节或其他来源"),                                                              \
    {                                                                                                                          \
        .key = "when", .kind = CONF_NODE, .offset = offsetof(struct rule_form, when), .unset = "",                             \
        .says = "条件，或条件的列表（满足其一）"                                                                \
    }
// clang-format off
#define RULE_ASSIST(unset_) { .key = "assist", .kind = CONF_TEXTS, .offset = offsetof(struct rule_form, \
    rule.assist), .unset = unset_, .max = UNITS_MAX, .says = "协办单位代码" }
// clang-format on

static const struct conf_field unit_fields[] = {
    RULE_COMMON,
    RULE_ASSIST(""),
    RULE_TEXT(unit, NULL, 32, "主办单位代码"),
    RULE_TEXT(category, "", 32, "来件没填类别时的类别"),
    RULE_TEXT(guise, "", 32, "来件没填幌子时的幌子"),
    CONF_END,
};
static const struct conf_field guise_fields[] = { RULE_COMMON, RULE_TEXT(guise, NULL, 32, "幌子"), CONF_END };
static const struct conf_field assist_fields[] = { RULE_COMMON, RULE_ASSIST(NULL), CONF_END };
static const struct conf_field copy_fields[] = {
    RULE_COMMON,
    { .key = "groups",
      .kind = CONF_TEXTS,
      .offset = offsetof(struct rule_form, groups),
      .min = 1,
      .max = GROUP_COUNT,
      .says = "抄送的工作组 general strike rectify educate" },
    CONF_END,
};
static const struct choice severity_words[] = {
    { "minor", SEVERITY_MINOR },
    { "moderate", SEVERITY_MODERATE },
    { "severe", SEVERITY_SEVERE },
    { "extreme", SEVERITY_EXTREME },
    { NULL, 0 },
};
static const struct conf_field severity_fields[] = {
    RULE_COMMON,
    { .key = "severity",
      .kind = CONF_CHOICE,
      .offset = offsetof(struct rule_form, severity),
      .choices = severity_words,
      .says = "风险等级" },
    CONF_END,
};

static unsigned groups_of(struct loading *l, struct place at, struct texts words)
{
    unsigned bits = 0;
    for (size_t i = 0; i < words.count; i++) {
        unsigned g = 0;
        while (g < GROUP_COUNT && !text_is_c(words.at[i], group_codes[g]))
            g++;
        if (g == GROUP_COUNT)
            find_error(l->findings, at, "没有工作组“" TEXT_FMT "”", TEXT_ARG(words.at[i]));
        else
            bits |= 1U << g;
    }
    return bits;
}

static struct rules_list read_rules(struct loading *l, const struct node *list, const struct conf_field *fields)
{
    if (!list)
        return (struct rules_list){ 0 };
    size_t count = node_kind(list) == NODE_LIST ? node_count(list) : 0;
    if (node_kind(list) != NODE_LIST || count > RULES_MAX) {
        find_error(l->findings, node_place(list), "这里应是最多%d条规则的列表", RULES_MAX);
        count = 0;
    }
    struct rule *rules = arena_take(l->arena, (count + 1) * sizeof *rules);
    for (size_t i = 0; i < count; i++) {
        const struct node *n = node_at(list, i);
        struct rule_form form = { 0 };
        conf_read(l->arena, n, fields, &form, l->findings);
        rules[i] = form.rule;
        rules[i].line = node_place(n);
        rules[i].severity = (enum severity) form.severity;
        rules[i].groups = groups_of(l, rules[i].line, form.groups);
        read_conditions(l, form.when, &rules[i]);
    }
    return (struct rules_list){ rules, count };
}

/* ---- signs */

// clang-format off
#define SIGN_FIELD(name, kind_, unset_, low, high, says_) { .key = #name, .kind = kind_, \
    .offset = offsetof(struct sign, name), .unset = unset_, .min = low, .max = high, .says = says_ }
// clang-format on
static const struct conf_field sign_fields[] = {
    SIGN_FIELD(id, CONF_TEXT, NULL, 1, RULE_ID_MAX, "编号，小写字母、数字和 -"),
    SIGN_FIELD(unit, CONF_TEXT, NULL, 1, 32, "这些词指向的单位"),
    SIGN_FIELD(category, CONF_TEXT, "", 0, 32, "来件没填类别时的类别"),
    SIGN_FIELD(points, CONF_INT, NULL, 1, SIGN_POINTS_MAX, "每个不同的词算几分"),
    SIGN_FIELD(any, CONF_TEXTS, "", 0, WORDS_MAX, "词"),
    SIGN_FIELD(guise, CONF_TEXTS, "", 0, 6, "来件填的幌子，算一个词"),
    CONF_END,
};

static void read_signs(struct loading *l, const struct node *list)
{
    size_t count = list && node_kind(list) == NODE_LIST ? node_count(list) : 0;
    if (list && (node_kind(list) != NODE_LIST || count > RULES_MAX)) {
        find_error(l->findings, node_place(list), "signs 应是最多%d项的列表", RULES_MAX);
        count = 0;
    }
    struct sign *signs = arena_take(l->arena, (count + 1) * sizeof *signs);
    for (size_t i = 0; i < count; i++) {
        conf_read(l->arena, node_at(list, i), sign_fields, &signs[i], l->findings);
        signs[i].line = node_place(node_at(list, i));
    }
    l->routing->signs = signs;
    l->routing->sign_count = count;
}

/* ---- the file */

// clang-format off
#define SUSPECT_WORDS(name, says_) { .key = #name, .kind = CONF_TEXTS, \
    .offset = offsetof(struct suspect_words, name), .min = 1, .max = WORDS_MAX, .says = says_ }
// clang-format on
static const struct conf_field suspect_fields[] = {
    SUSPECT_WORDS(officials, "干部的称呼"),
    SUSPECT_WORDS(offices, "单位的通称，各单位的名称和别名之外"),
    SUSPECT_WORDS(failings, "说前面的干部或单位：包庇、不作为一类"),
    SUSPECT_WORDS(deeds, "紧跟在干部或单位后面才算：收了、私自一类"),
    SUSPECT_WORDS(collusion, "在前在后都算：勾结、送礼一类"),
    SUSPECT_WORDS(pretences, "冒充、自称一类：后面的单位只是假冒的"),
    SUSPECT_WORDS(asked, "在前：向、请一类，只是向它反映"),
    SUSPECT_WORDS(acting, "在后：查处、核实一类，要它做的或它做了的"),
    SUSPECT_WORDS(members, "紧跟在后，算作名称的一部分：工作人员、的人一类"),
    SUSPECT_WORDS(possessions, "的熟人、名义一类：不是干部本人"),
    SUSPECT_WORDS(towards, "紧跟在后：对、给一类，再后面的人是对象"),
    SUSPECT_WORDS(others, "公司、老板一类：隔在中间，说的是它们"),
    CONF_END,
};

struct routing_form {
    const struct node *words, *units, *signs, *guises, *severities, *copies, *assists, *suspect;
    struct text catch_all_against;
    int64_t signs_enough;
};
// clang-format off
#define PART(name, unset_, says_) { .key = #name, .kind = CONF_NODE, .offset = offsetof(struct routing_form, \
    name), .unset = unset_, .says = says_ }
// clang-format on
static const struct conf_field routing_fields[] = {
    PART(words, "", "词组"),
    PART(units, NULL, "主办单位：第一条符合的规则决定"),
    PART(signs, "", "没有规则符合时，按词的分量选主办单位"),
    { .key = "signs_enough",
      .kind = CONF_INT,
      .offset = offsetof(struct routing_form, signs_enough),
      .unset = "1",
      .min = 1,
      .max = 1000,
      .says = "分量至少几分才算数，不到的归兜底单位" },
    PART(guises, "", "幌子：第一条符合的规则决定"),
    PART(severities, NULL, "风险等级：第一条符合的规则决定"),
    PART(copies, "", "抄送工作组：凡符合的都算"),
    PART(assists, "", "协办单位：凡符合的都算"),
    PART(suspect, NULL, "怎样看出一条线索是在反映单位或干部"),
    { .key = "catch_all_against",
      .kind = CONF_TEXT,
      .offset = offsetof(struct routing_form, catch_all_against),
      .min = 1,
      .max = 32,
      .says = "反映兜底单位的线索归哪个单位" },
    CONF_END,
};

static struct texts folded_all(struct arena *arena, struct texts words)
{
    struct text *folded = arena_take(arena, (words.count + 1) * sizeof *folded);
    for (size_t i = 0; i < words.count; i++)
        folded[i] = text_folded(arena, words.at[i]);
    return (struct texts){ folded, words.count };
}

static void read_suspect(struct loading *l, const struct node *n)
{
    struct suspect_words *s = &l->routing->suspect;
    if (!n)
        return;
    conf_read(l->arena, n, suspect_fields, s, l->findings);
    struct texts *lists[] = { &s->officials, &s->offices, &s->failings, &s->deeds,       &s->collusion, &s->pretences,
                              &s->asked,     &s->acting,  &s->members,  &s->possessions, &s->towards,   &s->others };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        *lists[i] = folded_all(l->arena, *lists[i]);
    suspect_prepare(l->arena, l->town, s);
}

const struct routing *routing_load(struct arena *arena, const char *folder, const struct town *so_far, struct findings *into)
{
    struct text path = arena_printf(arena, "%s/routing.yaml", folder);
    own(arena_free) struct arena *tree = arena_new(YAML_TREE_CHUNK);
    const struct node *root = yaml_load(arena, tree, path.at, into);
    if (!root)
        return NULL;
    struct routing *routing = arena_take(arena, sizeof *routing);
    struct loading l = { arena, arena_take(tree, WORDS_MAX * sizeof(struct text)), into, routing, so_far };
    struct routing_form form = { 0 };
    conf_read(arena, root, routing_fields, &form, into);
    routing->line = node_place(root);
    routing->catch_all_against = form.catch_all_against;
    read_groups(&l, form.words);
    routing->units = read_rules(&l, form.units, unit_fields);
    routing->signs_enough = form.signs_enough;
    read_signs(&l, form.signs);
    routing->guises = read_rules(&l, form.guises, guise_fields);
    routing->severities = read_rules(&l, form.severities, severity_fields);
    routing->copies = read_rules(&l, form.copies, copy_fields);
    routing->assists = read_rules(&l, form.assists, assist_fields);
    read_suspect(&l, form.suspect);
    routing_check(routing, so_far, into);
    return routing;
}
