/* account.h - what an account's name says: kind, scope, number (CONTRACT.md §1).
 *
 * Names are [a-z0-9-]{1,32} and equal the MQTT user name; the client id is <account> or <account>@<device>. Pure; any thread;
 * links without the rest of the runtime, because the guard uses it inside the broker. */
#ifndef YINLING_ACCOUNT_H
#define YINLING_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#define ACCOUNT_BYTES_MAX 32
#define DEVICE_BYTES_MAX 32

enum account_kind {
    ACCOUNT_CHANNEL,    /* every well-formed name that is nothing below; town.yaml lists those that exist */
    ACCOUNT_STAFF,      /* staff-<unit>-<n> */
    ACCOUNT_VILLAGE,    /* village-<3 digits> */
    ACCOUNT_WORKER,     /* w<3 digits>-<n> */
    ACCOUNT_OFFICE,     /* office-<n> */
    ACCOUNT_DISCIPLINE, /* discipline-<n> */
    ACCOUNT_PUBLICITY,  /* publicity-<n> */
    ACCOUNT_DASHBOARD,  /* dashboard-<n> */
    ACCOUNT_OPERATOR,   /* operator-<n> */
    ACCOUNT_SERVICE,    /* a service's name */
    ACCOUNT_KIND_COUNT
};

struct account {
    enum account_kind kind;
    char name[ACCOUNT_BYTES_MAX + 1];
    char scope[ACCOUNT_BYTES_MAX + 1]; /* staff: the unit's code; village, worker: the village's last 3 digits; else "" */
    int number;                        /* the <n>, 1-9999; 0 where there is none */
};

/* False when the name is not well formed; *ret untouched. `staff-finance-1` is staff, `staff-` is refused, `finance` is a channel. */
bool account_read(const char *name, size_t len, struct account *ret);
const char *account_kind_name(enum account_kind kind); /* "staff" */

#endif
