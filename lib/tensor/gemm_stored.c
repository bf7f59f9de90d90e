#include "lib/tensor/gemm_stored.h"

#include <math.h>
#include <string.h>

#include "lib/base/half.h"
#include "lib/base/tiles.h"
#include "lib/tensor/stored/dot_kernels.h"
#include "lib/tensor/weight_panels.h"

/* ---- rounding ---- */

/* The largest |x|; NaN if one is not finite. */
static float largest_of(int n, const qp_real *x)
{
    const uint32_t bits = qp_dot_set()->int8_largest(n, x);
    float value;
    memcpy(&value, &bits, sizeof value);
    return isfinite(value) ? value : NAN;
}

/* One row in 8 bits; returns its scale, NaN for a row that is not finite, whose integers are 0. */
static float quantize_row(int n, const qp_real *x, int8_t *y, int32_t *sum)
{
    float largest = largest_of(n, x), scale = largest / 127;
    if (largest > 0 && scale >= 0x1p-120f) { /* 1/scale is a normal number */
        *sum = qp_dot_set()->int8_round(n, x, 1 / scale, y);
        return scale;
    }
    memset(y, 0, (size_t)n);
    *sum = 0;
    return isnan(largest) ? largest : 0;
}

bool qp_weight_fits(qp_weight_type type, int k) { return type != QP_WEIGHT_INT8 || k <= QP_INT8_COLUMNS; }

size_t qp_weight_bytes(qp_weight_type type)
{
    return type == QP_WEIGHT_INT8 ? 1 : type == QP_WEIGHT_PANELS ? sizeof(qp_real) : 2;
}

void qp_weight_round(qp_weight_type type, qp_matrix w, void *row, float *scale)
{
    uint16_t *half = row;
    for (int o = 0; o < w.rows; o++) {
        const qp_real *from = qp_matrix_row(w, o);
        const size_t first = (size_t)o * (size_t)w.columns;
        int32_t sum;
        if (type == QP_WEIGHT_INT8)
            scale[o] = quantize_row(w.columns, from, (int8_t *)row + first, &sum);
        else
            for (int i = 0; i < w.columns; i++)
                half[first + (size_t)i] = type == QP_WEIGHT_BF16 ? qp_bfloat_of((float)from[i])
                                                                 : qp_half_of((float)from[i]);
    }
}

void qp_weight_reals(const qp_packed *stored, qp_matrix w)
{
    const uint16_t *half = stored->row;
    const int8_t *byte = stored->row;
    for (int o = 0; o < w.rows; o++) {
        qp_real *to = qp_matrix_row(w, o);
        const size_t first = (size_t)o * (size_t)w.columns;
        for (int i = 0; i < w.columns; i++) {
            const size_t at = first + (size_t)i;
            to[i] = stored->type == QP_WEIGHT_INT8   ? (qp_real)byte[at] * (qp_real)stored->scale[o]
                    : stored->type == QP_WEIGHT_BF16 ? (qp_real)qp_bfloat_to_float(half[at])
                                                     : (qp_real)qp_half_to_float(half[at]);
        }
    }
}

/* ---- products ---- */

enum { TILE_NANOSECONDS = 8000, PART_OUTPUTS = QP_INT8_PANEL, BLOCK_ROWS = 128, BLOCK_BYTES = QP_INT8_COLUMNS };

/* Some rows of A in 8 bits. */
typedef struct {
    _Alignas(64) int8_t value[BLOCK_BYTES];
    int32_t sum[BLOCK_ROWS];
    float scale[BLOCK_ROWS];
    qp_int8_rows rows;
} int8_block;

/* A block of rows times W. */
typedef struct {
    qp_matrix a, c;
    const qp_packed *w;
    const qp_real *bias;
    qp_real beta;
    const int8_block *block; /* int8 */
    const int8_t *panel;     /* W in late panels; NULL: its rows */
    int outputs;             /* of a tile */
} product;

/* C of one row = beta*C + sum + bias */
static void finish_row(const product *p, int first, int count, const qp_real *sum, qp_real *c)
{
    for (int o = 0; o < count; o++) {
        qp_real value = p->bias != NULL ? sum[o] + p->bias[first + o] : sum[o];
        c[first + o] = p->beta != 0 ? p->beta * c[first + o] + value : value;
    }
}

