#include "lib/grad/recurrent/op_recurrent.h"

#include <string.h>

#include "lib/grad/recurrent/recurrence_products.h"
#include "lib/grad/step_weights.h"
#include "lib/tensor/gemm_packed.h"

#define ROW(NAME, symbol, text) [QP_CELL_##NAME] = &qp_cell_##symbol,
static const qp_cell *const cells[QP_CELL_COUNT] = {QP_CELLS(ROW)[QP_CELL_RNN_RELU] = &qp_cell_rnn_relu};
#undef ROW

const qp_cell_shape *qp_cell_shape_of(qp_cell_kind cell) { return &cells[cell]->shape; }

/* Place of the last step of the sequence at `rank`. */
static int last_place(const qp_recurrence *order, int rank) { return order->first[order->length[rank] - 1] + rank; }

/* ---- forward ---- */

static bool is(qp_tensor x, int rows, int columns)
{
    return rows > 0 ? x.value && x.rows == rows && x.columns == columns : !x.value;
}

static bool is_or_none(qp_tensor x, int rows, int columns) { return !x.value || is(x, rows, columns); }

/* Whether the weights have the cell's shape. */
static bool weights_fit(const qp_recurrent_weights *w, int in, int out)
{
    const qp_cell_shape *shape = qp_cell_shape_of(w->cell);
    int hidden = w->hidden, gates = shape->gates * hidden, window = shape->window > 1 ? shape->window : 1;
    if (!is(w->input, gates, window * in) || !is(w->recurrent, shape->recurrent * hidden, out) ||
        !is(w->gated, shape->gated * hidden, out) || !is_or_none(w->bias, 1, gates) ||
        !is_or_none(w->recurrent_bias, shape->two_biases, gates))
        return false;
    for (int e = 0; e < QP_CELL_EXTRAS && shape->extra[e].name; e++)
        if (!is(w->extra[e], shape->extra[e].rows, shape->extra[e].blocks * hidden) ||
            w->extra[e].stride != w->extra[e].columns)
            return false;
    return true;
}

static qp_tensor check(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_recurrent_weights *w)
{
    int out = w->projection.value ? w->projection.rows : w->hidden;
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!weights_fit(w, x.columns, out))
        return qp_tape_fail(tape, QP_ESHAPE, "recurrent: x [%d, %d], W [%d, %d], U [%d, %d], hidden %d do not fit",
                            x.rows, x.columns, w->input.rows, w->input.columns, w->recurrent.rows, w->recurrent.columns,
                            w->hidden);
    if (w->projection.value && (w->cell != QP_CELL_LSTM || w->projection.columns != w->hidden))
        return qp_tape_fail(tape, QP_ESHAPE, "recurrent: only an LSTM has a projection, of %d columns", w->hidden);
    int rows = 0;
    for (int i = 0; i < s.count; i++) {
        int length = qp_sequence_length(s, i);
        if (length < 1) return qp_tape_fail(tape, QP_ESHAPE, "recurrent: sequence %d is empty", i);
        rows += length;
    }
    if (rows != x.rows) return qp_tape_fail(tape, QP_ESHAPE, "recurrent: %d rows in sequences of %d", x.rows, rows);
    return x;
}

static bool take_buffers(qp_tape *tape, qp_recurrent_run *run)
{
    const qp_cell *cell = run->kind;
    const qp_recurrent_masks *masks = &run->w.masks;
    int rows = run->order.rows, sequences = run->order.sequences;
    run->input = qp_recurrence_reals(tape, rows, run->w.input.columns);
    run->gates = qp_recurrence_reals(tape, rows, run->gates_width);
    if (cell->product_apart) run->product = qp_recurrence_reals(tape, rows, run->gates_width);
    run->before = qp_recurrence_reals(tape, rows, run->out);
    run->read = masks->recurrent ? qp_recurrence_reals(tape, rows, run->out) : run->before;
    if (cell->gate) run->gated = qp_recurrence_reals(tape, rows, run->out);
    if (cell->shape.has_cell) {
        run->cell = qp_recurrence_reals(tape, rows, run->hidden);
        run->cell_kept = masks->keep_cell ? qp_recurrence_reals(tape, rows, run->hidden) : run->cell;
        run->cell_first = qp_recurrence_reals(tape, sequences, run->hidden);
    }
    run->after = qp_recurrence_reals(tape, rows, run->out);
    bool apart = run->w.projection.value || masks->keep_hidden;
    run->unprojected = apart ? qp_recurrence_reals(tape, rows, run->hidden) : run->after;
    run->y = qp_tape_tensor(tape, rows, run->out);
    return !qp_tape_failed(tape);
}

