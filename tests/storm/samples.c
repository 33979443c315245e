/* samples.c - see samples.h. What it costs is a few files of /proc, read every five seconds. */
#include "samples.h"

#include "leads.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EVERY_MS = 5000 };

struct samples {
    FILE *to;
    int64_t next_ms;
};

struct samples *samples_new(const char *path)
{
    FILE *to = path ? fopen(path, "we") : NULL;
    if (!to)
        return NULL;
    struct samples *samples = calloc(1, sizeof *samples);
    samples->to = to;
    fprintf(to, "seconds,process,pid,rss_kib,descriptors,threads,ledger_bytes,wal_bytes,leads\n");
    return samples;
}

void samples_close(struct samples *samples)
{
    if (samples)
        fclose(samples->to);
    free(samples);
}

static int64_t status_of(pid_t pid, const char *field)
{
    char path[64], line[256];
    long long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int) pid);
    FILE *f = fopen(path, "re");
    size_t len = strlen(field);
    while (f && value < 0 && fgets(line, sizeof line, f)) {
        if (strncmp(line, field, len) == 0 && line[len] == ':')
            value = strtoll(line + len + 1, NULL, 10);
    }
    if (f)
        fclose(f);
    return value;
}

static int64_t descriptors_of(pid_t pid)
{
    char path[64];
    int64_t count = -2; /* . and .. */
    snprintf(path, sizeof path, "/proc/%d/fd", (int) pid);
    DIR *d = opendir(path);
    if (!d)
        return -1;
    while (readdir(d))
        count++;
    closedir(d);
    return count;
}

static int64_t size_of(const struct storm *s, enum process which, const char *ending)
{
    char file[64], path[STORM_PATH_ROOM];
    struct stat st;
    snprintf(file, sizeof file, "%s.db%s", process_names[which], ending);
    place_path(s, which, file, path);
    return stat(path, &st) == 0 ? (int64_t) st.st_size : 0;
}

void samples_step(struct storm *s)
{
    int64_t now_ms = storm_now_ms();
    if (!s->samples || now_ms < s->samples->next_ms)
        return;
    s->samples->next_ms = now_ms + EVERY_MS;
    for (int i = 0; i < PROCESSES; i++) {
        enum process which = (enum process) i;
        pid_t pid = place_pid(s, which);
        int64_t rss = pid ? status_of(pid, "VmRSS") : -1;
        if (rss < 0)
            continue; /* just being started */
        fprintf(s->samples->to, "%lld,%s,%d,%lld,%lld,%lld,%lld,%lld,%lld\n", (long long) (now_ms - s->began_ms) / 1000,
                process_names[i], (int) pid, (long long) rss, (long long) descriptors_of(pid),
                (long long) status_of(pid, "Threads"), (long long) size_of(s, which, ""), (long long) size_of(s, which, "-wal"),
                (long long) leads_accepted(s));
    }
    fflush(s->samples->to);
}
