#ifndef QP_STAGE_BERT_H
#define QP_STAGE_BERT_H

#include "tokenizer/stages/stage_kinds.h"

/* qp_is_bert_punctuation — what BERT cuts words at: all ASCII signs, also $ + < and so on, and category P. */
bool qp_is_bert_punctuation(int32_t code);

#endif
