/* storm.c - real broker, real processes, kill -9: what was answered ok is there, once, when the storm is over.
 *
 * usage: storm [--leads N] [--seconds S] [--seed N] [--port P] [--mqtt 5|3.1.1] [--in-turn]
 * Starts deploy/up on a private state directory, submits leads at full speed, and kills every process of the town with SIGKILL: in turn,
 * one every two seconds (--in-turn), or by chance after 0.2 to 1.4 s, sometimes stopping one with SIGSTOP for a while instead. Units
 * sign what they see. After the drain everything is counted: each accepted lead has exactly one card of an accountable unit and one
 * set of clocks on that unit's topics; no request is without an answer; a broker that was killed shows every card again within five
 * seconds of its start. Ends with one line `N passed, N failed`. YL_BIN names the folder of the binaries (default build/bin). */
#include "yinling/client.h"
#include "yinling/reader.h"
#include "yinling/topic.h"
#include "yinling/town.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LEADS_MAX = 400000,
    OUTSTANDING_MAX = 1000,
    READY_MS = 60000,
    DRAIN_MS = 120000,
    CARDS_BACK_MS = 5000,
    STOPPED_MS = 3000
};

static const char *const victims[] = { "intake", "router", "deadline", "warning", "broker" };
enum { VICTIMS = sizeof victims / sizeof *victims };

struct lead { /* what the office sees of one lead; bits are indexes of units */
    bool accepted, asked_to_sign;
    uint16_t leading, assisting, due;
    bool sealed;
};

