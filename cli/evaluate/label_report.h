#ifndef QP_LABEL_REPORT_H
#define QP_LABEL_REPORT_H

#include "lib/package/label_metrics.h"

/* label_report — label metrics of `quipu evaluate`: accuracy, f1, precision, recall, micro-f1, weighted-f1,
 * balanced-accuracy, matthews, kappa, entity-precision, entity-recall, entity-f1, report, confusion.
 *
 * qp_label_report_check — QP_EUSAGE for a list with an unknown name.
 * qp_label_report_print — print those in the list, as lines or one JSON object.
 *   Errors  QP_EUSAGE: entity metrics for labels that are not entities. */
qp_status qp_label_report_check(const char *names);
qp_status qp_label_report_print(const qp_label_metrics *metrics, const char *names, bool json);

#endif
