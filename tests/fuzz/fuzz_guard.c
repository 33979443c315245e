/* fuzz_guard.c - a script of what clients try at the broker, told to the guard as the broker would: whoever it lets in has proven an
 * unlocked account, and what it allows is what its rules say, however names, client ids, topics and accounts files look.
 *
 * A line is one happening: `c<slot><g|b>NAME CLIENTID` connects with the right token or none, `d<slot>` goes, `p<slot><retain>TOPIC`,
 * `s<slot>FILTER`, `r<slot>TOPIC` publish, subscribe, are about to receive, `t<n>` lets time pass, `f<n>` puts accounts file n in
 * place and reloads; the third is what stands in the line. */
#include <mosquitto_broker.h>
#include <time.h>

static int64_t clock_ms;
static int stopped_clock(clockid_t which, struct timespec *ret)
{
    (void) which;
    *ret = (struct timespec){ clock_ms / 1000, clock_ms % 1000 * 1000000 };
    return 0;
}
#define clock_gettime stopped_clock
#include "services/guard/guard.c"
#undef clock_gettime

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/guard_model.h"

#include <assert.h>
#include <sys/mman.h>

enum { SLOTS = 8, HAPPENINGS_MAX = 32, RELOADS_MAX = 2, FILES = 2 };

struct mosquitto { /* what the broker has of a client */
    const char *username, *id;
    bool is_in;  /* connected, admitted */
    bool was_in; /* was, and its last will may still go */
};
static struct mosquitto slots[SLOTS];
static struct guard *guard;
static int good;                           /* the accounts file in force */
static const char *let_in[HAPPENINGS_MAX]; /* client ids that were admitted */
static int let_in_count;
static int reloads;
static bool leaves_traces;

static const char web[] = MATCH_WEB;

/* Who is in which file: the second locks one, takes one away, gives one another token and one other groups. */
static const struct known {
    const char *name;
    bool is_in[FILES], locked[FILES], renewed, grouped[FILES], director;
} known[] = {
    { "office-1", { true, true }, { false, false }, false, { true, false }, true },
    { "staff-police-1", { true, true }, { false, false }, false, { false, true }, false },
    { "w200-1", { true, true }, { false, true }, false, { false, false }, false },
    { "village-200", { true, false }, { false, false }, false, { false, false }, false },
    { web, { true, true }, { false, false }, false, { false, false }, false },
    { "12345", { true, true }, { false, false }, true, { false, false }, false },
    { "discipline-1", { false, true }, { false, false }, false, { false, false }, false },
    { "router", { true, true }, { true, false }, false, { false, false }, false },
};
enum { KNOWN = sizeof known / sizeof *known };
static char paths[FILES + 1][64];

static const struct known *known_as(const char *name)
{
    for (int i = 0; name && i < KNOWN; i++) {
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    }
    return NULL;
}

static const char *token_of(const struct known *k, int file, char ret[64])
{
    snprintf(ret, 64, "TOKEN!%s-%d", k->name, k->renewed ? file : 0);
    return ret;
}

static void file_make(int file)
{
    struct roster *r = roster_new();
    char token[64];
    size_t len;
    for (int i = 0; i < KNOWN; i++) {
        struct roster_row *row = known[i].is_in[file] ? roster_add(r, known[i].name) : NULL;
        if (!row)
            continue;
        row->locked = known[i].locked[file];
        row->director = known[i].director;
        if (known[i].grouped[file])
            roster_put_group(row, "strike");
        roster_put_token(r, row, token_of(&known[i], file, token));
    }
    char *bytes = roster_print(r, &len);
    int fd = memfd_create("accounts", 0);
    if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, bytes, len) != (ssize_t) len)
        abort();
    snprintf(paths[file], sizeof paths[file], "/proc/self/fd/%d", fd);
    free(bytes);
    roster_free(r);
}

/* -- the broker ------------------------------------------------------------------------------------------------------- */

const char *mosquitto_client_id(const struct mosquitto *client)
{
    return client->id;
}

const char *mosquitto_client_username(const struct mosquitto *client)
{
    return client->username;
}

bool mosquitto_client_clean_session(const struct mosquitto *client)
{
    return client - slots < SLOTS - 2;
}

int mosquitto_client_sub_count(const struct mosquitto *client)
{
    (void) client;
    return 3;
}

int mosquitto_broker_publish_copy(const char *to, const char *topic, int len, const void *payload, int qos, bool retain,
                                  mosquitto_property *properties)
{
    (void) to, (void) qos, (void) properties;
    const char *why = NULL;
    assert(retain && strcmp(topic, MODEL_ROOT GUARD_ALARM_TOPIC) == 0);
    json_t *value = len ? json_read(payload, (size_t) len, 4096, &why) : NULL;
    assert(!len || value);
    json_decref(value);
    return MOSQ_ERR_SUCCESS;
}

