/* crash.h - what was in hand when the process died of its own fault, so that a message that kills it is found and set aside.
 *
 * Only a fingerprint is written: the message may name a reporter. SIGKILL, power loss and the exit after an I/O error never count.
 * One node a process; the turn's thread. */
#ifndef RUNTIME_CRASH_H
#define RUNTIME_CRASH_H

#include "yinling/text.h"

#define FINGERPRINT_BYTES 16 /* BLAKE2b-128 */

#define POISON_MAX 1000 /* messages we died of; beyond, something else is wrong */

/* A message that was in hand when the process crashed, and how often. */
struct poison {
    unsigned char key[FINGERPRINT_BYTES];
    int attempts;
};

struct node;

/* The message the handler works on: borrowed until the next call. NO_TEXT: none. */
void set_in_hand(struct text path, struct text bytes);
void crash_fingerprint(struct text path, struct text bytes, unsigned char ret[FINGERPRINT_BYTES]);
/* Of what is in hand now; false when nothing is. Safe in a signal handler. */
bool crash_in_hand(unsigned char ret[FINGERPRINT_BYTES]);
/* Tells the node what the last run died of, empties the file and keeps it open for the crash handler. */
void crash_learn(struct node *node, const char *path);
void crash_watch(void); /* installs the handler */

#endif
