/* report.c - see report.h. */
#include "report.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOISE = 2 }; /* a ratio within this factor of the committed one is the same */

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

struct curve *report_curve(struct report *r, const char *key, const char *what, const char *x, const char *y)
{
    assert(r->curve_count < CURVES_MAX);
    struct curve *c = &r->curves[r->curve_count++];
    *c = (struct curve){ .key = key, .what = what, .x = x, .y = y };
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

static bool is_met(const struct row *row)
{
    double low, high, ratio = ratio_of(row, &low, &high);
    return row->sense == PRINTED || (row->sense == AT_LEAST ? ratio >= row->goal : ratio <= row->goal);
}

/* -- the table ------------------------------------------------------------------------------------------------------- */

static void number(char *into, size_t room, double value)
{
    snprintf(into, room, value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.3f", value);
}

/* The committed ratio of this row; 0 when there is none. */
static double last_ratio(const json_t *last, const char *key)
{
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(last, "rows"), i, one)
    {
        const char *its = json_string_value(json_object_get(one, "key"));
        if (its && strcmp(its, key) == 0)
            return json_number_value(json_object_get(one, "ratio"));
    }
    return 0;
}

static void print_row(const struct row *row, const json_t *last)
{
    char measured[32], reference[32], goal[32] = "-", before[64] = "";
    double low, high, ratio = ratio_of(row, &low, &high), was = last_ratio(last, row->key);
    number(measured, sizeof measured, median_of(row->measured, row->runs));
    number(reference, sizeof reference, median_of(row->reference, row->runs));
    if (row->sense != PRINTED)
        snprintf(goal, sizeof goal, "%s %.4g", row->sense == AT_LEAST ? ">=" : "<=", row->goal);
    if (was > 0)
        snprintf(before, sizeof before, "  was %.3f%s", was, ratio > was * NOISE || ratio * NOISE < was ? " !" : "");
    printf("%-58s %10s %-8s %10s  %8.3f [%.3f..%.3f] %9s %s%s\n", row->what, measured, row->unit, reference, ratio, low, high,
           goal,
           row->sense == PRINTED ? ""
           : is_met(row)         ? "met"
                                 : "missed",
           before);
}

void report_print(const struct report *r, const char *last_json)
{
    json_t *last = json_load_file(last_json, 0, NULL);
    int met = 0, judged = 0;
    printf("\n%-58s %10s %-8s %10s  %8s %s\n", "what", "measured", "", "against", "ratio", "[spread]  goal");
    for (int i = 0; i < r->row_count; i++) {
        print_row(&r->rows[i], last);
        judged += r->rows[i].sense != PRINTED;
        met += r->rows[i].sense != PRINTED && is_met(&r->rows[i]);
    }
    printf("the load generator used at most %.0f %% of the processor time it measured%s\n", 100 * r->load_share,
           r->load_share > 1.0 / 3 ? " (more than a third: rates are bounded by it)" : "");
    printf("%d of %d goals met%s\n", met, judged, last ? "; `was` is the committed ratio, ! beyond a factor of two" : "");
    json_decref(last);
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
    static const char *const senses[] = { "at least", "at most", "printed" };
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
        json_array_append_new(curves, json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "key", c->key, "what", c->what, "x", c->x, "y",
                                                c->y, "at", list_of(c->at, c->points), "value", list_of(c->value, c->points)));
    }
    json_t *all =
        json_pack("{s:b,s:f,s:o,s:o}", "quick", (int) r->is_quick, "load_share", r->load_share, "rows", rows, "curves", curves);
    bool fine = json_dump_file(all, path, JSON_INDENT(1) | JSON_REAL_PRECISION(5)) == 0;
    json_decref(all);
    return fine;
}

/* One line per row: the goal at the middle, the ratio's distance from it on a scale of octaves, better to the right. */
enum { WIDTH = 1100, LABEL = 420, BAR = 560, LINE = 26, CURVE_HEIGHT = 220 };

