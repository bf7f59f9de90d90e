#ifndef QP_CRF_LATTICE_H
#define QP_CRF_LATTICE_H

#include <stdint.h>

#include "lib/tensor/tensor.h"

/* crf_lattice — one sequence of a linear-chain conditional random field with K labels: T rows of emissions e [T, K] and
 *
 *   score(y) = start[y_0] + sum_t e[t, y_t] + sum_{t>0} transitions[y_{t-1}, y_t] + end[y_{T-1}]
 *
 * The recursions run in double: a row's sums of exponentials are a vector times exp(transitions - their maximum). Where
 * such a sum underflows (transitions that are all but forbidden) it is recomputed from logarithms. Sums are in
 * ascending order of labels, so equal input gives equal bits.
 * tag          [T] known labels, -1: unknown; sums are then over the y that agree with them. NULL: over all y
 * alpha, beta  [T, K], the caller's memory; elements of labels that `tag` rules out are not written
 * Source  Lafferty, McCallum & Pereira 2001; partly known tags: Tsuboi et al. 2008. */

/* The weights. start and end may be empty (value NULL): zeros. */
typedef struct {
    qp_tensor transitions, start, end; /* [K, K], row: from, column: to; [1, K]; [1, K] */
} qp_crf;

typedef struct {
    qp_crf crf;
    int labels;
    double highest;                          /* the largest transition */
    double *relative, *from, *to, *expected; /* exp(transitions - highest) [K, K]; scratch of K, K, K */
} qp_crf_lattice;

/* qp_crf_lattice_doubles — the doubles of memory that qp_crf_lattice_init needs for K labels. */
size_t qp_crf_lattice_doubles(int labels);
void qp_crf_lattice_init(qp_crf_lattice *lattice, const qp_crf *crf, double *memory);

/* qp_crf_forward   alpha[t, j] = log sum over y_0 .. y_t = j of exp(score so far); returns log sum over all y; T > 0
 * qp_crf_backward  beta[t, i] = log sum over y_{t+1} .. y_{T-1} of exp(score after row t, given y_t = i) */
double qp_crf_forward(const qp_crf_lattice *lattice, qp_tensor emissions, const int32_t *tag, double *alpha);
void qp_crf_backward(const qp_crf_lattice *lattice, qp_tensor emissions, const int32_t *tag, double *beta);

/* qp_crf_tables — the results of both recursions; total is what qp_crf_forward returned. */
typedef struct {
    const double *alpha, *beta;
    double total;
} qp_crf_tables;

/* qp_crf_marginal — P(y_t = j) = exp(alpha[t, j] + beta[t, j] - total). */
double qp_crf_marginal(int labels, const qp_crf_tables *tables, int t, int j);

/* qp_crf_pair_counts — pair[i, j] += factor * sum over t > 0 of P(y_{t-1} = i, y_t = j), pair [K, K]. */
void qp_crf_pair_counts(const qp_crf_lattice *lattice, qp_tensor emissions, const int32_t *tag,
                        const qp_crf_tables *tables, double factor, double *pair);

/* qp_crf_viterbi — the y with the highest score; among equals the one with the lower label at the last row where they
 * differ.
 * best     [T, K]: scratch
 * label    [T]: receives y
 * returns  the score; 0 if there is no row
 * Source   Viterbi 1967. */
double qp_crf_viterbi(const qp_crf *crf, qp_tensor emissions, double *best, int32_t *label);

#endif
