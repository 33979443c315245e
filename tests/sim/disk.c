/* disk.c - see disk.h. A file is two byte arrays: what a reader sees now, and what has been synced; a list says which sectors differ.
 * Nothing here walks over a whole file but a loss of power and a copy. The only file of the tests that includes sqlite3.h. */
#include "sim/disk.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, FILES_MAX = 8, NAME_ROOM = 128 };

struct bytes {
    unsigned char *at;
    sqlite3_int64 size, room;
};

struct file {
    char name[NAME_ROOM];
    bool exists, exists_synced;
    struct bytes now, synced;
    unsigned char *is_dirty; /* one byte a sector */
    sqlite3_int64 *dirty;    /* those sectors, in the order of writing */
    sqlite3_int64 sectors, dirty_count;
};

struct disk {
    sqlite3_vfs vfs; /* first */
    char name[64];
    struct dice *dice;
    struct file files[FILES_MAX];
    bool dead, full, next_write_fails, has_failed, misreads;
    enum { SYNCS_WORK, SYNC_FAILS_KEPT, SYNC_FAILS_LOST } next_sync;
    long die_after, operations, syncs, torn;
    sqlite3_int64 clock; /* for xCurrentTime: never moves */
};

struct handle {
    sqlite3_file base; /* first */
    struct disk *disk;
    struct file *file;
};

/* -- bytes ----------------------------------------------------------------------------------------------------------- */

static void bytes_room(struct bytes *b, sqlite3_int64 size)
{
    if (size <= b->room)
        return;
    sqlite3_int64 room = b->room ? b->room : 64 * 1024;
    while (room < size)
        room *= 2;
    b->at = realloc(b->at, (size_t) room);
    assert(b->at);
    b->room = room;
}

/* What lies between the old end and the new one reads as zero. */
static void bytes_grow(struct bytes *b, sqlite3_int64 size)
{
    if (size <= b->size)
        return;
    bytes_room(b, size);
    memset(b->at + b->size, 0, (size_t) (size - b->size));
    b->size = size;
}

static void bytes_cut(struct bytes *b, sqlite3_int64 size)
{
    b->size = size < b->size ? size : b->size;
}

static void bytes_write(struct bytes *b, const void *from, sqlite3_int64 len, sqlite3_int64 at)
{
    bytes_grow(b, at);
    bytes_room(b, at + len);
    memcpy(b->at + at, from, (size_t) len);
    b->size = at + len > b->size ? at + len : b->size;
}

static void bytes_copy(struct bytes *to, const struct bytes *from)
{
    to->size = 0;
    if (from->size)
        bytes_write(to, from->at, from->size, 0);
}

static void mark_dirty(struct file *f, sqlite3_int64 at, sqlite3_int64 len)
{
    sqlite3_int64 last = (at + len + SECTOR - 1) / SECTOR;
    if (last > f->sectors) {
        f->is_dirty = realloc(f->is_dirty, (size_t) last * 2);
        f->dirty = realloc(f->dirty, (size_t) last * 2 * sizeof *f->dirty);
        assert(f->is_dirty && f->dirty);
        memset(f->is_dirty + f->sectors, 0, (size_t) (last * 2 - f->sectors));
        f->sectors = last * 2;
    }
    for (sqlite3_int64 s = at / SECTOR; s < last; s++) {
        if (!f->is_dirty[s])
            f->dirty[f->dirty_count++] = s;
        f->is_dirty[s] = 1;
    }
}

static void mark_clean(struct file *f)
{
    for (sqlite3_int64 i = 0; i < f->dirty_count; i++)
        f->is_dirty[f->dirty[i]] = 0;
    f->dirty_count = 0;
}

/* Puts the dirty sectors onto the platter: all, or those the dice choose. True: some, and some not. */
static bool settle(struct file *f, struct dice *dice, bool all)
{
    sqlite3_int64 kept = 0, dirty = f->dirty_count;
    sqlite3_int64 size = f->now.size;
    if (!all && f->synced.size != size && dice_chance(dice, 500))
        size = f->synced.size; /* the new length did not reach it */
    bytes_cut(&f->synced, size);
    if (!all)
        bytes_grow(&f->synced, size);
    bytes_room(&f->synced, size); /* all that is new is dirty */
    f->synced.size = size;
    for (sqlite3_int64 i = 0; i < f->dirty_count; i++) {
        sqlite3_int64 from = f->dirty[i] * SECTOR, end = from + SECTOR;
        end = end > size ? size : end;
        end = end > f->now.size ? f->now.size : end;
        if (end <= from || (!all && !dice_chance(dice, 500)))
            continue;
        memcpy(f->synced.at + from, f->now.at + from, (size_t) (end - from));
        kept++;
    }
    mark_clean(f);
    f->exists_synced = f->exists;
    return kept > 0 && kept < dirty;
}

