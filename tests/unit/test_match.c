/* test_match.c - rules against topics and filters: a hand table, the covering of filters by patterns, and client ids. */
#include "services/guard/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ROOT "yl/v1/370481104/"
#define VISIT "abcdefghijklmnopqrstuvwx27"

static const struct guard_rule rules[] = {
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "request/lead-reply/{account}", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "request/lead-reply/{account}/{device}", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "answer/{account}", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "answer/{account}/+", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "unit/{unit}/#", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "group/{group}/#", false, false },
    { ACCOUNT_STAFF, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "village/+/warning/#", false, false },
    { ACCOUNT_WORKER, NULL, NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "worker/{account}/ok", false, false },
    { ACCOUNT_WORKER, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "village/{village}/warning/#", false, false },
    { ACCOUNT_OFFICE, NULL, NULL, RULE_NEEDS_NOTHING, RULE_READ, "unit/#", false, false },
    { ACCOUNT_OFFICE, NULL, NULL, RULE_NEEDS_DIRECTOR, RULE_READ, "sealed/#", false, false },
    { ACCOUNT_CHANNEL, NULL, "web", RULE_NEEDS_NOTHING, RULE_READ, "answer/{account}", false, false },
    { ACCOUNT_CHANNEL, "web", NULL, RULE_NEEDS_NOTHING, RULE_READ, "answer/{account}/{device}", false, false },
    { ACCOUNT_SERVICE, "router", NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "office/inbox/+-return", true, true },
    { ACCOUNT_SERVICE, "router", NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "unit/+/lead/+", true, true },
    { ACCOUNT_SERVICE, "router", NULL, RULE_NEEDS_NOTHING, RULE_READ, "request/lead-reply/#", false, false },
    { ACCOUNT_SERVICE, NULL, NULL, RULE_NEEDS_NOTHING, RULE_PUBLISH, "stream/{account}", false, true },
};

static struct matcher m;

static struct subject subject_of(const char *client_id)
{
    struct roster *r = roster_new();
    char name[64];
    struct subject who;
    snprintf(name, sizeof(name), "%.*s", (int) strcspn(client_id, "@"), client_id);
    struct roster_row *row = roster_add(r, name);
    assert_non_null(row);
    if (strcmp(name, "office-1") == 0)
        row->director = true;
    if (strcmp(name, "staff-police-1") == 0)
        assert_true(roster_put_group(row, "strike"));
    if (!subject_read(row, client_id, &who))
        fail_msg("%s is not a client id", client_id);
    roster_free(r);
    return who;
}

static bool reads(const char *client_id, const char *filter)
{
    struct subject who = subject_of(client_id);
    return match_subscribe(&m, &who, filter);
}

static enum publish_verdict publishes(const char *client_id, const char *topic, bool retain, size_t len)
{
    struct subject who = subject_of(client_id);
    return match_publish(&m, &who, topic, retain, len);
}

static void staff_read_their_own_unit(void **state)
{
    const char *me = "staff-police-1";
    (void) state;
    assert_true(reads(me, ROOT "unit/police/#"));
    assert_true(reads(me, ROOT "unit/police"));
    assert_true(reads(me, ROOT "unit/police/lead/+"));
    assert_true(reads(me, ROOT "unit/police/lead/2026-000001"));
    assert_true(reads(me, ROOT "village/+/warning/#"));
    assert_true(reads(me, ROOT "village/370481104200/warning/w-2026-0001"));
    assert_true(reads(me, ROOT "answer/staff-police-1"));
    assert_true(reads(me, ROOT "answer/staff-police-1/+"));
    assert_true(reads(me, ROOT "group/strike/#"));
    assert_false(reads(me, ROOT "group/general/#"));
    assert_false(reads("staff-police-2", ROOT "group/strike/#"));
}

