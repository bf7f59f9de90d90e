#ifndef QP_STATISTIC_H
#define QP_STATISTIC_H

#include "lib/nn/params.h"

/* statistic — a parameter that is counted, not trained: running sums of what a model has seen, saved with it. After
 * each update
 *   value = keep * value + (1 - keep) * (sum over the rows of the update)
 * A ratio of two such sums is a running mean without the bias of a start from 0. The sums of the shards travel with the
 * gradients, so they are added in the same fixed tree, whatever the number of threads.
 *
 * qp_statistic_add — a statistic [rows, columns], 0 at first; returns its index, as qp_params_add does.
 * qp_statistic_observe — in QP_TRAIN, adds sum [rows, columns] to what this shard has seen; else nothing.
 * qp_statistic_follow — after an update, from the gradient blocks of its batch (1 or 2, whose sum counts). `frozen`
 *   says which parameters keep their values; copy: another block of weights that takes the new values too, or NULL. */
int qp_statistic_add(qp_params *params, int rows, int columns, double keep, const char *name);
void qp_statistic_observe(qp_tape *tape, const qp_params *params, int index, const qp_real *sum);
void qp_statistic_follow(qp_params *params, const qp_real *const *gradient, int count,
                         bool (*frozen)(const void *self, const char *name), const void *self, qp_real *copy);

#endif
