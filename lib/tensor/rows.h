#ifndef QP_ROWS_H
#define QP_ROWS_H

#include <stdint.h>

#include "lib/base/real.h"

/* rows — vector kernels along the rows of matrices [rows, columns]; each row's result depends on that row alone, except
 * the column sums, which add rows in ascending order. Strides in elements. beta 0 stores, 1 adds. */

/* qp_softmax_rows  y = softmax(x/temperature); -inf gives exactly 0; computed through the row's maximum.
 * qp_softmax_rows_back  dx = beta*dx + y*(dy - sum(y*dy))/temperature
 * qp_log_softmax_rows   y = x/temperature - log sum exp;      back  dx = beta*dx + (dy - exp(y)*sum(dy))/temperature */
void qp_softmax_rows(int rows, int columns, const qp_real *x, int x_stride, qp_real temperature, qp_real *y,
                     int y_stride);
void qp_softmax_rows_back(int rows, int columns, const qp_real *y, int y_stride, const qp_real *dy, int dy_stride,
                          qp_real temperature, qp_real beta, qp_real *dx, int dx_stride);
void qp_log_softmax_rows(int rows, int columns, const qp_real *x, int x_stride, qp_real temperature, qp_real *y,
                         int y_stride);
void qp_log_softmax_rows_back(int rows, int columns, const qp_real *y, int y_stride, const qp_real *dy, int dy_stride,
                              qp_real temperature, qp_real beta, qp_real *dx, int dx_stride);

/* qp_layer_norm_rows — y = (x-mean)*inverse*weight + bias, inverse = 1/sqrt(var+eps), biased variance
 * weight, bias [columns] or NULL; mean, inverse [rows] are kept for the backward (mean NULL: RMS norm, mean taken as 0
 * and bias NULL).
 * back — dx = beta*dx + ...; dweight, dbias [columns] or NULL: always added to. */
void qp_norm_rows(int rows, int columns, const qp_real *x, int x_stride, const qp_real *weight, const qp_real *bias,
                  qp_real epsilon, qp_real *y, int y_stride, qp_real *mean, qp_real *inverse);
void qp_norm_rows_back(int rows, int columns, const qp_real *x, int x_stride, const qp_real *weight,
                       const qp_real *mean, const qp_real *inverse, const qp_real *dy, int dy_stride, qp_real beta,
                       qp_real *dx, int dx_stride, qp_real *dweight, qp_real *dbias);

/* qp_bias_rows  y[r] += bias.        qp_column_sums  sum[c] = beta*sum[c] + sum over rows of x[r][c]. */
void qp_bias_rows(int rows, int columns, const qp_real *bias, qp_real *y, int y_stride);
void qp_column_sums(int rows, int columns, const qp_real *x, int x_stride, qp_real beta, qp_real *sum);

/* qp_gather_rows  y[r] = scale*table[id[r]] (+ offset[position[r]] if offset)     columns contiguous in all three
 * qp_scatter_add_rows  table[id[r]] += scale*dy[r], rows in ascending order. */
void qp_gather_rows(int rows, int columns, const int32_t *id, const qp_real *table, qp_real scale,
                    const int32_t *position, const qp_real *offset, qp_real *y, int y_stride);
void qp_scatter_add_rows(int rows, int columns, const int32_t *id, const qp_real *dy, int dy_stride, qp_real scale,
                         qp_real *table);

/* qp_cross_entropy_rows — for each row of logits [rows, classes] and its target id
 *   loss[r] = (1-e)*(-log p[y]) + e/C * sum_c(-log p[c])         (each times weight[c] if weight)
 * and, if dlogits: dlogits[r] = row_scale[r] * d loss[r]/d logits (row_scale NULL: 1); dlogits may be logits itself.
 * target < 0: the row counts nothing (loss 0, gradient 0). */
void qp_cross_entropy_rows(int rows, int classes, const qp_real *logits, int logits_stride, const int32_t *target,
                           qp_real smoothing, const qp_real *weight, const qp_real *row_scale, qp_real *loss,
                           qp_real *dlogits, int dlogits_stride);

/* qp_top_rows — indices of the k largest of each row, largest first, ties to the lower index. index [rows, k].
 * Time  columns for few of them, at most columns log k. */
void qp_top_rows(int rows, int columns, const qp_real *x, int x_stride, int k, int32_t *index);

#endif
