#ifndef QP_PIPELINE_BERT_H
#define QP_PIPELINE_BERT_H

#include "tokenizer/huggingface/pipeline.h"

/* pipeline_bert — the ids alone of BERT's pipelines (BertNormalizer, BertPreTokenizer, WordPiece), several times as
 * fast as the stages that also keep spans. What normalising makes of a character is looked up for the letters and signs
 * of Latin, Greek and Cyrillic, computed for Hangul and Han; a stretch between spaces that holds another character goes
 * through the stages. Pieces are found by tries instead of trying every length. No texts are cached. */
typedef struct qp_pipeline_bert {
    struct qp_bert_character {
        uint8_t kind, bytes;
        char text[6]; /* its normal form */
    } * character;
    bool decomposes, isolates_han;
    qp_trie initial, continuing;
} qp_pipeline_bert;

/* Memory of one caller; zero it before the first use. */
typedef struct {
    char *word;
    size_t word_capacity;
    qp_pipeline_scratch *stages;
    qp_encoding tokens;
} qp_pipeline_bert_scratch;

void qp_pipeline_bert_free(qp_pipeline_bert *fast); /* NULL is fine */
void qp_pipeline_bert_scratch_free(qp_pipeline_bert_scratch *scratch);

/* qp_pipeline_bert_prepare — what is needed in *fast, NULL if the pipeline is none of these. Errors: QP_EMEMORY. */
qp_status qp_pipeline_bert_prepare(const qp_pipeline *pipeline, qp_pipeline_bert **fast);

/* qp_pipeline_bert_encode — the ids of a text replace those in *ids. The same as qp_pipeline_encode without added
 * tokens and template. Errors: QP_EDATA: an unknown word and no unknown token, 2^29 bytes or more; QP_EMEMORY. */
qp_status qp_pipeline_bert_encode(const qp_pipeline *pipeline, qp_pipeline_bert_scratch *scratch, const char *text,
                                  size_t bytes, qp_id_list *ids);

#endif
