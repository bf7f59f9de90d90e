#include "lib/grad/op_embedding.h"

#include <math.h>

#include "lib/grad/views.h"
#include "lib/tensor/gemm_stored.h"
#include "lib/tensor/rows.h"

typedef struct {
    qp_tensor weight, table, y;
    const int32_t *id, *position;
    qp_real scale;
} embedding_context;

/* dweight[id[r]] += scale*dy[r]     dtable[position[r]] += dy[r] */
static void embedding_back(qp_tape *tape, void *context)
{
    const embedding_context *c = context;
    const qp_matrix dy = qp_tensor_grad(c->y, qp_tape_upstream(c->y));
    qp_real *dweight = qp_tape_grad_zeroed(tape, c->weight);
    if (dweight) qp_scatter_add_rows(c->id, c->scale, dy, qp_tensor_grad(c->weight, dweight));
    qp_real *dtable = c->position ? qp_tape_grad_zeroed(tape, c->table) : NULL;
    if (dtable) qp_scatter_add_rows(c->position, 1, dy, qp_tensor_grad(c->table, dtable));
}

/* A weight in fewer bits. */
static const qp_packed *stored_of(const qp_tape *tape, qp_tensor weight)
{
    const qp_packed *packed = weight.packed;
    return qp_tape_training(tape) || !packed || packed->type == QP_WEIGHT_PANELS ? NULL : packed;
}

/* y[r] = weight[id[r]] of a weight in fewer bits */
static void gather_stored(const qp_packed *weight, const int32_t *id, qp_matrix y)
{
    for (int r = 0; r < y.rows; r++) {
        const size_t first = (size_t)id[r] * (size_t)weight->k * qp_weight_bytes(weight->type);
        qp_packed row = *weight;
        row.n = 1;
        row.row = (const char *)weight->row + first;
        if (weight->scale) row.scale = weight->scale + id[r];
        qp_weight_reals(&row, qp_matrix_rows(y, r, 1));
    }
}

/* The rows of a weight in fewer bits as a table of its own, and the place of each in it. */
static qp_tensor stored_rows(qp_tape *tape, const qp_packed *weight, int rows, const int32_t **id)
{
    qp_tensor table = qp_tape_constant(tape, rows, weight->k);
    int32_t *place = qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *place);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    gather_stored(weight, *id, qp_tensor_matrix(table));
    for (int r = 0; r < rows; r++) place[r] = r;
    *id = place;
    return table;
}

qp_tensor qp_embedding(qp_tape *tape, qp_tensor weight, int rows, const int32_t *id, qp_real scale,
                       const int32_t *position, qp_tensor position_table)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    bool placed = position != NULL;
    if (placed == qp_view_empty(position_table))
        return qp_tape_fail(tape, QP_ESHAPE, "embedding: positions and their table go together");
    if (weight.stride != weight.columns ||
        (placed && (position_table.columns != weight.columns || position_table.stride != weight.columns)))
        return qp_tape_fail(tape, QP_ESHAPE, "embedding: weight of %d columns (stride %d), positions of %d (stride %d)",
                            weight.columns, weight.stride, position_table.columns, position_table.stride);
    for (int r = 0; r < rows; r++) {
        if (id[r] < 0 || id[r] >= weight.rows)
            return qp_tape_fail(tape, QP_ESHAPE, "embedding: id %d outside a vocabulary of %d", id[r], weight.rows);
        if (placed && (position[r] < 0 || position[r] >= position_table.rows))
            return qp_tape_fail(tape, QP_ESHAPE,
                                "embedding: position %d outside a table of %d; shorten the text or raise --max-length",
                                position[r], position_table.rows);
    }
    qp_tensor y = qp_tape_tensor(tape, rows, weight.columns);
    if (!y.value) return y;
    if (stored_of(tape, weight)) weight = stored_rows(tape, stored_of(tape, weight), rows, &id);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    qp_gather_rows(id, qp_tensor_matrix(weight), scale, position, qp_tensor_matrix(position_table),
                   qp_tensor_matrix(y));
    qp_tape_record(tape, y, embedding_back, &(embedding_context){weight, position_table, y, id, position, scale},
                   sizeof(embedding_context));
    return y;
}

void qp_positions_waves(int first, int count, int d, const qp_waves *waves, qp_real *table)
{
    int half = d / 2;
    const double *frequency = waves->frequency, magnitude = waves->magnitude;
    for (int r = 0; r < count; r++) {
        int p = first + r;
        qp_real *row = table + (ptrdiff_t)r * d;
        for (int i = 0; i < half; i++) {
            double angle = p * frequency[i];
            row[waves->halves ? i : 2 * i] = (qp_real)(magnitude * sin(angle));
            row[waves->halves ? i + half : 2 * i + 1] = (qp_real)(magnitude * cos(angle));
        }
        if (d % 2) row[d - 1] = (qp_real)(waves->halves ? 0.0 : magnitude * sin(p * frequency[half]));
    }
}
