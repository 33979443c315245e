/* leads.h - leads in, cards out: a hundred connections of channels that submit, one connection of each unit that reads its desk.
 *
 * A lead is complete when its sender has the answer and a unit has its card: then it is durable in intake and in the router. One in six
 * is of a unit whose due cards are read as well, and is complete only with that: then its clocks, and those of all before it, are
 * durable in deadline. */
#ifndef BENCH_LEADS_H
#define BENCH_LEADS_H

#include "load.h"
#include "stage.h"

enum { LEAD_TEXTS = 6 };
extern const char *const lead_texts[LEAD_TEXTS];

struct leads;
struct leads *leads_open(const struct stage *stage, int channels, int devices,
                         int workers); /* connections: channels x devices + workers */
struct leads *leads_close(struct leads *leads);

struct flow {
    int64_t leads, us;     /* complete ones between the first and the last tenth, and how long that took */
    int64_t all_us;        /* from the first request to the last completion */
    int64_t own_cpu_us;    /* of this program, over all of it */
    int64_t cpu_us[5];     /* of intake, router, deadline, warning, broker, over all of it */
    int64_t repeats, lost; /* requests sent again; leads not complete in the end */
};
extern const char *const processes[5];
void town_times(const struct stage *stage, int64_t ret_us[5]); /* processor time of each of them so far */
int64_t town_cpu_us(const struct stage *stage);                /* of all five */
double flow_rate(const struct flow *flow);                     /* leads a second */

/* `count` leads with so many outstanding at a time; 0: all at once. */
struct flow leads_flow(struct leads *leads, int64_t count, int64_t outstanding);

/* Request to card, in microseconds, sorted; `count` leads at a steady rate. The caller frees. */
double *leads_paced(struct leads *leads, int64_t count, int64_t per_s);
double *leads_alone(struct leads *leads, int64_t count); /* one after the other, each on an idle town */

int64_t leads_submitted(const struct leads *leads);
int64_t leads_completed(const struct leads *leads);

#endif
