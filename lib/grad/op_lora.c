#include "lib/grad/op_lora.h"

#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"

typedef struct {
    qp_tensor y, x, a, b, low, z; /* low = x A' */
    qp_real scale;
} lora_context;

/* dy = dz     dB = scale dz' low     dlow = scale dz B     dA = dlow' x     dx = dlow A */
static void lora_back(qp_tape *tape, void *context)
{
    const lora_context *c = context;
    const qp_matrix dz = qp_tensor_grad(c->z, qp_tape_upstream(c->z));
    qp_real beta_y, beta_a, beta_b, beta_x;
    qp_real *dy = qp_tape_grad(tape, c->y, &beta_y), *da = qp_tape_grad(tape, c->a, &beta_a),
            *db = qp_tape_grad(tape, c->b, &beta_b), *dx = qp_tape_grad(tape, c->x, &beta_x);
    size_t mark = qp_tape_mark(tape);
    qp_real *memory = qp_tape_memory(tape, (size_t)c->low.rows * (size_t)c->low.columns * sizeof *memory);
    const qp_matrix dlow = qp_matrix_dense(memory, c->low.rows, c->low.columns);
    if (!qp_tape_failed(tape)) {
        for (int r = 0; dy && r < dz.rows; r++)
            qp_scale_add((size_t)dz.columns, 1, dz.value + (ptrdiff_t)r * dz.stride, beta_y,
                         dy + (ptrdiff_t)r * c->y.stride);
        if (db) qp_gemm(QP_ATB, c->scale, dz, qp_tensor_matrix(c->low), beta_b, qp_tensor_grad(c->b, db));
        qp_gemm(QP_AB, c->scale, dz, qp_tensor_matrix(c->b), 0, dlow);
        if (da) qp_gemm(QP_ATB, 1, dlow, qp_tensor_matrix(c->x), beta_a, qp_tensor_grad(c->a, da));
        if (dx) qp_gemm(QP_AB, 1, dlow, qp_tensor_matrix(c->a), beta_x, qp_tensor_grad(c->x, dx));
    }
    qp_tape_rewind(tape, mark);
}

qp_tensor qp_lora(qp_tape *tape, qp_tensor y, qp_tensor x, qp_tensor a, qp_tensor b, qp_real scale)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (y.rows != x.rows || a.columns != x.columns || b.rows != y.columns || b.columns != a.rows)
        return qp_tape_fail(tape, QP_ESHAPE, "adapter: y [%d, %d], x [%d, %d], A [%d, %d], B [%d, %d]", y.rows,
                            y.columns, x.rows, x.columns, a.rows, a.columns, b.rows, b.columns);
    lora_context c = {.y = y, .x = x, .a = a, .b = b, .scale = scale};
    c.z = qp_tape_reuse(tape, y);
    c.low = qp_tape_constant(tape, x.rows, a.rows);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int r = 0; c.z.value != y.value && r < y.rows; r++)
        memcpy(qp_tensor_row(c.z, r), qp_tensor_row(y, r), (size_t)y.columns * sizeof *y.value);
    qp_gemm(QP_ABT, 1, qp_tensor_matrix(x), qp_tensor_matrix(a), 0, qp_tensor_matrix(c.low));
    qp_gemm(QP_ABT, scale, qp_tensor_matrix(c.low), qp_tensor_matrix(b), 1, qp_tensor_matrix(c.z));
    qp_tape_record(tape, c.z, lora_back, &c, sizeof c);
    return c.z;
}

typedef struct {
    qp_tensor a, b, merged;
    qp_real scale;
} weight_context;

/* dB = scale dW' A'     dA = scale B' dW' */
static void weight_back(qp_tape *tape, void *context)
{
    const weight_context *c = context;
    const qp_matrix dw = qp_tensor_grad(c->merged, qp_tape_upstream(c->merged));
    qp_real beta_a, beta_b;
    qp_real *da = qp_tape_grad(tape, c->a, &beta_a), *db = qp_tape_grad(tape, c->b, &beta_b);
    if (qp_tape_failed(tape)) return;
    if (db) qp_gemm(QP_ABT, c->scale, dw, qp_tensor_matrix(c->a), beta_b, qp_tensor_grad(c->b, db));
    if (da) qp_gemm(QP_ATB, c->scale, qp_tensor_matrix(c->b), dw, beta_a, qp_tensor_grad(c->a, da));
}

qp_tensor qp_lora_weight(qp_tape *tape, qp_tensor w, qp_tensor a, qp_tensor b, qp_real scale)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (a.columns != w.columns || b.rows != w.rows || b.columns != a.rows)
        return qp_tape_fail(tape, QP_ESHAPE, "adapter: W [%d, %d], A [%d, %d], B [%d, %d]", w.rows, w.columns, a.rows,
                            a.columns, b.rows, b.columns);
    weight_context c = {.a = a, .b = b, .scale = scale, .merged = qp_tape_tensor(tape, w.rows, w.columns)};
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int r = 0; r < w.rows; r++)
        memcpy(qp_tensor_row(c.merged, r), qp_tensor_row(w, r), (size_t)w.columns * sizeof *w.value);
    qp_lora_merge(c.merged, a, b, scale);
    qp_tape_record(tape, c.merged, weight_back, &c, sizeof c);
    return c.merged;
}

void qp_lora_merge(qp_tensor weight, qp_tensor a, qp_tensor b, qp_real scale)
{
    qp_gemm(QP_AB, scale, qp_tensor_matrix(b), qp_tensor_matrix(a), 1, qp_tensor_matrix(weight));
}
