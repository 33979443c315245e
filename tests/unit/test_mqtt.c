/* test_mqtt.c - the link to the broker at its edges: a peer on a real socket, which is a broker only as far as each test wants, and
 * misbehaves where it wants. Both dialects. What happens with a real broker is the scenarios' and the storm's. */
#include "services/runtime/mqtt.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOT "yl/v1/370481104"
#define PATIENCE 20000 /* looks of 1 ms until a test gives up */

/* -- the peer ------------------------------------------------------------------------------------------------------------ */

enum packet { CONNECT = 1, PUBLISH = 3, SUBSCRIBE = 8, UNSUBSCRIBE = 10, PINGREQ = 12 };

struct peer {
    int listener, port;
    pthread_t thread;
    atomic_bool v5, ends, is_mute, acks_nothing;
    atomic_int refuses;          /* CONNACK code */
    atomic_int denies_publish;   /* PUBACK reason, version 5 */
    atomic_int denies_subscribe; /* SUBACK reason */
    atomic_int connected, published, fd;
    const unsigned char *_Atomic hail; /* bytes sent after each SUBACK */
    atomic_size_t hail_len;
};

static bool read_whole(int fd, unsigned char *into, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = read(fd, into + done, len - done);
        if (n <= 0)
            return false;
        done += (size_t) n;
    }
    return true;
}

static void say_bytes(int fd, const void *bytes, size_t len)
{
    ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
    (void) n; /* a client that has gone is the test's business */
}

static void reply(struct peer *p, int fd, unsigned char head, const unsigned char *body, size_t len)
{
    const unsigned char *id = body;
    bool v5 = p->v5;
    if (head >> 4 == CONNECT) {
        unsigned char code = (unsigned char) p->refuses, ack[] = { 0x20, v5 ? 3 : 2, 0, code, 0 };
        p->connected += code == 0;
        say_bytes(fd, ack, v5 ? 5 : 4);
    } else if (head >> 4 == SUBSCRIBE) {
        unsigned char code = (unsigned char) p->denies_subscribe;
        unsigned char ack5[] = { 0x90, 4, id[0], id[1], 0, code }, ack3[] = { 0x90, 3, id[0], id[1], code };
        say_bytes(fd, v5 ? ack5 : ack3, v5 ? sizeof ack5 : sizeof ack3);
        say_bytes(fd, p->hail, p->hail_len);
    } else if (head >> 4 == UNSUBSCRIBE) {
        unsigned char ack5[] = { 0xb0, 4, id[0], id[1], 0, 0 }, ack3[] = { 0xb0, 2, id[0], id[1] };
        say_bytes(fd, v5 ? ack5 : ack3, v5 ? sizeof ack5 : sizeof ack3);
    } else if (head >> 4 == PUBLISH && head & 6) {
        id = body + 2 + (body[0] << 8 | body[1]);
        unsigned char reason = (unsigned char) p->denies_publish, ack[] = { 0x40, reason ? 3 : 2, id[0], id[1], reason };
        p->published++;
        if (!p->acks_nothing)
            say_bytes(fd, ack, reason ? 5 : 4);
    } else if (head >> 4 == PINGREQ) {
        say_bytes(fd, "\xd0\x00", 2);
    }
    (void) len;
}

static bool serve_one(struct peer *p, int fd)
{
    static _Thread_local unsigned char body[1 << 20];
    unsigned char head, more;
    size_t len = 0;
    if (!read_whole(fd, &head, 1))
        return false;
    for (int shift = 0; shift < 28; shift += 7) {
        if (!read_whole(fd, &more, 1))
            return false;
        len |= (size_t) (more & 127) << shift;
        if (!(more & 128))
            break;
    }
    if (len > sizeof body || !read_whole(fd, body, len))
        return false;
    if (!p->is_mute)
        reply(p, fd, head, body, len);
    return true;
}

/* One connection after the other; `connected` never goes down, `fd` is the present one. */
static void *serve(void *context)
{
    struct peer *p = context;
    for (int fd; !p->ends && (fd = accept(p->listener, NULL, NULL)) >= 0; close(fd)) {
        p->fd = fd;
        while (!p->ends && serve_one(p, fd))
            while (p->is_mute && !p->ends)
                poll(NULL, 0, 1);
        p->fd = -1;
    }
    return NULL;
}

static struct peer *peer_new(bool v5)
{
    struct peer *p = calloc(1, sizeof *p);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    assert_non_null(p);
    p->v5 = v5;
    p->fd = -1;
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *) &at, len), 0);
    assert_int_equal(listen(p->listener, 8), 0);
    assert_int_equal(getsockname(p->listener, (struct sockaddr *) &at, &len), 0);
    p->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
    return p;
}

