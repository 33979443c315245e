/* test_mqtt.c - the bounded queue between Paho's threads and the turn, and the ends of sends. No broker: Paho's callbacks are called
 * by hand, which is why the file itself is included. */
#include "services/runtime/mqtt.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define ROOT "yl/v1/370481104"

static struct mqtt *opened(void)
{
    static const struct mqtt_settings settings = { .broker = "tcp://127.0.0.1:1",
                                                   .client_id = "intake",
                                                   .account = "intake",
                                                   .password = "",
                                                   .root = ROOT,
                                                   .receive_max = 1000 };
    return mqtt_open(&settings);
}

static void arrive(struct mqtt *m, const char *topic, size_t len)
{
    MQTTAsync_message *message = MQTTAsync_malloc(sizeof *message);
    *message = (MQTTAsync_message) MQTTAsync_message_initializer;
    message->payload = MQTTAsync_malloc(len);
    message->payloadlen = (int) len;
    char *name = MQTTAsync_malloc(strlen(topic) + 1);
    memcpy(name, topic, strlen(topic) + 1);
    memset(message->payload, 'x', len);
    assert_int_equal(on_message(m, name, 0, message), 1);
}

static int taken_now(struct mqtt *m)
{
    struct arrival a;
    int count = 0;
    for (; m->bus.take(&m->bus, &a); count++)
        m->bus.release(&m->bus, &a);
    return count;
}

static void a_full_queue_drops_and_never_waits(void **state)
{
    (void) state;
    struct mqtt *m = opened();
    for (int i = 0; i < 1500; i++)
        arrive(m, ROOT "/request/lead-track/12345", 10);
    assert_int_equal(taken_now(m), 1000);
    arrive(m, ROOT "/request/lead-track/12345", 10);
    assert_int_equal(taken_now(m), 1);
    mqtt_close(m);
}

static void the_queue_is_bounded_in_bytes_too(void **state)
{
    (void) state;
    enum { LARGE = QUEUE_BYTES_MAX / 4 };
    struct mqtt *m = opened();
    for (int i = 0; i < 7; i++)
        arrive(m, ROOT "/stream/router", LARGE);
    assert_int_equal(taken_now(m), 4);
    for (int i = 0; i < 7; i++)
        arrive(m, ROOT "/stream/router", LARGE);
    assert_int_equal(taken_now(m), 4);
    mqtt_close(m);
}

static void of_another_town_nothing_is_heard(void **state)
{
    (void) state;
    struct mqtt *m = opened();
    arrive(m, "yl/v1/370481105/stream/router", 1);
    arrive(m, ROOT "0/stream/router", 1);
    arrive(m, ROOT, 1);
    assert_int_equal(taken_now(m), 0);
    mqtt_close(m);
}

static void a_new_connection_waits_for_the_sends_of_the_old_one(void **state)
{
    (void) state;
    struct mqtt *m = opened();
    struct arrival a;
    struct send *late = send_new(m, "a", 1, false);
    came_up(m);
    arrive(m, ROOT "/stream/router", 1);
    assert_int_equal(taken_now(m), 0);
    ended(late, false, false);
    assert_true(m->bus.take(&m->bus, &a));
    assert_int_equal(a.kind, ARRIVAL_UP);
    m->bus.release(&m->bus, &a);
    assert_int_equal(taken_now(m), 1);
    mqtt_close(m);
}

/* A client that was thrown away may still be in the middle of telling the end of a send. */
static void a_late_word_of_an_old_client_blocks_nobody(void **state)
{
    (void) state;
    struct mqtt *m = opened();
    struct send *late = send_new(m, "a", 1, false);
    m->generation++;
    m->outstanding = 0; /* as mqtt_tick does after destroying */
    ended(late, true, false);
    came_up(m);
    assert_int_equal(taken_now(m), 1);
    mqtt_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_drops_and_never_waits),
        cmocka_unit_test(the_queue_is_bounded_in_bytes_too),
        cmocka_unit_test(of_another_town_nothing_is_heard),
        cmocka_unit_test(a_new_connection_waits_for_the_sends_of_the_old_one),
        cmocka_unit_test(a_late_word_of_an_old_client_blocks_nobody),
    };
    return cmocka_run_group_tests_name("mqtt", tests, NULL, NULL);
}
