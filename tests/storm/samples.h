/* samples.h - memory, descriptors, threads and file sizes of every process of the town, a line each every few seconds, as CSV. */
#ifndef STORM_SAMPLES_H
#define STORM_SAMPLES_H

#include "storm.h"

/* NULL when no file was asked for or it cannot be written. */
struct samples *samples_new(const char *path);
void samples_step(struct storm *s);
void samples_close(struct samples *samples);

#endif
