#include "lib/tensor/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <omp.h>
#include <pthread.h>
#include <stdbool.h>

#include "lib/tensor/kernels/gemm_kernels.h"

static bool transposes_a(qp_gemm_form form) { return form == QP_ATB || form == QP_ATBT; }

static bool transposes_b(qp_gemm_form form) { return form == QP_ABT || form == QP_ATBT; }

/* ---- OpenBLAS ---- */

/* OpenBLAS must not start threads of its own, because the shards already use all cores. The OpenMP build starts as many
 * as the calling thread may, so that thread is limited to one for the call; other builds are limited once. */
static pthread_once_t blas_once = PTHREAD_ONCE_INIT;

static void keep_blas_single_threaded(void)
{
    if (openblas_get_parallel() != OPENBLAS_OPENMP) openblas_set_num_threads(1);
}

static void blas_gemm(qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    pthread_once(&blas_once, keep_blas_single_threaded);
    int threads = omp_get_max_threads(), k = transposes_a(form) ? a.rows : a.columns;
    if (threads > 1) omp_set_num_threads(1);
    const CBLAS_TRANSPOSE ta = transposes_a(form) ? CblasTrans : CblasNoTrans,
                          tb = transposes_b(form) ? CblasTrans : CblasNoTrans;
#ifdef QP_DOUBLE
    cblas_dgemm(CblasRowMajor, ta, tb, c.rows, c.columns, k, alpha, a.value, a.stride, b.value, b.stride, beta, c.value,
                c.stride);
#else
    cblas_sgemm(CblasRowMajor, ta, tb, c.rows, c.columns, k, alpha, a.value, a.stride, b.value, b.stride, beta, c.value,
                c.stride);
#endif
    if (threads > 1) omp_set_num_threads(threads);
}

const char *qp_gemm_library(void) { return openblas_get_config(); }

/* ---- the product ---- */

/* C = beta*C: a product with k = 0 */
static void scale_only(qp_real beta, qp_matrix c)
{
    for (int i = 0; i < c.rows; i++) {
        qp_real *row = qp_matrix_row(c, i);
        for (int j = 0; j < c.columns; j++) row[j] = beta != 0 ? beta * row[j] : 0;
    }
}

#ifdef QP_VECTOR_KERNELS
static qp_product product_of(qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    const bool ta = transposes_a(form), tb = transposes_b(form);
    return (qp_product){.m = c.rows,
                        .n = c.columns,
                        .k = ta ? a.rows : a.columns,
                        .a = a.value,
                        .b = b.value,
                        .a_row = ta ? 1 : a.stride,
                        .a_step = ta ? a.stride : 1,
                        .b_step = tb ? 1 : b.stride,
                        .b_column = tb ? b.stride : 1,
                        .alpha = alpha,
                        .beta = beta,
                        .c = c.value,
                        .c_row = c.stride};
}
#endif

void qp_gemm(qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    const int m = transposes_a(form) ? a.columns : a.rows, k = transposes_a(form) ? a.rows : a.columns;
    const int n = transposes_b(form) ? b.rows : b.columns;
    assert(m == c.rows && n == c.columns && k == (transposes_b(form) ? b.columns : b.rows));
    if (m <= 0 || n <= 0) return;
    if (k <= 0) {
        scale_only(beta, c);
        return;
    }
#ifdef QP_VECTOR_KERNELS
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    if (kernels != NULL) {
        const qp_product p = product_of(form, alpha, a, b, beta, c);
        kernels->product(&p, scratch);
        return;
    }
#endif
    blas_gemm(form, alpha, a, b, beta, c);
}
