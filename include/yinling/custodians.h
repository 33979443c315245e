/* custodians.h - the two people who together can open a reporter's box: their public keys, from the town's custodians.yaml.
 *
 * The private keys are made and kept offline; no machine of this system ever holds one. Loading reads a file and may block. */
#ifndef YINLING_CUSTODIANS_H
#define YINLING_CUSTODIANS_H

#include "yinling/yaml.h"

enum { CUSTODIANS = 2, CUSTODIAN_KEY_BYTES = 32, CUSTODIAN_ID_BYTES = 8 };
#define CUSTODIANS_FILE "custodians.yaml"

struct custodian {
    struct place line;
    struct text name;                       /* of the office, never of a person */
    unsigned char key[CUSTODIAN_KEY_BYTES]; /* X25519 public key */
    unsigned char id[CUSTODIAN_ID_BYTES];   /* says which key a box is for: the beginning of the key's BLAKE2b */
};
/* The inner box is sealed to the second, the outer to the first: neither opens it alone. */
struct custodians {
    struct custodian at[CUSTODIANS];
};

/* NULL when anything is wrong: a finding with file:line says what. */
const struct custodians *custodians_load(struct arena *arena, const char *folder, struct findings *into);
/* The id of a public key. */
void custodian_id(const unsigned char key[CUSTODIAN_KEY_BYTES], unsigned char ret_id[CUSTODIAN_ID_BYTES]);

#endif
