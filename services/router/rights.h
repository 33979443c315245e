/* rights.h - who may see a lead, and who may act on it. Reads the town only; the turn's thread. */
#ifndef ROUTER_RIGHTS_H
#define ROUTER_RIGHTS_H

#include "yinling/account.h"

#include "lead.h"

/* An account never sees a lead against its own unit. Sealed ones are for the discipline office and the director; of the others the
 * office sees all, staff what their unit holds or assists with, everybody else none. Who may not see gets `no-such`. */
bool rights_sees(const struct town *town, const struct account *who, const struct lead *lead);
/* Who sees it and still may not act gets `not-yours`. */
bool rights_acts(const struct account *who, const struct lead *lead, enum side side);
bool rights_is_director(const struct town *town, const struct account *who);

#endif
