#ifndef QP_TRAIN_TEACHER_H
#define QP_TRAIN_TEACHER_H

#include "lib/run/train_data.h"

/* train_teacher — --teacher: distillation, in which a model (the student) also learns the probabilities of another
 * (Hinton et al. 2015; the loss is in lib/model/model_loss.h).
 *
 * qp_train_teacher_open — before the data is read: opens the teacher for inference, and begins the student's labels
 *   with the teacher's, so that both number them alike. *teacher is NULL without --teacher; the caller frees it.
 *   Errors  QP_EUSAGE: options that do not combine, another task; those of qp_package_open.
 * qp_train_teacher_take — before defaults are chosen: what the student shares with its teacher, where it was not given:
 *   one vocabulary for both sides, the longest text, a begin token, the n-grams of a bag.
 * qp_train_teacher_set — once the student is built: the student reads and writes what the teacher does, and learns from
 *   it. Images are scaled as the teacher's. *hash depends on the teacher's file; 0: no teacher.
 *   Errors  QP_EUSAGE naming what differs: vocabulary, labels, length of a text, images. */
qp_status qp_train_teacher_open(const qp_train_settings *settings, qp_train_data *data, qp_package **teacher);
void qp_train_teacher_take(qp_train_settings *settings, const qp_package *teacher);
qp_status qp_train_teacher_set(const qp_train_settings *settings, const qp_train_data *data, const qp_package *teacher,
                               uint64_t *hash);

#endif
