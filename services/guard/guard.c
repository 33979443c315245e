/* guard.c - decides inside the broker who may connect, publish, subscribe and read (mosquitto's version 5 plugin interface).
 *
 * hears    every connection, publish, delivery, subscription of the broker      says  alarm/guard
 * owns     nothing on disk; reads the accounts file (roster.h), which `yinling accounts` replaces, within a second of a change
 * promise  What is not allowed by a row of gen/guard_rules.h for a known, unlocked account is denied, in every failure. A file
 *          that cannot be believed changes nothing: the last good accounts stay (none after a start), and alarm/guard says so.
 *          A locked account, or one with a new token, is disconnected with the re-read that shows it.
 *
 * Options: plugin_opt_accounts FILE, plugin_opt_town <9 digits>. Both must be there, and no other: else the broker does not start.
 * A last will comes through the same check when the broker sends it; the client is gone by then and is found by its account. */
#include "services/guard/clients.h"
#include "services/guard/match.h"
#include "services/guard/roster.h"

#include "gen/guard_rules.h"

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 250     /* at the accounts file; the contract says within a second */
#define SUBSCRIPTIONS_MAX 200 /* of one client; our pages need about ten */
#define SERVICE_SUBSCRIPTIONS_MAX 2000
#define DENIALS_LOGGED_PER_S_MAX 20 /* a client that is denied must not fill the disk */

#define PLUGIN_API __attribute__((visibility("default")))

/* What tells one state of a file from another. */
struct stamp {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec changed;
};

struct guard {
    mosquitto_plugin_id_t *plugin;
    char *file;
    struct matcher matcher;
    struct roster *roster; /* the last good one; empty before the first */
    struct clients *clients;
    struct stamp stamp; /* of the file as last looked at, good or bad */
    int64_t next_look_ms;
    bool in_alarm;
    int64_t denials_from_ms;
    int denials;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the accounts file ---- */

static char *file_read(int fd, size_t size, size_t *ret_len)
{
    char *bytes = malloc(size + 1);
    size_t len = 0;
    ssize_t got = 1;
    while (bytes && len < size && got > 0) {
        got = read(fd, bytes + len, size - len);
        len += got > 0 ? (size_t) got : 0;
    }
    *ret_len = len;
    return bytes;
}

/* NULL with the reason when the file cannot be believed. */
static struct roster *roster_load(const char *path, struct stamp *ret_stamp, const char **ret_why, int *ret_line)
{
    struct stat st;
    struct roster *roster = NULL;
    size_t len;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *ret_line = 0;
    *ret_why = "文件打不开";
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= ROSTER_BYTES_MAX) {
        *ret_stamp = (struct stamp){ st.st_dev, st.st_ino, st.st_size, st.st_mtim };
        *ret_why = "文件可被他人改写";
        char *bytes = st.st_mode & (S_IWGRP | S_IWOTH) ? NULL : file_read(fd, (size_t) st.st_size, &len);
        if (bytes)
            roster = roster_read(bytes, len, ret_why, ret_line);
        free(bytes);
    }
    close(fd);
    return roster;
}

static void alarm_publish(struct guard *g, const char *payload)
{
    char topic[MATCH_TOPIC_BYTES_MAX];
    snprintf(topic, sizeof(topic), "%s%s", g->matcher.root, GUARD_ALARM_TOPIC);
    mosquitto_broker_publish_copy(NULL, topic, (int) strlen(payload), payload, 1, true, NULL);
}