static void nobody_reads_wider(void **state)
{
    static const char *const filters[] = {
        "#",
        "+/#",
        "yl/#",
        "yl/+/370481104/unit/police/#",
        "yl/v1/+/unit/police/#",
        "yl/v1/370481105/unit/police/#",
        ROOT "#",
        ROOT "+/police/#",
        ROOT "unit/#",
        ROOT "unit/+/#",
        ROOT "unit/+",
        ROOT "unit/finance/#",
        ROOT "unit/policex/#",
        ROOT "unit/police2",
        ROOT "village/#",
        ROOT "village/+/#",
        ROOT "village/+/notice",
        ROOT "group/+/#",
        ROOT "sealed/#",
        ROOT "answer/#",
        ROOT "answer/+",
        ROOT "answer/staff-police-1/#",
        ROOT "answer/staff-police-2",
        ROOT "request/#",
        "$share/g/" ROOT "unit/police/#",
        "$share/g/#",
        "$SYS/#",
        "$CONTROL/dynamic-security/v1",
        "",
        "/",
        ROOT,
        ROOT "unit//",
        ROOT "unit/police/lead/#/x",
        ROOT "unit/police/lead+",
        ROOT "unit/police/LEAD",
        ROOT "unit/pol ice/#",
        "/" ROOT "unit/police/#",
        ROOT "unit/police/1/2/3/4",
        ROOT "unit/police/\xe7\xba\xbf",
    };
    (void) state;
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        if (reads("staff-police-1", filters[i]))
            fail_msg("%s was allowed", filters[i]);
    }
}

static void long_filters_are_refused(void **state)
{
    char filter[400];
    (void) state;
    int head = snprintf(filter, sizeof(filter), ROOT "unit/police/");
    memset(filter + head, 'a', 64);
    filter[head + 64] = '\0';
    assert_true(reads("staff-police-1", filter));
    memset(filter + head, 'a', 65);
    filter[head + 65] = '\0';
    assert_false(reads("staff-police-1", filter));
}

static void villages_are_the_workers_own(void **state)
{
    (void) state;
    assert_true(reads("w200-1", ROOT "village/370481104200/warning/#"));
    assert_true(reads("w200-1@phone", ROOT "village/370481104200/warning/+"));
    assert_false(reads("w200-1", ROOT "village/370481104201/warning/#"));
    assert_false(reads("w200-1", ROOT "village/200/warning/#"));
    assert_false(reads("w200-1", ROOT "village/+/warning/#"));
}

static void only_the_director_reads_sealed_leads(void **state)
{
    (void) state;
    assert_true(reads("office-1", ROOT "sealed/#"));
    assert_false(reads("office-2", ROOT "sealed/#"));
    assert_true(reads("office-2", ROOT "unit/+/lead/#"));
}

static void web_reads_its_own_visit(void **state)
{
    (void) state;
    assert_true(reads("web@" VISIT, ROOT "answer/web/" VISIT));
    assert_false(reads("web@" VISIT, ROOT "answer/web"));
    assert_false(reads("web@" VISIT, ROOT "answer/web/+"));
    assert_false(reads("web@" VISIT, ROOT "answer/web/bbcdefghijklmnopqrstuvwx27"));
    assert_true(reads("12345", ROOT "answer/12345"));
    assert_false(reads("12345", ROOT "answer/web"));
}

static void publishing_is_under_ones_own_name(void **state)
{
    (void) state;
    assert_int_equal(publishes("staff-police-1", ROOT "request/lead-reply/staff-police-1", false, 10), PUBLISH_ALLOWED);
    assert_int_equal(publishes("staff-police-1", ROOT "request/lead-reply/staff-police-2", false, 10), PUBLISH_NO_RULE);
    assert_int_equal(publishes("staff-police-1", ROOT "request/lead-order/staff-police-1", false, 10), PUBLISH_NO_RULE);
    assert_int_equal(publishes("staff-police-1@pc", ROOT "request/lead-reply/staff-police-1/pc", false, 10), PUBLISH_ALLOWED);
    assert_int_equal(publishes("staff-police-1@pc", ROOT "request/lead-reply/staff-police-1/other", false, 10),
                     PUBLISH_NO_RULE);
    assert_int_equal(publishes("staff-police-1", ROOT "request/lead-reply/staff-police-1/pc", false, 10), PUBLISH_NO_RULE);
    assert_int_equal(publishes("staff-police-1", ROOT "unit/police/lead/x", true, 10), PUBLISH_NO_RULE);
    assert_int_equal(publishes("w200-1", ROOT "worker/w200-1/ok", false, 1), PUBLISH_ALLOWED);
    assert_int_equal(publishes("w200-1", ROOT "worker/w200-2/ok", false, 1), PUBLISH_NO_RULE);
    assert_int_equal(publishes("w200-1", ROOT "worker/+/ok", false, 1), PUBLISH_NO_RULE);
    assert_int_equal(publishes("w200-1", "$SYS/x", false, 1), PUBLISH_NO_RULE);
}

