#ifndef QP_POINTWISE_KERNELS_H
#define QP_POINTWISE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/kernels/kernel_types.h"

/* pointwise_kernels — the vector code of lib/tensor/pointwise.h, one set per level of cpu.h; equations there. */

/* Dropout of a run of elements whose numbers `first`, `first` + 1, ... do not wrap at 2^32: an element is kept, and
 * multiplied by `scale`, unless its 31-bit hash is below `threshold`. */
typedef struct {
    uint32_t key[2], first, threshold;
    qp_real scale;
} qp_dropout_piece;

typedef struct {
    void (*activate)(qp_activation_kind kind, size_t n, const qp_real *x, qp_real slope, qp_real *y);
    void (*activate_back)(qp_activation_kind kind, size_t n, const qp_real *x, const qp_real *y, qp_real slope,
                          const qp_real *dy, qp_real beta, qp_real *dx);
    void (*scale_add)(size_t n, qp_real alpha, const qp_real *x, qp_real beta, qp_real *y);
    void (*multiply_add)(size_t n, const qp_real *x, const qp_real *y, qp_real beta, qp_real *z);
    double (*sum_squares)(size_t n, const qp_real *x);
    void (*dropout)(size_t n, const qp_dropout_piece *piece, const qp_real *x, qp_real beta, qp_real *y);
    void (*adam_update)(size_t n, const qp_adam_constants *c, const qp_real *g, qp_real *m, qp_real *v, qp_real *w);
} qp_pointwise_kernels;

extern const qp_pointwise_kernels qp_pointwise_scalar;
#ifdef QP_VECTOR_KERNELS
extern const qp_pointwise_kernels qp_pointwise_avx2, qp_pointwise_avx512;
#endif

#endif
