#ifndef QP_MODEL_AVERAGE_H
#define QP_MODEL_AVERAGE_H

#include "lib/base/status.h"

/* qp_model_average — save the mean, in double and in the order given, of models that mean the same by the same weight:
 * equal configuration (but for dropout and the like), tokenizers, labels and scaling.
 * Memory  two models, and 8 bytes for each weight.
 * Errors  those of qp_model_file_load and qp_model_file_save; QP_EDATA naming the file and the first difference;
 *         QP_EUSAGE for n-grams. */
qp_status qp_model_average(const char *path, const char *const *from, int count);

#endif
