/* leads.h - leads as everybody of the contract sees them: who sent them, on whose desk they stand, what was answered to whom. */
#ifndef STORM_LEADS_H
#define STORM_LEADS_H

#include "storm.h"

enum { LEADS_MAX = 400000 };
enum stage { STAGE_NONE, STAGE_DISPATCHED, STAGE_SIGNED, STAGE_CONCLUDED, STAGE_CLOSED };

struct lead {                         /* sets of units are bits by the town's order */
    uint16_t leading, assisting, due; /* what the office sees */
    uint32_t submission;
    uint8_t shown; /* enum stage: what the channel's card says */
    uint8_t stage; /* enum stage: what the answers say */
    int8_t unit;   /* what the answers say; -1: none spoke of it yet */
    uint8_t round, acts;
    bool is_accepted, is_sealed, is_complaint, is_busy, is_left; /* left: nobody does anything about it any more */
};

struct leads *leads_new(void);
void leads_listen(struct storm *s); /* the office's and the channel's topics */
void leads_forget(struct storm *s); /* what was seen, not what was answered */
void leads_submit(struct storm *s, int64_t open_max);
void leads_act(struct storm *s, int64_t open_max); /* units and the office do their next step */
int64_t leads_settled(const struct storm *s);      /* accepted ones that stand where the answers say */
int64_t leads_accepted(const struct storm *s);
int64_t leads_submitted(const struct storm *s);
void leads_count(struct storm *s);
/* By number from 1 to the highest; NULL beyond. */
const struct lead *leads_numbered(const struct storm *s, int64_t number);
int64_t leads_highest(const struct storm *s);
int leads_year(const struct storm *s);

#endif
