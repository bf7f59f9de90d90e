#ifndef QP_ROWS_H
#define QP_ROWS_H

#include <stdint.h>

#include "lib/tensor/kernels/kernel_types.h"

/* rows — vector kernels along the rows of matrices [rows, columns]. A row of the result depends on that row alone,
 * except in qp_column_sums and qp_scatter_add_rows, which add rows in ascending order. The last matrix is the result;
 * `beta` 0 stores it, 1 adds to it. A result may be the same matrix as an argument (in place), but not overlap it
 * otherwise. */

/* With T the temperature and m the row's largest x/T (an x of -inf gives 0):
 * qp_softmax_rows           y = exp(x/T - m) / sum exp(x/T - m)
 * qp_softmax_rows_back      dx = beta*dx + y*(dy - sum(y*dy))/T
 * qp_log_softmax_rows       y = x/T - log sum exp(x/T)
 * qp_log_softmax_rows_back  dx = beta*dx + (dy - exp(y)*sum(dy))/T */
void qp_softmax_rows(qp_matrix x, qp_real temperature, qp_matrix y);
void qp_softmax_rows_back(qp_matrix y, qp_matrix dy, qp_real temperature, qp_real beta, qp_matrix dx);
void qp_log_softmax_rows(qp_matrix x, qp_real temperature, qp_matrix y);
void qp_log_softmax_rows_back(qp_matrix y, qp_matrix dy, qp_real temperature, qp_real beta, qp_matrix dx);

/* A softmax over a row of which a part is in memory at a time:
 * qp_softmax_begin      `rows` rows of which no part has been seen
 * qp_softmax_part       y = exp(x - m), m the largest so far, in `row`; returns the factor, at most 1, by which to
 *                       multiply what was computed of the parts before. In the end the softmax is y/row->sum.
 * qp_softmax_again      y = the softmax of a part, from the finished `row`
 * qp_softmax_part_back  dy = y*(dy - mean): the gradient of a part of x from that of a part of the softmax; mean is
 *                       sum(y*dy) over the whole row
 * Source  Milakov & Gimelshein 2018. */
void qp_softmax_begin(int rows, qp_softmax_row *row);
qp_real qp_softmax_part(int n, const qp_real *x, qp_softmax_row *row, qp_real *y);
void qp_softmax_again(int n, const qp_real *x, qp_softmax_row row, qp_real *y);
void qp_softmax_part_back(int n, const qp_real *y, qp_real mean, qp_real *dy);

/* qp_norm_rows — layer norm: y = (x - mean)*inverse*weight + bias, inverse = 1/sqrt(variance + epsilon), the variance
 *   biased; RMS norm (norm->mean NULL): the same with mean = 0 and without bias. Writes mean and inverse of each row.
 * qp_norm_rows_back — with h = (x - mean)*inverse and g = dy*weight
 *   dx = beta*dx + inverse*(g - average(g) - h*average(g*h))      RMS norm: without average(g)
 *   dweight += sum over rows of dy*h                              dbias += sum over rows of dy */
void qp_norm_rows(qp_matrix x, const qp_row_norm *norm, qp_real epsilon, qp_matrix y);
void qp_norm_rows_back(qp_matrix x, const qp_row_norm *norm, qp_matrix dy, qp_real beta, qp_matrix dx);

/* qp_bias_rows    y[r] += bias, bias [columns]
 * qp_column_sums  sum = beta*sum + sum over r of x[r], sum [columns] */
void qp_bias_rows(const qp_real *bias, qp_matrix y);
void qp_column_sums(qp_matrix x, qp_real beta, qp_real *sum);

/* qp_gather_rows       y[r] = scale*table[id[r]] + offset[position[r]], one id and position per row of y; without
 *                      `position`, no offset
 * qp_scatter_add_rows  table[id[r]] += scale*dy[r], one id per row of dy */
void qp_gather_rows(const int32_t *id, qp_matrix table, qp_real scale, const int32_t *position, qp_matrix offset,
                    qp_matrix y);
void qp_scatter_add_rows(const int32_t *id, qp_real scale, qp_matrix dy, qp_matrix table);

/* qp_cross_entropy_rows — with p = softmax(logits[r]), y = target[r], e = smoothing, C = classes, w = weight or 1:
 *   loss[r] = (1-e)*(-w[y] log p[y]) + e/C * sum_c(-w[c] log p[c]);   0 where target[r] < 0
 *   dlogits[r] = row_scale[r] * d loss[r]/d logits[r], row_scale NULL: 1
 * logits   [rows, classes];  loss [rows]
 * dlogits  [rows, classes], may be logits itself; value NULL: not wanted */
typedef struct {
    const int32_t *target;    /* [rows] */
    qp_real smoothing;        /* in [0, 1] */
    const qp_real *weight;    /* [classes] or NULL */
    const qp_real *row_scale; /* [rows] or NULL */
} qp_cross_entropy_terms;
void qp_cross_entropy_rows(qp_matrix logits, const qp_cross_entropy_terms *terms, qp_real *loss, qp_matrix dlogits);

/* qp_top_rows — columns of the k largest elements of each row, largest first, ties to the lower column.
 * index  [rows, k]
 * Time   O(columns) per row for small k, at most O(columns log k). */
void qp_top_rows(qp_matrix x, int k, int32_t *index);

/* Rows of a matrix chosen by a list.
 * qp_dot_rows  y[j] = scale * x . row j, x [n]
 * qp_mix_rows  y = sum over j of weight[j] * row j, y [n]
 * The bits of a row's product depend on that row and x alone. */
void qp_dot_rows(int n, const qp_real *x, const qp_listed_rows *rows, qp_real scale, qp_real *y);
void qp_mix_rows(int n, const qp_listed_rows *rows, const qp_real *weight, qp_real *y);

#endif