void mosquitto_log_printf(int level, const char *format, ...)
{
    char said[1024];
    va_list args;
    (void) level;
    va_start(args, format);
    int len = vsnprintf(said, sizeof said, format, args);
    va_end(args);
    assert(len > 0 && len < (int) sizeof said && !strchr(said, '\n') && !strstr(said, "TOKEN!"));
}

static void went(struct mosquitto *client)
{
    struct mosquitto_evt_disconnect e = { .client = client };
    client->is_in = false;
    assert(on_disconnect(MOSQ_EVT_DISCONNECT, &e, guard) == MOSQ_ERR_SUCCESS);
}

int mosquitto_kick_client_by_username(const char *username, bool with_will)
{
    (void) with_will;
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].is_in && strcmp(slots[i].username, username) == 0)
            went(&slots[i]);
    }
    return MOSQ_ERR_SUCCESS;
}

int mosquitto_callback_register(mosquitto_plugin_id_t *id, int event, MOSQ_FUNC_generic_callback on, const void *data,
                                void *with)
{
    (void) id, (void) event, (void) on, (void) data, (void) with;
    return MOSQ_ERR_SUCCESS;
}

int mosquitto_callback_unregister(mosquitto_plugin_id_t *id, int event, MOSQ_FUNC_generic_callback on, const void *data)
{
    (void) id, (void) event, (void) on, (void) data;
    return MOSQ_ERR_SUCCESS;
}

/* -- what may be ------------------------------------------------------------------------------------------------------- */

static bool stands(const char *name)
{
    const struct known *k = known_as(name);
    return k && k->is_in[good] && !k->locked[good];
}

/* At most so many devices of the account hold a place. */
static int devices_of_name(const char *name)
{
    size_t len = strlen(name);
    int count = 0;
    for (int i = 0; i < let_in_count; i++)
        count += strncmp(let_in[i], name, len) == 0 && (let_in[i][len] == '\0' || let_in[i][len] == '@');
    return count;
}

static void note_let_in(const char *id)
{
    for (int i = 0; i < let_in_count; i++) {
        if (strcmp(let_in[i], id) == 0)
            return;
    }
    let_in[let_in_count++] = id;
}

static void check_admitted(struct mosquitto *client, bool is_right, bool admitted)
{
    const char *name = client->username;
    size_t len = strlen(name);
    assert(!admitted || (is_right && stands(name)));
    assert(!admitted || (strncmp(client->id, name, len) == 0 && (client->id[len] == '\0' || client->id[len] == '@')));
    if (!admitted && is_right && stands(name) && strcmp(client->id, name) == 0 && strcmp(name, MATCH_WEB) != 0)
        assert(devices_of_name(name) >= (strcmp(name, "router") == 0 ? 1 : CLIENTS_DEVICES_MAX));
}

static void connects(struct mosquitto *client, struct text rest, struct arena *arena)
{
    char right[64];
    bool is_right = rest.len && rest.at[0] == 'g';
    rest = rest.len ? (struct text){ rest.at + 1, rest.len - 1 } : rest;
    struct text name = fuzz_piece(&rest, ' ');
    if (client->is_in)
        went(client);
    *client = (struct mosquitto){ .username = arena_text(arena, name.at, name.len).at,
                                  .id = arena_text(arena, rest.at, rest.len).at };
    const struct known *k = known_as(client->username);
    is_right = is_right && k;
    struct mosquitto_evt_basic_auth e = { .client = client,
                                          .username = (char *) client->username,
                                          .password = is_right ? (char *) token_of(k, good > 0, right) : (char *) client->id };
    bool admitted = on_connect(MOSQ_EVT_BASIC_AUTH, &e, guard) == MOSQ_ERR_SUCCESS;
    fuzz_note(admitted ? TEXT("admitted") : TEXT("refused"));
    check_admitted(client, is_right, admitted);
    client->is_in = client->was_in = admitted;
    if (admitted)
        note_let_in(client->id);
    leaves_traces = leaves_traces || (admitted && (!mosquitto_client_clean_session(client) || k->name == web));
    for (int i = 0; admitted && i < SLOTS; i++) { /* the same client id again: the broker drops the older one */
        if (&slots[i] != client && slots[i].was_in && strcmp(slots[i].id, client->id) == 0)
            slots[i].is_in = slots[i].was_in = false;
    }
}

static struct subject subject_now(const struct mosquitto *client)
{
    struct subject who = { .device = "" };
    const struct known *k = known_as(client->username);
    const char *at = strchr(client->id, '@');
    account_read(k->name, strlen(k->name), &who.account);
    snprintf(who.device, sizeof who.device, "%s", at ? at + 1 : "");
    who.director = k->director;
    if (k->grouped[good]) {
        who.group_count = 1;
        snprintf(who.groups[0], sizeof who.groups[0], "strike");
    }
    return who;
}

