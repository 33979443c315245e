/* routing.h - routing.yaml: which unit a lead goes to, as rules a clerk can read; immutable once loaded.
 *
 * Lists of rules, each in the file's order: `units` (the first that fits decides), `guises` and `severities` (the first that
 * fits decides, apart from the unit), `groups` and `assists` (every one that fits counts). The catch-alls are always there: a
 * lead no rule fits goes to town.catch_all, and one against that unit to `catch_all_against`.
 * A word list holds terms. A term is a plain word, `$group` (any word of that group), parts joined by `..` (in this order within
 * GAP_MAX characters of one sentence, each part a word or `$group`), or `re:` and a PCRE2 expression. Terms are compared with text
 * folded by text_folded, so rules are written without blanks. Words of a group's `except` hide the words inside them: 防诈骗 is not 诈骗.
 * Everything lives in the arena given to routing_load. Loading reads a file and may block; the rest does not. */
#ifndef YINLING_ROUTING_H
#define YINLING_ROUTING_H

#include "yinling/town.h"

#define GAP_MAX 12          /* characters `..` may stand for */
#define RULES_MAX 500       /* of one list: more could not be read by anybody */
#define WORD_GROUPS_MAX 200 /* named groups */
#define WORDS_MAX 2000      /* of one list or group */
#define RULE_UNKNOWN (-1)   /* an amount or a number of victims nobody gave */

struct word_group {
    struct place line;
    struct text name;
    struct texts words;  /* terms without `re:` and `..`; `$group` names an earlier group */
    struct texts except; /* plain words */
};

/* All parts given must hold. An empty list of words or texts: that part is not asked for. */
struct condition {
    struct place line;
    struct texts category, guise; /* as submitted; rules of severities, groups and assists see the derived ones too */
    struct texts villages;        /* 12 digits */
    struct texts channel, urgency;
    struct texts against;    /* unit codes, `village`, `any` or `none` */
    struct texts units;      /* only in severities, groups, assists: the unit that was chosen */
    struct texts any;        /* terms: one of them */
    struct texts none;       /* terms: not one of them */
    const struct texts *all; /* lists of terms: one of each */
    size_t all_count;
    int64_t amount_from, amount_to;   /* yuan, inclusive; RULE_UNKNOWN: no bound. An unknown amount fits no bound */
    int64_t victims_from, victims_to; /* persons, likewise */
};

struct rule {
    struct place line;
    struct text id;               /* [a-z0-9-]{1,64}, unique in the file */
    struct text why;              /* one Chinese sentence */
    struct text source;           /* the plan's section, or where else it comes from */
    const struct condition *when; /* one of these must hold; count 0: always */
    size_t when_count;
    struct text unit;            /* units */
    struct texts assist;         /* units, assists */
    struct text category, guise; /* units: said when the lead came without; guises: guise */
    unsigned groups;             /* groups: bits 1 << enum group */
    enum severity severity;      /* severities */
};
struct rules_list {
    const struct rule *at;
    size_t count;
};

/* Words that tell a complaint about a unit or an official from a lead that only mentions one (suspect.h). */
struct suspect_words {
    struct texts officials;  /* 镇长, 村支书, 所长 … */
    struct texts offices;    /* 派出所, 村委会 … beside the names and aliases of the town's units */
    struct texts complaints; /* 包庇, 不作为 … */
    struct texts pretences;  /* 冒充, 自称 …: what follows only claims to be one */
};

struct routing {
    struct place line;
    const struct word_group *groups;
    size_t group_count;
    struct rules_list units, guises, severities, copies, assists;
    struct text catch_all_against; /* unit code: for leads against the catch-all */
    struct suspect_words suspect;
};

/* Reads FOLDER/routing.yaml and checks it against the units and villages of `so_far`. NULL when it cannot be read at all; what is
 * wrong is in *into, with file:line. Includes routing_check. */
const struct routing *routing_load(struct arena *arena, const char *folder, const struct town *so_far, struct findings *into);

/* Unknown unit, village, word or group, a bad regular expression, a rule that can never fit (impossible in itself, or an earlier one
 * of its list always fits before it), a missing catch-all. */
void routing_check(const struct routing *routing, const struct town *town, struct findings *into);

const struct word_group *routing_group(const struct routing *routing, struct text name); /* NULL when there is none */

/* Amounts and numbers of people as Chinese texts give them: 5.8万元, 三十多万, 1万、2万元, 上百亿元, 400余人, 六七百人.
 * The largest sum somebody paid or may lose; sums only promised (可领300万元) do not count. RULE_UNKNOWN when there is none. */
int64_t amount_of(struct text text);
int64_t victims_of(struct text text);

#endif
