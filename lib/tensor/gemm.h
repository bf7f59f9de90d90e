#ifndef QP_GEMM_H
#define QP_GEMM_H

#include <stdbool.h>

#include "lib/base/real.h"

/* gemm — matrix products of the training step. Single-threaded: the shards above do the threading.
 * The bits of a product depend on its shape alone, never on the number of threads of the program. */

/* qp_gemm — C = beta*C + alpha * op(A) op(B)
 * A  [m, k], or [k, m] if transpose_a; row r at a + r*a_stride          B  [k, n], or [n, k] if transpose_b
 * C  [m, n]; with beta 0 it is written without being read. C does not overlap A or B. */
void qp_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, qp_real alpha, const qp_real *a, int a_stride,
             const qp_real *b, int b_stride, qp_real beta, qp_real *c, int c_stride);

/* qp_gemm_library — version, build and chosen core of the library behind qp_gemm, in its own words. */
const char *qp_gemm_library(void);

#endif
