#include "lib/grad/op_distance.h"

#include <string.h>

/* Both operations relate x [query rows, heads*columns] to a column of numbers, one per head, query and key. */
typedef struct {
    qp_tensor x, column, table; /* x: the query, or the result */
    qp_sequences qs, ks;
    int heads;
    qp_real scale;
} distance_context;

/* One query of one head. */
typedef struct {
    int keys, first; /* distance of key 0 */
    ptrdiff_t x;     /* offset of its part of x */
    size_t column;   /* offset of its first number in the column */
} place;

static int bucket(const distance_context *c, const place *p, int key)
{
    int clip = (c->table.rows - 1) / 2, distance = p->first + key;
    return (distance < -clip ? -clip : distance > clip ? clip : distance) + clip;
}

typedef void place_function(const distance_context *c, const place *p, double *sum, qp_real *const *grad);

/* Calls `visit` for every query of every head, in the order of the blocks; `sum` is scratch, one number per row of the
 * table. */
static void walk(qp_tape *tape, const distance_context *c, place_function *visit, qp_real *const *grad)
{
    size_t mark = qp_tape_mark(tape), column = 0;
    double *sum = qp_tape_memory(tape, (size_t)c->table.rows * sizeof *sum);
    for (int s = 0; sum && s < c->qs.count; s++) {
        int queries = qp_sequence_length(c->qs, s), keys = qp_sequence_length(c->ks, s);
        for (int h = 0; h < c->heads; h++)
            for (int q = 0; q < queries; q++, column += (size_t)keys) {
                const place p = {.keys = keys,
                                 .first = queries - keys - q,
                                 .x = (ptrdiff_t)(c->qs.start[s] + q) * c->x.stride + (ptrdiff_t)h * c->table.columns,
                                 .column = column};
                visit(c, &p, sum, grad);
            }
    }
    qp_tape_rewind(tape, mark);
}

static double dot(int n, const qp_real *a, const qp_real *b)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

static void add_scaled(int n, double factor, const qp_real *x, qp_real *y)
{
    for (int i = 0; i < n; i++) y[i] += (qp_real)(factor * (double)x[i]);
}

/* sum[r] = factor * the sum of the numbers of all keys in bucket r */
static void gather(const distance_context *c, const place *p, double factor, const qp_real *column, double *sum)
{
    for (int r = 0; r < c->table.rows; r++) sum[r] = 0;
    for (int k = 0; k < p->keys; k++) sum[bucket(c, p, k)] += factor * (double)column[p->column + (size_t)k];
}

/* column[k] = factor * x . table[r(k)] */
static void spread(const distance_context *c, const place *p, double factor, const qp_real *x, double *sum,
                   qp_real *column, bool add)
{
    for (int r = 0; r < c->table.rows; r++)
        sum[r] = factor * dot(c->table.columns, x + p->x, qp_tensor_row(c->table, r));
    for (int k = 0; k < p->keys; k++) {
        qp_real *to = column + p->column + k;
        *to = (add ? *to : 0) + (qp_real)sum[bucket(c, p, k)];
    }
}

/* x += sum over r of sum[r] * table[r] */
static void mix(const distance_context *c, const place *p, const double *sum, qp_real *x)
{
    for (int r = 0; r < c->table.rows; r++)
        if (sum[r] != 0) add_scaled(c->table.columns, sum[r], qp_tensor_row(c->table, r), x + p->x);
}

/* dtable[r] += sum[r] * x */
static void mix_back(const distance_context *c, const place *p, const double *sum, const qp_real *x, qp_real *dtable)
{
    for (int r = 0; r < c->table.rows; r++)
        if (sum[r] != 0) add_scaled(c->table.columns, sum[r], x + p->x, dtable + (ptrdiff_t)r * c->table.stride);
}

static void score_place(const distance_context *c, const place *p, double *sum, qp_real *const *grad)
{
    (void)grad;
    spread(c, p, (double)c->scale, c->x.value, sum, c->column.value, false);
}

/* With sum[r] = scale * the sum of dscore over the keys in bucket r:
 *   dquery += sum[r]*table[r]   dtable[r] += sum[r]*query          grad: query, table */
static void score_place_back(const distance_context *c, const place *p, double *sum, qp_real *const *grad)
{
    gather(c, p, (double)c->scale, qp_tape_upstream(c->column), sum);
    if (grad[0]) mix(c, p, sum, grad[0]);
    if (grad[1]) mix_back(c, p, sum, c->x.value, grad[1]);
}

