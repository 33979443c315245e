/* test_turn.c - what a turn leaves when one of its messages is refused after it has written, and which lines of the log it leaves. */
#include "node_bench.h"

#include <sys/wait.h>

static const char schema[] = "-- 1\nCREATE TABLE seen (lead TEXT NOT NULL) STRICT;\n";
enum { Q_SEEN = 64 };
static const struct query queries[] = { { "Q_SEEN", "INSERT INTO seen (lead) VALUES (:lead)" } };

static int tried;

/* Writes, says and shows, and only then looks whether it may. */
static enum verdict on_submit(struct tx *tx, instant_ms now, const struct request *r)
{
    struct text lead = need_text(r->in, "lead", 20);
    bool refused = want_int(r->in, "refused", 0, 1, 0) != 0;
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    tried++;
    tx_run(tx, Q_SEEN, p_text("lead", lead));
    say(tx, now, EVENT_LEAD_RECEIVED, lead, NO_TEXT, NULL);
    show_text(tx, topic_of(tx_arena(tx), TOPIC_WORKER_SAID, TEXT("w200-1")), lead);
    log_event("lead", "number=" TEXT_FMT, TEXT_ARG(lead));
    return refused ? refuse(tx, r, CODE_NOT_NOW, NULL, "现在不行。") : answer(tx, r, NULL);
}

static const struct request_route requests[] = { { REQUEST_LEAD_SUBMIT, on_submit, ACCEPTS }, REQUEST_ROUTES_END };
static const struct service toy = {
    .name = "intake", .schema = schema, .queries = queries, .query_count = 1, .requests = requests
};

/* Standard error goes into a file from here on. */
static int divert(FILE *into)
{
    int kept = dup(STDERR_FILENO);
    dup2(fileno(into), STDERR_FILENO);
    return kept;
}

static void put_back(int kept)
{
    dup2(kept, STDERR_FILENO);
    close(kept);
}

static int times_in(FILE *f, const char *line)
{
    char read[1200];
    int times = 0;
    rewind(f);
    while (fgets(read, sizeof read, f))
        times += strcmp(read, line) == 0;
    return times;
}

#define SUBMIT "request/lead-submit/12345"

static void a_message_refused_late_leaves_the_others_of_its_turn(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    FILE *log = tmpfile();
    for (int round = 0; round < 2; round++) {
        tried = 0;
        bench_publish(b, SUBMIT, arena_printf(b->arena, "{\"id\":\"a%d\",\"lead\":\"one\"}", round).at, false);
        bench_publish(b, SUBMIT, arena_printf(b->arena, "{\"id\":\"b%d\",\"lead\":\"two\",\"refused\":1}", round).at, false);
        bench_publish(b, SUBMIT, arena_printf(b->arena, "{\"id\":\"c%d\",\"lead\":\"three\"}", round).at, false);
        int kept = divert(log);
        bench_settle(b);
        put_back(kept);
        assert_int_equal(tried, round == 0 ? 5 : 3); /* the turn was begun anew, and the next one is careful from the start */
    }
    assert_int_equal(bench_int(b, "SELECT count(*) FROM seen"), 4);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM seen WHERE lead = 'two'"), 0);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM answered"), 6);
    assert_int_equal(bench_int(b, "SELECT max(seq) FROM stream"), 4);
    assert_int_equal(bench_int(b, "SELECT max(revision) FROM view"), 4);
    assert_int_equal(times_in(log, "lead number=one\n"), 2);
    assert_int_equal(times_in(log, "request kind=lead-submit account=12345 id=a0 ok=1\n"), 1);
    assert_int_equal(times_in(log, "request kind=lead-submit account=12345 id=b0 ok=0\n"), 1);
    fclose(log);
}

static void lines_that_wait_are_written_by_a_crash(void **state)
{
    (void) state;
    FILE *log = tmpfile();
    pid_t child = fork();
    if (child == 0) {
        divert(log);
        crash_watch();
        log_hold();
        log_event("line", "number=1");
        abort();
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(times_in(log, "line number=1\n"), 1);
    fclose(log);
}

static void more_lines_than_can_wait_are_all_written(void **state)
{
    (void) state;
    FILE *log = tmpfile();
    int kept = divert(log);
    log_hold();
    for (int i = 0; i < 1000; i++)
        log_event("line", "%900s", "x\ny");
    log_let_go();
    log_event("line", "last");
    put_back(kept);
    char expected[1024];
    snprintf(expected, sizeof expected, "line %900s\n", "x y");
    assert_int_equal(times_in(log, expected), 1000);
    assert_int_equal(times_in(log, "line last\n"), 1);
    fclose(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_refused_late_leaves_the_others_of_its_turn),
        cmocka_unit_test(lines_that_wait_are_written_by_a_crash),
        cmocka_unit_test(more_lines_than_can_wait_are_all_written),
    };
    return cmocka_run_group_tests_name("a turn", tests, NULL, NULL);
}
