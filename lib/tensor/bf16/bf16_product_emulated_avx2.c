/* bfloat16 products with AVX2. */
#include "lib/tensor/bf16/bf16_product.h"

#ifdef QP_VECTOR_KERNELS
#include "lib/tensor/kernels/vector_avx2.h"
#include "lib/tensor/kernels/vector_part.inc.h"

#define LANES 8
#define TILE_ROWS 4
#define FOR_EACH_TILE_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4)

typedef __m256 vector;

QP_INLINE vector s_zero(void) { return _mm256_setzero_ps(); }
QP_INLINE vector s_load(const qp_real *from) { return _mm256_loadu_ps(from); }
QP_INLINE vector s_set(qp_real x) { return _mm256_set1_ps(x); }

QP_INLINE vector late_of(vector pair) { return _mm256_and_ps(pair, _mm256_castsi256_ps(_mm256_set1_epi32(-65536))); }

QP_INLINE vector early_of(vector pair) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(pair), 16)); }

QP_INLINE vector s_dot(vector s, vector a, vector b)
{
    s = _mm256_fmadd_ps(late_of(a), late_of(b), s);
    return _mm256_fmadd_ps(early_of(a), early_of(b), s);
}

QP_INLINE void s_store(qp_real *to, int first, int columns, qp_real beta, vector s)
{
    const __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(columns - first), number);
    if (beta != 0) s = _mm256_add_ps(_mm256_mul_ps(s_set(beta), _mm256_maskload_ps(to + first, mask)), s);
    _mm256_maskstore_ps(to + first, mask, s);
}

#define pairs_along qp_bf16_pairs_along
#define pairs_across qp_bf16_pairs_across
#include "lib/tensor/bf16/bf16_product.inc.h"

void qp_bf16_product_avx2(const qp_product *p, qp_real *scratch) { product(p, scratch); }
#else
typedef int qp_bf16_avx2_not_built;
#endif