static void hang_up(struct peer *p)
{
    int fd = p->fd;
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
}

static void peer_free(struct peer *p)
{
    p->ends = true;
    shutdown(p->listener, SHUT_RDWR);
    hang_up(p);
    pthread_join(p->thread, NULL);
    close(p->listener);
    free(p);
}

/* -- the client ---------------------------------------------------------------------------------------------------------- */

/* Time passes with the looks. */
static int64_t now_ms(void)
{
    static int64_t looks;
    return ++looks;
}

struct client {
    char broker[64];
    struct mqtt *mqtt;
    struct bus *bus;
};

static void client_new(struct client *c, const struct peer *p)
{
    snprintf(c->broker, sizeof c->broker, "tcp://127.0.0.1:%d", p->port);
    c->mqtt = mqtt_open(&(struct mqtt_settings){ .broker = c->broker,
                                                 .client_id = "intake",
                                                 .account = "intake",
                                                 .password = "x",
                                                 .root = ROOT,
                                                 .will_path = "svc/intake/status",
                                                 .will_payload = "{}",
                                                 .v5 = p->v5 });
    c->bus = mqtt_bus(c->mqtt);
}

/* The next arrival, waited for as a service does; false when none comes. */
static bool next(struct client *c, struct arrival *ret)
{
    for (int i = 0; i < PATIENCE; i++) {
        mqtt_tick(c->mqtt, now_ms());
        if (c->bus->take(c->bus, ret))
            return true;
        struct pollfd fd = { .fd = mqtt_fd(c->mqtt), .events = POLLIN };
        poll(&fd, 1, mqtt_is_waiting(c->mqtt) ? 0 : 1);
    }
    return false;
}

static uint64_t next_is(struct client *c, enum arrival_kind kind)
{
    struct arrival a;
    assert_true(next(c, &a));
    assert_int_equal(a.kind, kind);
    uint64_t token = a.token;
    c->bus->release(c->bus, &a);
    return token;
}

static void next_says(struct client *c, enum arrival_kind kind, const char *path, const char *payload)
{
    struct arrival a;
    assert_true(next(c, &a));
    assert_int_equal(a.kind, kind);
    assert_string_equal(a.path.at, path);
    assert_int_equal(a.path.len, strlen(path));
    assert_string_equal(a.payload.at, payload);
    c->bus->release(c->bus, &a);
}

static bool publish(struct client *c, const char *path, size_t len, int qos, uint64_t token)
{
    static char payload[300 << 10];
    return c->bus->publish(c->bus, text_of(path), (struct text){ payload, len }, qos, false, token);
}

/* A PUBLISH of QoS 0 as the broker would send it. */
static size_t put_message(unsigned char *to, bool v5, const char *topic, const char *payload)
{
    size_t topic_len = strlen(topic), len = 2 + topic_len + v5 + strlen(payload), at = 0;
    assert_true(len < 128);
    to[at++] = 0x30;
    to[at++] = (unsigned char) len;
    to[at++] = 0;
    to[at++] = (unsigned char) topic_len;
    memcpy(to + at, topic, topic_len);
    at += topic_len;
    if (v5)
        to[at++] = 0;
    memcpy(to + at, payload, strlen(payload));
    return at + strlen(payload);
}

static void hail_with(struct peer *p, const unsigned char *bytes, size_t len)
{
    p->hail_len = 0;
    p->hail = bytes;
    p->hail_len = len;
}

/* -- tests --------------------------------------------------------------------------------------------------------------- */

static void messages_of_the_town_are_heard_and_no_others(void **state)
{
    (void) state;
    for (int v5 = 0; v5 < 2; v5++) {
        struct peer *p = peer_new(v5);
        struct client c;
        unsigned char hail[512];
        size_t len = put_message(hail, v5, "yl/v1/370481105/stream/router", "1");
        len += put_message(hail + len, v5, ROOT "0/stream/router", "2");
        len += put_message(hail + len, v5, ROOT, "3");
        len += put_message(hail + len, v5, ROOT "/stream/router", "4");
        len += put_message(hail + len, v5, ROOT "/stream/intake", "");
        hail_with(p, hail, len);
        client_new(&c, p);
        next_is(&c, ARRIVAL_UP);
        assert_true(c.bus->subscribe(c.bus, TEXT("stream/router"), 1));
        next_says(&c, ARRIVAL_MESSAGE, "stream/router", "4");
        next_says(&c, ARRIVAL_MESSAGE, "stream/intake", "");
        mqtt_close(c.mqtt);
        peer_free(p);
    }
}

