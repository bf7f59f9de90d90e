#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/train/weight_noise.h"

static qp_params *some_params(int *matrix, int *bias)
{
    qp_params *params = qp_params_new();
    *matrix = qp_params_add(params, 60, 70, (qp_init){.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1}, "matrix");
    *bias = qp_params_add(params, 1, 70, qp_init_constant(1), "bias");
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, 3);
    return params;
}

Test(weight_noise, moves_matrices_and_puts_the_weights_back)
{
    int matrix, bias;
    qp_params *params = some_params(&matrix, &bias);
    size_t size = qp_params_size(params) * sizeof(qp_real);
    qp_real *before = malloc(size), *noisy = malloc(size);
    memcpy(before, qp_params_block(params), size);
    for (int threads = 1; threads <= 3; threads++) {
        qp_weight_noise noise;
        cr_assert_eq(qp_weight_noise_init(&noise, params, 0.1, threads), QP_OK);
        qp_weight_noise_begin(&noise, params, 77);
        double squares = 0;
        const qp_real *value = qp_params_value(params, matrix), *old = before + qp_params_at(params, matrix)->offset;
        for (int i = 0; i < 4200; i++) squares += pow((double)value[i] - (double)old[i], 2);
        cr_expect_lt(fabs(sqrt(squares / 4200) - 0.1), 0.01);
        cr_expect_eq(
            memcmp(qp_params_value(params, bias), before + qp_params_at(params, bias)->offset, 70 * sizeof(qp_real)),
            0);
        if (threads == 1) memcpy(noisy, qp_params_block(params), size);
        cr_expect_eq(memcmp(noisy, qp_params_block(params), size), 0, "%d threads have other bits", threads);
        qp_weight_noise_end(&noise, params);
        cr_expect_eq(memcmp(before, qp_params_block(params), size), 0);
        qp_weight_noise_begin(&noise, params, 78);
        cr_expect_neq(memcmp(noisy, qp_params_block(params), size), 0, "two updates have one noise");
        qp_weight_noise_end(&noise, params);
        qp_weight_noise_free(&noise);
    }
    free(before);
    free(noisy);
    qp_params_free(params);
}

Test(weight_noise, off_it_does_nothing)
{
    int matrix, bias;
    qp_params *params = some_params(&matrix, &bias);
    qp_weight_noise noise;
    cr_assert_eq(qp_weight_noise_init(&noise, params, 0, 2), QP_OK);
    qp_real first = qp_params_value(params, matrix)[0];
    qp_weight_noise_begin(&noise, params, 1);
    cr_assert(qp_params_value(params, matrix)[0] == first && !noise.clean);
    qp_weight_noise_end(&noise, params);
    qp_weight_noise_free(&noise);
    qp_params_free(params);
}
