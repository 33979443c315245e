/* town_charter.c - reads town.yaml: the town's codes, its units and their duties, channels and phases.
 *
 * Every map of the file is bound by a table of its keys; what a table cannot say (a code used twice, an alias that is another
 * unit's name) is looked at after the list has been read. */
#include "yinling/account.h"
#include "yinling/reader.h"
#include "town_parts.h"

#include <string.h>

#define DUTIES_MAX 200
#define CHANNELS_MAX 64
#define PHASES_MAX 32
#define NAME_MAX_CODEPOINTS 40
#define ALIASES_MAX 20

/* Channel kinds: what a card shows of where a lead came from. */
static const char *const channel_kinds[] = { "hotline", "police", "platform", "field" };
static const struct choice kind_choices[] = {
    { "hotline", 0 }, { "police", 1 }, { "platform", 2 }, { "field", 3 }, { NULL, 0 }
};

struct charter {
    struct text code, name, catch_all;
    const struct node *units, *duties, *channels, *phases;
};
static const struct conf_field charter_fields[] = {
    { "code", CONF_TEXT, offsetof(struct charter, code), NULL, 9, 9, NULL, "statistical division code, 9 digits" },
    { "name", CONF_TEXT, offsetof(struct charter, name), NULL, 1, NAME_MAX_CODEPOINTS, NULL, "what people read" },
    { "catch_all", CONF_TEXT, offsetof(struct charter, catch_all), NULL, 1, 32, NULL, "unit that holds what no rule fits" },
    { "units", CONF_NODE, offsetof(struct charter, units), NULL, 0, 0, NULL, "the member units" },
    { "duties", CONF_NODE, offsetof(struct charter, duties), NULL, 0, 0, NULL, "the plan's division of work" },
    { "channels", CONF_NODE, offsetof(struct charter, channels), NULL, 0, 0, NULL, "where leads come from" },
    { "phases", CONF_NODE, offsetof(struct charter, phases), "", 0, 0, NULL, "the campaign's phases" },
    CONF_END
};

struct unit_entry {
    struct place line;
    struct text code, name, calendar;
    struct texts aliases, groups;
};
static const struct conf_field unit_fields[] = {
    { "code", CONF_TEXT, offsetof(struct unit_entry, code), NULL, 1, 32, NULL, "stands in topics and account names" },
    { "name", CONF_TEXT, offsetof(struct unit_entry, name), NULL, 1, NAME_MAX_CODEPOINTS, NULL, "what people read" },
    { "aliases", CONF_TEXTS, offsetof(struct unit_entry, aliases), "", 0, ALIASES_MAX, NULL, "other names of the unit" },
    { "groups", CONF_TEXTS, offsetof(struct unit_entry, groups), "", 0, GROUP_COUNT, NULL, "its work groups" },
    { "calendar", CONF_TEXT, offsetof(struct unit_entry, calendar), NULL, 1, 32, NULL, "its working hours" },
    CONF_END
};

static const struct conf_field duty_fields[] = {
    { "code", CONF_TEXT, offsetof(struct duty, code), NULL, 1, 32, NULL, "for the record" },
    { "says", CONF_TEXT, offsetof(struct duty, says), NULL, 1, 100, NULL, "the duty in one phrase" },
    { "unit", CONF_TEXT, offsetof(struct duty, unit), "", 0, NAME_MAX_CODEPOINTS, NULL, "code, name or alias of the unit" },
    { "source", CONF_TEXT, offsetof(struct duty, source), "", 0, 100, NULL, "section of the plan" },
    CONF_END
};

