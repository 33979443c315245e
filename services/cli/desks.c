/* desks.c - yinling desks: what stands on the units' topics, read as any client would read it, and whether it is as promised: each open
 * lead on exactly one accountable unit's desk, with its clocks. */
#include "command.h"
#include "yinling/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXPECT_MAX = 10000000, EXPECT_WAIT_S = 15, STEP_MS = 50 };

struct desk_lead {
    struct text lead, unit, title, due; /* due: clocks in words */
    int units, assists, clocks;
};

struct desks {
    struct call *call;
    bool heard;
    struct desk_lead *all; /* in order of the first message */
    size_t count, room;
    size_t *slots; /* by lead; open addressing, index + 1 */
    size_t slot_count;
};

/* -- leads by number ------------------------------------------------------------------------------------------------------ */

static size_t slot_of(const struct desks *d, struct text lead)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < lead.len; i++)
        h = (h ^ (unsigned char) lead.at[i]) * 1099511628211u;
    size_t i = (size_t) h & (d->slot_count - 1);
    while (d->slots[i] && !text_is(d->all[d->slots[i] - 1].lead, lead))
        i = (i + 1) & (d->slot_count - 1);
    return i;
}

static void grow(struct desks *d)
{
    struct arena *arena = d->call->arena;
    size_t room = d->room ? d->room * 2 : 512;
    struct desk_lead *all = arena_take(arena, room * sizeof *all);
    if (d->count > 0)
        memcpy(all, d->all, d->count * sizeof *all);
    d->all = all;
    d->room = room;
    d->slot_count = room * 2;
    d->slots = arena_take(arena, d->slot_count * sizeof *d->slots);
    for (size_t i = 0; i < d->count; i++)
        d->slots[slot_of(d, all[i].lead)] = i + 1;
}

static struct desk_lead *lead_of(struct desks *d, struct text lead)
{
    if (d->count == d->room)
        grow(d);
    size_t slot = slot_of(d, lead);
    if (!d->slots[slot]) {
        d->all[d->count] = (struct desk_lead){ .lead = arena_copy(d->call->arena, lead) };
        d->slots[slot] = ++d->count;
    }
    return &d->all[d->slots[slot] - 1];
}

/* -- messages --------------------------------------------------------------------------------------------------------------- */

static void hear_card(struct desks *d, struct desk_lead *lead, struct text unit, const json_t *card)
{
    if (!text_is_c(json_text_at(card, "role"), "lead")) {
        lead->assists++;
        return;
    }
    if (!text_is(lead->unit, unit))
        lead->units++;
    lead->unit = arena_copy(d->call->arena, unit);
    lead->title = arena_copy(d->call->arena, json_text_at(card, "title"));
}

static void hear_due(struct desks *d, struct desk_lead *lead, const json_t *due)
{
    size_t i;
    json_t *clock;
    lead->due = NO_TEXT;
    lead->clocks = (int) json_array_size(json_object_get(due, "clocks"));
    json_array_foreach(json_object_get(due, "clocks"), i, clock)
    {
        lead->due = arena_printf(d->call->arena, TEXT_FMT "%s" TEXT_FMT TEXT_FMT, TEXT_ARG(lead->due), i ? "  " : "",
                                 TEXT_ARG(word_zh("clock", json_text_at(clock, "clock"))),
                                 TEXT_ARG(said_instant(d->call, json_text_at(clock, "due"))));
    }
}

static void on_message(void *context, struct text path, struct text payload, bool retained)
{
    (void) retained;
    struct desks *d = context;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    d->heard = true;
    json_t *message = payload.len ? json_loadb(payload.at, payload.len, 0, NULL) : NULL;
    if (message && topic_read(path, &id, parts)) {
        struct desk_lead *lead = lead_of(d, parts[1]);
        if (id == TOPIC_UNIT_DUE)
            hear_due(d, lead, message);
        else
            hear_card(d, lead, parts[0], message);
    }
    json_decref(message);
}

/* -- telling ------------------------------------------------------------------------------------------------------------------ */

static bool is_right(const struct desk_lead *lead)
{
    return lead->units == 1 && lead->clocks > 0;
}

static size_t right_ones(const struct desks *d)
{
    size_t right = 0;
    for (size_t i = 0; i < d->count; i++)
        right += is_right(&d->all[i]);
    return right;
}

static int by_number(const void *a, const void *b)
{
    return text_order(((const struct desk_lead *) a)->lead, ((const struct desk_lead *) b)->lead);
}

static void print_desk(struct call *call, const struct desk_lead *lead)
{
    if (call->json) {
        print_json(json_keep(call->arena, json_pack("{s:o,s:o,s:i,s:i,s:i,s:o}", "lead", json_of_text(lead->lead), "unit",
                                                    json_of_text(lead->unit), "units", lead->units, "assists", lead->assists,
                                                    "clocks", lead->clocks, "due", json_of_text(lead->due))));
        return;
    }
    struct text unit =
        lead->units == 1 ? said_unit(call, lead->unit) : arena_printf(call->arena, "%d 个主办单位！", lead->units);
    struct text assists = lead->assists ? arena_printf(call->arena, "协办%d", lead->assists) : TEXT("");
    printf(TEXT_FMT " %s" TEXT_FMT "%s " TEXT_FMT " " TEXT_FMT "\n", TEXT_ARG(padded(call->arena, lead->lead, 12)),
           coloured(call, is_right(lead) ? "blue" : "red"), TEXT_ARG(padded(call->arena, unit, 18)), coloured(call, NULL),
           TEXT_ARG(padded(call->arena, assists, 6)), TEXT_ARG(lead->clocks ? lead->due : TEXT("没有期限！")));
}

int run_desks(struct call *call)
{
    int64_t expect, wait_s;
    int code;
    if (!option_int(call, "--expect", 0, EXPECT_MAX, 0, &expect) ||
        !option_int(call, "--timeout", 1, 86400, EXPECT_WAIT_S, &wait_s))
        return EXIT_WRONG_USE;
    own(client_close) struct client *client = connected(call, "office-1", &code);
    if (!client)
        return code;
    struct desks d = { .call = call };
    client_listen(client, topic_filter(call->arena, TOPIC_UNIT_LEAD, NO_TEXT).at, on_message, &d);
    client_listen(client, topic_filter(call->arena, TOPIC_UNIT_DUE, NO_TEXT).at, on_message, &d);
    instant_ms until = later(now_of_call(), SPAN_S(wait_s));
    while (expect > 0 && right_ones(&d) < (size_t) expect && is_before(now_of_call(), until))
        client_step(client, STEP_MS);
    hear_what_stands(client, &d.heard);
    if (d.count > 0)
        qsort(d.all, d.count, sizeof *d.all, by_number);
    size_t right = right_ones(&d);
    for (size_t i = 0; i < d.count; i++)
        print_desk(call, &d.all[i]);
    if (!call->json)
        printf("%zu 条线索，%zu 条各在唯一一个主办单位名下并且有期限。\n", d.count, right);
    if (right < d.count || right < (size_t) expect)
        return complain_to_user(call, EXIT_REFUSED, "有 %zu 条不是这样。",
                                (right < (size_t) expect ? (size_t) expect : d.count) - right);
    return EXIT_DONE;
}