struct storm {
    char state[128], broker[64], password_office[64], password_channel[64];
    const char *bin, *mqtt;
    int64_t leads, seconds, port;
    bool in_turn;
    uint64_t dice;
    pid_t up;
    const struct town *town;
    struct client *channel, *office;
    struct lead *seen;
    int64_t sent, answered, refused, highest;
    int kills[VICTIMS], stops;
    int passed, failed;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t throw(struct storm * s, int64_t below)
{
    s->dice = s->dice * 6364136223846793005u + 1442695040888963407u;
    return (int64_t) ((s->dice >> 33) % (uint64_t) below);
}

static void check(struct storm *s, bool holds, const char *sentence, int64_t number)
{
    s->passed += holds;
    s->failed += !holds;
    printf("%s %s (%lld)\n", holds ? "ok    " : "FAILED", sentence, (long long) number);
}

/* -- the town -------------------------------------------------------------------------------------------------------- */

/* Reads what deploy/up says until it says ready. The pipe stays open: `up` may say more. */
static bool says_ready(int from)
{
    char said[8192] = "\n";
    size_t used = 1;
    for (int64_t until = now_ms() + READY_MS; now_ms() < until && used < sizeof said - 1;) {
        struct pollfd fd = { .fd = from, .events = POLLIN };
        if (poll(&fd, 1, (int) (until - now_ms())) <= 0)
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

static bool start_town(struct storm *s)
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

static void stop_town(struct storm *s)
{
    kill(s->up, SIGTERM);
    waitpid(s->up, NULL, 0);
}

/* The process that runit keeps up under this name; 0 when there is none now. */
static pid_t pid_of(const struct storm *s, const char *name)
{
    char path[256];
    long pid = 0;
    snprintf(path, sizeof path, "%s/run/service/%s/supervise/pid", s->state, name);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%ld", &pid) != 1)
        pid = 0;
    if (f)
        fclose(f);
    return (pid_t) pid;
}

static bool password_of(const struct storm *s, const char *account, char *ret, size_t room)
{
    char path[256], line[256];
    snprintf(path, sizeof path, "%s/accounts.csv", s->state);
    FILE *f = fopen(path, "re");
    size_t len = strlen(account);
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f)) {
        if (strncmp(line, account, len) == 0 && line[len] == ',') {
            snprintf(ret, room, "%.*s", (int) strcspn(line + len + 1, ",\r\n"), line + len + 1);
            found = true;
        }
    }
    if (f)
        fclose(f);
    return found;
}

/* -- what the office sees -------------------------------------------------------------------------------------------- */

static struct lead *lead_of(struct storm *s, struct text id)
{
    int64_t number;
    if (id.len < 6 || !text_int((struct text){ id.at + 5, id.len - 5 }, &number) || number < 1 || number >= LEADS_MAX)
        return NULL;
    s->highest = number > s->highest ? number : s->highest;
    return &s->seen[number];
}

static void set_bit(uint16_t *bits, size_t bit, bool on)
{
    *bits = (uint16_t) (on ? *bits | (1u << bit) : *bits & ~(1u << bit));
}

static void on_view(void *context, struct text path, struct text payload, bool retained)
{
    (void) retained;
    struct storm *s = context;
    enum topic_id id;
    struct text parts[TOPIC_PARTS_MAX];
    if (!topic_read(path, &id, parts))
        return;
    if (id == TOPIC_SEALED) {
        struct lead *l = lead_of(s, parts[0]);
        if (l)
            l->sealed = payload.len > 0;
        return;
    }
    const struct unit *unit = town_unit(s->town, parts[0]);
    struct lead *l = unit ? lead_of(s, parts[1]) : NULL;
    if (!l)
        return;
    size_t bit = (size_t) (unit - s->town->units);
    if (id == TOPIC_UNIT_DUE) {
        set_bit(&l->due, bit, payload.len > 0);
    } else if (id == TOPIC_UNIT_LEAD) {
        bool leading = text_has(payload, TEXT("\"role\":\"lead\""));
        set_bit(&l->leading, bit, leading);
        set_bit(&l->assisting, bit, payload.len > 0 && !leading);
    }
}

static struct client *office_open(struct storm *s)
{
    struct client *c = client_open(&(struct client_settings){ .broker = s->broker,
                                                              .account = "office-1",
                                                              .password = s->password_office,
                                                              .device = "storm",
                                                              .root = "yl/v1/370481104",
                                                              .v5 = strcmp(s->mqtt, "5") == 0 });
    own(arena_free) struct arena *arena = arena_new(1024);
    client_listen(c, topic_filter(arena, TOPIC_UNIT_LEAD, NO_TEXT).at, on_view, s);
    client_listen(c, topic_filter(arena, TOPIC_UNIT_DUE, NO_TEXT).at, on_view, s);
    client_listen(c, topic_filter(arena, TOPIC_SEALED, NO_TEXT).at, on_view, s);
    return c;
}

/* -- leads ----------------------------------------------------------------------------------------------------------- */

static void on_accepted(void *context, const json_t *answer)
{
    struct storm *s = context;
    if (!answer)
        return;
    struct text lead = json_text_at(answer, "lead");
    struct lead *l = lead.at ? lead_of(s, lead) : NULL;
    struct text code = json_text_at(json_object_get(answer, "error"), "code");
    s->answered++;
    if (!l) {
        s->refused++;
        if (s->refused < 4)
            printf("refused: " TEXT_FMT "\n", TEXT_ARG(code));
        return;
    }
    if (l->accepted)
        check(s, false, "one lead was given to two requests", s->answered);
    l->accepted = true;
}

static void submit_one(struct storm *s)
{
    static const char *const texts[] = { "有人上门推销养老床位，交一万元返现两千",
                                         "村口超市放视频说普通食品能降糖抗癌",
                                         "自称医保局来电说能领补贴，要先交保证金，转账后失联",
                                         "养老院一楼私设诊室给老人输液，没有执业许可证",
                                         "电线杆上贴满养老床位返现的小广告",
                                         "某公司以养老项目名义吸收老人存款，承诺年息百分之十五" };
    char text[256], village[16], id[32];
    snprintf(text, sizeof text, "%s（第%lld件）。", texts[throw(s, 6)], (long long) s->sent);
    snprintf(village, sizeof village, "3704811042%02d", (int) throw(s, 90));
    snprintf(id, sizeof id, "storm-%lld", (long long) s->sent++);
    client_send(s->channel, "lead-submit", json_pack("{s:s,s:s,s:s}", "id", id, "text", text, "village", village), on_accepted,
                s);
}

/* -- the storm ------------------------------------------------------------------------------------------------------- */

static void strike(struct storm *s, int victim)
{
    pid_t pid = pid_of(s, victims[victim]);
    if (pid <= 1)
        return; /* it is being started */
    if (!s->in_turn && throw(s, 10) == 0) {
        kill(pid, SIGSTOP);
        s->stops++;
        int64_t until = now_ms() + throw(s, STOPPED_MS);
        while (now_ms() < until) {
            client_step(s->channel, 5);
            client_step(s->office, 5);
        }
        kill(pid, SIGCONT);
        return;
    }
    kill(pid, SIGKILL);
    s->kills[victim]++;
}

static void rage(struct storm *s)
{
    int64_t end = now_ms() + s->seconds * 1000, next = now_ms() + 500;
    for (int turn = 0; now_ms() < end || s->sent < s->leads;) {
        size_t room = s->sent < s->leads ? OUTSTANDING_MAX : 0;
        while (client_pending(s->channel) < room && s->sent < s->leads)
            submit_one(s);
        client_step(s->channel, 2);
        client_step(s->office, 2);
        if (now_ms() >= next) {
            strike(s, s->in_turn ? turn++ % VICTIMS : (int) throw(s, VICTIMS));
            next = now_ms() + (s->in_turn ? 2000 : 200 + throw(s, 1200));
        }
    }
}

static int64_t complete(const struct storm *s)
{
    int64_t count = 0;
    for (int64_t i = 1; i <= s->highest; i++) {
        const struct lead *l = &s->seen[i];
        count += l->accepted && (l->sealed || (__builtin_popcount(l->leading) == 1 && (l->due & l->leading)));
    }
    return count;
}

static void drain(struct storm *s)
{
    int64_t until = now_ms() + DRAIN_MS;
    while (now_ms() < until && (client_pending(s->channel) || complete(s) < s->answered - s->refused)) {
        client_step(s->channel, 20);
        client_step(s->office, 20);
    }
}

static void count(struct storm *s)
{
    int64_t accepted = 0, none = 0, many = 0, unclocked = 0, unasked = 0;
    for (int64_t i = 1; i <= s->highest; i++) {
        const struct lead *l = &s->seen[i];
        int leading = __builtin_popcount(l->leading);
        accepted += l->accepted;
        none += l->accepted && !l->sealed && leading == 0;
        many += leading > 1;
        unclocked += l->accepted && !l->sealed && leading == 1 && !(l->due & l->leading);
        unasked += !l->accepted && (leading || l->sealed);
    }
    check(s, client_pending(s->channel) == 0, "every request has an answer; without one", (int64_t) client_pending(s->channel));
    check(s, s->refused == 0, "no lead was refused; refused", s->refused);
    check(s, accepted == s->sent, "every request made one lead; leads", accepted);
    check(s, none == 0, "every accepted lead has a card; without one", none);
    check(s, many == 0, "no lead has two accountable units; with two", many);
    check(s, unclocked == 0, "every accepted lead has its clocks; without", unclocked);
    check(s, unasked == 0, "no card is of a lead nobody sent; of such", unasked);
}

/* A broker that lost everything: how long after its start the office sees all cards again. */
static void cards_come_back(struct storm *s)
{
    int64_t want = complete(s);
    client_close(s->office);
    pid_t before = pid_of(s, "broker");
    kill(before, SIGKILL);
    memset(s->seen, 0, sizeof *s->seen * LEADS_MAX);
    int64_t until = now_ms() + READY_MS;
    s->office = office_open(s);
    while (client_wait_up(s->office, 100) != CLIENT_DONE && now_ms() < until)
        ;
    int64_t up = now_ms(), cards = 0;
    while (now_ms() < up + 4 * CARDS_BACK_MS && cards < want) {
        client_step(s->office, 20);
        cards = 0;
        for (int64_t i = 1; i <= s->highest; i++)
            cards += s->seen[i].sealed || __builtin_popcount(s->seen[i].leading) == 1;
    }
    check(s, cards == want, "a broker that forgot everything shows every card again; cards", cards);
    check(s, now_ms() - up <= CARDS_BACK_MS, "and within five seconds; ms", now_ms() - up);
}

static bool read_options(struct storm *s, int argc, char **argv)
{
    const struct {
        const char *name;
        int64_t *into;
    } numbers[] = {
        { "--leads", &s->leads }, { "--seconds", &s->seconds }, { "--seed", (int64_t *) &s->dice }, { "--port", &s->port }
    };
    for (int i = 1; i < argc; i++) {
        bool known = strcmp(argv[i], "--in-turn") == 0;
        s->in_turn = s->in_turn || known;
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers && !known && i + 1 < argc; k++) {
            if (strcmp(argv[i], numbers[k].name) == 0) {
                known = true;
                *numbers[k].into = strtoll(argv[++i], NULL, 10);
            }
        }
        if (!known && strcmp(argv[i], "--mqtt") == 0 && i + 1 < argc) {
            s->mqtt = argv[++i];
            known = true;
        }
        if (!known)
            return false;
    }
    return s->leads > 0 && s->leads < LEADS_MAX / 2;
}

