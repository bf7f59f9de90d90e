/* Products with AVX-512: 24 sums, 2 vectors of B and a broadcast in 32 registers. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx512.h"

#define TILE_ROWS 12
#define FOR_EACH_TILE_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12)
#define BLOCK_COLUMNS 512
#define TILE_AHEAD 0
#define STRIP_GROUP 8
#define DIRECT_COLUMNS 64
#define DIRECT_ROWS 24
/* Rows, or steps, whose stride is a multiple of 4 KB fall on the same 8 ways of the first-level cache. */
#define READ_A_DIRECTLY(p) (((p)->a_step == 1 ? (p)->a_row : (p)->a_step) % 1024 != 0)

#include "lib/tensor/kernels/gemm_tile.inc.h"

#include "lib/tensor/kernels/gemm_block.inc.h"

const qp_gemm_kernels qp_gemm_avx512 = {.product = product, .packed = packed_product, .pack = pack_weight};
#else
typedef int qp_gemm_avx512_not_built;
#endif
