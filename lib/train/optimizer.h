#ifndef QP_OPTIMIZER_H
#define QP_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/base/status.h"
#include "lib/cluster/cluster.h"
#include "lib/train/rules/update_rule.h"

/* optimizer — one update of a flat block of weights from a flat block of gradients.
 *
 * It works on flat blocks and a table of spans and knows neither models nor tapes. The blocks are cut into fixed tiles,
 * which threads share; sums over tiles run in tile order, so the bits do not depend on the number of threads. */
typedef struct qp_optimizer qp_optimizer;

/* qp_optimizer_new — an optimizer for a block of `size` reals with `count` spans (copied).
 * Memory  one block of `size` reals per state of the rule (adam: 2), one more with ema, one more with lookahead;
 *         adafactor reserves a block but touches only rows + columns reals of each matrix; muon takes up to four times
 *         its largest matrix in addition.
 * Errors  QP_EMEMORY; QP_EBUG for a span outside the block; QP_EUSAGE for options that the rule refuses. */
qp_status qp_optimizer_new(const qp_optimizer_config *config, size_t size, const qp_optimizer_span *span, int count,
                           qp_optimizer **optimizer);
void qp_optimizer_free(qp_optimizer *optimizer);

/* qp_optimizer_new_parts — the same, in parts: each rank keeps the states of its parts of the block alone, and updates
 *   only these weights. A rule of whole parameters, and max_norm, are not divided: every rank then updates all. The
 *   bits are those of one process.   Memory  1/ranks of the state blocks.
 *   rounds  parts of each rank: part i of the block belongs to rank i % ranks
 * qp_optimizer_parts — bytes at which the parts begin, [rounds * ranks + 1]; NULL: not divided. After a step only
 *   this rank's parts of the weights are new, and it reads only these parts of the gradients.
 * qp_optimizer_rounds — as given.
 * qp_optimizer_forget_others — gives back the memory of the other parts of the states, after they were read or written
 *   as a whole.
 * Source   Rajbhandari et al. 2020, ZeRO (stage 1). */
qp_status qp_optimizer_new_parts(const qp_optimizer_config *config, size_t size, const qp_optimizer_span *span,
                                 int count, qp_cluster *cluster, int rounds, qp_optimizer **optimizer);
const size_t *qp_optimizer_parts(const qp_optimizer *optimizer);
int qp_optimizer_rounds(const qp_optimizer *optimizer);
void qp_optimizer_forget_others(qp_optimizer *optimizer);

/* qp_optimizer_step — update number t = 1, 2, ..., in this order; options that are 0 are off:
 *   g = scale * (gradient[0] + gradient[1])          the last sum of the gradient tree is taken here
 *   g += l1 * sign(w)
 *   norm = sqrt(sum g^2)                             over all spans that are not frozen, in double
 *   clip_norm: g *= min(1, clip_norm/(norm + 1e-6))  clip_value: g = clamp(g)
 *   decoupled decay: w *= 1 - lr*decay               l2: g += l2*w
 *   weight_decay: as l2, or as the rule defines it
 *   the rule (lib/train/rules)
 *   max_norm: rows of matrices with a larger norm are scaled to it
 *   lookahead: after every k-th update slow += alpha*(w - slow), w = slow; slow starts as the initial weights
 *   ema = ema_decay*ema + (1 - ema_decay)*w          ema starts as the initial weights
 * weight, gradient[i]  flat blocks of `size` reals; count 1 or 2
 * norm      receives the norm before clipping; may be NULL
 * threads   number of workers; the result does not depend on it
 * Errors    QP_EDATA when the norm is not finite: with clip_norm the weights are unchanged, without it they are not
 * Source    lookahead: Zhang et al. 2019
 * Cost      clipping by norm reads the gradients twice; everything else is one pass. */
qp_status qp_optimizer_step(qp_optimizer *optimizer, qp_real *weight, const qp_real *const *gradient, int count,
                            double scale, double lr, int threads, double *norm);

/* What a checkpoint keeps: the number of updates done and the named state blocks (those of the rule, then slow weights,
 * then the ema). qp_optimizer_mean — the weights to validate and save: the ema, or the average of schedule-free; NULL:
 * the trained ones. */
int64_t qp_optimizer_updates(const qp_optimizer *optimizer);
void qp_optimizer_set_updates(qp_optimizer *optimizer, int64_t updates);
int qp_optimizer_states(const qp_optimizer *optimizer);
const char *qp_optimizer_state_name(const qp_optimizer *optimizer, int index);
qp_real *qp_optimizer_state(qp_optimizer *optimizer, int index);
size_t qp_optimizer_size(const qp_optimizer *optimizer);
qp_real *qp_optimizer_mean(qp_optimizer *optimizer);

#endif
