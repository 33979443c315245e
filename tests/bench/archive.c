/* archive.c - see archive.h. */
#include "archive.h"

#include "inside.h"
#include "leads.h"
#include "rows.h"
#include "sim/world.h"
#include "yinling/topic.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SERVICES = 4, YEAR = 1971, ROUND = 500, AT_ONCE_MAX = 100, FORGOTTEN_DAYS = 40, PILES_MAX = 16, ID_ROOM = 24 };

static const struct service *(*const services[SERVICES])(void) = { sim_intake, sim_router, sim_deadline, sim_warning };

struct archive {
    const struct stage *stage;
    const struct town *town;
    struct inside *inside;
    struct node *router;
    struct arena *arena; /* of one request */
    struct pile {        /* leads of one unit that wait for their next act */
        char unit[32], leads[ROUND][ID_ROOM];
        int count;
    } piles[PILES_MAX];
    int pile_count;
    int64_t asked, refused; /* asked: the id given last; a kept town remembers those of earlier benches */
};

static void ledger_path(const struct archive *a, const char *service, char ret[PATH_ROOM * 2])
{
    snprintf(ret, PATH_ROOM * 2, "%s/%s/%s.db", a->stage->state, service, service);
}

/* -- the services ---------------------------------------------------------------------------------------------------- */

static void pile_up(struct archive *a, const char *unit, struct text lead)
{
    int i = 0;
    while (i < a->pile_count && strcmp(a->piles[i].unit, unit) != 0)
        i++;
    struct pile *p = &a->piles[i];
    if (i == a->pile_count) {
        assert(a->pile_count < PILES_MAX);
        a->pile_count++;
        snprintf(p->unit, sizeof p->unit, "%s", unit);
    }
    assert(p->count < ROUND);
    snprintf(p->leads[p->count++], ID_ROOM, TEXT_FMT, TEXT_ARG(lead));
}

static void on_said(void *context, const json_t *event)
{
    if (text_is_c(json_text_at(event, "type"), event_specs[EVENT_LEAD_DISPATCHED].name))
        pile_up(context, json_string_value(json_object_get(json_object_get(event, "data"), "unit")),
                json_text_at(event, "subject"));
}

static void on_answer(void *context, struct text account, struct text bytes)
{
    struct archive *a = context;
    if (memmem(bytes.at, bytes.len, "\"ok\":true", 9) == NULL && a->refused++ == 0)
        fprintf(stderr, "bench: " TEXT_FMT " was refused: " TEXT_FMT "\n", TEXT_ARG(account), TEXT_ARG(bytes));
}

static bool read_key(const struct archive *a, const char *service, unsigned char ret[32])
{
    char path[PATH_ROOM * 2];
    snprintf(path, sizeof path, "%s/secrets/%s.key", a->stage->state, service);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool fine = fd >= 0 && read(fd, ret, 32) == 32;
    if (fd >= 0)
        close(fd);
    return fine;
}

static bool open_services(struct archive *a, instant_ms now)
{
    char path[PATH_ROOM * 2];
    unsigned char key[32];
    a->inside = inside_new(a->town, now);
    inside_hook(a->inside, (struct inside_hooks){ .said = on_said, .answered = on_answer, .context = a });
    for (int i = 0; i < SERVICES; i++) {
        const struct service *s = services[i]();
        ledger_path(a, s->name, path);
        struct node *node = read_key(a, s->name, key) ? inside_add(a->inside, s, path, key) : NULL;
        if (!node)
            return false;
        a->router = strcmp(s->name, SERVICE_ROUTER) == 0 ? node : a->router;
    }
    inside_settle(a->inside);
    inside_at(a->inside, later(now, SPAN_S(1)));
    return true;
}

static void close_services(struct archive *a)
{
    a->inside = inside_free(a->inside);
}

/* -- people ---------------------------------------------------------------------------------------------------------- */

