/* disk.h - a disk inside the process, as an SQLite VFS: it loses what was not synced, tears it, runs full, fails, flips bits.
 *
 * Every machine of the simulation has its own disk, so that one process can die alone. Time does not pass here. One thread.
 * What the disk promises is what Linux promises: after xSync returned OK what was written since the last xSync survives; before, any
 * subset of the 512-byte sectors may have reached the platter. After an xSync that failed the sectors may be gone for good: they can
 * still be read, count as clean, and no later xSync writes them. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "sim/dice.h"

#include <stddef.h>

struct disk;
/* Once in a process, before anything opens a ledger: SQLite for one thread and without counting its memory. */
void disk_start(void);
/* Registers a VFS of this name with SQLite. */
struct disk *disk_new(const char *name, struct dice *dice);
struct disk *disk_free(struct disk *disk);
const char *disk_vfs(const struct disk *disk);

/* The machine's process dies after `operations` more writes or syncs (0: never). From then on every call fails and has no effect. */
void disk_die_after(struct disk *disk, long operations);
void disk_die_now(struct disk *disk);
bool disk_is_dead(const struct disk *disk);
bool disk_has_failed(const struct disk *disk); /* an EIO since the last start */
/* The process starts again. `power_lost`: what was not synced is kept or lost sector by sector, by the dice; otherwise (the process
 * died, the machine did not) every write is kept. */
void disk_restart(struct disk *disk, bool power_lost);

void disk_set_full(struct disk *disk, bool full);                /* writes that grow a file: SQLITE_FULL */
void disk_fail_next_sync(struct disk *disk, bool bytes_reached); /* EIO, and whether they survive is decided here */
void disk_fail_next_write(struct disk *disk);                    /* EIO; nothing of it is written */
bool disk_flip_bit(struct disk *disk); /* one bit in the head of a ledger's page; false: there is none */
void disk_misread(struct disk *disk);  /* the same in what is read next of a ledger's pages; on the disk it stays right */
/* Loss of power that kept some of the sectors written since the last sync and lost others, so far. */
long disk_torn(const struct disk *disk);

/* A copy of all files as they would be after a crash now with nothing unsynced; and putting such a copy back. */
struct disk_copy;
struct disk_copy *disk_backup(const struct disk *disk);
void disk_restore(struct disk *disk, const struct disk_copy *copy);
struct disk_copy *disk_copy_free(struct disk_copy *copy);

/* Does any byte on this disk spell these? */
bool disk_contains(const struct disk *disk, const void *bytes, size_t len);
long disk_syncs(const struct disk *disk); /* how many so far: where crashes can fall */
long disk_operations(const struct disk *disk);

#endif
