/* versions.h - other versions of the same program: an older one that cannot read every event and crashes on one text, a newer one that
 * says what nobody knows yet and leaves a ledger behind that has tables of its own. */
#ifndef SIM_VERSIONS_H
#define SIM_VERSIONS_H

#include "sim/dice.h"
#include "services/runtime/node.h"

#include <setjmp.h>

/* A submission with this text crashes the older program, wherever it comes. */
#define POISON_TEXT "旧版程序读到这一条就会崩溃。"

/* The service with each handler behind a gate. The same service gives the same table. */
const struct service *versions_of(const struct service *service);
/* Which program the next turn runs. The older one jumps to `crash` where it would have died. */
void versions_turn(bool is_old, jmp_buf *crash);

/* A newer program has run on this ledger for a moment: it has migrated the tables and said an event of a kind that is not known here.
 * False: the disk failed. */
bool versions_newer_ran(const struct db_settings *settings, const char *subject);

#endif
