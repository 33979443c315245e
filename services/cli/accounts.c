/* accounts.c - yinling accounts: who may come in. Works on the state directory, on the broker's own machine. */
#include "yinling/accounts.h"
#include "command.h"

#include <stdio.h>
#include <string.h>

static int ended(const struct call *call, enum accounts_outcome outcome)
{
    if (outcome == ACCOUNTS_DONE)
        return EXIT_DONE;
    return complain_to_user(call, EXIT_REFUSED, "%s", accounts_sentence(outcome));
}

static int list(struct call *call, const char *state)
{
    own(roster_free) struct roster *roster = NULL;
    enum accounts_outcome outcome = accounts_list(state, &roster);
    if (outcome != ACCOUNTS_DONE)
        return ended(call, outcome);
    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct roster_row *row = roster_at(roster, i);
        const char *kind = account_kind_name(row->account.kind);
        if (call->json)
            print_json(
                json_keep(call->arena, json_pack("{s:s,s:s,s:s,s:b,s:b}", "account", row->account.name, "kind", kind, "scope",
                                                 row->account.scope, "locked", row->locked, "director", row->director)));
        else
            printf(TEXT_FMT " " TEXT_FMT " " TEXT_FMT " %s%s\n", TEXT_ARG(padded(call->arena, text_of(row->account.name), 28)),
                   TEXT_ARG(padded(call->arena, text_of(kind), 11)),
                   TEXT_ARG(padded(call->arena, text_of(row->account.scope), 18)), row->locked ? "已停用" : "",
                   row->director ? "主任" : "");
    }
    return EXIT_DONE;
}

static int fill(struct call *call, const char *state)
{
    const struct town *town = town_in_use(call);
    if (!town)
        return EXIT_REFUSED;
    size_t made = 0;
    enum accounts_outcome outcome = accounts_fill(state, town, &made);
    if (outcome == ACCOUNTS_DONE && !call->json)
        printf("新建了 %zu 个账号，密码在 %s/accounts.csv。\n", made, state);
    return ended(call, outcome);
}

static int create(struct call *call, const char *state)
{
    char token[ROSTER_TOKEN_CHARS + 1];
    const struct town *town = town_in_use(call);
    if (!town)
        return EXIT_REFUSED;
    enum accounts_outcome outcome = accounts_create(state, town, call->operands[1], token);
    if (outcome == ACCOUNTS_DONE)
        printf("%s,%s\n", call->operands[1], token);
    return ended(call, outcome);
}

static int renew(struct call *call, const char *state)
{
    char token[ROSTER_TOKEN_CHARS + 1];
    enum accounts_outcome outcome = accounts_renew(state, call->operands[1], token);
    if (outcome == ACCOUNTS_DONE)
        printf("%s,%s\n", call->operands[1], token);
    return ended(call, outcome);
}

static int lock(struct call *call, const char *state)
{
    return ended(call, accounts_lock(state, call->operands[1]));
}

static int unlock(struct call *call, const char *state)
{
    return ended(call, accounts_unlock(state, call->operands[1]));
}

int run_accounts(struct call *call)
{
    static const struct {
        const char *word;
        bool named;
        int (*run)(struct call *call, const char *state);
    } verbs[] = { { "list", false, list }, { "fill", false, fill },    { "create", true, create },
                  { "lock", true, lock },  { "unlock", true, unlock }, { "renew", true, renew } };
    const char *state = state_dir(call);
    if (!state)
        return EXIT_WRONG_USE;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(call->operands[0], verbs[i].word) == 0 && verbs[i].named == (call->operand_count == 2))
            return verbs[i].run(call, state);
    }
    return usage_of(call->command, stderr, EXIT_WRONG_USE);
}
