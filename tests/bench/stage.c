/* stage.c - see stage.h. */
#include "stage.h"

#include "load.h"

#include <arpa/inet.h>
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_US = 180 * 1000000, LINE_ROOM = 1024, CHANNELS = 20 };

struct password {
    char account[40], word[72];
};

static void pause_us(int64_t us)
{
    nanosleep(&(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL);
}

/* -- files ----------------------------------------------------------------------------------------------------------- */

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, mode);
    if (!f)
        fprintf(stderr, "bench: cannot open %s\n", path);
    return f;
}

/* Copies a file line by line; `edit` may write something else for a line. */
static bool copy_lines(const char *from, const char *to, const char *name, void (*edit)(FILE *out, const char *line))
{
    FILE *in = open_in(from, name, "re"), *out = open_in(to, name, "we");
    char line[LINE_ROOM];
    while (in && out && fgets(line, sizeof line, in)) {
        if (edit)
            edit(out, line);
        else
            fputs(line, out);
    }
    bool fine = in && out && !ferror(out);
    if (in)
        fclose(in);
    if (out)
        fclose(out);
    return fine;
}

/* More channels, so that a hundred connections are those of channels: each may have five. */
static void add_channels(FILE *out, const char *line)
{
    fputs(line, out);
    for (int i = 0; i < CHANNELS && strcmp(line, "channels:\n") == 0; i++)
        fprintf(out,
                "  - account: bench-%02d\n    name: 测试渠道%02d\n    kind: hotline\n    leads_per_hour_max: 1000000\n"
                "    money_moving_per_day_max: 1000\n",
                i, i);
}

static bool make_workers(const struct stage *s, int per_village)
{
    FILE *in = open_in("deploy/binhu", "villages.csv", "re"), *out = open_in(s->town, "workers.csv", "we");
    char line[LINE_ROOM];
    bool fine = in && out && fgets(line, sizeof line, in) && fputs("account,village\n", out) >= 0;
    while (fine && fgets(line, sizeof line, in)) {
        for (int i = 1; i <= per_village; i++)
            fprintf(out, "w%.3s-%d,%.12s\n", line + 9, i, line);
    }
    if (in)
        fclose(in);
    if (out)
        fclose(out);
    return fine;
}

void stage_again(struct stage *s, const char *folder, int port)
{
    *s = (struct stage){ .port = port };
    snprintf(s->state, sizeof s->state, "%s", folder);
    snprintf(s->town, sizeof s->town, "%.480s-town", folder);
}

bool stage_make(struct stage *s, const char *folder, int port, int workers_per_village)
{
    static const char *const plain[] = { "calendar.csv", "custodians.yaml", "deadlines.yaml", "people.csv",
                                         "routing.yaml", "villages.csv",    "warnings.yaml" };
    stage_again(s, folder, port);
    bool fine = (mkdir(s->state, 0700) == 0) & (mkdir(s->town, 0700) == 0);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        fine = fine && copy_lines("deploy/binhu", s->town, plain[i], NULL);
    return fine && copy_lines("deploy/binhu", s->town, "town.yaml", add_channels) && make_workers(s, workers_per_village);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;
    return remove(path);
}

bool remove_folder(const char *path)
{
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0;
}

/* -- the town -------------------------------------------------------------------------------------------------------- */

static _Noreturn void become_up(const struct stage *s, const char *log)
{
    char port[16];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    snprintf(port, sizeof port, "%d", s->port);
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (s->preload)
        setenv("LD_PRELOAD", s->preload, 1);
    if (s->bin)
        setenv("YL_BIN", s->bin, 1);
    execl("deploy/up", "deploy/up", "--state", s->state, "--town", s->town, "--port", port, "--web-port", "0", (char *) NULL);
    _exit(3);
}

static bool has_line(const char *path, const char *wanted)
{
    char line[LINE_ROOM];
    FILE *f = fopen(path, "re");
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f))
        found = strcmp(line, wanted) == 0;
    if (f)
        fclose(f);
    return found;
}

static int by_account(const void *a, const void *b)
{
    return strcmp(((const struct password *) a)->account, ((const struct password *) b)->account);
}

static void read_passwords(struct stage *s)
{
    FILE *f = open_in(s->state, "accounts.csv", "re");
    char line[LINE_ROOM];
    free(s->passwords);
    s->passwords = NULL;
    s->password_count = 0;
    for (int room = 0; f && fgets(line, sizeof line, f);) {
        if (s->password_count == room) {
            room = room ? 2 * room : 1024;
            s->passwords = realloc(s->passwords, (size_t) room * sizeof *s->passwords);
            assert(s->passwords);
        }
        struct password *p = &s->passwords[s->password_count];
        if (sscanf(line, "%39[^,],%71[^,\n]", p->account, p->word) == 2)
            s->password_count++;
    }
    if (f)
        fclose(f);
    qsort(s->passwords, (size_t) s->password_count, sizeof *s->passwords, by_account);
}

const char *stage_password(const struct stage *s, const char *account)
{
    struct password key;
    snprintf(key.account, sizeof key.account, "%s", account);
    const struct password *p = bsearch(&key, s->passwords, (size_t) s->password_count, sizeof key, by_account);
    if (!p) {
        fprintf(stderr, "bench: no account %s\n", account);
        exit(3);
    }
    return p->word;
}

