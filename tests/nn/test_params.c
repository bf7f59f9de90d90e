#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nn/adapters.h"
#include "lib/nn/params.h"

static qp_params *two_parameters(const char *first, uint64_t seed)
{
    qp_params *params = qp_params_new();
    qp_params_add(params, 3, 5, (qp_init){.kind = QP_INIT_NORMAL, .gain = 1}, "%s", first);
    qp_params_add(params, 7, 2, (qp_init){.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1}, "second");
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, seed);
    return params;
}

/* Until they are drawn or loaded. */
Test(params, weights_are_zero_at_first)
{
    qp_params *params = qp_params_new();
    qp_params_add(params, 3, 5, (qp_init){.kind = QP_INIT_NORMAL, .gain = 1}, "first");
    cr_assert_eq(qp_params_finish(params), QP_OK);
    for (size_t i = 0; i < qp_params_size(params); i++) cr_expect_eq(qp_params_block(params)[i], 0);
    qp_params_free(params);
}

Test(params, entries_are_aligned_and_found_by_name)
{
    qp_params *params = two_parameters("first", 1);
    cr_assert_eq(qp_params_count(params), 2);
    cr_assert_eq(qp_params_elements(params), 29u);
    cr_assert_eq(qp_params_find(params, "second"), 1);
    cr_assert_eq(qp_params_find(params, "third"), -1);
    for (int i = 0; i < 2; i++) cr_assert_eq((size_t)qp_params_value(params, i) % 64, 0u);
    qp_params_free(params);
}

Test(params, values_depend_on_seed_and_own_name_alone)
{
    qp_params *a = two_parameters("first", 1), *b = two_parameters("other", 1), *c = two_parameters("first", 2);
    size_t bytes = 14 * sizeof(qp_real);
    cr_assert_eq(memcmp(qp_params_value(a, 1), qp_params_value(b, 1), bytes), 0);
    cr_assert_neq(memcmp(qp_params_value(a, 1), qp_params_value(c, 1), bytes), 0);
    cr_assert_neq(memcmp(qp_params_value(a, 0), qp_params_value(b, 0), bytes), 0);
    qp_params_free(a);
    qp_params_free(b);
    qp_params_free(c);
}

Test(params, decay_reaches_matrices_of_one_row_but_no_vector)
{
    static const struct {
        int rows;
        qp_init init;
        bool decay;
    } row[] = {{3, {.kind = QP_INIT_UNIFORM, .gain = 1}, true},   /* a matrix */
               {1, {.kind = QP_INIT_UNIFORM, .gain = 1}, true},   /* the weights of one output, as Bahdanau's energy */
               {1, {.kind = QP_INIT_CONSTANT, .gain = 0}, false}, /* a bias */
               {1, {.kind = QP_INIT_CONSTANT, .gain = 1}, false}, /* a norm's gain */
               {1, {.kind = QP_INIT_GATE, .gain = 1, .gates = 4, .gate = 1}, false},  /* an LSTM's bias */
               {1, {.kind = QP_INIT_GATE, .gain = 1, .gates = 3, .gate = 0}, false}}; /* one with three gates */
    qp_params *params = qp_params_new();
    int count = (int)(sizeof row / sizeof *row);
    for (int i = 0; i < count; i++) qp_params_add(params, row[i].rows, 4, row[i].init, "p%d", i);
    for (int i = 0; i < count; i++) cr_expect_eq(qp_params_at(params, i)->decay, row[i].decay, "p%d", i);
    qp_params_free(params);
}

Test(params, an_impossible_size_is_reported_by_finish)
{
    qp_params *params = qp_params_new();
    cr_assert_eq(qp_params_add(params, 0, 5, qp_init_constant(1), "none"), -1);
    cr_assert_neq(qp_params_finish(params), QP_OK);
    qp_params_free(params);
}

Test(params, gradients_nobody_wrote_read_as_zero)
{
    qp_params *params = two_parameters("first", 1);
    qp_gradient gradient;
    cr_assert_eq(qp_gradient_init(&gradient, params), QP_OK);
    for (size_t i = 0; i < qp_params_size(params); i++) gradient.block[i] = 9;
    qp_gradient_begin(&gradient, params);
    gradient.node[0].filled = true;
    qp_gradient_finish(&gradient, params);
    cr_assert_eq(gradient.node[0].grad[0], 9);
    for (int i = 0; i < 14; i++) cr_assert_eq(gradient.node[1].grad[i], 0);
    qp_gradient_free(&gradient);
    qp_params_free(params);
}

