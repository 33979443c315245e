/* rules.h - the routing rules at work: facts of a lead in, a ruling out. Pure: no clock, no file, no table.
 *
 * rules_compile turns a town's routing.yaml into a form that answers in tens of microseconds; it is the router's service.prepare
 * and rules_free its unprepare. What it returns is immutable and may be used from any thread. It borrows from the town. */
#ifndef ROUTER_RULES_H
#define ROUTER_RULES_H

#include "yinling/routing.h"

struct rules;

/* NULL with a complaint on stderr when the rules cannot be compiled (routing_check would have said so with file:line). */
void *rules_compile(const struct town *town);
void rules_free(void *rules);

/* The fields of lead.received that rules may look at. NO_TEXT and RULE_UNKNOWN: not known. Text is masked or not, it does not
 * matter here. */
struct lead_facts {
    struct text text;
    struct text category, guise; /* words of the contract */
    struct text village;         /* 12 digits */
    struct text channel;         /* hotline police platform field */
    struct text urgency;         /* routine urgent money-moving */
    struct text amount_text;     /* read when amount_yuan is unknown, before the text itself is */
    int64_t amount_yuan;         /* yuan */
    int64_t victims;             /* persons */
    struct text against_unit;    /* unit code */
    struct text against_village; /* 12 digits */
};
#define LEAD_FACTS_NONE ((struct lead_facts){ .amount_yuan = RULE_UNKNOWN, .victims = RULE_UNKNOWN })

/* One rule that was tried, or what the signs say for one unit, for `yinling route --explain`. */
struct tried {
    struct text id;          /* of the rule; of `signs` the unit's code */
    const struct rule *rule; /* NULL: of `signs` */
    const char *list;        /* units signs guises severities copies assists */
    bool fits;
    struct text because; /* Chinese: the words found, or the first part that was missing */
};

struct ruling {
    struct text unit;          /* never a unit in `against` */
    const struct text *assist; /* without `unit`, without a unit in `against`, each once */
    size_t assist_count;
    enum severity severity;
    unsigned groups;           /* bits 1 << enum group */
    struct text category;      /* as submitted, or derived; "other" when no rule says */
    struct text guise;         /* as submitted, or derived; NO_TEXT when none fits */
    struct text rule;          /* id of the rule that chose the unit; "catch-all" or "catch-all-against" */
    struct text why;           /* its Chinese sentence */
    bool unmatched;            /* no rule fitted: the office should look */
    int64_t amount_yuan;       /* what the rules took for the amount, RULE_UNKNOWN */
    int64_t victims;           /* likewise */
    const struct tried *tried; /* in order of trying; only when asked */
    size_t tried_count;
};

/* Always gives a unit. The ruling borrows from the town and the arena. */
struct ruling rules_route(const struct rules *rules, const struct lead_facts *facts, struct arena *arena, bool explain);

#endif
