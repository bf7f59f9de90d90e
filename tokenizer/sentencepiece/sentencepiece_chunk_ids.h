#ifndef QP_SENTENCEPIECE_CHUNK_IDS_H
#define QP_SENTENCEPIECE_CHUNK_IDS_H

#include "tokenizer/sentencepiece/sentencepiece_fast.h"

/* qp_sentencepiece_chunk_ids — appends the ids of the chunk of text that begins at *at, after normalising it, and moves
 * *at to its end. Where words can be read one by one (fast->letter), a chunk ends before the next space that follows a
 * word, and *at must be 0 or at such a space; otherwise *at is 0 and the chunk is the whole text.
 * Errors  QP_EDATA (2^29 bytes), QP_EMEMORY. */
qp_status qp_sentencepiece_chunk_ids(qp_sentencepiece_run *list, const char *text, size_t bytes, size_t *at);

/* qp_sentencepiece_plain_normal — the text of qp_sentencepiece_normalize without spans, replacing *out; for models with
 * fast->plain that write spaces as signs before words.  Errors: QP_EDATA (2^29 bytes), QP_EMEMORY. */
qp_status qp_sentencepiece_plain_normal(const qp_sentencepiece *model, const char *text, size_t bytes,
                                        qp_mapped_text *out);

#endif
