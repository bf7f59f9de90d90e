/* The kernels of gates.h with AVX2 and FMA. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx2.h"

#include "lib/tensor/kernels/gates_kernels.inc.h"

const qp_gates_kernels qp_gates_avx2 = QP_GATES_SET;
#else
typedef int qp_gates_avx2_not_built;
#endif
