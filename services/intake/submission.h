/* submission.h - a lead as somebody submits it: read, checked, and split into what may be said and what must be sealed.
 *
 * Pure; in the arena. Internal to intake. */
#ifndef INTAKE_SUBMISSION_H
#define INTAKE_SUBMISSION_H

#include "mask.h"
#include "yinling/account.h"
#include "yinling/reader.h"
#include "yinling/town.h"

enum {
    TEXT_MAX = 2000,
    SAY_MAX = 500,
    SUBJECT_NAME_MAX = 100,
    PHONE_MAX = 40,
    ACCOUNT_MAX = 100,
    URL_MAX = 500,
    PLATE_MAX = 20,
    ADDRESS_MAX = 200,
    AMOUNT_TEXT_MAX = 100,
    SOURCE_REF_MAX = 64,
    BATCH_MAX = 64,
    REPORTER_NAME_MAX = 50,
    SEALED_MAX = 8000,
    VICTIMS_MAX = 1000000,
};
#define AMOUNT_YUAN_MAX 1000000000000LL

struct submission {
    struct text channel; /* kind: hotline police platform field */
    struct text sender;  /* the channel's account; NO_TEXT for a person's and for the public page */
    struct text village; /* 12 digits; NO_TEXT */
    struct text text;    /* masked */
    struct text title;
    struct text source_ref; /* as given; NO_TEXT */
    bool ref_is_personal;   /* it says who the reporter is: kept as a hash, said to nobody */
    bool is_money_moving;
    json_t *facts; /* what of the fields was given, as lead.received says it, without text and title */
    /* for the vault */
    struct text original;   /* NO_TEXT when masking changed nothing */
    const json_t *reporter; /* borrowed from the request; NULL */
    struct text reporter_sealed;
    bool named; /* somebody wants an answer */
};

/* Complaints go to the reader; the result may be used when it is sound. */
void submission_read(struct arena *arena, const struct town *town, instant_ms now, const struct account *who, struct reader *in,
                     const json_t *body, struct submission *ret);
/* What a grid worker said in passing. */
void submission_said(struct arena *arena, const struct town *town, const struct account *who, struct text words,
                     struct submission *ret);

#endif
