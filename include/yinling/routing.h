/* routing.h - routing.yaml: which unit a lead goes to, as rules a clerk can read; immutable once loaded.
 *
 * Lists of rules, each in the file's order: `units` (the first that fits decides), `guises` and `severities` (the first that
 * fits decides, apart from the unit), `copies` and `assists` (every one that fits counts). Where no rule of `units` fits, the words
 * of `signs` are weighed: each different word found counts its list's points for its unit, and the unit with the most, if these are
 * enough, has the lead; of equals the one whose list stands first. The catch-alls are always there: a lead nothing fits goes to
 * town.catch_all, and one against that unit to `catch_all_against`.
 * A word list holds terms. A term is a word; `$group`, any word of that group; `a|b`, one of these; such parts joined by `..`, in
 * this order within GAP_MAX characters of one sentence (押金|$fee..不退); or `re:` and a PCRE2 expression. Terms meet text folded by
 * text_folded, and are folded themselves. The words of a group's `except` hide the group's words inside them: 防诈骗 is not 诈骗.
 * Everything lives in the arena given to routing_load. Loading reads a file and may block; the rest does not. */
#ifndef YINLING_ROUTING_H
#define YINLING_ROUTING_H

#include "yinling/amount.h"
#include "yinling/town.h"
#include "yinling/words.h"

#define GAP_MAX 12          /* characters `..` may stand for */
#define RULES_MAX 500       /* of one list: more could not be read by anybody */
#define WORD_GROUPS_MAX 200 /* named groups */
#define WORDS_MAX 2000      /* of one list or group */
#define TERM_PARTS_MAX 4    /* joined by `..` */
#define RULE_ID_MAX 64
#define SIGN_POINTS_MAX 100
#define RULE_UNKNOWN (-1) /* an amount or a number of victims nobody gave; the same as AMOUNT_UNKNOWN */

struct word_group {
    struct place line;
    struct text name;
    struct texts words;  /* folded; groups named in it (`$group`, an earlier one) are already put in */
    struct texts except; /* folded */
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

/* Words that speak for a unit, for texts no rule fits. */
struct sign {
    struct place line;
    struct text id;
    struct text unit, category; /* category: said when the lead came without */
    int64_t points;             /* of each different word found, 1 to SIGN_POINTS_MAX */
    struct texts any;           /* terms */
    struct texts guise;         /* as submitted: counts like one word more, and decides where no unit has enough points */
};

/* Whom the name of an office or official means. */
struct suspect_name {
    const struct unit *unit; /* NULL: none of the town's units */
    bool is_village;         /* a village's office or official */
};

/* Words that tell a complaint about a unit or an official from a lead that only mentions one (suspect.h). All folded. */
struct suspect_words {
    struct texts officials;   /* 镇长, 村支书, 民警 … */
    struct texts offices;     /* 村委会, 镇政府 … beside the names and aliases of the town's units */
    struct texts failings;    /* 包庇, 不作为 …: said of the office or official just before */
    struct texts deeds;       /* 收了, 私自 …: the same, but only right behind */
    struct texts collusion;   /* 勾结, 送礼 …: before or behind */
    struct texts pretences;   /* 冒充, 自称 … before it: somebody who is none */
    struct texts asked;       /* 向, 请 … before it: only told or asked */
    struct texts acting;      /* 查处, 核实 … behind it: what is wanted of it, or what it did */
    struct texts members;     /* 工作人员, 的人 … right behind it: belongs to the name */
    struct texts possessions; /* 的熟人, 名义 … behind it: not the official himself */
    struct texts towards;     /* 对, 给 … right behind it: whoever is named next is the object */
    struct texts others;      /* 公司, 老板 …: between the two: the word is said of these */
    const struct words
        *names; /* officials, offices, and the names and aliases of the town's units; NULL when there is no list */
    const struct suspect_name *name_of; /* by number of the word */
};

struct routing {
    struct place line;
    const struct word_group *groups;
    size_t group_count;
    struct rules_list units, guises, severities, copies, assists;
    const struct sign *signs;
    size_t sign_count;
    int64_t signs_enough;          /* points a unit needs */
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

/* A term taken apart. */
struct term {
    struct text expression;             /* `re:` terms: what follows; else NO_TEXT and */
    struct texts parts[TERM_PARTS_MAX]; /* each a list of folded words and `$group` */
    size_t part_count;
};
/* False when it is none: an empty part or word, too many parts. */
bool routing_term(struct arena *arena, struct text written, struct term *ret);

#endif
