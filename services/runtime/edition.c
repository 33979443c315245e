/* edition.c - the id of a configuration folder, and installing it (yinling/edition.h).
 *
 * An edition is written beside the others under a name nobody reads, synced, and only then renamed; the link `current` is replaced
 * the same way. So the order of the system calls is the promise: files, their directory, rename, directory, link, directory. */
#include "yinling/edition.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (16 * 1024 * 1024) /* as csv.c reads at most */

const char *const edition_files[] = { "calendar.csv", "custodians.yaml", "deadlines.yaml", "people.csv",  "routing.yaml",
                                      "town.yaml",    "villages.csv",    "warnings.yaml",  "workers.csv", NULL };

enum got { GOT, ABSENT, UNREADABLE };

/* The whole file. */
static enum got file_read(struct arena *arena, const char *path, struct text *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ABSENT : UNREADABLE;
    struct stat st;
    enum got got = UNREADABLE;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_BYTES_MAX) {
        size_t size = (size_t) st.st_size, len = 0;
        char *bytes = arena_take(arena, size + 1);
        for (ssize_t n = 1; len < size && n > 0; len += n > 0 ? (size_t) n : 0)
            n = read(fd, bytes + len, size - len);
        if (len == size) {
            *ret = (struct text){ bytes, len };
            got = GOT;
        }
    }
    close(fd);
    return got;
}

/* The bytes of the known files; an absent one is NO_TEXT. */
struct contents {
    struct text bytes[16];
};
_Static_assert(sizeof edition_files / sizeof *edition_files <= 16 + 1, "contents must hold every known file");

static bool contents_read(struct arena *arena, const char *folder, struct contents *ret)
{
    *ret = (struct contents){ 0 };
    for (size_t i = 0; edition_files[i]; i++) {
        const char *path = arena_printf(arena, "%s/%s", folder, edition_files[i]).at;
        if (file_read(arena, path, &ret->bytes[i]) == UNREADABLE)
            return false;
    }
    return true;
}

static void id_of(const struct contents *contents, char ret_hex[EDITION_HEX + 1])
{
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; edition_files[i]; i++) {
        struct text bytes = contents->bytes[i];
        char head[64];
        if (!bytes.at)
            continue;
        int len = snprintf(head, sizeof head, "%s\n%zu\n", edition_files[i], bytes.len);
        assert(len > 0 && (size_t) len < sizeof head);
        crypto_hash_sha256_update(&state, (const unsigned char *) head, (unsigned long long) len);
        crypto_hash_sha256_update(&state, (const unsigned char *) bytes.at, bytes.len);
    }
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(ret_hex, EDITION_HEX + 1, hash, sizeof hash);
}

const char *edition_settled(struct arena *arena, const char *folder)
{
    struct stat st;
    char to[PATH_MAX];
    bool is_link = lstat(folder, &st) == 0 && S_ISLNK(st.st_mode) && realpath(folder, to);
    return is_link ? arena_text(arena, to, strlen(to)).at : arena_text(arena, folder, strlen(folder)).at;
}

bool town_edition(const char *folder, char ret_hex[65])
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct contents contents;
    if (!contents_read(arena, edition_settled(arena, folder), &contents))
        return false;
    id_of(&contents, ret_hex);
    return true;
}

/* ---- installing */

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

static bool file_write(const char *path, struct text bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    size_t at = 0;
    for (ssize_t n = 1; at < bytes.len && n > 0; at += n > 0 ? (size_t) n : 0)
        n = write(fd, bytes.at + at, bytes.len - at);
    bool done = at == bytes.len && fsync(fd) == 0;
    return (close(fd) == 0) && done;
}

struct installing {
    struct arena *arena;
    struct findings *into;
    const char *state_dir;
    const char *id;
};

static const char *under(const struct installing *in, const char *a, const char *b)
{
    return arena_printf(in->arena, "%s/%s%s", in->state_dir, a, b).at;
}

static enum edition_outcome tell_disk(const struct installing *in, const char *path)
{
    find_error(in->into, (struct place){ path, 1 }, "写不进去（%s）", strerror(errno));
    return EDITION_DISK;
}

static void leave_nothing(const struct installing *in, const char *folder)
{
    for (size_t i = 0; edition_files[i]; i++)
        unlink(arena_printf(in->arena, "%s/%s", folder, edition_files[i]).at);
    rmdir(folder);
}

