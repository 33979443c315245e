/* audience.h - whom a warning addresses: an order's audience, checked against the town, and the list it stands for.
 *
 * {"all": true} | {"villages": ["370481104200"]} | {"workers": ["w200-1"]}, exactly one of them. Villages get the warning on their
 * topics and all their workers on their phones; named workers get it on their phones alone, and nothing stands in the village.
 * Everything comes in the town's order and once, whatever order it was written in. Pure; results borrow from town and arena. */
#ifndef WARNING_AUDIENCE_H
#define WARNING_AUDIENCE_H

#include "yinling/reader.h"
#include "yinling/town.h"

struct audience {
    const struct village **villages; /* that have a worker addressed, or are addressed themselves */
    size_t village_count;
    const struct worker **workers;
    size_t worker_count;
    bool on_villages; /* the villages themselves are addressed */
};

/* Reads the member "audience" of an order; complains to the order's reader. Empty after a complaint. */
struct audience audience_read(struct arena *arena, struct reader *order, const struct town *town);
/* The same of one that was accepted earlier; whom this town does not have is left out. */
struct audience audience_of(struct arena *arena, const json_t *accepted, const struct town *town);

#endif
