/* ledger.c - see ledger.h. The ledger's own file, its transactions under other names. */
#define db_begin begin_alone
#define db_commit commit_alone
#define db_rollback rollback_alone
#include "services/runtime/db.c"
#undef db_begin
#undef db_commit
#undef db_rollback

#include "tests/fuzz/ledger.h"

enum { LEDGERS_MAX = 8 };

static struct marked {
    struct db *db;
    bool open; /* a transaction of the service's */
    sqlite3_stmt *undo;
} marked[LEDGERS_MAX];

static struct marked *marked_of(const struct db *db)
{
    for (int i = 0; i < LEDGERS_MAX && marked[i].db; i++) {
        if (marked[i].db == db)
            return &marked[i];
    }
    return NULL;
}

/* -- memory ----------------------------------------------------------------------------------------------------------- */

void *__libc_malloc(size_t bytes);
void *__libc_realloc(void *at, size_t bytes);
void __libc_free(void *at);

/* In front of each piece stands its size. */
enum { SIZE_BYTES = 16 };

static void *memory_take(int bytes)
{
    int *at = __libc_malloc((size_t) bytes + SIZE_BYTES);
    if (!at)
        return NULL;
    *at = bytes;
    return (char *) at + SIZE_BYTES;
}

static void memory_free(void *at)
{
    if (at)
        __libc_free((char *) at - SIZE_BYTES);
}

static void *memory_again(void *was, int bytes)
{
    int *at = __libc_realloc((char *) was - SIZE_BYTES, (size_t) bytes + SIZE_BYTES);
    if (!at)
        return NULL;
    *at = bytes;
    return (char *) at + SIZE_BYTES;
}

static int memory_size(void *at)
{
    return at ? *(int *) (void *) ((char *) at - SIZE_BYTES) : 0;
}

static int memory_round(int bytes)
{
    return (bytes + 7) & ~7;
}

static int memory_open(void *context)
{
    (void) context;
    return SQLITE_OK;
}

static void memory_close(void *context)
{
    (void) context;
}

void ledger_memory(void)
{
    static const struct sqlite3_mem_methods memory = { memory_take,  memory_free, memory_again, memory_size,
                                                       memory_round, memory_open, memory_close, NULL };
    int code = sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
    assert(code == SQLITE_OK);
    code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    assert(code == SQLITE_OK);
}

/* -- undoing ---------------------------------------------------------------------------------------------------------- */

void ledger_mark(struct db *db)
{
    struct marked *m = marked;
    while (m->db)
        m++;
    *m = (struct marked){ .db = db };
    begin_alone(db);
    int code = sqlite3_exec(db->handle, "SAVEPOINT input", NULL, NULL, NULL);
    assert(code == SQLITE_OK && m < marked + LEDGERS_MAX - 1);
}

void ledger_undo(struct db *db)
{
    struct marked *m = marked_of(db);
    int code = sqlite3_step(prepared(db, "undo", "ROLLBACK TO input", &m->undo));
    assert(code == SQLITE_DONE);
    sqlite3_reset(m->undo);
    m->open = false;
}

void db_begin(struct db *db)
{
    struct marked *m = marked_of(db);
    if (!m) {
        begin_alone(db);
        return;
    }
    assert(!m->open);
    m->open = true;
    run_fixed(db, SAVEPOINT);
    db->changes_at_begin = sqlite3_total_changes64(db->handle);
}

enum db_trouble db_commit(struct db *db)
{
    struct marked *m = marked_of(db);
    if (!m)
        return commit_alone(db);
    assert(m->open);
    m->open = false;
    run_fixed(db, RELEASE);
    return DB_FINE;
}

void db_rollback(struct db *db)
{
    struct marked *m = marked_of(db);
    if (!m) {
        rollback_alone(db);
        return;
    }
    if (m->open)
        db_rollback_to_savepoint(db);
    m->open = false;
}