struct channel_entry {
    struct place line;
    struct text account, name;
    int kind;
    int64_t leads_per_hour_max, money_moving_per_day_max;
};
static const struct conf_field channel_fields[] = {
    { "account", CONF_TEXT, offsetof(struct channel_entry, account), NULL, 1, 32, NULL, "the channel's account" },
    { "name", CONF_TEXT, offsetof(struct channel_entry, name), NULL, 1, NAME_MAX_CODEPOINTS, NULL, "what people read" },
    { "kind", CONF_CHOICE, offsetof(struct channel_entry, kind), NULL, 0, 0, kind_choices, "what a card shows" },
    { "leads_per_hour_max", CONF_INT, offsetof(struct channel_entry, leads_per_hour_max), NULL, 1, 1000000, NULL,
      "leads an hour before they are delayed" },
    { "money_moving_per_day_max", CONF_INT, offsetof(struct channel_entry, money_moving_per_day_max), NULL, 0, 100000, NULL,
      "believed claims a day that money is moving" },
    CONF_END
};

struct phase_entry {
    struct place line;
    struct text code, name, from, to;
};
static const struct conf_field phase_fields[] = {
    { "code", CONF_TEXT, offsetof(struct phase_entry, code), NULL, 1, 32, NULL, "for machines" },
    { "name", CONF_TEXT, offsetof(struct phase_entry, name), NULL, 1, NAME_MAX_CODEPOINTS, NULL, "what people read" },
    { "from", CONF_TEXT, offsetof(struct phase_entry, from), NULL, 10, 10, NULL, "first day" },
    { "to", CONF_TEXT, offsetof(struct phase_entry, to), NULL, 10, 10, NULL, "last day" },
    CONF_END
};

/* A list of maps as an array of structs; each of them begins with its struct place. Never NULL. */
static void *entries(const struct making *m, const struct node *list, const struct conf_field *fields, size_t size,
                     size_t count_max, size_t *ret_count)
{
    size_t count = node_count(list);
    if (list && (node_kind(list) != NODE_LIST || count > count_max)) {
        find_error(m->into, node_place(list), "应是列表，最多%zu项", count_max);
        count = 0;
    }
    char *all = arena_take(m->arena, (count + 1) * size);
    for (size_t i = 0; i < count; i++) {
        struct place line = node_place(node_at(list, i));
        conf_read(m->arena, node_at(list, i), fields, all + i * size, m->into);
        memcpy(all + i * size, &line, sizeof line);
    }
    *ret_count = count;
    return all;
}

/* ---- units */

struct named {
    struct text folded;
    const struct unit *unit;
};

/* Every code, name and alias leads to one unit; folded, because people type full-width digits and capital letters. */
static void check_names(const struct making *m)
{
    static const size_t per_unit = ALIASES_MAX + 2;
    struct named *seen = arena_take(m->arena, (m->town->unit_count * per_unit + 1) * sizeof *seen);
    size_t seen_count = 0;
    for (size_t u = 0; u < m->town->unit_count; u++) {
        const struct unit *unit = &m->town->units[u];
        for (size_t n = 0; n < unit->alias_count + 2; n++) {
            struct text name = n == 0 ? unit->code : n == 1 ? unit->name : unit->aliases[n - 2];
            struct text folded = text_folded(m->arena, name);
            const struct unit *other = NULL;
            for (size_t i = 0; i < seen_count && !other; i++)
                other = text_is(seen[i].folded, folded) ? seen[i].unit : NULL;
            if (name.len > 0 && other)
                find_error(m->into, unit->line, "单位名称“" TEXT_FMT "”重复，第%d行的“" TEXT_FMT "”已用", TEXT_ARG(name),
                           other->line.line, TEXT_ARG(other->name));
            seen[seen_count++] = (struct named){ folded, unit };
        }
    }
}

/* The code must give account names that account.h takes: staff-<unit>-1 to -9999. */
static bool makes_accounts(const struct making *m, struct text code)
{
    struct account account;
    struct text name = arena_printf(m->arena, "staff-" TEXT_FMT "-9999", TEXT_ARG(code));
    return account_read(name.at, name.len, &account) && account.kind == ACCOUNT_STAFF && text_is_c(code, account.scope);
}

