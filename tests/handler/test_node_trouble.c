/* test_node_trouble.c - the skeleton in trouble: a full disk, a crash, a clock put back, a broker that refuses, a ledger from a copy. */
#include "node_bench.h"
#include "tests/kit/folder.h"
#include "tests/sim/disk.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char schema[] = "-- 1\nCREATE TABLE seen (lead TEXT NOT NULL) STRICT;\n";
enum { Q_SEEN = 64 };
static const struct query queries[] = { { "Q_SEEN", "INSERT INTO seen (lead) VALUES (:lead)" } };

/* Shows, or clears, so many workers' receipts; says one event. */
static enum verdict on_submit(struct tx *tx, instant_ms now, const struct request *r)
{
    int64_t count = need_int(r->in, "count", 0, 100000), from = want_int(r->in, "from", 0, 100000, 0);
    bool clear = want_int(r->in, "clear", 0, 1, 0) != 0;
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    for (int64_t i = from; i < from + count; i++) {
        struct text worker = arena_printf(tx_arena(tx), "w200-%lld", (long long) i + 1);
        struct topic said = topic_of(tx_arena(tx), TOPIC_WORKER_SAID, worker);
        if (clear)
            hide(tx, said);
        else
            show_text(tx, said, TEXT("x"));
    }
    say(tx, now, EVENT_LEAD_RECEIVED, TEXT("2026-000001"), NO_TEXT, NULL);
    return answer(tx, r, NULL);
}

static enum verdict on_dispatched(struct tx *tx, instant_ms now, const struct event *e)
{
    tx_run(tx, Q_SEEN, p_text("lead", e->subject));
    say(tx, now, EVENT_LEAD_LINKED, e->subject, NO_TEXT, NULL);
    return text_is_c(e->subject, "2026-000666") ? park(tx, e, "no") : DONE;
}

static const struct event_route events[] = { { EVENT_LEAD_DISPATCHED, on_dispatched, NULL }, EVENT_ROUTES_END };
static const struct request_route requests[] = { { REQUEST_LEAD_SUBMIT, on_submit, ACCEPTS }, REQUEST_ROUTES_END };
static const struct service toy = {
    .name = "intake", .schema = schema, .queries = queries, .query_count = 1, .events = events, .requests = requests
};

#define DISPATCHED(lead)                                                                                                       \
    "{'type':'lead.dispatched','subject':'" lead "','at':'2026-05-26T12:00:00+08:00','by':null,'edition':'','data':{}}"

static int64_t alarms(struct bench *b, const char *key)
{
    return bench_int(b, arena_printf(b->arena, "SELECT count(*) FROM alarm WHERE key = '%s'", key).at);
}

/* -- a full disk ----------------------------------------------------------------------------------------------------- */

static void a_full_disk_refuses_at_once_and_the_stream_goes_on(void **state)
{
    (void) state;
    struct dice dice = dice_for(1, 1);
    struct disk *disk = disk_new("full", &dice);
    {
        own(bench_free) struct bench *b = bench_new_on(&toy, disk_vfs(disk));
        disk_set_full(disk, true);
        b->spy.counted = "answer/";
        for (int i = 0; i < 40; i++) { /* the router's events find no room, over and over */
            bench_publish(b, "request/lead-submit/12345", "{\"id\":\"a\",\"count\":1}", false);
            b->router = (struct peer){ .epoch = EPOCH_A };
            bench_router_says(b, DISPATCHED("2026-000001"));
            bench_later(b, 100);
        }
        assert_true(b->spy.count >= 20);
        assert_int_equal(bench_int(b, "SELECT count(*) FROM answered"), 0);
        b->spy.counted = "stream/intake";
        b->spy.count = 0;
        for (int i = 0; i < 50; i++) {
            b->router = (struct peer){ .epoch = EPOCH_A };
            bench_router_says(b, DISPATCHED("2026-000001"));
            bench_later(b, 100);
        }
        assert_true(b->spy.count >= 4); /* its beat, though hardly a turn commits */
        disk_set_full(disk, false);
        node_disk_free(b->node, 1 << 20);
        bench_later(b, 1000);
        assert_int_equal(alarms(b, "disk"), 1);
        node_disk_free(b->node, INT64_MAX);
        bench_later(b, 1000);
        assert_int_equal(alarms(b, "disk"), 0);
        bench_ask(b, "lead-submit", "12345", "{'id':'a','count':1}");
        assert_int_equal(bench_int(b, "SELECT count(*) FROM answered"), 1);
    }
    disk_free(disk);
}

