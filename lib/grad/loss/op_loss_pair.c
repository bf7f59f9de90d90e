#include "lib/grad/loss/op_loss_pair.h"

#include <math.h>

enum { TENSORS_MAX = 3 };

/* One row of each tensor. */
typedef struct {
    int n;
    const qp_real *x[TENSORS_MAX], *target;
    double constant;
    double *scratch; /* [2*n] */
} pair_row;

/* The value of a row; unless slope is NULL, slope[i][k] = d value/d x[i][k], i = 0, 1 (triplet: 2). The equations are
 * in op_loss_pair.h. */
typedef double pair_function(const pair_row *r, double *const *slope);

static double distance(int n, const qp_real *a, const qp_real *b)
{
    double sum = 0;
    for (int k = 0; k < n; k++) sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sqrt(sum);
}

/* d cos/da = b/(|a||b|) - cos*a/|a|^2, and so for b */
static double cosine(const pair_row *r, double *const *slope)
{
    const qp_real *a = r->x[0], *b = r->x[1];
    double product = 0, squares[2] = {0, 0};
    for (int k = 0; k < r->n; k++) {
        product += (double)a[k] * (double)b[k];
        squares[0] += (double)a[k] * (double)a[k];
        squares[1] += (double)b[k] * (double)b[k];
    }
    double norms = fmax(sqrt(squares[0] * squares[1]), 1e-12), angle = product / norms, sign = -1;
    if (!(*r->target > 0)) sign = angle > r->constant ? 1 : 0;
    for (int k = 0; slope && k < r->n; k++) {
        slope[0][k] = sign * ((double)b[k] / norms - angle * (double)a[k] / fmax(squares[0], 1e-12));
        slope[1][k] = sign * ((double)a[k] / norms - angle * (double)b[k] / fmax(squares[1], 1e-12));
    }
    return *r->target > 0 ? 1 - angle : fmax(0, angle - r->constant);
}

/* d/da = 2 (a-b), or -2 (c - |a-b|) (a-b)/|a-b|; d/db = -d/da */
static double contrastive(const pair_row *r, double *const *slope)
{
    double apart = distance(r->n, r->x[0], r->x[1]), lack = fmax(0, r->constant - apart);
    double factor = *r->target > 0 ? 2 : apart > 0 ? -2 * lack / apart : 0;
    for (int k = 0; slope && k < r->n; k++) {
        slope[0][k] = factor * ((double)r->x[0][k] - (double)r->x[1][k]);
        slope[1][k] = -slope[0][k];
    }
    return *r->target > 0 ? apart * apart : lack * lack;
}

/* d/da = -t where the term is above 0; d/db = -d/da */
static double ranking(const pair_row *r, double *const *slope)
{
    double sum = 0, t = (double)*r->target;
    for (int k = 0; k < r->n; k++) {
        double lack = r->constant - t * ((double)r->x[0][k] - (double)r->x[1][k]);
        if (lack > 0) sum += lack;
        if (slope) slope[0][k] = lack > 0 ? -t : 0, slope[1][k] = -slope[0][k];
    }
    return sum;
}

static void log_softmax(int n, const qp_real *x, double *log_p)
{
    double top = (double)x[0], sum = 0;
    for (int k = 1; k < n; k++) top = fmax(top, (double)x[k]);
    for (int k = 0; k < n; k++) sum += exp((double)x[k] - top);
    for (int k = 0; k < n; k++) log_p[k] = (double)x[k] - top - log(sum);
}

/* d KL(p||q)/da = p (log p - log q - KL(p||q)), d KL(q||p)/da = p - q, and so for b */
static double symmetric_kl(const pair_row *r, double *const *slope)
{
    double *p = r->scratch, *q = r->scratch + r->n, kl[2] = {0, 0};
    log_softmax(r->n, r->x[0], p);
    log_softmax(r->n, r->x[1], q);
    for (int k = 0; k < r->n; k++) {
        if (exp(p[k]) > 0) kl[0] += exp(p[k]) * (p[k] - q[k]);
        if (exp(q[k]) > 0) kl[1] += exp(q[k]) * (q[k] - p[k]);
    }
    for (int k = 0; slope && k < r->n; k++) {
        double of_p = exp(p[k]), of_q = exp(q[k]);
        slope[0][k] = (of_p * (p[k] - q[k] - kl[0]) + of_p - of_q) / 2;
        slope[1][k] = (of_q * (q[k] - p[k] - kl[1]) + of_q - of_p) / 2;
    }
    return (kl[0] + kl[1]) / 2;
}

