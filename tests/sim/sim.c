/* sim.c - half a year of faults in a minute: seeds, steps, the two phases, the verdict.
 *
 * usage: sim [--seeds N] [--from SEED] [--steps N] [--jobs N] [--faults PERMILLE] [--twice] [--first] [--mutant NAME] [--print]
 *            [--about SUBJECT]
 * Safety phase: people act, faults fall, time leaps; promises that must always hold are checked. Then everything is healed, and what
 * has no answer is asked again until all has come to rest within a bound; then every promise is checked, now and again when every
 * warning has had the time to end. --faults: in how many of a thousand steps one falls, 60 unless told. --twice runs each seed twice
 * and compares the logs; --first stops at the first seed that fails. Ends with one line `N passed, N failed`; a failing seed prints its
 * broken promise and the command that replays it. A run of SEEDS_FOR_ALL seeds or more that never met one of the situations of met.h
 * fails. */
#include "sim/mutant.h"
#include "sim/promise.h"
#include "sim/watch.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REST_ROUNDS_MAX = 240, JOBS_MAX = 64, SEEDS_FOR_ALL = 100, STEPS_FOR_ALL = 2000, END_HOURS = 100 };

struct options {
    long seeds, steps, jobs;
    int faults; /* permille of the steps */
    uint64_t from;
    bool print, twice, first;
    const char *about;
};

struct outcome {
    long passed, failed;
    long met[MET_COUNT];
};

static int log_fd = -1; /* what the services log; -1: it is printed */

/* The seed in hand, for the last words of a process that crashes. */
static struct {
    const struct world *world;
    const struct options *options;
    struct outcome *outcome;
    int pipe; /* where the outcome goes */
} in_hand = { .pipe = -1 };

static void say_failed(const struct world *w, const struct options *o, const char *why)
{
    printf("seed %llu step %ld: %s\n  replay: build/tests/sim/sim --from %llu --seeds 1 --steps %ld --faults %d --print\n",
           (unsigned long long) w->seed, w->step, why, (unsigned long long) w->seed, o->steps, o->faults);
}

/* An assertion of a service or a wild pointer: the last line of its log says which. The seeds that this share still had are not played,
 * so the run fails whatever the others say. */
static void on_crash(int signal)
{
    char words[600] = "", why[700];
    off_t end = log_fd >= 0 ? lseek(log_fd, 0, SEEK_END) : 0, from = end > 512 ? end - 512 : 0;
    ssize_t got = log_fd >= 0 ? pread(log_fd, words, (size_t) (end - from), from) : 0;
    words[got > 0 ? got - 1 : 0] = '\0'; /* without the end of its line */
    const char *last = strrchr(words, '\n');
    snprintf(why, sizeof why, "a service crashes with signal %d: %s", signal, last ? last + 1 : words);
    say_failed(in_hand.world, in_hand.options, why);
    fflush(stdout);
    in_hand.outcome->failed++;
    _exit(write(in_hand.pipe, in_hand.outcome, sizeof *in_hand.outcome) < 0 ? 2 : 1);
}

static void step(struct world *w, struct people *people, const struct options *o)
{
    struct dice *d = &w->dice;
    w->step++;
    int deeds = (int) dice_below(d, 3);
    for (int i = 0; i < deeds; i++)
        people_act(people);
    if (dice_chance(d, o->faults))
        world_fault(w);
    if (dice_chance(d, 30))
        net_faults(w->net, (struct net_faults){ .drop = (int) dice_below(d, 150),
                                                .twice = (int) dice_below(d, 150),
                                                .delay = (int) dice_below(d, 300),
                                                .delay_ms_max = dice_below(d, 4000) });
    /* mostly moments, sometimes minutes, now and then a night or a weekend */
    int64_t leap = dice_chance(d, 700)   ? dice_below(d, 300)
                   : dice_chance(d, 800) ? dice_below(d, 1800000)
                                         : dice_below(d, 60 * 3600000);
    if (dice_chance(d, 60))
        people_look_after(people);
    world_pass(w, leap, 16);
    if (w->step % PROMISED_EVERY == 0)
        promise_always(w);
}

