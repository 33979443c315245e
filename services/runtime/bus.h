/* bus.h - the one thing between a service and the broker. Two implementations: mqtt.c (Paho) and the in-process broker of the
 * tests. Paths are relative to the cell's root. All calls come from the turn's thread and never block.
 *
 * After ARRIVAL_UP nothing of an earlier connection can reach the broker any more; after ARRIVAL_DOWN every publish that was not
 * acknowledged is to be taken as lost. A bus drops arrivals when its bounded queue is full: everything above recovers. */
#ifndef RUNTIME_BUS_H
#define RUNTIME_BUS_H

#include "yinling/text.h"

enum arrival_kind {
    ARRIVAL_UP,      /* connected, clean session: nothing is subscribed */
    ARRIVAL_DOWN,    /* the connection is gone */
    ARRIVAL_MESSAGE, /* path, payload, retained */
    ARRIVAL_ACK,     /* the broker has the publish with this token */
    ARRIVAL_DENIED   /* the broker refused a publish or subscription: path says which */
};

struct arrival {
    enum arrival_kind kind;
    bool retained;
    struct text path, payload; /* valid until release */
    uint64_t token;
    void *owner; /* the bus's own */
};

struct bus {
    /* The next arrival in order; false when there is none. Each one taken is released once. */
    bool (*take)(struct bus *bus, struct arrival *ret);
    void (*release)(struct bus *bus, struct arrival *arrival);
    /* Bytes are copied. QoS 0 has no ACK. False: the link is down, nothing was sent. An empty retained payload clears. */
    bool (*publish)(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token);
    bool (*subscribe)(struct bus *bus, struct text filter, int qos);
    bool (*unsubscribe)(struct bus *bus, struct text filter); /* what is on its way still arrives */
};

#endif
