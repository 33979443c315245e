/* vault.h - the sealed box of a reporter: who they are and what they wrote, unreadable to this machine once it is made.
 *
 * Box in box (libsodium crypto_box_seal): alg byte, key id, box to the first custodian { key id, box to the second { padded JSON } }.
 * The lead's number, the key ids and the version are inside, so that boxes cannot be swapped between leads unnoticed; the
 * padding leaves four sizes only. Pure: randomness is an argument. Internal to intake (and to the offline opener). */
#ifndef INTAKE_VAULT_H
#define INTAKE_VAULT_H

#include "yinling/custodians.h"

#include <jansson.h>

enum {
    VAULT_ALG = 1,         /* stored: never renumber. 1 = X25519, XSalsa20-Poly1305, BLAKE2b (libsodium sealed box) */
    VAULT_SEED_BYTES = 64, /* fresh randomness, 32 for each box */
    VAULT_SECRET_BYTES = 32,
};

/* What goes in; absent parts are NO_TEXT or NULL. */
struct vault_note {
    struct text lead;
    const json_t *reporter; /* as submitted */
    struct text reporter_sealed;
    struct text text; /* the original */
};
/* The box, in the arena. Nothing else that was written down on the way is left in memory. */
struct text vault_seal(struct arena *arena, const struct custodians *to, const struct vault_note *note,
                       const unsigned char seed[VAULT_SEED_BYTES]);

/* With the private keys of the first and of the second custodian. NULL when the box is not for them, was changed, or is about another lead.
 * For tests and the offline opener; the caller owns the result. */
json_t *vault_open(struct text box, const struct custodians *to, const unsigned char first[VAULT_SECRET_BYTES],
                   const unsigned char second[VAULT_SECRET_BYTES], struct text lead);

/* Overwrites every text in the value with zeros. It stays a value of the same shape, whose texts may not be used any more. */
void vault_forget(json_t *value);

#endif
