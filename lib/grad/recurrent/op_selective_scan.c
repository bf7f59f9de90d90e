#include "lib/grad/recurrent/op_selective_scan.h"

#include <math.h>
#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/pointwise.h"

/* loss[t, d, n] = exp(step A) - 1, what a state loses at row t; state[t, d, n] = h_t. Without gradients both have room
 * for one row. */
typedef struct {
    qp_scan w;
    int channels, states;
    bool kept;       /* every row of loss and state is kept */
    qp_real *a;      /* [D, N] A */
    qp_real *step;   /* [rows, D] */
    qp_real *loss, *state;
    qp_tensor y, last;
} scan_context;

static size_t width_of(const scan_context *s) { return (size_t)s->channels * (size_t)s->states; }

static qp_real *at_row(const scan_context *s, qp_real *all, int row)
{
    return s->kept ? all + (size_t)row * width_of(s) : all;
}

static qp_real silu(qp_real x) { return x / (1 + (qp_real)exp((double)-x)); }

/* h of the sequence before its first row; NULL: zeros */
static const qp_real *first_state(const scan_context *s, int sequence)
{
    return s->w.first.value ? qp_tensor_row(s->w.first, sequence) : NULL;
}

/* ---- forward ---- */

/* loss of row r. elu(v) = exp(v) - 1 for the negative v here. */
static void lose(const scan_context *s, int r, qp_real *loss)
{
    const qp_real *step = s->step + (size_t)r * (size_t)s->channels;
    const size_t states = (size_t)s->states;
    for (int d = 0; d < s->channels; d++)
        qp_scale_add(states, step[d], s->a + (size_t)d * states, 0, loss + (size_t)d * states);
    qp_activate(QP_ELU, width_of(s), loss, 1, loss);
}

/* h = h_before + loss * h_before + step b x, and y of the row */
static void advance(const scan_context *s, int r, const qp_real *before, const qp_real *loss, qp_real *h)
{
    const qp_real *x = qp_tensor_row(s->w.x, r), *b = qp_tensor_row(s->w.b, r), *c = qp_tensor_row(s->w.c, r);
    const qp_real *step = s->step + (size_t)r * (size_t)s->channels;
    qp_real *y = qp_tensor_row(s->y, r);
    for (int d = 0; d < s->channels; d++) {
        const size_t place = (size_t)d * (size_t)s->states;
        const qp_real drive = step[d] * x[d];
        qp_real sum = s->w.skip.value[d] * x[d];
        for (int n = 0; n < s->states; n++) {
            const qp_real old = before ? before[place + (size_t)n] : 0;
            h[place + (size_t)n] = old + loss[place + (size_t)n] * old + drive * b[n];
        }
        for (int n = 0; n < s->states; n++) sum += c[n] * h[place + (size_t)n];
        y[d] = s->w.z.value ? sum * silu(qp_tensor_row(s->w.z, r)[d]) : sum;
    }
}

static void run(const scan_context *s)
{
    for (int i = 0; i < s->w.s.count; i++) {
        const qp_real *before = first_state(s, i);
        for (int r = s->w.s.start[i]; r < s->w.s.start[i + 1]; r++) {
            qp_real *loss = at_row(s, s->loss, r), *h = at_row(s, s->state, r);
            lose(s, r, loss);
            advance(s, r, before, loss, h);
            before = h;
        }
        if (!s->last.value) continue;
        if (before)
            memcpy(qp_tensor_row(s->last, i), before, width_of(s) * sizeof *before);
        else
            memset(qp_tensor_row(s->last, i), 0, width_of(s) * sizeof *before);
    }
}

static void make_steps(const scan_context *s)
{
    for (int r = 0; r < s->w.x.rows; r++) {
        qp_real *step = s->step + (size_t)r * (size_t)s->channels;
        for (int d = 0; d < s->channels; d++) step[d] = qp_tensor_row(s->w.dt, r)[d] + s->w.dt_bias.value[d];
        qp_activate(QP_SOFTPLUS, (size_t)s->channels, step, 0, step);
    }
    for (size_t i = 0; i < width_of(s); i++) s->a[i] = -(qp_real)exp((double)s->w.a_log.value[i]);
}

