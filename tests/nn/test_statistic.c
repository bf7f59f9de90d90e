#include <criterion/criterion.h>
#include <string.h>

#include "lib/nn/statistic.h"

static bool one_frozen(const void *self, const char *name) { return self && strcmp(name, self) == 0; }

/* A parameter, then two statistics. */
static qp_params *make(int *statistic)
{
    qp_params *params = qp_params_new();
    qp_params_add(params, 2, 2, qp_init_constant(5), "weight");
    *statistic = qp_statistic_add(params, 1, 3, 0.75, "seen");
    qp_statistic_add(params, 1, 1, 0.5, "other");
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, 1);
    return params;
}

Test(statistic, sums_of_all_shards_count_once_an_update)
{
    int seen;
    qp_params *params = make(&seen);
    qp_tape *tape = qp_tape_new();
    qp_gradient shard[2];
    const qp_real sum[2][3] = {{4, 0, -8}, {0, 4, -8}};
    const qp_real *block[2];
    qp_real copy[64] = {0};
    cr_assert_leq(qp_params_size(params), 64);
    cr_expect_eq(qp_params_at(params, seen)->keep, (qp_real)0.75);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(qp_gradient_init(&shard[i], params), QP_OK);
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tape_bind(tape, shard[i].node);
        for (int piece = 0; piece < 2; piece++) qp_statistic_observe(tape, params, seen, sum[i]);
        qp_gradient_finish(&shard[i], params);
        block[i] = shard[i].block;
    }
    const qp_real *value = qp_params_value(params, seen);
    qp_statistic_follow(params, block, 2, one_frozen, NULL, copy);
    for (int c = 0; c < 3; c++) cr_expect_float_eq(value[c], c == 2 ? -8 : 2, 1e-6, "column %d", c);
    cr_expect_eq(memcmp(copy + qp_params_at(params, seen)->offset, value, 3 * sizeof *value), 0);
    cr_expect_eq(qp_params_value(params, 0)[0], 5, "a parameter is not a statistic");
    qp_statistic_follow(params, block, 1, one_frozen, "seen", NULL);
    cr_expect_float_eq(value[0], 2, 1e-6, "--freeze keeps it");
    qp_statistic_follow(params, block, 1, one_frozen, NULL, NULL);
    cr_expect_float_eq(value[0], 3.5, 1e-6);
    cr_expect_float_eq(value[1], 1.5, 1e-6, "what is not seen fades");
    qp_tape_begin(tape, QP_INFER, 1);
    qp_statistic_observe(tape, params, seen, sum[0]);
    for (int i = 0; i < 2; i++) qp_gradient_free(&shard[i]);
    qp_tape_free(tape);
    qp_params_free(params);
}
