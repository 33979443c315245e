/* check.h - what must fit together across the parts of topics.yaml. Mistakes become findings. */
#ifndef CONTRACT_CHECK_H
#define CONTRACT_CHECK_H

#include "services/contract/field.h"

/* The form of this name, or NULL with a finding at `from`. */
const struct request *check_form(struct loading *l, struct place from, struct text name);
/* Takes the topics' paths apart and finds the type of each part (`parts`: part -> type). */
void check_paths(struct loading *l, const struct node *parts);
/* Names, references, rights. Needs a contract whose parts were read without findings. */
void check_contract(struct loading *l);

#endif
