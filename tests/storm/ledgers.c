/* ledgers.c - see ledgers.h. */
#include "ledgers.h"

#include "leads.h"
#include "services/runtime/db.h"
#include "services/runtime/stream.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CURSORS_MAX = 8, WORD_ROOM = 40, HEX_ROOM = 2 * 32 + 1 };

struct cursor {
    char producer[WORD_ROOM], epoch[HEX_ROOM], hash[HEX_ROOM];
    long long seq;
};

struct ledger {
    struct db *db;
    struct arena *arena;
    char epoch[HEX_ROOM], head_hash[HEX_ROOM];
    int64_t head, breaks;
    struct cursor cursors[CURSORS_MAX];
    size_t cursor_count;
};

static struct ledger ledger_open(const struct storm *s, enum process which)
{
    char file[64], path[STORM_PATH_ROOM];
    struct text why = NO_TEXT;
    struct ledger l = { .arena = arena_new(1 << 20) };
    snprintf(file, sizeof file, "%s.db", process_names[which]);
    place_path(s, which, file, path);
    l.db = db_open(&(struct db_settings){ .path = path }, &why, l.arena);
    if (!l.db)
        printf("%s: " TEXT_FMT "\n", path, TEXT_ARG(why));
    return l;
}

static void ledger_close(struct ledger *l)
{
    db_close(l->db);
    arena_free(l->arena);
}

static int64_t number_in(const struct ledger *l, const char *sql)
{
    int64_t number = -1;
    text_int(db_ask(l->db, l->arena, sql), &number);
    return number;
}

typedef void line_reader(void *context, char *line);

static void each_line(const struct ledger *l, const char *sql, line_reader *read, void *context)
{
    struct text all = db_ask(l->db, l->arena, sql);
    char *lines = strndup(all.at ? all.at : "", all.len), *keep = NULL;
    for (char *line = strtok_r(lines, "\n", &keep); line; line = strtok_r(NULL, "\n", &keep))
        read(context, line);
    free(lines);
}

/* -- chains and cursors ---------------------------------------------------------------------------------------------- */

struct chain {
    int64_t seq, breaks;
    unsigned char hash[HASH_BYTES];
    char hex[HEX_ROOM];
};

static void check_link(void *context, char *line)
{
    struct chain *c = context;
    char *stored = strchr(line, ' ') + 1, *body = strchr(stored, ' ') + 1;
    c->breaks += strtoll(line, NULL, 10) != ++c->seq;
    event_next_hash(c->hash, text_of(body));
    sodium_bin2hex(c->hex, sizeof c->hex, c->hash, sizeof c->hash);
    c->breaks += strncasecmp(c->hex, stored, sizeof c->hex - 1) != 0;
}

static void read_cursor(void *context, char *line)
{
    struct ledger *l = context;
    struct cursor *c = &l->cursors[l->cursor_count];
    if (l->cursor_count < CURSORS_MAX && sscanf(line, "%39s %64s %lld %64s", c->producer, c->epoch, &c->seq, c->hash) >= 3)
        l->cursor_count++;
}

static void read_stream(struct ledger *l)
{
    struct chain chain = { 0 };
    each_line(l,
              "SELECT group_concat(seq || ' ' || hex(hash) || ' ' || body, char(10)) FROM (SELECT * FROM stream ORDER BY seq)",
              check_link, &chain);
    each_line(l, "SELECT group_concat(producer || ' ' || epoch || ' ' || seq || ' ' || hash, char(10)) FROM cursor",
              read_cursor, l);
    struct text epoch = db_ask(l->db, l->arena, "SELECT value FROM meta WHERE key = 'epoch'");
    snprintf(l->epoch, sizeof l->epoch, TEXT_FMT, TEXT_ARG(epoch));
    memcpy(l->head_hash, chain.hex, sizeof l->head_hash);
    l->head = chain.seq;
    l->breaks = chain.breaks;
}

static bool is_at_head(const struct ledger *all, const struct cursor *c)
{
    for (int i = 0; i < SERVICES; i++) {
        if (strcmp(process_names[i], c->producer) == 0)
            return strcmp(all[i].epoch, c->epoch) == 0 && all[i].head == c->seq && strcmp(all[i].head_hash, c->hash) == 0;
    }
    return false;
}

static void count_streams(struct storm *s, struct ledger *all)
{
    int64_t events = 0, breaks = 0, behind = 0, parked = 0;
    for (int i = 0; i < SERVICES; i++) {
        read_stream(&all[i]);
        events += all[i].head;
        breaks += all[i].breaks;
        parked += number_in(&all[i], "SELECT count(*) FROM parked");
    }
    for (int i = 0; i < SERVICES; i++) {
        for (size_t c = 0; c < all[i].cursor_count; c++)
            behind += !is_at_head(all, &all[i].cursors[c]);
    }
    printf("%lld events in the streams\n", (long long) events);
    storm_check(s, breaks == 0 && events > 0, "every stream is numbered without a gap and its chain of hashes holds; breaks",
                breaks);
    storm_check(s, behind == 0, "every cursor is at its producer's head, with its hash; behind", behind);
    storm_check(s, parked == 0, "no event is parked; parked", parked);
}

