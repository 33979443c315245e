/* net.h - an adversarial broker: in order and in time only by luck.
 *
 * What a real broker promises, this one keeps: publishes of one connection reach the retained store in order, retained messages are
 * delivered on subscribing, an acknowledged publish is in the store. Everything else it breaks, by the dice: it drops, doubles,
 * delays and reorders live messages, cuts connections with or without telling, forgets everything, goes back to an earlier state.
 * Virtual time in ms; nothing happens but in the calls. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "services/runtime/bus.h"
#include "sim/dice.h"

struct net;
struct net_client;

struct net_faults { /* permille per message */
    int drop, twice, delay;
    int64_t delay_ms_max;
};

struct net_counts {
    long dropped, doubled, delayed, overtaken;
};

struct net *net_new(struct dice *dice);
struct net *net_free(struct net *net);
struct net_counts net_counts(const struct net *net);
void net_time(struct net *net, int64_t now_ms);
void net_faults(struct net *net, struct net_faults faults);

struct net_client *net_client(struct net *net, const char *name);
struct bus *net_bus(struct net_client *client);
void net_connect(struct net_client *client); /* as a client that has just come up */
bool net_is_connected(const struct net_client *client);
/* The connection dies; the client learns of it after `notice_ms`, and what it publishes until then goes nowhere. */
void net_cut(struct net_client *client, int64_t notice_ms);
/* The client's process is gone: its queue too. */
void net_gone(struct net_client *client);
/* After `publishes` more of them this client's process is dead: they go nowhere and it is told so by net_is_mute. 0: never. */
void net_mute_after(struct net_client *client, int publishes);
bool net_is_mute(const struct net_client *client);
bool net_has_for(const struct net_client *client); /* something to take now */
int64_t net_next(const struct net *net);           /* when the next letter falls due; INT64_MAX: none */

void net_forget(struct net *net);   /* kill -9 of the broker: empty store, every connection cut */
void net_remember(struct net *net); /* keeps a copy of the store ... */
bool net_go_back(struct net *net);  /* ... and goes back to one of those kept, cutting every connection; false: none is kept */

const char *net_retained(const struct net *net, const char *path);
void net_each(const struct net *net, const char *filter, void (*call)(void *context, const char *path, const char *payload),
              void *context);
/* Calls for every publish that reaches the broker. */
void net_on_publish(struct net *net,
                    void (*call)(void *context, const char *from, struct text path, struct text payload, bool retain),
                    void *context);

#endif
