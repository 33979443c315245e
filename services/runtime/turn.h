/* turn.h - the open turn: what it has said, shown and answered so far, and one message in it. Included by node_internal.h alone. */
#ifndef RUNTIME_TURN_H
#define RUNTIME_TURN_H

#include "node.h"

struct counts { /* of the open turn; each message keeps a copy to return to */
    size_t said, shown, answers, feeds;
    int64_t head;
    unsigned char head_hash[HASH_BYTES];
    int64_t revision;
    bool alarms_changed;
    int64_t changes; /* of the ledger; only in a copy */
};

struct outgoing { /* an answer or feed line, QoS 0 */
    struct text path, payload;
};

#define SAID_MAX 8192 /* events of one turn that are kept at hand: 512 messages of 10 leads and their clocks */
#define OUTGOING_MAX 4096
#define NESTED_MAX 2 /* a request, and in it the parked event that it tries again */

/* turn.c */
void node_begin_message(struct node *node);
void node_end_message(struct node *node, bool keep); /* false: what it changed is undone; may begin the whole turn anew */

#endif
