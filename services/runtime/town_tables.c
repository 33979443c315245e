/* town_tables.c - reads villages.csv, workers.csv and people.csv.
 *
 * An account's name says its kind and scope (account.h), so a row whose name and contents disagree is refused: a worker whose digits
 * are another village's, a staff account of another unit. */
#include "yinling/account.h"
#include "town_parts.h"

#include <stdlib.h>
#include <string.h>

#define PEOPLE_MAX 2000 /* a dozen units with some accounts each; the broker's tables are sized for it too */
#define SUFFIX "村委会"
#define DIGITS 3
#define DIGITS_COUNT 1000

/* ---- villages */

static bool is_code_of(const struct town *town, struct text code)
{
    if (code.len != 12 || !text_starts(code, town->code))
        return false;
    for (size_t i = 0; i < code.len; i++)
        if (code.at[i] < '0' || code.at[i] > '9')
            return false;
    return true;
}

static struct text without_suffix(const struct making *m, struct text name)
{
    size_t suffix = strlen(SUFFIX);
    if (name.len > suffix && memcmp(name.at + name.len - suffix, SUFFIX, suffix) == 0)
        name.len -= suffix;
    return arena_copy(m->arena, name);
}

static void check_village(const struct making *m, const struct village *village)
{
    if (!is_code_of(m->town, village->code))
        find_error(m->into, village->line, "村代码“" TEXT_FMT "”应是12位数字，并以镇代码" TEXT_FMT "开头",
                   TEXT_ARG(village->code), TEXT_ARG(m->town->code));
    if (village->name.len == 0)
        find_error(m->into, village->line, "村名不能为空");
    for (const struct village *before = m->town->villages; before < village; before++) {
        if (text_is(before->digits, village->digits))
            find_error(m->into, village->line, "村代码“" TEXT_FMT "”的末三位与第%d行重复", TEXT_ARG(village->code),
                       before->line.line);
        if (text_is(before->name, village->name))
            find_error(m->into, village->line, "村名“" TEXT_FMT "”与第%d行重复", TEXT_ARG(village->name), before->line.line);
    }
}

static bool villages_load(const struct making *m)
{
    const struct csv *csv = csv_load(m->arena, town_path(m, "villages.csv"), VILLAGES_MAX, m->into);
    if (!csv)
        return false;
    size_t count = csv_rows(csv);
    struct village *villages = arena_take(m->arena, (count + 1) * sizeof *villages);
    m->town->villages = villages;
    m->town->village_count = count;
    for (size_t i = 0; i < count; i++) {
        struct text code = csv_get(csv, i, "code");
        size_t skip = code.len > DIGITS ? code.len - DIGITS : 0;
        villages[i].line = csv_place(csv, i);
        villages[i].code = code;
        villages[i].digits = code.at ? (struct text){ code.at + skip, code.len - skip } : NO_TEXT;
        villages[i].name = without_suffix(m, csv_get(csv, i, "name"));
        if (code.at && villages[i].name.at && m->town->code.at)
            check_village(m, &villages[i]);
    }
    return true;
}

/* ---- workers */

static int worker_order(const void *a, const void *b)
{
    const struct worker *left = a, *right = b;
    if (left->village != right->village)
        return left->village < right->village ? -1 : 1;
    if (left->account.len != right->account.len) /* w200-2 before w200-10 */
        return left->account.len < right->account.len ? -1 : 1;
    return text_order(left->account, right->account);
}

