/* likeness.h - what of a lead's subject other leads may share: telephone, account, site, plate, firm.
 *
 * Each is brought to one form first, so that 139-0013-9000 and +86 13900139000 are the same. Pure; in the arena. */
#ifndef INTAKE_LIKENESS_H
#define INTAKE_LIKENESS_H

#include "yinling/text.h"

#include <jansson.h>

enum { TRAITS_MAX = 5 };

struct trait {
    const char *why;  /* phone account url plate name */
    struct text form; /* never empty */
};

/* How many. A subject that is NULL has none; what is too short or too common to tell anything is left out. */
size_t likeness_of(struct arena *arena, const json_t *subject, struct trait ret[TRAITS_MAX]);

#endif