static void submit(struct archive *a, int64_t i)
{
    char account[32];
    arena_reset(a->arena);
    snprintf(account, sizeof account, "bench-%02d@d%d", (int) (i % 20), (int) (i / 20 % 5));
    struct text body =
        arena_printf(a->arena, "{\"id\":\"a-%lld\",\"text\":\"%s（第%lld件）。\",\"village\":\"3704811042%02lld\"}",
                     (long long) ++a->asked, lead_texts[i % LEAD_TEXTS], (long long) i, (long long) (i % 90));
    inside_ask(a->inside, "lead-submit", account, body);
}

/* One act on up to a hundred leads of a unit. */
static void act_on(struct archive *a, const char *kind, const char *account, const char *fields, char leads[][ID_ROOM],
                   int count)
{
    json_t *list = json_array();
    arena_reset(a->arena);
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_string(leads[i]));
    struct text body = arena_printf(a->arena, "{\"id\":\"a-%lld\",%s,\"leads\":" TEXT_FMT "}", (long long) ++a->asked, fields,
                                    TEXT_ARG(json_text(a->arena, json_keep(a->arena, list))));
    inside_ask(a->inside, kind, account, body);
}

static void act_on_all(struct archive *a, const char *kind, const char *fields, bool by_unit)
{
    char account[48];
    for (int i = 0; i < a->pile_count; i++) {
        struct pile *p = &a->piles[i];
        snprintf(account, sizeof account, by_unit ? "staff-%s-1" : "office-2", p->unit);
        for (int k = 0; k < p->count; k += AT_ONCE_MAX)
            act_on(a, kind, account, fields, p->leads + k, p->count - k < AT_ONCE_MAX ? p->count - k : AT_ONCE_MAX);
    }
    inside_settle(a->inside);
}

/* What is on the piles is signed for and concluded by its unit and verified by the office. */
static void close_all(struct archive *a)
{
    act_on_all(a, "lead-reply", "\"action\":\"sign\"", true);
    act_on_all(a, "lead-reply",
               "\"action\":\"conclude\",\"finding\":\"unfounded\",\"public_answer\":\"经核查，反映的情况不属实。\"", true);
    act_on_all(a, "lead-order", "\"action\":\"verify\",\"pass\":true", false);
    for (int i = 0; i < a->pile_count; i++)
        a->piles[i].count = 0;
}

static void submit_many(struct archive *a, int64_t count, bool closes)
{
    for (int64_t i = 0; i < count; i++) {
        submit(a, i);
        if ((i + 1) % ROUND && i + 1 < count)
            continue;
        inside_settle(a->inside);
        if (closes)
            close_all(a);
        for (int k = 0; k < a->pile_count; k++)
            a->piles[k].count = 0;
        inside_at(a->inside, later(inside_now(a->inside), closes ? SPAN_DAYS(1) : SPAN_S(1)));
    }
}

/* -- the years ------------------------------------------------------------------------------------------------------- */

static void live_one_year(struct archive *a, int64_t leads)
{
    submit_many(a, leads, true);
    for (int day = 0; day < FORGOTTEN_DAYS; day++) /* until the channels' cards of closed leads are gone */
        inside_at(a->inside, later(inside_now(a->inside), SPAN_DAYS(1)));
}

/* Each ledger in a process of its own: they have nothing to do with each other until the cursors are put right. */
static bool copy_years(const struct archive *a)
{
    char path[PATH_ROOM * 2], its[PATH_ROOM * 2];
    bool fine = true;
    for (int i = 0; i < SERVICES; i++) {
        if (fork() == 0) {
            ledger_path(a, services[i]()->name, path);
            _exit(rows_multiply(path, YEAR, ARCHIVE_YEARS) ? 0 : 3);
        }
    }
    for (int i = 0, status; i < SERVICES; i++)
        fine = wait(&status) > 0 && status == 0 && fine;
    for (const struct stream_edge *e = stream_edges; e->producer && fine; e++) {
        if (e->later)
            continue;
        ledger_path(a, e->consumer, path);
        ledger_path(a, e->producer, its);
        fine = rows_heard_all(path, e->producer, its);
    }
    return fine;
}

