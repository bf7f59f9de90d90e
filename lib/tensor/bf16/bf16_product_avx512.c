/* bfloat16 products with AVX512-BF16: two steps of k an instruction. */
#include "lib/tensor/bf16/bf16_product.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx512.h"
#include "lib/tensor/kernels/vector_part.inc.h"

#include "lib/tensor/bf16/bf16_product_wide.inc.h"

QP_INLINE vector s_dot(vector s, vector a, vector b) { return _mm512_dpbf16_ps(s, (__m512bh)a, (__m512bh)b); }

static inline __mmask16 first_of(int count)
{
    return (__mmask16)(count >= LANES ? 0xffff : count > 0 ? (1u << count) - 1 : 0);
}

static void pairs_along(qp_real *to, const qp_real *from, int k)
{
    for (int i = 0; i < k; i += 2 * LANES) {
        const __m512 low = _mm512_maskz_loadu_ps(first_of(k - i), from + i);
        const __m512 high = _mm512_maskz_loadu_ps(first_of(k - i - LANES), from + i + LANES);
        _mm512_mask_storeu_ps(to + i / 2, first_of((k - i + 1) / 2), (__m512)_mm512_cvtne2ps_pbh(high, low));
    }
}

QP_INLINE __m512i rounded(const qp_real *from, __mmask16 mask)
{
    return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, from)));
}

static void pairs_across(qp_real *to, const qp_real *low, const qp_real *high, int count)
{
    for (int i = 0; i < count; i += LANES) {
        const __mmask16 mask = first_of(count - i);
        __m512i pair = rounded(low + i, mask);
        if (high != NULL) pair = _mm512_or_si512(pair, _mm512_slli_epi32(rounded(high + i, mask), 16));
        _mm512_mask_storeu_ps(to + i, mask, _mm512_castsi512_ps(pair));
    }
}

#include "lib/tensor/bf16/bf16_product.inc.h"

void qp_bf16_product_instruction(const qp_product *p, qp_real *scratch) { product(p, scratch); }
#else
typedef int qp_bf16_instruction_not_built;
#endif
