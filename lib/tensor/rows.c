#include "lib/tensor/rows.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/tiles.h"
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

/* Rows are shared among idle threads (lib/base/tiles.h). */
typedef struct {
    const qp_rows_kernels *kernel;
    qp_matrix x, dy, y;
    qp_real factor, beta; /* of a softmax: 1/temperature; of a norm: epsilon */
    const qp_row_norm *norm;
} rows_job;

/* `element`: about how many nanoseconds an element takes. */
static void by_rows(rows_job *job, void (*run)(void *self, size_t first, size_t end), double element)
{
    if (job->x.rows <= 0) return;
    qp_range_run(&(qp_range){job, run, (size_t)job->x.rows, element * (job->x.columns + 1)});
}

/* ---- softmax ---- */

static void softmax_range(void *self, size_t first, size_t end)
{
    const rows_job *j = self;
    for (int r = (int)first; r < (int)end; r++)
        j->kernel->softmax(j->x.columns, row_of(j->x, r), j->factor, row_of(j->y, r));
}

static void softmax_back_range(void *self, size_t first, size_t end)
{
    const rows_job *j = self;
    for (int r = (int)first; r < (int)end; r++)
        j->kernel->softmax_back(j->x.columns, row_of(j->x, r), row_of(j->dy, r), j->factor, j->beta, row_of(j->y, r));
}

static void log_softmax_range(void *self, size_t first, size_t end)
{
    const rows_job *j = self;
    for (int r = (int)first; r < (int)end; r++)
        j->kernel->log_softmax(j->x.columns, row_of(j->x, r), j->factor, row_of(j->y, r));
}

static void log_softmax_back_range(void *self, size_t first, size_t end)
{
    const rows_job *j = self;
    for (int r = (int)first; r < (int)end; r++)
        j->kernel->log_softmax_back(j->x.columns, row_of(j->x, r), row_of(j->dy, r), j->factor, j->beta,
                                    row_of(j->y, r));
}

void qp_softmax_rows(qp_matrix x, qp_real temperature, qp_matrix y)
{
    assert(same_shape(x, y));
    by_rows(&(rows_job){.kernel = kernels(), .x = x, .y = y, .factor = 1 / temperature}, softmax_range, 0.3);
}

void qp_softmax_rows_back(qp_matrix y, qp_matrix dy, qp_real temperature, qp_real beta, qp_matrix dx)
{
    assert(same_shape(y, dy) && same_shape(y, dx));
    by_rows(&(rows_job){.kernel = kernels(), .x = y, .dy = dy, .y = dx, .factor = 1 / temperature, .beta = beta},
            softmax_back_range, 0.2);
}

void qp_log_softmax_rows(qp_matrix x, qp_real temperature, qp_matrix y)
{
    assert(same_shape(x, y));
    by_rows(&(rows_job){.kernel = kernels(), .x = x, .y = y, .factor = 1 / temperature}, log_softmax_range, 0.3);
}

void qp_log_softmax_rows_back(qp_matrix y, qp_matrix dy, qp_real temperature, qp_real beta, qp_matrix dx)
{
    assert(same_shape(y, dy) && same_shape(y, dx));
    by_rows(&(rows_job){.kernel = kernels(), .x = y, .dy = dy, .y = dx, .factor = 1 / temperature, .beta = beta},
            log_softmax_back_range, 0.3);
}

/* ---- a softmax in parts ---- */

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

/* ---- layer norm and RMS norm ---- */

static qp_row_norm norm_at(const qp_row_norm *norm, int row)
{
    qp_row_norm at = *norm;
    if (at.mean != NULL) at.mean += row;
    at.inverse += row;
    return at;
}

static void norm_range(void *self, size_t first, size_t end)
{
    const rows_job *j = self;
    for (int r = (int)first; r < (int)end; r++) {
        const qp_row_norm at = norm_at(j->norm, r);
        j->kernel->norm(j->x.columns, row_of(j->x, r), &at, j->factor, row_of(j->y, r));
    }
}

static void norm_back_range(void *self, size_t first, size_t end)
{
    const rows_job *j = self;
    for (int r = (int)first; r < (int)end; r++) {
        const qp_row_norm at = norm_at(j->norm, r);
        j->kernel->norm_back(j->x.columns, row_of(j->x, r), &at, row_of(j->dy, r), j->beta, row_of(j->y, r));
    }
}

/* Columns first .. end-1 of dweight and dbias, in the order of the rows. */
static void norm_weights_range(void *self, size_t first, size_t end)
{
    const rows_job *j = self;
    for (int r = 0; r < j->x.rows; r++) {
        qp_row_norm at = norm_at(j->norm, r);
        if (at.dweight != NULL) at.dweight += first;
        if (at.dbias != NULL) at.dbias += first;
        j->kernel->norm_weights_back((int)(end - first), row_of(j->x, r) + first, &at, row_of(j->dy, r) + first);
    }
}

void qp_norm_rows(qp_matrix x, const qp_row_norm *norm, qp_real epsilon, qp_matrix y)
{
    assert(same_shape(x, y));
    by_rows(&(rows_job){.kernel = kernels(), .x = x, .y = y, .factor = epsilon, .norm = norm}, norm_range, 0.2);
}

void qp_norm_rows_back(qp_matrix x, const qp_row_norm *norm, qp_matrix dy, qp_real beta, qp_matrix dx)
{
    assert(same_shape(x, dy) && same_shape(x, dx));
    rows_job job = {.kernel = kernels(), .x = x, .dy = dy, .y = dx, .beta = beta, .norm = norm};
    if (qp_team_idle() == 0) { /* dx, dweight and dbias of a row at once */
        norm_back_range(&job, 0, (size_t)x.rows);
        return;
    }
    /* The sums over rows first: dx may be in the place of dy. */
    const double columns = 0.1 * x.rows;
    if (norm->dweight != NULL || norm->dbias != NULL)
        qp_range_run(&(qp_range){&job, norm_weights_range, (size_t)x.columns, columns > 0 ? columns : 1});
    qp_row_norm without = *norm;
    without.dweight = without.dbias = NULL;
    job.norm = &without;
    by_rows(&job, norm_back_range, 0.3);
}

