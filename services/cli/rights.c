/* rights.c - may this account ask or read this? By the guard's own rules, so that a person is told at once what the broker would only
 * leave unanswered. Whether somebody is director or in a group stands in the broker's accounts; here the benefit of the doubt is given. */
#include "command.h"
#include "services/guard/match.h"
#include "yinling/topic.h"

#include "gen/guard_rules.h"

#include <stdio.h>
#include <string.h>

struct asker {
    struct matcher matcher;
    struct subject who;
};

/* False when the account's name is no account's. */
static bool asker_of(struct call *call, struct asker *ret)
{
    const struct town *town = town_in_use(call);
    struct roster_row row = { .director = true };
    for (int g = 0; g < GROUP_COUNT; g++)
        roster_put_group(&row, group_codes[g]);
    struct text client_id = arena_printf(call->arena, "%s@cli", call->account);
    return town && account_read(call->account, strlen(call->account), &row.account) &&
           matcher_init(&ret->matcher, town->code.at, guard_rules, (int) (sizeof guard_rules / sizeof *guard_rules)) &&
           subject_read(&row, client_id.at, &ret->who);
}

bool may_ask(struct call *call, const char *kind)
{
    struct asker *asker = arena_take(call->arena, sizeof *asker);
    if (!asker_of(call, asker))
        return true; /* the broker will say */
    struct topic topic = topic_of(call->arena, TOPIC_REQUEST, text_of(kind), text_of(call->account));
    struct text whole = arena_printf(call->arena, "%s" TEXT_FMT, asker->matcher.root, TEXT_ARG(topic.path));
    return match_publish(&asker->matcher, &asker->who, whole.at, false, 0) == PUBLISH_ALLOWED;
}

bool may_read(struct call *call, const char *filter)
{
    struct asker *asker = arena_take(call->arena, sizeof *asker);
    if (!asker_of(call, asker))
        return true;
    struct text whole = arena_printf(call->arena, "%s%s", asker->matcher.root, filter);
    return match_subscribe(&asker->matcher, &asker->who, whole.at);
}
