/* mutant.h - the deliberate defects by name; only the build of `make mutants` has them. */
#ifndef SIM_MUTANT_H
#define SIM_MUTANT_H

#include "services/runtime/mutant.h"

#include <stdbool.h>

bool mutant_choose(const char *name); /* false: there is none of that name */
void mutant_list(void);               /* name, tab, sentence, a line each */

#endif