/* -- dying ----------------------------------------------------------------------------------------------------------- */

static bool dies(struct disk *d)
{
    if (d->dead)
        return true;
    d->operations++;
    if (d->die_after && --d->die_after == 0)
        d->dead = true;
    return d->dead;
}

void disk_die_after(struct disk *d, long operations)
{
    d->die_after = operations;
}
void disk_die_now(struct disk *d)
{
    d->dead = true;
}
bool disk_is_dead(const struct disk *d)
{
    return d->dead;
}
bool disk_has_failed(const struct disk *d)
{
    return d->has_failed;
}
void disk_set_full(struct disk *d, bool full)
{
    d->full = full;
}
long disk_syncs(const struct disk *d)
{
    return d->syncs;
}
long disk_operations(const struct disk *d)
{
    return d->operations;
}

void disk_fail_next_sync(struct disk *d, bool bytes_reached)
{
    d->next_sync = bytes_reached ? SYNC_FAILS_KEPT : SYNC_FAILS_LOST;
}

void disk_restart(struct disk *d, bool power_lost)
{
    for (int i = 0; i < FILES_MAX && power_lost; i++) {
        struct file *f = &d->files[i];
        if (!f->name[0])
            continue;
        d->torn += settle(f, d->dice, false);
        f->exists = f->exists_synced;
        bytes_copy(&f->now, &f->synced);
    }
    d->dead = d->next_write_fails = d->has_failed = d->misreads = false;
    d->die_after = 0;
    d->next_sync = SYNCS_WORK;
}

void disk_fail_next_write(struct disk *d)
{
    d->next_write_fails = true;
}

void disk_misread(struct disk *d)
{
    d->misreads = true;
}
long disk_torn(const struct disk *d)
{
    return d->torn;
}

enum { PAGE = 4096, FILE_HEAD = 100, PAGE_HEAD = 8 };

static bool is_ledger(const struct file *f)
{
    size_t len = strlen(f->name);
    return len > 3 && strcmp(f->name + len - 3, ".db") == 0;
}

bool disk_flip_bit(struct disk *d)
{
    for (int i = 0; i < FILES_MAX; i++) {
        struct file *f = &d->files[i];
        if (!is_ledger(f) || f->now.size < PAGE)
            continue;
        sqlite3_int64 page = dice_below(d->dice, f->now.size / PAGE);
        sqlite3_int64 at = page * PAGE + (page ? 0 : FILE_HEAD) + dice_below(d->dice, PAGE_HEAD);
        f->now.at[at] ^= (unsigned char) (1u << dice_below(d->dice, 8));
        return true;
    }
    return false;
}

/* -- file methods ---------------------------------------------------------------------------------------------------- */

static int on_close(sqlite3_file *base)
{
    (void) base;
    return SQLITE_OK;
}

static int on_read(sqlite3_file *base, void *into, int len, sqlite3_int64 at)
{
    struct handle *h = (struct handle *) base;
    if (h->disk->dead)
        return SQLITE_IOERR_READ;
    sqlite3_int64 there = h->file->now.size - at;
    if (there >= len) {
        memcpy(into, h->file->now.at + at, (size_t) len);
        if (h->disk->misreads && len == PAGE && is_ledger(h->file)) {
            h->disk->misreads = false;
            ((unsigned char *) into)[(at ? 0 : FILE_HEAD) + dice_below(h->disk->dice, PAGE_HEAD)] ^=
                (unsigned char) (1u << dice_below(h->disk->dice, 8));
        }
        return SQLITE_OK;
    }
    memset(into, 0, (size_t) len);
    if (there > 0)
        memcpy(into, h->file->now.at + at, (size_t) there);
    return SQLITE_IOERR_SHORT_READ;
}

