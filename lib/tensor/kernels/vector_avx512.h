#ifndef QP_VECTOR_AVX512_H
#define QP_VECTOR_AVX512_H

#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"

/* The operations of vector_scalar.h on 16 floats. */
#define V_LANES 16
#define V_MOST_NEGATIVE (-FLT_MAX)
#define V_LOG(a) logf(a)
#define V_FMA(a, b, c) __builtin_fmaf(a, b, c)

typedef __m512 vreal;
typedef __m512 vsum;
typedef __mmask16 vmask;
typedef __m512i vword;
typedef __m512d vdouble;

static inline __mmask16 v_first_lanes(size_t count) { return (__mmask16)((1U << count) - 1); }

static inline vreal v_set(qp_real a) { return _mm512_set1_ps(a); }
static inline vreal v_load(const qp_real *p) { return _mm512_loadu_ps(p); }
static inline void v_store(qp_real *p, vreal a) { _mm512_storeu_ps(p, a); }
static inline vreal v_load_part(const qp_real *p, size_t count)
{
    return _mm512_maskz_loadu_ps(v_first_lanes(count), p);
}
static inline void v_store_part(qp_real *p, vreal a, size_t count)
{
    _mm512_mask_storeu_ps(p, v_first_lanes(count), a);
}

static inline vreal v_add(vreal a, vreal b) { return _mm512_add_ps(a, b); }
static inline vreal v_sub(vreal a, vreal b) { return _mm512_sub_ps(a, b); }
static inline vreal v_mul(vreal a, vreal b) { return _mm512_mul_ps(a, b); }
static inline vreal v_div(vreal a, vreal b) { return _mm512_div_ps(a, b); }
static inline vreal v_fma(vreal a, vreal b, vreal c) { return _mm512_fmadd_ps(a, b, c); }
static inline vreal v_fnma(vreal a, vreal b, vreal c) { return _mm512_fnmadd_ps(a, b, c); }
static inline vreal v_max(vreal a, vreal b) { return _mm512_max_ps(a, b); }
static inline vreal v_min(vreal a, vreal b) { return _mm512_min_ps(a, b); }
static inline vreal v_abs(vreal a) { return _mm512_abs_ps(a); }
static inline vreal v_sqrt(vreal a) { return _mm512_sqrt_ps(a); }

static inline vmask v_greater(vreal a, vreal b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
static inline bool v_any(vmask m) { return m != 0; }
static inline vreal v_select(vmask m, vreal yes, vreal no) { return _mm512_mask_blend_ps(m, no, yes); }
static inline vreal v_keep(vreal a, size_t count, vreal other)
{
    return count >= 16 ? a : _mm512_mask_blend_ps(v_first_lanes(count), other, a);
}

static inline qp_real v_first(vreal a) { return _mm512_cvtss_f32(a); }
static inline vsum v_sum_zero(void) { return _mm512_setzero_ps(); }
static inline vsum v_sum_add(vsum s, vreal a) { return _mm512_add_ps(s, a); }
static inline vsum v_sum_add_product(vsum s, vreal a, vreal b) { return _mm512_fmadd_ps(a, b, s); }
static inline vsum v_sum_join(vsum a, vsum b) { return _mm512_add_ps(a, b); }
static inline qp_real v_sum_total(vsum s) { return _mm512_reduce_add_ps(s); }
static inline qp_real v_largest(vreal a) { return _mm512_reduce_max_ps(a); }

static inline vdouble v_double_zero(void) { return _mm512_setzero_pd(); }
static inline vdouble v_double_add_square(vdouble s, vreal a)
{
    __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(a)), high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
    return _mm512_fmadd_pd(high, high, _mm512_fmadd_pd(low, low, s));
}
static inline double v_double_total(vdouble s) { return _mm512_reduce_add_pd(s); }

static inline vword v_word_set(uint32_t a) { return _mm512_set1_epi32((int)a); }
static inline vword v_word_count_up(uint32_t first)
{
    return _mm512_add_epi32(_mm512_set1_epi32((int)first),
                            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}
static inline vword v_word_add(vword a, vword b) { return _mm512_add_epi32(a, b); }
static inline vword v_word_xor(vword a, vword b) { return _mm512_xor_si512(a, b); }
static inline vword v_word_multiply(vword a, vword b) { return _mm512_mullo_epi32(a, b); }
#define v_word_shift(a, bits) _mm512_srli_epi32(a, bits)
static inline vmask v_word_less(vword a, vword b) { return _mm512_cmplt_epi32_mask(a, b); }

static inline vreal v_round(vreal a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vreal v_scale_by_power(vreal p, vreal n) { return _mm512_scalef_ps(p, n); } /* p * 2^n */

#include "lib/tensor/kernels/vector_math.inc.h"

#endif
