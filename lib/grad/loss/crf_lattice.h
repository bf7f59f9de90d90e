#ifndef QP_CRF_LATTICE_H
#define QP_CRF_LATTICE_H

#include <stdint.h>

#include "lib/tensor/tensor.h"

/* crf_lattice — one sequence of a linear-chain conditional random field: T rows of emissions e [T, K] and
 *
 *   score(y) = start[y_0] + sum_t e[t, y_t] + sum_{t>0} transitions[y_{t-1}, y_t] + end[y_{T-1}]
 *
 * Recursions run in double: a row's sum of exponentials is a vector times exp(transitions - their highest); where that
 * product has left the range of double (transitions as good as forbidden) the sum is made again from its logarithms.
 * Sums go in ascending order of labels, so equal input gives equal bits.
 * tag     [T] labels that are known (-1: not); the sums then run over the sequences that agree with them. NULL: over all
 * alpha, beta  [T, K], the caller's; what belongs to a label that `tag` rules out is left as it is
 * Source  Lafferty, McCallum & Pereira 2001; known in part: Tsuboi et al. 2008. */

/* Weights. start and end may be empty (value NULL): zeros. */
typedef struct {
    qp_tensor transitions, start, end; /* [K, K] from a row to a column; [1, K]; [1, K] */
} qp_crf;

typedef struct {
    qp_crf crf;
    int labels;
    double highest;                          /* of the transitions */
    double *relative, *from, *to, *expected; /* exp(transitions - highest) [K, K]; scratch of K, K, K */
} qp_crf_lattice;

/* qp_crf_lattice_doubles — how many doubles of memory qp_crf_lattice_init needs for K labels. */
size_t qp_crf_lattice_doubles(int labels);
void qp_crf_lattice_init(qp_crf_lattice *lattice, const qp_crf *crf, double *memory);

/* qp_crf_forward   alpha[t, j] = log sum over y_0 .. y_t = j of exp(score so far); returns log sum over all y, T > 0.
 * qp_crf_backward  beta[t, i] = log sum over y_{t+1} .. of exp(score from behind row t, given y_t = i). */
double qp_crf_forward(const qp_crf_lattice *lattice, qp_tensor emissions, const int32_t *tag, double *alpha);
void qp_crf_backward(const qp_crf_lattice *lattice, qp_tensor emissions, const int32_t *tag, double *beta);

/* qp_crf_marginal — P(y_t = j) from what the two have left; total: what forward returned. */
double qp_crf_marginal(int labels, const double *alpha, const double *beta, double total, int t, int j);

/* qp_crf_pair_counts — pair[i, j] += factor * sum over t > 0 of P(y_{t-1} = i, y_t = j).        pair [K, K] */
void qp_crf_pair_counts(const qp_crf_lattice *lattice, qp_tensor emissions, const int32_t *tag, const double *alpha,
                        const double *beta, double total, double factor, double *pair);

/* qp_crf_viterbi — the y of the highest score into label [T]; among equals the lower label at the last row where they
 * differ. best [T, K]: memory; returns the score, 0 for no row.
 *   Source  Viterbi 1967. */
double qp_crf_viterbi(const qp_crf *crf, qp_tensor emissions, double *best, int32_t *label);

#endif