/* Asks again until nobody waits and everybody is at the head, several times in a row. */
static void come_to_rest(struct world *w, struct people *people)
{
    int quiet = 0;
    size_t open = 0;
    for (int i = 0; i < REST_ROUNDS_MAX && quiet < 4 && !w->failure[0]; i++) {
        open = people_repeat(people);
        if (i % 4 == 0)
            people_look_after(people);
        world_pass(w, 1500, 3000);
        quiet = open == 0 && world_is_settled(w) && promise_all_caught_up(w) ? quiet + 1 : 0;
    }
    if (quiet < 4)
        world_fail(w, "does not come to rest: %zu requests without an answer", open);
}

/* The liveness phase. */
static void end(struct world *w, struct people *people)
{
    world_heal(w);
    come_to_rest(w, people);
    if (!w->failure[0])
        promise_at_rest(w, people);
    if (w->failure[0])
        return;
    world_pass(w, END_HOURS * INT64_C(3600000), 3000);
    come_to_rest(w, people);
    if (!w->failure[0])
        promise_in_the_end(w, people);
}

/* --about SUBJECT: what each stream says of it, for whoever replays a seed. */
static void print_history(struct world *w, const char *subject)
{
    for (int i = 0; i < MACHINES; i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "SELECT group_concat(seq || ' ' || body, char(10)) FROM stream WHERE subject = '%s'",
                 subject);
        struct text all = world_ask_ledger(w, w->machines[i].service->name, sql);
        printf("--- %s\n" TEXT_FMT "\n", w->machines[i].service->name, TEXT_ARG(all));
    }
}

struct end_of_seed {
    uint64_t log_hash;
    bool fine;
};

static struct end_of_seed run_seed(uint64_t seed, const struct options *o, const struct town *town,
                                   void *const prepared[MACHINES], struct outcome *out)
{
    struct world *w = world_new(seed, town, prepared, o->print);
    in_hand.world = w;
    struct people *people = people_new(w);
    w->faults = true;
    for (long i = 0; i < o->steps && !w->failure[0]; i++)
        step(w, people, o);
    if (!w->failure[0])
        end(w, people);
    if (log_fd >= 0)
        watch_log(w, log_fd);
    if (o->about)
        print_history(w, o->about);
    struct net_counts letters = net_counts(w->net);
    w->met[MET_DROPPED] += letters.dropped;
    w->met[MET_DOUBLED] += letters.doubled;
    w->met[MET_DELAYED] += letters.delayed;
    w->met[MET_OVERTAKEN] += letters.overtaken;
    struct end_of_seed result = { w->log_hash, w->failure[0] == '\0' };
    if (!result.fine)
        say_failed(w, o, w->failure);
    else if (o->seeds == 1)
        printf("seed %llu: log %016llx, %zu leads, %zu warnings\n", (unsigned long long) seed, (unsigned long long) w->log_hash,
               people_lead_count(people), people_warning_count(people));
    for (int i = 0; i < MET_COUNT; i++)
        out->met[i] += w->met[i];
    people_free(people);
    world_free(w);
    return result;
}

static void judge_seed(uint64_t seed, const struct options *o, const struct town *town, void *const prepared[MACHINES],
                       struct outcome *out)
{
    struct end_of_seed one = run_seed(seed, o, town, prepared, out);
    if (o->twice && one.fine) {
        struct end_of_seed other = run_seed(seed, o, town, prepared, out);
        one.fine = other.fine && one.log_hash == other.log_hash;
        if (one.log_hash != other.log_hash)
            printf("seed %llu: two runs of it differ: log %016llx and %016llx\n", (unsigned long long) seed,
                   (unsigned long long) one.log_hash, (unsigned long long) other.log_hash);
    }
    out->passed += one.fine;
    out->failed += !one.fine;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool is_print = strcmp(argv[i], "--print") == 0, is_twice = strcmp(argv[i], "--twice") == 0;
        o->print = o->print || is_print;
        o->twice = o->twice || is_twice;
        bool is_first = strcmp(argv[i], "--first") == 0;
        o->first = o->first || is_first;
        if (is_print || is_twice || is_first)
            continue;
        if (i + 1 == argc)
            return false;
        long number = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seeds") == 0)
            o->seeds = number;
        else if (strcmp(argv[i], "--from") == 0)
            o->from = (uint64_t) number;
        else if (strcmp(argv[i], "--about") == 0)
            o->about = argv[i + 1];
        else if (strcmp(argv[i], "--mutant") == 0 && !mutant_choose(argv[i + 1]))
            return false;
        else if (strcmp(argv[i], "--mutant") == 0)
            ;
        else if (strcmp(argv[i], "--faults") == 0)
            o->faults = (int) number;
        else if (strcmp(argv[i], "--jobs") == 0)
            o->jobs = number;
        else if (strcmp(argv[i], "--steps") == 0)
            o->steps = number;
        else
            return false;
        i++;
    }
    return o->seeds > 0 && o->steps > 0 && o->jobs > 0 && o->jobs <= JOBS_MAX;
}