static int on_write(sqlite3_file *base, const void *from, int len, sqlite3_int64 at)
{
    struct handle *h = (struct handle *) base;
    if (dies(h->disk))
        return SQLITE_IOERR_WRITE;
    if (h->disk->full && at + len > h->file->now.size)
        return SQLITE_FULL;
    if (h->disk->next_write_fails) {
        h->disk->next_write_fails = false;
        h->disk->has_failed = true;
        return SQLITE_IOERR_WRITE;
    }
    sqlite3_int64 end = h->file->now.size, gap = at > end ? at - end : 0;
    bytes_write(&h->file->now, from, len, at);
    mark_dirty(h->file, at - gap, len + gap);
    return SQLITE_OK;
}

static int on_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *h = (struct handle *) base;
    if (dies(h->disk))
        return SQLITE_IOERR_TRUNCATE;
    bytes_cut(&h->file->now, size);
    return SQLITE_OK;
}

static int on_sync(sqlite3_file *base, int flags)
{
    (void) flags;
    struct handle *h = (struct handle *) base;
    if (dies(h->disk))
        return SQLITE_IOERR_FSYNC;
    h->disk->syncs++;
    if (h->disk->next_sync != SYNCS_WORK) {
        if (h->disk->next_sync == SYNC_FAILS_KEPT)
            settle(h->file, h->disk->dice, true);
        else
            mark_clean(h->file);
        h->disk->next_sync = SYNCS_WORK;
        h->disk->has_failed = true;
        return SQLITE_IOERR_FSYNC;
    }
    settle(h->file, h->disk->dice, true);
    return SQLITE_OK;
}

static int on_size(sqlite3_file *base, sqlite3_int64 *ret)
{
    *ret = ((struct handle *) base)->file->now.size;
    return ((struct handle *) base)->disk->dead ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int on_lock(sqlite3_file *base, int level)
{
    (void) base;
    (void) level;
    return SQLITE_OK; /* one process a ledger: the lock file sees to that, and it is not simulated */
}

static int on_reserved(sqlite3_file *base, int *ret)
{
    (void) base;
    *ret = 0;
    return SQLITE_OK;
}

static int on_control(sqlite3_file *base, int op, void *arg)
{
    (void) base;
    (void) op;
    (void) arg;
    return SQLITE_NOTFOUND;
}

static int on_sector(sqlite3_file *base)
{
    (void) base;
    return SECTOR;
}

static int on_traits(sqlite3_file *base)
{
    (void) base;
    return 0;
}

static const sqlite3_io_methods methods = { .iVersion = 1,
                                            .xClose = on_close,
                                            .xRead = on_read,
                                            .xWrite = on_write,
                                            .xTruncate = on_truncate,
                                            .xSync = on_sync,
                                            .xFileSize = on_size,
                                            .xLock = on_lock,
                                            .xUnlock = on_lock,
                                            .xCheckReservedLock = on_reserved,
                                            .xFileControl = on_control,
                                            .xSectorSize = on_sector,
                                            .xDeviceCharacteristics = on_traits };

/* -- vfs methods ----------------------------------------------------------------------------------------------------- */

static struct file *file_named(struct disk *d, const char *name)
{
    for (int i = 0; i < FILES_MAX; i++) {
        if (strcmp(d->files[i].name, name) == 0)
            return &d->files[i];
    }
    for (int i = 0; i < FILES_MAX; i++) {
        if (!d->files[i].name[0]) {
            snprintf(d->files[i].name, NAME_ROOM, "%s", name);
            return &d->files[i];
        }
    }
    abort();
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags)
{
    struct disk *d = (struct disk *) vfs;
    struct handle *h = (struct handle *) base;
    base->pMethods = NULL;
    if (d->dead)
        return SQLITE_CANTOPEN;
    struct file *f = file_named(d, name ? name : "temporary");
    if (!f->exists && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    f->exists = true;
    f->exists_synced = true; /* directories are synced by the real VFS when it makes a file */
    *h = (struct handle){ .base = { &methods }, .disk = d, .file = f };
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void) sync;
    struct disk *d = (struct disk *) vfs;
    if (dies(d))
        return SQLITE_IOERR_DELETE;
    struct file *f = file_named(d, name);
    f->exists = f->exists_synced = false;
    bytes_cut(&f->now, 0);
    bytes_cut(&f->synced, 0);
    mark_clean(f);
    return SQLITE_OK;
}

static int has_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    (void) flags;
    struct disk *d = (struct disk *) vfs;
    *ret = 0;
    for (int i = 0; i < FILES_MAX; i++) {
        if (strcmp(d->files[i].name, name) == 0)
            *ret = d->files[i].exists && d->files[i].now.size > 0;
    }
    return d->dead ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *name, int room, char *ret)
{
    (void) vfs;
    snprintf(ret, (size_t) room, "%s", name);
    return SQLITE_OK;
}