static void alarm_raise(struct guard *g, const char *why, int line)
{
    char payload[512], since[32];
    time_t t = time(NULL) + 8 * 3600; /* people's time is UTC+08:00 */
    struct tm tm;
    strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%S+08:00", gmtime_r(&t, &tm));
    snprintf(payload, sizeof(payload),
             "{\"alarms\":[{\"key\":\"accounts\",\"sentence\":\"账号文件有误（第%d行：%s），%s。\","
             "\"since\":\"%s\",\"command\":\"yinling accounts list\"}]}",
             line, why, roster_count(g->roster) ? "继续沿用上一份有效账号" : "目前任何账号都不能登录", since);
    alarm_publish(g, payload);
    g->in_alarm = true;
    mosquitto_log_printf(MOSQ_LOG_ERR, "guard: accounts=refused line=%d why=\"%s\" kept=%zu", line, why,
                         roster_count(g->roster));
}

/* Whether the account of a connected client is still what it was when it connected; its tags follow the new file. */
static void client_recheck(struct client *client, void *with)
{
    const struct roster *const *old_and_new = with;
    const char *name = client->subject.account.name;
    const struct roster_row *was = roster_find(old_and_new[0], name), *is = roster_find(old_and_new[1], name);
    client->is_out = !was || !is || is->locked || memcmp(was->proof, is->proof, sizeof(was->proof)) != 0;
    if (client->is_out)
        return;
    client->subject.director = is->director;
    client->subject.group_count = is->group_count;
    memcpy(client->subject.groups, is->groups, sizeof(is->groups));
}

/* Kicks whoever was connected under an account that is out. The broker calls us back for each, so no list may be walked here. */
static void kick_changed(const struct roster *old, const struct roster *new)
{
    for (size_t i = 0; i < roster_count(old); i++) {
        const struct roster_row *was = roster_at(old, i), *is = roster_find(new, was->account.name);
        if (was->locked || (is && !is->locked && memcmp(was->proof, is->proof, sizeof(was->proof)) == 0))
            continue;
        mosquitto_log_printf(MOSQ_LOG_NOTICE, "guard: account=%s %s", was->account.name,
                             !is          ? "gone"
                             : is->locked ? "locked"
                                          : "new-token");
        mosquitto_kick_client_by_username(was->account.name, true);
    }
}

static void accounts_reread(struct guard *g)
{
    const char *why = "";
    int line = 0;
    struct roster *old = g->roster, *new = roster_load(g->file, &g->stamp, &why, &line);
    if (!new) {
        alarm_raise(g, why, line);
        return;
    }
    g->roster = new;
    clients_each(g->clients, client_recheck, (const struct roster *[]){ old, new });
    kick_changed(old, new);
    roster_free(old);
    if (g->in_alarm)
        alarm_publish(g, "");
    g->in_alarm = false;
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "guard: accounts=read count=%zu", roster_count(new));
}

static bool file_has_changed(struct guard *g)
{
    struct stat st;
    struct stamp *s = &g->stamp;
    if (stat(g->file, &st) != 0) {
        bool is_news = s->ino != 0;
        *s = (struct stamp){ .ino = 0 };
        return is_news;
    }
    return st.st_dev != s->dev || st.st_ino != s->ino || st.st_size != s->size || st.st_mtim.tv_sec != s->changed.tv_sec ||
           st.st_mtim.tv_nsec != s->changed.tv_nsec;
}

static int on_tick(int event, void *data, void *with)
{
    struct guard *g = with;
    int64_t now = now_ms();
    (void) event, (void) data;
    if (now < g->next_look_ms)
        return MOSQ_ERR_SUCCESS;
    g->next_look_ms = now + LOOK_EVERY_MS;
    if (file_has_changed(g))
        accounts_reread(g);
    return MOSQ_ERR_SUCCESS;
}

static int on_reload(int event, void *data, void *with)
{
    (void) event, (void) data;
    accounts_reread(with);
    return MOSQ_ERR_SUCCESS;
}

/* ---- connecting ---- */

static bool may_log(struct guard *g)
{
    int64_t now = now_ms();
    if (now - g->denials_from_ms >= 1000) {
        g->denials_from_ms = now;
        g->denials = 0;
    }
    return ++g->denials <= DENIALS_LOGGED_PER_S_MAX;
}

