/* cost.h - what one lead costs in messages, flushes, rows and bytes, counted and the same every time: the four services in this process,
 * from the request to the clocks, once with a lead in each turn and once with a hundred. */
#ifndef BENCH_COST_H
#define BENCH_COST_H

#include <jansson.h>

/* Prints the tables; returns the same as an object for the report's file. NULL when the services do not start. `folder` is for their
 * ledgers. */
json_t *cost_count(const char *town_folder, const char *folder);

#endif