static void int8_tile(const product *p, int first, int count)
{
    const qp_packed *w = p->w;
    const qp_dot_kernels *kernels = qp_dot_set();
    int32_t sum[BLOCK_ROWS * PART_OUTPUTS];
    qp_int8_outputs out = {.n = count, .scale = w->scale + first, .beta = p->beta};
    if (p->bias != NULL) out.bias = p->bias + first;
    if (p->panel != NULL)
        kernels->int8_panel(&p->block->rows, p->panel + (size_t)first * qp_int8_stride(w->k), count, w->k, sum);
    else
        kernels->int8(&p->block->rows, (const int8_t *)w->row + (ptrdiff_t)first * w->k, count, w->k, sum);
    for (int r = 0; r < p->a.rows; r++) {
        out.t = p->block->scale[r];
        kernels->int8_finish(&out, sum + (ptrdiff_t)r * count, qp_matrix_row(p->c, r) + first);
    }
}

static void half_tile(const product *p, int first, int count)
{
    const qp_packed *w = p->w;
    const uint16_t *row = (const uint16_t *)w->row + (ptrdiff_t)first * w->k;
    qp_real sum[BLOCK_ROWS * PART_OUTPUTS];
    if (w->type == QP_WEIGHT_BF16)
        qp_dot_set()->bf16(p->a, row, count, sum);
    else
        qp_dot_set()->fp16(p->a, row, count, sum);
    for (int r = 0; r < p->a.rows; r++) finish_row(p, first, count, sum + (ptrdiff_t)r * count, qp_matrix_row(p->c, r));
}

static void run_tile(void *self, int number, int worker)
{
    const product *p = self;
    const int begin = number * p->outputs, last = begin + p->outputs < p->w->n ? begin + p->outputs : p->w->n;
    (void)worker;
    for (int first = begin; first < last; first += PART_OUTPUTS) {
        const int count = last - first < PART_OUTPUTS ? last - first : PART_OUTPUTS;
        if (p->block != NULL)
            int8_tile(p, first, count);
        else
            half_tile(p, first, count);
    }
}

/* Nanoseconds of all tiles, roughly: reading W at 20 GB/s, and the multiply-adds. */
static double cost_of(const product *p)
{
    static const double rate[] = {[QP_CPU_SCALAR] = 3, [QP_CPU_AVX2] = 40, [QP_CPU_AVX512] = 120}; /* a ns, int8 */
    double each = p->a.rows / rate[qp_cpu_level()] * (p->block ? 1 : 3);
    return (each + (double)qp_weight_bytes(p->w->type) / 20) * p->w->n * p->w->k;
}

/* Threads that take tiles of less than a microsecond wait for each other. */
static int tile_outputs(int n, double cost)
{
    const double parts = TILE_NANOSECONDS / cost * n / PART_OUTPUTS;
    return PART_OUTPUTS * (int)fmax(1, fmin(parts, n));
}

static void quantize_block(qp_matrix a, int8_block *block)
{
    const ptrdiff_t stride = (ptrdiff_t)qp_int8_stride(a.columns);
    block->rows = (qp_int8_rows){block->value, stride, block->sum, a.rows};
    for (int r = 0; r < a.rows; r++) {
        int8_t *row = block->value + r * stride;
        block->scale[r] = quantize_row(a.columns, qp_matrix_row(a, r), row, &block->sum[r]);
        memset(row + a.columns, 0, (size_t)(stride - a.columns));
    }
}

void qp_gemm_stored(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c)
{
    int8_block block;
    const bool int8 = w->type == QP_WEIGHT_INT8;
    int most = BLOCK_BYTES / (int)qp_int8_stride(w->k);
    if (most > BLOCK_ROWS || !int8) most = BLOCK_ROWS;
    for (int first = 0; first < a.rows; first += most) {
        const int count = a.rows - first < most ? a.rows - first : most;
        product p = {qp_matrix_rows(a, first, count), qp_matrix_rows(c, first, count), w, bias, beta, NULL, NULL, 0};
        if (int8) {
            quantize_block(p.a, &block);
            p.block = &block;
            if (qp_dot_set()->int8_panel != NULL && count >= qp_dot_set()->int8_wide) p.panel = qp_late_panels_of(w);
        }
        const double cost = cost_of(&p);
        p.outputs = tile_outputs(w->n, cost);
        qp_tiles_run(&(qp_tiles){&p, run_tile, (w->n + p.outputs - 1) / p.outputs, cost});
    }
}
