#ifndef QP_GEMM_STORED_H
#define QP_GEMM_STORED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tensor/kernels/kernel_types.h"

/* gemm_stored — weights of 16 and 8 bits, in rows as a model file has them, and products with them.
 *
 * bf16, fp16   W is converted exactly while it is read; sums are qp_real
 * int8         W[o][i] = scale[o] * w[o][i]. A row of A is rounded to a[i] = round(A[i] / t), t = max |A| / 127, and
 *                  C[o] = t * scale[o] * sum_i a[i] w[o][i]
 *              The sum is one of integers, so C has the same bits with every kernel. A row with a number that is not
 *              finite gives NaN.
 * A row's bits depend on that row alone, and blocks of columns are tiles (lib/base/tiles.h). */

/* qp_gemm_stored — as qp_gemm_packed, for the types of weights other than panels. */
void qp_gemm_stored(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c);

/* qp_weight_fits — whether a weight with k columns can have this type: int8 sums must fit into 32 bits.
 * qp_weight_bytes — of one weight.
 * qp_weight_round — W [n, k] in the type: rows [n*k], and for int8 scale [n] = max |W[o]| / 127. Numbers that are not
 *   finite are kept by the types of 16 bits and make the scale not finite in int8.
 * qp_weight_reals — back: w [n, k]. */
bool qp_weight_fits(qp_weight_type type, int k);
size_t qp_weight_bytes(qp_weight_type type);
void qp_weight_round(qp_weight_type type, qp_matrix w, void *row, float *scale);
void qp_weight_reals(const qp_packed *stored, qp_matrix w);

#endif
