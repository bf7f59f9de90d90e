#ifndef QP_TRAIN_IMAGES_H
#define QP_TRAIN_IMAGES_H

#include "lib/run/train_data.h"

/* train_images — training classifiers of images and series of numbers (classify with --patch or --column).
 * qp_images_read — the images of one part; labels are added to `labels` in training, else looked up. Of several ranks,
 *   which read together, each keeps a part of the training images. */
qp_status qp_images_read(const qp_train_settings *settings, const qp_train_data *data, int part, qp_cluster *cluster,
                         qp_labels *labels, qp_images *images);

qp_status qp_images_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_images_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_images_load(const qp_train_settings *settings, qp_train_data *data);
void qp_images_sizes(const qp_train_data *data, qp_model_config *model);
qp_status qp_images_source(const qp_train_settings *settings, qp_train_data *data, int part, qp_batch_source *source);
void qp_images_print(const qp_train_data *data, FILE *stream);

#endif
