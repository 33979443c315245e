/* books.h - what people were told, against what the ledgers keep: whatever was granted was done, once; nothing else was. */
#ifndef SIM_BOOKS_H
#define SIM_BOOKS_H

#include "sim/people.h"

/* Holds when everything has come to rest. */
void books_balance(struct world *world, const struct people *people);

#endif
