/* bf16_product_wide.inc.h — vectors of 16 for bf16_product.inc.h. */
#define LANES 16
#define TILE_ROWS 12
#define FOR_EACH_TILE_HEIGHT(DO) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12)

typedef __m512 vector;

QP_INLINE vector s_zero(void) { return _mm512_setzero_ps(); }
QP_INLINE vector s_load(const qp_real *from) { return _mm512_loadu_ps(from); }
QP_INLINE vector s_set(qp_real x) { return _mm512_set1_ps(x); }

QP_INLINE void s_store(qp_real *to, int first, int columns, qp_real beta, vector s)
{
    const int left = columns - first;
    const __mmask16 mask = (__mmask16)(left >= LANES ? 0xffff : left > 0 ? (1u << left) - 1 : 0);
    if (beta != 0) s = _mm512_add_ps(_mm512_mul_ps(s_set(beta), _mm512_maskz_loadu_ps(mask, to + first)), s);
    _mm512_mask_storeu_ps(to + first, mask, s);
}
