/* backup.c - see backup.h, and ARCHITECTURE §6. The copy is whole, synced and has its name before anybody is told of it. */
#include "node_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct text under_state(struct node *node, const char *file)
{
    return arena_printf(node->arena, "%s/%s", node->settings.state_dir, file);
}

enum verdict backup_asked(struct tx *tx, instant_ms now, const struct request *r)
{
    struct node *node = tx->node;
    struct backup *b = &node->backup;
    if (!node->settings.state_dir || !node->settings.ledger)
        return refuse(tx, r, CODE_NOT_NOW, NULL, "本服务的账本不在状态目录里，不能备份。");
    struct text asked = arena_printf(tx->arena, "%s " TEXT_FMT, r->who.name, TEXT_ARG(r->id));
    if (!text_is_c(asked, b->asked)) {
        struct civil c = civil_of(now);
        snprintf(b->file, sizeof b->file, "%s/backup/%s-%04d%02d%02d-%02d%02d%02d.db", node->service->name, node->service->name,
                 c.year, c.month, c.day, c.hour, c.minute, c.second);
        snprintf(b->asked, sizeof b->asked, TEXT_FMT, TEXT_ARG(asked));
        refuse(tx, r, CODE_UNAVAILABLE, NULL, "没有备份成：磁盘空间不够，或写不进它在状态目录下的 backup。");
        b->refusal = arena_copy(node->arena, node->refusal_in_hand);
        node->refusal_in_hand = NO_TEXT;
        b->answer = node->done.answers; /* where the answer will stand */
        b->due = true;
    }
    return answer(tx, r, json_pack("{s:s}", "file", b->file));
}

void backup_forget(struct node *node)
{
    if (node->backup.due)
        node->backup.asked[0] = '\0';
    node->backup.due = false;
}

static bool is_synced(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine;
}

static bool is_made(struct node *node)
{
    const char *folder = under_state(node, arena_printf(node->arena, "%s/backup", node->service->name).at).at,
               *file = under_state(node, node->backup.file).at;
    const char *part = arena_printf(node->arena, "%s/part", folder).at;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return false;
    unlink(part); /* of a process that died here */
    bool fine = db_copy(node->db, part) == DB_FINE && is_synced(part) && rename(part, file) == 0 && is_synced(folder);
    if (!fine)
        unlink(part);
    return fine;
}

void backup_make(struct node *node, bool committed)
{
    struct backup *b = &node->backup;
    if (!b->due)
        return;
    b->due = false;
    bool fine = committed && is_made(node);
    log_event("backup", "file=%s made=%d", b->file, fine);
    if (fine)
        return;
    b->asked[0] = '\0';
    if (committed)
        node->answers[b->answer].payload = b->refusal;
}