static double place(const struct row *row, double ratio)
{
    double better = row->sense == AT_MOST ? row->goal / ratio : ratio / row->goal;
    double octaves = fmax(-4, fmin(4, log2(better)));
    return LABEL + BAR / 2.0 + octaves * BAR / 8.0;
}

static void draw_row(FILE *f, const struct row *row, int y)
{
    double low, high, ratio = ratio_of(row, &low, &high);
    const char *colour = is_met(row) ? "#2a7f3f" : "#b3402a";
    fprintf(f, "<text x=\"8\" y=\"%d\">%s</text>\n", y + 5, row->what);
    fprintf(f, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"3\" stroke-opacity=\"0.4\"/>\n",
            place(row, low), place(row, high), y, y, colour);
    fprintf(f, "<circle cx=\"%.1f\" cy=\"%d\" r=\"5\" fill=\"%s\"/>\n", place(row, ratio), y, colour);
    fprintf(f, "<text x=\"%d\" y=\"%d\">%.3g (%s %.3g)</text>\n", LABEL + BAR + 10, y + 5, ratio,
            row->sense == AT_LEAST ? "&#8805;" : "&#8804;", row->goal);
}

static void draw_curve(FILE *f, const struct curve *c, int top)
{
    double most = 0, furthest = 0;
    for (int i = 0; i < c->points; i++) {
        most = fmax(most, c->value[i]);
        furthest = fmax(furthest, c->at[i]);
    }
    if (c->points == 0 || most <= 0 || furthest <= 0)
        return;
    fprintf(
        f,
        "<text x=\"8\" y=\"%d\">%s: %s over %s</text>\n<polyline fill=\"none\" stroke=\"#235a97\" stroke-width=\"2\" points=\"",
        top + 14, c->what, c->y, c->x);
    for (int i = 0; i < c->points; i++)
        fprintf(f, "%.1f,%.1f ", 60 + c->at[i] / furthest * (WIDTH - 260),
                top + CURVE_HEIGHT - 30 - c->value[i] / most * (CURVE_HEIGHT - 70));
    fprintf(f, "\"/>\n");
    for (int i = 0; i < c->points; i++)
        fprintf(f, "<text x=\"%.1f\" y=\"%.1f\">%.3g | %.3g</text>\n", 64 + c->at[i] / furthest * (WIDTH - 260),
                top + CURVE_HEIGHT - 36 - c->value[i] / most * (CURVE_HEIGHT - 70), c->at[i], c->value[i]);
}

static bool write_svg(const struct report *r, const char *path)
{
    FILE *f = fopen(path, "we");
    int judged = 0;
    for (int i = 0; i < r->row_count; i++)
        judged += r->rows[i].sense != PRINTED;
    int height = 60 + judged * LINE + r->curve_count * CURVE_HEIGHT, y = 50;
    if (!f)
        return false;
    fprintf(
        f,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">\n",
        WIDTH, height);
    fprintf(f, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n");
    fprintf(
        f,
        "<text x=\"8\" y=\"20\">Ratio with its spread against the goal (line in the middle); each step is a factor of two, right is better.</text>\n");
    for (int i = -4; i <= 4; i++)
        fprintf(f, "<line x1=\"%d\" x2=\"%d\" y1=\"32\" y2=\"%d\" stroke=\"#%s\"/>\n", LABEL + BAR / 2 + i * BAR / 8,
                LABEL + BAR / 2 + i * BAR / 8, 40 + judged * LINE, i ? "e4e4e4" : "444");
    for (int i = 0; i < r->row_count; i++) {
        if (r->rows[i].sense == PRINTED)
            continue;
        draw_row(f, &r->rows[i], y);
        y += LINE;
    }
    for (int i = 0; i < r->curve_count; i++)
        draw_curve(f, &r->curves[i], y + i * CURVE_HEIGHT);
    fprintf(f, "</svg>\n");
    return fclose(f) == 0;
}

bool report_write(const struct report *r, const char *json, const char *svg)
{
    return write_json(r, json) && write_svg(r, svg);
}
