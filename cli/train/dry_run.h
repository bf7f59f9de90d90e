#ifndef QP_DRY_RUN_H
#define QP_DRY_RUN_H

#include "lib/run/train_run.h"

/* qp_dry_run — describe a prepared training on stdout: the model's modules, operations and memory; the data's lengths,
 * unknown pieces and overlap; seconds per update and per epoch, measured by a few updates; warnings of likely problems.
 * The updates change the model in memory; no file is written.
 * Errors  those of the updates; QP_EMEMORY; QP_ESTOPPED after a signal. */
qp_status qp_dry_run(qp_train_run *run);

#endif
