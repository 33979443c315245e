/* mqtt.c - the only file that includes Paho. See mqtt.h.
 *
 * Paho's synchronous client without callbacks for messages has no threads: what it does, it does in our calls. That is why it is used:
 * a publish with its acknowledgement costs a fraction of the processor time of the asynchronous client, which hands every message
 * between three threads (Paho 1.3.12; docs/performance.md). What it must be kept from is waiting, which it does in
 * steps of 100 ms: for a socket that takes no more bytes, and for a window that is full. So both are looked at before it is called.
 * It does wait while connecting and for the acknowledgement of a subscription, which is bounded, and nothing can be said meanwhile.
 *
 * Packets are read when the caller takes arrivals and at no other time: what it does not take stays with the broker. Paho acknowledges
 * what it has read. Some is read ahead of what the caller takes, and acknowledgements are handed over first: they stand behind all
 * that the broker had to say before, and until they are read nothing more can be sent. A connection is made only when the caller has
 * taken the end of the last one, so that no old revision of a view can follow a new one. */
#include "mqtt.h"

#include <MQTTClient.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    RETRY_FIRST_MS = 200,
    RETRY_LAST_MS = 1000,
    CONNECT_S = 2,
    COMMAND_MS = 5000, /* for the acknowledgement of a subscription: the least that Paho takes */
    CLOSE_MS = 1000,
    KEEPALIVE_S = 10,
    LOOK_MS = 1000,            /* Paho sends its pings when it is asked to receive: at least this often */
    INFLIGHT_MAX = 1000,       /* told to Paho; more than the broker's receive maximum is never used */
    FLIGHTS_MAX = 900,         /* publishes without acknowledgement; at INFLIGHT_MAX Paho would wait */
    PACKETS_MAX = 1024,        /* read at once: twice what a turn takes */
    HELD_MAX = 16384,          /* arrivals not yet taken: a tap from every phone */
    BYTES_MAX = 1 << 20,       /* of them, and read at once */
    AHEAD_BYTES_MAX = 1 << 18, /* held: beyond, nothing more is read before it is taken */
    ACKS_WORTH_TELLING =
        32,           /* fewer wait for company: each is a turn, and a turn sends what the acknowledgements make room for */
    PATIENCE_MS = 50, /* of a turn, for a socket that is full */
    FDS_SEARCHED = 256,
    TOPIC_ROOM = 512
};

struct entry { /* one arrival, in one allocation */
    struct entry *next;
    struct arrival arrival;
    char bytes[];
};

struct flight { /* a publish whose end has not been told, in order of sending */
    int id;     /* Paho's */
    bool is_denied;
    uint64_t token;
    char *path; /* for a refusal */
};

struct mqtt {
    struct bus bus; /* first: a bus is its mqtt */
    struct mqtt_settings settings;
    MQTTClient client;
    size_t root_len;
    int fd; /* of the connection; -1: there is none */
    int64_t now_ms, next_try_ms, retry_ms, next_look_ms;
    int refusal;
    struct queue {
        struct entry *first, **last;
    } acks, others;          /* arrivals */
    size_t held, held_bytes; /* of others */
    struct flight flights[FLIGHTS_MAX];
    size_t flight_count;
    int patience_ms; /* left of this turn's */
    bool has_heard;  /* Paho told of an acknowledgement while it was last asked to receive */
    bool may_queue;  /* Paho may hold messages that the descriptor does not tell of */
    bool is_ahead;   /* the queue has been filled up since the last tick */
};

static int clients_open; /* in this process: Paho reads for all of them, whichever is asked */

/* -- arrivals ------------------------------------------------------------------------------------------------------------ */

