#include "lib/train/schedule.h"

#include <math.h>
#include <stdlib.h>

QP_FIELD_TABLE(qp_schedule_fields, "schedule", qp_schedule_config, QP_SCHEDULE_FIELDS);

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

/* The remaining fraction of the updates after the warmup. */
static double share_left(const qp_schedule_config *c, double i)
{
    double warmup = (double)c->lr_warmup, total = (double)c->lr_total;
    return fmax(0, (total - i) / (total - warmup));
}

static double rate_linear(const qp_schedule_config *c, double i)
{
    return c->lr_min + (c->lr - c->lr_min) * share_left(c, i);
}

static double rate_polynomial(const qp_schedule_config *c, double i)
{
    double left = share_left(c, i);
    return left > 0 ? c->lr_min + (c->lr - c->lr_min) * pow(left, c->lr_power) : c->lr_min;
}

static double rate_cosine(const qp_schedule_config *c, double i)
{
    double warmup = (double)c->lr_warmup, total = (double)c->lr_total;
    return c->lr_min + (c->lr - c->lr_min) / 2 * (1 + cos(pi * fmin(1, (i - warmup) / (total - warmup))));
}

/* Loshchilov & Hutter 2017. The cycle and the position in it come from the sum of a geometric series; one cycle too few
 * is skipped, and the loop corrects the rounding. */
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
    return c->lr * pow(c->lr_gamma, floor(fmax(0, i - (double)c->lr_hold) / (double)c->lr_step));
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
    switch (c->lr_anneal) {
    case QP_ANNEAL_LINEAR: return a + (b - a) * x;
    case QP_ANNEAL_SQRT: return a + (b - a) * sqrt(x);
    default: return b + (a - b) / 2 * (1 + cos(pi * x));
    }
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

static double hold_of(const qp_schedule_config *c)
{
    return (double)(c->lr_hold > 0 ? c->lr_hold : c->lr_total - c->lr_warmup - c->lr_fall);
}

/* Progress of the fall after warmup and hold: 0 until it begins, 1 when it is over. */
static double share_fallen(const qp_schedule_config *c, double i)
{
    double into = i - (double)c->lr_warmup - hold_of(c);
    return fmax(0, fmin(1, into / (double)c->lr_fall));
}

static double rate_wsd(const qp_schedule_config *c, double i)
{
    return anneal(c, c->lr, c->lr_min, share_fallen(c, i));
}

static double rate_tri_stage(const qp_schedule_config *c, double i)
{
    double warmup = (double)c->lr_warmup, start = c->lr_warmup_start;
    if (i < warmup) return c->lr * (start + (1 - start) * i / warmup);
    return c->lr * pow(c->lr_min / c->lr, share_fallen(c, i));
}

static double rate_slanted_triangular(const qp_schedule_config *c, double i)
{
    double cut = floor((double)c->lr_total * c->lr_rise), height;
    if (i < cut)
        height = i / cut;
    else if (cut > 0)
        height = c->lr_rise < 1 ? fmax(0, 1 - (i - cut) / (cut * (1 / c->lr_rise - 1))) : 1;
    else
        height = fmax(0, 1 - i / (double)c->lr_total);
    return c->lr * (1 + height * (c->lr_div - 1)) / c->lr_div;
}

static double rate_inv_sqrt_marian(const qp_schedule_config *c, double i)
{
    return c->lr * sqrt((double)c->lr_step / fmax((double)c->lr_step, i + 1));
}

static double rate_inverse_time(const qp_schedule_config *c, double i)
{
    double x = i / (double)c->lr_step;
    return c->lr / (1 + c->lr_gamma * (c->lr_staircase ? floor(x) : x));
}

/* rise = start + (1-start)*(i+1)/w while i < w, then 1.
 * WARMUP_SCALES: the schedule's value times the rise; WARMUP_REPLACES: lr times the rise while i < w; WARMUP_OWN: the
 * schedule has its own warmup; WARMUP_NONE: it ignores lr_warmup.
 * TOTAL_LATER: lr_total is needed and must exceed lr_warmup; TOTAL_UNLESS_HOLD: it is needed if lr_hold is 0. */
typedef enum { WARMUP_SCALES, WARMUP_REPLACES, WARMUP_OWN, WARMUP_NONE } warmup_kind;
typedef enum { TOTAL_NONE, TOTAL_NEEDED, TOTAL_LATER, TOTAL_UNLESS_HOLD } total_kind;

