/* act.c - yinling reply and yinling order: what a unit and what the office do with leads. Actions may be given in Chinese (签收). */
#include "command.h"
#include "services/router/life.h"

#include <stdio.h>
#include <string.h>

struct desk {            /* one of the two commands */
    const char *kind;    /* of the request */
    const char *account; /* NULL: has to be given */
    const struct choice *deeds;
};

static const char *deed_given(const struct desk *desk, const char *given)
{
    for (const struct choice *d = desk->deeds; d->word; d++) {
        if (strcmp(d->word, given) == 0 || strcmp(life_deed_name((enum deed) d->value), given) == 0)
            return d->word;
    }
    return NULL;
}

static int no_such_deed(struct call *call, const struct desk *desk)
{
    struct text all = TEXT("");
    for (const struct choice *d = desk->deeds; d->word; d++)
        all = arena_printf(call->arena, TEXT_FMT "%s%s %s", TEXT_ARG(all), all.len ? "、" : "", d->word,
                           life_deed_name((enum deed) d->value));
    return complain_to_user(call, EXIT_WRONG_USE, "没有“%s”这个动作，可用：" TEXT_FMT "。", call->operands[1], TEXT_ARG(all));
}

/* One number goes as `lead`, several as `leads`. False: a complaint was printed. */
static bool put_leads(struct call *call, json_t *body)
{
    json_t *leads = json_array();
    for (const char *at = call->operands[0]; *at;) {
        size_t len = strcspn(at, ",");
        struct text lead = { at, len };
        if (!lead_is_number(call, lead)) {
            json_decref(leads);
            return false;
        }
        json_array_append_new(leads, json_of_text(lead));
        at += len + (at[len] == ',');
    }
    if (json_array_size(leads) == 1) {
        json_object_set(body, "lead", json_array_get(leads, 0));
        json_decref(leads);
    } else {
        json_object_set_new(body, "leads", leads);
    }
    return true;
}

static void print_state(struct call *call, struct text lead, struct text status)
{
    printf(TEXT_FMT "  %s" TEXT_FMT "%s\n", TEXT_ARG(lead), coloured(call, "green"), TEXT_ARG(word_zh("status", status)),
           coloured(call, NULL));
}

static void print_answer(struct call *call, const json_t *answer)
{
    size_t i;
    json_t *one;
    if (call->json) {
        print_json(answer);
        return;
    }
    if (json_object_get(answer, "lead"))
        print_state(call, json_text_at(answer, "lead"), json_text_at(answer, "status"));
    json_array_foreach(json_object_get(answer, "leads"), i, one)
    {
        print_state(call, json_text_at(one, "lead"), json_text_at(one, "status"));
    }
}

static int act(struct call *call, const struct desk *desk)
{
    const char *deed = deed_given(desk, call->operands[1]);
    if (!deed)
        return no_such_deed(call, desk);
    json_t *body = json_pack("{s:s}", "action", deed);
    int code = EXIT_WRONG_USE;
    struct client *client = NULL;
    if (put_leads(call, body) && form_fill(call, body))
        client = connected(call, desk->account, &code);
    const json_t *answer = client ? asked(call, client, desk->kind, body, &code) : NULL;
    if (!client)
        json_decref(body);
    if (answer)
        print_answer(call, answer);
    client_close(client);
    return code;
}

int run_reply(struct call *call)
{
    return act(call, &(struct desk){ "lead-reply", NULL, life_replies });
}

int run_order(struct call *call)
{
    return act(call, &(struct desk){ "lead-order", "office-1", life_orders });
}