static void tries(struct mosquitto *client, int access, bool retain, struct text rest, struct arena *arena)
{
    if (!client->was_in || (!client->is_in && access != MOSQ_ACL_WRITE))
        return; /* the broker would not ask */
    const char *topic = arena_text(arena, rest.at, rest.len).at;
    struct mosquitto_evt_acl_check e = { .client = client, .topic = topic, .access = access, .retain = retain };
    bool allowed = on_access(MOSQ_EVT_ACL_CHECK, &e, guard) == MOSQ_ERR_SUCCESS;
    fuzz_note(allowed ? TEXT("allowed") : TEXT("denied"));
    if (!stands(client->username)) {
        assert(!allowed);
        return;
    }
    struct subject who = subject_now(client);
    if (access == MOSQ_ACL_READ)
        assert(allowed == model_read(&who, topic));
    else if (access == MOSQ_ACL_SUBSCRIBE)
        assert(allowed == model_subscribe(&who, topic));
    else
        assert(!allowed || model_publish(&who, topic, retain, 0) == PUBLISH_ALLOWED); /* or it is too fast */
}

static void accounts_at(const char *path)
{
    free(guard->file);
    guard->file = strdup(path);
}

static void file_put(int which, struct text rest)
{
    int before = good;
    if (which >= FILES) {
        fuzz_file(rest.at, rest.len);
        snprintf(paths[FILES], sizeof paths[FILES], "/proc/self/fd/%d", fuzz_fd());
    }
    accounts_at(paths[which >= FILES ? FILES : which]);
    good = which >= FILES ? good : which;
    struct roster *kept = guard->roster;
    on_reload(MOSQ_EVT_RELOAD, NULL, guard);
    assert(which < FILES || (guard->roster == kept && guard->in_alarm)); /* nobody can make a file whose sum fits by chance */
    for (int i = 0; which < FILES && i < SLOTS; i++) {
        const struct known *k = slots[i].is_in ? known_as(slots[i].username) : NULL;
        assert(!k || (stands(k->name) && (!k->renewed || before == good)));
    }
}

static void happens(struct text line, struct arena *arena)
{
    if (line.len < 2)
        return;
    int n = (unsigned char) line.at[1] % SLOTS;
    struct mosquitto *client = &slots[n];
    struct text rest = { line.at + 2, line.len - 2 };
    bool retain = rest.len && rest.at[0] == 'r';
    switch (line.at[0]) {
    case 'c':
        connects(client, rest, arena);
        break;
    case 'd':
        if (client->is_in)
            went(client);
        break;
    case 'p':
        if (rest.len)
            tries(client, MOSQ_ACL_WRITE, retain, (struct text){ rest.at + 1, rest.len - 1 }, arena);
        break;
    case 's':
        tries(client, MOSQ_ACL_SUBSCRIBE, false, rest, arena);
        break;
    case 'r':
        tries(client, MOSQ_ACL_READ, false, rest, arena);
        break;
    case 't':
        clock_ms += 250 * n * n * n;
        on_tick(MOSQ_EVT_TICK, NULL, guard);
        break;
    case 'f':
        if (reloads++ < RELOADS_MAX) /* reading a file costs more than all else */
            file_put(n % (FILES + 1), rest);
        break;
    }
}

/* The plugin as it is after its start. It is made anew only when the last input left something in it: kept sessions, or what the public
 * page used up of the allowance of all its visits. */
static void plugin_fresh(void)
{
    struct mosquitto_opt options[] = { { (char *) "accounts", paths[0] }, { (char *) "town", (char *) MODEL_TOWN } };
    void *with = NULL;
    if (guard && leaves_traces) {
        mosquitto_plugin_cleanup(guard, NULL, 0);
        guard = NULL;
    }
    leaves_traces = false;
    for (int i = 0; guard && i < SLOTS; i++) {
        if (slots[i].is_in)
            went(&slots[i]);
    }
    if (!guard) {
        assert(mosquitto_plugin_init(NULL, &with, options, 2) == MOSQ_ERR_SUCCESS);
        guard = with;
    } else if (strcmp(guard->file, paths[0]) != 0) {
        accounts_at(paths[0]);
        on_reload(MOSQ_EVT_RELOAD, NULL, guard);
    }
    guard->next_look_ms = guard->denials_from_ms = guard->denials = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = fuzz_arena();
    for (int i = 0; !paths[0][0] && i < FILES; i++)
        file_make(FILES - 1 - i);
    plugin_fresh();
    clock_ms = 1000000;
    good = let_in_count = reloads = 0;
    memset(slots, 0, sizeof slots);
    struct text rest = { (const char *) bytes, len };
    for (int i = 0; rest.len && i < HAPPENINGS_MAX; i++)
        happens(fuzz_piece(&rest, '\n'), arena);
    return 0;
}
