/* desk.h - one service at work under the fuzzer: a ledger in memory, a bus that hands over one message and counts what comes back. */
#ifndef FUZZ_DESK_H
#define FUZZ_DESK_H

#include "services/runtime/node.h"

struct desk;
/* The shipped town is loaded once. */
struct desk *desk_open(const struct service *service);
struct desk *desk_close(struct desk *desk);
/* The service takes this message, turns until it rests; `ret_answers` counts what it published on answer/. Every published JSON parses. */
void desk_hand(struct desk *desk, const char *path, struct text payload, int *ret_answers);
struct text desk_ask(struct desk *desk, struct arena *arena, const char *sql);

#endif
