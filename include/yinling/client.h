/* client.h - an account's side of the contract: ask until answered, listen, publish. Used by the command line and the tests.
 *
 * A client has one connection, subscribes to its answers, and repeats every unanswered request (1 s, doubling to 4 s, and at once
 * after a reconnect) under the same id: only an answer is a promise. One thread; nothing happens outside client_step and the
 * functions that say they wait. */
#ifndef YINLING_CLIENT_H
#define YINLING_CLIENT_H

#include "yinling/text.h"

#include <jansson.h>

struct client;

struct client_settings {
    const char *broker; /* tcp://127.0.0.1:1883 */
    const char *account;
    const char *password;
    const char *device; /* NULL: none. Needed when the same account is in use elsewhere */
    const char *root;   /* yl/v1/370481104 */
    bool v5;            /* else 3.1.1 */
};

/* Begins to connect. The settings' texts must outlive the client. */
struct client *client_open(const struct client_settings *settings);
struct client *client_close(struct client *client); /* NULL is fine; returns NULL */
static inline void own_client_close(struct client **c)
{
    *c = client_close(*c);
}

enum client_end {
    CLIENT_DONE,
    CLIENT_TIMEOUT, /* not reachable, or no answer in time */
    CLIENT_REFUSED  /* the broker does not admit this account */
};
enum client_end client_wait_up(struct client *client, int timeout_ms);

/* Path relative to the root. Called from client_step; the texts live until it returns. */
typedef void client_listener(void *context, struct text path, struct text payload, bool retained);
/* May be called before the connection is up; kept over reconnects. At most 16. */
void client_listen(struct client *client, const char *filter, client_listener *on, void *context);
/* The first topic or filter that the broker refused this account, relative to the root; NULL when there was none. (In 3.1.1 only
 * subscriptions are refused with a word.) */
const char *client_denied(const struct client *client);
bool client_publish(struct client *client, const char *path, struct text payload, int qos); /* false: not connected */

/* Sends request/<kind>/<account>[/<device>]. `take_body` gets an "id" of random letters unless it has one. `on` is called once, with
 * the answer (borrowed), or with NULL when the client is closed before. */
typedef void client_answered(void *context, const json_t *answer);
void client_send(struct client *client, const char *kind, json_t *take_body, client_answered *on, void *context);
size_t client_pending(const struct client *client);
int64_t client_repeats(const struct client *client); /* how often a request was sent again */

/* Sends and waits. *ret_answer: the caller owns it. */
enum client_end client_ask(struct client *client, const char *kind, json_t *take_body, int timeout_ms, json_t **ret_answer);

/* Deals with what has arrived and what is due; waits at most timeout_ms when there is nothing. */
void client_step(struct client *client, int timeout_ms);

#endif
