#include "lib/grad/loss/op_loss_class.h"

#include <float.h>
#include <math.h>

/* One row, in double. */
typedef struct {
    int classes, right;
    double strength, temperature, log_sum;
    const qp_real *x, *beside;
    double *log_p;          /* [classes] */
    double *first, *second; /* [classes] scratch */
} class_row;

/* The value of a row; unless slope is NULL, slope[c] = d value/d x_c. The equations are in op_loss_class.h. */
typedef double row_function(const class_row *r, double *slope);

/* log_p = log softmax(x/temperature); returns log sum exp(x/temperature). */
static double log_softmax(int n, const qp_real *x, double temperature, double *log_p)
{
    double top = (double)x[0], sum = 0;
    for (int c = 1; c < n; c++) top = fmax(top, (double)x[c]);
    for (int c = 0; c < n; c++) sum += exp(((double)x[c] - top) / temperature);
    double log_sum = top / temperature + log(sum);
    for (int c = 0; c < n; c++) log_p[c] = (double)x[c] / temperature - log_sum;
    return log_sum;
}

static void clear(const class_row *r, double *slope)
{
    for (int c = 0; c < r->classes; c++) slope[c] = 0;
}

/* From derivatives with respect to log p to those with respect to the logits: slope_c -= p_c*sum(slope) */
static void through_softmax(const class_row *r, double *slope)
{
    double sum = 0;
    for (int c = 0; c < r->classes; c++) sum += slope[c];
    for (int c = 0; c < r->classes; c++) slope[c] -= exp(r->log_p[c]) * sum;
}

/* lack_c = s - x_y + x_c:  d/dx_c = [lack_c > 0]/C, d/dx_y = -their sum */
static double hinge(const class_row *r, double *slope)
{
    double sum = 0;
    if (slope) clear(r, slope);
    for (int c = 0; c < r->classes; c++) {
        double lack = r->strength - (double)r->x[r->right] + (double)r->x[c];
        if (c == r->right || !(lack > 0)) continue;
        sum += lack;
        if (slope) slope[c] += 1.0 / r->classes, slope[r->right] -= 1.0 / r->classes;
    }
    return sum / r->classes;
}

/* d/d log p_y = -b*((1-p)^s - s*(1-p)^(s-1)*p*log p) */
static double focal(const class_row *r, double *slope)
{
    double log_p = r->log_p[r->right], p = exp(log_p), rest = -expm1(log_p);
    double share = r->beside ? (double)r->beside[r->right] : 1, power = pow(rest, r->strength);
    if (slope) {
        double less = rest > 0 ? r->strength * pow(rest, r->strength - 1) * p * log_p : 0;
        clear(r, slope);
        slope[r->right] = -share * (power - less);
        through_softmax(r, slope);
    }
    return -share * power * log_p;
}

/* d/d log p_y = -1 - s*p */
static double poly1(const class_row *r, double *slope)
{
    double log_p = r->log_p[r->right];
    if (slope) {
        clear(r, slope);
        slope[r->right] = -1 - r->strength * exp(log_p);
        through_softmax(r, slope);
    }
    return -log_p - r->strength * expm1(log_p);
}

/* d/dx_c = p_c*(1 + 2*s*log sum exp x) - [c = y] */
static double z_loss(const class_row *r, double *slope)
{
    for (int c = 0; slope && c < r->classes; c++)
        slope[c] = exp(r->log_p[c]) * (1 + 2 * r->strength * r->log_sum) - (c == r->right);
    return -r->log_p[r->right] + r->strength * r->log_sum * r->log_sum;
}