static bool worker_read(const struct making *m, const struct csv *csv, size_t row, struct worker *ret)
{
    struct text name = csv_get(csv, row, "account"), code = csv_get(csv, row, "village");
    struct place line = csv_place(csv, row);
    struct account account;
    if (!name.at || !code.at)
        return false;
    if (!account_read(name.at, name.len, &account) || account.kind != ACCOUNT_WORKER) {
        find_error(m->into, line, "“" TEXT_FMT "”不是网格员账号名，应写作 w200-1", TEXT_ARG(name));
        return false;
    }
    const struct village *village = code.len == 12 ? town_village(m->town, code) : NULL;
    if (!village)
        find_error(m->into, line, "网格员 " TEXT_FMT " 的村“" TEXT_FMT "”不在 villages.csv 中", TEXT_ARG(name), TEXT_ARG(code));
    else if (is_code_of(m->town, village->code) && !text_is_c(village->digits, account.scope))
        find_error(m->into, line, "网格员 " TEXT_FMT " 的账号名与所在村“" TEXT_FMT "”（末三位" TEXT_FMT "）不符",
                   TEXT_ARG(name), TEXT_ARG(village->name), TEXT_ARG(village->digits));
    *ret = (struct worker){ line, name, village };
    return village != NULL;
}

static void workers_load(const struct making *m)
{
    const struct csv *csv = csv_load(m->arena, town_path(m, "workers.csv"), WORKERS_MAX, m->into);
    if (!csv)
        return;
    size_t count = 0;
    struct worker *workers = arena_take(m->arena, (csv_rows(csv) + 1) * sizeof *workers);
    for (size_t i = 0; i < csv_rows(csv); i++)
        count += worker_read(m, csv, i, &workers[count]);
    qsort(workers, count, sizeof *workers, worker_order);
    for (size_t i = 1; i < count; i++)
        if (text_is(workers[i - 1].account, workers[i].account)) {
            struct place one = workers[i - 1].line, two = workers[i].line; /* the sort may have put them in either order */
            struct place later = one.line > two.line ? one : two;
            find_error(m->into, later, "网格员账号 " TEXT_FMT " 重复，第%d行已有", TEXT_ARG(workers[i].account),
                       later.line == one.line ? two.line : one.line);
        }
    m->town->workers = workers;
    m->town->worker_count = count;
}

/* ---- people */

/* Which posts an account's kind may have; the others have none. */
static const struct {
    enum account_kind kind;
    const char *posts[5];
} posts_of[] = {
    { ACCOUNT_STAFF, { "handler", "liaison", "deputy", "head", NULL } },
    { ACCOUNT_OFFICE, { "caller", "director", NULL } },
    { ACCOUNT_DISCIPLINE, { NULL } },
    { ACCOUNT_PUBLICITY, { NULL } },
    { ACCOUNT_DASHBOARD, { NULL } },
    { ACCOUNT_OPERATOR, { NULL } },
};

static void check_post(const struct making *m, const struct person *p, enum account_kind kind)
{
    for (size_t i = 0; i < sizeof posts_of / sizeof *posts_of; i++) {
        if (posts_of[i].kind != kind)
            continue;
        const char *const *post = posts_of[i].posts;
        if (!*post && p->post.len == 0)
            return;
        struct text words = TEXT("");
        for (; *post; post++) {
            if (text_is_c(p->post, *post))
                return;
            words = arena_printf(m->arena, TEXT_FMT " %s", TEXT_ARG(words), *post);
        }
        find_error(m->into, p->line, TEXT_FMT " 的岗位“" TEXT_FMT "”不对，%s" TEXT_FMT, TEXT_ARG(p->account), TEXT_ARG(p->post),
                   words.len > 0 ? "应为" : "应空着", TEXT_ARG(words));
        return;
    }
    find_error(m->into, p->line,
               "账号 " TEXT_FMT " 不属于 people.csv：渠道写在 town.yaml，村和网格员由 villages.csv、workers.csv 而来",
               TEXT_ARG(p->account));
}

