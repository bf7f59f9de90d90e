#ifndef QP_GEMM_KERNELS_H
#define QP_GEMM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/kernels/kernel_types.h"

/* gemm_kernels — matrix products, one set per vector level of cpu.h. (The scalar level uses OpenBLAS and a plain loop,
 * in lib/tensor.) An element of the result is summed in the same order whatever the operands' strides are. */

/* C = beta*C + alpha*A B + bias:  A(i,l) at a[i*a_row + l*a_step], one of the two steps being 1;  B(l,j) at
 * b[l*b_step + j*b_column], likewise;  bias [n], or NULL: 0.  m, n, k > 0. */
typedef struct {
    int m, n, k;
    const qp_real *a, *b;
    ptrdiff_t a_row, a_step, b_step, b_column;
    qp_real alpha, beta, *c;
    ptrdiff_t c_row;
    const qp_real *bias;
} qp_product;

/* Steps of k that are summed before C is added to. */
#define QP_GEMM_DEPTH 384

enum {
    /* Reals of scratch a product needs, 64-byte aligned, one buffer per thread; its content means nothing between
     * calls. */
    QP_GEMM_SCRATCH = 320 * 1024,
    /* After them the buffer has so many for panels of a weight that is stored in rows: half of a second-level cache. */
    QP_GEMM_PANELS = 128 * 1024
};

typedef struct {
    void (*product)(const qp_product *p, qp_real *scratch);
    /* C = beta*C + A W' + bias, beta 0 or 1 */
    void (*packed)(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c, qp_real *scratch);
    /* memory = W in panels; transposed: w is W' [k, n] */
    void (*pack)(qp_real *memory, qp_matrix w, bool transposed);
} qp_gemm_kernels;

/* qp_panel_columns — outputs of a panel of a packed weight (qp_packed) at the chosen level: as many as a tile has
 * columns, so that it reads memory without gaps. */
static inline int qp_panel_columns(void) { return qp_cpu_level() == QP_CPU_AVX2 ? QP_PANEL / 2 : QP_PANEL; }

#ifdef QP_VECTOR_KERNELS
extern const qp_gemm_kernels qp_gemm_avx2, qp_gemm_avx512;

/* qp_gemm_vector_kernels — the kernels of the chosen level, and the thread's scratch buffer, allocated at its first
 * product. NULL at the scalar level, or when there is no memory for the buffer. */
const qp_gemm_kernels *qp_gemm_vector_kernels(qp_real **scratch);

/* qp_gemm_without_memory — the same bits as the vector kernels, one element at a time, where they got no memory.
 * depth: QP_GEMM_DEPTH as .product, k as .packed. */
void qp_gemm_without_memory(const qp_product *p, int depth);
#endif

#endif
