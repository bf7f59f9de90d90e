#ifndef QP_POINTWISE_KERNELS_H
#define QP_POINTWISE_KERNELS_H

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/pointwise.h"

/* pointwise_kernels — the kernels behind pointwise.h, one set per level of cpu.h. Same arguments, except dropout:
 * indices are 32-bit and do not wrap inside a call; an element is kept if its 31-bit hash is not below `threshold`. */
typedef struct {
    uint32_t key[2], first, threshold;
    qp_real scale;
} qp_dropout_piece;

typedef struct {
    void (*activate)(qp_activation_kind, size_t, const qp_real *, qp_real, qp_real *);
    void (*activate_back)(qp_activation_kind, size_t, const qp_real *, const qp_real *, qp_real, const qp_real *,
                          qp_real, qp_real *);
    void (*scale_add)(size_t, qp_real, const qp_real *, qp_real, qp_real *);
    void (*multiply_add)(size_t, const qp_real *, const qp_real *, qp_real, qp_real *);
    double (*sum_squares)(size_t, const qp_real *);
    void (*dropout)(size_t, const qp_dropout_piece *, const qp_real *, qp_real, qp_real *);
    void (*adam_update)(size_t, const qp_adam_constants *, const qp_real *, qp_real *, qp_real *, qp_real *);
} qp_pointwise_kernels;

extern const qp_pointwise_kernels qp_pointwise_scalar;
#ifdef QP_VECTOR_KERNELS
extern const qp_pointwise_kernels qp_pointwise_avx2, qp_pointwise_avx512;
#endif

#endif
