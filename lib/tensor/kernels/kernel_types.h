#ifndef QP_KERNEL_TYPES_H
#define QP_KERNEL_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"

/* kernel_types — the types in which kernels receive their operands. */

/* qp_matrix — a borrowed, row-major matrix [rows, columns]; row r begins at value + r*stride, stride >= columns.
 * A kernel writes only to the matrices that its comment names as results, so a matrix may be a view of constant
 * data. */
typedef struct {
    qp_real *value; /* NULL: no matrix, where the comment allows it */
    int rows, columns, stride;
} qp_matrix;

/* qp_matrix_of     a view [rows, columns] of `value`
 * qp_matrix_dense  the same without gaps between the rows
 * qp_matrix_row    the address of a row */
static inline qp_matrix qp_matrix_of(const qp_real *value, int rows, int columns, int stride)
{
    return (qp_matrix){.value = (qp_real *)value, .rows = rows, .columns = columns, .stride = stride};
}

static inline qp_matrix qp_matrix_dense(const qp_real *value, int rows, int columns)
{
    return qp_matrix_of(value, rows, columns, columns);
}

static inline qp_real *qp_matrix_row(qp_matrix m, int row) { return m.value + (ptrdiff_t)row * m.stride; }

/* qp_matrix_rows — `count` rows from row `first`. */
static inline qp_matrix qp_matrix_rows(qp_matrix m, int first, int count)
{
    m.value = qp_matrix_row(m, first);
    m.rows = count;
    return m;
}

/* qp_matrix_columns — the band of `count` columns from column `first`. */
static inline qp_matrix qp_matrix_columns(qp_matrix m, int first, int count)
{
    m.value += first;
    m.columns = count;
    return m;
}

/* qp_activation_kind — elementwise functions; equations in lib/tensor/pointwise.h. */
#define QP_ACTIVATIONS(X)                                                                                              \
    X(QP_IDENTITY, "identity")                                                                                         \
    X(QP_SIGMOID, "sigmoid")                                                                                           \
    X(QP_TANH, "tanh")                                                                                                 \
    X(QP_RELU, "relu")                                                                                                 \
    X(QP_LEAKY_RELU, "leaky-relu")                                                                                     \
    X(QP_ELU, "elu")                                                                                                   \
    X(QP_SOFTPLUS, "softplus")                                                                                         \
    X(QP_GELU, "gelu")                                                                                                 \
    X(QP_GELU_TANH, "gelu-tanh")                                                                                       \
    X(QP_SILU, "silu")
#define QP_ACTIVATION_ID(id, text) id,
typedef enum { QP_ACTIVATIONS(QP_ACTIVATION_ID) QP_ACTIVATION_COUNT } qp_activation_kind;

/* qp_adam_constants — of one Adam update, see qp_adam_update in lib/tensor/pointwise.h. */
typedef struct {
    qp_real beta1, beta2, epsilon, rate, v_scale, l2, shrink; /* shrink = 1 - lr*decay */
} qp_adam_constants;

/* qp_row_norm — the vectors of layer norm or RMS norm, see qp_norm_rows in lib/tensor/rows.h. */
typedef struct {
    const qp_real *weight, *bias; /* [columns], or NULL */
    qp_real *mean;                /* [rows], kept for the backward; NULL: RMS norm */
    qp_real *inverse;             /* [rows], kept for the backward: 1/sqrt(variance + epsilon) */
    qp_real *dweight, *dbias;     /* [columns], backward only: added to; or NULL */
} qp_row_norm;

/* qp_softmax_row — what a softmax needs to know of a row: its largest element and the sum of exp(x - largest). */
typedef struct {
    qp_real largest, sum;
} qp_softmax_row;

/* qp_listed_rows — rows of a matrix: row[j], or row j if row is NULL, of `value`, whose rows are `stride` apart. */
typedef struct {
    const qp_real *value;
    ptrdiff_t stride;
    const int32_t *row;
    int count;
} qp_listed_rows;

static inline const qp_real *qp_listed_row(const qp_listed_rows *rows, int j)
{
    return rows->value + (rows->row != NULL ? rows->row[j] : j) * rows->stride;
}

/* qp_packed — a weight W [n, k] (outputs, inputs) as products read it. Owns nothing.
 *   QP_WEIGHT_PANELS  a copy in panels of P outputs, as many as a tile of the level's kernels has columns
 *                     (qp_panel_columns): element (output o, input i) is at (o/P)*P*k + i*P + o%P; outputs are padded
 *                     with zeros to a multiple of QP_PANEL, which P divides. `panel` NULL: `row` [n, k], reals as a
 *                     model file has them, which gemm_packed.h packs when it has used them often enough
 *   the others        rows as a model file has them, `row` [n, k]: bfloat16, half precision, or integers of 8 bits
 *                     that are multiplied with `scale` [n] */
#define QP_PANEL 32
typedef enum { QP_WEIGHT_PANELS, QP_WEIGHT_BF16, QP_WEIGHT_FP16, QP_WEIGHT_INT8 } qp_weight_type;
struct qp_late_panel;
typedef struct {
    int n, k;
    const qp_real *panel;
    qp_weight_type type;
    const void *row;
    const float *scale;
    struct qp_late_panel *late; /* of rows: their panels, once they are packed; NULL: never */
} qp_packed;

/* qp_packed_count — reals that a packed weight [n, k] needs. */
static inline size_t qp_packed_count(int n, int k)
{
    return ((size_t)n + QP_PANEL - 1) / QP_PANEL * QP_PANEL * (size_t)k;
}

#endif
