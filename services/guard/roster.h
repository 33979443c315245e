/* roster.h - the accounts file: who exists, with which secret, in which state.
 *
 * One line per account, in a file that is only ever replaced whole (DIR/accounts):
 *
 *     yinling-accounts 1 <key: 64 hex>
 *     <name> open|locked <proof: 64 hex> <tags: director group=<code>, comma between, or ->
 *     end <number of accounts> <sum: 32 hex, BLAKE2b under the key of all bytes before this line>
 *
 * proof = BLAKE2b-256 of the token under the file's key. Tokens are random (at least 128 bits), so a fast hash serves. Reading is
 * all or nothing: a missing end line, a wrong sum, a double or impossible name, anything unknown refuses the whole file.
 * Pure (libsodium only): linked by the guard inside the broker and by the command line. One thread at a time. */
#ifndef GUARD_ROSTER_H
#define GUARD_ROSTER_H

#include "yinling/account.h"

#include <stdbool.h>
#include <stddef.h>

#define ROSTER_BYTES_MAX (16 * 1024 * 1024) /* 50,000 accounts take about 6 MiB */
#define ROSTER_ROWS_MAX 50000
#define ROSTER_LINE_MAX 512
#define ROSTER_GROUPS_MAX 4
#define ROSTER_GROUP_BYTES_MAX 16
#define ROSTER_PROOF_BYTES 32
#define ROSTER_TOKEN_CHARS 26 /* base32 of 130 random bits */

struct roster_row {
    struct account account;
    bool locked;
    bool director; /* the office's director reads sealed leads */
    int group_count;
    char groups[ROSTER_GROUPS_MAX][ROSTER_GROUP_BYTES_MAX + 1];
    unsigned char proof[ROSTER_PROOF_BYTES];
};

struct roster;
/* An empty roster under a new random key; never NULL (memory that cannot be had ends the process, here and in roster_add). */
struct roster *roster_new(void);
struct roster *roster_free(struct roster *roster); /* returns NULL; NULL is fine */
static inline void own_roster_free(struct roster **r)
{
    *r = roster_free(*r);
}

/* NULL when the bytes are not a whole, sound file; *ret_why then is a fixed Chinese phrase and *ret_line where (from 1). */
struct roster *roster_read(const char *bytes, size_t len, const char **ret_why, int *ret_line);
/* The file's bytes, to be freed by the caller. Reading them gives an equal roster. */
char *roster_print(const struct roster *roster, size_t *ret_len);

size_t roster_count(const struct roster *roster);
const struct roster_row *roster_at(const struct roster *roster, size_t i);
const struct roster_row *roster_find(const struct roster *roster, const char *name); /* NULL when there is none */
/* Constant time in the token. A locked account admits nobody. */
bool roster_admits(const struct roster *roster, const struct roster_row *row, const char *token);

/* NULL when the name is not well formed, exists, or the roster is full. The row has no token yet: it admits nobody. */
struct roster_row *roster_add(struct roster *roster, const char *name);
struct roster_row *roster_edit(struct roster *roster, const char *name); /* as roster_find */
bool roster_put_group(struct roster_row *row, const char *group);        /* false: not well formed, or too many */
void roster_put_token(struct roster *roster, struct roster_row *row, const char *token);
/* A new random token, lower-case base32, NUL-terminated. */
void roster_token(char ret_token[ROSTER_TOKEN_CHARS + 1]);

#endif
