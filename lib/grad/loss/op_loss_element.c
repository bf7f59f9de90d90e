#include "lib/grad/loss/op_loss_element.h"

#include <math.h>
#include <string.h>

/* A loss is two functions of one element, in double: its value and slope = d value/dx. c is the loss's constant. */
typedef double element_function(double x, double t, double c);

typedef struct {
    const char *name;
    element_function *value, *slope;
    bool positive; /* the constant must be above 0 */
} element_loss;

static double bce_value(double x, double t, double c)
{
    (void)c;
    return fmax(x, 0) - x * t + log1p(exp(-fabs(x)));
}

static double bce_slope(double x, double t, double c)
{
    (void)c;
    double tail = exp(-fabs(x));
    return (x >= 0 ? 1 / (1 + tail) : tail / (1 + tail)) - t;
}

static double mse_value(double x, double t, double c)
{
    (void)c;
    return (x - t) * (x - t);
}

static double mse_slope(double x, double t, double c)
{
    (void)c;
    return 2 * (x - t);
}

static double l1_value(double x, double t, double c)
{
    (void)c;
    return fabs(x - t);
}

static double l1_slope(double x, double t, double c)
{
    (void)c;
    return (double)(x > t) - (double)(x < t);
}

static double huber_value(double x, double t, double c)
{
    double d = fabs(x - t);
    return d <= c ? d * d / 2 : c * (d - c / 2);
}

static double huber_slope(double x, double t, double c) { return fmax(-c, fmin(c, x - t)); }

static double hinge_value(double x, double t, double c) { return fmax(0, c - t * x); }

static double hinge_slope(double x, double t, double c) { return t * x < c ? -t : 0; }

static double kl_value(double x, double t, double c)
{
    (void)c;
    return t > 0 ? t * (log(t) - x) : 0;
}

static double kl_slope(double x, double t, double c)
{
    (void)x;
    (void)c;
    return -t;
}

static double kl_log_value(double x, double t, double c)
{
    (void)c;
    return t > -(double)INFINITY ? exp(t) * (t - x) : 0;
}

static double kl_log_slope(double x, double t, double c)
{
    (void)x;
    (void)c;
    return -exp(t);
}

static double smooth_value(double x, double t, double c)
{
    double d = fabs(x - t);
    return d < c ? d * d / (2 * c) : d - c / 2;
}

static double smooth_slope(double x, double t, double c) { return fmax(-1, fmin(1, (x - t) / c)); }

/* |d| + log(1 + exp(-2|d|)) - log 2, which does not overflow */
static double log_cosh_value(double x, double t, double c)
{
    double d = fabs(x - t);
    (void)c;
    return d + log1p(exp(-2 * d)) - 0.69314718055994530942;
}

static double log_cosh_slope(double x, double t, double c)
{
    (void)c;
    return tanh(x - t);
}

static double poisson_value(double x, double t, double c)
{
    (void)c;
    return exp(x) - t * x;
}

static double poisson_slope(double x, double t, double c)
{
    (void)c;
    return exp(x) - t;
}

static double quantile_value(double x, double t, double c) { return fmax(c * (t - x), (c - 1) * (t - x)); }

static double quantile_slope(double x, double t, double c) { return t > x ? -c : t < x ? 1 - c : 0; }

static const element_loss kinds[QP_LOSS_KINDS] = {
    [QP_LOSS_BCE] = {"binary cross-entropy", bce_value, bce_slope, false},
    [QP_LOSS_MSE] = {"mse", mse_value, mse_slope, false},
    [QP_LOSS_L1] = {"l1", l1_value, l1_slope, false},
    [QP_LOSS_HUBER] = {"huber", huber_value, huber_slope, true},
    [QP_LOSS_SMOOTH_L1] = {"smooth l1", smooth_value, smooth_slope, true},
    [QP_LOSS_LOG_COSH] = {"log cosh", log_cosh_value, log_cosh_slope, false},
    [QP_LOSS_POISSON] = {"poisson", poisson_value, poisson_slope, false},
    [QP_LOSS_QUANTILE] = {"quantile", quantile_value, quantile_slope, false},
    [QP_LOSS_HINGE] = {"hinge", hinge_value, hinge_slope, false},
    [QP_LOSS_KL] = {"kl divergence", kl_value, kl_slope, false},
    [QP_LOSS_KL_LOG] = {"kl divergence", kl_log_value, kl_log_slope, false},
};

