#include "lib/train/schedule.h"

#include <math.h>
#include <stdlib.h>

const qp_field_table qp_schedule_fields = {
    .title = "schedule",
#define ROW(...) QP_FIELD_ROW(qp_schedule_config, __VA_ARGS__)
    .field = (const qp_field[]){QP_SCHEDULE_FIELDS(ROW)},
#undef ROW
#define ONE(...) +1
    .count = 0 QP_SCHEDULE_FIELDS(ONE),
#undef ONE
};

static const double pi = 3.14159265358979323846;

typedef double rate_function(const qp_schedule_config *c, double i);

static double rate_constant(const qp_schedule_config *c, double i)
{
    (void)i;
    return c->lr;
}

static double rate_inv_sqrt(const qp_schedule_config *c, double i)
{
    double warmup = c->lr_warmup > 0 ? (double)c->lr_warmup : 1, s = i + 1;
    return c->lr * fmin(s / warmup, sqrt(warmup / s));
}

static double rate_noam(const qp_schedule_config *c, double i)
{
    double warmup = c->lr_warmup > 0 ? (double)c->lr_warmup : 1, s = i + 1;
    return c->lr / sqrt((double)c->lr_width) * fmin(1 / sqrt(s), s * pow(warmup, -1.5));
}

static double rate_linear(const qp_schedule_config *c, double i)
{
    double warmup = (double)c->lr_warmup, total = (double)c->lr_total;
    return c->lr_min + (c->lr - c->lr_min) * fmax(0, (total - i) / (total - warmup));
}

static double rate_cosine(const qp_schedule_config *c, double i)
{
    double warmup = (double)c->lr_warmup, total = (double)c->lr_total;
    return c->lr_min + (c->lr - c->lr_min) / 2 * (1 + cos(pi * fmin(1, (i - warmup) / (total - warmup))));
}

/* Loshchilov & Hutter 2017: the cycle and the place in it from the sum of a geometric series, then made exact. */
static double rate_cosine_restarts(const qp_schedule_config *c, double i)
{
    double at = i - (double)c->lr_warmup, length = (double)c->lr_step;
    if (c->lr_stretch > 1) {
        double skipped = floor(log1p(at * (c->lr_stretch - 1) / length) / log(c->lr_stretch));
        skipped = fmax(0, skipped - 1);
        at -= length * (pow(c->lr_stretch, skipped) - 1) / (c->lr_stretch - 1);
        length *= pow(c->lr_stretch, skipped);
        for (; at >= length; length *= c->lr_stretch) at -= length;
    } else {
        at -= length * floor(at / length);
    }
    return c->lr_min + (c->lr - c->lr_min) / 2 * (1 + cos(pi * at / length));
}

static double rate_step(const qp_schedule_config *c, double i)
{
    return c->lr * pow(c->lr_gamma, floor(i / (double)c->lr_step));
}

static double rate_multistep(const qp_schedule_config *c, double i)
{
    int passed = 0;
    for (const char *at = c->lr_milestones; *at;) {
        char *end;
        double milestone = strtod(at, &end);
        if (end == at) break;
        passed += milestone <= i;
        at = end + (*end == ',');
    }
    return c->lr * pow(c->lr_gamma, passed);
}

static double rate_exponential(const qp_schedule_config *c, double i) { return c->lr * pow(c->lr_gamma, i); }

static double anneal(const qp_schedule_config *c, double a, double b, double x)
{
    return c->lr_anneal == QP_ANNEAL_LINEAR ? a + (b - a) * x : b + (a - b) / 2 * (1 + cos(pi * x));
}

static double rate_one_cycle(const qp_schedule_config *c, double i)
{
    double total = (double)c->lr_total, peak = c->lr_rise * total - 1, end = total - 1;
    double first = c->lr / c->lr_div, last = first / c->lr_final_div;
    if (i <= peak) return anneal(c, first, c->lr, peak > 0 ? i / peak : 1);
    return anneal(c, c->lr, last, end > peak ? fmin(1, (i - peak) / (end - peak)) : 1);
}

static double rate_cyclical(const qp_schedule_config *c, double i)
{
    double up = (double)c->lr_step, down = c->lr_step_down > 0 ? (double)c->lr_step_down : up, n = up + down;
    double cycle = floor(i / n), j = i - cycle * n, height = j <= up ? j / up : (n - j) / down;
    if (c->lr_cycle == QP_CYCLE_TRIANGULAR2) height *= pow(2, -cycle);
    if (c->lr_cycle == QP_CYCLE_EXP_RANGE) height *= pow(c->lr_gamma, i);
    return c->lr + (c->lr_max - c->lr) * height;
}

/* WARMUP_SCALES: the rule's value times s/w while i < w; WARMUP_REPLACES: lr*s/w stands instead of the rule's value;
 * WARMUP_OWN: the rule rises by itself. */
