/* mqtt.c - the only file that includes Paho. See mqtt.h, and ARCHITECTURE §5 for what was measured of Paho 1.3.12.
 *
 * Three rules make it safe: the message callback only copies and always returns 1 (Paho acknowledges whatever it returns); all calls
 * come from one thread; nothing is handed to Paho while an old connection's sends are unresolved, so that no old revision of a view
 * can follow a new one. */
#include "mqtt.h"

#include <MQTTAsync.h>
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RETRY_FIRST_MS = 200,
    RETRY_LAST_MS = 1000,
    CONNECT_PATIENCE_MS = 6000, /* then the client is thrown away and made anew */
    KEEPALIVE_S = 10,
    BUFFERED_MAX = 100000, /* Paho's own queue; ours is the window above it */
    ACKS_WORTH_WAKING =
        32, /* fewer wait for company: each wake-up is a turn, and a turn sends what the acknowledgements make room for */
    QUEUE_BYTES_MAX = 64 << 20, /* of messages that wait: far more than a turn takes, far less than the process may have */
    FDS_SEARCHED = 256
};

struct entry { /* one arrival, in one allocation */
    struct entry *next;
    struct arrival arrival;
    uint64_t generation;
    char bytes[];
};

enum state { IDLE, CONNECTING, UP };

struct mqtt {
    struct bus bus; /* first: a bus is its mqtt */
    struct mqtt_settings settings;
    MQTTAsync client;
    size_t root_len;
    int fd;
    /* the turn's thread */
    enum state state;
    int64_t next_try_ms, retry_ms, tried_ms, now_ms;
    uint64_t generation;  /* of the connection the caller knows */
    struct entry *taking; /* what was fetched from the queue at once and not taken yet */
    int fetched;          /* of these, taken already */
    size_t fetched_bytes;
    /* shared with Paho's threads, under the lock */
    pthread_mutex_t lock;
    struct entry *first, **last;
    int queued; /* here and in `taking` */
    size_t queued_bytes;
    int acks_quiet;     /* acknowledgements that have not woken anybody */
    bool is_awake;      /* the descriptor is readable, or will be read before anybody waits */
    size_t outstanding; /* publishes whose end has not been told */
    bool has_failed, has_come_up;
    int refusal;
};

struct send { /* what a callback needs to know */
    struct mqtt *mqtt;
    uint64_t token, generation;
    bool is_subscription;
    char path[]; /* for a refusal */
};

/* Under the lock. */
static void wake(struct mqtt *m)
{
    m->acks_quiet = 0;
    if (m->is_awake)
        return;
    uint64_t one = 1;
    ssize_t written = write(m->fd, &one, sizeof one);
    (void) written; /* full means it is readable already */
    m->is_awake = true;
}

/* Under the lock. */
static void push(struct mqtt *m, enum arrival_kind kind, const char *path, size_t path_len, const void *payload, size_t len,
                 bool retained, uint64_t token, uint64_t generation)
{
    struct entry *e = malloc(sizeof *e + path_len + len + 2);
    if (!e)
        abort();
    memcpy(e->bytes, path, path_len);
    e->bytes[path_len] = '\0';
    if (len)
        memcpy(e->bytes + path_len + 1, payload, len);
    e->bytes[path_len + 1 + len] = '\0';
    e->next = NULL;
    e->generation = generation;
    e->arrival = (struct arrival){ .kind = kind,
                                   .retained = retained,
                                   .path = { e->bytes, path_len },
                                   .payload = { e->bytes + path_len + 1, len },
                                   .token = token,
                                   .owner = e };
    *m->last = e;
    m->last = &e->next;
    m->queued++;
    m->queued_bytes += len;
    if (kind != ARRIVAL_ACK || ++m->acks_quiet >= ACKS_WORTH_WAKING)
        wake(m);
}

/* -- Paho's threads -------------------------------------------------------------------------------------------------- */