static void a_ghost_found_while_the_disk_was_full_is_cleared_later(void **state)
{
    (void) state;
    struct dice dice = dice_for(2, 1);
    struct disk *disk = disk_new("ghost", &dice);
    {
        own(bench_free) struct bench *b = bench_new_on(&toy, disk_vfs(disk));
        bench_later(b, 200);
        broker_forget(b->broker);
        broker_connect(b->tester);
        bench_settle(b);
        bench_publish(b, "worker/w200-9/said", "ghost", true);
        disk_set_full(disk, true);
        broker_connect(b->client);
        for (int i = 0; i < 5; i++)
            bench_later(b, 100);
        assert_non_null(broker_retained(b->broker, "worker/w200-9/said"));
        assert_null(broker_retained(b->broker, "svc/intake/watermark")); /* a restart now would have to look again */
        disk_set_full(disk, false);
        bench_later(b, 1500);
        bench_later(b, 1500);
        assert_null(broker_retained(b->broker, "worker/w200-9/said"));
    }
    disk_free(disk);
}

/* Room for the pages that move from the WAL into the ledger was missing; then the disk fails while they move. */
static void an_io_error_of_a_checkpoint_ends_the_process(void **state)
{
    (void) state;
    struct dice dice = dice_for(3, 1);
    struct disk *disk = disk_new("moving", &dice);
    {
        own(bench_free) struct bench *b = bench_new_on(&toy, disk_vfs(disk));
        bench_ask(b, "lead-submit", "12345", "{'id':'a','count':40000}");
        bench_later(b, 100);
        disk_set_full(disk, true);
        bench_ask(b, "lead-submit", "12345", "{'id':'b','from':40000,'count':25000}");
        assert_int_equal(bench_int(b, "SELECT count(*) FROM answered"), 2);
        disk_set_full(disk, false);
        disk_fail_next_sync(disk, true);
        bench_later(b, 1);
        assert_int_equal(b->end, TURN_UNKNOWN);
    }
    disk_free(disk);
}

/* -- a crash --------------------------------------------------------------------------------------------------------- */

static void time_does_not_run_back_over_a_crash(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':0}");
    bench_later(b, 8000);
    bench_ask(b, "lead-submit", "12345", "{'id':'b','count':0}");
    instant_ms said = b->wall;
    b->wall.ms -= 7000; /* NTP, while nobody was there */
    bench_crash(b);
    assert_false(is_before(b->node->now, said));
}

static void a_quiet_day_is_no_jump_of_the_clock(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':0}");
    for (int i = 0; i < 30 * 60; i++)
        bench_later(b, 60000);
    bench_crash(b);
    assert_false(b->node->clock_doubted);
    assert_int_equal(alarms(b, "clock"), 0);
}

static void a_restart_makes_no_jump_of_the_clock_believed(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    b->boot_id = "one";
    bench_crash(b);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':0}");
    b->wall.ms += 2 * 3600000;
    bench_later(b, 1000);
    assert_true(b->node->clock_doubted);
    bench_crash(b);
    assert_true(b->node->clock_doubted);
    assert_true(is_before(b->node->now, later(b->wall, SPAN_HOURS(-1))));
    bench_ask(b, "lead-submit", "12345", "{'id':'b','count':0}");
    bench_crash(b);
    assert_true(b->node->clock_doubted);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'c','action':'clock-accept'}");
    bench_crash(b);
    assert_false(b->node->clock_doubted);
    b->wall.ms += 2 * 3600000; /* the machine was off for two hours: its boot clock began anew */
    b->boot_ms = 5000;
    b->boot_id = "two";
    bench_crash(b);
    assert_false(b->node->clock_doubted);
}

static void a_doubted_clock_that_is_slept_over_is_not_overtaken(void **state)
{
    (void) state;
    const int64_t day = 86400000;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':0}");
    instant_ms before = b->wall;
    b->wall.ms -= 2 * day;
    bench_later(b, 1000);
    assert_true(b->node->clock_doubted);
    assert_int_equal(b->node->now.ms, before.ms);
    bench_later(b, 3 * day); /* a day more than it was put back, in one step */
    assert_int_equal(b->node->now.ms, b->wall.ms);
}

