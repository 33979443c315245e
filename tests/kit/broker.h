/* broker.h - an MQTT broker inside the test's process: retained store, subscriptions, queues, no network and no time.
 *
 * Clients are buses (services/runtime/bus.h) or plain observers. Delivery is queued and in order; a client takes what is its.
 * One thread. The simulator builds its faults on the same broker. */
#ifndef KIT_BROKER_H
#define KIT_BROKER_H

#include "services/runtime/bus.h"

struct broker;
struct broker_client;

struct broker *broker_new(void);
struct broker *broker_free(struct broker *broker); /* with its clients; returns NULL */
/* A client that is not connected yet. */
struct broker_client *broker_client(struct broker *broker, const char *name);
struct bus *broker_bus(struct broker_client *client);
void broker_connect(struct broker_client *client);    /* queues ARRIVAL_UP */
void broker_disconnect(struct broker_client *client); /* drops its queue and subscriptions, queues ARRIVAL_DOWN */
bool broker_is_connected(const struct broker_client *client);
size_t broker_waiting(const struct broker_client *client); /* arrivals not yet taken */
/* Forgets everything retained and every connection, as after kill -9. */
void broker_forget(struct broker *broker);
/* What is retained now; NULL when nothing is. */
const char *broker_retained(const struct broker *broker, const char *path);
/* Calls for every retained topic that matches, in order of path. */
void broker_each(const struct broker *broker, const char *filter,
                 void (*call)(void *context, const char *path, const char *payload), void *context);
bool broker_matches(const char *filter, const char *path);

#endif
