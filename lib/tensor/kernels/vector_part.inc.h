/* vector_part.inc.h — loads and stores of up to `left` elements, so that the end of a row needs no loop of its own;
 * transposes numbers of 32 bits while they are copied into panels. */
#ifndef QP_VECTOR_PART_INC_H
#define QP_VECTOR_PART_INC_H

#define QP_INLINE static inline __attribute__((always_inline))

QP_INLINE vreal load_at(const qp_real *p, size_t left) { return left >= V_LANES ? v_load(p) : v_load_part(p, left); }

QP_INLINE void store_at(qp_real *p, vreal a, size_t left)
{
    if (left >= V_LANES)
        v_store(p, a);
    else
        v_store_part(p, a, left);
}

#ifdef __clang__
#define UNROLL_ALL _Pragma("clang loop unroll(full)")
#else
#define UNROLL_ALL _Pragma("GCC unroll 16")
#endif

#ifdef __AVX2__
/* to[l*width + r] = from[r*stride + l] for 8 rows and 8 steps */
QP_INLINE void turn_8x8(qp_real *to, ptrdiff_t width, const qp_real *from, ptrdiff_t stride)
{
    UNROLL_ALL for (int half = 0; half < 8; half += 4)
    {
        __m256 x[4];
        UNROLL_ALL for (int r = 0; r < 4; r++)
            x[r] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + r * stride + half)),
                                        _mm_loadu_ps(from + (r + 4) * stride + half), 1);
        __m256 low01 = _mm256_unpacklo_ps(x[0], x[1]), high01 = _mm256_unpackhi_ps(x[0], x[1]);
        __m256 low23 = _mm256_unpacklo_ps(x[2], x[3]), high23 = _mm256_unpackhi_ps(x[2], x[3]);
        _mm256_storeu_ps(to + half * width, _mm256_shuffle_ps(low01, low23, 0x44));
        _mm256_storeu_ps(to + (half + 1) * width, _mm256_shuffle_ps(low01, low23, 0xEE));
        _mm256_storeu_ps(to + (half + 2) * width, _mm256_shuffle_ps(high01, high23, 0x44));
        _mm256_storeu_ps(to + (half + 3) * width, _mm256_shuffle_ps(high01, high23, 0xEE));
    }
}

/* the same for 4 rows and 4 steps */
QP_INLINE void turn_4x4(qp_real *to, ptrdiff_t width, const qp_real *from, ptrdiff_t stride)
{
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + stride);
    __m128 c = _mm_loadu_ps(from + 2 * stride), d = _mm_loadu_ps(from + 3 * stride);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + width, b);
    _mm_storeu_ps(to + 2 * width, c);
    _mm_storeu_ps(to + 3 * width, d);
}

/* to[l*width + r] = from[r*stride + l], r < rows, l < k. One cache line of every row at a time, so that writes are
 * close together too; so many streams are beyond the processor's own prefetching. The rows that follow are those of the
 * next panel. */
static inline void pack_turned(qp_real *to, int width, const qp_real *from, ptrdiff_t stride, int rows, int k)
{
    enum { LINE = 16 };
    int l = 0;
    for (; l + LINE <= k; l += LINE) {
        int r = 0;
        for (int i = 0; i < rows; i++) {
            __builtin_prefetch(from + i * stride + l + LINE);
            __builtin_prefetch(from + (rows + i) * stride + l);
        }
        for (; r + 8 <= rows; r += 8)
            for (int i = l; i < l + LINE; i += 8)
                turn_8x8(to + (ptrdiff_t)i * width + r, width, from + r * stride + i, stride);
        for (; r + 4 <= rows; r += 4)
            for (int i = l; i < l + LINE; i += 4)
                turn_4x4(to + (ptrdiff_t)i * width + r, width, from + r * stride + i, stride);
        for (; r < rows; r++)
            for (int i = l; i < l + LINE; i++) to[(ptrdiff_t)i * width + r] = from[r * stride + i];
    }
    for (; l < k; l++)
        for (int r = 0; r < rows; r++) to[(ptrdiff_t)l * width + r] = from[r * stride + l];
}
#endif

#endif
