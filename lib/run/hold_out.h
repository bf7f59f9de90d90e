#ifndef QP_HOLD_OUT_H
#define QP_HOLD_OUT_H

#include "lib/run/survey.h"

/* hold_out — validation data where none was given: a part of the training data (defaults.h says which).
 * qp_hold_out — names the part as validation file, or none where --valid none was given, where there are too few
 *   examples, or where they are so much alike that no part of about the right size differs from the rest. `line`
 *   becomes what to report; empty: nothing.
 * Errors   those of the readers. */
enum { QP_HOLD_OUT_BYTES = 200 };
qp_status qp_hold_out(const qp_train_settings *settings, const qp_survey *survey, qp_train_data *data,
                      char line[QP_HOLD_OUT_BYTES]);

/* qp_hold_out_remedy — the options that name validation data for these settings, as "--valid FILE". */
const char *qp_hold_out_remedy(const qp_train_settings *settings);

#endif