static void push(struct mqtt *m, enum arrival_kind kind, struct text path, struct text payload, bool retained, uint64_t token)
{
    struct entry *e = malloc(sizeof *e + path.len + payload.len + 2);
    if (!e)
        abort();
    char *bytes = e->bytes + path.len + 1;
    if (path.len)
        memcpy(e->bytes, path.at, path.len);
    if (payload.len)
        memcpy(bytes, payload.at, payload.len);
    e->bytes[path.len] = bytes[payload.len] = '\0';
    e->next = NULL;
    e->arrival = (struct arrival){ .kind = kind,
                                   .retained = retained,
                                   .path = { e->bytes, path.len },
                                   .payload = { bytes, payload.len },
                                   .token = token,
                                   .owner = e };
    bool is_ack = kind == ARRIVAL_ACK || kind == ARRIVAL_DENIED;
    struct queue *q = is_ack ? &m->acks : &m->others;
    *q->last = e;
    q->last = &e->next;
    m->held += !is_ack;
    m->held_bytes += is_ack ? 0 : path.len + payload.len;
}

static void push_bare(struct mqtt *m, enum arrival_kind kind)
{
    push(m, kind, TEXT(""), TEXT(""), false, 0);
}

static bool is_up(const struct mqtt *m)
{
    return m->fd >= 0;
}

static void forget_flights(struct mqtt *m)
{
    for (size_t i = 0; i < m->flight_count; i++)
        free(m->flights[i].path);
    m->flight_count = 0;
}

static void went_down(struct mqtt *m)
{
    m->fd = -1;
    forget_flights(m);
    m->may_queue = false;
    m->next_try_ms = m->now_ms;
    m->retry_ms = RETRY_FIRST_MS;
    push_bare(m, ARRIVAL_DOWN);
}

/* Paho calls this while it is asked to receive, in our thread; only in version 5. */
static void on_published(void *context, int id, int packet_type, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
    struct mqtt *m = context;
    (void) packet_type;
    (void) properties;
    m->has_heard = true;
    for (size_t i = 0; reason >= 0x80 && i < m->flight_count; i++)
        m->flights[i].is_denied = m->flights[i].is_denied || m->flights[i].id == id;
}

static size_t tell(struct mqtt *m, const char *topic, size_t len, const MQTTClient_message *message)
{
    if (len <= m->root_len + 1 || memcmp(topic, m->settings.root, m->root_len) != 0 || topic[m->root_len] != '/')
        return 0;
    struct text path = { topic + m->root_len + 1, len - m->root_len - 1 };
    push(m, ARRIVAL_MESSAGE, path, (struct text){ message->payload, (size_t) message->payloadlen }, message->retained, 0);
    return len + (size_t) message->payloadlen;
}

static bool is_readable(const struct mqtt *m)
{
    struct pollfd p = { .fd = m->fd, .events = POLLIN };
    return poll(&p, 1, 0) > 0;
}

/* Lets Paho read one packet. True when there may be another one at once. */
static bool receive(struct mqtt *m, size_t *bytes)
{
    char *topic = NULL;
    int len = 0;
    MQTTClient_message *message = NULL;
    m->has_heard = false;
    m->next_look_ms = m->now_ms + LOOK_MS;
    int code = MQTTClient_receive(m->client, &topic, &len, &message, 0);
    m->may_queue = message != NULL;
    if (message) {
        *bytes += tell(m, topic, len > 0 ? (size_t) len : strlen(topic), message);
        MQTTClient_freeMessage(&message);
        MQTTClient_free(topic);
    }
    if (code < 0 && !MQTTClient_isConnected(m->client)) {
        went_down(m);
        return false;
    }
    return m->may_queue || m->has_heard || is_readable(m);
}

static void end_flight(struct mqtt *m, const struct flight *f)
{
    push(m, f->is_denied ? ARRIVAL_DENIED : ARRIVAL_ACK, f->is_denied ? text_of(f->path) : TEXT(""), TEXT(""), false, f->token);
    free(f->path);
}

