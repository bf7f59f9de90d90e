#ifndef QP_FOREIGN_H
#define QP_FOREIGN_H

#include "tokenizer/pipeline.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/tokenizer.h"

/* foreign — tokenizers of other projects behind the interface of ours: one of the two is set. Their ids are their own:
 * special ids are not those of lib/base/batch.h. */
typedef struct {
    qp_sentencepiece *sentencepiece;
    qp_pipeline *pipeline;
} qp_foreign;

/* qp_foreign_read — a sentencepiece .model or a Hugging Face tokenizer.json, told apart by the first byte. */
qp_status qp_foreign_read(const char *place, const char *content, size_t bytes, qp_foreign *foreign);
void qp_foreign_free(qp_foreign *foreign);

static inline bool qp_is_foreign(const qp_foreign *foreign)
{
    return foreign->sentencepiece || foreign->pipeline;
}

/* The functions of tokenizer.h, for foreign ones. Encoding adds no special tokens and finds none in the text, as ours.
 */
qp_status qp_foreign_encode(const qp_foreign *foreign, const char *text, size_t bytes, qp_encoding *encoding);
qp_status qp_foreign_decode(const qp_foreign *foreign, const int32_t *id, int count, char **text, size_t *bytes);
qp_status qp_foreign_normalize(const qp_foreign *foreign, const char *text, size_t bytes, char **normal,
                               size_t *normal_bytes);
int qp_foreign_size(const qp_foreign *foreign);
const char *qp_foreign_piece(const qp_foreign *foreign, int32_t id);
qp_tokenizer_facts qp_foreign_info(const qp_foreign *foreign);

#endif
