/* fuzz_stream.c - any bytes where a service hears others: stream messages whole and as events of an honest producer, cursors, watermarks,
 * taps of phones, and topics of any form. The service goes on; what was heard moves by whole messages; no lead is lost or stands on two
 * desks; and the same message again changes nothing.
 *
 * The first byte chooses how it is heard, the second by whom, the rest is the payload. */
#include "services/runtime/node_internal.h"
#include "tests/fuzz/desk.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

enum { OFTEN = 8 /* one input in so many is looked at more closely */ };

static const struct edge {
    enum desk_name desk;
    const char *producer, *consumer; /* of its own stream */
} edges[] = {
    { DESK_ROUTER, "intake", "warning" },  { DESK_DEADLINE, "router", "router" }, { DESK_WARNING, "intake", "board" },
    { DESK_WARNING, "router", "journal" }, { DESK_INTAKE, "router", "warning" },  { DESK_ROUTER, "deadline", "deadline" },
    { DESK_ROUTER, "intake", "deadline" }, { DESK_INTAKE, "router", "router" },
};
enum { EDGES = sizeof edges / sizeof *edges };

static struct text path_of(struct arena *arena, const char *format, const char *a, const char *b)
{
    return arena_printf(arena, format, a, b);
}

/* Each line an event, in an envelope that goes on from what the service has heard. */
static struct text honest(struct arena *arena, struct desk *desk, const char *producer, struct text lines, int *ret_count)
{
    struct heard_to to;
    assert(desk_heard_to(desk, producer, &to));
    struct text events = NO_TEXT;
    for (*ret_count = 0; lines.len && *ret_count < 8; ++*ret_count) {
        struct text line = fuzz_piece(&lines, '\n');
        events = arena_printf(arena, TEXT_FMT "%s" TEXT_FMT, TEXT_ARG(events), *ret_count ? "," : "", TEXT_ARG(line));
    }
    return arena_printf(arena,
                        "{\"epoch\":\"%s\",\"head\":%lld,\"now\":\"2026-05-26T09:20:00+08:00\",\"first\":%lld,\"prev\":\"%s\","
                        "\"events\":[" TEXT_FMT "]}",
                        to.epoch, (long long) to.seq + *ret_count, (long long) to.seq + 1, to.hash, TEXT_ARG(events));
}

/* Every open lead has one accountable unit, and that unit can see it. */
static void check_leads(struct desk *desk, struct arena *arena)
{
    assert(!desk_ask(desk, arena,
                     "SELECT subject FROM parked p WHERE body GLOB '{\"type\":\"lead.received\"*' AND length(subject) = 11 AND "
                     "subject GLOB '2026-[0-9][0-9][0-9][0-9][0-9][0-9]' AND NOT EXISTS (SELECT 1 FROM lead WHERE lead = "
                     "p.subject) LIMIT 1")
                .at);
    assert(!desk_ask(
                desk, arena,
                "SELECT lead FROM lead l WHERE status <> 4 AND NOT EXISTS (SELECT 1 FROM view WHERE payload IS NOT NULL AND "
                "topic = CASE sealed WHEN 0 THEN 'unit/' || l.unit || '/lead/' || l.lead ELSE 'sealed/' || l.lead END) LIMIT 1")
                .at);
    assert(
        !desk_ask(desk, arena,
                  "SELECT lead FROM lead l WHERE 1 < (SELECT count(*) FROM view WHERE topic GLOB 'unit/*/lead/' || l.lead AND "
                  "json_extract(payload, '$.role') = 'lead') LIMIT 1")
             .at);
    for (size_t i = 0; i < desk_town()->unit_count; i++)
        assert(desk_town()->units[i].code.len);
}

static void hear_stream(const struct edge *edge, struct desk *desk, struct arena *arena, struct text message, int count,
                        bool closely)
{
    struct heard_to before, after;
    struct text path = path_of(arena, closely ? "stream/%s/to/%s" : "stream/%s", edge->producer,
                               ((const char *[]){ "intake", "router", "deadline", "warning" })[edge->desk]);
    desk_heard_to(desk, edge->producer, &before);
    int64_t was = before.seq;
    desk_hand(desk, arena, path, message);
    desk_heard_to(desk, edge->producer, &after);
    assert(after.seq >= 0 && (count < 0 || after.seq == was || after.seq >= was + 1));
    if (!closely)
        return;
    if (edge->desk == DESK_ROUTER)
        check_leads(desk, arena);
    desk_catch_up(desk, arena);
    struct desk_state once = desk_state(desk, arena);
    int64_t seq = after.seq;
    desk_hand(desk, arena, path, message);
    desk_heard_to(desk, edge->producer, &after);
    struct desk_state twice = desk_state(desk, arena);
    assert(after.seq == seq && once.rows == twice.rows && once.head == twice.head);
}

static void tap(struct desk *desk, struct arena *arena, int village, struct text payload)
{
    static const char *const buttons[] = { "ok", "no", "reach", "say" };
    struct text button = text_of(buttons[payload.len ? (unsigned char) payload.at[0] % 4 : 0]);
    struct text rest = payload.len ? (struct text){ payload.at + 1, payload.len - 1 } : payload;
    desk_hand(desk, arena, arena_printf(arena, "worker/w20%d-1/" TEXT_FMT, village, TEXT_ARG(button)), rest);
}

enum how { WHOLE, EVENTS, EVENTS_TOO, CURSOR, TAP, WATERMARK, ANYWHERE, HOWS };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const names[] = { "intake", "router", "deadline", "warning" };
    if (len < 2)
        return 0;
    struct arena *arena = fuzz_arena();
    const struct edge *edge = &edges[bytes[1] % EDGES];
    struct desk *desk = desk_of(edge->desk);
    struct text given = arena_text(arena, (const char *) bytes + 2, len - 2), path;
    bool closely = fuzz_hash(bytes, len) % OFTEN == 0;
    int count = -1;
    desk_closely(desk, closely);
    switch ((enum how)(bytes[0] % HOWS)) {
    case WHOLE:
        hear_stream(edge, desk, arena, given, -1, closely);
        break;
    case EVENTS:
    case EVENTS_TOO:
        given = honest(arena, desk, edge->producer, given, &count);
        hear_stream(edge, desk, arena, given, count, closely);
        break;
    case CURSOR:
        desk_hand(desk, arena, path_of(arena, "stream/%s/cursor/%s", names[edge->desk], edge->consumer), given);
        break;
    case TAP:
        desk = desk_of(bytes[1] % 2 ? DESK_INTAKE : DESK_WARNING);
        tap(desk, arena, bytes[1] / 2 % 2, given);
        break;
    case WATERMARK:
        desk_reconnect(desk, arena,
                       path_of(arena, bytes[1] % 16 < 8 ? "svc/%s/watermark%s" : "svc/%s/watermark/1%s", names[edge->desk], ""),
                       given);
        break;
    case ANYWHERE:
        path = fuzz_piece(&given, '\n');
        desk_hand(desk, arena, path, given);
        break;
    case HOWS:
        break;
    }
    desk_undo(desk);
    return 0;
}
