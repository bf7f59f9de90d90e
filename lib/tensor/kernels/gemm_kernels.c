#include "lib/tensor/kernels/gemm_kernels.h"

#ifdef QP_VECTOR_KERNELS
#include <pthread.h>
#include <stdlib.h>

/* A thread allocates its scratch at its first product; the key's destructor frees it when the thread ends. */
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static _Thread_local qp_real *thread_scratch;

static void make_scratch_key(void) { pthread_key_create(&scratch_key, free); }

const qp_gemm_kernels *qp_gemm_vector_kernels(qp_real **scratch)
{
    static const qp_gemm_kernels *const set[] = {NULL, &qp_gemm_avx2, &qp_gemm_avx512};
    if (thread_scratch == NULL && qp_cpu_level() != QP_CPU_SCALAR) {
        pthread_once(&scratch_once, make_scratch_key);
        thread_scratch = aligned_alloc(4096, (size_t)(QP_GEMM_SCRATCH + QP_GEMM_PANELS) * sizeof *thread_scratch);
        if (thread_scratch == NULL) return NULL;
        pthread_setspecific(scratch_key, thread_scratch);
    }
    *scratch = thread_scratch;
    return set[qp_cpu_level()];
}

/* Steps first .. last-1 of one element of C. */
static qp_real sum_of(const qp_product *p, int row, int column, int first, int last)
{
    qp_real sum = 0;
    for (int l = first; l < last; l++)
        sum = __builtin_fmaf(p->a[row * p->a_row + l * p->a_step], p->b[l * p->b_step + column * p->b_column], sum);
    return sum;
}

void qp_gemm_without_memory(const qp_product *p, int depth)
{
    const int parts = (p->k + depth - 1) / depth;
    for (int i = 0; i < p->m; i++)
        for (int j = 0; j < p->n; j++) {
            qp_real *c = p->c + i * p->c_row + j;
            for (int part = 0, first = 0, last; part < parts; part++, first = last) {
                last = first + p->k / parts + (part < p->k % parts);
                qp_real sum = p->alpha * sum_of(p, i, j, first, last), beta = part ? 1 : p->beta;
                if (part == 0 && p->bias != NULL) sum += p->bias[j];
                *c = beta != 0 ? __builtin_fmaf(beta, *c, sum) : sum;
            }
        }
}
#else
typedef int qp_gemm_kernels_not_built;
#endif
