#include "lib/grad/loss/op_loss_nce.h"

#include <criterion/criterion.h>
#include <math.h>

#include "tests/grad/op_check.h"

enum { ROWS = 7, COLUMNS = 5 };

static double length_of(qp_tensor x, int row)
{
    double sum = 0;
    for (int c = 0; c < x.columns; c++) sum += (double)qp_tensor_row(x, row)[c] * (double)qp_tensor_row(x, row)[c];
    return sqrt(sum);
}

static double similarity(qp_tensor a, int i, qp_tensor b, int j, double temperature)
{
    double product = 0, lengths = length_of(a, i) * length_of(b, j);
    for (int c = 0; c < a.columns; c++) product += (double)qp_tensor_row(a, i)[c] * (double)qp_tensor_row(b, j)[c];
    return lengths > 0 ? product / lengths / temperature : 0;
}

/* Both directions by their definition. */
static double plain(qp_tensor a, qp_tensor b, double temperature)
{
    double loss = 0;
    for (int r = 0; r < a.rows; r++) {
        double along = 0, down = 0;
        for (int j = 0; j < a.rows; j++) {
            along += exp(similarity(a, r, b, j, temperature));
            down += exp(similarity(a, j, b, r, temperature));
        }
        loss += (log(along) + log(down)) / 2 - similarity(a, r, b, r, temperature);
    }
    return loss / a.rows;
}

Test(op_loss_nce, it_is_its_definition)
{
    static const qp_real temperature[] = {1, (qp_real)0.07, 3};
    for (int rows = 1; rows <= ROWS; rows++)
        for (int k = 0; k < 3; k++) {
            op_numbers_reset();
            qp_tensor a = op_matrix(rows, COLUMNS, 1),
                      b = qp_tensor_columns(op_matrix(rows, COLUMNS + 3, 2), 2, COLUMNS);
            if (rows == 4)
                for (int c = 0; c < COLUMNS; c++) qp_tensor_row(a, 2)[c] = 0; /* a row of zeros stays */
            qp_tape *tape = qp_tape_new();
            qp_tape_begin(tape, QP_TRAIN, 1);
            qp_tensor x = op_leaf(tape, a), loss = qp_info_nce(tape, x, b, temperature[k]);
            cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
            const double wanted = plain(a, b, (double)temperature[k]);
            op_near("loss", 1, loss.value, &wanted, 1e-5);
            op_backward(tape, loss);
            for (int i = 0; i < rows; i++) { /* a row's length does not matter: its gradient is at a right angle */
                double along = 0, size = 0;
                for (int c = 0; c < COLUMNS; c++) {
                    const double d = (double)x.node->grad[i * COLUMNS + c];
                    cr_assert(isfinite(d));
                    along += d * (double)qp_tensor_row(a, i)[c];
                    size += fabs(d * (double)qp_tensor_row(a, i)[c]);
                }
                cr_expect(fabs(along) <= 1e-5 * (1 + size), "row %d of %d: %g of %g", i, rows, along, size);
            }
            qp_tape_free(tape);
        }
}

Test(op_loss_nce, what_does_not_fit)
{
    op_numbers_reset();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    const qp_tensor a = op_matrix(3, 2, 1), longer = op_matrix(4, 2, 2), wider = op_matrix(3, 3, 3);
    qp_tensor none = a, narrow = a;
    none.rows = narrow.columns = 0;
    op_refused(tape, qp_info_nce(tape, none, none, 1), "no rows");
    op_refused(tape, qp_info_nce(tape, narrow, narrow, 1), "no columns");
    op_refused(tape, qp_info_nce(tape, a, longer, 1), "other rows");
    op_refused(tape, qp_info_nce(tape, a, wider, 1), "other columns");
    op_refused(tape, qp_info_nce(tape, a, a, 0), "no temperature");
    op_refused(tape, qp_info_nce(tape, a, a, -1), "a temperature below 0");
    op_refused(tape, qp_info_nce(tape, a, a, (qp_real)NAN), "a temperature that is no number");
    qp_info_nce(tape, a, a, 1);
    cr_expect_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    qp_tape_free(tape);
}
