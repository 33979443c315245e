/* log.h - log lines held back while a turn runs, so that they cost one write and a turn done again does not say things twice.
 *
 * The turn's thread holds; what other threads log is written at once. What is held is written before the turn commits, by whoever calls
 * log_write, and by the crash handler: after kill -9 only lines of a turn that did not happen are missing. */
#ifndef RUNTIME_LOG_H
#define RUNTIME_LOG_H

#include <stddef.h>

void log_hold(void);         /* from here on lines of this thread wait, until there are too many */
void log_let_go(void);       /* writes what waits; nothing waits any more */
void log_write(void);        /* writes what waits; safe in a signal handler */
size_t log_mark(void);       /* where the next line will stand */
void log_back_to(size_t at); /* forgets the lines since that mark which have not been written */

#endif
