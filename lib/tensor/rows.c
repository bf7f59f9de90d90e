#include "lib/tensor/rows.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/tensor/kernels/rows_kernels.h"

static const qp_rows_kernels *kernels(void)
{
#ifdef QP_VECTOR_KERNELS
    static const qp_rows_kernels *const set[] = {&qp_rows_scalar, &qp_rows_avx2, &qp_rows_avx512};
    return set[qp_cpu_level()];
#else
    return &qp_rows_scalar;
#endif
}

static qp_real *row_of(qp_matrix m, int row) { return qp_matrix_row(m, row); }

static bool same_shape(qp_matrix a, qp_matrix b) { return a.rows == b.rows && a.columns == b.columns; }

/* ---- softmax ---- */

void qp_softmax_rows(qp_matrix x, qp_real temperature, qp_matrix y)
{
    const qp_rows_kernels *kernel = kernels();
    assert(same_shape(x, y));
    for (int r = 0; r < x.rows; r++) kernel->softmax(x.columns, row_of(x, r), 1 / temperature, row_of(y, r));
}

void qp_softmax_rows_back(qp_matrix y, qp_matrix dy, qp_real temperature, qp_real beta, qp_matrix dx)
{
    const qp_rows_kernels *kernel = kernels();
    assert(same_shape(y, dy) && same_shape(y, dx));
    for (int r = 0; r < y.rows; r++)
        kernel->softmax_back(y.columns, row_of(y, r), row_of(dy, r), 1 / temperature, beta, row_of(dx, r));
}

void qp_softmax_begin(int rows, qp_softmax_row *row)
{
    for (int r = 0; r < rows; r++) row[r] = (qp_softmax_row){.largest = -(qp_real)INFINITY};
}

qp_real qp_softmax_part(int n, const qp_real *x, qp_softmax_row *row, qp_real *y)
{
    return kernels()->softmax_part(n, x, row, y);
}

void qp_softmax_again(int n, const qp_real *x, qp_softmax_row row, qp_real *y)
{
    kernels()->softmax_again(n, x, row, y);
}

void qp_softmax_part_back(int n, const qp_real *y, qp_real mean, qp_real *dy)
{
    kernels()->softmax_part_back(n, y, mean, dy);
}

void qp_log_softmax_rows(qp_matrix x, qp_real temperature, qp_matrix y)
{
    const qp_rows_kernels *kernel = kernels();
    assert(same_shape(x, y));
    for (int r = 0; r < x.rows; r++) kernel->log_softmax(x.columns, row_of(x, r), 1 / temperature, row_of(y, r));
}

void qp_log_softmax_rows_back(qp_matrix y, qp_matrix dy, qp_real temperature, qp_real beta, qp_matrix dx)
{
    const qp_rows_kernels *kernel = kernels();
    assert(same_shape(y, dy) && same_shape(y, dx));
    for (int r = 0; r < y.rows; r++)
        kernel->log_softmax_back(y.columns, row_of(y, r), row_of(dy, r), 1 / temperature, beta, row_of(dx, r));
}

/* ---- layer norm and RMS norm ---- */

static qp_row_norm norm_at(const qp_row_norm *norm, int row)
{
    qp_row_norm at = *norm;
    if (at.mean != NULL) at.mean += row;
    at.inverse += row;
    return at;
}

void qp_norm_rows(qp_matrix x, const qp_row_norm *norm, qp_real epsilon, qp_matrix y)
{
    const qp_rows_kernels *kernel = kernels();
    assert(same_shape(x, y));
    for (int r = 0; r < x.rows; r++) {
        const qp_row_norm at = norm_at(norm, r);
        kernel->norm(x.columns, row_of(x, r), &at, epsilon, row_of(y, r));
    }
}

void qp_norm_rows_back(qp_matrix x, const qp_row_norm *norm, qp_matrix dy, qp_real beta, qp_matrix dx)
{
    const qp_rows_kernels *kernel = kernels();
    assert(same_shape(x, dy) && same_shape(x, dx));
    for (int r = 0; r < x.rows; r++) {
        const qp_row_norm at = norm_at(norm, r);
        kernel->norm_back(x.columns, row_of(x, r), &at, row_of(dy, r), beta, row_of(dx, r));
    }
}

/* ---- sums, gather and scatter ---- */

