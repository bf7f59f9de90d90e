#ifndef QP_FOREIGN_H
#define QP_FOREIGN_H

#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/huggingface/pipeline_bert.h"
#include "tokenizer/huggingface/pipeline_bytes.h"
#include "tokenizer/sentencepiece/sentencepiece_ids.h"
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

static inline bool qp_is_foreign(const qp_foreign *foreign) { return foreign->sentencepiece || foreign->pipeline; }

/* Memory of one caller, kept from text to text; zero it before the first use. */
typedef struct {
    qp_pipeline_scratch *pipeline;
    qp_pipeline_bytes_scratch bytes;
    qp_pipeline_bert_scratch bert;
    qp_token_list tokens;
    qp_piece_list pieces;
    qp_sentencepiece_scratch sentencepiece;
} qp_foreign_scratch;

void qp_foreign_scratch_free(qp_foreign_scratch *scratch);

/* The functions of tokenizer.h, for foreign ones. Encoding adds no special tokens and finds none in the text, as ours.
 */
qp_status qp_foreign_encode(const qp_foreign *foreign, const char *text, size_t bytes, qp_encoding *encoding,
                            qp_foreign_scratch *scratch);
qp_status qp_foreign_encode_pair(const qp_foreign *foreign, const char *first, size_t first_bytes, const char *second,
                                 size_t second_bytes, qp_encoding *encoding);
qp_status qp_foreign_decode(const qp_foreign *foreign, const int32_t *id, int count, char **text, size_t *bytes);
qp_status qp_foreign_normalize(const qp_foreign *foreign, const char *text, size_t bytes, char **normal,
                               size_t *normal_bytes);
int qp_foreign_size(const qp_foreign *foreign);
const char *qp_foreign_piece(const qp_foreign *foreign, int32_t id);
qp_tokenizer_facts qp_foreign_info(const qp_foreign *foreign);

#endif
