#include "lib/grad/loss/op_loss_element.h"

#include <math.h>

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

typedef struct {
    qp_tensor x, y;
    const qp_real *target;
    const element_loss *loss;
    double constant;
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
    for (int r = 0; r < x.rows; r++, t += x.columns) {
        const qp_real *row = qp_tensor_row(x, r), *up = dy + (ptrdiff_t)r * x.columns;
        qp_real *d = dx + (ptrdiff_t)r * x.stride;
        for (int i = 0; i < x.columns; i++) {
            double scale = c->reduction == QP_NONE ? (double)up[i] : whole;
            qp_real slope = (qp_real)(scale * c->loss->slope((double)row[i], (double)t[i], c->constant));
            d[i] = beta == 0 ? slope : d[i] + slope;
        }
    }
}

qp_tensor qp_element_loss(qp_tape *tape, qp_element_loss_kind kind, qp_tensor x, const qp_real *target,
                          qp_real constant, qp_reduction reduction)
{
    const element_loss *loss = &kinds[kind];
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (loss->positive && !(constant > 0))
        return qp_tape_fail(tape, QP_ESHAPE, "%s: the constant %g is not above 0", loss->name, (double)constant);
    bool each = reduction == QP_NONE;
    if (x.rows < 1 || x.columns < 1 || !target)
        return qp_tape_fail(tape, QP_ESHAPE, "%s: x [%d, %d]%s; nothing to compare", loss->name, x.rows, x.columns,
                            target ? "" : ", no target");
    qp_tensor y = qp_tape_tensor(tape, each ? x.rows : 1, each ? x.columns : 1);
    if (!y.value) return y;
    double sum = 0;
    for (int r = 0; r < x.rows; r++) {
        const qp_real *row = qp_tensor_row(x, r), *t = target + (ptrdiff_t)r * x.columns;
        for (int i = 0; i < x.columns; i++) {
            double value = loss->value((double)row[i], (double)t[i], (double)constant);
            if (each) qp_tensor_row(y, r)[i] = (qp_real)value;
            sum += value;
        }
    }
    if (reduction == QP_MEAN) sum /= (double)x.rows * (double)x.columns;
    if (!each) y.value[0] = (qp_real)sum;
    element_context c = {x, y, target, loss, (double)constant, reduction};
    qp_tape_record(tape, y, element_back, &c, sizeof c);
    return y;
}
