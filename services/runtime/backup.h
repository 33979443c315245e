/* backup.h - a copy of a running service's ledger, on an operator's request. Included by node_internal.h alone. */
#ifndef RUNTIME_BACKUP_H
#define RUNTIME_BACKUP_H

#include "node.h"

struct backup {
    bool due;            /* asked for in this turn; made when it is committed */
    size_t answer;       /* which of the turn's answers tells of it */
    struct text refusal; /* said instead when it fails; of the turn's arena */
    char asked[128];     /* account and id of the last one made: a repeat while it was made gets the same copy */
    char file[96];       /* its path below the state directory */
};

enum verdict backup_asked(struct tx *tx, instant_ms now, const struct request *r);
void backup_forget(struct node *node); /* the turn in which it was asked for is undone */
/* Between turns: VACUUM INTO DIR/<service>/backup/<service>-<date>.db, the service's own folder (it may write no other), synced. Blocks
 * for about a second per 100 MiB. Not committed: forgotten. */
void backup_make(struct node *node, bool committed);

#endif