static void step_forward(qp_recurrent_run *run, int t, const qp_recurrence_packed *p)
{
    const qp_recurrence *order = &run->order;
    const qp_cell *cell = run->kind;
    const int place = order->first[t], count = order->first[t + 1] - place, width = run->gates_width, out = run->out;
    const size_t at = (size_t)place * (size_t)out, gates_at = (size_t)place * (size_t)width;
    const qp_recurrent_step step = {.t = t, .place = place, .count = count};
    if (t > 0)
        memcpy(run->before + at, run->after + (size_t)order->first[t - 1] * (size_t)out,
               (size_t)count * (size_t)out * sizeof *run->before);
    qp_recurrence_read(run, place, count);
    qp_real *gates = (run->product ? run->product : run->gates) + gates_at;
    if (p->recurrent.n)
        qp_gemm_packed(qp_matrix_dense(run->read + at, count, out), &p->recurrent,
                       run->product ? run->w.recurrent_bias.value : NULL, run->product ? 0 : 1,
                       qp_matrix_of(gates, count, run->product_width, width));
    if (cell->gate) {
        qp_recurrence_each_row(run, &step, cell->gate);
        qp_gemm_packed(qp_matrix_dense(run->gated + at, count, out), &p->gated, NULL, 1,
                       qp_matrix_of(gates + run->product_width, count, width - run->product_width, width));
    }
    if (cell->step_forward)
        cell->step_forward(run, &step);
    else
        qp_recurrence_each_row(run, &step, cell->forward);
    if (p->projection.n)
        qp_gemm_packed(qp_matrix_dense(run->unprojected + (size_t)place * (size_t)run->hidden, count, run->hidden),
                       &p->projection, NULL, 0, qp_matrix_dense(run->after + at, count, out));
    qp_recurrence_keep(run, t, place, count);
}

static bool make_last(qp_tape *tape, qp_recurrent_run *run)
{
    const qp_recurrence *order = &run->order;
    run->last.hidden = qp_tape_tensor(tape, order->sequences, run->out);
    if (run->cell) run->last.cell = qp_tape_tensor(tape, order->sequences, run->hidden);
    if (qp_tape_failed(tape)) return false;
    for (int i = 0; i < order->sequences; i++) {
        size_t place = (size_t)last_place(order, i);
        memcpy(qp_tensor_row(run->last.hidden, order->rank[i]), run->after + place * (size_t)run->out,
               (size_t)run->out * sizeof(qp_real));
        if (run->cell)
            memcpy(qp_tensor_row(run->last.cell, order->rank[i]), run->cell_kept + place * (size_t)run->hidden,
                   (size_t)run->hidden * sizeof(qp_real));
    }
    return true;
}

static bool state_fits(qp_tape *tape, qp_tensor state, int sequences, int columns)
{
    if (!state.value || (state.rows == sequences && state.columns == columns)) return true;
    qp_tape_fail(tape, QP_ESHAPE, "recurrent: a first state [%d, %d] for %d sequences of %d", state.rows, state.columns,
                 sequences, columns);
    return false;
}

static qp_backward backward;

static bool is_step(qp_tape *tape, const qp_recurrent_run *run)
{
    const qp_tensor weight[] = {run->w.input, run->w.recurrent, run->w.gated, run->w.projection};
    for (int i = 0; i < 4; i++)
        if (weight[i].value && !qp_step_weight(tape, weight[i])) return false;
    return run->order.steps == 1;
}

