#ifndef QP_VECTOR_AVX2_H
#define QP_VECTOR_AVX2_H

#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"

/* The operations of vector_scalar.h on 16 floats in two registers: the lanes and the order of every sum are those of
 * vector_avx512.h, so that both make the same bits. */
#define V_LANES 16
#define V_MOST_NEGATIVE (-FLT_MAX)
#define V_LOG(a) logf(a)
#define V_FMA(a, b, c) __builtin_fmaf(a, b, c)

typedef struct {
    __m256 low, high;
} vreal;
typedef vreal vsum;
typedef vreal vmask;
typedef struct {
    __m256i low, high;
} vword;
typedef struct {
    __m256d low, high;
} vdouble;

/* NAME(a, ...) = OP of the low halves, OP of the high halves */
#define V_INLINE static inline __attribute__((always_inline))
#define V_OF_ONE(TYPE, NAME, OP)                                                                                       \
    V_INLINE TYPE NAME(TYPE a) { return (TYPE){OP(a.low), OP(a.high)}; }
#define V_OF_TWO(TYPE, NAME, OP)                                                                                       \
    V_INLINE TYPE NAME(TYPE a, TYPE b) { return (TYPE){OP(a.low, b.low), OP(a.high, b.high)}; }
#define V_OF_THREE(TYPE, NAME, OP)                                                                                     \
    V_INLINE TYPE NAME(TYPE a, TYPE b, TYPE c)                                                                         \
    {                                                                                                                  \
        return (TYPE){OP(a.low, b.low, c.low), OP(a.high, b.high, c.high)};                                            \
    }

/* All ones in the first `count` of 16 lanes: lanes 0 to 7, or 8 to 15. */
V_INLINE __m256i v_first_lanes(size_t count, size_t lane)
{
    static const int32_t window[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(const void *)(window + 16 - count + lane));
}

V_INLINE vreal v_set(qp_real a) { return (vreal){_mm256_set1_ps(a), _mm256_set1_ps(a)}; }
V_INLINE vreal v_load(const qp_real *p) { return (vreal){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
V_INLINE void v_store(qp_real *p, vreal a)
{
    _mm256_storeu_ps(p, a.low);
    _mm256_storeu_ps(p + 8, a.high);
}
V_INLINE vreal v_load_part(const qp_real *p, size_t count)
{
    return (vreal){_mm256_maskload_ps(p, v_first_lanes(count, 0)), _mm256_maskload_ps(p + 8, v_first_lanes(count, 8))};
}
V_INLINE void v_store_part(qp_real *p, vreal a, size_t count)
{
    _mm256_maskstore_ps(p, v_first_lanes(count, 0), a.low);
    _mm256_maskstore_ps(p + 8, v_first_lanes(count, 8), a.high);
}

#define V_ABS(a) _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a)
#define V_GREATER(a, b) _mm256_cmp_ps(a, b, _CMP_GT_OQ)
#define V_SELECT(mask, yes, no) _mm256_blendv_ps(no, yes, mask)
#define V_ROUND(a) _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
V_OF_TWO(vreal, v_add, _mm256_add_ps)
V_OF_TWO(vreal, v_sub, _mm256_sub_ps)
V_OF_TWO(vreal, v_mul, _mm256_mul_ps)
V_OF_TWO(vreal, v_div, _mm256_div_ps)
V_OF_THREE(vreal, v_fma, _mm256_fmadd_ps)
V_OF_THREE(vreal, v_fnma, _mm256_fnmadd_ps)
V_OF_TWO(vreal, v_max, _mm256_max_ps)
V_OF_TWO(vreal, v_min, _mm256_min_ps)
V_OF_ONE(vreal, v_abs, V_ABS)
V_OF_ONE(vreal, v_sqrt, _mm256_sqrt_ps)
V_OF_ONE(vreal, v_round, V_ROUND)
V_OF_TWO(vreal, v_greater, V_GREATER)
V_OF_THREE(vreal, v_select, V_SELECT)
V_INLINE bool v_any(vmask m) { return _mm256_movemask_ps(_mm256_or_ps(m.low, m.high)) != 0; }
V_INLINE vreal v_keep(vreal a, size_t count, vreal other)
{
    if (count >= 16) return a;
    return (vreal){_mm256_blendv_ps(other.low, a.low, _mm256_castsi256_ps(v_first_lanes(count, 0))),
                   _mm256_blendv_ps(other.high, a.high, _mm256_castsi256_ps(v_first_lanes(count, 8)))};
}

V_INLINE qp_real v_first(vreal a) { return _mm256_cvtss_f32(a.low); }
V_INLINE vsum v_sum_zero(void) { return v_set(0); }
V_OF_TWO(vsum, v_sum_add, _mm256_add_ps)
V_INLINE vsum v_sum_add_product(vsum s, vreal a, vreal b) { return v_fma(a, b, s); }
V_OF_TWO(vsum, v_sum_join, _mm256_add_ps)
/* Halves are added to halves, as _mm512_reduce_add_ps does. */
V_INLINE qp_real v_sum_total(vsum s)
{
    __m256 half = _mm256_add_ps(s.low, s.high);
    __m128 a = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    a = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(a, _mm_shuffle_ps(a, a, 1)));
}
V_INLINE qp_real v_largest(vreal v)
{
    __m256 half = _mm256_max_ps(v.low, v.high);
    __m128 a = _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    a = _mm_max_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_max_ss(a, _mm_shuffle_ps(a, a, 1)));
}

