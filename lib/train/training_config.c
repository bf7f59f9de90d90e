#include "lib/train/training_config.h"

QP_FIELD_TABLE(qp_training_fields, "training", qp_training_config, QP_TRAINING_FIELDS);

const char *qp_stopping_metric_name(int metric)
{
#define NAME(id, text) text,
    static const char *const name[] = {QP_STOPPING_METRICS(NAME)};
#undef NAME
    return name[metric];
}
