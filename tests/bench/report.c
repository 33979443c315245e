/* report.c - see report.h. */
#include "report.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOISE 2.0        /* beyond this factor of the committed ratio a quick run says so */
#define COUNT_NOISE 1.03 /* instructions are the same every time, but for what the linker moves */

struct row *report_row(struct report *r, const char *key, const char *what, const char *against, const char *unit, int sense,
                       double goal)
{
    assert(r->row_count < ROWS_MAX);
    struct row *row = &r->rows[r->row_count++];
    *row = (struct row){ .key = key, .what = what, .against = against, .unit = unit, .sense = sense, .goal = goal };
    return row;
}

void row_add(struct row *row, double measured, double reference)
{
    if (row->runs == RUNS_MAX)
        return;
    row->measured[row->runs] = measured;
    row->reference[row->runs++] = reference;
}

struct curve *report_curve(struct report *r, const char *key, const char *what, const char *x, const char *y, bool is_wide)
{
    assert(r->curve_count < CURVES_MAX);
    struct curve *c = &r->curves[r->curve_count++];
    *c = (struct curve){ .key = key, .what = what, .x = x, .y = y, .is_wide = is_wide };
    return c;
}

void curve_add(struct curve *c, double at, double value)
{
    if (c->points == POINTS_MAX)
        return;
    c->at[c->points] = at;
    c->value[c->points++] = value;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

double median_of(const double *values, int count)
{
    double sorted[RUNS_MAX] = { 0 };
    if (count == 0)
        return 0;
    memcpy(sorted, values, (size_t) count * sizeof *sorted);
    qsort(sorted, (size_t) count, sizeof *sorted, by_size);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double ratio_of(const struct row *row, double *ret_low, double *ret_high)
{
    double ratios[RUNS_MAX] = { 0 };
    for (int i = 0; i < row->runs; i++)
        ratios[i] = row->reference[i] > 0 ? row->measured[i] / row->reference[i] : row->measured[i];
    *ret_low = *ret_high = row->runs ? ratios[0] : 0;
    for (int i = 1; i < row->runs; i++) {
        *ret_low = fmin(*ret_low, ratios[i]);
        *ret_high = fmax(*ret_high, ratios[i]);
    }
    return median_of(ratios, row->runs);
}

bool is_judged(const struct row *row)
{
    return row->sense == AT_LEAST || row->sense == AT_MOST;
}

bool is_met(const struct row *row)
{
    double low, high, ratio = ratio_of(row, &low, &high);
    return !is_judged(row) || (row->sense == AT_LEAST ? ratio >= row->goal : ratio <= row->goal);
}

/* -- the committed result -------------------------------------------------------------------------------------------- */

struct past { /* a row of it */
    double ratio, low, high;
};

static bool past_of(const json_t *last, const char *key, struct past *ret)
{
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(last, "rows"), i, one)
    {
        const char *its = json_string_value(json_object_get(one, "key"));
        if (!its || strcmp(its, key) != 0)
            continue;
        *ret = (struct past){ json_number_value(json_object_get(one, "ratio")), json_number_value(json_object_get(one, "low")),
                              json_number_value(json_object_get(one, "high")) };
        return true;
    }
    return false;
}

/* Better or worse only when the spreads do not meet; a quick run is too short for that and minds a factor. */
static const char *change_of(const struct report *r, const struct row *row, const struct past *was)
{
    double low, high, ratio = ratio_of(row, &low, &high);
    bool is_up = low > was->high, is_down = high < was->low;
    if (row->sense == COUNTED) {
        is_up = ratio > was->ratio * COUNT_NOISE;
        is_down = ratio * COUNT_NOISE < was->ratio;
    } else if (r->is_quick) {
        is_up = ratio > was->ratio * NOISE;
        is_down = ratio * NOISE < was->ratio;
    }
    if (!is_up && !is_down)
        return "same";
    if (row->sense == PRINTED)
        return is_up ? "higher" : "lower";
    bool is_better = is_up == (row->sense == AT_LEAST);
    if (r->is_quick && !is_better && is_judged(row) && is_met(row))
        return "same"; /* a short run that meets the goal is no news */
    return is_better ? "better" : "worse";
}

/* -- the table ------------------------------------------------------------------------------------------------------- */

static const char *number(char into[32], double value)
{
    double size = fabs(value);
    snprintf(into, 32, size >= 1000 ? "%.0f" : size >= 100 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f", value);
    return into;
}

static const char *spread(char into[72], double low, double high)
{
    char from[32], to[32];
    snprintf(into, 72, "%s..%s", number(from, low), number(to, high));
    return into;
}

static double extreme_of(const double *values, int count, bool is_largest)
{
    double most = count ? values[0] : 0;
    for (int i = 1; i < count; i++)
        most = is_largest ? fmax(most, values[i]) : fmin(most, values[i]);
    return most;
}

static void print_row(const struct report *r, const struct row *row, const json_t *last)
{
    char measured[32], range[72], against[32], its_ratio[32], ratios[72], goal[48] = "", change[64] = "";
    double low, high, ratio = ratio_of(row, &low, &high);
    struct past was;
    if (is_judged(row))
        snprintf(goal, sizeof goal, "%s %.4g %s", row->sense == AT_LEAST ? ">=" : "<=", row->goal,
                 is_met(row) ? "met" : "MISSED");
    if (past_of(last, row->key, &was))
        snprintf(change, sizeof change, "%s, was %s", change_of(r, row, &was), number(measured, was.ratio));
    printf("%-62s %8s %-3s %-18s %8s  %7s %-16s %-14s %s\n", row->what, number(measured, median_of(row->measured, row->runs)),
           row->unit, spread(range, extreme_of(row->measured, row->runs, false), extreme_of(row->measured, row->runs, true)),
           row->sense == COUNTED ? "" : number(against, median_of(row->reference, row->runs)),
           row->sense == COUNTED ? "" : number(its_ratio, ratio), row->sense == COUNTED ? "" : spread(ratios, low, high), goal,
           change);
    if (row->sense != COUNTED)
        printf("    against: %s\n", row->against);
}

/* A row of the committed result that nobody has measured now. What is counted needs a tool that a machine may lack. */
static int count_missing(const struct report *r, const json_t *last)
{
    size_t i;
    const json_t *one;
    int missing = 0;
    json_array_foreach(json_object_get(last, "rows"), i, one)
    {
        const char *key = json_string_value(json_object_get(one, "key"));
        bool is_here = strcmp(json_string_value(json_object_get(one, "sense")), "counted") == 0;
        for (int k = 0; k < r->row_count && !is_here; k++)
            is_here = strcmp(r->rows[k].key, key) == 0 && r->rows[k].runs > 0;
        if (!is_here)
            printf("FAILED: nothing was measured for `%s`\n", key);
        missing += !is_here;
    }
    return missing;
}

bool report_print(const struct report *r, const char *last_json)
{
    json_t *last = json_load_file(last_json, 0, NULL);
    int met = 0, judged = 0, worse = 0;
    struct past was;
    printf("\n%-62s %8s %-3s %-18s %8s  %7s %-16s %-14s %s\n", "what", "median", "", "spread", "against", "ratio", "spread",
           "goal", "committed result");
    for (int i = 0; i < r->row_count; i++) {
        const struct row *row = &r->rows[i];
        print_row(r, row, last);
        judged += is_judged(row);
        met += is_judged(row) && is_met(row);
        worse += past_of(last, row->key, &was) && strcmp(change_of(r, row, &was), "worse") == 0;
    }
    if (r->is_quick)
        printf("\nA quick run: 5,000 leads, clocks and events in the place of 1,000,000, 1,000 phones in that of 10,000.");
    printf("\nThe load generator used at most %.0f %% of the processor time it measured%s.\n", 100 * r->load_share,
           r->load_share > 1.0 / 3 ? ": more than a third, rates are bounded by it" : "");
    printf("%d of %d goals met.", met, judged);
    if (!last)
        printf(" There is no committed result to compare with.\n");
    else if (!r->is_quick)
        printf(" %d rows are worse than the committed ones beyond the spread of both.\n", worse);
    else
        printf(" %s%d rows are worse than the committed ones by more than a factor of two.\n", worse ? "WARNING: " : "", worse);
    int missing = last && !r->is_part ? count_missing(r, last) : 0;
    json_decref(last);
    return missing == 0;
}

/* -- files ----------------------------------------------------------------------------------------------------------- */

static json_t *list_of(const double *values, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_real(values[i]));
    return list;
}

static json_t *row_json(const struct row *row)
{
    static const char *const senses[] = { "at least", "at most", "printed", "counted" };
    double low, high, ratio = ratio_of(row, &low, &high);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:f,s:f,s:f,s:f,s:b,s:o,s:o}", "key", row->key, "what", row->what, "against",
                     row->against, "unit", row->unit, "sense", senses[row->sense], "goal", row->goal, "ratio", ratio, "low",
                     low, "high", high, "met", (int) is_met(row), "measured", list_of(row->measured, row->runs), "reference",
                     list_of(row->reference, row->runs));
}

static bool write_json(const struct report *r, const char *path)
{
    json_t *rows = json_array(), *curves = json_array();
    for (int i = 0; i < r->row_count; i++)
        json_array_append_new(rows, row_json(&r->rows[i]));
    for (int i = 0; i < r->curve_count; i++) {
        const struct curve *c = &r->curves[i];
        json_array_append_new(curves, json_pack("{s:s,s:s,s:s,s:s,s:b,s:o,s:o}", "key", c->key, "what", c->what, "x", c->x, "y",
                                                c->y, "wide", (int) c->is_wide, "at", list_of(c->at, c->points), "value",
                                                list_of(c->value, c->points)));
    }
    json_t *all =
        json_pack("{s:b,s:f,s:o,s:o}", "quick", (int) r->is_quick, "load_share", r->load_share, "rows", rows, "curves", curves);
    if (r->cost)
        json_object_set(all, "cost", r->cost);
    bool fine = json_dump_file(all, path, JSON_INDENT(1) | JSON_REAL_PRECISION(5)) == 0;
    json_decref(all);
    return fine;
}

bool report_write(const struct report *r, const char *json, const char *svg)
{
    return write_json(r, json) && picture_write(r, svg);
}
