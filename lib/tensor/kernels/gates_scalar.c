/* The kernels of gates.h for any CPU, and in double. */
#include "lib/tensor/kernels/vector_scalar.h"

#include "lib/tensor/kernels/gates_kernels.inc.h"

const qp_gates_kernels qp_gates_scalar = QP_GATES_SET;
