/* at_rest.c - which ledger need not be read through at a start: a large one that was closed. Who did not come to closing it (killed, without
 * power, an I/O error) has left a WAL. Damage done to a large one at rest is met by a statement, which ends the process, which leaves
 * a WAL. */
#include "db.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

enum { CHECKED_BYTES_MAX = 256 << 20 }; /* years of a town: read through in a second, whatever happened */

bool ledger_is_at_rest(const char *path)
{
    struct stat ledger, wal;
    char beside[PATH_MAX];
    int len = snprintf(beside, sizeof beside, "%s-wal", path);
    if (len < 0 || (size_t) len >= sizeof beside || stat(path, &ledger) != 0 || ledger.st_size <= CHECKED_BYTES_MAX)
        return false;
    return stat(beside, &wal) != 0 || wal.st_size == 0;
}