static void check_units(const struct making *m, const struct person *p, const struct account *account)
{
    if (account->kind == ACCOUNT_STAFF && !text_is_c(p->unit, account->scope))
        find_error(m->into, p->line, TEXT_FMT " 的单位应是“%s”，写的是“" TEXT_FMT "”", TEXT_ARG(p->account), account->scope,
                   TEXT_ARG(p->unit));
    if (p->unit.len > 0 && !town_unit(m->town, p->unit))
        find_error(m->into, p->line, TEXT_FMT " 的单位“" TEXT_FMT "”不是本镇的单位代码", TEXT_ARG(p->account),
                   TEXT_ARG(p->unit));
    if (p->home_unit.len > 0 && !town_unit(m->town, p->home_unit))
        find_error(m->into, p->line, TEXT_FMT " 的所属单位“" TEXT_FMT "”不是本镇的单位代码", TEXT_ARG(p->account),
                   TEXT_ARG(p->home_unit));
}

static unsigned groups_read(const struct making *m, struct place line, struct text words)
{
    unsigned groups = 0;
    for (size_t at = 0, end; at < words.len; at = end + 1) {
        for (end = at; end < words.len && words.at[end] != ' ';)
            end++;
        if (end > at)
            groups |= town_group_bit(m, line, arena_text(m->arena, words.at + at, end - at));
    }
    return groups;
}

static bool person_read(const struct making *m, const struct csv *csv, size_t row, struct person *ret)
{
    struct person p = { .line = csv_place(csv, row), .account = csv_get(csv, row, "account") };
    struct account account;
    p.unit = csv_get(csv, row, "unit");
    p.post = csv_get(csv, row, "post");
    p.stand_in = csv_get(csv, row, "stand_in");
    p.home_unit = csv_get(csv, row, "home_unit");
    p.groups = groups_read(m, p.line, csv_get(csv, row, "groups"));
    if (!p.account.at)
        return false;
    if (!account_read(p.account.at, p.account.len, &account)) {
        find_error(m->into, p.line, "“" TEXT_FMT "”不是账号名，应写作 staff-<单位>-1、office-1 等", TEXT_ARG(p.account));
        return false;
    }
    check_post(m, &p, account.kind);
    if (m->town->unit_count > 0)
        check_units(m, &p, &account);
    *ret = p;
    return true;
}

/* A stand-in (AB岗) takes over what the post gets, so it must be able to read it: somebody else, of the same unit and kind. */
static void check_stand_in(const struct making *m, const struct person *p)
{
    struct account mine, theirs;
    if (p->stand_in.len == 0)
        return;
    const struct person *other = town_person(m->town, p->stand_in);
    if (!other)
        find_error(m->into, p->line, TEXT_FMT " 的替岗“" TEXT_FMT "”不在 people.csv 中", TEXT_ARG(p->account),
                   TEXT_ARG(p->stand_in));
    else if (text_is(other->account, p->account))
        find_error(m->into, p->line, TEXT_FMT " 不能替自己的岗", TEXT_ARG(p->account));
    else if (account_read(p->account.at, p->account.len, &mine) &&
             account_read(other->account.at, other->account.len, &theirs) &&
             (mine.kind != theirs.kind || strcmp(mine.scope, theirs.scope) != 0))
        find_error(m->into, p->line, TEXT_FMT " 的替岗 " TEXT_FMT " 不是同一单位的账号", TEXT_ARG(p->account),
                   TEXT_ARG(p->stand_in));
}

static void people_load(const struct making *m)
{
    const struct csv *csv = csv_load(m->arena, town_path(m, "people.csv"), PEOPLE_MAX, m->into);
    if (!csv)
        return;
    size_t count = 0;
    struct person *people = arena_take(m->arena, (csv_rows(csv) + 1) * sizeof *people);
    for (size_t i = 0; i < csv_rows(csv); i++)
        count += person_read(m, csv, i, &people[count]);
    m->town->people = people;
    m->town->person_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct person *first = town_person(m->town, people[i].account);
        if (first != &people[i])
            find_error(m->into, people[i].line, "账号 " TEXT_FMT " 重复，第%d行已有", TEXT_ARG(people[i].account),
                       first->line.line);
        check_stand_in(m, &people[i]);
    }
}

void town_tables_load(const struct making *m)
{
    if (villages_load(m))
        workers_load(m);
    people_load(m);
}
