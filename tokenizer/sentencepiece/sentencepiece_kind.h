#ifndef QP_SENTENCEPIECE_KIND_H
#define QP_SENTENCEPIECE_KIND_H

#include "tokenizer/models/kind.h"

/* sentencepiece_kind — sentencepiece models as a kind of tokenizer; `self` is a qp_sentencepiece. encode_pair puts
 * BOS before the first text and EOS after each, where the model has such pieces. */
extern const qp_tokenizer_kind qp_sentencepiece_kind;

#endif
