/* picture.c - the report as one SVG: each ratio with its spread against its goal, and how cost grows. */
#include "report.h"

#include <math.h>
#include <stdio.h>

enum {
    WIDTH = 1180,
    LINE = 26,
    LABEL = 470, /* where the axis begins */
    BAR = 480,
    STEPS = 5, /* factors of two shown on each side of the goal */
    TOP = 64,
    PANEL_WIDTH = 390,
    PANEL_HEIGHT = 250,
    INSET_LEFT = 62,
    INSET_RIGHT = 22,
    INSET_POINT = 20,
    INSET_TOP = 44,
    INSET_BOTTOM = 48
};
#define MET "#2a7f3f"
#define MISSED "#b3402a"
#define INK "#222"
#define PALE "#e6e6e6"

/* -- ratios ---------------------------------------------------------------------------------------------------------- */

/* How much better than its goal, as a factor: above 1 is met. */
static double merit(const struct row *row, double ratio)
{
    double least = 1.0 / 1024;
    ratio = fmax(ratio, least); /* what is faster than the reference by subtraction may be below nothing */
    return row->sense == AT_LEAST ? ratio / row->goal : row->goal / ratio;
}

static double place(double factor)
{
    double step = fmax(-STEPS, fmin(STEPS, log2(factor)));
    return LABEL + BAR / 2.0 + step * BAR / (2.0 * STEPS);
}

static void draw_axis(FILE *f, int rows)
{
    fprintf(f, "<text x=\"8\" y=\"24\" font-size=\"16\" font-weight=\"bold\">Each ratio against its goal</text>\n");
    fprintf(f, "<text x=\"%.0f\" y=\"24\" text-anchor=\"middle\" fill=\"%s\">worse  &#8592;  goal  &#8594;  better</text>\n",
            place(1), INK);
    for (int i = -STEPS; i <= STEPS; i++) {
        double x = place(exp2(i));
        fprintf(f, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/>\n", x, x, TOP - 14, TOP + rows * LINE - 6,
                i ? PALE : "#555");
        if (i)
            fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" font-size=\"11\" fill=\"#777\">%.0f&#215;</text>\n", x,
                    TOP - 20, exp2(i > 0 ? i : -i));
    }
}

static void draw_row(FILE *f, const struct row *row, int y)
{
    double low, high, ratio = ratio_of(row, &low, &high), from = place(merit(row, low)), to = place(merit(row, high));
    const char *colour = is_met(row) ? MET : MISSED;
    fprintf(f, "<text x=\"8\" y=\"%d\">%s</text>\n", y + 5, row->what);
    fprintf(f, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"4\" stroke-opacity=\"0.35\"/>\n",
            fmin(from, to), fmax(from, to), y, y, colour);
    fprintf(f, "<circle cx=\"%.1f\" cy=\"%d\" r=\"5\" fill=\"%s\"/>\n", place(merit(row, ratio)), y, colour);
    fprintf(f, "<text x=\"%d\" y=\"%d\" fill=\"%s\">%.3g</text><text x=\"%d\" y=\"%d\" fill=\"#777\">%s %.3g</text>\n",
            LABEL + BAR + 24, y + 5, colour, ratio, LABEL + BAR + 96, y + 5, row->sense == AT_LEAST ? "&#8805;" : "&#8804;",
            row->goal);
}

/* -- growth ---------------------------------------------------------------------------------------------------------- */

struct frame { /* of one curve: the largest values, and where its panel stands */
    double x_least, x_most, y_most;
    int left, top;
    bool is_wide;
};

static double x_of(const struct frame *p, double x)
{
    double width = PANEL_WIDTH - INSET_LEFT - INSET_RIGHT - 2 * INSET_POINT;
    double share = p->is_wide ? log(x / p->x_least) / log(p->x_most / p->x_least) : x / p->x_most;
    return p->left + INSET_LEFT + INSET_POINT + share * width;
}

static double y_of(const struct frame *p, double y)
{
    double height = PANEL_HEIGHT - INSET_TOP - INSET_BOTTOM;
    return p->top + INSET_TOP + (1 - y / p->y_most) * height;
}

