#ifndef QP_MARIAN_TOKENIZER_H
#define QP_MARIAN_TOKENIZER_H

#include "tokenizer/tokenizer.h"

/* marian_tokenizer — a sentencepiece model whose pieces have the ids of another list: translators of Marian have one
 * vocabulary for the models of both their languages (sentencepiece_renumber.h).
 *
 * qp_tokenizer_marian — model: its .model or .spm file; name [count]: the pieces in the order of their ids.
 * qp_tokenizer_is_sentencepiece — whether a tokenizer is a sentencepiece model, so that a .spm can be written of it.
 * Errors  QP_ENOINPUT, QP_EDATA, QP_EMEMORY. */
qp_status qp_tokenizer_marian(const char *model, const char *const *name, int count, qp_tokenizer **tokenizer);
bool qp_tokenizer_is_sentencepiece(const qp_tokenizer *tokenizer);

#endif
