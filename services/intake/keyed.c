/* keyed.c - see keyed.h. */
#include "keyed.h"

#include <sodium.h>
#include <string.h>

static void add(crypto_generichash_state *state, struct text t)
{
    uint64_t len = t.len; /* in front, so that ("ab","c") differs from ("a","bc") */
    crypto_generichash_update(state, (const unsigned char *) &len, sizeof len);
    if (t.len)
        crypto_generichash_update(state, (const unsigned char *) t.at, t.len);
}

int64_t keyed_hash(const unsigned char secret[KEYED_SECRET_BYTES], const char *purpose, struct text one, struct text other)
{
    crypto_generichash_state state;
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash_init(&state, secret, KEYED_SECRET_BYTES, sizeof hash);
    add(&state, text_of(purpose));
    add(&state, one);
    add(&state, other);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_memzero(&state, sizeof state);
    int64_t key = 0;
    for (int i = 0; i < 8; i++)
        key = (int64_t) (((uint64_t) key << 8) | hash[i]);
    return key & INT64_MAX;
}
