/* Dot products with AVX2 and F16C, without VNNI. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include <string.h>

#include "lib/tensor/kernels/vector_eight.h"
#include "lib/tensor/stored/dot_kernels.h"

#include "lib/tensor/stored/dot_rows.inc.h"

static inline __m128i load_eight(const uint16_t *p, size_t left)
{
    if (left >= V_LANES) return _mm_loadu_si128((const __m128i *)(const void *)p);
    uint16_t part[V_LANES] = {0};
    memcpy(part, p, left * sizeof *p);
    return _mm_loadu_si128((const __m128i *)(const void *)part);
}

static inline vreal load_bf16(const uint16_t *p, size_t left)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_eight(p, left)), 16));
}

static inline vreal load_fp16(const uint16_t *p, size_t left) { return _mm256_cvtph_ps(load_eight(p, left)); }

#include "lib/tensor/stored/dot_half.inc.h"

#include "lib/tensor/stored/dot_int8_avx2.inc.h"

#include "lib/tensor/stored/dot_int8_panel_avx2.inc.h"

#include "lib/tensor/stored/dot_int8_rows.inc.h"

const qp_dot_kernels qp_dot_avx2 = {.int8 = int8_products,
                                    .int8_pack = int8_pack,
                                    .int8_panel = int8_panel,
                                    .int8_wide = 3,
                                    .int8_largest = int8_largest,
                                    .int8_round = int8_round,
                                    .int8_finish = int8_finish,
                                    .bf16 = bf16_products,
                                    .fp16 = fp16_products};
#else
typedef int qp_dot_avx2_not_built;
#endif
