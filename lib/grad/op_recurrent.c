#include "lib/grad/op_recurrent.h"

#include <string.h>

#include "lib/grad/recurrence.h"
#include "lib/grad/step_weights.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/rows.h"

static const qp_cell *const cells[QP_CELL_COUNT] = {
    [QP_CELL_RNN_TANH] = &qp_cell_rnn_tanh,
    [QP_CELL_RNN_RELU] = &qp_cell_rnn_relu,
    [QP_CELL_LSTM] = &qp_cell_lstm,
    [QP_CELL_GRU] = &qp_cell_gru,
};

int qp_cell_gates(qp_cell_kind cell) { return cells[cell]->gates; }

/* ---- rows between the caller's order and the working order ---- */

static void copy_rows(int count, int columns, const int32_t *to_row, qp_real *to, int to_stride,
                      const int32_t *from_row, const qp_real *from, int from_stride, qp_real beta)
{
    for (int i = 0; i < count; i++) {
        qp_real *target = to + (ptrdiff_t)(to_row ? to_row[i] : i) * to_stride;
        const qp_real *source = from + (ptrdiff_t)(from_row ? from_row[i] : i) * from_stride;
        if (beta == 0)
            memcpy(target, source, (size_t)columns * sizeof *target);
        else
            for (int c = 0; c < columns; c++) target[c] += source[c];
    }
}

/* State by rank from a caller's tensor by sequence; zeros if there is none. */
static void state_in(const qp_recurrence *order, qp_tensor given, int columns, qp_real *by_rank)
{
    if (given.value)
        copy_rows(order->sequences, columns, NULL, by_rank, columns, order->rank, given.value, given.stride, 0);
    else
        memset(by_rank, 0, (size_t)order->sequences * (size_t)columns * sizeof *by_rank);
}

/* Place of the last step of the sequence at `rank`. */
static int last_place(const qp_recurrence *order, int rank) { return order->first[order->length[rank] - 1] + rank; }

/* ---- forward ---- */

