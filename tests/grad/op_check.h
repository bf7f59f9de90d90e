#ifndef QP_OP_CHECK_H
#define QP_OP_CHECK_H

#include "lib/grad/tape.h"

/* op_check — helpers for the tests of operations: numbers, comparisons, and two of the checks that every operation
 * has. */

/* op_numbers — `count` numbers in (-1, 1), the same for the same seed, from a static pool of 1 MB.
 * op_numbers_reset — empties the pool.
 * op_matrix — a constant tensor of such numbers. */
qp_real *op_numbers(size_t count, uint64_t seed);
void op_numbers_reset(void);
qp_tensor op_matrix(int rows, int columns, uint64_t seed);

/* op_near — |x - y| <= tolerance * max(1, |y|) for every element; the message names the element. */
void op_near(const char *what, size_t count, const qp_real *x, const double *y, double tolerance);

/* op_computation — writes `count` numbers (results and gradients) to `result`.
 * op_same_in_threads — its bits are the same alone and in 2, 3, 4 threads at once, each with its own tape.
 * op_rows — computes rows first .. first+rows-1 of a result.
 * op_same_by_rows — rows computed alone equal the rows of the whole [rows, columns]; tolerance 0: to the bit. */
typedef void op_computation(qp_tape *tape, qp_real *result);
void op_same_in_threads(op_computation *compute, size_t count);
typedef void op_rows(qp_tape *tape, int first, int rows, qp_real *y);
void op_same_by_rows(op_rows *compute, qp_mode mode, int rows, int columns, double tolerance);

/* op_backward — sets the gradient of y to 0.1, 0.2, 0.3, ..., and runs the backward, which must succeed. */
void op_backward(qp_tape *tape, qp_tensor y);

/* op_leaf — x with its own node; after the backward its gradient is in node->grad. */
qp_tensor op_leaf(qp_tape *tape, qp_tensor x);

/* op_refused — checks that the tape has failed with QP_ESHAPE and that y is empty; then begins a new step. */
void op_refused(qp_tape *tape, qp_tensor y, const char *what);

#endif
