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
    if (outcome == ACCOUNTS_DONE && !call->json && made == 0)
        printf("账号齐全，没有新建。\n");
    else if (outcome == ACCOUNTS_DONE && !call->json)
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
    enum accounts_outcome outcome = accounts_lock(state, call->operands[1]);
    if (outcome == ACCOUNTS_DONE && !call->json)
        printf("%s 已停用，现有的连接在一秒内断开。\n", call->operands[1]);
    return ended(call, outcome);
}

static int unlock(struct call *call, const char *state)
{
    enum accounts_outcome outcome = accounts_unlock(state, call->operands[1]);
    if (outcome == ACCOUNTS_DONE && !call->json)
        printf("%s 已恢复，可以登录。\n", call->operands[1]);
    return ended(call, outcome);
}

struct verb {
    const char *word;
    bool named;
    int (*run)(struct call *call, const char *state);
};

static const struct verb verbs[] = { { "list", false, list }, { "fill", false, fill },    { "create", true, create },
                                     { "lock", true, lock },  { "unlock", true, unlock }, { "renew", true, renew } };

int run_accounts(struct call *call)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        const struct verb *v = &verbs[i];
        all = arena_printf(call->arena, TEXT_FMT "%s%s", TEXT_ARG(all), i ? "、" : "", v->word);
        if (strcmp(call->operands[0], v->word) != 0)
            continue;
        if (v->named != (call->operand_count == 2))
            return complain_to_user(call, EXIT_WRONG_USE,
                                    v->named ? "%s 后面要写账号，如 yinling accounts %s staff-police-1。"
                                             : "%s 后面不要再写别的。",
                                    v->word, v->word);
        const char *state = state_dir(call);
        return state ? v->run(call, state) : EXIT_WRONG_USE;
    }
    return complain_to_user(call, EXIT_WRONG_USE, "没有“%s”这个动作，可用：" TEXT_FMT "。", call->operands[0], TEXT_ARG(all));
}
