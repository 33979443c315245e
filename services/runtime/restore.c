/* restore.c - a ledger that was put back from a copy (ARCHITECTURE §6): what it may never do is give a number twice or show a ghost.
 *
 * It gets a new epoch, remembers which history it continues, and is held: it accepts, shows and fires nothing until it is released.
 * Meanwhile it reads its consumers' cursors, which say how much the copy lacks. */
#include "node_internal.h"

#include "gen/runtime_queries.h"

#include <string.h>

static void new_epoch(struct tx *tx, void (*random)(void *, void *, size_t), void *context)
{
    unsigned char bytes[(EPOCH_HEX - 1) / 2];
    random(context, bytes, sizeof bytes);
    struct text old = tx_text(tx, R_META, p_c("key", "epoch"));
    struct rows head = tx_all(tx, R_STREAM_HEAD, NO_PARAMS);
    int64_t seq = head.count ? row_int(&head, 0, "seq", 0) : 0;
    if (MUTANT(stream_number_reused))
        return;
    tx_run(tx, R_CONTINUES_SHORTEN, p_int("seq", seq));
    tx_run(tx, R_CONTINUES_ADD, p_text("epoch", old), p_int("seq", seq));
    meta_set(tx, "epoch", text_of(hex_of(tx->arena, bytes, sizeof bytes)));
    meta_set(tx, "held", MUTANT(held_ledger_speaks) ? TEXT("0") : TEXT("1"));
    meta_set(tx, "copied", tx_text(tx, R_META, p_c("key", "now")));
}

bool ledger_restored(const struct db_settings *settings, void (*random)(void *context, void *ret_bytes, size_t len),
                     void *context)
{
    own(arena_free) struct arena *arena = arena_new(16 * 1024);
    struct text why;
    struct db *db = db_open(settings, &why, arena);
    if (!db)
        return false;
    jmp_buf trouble;
    db_on_trouble(db, &trouble);
    volatile bool fine = false;
    if (setjmp(trouble) == 0) {
        struct tx tx = { .db = db, .arena = arena };
        db_begin(db);
        new_epoch(&tx, random, context);
        fine = db_commit(db) == DB_FINE;
    }
    db_close(db);
    return fine;
}

int64_t lost_events(struct tx *tx)
{
    struct node *node = tx->node;
    int64_t lost = 0;
    for (int i = 0; i < node->consumer_count; i++) {
        const struct consumer *c = &node->consumers[i];
        for (size_t k = 0; k < json_array_size(node->continues); k++) {
            const json_t *each = json_array_get(node->continues, k);
            int64_t beyond = c->seq - json_int_at(each, "seq", 0);
            if (c->known && text_is_c(json_text_at(each, "epoch"), c->epoch) && beyond > lost)
                lost = beyond;
        }
    }
    return lost;
}
