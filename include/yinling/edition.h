/* edition.h - editions: a town's folder, kept under its id, and which one is in use.
 *
 * The id is the SHA-256 over the folder's known files in the order of their names: for each that is there, its name, its length and
 * its bytes. Other files (README.md, samples/) do not count and are not copied. Under STATE/editions stand `<id>/`, never changed
 * once there, and the link `current` -> `<id>`, replaced by a rename: a reader sees the old edition or the new one.
 * After a crash at any point `current` names a whole edition, or does not exist; what an interrupted install left behind
 * (`.new-*`) is never looked at. Reads and writes files, so it may block; one process installs at a time. */
#ifndef YINLING_EDITION_H
#define YINLING_EDITION_H

#include "yinling/town.h"

#define EDITION_HEX 64

extern const char *const edition_files[]; /* the known files, sorted; ends with NULL */

enum edition_outcome {
    EDITION_INSTALLED, /* `current` is this one now */
    EDITION_SAME,      /* it was already; nothing changed */
    EDITION_UNSOUND,   /* the folder is not sound: *into says why; nothing changed */
    EDITION_DISK       /* could not be written: *into says why; `current` is unchanged */
};
/* Checks the folder, copies it and makes it current. STATE must exist. ret_hex is set for the first two outcomes. */
enum edition_outcome edition_install(const char *folder, const char *state_dir, struct findings *into,
                                     char ret_hex[EDITION_HEX + 1]);

/* The id of the edition in use; false when there is none. Cheap: reads one link. */
bool edition_current(const char *state_dir, char ret_hex[EDITION_HEX + 1]);
/* FOLDER, or what it points to when it is a link: whoever reads several files through `current` settles it first, so that he never
 * has half of one edition and half of the next. town_load and town_edition do. */
const char *edition_settled(struct arena *arena, const char *folder);
/* Loads an edition by its id. NULL when it is not there, not sound, or not what its id says (*into tells). town_free it. */
const struct town *edition_open(const char *state_dir, const char *id, struct findings *into);

#endif
