/* town_parts.h - the pieces town_load puts together; nobody else includes this.
 *
 * Each reads one or more files of the folder into a town that is still being made, adds what is wrong to the findings and goes on,
 * so that one run tells all. What it reads depends on what was read before it: charter, then tables. */
#ifndef YINLING_TOWN_PARTS_H
#define YINLING_TOWN_PARTS_H

#include "yinling/town.h"

/* A town being made. */
struct making {
    struct arena *arena;
    const char *folder;
    struct findings *into;
    struct town *town;
};

/* FOLDER/file, in the town's arena. */
const char *town_path(const struct making *m, const char *file);
/* One group's bit; 0 with a finding when the word is none. */
unsigned town_group_bit(const struct making *m, struct place at, struct text word);

void town_charter_load(const struct making *m); /* town.yaml */
void town_tables_load(const struct making *m);  /* villages.csv workers.csv people.csv */

#endif
