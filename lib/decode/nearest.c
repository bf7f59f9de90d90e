#include "lib/decode/nearest.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/heap.h"
#include "lib/base/memory.h"
#include "lib/decode/lines.h"
#include "lib/tensor/gemm_packed.h"

enum { QUERIES_AT_ONCE = 16 };

static void make_unit(const float *from, int width, qp_real *to)
{
    double squares = 0;
    for (int c = 0; c < width; c++) squares += (double)from[c] * (double)from[c];
    double factor = squares > 0 ? 1 / sqrt(squares) : 0;
    for (int c = 0; c < width; c++) to[c] = (qp_real)(factor * (double)from[c]);
}

qp_status qp_nearest_init(qp_nearest *table, const float *vector, int rows, int width)
{
    *table = (qp_nearest){.rows = rows, .width = width};
    size_t count = (size_t)rows * (size_t)width;
    qp_real *unit = qp_memory_large((count + 1) * sizeof *unit);
    table->packed = qp_memory_large((qp_packed_count(rows, width) + 1) * sizeof *table->packed);
    qp_status status = unit && table->packed ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for %d vectors", rows);
    for (int r = 0; status == QP_OK && r < rows; r++)
        make_unit(vector + (ptrdiff_t)r * width, width, unit + (ptrdiff_t)r * width);
    if (status == QP_OK) qp_packed_init(table->packed, qp_matrix_dense(unit, rows, width), false);
    free(unit);
    if (status != QP_OK) qp_nearest_free(table);
    return status;
}

void qp_nearest_free(qp_nearest *table)
{
    free(table->packed);
    *table = (qp_nearest){0};
}

/* ---- the best of a row ---- */

/* The worst of the best ones leaves the heap first. */
static bool is_worse(const void *nothing, const qp_neighbour *a, const qp_neighbour *b)
{
    (void)nothing;
    return a->cosine != b->cosine ? a->cosine < b->cosine : a->row > b->row;
}

QP_HEAP(worst, qp_neighbour, const void *, is_worse)

/* best [k + 1]; the last is scratch */
static void choose(const qp_real *cosine, int rows, int k, qp_neighbour *best)
{
    size_t count = 0;
    for (int r = 0; r < rows; r++) {
        qp_neighbour one = {r, cosine[r]};
        if (count == (size_t)k && !is_worse(NULL, &best[0], &one)) continue;
        worst_push(best, &count, one, NULL);
        if (count > (size_t)k) worst_pop(best, &count, NULL);
    }
    while (count > 0) {
        qp_neighbour one = worst_pop(best, &count, NULL);
        best[count] = one;
    }
}

typedef struct {
    const qp_nearest *table;
    const float *query;
    int count, k;
    qp_neighbour *neighbour;
} job;

static qp_status find_block(void *self, qp_tape *tape, int number)
{
    const job *j = self;
    int rows = j->table->rows, width = j->table->width, first = number * QUERIES_AT_ONCE;
    int count = j->count - first < QUERIES_AT_ONCE ? j->count - first : QUERIES_AT_ONCE;
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor unit = qp_tape_constant(tape, count, width), cosine = qp_tape_constant(tape, count, rows);
    qp_neighbour *best = qp_tape_memory(tape, ((size_t)j->k + 1) * sizeof *best);
    if (qp_tape_failed(tape)) return qp_fail(QP_EMEMORY, "out of memory for the similarities to %d vectors", rows);
    for (int i = 0; i < count; i++)
        make_unit(j->query + (ptrdiff_t)(first + i) * width, width, qp_tensor_row(unit, i));
    qp_packed packed = {.n = rows, .k = width, .panel = j->table->packed};
    qp_gemm_packed(qp_tensor_matrix(unit), &packed, NULL, 0, qp_tensor_matrix(cosine));
    for (int i = 0; i < count; i++) {
        choose(qp_tensor_row(cosine, i), rows, j->k, best);
        for (int n = 0; n < j->k; n++) j->neighbour[(ptrdiff_t)(first + i) * j->k + n] = best[n];
    }
    return QP_OK;
}

qp_status qp_nearest_find(const qp_nearest *table, const float *query, int count, int k, int threads,
                          qp_neighbour *neighbour)
{
    job j = {table, query, count, k, neighbour};
    return qp_lines_run((count + QUERIES_AT_ONCE - 1) / QUERIES_AT_ONCE, threads, find_block, &j);
}
