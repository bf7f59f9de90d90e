#include "lib/grad/recurrent/recurrence_products.h"

#include "lib/grad/op_linear.h"
#include "lib/grad/step_weights.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/rows.h"

/* The weight packed for the step's product: its own packed copy, the copy of this pass, or one made for this call. */
static qp_packed pack(qp_tape *tape, const qp_recurrent_run *run, qp_tensor weight, bool transposed)
{
    if (weight.packed && !transposed) return *(const qp_packed *)weight.packed;
    if (run->stepping) {
        const qp_packed *packed = qp_step_packed(tape, weight, transposed);
        return packed ? *packed : (qp_packed){0};
    }
    int n = transposed ? weight.columns : weight.rows, k = transposed ? weight.rows : weight.columns;
    qp_real *memory = qp_tape_memory(tape, qp_packed_count(n, k) * sizeof *memory);
    return memory ? qp_packed_init(memory, qp_tensor_matrix(weight), transposed) : (qp_packed){0};
}

qp_recurrence_packed qp_recurrence_pack(qp_tape *tape, const qp_recurrent_run *run, bool transposed)
{
    const qp_recurrent_weights *w = &run->w;
    qp_recurrence_packed p = {0};
    if (w->recurrent.value) p.recurrent = pack(tape, run, w->recurrent, transposed);
    if (w->gated.value) p.gated = pack(tape, run, w->gated, transposed);
    if (w->projection.value) p.projection = pack(tape, run, w->projection, transposed);
    return p;
}

void qp_recurrence_input(qp_tape *tape, qp_recurrent_run *run)
{
    const int rows = run->order.rows;
    qp_tensor w = run->w.input;
    const qp_matrix input = qp_matrix_dense(run->input, rows, w.columns);
    const qp_matrix gates = qp_matrix_dense(run->gates, rows, run->gates_width);
    if (w.columns == run->x.columns)
        qp_recurrence_collect(qp_tensor_matrix(run->x), run->order.row, input);
    else
        qp_recurrence_window(run, run->input);
    const qp_packed *packed = run->stepping ? qp_step_packed(tape, w, false) : w.packed;
    if (qp_tape_failed(tape)) return;
    if (packed)
        qp_gemm_packed(input, packed, NULL, 0, gates);
    else
        qp_weight_product(tape, QP_ABT, input, qp_tensor_matrix(w), 0, gates);
    if (run->kind->inputs) run->kind->inputs(tape, run);
    if (qp_tape_failed(tape)) return;
    if (run->w.bias.value) qp_bias_rows(run->w.bias.value, gates);
    if (run->w.recurrent_bias.value && !run->product) qp_bias_rows(run->w.recurrent_bias.value, gates);
}

void qp_recurrence_weight_back(qp_tape *tape, const qp_recurrent_run *run, qp_tensor weight, const qp_real *d,
                               int stride, const qp_real *input)
{
    if (!weight.value) return;
    const qp_matrix outputs = qp_matrix_of(d, run->order.rows, weight.rows, stride);
    const qp_matrix inputs = qp_matrix_dense(input, run->order.rows, weight.columns);
    if (run->stepping) {
        qp_step_gradient(tape, weight, outputs, inputs);
        return;
    }
    qp_real beta, *grad = qp_tape_grad(tape, weight, &beta);
    if (grad) qp_weight_product(tape, QP_ATB, outputs, inputs, beta, qp_tensor_grad(weight, grad));
}

void qp_recurrence_bias_back(qp_tape *tape, int rows, qp_tensor bias, const qp_real *d)
{
    qp_real beta, *grad = bias.value ? qp_tape_grad(tape, bias, &beta) : NULL;
    if (grad) qp_column_sums(qp_matrix_dense(d, rows, bias.columns), beta, grad);
}

void qp_recurrence_input_back(qp_tape *tape, qp_recurrent_run *run)
{
    const int rows = run->order.rows, columns = run->x.columns, read = run->w.input.columns;
    const qp_matrix da = qp_matrix_dense(run->gates, rows, run->gates_width);
    qp_real beta, *grad = qp_tape_grad(tape, run->x, &beta);
    if (!grad) return;
    qp_real *dx = run->input; /* its values are not read again */
    const qp_packed *packed = run->stepping ? qp_step_packed(tape, run->w.input, true) : NULL;
    qp_real *folded = read == columns ? dx : qp_recurrence_reals(tape, rows, columns);
    if (qp_tape_failed(tape)) return;
    if (packed)
        qp_gemm_packed(da, packed, NULL, 0, qp_matrix_dense(dx, rows, read));
    else
        qp_weight_product(tape, QP_AB, da, qp_tensor_matrix(run->w.input), 0, qp_matrix_dense(dx, rows, read));
    if (folded != dx) qp_recurrence_window_back(run, dx, folded);
    qp_recurrence_scatter(qp_matrix_dense(folded, rows, columns), run->order.row, beta, qp_tensor_grad(run->x, grad));
}