static instant_ms present(void)
{
    return (instant_ms){ (int64_t) time(NULL) * 1000 };
}

static bool begin(struct archive *a, const struct stage *stage)
{
    own(findings_free) struct findings *findings = findings_new();
    *a = (struct archive){ .stage = stage, .arena = arena_new(64 * 1024), .asked = (int64_t) time(NULL) * 10000 };
    a->town = town_load(stage->town, findings);
    inside_syncs_nothing = true;
    return a->town != NULL;
}

/* The services' last words are on the disk when this returns. */
static bool end(struct archive *a, bool fine)
{
    close_services(a);
    town_free(a->town);
    arena_free(a->arena);
    inside_syncs_nothing = false;
    int fd = open(a->stage->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        syncfs(fd);
        close(fd);
    }
    if (a->refused)
        fprintf(stderr, "bench: %lld requests were refused while the ledgers were made\n", (long long) a->refused);
    return fine && a->refused == 0;
}

static void forget_ledgers(const struct archive *a)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    char path[PATH_ROOM * 2], file[PATH_ROOM * 2 + 8];
    for (int i = 0; i < SERVICES; i++) {
        ledger_path(a, services[i]()->name, path);
        for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
            snprintf(file, sizeof file, "%s%s", path, endings[k]);
            unlink(file);
        }
    }
}

/* The open leads of the years since the copies; all are on a unit's desk. True: there were some. */
static bool pile_up_open(struct archive *a)
{
    arena_reset(a->arena);
    struct text found =
        node_ask(a->router, a->arena,
                 "SELECT json_group_array(json_array(unit, lead)) FROM (SELECT unit, lead FROM lead WHERE lead > "
                 "'2021-' AND status = 1 LIMIT 500)");
    json_t *all = json_loadb(found.at, found.len, 0, NULL), *one;
    size_t i, count = json_array_size(all);
    json_array_foreach(all, i, one)
        pile_up(a, json_string_value(json_array_get(one, 0)), text_of(json_string_value(json_array_get(one, 1))));
    json_decref(all);
    return count > 0;
}

static bool opens_some(struct archive *a, int64_t open)
{
    inside_at(a->inside, latest(inside_now(a->inside), present()));
    submit_many(a, open, false);
    return true;
}

bool archive_make(const struct stage *stage, int64_t leads, int64_t open)
{
    static struct archive a;
    if (!begin(&a, stage))
        return end(&a, false);
    forget_ledgers(&a);
    instant_ms spring = instant_of_civil(YEAR, 3, 1, 9, 0, 0);
    int64_t began = now_us();
    if (!open_services(&a, spring))
        return end(&a, false);
    live_one_year(&a, leads / ARCHIVE_YEARS);
    instant_ms last = inside_now(a.inside);
    close_services(&a);
    fprintf(stderr, "bench:   a year of %lld leads lived through in %.1f s\n", (long long) (leads / ARCHIVE_YEARS),
            (double) (now_us() - began) / 1e6);
    began = now_us();
    if (!copy_years(&a) || !open_services(&a, last))
        return end(&a, false);
    fprintf(stderr, "bench:   copied into %d years in %.1f s\n", ARCHIVE_YEARS, (double) (now_us() - began) / 1e6);
    return end(&a, opens_some(&a, open));
}

bool archive_refresh(const struct stage *stage, int64_t open)
{
    static struct archive a;
    char path[PATH_ROOM * 2];
    instant_ms kept = { 0 };
    if (!begin(&a, stage))
        return end(&a, false);
    for (int i = 0; i < SERVICES; i++) {
        ledger_path(&a, services[i]()->name, path);
        kept = latest(kept, (instant_ms){ rows_number(path, "SELECT value FROM meta WHERE key = 'now'", 0) });
    }
    if (!open_services(&a, kept))
        return end(&a, false);
    while (pile_up_open(&a) && a.refused == 0)
        close_all(&a);
    return end(&a, opens_some(&a, open));
}
