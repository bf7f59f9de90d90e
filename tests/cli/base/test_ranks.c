#define _GNU_SOURCE
#include "cli/base/ranks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/threads.h"

/* A process alone; several of them are tested by make mpi-test. */

static const char *const launchers[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS", "SLURM_STEP_NUM_TASKS"};

static void set_up(void)
{
    for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) unsetenv(launchers[i]);
}

TestSuite(ranks, .init = set_up);

Test(ranks, a_process_alone_has_no_cluster)
{
    cr_assert_eq(qp_ranks_join("info", false), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_ranks_join("train", true), QP_OK, "%s", qp_error_message());
    cr_assert_null(qp_ranks());
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
    cr_assert_eq(qp_ranks_threads(3), qp_threads_of(3));
    cr_assert_eq(qp_ranks_threads(0), qp_threads_of(0));
    cr_assert_leq(qp_ranks_threads(0), cpus);
    static const int codes[] = {0, 2, 65, 130, 143};
    for (int i = 0; i < 5; i++) cr_assert_eq(qp_ranks_leave(codes[i]), codes[i]);
}

Test(ranks, a_command_of_one_process_is_not_started_twice)
{
    setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
    cr_assert_eq(qp_ranks_join("info", false), QP_EUSAGE);
    cr_assert_str_eq(qp_error_message(), "info runs as one process, and 2 were started; start it without mpirun or "
                                         "srun");
}

/* Alone, chunks go to the output itself as they are written, and stdin is no mistake. */
Test(ranks, output_of_a_process_alone)
{
    char *text = NULL;
    size_t bytes;
    int limit = 7;
    FILE *out = open_memstream(&text, &bytes);
    qp_ranks_output o;
    cr_assert_eq(qp_ranks_output_begin(&o, out, NULL, 0, &limit), QP_OK, "%s", qp_error_message());
    cr_assert_eq(limit, 7);
    cr_assert_eq(o.stream, out);
    for (int i = 0; i < 3; i++) {
        cr_assert(qp_ranks_output_own(&o), "chunk %d", i);
        fprintf(o.stream, "chunk %d\n", i);
        cr_assert_eq(qp_ranks_output_next(&o, QP_OK, false), QP_OK);
    }
    cr_assert_eq(qp_ranks_output_next(&o, QP_EDATA, false), QP_EDATA, "a failure is returned at once");
    cr_assert_eq(qp_ranks_output_next(&o, QP_OK, true), QP_OK);
    qp_ranks_output_end(&o);
    cr_assert_eq(fclose(out), 0);
    cr_assert_str_eq(text, "chunk 0\nchunk 1\nchunk 2\n");
    free(text);
}
