#include "lib/tensor/gemm_packed.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/base/tiles.h"
#include "lib/tensor/gemm_stored.h"
#include "lib/tensor/kernels/gemm_kernels.h"
#include "lib/tensor/weight_panels.h"

/* One row times one panel: each output is summed in the order of k. */
static void row_panel(int k, const qp_real *a, const qp_real *panel, qp_real sum[QP_PANEL])
{
    for (int j = 0; j < QP_PANEL; j++) sum[j] = 0;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < QP_PANEL; j++) sum[j] += a[i] * panel[(ptrdiff_t)i * QP_PANEL + j];
}

/* The same sums from rows of W. */
static void row_rows(int k, const qp_real *a, const qp_real *w, int outputs, qp_real *sum)
{
    for (int j = 0; j < outputs; j++) {
        sum[j] = 0;
        for (int i = 0; i < k; i++) sum[j] += a[i] * w[(ptrdiff_t)j * k + i];
    }
}

static void plain_product(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c)
{
    for (int first = 0; first < w->n; first += QP_PANEL)
        for (int r = 0; r < a.rows; r++) {
            const int outputs = w->n - first < QP_PANEL ? w->n - first : QP_PANEL;
            qp_real sum[QP_PANEL], *out = qp_matrix_row(c, r) + first, *from = qp_matrix_row(a, r);
            if (w->panel != NULL)
                row_panel(w->k, from, w->panel + (ptrdiff_t)first * w->k, sum);
            else
                row_rows(w->k, from, (const qp_real *)w->row + (ptrdiff_t)first * w->k, outputs, sum);
            for (int j = 0; j < outputs; j++) {
                qp_real value = sum[j] + (bias != NULL ? bias[first + j] : 0);
                out[j] = beta != 0 ? beta * out[j] + value : value;
            }
        }
}

typedef struct {
    qp_matrix a, c;
    const qp_packed *w;
    const qp_real *bias;
    qp_real beta;
} packed_job;

enum { TILE_PANELS = 4 };

/* The columns first .. first+count-1 of a job. */
static packed_job columns_of(const packed_job *job, qp_packed *w, int first, int count)
{
    *w = *job->w;
    w->n = count;
    if (w->panel != NULL)
        w->panel += (ptrdiff_t)first * w->k;
    else
        w->row = (const qp_real *)w->row + (ptrdiff_t)first * w->k;
    return (packed_job){job->a, qp_matrix_columns(job->c, first, count), w,
                        job->bias != NULL ? job->bias + first : NULL, job->beta};
}

#ifdef QP_VECTOR_KERNELS
static void multiply_without_memory(const packed_job *job)
{
    const qp_packed *w = job->w;
    const qp_matrix a = job->a, c = job->c;
    qp_product p = {.m = a.rows, .k = w->k, .a = a.value, .a_row = a.stride, .a_step = 1, .alpha = 1};
    p.beta = job->beta, p.c_row = c.stride;
    const int columns = qp_panel_columns();
    p.b_step = w->panel != NULL ? columns : 1, p.b_column = w->panel != NULL ? 1 : w->k;
    for (int first = 0; first < w->n; first += columns) {
        p.n = w->n - first < columns ? w->n - first : columns;
        p.b = (w->panel != NULL ? w->panel : (const qp_real *)w->row) + (ptrdiff_t)first * w->k;
        p.c = c.value + first;
        p.bias = job->bias != NULL ? job->bias + first : NULL;
        qp_gemm_without_memory(&p, w->k);
    }
}

/* Rows of W become panels in the cache, some at a time, and are multiplied there: an element of C is summed as with a
 * packed weight. The panels are in the thread's scratch: memory of their own would cost new pages for every tile. Rows
 * too wide for it get some. */
static void multiply_rows(const qp_gemm_kernels *kernels, const packed_job *job, qp_real *scratch)
{
    const int fit = QP_GEMM_PANELS / (QP_PANEL * job->w->k), most = QP_PANEL * (fit > 0 ? fit : 1);
    qp_real *wide = fit > 0 ? NULL : qp_memory_large(qp_packed_count(most, job->w->k) * sizeof *wide);
    qp_real *panel = fit > 0 ? scratch + QP_GEMM_SCRATCH : wide;
    for (int first = 0; first < job->w->n; first += most) {
        qp_packed w;
        const int left = job->w->n - first;
        packed_job part = columns_of(job, &w, first, left < most ? left : most);
        if (panel == NULL) {
            multiply_without_memory(&part);
            continue;
        }
        for (size_t at = 0; at < (size_t)w.n * (size_t)w.k * sizeof(qp_real); at += 64)
            __builtin_prefetch((const char *)w.row + at, 0, 2);
        kernels->pack(panel, qp_matrix_dense(w.row, w.n, w.k), false);
        w.panel = panel;
        kernels->packed(part.a, &w, part.bias, part.beta, part.c, scratch);
    }
    free(wide);
}
#endif

/* C of the columns of one tile: some panels of W. */
static void run_tile(void *self, int number, int worker)
{
    const packed_job *job = self;
    const int columns = TILE_PANELS * QP_PANEL, first = number * columns, left = job->w->n - first;
    qp_packed w;
    const packed_job part = columns_of(job, &w, first, left < columns ? left : columns);
    (void)worker;
#ifdef QP_VECTOR_KERNELS
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    if (qp_cpu_level() != QP_CPU_SCALAR) {
        if (kernels == NULL)
            multiply_without_memory(&part);
        else if (w.panel == NULL)
            multiply_rows(kernels, &part, scratch);
        else
            kernels->packed(part.a, &w, part.bias, part.beta, part.c, scratch);
        return;
    }
#endif
    plain_product(part.a, &w, part.bias, part.beta, part.c);
}

void qp_gemm_packed(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c)
{
    assert(a.columns == w->k && c.columns == w->n && a.rows == c.rows);
    if (a.rows <= 0) return;
    if (w->type != QP_WEIGHT_PANELS) {
        qp_gemm_stored(a, w, bias, beta, c);
        return;
    }
    qp_packed now = *w;
    if (now.panel == NULL) now.panel = qp_late_panels_of(w);
    packed_job job = {a, c, &now, bias, beta};
    const int columns = TILE_PANELS * QP_PANEL;
    /* Reading a weight from memory takes about 1/6 ns each, a multiply-add 1/40. */
    const double each = 1 / 6.0 + a.rows / 40.0;
    qp_tiles_run(&(qp_tiles){&job, run_tile, (w->n + columns - 1) / columns, each * w->n * w->k});
}
