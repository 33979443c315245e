/* keyed.h - short keyed hashes, so that what must be found again need not be kept.
 *
 * BLAKE2b under the ledger's own secret, cut to 63 bits: an integer key costs SQLite the least. The purpose keeps a track code and a
 * telephone number with the same digits apart. Pure. Internal to intake. */
#ifndef INTAKE_KEYED_H
#define INTAKE_KEYED_H

#include "yinling/text.h"

enum { KEYED_SECRET_BYTES = 32 };

int64_t keyed_hash(const unsigned char secret[KEYED_SECRET_BYTES], const char *purpose, struct text one, struct text other);

#endif