/* -- leads ----------------------------------------------------------------------------------------------------------- */

struct rows_read {
    struct storm *storm;
    int64_t rows, differ;
};

static const struct lead *lead_in(struct storm *s, const char *id)
{
    const char *dash = strchr(id, '-');
    const struct lead *l = dash ? leads_numbered(s, strtoll(dash + 1, NULL, 10)) : NULL;
    return l && l->is_accepted ? l : NULL;
}

static bool is_unit(const struct storm *s, const struct lead *l, const char *unit)
{
    return l->unit < 0 || text_is_c(s->town->units[l->unit].code, unit);
}

static void compare_life(void *context, char *line)
{
    struct rows_read *r = context;
    char id[WORD_ROOM], unit[WORD_ROOM];
    int status, round, sealed;
    bool is_read = sscanf(line, "%39s %d %39s %d %d", id, &status, unit, &round, &sealed) == 5;
    const struct lead *l = is_read ? lead_in(r->storm, id) : NULL;
    r->rows++;
    r->differ += !l || status != l->stage || round != l->round || !is_unit(r->storm, l, unit) ||
                 (sealed > 0) != (l->is_sealed || l->is_complaint);
}

/* The clocks of a lead as its life has them: to sign while it waits for that, an overall one until it is closed. */
static void compare_clocks(void *context, char *line)
{
    struct rows_read *r = context;
    char id[WORD_ROOM], unit[WORD_ROOM];
    int stage, round, signs, overall, open;
    bool is_read = sscanf(line, "%39s %d %39s %d %d %d %d", id, &stage, unit, &round, &signs, &overall, &open) == 7;
    const struct lead *l = is_read ? lead_in(r->storm, id) : NULL;
    r->rows++;
    if (!l) {
        r->differ++;
        return;
    }
    int stage_wanted = l->stage == STAGE_CLOSED ? 3 : l->stage == STAGE_CONCLUDED ? 2 : 1;
    bool is_closed = l->stage == STAGE_CLOSED;
    r->differ += stage != stage_wanted || round != l->round || !is_unit(r->storm, l, unit) ||
                 signs != (l->stage == STAGE_DISPATCHED) || overall != !is_closed || (is_closed && open);
}

static void count_leads(struct storm *s, const struct ledger *all)
{
    int64_t accepted = leads_accepted(s);
    struct rows_read lives = { .storm = s }, clocks = { .storm = s };
    each_line(&all[ROUTER],
              "SELECT group_concat(lead || ' ' || status || ' ' || unit || ' ' || round || ' ' || sealed, char(10)) FROM lead",
              compare_life, &lives);
    each_line(
        &all[DEADLINE],
        "SELECT group_concat(lead || ' ' || stage || ' ' || unit || ' ' || round || ' ' || signs || ' ' || overall || ' ' "
        "|| open, char(10)) FROM (SELECT l.*, "
        "(SELECT count(*) FROM clock c WHERE c.lead = l.lead AND c.clock = 2 AND c.state IN (1, 3)) AS signs, "
        "(SELECT count(*) FROM clock c WHERE c.lead = l.lead AND c.clock = 9 AND c.state IN (1, 3)) AS overall, "
        "(SELECT count(*) FROM clock c WHERE c.lead = l.lead AND c.state IN (1, 3)) AS open FROM lead l)",
        compare_clocks, &clocks);
    int64_t received = number_in(&all[INTAKE], "SELECT count(DISTINCT subject) FROM stream WHERE type = 'lead.received'");
    int64_t said = number_in(&all[INTAKE], "SELECT count(*) FROM stream WHERE type = 'lead.received'");
    int64_t stored = number_in(&all[INTAKE], "SELECT count(*) FROM lead");
    int64_t dispatched = number_in(&all[ROUTER], "SELECT count(*) FROM stream WHERE type = 'lead.dispatched'");
    storm_check(s, received == accepted && said == accepted && stored == accepted,
                "intake has each accepted lead once and said so once; leads", stored);
    storm_check(s, lives.rows == accepted && dispatched == accepted && lives.differ == 0,
                "the router has each where the answers say: status, unit, round; elsewhere", lives.differ);
    storm_check(s, clocks.rows == accepted && clocks.differ == 0,
                "the clocks of each are those of its status, with the same unit and round; not", clocks.differ);
}

void ledgers_count(struct storm *s)
{
    struct ledger all[SERVICES];
    bool opened = true;
    for (int i = 0; i < SERVICES; i++) {
        all[i] = ledger_open(s, (enum process) i);
        opened = opened && all[i].db;
    }
    storm_check(s, opened, "every ledger opens and passes SQLite's own check; ledgers", SERVICES);
    if (opened) {
        count_streams(s, all);
        count_leads(s, all);
    }
    for (int i = 0; i < SERVICES; i++)
        ledger_close(&all[i]);
}
