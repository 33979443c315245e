/* editions.c - the editions of the town's configuration that a node has loaded, and which one the next turn runs under. */
#include "node_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    EDITION_LOOK_MS = 1000,
    EDITION_AGAIN_MS = 60000 /* one that could not be used is tried again: a file may have been missing */
};

const struct town *tx_town(struct tx *tx)
{
    return tx->node->editions[tx->node->edition_current].town;
}

struct text tx_edition(struct tx *tx)
{
    return tx_town(tx)->edition;
}

const void *tx_prepared(struct tx *tx)
{
    return tx->node->editions[tx->node->edition_current].prepared;
}

const void *prepared_of(struct tx *tx, const struct town *town)
{
    for (int i = 0; i < tx->node->edition_count; i++) {
        if (tx->node->editions[i].town == town)
            return tx->node->editions[i].prepared;
    }
    return NULL;
}

static void edition_drop(struct node *node, struct edition *e)
{
    if (e->borrowed)
        return;
    if (e->prepared && node->service->unprepare)
        node->service->unprepare(e->prepared);
    town_free(e->town);
}

/* The one asked for longest ago makes room, so that the last EDITIONS_MAX - 2 that a handler was given stay what they are. */
static struct edition *edition_room(struct node *node)
{
    if (node->edition_count < EDITIONS_MAX)
        return &node->editions[node->edition_count++];
    struct edition *oldest = NULL;
    for (int i = 0; i < node->edition_count; i++) {
        struct edition *e = &node->editions[i];
        if (i != node->edition_current && (!oldest || e->asked < oldest->asked))
            oldest = e;
    }
    edition_drop(node, oldest);
    return oldest;
}

static int edition_borrow(struct node *node)
{
    struct edition *e = edition_room(node);
    *e = (struct edition){ .town = node->settings.borrowed_town,
                           .prepared = node->settings.borrowed_prepared,
                           .borrowed = true };
    node->next_edition_look = NEVER;
    snprintf(e->id, sizeof e->id, TEXT_FMT, TEXT_ARG(e->town->edition));
    return (int) (e - node->editions);
}

/* Index of the edition in that folder, loading it when it is new; -1 when it cannot be used. */
static int edition_take(struct node *node, const char *folder)
{
    char id[65];
    if (!town_edition(folder, id))
        return -1;
    for (int i = 0; i < node->edition_count; i++) {
        if (strcmp(node->editions[i].id, id) == 0) {
            node->editions[i].asked = ++node->editions_asked;
            return i;
        }
    }
    own(findings_free) struct findings *findings = findings_new();
    const struct town *town = town_load(folder, findings);
    if (!town) {
        findings_print(findings, stderr);
        return -1;
    }
    void *prepared = NULL;
    if (node->service->prepare && !(prepared = node->service->prepare(town))) {
        town_free(town);
        return -1;
    }
    struct edition *e = edition_room(node);
    *e = (struct edition){ .town = town, .prepared = prepared, .asked = ++node->editions_asked };
    memcpy(e->id, town->edition.at, sizeof e->id); /* the link may have moved since the id was asked for */
    return (int) (e - node->editions);
}

const struct town *town_of_edition(struct tx *tx, struct text edition)
{
    struct node *node = tx->node;
    for (int i = 0; i < node->edition_count; i++) {
        if (text_is_c(edition, node->editions[i].id)) {
            node->editions[i].asked = ++node->editions_asked;
            return node->editions[i].town;
        }
    }
    if (!node->settings.state_dir || edition.len != 64 || strspn(edition.at, "0123456789abcdef") < 64)
        return NULL;
    struct text folder = arena_printf(tx->arena, "%s/editions/" TEXT_FMT, node->settings.state_dir, TEXT_ARG(edition));
    int found = edition_take(node, folder.at);
    return found < 0 || !text_is_c(edition, node->editions[found].id) ? NULL : node->editions[found].town;
}

/* Where the folder points to, when it is a link: reading that is cheap, hashing the folder is not. */
static bool has_moved(struct node *node)
{
    char target[sizeof node->edition_link];
    ssize_t len = readlink(node->settings.town, target, sizeof target - 1);
    if (len <= 0)
        return true; /* a plain folder: only its contents tell */
    target[len] = '\0';
    bool moved = strcmp(target, node->edition_link) != 0;
    memcpy(node->edition_link, target, sizeof target);
    return moved;
}

/* The link `current` may have moved: a turn runs under one edition from its start to its end. */
void editions_look(struct node *node)
{
    if (node->settings.borrowed_town || is_before(node->steady, node->next_edition_look))
        return;
    node->next_edition_look = later(node->steady, (span_ms){ EDITION_LOOK_MS });
    if (!has_moved(node))
        return;
    int found = edition_take(node, node->settings.town);
    if (found < 0) {
        node->edition_link[0] = '\0';
        node->next_edition_look = later(node->steady, (span_ms){ EDITION_AGAIN_MS });
    }
    if (found >= 0 && found != node->edition_current) {
        node->edition_current = found;
        node->wanted = (instant_ms){ 0 };
        log_event("edition", "id=%.12s", node->editions[found].id);
    }
}

bool editions_open(struct node *node)
{
    node->edition_current = node->settings.borrowed_town ? edition_borrow(node) : edition_take(node, node->settings.town);
    return node->edition_current >= 0;
}

void editions_close(struct node *node)
{
    for (int i = 0; i < node->edition_count; i++)
        edition_drop(node, &node->editions[i]);
}
