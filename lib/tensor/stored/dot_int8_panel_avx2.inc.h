/* dot_int8_panel_avx2.inc.h — products of several rows of 8-bit integers without VNNI.
 *
 * W is in panels of PANEL_OUTPUTS outputs: fours of columns, those of all outputs side by side, so that a vector has a
 * four of eight outputs. It is multiplied with a four of a row of A in all lanes, as in dot_int8_avx2.inc.h, and no sum
 * is left to add across lanes. 4 rows x 2 vectors: eight sums, the sizes and signs of two vectors of W, and what is in
 * between are the 16 registers. */
enum { LANES = 8, PANEL_VECTORS = 2, PANEL_OUTPUTS = LANES * PANEL_VECTORS, PANEL_ROWS = 4, FOURS = 256, AHEAD = 32 };

/* Outputs of one panel, n <= PANEL_OUTPUTS, and columns 4*first, ..., 4*(first + fours) - 1. */
typedef struct {
    const qp_int8_rows *a;
    const __m256i *panel; /* [fours, PANEL_VECTORS] */
    int n, first, fours;
    int32_t *sum; /* of a row; the next row's are `stride` further on */
    ptrdiff_t stride;
} panel_job;

/* x[i] lane r <-> x[r] lane i */
DOT_INLINE void turn_eight(__m256i x[LANES])
{
    __m256i y[LANES];
    DOT_UNROLL for (int i = 0; i < LANES; i += 2)
    {
        y[i] = _mm256_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm256_unpackhi_epi32(x[i], x[i + 1]);
    }
    DOT_UNROLL for (int i = 0; i < LANES; i += 4)
    {
        x[i] = _mm256_unpacklo_epi64(y[i], y[i + 2]);
        x[i + 1] = _mm256_unpackhi_epi64(y[i], y[i + 2]);
        x[i + 2] = _mm256_unpacklo_epi64(y[i + 1], y[i + 3]);
        x[i + 3] = _mm256_unpackhi_epi64(y[i + 1], y[i + 3]);
    }
    DOT_UNROLL for (int i = 0; i < LANES / 2; i++)
    {
        y[i] = _mm256_permute2x128_si256(x[i], x[i + 4], 0x20);
        y[i + 4] = _mm256_permute2x128_si256(x[i], x[i + 4], 0x31);
    }
    DOT_UNROLL for (int i = 0; i < LANES; i++) x[i] = y[i];
}

/* The panel of rows 0 .. n-1 of W, from column 4*first on; `fours` is a multiple of LANES. */
static void fill_panel(const int8_t *w, int n, int k, int first, int fours, __m256i *panel)
{
    for (int v = 0; v < PANEL_VECTORS; v++)
        for (int i = 0; i < fours; i += LANES) {
            __m256i x[LANES];
            const int at = 4 * (first + i);
            DOT_UNROLL for (int o = 0; o < LANES; o++)
            {
                const int output = v * LANES + o;
                x[o] = output < n && at < k ? load_bytes(w + (ptrdiff_t)output * k + at, k - at)
                                            : _mm256_setzero_si256();
            }
            turn_eight(x);
            DOT_UNROLL for (int o = 0; o < LANES; o++) panel[(i + o) * PANEL_VECTORS + v] = x[o];
        }
}

/* The lanes of vector v that have an output. */
static inline __m256i outputs_of(const panel_job *j, int v)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(j->n - LANES * v), lane);
}

/* Stores the sums of vector v, added to those of the columns before. */
static void add_some(const panel_job *j, int v, int32_t *to, __m256i sum)
{
    const __m256i lanes = outputs_of(j, v);
    if (j->first != 0) sum = _mm256_add_epi32(sum, _mm256_maskload_epi32(to, lanes));
    _mm256_maskstore_epi32(to, lanes, sum);
}

/* With m = -1 where w < 0, else 0, x ^ m is x or -x - 1:  w x = |w| (x ^ m) - |w| m. (A sign that is exchanged by
 * exclusive or leaves the multipliers free.) A pair of |w| (x ^ m) is from -32768 to 32512; `begin` has the sums of
 * -|w| m, which are the same for all rows. */
