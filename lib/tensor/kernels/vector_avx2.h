#ifndef QP_VECTOR_AVX2_H
#define QP_VECTOR_AVX2_H

#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"

/* The operations of vector_scalar.h on 8 floats. */
#define V_LANES 8
#define V_MOST_NEGATIVE (-FLT_MAX)
#define V_LOG(a) logf(a)
#define V_FMA(a, b, c) __builtin_fmaf(a, b, c)

typedef __m256 vreal;
typedef __m256 vsum;
typedef __m256 vmask;
typedef __m256i vword;
typedef __m256d vdouble;

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
static inline vreal v_sub(vreal a, vreal b) { return _mm256_sub_ps(a, b); }
static inline vreal v_mul(vreal a, vreal b) { return _mm256_mul_ps(a, b); }
static inline vreal v_div(vreal a, vreal b) { return _mm256_div_ps(a, b); }
static inline vreal v_fma(vreal a, vreal b, vreal c) { return _mm256_fmadd_ps(a, b, c); }
static inline vreal v_fnma(vreal a, vreal b, vreal c) { return _mm256_fnmadd_ps(a, b, c); }
static inline vreal v_max(vreal a, vreal b) { return _mm256_max_ps(a, b); }
static inline vreal v_min(vreal a, vreal b) { return _mm256_min_ps(a, b); }
static inline vreal v_abs(vreal a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
static inline vreal v_sqrt(vreal a) { return _mm256_sqrt_ps(a); }

static inline vmask v_greater(vreal a, vreal b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
static inline bool v_any(vmask m) { return _mm256_movemask_ps(m) != 0; }
static inline vreal v_select(vmask m, vreal yes, vreal no) { return _mm256_blendv_ps(no, yes, m); }
static inline vreal v_keep(vreal a, size_t count, vreal other)
{
    return count >= 8 ? a : _mm256_blendv_ps(other, a, _mm256_castsi256_ps(v_first_lanes(count)));
}

static inline qp_real v_first(vreal a) { return _mm256_cvtss_f32(a); }
static inline vsum v_sum_zero(void) { return _mm256_setzero_ps(); }
static inline vsum v_sum_add(vsum s, vreal a) { return _mm256_add_ps(s, a); }
static inline vsum v_sum_add_product(vsum s, vreal a, vreal b) { return _mm256_fmadd_ps(a, b, s); }
static inline vsum v_sum_join(vsum a, vsum b) { return _mm256_add_ps(a, b); }
static inline qp_real v_sum_total(vsum s)
{
    __m128 a = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    a = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(a, _mm_shuffle_ps(a, a, 1)));
}
static inline qp_real v_largest(vreal v)
{
    __m128 a = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    a = _mm_max_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_max_ss(a, _mm_shuffle_ps(a, a, 1)));
}

static inline vdouble v_double_zero(void) { return _mm256_setzero_pd(); }
static inline vdouble v_double_add_square(vdouble s, vreal a)
{
    __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(a)), high = _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
    return _mm256_fmadd_pd(high, high, _mm256_fmadd_pd(low, low, s));
}
static inline double v_double_total(vdouble s)
{
    __m128d a = _mm_add_pd(_mm256_castpd256_pd128(s), _mm256_extractf128_pd(s, 1));
    return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
}

static inline vword v_word_set(uint32_t a) { return _mm256_set1_epi32((int)a); }
static inline vword v_word_count_up(uint32_t first)
{
    return _mm256_add_epi32(_mm256_set1_epi32((int)first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vword v_word_add(vword a, vword b) { return _mm256_add_epi32(a, b); }
static inline vword v_word_xor(vword a, vword b) { return _mm256_xor_si256(a, b); }
static inline vword v_word_multiply(vword a, vword b) { return _mm256_mullo_epi32(a, b); }
#define v_word_shift(a, bits) _mm256_srli_epi32(a, bits)
static inline vmask v_word_less(vword a, vword b) { return _mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a)); }

static inline vreal v_round(vreal a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

/* p * 2^n in two steps, because one factor cannot reach all of -151 <= n <= 129 */
static inline vreal v_scale_by_power(vreal p, vreal n)
{
    __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), rest = _mm256_sub_epi32(whole, half);
    const __m256i bias = _mm256_set1_epi32(127);
    __m256 a = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    __m256 b = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
    return _mm256_mul_ps(_mm256_mul_ps(p, a), b);
}

#include "lib/tensor/kernels/vector_math.inc.h"

#endif
