#include "lib/grad/op_norm.h"

#include "lib/grad/views.h"
#include "lib/tensor/rows.h"

/* Layer norm and RMS norm are one computation: without a mean (NULL) it is RMS norm. */
typedef struct {
    qp_tensor x, weight, bias, y;
    qp_row_norm norm;
} norm_context;

/* With h = (x - mean)*inverse and g = dy*weight:  dx = inverse*(g - average(g) - h*average(g*h)), RMS norm: without
 * average(g);  dweight = sum over rows of dy*h;  dbias = sum over rows of dy */
static void norm_back(qp_tape *tape, void *context)
{
    const norm_context *c = context;
    const qp_tensor x = c->x;
    const qp_matrix dy = qp_tensor_grad(c->y, qp_tape_upstream(c->y));
    qp_row_norm norm = c->norm;
    norm.dweight = qp_tape_grad_zeroed(tape, c->weight);
    norm.dbias = qp_tape_grad_zeroed(tape, c->bias);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, x, &beta);
    size_t mark = qp_tape_mark(tape);
    int stride = x.stride;
    if (!dx && (norm.dweight || norm.dbias)) { /* the kernel always writes dx: give it scratch memory */
        dx = qp_tape_memory(tape, (size_t)x.rows * (size_t)x.columns * sizeof *dx);
        stride = x.columns;
        beta = 0;
    }
    if (dx) qp_norm_rows_back(qp_tensor_matrix(x), &norm, dy, beta, qp_matrix_of(dx, x.rows, x.columns, stride));
    qp_tape_rewind(tape, mark);
}

static qp_tensor norm(qp_tape *tape, const char *name, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_real epsilon,
                      bool centred)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if ((!qp_view_empty(weight) && !qp_view_is_row(weight, x.columns)) ||
        (!qp_view_empty(bias) && !qp_view_is_row(bias, x.columns)) || x.columns < 1)
        return qp_tape_fail(tape, QP_ESHAPE, "%s: x [%d, %d], weight [%d, %d], bias [%d, %d]", name, x.rows, x.columns,
                            weight.rows, weight.columns, bias.rows, bias.columns);
    qp_tensor y = qp_tape_tensor(tape, x.rows, x.columns);
    norm_context c = {.x = x, .weight = weight, .bias = bias, .y = y};
    c.norm = (qp_row_norm){.weight = weight.value, .bias = bias.value};
    c.norm.inverse = qp_tape_memory(tape, (size_t)x.rows * sizeof(qp_real));
    if (centred) c.norm.mean = qp_tape_memory(tape, (size_t)x.rows * sizeof(qp_real));
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    qp_norm_rows(qp_tensor_matrix(x), &c.norm, epsilon, qp_tensor_matrix(y));
    qp_tape_record(tape, y, norm_back, &c, sizeof c);
    return y;
}

qp_tensor qp_layer_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_real epsilon)
{
    return norm(tape, "layer norm", x, weight, bias, epsilon, true);
}

qp_tensor qp_rms_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_real epsilon)
{
    return norm(tape, "rms norm", x, weight, (qp_tensor){0}, epsilon, false);
}
