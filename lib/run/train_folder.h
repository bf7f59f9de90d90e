#ifndef QP_TRAIN_FOLDER_H
#define QP_TRAIN_FOLDER_H

#include "lib/base/files/lock.h"
#include "lib/run/train_data.h"

/* train_folder — the folder of a run: where it is, what it contains before training, and for which settings and
 * data. */
enum { QP_FOLDER_BYTES = 1024, QP_FINGERPRINT_BYTES = 200 };

typedef struct {
    char path[QP_FOLDER_BYTES];      /* MODEL.run; "": none */
    char made[QP_FOLDER_BYTES + 16]; /* where this session writes what it makes before training: path, or path/next */
    qp_lock *lock;
} qp_train_folder;

/* qp_train_folder_name — only the paths, for ranks that write nothing.
 * qp_train_folder_open — locks the model file and creates MODEL.run. With --overwrite nothing of the old run and model
 *   is touched: what the new run makes goes to MODEL.run/next.
 * Errors  QP_EUSAGE without a model; QP_ECREATE when the model exists but its run does not, another process is writing
 *   either, or one of them cannot be created.
 * qp_train_folder_begin — everything has been checked: writes config.yaml, the value of every option. With --overwrite
 *   the old run is removed and MODEL.run/next moves to its place; the old model stays until the new one is saved.
 * qp_train_folder_close — unlocks; removes what a run that did not begin has made for --overwrite.
 * qp_train_folder_begun — has the run of this folder been saved? */
void qp_train_folder_name(const qp_job_config *job, qp_train_folder *folder);
qp_status qp_train_folder_open(const qp_job_config *job, qp_train_folder *folder);
qp_status qp_train_folder_begin(qp_train_folder *folder, qp_train_settings *settings);
void qp_train_folder_close(qp_train_folder *folder);
bool qp_train_folder_begun(const char *folder);

/* qp_train_fingerprint — one line that is equal for equal settings and equal data: "model-H learning-H data-H source-H
 *   target-H valid-H", the last three of the training text's sides and of the validation data; " embeddings-H" follows
 *   if the word vectors have a hash (not 0), " teacher-H" if the teacher has one.
 * qp_train_folder_compare — may the saved run of `folder` be resumed with these settings and data?
 * Errors  QP_EUSAGE naming what differs: "lr: 0.002, was 0.001; train-src: its content changed". */
qp_status qp_train_fingerprint(qp_train_settings *settings, const qp_train_data *data, uint64_t embeddings,
                               uint64_t teacher, char text[QP_FINGERPRINT_BYTES]);
qp_status qp_train_folder_compare(const char *folder, qp_train_settings *settings, const char *fingerprint);

#endif
