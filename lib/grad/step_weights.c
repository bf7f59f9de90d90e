#include "lib/grad/step_weights.h"

#include <string.h>

#include "lib/grad/tape_internal.h"
#include "lib/tensor/gemm.h"

/* One weight of the pass. */
struct qp_step_entry {
    qp_step_entry *next;
    qp_tensor weight;
    qp_packed packed[2]; /* W and W'; panel NULL: not packed yet */
    qp_real *d, *x;      /* [QP_STEP_ROWS, n], [QP_STEP_ROWS, k] collected; NULL before the first */
    int rows;            /* collected so far */
};

void qp_tape_stepping(qp_tape *tape, bool stepping) { qp_tape_steps(tape)->on = stepping; }

bool qp_step_weight(qp_tape *tape, qp_tensor weight)
{
    return qp_tape_steps(tape)->on && weight.node && weight.node->parameter;
}

/* dW += d' x of the collected rows */
static void multiply(qp_tape *tape, qp_step_entry *e)
{
    qp_tensor w = e->weight;
    qp_real beta, *grad = e->rows > 0 ? qp_tape_grad(tape, w, &beta) : NULL;
    if (grad)
        qp_gemm(QP_ATB, 1, qp_matrix_dense(e->d, e->rows, w.rows), qp_matrix_dense(e->x, e->rows, w.columns), beta,
                qp_tensor_grad(w, grad));
    e->rows = 0;
}

/* The tape calls this at the end of its backward pass. */
static void finish(qp_tape *tape)
{
    for (qp_step_entry *e = qp_tape_steps(tape)->first; e; e = e->next) multiply(tape, e);
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
    if (weight.node) weight.node->late = true;
    steps->finish = finish;
    return steps->first = made;
}

const qp_packed *qp_step_packed(qp_tape *tape, qp_tensor weight, bool transposed)
{
    qp_step_entry *e = entry_of(tape, weight);
    if (!e || e->packed[transposed].panel) return e ? &e->packed[transposed] : NULL;
    int n = transposed ? weight.columns : weight.rows, k = transposed ? weight.rows : weight.columns;
    qp_real *memory = qp_tape_memory(tape, qp_packed_count(n, k) * sizeof *memory);
    if (!memory) return NULL;
    e->packed[transposed] = qp_packed_init(memory, qp_tensor_matrix(weight), transposed);
    return &e->packed[transposed];
}

/* to = the rows of `from`, without gaps */
static void copy_rows(qp_matrix from, qp_real *to)
{
    for (int r = 0; r < from.rows; r++)
        memcpy(to + (ptrdiff_t)r * from.columns, qp_matrix_row(from, r), (size_t)from.columns * sizeof *to);
}

void qp_step_gradient(qp_tape *tape, qp_tensor weight, qp_matrix d, qp_matrix x)
{
    qp_step_entry *e = entry_of(tape, weight);
    if (!e) return;
    if (!e->d) {
        e->d = qp_tape_memory(tape, (size_t)QP_STEP_ROWS * (size_t)weight.rows * sizeof *e->d);
        e->x = qp_tape_memory(tape, (size_t)QP_STEP_ROWS * (size_t)weight.columns * sizeof *e->x);
    }
    if (qp_tape_failed(tape)) return;
    for (int done = 0; done < d.rows;) {
        int room = QP_STEP_ROWS - e->rows, count = d.rows - done < room ? d.rows - done : room;
        copy_rows(qp_matrix_rows(d, done, count), e->d + (ptrdiff_t)e->rows * weight.rows);
        copy_rows(qp_matrix_rows(x, done, count), e->x + (ptrdiff_t)e->rows * weight.columns);
        e->rows += count;
        done += count;
        if (e->rows == QP_STEP_ROWS) multiply(tape, e);
    }
}
