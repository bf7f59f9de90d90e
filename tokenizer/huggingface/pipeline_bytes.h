#ifndef QP_PIPELINE_BYTES_H
#define QP_PIPELINE_BYTES_H

#include <stdatomic.h>

#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/models/word_table.h"

/* pipeline_bytes — the ids alone of byte-level BPE pipelines (GPT-2, GPT-4, Llama 3, Qwen ...), several times as fast
 * as the stages that also keep spans: words are cut by hand (word_pattern.h), a word that is a piece is found by
 * one lookup in the vocabulary, the others are merged from their bytes. No texts are cached.
 * Which pieces can be looked up is found out by merging each of them, once QP_LATE_WORDS bytes have been encoded: for a
 * prompt that would take longer than all the rest. Until then, every word is merged (with ignore_merges, looked up
 * first). */
enum { QP_LATE_WORDS = 1 << 14 };

typedef struct {
    uint8_t *whole;     /* of each piece: its own text becomes just this piece */
    qp_word_table word; /* these, if short */
} qp_whole_words;

typedef struct qp_pipeline_bytes {
    bool prefix_space;
    const qp_regex *regex; /* borrowed from a stage; NULL: the text is one word */
    int32_t byte_piece[256];
    atomic_size_t encoded; /* bytes, up to QP_LATE_WORDS */
    _Atomic(qp_whole_words *) words; /* NULL: not yet, or no memory */
} qp_pipeline_bytes;

/* Memory of one caller; zero it before the first use. */
typedef struct {
    char *text; /* with the space put first */
    size_t text_capacity;
    qp_bpe_scratch bpe;
} qp_pipeline_bytes_scratch;

void qp_pipeline_bytes_free(qp_pipeline_bytes *fast); /* NULL is fine */
void qp_pipeline_bytes_scratch_free(qp_pipeline_bytes_scratch *scratch);

/* qp_pipeline_bytes_prepare — what is needed in *fast, NULL if the pipeline is none of these. Errors: QP_EMEMORY. */
qp_status qp_pipeline_bytes_prepare(const qp_pipeline *pipeline, qp_pipeline_bytes **fast);

/* qp_pipeline_bytes_takes — whether this text can be encoded this way: not if normalization changes it. */
bool qp_pipeline_bytes_takes(const qp_pipeline *pipeline, const char *text, size_t bytes);

/* qp_pipeline_bytes_encode — ids into id[0..*count), room for bytes + 1 of them. The same as qp_pipeline_encode without
 * added tokens and template. Errors: QP_EMEMORY. */
qp_status qp_pipeline_bytes_encode(const qp_pipeline *pipeline, qp_pipeline_bytes_scratch *scratch, const char *text,
                                   size_t bytes, int32_t *id, size_t *count);

#endif
