#ifndef QP_NGRAM_FILE_H
#define QP_NGRAM_FILE_H

#include "lib/ngram/ngram.h"
#include "lib/store/safetensors.h"

/* ngram_file — an n-gram model as arrays of a safetensors file, so that it is a model file like any other:
 *     ngram.words        U8   the words one after the other, each ended by a zero byte
 *     ngram.K.log10      F32  log10 P of the n-grams of order K = 1 .. order, sorted by their words
 *     ngram.K.word       I32  their last words; not for K = 1, where n-gram i is word i
 *     ngram.K.backoff    F32  log10 of the back-off;   not for the highest order
 *     ngram.K.child      I64  [n-grams + 1] n-gram i is continued by n-grams child[i] .. child[i+1]-1 of order K + 1
 *
 * qp_ngram_file_add — put them into a writer; they are borrowed until it saves.
 * qp_ngram_file_get — *arrays receives how many of the file's arrays it took. The file is taken as hostile: sizes,
 *   order of the words, children and numbers are checked.
 * Errors  QP_EDATA with file and array; QP_EIO, QP_EMEMORY. */
void qp_ngram_file_add(qp_safetensors_writer *writer, const qp_ngram *model);
qp_status qp_ngram_file_get(const qp_safetensors *file, qp_ngram **model, int *arrays);

#endif