/* ---- backward ---- */

/* Gradients in the layout of their tensors, all added to; NULL: not wanted. */
typedef struct {
    qp_real *x, *dt, *b, *c, *z, *a_log, *skip, *dt_bias;
    qp_real *dh; /* [D, N] dL/dh_t, then dL/dh_{t-1} */
} scan_gradients;

/* The part of one channel of one row, with up = dL/d(sum c h + skip x), a = 1 + loss, drive = step x:
 *   dh += up c          dc += up h            dskip += up x       dx = up skip + step sum dh b
 *   dstep = sum dh h_before a A + x sum dh b                      db += dh drive
 *   da_log += dh h_before a step A            dh_before = dh a
 *   ddt = ddt_bias = dstep sigmoid(dt + dt_bias) = dstep (1 - exp(-step)) */
static void channel_back(const scan_context *s, const scan_gradients *g, int r, int d, qp_real up,
                         const qp_real *before)
{
    const size_t place = (size_t)d * (size_t)s->states;
    const qp_real x = qp_tensor_row(s->w.x, r)[d], step = s->step[(size_t)r * (size_t)s->channels + (size_t)d];
    const qp_real *b = qp_tensor_row(s->w.b, r), *c = qp_tensor_row(s->w.c, r);
    const qp_real *h = at_row(s, s->state, r) + place, *loss = at_row(s, s->loss, r) + place, *a = s->a + place;
    qp_real *dh = g->dh + place, driven = 0, kept = 0;
    qp_real *db = g->b ? g->b + (ptrdiff_t)r * s->w.b.stride : NULL;
    qp_real *dc = g->c ? g->c + (ptrdiff_t)r * s->w.c.stride : NULL;
    for (int n = 0; n < s->states; n++) {
        const qp_real slope = dh[n] += up * c[n], old = before ? before[place + (size_t)n] : 0;
        const qp_real through = slope * (1 + loss[n]), change = through * old * a[n];
        if (dc) dc[n] += up * h[n];
        if (db) db[n] += slope * step * x;
        if (g->a_log) g->a_log[place + (size_t)n] += change * step;
        driven += slope * b[n];
        kept += change;
        dh[n] = through;
    }
    const qp_real dstep = (kept + x * driven) * -(qp_real)expm1((double)-step);
    if (g->skip) g->skip[d] += up * x;
    if (g->x) g->x[(ptrdiff_t)r * s->w.x.stride + d] += up * s->w.skip.value[d] + step * driven;
    if (g->dt) g->dt[(ptrdiff_t)r * s->w.dt.stride + d] += dstep;
    if (g->dt_bias) g->dt_bias[d] += dstep;
}

/* y = v silu(z): dv = dy silu(z)     dz = dy v silu'(z),  silu'(z) = g (1 + z (1 - g)), g = sigmoid(z) */
static void row_back(const scan_context *s, const scan_gradients *g, int r, const qp_real *dy, const qp_real *before)
{
    for (int d = 0; d < s->channels; d++) {
        qp_real up = dy ? dy[(ptrdiff_t)r * s->y.stride + d] : 0;
        if (s->w.z.value) {
            const qp_real z = qp_tensor_row(s->w.z, r)[d], gate = 1 / (1 + (qp_real)exp((double)-z));
            const qp_real *c = qp_tensor_row(s->w.c, r), *h = at_row(s, s->state, r) + (size_t)d * (size_t)s->states;
            qp_real v = s->w.skip.value[d] * qp_tensor_row(s->w.x, r)[d];
            for (int n = 0; g->z && n < s->states; n++) v += c[n] * h[n];
            if (g->z) g->z[(ptrdiff_t)r * s->w.z.stride + d] += up * v * gate * (1 + z * (1 - gate));
            up *= z * gate;
        }
        channel_back(s, g, r, d, up, before);
    }
}

