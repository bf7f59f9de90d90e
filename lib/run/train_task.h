#ifndef QP_TRAIN_TASK_H
#define QP_TRAIN_TASK_H

#include "lib/run/train_data.h"

/* qp_train_task_of — how the task of the settings is trained. */
const qp_train_task *qp_train_task_of(const qp_train_settings *settings);

#endif
