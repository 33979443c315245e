/* asks.h - every request of the storm under a known id: asked until it is answered, and asked again when all is over.
 *
 * A request is a few numbers; its bytes are made from them each time, so that a repeat is the same to the byte. The answer is kept as a
 * digest. Whatever answer arrives for an id, asked for or not, must be the first one again. */
#ifndef STORM_ASKS_H
#define STORM_ASKS_H

#include "storm.h"

enum ask_kind {
    ASK_LEAD,     /* about: its own number of the submission, detail 1: a complaint about a unit */
    ASK_SIGN,     /* about: number of the lead; likewise below */
    ASK_PROGRESS, /* */
    ASK_CONCLUDE, /* */
    ASK_PASS,     /* verified: the lead is closed */
    ASK_REDO,     /* verified: not good enough */
    ASK_ASSIGN,   /* detail: index of the unit */
    ASK_ISSUE,    /* about: index among the warnings; likewise below */
    ASK_UPDATE,   /* detail: which update of this warning it is */
    ASK_CANCEL,
    ASK_KINDS
};

struct ask {
    struct storm *storm;
    uint64_t digest; /* of the answer */
    uint32_t about, detail;
    uint8_t kind, from; /* enum ask_kind, enum sender */
    bool is_sent, is_answered, is_ok;
};

struct asks *asks_new(void);
/* Hears whatever is answered to this sender. */
void asks_listen(struct storm *s, int from, const char *account);
/* Asks now. The answer that binds comes to lead_answered or warn_answered, once. */
void asks_send(struct storm *s, enum ask_kind kind, int from, uint32_t about, uint32_t detail);
/* Asks again what was answered `unavailable`, when its time has come. */
void asks_step(struct storm *s);
int64_t asks_open(const struct storm *s); /* without an answer that binds */
int64_t asks_sent(const struct storm *s);
/* Everything once more: each gets the same answer. Takes its time. */
void asks_repeat(struct storm *s);
void asks_count(struct storm *s);

/* Who is told, by kind. */
void lead_answered(struct storm *s, const struct ask *ask, const json_t *answer);
void warn_answered(struct storm *s, const struct ask *ask, const json_t *answer);
/* Who says what is asked: adds the fields of this kind. */
void lead_body(const struct storm *s, const struct ask *ask, json_t *body);
void warn_body(const struct storm *s, const struct ask *ask, json_t *body);

#endif
