/* fuzz_request.c - any bytes as a request of any kind by any account: one answer that parses, and the service goes on. The first byte
 * chooses who asks for what, the rest is the payload. */
#include "tests/fuzz/desk.h"
#include "tests/sim/world.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct {
    int service; /* of `services` */
    const char *path;
} asks[] = {
    { 0, "request/lead-submit/12345" },         { 0, "request/lead-submit/web/abcdefghijklmnopqrstuvwxyz" },
    { 0, "request/lead-track/12337" },          { 0, "request/link-order/office-1" },
    { 0, "request/operate-intake/operator-1" }, { 1, "request/lead-reply/staff-police-1" },
    { 1, "request/lead-order/office-2" },       { 1, "request/query-leads/office-1" },
    { 1, "request/query-lead/discipline-1" },   { 1, "request/operate-router/operator-1" },
    { 2, "request/query-due/office-1" },        { 3, "request/warning-order/publicity-1" },
    { 3, "request/query-warning/office-1" },    { 3, "request/operate-warning/staff-police-1" },
};
enum { ASK_KINDS = sizeof asks / sizeof *asks, MADE_ANEW = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct desk *desks[MACHINES];
    static long runs;
    static const struct service *(*const services[MACHINES])(void) = { sim_intake, sim_router, sim_deadline, sim_warning };
    if (len == 0)
        return 0;
    for (int i = 0; i < MACHINES && ++runs % MADE_ANEW == 0; i++) /* what it has taken in must not slow it down for ever */
        desks[i] = desk_close(desks[i]);
    int which = bytes[0] % ASK_KINDS, service = asks[which].service, answers;
    if (!desks[service])
        desks[service] = desk_open(services[service]());
    /* a copy that ends where it ends, for the sanitizer */
    char *payload = malloc(len);
    memcpy(payload, bytes + 1, len - 1);
    payload[len - 1] = '\0';
    desk_hand(desks[service], asks[which].path, (struct text){ payload, len - 1 }, &answers);
    free(payload);
    assert(answers == 1);
    return 0;
}
