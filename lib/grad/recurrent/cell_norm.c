#include "lib/grad/recurrent/cell_norm.h"

#include <string.h>

#include "lib/tensor/rows.h"

bool qp_cell_norm_take(qp_tape *tape, const qp_recurrent_run *run, qp_cell_norm *norm)
{
    size_t rows = (size_t)run->order.rows, parts = rows * (size_t)norm->groups;
    norm->raw = qp_tape_memory(tape, rows * (size_t)norm->columns * sizeof *norm->raw);
    norm->mean = qp_tape_memory(tape, parts * sizeof *norm->mean);
    norm->inverse = qp_tape_memory(tape, parts * sizeof *norm->inverse);
    return !qp_tape_failed(tape);
}

void qp_cell_norm_forward(const qp_recurrent_run *run, const qp_cell_norm *norm, int place, int count, qp_real *y)
{
    int columns = norm->columns, groups = norm->groups, part = columns / groups;
    qp_real *raw = norm->raw + (size_t)place * (size_t)columns;
    memcpy(raw, y, (size_t)count * (size_t)columns * sizeof *raw);
    for (int r = 0; r < count; r++)
        for (int g = 0; g < groups; g++) {
            size_t at = (size_t)r * (size_t)columns + (size_t)(g * part);
            size_t mark = (size_t)(place + r) * (size_t)groups + (size_t)g;
            const qp_real *weight = run->w.extra[norm->weight].value + g * part;
            const qp_real *bias = run->w.extra[norm->weight + 1].value + g * part;
            qp_norm_rows(1, part, raw + at, columns, weight, bias, run->w.epsilon, y + at, columns, norm->mean + mark,
                         norm->inverse + mark);
        }
}

void qp_cell_norm_back(const qp_recurrent_run *run, const qp_cell_norm *norm, int place, int count, qp_real *dy)
{
    int columns = norm->columns, groups = norm->groups, part = columns / groups;
    const qp_real *raw = norm->raw + (size_t)place * (size_t)columns;
    for (int r = 0; r < count; r++)
        for (int g = 0; g < groups; g++) {
            size_t at = (size_t)r * (size_t)columns + (size_t)(g * part);
            size_t mark = (size_t)(place + r) * (size_t)groups + (size_t)g;
            const qp_real *weight = run->w.extra[norm->weight].value + g * part;
            qp_norm_rows_back(1, part, raw + at, columns, weight, norm->mean + mark, norm->inverse + mark, dy + at,
                              columns, 0, dy + at, columns, run->d_extra[norm->weight] + g * part,
                              run->d_extra[norm->weight + 1] + g * part);
        }
}

/* ---- the norms of both products ---- */

bool qp_cell_norms_take(qp_tape *tape, qp_recurrent_run *run, int groups, qp_cell_norms *norms)
{
    norms->input = (qp_cell_norm){.columns = run->gates_width, .groups = groups, .weight = 0};
    norms->recurrent = (qp_cell_norm){.columns = run->gates_width, .groups = groups, .weight = 2};
    return qp_cell_norm_take(tape, run, &norms->input) && qp_cell_norm_take(tape, run, &norms->recurrent);
}

void qp_cell_norms_inputs(qp_tape *tape, qp_recurrent_run *run, int groups)
{
    qp_cell_norms *norms = run->own ? run->own : (run->own = qp_tape_memory(tape, sizeof *norms));
    if (norms && qp_cell_norms_take(tape, run, groups, norms))
        qp_cell_norm_forward(run, &norms->input, 0, run->order.rows, run->gates);
}

void qp_cell_norms_inputs_backward(qp_recurrent_run *run)
{
    const qp_cell_norms *norms = run->own;
    qp_cell_norm_back(run, &norms->input, 0, run->order.rows, run->gates);
}

static qp_real *product_at(const qp_recurrent_run *run, int place)
{
    return run->product + (size_t)place * (size_t)run->gates_width;
}

void qp_cell_norms_product(const qp_recurrent_run *run, int place, int count)
{
    const qp_cell_norms *norms = run->own;
    qp_cell_norm_forward(run, &norms->recurrent, place, count, product_at(run, place));
}

void qp_cell_norms_product_back(const qp_recurrent_run *run, int place, int count)
{
    const qp_cell_norms *norms = run->own;
    qp_cell_norm_back(run, &norms->recurrent, place, count, product_at(run, place));
}
