/* test_clients.c - devices of an account, takeover, kept sessions, and the bound on publishing. */
#include "services/guard/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static char broker[1000]; /* addresses of the broker's clients */

static struct subject subject_of(const char *name, const char *device)
{
    struct subject s = { .director = false };
    assert_true(account_read(name, strlen(name), &s.account));
    snprintf(s.device, sizeof(s.device), "%s", device);
    return s;
}

static enum admission admit(struct clients *c, int who, const char *name, const char *device, bool keeps, int64_t now_ms)
{
    struct subject s = subject_of(name, device);
    return clients_admit(c, &broker[who], &s, keeps, now_ms);
}

static void five_devices_and_no_more(void **state)
{
    static const char *const devices[] = { "", "a", "b", "c", "d" };
    struct clients *c = clients_new();
    (void) state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(admit(c, i, "office-1", devices[i], false, 0), ADMITTED);
    assert_int_equal(admit(c, 5, "office-1", "e", false, 0), TOO_MANY_DEVICES);
    assert_null(clients_find(c, &broker[5]));
    assert_int_equal(admit(c, 6, "office-2", "e", false, 0), ADMITTED);
    assert_int_equal(admit(c, 7, "office-1", "a", false, 0), ADMITTED); /* the same device again takes over */
    assert_null(clients_find(c, &broker[1]));
    clients_gone(c, &broker[1], 0); /* the broker closes the older one afterwards */
    assert_non_null(clients_find(c, &broker[7]));
    clients_gone(c, &broker[2], 0);
    assert_int_equal(admit(c, 8, "office-1", "e", false, 0), ADMITTED);
    clients_free(c);
}

static void a_service_has_one_connection(void **state)
{
    struct clients *c = clients_new();
    (void) state;
    assert_int_equal(admit(c, 0, "router", "", false, 0), ADMITTED);
    assert_int_equal(admit(c, 1, "router", "", false, 0), ADMITTED);
    assert_null(clients_find(c, &broker[0]));
    clients_free(c);
}

static void a_kept_session_keeps_its_place_until_the_broker_drops_it(void **state)
{
    static const char *const devices[] = { "a", "b", "c", "d", "e" };
    struct clients *c = clients_new();
    (void) state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(admit(c, i, "office-1", devices[i], true, 0), ADMITTED);
        clients_gone(c, &broker[i], 1000);
    }
    assert_false(clients_find(c, &broker[0])->is_connected);
    assert_int_equal(admit(c, 5, "office-1", "f", false, 2000), TOO_MANY_DEVICES);
    assert_int_equal(admit(c, 6, "office-1", "a", true, 2000), ADMITTED);
    int64_t over = 1001 + CLIENTS_SESSION_KEPT_S * 1000;
    assert_int_equal(admit(c, 5, "office-1", "f", false, over), ADMITTED);
    assert_null(clients_find(c, &broker[1]));
    clients_free(c);
}

static void an_address_used_again_is_another_client(void **state)
{
    struct clients *c = clients_new();
    (void) state;
    assert_int_equal(admit(c, 0, "office-1", "", true, 0), ADMITTED);
    clients_gone(c, &broker[0], 0);
    assert_int_equal(admit(c, 0, "w200-1", "", false, 1), ADMITTED);
    assert_string_equal(clients_find(c, &broker[0])->subject.account.name, "w200-1");
    clients_gone(c, &broker[0], 2);
    assert_null(clients_find(c, &broker[0]));
    clients_free(c);
}

static int publishes(struct clients *c, int who, int times, int64_t now_ms)
{
    int allowed = 0;
    for (int i = 0; i < times; i++)
        allowed += clients_may_publish(c, clients_find(c, &broker[who]), now_ms);
    return allowed;
}

static void publishing_has_a_bound(void **state)
{
    struct clients *c = clients_new();
    (void) state;
    assert_int_equal(admit(c, 0, "w200-1", "", false, 0), ADMITTED);
    assert_int_equal(publishes(c, 0, 1000, 0), 100); /* the burst */
    assert_int_equal(publishes(c, 0, 1000, 1000), 20);
    assert_int_equal(publishes(c, 0, 1000, 1040), 0);
    assert_int_equal(publishes(c, 0, 1000, 1050), 1);
    assert_int_equal(publishes(c, 0, 1000, 10000000), 100);                 /* a long pause earns no more than the burst */
    assert_int_equal(publishes(c, 0, 1000, 9000000), 0);                    /* nor does a clock that goes back */
    assert_int_equal(admit(c, 0, "w200-1", "", false, 10000000), ADMITTED); /* asked again by the broker */
    assert_int_equal(publishes(c, 0, 1000, 10000000), 0);
    assert_int_equal(admit(c, 1, "router", "", false, 0), ADMITTED);
    assert_int_equal(publishes(c, 1, 100000, 0), 100000);
    clients_free(c);
}

static void the_public_page_has_a_bound_in_all(void **state)
{
    struct clients *c = clients_new();
    int allowed = 0;
    (void) state;
    for (int i = 0; i < 100; i++) {
        char device[16];
        snprintf(device, sizeof(device), "v%d", i);
        assert_int_equal(admit(c, i, "web", device, false, 1000000), ADMITTED);
        allowed += publishes(c, i, 100, 1000000);
    }
    assert_int_equal(allowed, 500); /* 20 each, but 500 together */
    clients_free(c);
}

static void count_one(struct client *client, void *with)
{
    (void) client;
    ++*(int *) with;
}

static void the_public_page_has_many_visits_but_not_without_end(void **state)
{
    struct clients *c = clients_new();
    int count = 0;
    (void) state;
    for (int i = 0; i < CLIENTS_WEB_MAX; i++) {
        char device[16];
        snprintf(device, sizeof(device), "v%d", i);
        assert_int_equal(admit(c, i, "web", device, false, 0), ADMITTED);
    }
    assert_int_equal(admit(c, 900, "web", "other", false, 0), TOO_MANY_DEVICES);
    clients_each(c, count_one, &count);
    assert_int_equal(count, CLIENTS_WEB_MAX);
    clients_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_devices_and_no_more),
        cmocka_unit_test(a_service_has_one_connection),
        cmocka_unit_test(a_kept_session_keeps_its_place_until_the_broker_drops_it),
        cmocka_unit_test(an_address_used_again_is_another_client),
        cmocka_unit_test(publishing_has_a_bound),
        cmocka_unit_test(the_public_page_has_a_bound_in_all),
        cmocka_unit_test(the_public_page_has_many_visits_but_not_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