static void more_than_is_read_at_once_is_read_in_order(void **state)
{
    (void) state;
    enum { MANY = 5000, ROOM = MANY * 48 };
    struct peer *p = peer_new(true);
    struct client c;
    unsigned char *hail = malloc(ROOM);
    char said[16];
    size_t len = 0;
    assert_non_null(hail);
    for (int i = 0; i < MANY; i++) {
        snprintf(said, sizeof said, "%d", i);
        len += put_message(hail + len, true, ROOT "/stream/router", said);
    }
    assert_true(len <= ROOM);
    hail_with(p, hail, len);
    client_new(&c, p);
    next_is(&c, ARRIVAL_UP);
    assert_true(c.bus->subscribe(c.bus, TEXT("stream/router"), 1));
    for (int i = 0; i < MANY; i++) {
        snprintf(said, sizeof said, "%d", i);
        next_says(&c, ARRIVAL_MESSAGE, "stream/router", said);
    }
    mqtt_close(c.mqtt);
    peer_free(p);
    free(hail);
}

/* Whoever has much to take must not wait with sending until all of it is taken. */
static void an_acknowledgement_overtakes_what_is_not_yet_taken(void **state)
{
    (void) state;
    enum { MANY = 1000, ROOM = MANY * 48 };
    struct peer *p = peer_new(true);
    struct client c;
    struct arrival a;
    int messages = 0;
    unsigned char *hail = malloc(ROOM);
    size_t len = 0;
    assert_non_null(hail);
    for (int i = 0; i < MANY; i++)
        len += put_message(hail + len, true, ROOT "/stream/router", "1");
    hail_with(p, hail, len);
    client_new(&c, p);
    next_is(&c, ARRIVAL_UP);
    assert_true(c.bus->subscribe(c.bus, TEXT("stream/router"), 1));
    next_is(&c, ARRIVAL_MESSAGE);
    assert_true(publish(&c, "stream/intake", 10, 1, 7));
    for (; next(&c, &a) && a.kind == ARRIVAL_MESSAGE; messages++)
        c.bus->release(c.bus, &a);
    assert_int_equal(a.kind, ARRIVAL_ACK);
    assert_int_equal(a.token, 7);
    c.bus->release(c.bus, &a);
    assert_true(messages < MANY - 1);
    mqtt_close(c.mqtt);
    peer_free(p);
    free(hail);
}

static void each_publish_ends_once_with_its_token(void **state)
{
    (void) state;
    for (int v5 = 0; v5 < 2; v5++) {
        struct peer *p = peer_new(v5);
        struct client c;
        client_new(&c, p);
        next_is(&c, ARRIVAL_UP);
        for (uint64_t token = 1; token <= 300; token++) {
            assert_true(publish(&c, "stream/intake", 100, 1, token));
            assert_true(publish(&c, "answer/12345", 100, 0, 0));
        }
        for (uint64_t token = 1; token <= 300; token++)
            assert_int_equal(next_is(&c, ARRIVAL_ACK), token);
        mqtt_close(c.mqtt);
        peer_free(p);
    }
}

static void what_the_broker_refuses_is_told(void **state)
{
    (void) state;
    for (int v5 = 0; v5 < 2; v5++) {
        struct peer *p = peer_new(v5);
        struct client c;
        p->denies_subscribe = v5 ? 0x87 : 0x80;
        client_new(&c, p);
        next_is(&c, ARRIVAL_UP);
        assert_true(c.bus->subscribe(c.bus, TEXT("request/+/+"), 1));
        next_says(&c, ARRIVAL_DENIED, "request/+/+", "");
        if (v5) { /* in 3.1.1 a broker cannot say so */
            p->denies_publish = 0x87;
            assert_true(publish(&c, "sealed/2026-000001", 10, 1, 7));
            next_says(&c, ARRIVAL_DENIED, "sealed/2026-000001", "");
        }
        mqtt_close(c.mqtt);
        peer_free(p);
    }
}

static void a_refused_account_is_told_and_tried_again(void **state)
{
    (void) state;
    for (int v5 = 0; v5 < 2; v5++) {
        struct peer *p = peer_new(v5);
        struct client c;
        p->refuses = v5 ? 0x87 : 5;
        client_new(&c, p);
        for (int i = 0; i < PATIENCE && mqtt_last_refusal(c.mqtt) == 0; i++)
            mqtt_tick(c.mqtt, now_ms());
        assert_int_equal(mqtt_last_refusal(c.mqtt), v5 ? 0x87 : 5);
        assert_int_equal(mqtt_fd(c.mqtt), -1);
        p->refuses = 0;
        next_is(&c, ARRIVAL_UP);
        assert_int_equal(mqtt_last_refusal(c.mqtt), 0);
        mqtt_close(c.mqtt);
        peer_free(p);
    }
}

