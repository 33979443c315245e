/* title.h - the headline of a lead, made from its (masked) text. Pure; in the arena. Internal to intake. */
#ifndef INTAKE_TITLE_H
#define INTAKE_TITLE_H

#include "yinling/text.h"

enum { TITLE_MAX = 40 }; /* graphemes, and code points */

/* The first sentence when it fits, else as many of its clauses as fit, else the clause cut with `…`. Greetings and the writer's
 * introduction of themselves are passed over when something follows. Never empty unless the text has nothing to show. */
struct text title_of(struct arena *arena, struct text text);

#endif