static struct unit unit_of(const struct making *m, const struct unit_entry *entry)
{
    struct unit unit = { .line = entry->line, .code = entry->code, .name = entry->name, .calendar = entry->calendar };
    unit.aliases = entry->aliases.at;
    unit.alias_count = entry->aliases.count;
    for (size_t i = 0; i < entry->groups.count; i++)
        unit.groups |= town_group_bit(m, entry->line, entry->groups.at[i]);
    if (entry->code.len > 0 && !makes_accounts(m, entry->code))
        find_error(m->into, entry->line, "单位代码“" TEXT_FMT "”不能用于账号名", TEXT_ARG(entry->code));
    return unit;
}

static struct unit *units_of(const struct making *m, const struct node *list)
{
    size_t count;
    const struct unit_entry *entry = entries(m, list, unit_fields, sizeof *entry, UNITS_MAX, &count);
    struct unit *units = arena_take(m->arena, (count + 1) * sizeof *units);
    for (size_t i = 0; i < count; i++)
        units[i] = unit_of(m, &entry[i]);
    m->town->units = units;
    m->town->unit_count = count;
    check_names(m);
    return units;
}

/* ---- duties */

/* A duty names its unit as the plan does; here the name becomes the code. */
static void place_duty(const struct making *m, struct duty *duty, const struct duty *before, size_t before_count)
{
    for (size_t i = 0; i < before_count; i++)
        if (duty->code.len > 0 && text_is(before[i].code, duty->code))
            find_error(m->into, duty->line, "职责代码“" TEXT_FMT "”重复，第%d行已用", TEXT_ARG(duty->code),
                       before[i].line.line);
    const struct unit *unit = duty->unit.len > 0 ? town_unit_named(m->town, duty->unit) : NULL;
    if (unit)
        duty->unit = unit->code;
    else if (duty->unit.len > 0)
        find_error(m->into, duty->line, "职责“" TEXT_FMT "”没有成员单位：“" TEXT_FMT "”不是本镇的单位", TEXT_ARG(duty->says),
                   TEXT_ARG(duty->unit));
    else
        find_error(m->into, duty->line, "职责“" TEXT_FMT "”没有成员单位", TEXT_ARG(duty->says));
}

static void hand_out(const struct making *m, struct unit *unit)
{
    const struct town *town = m->town;
    struct text *held = arena_take(m->arena, (town->duty_count + 1) * sizeof *held);
    for (size_t i = 0; i < town->duty_count; i++)
        if (text_is(town->duties[i].unit, unit->code))
            held[unit->duty_count++] = town->duties[i].says;
    unit->duties = held;
}

static void duties_of(const struct making *m, const struct node *list, struct unit *units)
{
    size_t count;
    struct duty *duties = entries(m, list, duty_fields, sizeof *duties, DUTIES_MAX, &count);
    for (size_t i = 0; i < count; i++)
        place_duty(m, &duties[i], duties, i);
    m->town->duties = duties;
    m->town->duty_count = count;
    for (size_t i = 0; i < m->town->unit_count; i++)
        hand_out(m, &units[i]);
}

/* ---- channels and phases */

static void check_channel(const struct making *m, const struct channel *channel)
{
    struct account account;
    if (channel->account.len == 0)
        return;
    if (!account_read(channel->account.at, channel->account.len, &account) || account.kind != ACCOUNT_CHANNEL)
        find_error(m->into, channel->line, "“" TEXT_FMT "”不能作渠道的账号名", TEXT_ARG(channel->account));
    const struct channel *first = town_channel(m->town, channel->account);
    if (first != channel)
        find_error(m->into, channel->line, "渠道账号“" TEXT_FMT "”重复，第%d行已有", TEXT_ARG(channel->account),
                   first->line.line);
}