static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *message)
{
    struct mqtt *m = context;
    size_t len = topic_len > 0 ? (size_t) topic_len : strlen(topic);
    if (len > m->root_len + 1 && memcmp(topic, m->settings.root, m->root_len) == 0 && topic[m->root_len] == '/') {
        pthread_mutex_lock(&m->lock);
        if (m->queued < m->settings.receive_max &&
            m->queued_bytes < QUEUE_BYTES_MAX) /* a full queue drops: whoever sent it repeats */
            push(m, ARRIVAL_MESSAGE, topic + m->root_len + 1, len - m->root_len - 1, message->payload,
                 (size_t) message->payloadlen, message->retained, 0, 0);
        pthread_mutex_unlock(&m->lock);
    }
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

/* A connection ends once, whichever way Paho tells of it. */
static void went_down(struct mqtt *m)
{
    pthread_mutex_lock(&m->lock);
    if (m->has_come_up)
        push(m, ARRIVAL_DOWN, "", 0, NULL, 0, false, 0, 0);
    m->has_come_up = false;
    pthread_mutex_unlock(&m->lock);
}

static void on_lost(void *context, char *cause)
{
    (void) cause;
    went_down(context);
}

/* The broker said goodbye (version 5): Paho then does not call on_lost. */
static void on_dismissed(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
    (void) properties;
    (void) reason;
    went_down(context);
}

static void came_up(struct mqtt *m)
{
    pthread_mutex_lock(&m->lock);
    m->has_failed = false;
    m->has_come_up = true;
    m->refusal = 0;
    push(m, ARRIVAL_UP, "", 0, NULL, 0, false, 0, 0);
    pthread_mutex_unlock(&m->lock);
}

static void failed(struct mqtt *m, int code)
{
    pthread_mutex_lock(&m->lock);
    m->has_failed = true;
    m->refusal = code ? code : -1;
    wake(m);
    pthread_mutex_unlock(&m->lock);
}

static void on_connect(void *context, MQTTAsync_successData *data)
{
    (void) data;
    came_up(context);
}

static void on_connect5(void *context, MQTTAsync_successData5 *data)
{
    (void) data;
    came_up(context);
}

static void on_connect_failure(void *context, MQTTAsync_failureData *data)
{
    failed(context, data ? data->code : -1);
}

static void on_connect_failure5(void *context, MQTTAsync_failureData5 *data)
{
    failed(context, !data ? -1 : data->reasonCode >= 0x80 ? (int) data->reasonCode : data->code);
}

/* The end of one publish or subscription: done, refused by the broker, or lost with its connection. */
static void ended(struct send *s, bool fine, bool denied)
{
    struct mqtt *m = s->mqtt;
    pthread_mutex_lock(&m->lock);
    if (m->outstanding) /* a late word of a client that was thrown away does not count */
        m->outstanding--;
    if (denied)
        push(m, ARRIVAL_DENIED, s->path, strlen(s->path), NULL, 0, false, s->token, s->generation);
    else if (fine && !s->is_subscription)
        push(m, ARRIVAL_ACK, "", 0, NULL, 0, false, s->token, s->generation);
    if (m->outstanding == 0)
        wake(m); /* no company will come; and a new connection may be waiting for this end */
    pthread_mutex_unlock(&m->lock);
    free(s);
}

static void on_sent(void *context, MQTTAsync_successData *data)
{
    struct send *s = context;
    ended(s, true, s->is_subscription && data && data->alt.qos == 0x80);
}

static void on_sent5(void *context, MQTTAsync_successData5 *data)
{
    ended(context, true, data && data->reasonCode >= 0x80);
}

static void on_send_failure(void *context, MQTTAsync_failureData *data)
{
    ended(context, false, data && data->code == 0x80);
}

static void on_send_failure5(void *context, MQTTAsync_failureData5 *data)
{
    ended(context, false, data && data->reasonCode >= 0x80);
}

/* -- the turn's thread ----------------------------------------------------------------------------------------------- */

/* Paho leaves Nagle's algorithm on, which adds up to 40 ms to a lone small message; it does not tell its socket either. */
static void set_nodelay(void)
{
    int one = 1;
    for (int fd = 3; fd < FDS_SEARCHED; fd++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        if (getpeername(fd, (struct sockaddr *) &peer, &len) == 0 && (peer.ss_family == AF_INET || peer.ss_family == AF_INET6))
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
}

/* Everything that is queued, under one lock; before that only a look at what is left of the last time. */
static struct entry *fetch(struct mqtt *m)
{
    pthread_mutex_lock(&m->lock);
    if (!m->taking) {
        m->taking = m->first;
        m->first = NULL;
        m->last = &m->first;
        m->queued -= m->fetched;
        m->queued_bytes -= m->fetched_bytes;
        m->fetched = 0;
        m->fetched_bytes = 0;
    }
    struct entry *e = m->taking;
    /* a new connection is told only when every send of the old one has ended */
    if (e && e->arrival.kind == ARRIVAL_UP && m->outstanding)
        e = NULL;
    pthread_mutex_unlock(&m->lock);
    return e;
}

/* Of a connection the caller knows to be gone. */
static bool is_stale(const struct mqtt *m, const struct entry *e)
{
    return (e->arrival.kind == ARRIVAL_ACK || e->arrival.kind == ARRIVAL_DENIED) && e->generation != m->generation;
}

static bool take(struct bus *bus, struct arrival *ret)
{
    struct mqtt *m = (struct mqtt *) bus;
    struct entry *e;
    for (;;) {
        e = m->taking && m->taking->arrival.kind != ARRIVAL_UP ? m->taking : fetch(m);
        if (!e)
            return false;
        m->taking = e->next;
        m->fetched++;
        m->fetched_bytes += e->arrival.payload.len;
        if (!is_stale(m, e))
            break;
        free(e);
    }
    if (e->arrival.kind == ARRIVAL_UP) {
        m->generation++;
        m->state = UP;
        set_nodelay();
    } else if (e->arrival.kind == ARRIVAL_DOWN) {
        m->state = IDLE;
        m->next_try_ms = m->now_ms;
        m->retry_ms = RETRY_FIRST_MS;
    }
    *ret = e->arrival;
    return true;
}

static void release(struct bus *bus, struct arrival *arrival)
{
    (void) bus;
    free(arrival->owner);
    arrival->owner = NULL;
}

static struct send *send_new(struct mqtt *m, const char *path, uint64_t token, bool is_subscription)
{
    size_t len = strlen(path);
    struct send *s = malloc(sizeof *s + len + 1);
    if (!s)
        abort();
    *s = (struct send){ .mqtt = m, .token = token, .generation = m->generation, .is_subscription = is_subscription };
    memcpy(s->path, path, len + 1);
    pthread_mutex_lock(&m->lock);
    m->outstanding++;
    pthread_mutex_unlock(&m->lock);
    return s;
}

static MQTTAsync_responseOptions options_for(struct mqtt *m, struct send *s)
{
    MQTTAsync_responseOptions o = MQTTAsync_responseOptions_initializer;
    o.context = s;
    if (m->settings.v5) {
        o.onSuccess5 = on_sent5;
        o.onFailure5 = on_send_failure5;
    } else {
        o.onSuccess = on_sent;
        o.onFailure = on_send_failure;
    }
    return o;
}

/* A call that Paho did not take has no callback. */
static bool taken(struct mqtt *m, struct send *s, int rc)
{
    if (rc == MQTTASYNC_SUCCESS)
        return true;
    pthread_mutex_lock(&m->lock);
    m->outstanding--;
    pthread_mutex_unlock(&m->lock);
    free(s);
    return false;
}

static const char *full_path(struct mqtt *m, struct text path, char *buffer, size_t room)
{
    int n = snprintf(buffer, room, "%s/" TEXT_FMT, m->settings.root, TEXT_ARG(path));
    assert(n > 0 && (size_t) n < room);
    return buffer;
}

static bool publish(struct bus *bus, struct text path, struct text payload, int qos, bool retain, uint64_t token)
{
    struct mqtt *m = (struct mqtt *) bus;
    char topic[512];
    if (m->state != UP)
        return false;
    full_path(m, path, topic, sizeof topic);
    if (qos == 0)
        return MQTTAsync_send(m->client, topic, (int) payload.len, payload.at ? payload.at : "", 0, retain, NULL) ==
               MQTTASYNC_SUCCESS;
    struct send *s = send_new(m, topic + m->root_len + 1, token, false);
    MQTTAsync_responseOptions o = options_for(m, s);
    return taken(m, s, MQTTAsync_send(m->client, topic, (int) payload.len, payload.at ? payload.at : "", qos, retain, &o));
}

static bool subscribe(struct bus *bus, struct text filter, int qos)
{
    struct mqtt *m = (struct mqtt *) bus;
    char topic[512];
    if (m->state != UP)
        return false;
    full_path(m, filter, topic, sizeof topic);
    struct send *s = send_new(m, topic + m->root_len + 1, 0, true);
    MQTTAsync_responseOptions o = options_for(m, s);
    return taken(m, s, MQTTAsync_subscribe(m->client, topic, qos, &o));
}

static bool unsubscribe(struct bus *bus, struct text filter)
{
    struct mqtt *m = (struct mqtt *) bus;
    char topic[512];
    if (m->state != UP)
        return false;
    full_path(m, filter, topic, sizeof topic);
    struct send *s = send_new(m, topic + m->root_len + 1, 0, true);
    MQTTAsync_responseOptions o = options_for(m, s);
    return taken(m, s, MQTTAsync_unsubscribe(m->client, topic, &o));
}

static void client_new(struct mqtt *m)
{
    /* Unless told otherwise Paho formats a trace line, payload included, for every packet and function, and keeps the last 400. */
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    MQTTAsync_createOptions o = MQTTAsync_createOptions_initializer;
    o.sendWhileDisconnected = 0;
    o.maxBufferedMessages = BUFFERED_MAX;
    o.MQTTVersion = m->settings.v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    int rc = MQTTAsync_createWithOptions(&m->client, m->settings.broker, m->settings.client_id, MQTTCLIENT_PERSISTENCE_NONE,
                                         NULL, &o);
    if (rc == MQTTASYNC_SUCCESS)
        rc = MQTTAsync_setCallbacks(m->client, m, on_lost, on_message, NULL);
    if (rc == MQTTASYNC_SUCCESS)
        rc = MQTTAsync_setDisconnected(m->client, m, on_dismissed);
    if (rc != MQTTASYNC_SUCCESS) {
        fprintf(stderr, "mqtt-client-refused code=%d broker=%s\n", rc, m->settings.broker);
        abort();
    }
}

static void try_to_connect(struct mqtt *m)
{
    MQTTAsync_connectOptions o = MQTTAsync_connectOptions_initializer;
    MQTTAsync_connectOptions o5 = MQTTAsync_connectOptions_initializer5;
    if (m->settings.v5)
        o = o5;
    o.keepAliveInterval = KEEPALIVE_S;
    o.connectTimeout = 2;
    o.automaticReconnect = 0;
    o.maxInflight = 65535;
    o.username = m->settings.account;
    o.password = m->settings.password;
    o.context = m;
    if (m->settings.v5) {
        o.cleanstart = 1;
        o.onSuccess5 = on_connect5;
        o.onFailure5 = on_connect_failure5;
    } else {
        o.cleansession = 1;
        o.MQTTVersion = MQTTVERSION_3_1_1;
        o.onSuccess = on_connect;
        o.onFailure = on_connect_failure;
    }
    char will_topic[512];
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    if (m->settings.will_path) {
        will.topicName = full_path(m, text_of(m->settings.will_path), will_topic, sizeof will_topic);
        will.message = m->settings.will_payload;
        will.qos = 1;
        will.retained = 1;
        o.will = &will;
    }
    m->state = CONNECTING;
    m->tried_ms = m->now_ms;
    if (MQTTAsync_connect(m->client, &o) != MQTTASYNC_SUCCESS)
        failed(m, -1);
}

static void try_later(struct mqtt *m)
{
    m->state = IDLE;
    m->next_try_ms = m->now_ms + m->retry_ms;
    m->retry_ms = m->retry_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : m->retry_ms * 2;
}

/* The connection that is waiting to be told, if it is what comes next, is forgotten. Under the lock. */
static void drop_up(struct mqtt *m)
{
    struct entry **next = m->taking ? &m->taking : &m->first, *up = *next;
    if (!up || up->arrival.kind != ARRIVAL_UP)
        return;
    *next = up->next;
    if (!m->first)
        m->last = &m->first;
    m->queued--;
    free(up);
}

void mqtt_tick(struct mqtt *m, int64_t monotonic_ms)
{
    m->now_ms = monotonic_ms;
    if (m->state == UP) {
        if (monotonic_ms >= m->next_try_ms && !MQTTAsync_isConnected(m->client))
            went_down(m); /* nobody told us */
        m->next_try_ms =
            monotonic_ms >= m->next_try_ms ? monotonic_ms + RETRY_LAST_MS : m->next_try_ms; /* the call takes a lock */
        return;
    }
    pthread_mutex_lock(&m->lock);
    bool has_failed = m->has_failed;
    m->has_failed = false;
    pthread_mutex_unlock(&m->lock);
    if (m->state == CONNECTING && has_failed) {
        try_later(m);
    } else if (m->state == CONNECTING && monotonic_ms - m->tried_ms > CONNECT_PATIENCE_MS) {
        /* Paho neither connects nor says so, or keeps sends of the old connection: begin with a new client */
        MQTTAsync_destroy(&m->client);
        pthread_mutex_lock(&m->lock);
        m->outstanding = 0; /* destroyed clients call nobody back; their few contexts are not freed */
        drop_up(m);
        pthread_mutex_unlock(&m->lock);
        client_new(m);
        try_later(m);
    } else if (m->state == IDLE && monotonic_ms >= m->next_try_ms) {
        try_to_connect(m);
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
    m->last = &m->first;
    m->retry_ms = RETRY_FIRST_MS;
    pthread_mutex_init(&m->lock, NULL);
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert(m->fd >= 0);
    client_new(m);
    return m;
}

static void free_entries(struct entry *e)
{
    while (e) {
        struct entry *next = e->next;
        free(e);
        e = next;
    }
}

struct mqtt *mqtt_close(struct mqtt *m)
{
    if (!m)
        return NULL;
    MQTTAsync_disconnectOptions o = MQTTAsync_disconnectOptions_initializer;
    o.timeout = 1000;
    if (MQTTAsync_isConnected(m->client) && MQTTAsync_disconnect(m->client, &o) == MQTTASYNC_SUCCESS) {
        for (int i = 0; i < 100 && MQTTAsync_isConnected(m->client); i++)
            usleep(10000); /* Paho tells the end of a disconnect only by this; at most 1 s */
    }
    MQTTAsync_destroy(&m->client);
    free_entries(m->taking);
    free_entries(m->first);
    close(m->fd);
    pthread_mutex_destroy(&m->lock);
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

void mqtt_quiet(struct mqtt *m)
{
    pthread_mutex_lock(&m->lock);
    bool was_awake = m->is_awake;
    m->is_awake = false;
    uint64_t count;
    ssize_t got = was_awake ? read(m->fd, &count, sizeof count) : 0;
    pthread_mutex_unlock(&m->lock);
    (void) got; /* nothing there is fine */
}

bool mqtt_is_up(const struct mqtt *m)
{
    return m->state == UP;
}

int mqtt_last_refusal(const struct mqtt *m)
{
    return m->refusal;
}

size_t mqtt_unsent(struct mqtt *m)
{
    pthread_mutex_lock(&m->lock);
    size_t count = m->outstanding;
    pthread_mutex_unlock(&m->lock);
    return count;
}
