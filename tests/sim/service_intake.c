/* service_intake.c - the intake service's table, for the simulation: its own main file, under another name for main. */
int intake_main_of_sim(int argc, char **argv);
#define main intake_main_of_sim
#include "services/intake/intake.c"
#undef main

#include "sim/world.h"

const struct service *sim_intake(void)
{
    return &intake;
}
