/* The pointwise kernels with AVX-512. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx512.h"

#include "lib/tensor/kernels/pointwise_kernels.inc.h"

const qp_pointwise_kernels qp_pointwise_avx512 = QP_POINTWISE_SET;
#else
typedef int qp_pointwise_avx512_not_built;
#endif
