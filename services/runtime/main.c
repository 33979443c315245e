/* main.c - the process around a node: arguments, lock, secret, signals, the loop. See yinling/service.h, service_main. */
#include "crash.h"
#include "json_pool.h"
#include "mqtt.h"
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#ifndef YINLING_VERSION
#define YINLING_VERSION "1.0"
#endif

enum {
    EXIT_USAGE = 2,
    EXIT_CANNOT_START = 3,
    EXIT_DISK = 4,
    RESERVE_BYTES = 8 << 20, /* given back to the ledger when the disk is full */
    POLL_MAX_MS = 1000,
    PATH_ROOM = 4096
};

struct options {
    const char *state, *broker, *town, *mqtt;
    const char *name;
    char ledger[PATH_ROOM], lock[PATH_ROOM], reserve[PATH_ROOM], in_hand[PATH_ROOM], key[PATH_ROOM], secret[PATH_ROOM],
        current[PATH_ROOM];
    char root[64], will[64], password[256];
};

/* -- arguments ------------------------------------------------------------------------------------------------------- */

static int usage(const char *name, int code)
{
    fprintf(code ? stderr : stdout,
            "usage: %s --state DIR [--broker URL] [--town FOLDER] [--mqtt 5|3.1.1]\n"
            "  --state   directory with this service's ledger and secrets/%s (YL_STATE)\n"
            "  --broker  default tcp://127.0.0.1:1883 (YL_BROKER)\n"
            "  --town    configuration folder; default DIR/editions/current\n"
            "  --mqtt    protocol version; default 5 (YL_MQTT)\n"
            "exit: 0 asked to stop, 2 usage, 3 cannot start, 4 disk trouble\n",
            name, name);
    return code;
}

static const char *from_environment(const char *name, const char *unset)
{
    const char *value = getenv(name);
    return value && *value ? value : unset;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    o->state = from_environment("YL_STATE", NULL);
    o->broker = from_environment("YL_BROKER", "tcp://127.0.0.1:1883");
    o->mqtt = from_environment("YL_MQTT", "5");
    const struct {
        const char *name;
        const char **into;
    } table[] = { { "--state", &o->state }, { "--broker", &o->broker }, { "--town", &o->town }, { "--mqtt", &o->mqtt } };
    for (int i = 1; i < argc; i += 2) {
        bool known = false;
        for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
            if (strcmp(argv[i], table[k].name) == 0 && i + 1 < argc) {
                *table[k].into = argv[i + 1];
                known = true;
            }
        }
        if (!known)
            return false;
    }
    return o->state && (strcmp(o->mqtt, "5") == 0 || strcmp(o->mqtt, "3.1.1") == 0);
}

static void name_files(struct options *o)
{
    snprintf(o->ledger, sizeof o->ledger, "%s/%s/%s.db", o->state, o->name, o->name);
    snprintf(o->lock, sizeof o->lock, "%s/%s/lock", o->state, o->name);
    snprintf(o->reserve, sizeof o->reserve, "%s/%s/reserve", o->state, o->name);
    snprintf(o->in_hand, sizeof o->in_hand, "%s/%s/in-hand", o->state, o->name);
    snprintf(o->key, sizeof o->key, "%s/secrets/%s.key", o->state, o->name);
    snprintf(o->secret, sizeof o->secret, "%s/secrets/%s", o->state, o->name);
    snprintf(o->current, sizeof o->current, "%s/editions/current", o->state);
    if (!o->town)
        o->town = o->current;
}

static bool cannot(const char *what, const char *path)
{
    fprintf(stderr, "cannot-start %s=%s why=\"%s\"\n", what, path, strerror(errno));
    return false;
}

static bool read_secret(struct options *o)
{
    FILE *f = fopen(o->secret, "re");
    if (!f)
        return cannot("secret", o->secret);
    bool fine = fgets(o->password, sizeof o->password, f) != NULL;
    fclose(f);
    o->password[strcspn(o->password, "\r\n")] = '\0';
    return fine && *o->password ? true : cannot("secret", o->secret);
}

static bool write_key(const char *path, const unsigned char key[32])
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool kept = fd >= 0 && write(fd, key, 32) == 32 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return kept;
}

/* The key of the digests, made at the first start; whole or not there. It lies with the secrets, not with the ledger, and no backup
 * has it. */
static bool read_key(const struct options *o, unsigned char ret[32])
{
    char aside[PATH_ROOM + 8];
    int fd = open(o->key, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        snprintf(aside, sizeof aside, "%s.new", o->key);
        randombytes_buf(ret, 32);
        return (write_key(aside, ret) && rename(aside, o->key) == 0) || cannot("key", o->key);
    }
    bool fine = fd >= 0 && read(fd, ret, 32) == 32;
    if (fd >= 0)
        close(fd);
    return fine ? true : cannot("key", o->key);
}

