/* Dot products of 8-bit integers with AVX-512 VNNI, 64 columns at once.
 *
 * The instruction multiplies unsigned bytes with signed ones and adds fours into 32 bits. W becomes unsigned by adding
 * 128 (its sign bit is flipped), and 128 times the sum of the row of A is taken off at the end. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include <immintrin.h>

#include "lib/tensor/stored/dot_kernels.h"

#include "lib/tensor/stored/dot_rows.inc.h"

#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

typedef struct {
    const qp_int8_rows *a;
    const int8_t *w;
    int rows, n, k;
    int32_t *sum;
} vnni_job;
#define dot_job vnni_job

static inline __mmask64 first_bytes(int left) { return left >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1; }

/* The totals of four vectors. */
VNNI DOT_INLINE __m128i totals_of(const __m512i *s)
{
    __m512i t01 = _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
    __m512i t23 = _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
    __m512i t = _mm512_add_epi32(_mm512_unpacklo_epi64(t01, t23), _mm512_unpackhi_epi64(t01, t23));
    __m256i h = _mm256_add_epi32(_mm512_castsi512_si256(t), _mm512_extracti64x4_epi64(t, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
}

VNNI DOT_INLINE void vnni_tile(const vnni_job *j, int row, int out, const int rows, const int outs)
{
    const int8_t *a = j->a->value + row * j->a->stride, *w = j->w + (ptrdiff_t)out * j->k;
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    __m512i sum[4][4];
    DOT_UNROLL for (int i = 0; i < rows * outs; i++) sum[i / outs][i % outs] = _mm512_setzero_si512();
    for (int l = 0; l < j->k; l += QP_INT8_STEP) {
        const __mmask64 mask = first_bytes(j->k - l);
        __m512i x[4];
        DOT_UNROLL for (int r = 0; r < rows; r++) x[r] = _mm512_loadu_si512(a + r * j->a->stride + l);
        DOT_UNROLL for (int o = 0; o < outs; o++)
        {
            const int8_t *p = w + (ptrdiff_t)o * j->k + l;
            DOT_FETCH(w, l * outs + 64 * o);
            const __m512i y = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, p), flip);
            DOT_UNROLL for (int r = 0; r < rows; r++) sum[r][o] = _mm512_dpbusd_epi32(sum[r][o], y, x[r]);
        }
    }
    DOT_UNROLL for (int r = 0; r < rows; r++)
    {
        const int32_t added = 128 * j->a->sum[row + r];
        int32_t *to = j->sum + (ptrdiff_t)(row + r) * j->n + out;
        DOT_UNROLL for (int o = 0; o + 4 <= outs; o += 4)
            _mm_storeu_si128((__m128i *)(void *)(to + o), _mm_sub_epi32(totals_of(&sum[r][o]), _mm_set1_epi32(added)));
        if (outs == 1) to[0] = (int32_t)((uint32_t)_mm512_reduce_add_epi32(sum[r][0]) - (uint32_t)added);
    }
}

/* Two sums, so that one need not wait for the other. */
VNNI DOT_INLINE void vnni_one(const vnni_job *j, int out)
{
    const int8_t *a = j->a->value, *w = j->w + (ptrdiff_t)out * j->k;
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    __m512i even = _mm512_setzero_si512(), odd = even;
    int l = 0;
    for (; l + 2 * QP_INT8_STEP <= j->k; l += 2 * QP_INT8_STEP) {
        even = _mm512_dpbusd_epi32(even, _mm512_xor_si512(_mm512_loadu_si512(w + l), flip), _mm512_loadu_si512(a + l));
        odd = _mm512_dpbusd_epi32(odd, _mm512_xor_si512(_mm512_loadu_si512(w + l + 64), flip),
                                  _mm512_loadu_si512(a + l + 64));
    }
    for (; l < j->k; l += QP_INT8_STEP) {
        const __m512i y = _mm512_xor_si512(_mm512_maskz_loadu_epi8(first_bytes(j->k - l), w + l), flip);
        even = _mm512_dpbusd_epi32(even, y, _mm512_loadu_si512(a + l));
    }
    const uint32_t total = (uint32_t)_mm512_reduce_add_epi32(_mm512_add_epi32(even, odd));
    j->sum[out] = (int32_t)(total - 128 * (uint32_t)j->a->sum[0]);
}

VNNI DOT_ROWS(vnni_rows, vnni_one, vnni_tile)
#undef dot_job

    void qp_dot_int8_vnni(const qp_int8_rows *a, const int8_t *w, int n, int k, int32_t *sum)
{
    /* turning W into a panel costs about as much as it saves for four rows */
    if (a->rows >= QP_INT8_WIDE && n <= QP_INT8_PANEL)
        qp_dot_int8_vnni_many(a, w, n, k, sum);
    else
        vnni_rows(&(vnni_job){a, w, a->rows, n, k, sum});
}
#else
typedef int qp_dot_vnni_not_built;
#endif
