/* warnings.h - warnings as the office orders them, and what became of each in every place where somebody can look.
 *
 * Some villages have a phone for each of their workers (phones.h). There the severity is the village's, so that no warning pushes
 * another off a screen: whatever leaves a screen has been dealt with by a tap, and can be counted. */
#ifndef STORM_WARNINGS_H
#define STORM_WARNINGS_H

#include "storm.h"

enum { WARNINGS_MAX = 4000, PHONE_VILLAGES = 8 }; /* the first of the town; and how many have phones */

enum warning_end { IN_FORCE, CANCELLED, EXPIRING };

struct warning { /* by what was asked and answered */
    uint32_t village;
    int64_t number;     /* w-2026-<number>; 0: not answered yet */
    int64_t expires_ms; /* wall clock */
    int64_t workers;    /* addressed, as answered */
    uint32_t updates;   /* asked for */
    int ask;            /* how often everybody was asked, with the updates that were answered */
    enum warning_end end;
    bool is_busy, is_refused;
};

struct warnings *warnings_new(void);
void warnings_listen(struct storm *s);
void warnings_forget(struct storm *s);
void warnings_order(struct storm *s, int64_t every_ms); /* one order, when it is time */
/* Asks the service about every warning; takes its time. True when all of it agrees with what is seen and was tapped. */
bool warnings_agree(struct storm *s);
void warnings_count(struct storm *s);

#endif
