/* folder.c - see folder.h. */
#include "folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void folder_fail(const char *what, const char *which)
{
    fprintf(stderr, "folder: %s: %s\n", what, which);
    abort();
}

struct text folder_read(struct arena *arena, const char *path)
{
    FILE *f = fopen(path, "rbe");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0)
        folder_fail("cannot read", path);
    char *bytes = arena_take(arena, (size_t) st.st_size + 1);
    if (fread(bytes, 1, (size_t) st.st_size, f) != (size_t) st.st_size)
        folder_fail("cannot read", path);
    fclose(f);
    return (struct text){ bytes, (size_t) st.st_size };
}

void folder_write(const struct folder *folder, const char *file, struct text bytes)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder->path, file);
    FILE *f = fopen(path, "wbe");
    if (!f || fwrite(bytes.at, 1, bytes.len, f) != bytes.len || fclose(f) != 0)
        folder_fail("cannot write", path);
}

struct folder folder_empty(void)
{
    struct folder folder = { "/tmp/yinling-folder-XXXXXX" };
    if (!mkdtemp(folder.path))
        folder_fail("cannot make", folder.path);
    return folder;
}

struct folder folder_new(void)
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct folder folder = folder_empty();
    for (size_t i = 0; edition_files[i]; i++) {
        const char *path = arena_printf(arena, FOLDER_SHIPPED "/%s", edition_files[i]).at;
        if (access(path, F_OK) == 0)
            folder_write(&folder, edition_files[i], folder_read(arena, path));
    }
    return folder;
}

void folder_remove(const char *path)
{
    own(arena_free) struct arena *arena = arena_new(4096);
    DIR *dir = opendir(path);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        const char *inner = arena_printf(arena, "%s/%s", path, e->d_name).at;
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || lstat(inner, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            folder_remove(inner);
        else
            unlink(inner);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

void folder_end(struct folder *folder)
{
    folder_remove(folder->path);
}

/* The whole with its only line `old` (without the line end) replaced by `with` (whole lines, or nothing). */
static struct text folder_line_replaced(struct arena *arena, struct text whole, struct text old, struct text with)
{
    const char *found = NULL;
    for (const char *at = whole.at, *end; at < whole.at + whole.len; at = end + 1) {
        end = memchr(at, '\n', (size_t) (whole.at + whole.len - at));
        if (!end)
            end = whole.at + whole.len;
        if (!text_is((struct text){ at, (size_t) (end - at) }, old))
            continue;
        if (found)
            folder_fail("a line to be replaced stands there twice", arena_copy(arena, old).at);
        found = at;
    }
    if (!found)
        folder_fail("a line to be replaced is not there", arena_copy(arena, old).at);
    struct text before = { whole.at, (size_t) (found - whole.at) };
    struct text after = { found + old.len + 1, whole.len - before.len - old.len - 1 };
    return arena_printf(arena, TEXT_FMT TEXT_FMT TEXT_FMT, TEXT_ARG(before), TEXT_ARG(with), TEXT_ARG(after));
}

struct folder_patching {
    struct arena *arena;
    const struct folder *folder;
    const char *file; /* in hand; NULL before the first */
    struct text bytes;
    struct text old, with; /* a replacement in hand; old.at NULL: none */
};

static void folder_patch_flush(struct folder_patching *p)
{
    if (p->old.at)
        p->bytes = folder_line_replaced(p->arena, p->bytes, p->old, p->with);
    p->old = NO_TEXT;
    p->with = TEXT("");
}

static void folder_patch_line(struct folder_patching *p, struct text line)
{
    struct text rest = arena_text(p->arena, line.at + 1, line.len - 1);
    if (line.at[0] == '+') {
        p->with = arena_printf(p->arena, TEXT_FMT TEXT_FMT "\n", TEXT_ARG(p->with), TEXT_ARG(rest));
        return;
    }
    folder_patch_flush(p);
    if (line.at[0] == '-')
        p->old = rest;
    if (line.at[0] == '$')
        p->bytes = arena_printf(p->arena, TEXT_FMT TEXT_FMT "\n", TEXT_ARG(p->bytes), TEXT_ARG(rest));
    if (line.at[0] == '@') {
        if (p->file)
            folder_write(p->folder, p->file, p->bytes);
        p->file = rest.at + 1;
        const char *path = arena_printf(p->arena, "%s/%s", p->folder->path, p->file).at;
        p->bytes = access(path, F_OK) == 0 ? folder_read(p->arena, path) : TEXT("");
    }
    if (line.at[0] == '!')
        unlink(arena_printf(p->arena, "%s/%s", p->folder->path, rest.at + 1).at);
}

void folder_patch(const struct folder *folder, const char *patch_path)
{
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct text patch = folder_read(arena, patch_path);
    struct folder_patching p = { .arena = arena, .folder = folder, .with = TEXT("") };
    for (size_t at = 0, end; at < patch.len; at = end + 1) {
        for (end = at; end < patch.len && patch.at[end] != '\n';)
            end++;
        if (end > at)
            folder_patch_line(&p, (struct text){ patch.at + at, end - at });
    }
    folder_patch_flush(&p);
    if (p.file)
        folder_write(folder, p.file, p.bytes);
}
