/* bench.c - how close to the limit the system is: each row of the table against what the broker, the disk and the processor allow,
 * measured in the same run (docs/performance.md says how to read it).
 *
 * usage: bench [--quick] [--only KEY[,KEY…]] [--json FILE] [--svg FILE] [--last FILE] [--cache FOLDER]
 *              [--instructions FILE]
 * Run from the project's root; YL_BIN names the folder of the binaries. Exit 0 whatever the ratios are, for machines are noisy; 1 when a lead was lost
 * or a row could not be measured. */
#include "bench.h"
#include "minimal_phones.h"

#include <assert.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <unistd.h>

static bool wanted(const struct bench *b, const char *key)
{
    size_t len = strlen(key);
    for (const char *at = b->only; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        if (strncmp(at, key, len) == 0 && (at[len] == '\0' || at[len] == ','))
            return true;
    }
    return b->only == NULL;
}

void progress(const char *what)
{
    static int64_t began;
    began = began ? began : now_us();
    fprintf(stderr, "bench: %s, after %.0f s\n", what, (double) (now_us() - began) / 1e6);
}

void note_share(struct bench *b, int64_t own_us, int64_t measured_us)
{
    double share = measured_us > 0 ? (double) own_us / (double) measured_us : 0;
    if (share > b->report.load_share)
        b->report.load_share = share;
}

void lacking(struct bench *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "bench: FAILED: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    b->is_lacking = true;
}

void note_lost(struct bench *b, const struct flow *f)
{
    if (f->lost)
        lacking(b, "%lld leads are not complete", (long long) f->lost);
}

int64_t sum_of(const int64_t *cpu_us, int count)
{
    int64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += cpu_us[i];
    return sum;
}

/* -- all of it ------------------------------------------------------------------------------------------------------- */

static bool read_options(struct bench *b, int argc, char **argv)
{
    const struct {
        const char *name;
        const char **into;
    } table[] = { { "--only", &b->only }, { "--json", &b->json },   { "--svg", &b->svg },
                  { "--last", &b->last }, { "--cache", &b->cache }, { "--instructions", &b->instructions } };
    for (int i = 1; i < argc; i++) {
        bool known = strcmp(argv[i], "--quick") == 0;
        b->is_quick = b->is_quick || known;
        for (size_t k = 0; k < sizeof table / sizeof *table && !known && i + 1 < argc; k++) {
            if (strcmp(argv[i], table[k].name) == 0) {
                *table[k].into = argv[++i];
                known = true;
            }
        }
        if (!known)
            return false;
    }
    b->report.is_quick = b->is_quick;
    b->report.is_part = b->only != NULL;
    return true;
}

/* What services say that run in this process goes to a file, as what the others say does. */
static bool send_logs_away(const struct bench *b)
{
    char path[PATH_ROOM + 16];
    snprintf(path, sizeof path, "%s/inside.log", b->folder);
    int own = dup(STDERR_FILENO), log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *told = own >= 0 && log >= 0 ? fdopen(own, "w") : NULL;
    if (!told || dup2(log, STDERR_FILENO) < 0)
        return false;
    setvbuf(told, NULL, _IOLBF, 0);
    stderr = told;
    close(log);
    return true;
}

static bool open_all(struct bench *b)
{
    char folder[PATH_ROOM];
    snprintf(b->folder, sizeof b->folder, "%s/yinling-bench-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(b->folder) || !send_logs_away(b))
        return false;
    int port = 20000 + (int) (getpid() % 10000), workers = b->is_quick ? 12 : 112;
    int64_t took;
    snprintf(folder, sizeof folder, "%.480s/bare", b->folder);
    if (!bare_start(&b->bare, folder, port))
        return false;
    snprintf(folder, sizeof folder, "%.480s/town", b->folder);
    return stage_make(&b->town, folder, port + 1, workers) && stage_start(&b->town, &took);
}

int main(int argc, char **argv)
{
    static struct bench b = { .json = NULL, .last = "tests/bench/latest.json", .cache = "build/bench" };
    static const struct {
        const char *key;
        void (*run)(struct bench *b);
    } parts[] = { { "amnesia", part_amnesia },
                  { "rate", part_rate },
                  { "slow-disk", part_slow_disk },
                  { "latency", part_latency },
                  { "phones", part_phones },
                  { "paced", part_paced },
                  { "surge", part_surge },
                  { "archive", part_archive },
                  { "ticks", part_ticks },
                  { "instructions", part_instructions },
                  { "cost", part_cost } };
    if (argc == 7 && strcmp(argv[1], MINIMAL_PHONES) == 0)
        return minimal_phones_work(argv + 2);
    if (!read_options(&b, argc, argv)) {
        fprintf(stderr, "usage: bench [--quick] [--only KEY[,KEY…]] [--json FILE] [--svg FILE] [--last FILE] [--cache FOLDER] "
                        "[--instructions FILE]\n");
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    b.tools = realpath(dirname(argv[0]), NULL);
    mkdir(b.cache, 0700);
    if (!open_all(&b)) {
        fprintf(stderr, "bench: cannot start; see %s\n", b.folder);
        return 3;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (wanted(&b, parts[i].key))
            parts[i].run(&b);
    }
    phones_close(b.phones);
    stage_stop(&b.town);
    bare_stop(&b.bare);
    if (!report_print(&b.report, b.last))
        b.is_lacking = true;
    if (b.json && b.svg && !report_write(&b.report, b.json, b.svg))
        fprintf(stderr, "bench: cannot write %s\n", b.json);
    if (!getenv("BENCH_KEEP"))
        remove_folder(b.folder);
    return b.is_lacking ? 1 : 0;
}
