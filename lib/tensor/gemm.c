#include "lib/tensor/gemm.h"

#include <cblas.h>
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/tensor/kernels/gemm_kernels.h"

/* OpenBLAS must not start threads of its own: the shards above are the threads. The one built with OpenMP starts as many
 * as the calling thread may, unless it may start but one; any other is told once. */
static pthread_once_t blas_once = PTHREAD_ONCE_INIT;

static void keep_blas_single_threaded(void)
{
    if (openblas_get_parallel() != OPENBLAS_OPENMP) openblas_set_num_threads(1);
}

static void blas_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, qp_real alpha, const qp_real *a,
                      int a_stride, const qp_real *b, int b_stride, qp_real beta, qp_real *c, int c_stride)
{
    pthread_once(&blas_once, keep_blas_single_threaded);
    int threads = omp_get_max_threads();
    if (threads > 1) omp_set_num_threads(1);
    const CBLAS_TRANSPOSE ta = transpose_a ? CblasTrans : CblasNoTrans, tb = transpose_b ? CblasTrans : CblasNoTrans;
#ifdef QP_DOUBLE
    cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride);
#else
    cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride);
#endif
    if (threads > 1) omp_set_num_threads(threads);
}

#ifdef QP_VECTOR_KERNELS
/* Each thread takes its scratch at its first product and gives it back when it ends. */
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static _Thread_local qp_real *thread_scratch;

static void make_scratch_key(void) { pthread_key_create(&scratch_key, free); }

const qp_gemm_kernels *qp_gemm_vector_kernels(qp_real **scratch)
{
    static const qp_gemm_kernels *const set[] = {NULL, &qp_gemm_avx2, &qp_gemm_avx512};
    if (thread_scratch == NULL && qp_cpu_level() != QP_CPU_SCALAR) {
        pthread_once(&scratch_once, make_scratch_key);
        thread_scratch = aligned_alloc(4096, QP_GEMM_SCRATCH * sizeof *thread_scratch);
        if (thread_scratch == NULL) return NULL;
        pthread_setspecific(scratch_key, thread_scratch);
    }
    *scratch = thread_scratch;
    return set[qp_cpu_level()];
}
#endif

/* C = beta*C: what is left of a product without terms */
static void scale_only(int m, int n, qp_real beta, qp_real *c, int c_stride)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            qp_real *element = c + (ptrdiff_t)i * c_stride + j;
            *element = beta != 0 ? beta * *element : 0;
        }
}

void qp_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, qp_real alpha, const qp_real *a, int a_stride,
             const qp_real *b, int b_stride, qp_real beta, qp_real *c, int c_stride)
{
    if (m <= 0 || n <= 0) return;
    if (k <= 0) {
        scale_only(m, n, beta, c, c_stride);
        return;
    }
#ifdef QP_VECTOR_KERNELS
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    if (kernels != NULL) {
        const qp_product p = {.m = m,
                              .n = n,
                              .k = k,
                              .a = a,
                              .b = b,
                              .a_row = transpose_a ? 1 : a_stride,
                              .a_step = transpose_a ? a_stride : 1,
                              .b_step = transpose_b ? 1 : b_stride,
                              .b_column = transpose_b ? b_stride : 1,
                              .alpha = alpha,
                              .beta = beta,
                              .c = c,
                              .c_row = c_stride};
        kernels->product(&p, scratch);
        return;
    }
#endif
    blas_gemm(transpose_a, transpose_b, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride);
}

const char *qp_gemm_library(void) { return openblas_get_config(); }
