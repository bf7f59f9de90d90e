#ifndef QP_OP_CHECK_H
#define QP_OP_CHECK_H

#include "lib/grad/tape.h"

/* op_check — what the tests of operations share: numbers, comparisons, and two of the five questions. */

/* op_numbers — `count` numbers in (-1, 1), the same for the same seed; freed at exit by nobody: static memory of 1 MB,
 * op_numbers_reset begins it anew. op_matrix — a constant tensor of such numbers. */
qp_real *op_numbers(size_t count, uint64_t seed);
void op_numbers_reset(void);
qp_tensor op_matrix(int rows, int columns, uint64_t seed);

/* op_near — |x - y| <= tolerance * max(1, |y|) for every element; says which one is not. */
void op_near(const char *what, size_t count, const qp_real *x, const double *y, double tolerance);

/* A computation that leaves `count` numbers (results and gradients) in `result`.
 * op_same_in_threads — the bits are the same alone and in 2, 3, 4 threads at once, each with its own tape.
 * op_same_by_rows — y(rows first .. first+rows-1) [rows, columns] equals the rows of the whole; tolerance 0: to the
 * bit. */
typedef void op_computation(qp_tape *tape, qp_real *result);
void op_same_in_threads(op_computation *compute, size_t count);
typedef void op_rows(qp_tape *tape, int first, int rows, qp_real *y);
void op_same_by_rows(op_rows *compute, qp_mode mode, int rows, int columns, double tolerance);

/* op_backward — gradient 1, 2, 3 ... /10 into y, then backward; the tape must be well. */
void op_backward(qp_tape *tape, qp_tensor y);

/* op_leaf — x with a node of its own, whose gradient is in node->grad after the backward. */
qp_tensor op_leaf(qp_tape *tape, qp_tensor x);

/* op_refused — the tape has failed with QP_ESHAPE and the tensor is empty; begins the tape anew. */
void op_refused(qp_tape *tape, qp_tensor y, const char *what);

#endif
