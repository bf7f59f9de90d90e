#include "lib/tensor/gemm.h"

#include <cblas.h>
#include <stdatomic.h>

/* OpenBLAS must not start threads of its own: the shards above are the threads. Told once; telling it twice does no
 * harm, so two threads may come here together. */
static void keep_blas_single_threaded(void)
{
    static atomic_bool told;
    if (atomic_load_explicit(&told, memory_order_acquire)) return;
    openblas_set_num_threads(1);
    atomic_store_explicit(&told, true, memory_order_release);
}

void qp_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, qp_real alpha, const qp_real *a, int a_stride,
             const qp_real *b, int b_stride, qp_real beta, qp_real *c, int c_stride)
{
    if (m <= 0 || n <= 0) return;
    keep_blas_single_threaded();
    const CBLAS_TRANSPOSE ta = transpose_a ? CblasTrans : CblasNoTrans, tb = transpose_b ? CblasTrans : CblasNoTrans;
#ifdef QP_DOUBLE
    cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride);
#else
    cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride);
#endif
}

const char *qp_gemm_library(void) { return openblas_get_config(); }
