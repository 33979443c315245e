/* view.h - views within the runtime: lanes, what is in flight, reconciling. Included by node_internal.h alone. */
#ifndef RUNTIME_VIEW_H
#define RUNTIME_VIEW_H

#include "node.h"

/* One outgoing lane of views and how far the broker has it. */
struct lane {
    int64_t sent;      /* highest revision handed to the bus on this connection */
    int64_t head;      /* highest revision committed */
    int64_t marked;    /* watermark last published on this connection */
    int64_t confirmed; /* highest watermark the broker has acknowledged: tombstones up to here may go */
    int64_t pruned;    /* tombstones were deleted up to here: a broker whose watermark is below has gone back in time */
    instant_ms next_mark, next_page; /* pacing */
    int64_t dead;                    /* tombstones in the ledger, about */
    /* the broker's own word, read at connecting */
    bool found;
    char found_epoch[EPOCH_HEX];
    int64_t found_revision;
};

enum flight_kind { FLIGHT_FREE, FLIGHT_VIEW, FLIGHT_MARK, FLIGHT_OTHER };
struct flight { /* one QoS 1 publish; FLIGHT_FREE once acknowledged */
    enum flight_kind kind;
    int lane;
    int64_t revision;
    size_t bytes;
};
#define WINDOW_MAX 512

/* view.c */
void view_open(struct node *node);
void view_up(struct node *node);
void view_hear_watermark(struct node *node, int lane, struct text payload);
bool view_needs_reconciling(const struct node *node);
void view_subscribe_own(struct node *node);
void view_unsubscribe_own(struct node *node);
void view_note_found(struct node *node, struct text path);
void view_clear_strangers(struct node *node); /* needs an open transaction */
void view_start(struct node *node);
void view_marked(struct node *node, int lane, int64_t revision); /* the broker has this watermark */
bool view_is_acknowledged(const struct node *node);
void view_prune(struct node *node); /* needs an open transaction */
void view_pump(struct node *node);
instant_ms view_next(const struct node *node);

#endif
