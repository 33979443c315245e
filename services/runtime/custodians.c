/* custodians.c - reads custodians.yaml (yinling/custodians.h). */
#include "yinling/custodians.h"

#include <sodium.h>
#include <string.h>

struct written { /* as the file has it */
    struct text name, key;
};
static const struct conf_field fields[] = {
    { .key = "name",
      .kind = CONF_TEXT,
      .offset = offsetof(struct written, name),
      .min = 1,
      .max = 40,
      .says = "who keeps the private key: an office, not a person" },
    { .key = "key",
      .kind = CONF_TEXT,
      .offset = offsetof(struct written, key),
      .min = 44,
      .max = 44,
      .says = "X25519 public key, 32 bytes in base64" },
    CONF_END,
};

void custodian_id(const unsigned char key[CUSTODIAN_KEY_BYTES], unsigned char ret_id[CUSTODIAN_ID_BYTES])
{
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, key, CUSTODIAN_KEY_BYTES, NULL, 0);
    memcpy(ret_id, hash, CUSTODIAN_ID_BYTES);
}

/* A point of small order would seal to everybody: libsodium refuses to compute with it, and so do we. */
static bool is_usable(const unsigned char key[CUSTODIAN_KEY_BYTES])
{
    static const unsigned char any[crypto_scalarmult_SCALARBYTES] = { 8 };
    unsigned char shared[crypto_scalarmult_BYTES];
    return crypto_scalarmult(shared, any, key) == 0;
}

static void custodian_read(struct arena *arena, const struct node *node, struct custodian *ret, struct findings *into)
{
    struct written w = { NO_TEXT, NO_TEXT };
    size_t len = 0;
    ret->line = node_place(node);
    if (!conf_read(arena, node, fields, &w, into))
        return;
    ret->name = w.name;
    if (sodium_base642bin(ret->key, sizeof ret->key, w.key.at, w.key.len, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) !=
            0 ||
        len != sizeof ret->key || !is_usable(ret->key))
        find_error(into, ret->line, "保管人“" TEXT_FMT "”的公钥不可用：应为32字节X25519公钥的base64", TEXT_ARG(w.name));
    custodian_id(ret->key, ret->id);
}

const struct custodians *custodians_load(struct arena *arena, const char *folder, struct findings *into)
{
    const char *path = arena_printf(arena, "%s/" CUSTODIANS_FILE, folder).at;
    struct custodians *both = arena_take(arena, sizeof *both);
    size_t errors = findings_errors(into);
    own(arena_free) struct arena *tree = arena_new(YAML_TREE_CHUNK);
    const struct node *file = yaml_load(arena, tree, path, into);
    const struct node *list = node_get(file, "custodians");
    if (!list || node_kind(list) != NODE_LIST || node_count(list) != CUSTODIANS) {
        if (file)
            find_error(into, node_place(list ? list : file), "custodians 应恰好列出两名保管人");
        return NULL;
    }
    for (size_t i = 0; i < CUSTODIANS; i++)
        custodian_read(arena, node_at(list, i), &both->at[i], into);
    if (findings_errors(into) == errors && memcmp(both->at[0].key, both->at[1].key, CUSTODIAN_KEY_BYTES) == 0)
        find_error(into, both->at[1].line, "两名保管人的公钥相同：一个人就能打开信封");
    return findings_errors(into) == errors ? both : NULL;
}