/* d/da = a, d/db = (exp(b) - 1)/2 */
static double gaussian_kl(const pair_row *r, double *const *slope)
{
    double sum = 0;
    for (int k = 0; k < r->n; k++) {
        double mean = (double)r->x[0][k], log_variance = (double)r->x[1][k];
        sum -= (1 + log_variance - mean * mean - exp(log_variance)) / 2;
        if (slope) slope[0][k] = mean, slope[1][k] = expm1(log_variance) / 2;
    }
    return sum;
}

/* d/da = (a - t)/exp(b), d/db = (1 - (t - a)^2/exp(b))/2 */
static double gaussian_nll(const pair_row *r, double *const *slope)
{
    double sum = 0;
    for (int k = 0; k < r->n; k++) {
        double d = (double)r->x[0][k] - (double)r->target[k], log_variance = (double)r->x[1][k];
        double precision = exp(-log_variance);
        sum += (1.83787706640934548356 + log_variance + d * d * precision) / 2;
        if (slope) slope[0][k] = d * precision, slope[1][k] = (1 - d * d * precision) / 2;
    }
    return sum;
}

/* where the value is above 0: d/d positive = (positive - anchor)/|..|, d/d negative = (anchor - negative)/|..|,
 * d/d anchor = -their sum */
static double triplet(const pair_row *r, double *const *slope)
{
    const qp_real *anchor = r->x[0], *positive = r->x[1], *negative = r->x[2];
    double near = distance(r->n, anchor, positive), far = distance(r->n, anchor, negative);
    double value = near - far + r->constant;
    for (int k = 0; slope && k < r->n; k++) {
        slope[1][k] = value > 0 && near > 0 ? ((double)positive[k] - (double)anchor[k]) / near : 0;
        slope[2][k] = value > 0 && far > 0 ? ((double)anchor[k] - (double)negative[k]) / far : 0;
        slope[0][k] = -slope[1][k] - slope[2][k];
    }
    return fmax(0, value);
}

/* where the value is above 0: d/d positive = 2 (positive - anchor), d/d negative = 2 (anchor - negative),
 * d/d anchor = -their sum */
static double squared_triplet(const pair_row *r, double *const *slope)
{
    const qp_real *anchor = r->x[0], *positive = r->x[1], *negative = r->x[2];
    double near = distance(r->n, anchor, positive), far = distance(r->n, anchor, negative);
    double value = near * near - far * far + r->constant, factor = value > 0 ? 2 : 0;
    for (int k = 0; slope && k < r->n; k++) {
        slope[1][k] = factor * ((double)positive[k] - (double)anchor[k]);
        slope[2][k] = factor * ((double)anchor[k] - (double)negative[k]);
        slope[0][k] = -slope[1][k] - slope[2][k];
    }
    return fmax(0, value);
}

typedef enum { NO_TARGET, ONE_TARGET, ROW_TARGET } target_kind;
typedef struct {
    const char *name;
    pair_function *row;
    target_kind target;
    int tensors;
} pair_loss;

static const pair_loss kinds[QP_PAIR_KINDS] = {
    [QP_PAIR_COSINE] = {"cosine loss", cosine, ONE_TARGET, 2},
    [QP_PAIR_CONTRASTIVE] = {"contrastive loss", contrastive, ONE_TARGET, 2},
    [QP_PAIR_RANKING] = {"ranking loss", ranking, ONE_TARGET, 2},
    [QP_PAIR_SYMMETRIC_KL] = {"symmetric kl divergence", symmetric_kl, NO_TARGET, 2},
    [QP_PAIR_GAUSSIAN_KL] = {"gaussian kl divergence", gaussian_kl, NO_TARGET, 2},
    [QP_PAIR_GAUSSIAN_NLL] = {"gaussian likelihood", gaussian_nll, ROW_TARGET, 2},
};
static const pair_loss triplet_loss = {"triplet loss", triplet, NO_TARGET, 3};
static const pair_loss squared_triplet_loss = {"triplet loss", squared_triplet, NO_TARGET, 3};

typedef struct {
    qp_tensor x[TENSORS_MAX], y;
    const qp_real *target;
    const pair_loss *loss;
    double constant;
    qp_reduction reduction;
} pair_context;

