/* operator.h - the operator as the dice see them: looks at alarms and states, and types what they say. */
#ifndef SIM_OPERATOR_H
#define SIM_OPERATOR_H

#include "sim/world.h"

struct operator;
struct operator* operator_new(struct world *world);
struct operator* operator_free(struct operator* operator);
/* One look around; does what is asked for everywhere. */
void operator_act(struct operator* operator);
void operator_hears(struct operator* operator, const json_t * answer);

#endif