/* d/d log p_c = s*b_c*p_c/(1-p_c) for c != y, d/d log p_y = -1 */
static double unlikelihood(const class_row *r, double *slope)
{
    double value = -r->log_p[r->right];
    if (slope) clear(r, slope);
    for (int c = 0; c < r->classes; c++) {
        double share = c == r->right ? 0 : r->strength * (double)r->beside[c];
        if (share == 0) continue;
        double rest = fmax(-expm1(r->log_p[c]), DBL_EPSILON);
        value -= share * log(rest);
        if (slope) slope[c] = share * exp(r->log_p[c]) / rest;
    }
    if (slope) {
        slope[r->right] = -1;
        through_softmax(r, slope);
    }
    return value;
}

/* d/d log p_c = s*p_c*(log p_c + 1) - [c = y] */
static double confidence(const class_row *r, double *slope)
{
    double negative_entropy = 0;
    for (int c = 0; c < r->classes; c++) {
        double p = exp(r->log_p[c]), term = p > 0 ? p * r->log_p[c] : 0;
        negative_entropy += term;
        if (slope) slope[c] = r->strength * (term + p) - (c == r->right);
    }
    if (slope) through_softmax(r, slope);
    return -r->log_p[r->right] + r->strength * negative_entropy;
}

/* d/dx_c = s*T*(softmax(x/T)_c - softmax(b/T)_c) + (1-s)*(p_c - [c = y]) */
static double distillation(const class_row *r, double *slope)
{
    double *teacher = r->first, *student = r->second, t = r->temperature, apart = 0;
    log_softmax(r->classes, r->beside, t, teacher);
    log_softmax(r->classes, r->x, t, student);
    for (int c = 0; c < r->classes; c++) {
        double p = exp(teacher[c]);
        if (p > 0) apart += p * (teacher[c] - student[c]);
        if (slope)
            slope[c] = r->strength * t * (exp(student[c]) - p) +
                       (1 - r->strength) * (exp(r->log_p[c]) - (c == r->right));
    }
    return r->strength * t * t * apart - (1 - r->strength) * r->log_p[r->right];
}

/* d/d log p_c = -b_c*p_c/(p_c + s) */
static double guided(const class_row *r, double *slope)
{
    double value = 0;
    for (int c = 0; c < r->classes; c++) {
        double p = exp(r->log_p[c]), share = (double)r->beside[c];
        if (share != 0) value -= share * log(p + r->strength);
        if (slope) slope[c] = share != 0 ? -share * p / (p + r->strength) : 0;
    }
    if (slope) through_softmax(r, slope);
    return value;
}

static const struct {
    const char *name;
    row_function *row;
    bool beside; /* required, [rows, C] */
    bool without_target;
} kinds[QP_CLASS_KINDS] = {
    [QP_CLASS_HINGE] = {"class hinge", hinge, false, false},
    [QP_CLASS_FOCAL] = {"focal loss", focal, false, false},
    [QP_CLASS_POLY1] = {"poly-1 loss", poly1, false, false},
    [QP_CLASS_Z] = {"z-loss", z_loss, false, false},
    [QP_CLASS_UNLIKELIHOOD] = {"unlikelihood", unlikelihood, true, false},
    [QP_CLASS_CONFIDENCE] = {"confidence penalty", confidence, false, false},
    [QP_CLASS_DISTILLATION] = {"distillation", distillation, true, false},
    [QP_CLASS_GUIDED] = {"guided alignment", guided, true, true},
};

typedef struct {
    qp_tensor x, y;
    const int32_t *target;
    qp_class_loss_config config;
    int counted;
} class_context;

static bool counts(const class_context *c, int row) { return !c->target || c->target[row] >= 0; }

/* The constants and the scratch memory of all rows; false: the tape has failed. */
static bool prepare(qp_tape *tape, const class_context *c, class_row *row)
{
    size_t n = (size_t)c->x.columns;
    double *memory = qp_tape_memory(tape, 3 * n * sizeof *memory);
    if (!memory) return false;
    *row = (class_row){.classes = c->x.columns,
                       .strength = (double)c->config.strength,
                       .temperature = (double)c->config.temperature,
                       .log_p = memory,
                       .first = memory + n,
                       .second = memory + 2 * n};
    return true;
}

