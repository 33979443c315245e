/* check.h - what `yinling check` says about a folder of configuration, and what a new edition would change.
 *
 * Nothing here changes anything or asks a service. Reads files, so it may block; one thread at a time. */
#ifndef YINLING_CHECK_H
#define YINLING_CHECK_H

#include "yinling/town.h"

/* What only the whole can tell, once its parts are loaded: a unit nobody works for or whose hours are not defined, a post nobody
 * holds, a village without workers, nobody to see sealed leads. Called by town_load; looks only at what is there. */
void check_town(const struct town *town, struct findings *into);

/* `yinling check FOLDER`: loads it, and warns of years whose holidays are not published. `today` (days since 1970) says which years
 * matter: those of the next CHECK_AHEAD_DAYS, and those of the campaign's phases. True when there is no error. */
#define CHECK_AHEAD_DAYS 90 /* the longest clock shipped is 30 calendar days; extended and paused ones go further */
bool check_folder(const char *folder, int64_t today, struct findings *into);

/* `yinling check --diff OLD NEW`: one Chinese sentence per change, file by file in the order of names; none when nothing that counts
 * was changed (comments do not). Entries of lists are told apart by id, code, account or name, rows of tables by their first column.
 * Neither folder need be sound, but what cannot be parsed is a finding. The sentences live in the arena. */
#define CHECK_CHANGES_MAX 500 /* beyond, one last sentence says how many were left out */
struct texts check_diff(struct arena *arena, const char *old_folder, const char *new_folder, struct findings *into);

#endif
