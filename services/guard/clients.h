/* clients.h - who is connected: devices of an account, and how fast each may publish.
 *
 * The broker's plugin interface has no room for state of ours in its clients, so they are found again by their address, which is
 * never followed. An address is only reused by a connection that has been admitted anew, which replaces what stood here.
 * A client that asked the broker to keep its session stays, as absent, until the broker has dropped that session. */
#ifndef GUARD_CLIENTS_H
#define GUARD_CLIENTS_H

#include "services/guard/match.h"

#define CLIENTS_MAX 20000           /* connected at once; a town has some 800 accounts */
#define CLIENTS_DEVICES_MAX 5       /* of one account (CONTRACT.md §1) */
#define CLIENTS_WEB_MAX 500         /* visits of the public page at once */
#define CLIENTS_SESSION_KEPT_S 3600 /* persistent_client_expiration of broker-config/mosquitto.conf */

struct client {
    const void *who; /* the broker's client */
    bool is_connected;
    bool keeps;         /* asked for a session that outlives the connection */
    bool is_out;        /* its account was locked or is gone: nothing more passes */
    int64_t gone_ms;    /* when it went, if it keeps a session */
    int64_t credit_us;  /* what is left of its publishing allowance, in microseconds of time */
    int64_t counted_ms; /* when that was last reckoned */
    struct subject subject;
    struct client *next_by_who, *next_by_name;
};

struct clients;
struct clients *clients_new(void);
struct clients *clients_free(struct clients *clients); /* returns NULL */

enum admission { ADMITTED, TOO_MANY_DEVICES, TOO_MANY_CLIENTS };
/* A connection that proved its account. The same client id again replaces the older one, as in the broker. */
enum admission clients_admit(struct clients *clients, const void *who, const struct subject *subject, bool keeps,
                             int64_t now_ms);
struct client *clients_find(const struct clients *clients, const void *who); /* NULL when unknown */
void clients_gone(struct clients *clients, const void *who, int64_t now_ms);
void clients_each(struct clients *clients, void (*visit)(struct client *client, void *with), void *with);

/* Takes one message off the client's allowance; false when there is none left. Services have no bound. */
bool clients_may_publish(struct clients *clients, struct client *client, int64_t now_ms);

#endif
