#include "lib/grad/op_bag.h"

#include <math.h>
#include <string.h>

#include "lib/tensor/pointwise.h"

typedef struct {
    qp_tensor table, bias, y;
    qp_ids bag;
    const qp_real *share; /* s_r, one for each id */
} bag_context;

/* dtable[id_r] += s_r dy_i and dbias += dy_i, in the order of the rows. */
static void bag_back(qp_tape *tape, void *context)
{
    const bag_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real *dtable = qp_tape_grad_zeroed(tape, c->table), *dbias = qp_tape_grad_zeroed(tape, c->bias);
    size_t d = (size_t)c->y.columns;
    for (int i = 0; i < c->bag.sequences.count; i++) {
        const qp_real *row = dy + (ptrdiff_t)i * c->y.stride;
        int first = c->bag.sequences.start[i], length = qp_sequence_length(c->bag.sequences, i);
        if (dbias) qp_scale_add(d, 1, row, 1, dbias);
        for (int r = first; dtable && r < first + length; r++)
            qp_scale_add(d, c->share[r], row, 1, dtable + (ptrdiff_t)c->bag.id[r] * c->table.stride);
    }
}

/* s_r of every sequence: its weights, scaled to a vector of length 1. */
static void share_weights(qp_ids bag, const qp_real *weight, qp_real *share)
{
    for (int i = 0; i < bag.sequences.count; i++) {
        int first = bag.sequences.start[i], length = qp_sequence_length(bag.sequences, i);
        double squares = 0;
        for (int r = first; r < first + length; r++) squares += (double)weight[bag.id[r]] * (double)weight[bag.id[r]];
        qp_real scale = squares > 0 ? (qp_real)(1 / sqrt(squares)) : 0;
        for (int r = first; r < first + length; r++) share[r] = scale * weight[bag.id[r]];
    }
}

qp_tensor qp_bag(qp_tape *tape, qp_tensor table, qp_tensor bias, qp_ids bag, const qp_real *weight)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    int count = bag.sequences.count, rows = qp_sequence_rows(bag.sequences);
    if (bias.columns != table.columns || bias.rows != 1)
        return qp_tape_fail(tape, QP_ESHAPE, "bag: a bias of %d x %d for rows of %d", bias.rows, bias.columns,
                            table.columns);
    for (int r = 0; r < rows; r++)
        if (bag.id[r] < 0 || bag.id[r] >= table.rows)
            return qp_tape_fail(tape, QP_ESHAPE, "bag: id %d outside a table of %d rows", bag.id[r], table.rows);
    qp_real *share = qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *share);
    qp_tensor y = qp_tape_tensor(tape, count, table.columns);
    if (!share || !y.value) return (qp_tensor){0};
    share_weights(bag, weight, share);
    for (int i = 0; i < count; i++) {
        int first = bag.sequences.start[i], length = qp_sequence_length(bag.sequences, i);
        memcpy(qp_tensor_row(y, i), bias.value, (size_t)y.columns * sizeof *y.value);
        for (int r = first; r < first + length; r++)
            qp_scale_add((size_t)y.columns, share[r], qp_tensor_row(table, bag.id[r]), 1, qp_tensor_row(y, i));
    }
    qp_tape_record(tape, y, bag_back, &(bag_context){table, bias, y, bag, share}, sizeof(bag_context));
    return y;
}
