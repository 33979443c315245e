/* rows.h - ledgers as bare SQLite files, opened while nobody else has them: a year of leads copied into the years after it, and what
 * SQLite alone takes to read and write the same rows. The only file of the bench with SQLite in it. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/* The first value of any SELECT; `unset` when there is none. */
int64_t rows_number(const char *ledger, const char *sql, int64_t unset);

/* A ledger whose leads are all of `year` and closed gets them again for each of the `times - 1` years after it: every table that names a
 * lead, the remembered answers, and the stream with its numbers and hashes going on. False with a printed line. */
bool rows_multiply(const char *ledger, int year, int times);
/* A consumer that had heard all of the producer's stream has heard all that is there now. */
bool rows_heard_all(const char *consumer_ledger, const char *producer, const char *producer_ledger);

/* Reads `count` events of a stream and writes them into a new ledger, `per_commit` in each durable commit; microseconds. */
double rows_copied(const char *from_ledger, const char *to_ledger, int64_t count, int64_t per_commit);
/* One look-up of the smallest value in an index, in microseconds, the mean of `count`. */
double rows_looked_up(const char *ledger, const char *sql, int64_t count);

#endif
