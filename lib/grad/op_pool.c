#include "lib/grad/op_pool.h"

#include "lib/tensor/pointwise.h"

/* Frame f reads rows source[first[f] .. first[f+1]-1]; -1 is padding. */
typedef struct {
    qp_tensor x, y;
    const int32_t *source, *first;
    int32_t *best;  /* maximum: the row of each element; NULL: mean */
    qp_real *share; /* mean: 1/divisor of each frame */
} pool_context;

/* maximum: dx[best] += dy     mean: dx[row] += dy/divisor for every row of the frame */
static void pool_back(qp_tape *tape, void *context)
{
    const pool_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real *dx = qp_tape_grad_zeroed(tape, c->x);
    if (!dx) return;
    for (int f = 0; f < c->y.rows; f++) {
        const qp_real *up = dy + (ptrdiff_t)f * c->y.stride;
        for (int k = 0; c->best && k < c->y.columns; k++) {
            int32_t row = c->best[(ptrdiff_t)f * c->y.columns + k];
            if (row >= 0) dx[(ptrdiff_t)row * c->x.stride + k] += up[k];
        }
        for (int32_t j = c->first[f]; !c->best && j < c->first[f + 1]; j++)
            if (c->source[j] >= 0)
                qp_scale_add((size_t)c->y.columns, c->share[f], up, 1, dx + (ptrdiff_t)c->source[j] * c->x.stride);
    }
}

static void pool_max(const pool_context *c, int f)
{
    qp_real *y = qp_tensor_row(c->y, f);
    int32_t *best = c->best + (ptrdiff_t)f * c->y.columns;
    for (int k = 0; k < c->y.columns; k++) {
        y[k] = 0;
        best[k] = -1;
    }
    for (int32_t j = c->first[f]; j < c->first[f + 1]; j++) {
        int32_t row = c->source[j];
        const qp_real *x = row < 0 ? NULL : qp_tensor_row(c->x, row);
        for (int k = 0; x && k < c->y.columns; k++)
            if (best[k] < 0 || x[k] > y[k]) {
                y[k] = x[k];
                best[k] = row;
            }
    }
}

static void pool_mean(const pool_context *c, int f, bool count_padding)
{
    qp_real *y = qp_tensor_row(c->y, f);
    int real = 0;
    for (int k = 0; k < c->y.columns; k++) y[k] = 0;
    for (int32_t j = c->first[f]; j < c->first[f + 1]; j++) {
        if (c->source[j] < 0) continue;
        real++;
        qp_scale_add((size_t)c->y.columns, 1, qp_tensor_row(c->x, c->source[j]), 1, y);
    }
    int divisor = count_padding ? c->first[f + 1] - c->first[f] : real;
    c->share[f] = divisor > 0 ? 1 / (qp_real)divisor : 0;
    for (int k = 0; k < c->y.columns; k++) y[k] *= c->share[f];
}

static qp_tensor pool(qp_tape *tape, qp_tensor x, int frames, const int32_t *source, const int32_t *first,
                      qp_pool_kind kind, bool count_padding)
{
    pool_context c = {.x = x, .source = source, .first = first};
    c.y = qp_tape_tensor(tape, frames, x.columns);
    if (kind == QP_POOL_MAX)
        c.best = qp_tape_memory(tape, (size_t)frames * (size_t)x.columns * sizeof *c.best);
    else
        c.share = qp_tape_memory(tape, (size_t)frames * sizeof *c.share);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int f = 0; f < frames; f++) {
        if (kind == QP_POOL_MAX)
            pool_max(&c, f);
        else
            pool_mean(&c, f, count_padding);
    }
    qp_tape_record(tape, c.y, pool_back, &c, sizeof c);
    return c.y;
}

qp_tensor qp_pool(qp_tape *tape, qp_tensor x, qp_sequences s, qp_pool_kind kind, const qp_window *window,
                  bool count_padding, qp_sequences *frames)
{
    qp_frames made = qp_window_frames(tape, window, x.rows, s);
    int32_t *first = qp_tape_memory(tape, ((size_t)made.count + 1) * sizeof *first);
    if (!first) return (qp_tensor){0};
    for (int f = 0; f <= made.count; f++) first[f] = f * window->size;
    if (frames) *frames = made.sequences;
    return pool(tape, x, made.count, made.source, first, kind, count_padding);
}

qp_tensor qp_pool_sequence(qp_tape *tape, qp_tensor x, qp_sequences s, qp_pool_kind kind)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    int64_t rows = 0;
    for (int i = 0; i < s.count; i++) {
        int length = qp_sequence_length(s, i);
        if (s.start[i] < 0 || length < 0 || length > x.rows - s.start[i])
            return qp_tape_fail(tape, QP_ESHAPE, "pool: sequence of %d rows from %d in %d rows", length, s.start[i],
                                x.rows);
        rows += length;
    }
    if (rows > INT32_MAX) return qp_tape_fail(tape, QP_ESHAPE, "pool: %lld rows", (long long)rows);
    int32_t *first = qp_tape_memory(tape, ((size_t)s.count + 1) * sizeof *first), at = 0;
    int32_t *source = qp_tape_memory(tape, (size_t)rows * sizeof *source);
    if (!first || !source) return (qp_tensor){0};
    for (int i = 0; i < s.count; i++) {
        first[i] = at;
        for (int j = 0; j < qp_sequence_length(s, i); j++) source[at++] = s.start[i] + j;
    }
    first[s.count] = at;
    return pool(tape, x, s.count, source, first, kind, false);
}