/* Sample statistics of a draw against the initialiser's own formula. */
static void check_draw(qp_init init, int rows, int columns)
{
    size_t count = (size_t)rows * (size_t)columns;
    qp_real *value = malloc(count * sizeof *value);
    qp_init_fill(init, rows, columns, columns, rows, 77, value);
    double sum = 0, squares = 0, n = (double)count, expected = qp_init_deviation(init, columns, rows);
    for (size_t i = 0; i < count; i++) {
        sum += value[i];
        squares += (double)value[i] * value[i];
    }
    double deviation = sqrt(squares / n - sum * sum / n / n);
    cr_assert_lt(fabs(sum / n), 5 * expected / sqrt(n));
    cr_assert_lt(fabs(deviation / expected - 1), 5 / sqrt(2 * n));
    free(value);
}

Test(initializer, draws_have_the_stated_deviation)
{
    for (qp_init_kind kind = QP_INIT_UNIFORM; kind < QP_INIT_ORTHOGONAL; kind++)
        check_draw((qp_init){.kind = kind, .gain = 0.7}, 60, 90);
}

Test(initializer, orthogonal_rows_or_columns)
{
    qp_real value[6 * 4];
    qp_init_fill((qp_init){.kind = QP_INIT_ORTHOGONAL, .gain = 2}, 6, 4, 4, 6, 5, value);
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++) {
            double product = 0;
            for (int r = 0; r < 6; r++) product += (double)value[4 * r + a] * value[4 * r + b];
            cr_assert_float_eq(product, a == b ? 4 : 0, 1e-5);
        }
}

/* W + scale B A, on the tape and packed; the weight itself is frozen and keeps its first values. */
Test(params, an_adapted_weight_is_the_sum)
{
    enum { ROWS = 9, COLUMNS = 6, RANK = 2 };
    qp_params *params = qp_params_new();
    qp_init init = {.kind = QP_INIT_NORMAL, .gain = 1};
    qp_params_add(params, ROWS, COLUMNS, init, "layer.weight");
    qp_params_add(params, 1, ROWS, qp_init_constant(0), "layer.bias");
    qp_params_add(params, RANK, COLUMNS, init, "layer.small");
    cr_assert_eq(qp_adapters_add(params, "layer.*", RANK, 3), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, 4);
    cr_assert_eq(qp_params_count(params), 5, "one matrix is larger than the rank");
    int a = qp_params_find(params, "layer.weight.lora_A"), b = qp_params_find(params, "layer.weight.lora_B");
    cr_assert(a == 3 && b == 4 && qp_params_at(params, 0)->frozen && !qp_params_at(params, a)->frozen);
    for (int i = 0; i < ROWS * RANK; i++) {
        cr_expect_eq(qp_params_value(params, b)[i], 0, "B begins at zero");
        qp_params_value(params, b)[i] = (qp_real)(i % 5 - 2);
    }
    double expected[ROWS * COLUMNS];
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            expected[r * COLUMNS + c] = (double)qp_params_value(params, 0)[r * COLUMNS + c];
            for (int k = 0; k < RANK; k++)
                expected[r * COLUMNS + c] += 1.5 * (double)qp_params_value(params, b)[r * RANK + k] *
                                             (double)qp_params_value(params, a)[k * COLUMNS + c];
        }
    qp_tape *tape = qp_tape_new();
    for (int packed = 0; packed < 2; packed++) {
        if (packed) cr_assert_eq(qp_params_pack(params), QP_OK);
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor w = qp_param(tape, params, 0);
        cr_assert(w.value != NULL && (w.packed != NULL) == packed);
        for (int i = 0; i < ROWS * COLUMNS; i++) cr_expect_float_eq(w.value[i], expected[i], 1e-5);
    }
    cr_expect_eq(qp_params_value(params, 0)[0] == (qp_real)expected[0], false, "the weight was merged in place");
    qp_tape_free(tape);
    qp_params_free(params);
    params = qp_params_new();
    qp_params_add(params, 2, 2, init, "w");
    cr_expect_eq(qp_adapters_add(params, "v*", 1, 1), QP_EUSAGE);
    cr_expect_eq(qp_adapters_add(params, "w", 2, 1), QP_EUSAGE);
    qp_params_free(params);
}
