#ifndef QP_TRAIN_TASK_H
#define QP_TRAIN_TASK_H

#include "lib/run/train_data.h"

/* qp_train_task_of — how a task (QP_TASK_*) is trained. */
const qp_train_task *qp_train_task_of(int64_t task);

#endif
