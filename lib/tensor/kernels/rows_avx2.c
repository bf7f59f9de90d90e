/* The row kernels with AVX2 and FMA. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx2.h"

#include "lib/tensor/kernels/rows_kernels.inc.h"

const qp_rows_kernels qp_rows_avx2 = QP_ROWS_SET;
#else
typedef int qp_rows_avx2_not_built;
#endif
