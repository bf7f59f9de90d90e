#include "lib/grad/step_weights.h"

#include <string.h>

#include "lib/grad/tape_internal.h"
#include "lib/tensor/gemm.h"

/* One weight of the pass. */
struct qp_step_entry {
    qp_step_entry *next;
    qp_tensor weight;
    qp_packed packed[2]; /* as it stands, transposed; panel NULL: not laid out yet */
    qp_real *d, *x;      /* [QP_STEP_ROWS, n], [QP_STEP_ROWS, k] put aside; NULL before the first */
    int rows;            /* of them in use */
};

void qp_tape_stepping(qp_tape *tape, bool stepping) { qp_tape_steps(tape)->on = stepping; }

bool qp_step_weight(qp_tape *tape, qp_tensor weight)
{
    return qp_tape_steps(tape)->on && weight.node && weight.node->parameter;
}

/* The weight's entry; NULL: the tape has failed. */
static qp_step_entry *entry_of(qp_tape *tape, qp_tensor weight)
{
    qp_steps *steps = qp_tape_steps(tape);
    for (qp_step_entry *e = steps->first; e; e = e->next)
        if (e->weight.value == weight.value) return e;
    qp_step_entry *made = qp_tape_memory(tape, sizeof *made);
    if (!made) return NULL;
    *made = (qp_step_entry){.next = steps->first, .weight = weight};
    return steps->first = made;
}

const qp_packed *qp_step_packed(qp_tape *tape, qp_tensor weight, bool transposed)
{
    qp_step_entry *e = entry_of(tape, weight);
    if (!e || e->packed[transposed].panel) return e ? &e->packed[transposed] : NULL;
    int n = transposed ? weight.columns : weight.rows, k = transposed ? weight.rows : weight.columns;
    qp_real *memory = qp_tape_memory(tape, qp_packed_count(n, k) * sizeof *memory);
    if (!memory) return NULL;
    e->packed[transposed] = qp_packed_init(memory, n, k, weight.value, weight.stride, transposed);
    return &e->packed[transposed];
}

static void multiply(qp_tape *tape, qp_step_entry *e)
{
    qp_tensor w = e->weight;
    qp_real beta, *grad = e->rows > 0 ? qp_tape_grad(tape, w, &beta) : NULL;
    if (grad) qp_gemm(true, false, w.rows, w.columns, e->rows, 1, e->d, w.rows, e->x, w.columns, beta, grad, w.stride);
    e->rows = 0;
}

static void put_aside(int rows, int columns, const qp_real *from, int stride, qp_real *to)
{
    for (int r = 0; r < rows; r++)
        memcpy(to + (ptrdiff_t)r * columns, from + (ptrdiff_t)r * stride, (size_t)columns * sizeof *to);
}

void qp_step_gradient(qp_tape *tape, qp_tensor weight, int rows, const qp_real *d, int d_stride, const qp_real *x,
                      int x_stride)
{
    qp_step_entry *e = entry_of(tape, weight);
    if (!e) return;
    if (!e->d) {
        e->d = qp_tape_memory(tape, (size_t)QP_STEP_ROWS * (size_t)weight.rows * sizeof *e->d);
        e->x = qp_tape_memory(tape, (size_t)QP_STEP_ROWS * (size_t)weight.columns * sizeof *e->x);
    }
    if (qp_tape_failed(tape)) return;
    for (int done = 0; done < rows;) {
        int room = QP_STEP_ROWS - e->rows, count = rows - done < room ? rows - done : room;
        put_aside(count, weight.rows, d + (ptrdiff_t)done * d_stride, d_stride,
                  e->d + (ptrdiff_t)e->rows * weight.rows);
        put_aside(count, weight.columns, x + (ptrdiff_t)done * x_stride, x_stride,
                  e->x + (ptrdiff_t)e->rows * weight.columns);
        e->rows += count;
        done += count;
        if (e->rows == QP_STEP_ROWS) multiply(tape, e);
    }
}

void qp_step_gradients_finish(qp_tape *tape)
{
    for (qp_step_entry *e = qp_tape_steps(tape)->first; e; e = e->next) multiply(tape, e);
}
