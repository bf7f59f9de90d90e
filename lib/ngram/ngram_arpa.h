#ifndef QP_NGRAM_ARPA_H
#define QP_NGRAM_ARPA_H

#include "lib/ngram/ngram.h"

/* ngram_arpa — n-gram models in the ARPA format: \data\ with the counts, a section \N-grams: for each order with lines
 * `log10 P TAB words TAB log10 backoff`, \end\.
 *
 * qp_ngram_arpa_load — also reads .gz. Words of higher orders must be unigrams, and the words before the last one must
 *   form an n-gram. If the file has no <unk>, its probability is 10^-100.
 * Memory  while loading up to 4 * order bytes more per n-gram of one order.
 * Errors  QP_ENOINPUT; QP_EDATA with file and line; QP_EMEMORY.
 * qp_ngram_arpa_save — writes the whole file or none; sections are sorted by word ids.
 * Errors  QP_ECREATE, QP_EIO, QP_EMEMORY. */
qp_status qp_ngram_arpa_load(const char *path, qp_ngram **model);
qp_status qp_ngram_arpa_save(const char *path, const qp_ngram *model);

#endif
