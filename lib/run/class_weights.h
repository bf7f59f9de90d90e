#ifndef QP_CLASS_WEIGHTS_H
#define QP_CLASS_WEIGHTS_H

#include "lib/run/train_data.h"

/* class_weights — --class-weights: how much the examples of each label count in the training loss.
 *   balanced        w_c = n / (C n_c), n_c of n training examples have label c of C: every label counts alike, and the
 *                   mean weight of an example is 1
 *   LABEL:N,...     w_c = N, 1 for labels that are not named; the weight follows the last colon of a part
 *
 * qp_class_weights_parse — weight [labels->count] from a list LABEL:N,... .
 *   Errors  QP_EUSAGE: no such label, a weight that is no number above 0, a label named twice.
 * qp_class_weights_balance — weight [labels], from count [labels] of the examples.
 * qp_class_weights_set — give the package's model the weights of the settings, if there are any.
 *   Errors  those of the list; QP_EUSAGE for losses that have no weights; QP_EMEMORY. */
qp_status qp_class_weights_parse(const char *list, const qp_labels *labels, qp_real *weight);
void qp_class_weights_balance(const int64_t *count, int labels, qp_real *weight);
qp_status qp_class_weights_set(const qp_train_settings *settings, const qp_train_data *data);

#endif
