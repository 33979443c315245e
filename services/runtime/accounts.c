/* accounts.c - makes, locks and renews accounts in a state directory (yinling/accounts.h).
 *
 * owns     DIR/accounts DIR/accounts.csv DIR/secrets/ DIR/accounts.lock
 * promise  Each file is replaced whole, tokens before the roster. Whoever reads at any instant sees a whole file. */
#include "yinling/accounts.h"

#include "gen/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_WAIT_MS 10000
#define LOCK_RETRY_MS 20
#define PASSWORD_BYTES_MAX 64
#define STAFF_OF_UNIT 4 /* handler, liaison, deputy, head */
#define OFFICE_COUNT 3

static const char *const services[] = { SERVICE_INTAKE,  SERVICE_ROUTER,  SERVICE_DEADLINE,
                                        SERVICE_WARNING, SERVICE_JOURNAL, SERVICE_BOARD };

/* A token as handed out: kept in accounts.csv as long as that file is there. */
struct handed {
    char name[ACCOUNT_BYTES_MAX + 1];
    char password[PASSWORD_BYTES_MAX + 1];
    char scope[ACCOUNT_BYTES_MAX + 1]; /* as CONTRACT.md means it: a unit's code, a village's 12 digits */
};

/* One change: the directory, its lock, the roster, the tokens known. */
struct change {
    int dir;
    int lock;
    struct roster *roster;
    struct handed *handed;
    size_t handed_count, handed_room;
    const char *town; /* 9 digits, or NULL when not known */
    bool csv_wanted;
};

const char *accounts_sentence(enum accounts_outcome outcome)
{
    switch (outcome) {
    case ACCOUNTS_DONE:
        return "完成。";
    case ACCOUNTS_BAD_NAME:
        return "账号名不合规则：只能用小写字母、数字和连字符，最多32个字符。";
    case ACCOUNTS_NOT_OF_TOWN:
        return "本镇没有这样的渠道、单位或村，不能建立这个账号。";
    case ACCOUNTS_EXISTS:
        return "账号已经存在。";
    case ACCOUNTS_NO_SUCH:
        return "没有这个账号。";
    case ACCOUNTS_FULL:
        return "账号数已到上限。";
    case ACCOUNTS_GARBLED:
        return "账号文件已损坏，未作任何改动；请从备份恢复 accounts 文件。";
    case ACCOUNTS_BUSY:
        return "另一个程序正在修改账号，请稍后再试。";
    case ACCOUNTS_DISK:
        return "账号文件无法读写。";
    }
    return "";
}

/* ---- files ---- */

/* The whole file, NUL-terminated; NULL with errno (ENOENT when there is none). */
static char *file_read(int dir, const char *name, size_t *ret_len)
{
    struct stat st;
    char *bytes = NULL;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) != 0 || st.st_size > ROSTER_BYTES_MAX) {
        errno = errno ? errno : EFBIG;
    } else if ((bytes = malloc((size_t) st.st_size + 1))) {
        size_t len = 0;
        ssize_t got = 1;
        while (got > 0 && len < (size_t) st.st_size) {
            got = read(fd, bytes + len, (size_t) st.st_size - len);
            len += got > 0 ? (size_t) got : 0;
        }
        bytes[len] = '\0';
        *ret_len = len;
    }
    close(fd);
    return bytes;
}

static bool all_written(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        len -= (size_t) put;
    }
    return true;
}

