/* fuzz.h - what the targets share.
 *
 * An input leaves nothing behind: the arena is empty and randomness begins anew at each call of fuzz_arena, so that whatever an input
 * does, it does alone and in every order. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "yinling/reader.h"
#include "yinling/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* One arena for all inputs, empty: the sanitizer's malloc would otherwise be most of what a short input costs. */
struct arena *fuzz_arena(void);
/* A path under which these bytes, and no others, can be read; until the next call. */
const char *fuzz_file(const void *bytes, size_t len);
int fuzz_fd(void); /* its descriptor */
/* What the target saw of the present input, in any order: when the program ends, FUZZ_DIGEST makes it print the sum over all inputs,
 * which is the same in whatever order they came (tests/fuzz/run). */
void fuzz_note(struct text seen);
/* What a reader of configuration says: with a line of the file, as UTF-8, and in Chinese. */
struct findings;
void fuzz_check_findings(const struct findings *findings);
/* A sentence for people: UTF-8, not empty, with at least one character that is not ASCII. */
bool fuzz_is_sentence(struct text t);
/* The next piece of the input up to `end`, or the rest; moves *at behind it. */
struct text fuzz_piece(struct text *at, char end);
/* 64 bits that depend on the input only: what is checked now and then is checked by it, not by a count. */
uint64_t fuzz_hash(const void *bytes, size_t len);

#endif
