#ifndef QP_TRAIN_FOLDER_H
#define QP_TRAIN_FOLDER_H

#include "lib/train_data.h"

/* train_folder — the folder of a run: where it is, what it contains before training, and for which settings and
 * data. */
enum { QP_FOLDER_BYTES = 1024, QP_FINGERPRINT_BYTES = 120 };

/* qp_train_folder_find — create MODEL.run; with --overwrite, remove the old run and model first.
 * Errors  QP_EUSAGE without a model; QP_ECREATE when the model exists but its run does not, or nothing can be created.
 * qp_train_folder_begun — has the run of this folder been saved? */
qp_status qp_train_folder_find(const qp_job_config *job, char folder[QP_FOLDER_BYTES]);
bool qp_train_folder_begun(const char *folder);

/* qp_train_folder_config — write config.yaml: the value of every option. */
qp_status qp_train_folder_config(const char *folder, qp_train_settings *settings);

/* qp_train_fingerprint — one line that is equal for equal settings and equal data: "model H learning H data H". */
qp_status qp_train_fingerprint(qp_train_settings *settings, const qp_train_data *data, char text[QP_FINGERPRINT_BYTES]);

#endif
