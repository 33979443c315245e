/* desk.h - the four services at work under the fuzzer, after a morning in the town: leads came in and were given out, one was signed
 * for, one concluded, a warning went out. Ledgers in memory; a bus that hands over one message and looks at what comes back.
 *
 * Every input finds the same morning: what it does is undone before the next one, in the ledger (ledger.h) and in the process. */
#ifndef FUZZ_DESK_H
#define FUZZ_DESK_H

#include "services/runtime/node.h"

enum desk_name { DESK_INTAKE, DESK_ROUTER, DESK_DEADLINE, DESK_WARNING, DESK_COUNT };

struct desk;
/* Opened and marked with the first call. */
struct desk *desk_of(enum desk_name name);
const struct town *desk_town(void);
/* The desk that answers a kind of request; NULL: that service does not exist yet. */
struct desk *desk_answering(const char *service);

/* Everything a service publishes is looked at: a topic of the contract that is its own to write, UTF-8, and, where it is worth the time,
 * JSON where JSON is due. */
void desk_closely(struct desk *desk, bool closely);
/* What came back, as long as the arena lasts. */
struct desk_said {
    int answers, others;
    struct text answer; /* the last one */
};
/* The service takes this message and turns until it has spoken. */
struct desk_said desk_hand(struct desk *desk, struct arena *arena, struct text path, struct text payload);
/* The connection comes up again; on the way `path` is heard while it still waits for its probe. */
void desk_reconnect(struct desk *desk, struct arena *arena, struct text path, struct text payload);
/* What was heard may have moved the time on, beyond what is due: turns until that has happened. */
void desk_catch_up(struct desk *desk, struct arena *arena);
/* As on that morning. */
void desk_undo(struct desk *desk);

struct text desk_ask(struct desk *desk, struct arena *arena, const char *sql);
int64_t desk_ask_int(struct desk *desk, struct arena *arena, const char *sql);
/* The chain of a producer as this desk has heard it: what an honest next message would go on from. */
struct heard_to {
    const char *epoch, *hash;
    int64_t seq;
};
bool desk_heard_to(struct desk *desk, const char *producer, struct heard_to *ret);
/* How many rows all tables have together, but for remembered answers and what is counted against floods and guesses, and how far stream
 * and views are: a refusal changes none of it. */
struct desk_state {
    int64_t rows, head, revision;
};
struct desk_state desk_state(struct desk *desk, struct arena *arena);

#endif
