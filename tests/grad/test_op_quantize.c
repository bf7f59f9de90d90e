#include "lib/grad/op_quantize.h"

#include <criterion/criterion.h>
#include <math.h>

#include "tests/grad/op_check.h"

enum { ROWS = 9, WIDTH = 5, CODES = 7 };

static qp_tape *fresh(void)
{
    op_numbers_reset();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    return tape;
}

static double distance(const qp_real *a, const qp_real *b)
{
    double sum = 0;
    for (int k = 0; k < WIDTH; k++) sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sum;
}

/* The nearest row of the codebook that is a code, by a plain loop; also the first and the last one. */
Test(op_quantize, every_row_becomes_the_nearest_code)
{
    static const bool some[CODES] = {false, true, true, false, true, true, true};
    for (int rule = 0; rule < 2; rule++) {
        qp_tape *tape = fresh();
        qp_tensor z = op_matrix(ROWS, WIDTH, 1), codebook = op_matrix(CODES, WIDTH, 2), loss;
        const bool *alive = rule ? some : NULL;
        const int32_t *code;
        double least_sum = 0;
        for (int k = 0; k < WIDTH; k++) {
            qp_tensor_row(z, 0)[k] = qp_tensor_row(codebook, 0)[k];
            qp_tensor_row(z, 1)[k] = qp_tensor_row(codebook, CODES - 1)[k];
        }
        qp_tensor y = qp_quantize(tape, z, codebook, alive, (qp_real)0.25, &code, &loss);
        for (int r = 0; r < ROWS; r++) {
            double least = INFINITY;
            int best = -1;
            for (int c = 0; c < CODES; c++) {
                double d = distance(qp_tensor_row(z, r), qp_tensor_row(codebook, c));
                if ((!alive || alive[c]) && d < least) least = d, best = c;
            }
            cr_assert_eq(code[r], best, "row %d: %d", r, code[r]);
            cr_assert_arr_eq(qp_tensor_row(y, r), qp_tensor_row(codebook, best), WIDTH * sizeof(qp_real));
            least_sum += least;
        }
        cr_assert_eq(code[1], CODES - 1);
        cr_assert(code[0] == 0 || rule);
        cr_assert_float_eq((double)loss.value[0], 1.25 * least_sum / (ROWS * WIDTH), 1e-5);
        qp_tape_free(tape);
    }
}

Test(op_quantize, of_equal_codes_the_first)
{
    qp_tape *tape = fresh();
    qp_tensor z = op_matrix(2, WIDTH, 1), codebook = op_matrix(CODES, WIDTH, 2), loss;
    const int32_t *code;
    for (int c = 2; c < CODES; c++)
        for (int k = 0; k < WIDTH; k++) qp_tensor_row(codebook, c)[k] = qp_tensor_row(z, 1)[k];
    qp_quantize(tape, z, codebook, NULL, 0, &code, &loss);
    cr_assert_eq(code[1], 2);
    qp_tape_free(tape);
}

Test(op_quantize, what_is_refused)
{
    static const bool none[CODES];
    qp_tape *tape = fresh();
    const int32_t *code;
    qp_tensor loss;
    op_refused(tape, qp_quantize(tape, op_matrix(2, WIDTH, 1), op_matrix(CODES, WIDTH + 1, 2), NULL, 0, &code, &loss),
               "another width");
    op_refused(tape, qp_quantize(tape, op_matrix(2, WIDTH, 1), op_matrix(CODES, WIDTH, 2), none, 0, &code, &loss),
               "no row is a code");
    qp_tape_free(tape);
}