/* Only names of our own accounts get into the log: what a stranger types there may be a secret, or forged lines. */
static int refuse(struct guard *g, const struct roster_row *row, const char *why)
{
    if (may_log(g))
        mosquitto_log_printf(MOSQ_LOG_WARNING, "guard: connect=refused account=%s why=%s", row ? row->account.name : "unknown",
                             why);
    return MOSQ_ERR_AUTH;
}

static int on_connect(int event, void *data, void *with)
{
    struct guard *g = with;
    struct mosquitto_evt_basic_auth *e = data;
    struct subject subject;
    const char *client_id = mosquitto_client_id(e->client);
    const struct roster_row *row = e->username ? roster_find(g->roster, e->username) : NULL;
    (void) event;
    if (!row || !e->password || !client_id)
        return refuse(g, row, "no-such-account-or-no-token");
    if (!roster_admits(g->roster, row, e->password))
        return refuse(g, row, row->locked ? "locked" : "wrong-token");
    if (!subject_read(row, client_id, &subject))
        return refuse(g, row, "client-id");
    switch (clients_admit(g->clients, e->client, &subject, !mosquitto_client_clean_session(e->client), now_ms())) {
    case ADMITTED:
        return MOSQ_ERR_SUCCESS;
    case TOO_MANY_DEVICES:
        return refuse(g, row, "too-many-devices");
    case TOO_MANY_CLIENTS:
        return refuse(g, row, "too-many-clients");
    }
    return MOSQ_ERR_AUTH;
}

static int on_disconnect(int event, void *data, void *with)
{
    struct guard *g = with;
    struct mosquitto_evt_disconnect *e = data;
    (void) event;
    clients_gone(g->clients, e->client, now_ms());
    return MOSQ_ERR_SUCCESS;
}

/* ---- publishing, subscribing, reading ---- */

static const char *verdict_word(enum publish_verdict verdict)
{
    switch (verdict) {
    case PUBLISH_ALLOWED:
        return "allowed";
    case PUBLISH_NO_RULE:
        return "not-theirs";
    case PUBLISH_NOT_RETAINED:
        return "not-to-be-retained";
    case PUBLISH_TOO_LARGE:
        return "too-large";
    }
    return "?";
}

/* A denied topic may hold anything, so it is not written to the log. */
static bool deny(struct guard *g, const struct subject *who, const char *act, const char *why)
{
    if (may_log(g))
        mosquitto_log_printf(MOSQ_LOG_WARNING, "guard: %s=denied account=%s%s%s why=%s", act, who->account.name,
                             who->device[0] ? "@" : "", who->device, why);
    return false;
}

/* A last will is sent after its client has gone: the account must still stand, and its rules hold. */
static bool may_send_will(struct guard *g, const struct mosquitto_evt_acl_check *e)
{
    struct subject who;
    const char *name = mosquitto_client_username(e->client), *id = mosquitto_client_id(e->client);
    const struct roster_row *row = name ? roster_find(g->roster, name) : NULL;
    return row && !row->locked && id && subject_read(row, id, &who) &&
           match_publish(&g->matcher, &who, e->topic, e->retain, e->payloadlen) == PUBLISH_ALLOWED;
}

static bool may_publish(struct guard *g, struct client *client, const struct mosquitto_evt_acl_check *e)
{
    if (!client || !client->is_connected)
        return may_send_will(g, e);
    if (client->is_out)
        return false;
    enum publish_verdict verdict = match_publish(&g->matcher, &client->subject, e->topic, e->retain, e->payloadlen);
    if (verdict != PUBLISH_ALLOWED)
        return deny(g, &client->subject, "publish", verdict_word(verdict));
    return clients_may_publish(g->clients, client, now_ms()) || deny(g, &client->subject, "publish", "too-fast");
}

