/* accounts.c - makes and changes accounts in a directory for tests of the broker, without a town's folder.
 *
 * accounts DIR make NAME...   makes accounts of a town that has exactly what the names need; prints `NAME TOKEN` lines
 * accounts DIR lock|unlock|renew NAME
 * accounts DIR tag NAME GROUP          a group, or the word director */
#include "yinling/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(enum accounts_outcome outcome)
{
    fprintf(stderr, "%s\n", accounts_sentence(outcome));
    return outcome == ACCOUNTS_DONE ? 0 : 1;
}

/* A town that has the one unit, village or channel which the name needs. */
static enum accounts_outcome make(const char *dir, const char *name, char token[ROSTER_TOKEN_CHARS + 1])
{
    struct account a;
    if (!account_read(name, strlen(name), &a))
        return ACCOUNTS_BAD_NAME;
    struct unit unit = { .code = text_of(a.scope) };
    struct village village = { .digits = text_of(a.scope) };
    struct channel channel = { .account = text_of(a.name) };
    struct town town = { .code = TEXT("370481104"),
                         .units = &unit,
                         .unit_count = 1,
                         .villages = &village,
                         .village_count = 1,
                         .channels = &channel,
                         .channel_count = 1 };
    return accounts_create(dir, &town, name, token);
}

/* The tags of people.csv, put in by hand. */
static int tag(const char *dir, const char *name, const char *word)
{
    struct roster *r;
    char path[4096];
    size_t len;
    if (accounts_list(dir, &r) != ACCOUNTS_DONE || !roster_edit(r, name))
        return 1;
    if (strcmp(word, "director") == 0)
        roster_edit(r, name)->director = true;
    else
        roster_put_group(roster_edit(r, name), word);
    char *bytes = roster_print(r, &len);
    snprintf(path, sizeof(path), "%s/accounts", dir);
    FILE *f = fopen(path, "w");
    size_t put = f ? fwrite(bytes, 1, len, f) : 0;
    free(bytes);
    roster_free(r);
    return f && fclose(f) == 0 && put == len ? 0 : 1;
}

int main(int argc, char **argv)
{
    char token[ROSTER_TOKEN_CHARS + 1] = "";
    if (argc < 4)
        return 2;
    const char *dir = argv[1], *act = argv[2];
    if (strcmp(act, "lock") == 0)
        return complain(accounts_lock(dir, argv[3]));
    if (strcmp(act, "unlock") == 0)
        return complain(accounts_unlock(dir, argv[3]));
    if (strcmp(act, "tag") == 0)
        return argc == 5 ? tag(dir, argv[3], argv[4]) : 2;
    for (int i = 3; i < argc; i++) {
        bool is_new = strcmp(act, "make") == 0;
        enum accounts_outcome outcome = is_new ? make(dir, argv[i], token) : accounts_renew(dir, argv[i], token);
        if (outcome != ACCOUNTS_DONE)
            return complain(outcome);
        printf("%s %s\n", argv[i], token);
    }
    return 0;
}
