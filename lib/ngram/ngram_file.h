#ifndef QP_NGRAM_FILE_H
#define QP_NGRAM_FILE_H

#include "lib/ngram/ngram.h"
#include "lib/store/safetensors.h"

/* ngram_file — an n-gram model as arrays of a safetensors file, so that it is a regular model file:
 *     ngram.words        U8   all words, each ending in a zero byte
 *     ngram.K.log10      F32  log10 P of the n-grams of order K = 1 .. order, sorted by their words
 *     ngram.K.word       I32  their last words; not for K = 1, where n-gram i is word i
 *     ngram.K.backoff    F32  log10 of the back-off;   not for the highest order
 *     ngram.K.child      I64  [n-grams + 1] the n-grams of order K + 1 that continue n-gram i are child[i] ..
 *                        child[i+1]-1
 *
 * qp_ngram_file_add — add the arrays to a writer, which borrows them until it saves.
 * qp_ngram_file_get — read a model; *arrays is the number of its arrays. The file is not trusted: sizes, order of the
 *   words, children and values are checked.
 * Errors  QP_EDATA with file and array; QP_EIO, QP_EMEMORY. */
void qp_ngram_file_add(qp_safetensors_writer *writer, const qp_ngram *model);
qp_status qp_ngram_file_get(const qp_safetensors *file, qp_ngram **model, int *arrays);

#endif
