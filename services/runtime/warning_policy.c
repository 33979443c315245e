/* warning_policy.c - reads warnings.yaml. See yinling/warning_policy.h.
 *
 * Promise: what it returns is complete and in range; everything wrong is one finding with its line, and then it returns NULL. */
#include "yinling/warning_policy.h"

#include "yinling/reader.h"
#include "yinling/town.h"

#include <assert.h>
#include <stdio.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const struct choice rung_words[] = {
    { "village", RUNG_VILLAGE }, { "publicity", RUNG_PUBLICITY }, { "office", RUNG_OFFICE }, { NULL, 0 }
};

struct top {
    const struct node *taps, *night, *grades, *escalation;
    span_ms valid_max, board_every;
};
static const struct conf_field top_fields[] = {
    { "taps", CONF_NODE, offsetof(struct top, taps), NULL, 0, 0, NULL, "how a tap on a phone is understood" },
    { "valid_max", CONF_SPAN, offsetof(struct top, valid_max), "180d", HOUR, 366LL * DAY, NULL,
      "longest validity of a warning" },
    { "board_every", CONF_SPAN, offsetof(struct top, board_every), "1s", SECOND, MINUTE, NULL,
      "shortest time between two statistics of a warning" },
    { "night", CONF_NODE, offsetof(struct top, night), "", 0, 0, NULL, "hours without reminders" },
    { "grades", CONF_NODE, offsetof(struct top, grades), NULL, 0, 0, NULL, "times per severity" },
    { "escalation", CONF_NODE, offsetof(struct top, escalation), NULL, 0, 0, NULL, "where silence goes, in order" },
    CONF_END
};

static const struct conf_field tap_fields[] = { { "look", CONF_SPAN, offsetof(struct warning_policy, look), "3s", 0, MINUTE,
                                                  NULL, "how long an item must have been shown for a tap to count" },
                                                { "gap", CONF_SPAN, offsetof(struct warning_policy, tap_gap), "10s", 0,
                                                  10 * MINUTE, NULL, "shortest time between two taps that count" },
                                                { "withdraw", CONF_SPAN, offsetof(struct warning_policy, withdraw), "10m",
                                                  MINUTE, DAY, NULL, "how long an ok takes back a no" },
                                                { "recall_for", CONF_SPAN, offsetof(struct warning_policy, recall_for), "1d",
                                                  MINUTE, 30LL * DAY, NULL,
                                                  "how long an untapped cancellation stays on a phone" },
                                                { "acted_skew", CONF_SPAN, offsetof(struct warning_policy, acted_skew), "1d", 0,
                                                  7LL * DAY, NULL, "how far back an act's own time is believed" },
                                                CONF_END };

static const struct conf_field night_fields[] = {
    { "from", CONF_INT, offsetof(struct warning_policy, night_from), NULL, 0, 23, NULL, "first hour without reminders" },
    { "to", CONF_INT, offsetof(struct warning_policy, night_to), NULL, 0, 23, NULL, "first hour with reminders again" },
    CONF_END
};

static const struct conf_field grade_fields[] = {
    { "confirm_within", CONF_SPAN, offsetof(struct warning_grade, confirm_within), NULL, MINUTE, 30LL * DAY, NULL,
      "time to confirm when the order names none" },
    { "remind_every", CONF_SPAN, offsetof(struct warning_grade, remind_every), NULL, MINUTE, 30LL * DAY, NULL,
      "time between two reminders" },
    { "reminders_max", CONF_INT, offsetof(struct warning_grade, reminders_max), "3", 0, 20, NULL, "reminders at most" },
    { "at_night", CONF_BOOL, offsetof(struct warning_grade, at_night), "false", 0, 0, NULL, "whether it reminds at night" },
    CONF_END
};

static const struct conf_field rung_fields[] = {
    { "after", CONF_SPAN, offsetof(struct warning_rung, after), NULL, 0, 30LL * DAY, NULL, "time after confirm_by" },
    { "to", CONF_CHOICE, offsetof(struct warning_rung, to), NULL, 0, 0, rung_words, "who is told" },
    CONF_END
};

