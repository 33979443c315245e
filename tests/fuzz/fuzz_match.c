/* fuzz_match.c - any bytes as client id, account and topic or filter: whoever it is, what is granted lies in the town, has the
 * contract's form, and a granted filter grants every topic one makes of it. */
#include "services/guard/match.h"

#include "gen/guard_rules.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct matcher m;

/* The next NUL-terminated word of the input. */
static const char *word(const char **at, const char *end, char *into, size_t room)
{
    size_t n = 0;
    for (; *at < end && **at != '\n'; ++*at) {
        if (n + 1 < room && **at)
            into[n++] = **at;
    }
    into[n] = '\0';
    *at += *at < end;
    return into;
}

static void check_granted(const struct subject *who, const char *filter)
{
    char topic[2 * MATCH_TOPIC_BYTES_MAX];
    size_t n = 0, len = strlen(filter);
    assert(len <= MATCH_TOPIC_BYTES_MAX && strncmp(filter, m.root, m.root_len) == 0);
    assert(strspn(filter, "abcdefghijklmnopqrstuvwxyz0123456789-/+#") == len);
    for (size_t i = 0; i < len; i++)
        topic[n++] = filter[i] == '+' || filter[i] == '#' ? 'x' : filter[i];
    topic[n] = '\0';
    assert(match_read(&m, who, topic));
    if (strncmp(filter + m.root_len, "answer/", 7) == 0)
        assert(strncmp(filter + m.root_len + 7, who->account.name, strlen(who->account.name)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *at = (const char *) bytes, *end = at + len;
    char name[64], id[128], filter[1024];
    struct subject who;
    if (m.root_len == 0)
        assert(matcher_init(&m, "370481104", guard_rules, GUARD_RULE_COUNT));
    struct roster_row row = { .locked = false };
    word(&at, end, name, sizeof(name));
    word(&at, end, id, sizeof(id));
    word(&at, end, filter, sizeof(filter));
    if (!account_read(name, strlen(name), &row.account) || !subject_read(&row, id, &who))
        return 0;
    assert(strncmp(id, name, strlen(name)) == 0);
    if (match_subscribe(&m, &who, filter))
        check_granted(&who, filter);
    if (match_publish(&m, &who, filter, true, 1) == PUBLISH_ALLOWED)
        assert(who.account.kind == ACCOUNT_SERVICE);
    if (match_publish(&m, &who, filter, false, 1) == PUBLISH_ALLOWED)
        assert(!strpbrk(filter, "+#") && strncmp(filter, m.root, m.root_len) == 0);
    return 0;
}
