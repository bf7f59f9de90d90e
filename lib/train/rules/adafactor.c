/* adafactor — stores the mean squared gradient of a matrix as one number per row and one per column
 *   b = 1 - t^-decay                                   s = g^2 + eps
 *   R_i = b R_i + (1-b) mean_j s_ij                    C_j = b C_j + (1-b) mean_i s_ij
 *   u_ij = g_ij / sqrt(R_i C_j / mean_i R_i)           vectors: v = b v + (1-b) s, u = g / sqrt(v)
 *   u = u / max(1, rms(u)/clip)                        a = max(least, rms(w)) * min(lr, t^-1/2)
 *   w = w (1 - lr*weight_decay) - a u
 * decay, eps, least, clip: adafactor_decay (0.8), adafactor_eps (1e-30), adafactor_least (1e-3), adafactor_clip (1).
 * There is no first moment. The state of a matrix is R [rows], then C [columns]; that of a vector is v.
 * Source  Shazeer & Stern 2018 (their rate: the smaller of 0.01 and t^-1/2). */

#include <math.h>

#include "lib/train/rules/update_rule.h"

enum { CHUNK = QP_RULE_CHUNK };

/* One parameter during one update. */
typedef struct {
    const qp_optimizer_span *span;
    const qp_span_update *update;
    double least_square;
    double keep;           /* b */
    double mean_row;       /* of R */
    qp_real *row, *column; /* R, C; a vector: row NULL, column = v */
    qp_real *weight;
} factored;

/* Loads the gradients of row r from column `first`, one chunk at most; returns how many. */
static int load(const factored *f, int r, int first, int end, qp_real *g)
{
    int n = end - first < CHUNK ? end - first : CHUNK;
    size_t at = (size_t)r * (size_t)f->span->columns + (size_t)first;
    f->update->gradient(f->update->context, f->span->offset + at, (size_t)n, f->span->decay, g);
    return n;
}

static void decay_mean(const factored *f, qp_real *mean, double fresh)
{
    *mean = (qp_real)(f->keep * (double)*mean + (1 - f->keep) * fresh);
}

static void update_rows(const factored *f, int threads)
{
    int columns = f->span->columns;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < f->span->rows; r++) {
        qp_real g[CHUNK];
        double sum = 0;
        for (int c = 0, n; c < columns; c += n) {
            n = load(f, r, c, columns, g);
            for (int i = 0; i < n; i++) sum += (double)g[i] * (double)g[i] + f->least_square;
        }
        decay_mean(f, &f->row[r], sum / columns);
    }
}

/* Chunks of columns in parallel; each adds up its rows in order. */
static void update_columns(const factored *f, int threads)
{
    int columns = f->span->columns, rows = f->span->rows, chunks = (columns + CHUNK - 1) / CHUNK;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int k = 0; k < chunks; k++) {
        qp_real g[CHUNK];
        double sum[CHUNK] = {0};
        int n = 0;
        for (int r = 0; r < rows; r++) {
            n = load(f, r, k * CHUNK, columns, g);
            for (int i = 0; i < n; i++) sum[i] += (double)g[i] * (double)g[i] + f->least_square;
        }
        for (int i = 0; i < n; i++) decay_mean(f, &f->column[k * CHUNK + i], sum[i] / rows);
    }
}

static double step_of(const factored *f, int r, int c, qp_real g)
{
    double v = (double)f->column[c];
    if (f->row) v *= (double)f->row[r] / f->mean_row;
    return (double)g / sqrt(v);
}

/* Root mean squares of the step and of the weights: sums of each row, then over the rows in order. */
static void measure_rms(const factored *f, double *scratch, int threads, double *step_rms, double *weight_rms)
{
    int columns = f->span->columns, rows = f->span->rows;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < rows; r++) {
        qp_real g[CHUNK];
        double steps = 0, weights = 0;
        for (int c = 0, n; c < columns; c += n) {
            n = load(f, r, c, columns, g);
            for (int i = 0; i < n; i++) {
                double u = step_of(f, r, c + i, g[i]),
                       w = (double)f->weight[(size_t)r * (size_t)columns + (size_t)(c + i)];
                steps += u * u;
                weights += w * w;
            }
        }
        scratch[2 * (ptrdiff_t)r] = steps;
        scratch[2 * (ptrdiff_t)r + 1] = weights;
    }
    double steps = 0, weights = 0, count = (double)rows * columns;
    for (int r = 0; r < rows; r++) {
        steps += scratch[2 * (ptrdiff_t)r];
        weights += scratch[2 * (ptrdiff_t)r + 1];
    }
    *step_rms = sqrt(steps / count);
    *weight_rms = sqrt(weights / count);
}

static void apply_step(const factored *f, double rate, double keep, int threads)
{
    int columns = f->span->columns;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < f->span->rows; r++) {
        qp_real g[CHUNK], *w = f->weight + (size_t)r * (size_t)columns;
        for (int c = 0, n; c < columns; c += n) {
            n = load(f, r, c, columns, g);
            for (int i = 0; i < n; i++)
                w[c + i] = (qp_real)(keep * (double)w[c + i] - rate * step_of(f, r, c + i, g[i]));
        }
    }
}

static void update_adafactor(const qp_span_update *u)
{
    const qp_optimizer_span *span = u->span;
    const qp_optimizer_config *config = u->config;
    bool matrix = span->rows > 1 && span->columns > 1;
    qp_optimizer_span flat = *span; /* a single column is a vector too */
    if (!matrix) flat.rows = 1, flat.columns = span->rows * span->columns;
    factored f = {.span = &flat, .update = u, .least_square = config->adafactor_eps, .weight = u->weight};
    f.keep = 1 - pow((double)u->t, -config->adafactor_decay);
    f.row = matrix ? u->state[0] : NULL;
    f.column = matrix ? u->state[0] + span->rows : u->state[0];
    if (matrix) update_rows(&f, u->threads);
    update_columns(&f, u->threads);
    for (int r = 0; matrix && r < span->rows; r++) f.mean_row += (double)f.row[r] / span->rows;
    double step_rms, weight_rms, rate = fmin(u->lr, 1 / sqrt((double)u->t));
    measure_rms(&f, u->row_sums, u->threads, &step_rms, &weight_rms);
    apply_step(&f, rate * fmax(config->adafactor_least, weight_rms) / fmax(1, step_rms / config->adafactor_clip),
               span->decay ? 1 - u->lr * config->weight_decay : 1, u->threads);
}

const qp_rule qp_rule_adafactor = {.states = 1,
                                   .state_name = {"factored_square_mean"},
                                   .update_span = update_adafactor,
                                   .decay = QP_DECAY_INSIDE,
                                   .sparse_state = true};