static qp_tensor check(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_recurrent_weights *w)
{
    int gates = qp_cell_gates(w->cell) * w->hidden, out = w->projection.value ? w->projection.rows : w->hidden;
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (w->input.rows != gates || w->input.columns != x.columns || w->recurrent.rows != gates ||
        w->recurrent.columns != out || (w->bias.value && w->bias.columns != gates) ||
        (w->recurrent_bias.value && w->recurrent_bias.columns != gates))
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

static qp_real *reals(qp_tape *tape, int rows, int columns)
{
    return qp_tape_memory(tape, (size_t)rows * (size_t)columns * sizeof(qp_real));
}

static bool take_buffers(qp_tape *tape, qp_recurrent_run *run)
{
    const qp_cell *cell = cells[run->w.cell];
    int rows = run->order.rows, sequences = run->order.sequences;
    run->input = reals(tape, rows, run->x.columns);
    run->gates = reals(tape, rows, run->gates_width);
    if (cell->product_apart) run->product = reals(tape, rows, run->gates_width);
    run->before = reals(tape, rows, run->out);
    if (cell->has_cell) run->cell = reals(tape, rows, run->hidden);
    if (cell->has_cell) run->cell_first = reals(tape, sequences, run->hidden);
    run->after = reals(tape, rows, run->out);
    run->unprojected = run->w.projection.value ? reals(tape, rows, run->hidden) : run->after;
    run->y = qp_tape_tensor(tape, rows, run->out);
    return !qp_tape_failed(tape);
}

/* The weight laid out for the step's product: its own packed copy, that of the pass, or one for this call. */
static qp_packed pack(qp_tape *tape, const qp_recurrent_run *run, qp_tensor weight, bool transposed)
{
    if (weight.packed && !transposed) return *(const qp_packed *)weight.packed;
    if (run->stepping) {
        const qp_packed *packed = qp_step_packed(tape, weight, transposed);
        return packed ? *packed : (qp_packed){0};
    }
    int n = transposed ? weight.columns : weight.rows, k = transposed ? weight.rows : weight.columns;
    qp_real *memory = qp_tape_memory(tape, qp_packed_count(n, k) * sizeof *memory);
    return memory ? qp_packed_init(memory, n, k, weight.value, weight.stride, transposed) : (qp_packed){0};
}

/* a = x W' + b for all steps in one product */
static void input_product(qp_tape *tape, qp_recurrent_run *run)
{
    int rows = run->order.rows, width = run->gates_width;
    qp_tensor w = run->w.input;
    copy_rows(rows, run->x.columns, NULL, run->input, run->x.columns, run->order.row, run->x.value, run->x.stride, 0);
    const qp_packed *packed = run->stepping ? qp_step_packed(tape, w, false) : w.packed;
    if (qp_tape_failed(tape)) return;
    if (packed)
        qp_gemm_packed(rows, run->input, run->x.columns, packed, NULL, 0, run->gates, width);
    else
        qp_gemm(false, true, rows, width, w.columns, 1, run->input, run->x.columns, w.value, w.stride, 0, run->gates,
                width);
    if (run->w.bias.value) qp_bias_rows(rows, width, run->w.bias.value, run->gates, width);
    if (run->w.recurrent_bias.value && !run->product)
        qp_bias_rows(rows, width, run->w.recurrent_bias.value, run->gates, width);
}

static void step_forward(qp_recurrent_run *run, int t, const qp_packed *recurrent, const qp_packed *projection)
{
    const qp_recurrence *order = &run->order;
    int place = order->first[t], count = order->first[t + 1] - place, width = run->gates_width, out = run->out;
    qp_real *before = run->before + (size_t)place * (size_t)out;
    if (t > 0)
        memcpy(before, run->after + (size_t)order->first[t - 1] * (size_t)out,
               (size_t)count * (size_t)out * sizeof *before);
    qp_real *gates = (run->product ? run->product : run->gates) + (size_t)place * (size_t)width;
    qp_gemm_packed(count, before, out, recurrent, run->product ? run->w.recurrent_bias.value : NULL,
                   run->product ? 0 : 1, gates, width);
    cells[run->w.cell]->forward(run, t, place, count);
    if (projection)
        qp_gemm_packed(count, run->unprojected + (size_t)place * (size_t)run->hidden, run->hidden, projection, NULL, 0,
                       run->after + (size_t)place * (size_t)out, out);
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
            memcpy(qp_tensor_row(run->last.cell, order->rank[i]), run->cell + place * (size_t)run->hidden,
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

qp_tensor qp_recurrent(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_recurrent_weights *w, bool reverse,
                       const qp_carry *first, qp_carry *last)
{
    if (!check(tape, x, s, w).value) return (qp_tensor){0};
    qp_recurrent_run run = {.w = *w,
                            .x = x,
                            .hidden = w->hidden,
                            .gates_width = qp_cell_gates(w->cell) * w->hidden,
                            .out = w->projection.value ? w->projection.rows : w->hidden};
    if (first) run.first = *first;
    if (!state_fits(tape, run.first.hidden, s.count, run.out) || !state_fits(tape, run.first.cell, s.count, run.hidden))
        return (qp_tensor){0};
    if (!qp_recurrence_plan(tape, s, x.rows, reverse, &run.order) || !take_buffers(tape, &run)) return (qp_tensor){0};
    run.stepping = run.order.steps == 1 && qp_step_weight(tape, w->recurrent) && qp_step_weight(tape, w->input) &&
                   (!w->projection.value || qp_step_weight(tape, w->projection));
    input_product(tape, &run);
    state_in(&run.order, run.first.hidden, run.out, run.before);
    if (run.cell) state_in(&run.order, run.first.cell, run.hidden, run.cell_first);
    size_t mark = qp_tape_mark(tape);
    qp_packed recurrent = pack(tape, &run, w->recurrent, false);
    qp_packed projection = w->projection.value ? pack(tape, &run, w->projection, false) : (qp_packed){0};
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int t = 0; t < run.order.steps; t++)
        step_forward(&run, t, &recurrent, w->projection.value ? &projection : NULL);
    if (!run.stepping) qp_tape_rewind(tape, mark); /* what is packed for the pass stays */
    copy_rows(x.rows, run.out, run.order.row, run.y.value, run.y.stride, NULL, run.after, run.out, 0);
    if (last && !make_last(tape, &run)) return (qp_tensor){0};
    if (last) *last = run.last;
    const qp_tensor made[] = {run.y, run.last.hidden, run.last.cell};
    qp_tape_record_several(tape, made, 3, backward, &run, sizeof run);
    return run.y;
}

/* ---- backward ---- */

static bool take_gradients(qp_tape *tape, qp_recurrent_run *run)
{
    const qp_recurrence *order = &run->order;
    run->d_after = reals(tape, order->rows, run->out);
    run->d_first = reals(tape, order->sequences, run->out);
    if (run->cell) run->d_cell = reals(tape, order->sequences, run->hidden);
    if (run->w.projection.value) run->d_unprojected = reals(tape, order->sequences, run->hidden);
    return !qp_tape_failed(tape);
}

static bool has_grad(qp_tensor x) { return x.node && x.node->filled; }

/* What arrives from outside: the outputs' gradients and those of the last state. */
static void collect(qp_recurrent_run *run)
{
    const qp_recurrence *order = &run->order;
    if (has_grad(run->y))
        copy_rows(order->rows, run->out, NULL, run->d_after, run->out, order->row, qp_tape_upstream(run->y), run->out,
                  0);
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
        state_in(order, given, run->hidden, run->d_cell);
    }
    memset(run->d_first, 0, (size_t)order->sequences * (size_t)run->out * sizeof(qp_real));
}

static void step_backward(qp_recurrent_run *run, int t, const qp_packed *recurrent, const qp_packed *projection)
{
    const qp_recurrence *order = &run->order;
    int place = order->first[t], count = order->first[t + 1] - place, width = run->gates_width, out = run->out;
    const qp_real *dh = run->d_after + (size_t)place * (size_t)out;
    if (projection) {
        qp_gemm_packed(count, dh, out, projection, NULL, 0, run->d_unprojected, run->hidden);
        dh = run->d_unprojected;
    }
    qp_real *dh_before = t > 0 ? run->d_after + (size_t)order->first[t - 1] * (size_t)out : run->d_first;
    cells[run->w.cell]->backward(run, t, place, count, dh, dh_before);
    const qp_real *through = (run->product ? run->product : run->gates) + (size_t)place * (size_t)width;
    qp_gemm_packed(count, through, width, recurrent, NULL, 1, dh_before, out);
}

/* dW = d' input, over all steps at once; db = sum of d's rows */
static void weight_gradient(qp_tape *tape, const qp_recurrent_run *run, qp_tensor weight, const qp_real *d,
                            const qp_real *input)
{
    int rows = run->order.rows;
    if (run->stepping) {
        qp_step_gradient(tape, weight, rows, d, weight.rows, input, weight.columns);
        return;
    }
    qp_real beta, *grad = qp_tape_grad(tape, weight, &beta);
    if (grad)
        qp_gemm(true, false, weight.rows, weight.columns, rows, 1, d, weight.rows, input, weight.columns, beta, grad,
                weight.stride);
}

static void bias_gradient(qp_tape *tape, int rows, qp_tensor bias, const qp_real *d)
{
    qp_real beta, *grad = bias.value ? qp_tape_grad(tape, bias, &beta) : NULL;
    if (grad) qp_column_sums(rows, bias.columns, d, bias.columns, beta, grad);
}

static void input_gradient(qp_tape *tape, qp_recurrent_run *run)
{
    int rows = run->order.rows, columns = run->x.columns;
    qp_real beta, *grad = qp_tape_grad(tape, run->x, &beta);
    if (!grad) return;
    qp_real *dx = run->input; /* its values have had their last reader */
    const qp_packed *packed = run->stepping ? qp_step_packed(tape, run->w.input, true) : NULL;
    if (qp_tape_failed(tape)) return;
    if (packed)
        qp_gemm_packed(rows, run->gates, run->gates_width, packed, NULL, 0, dx, columns);
    else
        qp_gemm(false, false, rows, columns, run->gates_width, 1, run->gates, run->gates_width, run->w.input.value,
                run->w.input.stride, 0, dx, columns);
    copy_rows(rows, columns, run->order.row, grad, run->x.stride, NULL, dx, columns, beta);
}

static void state_gradient(qp_tape *tape, const qp_recurrence *order, qp_tensor state, int columns,
                           const qp_real *by_rank)
{
    qp_real beta, *grad = state.value ? qp_tape_grad(tape, state, &beta) : NULL;
    if (grad) copy_rows(order->sequences, columns, order->rank, grad, state.stride, NULL, by_rank, columns, beta);
}

static void backward(qp_tape *tape, void *context)
{
    qp_recurrent_run *run = context;
    const qp_recurrent_weights *w = &run->w;
    int rows = run->order.rows;
    if (!take_gradients(tape, run)) return;
    qp_packed recurrent = pack(tape, run, w->recurrent, true);
    qp_packed projection = w->projection.value ? pack(tape, run, w->projection, true) : (qp_packed){0};
    if (qp_tape_failed(tape)) return;
    collect(run);
    for (int t = run->order.steps - 1; t >= 0; t--)
        step_backward(run, t, &recurrent, w->projection.value ? &projection : NULL);
    const qp_real *through = run->product ? run->product : run->gates;
    weight_gradient(tape, run, w->input, run->gates, run->input);
    weight_gradient(tape, run, w->recurrent, through, run->before);
    if (w->projection.value) weight_gradient(tape, run, w->projection, run->d_after, run->unprojected);
    bias_gradient(tape, rows, w->bias, run->gates);
    bias_gradient(tape, rows, w->recurrent_bias, through);
    input_gradient(tape, run);
    state_gradient(tape, &run->order, run->first.hidden, run->out, run->d_first);
    if (run->d_cell) state_gradient(tape, &run->order, run->first.cell, run->hidden, run->d_cell);
}
