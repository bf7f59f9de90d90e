#ifndef QP_GEMM_H
#define QP_GEMM_H

#include "lib/tensor/kernels/kernel_types.h"

/* gemm — matrix products of the training step. A large product shares its tiles with idle threads of the team
 * (tiles.h), except at the scalar level. Its bits depend on its shape alone, never on the number of threads. */

/* Which operands are transposed. */
typedef enum {
    QP_AB,   /* A B       A [m, k]  B [k, n] */
    QP_ABT,  /* A B'      A [m, k]  B [n, k] */
    QP_ATB,  /* A' B      A [k, m]  B [k, n] */
    QP_ATBT, /* A' B'     A [k, m]  B [n, k] */
} qp_gemm_form;

/* qp_gemm — C = beta*C + alpha * op(A) op(B)
 * a, b   as `form` says
 * c      [m, n], the result; does not overlap a or b; not read when beta is 0 */
void qp_gemm(qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c);

/* qp_gemm_bias — C = A W' + bias, the bias added to every row while its sum is in a register
 * a [m, k]   w [n, k]   bias [n]   c [m, n], as above */
void qp_gemm_bias(qp_matrix a, qp_matrix w, const qp_real *bias, qp_matrix c);

/* qp_gemm_bf16 — C = beta*C + op(A) op(B) with operands rounded to bfloat16 and sums in fp32, with the same bits on
 *   every processor (lib/tensor/bf16/bf16_product.h).
 * a, b, c  as above */
void qp_gemm_bf16(qp_gemm_form form, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c);

/* qp_gemm_bf16_kernels — what computes qp_gemm_bf16 here. */
const char *qp_gemm_bf16_kernels(void);

/* qp_gemm_library — version, build and chosen core of OpenBLAS, which computes the products of the scalar level; opens
 *   it. Where it cannot be opened (not installed, or an address limit leaves no room) plain loops replace it. */
const char *qp_gemm_library(void);

#endif
