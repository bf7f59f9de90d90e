/* Products of many rows of 8-bit integers with AVX-512 VNNI.
 *
 * W becomes a panel in the cache: fours of columns, those of all outputs side by side, so that a vector has one four of
 * 16 outputs. It is multiplied with a four of a row of A in all lanes, and no sum is left to add across lanes. As in
 * dot_vnni_avx512.c W becomes unsigned, and 128 times the sum of the row of A is taken off. The first rows ask for the
 * panel AHEAD fours before they read it; the others find it in the cache. */
#include "lib/tensor/kernels/cpu.h"

#ifdef QP_VECTOR_KERNELS
#include <immintrin.h>
#include <string.h>

#include "lib/tensor/stored/dot_kernels.h"

#include "lib/tensor/stored/dot_rows.inc.h"

#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

enum { LANES = 16, VECTORS = QP_INT8_PANEL / LANES, FOURS = 256, ROWS = 6, AHEAD = 32 };

/* sum += fours of w times fours of x. The instruction itself: gcc copies every sum of its intrinsic twice. */
#define ADD_FOURS(sum, w, x) __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x))

typedef struct {
    const qp_int8_rows *a;
    const int8_t *w;
    int n, k;
    int32_t *sum;
    int first, fours; /* columns of the panel: 4*first, ... */
    const __m512i *panel; /* [fours, VECTORS] */
} panel_job;

/* x[i] lane r <-> x[r] lane i */
VNNI DOT_INLINE void turn(__m512i x[LANES])
{
    __m512i y[LANES];
    DOT_UNROLL for (int i = 0; i < LANES; i += 2)
    {
        y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    DOT_UNROLL for (int i = 0; i < LANES; i += 4)
    {
        x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
        x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
        x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
        x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
    }
    DOT_UNROLL for (int i = 0; i < 4; i++)
    {
        __m512i even = _mm512_shuffle_i32x4(x[i], x[i + 4], 0x88), odd = _mm512_shuffle_i32x4(x[i], x[i + 4], 0xDD);
        __m512i even2 = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], 0x88);
        __m512i odd2 = _mm512_shuffle_i32x4(x[i + 8], x[i + 12], 0xDD);
        y[i] = _mm512_shuffle_i32x4(even, even2, 0x88);
        y[i + 4] = _mm512_shuffle_i32x4(odd, odd2, 0x88);
        y[i + 8] = _mm512_shuffle_i32x4(even, even2, 0xDD);
        y[i + 12] = _mm512_shuffle_i32x4(odd, odd2, 0xDD);
    }
    DOT_UNROLL for (int i = 0; i < LANES; i++) x[i] = y[i];
}

/* Fours from `fours` on of 16 outputs from `first` on. Those of the next 16 are asked for. */
VNNI static void fill_square(const panel_job *j, int first, int fours, __m512i *panel)
{
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    const int at = 4 * (j->first + fours), left = j->k - at;
    const __mmask64 mask = left >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1;
    const int8_t *w = j->w + (ptrdiff_t)first * j->k + at;
    __m512i x[LANES];
    DOT_UNROLL for (int o = 0; o < LANES; o++, w += j->k)
    {
        __builtin_prefetch(w + (ptrdiff_t)LANES * j->k);
        x[o] = _mm512_xor_si512(_mm512_maskz_loadu_epi8(first + o < j->n ? mask : 0, w), flip);
    }
    turn(x);
    DOT_UNROLL for (int i = 0; i < LANES; i++) panel[(fours + i) * VECTORS + first / LANES] = x[i];
}

/* How many fours are multiplied from four j->first on, a multiple of LANES. */
static int fours_of(const panel_job *j)
{
    const int left = (j->k + 3) / 4 - j->first;
    return left < FOURS ? (left + LANES - 1) / LANES * LANES : FOURS;
}

/* The panel from four j->first on; returns its fours. */
VNNI static int fill(const panel_job *j, __m512i *panel)
{
    const int fours = fours_of(j);
    for (int first = 0; first < j->n; first += LANES)
        for (int i = 0; i < fours; i += LANES) fill_square(j, first, i, panel);
    return fours;
}

