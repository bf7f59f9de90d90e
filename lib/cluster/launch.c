#include <stdlib.h>

#include "lib/cluster/cluster.h"

/* Variables of the number of processes, and of the number of this one. */
static const struct {
    const char *ranks, *rank;
} launcher[] = {
    {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
    {"PMI_SIZE", "PMI_RANK"},
    {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},
};
enum { LAUNCHERS = sizeof launcher / sizeof *launcher };

static int number_of(const char *variable)
{
    const char *value = getenv(variable);
    return value ? atoi(value) : 0;
}

int qp_cluster_launched(void)
{
    for (int i = 0; i < LAUNCHERS; i++)
        if (number_of(launcher[i].ranks) > 1) return number_of(launcher[i].ranks);
    return 1;
}

int qp_cluster_launch_rank(void)
{
    for (int i = 0; i < LAUNCHERS; i++)
        if (number_of(launcher[i].ranks) > 1) return number_of(launcher[i].rank);
    return 0;
}
