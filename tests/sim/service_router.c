/* service_router.c - the router service's table, for the simulation: its own main file, under another name for main. */
int router_main_of_sim(int argc, char **argv);
#define main router_main_of_sim
#include "services/router/router.c"
#undef main

#include "sim/world.h"

const struct service *sim_router(void)
{
    return &router;
}
