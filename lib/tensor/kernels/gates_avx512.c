/* The kernels of gates.h with AVX-512. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx512.h"

#include "lib/tensor/kernels/gates_kernels.inc.h"

const qp_gates_kernels qp_gates_avx512 = QP_GATES_SET;
#else
typedef int qp_gates_avx512_not_built;
#endif