static void channels_of(const struct making *m, const struct node *list)
{
    size_t count;
    const struct channel_entry *entry = entries(m, list, channel_fields, sizeof *entry, CHANNELS_MAX, &count);
    struct channel *channels = arena_take(m->arena, (count + 1) * sizeof *channels);
    for (size_t i = 0; i < count; i++)
        channels[i] = (struct channel){ entry[i].line,
                                        entry[i].account,
                                        entry[i].name,
                                        text_of(channel_kinds[entry[i].kind]),
                                        entry[i].leads_per_hour_max,
                                        entry[i].money_moving_per_day_max };
    m->town->channels = channels;
    m->town->channel_count = count;
    for (size_t i = 0; i < count; i++)
        check_channel(m, &channels[i]);
}

static void check_phase(const struct making *m, const struct phase_entry *entry, const struct phase *phase)
{
    for (const struct phase *before = m->town->phases; before < phase; before++)
        if (phase->code.len > 0 && text_is(before->code, phase->code))
            find_error(m->into, phase->line, "阶段代码“" TEXT_FMT "”重复，第%d行已用", TEXT_ARG(phase->code),
                       before->line.line);
    if (phase->from_day > phase->to_day)
        find_error(m->into, phase->line, "阶段“" TEXT_FMT "”的结束日期（" TEXT_FMT "）早于开始日期（" TEXT_FMT "）",
                   TEXT_ARG(phase->name), TEXT_ARG(entry->to), TEXT_ARG(entry->from));
}

static int64_t day_in(const struct making *m, struct place at, struct text date)
{
    int64_t day = 0;
    if (date.len > 0 && !day_read(date, &day))
        find_error(m->into, at, "“" TEXT_FMT "”不是日期，应写作 2026-05-26", TEXT_ARG(date));
    return day;
}

static void phases_of(const struct making *m, const struct node *list)
{
    size_t count;
    const struct phase_entry *entry = entries(m, list, phase_fields, sizeof *entry, PHASES_MAX, &count);
    struct phase *phases = arena_take(m->arena, (count + 1) * sizeof *phases);
    m->town->phases = phases;
    m->town->phase_count = count;
    for (size_t i = 0; i < count; i++) {
        phases[i] = (struct phase){ entry[i].line, entry[i].code, entry[i].name, day_in(m, entry[i].line, entry[i].from),
                                    day_in(m, entry[i].line, entry[i].to) };
        if (phases[i].from_day != 0 && phases[i].to_day != 0)
            check_phase(m, &entry[i], &phases[i]);
    }
}

/* ---- the whole */

static bool are_digits(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
    return true;
}

static void check_charter(const struct making *m, const struct charter *c, const struct node *root)
{
    const struct node *code = node_get(root, "code"), *catch_all = node_get(root, "catch_all");
    if (c->code.len > 0 && !are_digits(c->code))
        find_error(m->into, node_place(code), "镇代码应是9位数字，写的是“" TEXT_FMT "”", TEXT_ARG(c->code));
    if (c->catch_all.len > 0 && !town_unit(m->town, c->catch_all))
        find_error(m->into, node_place(catch_all), "兜底单位“" TEXT_FMT "”不是本镇的单位代码", TEXT_ARG(c->catch_all));
    if (m->town->unit_count == 0)
        find_error(m->into, node_place(root), "一个单位也没有");
}

void town_charter_load(const struct making *m)
{
    struct charter c = { 0 };
    own(arena_free) struct arena *tree = arena_new(YAML_TREE_CHUNK);
    const struct node *root = yaml_load(m->arena, tree, town_path(m, "town.yaml"), m->into);
    if (!root)
        return;
    conf_read(m->arena, root, charter_fields, &c, m->into);
    m->town->code = are_digits(c.code) ? c.code : NO_TEXT; /* else every village would be told to be of another town */
    m->town->name = c.name;
    m->town->catch_all = c.catch_all;
    struct unit *units = units_of(m, c.units);
    duties_of(m, c.duties, units);
    channels_of(m, c.channels);
    phases_of(m, c.phases);
    check_charter(m, &c, root);
}