static bool open_storm(struct storm *s)
{
    own(findings_free) struct findings *findings = findings_new();
    s->town = town_load("deploy/binhu", findings);
    s->seen = calloc(LEADS_MAX, sizeof *s->seen);
    snprintf(s->state, sizeof s->state, "%s/yinling-storm-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!s->town || !s->seen || !mkdtemp(s->state))
        return false;
    snprintf(s->broker, sizeof s->broker, "tcp://127.0.0.1:%lld", (long long) s->port);
    if (!start_town(s) || !password_of(s, "office-1", s->password_office, sizeof s->password_office) ||
        !password_of(s, "12345", s->password_channel, sizeof s->password_channel))
        return false;
    s->office = office_open(s);
    s->channel = client_open(&(struct client_settings){ .broker = s->broker,
                                                        .account = "12345",
                                                        .password = s->password_channel,
                                                        .root = "yl/v1/370481104",
                                                        .v5 = strcmp(s->mqtt, "5") == 0 });
    return client_wait_up(s->office, READY_MS) == CLIENT_DONE && client_wait_up(s->channel, READY_MS) == CLIENT_DONE;
}

int main(int argc, char **argv)
{
    static struct storm s = { .leads = 10000, .seconds = 20, .dice = 1, .port = 0, .mqtt = "5" };
    if (!read_options(&s, argc, argv)) {
        fprintf(stderr, "usage: storm [--leads N] [--seconds S] [--seed N] [--port P] [--mqtt 5|3.1.1] [--in-turn]\n");
        return 2;
    }
    if (s.port == 0)
        s.port = 20000 + (int64_t) getpid() % 20000;
    s.bin = getenv("YL_BIN") ? getenv("YL_BIN") : "build/bin";
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    if (!open_storm(&s)) {
        printf("0 passed, 1 failed\n");
        return 1;
    }
    int64_t began = now_ms();
    rage(&s);
    drain(&s);
    printf("%lld leads in %.1f s, repeated %lld times; killed:", (long long) s.sent, (double) (now_ms() - began) / 1000,
           (long long) client_repeats(s.channel));
    for (int i = 0; i < VICTIMS; i++)
        printf(" %s %d", victims[i], s.kills[i]);
    printf("; stopped %d\n", s.stops);
    count(&s);
    cards_come_back(&s);
    client_close(s.channel);
    client_close(s.office);
    stop_town(&s);
    if (s.failed)
        printf("kept: %s\n", s.state);
    else if (strncmp(s.state, "/", 1) == 0) {
        char command[256];
        snprintf(command, sizeof command, "%s", s.state);
        pid_t child = fork();
        if (child == 0) {
            execlp("rm", "rm", "-rf", "--", command, (char *) NULL);
            _exit(127);
        }
        waitpid(child, NULL, 0);
    }
    printf("%d passed, %d failed\n", s.passed, s.failed);
    return s.failed != 0;
}
