#include "lib/tensor/stored/dot_kernels.h"

#ifdef QP_VECTOR_KERNELS
static bool has_vnni(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512vnni");
}

const qp_dot_kernels *qp_dot_set(void)
{
    switch (qp_cpu_level()) {
    case QP_CPU_SCALAR: return &qp_dot_scalar;
    case QP_CPU_AVX2: return &qp_dot_avx2;
    case QP_CPU_AVX512: break;
    }
    return has_vnni() ? &qp_dot_vnni : &qp_dot_avx512;
}
#else
const qp_dot_kernels *qp_dot_set(void) { return &qp_dot_scalar; }
#endif
