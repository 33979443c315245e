/* contract.c - makes what topics.yaml says into headers, access rules, an AsyncAPI document and the reference page.
 *
 * usage   contract TOPICS_YAML OUT_DIR       writes topics.h topics_table.h guard_rules.h words.h asyncapi.json reference.md
 *         contract --check TOPICS_YAML       only prints what is wrong, as file:line
 * promise a file is replaced whole or not at all, and not touched when nothing in it changes, so that nothing is built again.
 * exit    0 done, 1 topics.yaml has mistakes, 2 usage, 3 cannot write
 * Needs no generated file itself: it links yaml.c, conf.c and text.c alone. */
#include "services/contract/emit.h"

#include <stdlib.h>
#include <string.h>

typedef void emitter(struct arena *arena, const struct contract *c, FILE *to);
static const struct {
    const char *file;
    emitter *emit;
} outputs[] = {
    { "topics_table.h", header_table },
    { "guard_rules.h", rules_header },
    { "asyncapi.json", asyncapi_document },
    { "reference.md", reference_page },
    { "words.h", words_header },
    { "topics.h", header_topics }, /* last: the build takes it as the sign that all are there */
};

static bool holds_already(const char *path, const char *bytes, size_t len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    char *there = malloc(len + 2);
    size_t got = there ? fread(there, 1, len + 1, f) : 0;
    bool same = there && got == len && memcmp(there, bytes, len) == 0;
    free(there);
    fclose(f);
    return same;
}

static bool replace(const char *path, const char *temporary, const char *bytes, size_t len)
{
    FILE *f = fopen(temporary, "wb");
    if (!f)
        return false;
    bool written = fwrite(bytes, 1, len, f) == len;
    written = fclose(f) == 0 && written;
    return written && rename(temporary, path) == 0;
}

static bool write_output(struct arena *arena, const struct contract *c, const char *directory, size_t which)
{
    struct text path = arena_printf(arena, "%s/%s", directory, outputs[which].file);
    struct text temporary = arena_printf(arena, "%s.tmp", path.at);
    char *bytes = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&bytes, &len);
    if (!to)
        return false;
    outputs[which].emit(arena, c, to);
    bool done = fclose(to) == 0;
    done = done && (holds_already(path.at, bytes, len) || replace(path.at, temporary.at, bytes, len));
    free(bytes);
    if (!done)
        fprintf(stderr, "cannot write %s\n", path.at);
    return done;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: contract TOPICS_YAML OUT_DIR | contract --check TOPICS_YAML\n");
        return 2;
    }
    bool only_check = strcmp(argv[1], "--check") == 0;
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    own(findings_free) struct findings *findings = findings_new();
    const struct contract *c = model_load(arena, only_check ? argv[2] : argv[1], findings);
    findings_print(findings, stderr);
    if (!c)
        return 1;
    for (size_t i = 0; !only_check && i < sizeof outputs / sizeof outputs[0]; i++)
        if (!write_output(arena, c, argv[2], i))
            return 3;
    return 0;
}