DOT_INLINE void panel_tile(const panel_job *j, int row, const int rows, const __m256i begin[PANEL_VECTORS])
{
    const int8_t *a = j->a->value + row * j->a->stride + (ptrdiff_t)4 * j->first;
    const ptrdiff_t stride = j->a->stride;
    const __m256i ones = _mm256_set1_epi16(1), zero = _mm256_setzero_si256(), *w = j->panel;
    __m256i sum[PANEL_ROWS][PANEL_VECTORS];
    DOT_UNROLL for (int i = 0; i < rows * PANEL_VECTORS; i++) sum[i / 2][i % 2] = begin[i % 2];
    for (int l = 0; l < j->fours; l++, w += PANEL_VECTORS, a += 4) {
        const __m256i size[PANEL_VECTORS] = {_mm256_abs_epi8(w[0]), _mm256_abs_epi8(w[1])};
        const __m256i m[PANEL_VECTORS] = {_mm256_cmpgt_epi8(zero, w[0]), _mm256_cmpgt_epi8(zero, w[1])};
        if (row == 0) __builtin_prefetch(w + AHEAD * PANEL_VECTORS);
        DOT_UNROLL for (int r = 0; r < rows; r++)
        {
            int32_t four;
            memcpy(&four, a + r * stride, sizeof four);
            const __m256i x = _mm256_set1_epi32(four);
            DOT_UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
            {
                const __m256i pairs = _mm256_maddubs_epi16(size[v], _mm256_xor_si256(x, m[v]));
                sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(pairs, ones));
            }
        }
    }
    int32_t *to = j->sum + row * j->stride;
    if (j->first == 0 && j->n == PANEL_OUTPUTS)
        DOT_UNROLL for (int r = 0; r < rows; r++, to += j->stride) DOT_UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
            _mm256_storeu_si256((__m256i *)(void *)(to + LANES * v), sum[r][v]);
    else
        DOT_UNROLL for (int r = 0; r < rows; r++, to += j->stride) DOT_UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
            add_some(j, v, to + LANES * v, sum[r][v]);
}

/* begin[v] = the sums of |w| where w < 0 */
static void sum_negative(const panel_job *j, __m256i begin[PANEL_VECTORS])
{
    const __m256i ones = _mm256_set1_epi16(1), *w = j->panel, zero = _mm256_setzero_si256();
    begin[0] = begin[1] = zero;
    for (int l = 0; l < j->fours; l++, w += PANEL_VECTORS) DOT_UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
        {
            const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w[v]), _mm256_cmpgt_epi8(zero, w[v]));
            begin[v] = _mm256_sub_epi32(begin[v], _mm256_madd_epi16(pairs, ones));
        }
}

static void panel_rows(const panel_job *j)
{
    int row = 0;
    __m256i begin[PANEL_VECTORS];
    sum_negative(j, begin);
    for (; row + PANEL_ROWS <= j->a->rows; row += PANEL_ROWS) panel_tile(j, row, PANEL_ROWS, begin);
    switch (j->a->rows - row) {
    case 1: panel_tile(j, row, 1, begin); break;
    case 2: panel_tile(j, row, 2, begin); break;
    case 3: panel_tile(j, row, 3, begin); break;
    default: break;
    }
}

/* How many fours are multiplied from four `first` on, a multiple of LANES. */
static int fours_of(int k, int first)
{
    const int left = ((k + 3) / 4 - first + LANES - 1) / LANES * LANES;
    return left < FOURS ? left : FOURS;
}

/* The product without a panel: it is filled in the cache, FOURS fours at a time. */
static void int8_many(const qp_int8_rows *a, const int8_t *w, int n, int k, int32_t *sum)
{
    __m256i panel[FOURS * PANEL_VECTORS];
    for (int out = 0; out < n; out += PANEL_OUTPUTS) {
        panel_job j = {.a = a, .panel = panel, .sum = sum + out, .stride = n};
        j.n = n - out < PANEL_OUTPUTS ? n - out : PANEL_OUTPUTS;
        for (; 4 * j.first < k; j.first += FOURS) {
            j.fours = fours_of(k, j.first);
            fill_panel(w + (ptrdiff_t)out * k, j.n, k, j.first, j.fours, panel);
            panel_rows(&j);
        }
    }
}

static void int8_pack(const int8_t *w, int n, int k, int8_t *panel)
{
    const int fours = (int)qp_int8_stride(k) / 4;
    for (int out = 0; out < n; out += PANEL_OUTPUTS, panel += (ptrdiff_t)4 * fours * PANEL_OUTPUTS)
        fill_panel(w + (ptrdiff_t)out * k, n - out, k, 0, fours, (__m256i *)(void *)panel);
}

static void int8_panel(const qp_int8_rows *a, const int8_t *panel, int n, int k, int32_t *sum)
{
    const int fours = (int)qp_int8_stride(k) / 4;
    for (int out = 0; out < n; out += PANEL_OUTPUTS, panel += (ptrdiff_t)4 * fours * PANEL_OUTPUTS) {
        panel_job j = {.a = a, .sum = sum + out, .stride = n};
        j.n = n - out < PANEL_OUTPUTS ? n - out : PANEL_OUTPUTS;
        for (; 4 * j.first < k; j.first += FOURS) {
            j.fours = fours_of(k, j.first);
            j.panel = (const __m256i *)(const void *)panel + (ptrdiff_t)j.first * PANEL_VECTORS;
            panel_rows(&j);
        }
    }
}

static void int8_products(const qp_int8_rows *a, const int8_t *w, int n, int k, int32_t *sum)
{
    if (a->rows >= QP_INT8_WIDE)
        int8_many(a, w, n, k, sum);
    else
        int8_rows(&(int8_job){a, w, a->rows, n, k, sum});
}