static double row_value(const class_context *c, class_row *row, int r, double *slope)
{
    row->x = qp_tensor_row(c->x, r);
    row->right = c->target ? c->target[r] : 0;
    row->beside = c->config.beside;
    if (kinds[c->config.kind].beside) row->beside += (ptrdiff_t)r * c->x.columns;
    row->log_sum = log_softmax(row->classes, row->x, 1, row->log_p);
    return kinds[c->config.kind].row(row, slope);
}

/* dx_c = dvalue * d value/d x_c */
static void class_back(qp_tape *tape, void *context)
{
    const class_context *c = context;
    const qp_tensor x = c->x;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta, *dx = qp_tape_grad(tape, x, &beta);
    if (!dx) return;
    size_t mark = qp_tape_mark(tape);
    class_row row;
    double *slope = qp_tape_memory(tape, (size_t)x.columns * sizeof *slope);
    if (!slope || !prepare(tape, c, &row)) return;
    for (int r = 0; r < x.rows; r++) {
        qp_real *d = dx + (ptrdiff_t)r * x.stride;
        double scale = (double)dy[c->config.reduction == QP_NONE ? r : 0];
        if (c->config.reduction == QP_MEAN) scale = c->counted > 0 ? scale / c->counted : 0;
        if (counts(c, r))
            row_value(c, &row, r, slope);
        else
            clear(&row, slope);
        for (int k = 0; k < x.columns; k++) d[k] = (beta == 0 ? 0 : d[k]) + (qp_real)(scale * slope[k]);
    }
    qp_tape_rewind(tape, mark);
}

static bool check(qp_tape *tape, qp_tensor x, const int32_t *target, const qp_class_loss_config *config)
{
    const char *name = kinds[config->kind].name;
    const char *lacks = NULL;
    if (!target && !kinds[config->kind].without_target) lacks = "no target";
    if (!config->beside && kinds[config->kind].beside) lacks = "no values beside the logits";
    if (config->kind == QP_CLASS_DISTILLATION && !(config->temperature > 0)) lacks = "no temperature above 0";
    if (x.columns < 2 && config->kind != QP_CLASS_GUIDED)
        lacks = "fewer than two classes"; /* an alignment may have one key */
    if (lacks) qp_tape_fail(tape, QP_ESHAPE, "%s: logits [%d, %d], %s", name, x.rows, x.columns, lacks);
    for (int r = 0; !lacks && target && r < x.rows; r++)
        if (target[r] >= x.columns) {
            qp_tape_fail(tape, QP_ESHAPE, "%s: target %d of %d classes", name, target[r], x.columns);
            return false;
        }
    return !lacks;
}

qp_tensor qp_class_loss(qp_tape *tape, qp_tensor logits, const int32_t *target, const qp_class_loss_config *config)
{
    if (qp_tape_failed(tape) || !check(tape, logits, target, config)) return (qp_tensor){0};
    class_context c = {.x = logits, .target = target, .config = *config};
    bool each = config->reduction == QP_NONE;
    c.y = qp_tape_tensor(tape, each ? logits.rows : 1, 1);
    if (!c.y.value) return c.y;
    size_t mark = qp_tape_mark(tape);
    class_row row;
    double sum = 0;
    if (!prepare(tape, &c, &row)) return (qp_tensor){0};
    for (int r = 0; r < logits.rows; r++) {
        double value = counts(&c, r) ? row_value(&c, &row, r, NULL) : 0;
        if (each) c.y.value[r] = (qp_real)value;
        sum += value;
        c.counted += counts(&c, r);
    }
    if (config->reduction == QP_MEAN) sum = c.counted > 0 ? sum / c.counted : 0;
    if (!each) c.y.value[0] = (qp_real)sum;
    qp_tape_rewind(tape, mark);
    qp_tape_record(tape, c.y, class_back, &c, sizeof c);
    return c.y;
}