qp_tensor qp_recurrent(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_recurrent_weights *w, bool reverse,
                       const qp_carry *first, qp_carry *last)
{
    if (!check(tape, x, s, w).value) return (qp_tensor){0};
    qp_recurrent_run run = {.kind = cells[w->cell],
                            .w = *w,
                            .x = x,
                            .hidden = w->hidden,
                            .gates_width = cells[w->cell]->shape.gates * w->hidden,
                            .product_width = cells[w->cell]->shape.recurrent * w->hidden,
                            .out = w->projection.value ? w->projection.rows : w->hidden};
    if (first) run.first = *first;
    if (!state_fits(tape, run.first.hidden, s.count, run.out) || !state_fits(tape, run.first.cell, s.count, run.hidden))
        return (qp_tensor){0};
    if (!qp_recurrence_plan(tape, s, x.rows, reverse, &run.order) || !take_buffers(tape, &run)) return (qp_tensor){0};
    run.stepping = is_step(tape, &run);
    qp_recurrence_input(tape, &run);
    qp_recurrence_state(&run.order, run.first.hidden, run.out, run.before);
    if (run.cell) qp_recurrence_state(&run.order, run.first.cell, run.hidden, run.cell_first);
    size_t mark = qp_tape_mark(tape);
    qp_recurrence_packed products = qp_recurrence_pack(tape, &run, false);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int t = 0; t < run.order.steps; t++) step_forward(&run, t, &products);
    if (!run.stepping) qp_tape_rewind(tape, mark); /* weights packed for the pass stay */
    qp_recurrence_scatter(qp_matrix_dense(run.after, x.rows, run.out), run.order.row, 0, qp_tensor_matrix(run.y));
    if (last && !make_last(tape, &run)) return (qp_tensor){0};
    if (last) *last = run.last;
    const qp_tensor made[] = {run.y, run.last.hidden, run.last.cell};
    qp_tape_record_several(tape, made, (int)(sizeof made / sizeof *made), backward, &run, sizeof run);
    return run.y;
}

/* ---- backward ---- */

/* Where the cell adds the gradients of its extras: the tape's, or scratch where the tape wants none. */
static void take_extras(qp_tape *tape, qp_recurrent_run *run)
{
    for (int e = 0; e < QP_CELL_EXTRAS; e++) {
        qp_tensor extra = run->w.extra[e];
        size_t bytes = (size_t)extra.rows * (size_t)extra.stride * sizeof(qp_real);
        run->d_extra[e] = NULL;
        if (!extra.value || (run->d_extra[e] = qp_tape_grad_zeroed(tape, extra))) continue;
        run->d_extra[e] = qp_tape_memory(tape, bytes);
        if (run->d_extra[e]) memset(run->d_extra[e], 0, bytes);
    }
}

static bool take_gradients(qp_tape *tape, qp_recurrent_run *run)
{
    const qp_recurrence *order = &run->order;
    int sequences = order->sequences;
    run->d_after = qp_recurrence_reals(tape, order->rows, run->out);
    run->d_first = qp_recurrence_reals(tape, sequences, run->out);
    if (run->cell) run->d_cell = qp_recurrence_reals(tape, sequences, run->hidden);
    if (run->w.projection.value) run->d_unprojected = qp_recurrence_reals(tape, sequences, run->hidden);
    if (run->w.masks.recurrent) run->d_read = qp_recurrence_reals(tape, sequences, run->out);
    if (run->w.masks.keep_cell && run->cell) run->d_kept = qp_recurrence_reals(tape, sequences, run->hidden);
    if (run->gated) run->d_gated = qp_recurrence_reals(tape, sequences, run->out);
    if (run->gated) run->d_partial = qp_recurrence_reals(tape, sequences, run->hidden);
    take_extras(tape, run);
    return !qp_tape_failed(tape);
}

static bool has_grad(qp_tensor x) { return x.node && x.node->filled; }

/* The gradients of the outputs and of the last state, in working order. */
static void collect(qp_recurrent_run *run)
{
    const qp_recurrence *order = &run->order;
    if (has_grad(run->y))
        qp_recurrence_collect(qp_tensor_grad(run->y, qp_tape_upstream(run->y)), order->row,
                              qp_matrix_dense(run->d_after, order->rows, run->out));
    else
        memset(run->d_after, 0, (size_t)order->rows * (size_t)run->out * sizeof(qp_real));
    if (has_grad(run->last.hidden))
        for (int i = 0; i < order->sequences; i++) {
            const qp_real *from = qp_tape_upstream(run->last.hidden) + (size_t)order->rank[i] * (size_t)run->out;
            qp_real *to = run->d_after + (size_t)last_place(order, i) * (size_t)run->out;
            for (int c = 0; c < run->out; c++) to[c] += from[c];
        }
    if (run->d_cell) {
        qp_tensor given = {0};
        if (has_grad(run->last.cell)) given = qp_tensor_of(order->sequences, run->hidden, run->last.cell.node->grad);
        qp_recurrence_state(order, given, run->hidden, run->d_cell);
    }
    memset(run->d_first, 0, (size_t)order->sequences * (size_t)run->out * sizeof(qp_real));
}

