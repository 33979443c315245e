/* mutant.c - which deliberate defect is on (services/runtime/mutant.h); in a build without them there is none. */
#include "sim/mutant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef YINLING_MUTANTS

enum mutant mutant_on = MUTANT_NONE;

#define NAME(name, sentence) { #name, sentence },
static const struct {
    const char *name, *sentence;
} mutants[] = { { "none", "" }, MUTANTS(NAME) };

bool mutant_choose(const char *name)
{
    for (int i = 0; i < MUTANT_COUNT; i++) {
        if (strcmp(mutants[i].name, name) == 0) {
            mutant_on = (enum mutant) i;
            return true;
        }
    }
    return false;
}

void mutant_list(void)
{
    for (int i = 1; i < MUTANT_COUNT; i++)
        printf("%s\t%s\n", mutants[i].name, mutants[i].sentence);
}

instant_ms mutant_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (instant_ms){ (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

#else

bool mutant_choose(const char *name)
{
    return strcmp(name, "none") == 0;
}

void mutant_list(void)
{
    printf("built without them: make mutants\n");
}

#endif
