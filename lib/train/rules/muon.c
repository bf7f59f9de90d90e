#include <math.h>
#include <string.h>

#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"
#include "lib/train/rules/update_rules.h"

/* muon — the rule whose step is an orthogonal matrix
 *   m = momentum*m + (1-momentum) g;   u = momentum*m + (1-momentum) g (muon_nesterov) or m
 *   matrices: u = N(u) * sqrt(max(1, rows/columns));   w -= lr u
 *   N: x = u / max(|u|, 1e-7), then muon_steps times M = x x', x = 3.4445 x + (-4.775 M + 2.0315 M M) x, which brings
 *   every singular value near 1; a tall x takes M = x' x from the right.
 * Cost  muon_steps * 2 products of the parameter with a square matrix, beside one update.
 * Source  Jordan et al. 2024 (they leave tables of embeddings to adam; here all matrices take part). */

enum { BLOCK = 128 };
static const qp_real first_power = (qp_real)3.4445, third_power = (qp_real)-4.775, fifth_power = (qp_real)2.0315;

/* C = beta*C + alpha op(A) B in blocks of rows of C, each by one thread: the same blocks with any number of them. */
static void product(int threads, bool transpose, int m, int n, int k, qp_real alpha, const qp_real *a, int a_stride,
                    bool transpose_b, const qp_real *b, int b_stride, qp_real beta, qp_real *c, int c_stride)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < m; r += BLOCK)
        qp_gemm(transpose, transpose_b, m - r < BLOCK ? m - r : BLOCK, n, k, alpha,
                transpose ? a + r : a + (ptrdiff_t)r * a_stride, a_stride, b, b_stride, beta,
                c + (ptrdiff_t)r * c_stride, c_stride);
}

static size_t scratch_of(const qp_optimizer_span *span)
{
    size_t rows = (size_t)span->rows, columns = (size_t)span->columns, least = rows < columns ? rows : columns;
    return 2 * rows * columns + 2 * least * least;
}

/* N of u [rows, columns], which is the first of the scratch; the result is in either of its two halves. */
static qp_real *orthogonalise(const qp_span_update *u, double norm)
{
    int rows = u->span->rows, columns = u->span->columns, least = rows < columns ? rows : columns;
    size_t count = (size_t)rows * (size_t)columns, square = (size_t)least * (size_t)least;
    qp_real *x = u->scratch, *next = x + count, *gram = next + count, *mix = gram + square;
    bool tall = rows > columns;
    qp_real scale = (qp_real)(1 / fmax(norm, 1e-7));
    for (size_t i = 0; i < count; i++) x[i] *= scale;
    for (int step = 0; step < u->config->muon_steps; step++) {
        product(u->threads, tall, least, least, tall ? rows : columns, 1, x, columns, !tall, x, columns, 0, gram,
                least);
        memcpy(mix, gram, square * sizeof *mix);
        product(u->threads, false, least, least, least, fifth_power, gram, least, false, gram, least, third_power, mix,
                least);
        memcpy(next, x, count * sizeof *next);
        if (tall)
            product(u->threads, false, rows, columns, columns, 1, x, columns, false, mix, least, first_power, next,
                    columns);
        else
            product(u->threads, false, rows, columns, rows, 1, mix, least, false, x, columns, first_power, next,
                    columns);
        qp_real *old = x;
        x = next;
        next = old;
    }
    return x;
}

/* m, and u into the scratch; returns |u|. */
static double follow(const qp_span_update *u)
{
    int columns = u->span->columns, rows = u->span->rows;
    qp_real memory = (qp_real)u->config->momentum, fresh = 1 - memory;
    double sum = 0;
#pragma omp parallel for schedule(static) num_threads(u->threads)
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * (size_t)columns;
        qp_real *m = u->state[0] + at, *way = u->scratch + at;
        u->gradient(u->context, u->span->offset + at, (size_t)columns, u->span->decay, way);
        for (int c = 0; c < columns; c++) {
            m[c] = memory * m[c] + fresh * way[c];
            way[c] = u->config->muon_nesterov ? fresh * way[c] + memory * m[c] : m[c];
        }
        u->row_sums[r] = qp_sum_squares((size_t)columns, way);
    }
    for (int r = 0; r < rows; r++) sum += u->row_sums[r];
    return sqrt(sum);
}

static void update_muon(const qp_span_update *u)
{
    int rows = u->span->rows, columns = u->span->columns;
    double norm = follow(u), scale = 1;
    qp_real *way = u->scratch;
    if (u->span->matrix) {
        way = orthogonalise(u, norm);
        scale = sqrt(fmax(1, (double)rows / columns));
    }
    qp_scale_add((size_t)rows * (size_t)columns, (qp_real)(-u->lr * scale), way, 1, u->weight);
}

const qp_rule qp_rule_muon = {.states = 1,
                              .state_name = {"mean"},
                              .update_span = update_muon,
                              .scratch = scratch_of,
                              .decay = QP_DECAY_DECOUPLED};
