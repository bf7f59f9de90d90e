#include "lib/train/metrics.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

void qp_metrics_add(qp_metrics *metrics, const char *name, double value)
{
    if (metrics->count == QP_METRICS_MAX) return;
    snprintf(metrics->entry[metrics->count].name, sizeof metrics->entry->name, "%s", name);
    metrics->entry[metrics->count++].value = value;
}

const double *qp_metrics_find(const qp_metrics *metrics, const char *name)
{
    for (int i = 0; i < metrics->count; i++)
        if (strcmp(metrics->entry[i].name, name) == 0) return &metrics->entry[i].value;
    return NULL;
}