static void retained_only_where_a_row_says_so(void **state)
{
    (void) state;
    assert_int_equal(publishes("w200-1", ROOT "worker/w200-1/ok", true, 1), PUBLISH_NOT_RETAINED);
    assert_int_equal(publishes("router", ROOT "unit/police/lead/2026-000001", true, 1), PUBLISH_ALLOWED);
    assert_int_equal(publishes("router", ROOT "unit/police/lead/2026-000001", true, 0), PUBLISH_ALLOWED);
    assert_int_equal(publishes("router", ROOT "stream/router", true, 1), PUBLISH_NOT_RETAINED);
    assert_int_equal(publishes("intake", ROOT "unit/police/lead/2026-000001", true, 1), PUBLISH_NO_RULE);
    assert_int_equal(publishes("intake", ROOT "stream/router", false, 1), PUBLISH_NO_RULE);
}

static void payloads_end_where_they_should(void **state)
{
    (void) state;
    assert_int_equal(publishes("w200-1", ROOT "worker/w200-1/ok", false, 64 * 1024), PUBLISH_ALLOWED);
    assert_int_equal(publishes("w200-1", ROOT "worker/w200-1/ok", false, 64 * 1024 + 1), PUBLISH_TOO_LARGE);
    assert_int_equal(publishes("router", ROOT "stream/router", false, 512 * 1024), PUBLISH_ALLOWED);
    assert_int_equal(publishes("router", ROOT "stream/router", false, 512 * 1024 + 1), PUBLISH_TOO_LARGE);
}

static void endings_of_levels(void **state)
{
    (void) state;
    assert_int_equal(publishes("router", ROOT "office/inbox/2026-000001-return", true, 1), PUBLISH_ALLOWED);
    assert_int_equal(publishes("router", ROOT "office/inbox/-return", true, 1), PUBLISH_NO_RULE);
    assert_int_equal(publishes("router", ROOT "office/inbox/2026-000001-similar", true, 1), PUBLISH_NO_RULE);
    assert_int_equal(publishes("router", ROOT "office/inbox/2026-000001-return/x", true, 1), PUBLISH_NO_RULE);
}

static void services_read_their_requests(void **state)
{
    (void) state;
    assert_true(reads("router", ROOT "request/lead-reply/#"));
    assert_true(reads("router", ROOT "request/lead-reply/+/+"));
    assert_false(reads("router", ROOT "request/#"));
    assert_false(reads("intake", ROOT "request/lead-reply/#"));
}

static void client_ids(void **state)
{
    static const struct {
        const char *account, *client_id;
        bool good;
    } rows[] = {
        { "office-1", "office-1", true },
        { "office-1", "office-1@pc", true },
        { "office-1", "office-1@abcdefghijklmnopqrstuvwxyz012345", true },
        { "office-1", "office-1@abcdefghijklmnopqrstuvwxyz0123456", false },
        { "office-1", "office-1@", false },
        { "office-1", "office-1@a/b", false },
        { "office-1", "office-1@a/", false },
        { "office-1", "office-1@/", false },
        { "office-1", "office-1@a@b", false },
        { "office-1", "office-1@A", false },
        { "office-1", "office-1@+", false },
        { "office-1", "office-12", false },
        { "office-1", "office-2", false },
        { "office-1", "office", false },
        { "office-1", "", false },
        { "office-1", "router", false },
        { "router", "router", true },
        { "router", "router@2", false },
        { "web", "web", false },
        { "web", "web@x", false },
        { "web", "web@" VISIT, true },
        { "web", "web@" VISIT "a", false },
        { "web", "web@1bcdefghijklmnopqrstuvwx27", false },
    };
    (void) state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct roster *r = roster_new();
        struct subject who;
        if (subject_read(roster_add(r, rows[i].account), rows[i].client_id, &who) != rows[i].good)
            fail_msg("%s as %s", rows[i].account, rows[i].client_id);
        roster_free(r);
    }
}

/* ---- covering, against the definition: every topic the filter matches is matched by the pattern ---- */

static const char *const small_levels[] = { "a", "b", "+", "#" };

/* The n-th sequence of up to 4 levels over `base` words; false when # is not last. */
static bool sequence(unsigned n, unsigned base, char *ret)
{
    bool ended = false;
    char *at = ret;
    for (unsigned len = n % 4 + 1, rest = n / 4; len; len--, rest /= base) {
        if (ended)
            return false;
        ended = rest % base == 3;
        if (at != ret)
            *at++ = '/';
        at = mempcpy(at, small_levels[rest % base], 1);
    }
    *at = '\0';
    return true;
}

