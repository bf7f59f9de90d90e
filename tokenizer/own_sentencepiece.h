#ifndef QP_OWN_SENTENCEPIECE_H
#define QP_OWN_SENTENCEPIECE_H

#include "tokenizer/own/own.h"

/* qp_own_write_sentencepiece — an own tokenizer as a sentencepiece .model with the same ids, spans and decoded text,
 * for every text that is UTF-8. *content is malloc'ed.
 * Errors  QP_EDATA, naming what sentencepiece cannot express; QP_EMEMORY. */
qp_status qp_own_write_sentencepiece(const qp_own *tokenizer, char **content, size_t *bytes);

#endif
