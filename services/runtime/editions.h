/* editions.h - the editions a node keeps loaded. Included by node_internal.h alone. */
#ifndef RUNTIME_EDITIONS_H
#define RUNTIME_EDITIONS_H

#include "node.h"

struct edition {
    char id[65];
    const struct town *town;
    void *prepared;
    bool borrowed;
    int64_t asked; /* when it was last asked for, in the order of asking */
};

bool editions_open(struct node *node); /* false, with a printed line, when the town cannot be used */
void editions_look(struct node *node); /* at a turn's start: has the link moved? */
void editions_close(struct node *node);

#endif
