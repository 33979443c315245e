/* field.h - the types and payload fields of topics.yaml, and the one-line notation they are written in.
 *
 * Mistakes become findings with file:line; what is returned is usable all the same. One thread. */
#ifndef CONTRACT_FIELD_H
#define CONTRACT_FIELD_H

#include "services/contract/model.h"

struct loading {
    struct arena *arena;
    struct findings *into;
    struct contract *contract;
    struct request *forms; /* as requests that nobody answers */
    size_t form_count;
};

/* Reads `types`; afterwards types may be named. */
void field_types(struct loading *l, const struct node *types);
const struct type *field_type(const struct loading *l, struct text name); /* NULL when there is none */
/* NAME: TYPE [RANGE] [UNIT][!] [-- meaning]   for each key; NULL is an empty list. */
struct fields field_list(struct loading *l, const struct node *map, struct texts one_of);
/* The second list behind the first; a name in both is a finding. */
struct fields field_join(struct loading *l, struct fields first, struct fields second);

#endif