VNNI DOT_INLINE void panel_tile(const panel_job *j, int row, const int rows, const int vectors)
{
    const bool ahead = row == 0;
    const int8_t *a = j->a->value + row * j->a->stride + (ptrdiff_t)4 * j->first;
    const __mmask16 last = (__mmask16)((1U << (j->n - LANES * (vectors - 1))) - 1);
    __m512i sum[ROWS][VECTORS];
    DOT_UNROLL for (int r = 0; r < rows; r++) DOT_UNROLL for (int v = 0; v < vectors; v++)
        sum[r][v] = j->first == 0 ? _mm512_set1_epi32(-128 * j->a->sum[row + r])
                                  : _mm512_maskz_loadu_epi32(v + 1 < vectors ? (__mmask16)0xFFFF : last,
                                                             j->sum + (ptrdiff_t)(row + r) * j->n + LANES * v);
    for (int l = 0; l < j->fours; l++) {
        __m512i w[VECTORS];
        DOT_UNROLL for (int v = 0; v < vectors; v++) w[v] = j->panel[l * VECTORS + v];
        if (ahead)
            DOT_UNROLL for (int v = 0; v < vectors; v++) __builtin_prefetch(&j->panel[(l + AHEAD) * VECTORS + v]);
        DOT_UNROLL for (int r = 0; r < rows; r++)
        {
            int32_t four;
            memcpy(&four, a + r * j->a->stride + 4 * l, sizeof four);
            const __m512i x = _mm512_set1_epi32(four);
            DOT_UNROLL for (int v = 0; v < vectors; v++) ADD_FOURS(sum[r][v], w[v], x);
        }
    }
    DOT_UNROLL for (int r = 0; r < rows; r++) DOT_UNROLL for (int v = 0; v < vectors; v++)
        _mm512_mask_storeu_epi32(j->sum + (ptrdiff_t)(row + r) * j->n + LANES * v,
                                 v + 1 < vectors ? (__mmask16)0xFFFF : last, sum[r][v]);
}

#define PANEL_ROWS(NAME, VECTOR_COUNT)                                                                                 \
    VNNI static void NAME(const panel_job *j)                                                                          \
    {                                                                                                                  \
        int row = 0;                                                                                                   \
        for (; row + ROWS <= j->a->rows; row += ROWS) panel_tile(j, row, ROWS, VECTOR_COUNT);                          \
        switch (j->a->rows - row) {                                                                                    \
        case 1: panel_tile(j, row, 1, VECTOR_COUNT); break;                                                            \
        case 2: panel_tile(j, row, 2, VECTOR_COUNT); break;                                                            \
        case 3: panel_tile(j, row, 3, VECTOR_COUNT); break;                                                            \
        case 4: panel_tile(j, row, 4, VECTOR_COUNT); break;                                                            \
        case 5: panel_tile(j, row, 5, VECTOR_COUNT); break;                                                            \
        default: break;                                                                                                \
        }                                                                                                              \
    }
PANEL_ROWS(rows_of_1, 1)
PANEL_ROWS(rows_of_2, 2)
PANEL_ROWS(rows_of_3, 3)
PANEL_ROWS(rows_of_4, 4)

static void (*const rows_of[])(const panel_job *) = {rows_of_1, rows_of_2, rows_of_3, rows_of_4};

void qp_dot_int8_vnni_many(const qp_int8_rows *a, const int8_t *w, int n, int k, int32_t *sum)
{
    __m512i panel[FOURS * VECTORS];
    panel_job j = {.a = a, .w = w, .n = n, .k = k, .sum = sum, .panel = panel};
    for (; 4 * j.first < k; j.first += FOURS) {
        j.fours = fill(&j, panel);
        rows_of[(n - 1) / LANES](&j);
    }
}

void qp_dot_int8_vnni_pack(const int8_t *w, int n, int k, int8_t *panel)
{
    for (int first = 0; first < n; first += QP_INT8_PANEL) {
        const int left = n - first;
        panel_job j = {.w = w + (ptrdiff_t)first * k, .n = left < QP_INT8_PANEL ? left : QP_INT8_PANEL, .k = k};
        __m512i *to = (__m512i *)(void *)(panel + (size_t)first * qp_int8_stride(k));
        for (; 4 * j.first < k; j.first += FOURS) fill(&j, to + (ptrdiff_t)j.first * VECTORS);
    }
}

void qp_dot_int8_vnni_panel(const qp_int8_rows *a, const int8_t *panel, int n, int k, int32_t *sum)
{
    const __m512i *from = (const __m512i *)(const void *)panel;
    panel_job j = {.a = a, .n = n, .k = k, .sum = sum};
    for (; 4 * j.first < k; j.first += FOURS) {
        j.fours = fours_of(&j);
        j.panel = from + (ptrdiff_t)j.first * VECTORS;
        rows_of[(n - 1) / LANES](&j);
    }
}
#else
typedef int qp_dot_vnni_panel_not_built;
#endif