static const struct {
    rate_function *rate;
    warmup_kind warmup;
    total_kind total;
} kinds[QP_SCHEDULE_COUNT] = {
    [QP_SCHEDULE_CONSTANT] = {rate_constant, WARMUP_SCALES, TOTAL_NONE},
    [QP_SCHEDULE_INV_SQRT] = {rate_inv_sqrt, WARMUP_OWN, TOTAL_NONE},
    [QP_SCHEDULE_NOAM] = {rate_noam, WARMUP_OWN, TOTAL_NONE},
    [QP_SCHEDULE_LINEAR] = {rate_linear, WARMUP_REPLACES, TOTAL_LATER},
    [QP_SCHEDULE_COSINE] = {rate_cosine, WARMUP_REPLACES, TOTAL_LATER},
    [QP_SCHEDULE_STEP] = {rate_step, WARMUP_SCALES, TOTAL_NONE},
    [QP_SCHEDULE_MULTISTEP] = {rate_multistep, WARMUP_SCALES, TOTAL_NONE},
    [QP_SCHEDULE_EXPONENTIAL] = {rate_exponential, WARMUP_SCALES, TOTAL_NONE},
    [QP_SCHEDULE_ONE_CYCLE] = {rate_one_cycle, WARMUP_NONE, TOTAL_NEEDED},
    [QP_SCHEDULE_CYCLICAL] = {rate_cyclical, WARMUP_NONE, TOTAL_NONE},
    [QP_SCHEDULE_PLATEAU] = {rate_constant, WARMUP_SCALES, TOTAL_NONE},
    [QP_SCHEDULE_COSINE_RESTARTS] = {rate_cosine_restarts, WARMUP_REPLACES, TOTAL_NONE},
    [QP_SCHEDULE_POLYNOMIAL] = {rate_polynomial, WARMUP_REPLACES, TOTAL_LATER},
    [QP_SCHEDULE_WSD] = {rate_wsd, WARMUP_REPLACES, TOTAL_UNLESS_HOLD},
    [QP_SCHEDULE_TRI_STAGE] = {rate_tri_stage, WARMUP_OWN, TOTAL_UNLESS_HOLD},
    [QP_SCHEDULE_SLANTED_TRIANGULAR] = {rate_slanted_triangular, WARMUP_NONE, TOTAL_NEEDED},
    [QP_SCHEDULE_INV_SQRT_MARIAN] = {rate_inv_sqrt_marian, WARMUP_SCALES, TOTAL_NONE},
    [QP_SCHEDULE_INVERSE_TIME] = {rate_inverse_time, WARMUP_SCALES, TOTAL_NONE},
};

double qp_schedule_rate(const qp_schedule_config *c, const qp_plateau *plateau, int64_t i)
{
    warmup_kind warmup = kinds[c->lr_schedule].warmup;
    double start = c->lr_warmup_start, rise = 1;
    if (i < c->lr_warmup) rise = start + (1 - start) * (double)(i + 1) / (double)c->lr_warmup;
    if (warmup == WARMUP_REPLACES && i < c->lr_warmup) return c->lr * rise;
    double rate = c->lr_schedule == QP_SCHEDULE_PLATEAU && plateau ? plateau->rate
                                                                   : kinds[c->lr_schedule].rate(c, (double)i);
    return warmup == WARMUP_SCALES ? rate * rise : rate;
}

bool qp_schedule_ends(const qp_schedule_config *c)
{
    total_kind total = kinds[c->lr_schedule].total;
    return total == TOTAL_UNLESS_HOLD ? c->lr_hold == 0 : total != TOTAL_NONE;
}

bool qp_schedule_warms(const qp_schedule_config *c) { return kinds[c->lr_schedule].warmup != WARMUP_NONE; }

/* wsd and tri-stage. */
static qp_status check_fall(const qp_schedule_config *c)
{
    if (c->lr_fall <= 0) return qp_fail(QP_EUSAGE, "--lr-fall: this schedule needs the length of its fall, in updates");
    if (c->lr_hold == 0 && c->lr_warmup + c->lr_fall > c->lr_total)
        return qp_fail(QP_EUSAGE, "--lr-fall: %lld updates of warmup and %lld of fall exceed the total of %lld",
                       (long long)c->lr_warmup, (long long)c->lr_fall, (long long)c->lr_total);
    if (c->lr_schedule == QP_SCHEDULE_TRI_STAGE && (c->lr_min <= 0 || c->lr <= 0))
        return qp_fail(QP_EUSAGE, "--lr-min: tri-stage decays exponentially; give a last rate above 0");
    return QP_OK;
}

qp_status qp_schedule_check(const qp_schedule_config *c)
{
    int kind = c->lr_schedule;
    if (qp_schedule_ends(c) && c->lr_total <= 0)
        return qp_fail(QP_EUSAGE, "--lr-schedule: this schedule needs its length; give --lr-total or --steps");
    if (kinds[kind].total == TOTAL_LATER && c->lr_warmup >= c->lr_total)
        return qp_fail(QP_EUSAGE,
                       "--lr-warmup: %lld is not below the %lld updates of the schedule; use a smaller value",
                       (long long)c->lr_warmup, (long long)c->lr_total);
    if (kinds[kind].total == TOTAL_UNLESS_HOLD && check_fall(c) != QP_OK) return QP_EUSAGE;
    if (kind == QP_SCHEDULE_NOAM && c->lr_width <= 0)
        return qp_fail(QP_EUSAGE, "--lr-width: noam needs the width of the model; give a number above 0");
    if (kind == QP_SCHEDULE_CYCLICAL && c->lr_max <= 0)
        return qp_fail(QP_EUSAGE,
                       "--lr-max: cyclical needs the rate at the other end of the cycle; give a number above 0");
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

bool qp_plateau_update(const qp_schedule_config *c, qp_plateau *p, double metric, bool higher_is_better)
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
        bool cut = p->rate - lower > 1e-8;
        if (cut) p->rate = lower;
        p->rest = c->lr_cooldown;
        p->bad = 0;
        return cut;
    }
    return false;
}