/* A second instance on the same ledger refuses to start. The descriptor stays open until the process ends. */
static bool take_lock(const struct options *o)
{
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%s/%s", o->state, o->name);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return cannot("folder", folder);
    int fd = open(o->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot("lock", o->lock);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return cannot("lock", o->lock);
    return true;
}

/* -- clocks and disk ------------------------------------------------------------------------------------------------- */

static int64_t clock_ms(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* NULL when it cannot be had: then the clock is compared with the ledger's alone. */
static const char *boot_id(void)
{
    static char id[64];
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    bool got = f && fgets(id, sizeof id, f);
    if (f)
        fclose(f);
    id[strcspn(id, "\n ")] = '\0';
    return got && *id ? id : NULL;
}

/* Room that is there when the disk is not: real blocks, so that deleting the file frees them. */
static void keep_reserve(const struct options *o)
{
    int fd = open(o->reserve, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (posix_fallocate(fd, 0, RESERVE_BYTES) != 0)
        unlink(o->reserve);
    close(fd);
}

static int64_t free_bytes(const struct options *o)
{
    struct statvfs fs;
    return statvfs(o->reserve, &fs) == 0 || statvfs(o->ledger, &fs) == 0 ? (int64_t) fs.f_bavail * (int64_t) fs.f_frsize
                                                                         : INT64_MAX;
}

/* -- the loop -------------------------------------------------------------------------------------------------------- */

struct process {
    struct options options;
    struct mqtt *mqtt;
    struct node *node;
    int signals;
    int64_t next_look_ms;
    bool was_ready;
};

static void look_around(struct process *p, int64_t boot_ms)
{
    if (boot_ms < p->next_look_ms)
        return;
    p->next_look_ms = boot_ms + 1000;
    int64_t bytes = free_bytes(&p->options);
    node_disk_free(p->node, bytes);
    if (bytes > 8 * (int64_t) RESERVE_BYTES && access(p->options.reserve, F_OK) != 0)
        keep_reserve(&p->options);
    sd_notify(0, "WATCHDOG=1");
    if (node_is_ready(p->node) && !p->was_ready) {
        p->was_ready = true;
        sd_notify(0, "READY=1");
    }
}

static bool asked_to_stop(const struct process *p)
{
    struct signalfd_siginfo info;
    return read(p->signals, &info, sizeof info) == (ssize_t) sizeof info;
}

static int loop(struct process *p)
{
    int full_in_a_row = 0;
    for (;;) {
        int64_t boot_ms = clock_ms(CLOCK_BOOTTIME);
        mqtt_tick(p->mqtt, boot_ms);
        look_around(p, boot_ms);
        instant_ms wall = { clock_ms(CLOCK_REALTIME) }, next = wall;
        enum turn_end end = node_turn(p->node, wall, boot_ms, &next);
        if (end == TURN_UNKNOWN) {
            log_event("disk-trouble", "exit=%d", EXIT_DISK);
            return EXIT_DISK;
        }
        if (end == TURN_DISK_FULL && ++full_in_a_row == 1)
            unlink(p->options.reserve);
        if (end == TURN_FINE)
            full_in_a_row = 0;
        int64_t wait_ms = end == TURN_FINE ? next.ms - wall.ms : POLL_MAX_MS / 10;
        wait_ms = wait_ms < 0 || mqtt_is_waiting(p->mqtt) ? 0 : wait_ms > POLL_MAX_MS ? POLL_MAX_MS : wait_ms;
        if (!mqtt_is_up(p->mqtt) && wait_ms > 100)
            wait_ms = 100; /* to try again */
        struct pollfd fds[] = { { .fd = mqtt_fd(p->mqtt), .events = POLLIN }, { .fd = p->signals, .events = POLLIN } };
        poll(fds, 2, (int) wait_ms);
        if (asked_to_stop(p))
            return 0;
    }
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool open_node(struct process *p, const struct service *service)
{
    struct options *o = &p->options;
    own(findings_free) struct findings *findings = findings_new();
    const struct town *town = town_load(o->town, findings);
    if (!town) {
        findings_print(findings, stderr);
        return cannot("town", o->town);
    }
    snprintf(o->root, sizeof o->root, "yl/v1/" TEXT_FMT, TEXT_ARG(town->code));
    town_free(town);
    own(arena_free) struct arena *arena = arena_new(1024);
    snprintf(o->will, sizeof o->will, "%s", topic_of(arena, TOPIC_SVC_STATUS, text_of(o->name)).path.at);
    p->mqtt = mqtt_open(&(struct mqtt_settings){ .broker = o->broker,
                                                 .client_id = o->name,
                                                 .account = o->name,
                                                 .password = o->password,
                                                 .root = o->root,
                                                 .will_path = o->will,
                                                 .will_payload = "{\"state\":\"offline\"}",
                                                 .v5 = strcmp(o->mqtt, "5") == 0 });
    struct node_settings settings = { .service = service,
                                      .bus = mqtt_bus(p->mqtt),
                                      .ledger = o->ledger,
                                      .state_dir = o->state,
                                      .town = o->town,
                                      .version = YINLING_VERSION,
                                      .wall = { clock_ms(CLOCK_REALTIME) },
                                      .boot_ms = clock_ms(CLOCK_BOOTTIME),
                                      .boot_id = boot_id(),
                                      .window = 96 };
    if (!read_key(o, settings.digest_key))
        return false;
    p->node = node_open(&settings);
    return p->node != NULL;
}

int service_main(const struct service *service, int argc, char **argv)
{
    static struct process process; /* large, and the only one */
    json_pool_use();
    db_single_thread();
    struct options *o = &process.options;
    o->name = service->name;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(service->name, 0);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%s %s\n", service->name, YINLING_VERSION);
        return 0;
    }
    if (!read_options(o, argc, argv))
        return usage(service->name, EXIT_USAGE);
    name_files(o);
    umask(077);
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }); /* a core could hold a reporter's name */
    prctl(PR_SET_DUMPABLE, 0);
    if (sodium_init() < 0 || !take_lock(o) || !read_secret(o))
        return EXIT_CANNOT_START;
    process.signals = open_signals();
    crash_watch();
    keep_reserve(o);
    int code = EXIT_CANNOT_START;
    if (open_node(&process, service)) {
        crash_learn(process.node, o->in_hand);
        malloc_trim(0); /* what reading the configuration took */
        code = loop(&process);
        sd_notify(0, "STOPPING=1");
        if (code == EXIT_DISK)
            _exit(code); /* closing would write: whether what was committed holds is for the next start to find out */
        node_farewell(process.node);
    }
    mqtt_close(process.mqtt);
    node_close(process.node);
    return code;
}
