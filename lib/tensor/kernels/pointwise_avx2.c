/* The pointwise kernels with AVX2 and FMA. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx2.h"

#include "lib/tensor/kernels/pointwise_kernels.inc.h"

const qp_pointwise_kernels qp_pointwise_avx2 = QP_POINTWISE_SET;
#else
typedef int qp_pointwise_avx2_not_built;
#endif