/* Written beside, synced, renamed over, and the directory synced. */
static bool file_replace(int dir, const char *name, const char *bytes, size_t len)
{
    char beside[ACCOUNT_BYTES_MAX + 16];
    snprintf(beside, sizeof(beside), ".%s.new", name);
    int fd = openat(dir, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool is_whole = fchmod(fd, 0600) == 0 && all_written(fd, bytes, len) && fsync(fd) == 0;
    if (close(fd) != 0 || !is_whole)
        return false;
    return renameat(dir, beside, dir, name) == 0 && fsync(dir) == 0;
}

static bool secret_write(int dir, const char *name, const char *token)
{
    if (mkdirat(dir, "secrets", 0700) != 0 && errno != EEXIST)
        return false;
    int secrets = openat(dir, "secrets", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (secrets < 0)
        return false;
    bool is_done = file_replace(secrets, name, token, strlen(token));
    close(secrets);
    return is_done;
}

static bool secret_is_there(int dir, const char *name)
{
    char path[ACCOUNT_BYTES_MAX + 16];
    struct stat st;
    snprintf(path, sizeof(path), "secrets/%s", name);
    return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* ---- tokens handed out ---- */

static struct handed *handed_find(struct change *c, const char *name)
{
    for (size_t i = 0; i < c->handed_count; i++) {
        if (strcmp(c->handed[i].name, name) == 0)
            return &c->handed[i];
    }
    return NULL;
}

static void handed_put(struct change *c, const char *name, const char *password, const char *scope)
{
    struct handed *h = handed_find(c, name);
    if (!h && c->handed_count == c->handed_room) {
        c->handed_room = c->handed_room ? 2 * c->handed_room : 256;
        c->handed = realloc(c->handed, c->handed_room * sizeof(*c->handed));
        if (!c->handed)
            abort();
    }
    if (!h)
        *(h = &c->handed[c->handed_count++]) = (struct handed){ .name = "" };
    snprintf(h->name, sizeof(h->name), "%s", name);
    snprintf(h->password, sizeof(h->password), "%s", password);
    if (scope)
        snprintf(h->scope, sizeof(h->scope), "%s", scope);
}

/* Rows that do not look like ours are left out: the file may have been through a spreadsheet. */
static bool csv_read(struct change *c)
{
    size_t len = 0;
    char *bytes = file_read(c->dir, "accounts.csv", &len), *save = NULL;
    if (!bytes)
        return errno == ENOENT;
    c->csv_wanted = true;
    for (char *line = strtok_r(bytes, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
        char *rest = NULL, *name = strtok_r(line, ",", &rest), *password = strtok_r(NULL, ",", &rest);
        const char *kind = strtok_r(NULL, ",", &rest), *scope = kind ? strtok_r(NULL, ",", &rest) : NULL;
        bool fits = name && password && strlen(name) <= ACCOUNT_BYTES_MAX && strlen(password) <= PASSWORD_BYTES_MAX;
        if (fits && roster_find(c->roster, name))
            handed_put(c, name, password, scope);
    }
    free(bytes);
    return true;
}

static bool csv_write(const struct change *c)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&bytes, &len);
    if (!to)
        abort();
    fputs("account,password,kind,scope\n", to);
    for (size_t i = 0; i < c->handed_count; i++) {
        struct account a;
        const struct handed *h = &c->handed[i];
        if (!account_read(h->name, strlen(h->name), &a))
            continue;
        fprintf(to, "%s,%s,%s,%s\n", h->name, h->password, account_kind_name(a.kind), h->scope);
    }
    bool is_done = fclose(to) == 0 && file_replace(c->dir, "accounts.csv", bytes, len);
    free(bytes);
    return is_done;
}

/* ---- one change from lock to rename ---- */

static bool lock_take(int fd)
{
    const struct timespec pause = { 0, LOCK_RETRY_MS * 1000000L };
    for (int waited = 0; waited <= LOCK_WAIT_MS; waited += LOCK_RETRY_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

static enum accounts_outcome roster_load(int dir, struct roster **ret)
{
    const char *why;
    int line;
    size_t len = 0;
    char *bytes = file_read(dir, "accounts", &len);
    if (!bytes && errno != ENOENT)
        return ACCOUNTS_DISK;
    *ret = bytes ? roster_read(bytes, len, &why, &line) : roster_new();
    free(bytes);
    return *ret ? ACCOUNTS_DONE : ACCOUNTS_GARBLED;
}

static enum accounts_outcome change_open(struct change *c, const char *state_dir)
{
    *c = (struct change){ .dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .lock = -1 };
    if (c->dir < 0)
        return ACCOUNTS_DISK;
    c->lock = openat(c->dir, "accounts.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (c->lock < 0)
        return ACCOUNTS_DISK;
    if (!lock_take(c->lock))
        return ACCOUNTS_BUSY;
    enum accounts_outcome outcome = roster_load(c->dir, &c->roster);
    if (outcome == ACCOUNTS_DONE && !csv_read(c))
        outcome = ACCOUNTS_DISK;
    return outcome;
}

static void change_close(struct change *c)
{
    int why = errno;
    roster_free(c->roster);
    free(c->handed);
    if (c->lock >= 0)
        close(c->lock);
    if (c->dir >= 0)
        close(c->dir);
    errno = why;
}

static enum accounts_outcome change_commit(struct change *c)
{
    size_t len = 0;
    if (c->csv_wanted && !csv_write(c))
        return ACCOUNTS_DISK;
    char *bytes = roster_print(c->roster, &len);
    bool is_done = file_replace(c->dir, "accounts", bytes, len);
    free(bytes);
    return is_done ? ACCOUNTS_DONE : ACCOUNTS_DISK;
}

/* Those whose token a program reads: services, operators, and the public page, which hands it to every visitor. */
static bool has_secret_file(const struct account *a)
{
    return a->kind == ACCOUNT_SERVICE || a->kind == ACCOUNT_OPERATOR || strcmp(a->name, "web") == 0;
}

/* Off the name, with the town's digits in front of a village's; NULL to leave what accounts.csv has. */
static const char *scope_of(const struct change *c, const struct account *a, char ret[ACCOUNT_BYTES_MAX + 1])
{
    bool is_village = a->kind == ACCOUNT_VILLAGE || a->kind == ACCOUNT_WORKER;
    if (is_village && !c->town)
        return NULL;
    snprintf(ret, ACCOUNT_BYTES_MAX + 1, "%.9s%.22s", is_village ? c->town : "", a->scope);
    return ret;
}

/* A new token in the roster and where it is handed out from. */
static bool token_give(struct change *c, struct roster_row *row, char ret_token[ROSTER_TOKEN_CHARS + 1])
{
    char scope[ACCOUNT_BYTES_MAX + 1];
    roster_token(ret_token);
    roster_put_token(c->roster, row, ret_token);
    if (row->account.kind != ACCOUNT_SERVICE)
        handed_put(c, row->account.name, ret_token, scope_of(c, &row->account, scope));
    return !has_secret_file(&row->account) || secret_write(c->dir, row->account.name, ret_token);
}

/* ---- what a town has ---- */

static bool is_of_town(const struct account *a, const struct town *town)
{
    switch (a->kind) {
    case ACCOUNT_CHANNEL:
        return town_channel(town, text_of(a->name)) != NULL;
    case ACCOUNT_STAFF:
        return town_unit(town, text_of(a->scope)) != NULL;
    case ACCOUNT_VILLAGE:
    case ACCOUNT_WORKER:
        for (size_t i = 0; i < town->village_count; i++) {
            if (text_is_c(town->villages[i].digits, a->scope))
                return true;
        }
        return false;
    case ACCOUNT_OFFICE:
    case ACCOUNT_DISCIPLINE:
    case ACCOUNT_PUBLICITY:
    case ACCOUNT_DASHBOARD:
    case ACCOUNT_OPERATOR:
    case ACCOUNT_SERVICE:
        return true;
    case ACCOUNT_KIND_COUNT:
        return false;
    }
    return false;
}

/* Director and groups as people.csv has them; without a row there, office-1 is the director. */
static void tags_set(struct roster_row *row, const struct town *town)
{
    const struct person *person = town_person(town, text_of(row->account.name));
    row->director =
        row->account.kind == ACCOUNT_OFFICE && (person ? text_is_c(person->post, "director") : row->account.number == 1);
    row->group_count = 0;
    for (int group = 0; person && group < GROUP_COUNT; group++) {
        if (person->groups & (1u << group))
            roster_put_group(row, group_codes[group]);
    }
}

struct filling {
    struct change *change;
    const struct town *town;
    size_t made;
    enum accounts_outcome outcome;
};

static void want(struct filling *f, const char *name)
{
    char token[ROSTER_TOKEN_CHARS + 1];
    struct roster_row *row = roster_edit(f->change->roster, name);
    if (f->outcome != ACCOUNTS_DONE)
        return;
    if (!row) {
        row = roster_add(f->change->roster, name);
        if (!row)
            f->outcome = roster_count(f->change->roster) >= ROSTER_ROWS_MAX ? ACCOUNTS_FULL : ACCOUNTS_BAD_NAME;
        else if (!token_give(f->change, row, token))
            f->outcome = ACCOUNTS_DISK;
        f->made++;
    } else if (has_secret_file(&row->account) && !secret_is_there(f->change->dir, name)) {
        f->outcome = token_give(f->change, row, token) ? ACCOUNTS_DONE : ACCOUNTS_DISK;
    }
    if (row)
        tags_set(row, f->town);
}

static void want_numbered(struct filling *f, const char *prefix, int count)
{
    char name[96];
    for (int n = 1; n <= count; n++) {
        snprintf(name, sizeof(name), "%.64s-%d", prefix, n);
        want(f, name);
    }
}

static void want_all(struct filling *f)
{
    const struct town *town = f->town;
    char name[64];
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        want(f, services[i]);
    want_numbered(f, "operator", 1);
    want_numbered(f, "office", OFFICE_COUNT);
    want_numbered(f, "discipline", 1);
    want_numbered(f, "publicity", 1);
    want_numbered(f, "dashboard", 1);
    for (size_t i = 0; i < town->channel_count; i++)
        want(f, town->channels[i].account.at);
    for (size_t i = 0; i < town->unit_count; i++) {
        snprintf(name, sizeof(name), "staff-" TEXT_FMT, TEXT_ARG(town->units[i].code));
        want_numbered(f, name, STAFF_OF_UNIT);
    }
    for (size_t i = 0; i < town->person_count; i++)
        want(f, town->people[i].account.at);
    for (size_t i = 0; i < town->village_count; i++) {
        snprintf(name, sizeof(name), "village-" TEXT_FMT, TEXT_ARG(town->villages[i].digits));
        want(f, name);
    }
    for (size_t i = 0; i < town->worker_count; i++)
        want(f, town->workers[i].account.at);
}

/* ---- the calls ---- */

enum accounts_outcome accounts_list(const char *state_dir, struct roster **ret)
{
    int dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return ACCOUNTS_DISK;
    enum accounts_outcome outcome = roster_load(dir, ret);
    close(dir);
    return outcome;
}

enum accounts_outcome accounts_fill(const char *state_dir, const struct town *town, size_t *ret_made)
{
    struct change c;
    enum accounts_outcome outcome = change_open(&c, state_dir);
    if (outcome == ACCOUNTS_DONE) {
        struct filling f = { .change = &c, .town = town, .outcome = ACCOUNTS_DONE };
        c.town = town->code.at;
        want_all(&f);
        c.csv_wanted = c.csv_wanted || f.made > 0;
        outcome = f.outcome == ACCOUNTS_DONE ? change_commit(&c) : f.outcome;
        if (outcome == ACCOUNTS_DONE)
            *ret_made = f.made;
    }
    change_close(&c);
    return outcome;
}

enum accounts_outcome accounts_create(const char *state_dir, const struct town *town, const char *name,
                                      char ret_token[ROSTER_TOKEN_CHARS + 1])
{
    struct change c;
    struct account account;
    char token[ROSTER_TOKEN_CHARS + 1];
    if (!account_read(name, strlen(name), &account))
        return ACCOUNTS_BAD_NAME;
    if (!is_of_town(&account, town))
        return ACCOUNTS_NOT_OF_TOWN;
    enum accounts_outcome outcome = change_open(&c, state_dir);
    if (outcome == ACCOUNTS_DONE) {
        struct roster_row *row = NULL;
        c.town = town->code.at;
        c.csv_wanted = true;
        if (roster_find(c.roster, name))
            outcome = ACCOUNTS_EXISTS;
        else if (!(row = roster_add(c.roster, name)))
            outcome = ACCOUNTS_FULL;
        else if (!token_give(&c, row, token))
            outcome = ACCOUNTS_DISK;
        else
            tags_set(row, town);
        outcome = outcome == ACCOUNTS_DONE ? change_commit(&c) : outcome;
    }
    if (outcome == ACCOUNTS_DONE)
        memcpy(ret_token, token, sizeof(token));
    change_close(&c);
    return outcome;
}

static enum accounts_outcome state_set(const char *state_dir, const char *name, bool locked)
{
    struct change c;
    enum accounts_outcome outcome = change_open(&c, state_dir);
    if (outcome == ACCOUNTS_DONE) {
        struct roster_row *row = roster_edit(c.roster, name);
        c.csv_wanted = false; /* no token changes */
        if (row)
            row->locked = locked;
        outcome = row ? change_commit(&c) : ACCOUNTS_NO_SUCH;
    }
    change_close(&c);
    return outcome;
}

enum accounts_outcome accounts_lock(const char *state_dir, const char *name)
{
    return state_set(state_dir, name, true);
}

enum accounts_outcome accounts_unlock(const char *state_dir, const char *name)
{
    return state_set(state_dir, name, false);
}

enum accounts_outcome accounts_renew(const char *state_dir, const char *name, char ret_token[ROSTER_TOKEN_CHARS + 1])
{
    struct change c;
    char token[ROSTER_TOKEN_CHARS + 1];
    enum accounts_outcome outcome = change_open(&c, state_dir);
    if (outcome == ACCOUNTS_DONE) {
        struct roster_row *row = roster_edit(c.roster, name);
        if (!row)
            outcome = ACCOUNTS_NO_SUCH;
        else
            outcome = token_give(&c, row, token) ? change_commit(&c) : ACCOUNTS_DISK;
    }
    if (outcome == ACCOUNTS_DONE)
        memcpy(ret_token, token, sizeof(token));
    change_close(&c);
    return outcome;
}
