#include "lib/tensor/weight_panels.h"

#include <stdint.h>

#include "lib/base/files/map.h"
#include "lib/base/tiles.h"
#include "lib/tensor/kernels/gemm_kernels.h"
#include "lib/tensor/stored/dot_kernels.h"

static void pack_plain(qp_real *memory, qp_matrix w, bool transposed)
{
    const int n = transposed ? w.columns : w.rows, k = transposed ? w.rows : w.columns;
    const int columns = qp_panel_columns(), padded = (n + QP_PANEL - 1) / QP_PANEL * QP_PANEL;
    for (int first = 0; first < padded; first += columns) {
        qp_real *panel = memory + (ptrdiff_t)first * k;
        for (int i = 0; i < k; i++)
            for (int j = 0; j < columns; j++) {
                int o = first + j;
                qp_real *to = panel + (ptrdiff_t)i * columns + j;
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

/* ---- late ---- */

enum { TILE_OUTPUTS = 8 * QP_PANEL };

size_t qp_late_bytes(const qp_packed *w)
{
    if (w->type == QP_WEIGHT_PANELS) return qp_packed_count(w->n, w->k) * sizeof(qp_real);
    if (w->type != QP_WEIGHT_INT8 || qp_dot_set()->int8_pack == NULL) return 0;
    return ((size_t)w->n + QP_INT8_PANEL - 1) / QP_INT8_PANEL * QP_INT8_PANEL * qp_int8_stride(w->k);
}

static void pack_tile(void *self, int number, int worker)
{
    const qp_packed *w = self;
    const int first = number * TILE_OUTPUTS, left = w->n - first;
    if (w->type == QP_WEIGHT_INT8) {
        qp_dot_set()->int8_pack((const int8_t *)w->row + (ptrdiff_t)first * w->k,
                                left < TILE_OUTPUTS ? left : TILE_OUTPUTS, w->k,
                                (int8_t *)w->late->memory + (size_t)first * qp_int8_stride(w->k));
        return;
    }
    const qp_matrix all = qp_matrix_dense(w->row, w->n, w->k);
    const qp_matrix rows = qp_matrix_rows(all, first, left < TILE_OUTPUTS ? left : TILE_OUTPUTS);
    (void)worker;
    qp_packed_init((qp_real *)w->late->memory + (ptrdiff_t)first * w->k, rows, false);
    if (w->late->mapped) qp_map_give_back(rows.value, (size_t)rows.rows * (size_t)rows.columns * sizeof(qp_real));
}

/* Only one thread comes here; the others use the rows meanwhile. */
static const void *pack(const qp_packed *w)
{
    const int tiles = (w->n + TILE_OUTPUTS - 1) / TILE_OUTPUTS;
    qp_tiles_run(&(qp_tiles){(void *)(uintptr_t)w, pack_tile, tiles, (double)qp_packed_count(w->n, w->k) / 2});
    atomic_store_explicit(&w->late->panel, w->late->memory, memory_order_release);
    return w->late->memory;
}

const void *qp_late_panels_of(const qp_packed *w)
{
    struct qp_late_panel *late = w->late;
    if (late == NULL || late->memory == NULL) return NULL;
    const int most = w->type == QP_WEIGHT_INT8 ? QP_LATE_WIDE_USES : QP_LATE_USES;
    const void *panel = atomic_load_explicit(&late->panel, memory_order_acquire);
    if (panel != NULL || atomic_load_explicit(&late->uses, memory_order_relaxed) >= most) return panel;
    return atomic_fetch_add_explicit(&late->uses, 1, memory_order_relaxed) == most - 1 ? pack(w) : NULL;
}
