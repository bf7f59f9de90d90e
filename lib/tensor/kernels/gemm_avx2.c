/* Products with AVX2 and FMA: 12 sums, 2 vectors of B and a broadcast in 16 registers. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_eight.h"

#define TILE_ROWS 6
#define FOR_EACH_TILE_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6)
#define BLOCK_COLUMNS 256
#define TILE_AHEAD 512
#define STRIP_GROUP 8
#define DIRECT_COLUMNS 64
#define DIRECT_ROWS 24
/* 6 rows fit the 8 ways of the first-level cache at any stride; a column of A is better copied. */
#define READ_A_DIRECTLY(p) ((p)->a_step == 1)

#include "lib/tensor/kernels/gemm_tile.inc.h"

#include "lib/tensor/kernels/gemm_block.inc.h"

const qp_gemm_kernels qp_gemm_avx2 = {.product = product, .packed = packed_product, .pack = pack_weight};
#else
typedef int qp_gemm_avx2_not_built;
#endif
