/* guard_model.c - see guard_model.h.
 *
 * A pattern is first written out for the account: {account} becomes its name, {group} each of its groups. Then topics are compared
 * level by level. A filter is tried by topics made of it: fresh words stand for its wildcards, and a # for none, one and two levels. */
#include "tests/fuzz/guard_model.h"
#include "tests/fuzz/fuzz.h"

#include "gen/guard_rules.h"

#include <stdio.h>
#include <string.h>

enum { TRIED_BYTES = 2 * MATCH_TOPIC_BYTES_MAX };
#define FRESH "zq"

static bool is_well_formed(const char *topic, bool is_filter)
{
    size_t len = strlen(topic), levels = 0;
    if (len > MATCH_TOPIC_BYTES_MAX || strncmp(topic, MODEL_ROOT, strlen(MODEL_ROOT)) != 0)
        return false;
    for (const char *at = topic; at; levels++) {
        size_t n = strcspn(at, "/");
        bool is_last = at[n] == '\0';
        bool is_wild = is_filter && n == 1 && (*at == '+' || (*at == '#' && is_last));
        if (!is_wild && (n < 1 || n > MATCH_LEVEL_BYTES_MAX || strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-") != n))
            return false;
        at = is_last ? NULL : at + n + 1;
    }
    return levels <= MATCH_LEVELS_MAX;
}

/* Does this topic have the form of this pattern, all of whose places have been filled in? */
static bool has_form(const char *pattern, const char *topic)
{
    for (;;) {
        size_t p = strcspn(pattern, "/"), t = strcspn(topic, "/");
        if (p == 1 && *pattern == '#')
            return true;
        bool fits = *pattern == '+' ? t > p - 1 && memcmp(topic + t - (p - 1), pattern + 1, p - 1) == 0
                                    : p == t && memcmp(pattern, topic, t) == 0;
        if (!fits)
            return false;
        bool pattern_ends = pattern[p] == '\0', topic_ends = topic[t] == '\0';
        if (topic_ends)
            return pattern_ends || strcmp(pattern + p, "/#") == 0;
        if (pattern_ends)
            return false;
        pattern += p + 1;
        topic += t + 1;
    }
}

/* Every topic of the list has the form of the pattern once {…} is replaced by `word`. */
static bool all_have_form(const char *pattern, const char *place, const char *word, char tried[][TRIED_BYTES], int count)
{
    char filled[TRIED_BYTES];
    const char *at = place ? strstr(pattern, place) : NULL;
    if (at)
        snprintf(filled, sizeof filled, "%.*s%s%s", (int) (at - pattern), pattern, word, at + strlen(place));
    else
        snprintf(filled, sizeof filled, "%s", pattern);
    for (int i = 0; i < count; i++) {
        if (!has_form(filled, tried[i]))
            return false;
    }
    return true;
}

/* {account} and {device} may stand in one pattern: the first is filled in here, the second by all_have_form. */
static bool row_fits(const struct guard_rule *row, const struct subject *who, char tried[][TRIED_BYTES], int count)
{
    char pattern[TRIED_BYTES];
    const struct account *a = &who->account;
    const char *account = strstr(row->pattern, "{account}");
    if (account)
        snprintf(pattern, sizeof pattern, "%.*s%s%s", (int) (account - row->pattern), row->pattern, a->name, account + 9);
    else
        snprintf(pattern, sizeof pattern, "%s", row->pattern);
    if (strstr(pattern, "{device}"))
        return who->device[0] && all_have_form(pattern, "{device}", who->device, tried, count);
    if (strstr(pattern, "{unit}"))
        return a->kind == ACCOUNT_STAFF && all_have_form(pattern, "{unit}", a->scope, tried, count);
    if (strstr(pattern, "{village}")) {
        char village[64];
        snprintf(village, sizeof village, MODEL_TOWN "%s", a->scope);
        return (a->kind == ACCOUNT_VILLAGE || a->kind == ACCOUNT_WORKER) &&
               all_have_form(pattern, "{village}", village, tried, count);
    }
    if (strstr(pattern, "{group}")) {
        for (int i = 0; i < who->group_count; i++) {
            if (all_have_form(pattern, "{group}", who->groups[i], tried, count))
                return true;
        }
        return false;
    }
    return all_have_form(pattern, NULL, "", tried, count);
}

static bool row_is_for(const struct guard_rule *row, const struct subject *who, enum rule_act act)
{
    const char *name = who->account.name;
    return row->kind == who->account.kind && row->act == act && (row->needs != RULE_NEEDS_DIRECTOR || who->director) &&
           (!row->only || strcmp(row->only, name) == 0) && (!row->except || strcmp(row->except, name) != 0);
}

enum publish_verdict model_publish(const struct subject *who, const char *topic, bool retain, size_t payload_len)
{
    char tried[1][TRIED_BYTES];
    bool any = false, fits = false, allowed = false;
    if (!is_well_formed(topic, false))
        return PUBLISH_NO_RULE;
    snprintf(tried[0], TRIED_BYTES, "%s", topic + strlen(MODEL_ROOT));
    for (int i = 0; i < GUARD_RULE_COUNT; i++) {
        const struct guard_rule *row = &guard_rules[i];
        if (!row_is_for(row, who, RULE_PUBLISH) || !row_fits(row, who, tried, 1))
            continue;
        bool is_small = payload_len <= (row->large ? MATCH_LARGE_PAYLOAD_MAX : MATCH_PAYLOAD_MAX);
        any = true;
        fits = fits || is_small;
        allowed = allowed || (is_small && (!retain || row->retain));
    }
    return allowed ? PUBLISH_ALLOWED : !any ? PUBLISH_NO_RULE : fits ? PUBLISH_NOT_RETAINED : PUBLISH_TOO_LARGE;
}

static bool one_reads_all(const struct subject *who, char tried[][TRIED_BYTES], int count)
{
    for (int i = 0; i < GUARD_RULE_COUNT; i++) {
        if (row_is_for(&guard_rules[i], who, RULE_READ) && row_fits(&guard_rules[i], who, tried, count))
            return true;
    }
    return false;
}

bool model_read(const struct subject *who, const char *topic)
{
    char tried[1][TRIED_BYTES];
    if (!is_well_formed(topic, false))
        return false;
    snprintf(tried[0], TRIED_BYTES, "%s", topic + strlen(MODEL_ROOT));
    return one_reads_all(who, tried, 1);
}

bool model_subscribe(const struct subject *who, const char *filter)
{
    char tried[3][TRIED_BYTES], *base = tried[0];
    size_t n = 0;
    if (!is_well_formed(filter, true))
        return false;
    for (const char *at = filter + strlen(MODEL_ROOT); *at && *at != '#'; at++) {
        if (*at == '+')
            n += (size_t) snprintf(base + n, TRIED_BYTES - n, FRESH);
        else
            base[n++] = *at;
    }
    base[n] = '\0';
    if (filter[strlen(filter) - 1] != '#')
        return one_reads_all(who, tried, 1);
    snprintf(tried[1], TRIED_BYTES, "%.*s" FRESH, MATCH_TOPIC_BYTES_MAX, base);
    snprintf(tried[2], TRIED_BYTES, "%.*s" FRESH "/" FRESH, MATCH_TOPIC_BYTES_MAX, base);
    base[n ? n - 1 : 0] = '\0'; /* a/# matches a */
    return one_reads_all(who, tried, 3);
}
