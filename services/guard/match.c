/* match.c - rows of the generated rules against topics and filters (match.h). */
#include "services/guard/match.h"

#include <stdio.h>
#include <string.h>

struct level {
    const char *at;
    size_t len;
};

static struct level level_of(const char *at)
{
    return (struct level){ at, strcspn(at, "/") };
}

/* The level after this one; .at is NULL after the last. */
static struct level level_after(struct level l)
{
    return l.at[l.len] == '/' ? level_of(l.at + l.len + 1) : (struct level){ NULL, 0 };
}

static bool level_is(struct level l, const char *text)
{
    return strncmp(l.at, text, l.len) == 0 && text[l.len] == '\0';
}

static bool level_is_plain(struct level l)
{
    if (l.len == 0 || l.len > MATCH_LEVEL_BYTES_MAX)
        return false;
    for (size_t i = 0; i < l.len; i++) {
        char c = l.at[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

/* The part after the root, when the whole is of the contract's form; NULL otherwise. */
static const char *relative(const struct matcher *m, const char *topic, bool is_filter)
{
    int levels = 0;
    if (strnlen(topic, MATCH_TOPIC_BYTES_MAX + 1) > MATCH_TOPIC_BYTES_MAX || strncmp(topic, m->root, m->root_len) != 0)
        return NULL;
    for (struct level l = level_of(topic); l.at; l = level_after(l)) {
        bool is_wild = is_filter && l.len == 1 && (*l.at == '+' || (*l.at == '#' && l.at[1] == '\0'));
        if (++levels > MATCH_LEVELS_MAX || (!is_wild && !level_is_plain(l)))
            return NULL;
    }
    return topic + m->root_len;
}

static bool is_own_group(const struct subject *who, struct level l)
{
    for (int i = 0; i < who->group_count; i++) {
        if (level_is(l, who->groups[i]))
            return true;
    }
    return false;
}

static bool is_own_village(const struct matcher *m, const struct subject *who, struct level l)
{
    size_t town = strlen(m->town), scope = strlen(who->account.scope);
    return scope > 0 && l.len == town + scope && memcmp(l.at, m->town, town) == 0 &&
           memcmp(l.at + town, who->account.scope, scope) == 0;
}

static bool is_own(const struct matcher *m, const struct subject *who, struct level pattern, struct level l)
{
    const struct account *a = &who->account;
    if (level_is(pattern, "{account}"))
        return level_is(l, a->name);
    if (level_is(pattern, "{device}"))
        return who->device[0] != '\0' && level_is(l, who->device);
    if (level_is(pattern, "{unit}"))
        return a->kind == ACCOUNT_STAFF && level_is(l, a->scope);
    if (level_is(pattern, "{village}"))
        return (a->kind == ACCOUNT_VILLAGE || a->kind == ACCOUNT_WORKER) && is_own_village(m, who, l);
    if (level_is(pattern, "{group}"))
        return is_own_group(who, l);
    return false;
}

/* One level of a pattern (not #) against one level of a filter. */
static bool level_fits(const struct matcher *m, const struct subject *who, struct level pattern, struct level l)
{
    bool is_wild = l.len == 1 && (*l.at == '+' || *l.at == '#');
    if (*pattern.at == '{')
        return is_own(m, who, pattern, l);
    if (*pattern.at != '+')
        return pattern.len == l.len && memcmp(pattern.at, l.at, l.len) == 0;
    if (pattern.len == 1)
        return *l.at != '#';
    size_t end = pattern.len - 1; /* `+-return`: something, then that end */
    return !is_wild && l.len > end && memcmp(l.at + l.len - end, pattern.at + 1, end) == 0;
}

bool match_covers(const struct matcher *m, const struct subject *who, const char *pattern, const char *filter)
{
    struct level p = level_of(pattern), f = level_of(filter);
    while (p.at && !(p.len == 1 && *p.at == '#')) {
        if (!f.at)
            return false;
        if (!level_fits(m, who, p, f))
            return false;
        p = level_after(p);
        f = level_after(f);
    }
    return p.at || !f.at; /* at the pattern's # everything is covered, the level before it included */
}

bool matcher_init(struct matcher *m, const char *town, const struct guard_rule *rules, int rule_count)
{
    *m = (struct matcher){ .root_len = 0 };
    if (strlen(town) != 9 || strspn(town, "0123456789") != 9)
        return false;
    memcpy(m->town, town, 10);
    m->root_len = (size_t) snprintf(m->root, sizeof(m->root), "yl/v1/%s/", town);
    for (int i = 0; i < rule_count; i++) {
        enum account_kind kind = rules[i].kind;
        if (m->row_count[kind] == MATCH_ROWS_OF_KIND_MAX)
            return false;
        m->rows[kind][m->row_count[kind]++] = &rules[i];
    }
    return true;
}

static bool device_is_web(const char *device)
{
    return strlen(device) == MATCH_WEB_DEVICE_CHARS &&
           strspn(device, "abcdefghijklmnopqrstuvwxyz234567") == MATCH_WEB_DEVICE_CHARS;
}

/* Whether such an account may have a device of this name ("": none). */
static bool device_suits(const struct account *a, const char *device)
{
    if (a->kind == ACCOUNT_SERVICE)
        return *device == '\0';
    if (strcmp(a->name, MATCH_WEB) == 0)
        return device_is_web(device);
    return *device == '\0' || (strlen(device) <= DEVICE_BYTES_MAX && level_is_plain(level_of(device)));
}

bool subject_read(const struct roster_row *row, const char *client_id, struct subject *ret)
{
    size_t len = strlen(row->account.name);
    if (strncmp(client_id, row->account.name, len) != 0 || (client_id[len] != '\0' && client_id[len] != '@'))
        return false;
    const char *device = client_id[len] == '@' ? client_id + len + 1 : "";
    if ((client_id[len] == '@' && *device == '\0') || strchr(device, '/') || !device_suits(&row->account, device))
        return false;
    *ret = (struct subject){ .account = row->account, .director = row->director, .group_count = row->group_count };
    memcpy(ret->device, device, strlen(device) + 1);
    memcpy(ret->groups, row->groups, sizeof(ret->groups));
    return true;
}

static bool row_applies(const struct guard_rule *row, const struct subject *who, enum rule_act act)
{
    if (row->act != act || (row->needs == RULE_NEEDS_DIRECTOR && !who->director))
        return false;
    if (row->only && strcmp(row->only, who->account.name) != 0)
        return false;
    return !row->except || strcmp(row->except, who->account.name) != 0;
}

enum publish_verdict match_publish(const struct matcher *m, const struct subject *who, const char *topic, bool retain,
                                   size_t payload_len)
{
    enum account_kind kind = who->account.kind;
    const char *path = relative(m, topic, false);
    enum publish_verdict verdict = PUBLISH_NO_RULE;
    for (int i = 0; path && i < m->row_count[kind]; i++) {
        const struct guard_rule *row = m->rows[kind][i];
        if (!row_applies(row, who, RULE_PUBLISH) || !match_covers(m, who, row->pattern, path))
            continue;
        if (payload_len > (row->large ? MATCH_LARGE_PAYLOAD_MAX : MATCH_PAYLOAD_MAX))
            verdict = PUBLISH_TOO_LARGE;
        else if (retain && !row->retain)
            verdict = PUBLISH_NOT_RETAINED;
        else
            return PUBLISH_ALLOWED;
    }
    return verdict;
}

static bool may_read(const struct matcher *m, const struct subject *who, const char *path)
{
    enum account_kind kind = who->account.kind;
    for (int i = 0; path && i < m->row_count[kind]; i++) {
        const struct guard_rule *row = m->rows[kind][i];
        if (row_applies(row, who, RULE_READ) && match_covers(m, who, row->pattern, path))
            return true;
    }
    return false;
}

bool match_read(const struct matcher *m, const struct subject *who, const char *topic)
{
    return may_read(m, who, relative(m, topic, false));
}

bool match_subscribe(const struct matcher *m, const struct subject *who, const char *filter)
{
    return may_read(m, who, relative(m, filter, true));
}
