#ifndef QP_GEMM_PACKED_H
#define QP_GEMM_PACKED_H

#include <stddef.h>

#include "lib/base/real.h"

/* gemm_packed — products with a weight that was laid out for the kernel once and is used many times (decoding, the
 * recurrent step). Row r of the result depends on row r of A and on the weight alone, to the bit: never on m. */

/* A packed copy of W [n, k] (out, in): panels of consecutive outputs, k major inside a panel. Owns nothing; lives in
 * the memory given to qp_packed_init. */
typedef struct {
    int n, k;
    const qp_real *panel;
} qp_packed;

/* qp_packed_count — reals of memory (64-byte aligned) for a weight [n, k].
 * qp_packed_init  — pack W: transposed = false: w is [n, k], row o at w + o*stride; true: w is [k, n]. */
size_t qp_packed_count(int n, int k);
qp_packed qp_packed_init(qp_real *memory, int n, int k, const qp_real *w, int stride, int transposed);

/* qp_gemm_packed — C[m, n] = beta*C + A[m, k] W' + bias,  beta 0 or 1 (0: C is not read)
 * bias [n] or NULL. */
void qp_gemm_packed(int m, const qp_real *a, int a_stride, const qp_packed *w, const qp_real *bias, qp_real beta,
                    qp_real *c, int c_stride);

#endif
