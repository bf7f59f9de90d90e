#ifndef QP_TENSOR_H
#define QP_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/tensor/kernels/kernel_types.h"

/* tensor — a borrowed, row-major matrix view [rows, columns], with a place for its gradient. Never freed on its own:
 * the tape or a parameter block owns the memory.
 *
 * Row r begins at value + r*stride; stride = columns unless the view is a band of columns of a wider matrix (queries,
 * keys and values inside one fused product).
 *
 * The gradient is not in the view but in a node that all views of one matrix share, because gradients come late: the
 * tape allocates one only when it is first written, and reuses its memory as soon as the operation that made the tensor
 * has run its backward. */
typedef struct qp_node {
    qp_real *value; /* first element of the whole matrix */
    qp_real *grad;  /* its gradient, same layout; NULL until written */
    size_t count;   /* elements of the whole matrix */
    bool filled;    /* grad has been written: the first writer stores, later ones add */
    bool parameter; /* grad belongs to a gradient block, not to the tape */
    bool used;      /* a watched forward pass has used it (qp_tape_watch) */
    bool late;      /* some of grad is added at the end of the backward pass (step_weights.h) */
} qp_node;

typedef struct {
    int rows, columns, stride;
    qp_real *value;
    qp_node *node;      /* NULL: no gradient flows here */
    const void *packed; /* a weight's packed copy for decoding (gemm_packed.h), or NULL */
} qp_tensor;

/* qp_tensor_of — a constant over the caller's memory [rows, columns]: it has no gradient. */
static inline qp_tensor qp_tensor_of(int rows, int columns, qp_real *value)
{
    return (qp_tensor){.rows = rows, .columns = columns, .stride = columns, .value = value};
}

/* qp_tensor_columns — the band of `count` columns from `first`; it shares memory and gradient with x.
 * qp_tensor_row — the address of a row. */
static inline qp_tensor qp_tensor_columns(qp_tensor x, int first, int count)
{
    x.columns = count;
    x.value += first;
    x.packed = NULL;
    return x;
}

static inline qp_real *qp_tensor_row(qp_tensor x, int row) { return x.value + (ptrdiff_t)row * x.stride; }

/* qp_tensor_matrix — the values of x, as the kernels take them. */
static inline qp_matrix qp_tensor_matrix(qp_tensor x)
{
    return (qp_matrix){.value = x.value, .rows = x.rows, .columns = x.columns, .stride = x.stride};
}

/* qp_tensor_grad — a gradient of x that begins at `grad`, in the layout of x. */
static inline qp_matrix qp_tensor_grad(qp_tensor x, const qp_real *grad)
{
    return qp_matrix_of(grad, x.rows, x.columns, x.stride);
}

#endif
