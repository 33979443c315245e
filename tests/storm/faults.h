/* faults.h - what the storm does to the town: kills, stops, fills disks. The dice say what, when and to whom. */
#ifndef STORM_FAULTS_H
#define STORM_FAULTS_H

#include "storm.h"

struct faults *faults_new(void);
void faults_step(struct storm *s); /* heals what has lasted its time, strikes when it is time */
void faults_heal(struct storm *s); /* everything, now */
void faults_kill(struct storm *s, enum process which);
void faults_print(const struct storm *s);
int64_t faults_kills(const struct storm *s, enum process which);

#endif