bool stage_start(struct stage *s, int64_t *ret_us)
{
    char log[PATH_ROOM + 16];
    snprintf(log, sizeof log, "%s/up.out", s->state);
    unlink(log); /* that of an earlier start says `ready` too */
    int64_t began = now_us();
    s->up = fork();
    if (s->up == 0)
        become_up(s, log);
    while (!has_line(log, "ready\n")) {
        if (now_us() - began > READY_US || waitpid(s->up, NULL, WNOHANG) == s->up) {
            fprintf(stderr, "bench: the town does not start; see %s\n", log);
            return false;
        }
        pause_us(5000);
    }
    *ret_us = now_us() - began;
    read_passwords(s);
    return true;
}

void stage_stop(struct stage *s)
{
    if (s->up > 0) {
        kill(s->up, SIGTERM);
        waitpid(s->up, NULL, 0);
    }
    s->up = 0;
}

pid_t stage_pid(const struct stage *s, const char *name)
{
    char path[2 * PATH_ROOM];
    int pid = 0;
    snprintf(path, sizeof path, "%s/run/service/%s/supervise/pid", s->state, name);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%d", &pid) != 1)
        pid = 0;
    if (f)
        fclose(f);
    return pid;
}

void stage_kill(const struct stage *s, const char *name)
{
    pid_t pid = stage_pid(s, name);
    if (pid <= 1)
        return;
    kill(pid, SIGKILL);
    for (int64_t until = now_us() + READY_US; now_us() < until;) {
        pid_t now = stage_pid(s, name);
        if (now > 1 && now != pid)
            return;
        pause_us(1000);
    }
}

/* -- the bare broker ------------------------------------------------------------------------------------------------- */

/* The town's own settings, but nobody is asked who they are. */
static bool write_conf(const struct bare *b)
{
    FILE *in = open_in("broker-config", "mosquitto.conf", "re"), *out = open_in(b->state, "mosquitto.conf", "we");
    char line[LINE_ROOM];
    while (in && out && fgets(line, sizeof line, in)) {
        if (strncmp(line, "plugin", 6) == 0 || strncmp(line, "check_retain", 12) == 0 || strncmp(line, "pid_file", 8) == 0 ||
            strncmp(line, "user ", 5) == 0)
            continue;
        if (strncmp(line, "listener ", 9) == 0)
            fprintf(out, "listener %d 127.0.0.1\n", b->port);
        else
            fputs(strncmp(line, "allow_anonymous", 15) == 0 ? "allow_anonymous true\n" : line, out);
    }
    bool fine = in && out && (geteuid() != 0 || fputs("user root\n", out) >= 0);
    if (in)
        fclose(in);
    if (out)
        fclose(out);
    return fine;
}

bool port_answers(int port, int64_t within_us)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t) port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (int64_t until = now_us() + within_us;;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool answers = connect(fd, (struct sockaddr *) &to, sizeof to) == 0;
        close(fd);
        if (answers || now_us() >= until)
            return answers;
        pause_us(1000);
    }
}

bool bare_again(struct bare *b)
{
    char conf[PATH_ROOM + 32], log[PATH_ROOM + 16];
    snprintf(conf, sizeof conf, "%s/mosquitto.conf", b->state);
    snprintf(log, sizeof log, "%s/log", b->state);
    b->pid = fork();
    if (b->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        execlp("mosquitto", "mosquitto", "-c", conf, (char *) NULL);
        execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf, (char *) NULL);
        _exit(3);
    }
    return port_answers(b->port, 10 * 1000000);
}

bool bare_start(struct bare *b, const char *folder, int port)
{
    *b = (struct bare){ .port = port };
    snprintf(b->state, sizeof b->state, "%s", folder);
    return mkdir(b->state, 0700) == 0 && write_conf(b) && bare_again(b);
}

void bare_stop(struct bare *b)
{
    if (b->pid > 0) {
        kill(b->pid, SIGTERM);
        waitpid(b->pid, NULL, 0);
    }
    b->pid = 0;
}

/* -- /proc ----------------------------------------------------------------------------------------------------------- */

int64_t cpu_us_of(pid_t pid)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "/proc/%d/task", (int) pid);
    DIR *tasks = opendir(path);
    int64_t sum_us = 0;
    for (struct dirent *e; tasks && (e = readdir(tasks));) {
        long long ran_ns = 0;
        snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", (int) pid, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "re");
        if (f && fscanf(f, "%lld", &ran_ns) == 1)
            sum_us += ran_ns / 1000;
        if (f)
            fclose(f);
    }
    if (tasks)
        closedir(tasks);
    return sum_us;
}

/* A line of /proc/…/status. */
static int64_t kb_of(pid_t pid, const char *format)
{
    char path[PATH_ROOM], line[LINE_ROOM];
    long long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int) pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f) && sscanf(line, format, &kb) != 1)
        ;
    if (f)
        fclose(f);
    return kb;
}

int64_t rss_kb_of(pid_t pid)
{
    return kb_of(pid, "VmRSS: %lld");
}

int64_t shared_kb_of(pid_t pid)
{
    return kb_of(pid, "RssFile: %lld");
}