static void a_new_connection_waits_until_the_end_of_the_old_one_is_taken(void **state)
{
    (void) state;
    struct peer *p = peer_new(true);
    struct client c;
    p->acks_nothing = true;
    client_new(&c, p);
    next_is(&c, ARRIVAL_UP);
    assert_true(publish(&c, "stream/intake", 10, 1, 1));
    hang_up(p);
    p->acks_nothing = false;
    for (int i = 0; i < PATIENCE && mqtt_is_up(c.mqtt); i++) {
        publish(&c, "answer/12345", 10, 0, 0); /* notices */
        mqtt_tick(c.mqtt, now_ms());
    }
    for (int i = 0; i < 10; i++)
        mqtt_tick(c.mqtt, now_ms() + 10000 * i);
    assert_int_equal(p->connected, 1);
    assert_false(publish(&c, "stream/intake", 10, 1, 2));
    next_is(&c, ARRIVAL_DOWN);
    next_is(&c, ARRIVAL_UP);
    assert_int_equal(p->connected, 2);
    assert_true(publish(&c, "stream/intake", 10, 1, 3));
    assert_int_equal(next_is(&c, ARRIVAL_ACK), 3); /* the first one is lost, and nothing is said of it any more */
    mqtt_close(c.mqtt);
    peer_free(p);
}

/* Whoever waits for a broker that reads nothing waits for ever. */
static void a_broker_that_reads_nothing_makes_nobody_wait(void **state)
{
    (void) state;
    struct peer *p = peer_new(true);
    struct client c;
    int taken = 0;
    client_new(&c, p);
    next_is(&c, ARRIVAL_UP);
    p->is_mute = true;
    while (taken < 10000 && publish(&c, "answer/12345", 200 << 10, 0, 0))
        taken++;
    assert_in_range(taken, 1, 9999);
    p->is_mute = false;
    for (int i = 0; i < PATIENCE && !publish(&c, "answer/12345", 200 << 10, 0, 0); i++)
        poll(NULL, 0, 1);
    assert_true(publish(&c, "stream/intake", 10, 1, 9));
    assert_int_equal(next_is(&c, ARRIVAL_ACK), 9);
    mqtt_close(c.mqtt);
    peer_free(p);
}

static void a_broker_that_acknowledges_nothing_makes_nobody_wait(void **state)
{
    (void) state;
    struct peer *p = peer_new(true);
    struct client c;
    uint64_t sent = 0;
    p->acks_nothing = true;
    client_new(&c, p);
    next_is(&c, ARRIVAL_UP);
    while (sent < 10000 && publish(&c, "stream/intake", 10, 1, sent + 1))
        sent++;
    assert_in_range(sent, 100, 1000);
    hang_up(p);
    next_is(&c, ARRIVAL_DOWN);
    mqtt_close(c.mqtt);
    peer_free(p);
}

/* Paho reads for all clients of a process, whichever is asked. */
static void two_clients_in_one_process_hear_each_its_own(void **state)
{
    (void) state;
    struct peer *p = peer_new(true), *q = peer_new(true);
    struct client c, d;
    unsigned char one[128], other[128];
    hail_with(p, one, put_message(one, true, ROOT "/stream/router", "one"));
    hail_with(q, other, put_message(other, true, ROOT "/stream/router", "other"));
    client_new(&c, p);
    client_new(&d, q);
    next_is(&c, ARRIVAL_UP);
    next_is(&d, ARRIVAL_UP);
    for (int i = 0; i < 50; i++) {
        assert_true(d.bus->subscribe(d.bus, TEXT("stream/router"), 1));
        assert_true(c.bus->subscribe(c.bus, TEXT("stream/router"), 1));
    }
    for (int i = 0; i < 50; i++) {
        next_says(&c, ARRIVAL_MESSAGE, "stream/router", "one");
        next_says(&d, ARRIVAL_MESSAGE, "stream/router", "other");
    }
    mqtt_close(c.mqtt);
    mqtt_close(d.mqtt);
    peer_free(p);
    peer_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_the_town_are_heard_and_no_others),
        cmocka_unit_test(more_than_is_read_at_once_is_read_in_order),
        cmocka_unit_test(an_acknowledgement_overtakes_what_is_not_yet_taken),
        cmocka_unit_test(each_publish_ends_once_with_its_token),
        cmocka_unit_test(what_the_broker_refuses_is_told),
        cmocka_unit_test(a_refused_account_is_told_and_tried_again),
        cmocka_unit_test(a_new_connection_waits_until_the_end_of_the_old_one_is_taken),
        cmocka_unit_test(a_broker_that_reads_nothing_makes_nobody_wait),
        cmocka_unit_test(a_broker_that_acknowledges_nothing_makes_nobody_wait),
        cmocka_unit_test(two_clients_in_one_process_hear_each_its_own),
    };
    return cmocka_run_group_tests_name("mqtt", tests, NULL, NULL);
}
