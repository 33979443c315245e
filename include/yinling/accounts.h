/* accounts.h - administration of the accounts of one state directory, for the command line.
 *
 * DIR/accounts is what the broker's guard reads (services/guard/roster.h); it holds no tokens, only proofs of them. Tokens stand
 * in DIR/accounts.csv (account,password,kind,scope; 0600) for handing out, which may be deleted afterwards, and in
 * DIR/secrets/<name> (0600) for services, operators and the public page. Every change is made under a lock (DIR/accounts.lock), and each file is
 * replaced whole: written anew, synced, renamed. Tokens are written before the account that needs them, so a crash at any point
 * leaves either the old state or a state that the same call completes. The guard sees a change within a second.
 * Reads and writes files and waits up to 10 s for the lock, so it blocks. Any thread, any process. */
#ifndef YINLING_ACCOUNTS_H
#define YINLING_ACCOUNTS_H

#include "services/guard/roster.h"
#include "yinling/town.h"

enum accounts_outcome {
    ACCOUNTS_DONE,
    ACCOUNTS_BAD_NAME,    /* not well formed */
    ACCOUNTS_NOT_OF_TOWN, /* the town has no such channel, unit or village, or it is a name that only we make */
    ACCOUNTS_EXISTS,
    ACCOUNTS_NO_SUCH,
    ACCOUNTS_FULL,
    ACCOUNTS_GARBLED, /* DIR/accounts is there and cannot be believed; nothing was changed */
    ACCOUNTS_BUSY,    /* somebody else held the lock for 10 s */
    ACCOUNTS_DISK     /* a file cannot be read or written; errno says why */
};
const char *accounts_sentence(enum accounts_outcome outcome); /* Chinese, for people */

/* The accounts as they are; the caller frees *ret. An absent file is an empty roster. */
enum accounts_outcome accounts_list(const char *state_dir, struct roster **ret);

/* One more account of this town, open, with a token of its own. */
enum accounts_outcome accounts_create(const char *state_dir, const struct town *town, const char *name,
                                      char ret_token[ROSTER_TOKEN_CHARS + 1]);
/* Locking disconnects the account; unlocking lets it in again with the token it had. */
enum accounts_outcome accounts_lock(const char *state_dir, const char *name);
enum accounts_outcome accounts_unlock(const char *state_dir, const char *name);
/* A new token; the old one ends, and whoever is connected with it is disconnected. */
enum accounts_outcome accounts_renew(const char *state_dir, const char *name, char ret_token[ROSTER_TOKEN_CHARS + 1]);

/* Every account a town has by CONTRACT.md §5 that does not exist yet, and the services. Existing ones keep token and state;
 * their tags (director, groups) become what people.csv says. Nobody is removed. */
enum accounts_outcome accounts_fill(const char *state_dir, const struct town *town, size_t *ret_made);

#endif
