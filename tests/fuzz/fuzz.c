/* fuzz.c - see fuzz.h. */
#include "tests/fuzz/fuzz.h"
#include "yinling/yaml.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 256 * 1024 };

/* Without stack traces of every allocation and with a small quarantine: both cost more than what is tested. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "malloc_context_size=1:quarantine_size_mb=8:allocator_may_return_null=1";
}

/* -- randomness that is the same for every input ---------------------------------------------------------------------- */

static uint64_t thrown;

static const char *fixed_name(void)
{
    return "fixed";
}

static uint32_t fixed_word(void)
{
    return (uint32_t) (++thrown * 0x9E3779B97F4A7C15u >> 32);
}

static void fixed_bytes(void *const ret, const size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((unsigned char *) ret)[i] = (unsigned char) (fixed_word() >> 24);
}

static struct randombytes_implementation fixed = { .implementation_name = fixed_name,
                                                   .random = fixed_word,
                                                   .buf = fixed_bytes };

struct arena *fuzz_arena(void)
{
    static struct arena *arena;
    if (!arena) {
        arena = arena_new(CHUNK_BYTES);
        if (randombytes_set_implementation(&fixed) != 0 || sodium_init() < 0)
            abort();
    }
    arena_reset(arena);
    thrown = 0;
    return arena;
}

/* -- what was seen ---------------------------------------------------------------------------------------------------- */

static uint64_t seen_sum;

void fuzz_note(struct text seen)
{
    seen_sum += fuzz_hash(seen.at, seen.len) >> 24; /* so that sums stay numbers that a shell can add */
}

__attribute__((destructor)) static void tell_digest(void)
{
    if (getenv("FUZZ_DIGEST"))
        printf("digest %llu\n", (unsigned long long) seen_sum);
}

/* -- the input as a file ---------------------------------------------------------------------------------------------- */

int fuzz_fd(void)
{
    static int fd = -1;
    if (fd < 0 && ((fd = memfd_create("input", MFD_CLOEXEC)) < 0 || fchmod(fd, 0600) != 0))
        abort();
    return fd;
}

const char *fuzz_file(const void *bytes, size_t len)
{
    static char path[64];
    if (ftruncate(fuzz_fd(), 0) != 0 || pwrite(fuzz_fd(), bytes, len, 0) != (ssize_t) len)
        abort();
    if (!path[0])
        snprintf(path, sizeof path, "/proc/self/fd/%d", fuzz_fd());
    return path;
}

/* -- oracles that several have ---------------------------------------------------------------------------------------- */

bool fuzz_is_sentence(struct text t)
{
    bool has_other = false;
    for (size_t i = 0; i < t.len; i++)
        has_other = has_other || (unsigned char) t.at[i] >= 0x80;
    return has_other && text_is_utf8(t);
}

void fuzz_check_findings(const struct findings *findings)
{
    for (size_t i = 0; i < findings_count(findings); i++) {
        const struct finding *f = finding_at(findings, i);
        fuzz_note(f->message);
        assert(f->place.line >= 1 && f->place.file && fuzz_is_sentence(f->message));
    }
}

struct text fuzz_piece(struct text *at, char end)
{
    const char *stop = at->len ? memchr(at->at, end, at->len) : NULL;
    size_t len = stop ? (size_t) (stop - at->at) : at->len, step = len + (stop != NULL);
    struct text piece = { at->at, len };
    *at = (struct text){ at->at + step, at->len - step };
    return piece;
}

uint64_t fuzz_hash(const void *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ ((const unsigned char *) bytes)[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}
