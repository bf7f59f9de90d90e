#ifndef QP_METRIC_NAMES_H
#define QP_METRIC_NAMES_H

#include <stdbool.h>

#include "lib/base/status.h"

/* metric_names — lists of metrics for `quipu evaluate`: names separated by commas or blanks.
 *
 * qp_metric_listed — is `name` in the list?
 * qp_metric_names_check — QP_EUSAGE for a name that is not among known [count]; the message suggests the nearest name
 *   or `choose`, and says which metrics were expected by `what`: "labels", "forecasts". */
bool qp_metric_listed(const char *names, const char *name);
qp_status qp_metric_names_check(const char *names, const char *const *known, int count, const char *what,
                                const char *choose);

#endif
