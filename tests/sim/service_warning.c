/* service_warning.c - the warning service's table, for the simulation: its own main file, under another name for main. */
int warning_main_of_sim(int argc, char **argv);
#define main warning_main_of_sim
#include "services/warning/warning.c"
#undef main

#include "sim/world.h"

const struct service *sim_warning(void)
{
    return &warning_service;
}
