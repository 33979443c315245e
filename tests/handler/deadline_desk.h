/* deadline_desk.h - what the tests of the deadline service share: the service on the kit, a lead to dispatch, and looking at events and
 * at the due card. */
#ifndef DEADLINE_DESK_H
#define DEADLINE_DESK_H

#include "kit/kit.h"

int service_main_of_test(int argc, char **argv);
#define main service_main_of_test
#include "services/deadline/deadline.c"
#undef main

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define LEAD "2026-000123"
#define CARD "unit/market/due/" LEAD
#define TUESDAY "2026-05-26T09:00:00+08:00" /* an ordinary working week */

static inline struct kit *begin(const char *now)
{
    return kit_new(&deadline, "deploy/binhu", now);
}

static inline const char *dispatch_data(const char *unit, const char *severity, const char *more)
{
    static char data[512];
    snprintf(data, sizeof data,
             "{'unit':'%s','assist':[],'severity':'%s','urgency':'routine','category':'other','channel':'hotline','rule':'r',"
             "'unmatched':false,'sealed':false,'round':1,'groups':[],'named':false%s}",
             unit, severity, more);
    return data;
}

static inline void dispatch(struct kit *k, const char *lead)
{
    kit_event(k, "lead.dispatched", lead, NULL, dispatch_data("market", "moderate", ""));
}

static inline const char *data_text(const json_t *event, const char *field)
{
    const char *text = json_string_value(json_object_get(json_object_get(event, "data"), field));
    return text ? text : "";
}

/* How many events of this type about this clock, and the newest of them. */
static inline size_t times(const struct kit *k, const char *type, const char *clock)
{
    size_t n = 0;
    for (size_t i = 0; i < kit_said_count(k); i++) {
        const json_t *event = kit_said(k, i);
        n += strcmp(json_string_value(json_object_get(event, "type")), type) == 0 &&
             (!clock || strcmp(data_text(event, "clock"), clock) == 0);
    }
    return n;
}

static inline const json_t *newest(const struct kit *k, const char *type, const char *clock)
{
    for (size_t i = kit_said_count(k); i-- > 0;) {
        const json_t *event = kit_said(k, i);
        if (strcmp(json_string_value(json_object_get(event, "type")), type) == 0 &&
            strcmp(data_text(event, "clock"), clock) == 0)
            return event;
    }
    return NULL;
}

static inline const json_t *on_card(struct kit *k, const char *topic, const char *clock)
{
    const json_t *card = kit_view_json(k, topic), *one;
    size_t i;
    json_array_foreach(json_object_get(card, "clocks"), i,
                       one) if (strcmp(json_string_value(json_object_get(one, "clock")), clock) == 0) return one;
    return NULL;
}

static inline const char *card_text(struct kit *k, const char *clock, const char *field)
{
    const char *text = json_string_value(json_object_get(on_card(k, CARD, clock), field));
    return text ? text : "";
}

static inline bool sentence_has(struct kit *k, const char *words)
{
    const json_t *card = kit_view_json(k, CARD);
    return card && strstr(json_string_value(json_object_get(card, "sentence")), words);
}

#endif
