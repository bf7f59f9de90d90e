#include "lib/tensor/gemm_packed.h"

#include <assert.h>

#include "lib/base/tiles.h"
#include "lib/tensor/gemm_stored.h"
#include "lib/tensor/kernels/gemm_kernels.h"

static void pack_plain(qp_real *memory, qp_matrix w, bool transposed)
{
    const int n = transposed ? w.columns : w.rows, k = transposed ? w.rows : w.columns;
    for (int first = 0; first < n; first += QP_PANEL) {
        qp_real *panel = memory + (ptrdiff_t)first * k;
        for (int i = 0; i < k; i++)
            for (int j = 0; j < QP_PANEL; j++) {
                int o = first + j;
                qp_real *to = panel + (ptrdiff_t)i * QP_PANEL + j;
                *to = o >= n ? 0 : transposed ? qp_matrix_row(w, i)[o] : qp_matrix_row(w, o)[i];
            }
    }
}

qp_packed qp_packed_init(qp_real *memory, qp_matrix w, bool transposed)
{
#ifdef QP_VECTOR_KERNELS
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    if (kernels != NULL)
        kernels->pack(memory, w, transposed);
    else
#endif
        pack_plain(memory, w, transposed);
    return (qp_packed){.n = transposed ? w.columns : w.rows, .k = transposed ? w.rows : w.columns, .panel = memory};
}

/* One row times one panel: each output is summed in the order of k. */
static void row_panel(int k, const qp_real *a, const qp_real *panel, qp_real sum[QP_PANEL])
{
    for (int j = 0; j < QP_PANEL; j++) sum[j] = 0;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < QP_PANEL; j++) sum[j] += a[i] * panel[(ptrdiff_t)i * QP_PANEL + j];
}

static void plain_product(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c)
{
    for (int first = 0; first < w->n; first += QP_PANEL)
        for (int r = 0; r < a.rows; r++) {
            qp_real sum[QP_PANEL], *out = qp_matrix_row(c, r) + first;
            row_panel(w->k, qp_matrix_row(a, r), w->panel + (ptrdiff_t)first * w->k, sum);
            for (int j = 0; j < QP_PANEL && first + j < w->n; j++) {
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

/* C of the columns of one tile: some panels of W. */
static void run_tile(void *self, int number, int worker)
{
    const packed_job *job = self;
    (void)worker;
    const int columns = TILE_PANELS * QP_PANEL, first = number * columns, left = job->w->n - first;
    const qp_packed w = {
        .n = left < columns ? left : columns, .k = job->w->k, .panel = job->w->panel + (ptrdiff_t)first * job->w->k};
    const qp_matrix c = qp_matrix_columns(job->c, first, w.n);
    const qp_real *bias = job->bias != NULL ? job->bias + first : NULL;
#ifdef QP_VECTOR_KERNELS
    qp_real *scratch;
    const qp_gemm_kernels *kernels = qp_gemm_vector_kernels(&scratch);
    if (kernels != NULL) {
        kernels->packed(job->a, &w, bias, job->beta, c, scratch);
        return;
    }
#endif
    plain_product(job->a, &w, bias, job->beta, c);
}

void qp_gemm_packed(qp_matrix a, const qp_packed *w, const qp_real *bias, qp_real beta, qp_matrix c)
{
    assert(a.columns == w->k && c.columns == w->n && a.rows == c.rows);
    if (a.rows <= 0) return;
    if (w->type != QP_WEIGHT_PANELS) {
        qp_gemm_stored(a, w, bias, beta, c);
        return;
    }
    packed_job job = {a, c, w, bias, beta};
    const int columns = TILE_PANELS * QP_PANEL;
    /* Reading a weight from memory takes about 1/6 ns each, a multiply-add 1/40. */
    const double each = 1 / 6.0 + a.rows / 40.0;
    qp_tiles_run(&(qp_tiles){&job, run_tile, (w->n + columns - 1) / columns, each * w->n * w->k});
}
