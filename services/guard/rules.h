/* rules.h - one row of gen/guard_rules.h: what one kind of account may publish or read.
 *
 * services/contract makes the table from `accounts`, `topics` and `requests` of topics.yaml; the guard only matches it. Everything
 * that no row allows is denied. Patterns are relative to the cell's root yl/v1/<town>. A level of a pattern is
 *   literal      that text
 *   +            any one level
 *   #            last only: the level before it and everything below, as MQTT has it
 *   +-return     one level that ends in "-return" and has at least one character before it (publish rows only)
 *   {account}    the account's own name
 *   {device}     the device of its client id <account>@<device>; an account connected without a device matches no such row
 *   {unit}       staff: the scope of its name
 *   {village}    village, worker: the town's 9 digits followed by the 3 digits of its name's scope
 *   {group}      each group the accounts file lists for it; none: the row does not apply
 * A subscription is allowed when one read row covers every topic the filter can match. */
#ifndef GUARD_RULES_H
#define GUARD_RULES_H

#include "yinling/account.h"

enum rule_act { RULE_PUBLISH, RULE_READ };
enum rule_needs { RULE_NEEDS_NOTHING, RULE_NEEDS_DIRECTOR }; /* director: post of the account, from the accounts file */

struct guard_rule {
    enum account_kind kind;
    const char *only;   /* just the account of this name; NULL: every account of the kind */
    const char *except; /* not the account of this name; NULL: no exception */
    enum rule_needs needs;
    enum rule_act act;
    const char *pattern;
    bool retain; /* publish: the retain flag may be set (and an empty retained payload clears) */
    bool large;  /* publish: up to 512 KiB; else 64 KiB */
};

#endif
