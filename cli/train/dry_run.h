#ifndef QP_DRY_RUN_H
#define QP_DRY_RUN_H

#include "cli/train/train_task.h"

/* qp_dry_run — what a training would be, on stdout: the model's modules, operations and memory; the data's lengths,
 * unknown pieces and overlap; seconds of an update and of an epoch, measured by a few updates; warnings of what will go
 * wrong. The updates change the model in memory; nothing is written.
 * trainer   as it would run
 * Errors  those of the updates; QP_EMEMORY; QP_ESTOPPED after a signal. */
qp_status qp_dry_run(const qp_train_settings *settings, const qp_train_data *data, const qp_model *model,
                     qp_trainer *trainer);

#endif