static void after_a_crash_each_message_is_tried_alone(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    unsigned char fingerprint[FINGERPRINT_BYTES] = { 0 };
    for (int i = 0; i < 200; i++) {
        fingerprint[0] = (unsigned char) i;
        node_crashed_on(b->node, fingerprint);
    }
    struct text path = TEXT("request/lead-submit/12345"), poison = TEXT("{\"id\":\"p\",\"count\":0}");
    crash_fingerprint(path, poison, fingerprint);
    bench_publish(b, path.at, "{\"id\":\"a\",\"count\":0}", false);
    bench_publish(b, path.at, poison.at, false);
    instant_ms next;
    node_turn(b->node, b->wall, b->boot_ms, &next);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM answered"), 1);
    bench_settle(b);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM answered"), 2);
    for (int i = 0; i < 3; i++)
        node_crashed_on(b->node, fingerprint);
    assert_int_equal(poison_attempts(b->node, path, poison), 3); /* however many there were before */
}

static void recurse(volatile char *above);
static void (*volatile deeper)(volatile char *above) = recurse;

static void recurse(volatile char *above)
{
    volatile char here[4096];
    here[0] = *above;
    deeper(here);
    here[1] = *above;
}

static void a_crash_of_the_stack_leaves_its_fingerprint(void **state)
{
    (void) state;
    char path[64];
    unsigned char found[FINGERPRINT_BYTES], expected[FINGERPRINT_BYTES];
    snprintf(path, sizeof path, "/dev/shm/yinling-in-hand-%d", (int) getpid());
    pid_t child = fork();
    if (child == 0) {
        crash_watch();
        crash_learn(NULL, path);
        set_in_hand(TEXT("path"), TEXT("bytes"));
        char start = 0;
        deeper(&start);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, found, sizeof found);
    close(fd);
    unlink(path);
    assert_int_equal(n, sizeof found);
    crash_fingerprint(TEXT("path"), TEXT("bytes"), expected);
    assert_memory_equal(found, expected, sizeof found);
}

/* -- backup and restore ---------------------------------------------------------------------------------------------- */

static int64_t lost = -1;
static void on_released(struct tx *tx, instant_ms now, int64_t events_lost, span_ms since_copy)
{
    (void) tx;
    (void) now;
    (void) since_copy;
    lost = events_lost;
}

static void random_bytes(void *context, void *ret_bytes, size_t len)
{
    (void) context;
    randombytes_buf(ret_bytes, len);
}

/* The ledger of a stopped service is put back from a copy. */
static void put_back(struct bench *b)
{
    broker_disconnect(b->client);
    node_close(b->node);
    bench_drain(b->client);
    assert_true(ledger_restored(&(struct db_settings){ .path = b->ledger }, random_bytes, NULL));
}

static void nothing_is_released_before_all_consumers_have_told(void **state)
{
    (void) state;
    struct service numbered = toy;
    numbered.released = on_released;
    own(bench_free) struct bench *b = bench_new(&numbered);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':0}");
    struct text epoch = arena_text(b->arena, b->node->epoch, strlen(b->node->epoch));
    put_back(b);
    bench_start(b);
    assert_int_equal(alarms(b, "held"), 1);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'b','action':'release'}");
    assert_true(b->node->held);
    bench_cursor(b, "warning", epoch.at, 1, false);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'c','action':'release'}");
    assert_true(b->node->held);
    bench_cursor(b, "router", epoch.at, 8, false);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'d','action':'release'}");
    assert_false(b->node->held);
    assert_int_equal(lost, 7);
    bench_later(b, 100);
    assert_int_equal(alarms(b, "held"), 0);
    assert_non_null(broker_retained(b->broker, "stream/router/cursor/intake"));
}

/* Who has told says nothing more while nothing comes from us: what was lost on its way must be had again. */
static void a_cursor_that_was_lost_does_not_hold_a_ledger_for_ever(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    struct text epoch = arena_text(b->arena, b->node->epoch, strlen(b->node->epoch));
    put_back(b);
    bench_start(b);
    b->spy.loses = "cursor/warning";
    bench_cursor(b, "warning", epoch.at, 0, false);
    bench_cursor(b, "router", epoch.at, 0, false);
    b->spy.loses = NULL;
    bench_ask(b, "operate-intake", "operator-1", "{'id':'a','action':'release'}");
    assert_true(b->node->held);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'b','action':'release'}");
    assert_false(b->node->held);
}

