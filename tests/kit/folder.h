/* folder.h - a private copy of deploy/binhu for a test to break, and patches that break it.
 *
 * A patch is a text file: `@ file` says which file of the folder is meant, `-line` a whole line of it that stands there exactly
 * once, `+line` what takes its place (any number, none deletes it), `$line` is appended, `! file` removes a file (after which
 * `@ file` begins an empty one), `# …` is for the reader. Tests run from the project's root. A mistake in a patch ends the test
 * program with a sentence. */
#ifndef YINLING_KIT_FOLDER_H
#define YINLING_KIT_FOLDER_H

#include "yinling/edition.h"

#define FOLDER_SHIPPED "deploy/binhu"

struct folder {
    char path[32]; /* removed by folder_end with all that is in it */
};

struct folder folder_new(void);   /* the shipped town's files */
struct folder folder_empty(void); /* nothing */
void folder_end(struct folder *folder);
void folder_remove(const char *path); /* any directory, with all that is in it; fine when it is not there */

struct text folder_read(struct arena *arena, const char *path); /* a whole file, by its path */
void folder_write(const struct folder *folder, const char *file, struct text bytes);
void folder_patch(const struct folder *folder, const char *patch_path);

#endif
