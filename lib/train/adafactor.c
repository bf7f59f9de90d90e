#include "lib/train/adafactor.h"

#include <math.h>

enum { CHUNK = 2048 };

static const double least_square = 1e-30, least_rms = 1e-3;

/* One parameter during one update. */
typedef struct {
    const qp_optimizer_span *span;
    qp_adafactor_gradient *gradient;
    const void *context;
    double keep;           /* b */
    double mean_row;       /* of R */
    qp_real *row, *column; /* R, C; a vector: row NULL, column = v */
    qp_real *weight;
} factored;

/* The gradients of row r from column `first` on; returns how many were loaded. */
static int load(const factored *f, int r, int first, int end, qp_real *g)
{
    int n = end - first < CHUNK ? end - first : CHUNK;
    size_t at = (size_t)r * (size_t)f->span->columns + (size_t)first;
    f->gradient(f->context, f->span->offset + at, (size_t)n, f->span->decay, g);
    return n;
}

static void follow(const factored *f, qp_real *mean, double fresh)
{
    *mean = (qp_real)(f->keep * (double)*mean + (1 - f->keep) * fresh);
}

static void follow_rows(const factored *f, int threads)
{
    int columns = f->span->columns;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < f->span->rows; r++) {
        qp_real g[CHUNK];
        double sum = 0;
        for (int c = 0, n; c < columns; c += n) {
            n = load(f, r, c, columns, g);
            for (int i = 0; i < n; i++) sum += (double)g[i] * (double)g[i] + least_square;
        }
        follow(f, &f->row[r], sum / columns);
    }
}

/* Columns in chunks; each chunk goes down all rows in order. */
static void follow_columns(const factored *f, int threads)
{
    int columns = f->span->columns, rows = f->span->rows, chunks = (columns + CHUNK - 1) / CHUNK;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int k = 0; k < chunks; k++) {
        qp_real g[CHUNK];
        double sum[CHUNK] = {0};
        int n = 0;
        for (int r = 0; r < rows; r++) {
            n = load(f, r, k * CHUNK, columns, g);
            for (int i = 0; i < n; i++) sum[i] += (double)g[i] * (double)g[i] + least_square;
        }
        for (int i = 0; i < n; i++) follow(f, &f->column[k * CHUNK + i], sum[i] / rows);
    }
}

static double step_of(const factored *f, int r, int c, qp_real g)
{
    double v = (double)f->column[c];
    if (f->row) v *= (double)f->row[r] / f->mean_row;
    return (double)g / sqrt(v);
}

/* Sums of squares of the steps and of the weights, row by row, then in order. */
static void lengths(const factored *f, double *scratch, int threads, double *step_rms, double *weight_rms)
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
        scratch[2 * r] = steps;
        scratch[2 * r + 1] = weights;
    }
    double steps = 0, weights = 0, count = (double)rows * columns;
    for (int r = 0; r < rows; r++) {
        steps += scratch[2 * r];
        weights += scratch[2 * r + 1];
    }
    *step_rms = sqrt(steps / count);
    *weight_rms = sqrt(weights / count);
}

static void move(const factored *f, double rate, int threads)
{
    int columns = f->span->columns;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int r = 0; r < f->span->rows; r++) {
        qp_real g[CHUNK], *w = f->weight + (size_t)r * (size_t)columns;
        for (int c = 0, n; c < columns; c += n) {
            n = load(f, r, c, columns, g);
            for (int i = 0; i < n; i++) w[c + i] -= (qp_real)(rate * step_of(f, r, c + i, g[i]));
        }
    }
}

void qp_adafactor_update(const qp_optimizer_span *span, int64_t t, double lr, qp_adafactor_gradient *gradient,
                         const void *context, qp_real *state, qp_real *weight, double *scratch, int threads)
{
    if (span->rows < 1 || span->columns < 1) return;
    bool matrix = span->rows > 1 && span->columns > 1;
    qp_optimizer_span flat = *span; /* a column is a vector too */
    if (!matrix)
        flat = (qp_optimizer_span){
            .offset = span->offset, .rows = 1, .columns = span->rows * span->columns, .decay = span->decay};
    factored f = {.span = &flat, .gradient = gradient, .context = context, .weight = weight};
    f.keep = 1 - pow((double)t, -0.8);
    f.row = matrix ? state : NULL;
    f.column = matrix ? state + span->rows : state;
    if (matrix) follow_rows(&f, threads);
    follow_columns(&f, threads);
    for (int r = 0; matrix && r < span->rows; r++) f.mean_row += (double)f.row[r] / span->rows;
    double step_rms, weight_rms;
    lengths(&f, scratch, threads, &step_rms, &weight_rms);
    move(&f, lr * fmax(least_rms, weight_rms) / fmax(1, step_rms), threads);
}
