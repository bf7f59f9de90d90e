#ifndef QP_TRAIN_EMBEDDINGS_H
#define QP_TRAIN_EMBEDDINGS_H

#include "lib/package/package.h"
#include "lib/run/settings/train_settings.h"

/* train_embeddings — --embeddings, --src-embeddings, --tgt-embeddings: word vectors as the first values of embeddings.
 *
 * qp_train_embeddings_size — where no --emb-size was given: that of the file, and the largest --heads that divide it.
 *   Errors  QP_EUSAGE: another --emb-size; --lora, whose file does not hold the embeddings; those of word_vectors.h.
 * qp_train_embeddings_read — replace the rows of the words that are in the files; *hash depends on these rows and
 *   their places, 0: no file was named. Reports counts, and words that occur twice, one line each.
 *   Errors  QP_EUSAGE: the embedding has another width, the model has no such embedding; those of word_vectors.h. */
typedef void qp_train_note(void *self, const char *line);
qp_status qp_train_embeddings_size(qp_train_settings *settings, qp_train_note *note, void *self);
qp_status qp_train_embeddings_read(const qp_job_config *job, qp_package *package, uint64_t *hash, qp_train_note *note,
                                   void *self);

#endif
