/* spread.h - warnings going out and being taken down, a slice at a time, and the walk that makes every topic of the town stand.
 *
 * Each function is one chore of the clock: it does at most `most` things and returns how many it did; 0 means nothing is due.
 * What a slice has done is committed with the position it reached, so a crash repeats or skips nobody. */
#ifndef WARNING_SPREAD_H
#define WARNING_SPREAD_H

#include "services/warning/screen.h"

typedef int chore(struct tx *tx, instant_ms now, int most);

chore spread_begin;  /* a warning ordered for later begins */
chore spread_expire; /* a warning's time is over */
chore spread_onward; /* the next of those addressed get it */
chore spread_wind;   /* the next of those who have it lose it */
chore spread_due;    /* reminders, escalations, cancellations that nobody tapped away */
chore spread_wake;   /* echoes of refusals make room */
chore spread_board;  /* statistics that are out of date are shown */
chore spread_walk;   /* after a new edition: new villages and workers get their topics, those gone lose them */
chore spread_forget; /* acts of the web page too old to be repeated are forgotten */

/* A warning ends: said at once, taken down in slices. */
void spread_end(struct tx *tx, instant_ms now, struct warning *w, enum ending ending, struct text reason, struct text by);
/* When any chore has something to do next. */
instant_ms spread_next(struct tx *tx);

#endif
