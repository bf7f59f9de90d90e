/* Dot products with AVX-512; those of 8-bit integers with VNNI where there is one, else with AVX2. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include <string.h>

#include "lib/tensor/kernels/vector_avx512.h"
#include "lib/tensor/stored/dot_kernels.h"

#include "lib/tensor/stored/dot_rows.inc.h"

static inline __m256i load_sixteen(const uint16_t *p, size_t left)
{
    if (left >= V_LANES) return _mm256_loadu_si256((const __m256i *)(const void *)p);
    return _mm256_maskz_loadu_epi16(v_first_lanes(left), p);
}

static inline vreal load_bf16(const uint16_t *p, size_t left)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load_sixteen(p, left)), 16));
}

static inline vreal load_fp16(const uint16_t *p, size_t left) { return _mm512_cvtph_ps(load_sixteen(p, left)); }

#include "lib/tensor/stored/dot_half.inc.h"

#include "lib/tensor/stored/dot_int8_avx2.inc.h"

#include "lib/tensor/stored/dot_int8_panel_avx2.inc.h"

#include "lib/tensor/stored/dot_int8_rows.inc.h"

const qp_dot_kernels qp_dot_avx512 = {.int8 = int8_products,
                                       .int8_pack = int8_pack,
                                       .int8_panel = int8_panel,
                                       .int8_wide = 3,
                                       .int8_largest = int8_largest,
                                       .int8_round = int8_round,
                                       .int8_finish = int8_finish,
                                       .bf16 = bf16_products,
                                       .fp16 = fp16_products};
const qp_dot_kernels qp_dot_vnni = {.int8 = qp_dot_int8_vnni,
                                       .int8_pack = qp_dot_int8_vnni_pack,
                                       .int8_panel = qp_dot_int8_vnni_panel,
                                       .int8_wide = QP_INT8_WIDE,
                                       .int8_largest = int8_largest,
                                       .int8_round = int8_round,
                                       .int8_finish = int8_finish,
                                       .bf16 = bf16_products,
                                       .fp16 = fp16_products};
#else
typedef int qp_dot_avx512_not_built;
#endif