static void run_share(const struct options *o, int share, int shares, struct outcome *out)
{
    if (!o->print) { /* each share catches its own */
        log_fd = memfd_create("log", 0);
        if (log_fd < 0 || dup2(log_fd, STDERR_FILENO) < 0)
            abort();
    }
    own(findings_free) struct findings *findings = findings_new();
    const struct town *town = town_load("deploy/binhu", findings);
    if (!town) {
        findings_print(findings, stderr);
        exit(2);
    }
    const struct service *services[MACHINES] = { sim_intake(), sim_router(), sim_deadline(), sim_warning() };
    void *prepared[MACHINES] = { NULL };
    for (int i = 0; i < MACHINES; i++)
        prepared[i] = services[i]->prepare ? services[i]->prepare(town) : NULL;
    for (long i = share; i < o->seeds && !(o->first && out->failed); i += shares) {
        judge_seed(o->from + (uint64_t) i, o, town, prepared, out);
        fflush(stdout);
    }
}

/* Each share in a process of its own, the outcome through a pipe. */
static void run_shares(const struct options *o, struct outcome *sum)
{
    int jobs = o->seeds == 1 || o->print ? 1 : (int) o->jobs;
    int pipes[JOBS_MAX][2];
    for (int j = 0; j < jobs; j++) {
        if (pipe(pipes[j]) != 0)
            abort();
        if (fork() == 0) {
            struct outcome mine = { 0 };
            in_hand.options = o;
            in_hand.outcome = &mine;
            in_hand.pipe = pipes[j][1];
            if (!o->print) {
                signal(SIGABRT, on_crash);
                signal(SIGSEGV, on_crash);
            }
            run_share(o, j, jobs, &mine);
            ssize_t written = write(pipes[j][1], &mine, sizeof mine);
            fflush(stdout);
            _exit(written != (ssize_t) sizeof mine);
        }
        close(pipes[j][1]);
    }
    for (int j = 0; j < jobs; j++) {
        struct outcome mine = { 0 };
        if (read(pipes[j][0], &mine, sizeof mine) != (ssize_t) sizeof mine)
            mine.failed = 1; /* it crashed: the assertion stands above */
        sum->passed += mine.passed;
        sum->failed += mine.failed;
        for (int i = 0; i < MET_COUNT; i++)
            sum->met[i] += mine.met[i];
        wait(NULL);
    }
}

/* A set of runs that is large enough must have met everything: else the proof has a hole that nobody sees. */
static void judge_situations(const struct options *o, struct outcome *sum)
{
    if (o->seeds == 1)
        return;
    bool is_large = o->seeds >= SEEDS_FOR_ALL && o->steps >= STEPS_FOR_ALL;
    for (int i = 0; i < MET_COUNT; i++) {
        printf("%8ld  %s\n", sum->met[i], sometimes_names[i]);
        if (is_large && sum->met[i] == 0) {
            printf("never met: %s\n", sometimes_names[i]);
            sum->failed++;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--mutants") == 0) {
        mutant_list();
        return 0;
    }
    struct options o = { .seeds = 20, .from = 1, .steps = 2000, .faults = 60, .jobs = sysconf(_SC_NPROCESSORS_ONLN) };
    if (!read_options(&o, argc, argv)) {
        fprintf(
            stderr,
            "usage: sim [--seeds N] [--from SEED] [--steps N] [--jobs N] [--faults PERMILLE] [--twice] [--first] [--mutant NAME] [--print] [--about SUBJECT]\n"
            "       sim --mutants\n");
        return 2;
    }
    if (sodium_init() < 0)
        return 2;
    disk_start();
    struct outcome sum = { 0 };
    run_shares(&o, &sum);
    judge_situations(&o, &sum);
    printf("%ld passed, %ld failed\n", sum.passed, sum.failed);
    return sum.failed != 0;
}