static void a_held_service_tells_how_far_it_has_heard(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_router_says(b, DISPATCHED("2026-000001"));
    put_back(b);
    broker_forget(b->broker);
    broker_connect(b->tester);
    bench_drain(b->tester);
    bench_start(b);
    bench_later(b, 200);
    assert_true(b->node->held);
    const char *cursor = broker_retained(b->broker, "stream/router/cursor/intake");
    assert_non_null(cursor);
    assert_non_null(strstr(cursor, "\"seq\":1"));
}

static size_t copies_in(const char *folder)
{
    glob_t found;
    char pattern[128];
    snprintf(pattern, sizeof pattern, "%s/intake/backup/*", folder);
    int code = glob(pattern, 0, NULL, &found);
    size_t count = code == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void a_running_service_backs_itself_up_once_per_request(void **state)
{
    (void) state;
    char folder[] = "/dev/shm/yinling-bench-XXXXXX";
    assert_non_null(mkdtemp(folder));
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'a','action':'backup'}");
    b->state_dir = folder;
    assert_int_equal(mkdir(arena_printf(b->arena, "%s/intake", folder).at, 0700), 0);
    bench_crash(b);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':1}");
    bench_ask(b, "operate-intake", "office-1", "{'id':'b','action':'backup'}");
    assert_int_equal(copies_in(folder), 0);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'b','action':'backup'}");
    bench_later(b, 5000);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'b','action':'backup'}"); /* its answer was late */
    assert_int_equal(copies_in(folder), 1);
    struct text why, path = arena_printf(b->arena, "%s/%s", folder, b->node->backup.file);
    struct db *copy = db_open(&(struct db_settings){ .path = path.at }, &why, b->arena);
    assert_non_null(copy);
    assert_string_equal(db_ask(copy, b->arena, "SELECT count(*) FROM stream").at, "1");
    assert_string_equal(db_ask(copy, b->arena, "SELECT value FROM meta WHERE key = 'service'").at, "intake");
    db_close(copy);
    folder_remove(folder);
    bench_ask(b, "operate-intake", "operator-1", "{'id':'c','action':'backup'}"); /* nowhere to write: refused, and no harm */
    bench_ask(b, "lead-submit", "12345", "{'id':'d','count':1}");
    assert_int_equal(bench_int(b, "SELECT count(*) FROM answered"), 2);
}

/* -- turns and views ------------------------------------------------------------------------------------------------- */

static void what_is_tried_again_in_vain_leaves_no_trace(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_router_says(b, DISPATCHED("2026-000666"));
    bench_ask(b, "operate-intake", "operator-1", "{'id':'a','action':'parked-retry','n':1}");
    assert_int_equal(bench_int(b, "SELECT count(*) FROM parked"), 1);
    assert_int_equal(b->node->done.head, 0);
    bench_ask(b, "lead-submit", "12345", "{'id':'b','count':1}");
    assert_int_equal(bench_int(b, "SELECT max(seq) FROM stream"), 1);
}

static void tombstones_of_an_earlier_run_go_too(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    bench_ask(b, "lead-submit", "12345", "{'id':'a','count':300}");
    bench_ask(b, "lead-submit", "12345", "{'id':'b','count':200,'clear':1}");
    bench_crash(b);
    bench_ask(b, "lead-submit", "12345", "{'id':'c','count':100,'from':200,'clear':1}");
    for (int i = 0; i < 70; i++)
        bench_later(b, 1000);
    assert_int_equal(bench_int(b, "SELECT count(*) FROM view"), 0);
    assert_int_equal(b->node->lanes[0].pruned, b->node->done.revision);
}

/* However the acknowledgements come, what is out has its place in the ring. */
static void one_late_acknowledgement_holds_what_is_paced_too(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    struct node *node = b->node;
    uint64_t next = node->next_token;
    int paced = node->paced_out;
    int64_t window = node->settings.window;
    for (int w = 1; w < WINDOW_MAX; w += 19) {
        node->settings.window = w;
        for (int out = 0; out <= WINDOW_MAX; out++) {
            node->next_token = node->oldest_token + (uint64_t) out;
            node->paced_out = 0;
            assert_true(window_free_paced(node) <= 0 || out + window_free_paced(node) <= WINDOW_MAX);
        }
    }
    node->settings.window = window;
    node->next_token = next;
    node->paced_out = paced;
}

