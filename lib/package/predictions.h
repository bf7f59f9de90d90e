#ifndef QP_PREDICTIONS_H
#define QP_PREDICTIONS_H

#include "data/images/images.h"
#include "data/text/conll.h"
#include "lib/decode/lines.h"
#include "lib/package/package.h"

/* predictions — the answers of classifiers and taggers. Results do not depend on `threads`.
 *
 * qp_classify_ids — probability [count, labels] of `count` texts, encoded by qp_lines_encode; of --multi-label models
 *   each label's own, which a text has where it is above 0.5.
 * qp_read_images — read a file of images in the form that the model was trained on (image_files.h); labels may be
 *   missing, and are -1 where the model does not have them. `labels`: the file of the labels of an IDX file, or "": the
 *   one beside it.
 * qp_score_images — score [count, outputs of the model] of images first .. first + count - 1: of --task match their
 *   vectors.
 * qp_classify_images — probability [count, labels] of images first .. first + count - 1.
 * qp_tag_words — label best[w] of every word w, and its probability (NULL: not wanted). Sentences longer than the model
 *   reads are tagged in parts.
 * Errors  those of the model and the tokenizer; QP_EMEMORY. */
qp_status qp_classify_ids(const qp_package *package, const qp_line_ids *ids, int count, int threads,
                          qp_real *probability);
qp_status qp_read_images(const qp_package *package, const char *path, const char *labels, qp_images *images);
qp_status qp_score_images(const qp_package *package, const qp_images *images, int64_t first, int count, int threads,
                          qp_real *score);
qp_status qp_classify_images(const qp_package *package, const qp_images *images, int64_t first, int count, int threads,
                             qp_real *probability);
qp_status qp_tag_words(const qp_package *package, const qp_conll *conll, int threads, int32_t *best,
                       qp_real *probability);

#endif
