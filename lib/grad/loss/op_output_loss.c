#include "lib/grad/loss/op_output_loss.h"

#include "lib/grad/op_linear.h"
#include "lib/grad/views.h"
#include "lib/tensor/rows.h"

int qp_output_loss_rows(int classes)
{
    enum { LEAST = 96, DEPTH = 384, FEW = LEAST * 8192, MANY = DEPTH * 16384 };
    if (FEW / classes > DEPTH) return FEW / classes;
    const int rows = MANY / classes > LEAST ? MANY / classes : LEAST;
    return rows < DEPTH ? rows : DEPTH;
}

typedef struct {
    qp_tensor x, weight, bias;
    const int32_t *target;
    const qp_output_loss_terms *terms;
    qp_real *dx, *dweight, *dbias;           /* NULL: not wanted */
    qp_real dx_beta, weight_beta, bias_beta; /* 0 until the first block has been written */
    qp_real *logits, *loss, *scale;          /* of a block */
    double sum;                              /* of the loss, in ascending order of rows */
} job;

/* Rows first .. first+count-1: their loss, and their part of the gradients. */
static void run_block(const qp_tape *tape, job *j, int first, int count)
{
    qp_tensor x = j->x;
    x.value = qp_tensor_row(x, first);
    x.rows = count;
    const qp_matrix logits = qp_matrix_dense(j->logits, count, j->weight.rows);
    const qp_cross_entropy_terms terms = {.target = j->target + first,
                                          .smoothing = j->terms->smoothing,
                                          .weight = j->terms->weight,
                                          .row_scale = j->scale};
    qp_linear_values(tape, x, j->weight, j->bias, qp_tensor_of(count, j->weight.rows, j->logits));
    qp_cross_entropy_rows(logits, &terms, j->loss, j->scale ? logits : (qp_matrix){0});
    for (int r = 0; r < count; r++) j->sum += (double)j->loss[r];
    if (j->dweight)
        qp_weight_product(tape, QP_ATB, logits, qp_tensor_matrix(x), j->weight_beta,
                          qp_tensor_grad(j->weight, j->dweight));
    if (j->dbias) qp_column_sums(logits, j->bias_beta, j->dbias);
    if (j->dx)
        qp_weight_product(tape, QP_AB, logits, qp_tensor_matrix(j->weight), j->dx_beta,
                          qp_tensor_grad(x, j->dx + (ptrdiff_t)first * x.stride));
    j->weight_beta = j->bias_beta = 1;
}

typedef struct {
    qp_tensor y;
    qp_real scale;
} output_context;

static void output_back(qp_tape *tape, void *context)
{
    const output_context *c = context;
    if (qp_tape_upstream(c->y)[0] != c->scale)
        qp_tape_fail(tape, QP_EBUG, "output loss: the gradients were computed for a scale of %g, not %g; please report",
                     (double)c->scale, (double)qp_tape_upstream(c->y)[0]);
}

static bool fits(qp_tape *tape, const job *j)
{
    const qp_tensor x = j->x, w = j->weight, b = j->bias;
    if (w.rows < 1 || w.columns != x.columns || !(qp_view_empty(b) || qp_view_is_row(b, w.rows)) ||
        !(j->terms->smoothing >= 0 && j->terms->smoothing <= 1)) {
        qp_tape_fail(tape, QP_ESHAPE, "output loss: x [%d, %d], weight [%d, %d], bias [%d, %d], smoothing %g", x.rows,
                     x.columns, w.rows, w.columns, b.rows, b.columns, (double)j->terms->smoothing);
        return false;
    }
    for (int r = 0; r < x.rows; r++)
        if (j->target[r] >= w.rows) {
            qp_tape_fail(tape, QP_ESHAPE, "output loss: target %d of %d classes", j->target[r], w.rows);
            return false;
        }
    return true;
}

/* Gradients are taken before the scratch memory, because they outlive it. */
static void take_gradients(qp_tape *tape, job *j)
{
    j->dweight = qp_tape_grad(tape, j->weight, &j->weight_beta);
    j->dbias = qp_tape_grad(tape, j->bias, &j->bias_beta);
    j->dx = qp_tape_grad(tape, j->x, &j->dx_beta);
}

static void take_scratch(qp_tape *tape, job *j, int rows, qp_real scale)
{
    j->logits = qp_tape_memory(tape, (size_t)rows * (size_t)j->weight.rows * sizeof *j->logits);
    j->loss = qp_tape_memory(tape, (size_t)rows * sizeof *j->loss);
    if (!qp_tape_training(tape)) return;
    j->scale = qp_tape_memory(tape, (size_t)rows * sizeof *j->scale);
    for (int r = 0; j->scale && r < rows; r++) j->scale[r] = scale;
}

qp_tensor qp_output_loss(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, const int32_t *target,
                         const qp_output_loss_terms *terms)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    job j = {.x = x, .weight = weight, .bias = bias, .target = target, .terms = terms};
    if (!fits(tape, &j)) return (qp_tensor){0};
    const output_context c = {qp_tape_tensor(tape, 1, 1), qp_tape_expected_scale(tape)};
    const int most = qp_output_loss_rows(weight.rows), blocks = x.rows > most ? (x.rows + most - 1) / most : 1;
    if (qp_tape_training(tape)) take_gradients(tape, &j);
    size_t mark = qp_tape_mark(tape);
    take_scratch(tape, &j, x.rows / blocks + 1, c.scale);
    /* Blocks of nearly the same size; without rows an empty one, which clears gradients that are not there yet. */
    for (int i = 0, first = 0; i < blocks && !qp_tape_failed(tape); i++) {
        const int count = x.rows / blocks + (i < x.rows % blocks);
        run_block(tape, &j, first, count);
        first += count;
    }
    qp_tape_rewind(tape, mark);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    c.y.value[0] = (qp_real)j.sum;
    qp_tape_record(tape, c.y, output_back, &c, sizeof c);
    return c.y;
}