struct grades {
    const struct node *grade[WARNING_GRADES];
};
static const struct conf_field grades_fields[] = {
    { "minor", CONF_NODE, offsetof(struct grades, grade[SEVERITY_MINOR]), NULL, 0, 0, NULL, "一般" },
    { "moderate", CONF_NODE, offsetof(struct grades, grade[SEVERITY_MODERATE]), NULL, 0, 0, NULL, "较重" },
    { "severe", CONF_NODE, offsetof(struct grades, grade[SEVERITY_SEVERE]), NULL, 0, 0, NULL, "严重" },
    { "extreme", CONF_NODE, offsetof(struct grades, grade[SEVERITY_EXTREME]), NULL, 0, 0, NULL, "特急" },
    CONF_END
};

static void read_grades(struct arena *arena, const struct node *map, struct warning_policy *into, struct findings *findings)
{
    struct grades nodes = { 0 };
    if (!conf_read(arena, map, grades_fields, &nodes, findings))
        return;
    for (int i = 0; i < WARNING_GRADES; i++) {
        if (!conf_read(arena, nodes.grade[i], grade_fields, &into->grades[i], findings) || i == 0)
            continue;
        if (into->grades[i].confirm_within.ms > into->grades[i - 1].confirm_within.ms)
            find_error(findings, node_place(nodes.grade[i]), "confirm_within：更严重的一级不能比较轻的一级时限更长");
    }
}

static void read_rungs(struct arena *arena, const struct node *list, struct warning_policy *into, struct findings *findings)
{
    if (node_kind(list) != NODE_LIST || node_count(list) == 0 || node_count(list) > WARNING_RUNGS_MAX) {
        find_error(findings, node_place(list), "escalation：应是1至%d级的列表", WARNING_RUNGS_MAX);
        return;
    }
    into->rung_count = node_count(list);
    bool is_sound = false; /* the rung before */
    for (size_t i = 0; i < into->rung_count; i++) {
        const struct node *rung = node_at(list, i);
        bool was_sound = is_sound;
        is_sound = conf_read(arena, rung, rung_fields, &into->rungs[i], findings);
        if (was_sound && is_sound && into->rungs[i].after.ms <= into->rungs[i - 1].after.ms)
            find_error(findings, node_place(rung), "after：每一级都要晚于上一级");
    }
}

const struct warning_policy *warning_policy_load(struct arena *arena, const char *folder, const struct town *so_far,
                                                 struct findings *into)
{
    (void) so_far;
    size_t before = findings_errors(into);
    own(arena_free) struct arena *tree = arena_new(YAML_TREE_CHUNK);
    const struct node *file = yaml_load(arena, tree, arena_printf(arena, "%s/warnings.yaml", folder).at, into);
    struct top top = { 0 };
    if (!file)
        return NULL;
    conf_read(arena, file, top_fields, &top, into);
    struct warning_policy *policy = arena_take(arena, sizeof *policy);
    policy->line = node_place(file);
    policy->valid_max = top.valid_max;
    policy->board_every = top.board_every;
    if (top.taps)
        conf_read(arena, top.taps, tap_fields, policy, into);
    if (top.night)
        conf_read(arena, top.night, night_fields, policy, into);
    if (top.grades)
        read_grades(arena, top.grades, policy, into);
    if (top.escalation)
        read_rungs(arena, top.escalation, policy, into);
    return findings_errors(into) == before ? policy : NULL;
}

instant_ms warning_policy_by_day(const struct warning_policy *policy, instant_ms at)
{
    int64_t from = policy->night_from, to = policy->night_to;
    if (is_never(at) || from == to)
        return at;
    int hour = civil_of(at).hour;
    bool is_night = from < to ? hour >= from && hour < to : hour >= from || hour < to;
    if (!is_night)
        return at;
    int64_t day = day_of(at) + (hour >= to ? 1 : 0);
    return later(start_of_day(day), SPAN_HOURS(to));
}