/* What Paho no longer waits for has ended. Its list is in order of sending, as ours. */
static void settle(struct mqtt *m)
{
    int *waiting = NULL;
    size_t left = 0, kept = 0;
    if (m->flight_count == 0 || MQTTClient_getPendingDeliveryTokens(m->client, &waiting) != MQTTCLIENT_SUCCESS)
        return;
    while (waiting && waiting[left] >= 0)
        left++;
    bool is_worth = left == 0 || m->others.first || m->flight_count - left >= ACKS_WORTH_TELLING;
    for (size_t i = 0; is_worth && i < m->flight_count; i++) {
        if (kept < left && waiting[kept] == m->flights[i].id)
            m->flights[kept++] = m->flights[i];
        else
            end_flight(m, &m->flights[i]);
    }
    if (is_worth)
        m->flight_count = kept;
    MQTTClient_free(waiting);
}

static void read_packets(struct mqtt *m)
{
    size_t bytes = 0;
    for (int i = 0; i < PACKETS_MAX && m->held < HELD_MAX && bytes < BYTES_MAX && m->held_bytes < BYTES_MAX; i++) {
        if (!receive(m, &bytes))
            break;
    }
    if (is_up(m))
        settle(m);
}

static struct entry *first_of(struct queue *q)
{
    struct entry *e = q->first;
    if (!e)
        return NULL;
    q->first = e->next;
    if (!q->first)
        q->last = &q->first;
    return e;
}

static bool take(struct bus *bus, struct arrival *ret)
{
    struct mqtt *m = (struct mqtt *) bus;
    bool is_due = !m->others.first || (!m->is_ahead && m->held_bytes < AHEAD_BYTES_MAX);
    if (is_due && is_up(m) && (m->may_queue || clients_open > 1 || is_readable(m)))
        read_packets(m);
    m->is_ahead = true;
    struct entry *e = first_of(&m->acks);
    if (!e && (e = first_of(&m->others))) {
        m->held--;
        m->held_bytes -= e->arrival.path.len + e->arrival.payload.len;
    }
    if (!e)
        return false;
    *ret = e->arrival;
    return true;
}

static void release(struct bus *bus, struct arrival *arrival)
{
    (void) bus;
    free(arrival->owner);
    arrival->owner = NULL;
}

/* -- sending ------------------------------------------------------------------------------------------------------------- */

/* Whether the socket takes what comes without making Paho wait, which would read on meanwhile and keep all of it. The kernel says so
 * while a third of the buffer is free, packets' overhead counted. A broker that is only slow is given a moment, once a turn. */
static bool has_room(struct mqtt *m)
{
    struct pollfd p = { .fd = m->fd, .events = POLLOUT };
    int ready = poll(&p, 1, 0);
    if (ready == 0 && m->patience_ms > 0)
        ready = poll(&p, 1, m->patience_ms);
    if (ready == 0)
        m->patience_ms = 0;
    return ready > 0 && p.revents == POLLOUT; /* closed: the next look will tell */
}

static const char *full_path(struct mqtt *m, struct text path, char room[TOPIC_ROOM])
{
    int n = snprintf(room, TOPIC_ROOM, "%s/" TEXT_FMT, m->settings.root, TEXT_ARG(path));
    assert(n > 0 && n < TOPIC_ROOM);
    return room;
}

static bool publish(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token)
{
    struct mqtt *m = (struct mqtt *) bus;
    char topic[TOPIC_ROOM];
    int id = 0;
    if (!is_up(m) || (qos > 0 && m->flight_count == FLIGHTS_MAX) || !has_room(m))
        return false;
    full_path(m, path, topic);
    MQTTResponse r =
        MQTTClient_publish5(m->client, topic, (int) payload.len, payload.at ? payload.at : "", qos, retain, NULL, &id);
    if (r.reasonCode != MQTTREASONCODE_SUCCESS)
        return false;
    if (qos > 0) {
        char *kept = strdup(topic + m->root_len + 1);
        if (!kept)
            abort();
        m->flights[m->flight_count++] = (struct flight){ .id = id, .token = token, .path = kept };
    }
    return true;
}

