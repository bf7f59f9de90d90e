#ifndef QP_SCHEDULE_H
#define QP_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config/config.h"

/* schedule — the learning rate of each update: a pure function of the update's number, except for plateau, which also
 * depends on the validation metrics so far. All lengths are in updates. */

/* X(id, name) */
#define QP_SCHEDULES(X)                                                                                                \
    X(QP_SCHEDULE_CONSTANT, "constant")                                                                                \
    X(QP_SCHEDULE_INV_SQRT, "inv-sqrt")                                                                                \
    X(QP_SCHEDULE_NOAM, "noam")                                                                                        \
    X(QP_SCHEDULE_LINEAR, "linear")                                                                                    \
    X(QP_SCHEDULE_COSINE, "cosine")                                                                                    \
    X(QP_SCHEDULE_STEP, "step")                                                                                        \
    X(QP_SCHEDULE_MULTISTEP, "multistep")                                                                              \
    X(QP_SCHEDULE_EXPONENTIAL, "exponential")                                                                          \
    X(QP_SCHEDULE_ONE_CYCLE, "one-cycle")                                                                              \
    X(QP_SCHEDULE_CYCLICAL, "cyclical")                                                                                \
    X(QP_SCHEDULE_PLATEAU, "plateau")                                                                                  \
    X(QP_SCHEDULE_COSINE_RESTARTS, "cosine-restarts")                                                                  \
    X(QP_SCHEDULE_POLYNOMIAL, "polynomial")                                                                            \
    X(QP_SCHEDULE_WSD, "wsd")                                                                                          \
    X(QP_SCHEDULE_TRI_STAGE, "tri-stage")                                                                              \
    X(QP_SCHEDULE_SLANTED_TRIANGULAR, "slanted-triangular")                                                            \
    X(QP_SCHEDULE_INV_SQRT_MARIAN, "inv-sqrt-marian")                                                                  \
    X(QP_SCHEDULE_INVERSE_TIME, "inverse-time")
#define QP_CYCLES(X)                                                                                                   \
    X(QP_CYCLE_TRIANGULAR, "triangular") X(QP_CYCLE_TRIANGULAR2, "triangular2") X(QP_CYCLE_EXP_RANGE, "exp-range")
#define QP_ANNEALS(X) X(QP_ANNEAL_COSINE, "cosine") X(QP_ANNEAL_LINEAR, "linear") X(QP_ANNEAL_SQRT, "sqrt")

/* X(kind, name, default, low, high, choices, help); see lib/config/config.h */
#define QP_SCHEDULE_FIELDS(X)                                                                                          \
    X(REAL, lr, "0.001", 0, 1e9, NULL, "learning rate: the peak; noam: the factor")                                    \
    X(CHOICE, lr_schedule, "inv-sqrt", 0, 0, QP_CHOICES(QP_SCHEDULES), "how the learning rate changes")                \
    X(INT, lr_warmup, "1000", 0, 1000000000000, NULL,                                                                  \
      "updates in which the rate rises from 0; not one-cycle, cyclical, slanted-triangular")                           \
    X(REAL, lr_warmup_start, "0", 0, 1, NULL, "fraction of the rate at which the warmup starts; not inv-sqrt, noam")   \
    X(INT, lr_total, "0", 0, 1000000000000, NULL, "length of the schedule, where it has one; 0: --steps")              \
    X(INT, lr_hold, "0", 0, 1000000000000, NULL,                                                                       \
      "wsd, tri-stage: updates at the peak, 0: all but the fall; step: updates before the first interval")             \
    X(INT, lr_fall, "0", 0, 1000000000000, NULL, "wsd, tri-stage: updates of the fall")                                \
    X(REAL, lr_min, "0", 0, 1e9, NULL,                                                                                 \
      "linear, cosine, polynomial, wsd, tri-stage: the last rate; plateau, restarts: the lowest")                      \
    X(REAL, lr_max, "0", 0, 1e9, NULL, "cyclical: the rate at the other end of the cycle")                             \
    X(REAL, lr_gamma, "0.5", 0, 1000, NULL,                                                                            \
      "step, multistep, exponential, plateau: factor; inverse-time: slope; cyclical exp-range: decay")                 \
    X(REAL, lr_power, "1", 0, 100, NULL, "polynomial: exponent of the remaining fraction")                             \
    X(INT, lr_step, "10000", 1, 1000000000000, NULL,                                                                   \
      "step: updates between two cuts; cyclical: updates up; cosine-restarts: of the first cycle; inverse-time: unit " \
      "of time; inv-sqrt-marian: update after which the rate falls")                                                   \
    X(BOOL, lr_staircase, "false", 0, 0, NULL, "inverse-time: whole units of time only")                               \
    X(REAL, lr_stretch, "1", 1, 1000, NULL, "cosine-restarts: length of each cycle / length of the last")              \
    X(INT, lr_step_down, "0", 0, 1000000000000, NULL, "cyclical: updates down; 0: as many as up")                      \
    X(TEXT, lr_milestones, "", 0, 0, NULL, "multistep: updates at which the rate is cut, as 1000,2000")                \
    X(CHOICE, lr_cycle, "triangular", 0, 0, QP_CHOICES(QP_CYCLES), "cyclical: height of later cycles")                 \
    X(CHOICE, lr_anneal, "cosine", 0, 0, QP_CHOICES(QP_ANNEALS),                                                       \
      "one-cycle: shape of rise and fall; wsd: of the fall")                                                           \
    X(REAL, lr_rise, "0.3", 0, 1, NULL,                                                                                \
      "one-cycle, slanted-triangular: fraction of the updates in which the rate rises")                                \
    X(REAL, lr_div, "25", 1e-9, 1e12, NULL, "one-cycle: peak / first rate; slanted-triangular: peak / lowest rate")    \
    X(REAL, lr_final_div, "10000", 1e-9, 1e12, NULL, "one-cycle: first / last rate")                                   \
    X(INT, lr_width, "0", 0, 1000000, NULL, "noam: width of the model; 0: its --emb-size")                             \
    X(INT, lr_patience, "5", 0, 1000000, NULL, "plateau: validations without improvement before a cut")                \
    X(INT, lr_cooldown, "0", 0, 1000000, NULL, "plateau: validations after a cut that are not counted")                \
    X(REAL, lr_threshold, "1e-4", 0, 1e9, NULL, "plateau: relative change that counts as improvement")

