/* books.c - see books.h. Both sides are written as lines, sorted, and compared as bags: a line too many was done twice or by nobody, a
 * line too few was promised and lost. A ledger that was put back is not asked: what it lost nobody here can know. */
#include "sim/books.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 16384, LINE_MAX_BYTES = 112 };

struct bag {
    size_t count;
    char lines[LINES_MAX][LINE_MAX_BYTES];
};

/* One kind of request and the rows of a ledger that tell of it: subject|account|action. */
struct book {
    const char *what, *service, *kind, *action; /* action NULL: any, and the rows name it */
    const char *made;    /* field of the answer that names what was made; NULL: the leads named were acted on */
    const char *rows;    /* a SELECT of one text, a line for each */
    const char *unasked; /* those of them that may be there though nobody asked; NULL: none */
};

struct pair {
    const struct book *book;
    struct bag *told, *maybe; /* granted; never answered, so that it may have happened */
};

static void put(struct bag *bag, const char *subject, const char *account, const char *action)
{
    assert(bag->count < LINES_MAX);
    snprintf(bag->lines[bag->count++], LINE_MAX_BYTES, "%s|%s|%s", subject, account, action);
}

static const char *string_at(const json_t *object, const char *field)
{
    const char *s = json_string_value(json_object_get(object, field));
    return s ? s : "";
}

static void put_asked(void *context, const struct asked *a)
{
    const struct pair *p = context;
    const struct book *b = p->book;
    struct bag *bag = a->answer ? p->told : p->maybe;
    if (strcmp(a->kind, b->kind) != 0 || (b->action && strcmp(string_at(a->body, "action"), b->action) != 0))
        return;
    const char *action = b->action || b->made ? "" : string_at(a->body, "action");
    const json_t *leads = json_object_get(a->body, "leads"), *lead;
    size_t i;
    if (b->made && !a->answer)
        put(bag, "?", "", "");
    else if (b->made && !string_at(a->answer, "duplicate_of")[0])
        put(bag, string_at(a->answer, b->made), "", "");
    else if (!b->made && !leads)
        put(bag, string_at(a->body, "lead"), a->account, action);
    json_array_foreach(leads, i, lead) put(bag, json_string_value(lead), a->account, action);
}

static void put_rows(struct world *w, struct bag *bag, const char *service, const char *sql)
{
    struct text all = world_ask_ledger(w, service, sql);
    char *lines = strndup(all.at ? all.at : "", all.len), *keep = NULL;
    for (char *line = strtok_r(lines, "\n", &keep); line; line = strtok_r(NULL, "\n", &keep)) {
        assert(bag->count < LINES_MAX);
        snprintf(bag->lines[bag->count++], LINE_MAX_BYTES, "%s", line);
    }
    free(lines);
    arena_reset(w->arena);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Takes from the bag one line that this row of the ledger may come from. */
static bool taken(struct bag *maybe, const char *row)
{
    for (size_t i = 0; i < maybe->count; i++) {
        const char *line = maybe->lines[i];
        if (strcmp(line, row) != 0 && (line[0] != '?' || strcmp(line + 1, strchr(row, '|')) != 0))
            continue;
        memmove(maybe->lines[i], maybe->lines[--maybe->count], LINE_MAX_BYTES);
        return true;
    }
    return false;
}

static void compare(struct world *w, struct pair *p, struct bag *kept)
{
    struct bag *told = p->told;
    qsort(told->lines, told->count, sizeof *told->lines, by_bytes);
    qsort(kept->lines, kept->count, sizeof *kept->lines, by_bytes);
    for (size_t i = 0, k = 0; i < told->count || k < kept->count;) {
        int order = i == told->count ? 1 : k == kept->count ? -1 : strcmp(told->lines[i], kept->lines[k]);
        if (order < 0)
            world_fail(w, "%s was granted and is not in the ledger: %s", p->book->what, told->lines[i]);
        if (order > 0 && !taken(p->maybe, kept->lines[k]))
            world_fail(w, "%s is in the ledger, and nobody asked for it or was told so: %s", p->book->what, kept->lines[k]);
        i += order <= 0;
        k += order >= 0;
    }
}

static const struct book books[] = {
    { "a reply", "router", "lead-reply", NULL, NULL,
      "SELECT group_concat(lead || '|' || by || '|' || action, char(10)) FROM act WHERE by LIKE 'staff-%'", NULL },
    { "an order", "router", "lead-order", NULL, NULL,
      "SELECT group_concat(lead || '|' || by || '|' || action, char(10)) FROM act WHERE by LIKE 'office-%'", NULL },
    { "a lead", "intake", "lead-submit", NULL, "lead",
      "SELECT group_concat(subject || '||', char(10)) FROM stream WHERE type = 'lead.received'",
      /* what is said on a phone makes a lead without an answer */
      "SELECT group_concat(subject || '||', char(10)) FROM stream WHERE type = 'lead.received' AND json_extract(body, '$.by') = "
      "'field'" },
    { "a warning", "warning", "warning-order", "issue", "warning", "SELECT group_concat(id || '||', char(10)) FROM warning",
      NULL },
    { "a cancellation", "warning", "warning-order", "cancel", "warning",
      "SELECT group_concat(subject || '||', char(10)) FROM stream WHERE type = 'warning.cancelled'", NULL },
};

void books_balance(struct world *w, const struct people *people)
{
    static struct bag told, maybe, kept;
    for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
        struct pair p = { &books[i], &told, &maybe };
        if (world_machine(w, books[i].service)->restored)
            continue;
        told.count = maybe.count = kept.count = 0;
        people_each_asked(people, put_asked, &p);
        put_rows(w, &kept, books[i].service, books[i].rows);
        if (books[i].unasked)
            put_rows(w, &maybe, books[i].service, books[i].unasked);
        compare(w, &p, &kept);
    }
}
