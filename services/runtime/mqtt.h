/* mqtt.h - the bus over a real broker: Paho's synchronous client behind bus.h, without a thread of its own. Also used by the command line.
 *
 * One thread, the caller's. Packets are read in `take` and at no other time; what is not taken waits in the socket and at the broker.
 * Reconnects by itself (200 ms to 1 s) while mqtt_tick is called. Blocks for a local round trip, in mqtt_tick while connecting (at
 * most 2 s at a broker that does not answer) and in subscribe and unsubscribe (at most 5 s, then the connection is gone); in mqtt_close
 * at most 1 s. publish gives a full socket 50 ms a turn, then returns false, as it does when the window is full or the link down. */
#ifndef RUNTIME_MQTT_H
#define RUNTIME_MQTT_H

#include "bus.h"
#include "yinling/instant.h"

struct mqtt;
struct mqtt_settings {
    const char *broker;    /* tcp://127.0.0.1:1883 */
    const char *client_id; /* account or account@device */
    const char *account;
    const char *password;
    const char *root;      /* yl/v1/370481104 */
    const char *will_path; /* relative; NULL: none. Retained, QoS 1 */
    const char *will_payload;
    bool v5; /* else 3.1.1 */
};
struct mqtt *mqtt_open(const struct mqtt_settings *settings); /* copies nothing: the settings must outlive it */
struct mqtt *mqtt_close(struct mqtt *mqtt);                   /* disconnects cleanly, at most 1 s; returns NULL */
struct bus *mqtt_bus(struct mqtt *mqtt);
int mqtt_fd(const struct mqtt *mqtt); /* readable when something has arrived; -1 without a connection. Ask before each wait. */
bool mqtt_is_waiting(const struct mqtt *mqtt);           /* something is to be taken that the descriptor does not tell of */
void mqtt_tick(struct mqtt *mqtt, int64_t monotonic_ms); /* connects when it is time; at least once a second, for the pings */
bool mqtt_is_up(const struct mqtt *mqtt);
/* Why the last attempt failed: 0 none yet, 4 or 5 or >= 0x80 the broker's refusal (wrong account), negative: not reachable. */
int mqtt_last_refusal(const struct mqtt *mqtt);

#endif
