/* dot_int8_avx2.inc.h — dot products of 8-bit integers without VNNI, 32 columns at once.
 *
 * The instruction multiplies unsigned bytes with signed ones and adds pairs into 16 bits. With |w| as the first and a
 * with the sign of w as the second factor a pair is at most 2*128*127 = 32512, which fits. */
typedef struct {
    const qp_int8_rows *a;
    const int8_t *w;
    int rows, n, k;
    int32_t *sum;
} int8_job;
#define dot_job int8_job

static inline __m256i load_bytes(const int8_t *p, int left)
{
    if (left >= 32) return _mm256_loadu_si256((const __m256i *)(const void *)p);
    int8_t part[32] = {0};
    memcpy(part, p, (size_t)left);
    return _mm256_loadu_si256((const __m256i *)(const void *)part);
}

static inline int32_t total_of(__m256i sum)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}

DOT_INLINE void int8_tile(const int8_job *j, int row, int out, const int rows, const int outs)
{
    const int8_t *a = j->a->value + row * j->a->stride, *w = j->w + (ptrdiff_t)out * j->k;
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum[4][4];
    DOT_UNROLL for (int i = 0; i < rows * outs; i++) sum[i / outs][i % outs] = _mm256_setzero_si256();
    for (int l = 0; l < j->k; l += 32) {
        __m256i x[4];
        DOT_UNROLL for (int r = 0; r < rows; r++) x[r] = load_bytes(a + r * j->a->stride + l, 32);
        DOT_UNROLL for (int o = 0; o < outs; o++)
        {
            const int8_t *p = w + (ptrdiff_t)o * j->k + l;
            DOT_FETCH(w, l * outs + 32 * o);
            const __m256i y = load_bytes(p, j->k - l), size = _mm256_abs_epi8(y);
            DOT_UNROLL for (int r = 0; r < rows; r++)
            {
                __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(x[r], y));
                sum[r][o] = _mm256_add_epi32(sum[r][o], _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    DOT_UNROLL for (int i = 0; i < rows * outs; i++)
        j->sum[(ptrdiff_t)(row + i / outs) * j->n + out + i % outs] = total_of(sum[i / outs][i % outs]);
}

DOT_INLINE void int8_one(const int8_job *j, int out) { int8_tile(j, 0, out, 1, 1); }

DOT_ROWS(int8_rows, int8_one, int8_tile)
#undef dot_job