static bool may_subscribe(struct guard *g, const struct client *client, const struct mosquitto_evt_acl_check *e)
{
    if (!client || !client->is_connected || client->is_out)
        return false;
    bool is_service = client->subject.account.kind == ACCOUNT_SERVICE;
    if (mosquitto_client_sub_count(e->client) >= (is_service ? SERVICE_SUBSCRIPTIONS_MAX : SUBSCRIPTIONS_MAX))
        return deny(g, &client->subject, "subscribe", "too-many");
    return match_subscribe(&g->matcher, &client->subject, e->topic) || deny(g, &client->subject, "subscribe", "not-theirs");
}

static int on_access(int event, void *data, void *with)
{
    struct guard *g = with;
    const struct mosquitto_evt_acl_check *e = data;
    struct client *client = clients_find(g->clients, e->client);
    bool allowed = false;
    (void) event;
    if (e->access == MOSQ_ACL_READ)
        allowed = client && !client->is_out && match_read(&g->matcher, &client->subject, e->topic);
    else if (e->access == MOSQ_ACL_WRITE)
        allowed = may_publish(g, client, e);
    else if (e->access == MOSQ_ACL_SUBSCRIBE)
        allowed = may_subscribe(g, client, e);
    else if (e->access == MOSQ_ACL_UNSUBSCRIBE)
        allowed = client != NULL; /* gives nothing away */
    return allowed ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
}

/* ---- the plugin ---- */

static const struct hook {
    int event;
    MOSQ_FUNC_generic_callback on;
} hooks[] = {
    { MOSQ_EVT_BASIC_AUTH, on_connect }, { MOSQ_EVT_ACL_CHECK, on_access }, { MOSQ_EVT_DISCONNECT, on_disconnect },
    { MOSQ_EVT_TICK, on_tick },          { MOSQ_EVT_RELOAD, on_reload },
};

PLUGIN_API int mosquitto_plugin_version(int supported_version_count, const int *supported_versions)
{
    for (int i = 0; i < supported_version_count; i++) {
        if (supported_versions[i] == MOSQ_PLUGIN_VERSION)
            return MOSQ_PLUGIN_VERSION;
    }
    return -1;
}

static bool options_read(struct guard *g, const struct mosquitto_opt *options, int count)
{
    const char *town = NULL, *file = NULL;
    for (int i = 0; i < count; i++) {
        if (strcmp(options[i].key, "accounts") == 0)
            file = options[i].value;
        else if (strcmp(options[i].key, "town") == 0)
            town = options[i].value;
        else
            return false;
    }
    if (!file || !town || !matcher_init(&g->matcher, town, guard_rules, GUARD_RULE_COUNT))
        return false;
    g->file = strdup(file);
    return g->file != NULL;
}

static void guard_free(struct guard *g)
{
    roster_free(g->roster);
    clients_free(g->clients);
    free(g->file);
    free(g);
}

PLUGIN_API int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **userdata, struct mosquitto_opt *options,
                                     int option_count)
{
    struct guard *g = calloc(1, sizeof(*g));
    if (!g || !options_read(g, options, option_count)) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "guard: needs plugin_opt_accounts FILE and plugin_opt_town with 9 digits");
        free(g);
        return MOSQ_ERR_INVAL;
    }
    g->plugin = identifier;
    g->clients = clients_new();
    g->roster = roster_new();
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        if (mosquitto_callback_register(identifier, hooks[i].event, hooks[i].on, NULL, g) != MOSQ_ERR_SUCCESS) {
            guard_free(g);
            return MOSQ_ERR_UNKNOWN;
        }
    }
    accounts_reread(g);
    *userdata = g;
    return MOSQ_ERR_SUCCESS;
}

PLUGIN_API int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
    struct guard *g = userdata;
    (void) options, (void) option_count;
    for (size_t i = 0; g && i < sizeof(hooks) / sizeof(hooks[0]); i++)
        mosquitto_callback_unregister(g->plugin, hooks[i].event, hooks[i].on, NULL);
    if (g)
        guard_free(g);
    return MOSQ_ERR_SUCCESS;
}