static void scan_back(qp_tape *tape, void *context)
{
    const scan_context *s = context;
    const qp_real *dy = s->y.node->filled ? qp_tape_upstream(s->y) : NULL;
    const qp_real *dlast = s->last.value && s->last.node->filled ? qp_tape_upstream(s->last) : NULL;
    scan_gradients g = {.x = qp_tape_grad_zeroed(tape, s->w.x),
                        .dt = qp_tape_grad_zeroed(tape, s->w.dt),
                        .b = qp_tape_grad_zeroed(tape, s->w.b),
                        .c = qp_tape_grad_zeroed(tape, s->w.c),
                        .z = s->w.z.value ? qp_tape_grad_zeroed(tape, s->w.z) : NULL,
                        .a_log = qp_tape_grad_zeroed(tape, s->w.a_log),
                        .skip = qp_tape_grad_zeroed(tape, s->w.skip),
                        .dt_bias = qp_tape_grad_zeroed(tape, s->w.dt_bias)};
    size_t mark = qp_tape_mark(tape), width = width_of(s);
    g.dh = qp_tape_memory(tape, width * sizeof *g.dh);
    for (int i = 0; g.dh && i < s->w.s.count; i++) {
        const int first = s->w.s.start[i], end = s->w.s.start[i + 1];
        if (dlast)
            memcpy(g.dh, dlast + (ptrdiff_t)i * s->last.stride, width * sizeof *g.dh);
        else
            memset(g.dh, 0, width * sizeof *g.dh);
        for (int r = end - 1; r >= first; r--)
            row_back(s, &g, r, dy, r > first ? at_row(s, s->state, r - 1) : first_state(s, i));
    }
    qp_tape_rewind(tape, mark);
}

/* ---- the operation ---- */

static bool fits(const qp_scan *w)
{
    const int rows = w->x.rows, channels = w->x.columns, states = w->b.columns;
    return w->dt.rows == rows && w->dt.columns == channels && w->b.rows == rows && w->c.rows == rows &&
           w->c.columns == states && w->a_log.rows == channels && w->a_log.columns == states &&
           qp_view_dense(w->a_log) && qp_view_is_row(w->skip, channels) && qp_view_is_row(w->dt_bias, channels) &&
           (!w->z.value || (w->z.rows == rows && w->z.columns == channels)) && !w->s.length &&
           qp_sequence_rows(w->s) == rows &&
           (!w->first.value || (w->first.rows == w->s.count && w->first.columns == channels * states));
}

qp_tensor qp_selective_scan(qp_tape *tape, const qp_scan *scan, qp_tensor *last)
{
    if (!qp_tape_failed(tape) && !fits(scan))
        qp_tape_fail(tape, QP_ESHAPE, "selective scan: x [%d, %d], dt [%d, %d], b [%d, %d], A [%d, %d]", scan->x.rows,
                     scan->x.columns, scan->dt.rows, scan->dt.columns, scan->b.rows, scan->b.columns, scan->a_log.rows,
                     scan->a_log.columns);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    scan_context s = {
        .w = *scan, .channels = scan->x.columns, .states = scan->b.columns, .kept = qp_tape_training(tape)};
    const size_t rows = (size_t)scan->x.rows + 1, each = width_of(&s) * sizeof *s.a;
    s.y = qp_tape_tensor(tape, scan->x.rows, s.channels);
    if (last) s.last = qp_tape_tensor(tape, scan->s.count, s.channels * s.states);
    s.a = qp_tape_memory(tape, each);
    s.step = qp_tape_memory(tape, rows * (size_t)s.channels * sizeof *s.step);
    s.loss = qp_tape_memory(tape, s.kept ? rows * each : each);
    s.state = qp_tape_memory(tape, s.kept ? rows * each : each);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    make_steps(&s);
    run(&s);
    const qp_tensor out[] = {s.y, s.last};
    qp_tape_record_several(tape, out, last ? 2 : 1, scan_back, &s, sizeof s);
    if (last) *last = s.last;
    return s.y;
}
