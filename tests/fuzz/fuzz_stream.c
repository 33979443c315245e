/* fuzz_stream.c - any bytes as a stream message to the router: as a whole message, or as the next event of a sound one. Whatever it is,
 * the cursor never runs ahead of what was sent, and nothing but a lead that was placed has a row. The first byte chooses. */
#include "services/runtime/node_internal.h"
#include "tests/fuzz/desk.h"
#include "tests/sim/world.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { MADE_ANEW = 5000 };

static struct desk *desk;
static int64_t seq; /* of the last event that was sent well */
static unsigned char hash[HASH_BYTES];

static void begin(void)
{
    desk_close(desk);
    desk = desk_open(sim_router());
    seq = 0;
    memset(hash, 0, sizeof hash);
}

static struct text wrapped(struct arena *arena, struct text event)
{
    char prev[HASH_HEX] = "";
    if (seq)
        sodium_bin2hex(prev, sizeof prev, hash, sizeof hash);
    return arena_printf(
        arena,
        "{\"epoch\":\"0123456789abcdef\",\"head\":%lld,\"now\":\"2026-05-26T12:00:00+08:00\",\"first\":%lld,\"prev\":\"%s\","
        "\"events\":[" TEXT_FMT "]}",
        (long long) seq + 1, (long long) seq + 1, prev, TEXT_ARG(event));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static long runs;
    int answers;
    if (len == 0 || memchr(bytes, '\0', len))
        return 0;
    if (runs++ % MADE_ANEW == 0)
        begin();
    own(arena_free) struct arena *arena = arena_new(64 * 1024);
    struct text given = arena_text(arena, (const char *) bytes + 1, len - 1);
    bool is_event = bytes[0] % 2;
    desk_hand(desk, "stream/intake", is_event ? wrapped(arena, given) : given, &answers);
    int64_t heard = 0;
    text_int(desk_ask(desk, arena, "SELECT seq FROM cursor WHERE producer = 'intake'"), &heard);
    if (is_event && heard == seq + 1) {
        event_next_hash(hash, given);
        seq++;
    } else if (heard != seq) {
        begin(); /* the bytes were a whole message, or several events: another history */
    }
    assert(heard >= 0);
    struct text lost =
        desk_ask(desk, arena,
                 "SELECT subject FROM parked p WHERE body LIKE '{\"type\":\"lead.received\"%' AND length(subject) = 11 AND "
                 "subject GLOB '2026-[0-9][0-9][0-9][0-9][0-9][0-9]' AND NOT EXISTS (SELECT 1 FROM lead WHERE lead = "
                 "p.subject) LIMIT 1");
    assert(!lost.at);
    return 0;
}