V_INLINE vdouble v_double_zero(void) { return (vdouble){_mm256_setzero_pd(), _mm256_setzero_pd()}; }
V_INLINE vdouble v_double_add_eight(vdouble s, __m256 a)
{
    const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(a)), high = _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
    return (vdouble){_mm256_fmadd_pd(low, low, s.low), _mm256_fmadd_pd(high, high, s.high)};
}
V_INLINE vdouble v_double_add_square(vdouble s, vreal a)
{
    return v_double_add_eight(v_double_add_eight(s, a.low), a.high);
}
V_INLINE double v_double_total(vdouble s)
{
    const __m256d half = _mm256_add_pd(s.low, s.high);
    __m128d a = _mm_add_pd(_mm256_castpd256_pd128(half), _mm256_extractf128_pd(half, 1));
    return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
}

V_OF_TWO(vword, v_word_add, _mm256_add_epi32)
V_OF_TWO(vword, v_word_xor, _mm256_xor_si256)
V_OF_TWO(vword, v_word_multiply, _mm256_mullo_epi32)
V_INLINE vword v_word_set(uint32_t a) { return (vword){_mm256_set1_epi32((int)a), _mm256_set1_epi32((int)a)}; }
V_INLINE vword v_word_count_up(uint32_t first)
{
    return v_word_add(v_word_set(first), (vword){_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                                                 _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)});
}
#define v_word_shift(a, bits) ((vword){_mm256_srli_epi32((a).low, bits), _mm256_srli_epi32((a).high, bits)})
V_INLINE vmask v_word_less(vword a, vword b)
{
    return (vmask){_mm256_castsi256_ps(_mm256_cmpgt_epi32(b.low, a.low)),
                   _mm256_castsi256_ps(_mm256_cmpgt_epi32(b.high, a.high))};
}

/* p * 2^n in two steps, because one factor cannot reach all of -151 <= n <= 129 */
V_INLINE __m256 v_scale_eight(__m256 p, __m256 n)
{
    __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), rest = _mm256_sub_epi32(whole, half);
    const __m256i bias = _mm256_set1_epi32(127);
    __m256 a = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    __m256 b = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
    return _mm256_mul_ps(_mm256_mul_ps(p, a), b);
}
V_OF_TWO(vreal, v_scale_by_power, v_scale_eight)

#include "lib/tensor/kernels/vector_math.inc.h"

#endif