typedef enum { WARMUP_SCALES, WARMUP_REPLACES, WARMUP_OWN } warmup_kind;

static const struct {
    rate_function *rate;
    warmup_kind warmup;
} kinds[QP_SCHEDULE_COUNT] = {
    [QP_SCHEDULE_CONSTANT] = {rate_constant, WARMUP_SCALES},
    [QP_SCHEDULE_INV_SQRT] = {rate_inv_sqrt, WARMUP_OWN},
    [QP_SCHEDULE_NOAM] = {rate_noam, WARMUP_OWN},
    [QP_SCHEDULE_LINEAR] = {rate_linear, WARMUP_REPLACES},
    [QP_SCHEDULE_COSINE] = {rate_cosine, WARMUP_REPLACES},
    [QP_SCHEDULE_STEP] = {rate_step, WARMUP_SCALES},
    [QP_SCHEDULE_MULTISTEP] = {rate_multistep, WARMUP_SCALES},
    [QP_SCHEDULE_EXPONENTIAL] = {rate_exponential, WARMUP_SCALES},
    [QP_SCHEDULE_ONE_CYCLE] = {rate_one_cycle, WARMUP_OWN},
    [QP_SCHEDULE_CYCLICAL] = {rate_cyclical, WARMUP_OWN},
    [QP_SCHEDULE_PLATEAU] = {rate_constant, WARMUP_SCALES},
    [QP_SCHEDULE_COSINE_RESTARTS] = {rate_cosine_restarts, WARMUP_REPLACES},
};

double qp_schedule_rate(const qp_schedule_config *c, const qp_plateau *plateau, int64_t i)
{
    warmup_kind warmup = kinds[c->lr_schedule].warmup;
    double rise = i < c->lr_warmup ? (double)(i + 1) / (double)c->lr_warmup : 1;
    if (warmup == WARMUP_REPLACES && i < c->lr_warmup) return c->lr * rise;
    double rate = c->lr_schedule == QP_SCHEDULE_PLATEAU && plateau ? plateau->rate
                                                                   : kinds[c->lr_schedule].rate(c, (double)i);
    return warmup == WARMUP_SCALES ? rate * rise : rate;
}

qp_status qp_schedule_check(const qp_schedule_config *c)
{
    int kind = c->lr_schedule;
    bool needs_total = kind == QP_SCHEDULE_LINEAR || kind == QP_SCHEDULE_COSINE || kind == QP_SCHEDULE_ONE_CYCLE;
    if (needs_total && c->lr_total <= 0)
        return qp_fail(QP_EUSAGE, "--lr-schedule: this schedule needs its length; give --lr-total or --steps");
    if (needs_total && kind != QP_SCHEDULE_ONE_CYCLE && c->lr_warmup >= c->lr_total)
        return qp_fail(QP_EUSAGE, "--lr-warmup: %lld is not below the %lld updates of the schedule; give less",
                       (long long)c->lr_warmup, (long long)c->lr_total);
    if (kind == QP_SCHEDULE_NOAM && c->lr_width <= 0)
        return qp_fail(QP_EUSAGE, "--lr-width: noam needs the width of the model; give a number above 0");
    if (kind == QP_SCHEDULE_CYCLICAL && c->lr_max < c->lr)
        return qp_fail(QP_EUSAGE, "--lr-max: %g is below --lr %g; give the highest rate of the cycle", c->lr_max,
                       c->lr);
    for (const char *at = c->lr_milestones; *at;) {
        char *end;
        double milestone = strtod(at, &end);
        if (end == at || !(milestone >= 0) || (*end && *end != ','))
            return qp_fail(QP_EUSAGE, "--lr-milestones: %s: not a list of update numbers; write 1000,2000",
                           c->lr_milestones);
        at = end + (*end == ',');
    }
    return QP_OK;
}

void qp_plateau_init(const qp_schedule_config *config, qp_plateau *plateau)
{
    *plateau = (qp_plateau){.rate = config->lr};
}

void qp_plateau_report(const qp_schedule_config *c, qp_plateau *p, double metric, bool higher_is_better)
{
    bool better = !p->seen || (higher_is_better ? metric > p->best * (1 + c->lr_threshold)
                                                : metric < p->best * (1 - c->lr_threshold));
    if (better) {
        p->best = metric;
        p->seen = true;
        p->bad = 0;
    } else {
        p->bad++;
    }
    if (p->rest > 0) {
        p->rest--;
        p->bad = 0;
    }
    if (p->bad > c->lr_patience) {
        double lower = fmax(p->rate * c->lr_gamma, c->lr_min);
        if (p->rate - lower > 1e-8) p->rate = lower;
        p->rest = c->lr_cooldown;
        p->bad = 0;
    }
}
