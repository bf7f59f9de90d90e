#ifndef QP_PREDICTIONS_H
#define QP_PREDICTIONS_H

#include "data/text/conll.h"
#include "lib/decode/lines.h"
#include "lib/package/package.h"

/* predictions — the answers of classifiers and taggers. Results do not depend on `threads`.
 *
 * qp_classify_ids — probability [count, labels] of `count` texts, encoded by qp_lines_encode.
 * qp_tag_words — label best[w] of every word w, and its probability (NULL: not wanted). Sentences longer than the model
 *   reads are tagged in parts.
 * Errors  those of the model and the tokenizer; QP_EMEMORY. */
qp_status qp_classify_ids(const qp_package *package, const qp_line_ids *ids, int count, int threads,
                          qp_real *probability);
qp_status qp_tag_words(const qp_package *package, const qp_conll *conll, int threads, int32_t *best,
                       qp_real *probability);

#endif
