#ifndef QP_SENTENCEPIECE_WORD_IDS_H
#define QP_SENTENCEPIECE_WORD_IDS_H

#include "tokenizer/sentencepiece/sentencepiece_fast.h"

/* qp_sentencepiece_word_ids — the ids of a whole text, word by word; needs fast->letter.
 * Errors  QP_EDATA (2^29 bytes), QP_EMEMORY. */
qp_status qp_sentencepiece_word_ids(qp_sentencepiece_run *list, const char *text, size_t bytes);

#endif
