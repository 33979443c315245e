/* place.c - the town of the storm: deploy/up on a private folder, its processes by name, its small disks. See storm.h. */
#include "storm.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READY_MS = 60000,
    CLIENTS_MAX = 64,
    PASSWORD_ROOM = 64,
    SAID_ROOM = 8192,
    LINE_ROOM = 4096,
    DISK_MIB = 96,
    LEAD_KIB = 12 /* the router needs 8 KiB for a lead that is handled */
};

const char *const process_names[PROCESSES] = { "intake", "router", "deadline", "warning", "broker" };

/* -- the folder and the disks ---------------------------------------------------------------------------------------- */

static bool write_file(const char *path, const char *content)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool fine = fd >= 0 && write(fd, content, strlen(content)) == (ssize_t) strlen(content);
    if (fd >= 0)
        close(fd);
    return fine;
}

bool place_enter(void)
{
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %d 1", (int) getuid());
    snprintf(groups, sizeof groups, "0 %d 1", (int) getgid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_file("/proc/self/setgroups", "deny") &&
           write_file("/proc/self/uid_map", users) && write_file("/proc/self/gid_map", groups) &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

void place_path(const struct storm *s, enum process which, const char *file, char ret[STORM_PATH_ROOM])
{
    snprintf(ret, STORM_PATH_ROOM, "%s/%s%s%s", s->state, process_names[which], *file ? "/" : "", file);
}

bool place_make(struct storm *s)
{
    snprintf(s->state, sizeof s->state, "%s/yinling-storm-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(s->state))
        return false;
    /* Large enough for the ledger of this storm: only the filler fills it. */
    char options[64];
    snprintf(options, sizeof options, "size=%lldm,mode=0700", (long long) (DISK_MIB + s->lead_count * LEAD_KIB / 1024));
    for (int i = 0; i < SERVICES && s->has_disks; i++) {
        char folder[STORM_PATH_ROOM];
        place_path(s, (enum process) i, "", folder);
        if (mkdir(folder, 0700) != 0 || mount("none", folder, "tmpfs", 0, options) != 0)
            return false;
    }
    return true;
}

static void run(char *const argv[])
{
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

/* What lies on the small disks goes with our namespace, so it is copied beside them. */
void place_remove(struct storm *s)
{
    if (!s->failed) {
        for (int i = 0; i < SERVICES && s->has_disks; i++) {
            char folder[STORM_PATH_ROOM];
            place_path(s, (enum process) i, "", folder);
            umount(folder);
        }
        run((char *[]){ "rm", "-rf", "--", s->state, NULL });
        return;
    }
    char kept[STORM_PATH_ROOM];
    snprintf(kept, sizeof kept, "%s.kept", s->state);
    run((char *[]){ "cp", "-a", s->state, kept, NULL });
    printf("kept: %s\n", kept);
}

/* -- the processes --------------------------------------------------------------------------------------------------- */

/* Reads what deploy/up says until it says ready. The pipe stays open: `up` may say more. */
static bool says_ready(int from)
{
    char said[SAID_ROOM] = "\n";
    size_t used = 1;
    for (int64_t until = storm_now_ms() + READY_MS; storm_now_ms() < until && used < sizeof said - 1;) {
        struct pollfd fd = { .fd = from, .events = POLLIN };
        if (poll(&fd, 1, (int) (until - storm_now_ms())) <= 0)
            break;
        ssize_t n = read(from, said + used, sizeof said - 1 - used);
        if (n <= 0)
            break;
        used += (size_t) n;
        said[used] = '\0';
        if (strstr(said, "\nready\n"))
            return true;
    }
    printf("FAILED the town does not start:%s\n", said);
    return false;
}

bool place_start(struct storm *s)
{
    char port[16];
    int pipe_fds[2];
    snprintf(port, sizeof port, "%lld", (long long) s->port);
    if (pipe(pipe_fds) != 0)
        return false;
    s->up = fork();
    if (s->up == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        setenv("YL_BIN", s->bin, 1);
        dup2(pipe_fds[1], STDOUT_FILENO);
        dup2(pipe_fds[1], STDERR_FILENO);
        execl("deploy/up", "deploy/up", "--state", s->state, "--port", port, "--web-port", "0", "--mqtt", s->mqtt,
              (char *) NULL);
        _exit(3);
    }
    close(pipe_fds[1]);
    return says_ready(pipe_fds[0]);
}

void place_stop(struct storm *s)
{
    kill(s->up, SIGTERM);
    waitpid(s->up, NULL, 0);
}

/* As runit keeps it. */
pid_t place_pid(const struct storm *s, enum process which)
{
    char path[STORM_PATH_ROOM];
    long pid = 0;
    snprintf(path, sizeof path, "%s/run/service/%s/supervise/pid", s->state, process_names[which]);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%ld", &pid) != 1)
        pid = 0;
    if (f)
        fclose(f);
    return pid > 1 ? (pid_t) pid : 0;
}

/* -- accounts and logs ----------------------------------------------------------------------------------------------- */

static bool password_of(const struct storm *s, const char *account, char ret[PASSWORD_ROOM])
{
    char path[STORM_PATH_ROOM], line[LINE_ROOM];
    snprintf(path, sizeof path, "%s/accounts.csv", s->state);
    FILE *f = fopen(path, "re");
    size_t len = strlen(account);
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f)) {
        found = strncmp(line, account, len) == 0 && line[len] == ',';
        if (found)
            snprintf(ret, PASSWORD_ROOM, "%.*s", (int) strcspn(line + len + 1, ",\r\n"), line + len + 1);
    }
    if (f)
        fclose(f);
    return found;
}

struct client *place_client(struct storm *s, const char *account, const char *device, bool v5)
{
    static char passwords[CLIENTS_MAX][PASSWORD_ROOM];
    static size_t count;
    char *password = passwords[count++ % CLIENTS_MAX];
    if (!password_of(s, account, password)) {
        printf("FAILED no password of %s\n", account);
        exit(1);
    }
    return client_open(&(struct client_settings){
        .broker = s->broker, .account = account, .password = password, .device = device, .root = "yl/v1/370481104", .v5 = v5 });
}

static int64_t lines_with(const char *path, const char *text)
{
    char line[LINE_ROOM];
    int64_t count = 0;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        count += strstr(line, text) != NULL;
    if (f)
        fclose(f);
    return count;
}

int64_t place_log_lines(const struct storm *s, const char *text)
{
    int64_t count = 0;
    for (int i = 0; i < SERVICES; i++) {
        char folder[STORM_PATH_ROOM], path[2 * STORM_PATH_ROOM];
        snprintf(folder, sizeof folder, "%s/log/%s", s->state, process_names[i]);
        DIR *d = opendir(folder);
        for (struct dirent *e; d && (e = readdir(d));) {
            if (*e->d_name != '@' && strcmp(e->d_name, "current") != 0) /* svlogd's old ones, and the present one */
                continue;
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            count += lines_with(path, text);
        }
        if (d)
            closedir(d);
    }
    return count;
}
