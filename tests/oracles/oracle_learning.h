#ifndef QP_ORACLE_LEARNING_H
#define QP_ORACLE_LEARNING_H

#include "lib/train/optimizer.h"
#include "lib/train/schedule.h"
#include "tests/oracles/oracle.h"

/* oracle_learning — the optimizer and schedule that a case configures; `key` holds the kind of schedule. */
void oracle_optimizer_config(oracle *o, qp_optimizer_config *config);
void oracle_schedule_config(oracle *o, const char *key, qp_schedule_config *config);

#endif
