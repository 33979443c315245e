/* test_editions.c - which edition a node runs under, and which earlier ones it keeps at hand. */
#include "node_bench.h"
#include "tests/kit/folder.h"

/* Numbers what is loaded, so that one loaded anew is another, wherever it lies. */
static void *on_loaded(const struct town *town)
{
    static char numbers[100];
    static int loaded;
    (void) town;
    return &numbers[loaded++];
}

static const struct service quiet = { .name = "intake", .schema = "", .prepare = on_loaded };

struct site {
    struct folder state, town; /* where editions are installed; the folder they are made from */
    struct broker *broker;
    struct node *node;
    int64_t steady_ms;
};

/* Another edition of the town, in use from now on. */
static struct text next_edition(struct site *p, struct arena *arena)
{
    char id[EDITION_HEX + 1];
    own(findings_free) struct findings *findings = findings_new();
    struct text was = folder_read(arena, arena_printf(arena, "%s/routing.yaml", p->town.path).at);
    folder_write(&p->town, "routing.yaml", arena_printf(arena, TEXT_FMT "# changed\n", TEXT_ARG(was)));
    assert_int_equal(edition_install(p->town.path, p->state.path, findings, id), EDITION_INSTALLED);
    return arena_text(arena, id, EDITION_HEX);
}

static void begin(struct site *p, struct arena *arena)
{
    assert_true(sodium_init() >= 0);
    *p = (struct site){ .state = folder_empty(), .town = folder_new(), .broker = broker_new(), .steady_ms = 1000000 };
    next_edition(p, arena);
    p->node = node_open(&(struct node_settings){ .service = &quiet,
                                                 .bus = broker_bus(broker_client(p->broker, "intake")),
                                                 .state_dir = p->state.path,
                                                 .town = arena_printf(arena, "%s/editions/current", p->state.path).at,
                                                 .version = "test",
                                                 .wall = { BENCH_START },
                                                 .boot_ms = p->steady_ms,
                                                 .window = 96 });
    assert_non_null(p->node);
}

static void end(struct site *p)
{
    node_close(p->node);
    broker_free(p->broker);
    folder_end(&p->town);
    folder_remove(p->state.path);
}

static struct text edition_after(struct site *p, int64_t ms)
{
    instant_ms next;
    p->steady_ms += ms;
    node_turn(p->node, (instant_ms){ BENCH_START + p->steady_ms - 1000000 }, p->steady_ms, &next);
    return node_town(p->node)->edition;
}

static void what_a_handler_holds_stays_when_others_are_loaded(void **state)
{
    (void) state;
    own(arena_free) struct arena *arena = arena_new(1 << 20);
    struct site p;
    begin(&p, arena);
    struct text first = next_edition(&p, arena);
    const struct town *held = town_of_edition(&p.node->tx, first);
    assert_non_null(held);
    const void *loaded = prepared_of(&p.node->tx, held);
    for (int i = 0; i < EDITIONS_MAX + 2; i++) {
        struct text other = next_edition(&p, arena);
        assert_ptr_equal(town_of_edition(&p.node->tx, first), held);
        assert_ptr_equal(prepared_of(&p.node->tx, held), loaded);
        assert_non_null(town_of_edition(&p.node->tx, other));
    }
    assert_true(text_is(held->edition, first));
    end(&p);
}

static void an_edition_that_could_not_be_read_is_tried_again(void **state)
{
    (void) state;
    own(arena_free) struct arena *arena = arena_new(1 << 20);
    struct site p;
    begin(&p, arena);
    struct text was = edition_after(&p, 0), is = next_edition(&p, arena);
    const char *there = arena_printf(arena, "%s/editions/" TEXT_FMT, p.state.path, TEXT_ARG(is)).at;
    const char *away = arena_printf(arena, "%s/away", p.state.path).at;
    assert_int_equal(rename(there, away), 0);
    assert_true(text_is(edition_after(&p, 2000), was));
    assert_int_equal(rename(away, there), 0);
    assert_true(text_is(edition_after(&p, 61000), is));
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_handler_holds_stays_when_others_are_loaded),
        cmocka_unit_test(an_edition_that_could_not_be_read_is_tried_again),
    };
    return cmocka_run_group_tests_name("editions", tests, NULL, NULL);
}
