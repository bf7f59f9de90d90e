#include "lib/grad/op_quantize.h"

#include <math.h>
#include <string.h>

typedef struct {
    qp_tensor z, codebook, y, loss;
    const bool *alive;
    int32_t *code;
    qp_real beta;
} quantize_context;

static double distance(const quantize_context *c, int r, int code)
{
    const qp_real *z = qp_tensor_row(c->z, r), *e = qp_tensor_row(c->codebook, code);
    double sum = 0;
    for (int k = 0; k < c->z.columns; k++) sum += (double)(z[k] - e[k]) * (double)(z[k] - e[k]);
    return sum;
}

/* The nearest code of row r, -1 without any; *least: its distance. */
static int32_t nearest(const quantize_context *c, int r, double *least)
{
    int32_t best = -1;
    *least = INFINITY;
    for (int code = 0; code < c->codebook.rows; code++) {
        if (c->alive && !c->alive[code]) continue;
        double d = distance(c, r, code);
        if (best >= 0 && !(d < *least)) continue;
        best = code;
        *least = d;
    }
    return best;
}

/* dz = dy + dloss 2 beta (z - e) / n     de += dloss 2 (e - z) / n, n elements */
static void quantize_back(qp_tape *tape, void *context)
{
    const quantize_context *c = context;
    const int rows = c->z.rows, columns = c->z.columns;
    const qp_real *dy = c->y.node->filled ? qp_tape_upstream(c->y) : NULL;
    qp_real share = c->loss.node->filled ? 2 * *qp_tape_upstream(c->loss) / ((qp_real)rows * (qp_real)columns) : 0;
    qp_real beta, *dz = qp_tape_grad(tape, c->z, &beta), *de = qp_tape_grad_zeroed(tape, c->codebook);
    for (int r = 0; r < rows; r++) {
        const qp_real *z = qp_tensor_row(c->z, r), *e = qp_tensor_row(c->codebook, c->code[r]);
        qp_real *to = dz ? dz + (ptrdiff_t)r * c->z.stride : NULL;
        qp_real *pull = de ? de + (ptrdiff_t)c->code[r] * c->codebook.stride : NULL;
        for (int k = 0; k < columns; k++) {
            qp_real d = share * (z[k] - e[k]);
            if (to) to[k] = (beta != 0 ? to[k] : 0) + c->beta * d + (dy ? dy[(ptrdiff_t)r * c->y.stride + k] : 0);
            if (pull) pull[k] -= d;
        }
    }
}

qp_tensor qp_quantize(qp_tape *tape, qp_tensor z, qp_tensor codebook, const bool *alive, qp_real beta,
                      const int32_t **code, qp_tensor *loss)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (z.columns != codebook.columns)
        return qp_tape_fail(tape, QP_ESHAPE, "quantize: z [%d, %d], codebook [%d, %d]", z.rows, z.columns,
                            codebook.rows, codebook.columns);
    quantize_context c = {.z = z, .codebook = codebook, .alive = alive, .beta = beta};
    c.y = qp_tape_tensor(tape, z.rows, z.columns);
    c.loss = qp_tape_tensor(tape, 1, 1);
    c.code = qp_tape_memory(tape, ((size_t)z.rows + 1) * sizeof *c.code);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    double sum = 0, least;
    for (int r = 0; r < z.rows; r++, sum += least) {
        c.code[r] = nearest(&c, r, &least);
        if (c.code[r] < 0) return qp_tape_fail(tape, QP_ESHAPE, "quantize: no code is in use");
        memcpy(qp_tensor_row(c.y, r), qp_tensor_row(codebook, c.code[r]), (size_t)z.columns * sizeof *z.value);
    }
    *c.loss.value = (qp_real)((1 + (double)beta) * sum / fmax(1, (double)z.rows * z.columns));
    const qp_tensor out[] = {c.y, c.loss};
    qp_tape_record_several(tape, out, 2, quantize_back, &c, sizeof c);
    *code = c.code;
    *loss = c.loss;
    return c.y;
}
