/* muon — the step of a matrix is orthogonalised by a Newton-Schulz iteration
 *   m = momentum*m + (1-momentum) g;   u = momentum*m + (1-momentum) g (muon_nesterov) or m
 *   matrices: u = N(u) * sqrt(max(1, rows/columns));   w -= lr u
 *   N: x = u / max(|u|, 1e-7), then muon_steps times M = x x', x = 3.4445 x + (-4.775 M + 2.0315 M M) x, which brings
 *   every singular value near 1; a tall x takes M = x' x and multiplies from the right.
 * Cost    muon_steps * 2 products of the parameter with a square matrix, on top of one update.
 * Source  Jordan et al. 2024 (they leave embeddings to adam; here all matrices take part). */

#include <math.h>
#include <string.h>

#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"
#include "lib/train/rules/update_rule.h"

enum { BLOCK = 128 };
static const qp_real first_power = (qp_real)3.4445, third_power = (qp_real)-4.775, fifth_power = (qp_real)2.0315;

/* C = beta*C + alpha op(A) op(B) in blocks of rows of C, each computed by one thread, so that the bits do not depend on
 * the number of threads. */
static void product(int threads, qp_gemm_form form, qp_real alpha, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < c.rows; r += BLOCK) {
        const int rows = c.rows - r < BLOCK ? c.rows - r : BLOCK;
        const bool transpose = form == QP_ATB || form == QP_ATBT;
        const qp_matrix part = transpose ? qp_matrix_of(a.value + r, a.rows, rows, a.stride)
                                         : qp_matrix_rows(a, r, rows);
        qp_gemm(form, alpha, part, b, beta, qp_matrix_rows(c, r, rows));
    }
}

static size_t scratch_of(const qp_optimizer_span *span)
{
    size_t rows = (size_t)span->rows, columns = (size_t)span->columns, least = rows < columns ? rows : columns;
    return 2 * rows * columns + 2 * least * least;
}

/* N(u) of u [rows, columns] at the start of the scratch; returns the result, in one of its first two blocks. */
static qp_real *orthogonalise(const qp_span_update *u, double norm)
{
    int rows = u->span->rows, columns = u->span->columns, least = rows < columns ? rows : columns;
    size_t count = (size_t)rows * (size_t)columns, square = (size_t)least * (size_t)least;
    bool tall = rows > columns;
    qp_matrix x = qp_matrix_dense(u->scratch, rows, columns), next = qp_matrix_dense(x.value + count, rows, columns);
    qp_matrix gram = qp_matrix_dense(next.value + count, least, least);
    qp_matrix mix = qp_matrix_dense(gram.value + square, least, least);
    qp_real scale = (qp_real)(1 / fmax(norm, 1e-7));
    for (size_t i = 0; i < count; i++) x.value[i] *= scale;
    for (int step = 0; step < u->config->muon_steps; step++) {
        product(u->threads, tall ? QP_ATB : QP_ABT, 1, x, x, 0, gram);
        memcpy(mix.value, gram.value, square * sizeof *mix.value);
        product(u->threads, QP_AB, fifth_power, gram, gram, third_power, mix);
        memcpy(next.value, x.value, count * sizeof *next.value);
        product(u->threads, QP_AB, 1, tall ? x : mix, tall ? mix : x, first_power, next);
        qp_real *old = x.value;
        x.value = next.value;
        next.value = old;
    }
    return x.value;
}

/* Updates m and writes u to the scratch; returns |u|. */
static double update_momentum(const qp_span_update *u)
{
    int columns = u->span->columns, rows = u->span->rows;
    qp_real momentum = (qp_real)u->config->momentum, fresh = 1 - momentum;
    double sum = 0;
#pragma omp parallel for schedule(static) num_threads(u->threads)
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * (size_t)columns;
        qp_real *m = u->state[0] + at, *step = u->scratch + at;
        u->gradient(u->context, u->span->offset + at, (size_t)columns, u->span->decay, step);
        for (int c = 0; c < columns; c++) {
            m[c] = momentum * m[c] + fresh * step[c];
            step[c] = u->config->muon_nesterov ? fresh * step[c] + momentum * m[c] : m[c];
        }
        u->row_sums[r] = qp_sum_squares((size_t)columns, step);
    }
    for (int r = 0; r < rows; r++) sum += u->row_sums[r];
    return sqrt(sum);
}

static void update_muon(const qp_span_update *u)
{
    int rows = u->span->rows, columns = u->span->columns;
    double norm = update_momentum(u), scale = 1;
    qp_real *step = u->scratch;
    if (u->span->matrix) {
        step = orthogonalise(u, norm);
        scale = sqrt(fmax(1, (double)rows / columns));
    }
    qp_scale_add((size_t)rows * (size_t)columns, (qp_real)(-u->lr * scale), step, 1, u->weight);
}

const qp_rule qp_rule_muon = {.states = 1,
                              .state_name = {"mean"},
                              .update_span = update_muon,
                              .scratch = scratch_of,
                              .decay = QP_DECAY_DECOUPLED};
