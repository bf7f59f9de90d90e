#ifndef QP_TRAIN_JOB_H
#define QP_TRAIN_JOB_H

#include "lib/run/train_run.h"

/* qp_train_job_run — run or resume a training on the command line: the finished model is saved to settings->job.model;
 * messages and progress go to stderr unless quiet, and to --log. With --dry-run it only reports.
 * Errors  those of its parts; QP_ESTOPPED after a signal, with everything saved. */
qp_status qp_train_job_run(qp_train_settings *settings, qp_trainer_result *result);

#endif
