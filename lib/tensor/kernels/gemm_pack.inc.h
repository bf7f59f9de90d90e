/* gemm_pack.inc.h — bring operands into the order in which a tile reads them: step l of all rows side by side. */

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

/* to[l*width + r] = from[r*stride + l], r < rows, l < k. A cache line of every row at a time: what is written to then
 * lies close together too. */
static void pack_turned(qp_real *to, int width, const qp_real *from, ptrdiff_t stride, int rows, int k)
{
    enum { LINE = 16 };
    int l = 0;
    for (; l + LINE <= k; l += LINE) {
        int r = 0;
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

/* to[l*width + r] = from[l*stride + r], r < rows, l < k */
static void pack_straight(qp_real *to, int width, const qp_real *from, ptrdiff_t stride, int rows, int k)
{
    if (rows == 2 * V_LANES) {
        for (int l = 0; l < k; l++, to += width, from += stride) {
            v_store(to, v_load(from));
            v_store(to + V_LANES, v_load(from + V_LANES));
        }
        return;
    }
    for (int l = 0; l < k; l++, to += width, from += stride)
        for (int r = 0; r < rows; r += V_LANES)
            store_at(to + r, load_at(from + r, (size_t)(rows - r)), (size_t)(rows - r));
}

/* One of the two: the operand's element (r, l) stands at from[r*row + l*step]. */
static void pack_rows(qp_real *to, int width, const qp_real *from, ptrdiff_t row, ptrdiff_t step, int rows, int k)
{
    if (step == 1)
        pack_turned(to, width, from, row, rows, k);
    else
        pack_straight(to, width, from, step, rows, k);
}
