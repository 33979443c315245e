/* watch.h - what anybody could see on the wire, judged as it is published: promises that a look at the ledgers would miss. */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include "sim/world.h"

/* A reporter who must be nowhere: not on a topic but the sender's own request, not in a log, on no page of a disk. */
#define CANARY_NAME "金丝雀"
#define CANARY_PHONE "13912345678"
#define CANARY_NUMBER "370481195003071234"
extern const char *const canaries[3];

struct watch *watch_new(void);
struct watch *watch_free(struct watch *watch);
/* For net_on_publish; the context is the world. */
void watch_publish(void *world, const char *from, struct text path, struct text payload, bool retain);
/* Was the unit that complaints name (people.c) ever shown a card of this lead? */
#define COMPLAINED_OF "market"
bool watch_was_shown_to_the_named(const struct world *world, const char *lead);
/* The services' own log of this seed, from a file that has caught it; reads it to its end and empties it. */
void watch_log(struct world *world, int fd);

#endif
