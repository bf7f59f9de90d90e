#ifndef QP_SENTENCEPIECE_IDS_H
#define QP_SENTENCEPIECE_IDS_H

#include "tokenizer/sentencepiece/sentencepiece_fast.h"

/* qp_sentencepiece_ids — the ids of qp_sentencepiece_encode without pieces and spans, several times as fast: text that
 * the rules do not change is read word by word without a copy, a word that is a piece is one look-up, and BPE joins
 * ids instead of texts.
 * ids     replaced by those of the text
 * Errors  those of qp_sentencepiece_encode. */
qp_status qp_sentencepiece_ids(const qp_sentencepiece *model, qp_sentencepiece_scratch *scratch, qp_text text,
                               qp_id_list *ids);

#endif
