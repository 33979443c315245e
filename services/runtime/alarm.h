/* alarm.h - alarms within the runtime: those that stand as long as a condition of the node does. Included by node_internal.h alone. */
#ifndef RUNTIME_ALARM_H
#define RUNTIME_ALARM_H

#include "node.h"

enum alarm_standing { ALARM_CLOCK, ALARM_DISK, ALARM_HELD, ALARM_DENIED, ALARMS_STANDING };

bool is_alarmed(struct tx *tx, const char *key);
void alarms_open(struct node *node);         /* needs an open transaction, as the last one does */
bool alarms_differ(const struct node *node); /* between what is and what the ledger says */
void alarms_compare(struct node *node);

#endif
