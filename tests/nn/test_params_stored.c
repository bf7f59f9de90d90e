#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_linear.h"
#include "lib/nn/params.h"

enum { OUT = 20, IN = 30, WORDS = 11 };

/* A matrix that multiplies, an embedding, a bias. */
static qp_params *three_parameters(void)
{
    qp_params *params = qp_params_new();
    int matrix = qp_params_add(params, OUT, IN, (qp_init){.kind = QP_INIT_NORMAL, .gain = 1}, "matrix");
    cr_assert_eq(qp_params_multiply(params, matrix), matrix);
    qp_params_add(params, WORDS, IN, (qp_init){.kind = QP_INIT_NORMAL, .gain = 1}, "embedding");
    int bias = qp_params_add(params, 1, OUT, qp_init_constant(1), "bias");
    qp_params_multiply(params, bias);
    qp_params_multiply(params, -1);
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, 3);
    return params;
}

Test(params_stored, int8_takes_what_multiplies_and_16_bits_every_matrix)
{
    static const qp_weight_type types[] = {QP_WEIGHT_INT8, QP_WEIGHT_BF16, QP_WEIGHT_FP16};
    for (int t = 0; t < 3; t++) {
        qp_params *params = three_parameters();
        cr_assert(qp_params_at(params, 0)->product && !qp_params_at(params, 1)->product &&
                  !qp_params_at(params, 2)->product);
        cr_assert_eq(qp_params_quantize(params, types[t]), QP_OK);
        cr_assert_eq(qp_params_stored(params, 0)->type, types[t]);
        cr_assert_eq(qp_params_stored(params, 1) != NULL, types[t] != QP_WEIGHT_INT8);
        cr_assert_null(qp_params_stored(params, 2));
        qp_params_stored_free(params);
        cr_assert_null(qp_params_stored(params, 0));
        qp_params_free(params);
    }
}

/* Rounding twice changes nothing: the block has the rounded numbers. */
Test(params_stored, rounded_numbers_are_in_the_block)
{
    qp_params *params = three_parameters();
    qp_real first[OUT * IN];
    memcpy(first, qp_params_value(params, 0), sizeof first);
    cr_assert_eq(qp_params_quantize(params, QP_WEIGHT_INT8), QP_OK);
    const qp_packed *stored = qp_params_stored(params, 0);
    for (int o = 0; o < OUT; o++)
        for (int i = 0; i < IN; i++) {
            qp_real value = qp_params_value(params, 0)[o * IN + i];
            cr_assert_eq(value, (qp_real)((const int8_t *)stored->row)[o * IN + i] * (qp_real)stored->scale[o]);
            cr_assert_leq(fabs((double)(value - first[o * IN + i])), 0.5001 * (double)stored->scale[o]);
        }
    memcpy(first, qp_params_value(params, 0), sizeof first);
    cr_assert_eq(qp_params_quantize(params, QP_WEIGHT_INT8), QP_OK);
    for (int i = 0; i < OUT * IN; i++) cr_assert_float_eq(first[i], qp_params_value(params, 0)[i], 1e-6);
    qp_params_free(params);
}

Test(params_stored, products_use_what_is_stored)
{
    qp_params *params = three_parameters();
    qp_tape *tape = qp_tape_new();
    cr_assert_eq(qp_params_quantize(params, QP_WEIGHT_FP16), QP_OK);
    cr_assert_eq(qp_params_pack(params), QP_OK);
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor x = qp_tape_constant(tape, 2, IN);
    for (int i = 0; i < 2 * IN; i++) x.value[i] = (qp_real)(i % 7) - 3;
    qp_tensor weight = qp_param(tape, params, 0), plain = weight;
    cr_assert_eq(((const qp_packed *)weight.packed)->row, qp_params_stored(params, 0)->row);
    plain.packed = NULL;
    qp_tensor y = qp_linear(tape, x, weight, (qp_tensor){0}), wanted = qp_linear(tape, x, plain, (qp_tensor){0});
    for (int i = 0; i < 2 * OUT; i++) cr_assert_float_eq(y.value[i], wanted.value[i], 1e-4);
    qp_tape_free(tape);
    qp_params_free(params);
}

Test(params_stored, numbers_that_do_not_fit_are_refused)
{
    static const struct {
        qp_weight_type type;
        float value;
        qp_status status;
    } rows[] = {{QP_WEIGHT_INT8, NAN, QP_EDATA},
                {QP_WEIGHT_INT8, INFINITY, QP_EDATA},
                {QP_WEIGHT_FP16, 70000, QP_EDATA},
                {QP_WEIGHT_BF16, 70000, QP_OK},
                {QP_WEIGHT_BF16, -INFINITY, QP_EDATA}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int place = 0; place < 2; place++) { /* the first weight, the last */
            qp_params *params = three_parameters();
            const qp_parameter *p = qp_params_at(params, 0);
            qp_params_value(params, 0)[place * (p->rows * p->columns - 1)] = (qp_real)rows[i].value;
            cr_expect_eq(qp_params_quantize(params, rows[i].type), rows[i].status, "%zu", i);
            if (rows[i].status != QP_OK) cr_expect(strstr(qp_error_message(), "matrix"), "%s", qp_error_message());
            qp_params_free(params);
        }
}
