/* town.h - a town's configuration, loaded whole or not at all; immutable afterwards.
 *
 * A folder (deploy/binhu) is an edition; its id is the SHA-256 over its canonical contents. Everything here is owned by the town
 * and dies with it. Loading reads files and may block; looking things up does not. A loaded town may be read from any thread.
 * Every list is in the file's order; every entry knows its file and line for messages. */
#ifndef YINLING_TOWN_H
#define YINLING_TOWN_H

#include "yinling/instant.h"
#include "yinling/text.h"
#include "yinling/yaml.h"

#define UNITS_MAX 64
#define VILLAGES_MAX 2000
#define WORKERS_MAX 20000

enum group {
    GROUP_GENERAL,
    GROUP_STRIKE,
    GROUP_RECTIFY,
    GROUP_EDUCATE,
    GROUP_COUNT
}; /* 综合 打击 整治 宣教; stored: never renumber */
extern const char *const group_codes[GROUP_COUNT];

/* Colours and grades used by several services; stored: never renumber. */
enum severity { SEVERITY_MINOR, SEVERITY_MODERATE, SEVERITY_SEVERE, SEVERITY_EXTREME };

struct unit {
    struct place line;
    struct text code, name;
    const struct text *aliases; /* other names people use */
    size_t alias_count;
    unsigned groups;           /* bit 1 << enum group */
    struct text calendar;      /* name of its calendar */
    const struct text *duties; /* the plan's duties it holds */
    size_t duty_count;
};
struct village {
    struct place line;
    struct text code;   /* 12 digits */
    struct text digits; /* the last 3 */
    struct text name;   /* without 村委会 */
};
struct worker {
    struct place line;
    struct text account; /* w200-1 */
    const struct village *village;
};
struct person { /* an account's role; no names of people anywhere */
    struct place line;
    struct text account, unit, post, stand_in, home_unit;
    unsigned groups;
};
struct channel {
    struct place line;
    struct text account;              /* 12345 */
    struct text name;                 /* 12345政务服务便民热线 */
    struct text kind;                 /* hotline police platform field: what a card shows */
    int64_t leads_per_hour_max;       /* beyond: delayed and alarmed (web: refused) */
    int64_t money_moving_per_day_max; /* beyond: shown as 自称 */
};
struct duty { /* of the plan's division of work */
    struct place line;
    struct text code, says; /* says: one Chinese phrase */
    struct text unit;       /* code of the unit that holds it */
    struct text source;     /* section of the plan */
};
struct phase {
    struct place line;
    struct text code, name;
    int64_t from_day, to_day; /* inclusive; phases may overlap */
};

struct calendar;       /* yinling/calendar.h */
struct policy;         /* yinling/policy.h: deadlines.yaml */
struct routing;        /* yinling/routing.h: routing.yaml */
struct warning_policy; /* yinling/warning_policy.h: warnings.yaml */
struct custodians;     /* yinling/custodians.h: custodians.yaml */

struct town {
    struct text edition;   /* 64 hex digits */
    struct text code;      /* 9 digits */
    struct text name;      /* 滨湖镇 */
    struct text catch_all; /* unit code; always a unit of the town */
    const struct unit *units;
    size_t unit_count;
    const struct village *villages;
    size_t village_count;
    const struct worker *workers;
    size_t worker_count;
    const struct person *people;
    size_t person_count;
    const struct channel *channels;
    size_t channel_count;
    const struct duty *duties;
    size_t duty_count;
    const struct phase *phases;
    size_t phase_count;
    const struct calendar *calendars;
    size_t calendar_count;
    const struct policy *policy;
    const struct routing *routing;
    const struct warning_policy *warnings;
    const struct custodians *custodians;
    struct arena *arena; /* owns all of it */
};

/* NULL when anything is wrong: every finding is in *into, with file:line. Warnings alone do not stop it. Includes check_town. */
const struct town *town_load(const char *folder, struct findings *into);
void town_free(const struct town *town);
/* The id of a folder without loading it; false when a file cannot be read. A file that is not there counts as absent. */
bool town_edition(const char *folder, char ret_hex[65]);

/* town.yaml in canonical form, without comments: loading it again gives the same (units of duties by code). */
void town_print(const struct town *town, FILE *to);

const struct unit *town_unit(const struct town *town, struct text code);       /* by code; NULL when there is none */
const struct unit *town_unit_named(const struct town *town, struct text name); /* by code, name or alias */
/* By the 12 digits, the last 3, or the name, also with 村 or 村委会 behind it. */
const struct village *town_village(const struct town *town, struct text code_digits_or_name);
const struct worker *town_worker(const struct town *town, struct text account);
const struct channel *town_channel(const struct town *town, struct text account);
const struct person *town_person(const struct town *town, struct text account);
/* The workers of a village: the first of a run in town->workers, which is sorted by village. */
const struct worker *town_workers_of(const struct town *town, const struct village *village, size_t *ret_count);

#endif
