#include "lib/train/rules/optimizer_config.h"

QP_FIELD_TABLE(qp_optimizer_fields, "optimizer", qp_optimizer_config, QP_OPTIMIZER_FIELDS);