static void value_place(const distance_context *c, const place *p, double *sum, qp_real *const *grad)
{
    (void)grad;
    gather(c, p, 1, c->column.value, sum);
    mix(c, p, sum, c->x.value);
}

/* dweight_j += dy . table[r(j)]     dtable[r] += (sum of the weights in bucket r)*dy          grad: weights, table */
static void value_place_back(const distance_context *c, const place *p, double *sum, qp_real *const *grad)
{
    const qp_real *dy = qp_tape_upstream(c->x);
    if (grad[0]) spread(c, p, 1, dy, sum, grad[0], true);
    gather(c, p, 1, c->column.value, sum);
    if (grad[1]) mix_back(c, p, sum, dy, grad[1]);
}

static void scores_back(qp_tape *tape, void *context)
{
    const distance_context *c = context;
    qp_real *const grad[] = {qp_tape_grad_zeroed(tape, c->x), qp_tape_grad_zeroed(tape, c->table)};
    walk(tape, c, score_place_back, grad);
}

static void values_back(qp_tape *tape, void *context)
{
    const distance_context *c = context;
    qp_real *const grad[] = {qp_tape_grad_zeroed(tape, c->column), qp_tape_grad_zeroed(tape, c->table)};
    walk(tape, c, value_place_back, grad);
}

/* The numbers of all blocks; -1: the shapes do not fit, and the tape has failed. */
static int count_of(qp_tape *tape, const distance_context *c, int rows, int columns)
{
    int64_t count = 0;
    bool fits = c->heads > 0 && c->qs.count == c->ks.count && c->table.rows % 2 == 1 && c->table.columns > 0 &&
                columns == c->heads * c->table.columns;
    for (int s = 0; fits && s < c->qs.count; s++) {
        int queries = qp_sequence_length(c->qs, s), keys = qp_sequence_length(c->ks, s);
        fits = c->qs.start[s] >= 0 && queries >= 0 && keys >= 0 && c->qs.start[s] <= rows - queries;
        count += fits ? (int64_t)c->heads * queries * keys : 0;
    }
    if (fits && count <= INT32_MAX) return (int)count;
    qp_tape_fail(tape, QP_ESHAPE,
                 "distances: rows [%d, %d], %d heads, table [%d, %d], %d and %d sequences, %lld numbers", rows, columns,
                 c->heads, c->table.rows, c->table.columns, c->qs.count, c->ks.count, (long long)count);
    return -1;
}

qp_tensor qp_distance_scores(qp_tape *tape, qp_tensor query, qp_tensor table, qp_sequences qs, qp_sequences ks,
                             int heads, qp_real scale)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    distance_context c = {.x = query, .table = table, .qs = qs, .ks = ks, .heads = heads, .scale = scale};
    int count = count_of(tape, &c, query.rows, query.columns);
    if (count < 0) return (qp_tensor){0};
    c.column = qp_tape_tensor(tape, count, 1);
    if (!c.column.value) return c.column;
    walk(tape, &c, score_place, NULL);
    qp_tape_record(tape, c.column, scores_back, &c, sizeof c);
    return qp_tape_failed(tape) ? (qp_tensor){0} : c.column;
}

qp_tensor qp_distance_values(qp_tape *tape, qp_tensor weights, qp_tensor table, qp_sequences qs, qp_sequences ks,
                             int heads, int query_rows)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    distance_context c = {.column = weights, .table = table, .qs = qs, .ks = ks, .heads = heads};
    int columns = heads * table.columns, count = count_of(tape, &c, query_rows, columns);
    if (count < 0) return (qp_tensor){0};
    if (weights.rows != count || weights.columns != 1 || weights.stride != 1)
        return qp_tape_fail(tape, QP_ESHAPE, "distances: weights [%d, %d]; the sequences have %d", weights.rows,
                            weights.columns, count);
    c.x = qp_tape_tensor(tape, query_rows, columns);
    if (!c.x.value) return c.x;
    memset(c.x.value, 0, (size_t)query_rows * (size_t)columns * sizeof *c.x.value);
    walk(tape, &c, value_place, NULL);
    qp_tape_record(tape, c.x, values_back, &c, sizeof c);
    return qp_tape_failed(tape) ? (qp_tensor){0} : c.x;
}