/* editions/.new-<pid>/ with every file synced, or NULL. */
static const char *write_aside(const struct installing *in, const struct contents *contents)
{
    const char *aside = arena_printf(in->arena, "%s/editions/.new-%d", in->state_dir, (int) getpid()).at;
    leave_nothing(in, aside); /* of a process with our number that was killed here */
    if ((mkdir(under(in, "editions", ""), 0755) != 0 && errno != EEXIST) || mkdir(aside, 0755) != 0) {
        tell_disk(in, aside);
        return NULL;
    }
    for (size_t i = 0; edition_files[i]; i++) {
        const char *path = arena_printf(in->arena, "%s/%s", aside, edition_files[i]).at;
        if (contents->bytes[i].at && !file_write(path, contents->bytes[i])) {
            tell_disk(in, path);
            leave_nothing(in, aside);
            return NULL;
        }
    }
    if (sync_folder(aside))
        return aside;
    tell_disk(in, aside);
    leave_nothing(in, aside);
    return NULL;
}

/* Puts editions/<id>/ in its place, unless a whole one is there already. */
static bool put_edition(const struct installing *in, const struct contents *contents)
{
    char there[EDITION_HEX + 1] = "";
    const char *place = under(in, "editions/", in->id);
    if (access(place, F_OK) == 0 && town_edition(place, there) && strcmp(there, in->id) == 0)
        return true;
    const char *aside = write_aside(in, contents);
    if (!aside)
        return false;
    if (there[0])
        leave_nothing(in, place); /* its files were changed behind our back */
    if (rename(aside, place) != 0) {
        tell_disk(in, place);
        leave_nothing(in, aside);
        return false;
    }
    return sync_folder(under(in, "editions", "")) || (tell_disk(in, place), false);
}

static bool put_link(const struct installing *in)
{
    const char *link = under(in, "editions/current", ""), *aside = under(in, "editions/.current-new", "");
    unlink(aside);
    if (symlink(in->id, aside) != 0 || rename(aside, link) != 0 || !sync_folder(under(in, "editions", ""))) {
        tell_disk(in, link);
        return false;
    }
    return true;
}

enum edition_outcome edition_install(const char *folder, const char *state_dir, struct findings *into,
                                     char ret_hex[EDITION_HEX + 1])
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    const struct town *town = town_load(folder, into);
    struct contents contents;
    char id[EDITION_HEX + 1], now[EDITION_HEX + 1];
    if (!town)
        return EDITION_UNSOUND;
    bool is_read = contents_read(arena, folder, &contents);
    if (is_read)
        id_of(&contents, id);
    if (!is_read || !text_is_c(town->edition, id)) {
        town_free(town);
        find_error(into, (struct place){ folder, 1 }, "文件在检查期间被改动，请重试");
        return EDITION_UNSOUND;
    }
    town_free(town);
    struct installing in = { arena, into, state_dir, id };
    if (!put_edition(&in, &contents))
        return EDITION_DISK;
    bool is_same = edition_current(state_dir, now) && strcmp(now, id) == 0;
    if (!is_same && !put_link(&in))
        return EDITION_DISK;
    memcpy(ret_hex, id, sizeof id);
    return is_same ? EDITION_SAME : EDITION_INSTALLED;
}

/* ---- reading */

static bool is_id(const char *id)
{
    return strlen(id) == EDITION_HEX && strspn(id, "0123456789abcdef") == EDITION_HEX;
}

bool edition_current(const char *state_dir, char ret_hex[EDITION_HEX + 1])
{
    char path[PATH_MAX], to[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/editions/current", state_dir);
    ssize_t got = len > 0 && (size_t) len < sizeof path ? readlink(path, to, sizeof to - 1) : -1;
    if (got < 0)
        return false;
    to[got] = '\0';
    if (!is_id(to))
        return false;
    memcpy(ret_hex, to, EDITION_HEX + 1);
    return true;
}

const struct town *edition_open(const char *state_dir, const char *id, struct findings *into)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    if (!is_id(id)) {
        find_error(into, (struct place){ state_dir, 1 }, "“%s”不是配置版本号", id);
        return NULL;
    }
    const char *folder = arena_printf(arena, "%s/editions/%s", state_dir, id).at;
    const struct town *town = town_load(folder, into);
    if (!town || text_is_c(town->edition, id))
        return town;
    find_error(into, (struct place){ folder, 1 }, "内容与版本号不符，文件被改动过");
    town_free(town);
    return NULL;
}