static double row_value(const pair_context *c, pair_row *row, int r, double *const *slope)
{
    for (int i = 0; i < c->loss->tensors; i++) row->x[i] = qp_tensor_row(c->x[i], r);
    if (c->loss->target == ONE_TARGET) row->target = c->target + r;
    if (c->loss->target == ROW_TARGET) row->target = c->target + (ptrdiff_t)r * row->n;
    return c->loss->row(row, slope);
}

static bool prepare(qp_tape *tape, const pair_context *c, pair_row *row)
{
    *row = (pair_row){.n = c->x[0].columns, .constant = c->constant};
    row->scratch = qp_tape_memory(tape, 2 * (size_t)row->n * sizeof *row->scratch);
    return row->scratch != NULL;
}

/* dx_i = dvalue * d value/d x_i, one tensor after the other because two of them may be the same. */
static void pair_back(qp_tape *tape, void *context)
{
    const pair_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    for (int i = 0; i < c->loss->tensors; i++) {
        const qp_tensor x = c->x[i];
        qp_real beta, *dx = qp_tape_grad(tape, x, &beta);
        if (!dx) continue;
        size_t mark = qp_tape_mark(tape);
        pair_row row;
        double *memory = qp_tape_memory(tape, TENSORS_MAX * (size_t)x.columns * sizeof *memory);
        if (!memory || !prepare(tape, c, &row)) return;
        double *const slope[] = {memory, memory + x.columns, memory + 2 * (ptrdiff_t)x.columns};
        for (int r = 0; r < x.rows; r++) {
            qp_real *d = dx + (ptrdiff_t)r * x.stride;
            double scale = (double)dy[c->reduction == QP_NONE ? r : 0];
            if (c->reduction == QP_MEAN) scale /= x.rows;
            row_value(c, &row, r, slope);
            for (int k = 0; k < x.columns; k++) d[k] = (beta == 0 ? 0 : d[k]) + (qp_real)(scale * slope[i][k]);
        }
        qp_tape_rewind(tape, mark);
    }
}

static qp_tensor forward(qp_tape *tape, pair_context *c)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    int rows = c->x[0].rows, columns = c->x[0].columns;
    bool fits = rows > 0 && columns > 0 && (c->target || c->loss->target == NO_TARGET);
    for (int i = 1; i < c->loss->tensors; i++) fits = fits && c->x[i].rows == rows && c->x[i].columns == columns;
    if (!fits)
        return qp_tape_fail(tape, QP_ESHAPE, "%s: [%d, %d] and [%d, %d]%s do not fit", c->loss->name, rows, columns,
                            c->x[1].rows, c->x[1].columns, c->target ? "" : ", no target");
    bool each = c->reduction == QP_NONE;
    c->y = qp_tape_tensor(tape, each ? rows : 1, 1);
    if (!c->y.value) return c->y;
    size_t mark = qp_tape_mark(tape);
    pair_row row;
    double sum = 0;
    if (!prepare(tape, c, &row)) return (qp_tensor){0};
    for (int r = 0; r < rows; r++) {
        double value = row_value(c, &row, r, NULL);
        if (each) c->y.value[r] = (qp_real)value;
        sum += value;
    }
    if (!each) c->y.value[0] = (qp_real)(c->reduction == QP_MEAN ? sum / rows : sum);
    qp_tape_rewind(tape, mark);
    qp_tape_record(tape, c->y, pair_back, c, sizeof *c);
    return c->y;
}

qp_tensor qp_pair_loss(qp_tape *tape, qp_pair_loss_kind kind, qp_tensor a, qp_tensor b, const qp_real *target,
                       qp_real constant, qp_reduction reduction)
{
    pair_context c = {
        .x = {a, b}, .target = target, .loss = &kinds[kind], .constant = (double)constant, .reduction = reduction};
    return forward(tape, &c);
}

qp_tensor qp_triplet_loss(qp_tape *tape, qp_tensor anchor, qp_tensor positive, qp_tensor negative, qp_real margin,
                          bool squared, qp_reduction reduction)
{
    pair_context c = {.x = {anchor, positive, negative},
                      .loss = squared ? &squared_triplet_loss : &triplet_loss,
                      .constant = (double)margin,
                      .reduction = reduction};
    return forward(tape, &c);
}
