/* fuzz_yaml.c - any bytes as a configuration file: a tree or a finding, never neither; every node can be walked; and the tree, printed
 * with every scalar in quotes, reads as the same tree. */
#include "tests/fuzz/fuzz.h"
#include "yinling/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 32, NODES_MAX = 100000, ESCAPE_BYTES = 8 };

static size_t walk(const struct node *n, int depth)
{
    size_t seen = 1;
    assert(depth <= DEPTH_MAX);
    assert(node_place(n).line >= 1);
    if (node_kind(n) == NODE_SCALAR) {
        assert(node_text(n).at && text_is_utf8(node_text(n)));
        return seen;
    }
    for (size_t i = 0; i < node_count(n); i++) {
        seen += walk(node_at(n, i), depth + 1);
        if (node_kind(n) == NODE_MAP)
            assert(node_get(n, node_key(n, i).at) == node_at(n, i));
    }
    return seen;
}

static char *put_escape(char *at, const char *format, unsigned code)
{
    return at + snprintf(at, ESCAPE_BYTES, format, code);
}

/* In double quotes, each byte that is not plain ASCII text as an escape: what stays is safe in every reading of YAML. */
static char *put_scalar(char *at, struct text t)
{
    *at++ = '"';
    for (size_t i = 0; i < t.len;) {
        unsigned char c = (unsigned char) t.at[i];
        if (c == '"' || c == '\\' || c < 0x20 || c == 0x7f) {
            at = put_escape(at, "\\x%02x", c);
            i++;
        } else if (c == 0xc2 || c == 0xe2 || c == 0xef) { /* U+0080-00BF, 2028, 2029 and the byte order mark among them */
            unsigned a = (unsigned char) t.at[i + 1], b = c == 0xc2 ? 0 : (unsigned char) t.at[i + 2];
            unsigned code = c == 0xc2 ? (c & 0x1fu) << 6 | (a & 0x3f) : (c & 0xfu) << 12 | (a & 0x3f) << 6 | (b & 0x3f);
            at = put_escape(at, "\\u%04x", code);
            i += c == 0xc2 ? 2 : 3;
        } else {
            *at++ = (char) c;
            i++;
        }
    }
    *at++ = '"';
    return at;
}

static char *put_node(char *at, const struct node *n)
{
    bool is_map = node_kind(n) == NODE_MAP;
    if (node_kind(n) == NODE_SCALAR)
        return put_scalar(at, node_text(n));
    *at++ = is_map ? '{' : '[';
    for (size_t i = 0; i < node_count(n); i++) {
        if (is_map) {
            at = mempcpy(at, "? ", 2); /* else no key may be longer than 1,024 characters, and escapes are */
            at = put_scalar(at, node_key(n, i));
            at = mempcpy(at, ": ", 2);
        }
        at = put_node(at, node_at(n, i));
        at = mempcpy(at, ",\n", 2);
    }
    *at++ = is_map ? '}' : ']';
    return at;
}

static bool are_same(const struct node *a, const struct node *b)
{
    if (node_kind(a) != node_kind(b) || node_count(a) != node_count(b) || !text_is(node_text(a), node_text(b)))
        return false;
    for (size_t i = 0; i < node_count(a); i++) {
        if (node_kind(a) == NODE_MAP && !text_is(node_key(a, i), node_key(b, i)))
            return false;
        if (!are_same(node_at(a, i), node_at(b, i)))
            return false;
    }
    return true;
}

static void check_again(struct arena *arena, const struct node *root, size_t len, size_t nodes)
{
    own(findings_free) struct findings *none = findings_new();
    char *made = arena_take(arena, 4 * len + 16 * nodes + 16 + ESCAPE_BYTES);
    size_t made_len = (size_t) (put_node(made, root) - made);
    const struct node *again = yaml_load(arena, arena, fuzz_file(made, made_len), none);
    assert(again && findings_count(none) == 0 && are_same(root, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    own(findings_free) struct findings *findings = findings_new();
    const struct node *root = yaml_load(arena, arena, fuzz_file(bytes, len), findings);
    assert((root == NULL) == (findings_errors(findings) > 0));
    fuzz_check_findings(findings);
    if (root) {
        size_t nodes = walk(root, 1);
        assert(nodes <= NODES_MAX);
        check_again(arena, root, len, nodes);
    }
    return 0;
}
