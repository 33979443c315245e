/* service_deadline.c - the deadline service's table, for the simulation: its own main file, under another name for main. */
int deadline_main_of_sim(int argc, char **argv);
#define main deadline_main_of_sim
#include "services/deadline/deadline.c"
#undef main

#include "sim/world.h"

const struct service *sim_deadline(void)
{
    return &deadline;
}