/* MQTT's own rule, written another way than in match.c. */
static bool matches(const char *filter, const char *topic)
{
    if (strcmp(filter, "#") == 0)
        return true;
    size_t f = strcspn(filter, "/"), t = strcspn(topic, "/");
    if (!(f == 1 && *filter == '+') && !(f == t && strncmp(filter, topic, f) == 0))
        return false;
    if (!filter[f] && !topic[t])
        return true;
    if (!topic[t])
        return strcmp(filter + f, "/#") == 0;
    return filter[f] && matches(filter + f + 1, topic + t + 1);
}

static void a_filter_is_covered_when_all_its_topics_are(void **state)
{
    struct subject who = subject_of("12345");
    char pattern[32], filter[32], topic[40];
    (void) state;
    for (unsigned p = 0; p < 4 * 256; p++) {
        if (!sequence(p, 4, pattern))
            continue;
        for (unsigned f = 0; f < 4 * 256; f++) {
            if (!sequence(f, 4, filter))
                continue;
            bool all = true;
            for (unsigned t = 0; t < 4 * 16 && all; t++) {
                if (!sequence(t, 2, topic))
                    continue;
                /* `z` stands for all words that are in no pattern, a fifth level for all that is longer */
                for (char *c = topic; *c; c++)
                    *c = *c == 'b' ? 'z' : *c;
                all = !matches(filter, topic) || matches(pattern, topic);
                memcpy(topic + strlen(topic), "/z/z", sizeof "/z/z");
                all = all && (!matches(filter, topic) || matches(pattern, topic));
            }
            bool covered = match_covers(&m, &who, pattern, filter);
            if (covered && !all)
                fail_msg("%s does not cover %s", pattern, filter);
        }
    }
}

static void covering_misses_nothing_simple(void **state)
{
    static const struct {
        const char *pattern, *filter;
        bool covered;
    } rows[] = {
        { "#", "#", true },       { "#", "a/+/b", true },    { "a/#", "a", true },      { "a/#", "a/#", true },
        { "a/#", "a/+/#", true }, { "a/+/#", "a/#", false }, { "a/+", "a/#", false },   { "a/+", "a/+", true },
        { "a/+", "a/b", true },   { "a/+", "a", false },     { "a/+", "a/b/a", false }, { "a/b", "a/+", false },
        { "+/b", "a/b", true },   { "+/b", "+/+", false },   { "+", "#", false },       { "a/b/#", "a/#", false },
        { "a/b/#", "a", false },  { "a", "a/#", false },     { "a", "b", false },
    };
    struct subject who = subject_of("12345");
    (void) state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (match_covers(&m, &who, rows[i].pattern, rows[i].filter) != rows[i].covered)
            fail_msg("%s over %s", rows[i].pattern, rows[i].filter);
    }
}

static void towns_are_nine_digits(void **state)
{
    static struct matcher other;
    (void) state;
    assert_false(matcher_init(&other, "", rules, 1));
    assert_false(matcher_init(&other, "37048110", rules, 1));
    assert_false(matcher_init(&other, "3704811045", rules, 1));
    assert_false(matcher_init(&other, "37048110#", rules, 1));
}

static int set_up(void **state)
{
    (void) state;
    return matcher_init(&m, "370481104", rules, (int) (sizeof(rules) / sizeof(rules[0]))) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(staff_read_their_own_unit),
        cmocka_unit_test(nobody_reads_wider),
        cmocka_unit_test(long_filters_are_refused),
        cmocka_unit_test(villages_are_the_workers_own),
        cmocka_unit_test(only_the_director_reads_sealed_leads),
        cmocka_unit_test(web_reads_its_own_visit),
        cmocka_unit_test(publishing_is_under_ones_own_name),
        cmocka_unit_test(retained_only_where_a_row_says_so),
        cmocka_unit_test(payloads_end_where_they_should),
        cmocka_unit_test(endings_of_levels),
        cmocka_unit_test(services_read_their_requests),
        cmocka_unit_test(client_ids),
        cmocka_unit_test(a_filter_is_covered_when_all_its_topics_are),
        cmocka_unit_test(covering_misses_nothing_simple),
        cmocka_unit_test(towns_are_nine_digits),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