void qp_bias_rows(const qp_real *bias, qp_matrix y)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < y.rows; r++) kernel->add_scaled(y.columns, 1, bias, row_of(y, r));
}

void qp_column_sums(qp_matrix x, qp_real beta, qp_real *sum) { kernels()->column_sums(x, beta, sum); }

void qp_gather_rows(const int32_t *id, qp_matrix table, qp_real scale, const int32_t *position, qp_matrix offset,
                    qp_matrix y)
{
    const qp_rows_kernels *kernel = kernels();
    assert(table.columns == y.columns && (position == NULL || offset.columns == y.columns));
    for (int r = 0; r < y.rows; r++)
        kernel->gather(y.columns, scale, row_of(table, id[r]), position != NULL ? row_of(offset, position[r]) : NULL,
                       row_of(y, r));
}

void qp_scatter_add_rows(const int32_t *id, qp_real scale, qp_matrix dy, qp_matrix table)
{
    const qp_rows_kernels *kernel = kernels();
    assert(table.columns == dy.columns);
    for (int r = 0; r < dy.rows; r++) kernel->add_scaled(dy.columns, scale, row_of(dy, r), row_of(table, id[r]));
}

/* ---- cross-entropy ---- */

static qp_real sum_of_weights(int classes, const qp_real *weight)
{
    if (weight == NULL) return (qp_real)classes;
    double sum = 0;
    for (int c = 0; c < classes; c++) sum += (double)weight[c];
    return (qp_real)sum;
}

void qp_cross_entropy_rows(qp_matrix logits, const qp_cross_entropy_terms *terms, qp_real *loss, qp_matrix dlogits)
{
    const qp_rows_kernels *kernel = kernels();
    const qp_real *weight = terms->weight;
    const int classes = logits.columns;
    qp_loss_coefficients c = {.smooth = terms->smoothing / (qp_real)classes};
    const qp_real smooth_total = c.smooth != 0 ? c.smooth * sum_of_weights(classes, weight) : 0;
    for (int r = 0; r < logits.rows; r++) {
        qp_real *gradient = dlogits.value != NULL ? row_of(dlogits, r) : NULL;
        const int target = terms->target[r];
        if (target < 0) {
            loss[r] = 0;
            for (int i = 0; gradient != NULL && i < classes; i++) gradient[i] = 0;
            continue;
        }
        c.main = (1 - terms->smoothing) * (weight != NULL ? weight[target] : 1);
        c.total = c.main + smooth_total;
        c.scale = terms->row_scale != NULL ? terms->row_scale[r] : 1;
        loss[r] = kernel->cross_entropy(classes, row_of(logits, r), target, weight, &c, gradient);
    }
}

/* ---- the largest ---- */

/* Above this k a heap is faster than the kernels' sorted list, in which an insertion moves all smaller entries. */
enum { LIST_AT_MOST = 48 };

/* Whether a comes before b: larger, or equal and further left. */
static bool precedes(const qp_real *x, int32_t a, int32_t b) { return x[a] > x[b] || (x[a] == x[b] && a < b); }

/* index[0..count) is a heap with the last in order at its root; replaces the root by `id`. */
static void sink(const qp_real *x, int32_t *index, int count, int32_t id)
{
    int at = 0;
    for (int child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && precedes(x, index[child], index[child + 1])) child++;
        if (!precedes(x, id, index[child])) break;
        index[at] = index[child];
    }
    index[at] = id;
}

static void top_by_heap(int columns, const qp_real *x, int k, int32_t *index)
{
    for (int i = 0; i < k; i++) { /* sift up */
        int at = i;
        for (; at > 0 && precedes(x, index[(at - 1) / 2], i); at = (at - 1) / 2) index[at] = index[(at - 1) / 2];
        index[at] = i;
    }
    for (int32_t i = k; i < columns; i++)
        if (x[i] > x[index[0]]) sink(x, index, k, i);
    for (int count = k - 1; count > 0; count--) {
        int32_t last = index[0], moved = index[count];
        sink(x, index, count, moved);
        index[count] = last;
    }
}

void qp_top_rows(qp_matrix x, int k, int32_t *index)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < x.rows; r++)
        (k > LIST_AT_MOST ? top_by_heap : kernel->top)(x.columns, row_of(x, r), k, index + (ptrdiff_t)r * k);
}
