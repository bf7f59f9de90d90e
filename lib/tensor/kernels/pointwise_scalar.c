/* The pointwise kernels for any CPU, and in double. */
#include "lib/tensor/kernels/vector_scalar.h"

#include "lib/tensor/kernels/pointwise_kernels.inc.h"

const qp_pointwise_kernels qp_pointwise_scalar = QP_POINTWISE_SET;
