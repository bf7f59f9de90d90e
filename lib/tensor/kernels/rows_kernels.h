#ifndef QP_ROWS_KERNELS_H
#define QP_ROWS_KERNELS_H

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/rows.h"

/* rows_kernels — the kernels behind rows.h, one set per level of cpu.h. Each works on one row of n columns; the loop
 * over rows is in rows.c. */
typedef struct {
    qp_real smooth; /* e/C */
    qp_real main;   /* (1-e)*weight[target] */
    qp_real total;  /* sum of all coefficients q_c: main + e/C * sum of weights (or e) */
    qp_real scale;  /* of the gradient */
} qp_loss_coefficients;

typedef struct {
    void (*softmax)(int n, const qp_real *x, qp_real inverse_temperature, qp_real *y);
    void (*softmax_back)(int n, const qp_real *y, const qp_real *dy, qp_real inverse_temperature, qp_real beta,
                         qp_real *dx);
    void (*log_softmax)(int n, const qp_real *x, qp_real inverse_temperature, qp_real *y);
    void (*log_softmax_back)(int n, const qp_real *y, const qp_real *dy, qp_real inverse_temperature, qp_real beta,
                             qp_real *dx);
    void (*norm)(int n, const qp_real *x, const qp_real *weight, const qp_real *bias, qp_real epsilon, qp_real *y,
                 qp_real *mean, qp_real *inverse);
    void (*norm_back)(int n, const qp_real *x, const qp_real *weight, const qp_real *mean, qp_real inverse,
                      const qp_real *dy, qp_real beta, qp_real *dx, qp_real *dweight, qp_real *dbias);
    void (*add_scaled)(int n, qp_real scale, const qp_real *x, qp_real *y); /* y += scale*x */
    void (*column_sums)(int rows, int n, const qp_real *x, int stride, qp_real beta, qp_real *sum);
    void (*gather)(int n, qp_real scale, const qp_real *x, const qp_real *offset,
                   qp_real *y); /* y = scale*x + offset */
    qp_real (*cross_entropy)(int n, const qp_real *x, int target, const qp_real *weight, const qp_loss_coefficients *c,
                             qp_real *dx);
    void (*top)(int n, const qp_real *x, int k, int32_t *index);
} qp_rows_kernels;

extern const qp_rows_kernels qp_rows_scalar;
#ifdef QP_VECTOR_KERNELS
extern const qp_rows_kernels qp_rows_avx2, qp_rows_avx512;
#endif

#endif
