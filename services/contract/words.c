/* words.c - gen/words.h: the closed vocabularies of topics.yaml with their Chinese, for programs that speak with people (emit.h). */
#include "services/contract/emit.h"

void words_header(struct arena *arena, const struct contract *c, FILE *to)
{
    (void) arena;
    fprintf(
        to,
        "/* words.h - every word of a closed vocabulary with its Chinese; made from topics.yaml. In the order of the contract. */\n"
        "#ifndef GEN_WORDS_H\n#define GEN_WORDS_H\n\n"
        "static const struct contract_word {\n    const char *type, *word, *zh;\n} contract_words[] = {\n");
    for (size_t i = 0; i < c->type_count; i++) {
        const struct type *t = &c->types[i];
        for (size_t k = 0; t->shape == SHAPE_WORDS && k < t->word_count; k++)
            fprintf(to, "    { \"" TEXT_FMT "\", \"" TEXT_FMT "\", \"" TEXT_FMT "\" },\n", TEXT_ARG(t->naming.name),
                    TEXT_ARG(t->words[k].word), TEXT_ARG(t->words[k].zh));
    }
    for (size_t i = 0; i < c->error_count; i++)
        fprintf(to, "    { \"error\", \"" TEXT_FMT "\", \"" TEXT_FMT "\" },\n", TEXT_ARG(c->errors[i].name),
                TEXT_ARG(c->errors[i].zh));
    for (size_t i = 0; i < c->service_count; i++)
        fprintf(to, "    { \"service\", \"" TEXT_FMT "\", \"" TEXT_FMT "\" },\n", TEXT_ARG(c->services[i].name),
                TEXT_ARG(c->services[i].zh));
    fprintf(to, "};\n\n#endif\n");
}
