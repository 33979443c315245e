/* people.h - the town's people as the dice see them: channels, workers, staff, the office. They know only what they could see: answers
 * and retained topics. They repeat, contradict themselves, come late, send garbage and
 * claim to be others. */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "sim/world.h"

struct people;
struct people *people_new(struct world *world);
struct people *people_free(struct people *people);
/* One deed of one of them. */
void people_act(struct people *people);
/* Sends again everything that has no answer yet; how many that were. */
size_t people_repeat(struct people *people);
/* The operator looks around once. */
void people_look_after(struct people *people);
/* Leads that somebody was told are accepted. */
size_t people_lead_count(const struct people *people);
const char *people_lead(const struct people *people, size_t i);
/* Its acceptance fell into what a restored ledger has lost. */
/* Who submitted it said that it is a complaint against COMPLAINED_OF. */
bool people_lead_is_complaint(const struct people *people, size_t i);
bool people_lead_is_loose(const struct people *people, size_t i);
/* A request that was granted, or of which its sender never learned (answer: NULL). */
struct asked {
    const char *kind, *account;
    const json_t *body, *answer;
};
void people_each_asked(const struct people *people, void (*call)(void *context, const struct asked *asked), void *context);
size_t people_warning_count(const struct people *people);

#endif
