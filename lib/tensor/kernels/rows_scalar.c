/* The row kernels for any CPU, and in double. */
#include "lib/tensor/kernels/vector_scalar.h"

#include "lib/tensor/kernels/rows_kernels.inc.h"

const qp_rows_kernels qp_rows_scalar = QP_ROWS_SET;
