#ifndef QP_PIPELINE_MODEL_H
#define QP_PIPELINE_MODEL_H

#include "tokenizer/huggingface/pipeline.h"

/* Pieces of one word, as numbers of the pipeline's vocabulary, with the bytes each covers; QP_SHARED is added where the
 * next piece covers the same bytes (the byte pieces of one unknown in Unigram). */
#define QP_SHARED 0x80000000u

typedef struct {
    int32_t *piece;
    uint32_t *bytes;
    size_t count, piece_capacity, bytes_capacity;
    qp_bpe_scratch bpe;
    struct qp_best {
        double score;
        size_t begin;
        int32_t piece;
    } * best;
    size_t best_capacity;
} qp_word_pieces;

void qp_word_pieces_free(qp_word_pieces *pieces);

/* qp_pipeline_model — the pieces of one word. Errors: QP_EDATA: an unknown word and no unknown token; QP_EMEMORY. */
qp_status qp_pipeline_model(const qp_pipeline *pipeline, const char *text, size_t bytes, qp_word_pieces *pieces);

#endif
