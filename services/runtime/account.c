/* account.c - reads kind and scope off an account's name (CONTRACT.md §1); nothing but string work, so that the guard can link it.
 *
 * A name that begins like one of the fixed forms must be one of them altogether: `staff-` or `w200-x` is refused, it does not
 * become a channel by being misspelt. */
#include "yinling/account.h"

#include "gen/topics.h"

#include <string.h>

/* Forms `<word>-<scope>` of CONTRACT.md §1. */
static const struct form {
    const char *prefix;
    enum account_kind kind;
    enum { SCOPE_NONE_THEN_NUMBER, SCOPE_UNIT_THEN_NUMBER, SCOPE_VILLAGE } rest;
} forms[] = {
    { "staff-", ACCOUNT_STAFF, SCOPE_UNIT_THEN_NUMBER },         { "village-", ACCOUNT_VILLAGE, SCOPE_VILLAGE },
    { "office-", ACCOUNT_OFFICE, SCOPE_NONE_THEN_NUMBER },       { "discipline-", ACCOUNT_DISCIPLINE, SCOPE_NONE_THEN_NUMBER },
    { "publicity-", ACCOUNT_PUBLICITY, SCOPE_NONE_THEN_NUMBER }, { "dashboard-", ACCOUNT_DASHBOARD, SCOPE_NONE_THEN_NUMBER },
    { "operator-", ACCOUNT_OPERATOR, SCOPE_NONE_THEN_NUMBER },
};

static const char *const service_names[] = { SERVICE_INTAKE,  SERVICE_ROUTER,  SERVICE_DEADLINE,
                                             SERVICE_WARNING, SERVICE_JOURNAL, SERVICE_BOARD };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define VILLAGE_DIGITS 3

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_well_formed(const char *name, size_t len)
{
    if (len == 0 || len > ACCOUNT_BYTES_MAX || name[0] == '-' || name[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(name[i]) && !(name[i] >= 'a' && name[i] <= 'z') && name[i] != '-')
            return false;
    }
    return true;
}

/* 1-9999 without leading zeros. */
static bool number_read(const char *at, size_t len, int *ret)
{
    if (len == 0 || len > 4 || at[0] == '0')
        return false;
    int n = 0;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(at[i]))
            return false;
        n = n * 10 + (at[i] - '0');
    }
    *ret = n;
    return true;
}

static bool is_village(const char *at, size_t len)
{
    return len == VILLAGE_DIGITS && is_digit(at[0]) && is_digit(at[1]) && is_digit(at[2]);
}

static void scope_set(struct account *a, const char *at, size_t len)
{
    memcpy(a->scope, at, len);
    a->scope[len] = '\0';
}

/* `<unit>-<n>`; a unit's code has hyphens of its own (civil-affairs). */
static bool unit_and_number(const char *at, size_t len, struct account *a)
{
    size_t cut = len;
    while (cut > 0 && at[cut - 1] != '-')
        cut--;
    if (cut < 2 || !is_well_formed(at, cut - 1) || !number_read(at + cut, len - cut, &a->number))
        return false;
    scope_set(a, at, cut - 1);
    return true;
}

static bool form_read(const struct form *form, const char *at, size_t len, struct account *a)
{
    a->kind = form->kind;
    switch (form->rest) {
    case SCOPE_NONE_THEN_NUMBER:
        return number_read(at, len, &a->number);
    case SCOPE_UNIT_THEN_NUMBER:
        return unit_and_number(at, len, a);
    case SCOPE_VILLAGE:
        if (!is_village(at, len))
            return false;
        scope_set(a, at, len);
        return true;
    }
    return false;
}

/* w<3 digits>-<n> */
static bool worker_read(const char *name, size_t len, struct account *a)
{
    if (len < 6 || !is_village(name + 1, VILLAGE_DIGITS) || name[4] != '-')
        return false;
    a->kind = ACCOUNT_WORKER;
    scope_set(a, name + 1, VILLAGE_DIGITS);
    return number_read(name + 5, len - 5, &a->number);
}

static bool kind_read(const char *name, size_t len, struct account *a)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        size_t prefix = strlen(forms[i].prefix);
        if (len >= prefix && memcmp(name, forms[i].prefix, prefix) == 0)
            return form_read(&forms[i], name + prefix, len - prefix, a);
    }
    if (name[0] == 'w' && len > 1 && is_digit(name[1]))
        return worker_read(name, len, a);
    a->kind = ACCOUNT_CHANNEL;
    for (size_t i = 0; i < COUNT_OF(service_names); i++) {
        if (strcmp(a->name, service_names[i]) == 0)
            a->kind = ACCOUNT_SERVICE;
    }
    return true;
}

bool account_read(const char *name, size_t len, struct account *ret)
{
    struct account a = { .kind = ACCOUNT_CHANNEL };
    if (!is_well_formed(name, len))
        return false;
    memcpy(a.name, name, len);
    if (!kind_read(name, len, &a))
        return false;
    *ret = a;
    return true;
}

const char *account_kind_name(enum account_kind kind)
{
    static const char *const names[ACCOUNT_KIND_COUNT] = {
        [ACCOUNT_CHANNEL] = "channel",     [ACCOUNT_STAFF] = "staff",         [ACCOUNT_VILLAGE] = "village",
        [ACCOUNT_WORKER] = "worker",       [ACCOUNT_OFFICE] = "office",       [ACCOUNT_DISCIPLINE] = "discipline",
        [ACCOUNT_PUBLICITY] = "publicity", [ACCOUNT_DASHBOARD] = "dashboard", [ACCOUNT_OPERATOR] = "operator",
        [ACCOUNT_SERVICE] = "service",
    };
    return kind < ACCOUNT_KIND_COUNT ? names[kind] : "?";
}
