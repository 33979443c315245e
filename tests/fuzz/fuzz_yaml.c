/* fuzz_yaml.c - any bytes as a configuration file: a tree or a finding, never neither, and every node can be walked. */
#include "yinling/yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static size_t walk(const struct node *n, int depth)
{
    size_t seen = 1;
    assert(depth <= 32);
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char path[64];
    int fd = memfd_create("yaml", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t) len)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    own(arena_free) struct arena *arena = arena_new(4096);
    own(findings_free) struct findings *findings = findings_new();
    const struct node *root = yaml_load(arena, arena, path, findings);
    assert((root == NULL) == (findings_errors(findings) > 0));
    if (root)
        assert(walk(root, 1) <= 100000);
    close(fd);
    return 0;
}