/* ---- sums, gather and scatter ---- */

void qp_bias_rows(const qp_real *bias, qp_matrix y)
{
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < y.rows; r++) kernel->add_scaled(y.columns, 1, bias, row_of(y, r));
}

typedef struct {
    qp_matrix from, to, offset;
    const int32_t *id, *position;
    qp_real factor, *sum; /* factor: beta of column sums */
} moved_job;

/* Bands of columns, all rows in order. */
static void sums_range(void *self, size_t first, size_t end)
{
    const moved_job *j = self;
    kernels()->column_sums(qp_matrix_columns(j->from, (int)first, (int)(end - first)), j->factor, j->sum + first);
}

static void scatter_range(void *self, size_t first, size_t end)
{
    const moved_job *j = self;
    const qp_rows_kernels *kernel = kernels();
    for (int r = 0; r < j->from.rows; r++)
        kernel->add_scaled((int)(end - first), j->factor, row_of(j->from, r) + first, row_of(j->to, j->id[r]) + first);
}

static void gather_range(void *self, size_t first, size_t end)
{
    const moved_job *j = self;
    const qp_rows_kernels *kernel = kernels();
    for (int r = (int)first; r < (int)end; r++)
        kernel->gather(j->to.columns, j->factor, row_of(j->from, j->id[r]),
                       j->position != NULL ? row_of(j->offset, j->position[r]) : NULL, row_of(j->to, r));
}

static void by_columns(moved_job *job, void (*run)(void *self, size_t first, size_t end))
{
    if (job->from.columns <= 0) return;
    qp_range_run(&(qp_range){job, run, (size_t)job->from.columns, 0.1 * (job->from.rows + 1)});
}

void qp_column_sums(qp_matrix x, qp_real beta, qp_real *sum)
{
    by_columns(&(moved_job){.from = x, .factor = beta, .sum = sum}, sums_range);
}

void qp_gather_rows(const int32_t *id, qp_matrix table, qp_real scale, const int32_t *position, qp_matrix offset,
                    qp_matrix y)
{
    assert(table.columns == y.columns && (position == NULL || offset.columns == y.columns));
    moved_job job = {.from = table, .to = y, .offset = offset, .id = id, .position = position, .factor = scale};
    if (y.rows > 0) qp_range_run(&(qp_range){&job, gather_range, (size_t)y.rows, 0.2 * (y.columns + 1)});
}

void qp_scatter_add_rows(const int32_t *id, qp_real scale, qp_matrix dy, qp_matrix table)
{
    assert(table.columns == dy.columns);
    by_columns(&(moved_job){.from = dy, .to = table, .id = id, .factor = scale}, scatter_range);
}

/* ---- cross-entropy ---- */

static qp_real sum_of_weights(int classes, const qp_real *weight)
{
    if (weight == NULL) return (qp_real)classes;
    double sum = 0;
    for (int c = 0; c < classes; c++) sum += (double)weight[c];
    return (qp_real)sum;
}

typedef struct {
    const qp_rows_kernels *kernel;
    qp_matrix logits, dlogits;
    const qp_cross_entropy_terms *terms;
    qp_real *loss, smooth, smooth_total;
} loss_job;

static void loss_range(void *self, size_t first, size_t end)
{
    const loss_job *j = self;
    const qp_cross_entropy_terms *terms = j->terms;
    const qp_real *weight = terms->weight;
    const int classes = j->logits.columns;
    qp_loss_coefficients c = {.smooth = j->smooth};
    for (int r = (int)first; r < (int)end; r++) {
        qp_real *gradient = j->dlogits.value != NULL ? row_of(j->dlogits, r) : NULL;
        const int target = terms->target[r];
        if (target < 0) {
            j->loss[r] = 0;
            for (int i = 0; gradient != NULL && i < classes; i++) gradient[i] = 0;
            continue;
        }
        c.main = (1 - terms->smoothing) * (weight != NULL ? weight[target] : 1);
        c.total = c.main + j->smooth_total;
        c.scale = terms->row_scale != NULL ? terms->row_scale[r] : 1;
        j->loss[r] = j->kernel->cross_entropy(classes, row_of(j->logits, r), target, weight, &c, gradient);
    }
}

void qp_cross_entropy_rows(qp_matrix logits, const qp_cross_entropy_terms *terms, qp_real *loss, qp_matrix dlogits)
{
    if (logits.rows <= 0) return;
    loss_job job = {.kernel = kernels(), .logits = logits, .dlogits = dlogits, .terms = terms, .loss = loss};
    job.smooth = terms->smoothing / (qp_real)logits.columns;
    job.smooth_total = job.smooth != 0 ? job.smooth * sum_of_weights(logits.columns, terms->weight) : 0;
    qp_range_run(&(qp_range){&job, loss_range, (size_t)logits.rows, 0.3 * (logits.columns + 1)});
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

/* ---- chosen rows ---- */

void qp_dot_rows(int n, const qp_real *x, const qp_listed_rows *rows, qp_real scale, qp_real *y)
{
    kernels()->dot_rows(n, x, rows, scale, y);
}

void qp_mix_rows(int n, const qp_listed_rows *rows, const qp_real *weight, qp_real *y)
{
    kernels()->mix_rows(n, rows, weight, y);
}
