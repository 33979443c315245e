/* report.h - the table: for each row the measured value, what it is compared with in the same run, their ratio with its spread, and the
 * goal; as text, as JSON and as one picture (picture.c). Absolute numbers are printed, never judged. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>

enum { RUNS_MAX = 16, ROWS_MAX = 48, POINTS_MAX = 16, CURVES_MAX = 4 };

struct row {
    const char *key, *what, *against, *unit;
    enum { AT_LEAST, AT_MOST, PRINTED, COUNTED } sense; /* COUNTED: printed; the same in each run of the same program */
    double goal;
    int runs;
    double measured[RUNS_MAX], reference[RUNS_MAX];
};

struct curve { /* how cost grows */
    const char *key, *what, *x, *y;
    bool is_wide; /* x goes over orders of magnitude */
    int points;
    double at[POINTS_MAX], value[POINTS_MAX];
};

struct report {
    struct row rows[ROWS_MAX];
    int row_count;
    struct curve curves[CURVES_MAX];
    int curve_count;
    void *cost;             /* json_t: what is counted (cost.h); NULL: nothing was */
    double load_share;      /* the largest share of the load generator in the processor time that was measured */
    bool is_quick, is_part; /* is_part: only some rows were asked for */
};

struct row *report_row(struct report *report, const char *key, const char *what, const char *against, const char *unit,
                       int sense, double goal);
void row_add(struct row *row, double measured, double reference); /* one short run */
struct curve *report_curve(struct report *report, const char *key, const char *what, const char *x, const char *y,
                           bool is_wide);
void curve_add(struct curve *curve, double at, double value);
double median_of(const double *values, int count);
double ratio_of(const struct row *row, double *ret_low, double *ret_high); /* median, smallest, largest */
bool is_met(const struct row *row);
bool is_judged(const struct row *row); /* has a goal */

/* The table; beside each row how its ratio stands to that of the committed result, which may be missing. False when a row of the
 * committed result was to be measured and was not. */
bool report_print(const struct report *report, const char *last_json);
bool report_write(const struct report *report, const char *json, const char *svg);
bool picture_write(const struct report *report, const char *svg);

#endif
