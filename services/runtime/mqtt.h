/* mqtt.h - the bus over a real broker: Paho's asynchronous client behind bus.h. Also used by the command line.
 *
 * Paho's threads only copy into a bounded queue and wake the descriptor; every Paho call is made from the caller's thread.
 * Reconnects by itself (200 ms to 1 s) while mqtt_tick is called. Never blocks but in mqtt_close. */
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
    bool v5;         /* else 3.1.1 */
    int receive_max; /* queued arrivals at most; beyond, they are dropped */
};
struct mqtt *mqtt_open(const struct mqtt_settings *settings); /* copies nothing: the settings must outlive it */
struct mqtt *mqtt_close(struct mqtt *mqtt);                   /* disconnects cleanly, at most 1 s; returns NULL */
struct bus *mqtt_bus(struct mqtt *mqtt);
int mqtt_fd(const struct mqtt *mqtt);                    /* readable when something has arrived */
void mqtt_quiet(struct mqtt *mqtt);                      /* resets the descriptor; call before taking */
void mqtt_tick(struct mqtt *mqtt, int64_t monotonic_ms); /* connects when it is time */
bool mqtt_is_up(const struct mqtt *mqtt);
/* Why the last attempt failed: 0 none yet, 4 or 5 or >= 0x80 the broker's refusal (wrong account), negative: not reachable. */
int mqtt_last_refusal(const struct mqtt *mqtt);
size_t mqtt_unsent(struct mqtt *mqtt); /* publishes not yet acknowledged */

#endif
