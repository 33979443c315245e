/* storm.c - real broker, real processes, real faults: what was answered ok is there, once, when the storm is over.
 *
 * usage: storm [--leads N] [--seconds S] [--seed N] [--port P] [--mqtt 5|3.1.1] [--in-turn] [--soak LEADS_PER_S] [--samples FILE]
 * Starts deploy/up on a private state directory whose ledgers lie on small disks. Leads come in, units sign, report and conclude, the
 * office assigns, verifies and orders warnings, phones tap; meanwhile every process, the broker included, is killed with SIGKILL by
 * chance after 0.2 to 1.4 s (--in-turn: one every two seconds), now and then all at once, or stopped for a while, or its disk is full
 * for a while. After the drain everything is counted (leads.c, warnings.c), asked once more (asks.c), a broker that was killed shows
 * every card again within five seconds for each ten thousand, and the ledgers of the stopped town are read (ledgers.c). --soak is the same at
 * a gentle pace, with faults that let the services live, and with samples of what they use (samples.c).
 * The same seed strikes the same in the same order; what the machine makes of it differs. Ends with one line `N passed, N failed`. YL_BIN names
 * the folder of the binaries (default build/bin). */
#include "asks.h"
#include "faults.h"
#include "leads.h"
#include "ledgers.h"
#include "phones.h"
#include "samples.h"
#include "warnings.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SUBMISSIONS_OPEN_MAX = 1000,
    ACTS_OPEN_MAX = 300,
    ORDER_EVERY_MS = 600,
    SOAK_ORDER_EVERY_MS = 20000,
    UP_MS = 60000,
    DRAIN_MS = 180000,
    AGREE_TRIES = 6,
    CARDS_BACK_MS = 5000, /* for each ten thousand leads */
    CARDS_AT_ONCE = 10000,
    CARDS_WAIT_MS = 60000,
    REST_MS = 2
};

int64_t storm_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t storm_throw(uint64_t *dice, int64_t below)
{
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (int64_t) ((*dice >> 33) % (uint64_t) below);
}

void storm_check(struct storm *s, bool holds, const char *sentence, int64_t number)
{
    s->passed += holds;
    s->failed += !holds;
    printf("%s %s (%lld)\n", holds ? "ok    " : "FAILED", sentence, (long long) number);
}

void storm_step(struct storm *s)
{
    client_step(s->senders[SENDER_CHANNEL], REST_MS);
    for (size_t i = 1; i < s->sender_count; i++)
        client_step(s->senders[i], 0);
    phones_step(s);
    asks_step(s);
    samples_step(s);
}

/* -- the acts -------------------------------------------------------------------------------------------------------- */

static void rage(struct storm *s)
{
    for (int64_t end = s->began_ms + s->seconds * 1000; storm_now_ms() < end || leads_submitted(s) < s->lead_count;) {
        leads_submit(s, SUBMISSIONS_OPEN_MAX);
        leads_act(s, ACTS_OPEN_MAX);
        warnings_order(s, s->is_soak ? SOAK_ORDER_EVERY_MS : ORDER_EVERY_MS);
        phones_tap(s);
        faults_step(s);
        storm_step(s);
    }
    faults_heal(s);
}

/* The office reads everything anew: of a topic that was cleared while a reader was away it hears nothing. Nothing of its may be open. */
static void office_anew(struct storm *s)
{
    struct client **office = &s->senders[SENDER_OFFICE];
    client_close(*office);
    leads_forget(s);
    warnings_forget(s);
    *office = place_client(s, "office-1", NULL, strcmp(s->mqtt, "5") == 0);
    asks_listen(s, SENDER_OFFICE, "office-1");
    leads_listen(s);
    warnings_listen(s);
    for (int64_t until = storm_now_ms() + UP_MS; client_wait_up(*office, 10) != CLIENT_DONE && storm_now_ms() < until;)
        storm_step(s);
}

static bool agrees(struct storm *s)
{
    for (int try = 0; try < AGREE_TRIES; try++) {
        if (warnings_agree(s))
            return true;
    }
    return false;
}

/* What has begun goes on, leads to where they stay; then everybody is looked at. */
static void drain(struct storm *s)
{
    int64_t began_ms = storm_now_ms(), next_ms = 0;
    bool is_anew = false, is_drained = false;
    for (; !is_drained && storm_now_ms() < began_ms + DRAIN_MS; storm_step(s)) {
        leads_act(s, ACTS_OPEN_MAX);
        if (storm_now_ms() < next_ms)
            continue;
        next_ms = storm_now_ms() + 100;
        is_drained = is_anew && asks_open(s) == 0 && leads_settled(s) == leads_accepted(s);
        if (!is_anew && asks_open(s) == 0) {
            office_anew(s);
            is_anew = true;
        }
    }
    agrees(s);
    printf("drained in %.1f s\n", (double) (storm_now_ms() - began_ms) / 1000);
}

/* A broker that lost everything: how long after its start the office sees all cards again. */
static void cards_come_back(struct storm *s)
{
    int64_t want = leads_settled(s), cards = 0;
    faults_kill(s, BROKER);
    office_anew(s);
    int64_t up_ms = storm_now_ms();
    for (; cards < want && storm_now_ms() < up_ms + CARDS_WAIT_MS; cards = leads_settled(s)) {
        for (int i = 0; i < 10; i++)
            storm_step(s);
    }
    int64_t took_ms = storm_now_ms() - up_ms;
    storm_check(s, cards == want, "a broker that forgot everything shows every card again; cards", cards);
    storm_check(s, took_ms <= CARDS_BACK_MS * (1 + want / CARDS_AT_ONCE), "and within five seconds for each ten thousand; ms",
                took_ms);
    bool same = agrees(s);
    storm_check(s, same, "and every warning and every phone's text; the same", same);
}

