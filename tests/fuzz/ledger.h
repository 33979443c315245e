/* ledger.h - the runtime's ledger with one thing more: everything since a mark can be undone, commits included.
 *
 * From the mark on, the service's transactions are savepoints within one that never ends; what it sees is the same. Undoing costs what
 * was changed, not what is there, so that each input finds the same ledger without a new one being made. */
#ifndef FUZZ_LEDGER_H
#define FUZZ_LEDGER_H

#include "services/runtime/db.h"

/* Before the first ledger: SQLite, which is not instrumented, takes its memory from the C library and not from the sanitizer. */
void ledger_memory(void);
void ledger_mark(struct db *db); /* once, between turns */
void ledger_undo(struct db *db);

#endif
