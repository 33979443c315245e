/* load.h - the load generator: any number of plain MQTT 3.1.1 connections in one thread over epoll.
 *
 * Own framing, no library, so that it costs a fraction of what it measures: packets are put together in the connection's buffer and
 * written once per step; what arrives is parsed in place. QoS 0 and 1, clean sessions, no will. A message is acknowledged before it
 * is told. A connection that breaks is a mistake of the measurement: the program ends with a sentence. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "yinling/text.h"

struct load;
struct line {   /* one connection */
    int number; /* the caller's */
    int fd;
    bool is_up;     /* the broker has accepted it */
    int subscribed; /* SUBACKs so far */
    int unacked;    /* own QoS 1 publishes */
    uint16_t last_id;
    struct bytes {
        char *at;
        size_t len, room, done;
    } in, out;
    bool is_dirty, waits_for_room;
    struct line *next_dirty;
    struct load *load;
};

struct load_hooks {
    void (*message)(void *context, struct line *line, struct text topic, struct text payload);
    void (*acked)(void *context, struct line *line); /* one own publish */
    void *context;
};

struct load *load_new(void);
struct load *load_free(struct load *load); /* closes all */
void load_hook(struct load *load, struct load_hooks hooks);

/* Connects to the loopback port; the client id is the account, or account@device. */
struct line *load_line(struct load *load, int port, const char *client_id, const char *account, const char *password,
                       int number);
void line_subscribe(struct line *line, const char *filter, int qos);
void line_publish(struct line *line, struct text topic, struct text payload, int qos, bool retain);
void line_close(struct line *line);

/* Writes what is to be written, waits at most so long for something to arrive, and deals with it. */
void load_step(struct load *load, int64_t wait_us);
/* Until all lines are up with so many subscriptions each; false after the time. */
bool load_settle(struct load *load, int subscriptions, int64_t within_us);
int64_t load_lines(const struct load *load);

int64_t now_us(void);     /* monotonic */
int64_t own_cpu_us(void); /* of this process, all threads */

#endif
