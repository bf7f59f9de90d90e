/* The row kernels with AVX-512. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx512.h"

#include "lib/tensor/kernels/rows_kernels.inc.h"

const qp_rows_kernels qp_rows_avx512 = QP_ROWS_SET;
#else
typedef int qp_rows_avx512_not_built;
#endif
