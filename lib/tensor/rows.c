#include "lib/tensor/rows.h"

#include <stddef.h>

#include "lib/tensor/kernels/cpu.h"
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

static inline ptrdiff_t at(int row, int stride) { return (ptrdiff_t)row * stride; }

void qp_softmax_rows(int rows, int columns, const qp_real *x, int x_stride, qp_real temperature, qp_real *y,
                     int y_stride)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++) kernel->softmax(columns, x + at(r, x_stride), 1 / temperature, y + at(r, y_stride));
}

void qp_softmax_rows_back(int rows, int columns, const qp_real *y, int y_stride, const qp_real *dy, int dy_stride,
                          qp_real temperature, qp_real beta, qp_real *dx, int dx_stride)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++)
        kernel->softmax_back(columns, y + at(r, y_stride), dy + at(r, dy_stride), 1 / temperature, beta,
                             dx + at(r, dx_stride));
}

void qp_log_softmax_rows(int rows, int columns, const qp_real *x, int x_stride, qp_real temperature, qp_real *y,
                         int y_stride)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++)
        kernel->log_softmax(columns, x + at(r, x_stride), 1 / temperature, y + at(r, y_stride));
}

void qp_log_softmax_rows_back(int rows, int columns, const qp_real *y, int y_stride, const qp_real *dy, int dy_stride,
                              qp_real temperature, qp_real beta, qp_real *dx, int dx_stride)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++)
        kernel->log_softmax_back(columns, y + at(r, y_stride), dy + at(r, dy_stride), 1 / temperature, beta,
                                 dx + at(r, dx_stride));
}

void qp_norm_rows(int rows, int columns, const qp_real *x, int x_stride, const qp_real *weight, const qp_real *bias,
                  qp_real epsilon, qp_real *y, int y_stride, qp_real *mean, qp_real *inverse)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++)
        kernel->norm(columns, x + at(r, x_stride), weight, bias, epsilon, y + at(r, y_stride),
                     mean != NULL ? mean + r : NULL, inverse + r);
}

void qp_norm_rows_back(int rows, int columns, const qp_real *x, int x_stride, const qp_real *weight,
                       const qp_real *mean, const qp_real *inverse, const qp_real *dy, int dy_stride, qp_real beta,
                       qp_real *dx, int dx_stride, qp_real *dweight, qp_real *dbias)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++)
        kernel->norm_back(columns, x + at(r, x_stride), weight, mean != NULL ? mean + r : NULL, inverse[r],
                          dy + at(r, dy_stride), beta, dx + at(r, dx_stride), dweight, dbias);
}

void qp_bias_rows(int rows, int columns, const qp_real *bias, qp_real *y, int y_stride)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++) kernel->add_scaled(columns, 1, bias, y + at(r, y_stride));
}

void qp_column_sums(int rows, int columns, const qp_real *x, int x_stride, qp_real beta, qp_real *sum)
{
    kernels()->column_sums(rows, columns, x, x_stride, beta, sum);
}

void qp_gather_rows(int rows, int columns, const int32_t *id, const qp_real *table, qp_real scale,
                    const int32_t *position, const qp_real *offset, qp_real *y, int y_stride)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++)
        kernel->gather(columns, scale, table + at(id[r], columns),
                       offset != NULL ? offset + at(position[r], columns) : NULL, y + at(r, y_stride));
}

void qp_scatter_add_rows(int rows, int columns, const int32_t *id, const qp_real *dy, int dy_stride, qp_real scale,
                         qp_real *table)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++)
        kernel->add_scaled(columns, scale, dy + at(r, dy_stride), table + at(id[r], columns));
}

static qp_real sum_of_weights(int classes, const qp_real *weight)
{
    if (weight == NULL) return (qp_real)classes;
    double sum = 0;
    for (int c = 0; c < classes; c++) sum += (double)weight[c];
    return (qp_real)sum;
}

void qp_cross_entropy_rows(int rows, int classes, const qp_real *logits, int logits_stride, const int32_t *target,
                           qp_real smoothing, const qp_real *weight, const qp_real *row_scale, qp_real *loss,
                           qp_real *dlogits, int dlogits_stride)
{
    const qp_rows_kernels *kernel = kernels();
    qp_loss_coefficients c = {.smooth = smoothing / (qp_real)classes};
    const qp_real smooth_total = c.smooth != 0 ? c.smooth * sum_of_weights(classes, weight) : 0;
    for (int r = 0; r < rows; r++) {
        qp_real *gradient = dlogits != NULL ? dlogits + at(r, dlogits_stride) : NULL;
        if (target[r] < 0) {
            loss[r] = 0;
            for (int i = 0; gradient != NULL && i < classes; i++) gradient[i] = 0;
            continue;
        }
        c.main = (1 - smoothing) * (weight != NULL ? weight[target[r]] : 1);
        c.total = c.main + smooth_total;
        c.scale = row_scale != NULL ? row_scale[r] : 1;
        loss[r] = kernel->cross_entropy(classes, logits + at(r, logits_stride), target[r], weight, &c, gradient);
    }
}

/* ---- the largest ---- */

/* From so many on a heap is faster than the kernels' sorted list, whose every newcomer moves those below it. */
enum { LIST_AT_MOST = 48 };

/* Does a come before b: larger, or as large and further left? */
static bool precedes(const qp_real *x, int32_t a, int32_t b) { return x[a] > x[b] || (x[a] == x[b] && a < b); }

/* index[0..count) is a heap whose root comes last of all; put `id` where the root was. */
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

void qp_top_rows(int rows, int columns, const qp_real *x, int x_stride, int k, int32_t *index)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < rows; r++)
        (k > LIST_AT_MOST ? top_by_heap : kernel->top)(columns, x + at(r, x_stride), k, index + at(r, k));
}
