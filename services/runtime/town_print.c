/* town_print.c - prints what was understood of town.yaml, in a form that can be loaded again (town_print of yinling/town.h).
 *
 * Every text is quoted, so that what is read back is text whatever it looks like ("110", "true", an empty alias). */
#include "yinling/town.h"

#include <inttypes.h>

static void print_quoted(FILE *to, struct text t)
{
    fputc('"', to);
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char) t.at[i];
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(to, "\\x%02x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

static void print_pair(FILE *to, const char *indent, const char *key, struct text value)
{
    fprintf(to, "%s%s: ", indent, key);
    print_quoted(to, value);
    fputc('\n', to);
}

static void print_unit(FILE *to, const struct unit *unit)
{
    print_pair(to, "  - ", "code", unit->code);
    print_pair(to, "    ", "name", unit->name);
    fputs("    aliases: [", to);
    for (size_t i = 0; i < unit->alias_count; i++) {
        fputs(i ? ", " : "", to);
        print_quoted(to, unit->aliases[i]);
    }
    fputs("]\n    groups: [", to);
    const char *comma = "";
    for (unsigned g = 0; g < GROUP_COUNT; g++)
        if (unit->groups & (1u << g)) {
            fprintf(to, "%s%s", comma, group_codes[g]);
            comma = ", ";
        }
    fputs("]\n", to);
    print_pair(to, "    ", "calendar", unit->calendar);
}

static void print_duty(FILE *to, const struct duty *duty)
{
    print_pair(to, "  - ", "code", duty->code);
    print_pair(to, "    ", "says", duty->says);
    print_pair(to, "    ", "unit", duty->unit);
    if (duty->source.at)
        print_pair(to, "    ", "source", duty->source);
}

static void print_channel(FILE *to, const struct channel *channel)
{
    print_pair(to, "  - ", "account", channel->account);
    print_pair(to, "    ", "name", channel->name);
    print_pair(to, "    ", "kind", channel->kind);
    fprintf(to, "    leads_per_hour_max: %" PRId64 "\n", channel->leads_per_hour_max);
    fprintf(to, "    money_moving_per_day_max: %" PRId64 "\n", channel->money_moving_per_day_max);
}

static void print_phase(FILE *to, const struct phase *phase)
{
    own(arena_free) struct arena *arena = arena_new(256);
    print_pair(to, "  - ", "code", phase->code);
    print_pair(to, "    ", "name", phase->name);
    print_pair(to, "    ", "from", day_text(arena, phase->from_day));
    print_pair(to, "    ", "to", day_text(arena, phase->to_day));
}

/* `units: []` rather than `units:`, which would be an empty text. */
static void print_list(FILE *to, const char *key, size_t count)
{
    fprintf(to, "%s:%s\n", key, count ? "" : " []");
}

void town_print(const struct town *town, FILE *to)
{
    print_pair(to, "", "code", town->code);
    print_pair(to, "", "name", town->name);
    print_pair(to, "", "catch_all", town->catch_all);
    print_list(to, "units", town->unit_count);
    for (size_t i = 0; i < town->unit_count; i++)
        print_unit(to, &town->units[i]);
    print_list(to, "duties", town->duty_count);
    for (size_t i = 0; i < town->duty_count; i++)
        print_duty(to, &town->duties[i]);
    print_list(to, "channels", town->channel_count);
    for (size_t i = 0; i < town->channel_count; i++)
        print_channel(to, &town->channels[i]);
    print_list(to, "phases", town->phase_count);
    for (size_t i = 0; i < town->phase_count; i++)
        print_phase(to, &town->phases[i]);
}
