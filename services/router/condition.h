/* condition.h - the conditions of rules, compiled against one vocabulary, and whether a lead meets them. Pure.
 *
 * Building: condition_vocabulary over every condition, words_seal, then condition_compile over each, word_lists_seal. */
#ifndef ROUTER_CONDITION_H
#define ROUTER_CONDITION_H

#include "rules.h"
#include "word_lists.h"

struct compiled_condition;

struct building {
    struct arena *arena; /* owns what is built */
    struct arena *terms; /* where each term is read before it is compiled: with the building it goes */
    const struct routing *routing;
    struct words *words;
    struct word_lists *lists;       /* what terms begin with; made when the words are sealed, sealed when all is compiled */
    const struct word_set **groups; /* by number of the group; made when first needed */
};
/* A lead as conditions see it. */
struct sight {
    const struct lead_facts *facts;
    struct text category, guise, unit; /* as derived so far */
    int64_t amount_yuan, victims;
    struct text folded;
    const struct words *words;
    struct words_found found;
    const uint64_t *met; /* by word_lists_met: the beginnings that stand in the text */
    struct arena *arena;
    bool explain; /* make sentences */
};

/* A list of terms by itself. */
struct terms;
void terms_vocabulary(struct building *b, struct texts terms);
void terms_words(struct building *b, struct texts terms, uint64_t *into_bits); /* the plain words among them */
const struct terms *terms_compile(struct building *b, struct texts terms);     /* NULL like condition_compile */
/* How many of the terms that are no plain words the text meets; *ret_first is the first piece, untouched when 0. */
size_t terms_chains(const struct terms *t, const struct sight *s, struct text *ret_first);

void condition_vocabulary(struct building *b, const struct condition *c);
/* NULL when a term or expression cannot be compiled. */
const struct compiled_condition *condition_compile(struct building *b, const struct condition *c);
/* Whether it holds; *ret_because (only when explaining) is the words found, or the first part that is missing. */
bool condition_holds(const struct compiled_condition *c, const struct sight *s, struct text *ret_because);

#endif
