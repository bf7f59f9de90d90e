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
#else
typedef int qp_gemm_kernels_not_built;
#endif