static int randomness(sqlite3_vfs *vfs, int len, char *ret)
{
    struct disk *d = (struct disk *) vfs;
    for (int i = 0; i < len; i++)
        ret[i] = (char) dice_below(d->dice, 256);
    return len;
}

static int wait_us(sqlite3_vfs *vfs, int us)
{
    (void) vfs;
    return us;
}

static int time_64(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
    *ret = ((struct disk *) vfs)->clock;
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int room, char *ret)
{
    (void) vfs;
    if (room > 0)
        ret[0] = '\0';
    return 0;
}

void disk_start(void)
{
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct disk *disk_new(const char *name, struct dice *dice)
{
    struct disk *d = calloc(1, sizeof *d);
    assert(d);
    snprintf(d->name, sizeof d->name, "sim-%s", name);
    d->dice = dice;
    d->clock = INT64_C(210866760000000);
    d->vfs = (sqlite3_vfs){ .iVersion = 2,
                            .szOsFile = (int) sizeof(struct handle),
                            .mxPathname = NAME_ROOM - 1,
                            .zName = d->name,
                            .xOpen = open_file,
                            .xDelete = delete_file,
                            .xAccess = has_access,
                            .xFullPathname = full_path,
                            .xRandomness = randomness,
                            .xSleep = wait_us,
                            .xGetLastError = last_error,
                            .xCurrentTimeInt64 = time_64 };
    sqlite3_vfs_register(&d->vfs, 0);
    return d;
}

const char *disk_vfs(const struct disk *d)
{
    return d->name;
}

static void files_free(struct file *files)
{
    for (int i = 0; i < FILES_MAX; i++) {
        free(files[i].now.at);
        free(files[i].synced.at);
        free(files[i].is_dirty);
        free(files[i].dirty);
    }
}

struct disk *disk_free(struct disk *d)
{
    if (!d)
        return NULL;
    sqlite3_vfs_unregister(&d->vfs);
    files_free(d->files);
    free(d);
    return NULL;
}

/* -- copies ---------------------------------------------------------------------------------------------------------- */

struct disk_copy {
    struct file files[FILES_MAX];
};

struct disk_copy *disk_backup(const struct disk *d)
{
    struct disk_copy *copy = calloc(1, sizeof *copy);
    assert(copy);
    for (int i = 0; i < FILES_MAX; i++) {
        const struct file *f = &d->files[i];
        snprintf(copy->files[i].name, NAME_ROOM, "%s", f->name);
        copy->files[i].exists = f->exists;
        bytes_copy(&copy->files[i].synced, &f->now);
    }
    return copy;
}

void disk_restore(struct disk *d, const struct disk_copy *copy)
{
    files_free(d->files);
    memset(d->files, 0, sizeof d->files);
    d->next_write_fails = d->misreads = false;
    d->next_sync = SYNCS_WORK;
    for (int i = 0; i < FILES_MAX; i++) {
        struct file *f = &d->files[i];
        snprintf(f->name, NAME_ROOM, "%s", copy->files[i].name);
        f->exists = f->exists_synced = copy->files[i].exists;
        bytes_copy(&f->now, &copy->files[i].synced);
        bytes_copy(&f->synced, &copy->files[i].synced);
    }
    d->dead = false;
    d->die_after = 0;
}

struct disk_copy *disk_copy_free(struct disk_copy *copy)
{
    if (copy)
        files_free(copy->files);
    free(copy);
    return NULL;
}

bool disk_contains(const struct disk *d, const void *bytes, size_t len)
{
    for (int i = 0; i < FILES_MAX; i++) {
        const struct file *f = &d->files[i];
        if (f->now.size && memmem(f->now.at, (size_t) f->now.size, bytes, len))
            return true;
    }
    return false;
}
