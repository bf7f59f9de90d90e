#ifndef QP_TRAIN_TRANSFER_H
#define QP_TRAIN_TRANSFER_H

#include "lib/package/package.h"

/* qp_train_transfer — --init-from: copy the weights of the model file `path` into the package's model where name and
 * shape match; embeddings and output layers only where the words or labels are the same. Reports what was copied, one
 * line a group, to `note`.
 * Errors  those of qp_model_file_texts and qp_model_transfer. */
qp_status qp_train_transfer(qp_package *package, const char *path, void (*note)(void *self, const char *line),
                            void *self);

#endif