/* Through the products of the step, with da the gates' gradients:
 *   d gated = da_V V     d read = (gate_backward) + da_U U     dh_{t-1} += m*d read */
static void products_backward(qp_recurrent_run *run, qp_recurrent_step step, const qp_recurrence_packed *p)
{
    const int width = run->gates_width, out = run->out, count = step.count, recurrent = run->product_width;
    const qp_real *da = (run->product ? run->product : run->gates) + (size_t)step.place * (size_t)width;
    step.d_read = run->d_read ? run->d_read : step.dh_before;
    if (run->d_read) memset(run->d_read, 0, (size_t)count * (size_t)out * sizeof *run->d_read);
    if (p->gated.n) {
        qp_gemm_packed(qp_matrix_of(da + recurrent, count, width - recurrent, width), &p->gated, NULL, 0,
                       qp_matrix_dense(run->d_gated, count, out));
        qp_recurrence_each_row(run, &step, run->kind->gate_backward);
    }
    if (p->recurrent.n)
        qp_gemm_packed(qp_matrix_of(da, count, recurrent, width), &p->recurrent, NULL, 1,
                       qp_matrix_dense(step.d_read, count, out));
    qp_recurrence_read_back(run, count, step.dh_before);
}

/* Step t backward: keep masks, projection (dh := dh P), the cell, the products. */
static void step_backward(qp_recurrent_run *run, int t, const qp_recurrence_packed *p)
{
    const qp_recurrence *order = &run->order;
    const qp_cell *cell = run->kind;
    const int place = order->first[t], count = order->first[t + 1] - place, out = run->out;
    qp_real *dh = run->d_after + (size_t)place * (size_t)out;
    qp_recurrent_step step = {.t = t, .place = place, .count = count, .dh = dh};
    step.dh_before = t > 0 ? run->d_after + (size_t)order->first[t - 1] * (size_t)out : run->d_first;
    qp_recurrence_keep_back(run, place, count, dh, step.dh_before);
    if (p->projection.n) {
        qp_gemm_packed(qp_matrix_dense(dh, count, out), &p->projection, NULL, 0,
                       qp_matrix_dense(run->d_unprojected, count, run->hidden));
        step.dh = run->d_unprojected;
    }
    if (cell->step_backward)
        cell->step_backward(run, &step);
    else
        qp_recurrence_each_row(run, &step, cell->backward);
    qp_recurrence_keep_cell_back(run, count);
    products_backward(run, step, p);
}

static void state_gradient(qp_tape *tape, const qp_recurrence *order, qp_tensor state, int columns,
                           const qp_real *by_rank)
{
    qp_real beta, *grad = state.value ? qp_tape_grad(tape, state, &beta) : NULL;
    if (grad)
        qp_recurrence_scatter(qp_matrix_dense(by_rank, order->sequences, columns), order->rank, beta,
                              qp_tensor_grad(state, grad));
}

static void backward(qp_tape *tape, void *context)
{
    qp_recurrent_run *run = context;
    const qp_recurrent_weights *w = &run->w;
    int rows = run->order.rows;
    if (!take_gradients(tape, run)) return;
    qp_recurrence_packed products = qp_recurrence_pack(tape, run, true);
    if (qp_tape_failed(tape)) return;
    collect(run);
    for (int t = run->order.steps - 1; t >= 0; t--) step_backward(run, t, &products);
    const qp_real *through = run->product ? run->product : run->gates;
    int width = run->gates_width;
    qp_recurrence_bias_back(tape, rows, w->bias, run->gates);
    qp_recurrence_bias_back(tape, rows, w->recurrent_bias, through);
    if (run->kind->inputs_backward) run->kind->inputs_backward(run);
    qp_recurrence_weight_back(tape, run, w->input, run->gates, width, run->input);
    qp_recurrence_weight_back(tape, run, w->recurrent, through, width, run->read);
    qp_recurrence_weight_back(tape, run, w->gated, through + run->product_width, width, run->gated);
    qp_recurrence_weight_back(tape, run, w->projection, run->d_after, run->out, run->unprojected);
    qp_recurrence_input_back(tape, run);
    state_gradient(tape, &run->order, run->first.hidden, run->out, run->d_first);
    if (run->d_cell) state_gradient(tape, &run->order, run->first.cell, run->hidden, run->d_cell);
}