/* The end of a wait for the broker's word on a subscription. */
static bool was_told(struct mqtt *m, struct text filter, MQTTResponse r)
{
    bool is_denied = (int) r.reasonCode >= 0x80, is_lost = (int) r.reasonCode < 0;
    MQTTResponse_free(r);
    m->may_queue = true; /* what arrived meanwhile */
    if (is_denied)
        push(m, ARRIVAL_DENIED, filter, TEXT(""), false, 0);
    return !is_lost;
}

static bool subscribe(struct bus *bus, struct text filter, int qos)
{
    struct mqtt *m = (struct mqtt *) bus;
    char topic[TOPIC_ROOM];
    return is_up(m) && was_told(m, filter, MQTTClient_subscribe5(m->client, full_path(m, filter, topic), qos, NULL, NULL));
}

static bool unsubscribe(struct bus *bus, struct text filter)
{
    struct mqtt *m = (struct mqtt *) bus;
    char topic[TOPIC_ROOM];
    return is_up(m) && was_told(m, filter, MQTTClient_unsubscribe5(m->client, full_path(m, filter, topic), NULL));
}

/* -- connecting ---------------------------------------------------------------------------------------------------------- */

/* The port at the other end; -1: no connected socket of the internet. */
static int peer_port(int fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    if (getpeername(fd, (struct sockaddr *) &peer, &len) != 0)
        return -1;
    if (peer.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *) &peer)->sin6_port);
    return peer.ss_family == AF_INET ? ntohs(((struct sockaddr_in *) &peer)->sin_port) : -1;
}

static int broker_port(const struct mqtt *m)
{
    const char *colon = strrchr(m->settings.broker, ':');
    return colon && colon[1] != '/' ? (int) strtol(colon + 1, NULL, 10) : 1883;
}

static void note_sockets(const struct mqtt *m, bool ret_is_one[FDS_SEARCHED])
{
    for (int fd = 0; fd < FDS_SEARCHED; fd++)
        ret_is_one[fd] = peer_port(fd) == broker_port(m);
}

/* Paho does not tell its socket: it is the one to the broker that was not there before. */
static int new_socket(const struct mqtt *m, const bool before[FDS_SEARCHED])
{
    for (int fd = 0; fd < FDS_SEARCHED; fd++) {
        if (!before[fd] && peer_port(fd) == broker_port(m))
            return fd;
    }
    return -1;
}

static void came_up(struct mqtt *m, int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* else up to 40 ms for a lone small message */
    m->fd = fd;
    m->refusal = 0;
    m->may_queue = true;
    m->retry_ms = RETRY_FIRST_MS;
    push_bare(m, ARRIVAL_UP);
}

static void try_later(struct mqtt *m, int code)
{
    m->refusal = code ? code : -1;
    m->next_try_ms = m->now_ms + m->retry_ms;
    m->retry_ms = m->retry_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : m->retry_ms * 2;
}

static int connect_now(struct mqtt *m, MQTTClient_connectOptions *o)
{
    if (!m->settings.v5)
        return MQTTClient_connect(m->client, o);
    MQTTResponse r = MQTTClient_connect5(m->client, o, NULL, NULL);
    int code = (int) r.reasonCode;
    MQTTResponse_free(r);
    return code;
}

