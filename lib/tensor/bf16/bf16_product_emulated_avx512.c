/* bfloat16 products with AVX-512 without its instruction for them. */
#include "lib/tensor/bf16/bf16_product.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx512.h"
#include "lib/tensor/kernels/vector_part.inc.h"

#include "lib/tensor/bf16/bf16_product_wide.inc.h"

QP_INLINE vector late_of(vector pair) { return _mm512_and_ps(pair, _mm512_castsi512_ps(_mm512_set1_epi32(-65536))); }

QP_INLINE vector early_of(vector pair) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(pair), 16)); }

QP_INLINE vector s_dot(vector s, vector a, vector b)
{
    s = _mm512_fmadd_ps(late_of(a), late_of(b), s);
    return _mm512_fmadd_ps(early_of(a), early_of(b), s);
}

#define pairs_along qp_bf16_pairs_along
#define pairs_across qp_bf16_pairs_across
#include "lib/tensor/bf16/bf16_product.inc.h"

void qp_bf16_product_avx512(const qp_product *p, qp_real *scratch) { product(p, scratch); }
#else
typedef int qp_bf16_avx512_not_built;
#endif