typedef struct {
    QP_SCHEDULE_FIELDS(QP_FIELD_DECLARE)
} qp_schedule_config;

enum { QP_SCHEDULES(QP_CHOICE_ID) QP_SCHEDULE_COUNT };
enum { QP_CYCLES(QP_CHOICE_ID) QP_CYCLE_COUNT };
enum { QP_ANNEALS(QP_CHOICE_ID) QP_ANNEAL_COUNT };

extern const qp_field_table qp_schedule_fields;

/* The state of plateau; part of a checkpoint. */
typedef struct {
    double rate, best;
    int64_t bad, rest;
    bool seen; /* best holds a metric */
} qp_plateau;

/* qp_schedule_check — QP_EUSAGE when an option that the schedule needs is missing or wrong.
 * qp_schedule_ends  — whether its rates depend on lr_total.
 * qp_schedule_warms — whether its rates depend on lr_warmup. */
qp_status qp_schedule_check(const qp_schedule_config *config);
bool qp_schedule_ends(const qp_schedule_config *config);
bool qp_schedule_warms(const qp_schedule_config *config);

/* qp_schedule_rate — the rate of update i = 0, 1, ..., with s = i+1, w = lr_warmup, T = lr_total
 *   constant     lr                                        noam         lr * width^-0.5 * min(s^-0.5, s*w^-1.5)
 *   inv-sqrt     lr * min(s/w, sqrt(w/s))                  step         lr * gamma^floor(max(0, i-hold)/step)
 *   linear       min + (lr-min) * max(0, (T-i)/(T-w))      multistep    lr * gamma^(milestones <= i)
 *   cosine       min + (lr-min)/2 * (1 + cos(pi*min(1, (i-w)/(T-w))))   exponential  lr * gamma^i
 *   polynomial   min + (lr-min) * max(0, (T-i)/(T-w))^power             plateau      plateau->rate
 *   one-cycle    from lr/div to lr until peak = rise*T - 1, then to lr/div/final_div at T-1
 *   cyclical     triangles from lr to max; later ones halved (triangular2) or times gamma^i (exp-range)
 *   cosine-restarts     min + (lr-min)/2 * (1 + cos(pi*j/n)), j updates into a cycle of n = step*stretch^cycle,
 *                       starting at i = w
 *   wsd                 lr until update w + hold, then min + (lr-min) * f(x), x = min(1, (i-w-hold)/fall), f of anneal:
 *                       linear 1-x, cosine (1 + cos(pi*x))/2, sqrt 1 - sqrt(x)
 *   tri-stage           lr * (start + (1-start)*i/w), lr until w + hold, then lr * (min/lr)^x, x as above
 *   slanted-triangular  lr * (1 + p*(div-1))/div, p = i/c, from c = floor(rise*T) on max(0, 1 - (i-c)/(c*(1/rise-1)))
 *   inv-sqrt-marian     lr * sqrt(step / max(step, s))
 *   inverse-time        lr / (1 + gamma*x), x = i/step, of its floor (staircase)
 * Warmup: while i < w, the rate of linear, cosine, cosine-restarts, polynomial and wsd is lr * (start + (1-start)*s/w),
 * start = lr_warmup_start; that of constant, step, multistep, exponential, plateau, inv-sqrt-marian and inverse-time is
 * multiplied by start + (1-start)*s/w. If hold is 0, wsd and tri-stage hold until T - fall. plateau may be NULL for
 * every other schedule.
 * Luong's schedule (GNMT, nmt) is step with hold = T/2 or 2T/3; exponential decay after a warmup (Sockeye, Tacotron) is
 * step with hold = w.
 * Source  Vaswani et al. 2017 (noam), Loshchilov & Hutter 2017 (cosine), Smith 2017, 2019 (cyclical, one-cycle),
 *         Hu et al. 2024 (wsd), Hagele et al. 2024 (its forms), Park et al. 2019 (tri-stage), Howard & Ruder 2018
 *         (slanted-triangular), Junczys-Dowmunt et al. 2018 (inv-sqrt-marian), Luong et al. 2015. */
double qp_schedule_rate(const qp_schedule_config *config, const qp_plateau *plateau, int64_t i);

/* qp_plateau_init   — rate = lr, no metric yet.
 * qp_plateau_update — counts a new metric; returns whether it cut the rate.
 *   better  the first metric, or metric < best*(1-threshold) (higher_is_better: metric > best*(1+threshold)):
 *           best = metric, bad = 0; otherwise bad += 1
 *   rest > 0         rest -= 1, bad = 0
 *   bad > patience   new = max(rate*gamma, min); rate = new if rate - new > 1e-8; rest = cooldown, bad = 0 */
void qp_plateau_init(const qp_schedule_config *config, qp_plateau *plateau);
bool qp_plateau_update(const qp_schedule_config *config, qp_plateau *plateau, double metric, bool higher_is_better);

#endif
