/* words.c - the contract's words and their Chinese, both ways. See form.h. */
#include "command.h"
#include "gen/words.h"

#include <string.h>

enum { WORD_COUNT = sizeof contract_words / sizeof *contract_words };

struct text word_zh(const char *vocabulary, struct text word)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(contract_words[i].type, vocabulary) == 0 && text_is_c(word, contract_words[i].word))
            return text_of(contract_words[i].zh);
    }
    return word;
}

struct text word_of(const char *vocabulary, struct text given)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(contract_words[i].type, vocabulary) != 0)
            continue;
        if (text_is_c(given, contract_words[i].word) || text_is_c(given, contract_words[i].zh))
            return text_of(contract_words[i].word);
    }
    return NO_TEXT;
}

struct text words_offered(struct arena *arena, const char *vocabulary)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(contract_words[i].type, vocabulary) == 0)
            all = arena_printf(arena, TEXT_FMT "%s%s %s", TEXT_ARG(all), all.len ? "、" : "", contract_words[i].word,
                               contract_words[i].zh);
    }
    return all;
}