/* Column i of x is compared with column i % columns of the target, by constant i / columns. */
typedef struct {
    qp_tensor x, y;
    const qp_real *target;
    int columns; /* of the target */
    const element_loss *loss;
    const double *constant; /* [x.columns / columns] */
    qp_reduction reduction;
} element_context;

/* dx = dvalue * d value/dx */
static void element_back(qp_tape *tape, void *context)
{
    const element_context *c = context;
    const qp_tensor x = c->x;
    const qp_real *dy = qp_tape_upstream(c->y), *t = c->target;
    qp_real beta, *dx = qp_tape_grad(tape, x, &beta);
    if (!dx) return;
    double whole = (double)dy[0];
    if (c->reduction == QP_MEAN) whole /= (double)x.rows * (double)x.columns;
    for (int r = 0; r < x.rows; r++, t += c->columns) {
        const qp_real *row = qp_tensor_row(x, r), *up = dy + (ptrdiff_t)r * x.columns;
        qp_real *d = dx + (ptrdiff_t)r * x.stride;
        for (int i = 0; i < x.columns; i++) {
            double scale = c->reduction == QP_NONE ? (double)up[i] : whole, constant = c->constant[i / c->columns];
            qp_real slope = (qp_real)(scale * c->loss->slope((double)row[i], (double)t[i % c->columns], constant));
            d[i] = beta == 0 ? slope : d[i] + slope;
        }
    }
}

static qp_tensor compare(qp_tape *tape, element_context *c)
{
    const qp_tensor x = c->x;
    bool each = c->reduction == QP_NONE;
    qp_tensor y = c->y = qp_tape_tensor(tape, each ? x.rows : 1, each ? x.columns : 1);
    if (!y.value) return y;
    double sum = 0;
    for (int r = 0; r < x.rows; r++) {
        const qp_real *row = qp_tensor_row(x, r), *t = c->target + (ptrdiff_t)r * c->columns;
        for (int i = 0; i < x.columns; i++) {
            double value = c->loss->value((double)row[i], (double)t[i % c->columns], c->constant[i / c->columns]);
            if (each) qp_tensor_row(y, r)[i] = (qp_real)value;
            sum += value;
        }
    }
    if (c->reduction == QP_MEAN) sum /= (double)x.rows * (double)x.columns;
    if (!each) y.value[0] = (qp_real)sum;
    qp_tape_record(tape, y, element_back, c, sizeof *c);
    return y;
}

/* The constants live as long as the tape's entry. */
static bool keep_constants(qp_tape *tape, element_context *c, int count, const double *constant)
{
    double *kept = qp_tape_memory(tape, (size_t)count * sizeof *kept);
    if (!kept) return false;
    memcpy(kept, constant, (size_t)count * sizeof *kept);
    c->constant = kept;
    return true;
}

qp_tensor qp_element_loss(qp_tape *tape, qp_element_loss_kind kind, qp_tensor x, const qp_real *target,
                          qp_real constant, qp_reduction reduction)
{
    element_context c = {.x = x, .target = target, .columns = x.columns, .loss = &kinds[kind], .reduction = reduction};
    const double number = (double)constant;
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (c.loss->positive && !(constant > 0))
        return qp_tape_fail(tape, QP_ESHAPE, "%s: the constant %g is not above 0", c.loss->name, number);
    if (x.rows < 1 || x.columns < 1 || !target)
        return qp_tape_fail(tape, QP_ESHAPE, "%s: x [%d, %d]%s; nothing to compare", c.loss->name, x.rows, x.columns,
                            target ? "" : ", no target");
    return keep_constants(tape, &c, 1, &number) ? compare(tape, &c) : (qp_tensor){0};
}

qp_tensor qp_quantile_loss(qp_tape *tape, qp_tensor x, const qp_real *target, int count, const double *quantile,
                           qp_reduction reduction)
{
    element_context c = {.x = x, .target = target, .loss = &kinds[QP_LOSS_QUANTILE], .reduction = reduction};
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (x.rows < 1 || x.columns < 1 || !target || count < 1 || x.columns % count != 0)
        return qp_tape_fail(tape, QP_ESHAPE, "quantiles: x [%d, %d] for %d quantiles%s", x.rows, x.columns, count,
                            target ? "" : ", no target");
    c.columns = x.columns / count;
    return keep_constants(tape, &c, count, quantile) ? compare(tape, &c) : (qp_tensor){0};
}
