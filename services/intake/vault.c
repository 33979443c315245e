/* vault.c - see vault.h. */
#include "vault.h"

#include "yinling/reader.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, BOX_OVERHEAD = crypto_box_SEALBYTES };
/* Payloads are at most 8 KiB; escaped and in base64 they may grow. */
static const size_t sizes[] = { 512, 2048, 8192, 32768, 131072 };

static void put(unsigned char **at, const void *bytes, size_t len)
{
    memcpy(*at, bytes, len);
    *at += len;
}

/* crypto_box_seal with the ephemeral key made from a seed, so that a simulated run repeats itself. */
static void seal(unsigned char *ret_box, const unsigned char *message, size_t len, const unsigned char key[CUSTODIAN_KEY_BYTES],
                 const unsigned char seed[crypto_box_SEEDBYTES])
{
    unsigned char secret[crypto_box_SECRETKEYBYTES], nonce[crypto_box_NONCEBYTES];
    crypto_generichash_state state;
    crypto_box_seed_keypair(ret_box, secret, seed);
    crypto_generichash_init(&state, NULL, 0, sizeof nonce);
    crypto_generichash_update(&state, ret_box, crypto_box_PUBLICKEYBYTES);
    crypto_generichash_update(&state, key, CUSTODIAN_KEY_BYTES);
    crypto_generichash_final(&state, nonce, sizeof nonce);
    int failed = crypto_box_easy(ret_box + crypto_box_PUBLICKEYBYTES, message, len, nonce, key, secret);
    sodium_memzero(secret, sizeof secret);
    assert(!failed); /* custodians_load refuses the keys for which it can */
}

static struct text hex_of_id(struct arena *arena, const unsigned char id[CUSTODIAN_ID_BYTES])
{
    char hex[2 * CUSTODIAN_ID_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, id, CUSTODIAN_ID_BYTES);
    return arena_text(arena, hex, strlen(hex));
}

void vault_forget(json_t *value)
{
    if (json_is_string(value))
        sodium_memzero((void *) (uintptr_t) json_string_value(value), json_string_length(value));
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member) vault_forget(member);
    size_t i;
    json_array_foreach(value, i, member) vault_forget(member);
}

/* The note as padded JSON, from malloc and not from the arena, so that it can be wiped. */
static unsigned char *written(struct arena *arena, const struct custodians *to, const struct vault_note *note, size_t *ret_len)
{
    json_t *paper = json_pack("{s:i, s:o, s:[o, o]}", "version", VERSION, "lead", json_of_text(note->lead), "keys",
                              json_of_text(hex_of_id(arena, to->at[0].id)), json_of_text(hex_of_id(arena, to->at[1].id)));
    if (note->reporter)
        json_object_set_new(paper, "reporter", json_deep_copy(note->reporter));
    json_put_text(paper, "reporter_sealed", note->reporter_sealed);
    json_put_text(paper, "text", note->text);
    size_t len = json_dumpb(paper, NULL, 0, JSON_COMPACT), size = 0, padded = 0;
    for (size_t i = 0; !size && i < sizeof sizes / sizeof *sizes; i++)
        size = len < sizes[i] ? sizes[i] : 0;
    assert(size);
    unsigned char *bytes = calloc(1, size);
    if (!bytes)
        abort();
    json_dumpb(paper, (char *) bytes, size, JSON_COMPACT);
    int failed = sodium_pad(&padded, bytes, len, size, size);
    assert(!failed && padded == size);
    vault_forget(paper);
    json_decref(paper);
    *ret_len = size;
    return bytes;
}

struct text vault_seal(struct arena *arena, const struct custodians *to, const struct vault_note *note,
                       const unsigned char seed[VAULT_SEED_BYTES])
{
    size_t len;
    unsigned char *paper = written(arena, to, note, &len);
    size_t inner_len = CUSTODIAN_ID_BYTES + len + BOX_OVERHEAD, outer_len = 1 + CUSTODIAN_ID_BYTES + inner_len + BOX_OVERHEAD;
    unsigned char *inner = arena_take(arena, inner_len), *outer = arena_take(arena, outer_len), *at = inner;
    put(&at, to->at[1].id, CUSTODIAN_ID_BYTES);
    seal(at, paper, len, to->at[1].key, seed);
    sodium_memzero(paper, len);
    free(paper);
    at = outer;
    put(&at, &(unsigned char){ VAULT_ALG }, 1);
    put(&at, to->at[0].id, CUSTODIAN_ID_BYTES);
    seal(at, inner, inner_len, to->at[0].key, seed + crypto_box_SEEDBYTES);
    return (struct text){ (const char *) outer, outer_len };
}

/* One box off: what was in it, from malloc, or NULL. */
static unsigned char *opened(const unsigned char *box, size_t len, const struct custodian *custodian,
                             const unsigned char *secret, size_t *ret_len)
{
    if (len < CUSTODIAN_ID_BYTES + BOX_OVERHEAD || memcmp(box, custodian->id, CUSTODIAN_ID_BYTES) != 0)
        return NULL;
    unsigned char *bytes = malloc(len);
    if (!bytes)
        abort();
    if (crypto_box_seal_open(bytes, box + CUSTODIAN_ID_BYTES, len - CUSTODIAN_ID_BYTES, custodian->key, secret) != 0) {
        free(bytes);
        return NULL;
    }
    *ret_len = len - CUSTODIAN_ID_BYTES - BOX_OVERHEAD;
    return bytes;
}

static json_t *read_paper(const unsigned char *paper, size_t padded, struct text lead)
{
    size_t len = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (padded == sizes[i] && sodium_unpad(&len, paper, padded, padded) != 0)
            return NULL;
    }
    json_t *note = json_loadb((const char *) paper, len, JSON_REJECT_DUPLICATES, NULL);
    if (note && text_is(json_text_at(note, "lead"), lead) && json_int_at(note, "version", 0) == VERSION)
        return note;
    json_decref(note);
    return NULL;
}

json_t *vault_open(struct text box, const struct custodians *to, const unsigned char first[VAULT_SECRET_BYTES],
                   const unsigned char second[VAULT_SECRET_BYTES], struct text lead)
{
    size_t inner_len = 0, paper_len = 0;
    if (box.len < 1 || box.at[0] != VAULT_ALG)
        return NULL;
    unsigned char *inner = opened((const unsigned char *) box.at + 1, box.len - 1, &to->at[0], first, &inner_len);
    unsigned char *paper = inner ? opened(inner, inner_len, &to->at[1], second, &paper_len) : NULL;
    json_t *note = paper ? read_paper(paper, paper_len, lead) : NULL;
    if (paper)
        sodium_memzero(paper, paper_len);
    free(paper);
    free(inner);
    return note;
}