/* A router that shows so many cards, and so many copies for a working group. */
static enum verdict on_order(struct tx *tx, instant_ms now, const struct request *r)
{
    (void) now;
    int64_t cards = need_int(r->in, "cards", 0, 1000), copies = need_int(r->in, "copies", 0, 1000);
    if (!is_sound(r->in))
        return refuse_for(tx, r, complaint_of(r->in));
    for (int64_t i = 0; i < cards + copies; i++) {
        struct text lead = arena_printf(tx_arena(tx), TEXT_FMT "-%lld", TEXT_ARG(r->id), (long long) i);
        struct topic topic = i < cards ? topic_of(tx_arena(tx), TOPIC_UNIT_LEAD, TEXT("market"), lead)
                                       : topic_of(tx_arena(tx), TOPIC_GROUP_LEAD, TEXT("joint"), lead);
        show_json(tx, topic, TEXT("{}"));
    }
    return answer(tx, r, NULL);
}

static const struct event_route no_events[] = { EVENT_ROUTES_END };
static const struct request_route order[] = { { REQUEST_LEAD_ORDER, on_order, ACCEPTS }, REQUEST_ROUTES_END };
static const struct service desk = {
    .name = "router", .schema = schema, .queries = queries, .query_count = 1, .events = no_events, .requests = order
};

/* While cards are going out a page of copies goes out at a time, within the cards' own window; afterwards they have theirs. */
static void copies_stay_behind_cards(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&desk);
    b->spy.holds_acks = true;
    b->spy.counted = "group/";
    bench_ask(b, "lead-order", "office-1", "{'id':'a','cards':20,'copies':500}");
    int within = b->spy.count;
    assert_in_range(within, 1, 64 - 20); /* a third of 96 is left for the next cards */
    b->spy.counted = "unit/";
    b->spy.count = 0;
    bench_ask(b, "lead-order", "office-1", "{'id':'b','cards':12,'copies':0}");
    assert_int_equal(b->spy.count, 12); /* although nothing was acknowledged */
    b->spy.counted = "group/";
    b->spy.count = 0;
    bench_later(b, 50);
    assert_int_equal(b->spy.count, 0);
    bench_later(b, 100); /* no card for a while */
    assert_true(within + b->spy.count > 96);
}

static void what_the_broker_refuses_is_an_alarm(void **state)
{
    (void) state;
    own(bench_free) struct bench *b = bench_new(&toy);
    b->spy.deny = "request/lead-track";
    bench_reconnect(b);
    assert_int_equal(alarms(b, "denied"), 0); /* the toy does not answer that */
    b->spy.deny = "request/lead-submit";
    bench_reconnect(b);
    bench_later(b, 100);
    assert_int_equal(alarms(b, "denied"), 1);
    assert_non_null(strstr(broker_retained(b->broker, "alarm/intake"), "denied"));
    b->spy.deny = NULL;
    bench_reconnect(b);
    bench_later(b, 100);
    assert_int_equal(alarms(b, "denied"), 0);
    assert_null(broker_retained(b->broker, "alarm/intake"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_refuses_at_once_and_the_stream_goes_on),
        cmocka_unit_test(a_ghost_found_while_the_disk_was_full_is_cleared_later),
        cmocka_unit_test(an_io_error_of_a_checkpoint_ends_the_process),
        cmocka_unit_test(time_does_not_run_back_over_a_crash),
        cmocka_unit_test(a_quiet_day_is_no_jump_of_the_clock),
        cmocka_unit_test(a_restart_makes_no_jump_of_the_clock_believed),
        cmocka_unit_test(a_doubted_clock_that_is_slept_over_is_not_overtaken),
        cmocka_unit_test(after_a_crash_each_message_is_tried_alone),
        cmocka_unit_test(a_crash_of_the_stack_leaves_its_fingerprint),
        cmocka_unit_test(nothing_is_released_before_all_consumers_have_told),
        cmocka_unit_test(a_cursor_that_was_lost_does_not_hold_a_ledger_for_ever),
        cmocka_unit_test(a_held_service_tells_how_far_it_has_heard),
        cmocka_unit_test(a_running_service_backs_itself_up_once_per_request),
        cmocka_unit_test(what_is_tried_again_in_vain_leaves_no_trace),
        cmocka_unit_test(tombstones_of_an_earlier_run_go_too),
        cmocka_unit_test(one_late_acknowledgement_holds_what_is_paced_too),
        cmocka_unit_test(copies_stay_behind_cards),
        cmocka_unit_test(what_the_broker_refuses_is_an_alarm),
    };
    return cmocka_run_group_tests_name("node in trouble", tests, NULL, NULL);
}
