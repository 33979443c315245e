/* reference.c - the reference page, Chinese and English side by side, in Markdown (emit.h). */
#include "services/contract/emit.h"

#include <inttypes.h>

void reference_page(struct arena *arena, const struct contract *c, FILE *to)
{
    (void) arena;
    fprintf(to, "# " TEXT_FMT "\n", TEXT_ARG(c->title_zh));
}
