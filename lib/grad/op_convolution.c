#include "lib/grad/op_convolution.h"

#include "lib/grad/views.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"

typedef struct {
    qp_tensor x, weight, bias, y;
    const int32_t *source; /* [frames, size] */
    int size, groups;
} convolution_context;

/* The columns of x, and of y, in one group. */
static int group_in(const convolution_context *c) { return c->x.columns / c->groups; }

static int group_out(const convolution_context *c) { return c->y.columns / c->groups; }

/* patch [frames, in/groups*size] = what the frames of group g read, column i*size + j as in the weight. */
static void unfold(const convolution_context *c, int g, qp_real *patch)
{
    int in = group_in(c);
    const int32_t *source = c->source;
    for (int f = 0; f < c->y.rows; f++, source += c->size, patch += (ptrdiff_t)in * c->size)
        for (int j = 0; j < c->size; j++) {
            const qp_real *row = source[j] < 0 ? NULL : qp_tensor_row(c->x, source[j]) + (ptrdiff_t)g * in;
            for (int i = 0; i < in; i++) patch[(ptrdiff_t)i * c->size + j] = row ? row[i] : 0;
        }
}

/* The reverse: dx += the gradients of the patches of group g. */
static void fold(const convolution_context *c, int g, const qp_real *patch, qp_real *dx)
{
    int in = group_in(c);
    const int32_t *source = c->source;
    for (int f = 0; f < c->y.rows; f++, source += c->size, patch += (ptrdiff_t)in * c->size)
        for (int j = 0; j < c->size; j++) {
            if (source[j] < 0) continue;
            qp_real *row = dx + (ptrdiff_t)source[j] * c->x.stride + (ptrdiff_t)g * in;
            for (int i = 0; i < in; i++) row[i] += patch[(ptrdiff_t)i * c->size + j];
        }
}

static void bias_back(qp_tape *tape, const convolution_context *c, const qp_real *dy)
{
    qp_real beta, *d = qp_tape_grad(tape, c->bias, &beta);
    if (!d) return;
    for (int o = 0; o < c->y.columns && beta == 0; o++) d[o] = 0;
    for (int f = 0; f < c->y.rows; f++) qp_scale_add((size_t)c->y.columns, 1, dy + (ptrdiff_t)f * c->y.stride, 1, d);
}

/* For each group, with P its patches: dW = dy' P, dP = dy W, dx = fold(dP); dbias = sum of the rows of dy */
static void convolution_back(qp_tape *tape, void *context)
{
    const convolution_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    int out = group_out(c), width = c->weight.columns, frames = c->y.rows;
    bias_back(tape, c, dy);
    qp_real beta, *dw = qp_tape_grad(tape, c->weight, &beta);
    qp_real *dx = qp_tape_grad_zeroed(tape, c->x);
    size_t mark = qp_tape_mark(tape);
    qp_real *patch = qp_tape_memory(tape, (size_t)frames * (size_t)width * sizeof *patch);
    const qp_matrix patches = qp_matrix_dense(patch, frames, width), weight = qp_tensor_matrix(c->weight);
    for (int g = 0; patch && g < c->groups; g++) {
        const qp_matrix up = qp_matrix_of(dy + (ptrdiff_t)g * out, frames, out, c->y.stride);
        if (dw) {
            unfold(c, g, patch);
            qp_gemm(QP_ATB, 1, up, patches, beta, qp_matrix_rows(qp_tensor_grad(c->weight, dw), g * out, out));
        }
        if (dx) {
            qp_gemm(QP_AB, 1, up, qp_matrix_rows(weight, g * out, out), 0, patches);
            fold(c, g, patch, dx);
        }
    }
    qp_tape_rewind(tape, mark);
}

static bool fits(qp_tensor x, qp_tensor weight, qp_tensor bias, const qp_window *window, int groups)
{
    return groups >= 1 && window->size >= 1 && x.columns >= 1 && weight.rows >= 1 && x.columns % groups == 0 &&
           weight.rows % groups == 0 && weight.columns % window->size == 0 &&
           weight.columns / window->size == x.columns / groups &&
           (qp_view_empty(bias) || qp_view_is_row(bias, weight.rows));
}

static void forward(const convolution_context *c, qp_real *patch)
{
    int out = group_out(c), width = c->weight.columns;
    for (int f = 0; f < c->y.rows; f++)
        for (int o = 0; o < c->y.columns; o++) qp_tensor_row(c->y, f)[o] = c->bias.value ? c->bias.value[o] : 0;
    for (int g = 0; g < c->groups; g++) {
        unfold(c, g, patch);
        qp_gemm(QP_ABT, 1, qp_matrix_dense(patch, c->y.rows, width),
                qp_matrix_rows(qp_tensor_matrix(c->weight), g * out, out), 1,
                qp_matrix_of(c->y.value + (ptrdiff_t)g * out, c->y.rows, out, c->y.stride));
    }
}

qp_tensor qp_convolution(qp_tape *tape, qp_tensor x, qp_sequences s, qp_tensor weight, qp_tensor bias,
                         const qp_window *window, int groups, qp_sequences *frames)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!fits(x, weight, bias, window, groups))
        return qp_tape_fail(tape, QP_ESHAPE,
                            "convolution: x [%d, %d], weight [%d, %d], bias [%d, %d], %d taps, %d groups", x.rows,
                            x.columns, weight.rows, weight.columns, bias.rows, bias.columns, window->size, groups);
    qp_frames made = qp_window_frames(tape, window, x.rows, s);
    convolution_context c = {
        .x = x, .weight = weight, .bias = bias, .source = made.source, .size = window->size, .groups = groups};
    c.y = qp_tape_tensor(tape, made.count, weight.rows);
    size_t mark = qp_tape_mark(tape);
    qp_real *patch = qp_tape_memory(tape, (size_t)made.count * (size_t)weight.columns * sizeof *patch);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    forward(&c, patch);
    qp_tape_rewind(tape, mark);
    if (frames) *frames = made.sequences;
    qp_tape_record(tape, c.y, convolution_back, &c, sizeof c);
    return c.y;
}
