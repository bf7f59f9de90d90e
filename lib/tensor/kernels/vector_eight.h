#ifndef QP_VECTOR_EIGHT_H
#define QP_VECTOR_EIGHT_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"

/* Of the operations of vector_scalar.h those that products need, on the 8 floats of an AVX2 register: the sums of a
 * product do not depend on the number of lanes. */
#define V_LANES 8

typedef __m256 vreal;

/* all ones in the first `count` lanes, count <= 8 */
static inline __m256i v_first_lanes(size_t count)
{
    static const int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
    return _mm256_loadu_si256((const __m256i *)(const void *)(window + 8 - count));
}

static inline vreal v_set(qp_real a) { return _mm256_set1_ps(a); }
static inline vreal v_load(const qp_real *p) { return _mm256_loadu_ps(p); }
static inline void v_store(qp_real *p, vreal a) { _mm256_storeu_ps(p, a); }
static inline vreal v_load_part(const qp_real *p, size_t count) { return _mm256_maskload_ps(p, v_first_lanes(count)); }
static inline void v_store_part(qp_real *p, vreal a, size_t count) { _mm256_maskstore_ps(p, v_first_lanes(count), a); }
static inline vreal v_add(vreal a, vreal b) { return _mm256_add_ps(a, b); }
static inline vreal v_mul(vreal a, vreal b) { return _mm256_mul_ps(a, b); }
static inline vreal v_fma(vreal a, vreal b, vreal c) { return _mm256_fmadd_ps(a, b, c); }

static inline qp_real v_sum_total(vreal s)
{
    __m128 a = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    a = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(a, _mm_shuffle_ps(a, a, 1)));
}

#endif