static void count(struct storm *s)
{
    faults_print(s);
    leads_count(s);
    warnings_count(s);
    asks_repeat(s);
    asks_count(s);
    if (!s->is_soak) /* there is little left to bring back */
        cards_come_back(s);
    int64_t crashes = place_log_lines(s, "crashed-before") + place_log_lines(s, "Assertion");
    storm_check(s, crashes == 0, "no service crashed by itself; times", crashes);
    place_stop(s);
    ledgers_count(s);
}

/* -- begin and end --------------------------------------------------------------------------------------------------- */

static bool read_options(struct storm *s, int argc, char **argv)
{
    const struct {
        const char *name;
        int64_t *number;
        const char **text;
    } options[] = { { "--leads", &s->lead_count, NULL },    { "--seconds", &s->seconds, NULL },
                    { "--port", &s->port, NULL },           { "--seed", (int64_t *) &s->fault_dice, NULL },
                    { "--soak", &s->leads_per_s, NULL },    { "--mqtt", NULL, &s->mqtt },
                    { "--samples", NULL, &s->samples_path } };
    for (int i = 1; i < argc; i++) {
        bool known = strcmp(argv[i], "--in-turn") == 0;
        s->in_turn = s->in_turn || known;
        for (size_t k = 0; k < sizeof options / sizeof *options && !known && i + 1 < argc; k++) {
            known = strcmp(argv[i], options[k].name) == 0;
            if (known && options[k].number)
                *options[k].number = strtoll(argv[++i], NULL, 10);
            else if (known)
                *options[k].text = argv[++i];
        }
        if (!known)
            return false;
    }
    s->is_soak = s->leads_per_s > 0;
    s->load_dice = ~s->fault_dice;
    if (s->is_soak)
        s->lead_count = s->leads_per_s * s->seconds;
    return s->lead_count > 0 && s->lead_count < LEADS_MAX / 2;
}

static void open_sender(struct storm *s, const char *account)
{
    int from = (int) s->sender_count++;
    s->senders[from] = place_client(s, account, NULL, strcmp(s->mqtt, "5") == 0);
    asks_listen(s, from, account);
}

static bool open_senders(struct storm *s)
{
    static char names[STORM_UNITS_MAX][64];
    open_sender(s, "12345");
    open_sender(s, "office-1");
    open_sender(s, "publicity-1");
    for (size_t i = 0; i < s->town->unit_count && i < STORM_UNITS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "staff-" TEXT_FMT "-1", TEXT_ARG(s->town->units[i].code));
        open_sender(s, names[i]);
    }
    leads_listen(s);
    warnings_listen(s);
    s->phones = phones_new(s);
    for (size_t i = 0; i < s->sender_count; i++) {
        if (client_wait_up(s->senders[i], UP_MS) != CLIENT_DONE)
            return false;
    }
    return true;
}

static bool open_storm(struct storm *s)
{
    own(findings_free) struct findings *findings = findings_new();
    s->has_disks = place_enter();
    if (!s->has_disks)
        printf("NO DISK IS FILLED: no mount namespace is to be had here\n");
    s->town = town_load("deploy/binhu", findings);
    s->asks = asks_new();
    s->leads = leads_new();
    s->warnings = warnings_new();
    s->faults = faults_new();
    snprintf(s->broker, sizeof s->broker, "tcp://127.0.0.1:%lld", (long long) s->port);
    if (!s->town || !place_make(s) || !place_start(s) || !open_senders(s))
        return false;
    s->began_ms = storm_now_ms();
    s->samples = samples_new(s->samples_path);
    return true;
}

static void close_storm(struct storm *s)
{
    samples_close(s->samples);
    phones_close(s);
    for (size_t i = 0; i < s->sender_count; i++)
        client_close(s->senders[i]);
    place_remove(s);
}

int main(int argc, char **argv)
{
    static struct storm s = { .lead_count = 10000, .seconds = 20, .fault_dice = 1, .mqtt = "5" };
    if (!read_options(&s, argc, argv)) {
        fprintf(stderr, "usage: storm [--leads N] [--seconds S] [--seed N] [--port P] [--mqtt 5|3.1.1] [--in-turn] "
                        "[--soak LEADS_PER_S] [--samples FILE]\n");
        return 2;
    }
    if (s.port == 0)
        s.port = 10000 + (int64_t) getpid() % 22000; /* below the ports of outgoing connections */
    s.bin = getenv("YL_BIN") ? getenv("YL_BIN") : realpath("build/bin", NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("storm: seed %llu, port %lld, MQTT %s\n", (unsigned long long) s.fault_dice, (long long) s.port, s.mqtt);
    if (!open_storm(&s)) {
        printf("0 passed, 1 failed\n");
        return 1;
    }
    rage(&s);
    printf("%.1f s of storm\n", (double) (storm_now_ms() - s.began_ms) / 1000);
    drain(&s);
    count(&s);
    close_storm(&s);
    printf("%d passed, %d failed\n", s.passed, s.failed);
    return s.failed != 0;
}