static void try_to_connect(struct mqtt *m)
{
    MQTTClient_connectOptions o = MQTTClient_connectOptions_initializer;
    MQTTClient_connectOptions o5 = MQTTClient_connectOptions_initializer5;
    MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
    char will_topic[TOPIC_ROOM];
    bool before[FDS_SEARCHED];
    if (m->settings.v5)
        o = o5;
    else
        o.MQTTVersion = MQTTVERSION_3_1_1;
    o.cleansession = !m->settings.v5;
    o.cleanstart = m->settings.v5;
    o.keepAliveInterval = KEEPALIVE_S;
    o.connectTimeout = CONNECT_S;
    o.maxInflightMessages = INFLIGHT_MAX;
    o.username = m->settings.account;
    o.password = m->settings.password;
    if (m->settings.will_path) {
        will.topicName = full_path(m, text_of(m->settings.will_path), will_topic);
        will.message = m->settings.will_payload;
        will.qos = 1;
        will.retained = 1;
        o.will = &will;
    }
    note_sockets(m, before);
    int code = connect_now(m, &o);
    int fd = code == MQTTCLIENT_SUCCESS ? new_socket(m, before) : -1;
    if (fd >= 0) {
        came_up(m, fd);
        return;
    }
    if (code == MQTTCLIENT_SUCCESS)
        MQTTClient_disconnect(m->client, 0); /* it ended before it was looked at */
    try_later(m, code);
}

void mqtt_tick(struct mqtt *m, int64_t monotonic_ms)
{
    m->now_ms = monotonic_ms;
    m->patience_ms = PATIENCE_MS;
    m->is_ahead = false;
    if (is_up(m) && !MQTTClient_isConnected(m->client))
        went_down(m); /* while something was sent */
    else if (is_up(m) && monotonic_ms >= m->next_look_ms)
        m->may_queue = true;
    else if (!is_up(m) && !m->others.first && monotonic_ms >= m->next_try_ms)
        try_to_connect(m);
}

/* -- opening and closing ------------------------------------------------------------------------------------------------- */

static void client_new(struct mqtt *m)
{
    /* Unless told otherwise Paho formats a trace line, payload included, for every packet and function, and keeps the last 400. */
    MQTTClient_setTraceLevel(MQTTCLIENT_TRACE_ERROR);
    MQTTClient_createOptions o = MQTTClient_createOptions_initializer;
    o.MQTTVersion = m->settings.v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    int code = MQTTClient_createWithOptions(&m->client, m->settings.broker, m->settings.client_id, MQTTCLIENT_PERSISTENCE_NONE,
                                            NULL, &o);
    if (code == MQTTCLIENT_SUCCESS)
        code = MQTTClient_setPublished(m->client, m, on_published);
    if (code == MQTTCLIENT_SUCCESS)
        code = MQTTClient_setCommandTimeout(m->client, COMMAND_MS);
    if (code != MQTTCLIENT_SUCCESS) {
        fprintf(stderr, "mqtt-client-refused code=%d broker=%s\n", code, m->settings.broker);
        abort();
    }
}

struct mqtt *mqtt_open(const struct mqtt_settings *settings)
{
    struct mqtt *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->bus = (struct bus){ take, release, publish, subscribe, unsubscribe };
    m->settings = *settings;
    m->root_len = strlen(settings->root);
    m->fd = -1;
    m->acks.last = &m->acks.first;
    m->others.last = &m->others.first;
    m->retry_ms = RETRY_FIRST_MS;
    client_new(m);
    clients_open++;
    return m;
}

struct mqtt *mqtt_close(struct mqtt *m)
{
    if (!m)
        return NULL;
    if (m->settings.v5)
        MQTTClient_disconnect5(m->client, CLOSE_MS, MQTTREASONCODE_NORMAL_DISCONNECTION, NULL);
    else
        MQTTClient_disconnect(m->client, CLOSE_MS);
    MQTTClient_destroy(&m->client);
    clients_open--;
    forget_flights(m);
    for (struct entry *e; (e = first_of(&m->acks)) || (e = first_of(&m->others));)
        free(e);
    free(m);
    return NULL;
}

struct bus *mqtt_bus(struct mqtt *m)
{
    return &m->bus;
}

int mqtt_fd(const struct mqtt *m)
{
    return m->fd;
}

bool mqtt_is_waiting(const struct mqtt *m)
{
    return m->acks.first || m->others.first || m->may_queue;
}

bool mqtt_is_up(const struct mqtt *m)
{
    return is_up(m);
}

int mqtt_last_refusal(const struct mqtt *m)
{
    return m->refusal;
}
