#ifndef QP_GEMM_KERNELS_H
#define QP_GEMM_KERNELS_H

#include <stddef.h>

#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/kernels/cpu.h"

/* gemm_kernels — our own products, one set per vector level of cpu.h; the scalar level has OpenBLAS and a plain loop.
 * Every element is added up in the same order whatever the operands' strides are. */

/* C = beta*C + alpha*A B:  A(i,l) at a[i*a_row + l*a_step], one of the two being 1;  B(l,j) at b[l*b_step + j*b_column],
 * likewise.  m, n, k > 0. */
typedef struct {
    int m, n, k;
    const qp_real *a, *b;
    ptrdiff_t a_row, a_step, b_step, b_column;
    qp_real alpha, beta, *c;
    ptrdiff_t c_row;
} qp_product;

/* scratch: QP_GEMM_SCRATCH reals, 64-byte aligned, of the calling thread; their content means nothing between calls. */
#define QP_GEMM_SCRATCH (320 * 1024)

typedef struct {
    void (*product)(const qp_product *p, qp_real *scratch);
    void (*packed)(int m, const qp_real *a, ptrdiff_t a_row, const qp_packed *w, const qp_real *bias, qp_real beta,
                   qp_real *c, ptrdiff_t c_row, qp_real *scratch);
    void (*pack)(qp_real *memory, int n, int k, const qp_real *w, ptrdiff_t stride, int transposed);
} qp_gemm_kernels;

/* Columns of a panel of a packed weight: element (output o, input i) stands at (o/32)*32*k + i*32 + o%32. */
#define QP_PANEL 32

#ifdef QP_VECTOR_KERNELS
extern const qp_gemm_kernels qp_gemm_avx2, qp_gemm_avx512;

/* The kernels of the chosen level and the thread's scratch; NULL at the scalar level or if there is no memory for the
 * scratch. */
const qp_gemm_kernels *qp_gemm_vector_kernels(qp_real **scratch);
#endif

#endif