/* 1, 2 or 5 times a power of ten, not below. */
static double round_up(double value)
{
    double ten = pow(10, floor(log10(value))), lead = value / ten;
    return ten * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

static void draw_frame(FILE *f, const struct curve *c, const struct frame *p)
{
    int right = p->left + PANEL_WIDTH - INSET_RIGHT;
    fprintf(f, "<text x=\"%d\" y=\"%d\" font-size=\"16\" font-weight=\"bold\">%s</text>\n", p->left + 8, p->top + 16, c->what);
    fprintf(f, "<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#777\">%s</text>\n", p->left + 8, p->top + 33, c->y);
    for (int i = 0; i <= 4; i++) {
        double value = p->y_most * i / 4, y = y_of(p, value);
        fprintf(f, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", p->left + INSET_LEFT, right, y, y,
                i ? PALE : "#555");
        fprintf(f, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" font-size=\"11\" fill=\"#777\">%.4g</text>\n",
                p->left + INSET_LEFT - 6, y + 4, value);
    }
    fprintf(f, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" font-size=\"12\" fill=\"#777\">%s</text>\n", right,
            p->top + PANEL_HEIGHT - 8, c->x);
}

static const char *short_number(char into[32], double value)
{
    snprintf(into, 32,
             value >= 1e6   ? "%.3gM"
             : value >= 1e4 ? "%.3gk"
                            : "%.0f",
             value >= 1e6   ? value / 1e6
             : value >= 1e4 ? value / 1e3
                            : value);
    return into;
}

static void draw_points(FILE *f, const struct curve *c, const struct frame *p)
{
    char text[32];
    fprintf(f, "<polyline fill=\"none\" stroke=\"#235a97\" stroke-width=\"2\" points=\"");
    for (int i = 0; i < c->points; i++)
        fprintf(f, "%.1f,%.1f ", x_of(p, c->at[i]), y_of(p, c->value[i]));
    fprintf(f, "\"/>\n");
    for (int i = 0; i < c->points; i++) {
        double x = x_of(p, c->at[i]), y = y_of(p, c->value[i]);
        fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#235a97\"/>\n", x, y);
        fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"12\">%.*g</text>\n", x, y - 9,
                c->value[i] >= 1000 ? 4 : 3, c->value[i]);
        fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" font-size=\"11\" fill=\"#777\">%s</text>\n", x,
                p->top + PANEL_HEIGHT - INSET_BOTTOM + 16, short_number(text, c->at[i]));
    }
}

static void draw_curve(FILE *f, const struct curve *c, int left, int top)
{
    struct frame p = { .left = left, .top = top, .is_wide = c->is_wide, .x_least = c->points ? c->at[0] : 0 };
    for (int i = 0; i < c->points; i++) {
        p.y_most = fmax(p.y_most, c->value[i]);
        p.x_most = fmax(p.x_most, c->at[i]);
        p.x_least = fmin(p.x_least, c->at[i]);
    }
    if (c->points < 2 || p.y_most <= 0 || p.x_most <= p.x_least)
        return;
    p.y_most = round_up(p.y_most * 1.15);
    draw_frame(f, c, &p);
    draw_points(f, c, &p);
}

/* -- the whole ------------------------------------------------------------------------------------------------------- */

bool picture_write(const struct report *r, const char *path)
{
    FILE *f = fopen(path, "we");
    int judged = 0, y = TOP;
    if (!f)
        return false;
    for (int i = 0; i < r->row_count; i++)
        judged += is_judged(&r->rows[i]) && r->rows[i].runs > 0;
    int panels = TOP + judged * LINE + 20, height = panels + (r->curve_count ? PANEL_HEIGHT + 8 : 0);
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"13\" fill=\"%s\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            WIDTH, height, WIDTH, height, INK);
    draw_axis(f, judged);
    for (int i = 0; i < r->row_count; i++) {
        if (!is_judged(&r->rows[i]) || r->rows[i].runs == 0)
            continue;
        draw_row(f, &r->rows[i], y);
        y += LINE;
    }
    for (int i = 0; i < r->curve_count; i++)
        draw_curve(f, &r->curves[i], i * PANEL_WIDTH, panels);
    fprintf(f, "</svg>\n");
    return fclose(f) == 0;
}
