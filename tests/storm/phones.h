/* phones.h - phones of grid workers: 3.1.1, two topics to read, one button. A phone taps what it has shown for a while, and taps again
 * when nothing changed: a tap has no id and no answer, the changed screen is its receipt. */
#ifndef STORM_PHONES_H
#define STORM_PHONES_H

#include "storm.h"

enum confirmed { NOT_SEEN, SEEN, CONFIRMED_READ, CONFIRMED_RELAYED };

struct phones *phones_new(struct storm *s);
void phones_step(struct storm *s);
void phones_tap(struct storm *s); /* those whose time has come */
void phones_close(struct storm *s);
/* What this worker's phone has seen of a warning's asking. */
enum confirmed phones_know(const struct storm *s, struct text worker, int64_t warning, int ask);
int64_t phones_overcounted(const struct storm *s); /* phones that saw more confirmations than they gave taps */
void phones_print(const struct storm *s);

#endif
