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

/* Part `part` of row `row`, both counted within the call's matrices. */
static qp_row_norm norm_of(const qp_recurrent_run *run, const qp_cell_norm *norm, size_t row, int part)
{
    const size_t mark = row * (size_t)norm->groups + (size_t)part;
    const ptrdiff_t column = (ptrdiff_t)part * (norm->columns / norm->groups);
    qp_row_norm made = {.weight = run->w.extra[norm->weight].value + column,
                        .bias = run->w.extra[norm->weight + 1].value + column,
                        .mean = norm->mean + mark,
                        .inverse = norm->inverse + mark};
    if (run->d_extra[norm->weight]) {
        made.dweight = run->d_extra[norm->weight] + column;
        made.dbias = run->d_extra[norm->weight + 1] + column;
    }
    return made;
}

void qp_cell_norm_forward(const qp_recurrent_run *run, const qp_cell_norm *norm, int place, int count, qp_real *y)
{
    const size_t columns = (size_t)norm->columns;
    const int width = norm->columns / norm->groups;
    qp_real *raw = norm->raw + (size_t)place * columns;
    memcpy(raw, y, (size_t)count * columns * sizeof *raw);
    for (int r = 0; r < count; r++)
        for (int g = 0; g < norm->groups; g++) {
            const size_t at = (size_t)r * columns + (size_t)g * (size_t)width;
            const qp_row_norm part = norm_of(run, norm, (size_t)(place + r), g);
            qp_norm_rows(qp_matrix_dense(raw + at, 1, width), &part, run->w.epsilon, qp_matrix_dense(y + at, 1, width));
        }
}

void qp_cell_norm_back(const qp_recurrent_run *run, const qp_cell_norm *norm, int place, int count, qp_real *dy)
{
    const size_t columns = (size_t)norm->columns;
    const int width = norm->columns / norm->groups;
    const qp_real *raw = norm->raw + (size_t)place * columns;
    for (int r = 0; r < count; r++)
        for (int g = 0; g < norm->groups; g++) {
            const size_t at = (size_t)r * columns + (size_t)g * (size_t)width;
            const qp_row_norm part = norm_of(run, norm, (size_t)(place + r), g);
            const qp_matrix d = qp_matrix_dense(dy + at, 1, width);
            qp_norm_rows_back(qp_matrix_dense(raw + at, 1, width), &part, d, 0, d);
        }
}

/* ---- the norms of both products ---- */

static bool take_norms(qp_tape *tape, qp_recurrent_run *run, int groups, qp_cell_norms *norms)
{
    norms->input = (qp_cell_norm){.columns = run->gates_width, .groups = groups, .weight = 0};
    norms->recurrent = (qp_cell_norm){.columns = run->gates_width, .groups = groups, .weight = 2};
    return qp_cell_norm_take(tape, run, &norms->input) && qp_cell_norm_take(tape, run, &norms->recurrent);
}

void qp_cell_norms_inputs(qp_tape *tape, qp_recurrent_run *run, int groups)
{
    qp_cell_norms *norms = run->own ? run->own : (run->own = qp_tape_memory(tape, sizeof *norms));
    if (norms && take_norms(tape, run, groups, norms))
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
