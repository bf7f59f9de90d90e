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

/* One conversion rounds both rows; then their words are taken in turn. */
static void pairs_across(qp_real *to, const qp_real *low, const qp_real *high, int count)
{
    static const uint16_t in_turn[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                         8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const __m512i order = _mm512_loadu_si512(in_turn);
    for (int i = 0; i < count; i += LANES) {
        const __mmask16 mask = first_of(count - i);
        const __m512 a = _mm512_maskz_loadu_ps(mask, low + i);
        const __m512 b = high != NULL ? _mm512_maskz_loadu_ps(mask, high + i) : _mm512_setzero_ps();
        const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(b, a);
        _mm512_mask_storeu_ps(to + i, mask, _mm512_castsi512_ps(_mm512_permutexvar_epi16(order, both)));
    }
}

#include "lib/tensor/bf16/bf16_product.inc.h"

void qp_bf16_product_instruction(const qp_product *p, qp_real *scratch) { product(p, scratch); }
#else
typedef int qp_bf16_instruction_not_built;
#endif
